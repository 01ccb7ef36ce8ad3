// Dossiers that the region has approved, put straight into the records: what tests of titles and posts begin with.

import { rows, sql } from './estate.mjs';
import { division } from './city.mjs';

let made = 0;
const ulid = (kind) => `01${kind}${String(++made).padStart(24 - kind.length, '0')}`;

/** Dossiers in the state `filed` with an approved filing each: [{application, filing, account}]. `people` are accounts' ids. */
export function filed(server, city, people, { level = 'intermediate', series = 'teacher', specialty = 'chinese', year = 2026, approved = '2026-09-01', unit = city.unit.id, place = division } = {}) {
  const made = people.map((account) => ({ account, application: ulid('APP'), filing: ulid('FLG') }));
  const now = '2026-09-01T00:00:00.000Z';
  const statements = made.map(({ account, application, filing }, n) => `
    insert into application (id, number, cycle_id, account_id, unit_id, division_code, series, level, specialty, year, state, created_at, updated_at, submitted_at, state_at)
      values ('${application}', 'N-${application.slice(-6)}', '${city.cycle.id}', '${account}', '${unit}', '${place}', '${series}', '${level}', '${specialty}', ${year}, 'filed', '${now}', '${now}', '${now}', '${now}');
    insert into filing (id, cycle_id, kind, state, package, package_hash, reference, approved_on, created_by, created_at)
      values ('${filing}', '${city.cycle.id}', 'results', 'approved', '{}', '', '新人社备〔2026〕${n}号', '${approved}', '${account}', '${now}');
    insert into filing_entry (filing_id, application_id) values ('${filing}', '${application}');`);
  sql(server, ['begin immediate;', ...statements, 'commit;'].join('\n'));
  return made;
}

export const stateOf = (server, application) => rows(server, `select state from application where id = '${application}'`)[0].state;

/** The filed dossiers are certified one by one; answers each title's id by account. */
export async function certified(server, city, dossiers) {
  for (const one of dossiers) await city.bureau.ok('POST', `/filings/${one.filing}/certify`);
  return Object.fromEntries(rows(server, `select account_id, id from title where application_id in (${dossiers.map((one) => `'${one.application}'`).join()})`).map((row) => [row.account_id, row.id]));
}
