// What the pages' people write: one teacher's dossier in all its sections, and their evidence. It is the
// dossier of the integration tests, filled in by hand.

import { content, pdf } from '../integration/city.mjs';

const withoutId = ({ id, ...rest }) => rest;

/** [section, its items, does it take evidence?], in the order of the form. */
export const sections = Object.entries(content()).map(([section, value]) => [
  section, (Array.isArray(value) ? value : [value]).map(withoutId), !['declarations', 'summary'].includes(section),
]);

/** A file for the file chooser, different for each use. */
export const evidence = (name) => ({ name: `${name}.pdf`, mimeType: 'application/pdf', buffer: Buffer.concat([pdf, Buffer.from(`% ${name}\n`)]) });
