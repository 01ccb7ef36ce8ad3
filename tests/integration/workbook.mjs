// Reads a workbook (Office Open XML): the rows of its only sheet, numbers as numbers, empty cells as undefined.

import zlib from 'node:zlib';

/** {name: bytes} of a zip archive, by its central directory. */
function unzip(bytes) {
  const files = {};
  let at = bytes.readUInt32LE(bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1') + 16);
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const [size, nameLength, extra, comment, local] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(from, from + size);
    files[name] = bytes.readUInt16LE(at + 10) ? zlib.inflateRawSync(packed) : packed;
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

const plain = (text) => text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name) => ({ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" })[name]);

export function readWorkbook(bytes) {
  const sheet = unzip(bytes)['xl/worksheets/sheet1.xml'].toString();
  return [...sheet.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map(([, row]) => {
    const cells = [];
    for (const [, column, , content] of row.matchAll(/<c r="([A-Z]+)\d+"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const place = [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
      const [, text] = /<t[^>]*>(.*?)<\/t>/s.exec(content ?? '') ?? [], [, number] = /<v>(.*?)<\/v>/.exec(content ?? '') ?? [];
      cells[place] = text !== undefined ? plain(text) : number !== undefined ? Number(number) : undefined;
    }
    return cells;
  });
}
