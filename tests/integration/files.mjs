// Files as people and attackers make them, built here byte by byte: PDF, PNG, JPEG.

import { deflateSync } from 'node:zlib';

// --- PDF -------------------------------------------------------------------------------------

const latin = (text) => Buffer.from(text, 'latin1');

/** One object; `body` is text, or {dict, bytes} for a stream. */
const objectBytes = (id, body) => {
  if (typeof body === 'string') return latin(`${id} 0 obj\n${body}\nendobj\n`);
  return Buffer.concat([latin(`${id} 0 obj\n<< ${body.dict ?? ''} /Length ${body.bytes.length} >>\nstream\n`), body.bytes, latin('\nendstream\nendobj\n')]);
};

const pages = {
  1: '<< /Type /Catalog /Pages 2 0 R >>',
  2: '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  3: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>',
};

/** `head` + objects + table; `objects` are put over those of an empty page. */
export function pdf(objects = {}, { head = '%PDF-1.7\n', trailer = '' } = {}) {
  return update(latin(head), { ...pages, ...objects }, { trailer, from: 0 });
}

/** An incremental update: `objects` replace those of the same number in `bytes`. */
export function update(bytes, objects, { trailer = '', from } = {}) {
  const parts = [bytes];
  const places = new Map();
  let at = bytes.length;
  for (const [id, body] of Object.entries(objects)) {
    const text = objectBytes(id, body);
    places.set(Number(id), at);
    parts.push(text);
    at += text.length;
  }
  const previous = from ?? Number(/startxref\s+(\d+)/g.exec(bytes.toString('latin1').slice(bytes.toString('latin1').lastIndexOf('startxref')))[1]);
  const size = Math.max(4, ...places.keys()) + 1;
  const entry = (place) => `${String(place).padStart(10, '0')} 00000 n \n`;
  const table = from === 0
    ? `xref\n0 ${size}\n0000000000 65535 f \n${Array.from({ length: size - 1 }, (_, i) => (places.has(i + 1) ? entry(places.get(i + 1)) : '0000000000 00000 f \n')).join('')}`
    : `xref\n${[...places].map(([id, place]) => `${id} 1\n${entry(place)}`).join('')}`;
  const count = Math.max(size, Number(/\/Size (\d+)/.exec(bytes.toString('latin1'))?.[1] ?? 0));
  parts.push(latin(`${table}trailer\n<< /Size ${count} /Root 1 0 R ${previous ? `/Prev ${previous}` : ''} ${trailer} >>\nstartxref\n${at}\n%%EOF\n`));
  return Buffer.concat(parts);
}

/** Objects of `hidden` lie in an object stream, found by a cross-reference stream; `bytes` in its place may be anything. */
export function packedPdf(hidden, objects = {}, { filter = '/FlateDecode', bytes = undefined } = {}) {
  const body = { ...pages, ...objects };
  const packed = Object.keys(hidden).map(Number);
  for (const id of packed) delete body[id];
  const store = Math.max(...packed, ...Object.keys(body).map(Number)) + 1, table = store + 1;
  let offset = 0;
  const index = packed.map((id) => { const line = `${id} ${offset} `; offset += hidden[id].length + 1; return line; }).join('');
  const inside = deflateSync(latin(index + packed.map((id) => hidden[id]).join('\n')));
  body[store] = { dict: `/Type /ObjStm /N ${packed.length} /First ${index.length} /Filter ${filter}`, bytes: bytes ?? inside };
  const parts = [latin('%PDF-1.7\n')];
  const rows = new Map([[0, [0, 0, 65535]], ...packed.map((id, i) => [id, [2, store, i]])]);
  let at = parts[0].length;
  for (const [id, one] of Object.entries(body)) {
    rows.set(Number(id), [1, at, 0]);
    parts.push(objectBytes(id, one));
    at += parts.at(-1).length;
  }
  rows.set(table, [1, at, 0]);
  const cells = Buffer.concat(Array.from({ length: table + 1 }, (_, id) => {
    const [type, second, third] = rows.get(id) ?? [0, 0, 0];
    const cell = Buffer.alloc(7);
    cell.writeUInt8(type, 0), cell.writeUInt32BE(second, 1), cell.writeUInt16BE(third, 5);
    return cell;
  }));
  parts.push(objectBytes(table, { dict: `/Type /XRef /Size ${table + 1} /W [1 4 2] /Root 1 0 R /Filter /FlateDecode`, bytes: deflateSync(cells) }));
  parts.push(latin(`startxref\n${at}\n%%EOF\n`));
  return Buffer.concat(parts);
}

// --- PNG -------------------------------------------------------------------------------------

const table = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

const crc = (bytes) => {
  let c = ~0;
  for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
};

export const chunk = (type, bytes = Buffer.alloc(0)) => {
  const named = Buffer.concat([latin(type), bytes]), length = Buffer.alloc(4), sum = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  sum.writeUInt32BE(crc(named));
  return Buffer.concat([length, named, sum]);
};

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/** Red RGB pixels; `more` = chunks before the pixels. A declared size may be larger than what follows. */
export function png(width, height, { more = [], rows = height } = {}) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width), head.writeUInt32BE(height, 4);
  head[8] = 8, head[9] = 2;
  const row = rows ? Buffer.concat([Buffer.alloc(1), Buffer.alloc(width * 3, Buffer.from([200, 30, 30]))]) : Buffer.alloc(0);
  return Buffer.concat([signature, chunk('IHDR', head), ...more, chunk('IDAT', deflateSync(Buffer.concat(Array(rows).fill(row)))), chunk('IEND')]);
}

/** Width and height as a PNG declares them. */
export const pngSize = (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];

// --- JPEG ------------------------------------------------------------------------------------

const segment = (marker, bytes) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(bytes.length + 2, 2);
  return Buffer.concat([head, bytes]);
};

/** An EXIF block with an orientation and a place on the map, as telephones write it. */
export const exif = (orientation = 1) => {
  const tiff = Buffer.alloc(8 + 2 + 24 + 4 + 80);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4), tiff.writeUInt16BE(2, 8);
  tiff.writeUInt16BE(0x0112, 10), tiff.writeUInt16BE(3, 12), tiff.writeUInt32BE(1, 14), tiff.writeUInt16BE(orientation, 18);
  tiff.writeUInt16BE(0x8825, 22), tiff.writeUInt16BE(4, 24), tiff.writeUInt32BE(1, 26), tiff.writeUInt32BE(38, 30);
  tiff.write('GPS 43.8256N 87.6168E', 40, 'latin1');
  return segment(0xe1, Buffer.concat([latin('Exif\0\0'), tiff]));
};

/** Grey pixels: each block of 8 x 8 is two bits, "no difference" and "end". */
export function jpeg(width, height, { more = [], blocks = Math.ceil(width / 8) * Math.ceil(height / 8) } = {}) {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(height), size.writeUInt16BE(width, 2);
  const huffman = (kind) => segment(0xc4, Buffer.from([kind, 1, ...Array(15).fill(0), 0]));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]), ...more,
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
    segment(0xc0, Buffer.concat([Buffer.from([8]), size, Buffer.from([1, 1, 0x11, 0])])),
    huffman(0x00), huffman(0x10),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.alloc(Math.ceil(blocks / 4)),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Width and height as the frame header of a JPEG declares them. */
export function jpegSize(bytes) {
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2))
    if ([0xc0, 0xc1, 0xc2].includes(bytes[at + 1])) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
  return undefined;
}
