// The file that an election leaves, a chain of events and what they refer to (Belenios 2.0, section 4.4): core/ballot/
// archive.c. A file has no second spelling.

import { Refused, bytesOf, hexOf, sha256, textOf } from "./text.js";

const BLOCK = 512;
const NAME = 100; // bytes of a header, as the other numbers of tar's
const FILES_MAX = 10000;

const padding = (length) => (BLOCK - (length % BLOCK)) % BLOCK;
const octal = (number, digits) => number.toString(8).padStart(digits, "0");

/** The one header that a file of this name and length has. */
function headerOf(name, length, timestamp) {
  const block = new Uint8Array(BLOCK);
  const put = (at, text) => block.set(bytesOf(text), at);
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(length, 11));
  put(136, octal(timestamp, 11));
  put(148, "        ");
  put(156, "0");
  put(148, octal(block.reduce((a, b) => a + b), 6) + "\0");
  return block;
}

const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The next file of the bytes: {name, content, end}. */
function nextFile(bytes, at, timestamp, what) {
  const bad = () => new Refused(`${what}: its header is not as it must be, or the file is cut off`);
  const block = bytes.subarray(at, at + BLOCK);
  const field = (from, length) => String.fromCharCode(...block.subarray(from, from + length));
  if (block.length < BLOCK || !/^[0-7]{11}$/.test(field(124, 11)) || !/^[0-7]{11}$/.test(field(136, 11))) throw bad();
  const length = parseInt(field(124, 11), 8);
  const made = timestamp ?? parseInt(field(136, 11), 8);
  const name = field(0, NAME - 1).replace(/\0.*$/s, "");
  const end = at + BLOCK + length + padding(length);
  if (!/^[\x21-\x7e]*$/.test(name) || end > bytes.length || !same(block, headerOf(name, length, made))) throw bad();
  if (bytes.subarray(at + BLOCK + length, end).some((byte) => byte)) throw bad();
  return { name, content: bytes.subarray(at + BLOCK, at + BLOCK + length), end, timestamp: made };
}

/** [{hash, isEvent, text}] of the archive's bytes. */
export function readArchive(bytes) {
  const first = nextFile(bytes, 0, undefined, "file 1");
  if (first.name !== "BELENIOS") throw new Refused("no election archive: BELENIOS is not its first file");
  if (textOf(first.content) !== `{"version":1,"timestamp":"${first.timestamp}"}`) throw new Refused("file 1, BELENIOS: not of version 1, or of another time than its header");
  const files = [];
  const seen = new Set();
  for (let at = first.end; at < bytes.length; ) {
    const what = `file ${files.length + 2}`;
    if (files.length === FILES_MAX) throw new Refused(`more than ${FILES_MAX} files`);
    const { name, content, end } = nextFile(bytes, at, first.timestamp, what);
    const hash = hexOf(sha256(content));
    const isEvent = name === `${hash}.event.json`;
    if (!isEvent && name !== `${hash}.data.json`) throw new Refused(`${what}: its content is not that of its name`);
    if (seen.has(hash)) throw new Refused(`${what}: there twice`);
    seen.add(hash);
    files.push({ hash, isEvent, text: textOf(content) });
    at = end;
  }
  return files;
}

/** The text of an event: the only spelling. */
export const eventText = (parent, height, type, payload) =>
  JSON.stringify({ ...(parent && { parent }), height, type, ...(payload && { payload }) });
