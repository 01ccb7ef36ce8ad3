// titled-examiner on its own: what it lets through, what it writes anew, and files that mean harm. Runs the program
// of the build under test and, where there is one, of the release build, whose sandbox has no holes for a sanitizer.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { chunk, exif, jpeg, jpegSize, packedPdf, pdf, png, pngSize, update } from './files.mjs';
import { build, top } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'examiner-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

const types = { pdf: 'application/pdf', anew: 'application/pdf+anew', jpg: 'image/jpeg', png: 'image/png' };
const builds = [...new Set([build, join(top, 'build/release')])].map((one) => join(one, 'bin/titled-examiner')).filter(existsSync);

/** {findings, rewritten, output} of one file, as the server would hear it. */
async function examine(program, type, bytes, { output = undefined, seconds = 20, outputMax = 40 << 20 } = {}) {
  const path = join(folder, String(count++));
  writeFileSync(path, bytes);
  const input = openSync(path, 'r'), result = openSync(output ?? `${path}.out`, 'w');
  const child = spawn(program, [types[type], String(20 << 20), String(outputMax), String(seconds)], { stdio: [input, result, 'pipe', 'pipe'], env: {} });
  const chunks = [], words = [];
  child.stdio[3].on('data', (part) => chunks.push(part));
  child.stderr.on('data', (part) => words.push(part));
  const end = await new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
  closeSync(input), closeSync(result);
  const frame = Buffer.concat(chunks);
  assert.doesNotMatch(Buffer.concat(words).toString(), /Sanitizer|runtime error/);
  if (!frame.length) return { end };
  assert.equal(frame.readUInt32BE(0), frame.length - 4);
  assert.deepEqual(end, { code: 0, signal: null });
  return { end, ...JSON.parse(frame.subarray(4).toString()), ...(!output && { output: readFileSync(`${path}.out`) }) };
}

const catalog = (more) => `<< /Type /Catalog /Pages 2 0 R ${more} >>`;
const page = (more) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${more} >>`;
const link = (action) => ({ 3: page(`/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A ${action} >>]`) });
const opened = (action) => ({ 1: catalog(`/OpenAction ${action}`) });
const script = '<< /S /JavaScript /JS (app.alert\\(1\\)) >>';

/** PDF passwords, the oldest kind: the algorithms of ISO 32000-1, 7.6.3. */
function locked(user, objects = {}) {
  const pad = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');
  const padded = (text) => Buffer.concat([Buffer.from(text), pad]).subarray(0, 32);
  const md5 = (...parts) => createHash('md5').update(Buffer.concat(parts)).digest().subarray(0, 5);
  const rc4 = (key, bytes) => {
    const s = Array.from({ length: 256 }, (_, i) => i);
    for (let i = 0, j = 0; i < 256; i++) (j = (j + s[i] + key[i % key.length]) & 255), ([s[i], s[j]] = [s[j], s[i]]);
    let i = 0, j = 0;
    return Buffer.from(bytes.map((byte) => {
      i = (i + 1) & 255, j = (j + s[i]) & 255, [s[i], s[j]] = [s[j], s[i]];
      return byte ^ s[(s[i] + s[j]) & 255];
    }));
  };
  const owner = rc4(md5(padded('owner')), padded(user)), id = Buffer.alloc(16, 7);
  const key = md5(padded(user), owner, Buffer.from('fcffffff', 'hex'), id);
  const hex = (bytes) => `<${bytes.toString('hex')}>`;
  return pdf(objects, { trailer: `/ID [${hex(id)} ${hex(id)}] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ${hex(owner)} /U ${hex(rc4(key, pad))} >>` });
}

/** Many gigabytes of spaces in a few kilobytes: a flushed block of deflate, repeated, and deflated again. */
function bomb() {
  const block = deflateRawSync(Buffer.alloc(16 << 20, ' '), { finishFlush: constants.Z_FULL_FLUSH });
  return deflateSync(Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array(512).fill(block)]));
}

const nested = (depth, inside) => '['.repeat(depth) + inside + ']'.repeat(depth);

const fine = {
  'an empty page': pdf(),
  'objects in a stream': packedPdf({ 1: catalog('/OpenAction [3 0 R /Fit]'), 6: '<< /A 1 >>' }),
  'a destination to open at': pdf(opened('[3 0 R /Fit]')),
  'going to a page by itself': pdf(opened('<< /S /GoTo /D [3 0 R /Fit] >>')),
  'a link to the web': pdf(link('<< /S /URI /URI (https://www.example.cn/docs/Web/JavaScript) >>')),
  'a link without a scheme': pdf(link('<< /S /URI /URI (www.example.cn) >>')),
  'words about scripts': pdf({ 4: { bytes: Buffer.from('BT (/JavaScript /Launch /JS) Tj ET') }, 3: page('/Contents 4 0 R') }),
  'a structure tree': pdf({ 1: catalog('/StructTreeRoot 5 0 R'), 5: '<< /Type /StructTreeRoot /K [<< /S /P /A << /O /Layout /Placement /Block >> >>] >>' }),
  'a signature': pdf({ 1: catalog('/AcroForm << /SigFlags 3 /Fields [5 0 R] >>'), 5: '<< /FT /Sig /T (s) /V << /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 30] /Contents <00> >> >>' }),
  'a second revision': update(update(pdf(), { 5: '<< /Title (2) >>' }), { 5: '<< /Title (3) >>' }),
  'a wrong count of objects': Buffer.from(pdf().toString('latin1').replace('/Size 5', '/Size 9'), 'latin1'),
  'a comment behind the end': Buffer.concat([pdf(), Buffer.from('% words\n')]),
  'a password for its owner only': locked(''),
  'a page that would swell when shown': pdf({ 4: { dict: '/Filter [/FlateDecode /FlateDecode]', bytes: bomb() }, 3: page('/Contents 4 0 R') }),
};

const harmful = {
  pdf_script: {
    'when it opens': pdf(opened(script)),
    'by reference': pdf({ ...opened('5 0 R'), 5: script }),
    'in an object stream': packedPdf({ 1: catalog('/OpenAction 5 0 R'), 5: script }),
    'names written in hex': pdf({ ...opened('5 0 R'), 5: '<< /#53 /#4aava#53cript /#4a#53 (app.alert\\(1\\)) >>' }),
    'a name tree': pdf({ 1: catalog('/Names << /JavaScript << /Names [(a) 5 0 R] >> >>'), 5: script }),
    'a name tree below others': pdf({ 1: catalog('/Names 5 0 R'), 5: '<< /JavaScript 6 0 R >>', 6: '<< /Kids [7 0 R] >>', 7: '<< /Kids [8 0 R] >>', 8: `<< /Names [(a) ${script}] >>` }),
    'behind a link': pdf(link(script)),
    'behind another action': pdf(link(`<< /S /URI /URI (https://a.cn) /Next [<< /S /GoTo /D [3 0 R /Fit] /Next ${script} >>] >>`)),
    'in a field': pdf({ 1: catalog('/AcroForm << /Fields [5 0 R] >>'), 5: `<< /FT /Tx /T (a) /AA << /K ${script} >> >>` }),
    'when a page is turned': pdf({ 3: page(`/AA << /O ${script} >>`) }),
    'in a stream': pdf({ ...opened('<< /S /JavaScript /JS 5 0 R >>'), 5: { bytes: Buffer.from('app.alert(1)') } }),
    'deep inside': pdf({ 5: nested(100, script) }),
    'referred to by nothing': pdf({ 5: script }),
    'in an earlier revision': update(pdf(opened(script)), { 1: catalog('') }),
    'in an earlier revision, packed': update(packedPdf({ 1: catalog('/OpenAction 6 0 R'), 6: script }), { 1: catalog(''), 6: 'null' }),
    'in a later revision': update(pdf(), opened(script)),
    'behind a password for its owner': locked('', { ...opened('<< /S /JavaScript /JS 5 0 R >>'), 5: { bytes: Buffer.alloc(9) } }),
    'and a page in a browser': Buffer.concat([pdf(opened(script)), Buffer.from('<script>alert(1)</script>')]),
  },
  pdf_launch: {
    'a click': pdf(link('<< /S /Launch /F (cmd.exe) >>')),
    'a click, for one system': pdf(link('<< /S /Launch /Win << /F (cmd.exe) /P (/c calc) >> >>')),
    'hidden by an update': update(pdf(opened('<< /S /Launch /F (a.exe) >>')), { 1: catalog('') }),
  },
  pdf_attachment: {
    'by name': pdf({ 1: catalog('/Names << /EmbeddedFiles << /Names [(a.exe) 5 0 R] >> >>'), 5: '<< /Type /Filespec /F (a.exe) /EF << /F 6 0 R >> >>', 6: { dict: '/Type /EmbeddedFile', bytes: Buffer.from('MZ') } }),
    'on a page': pdf({ 3: page('/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /F (a) >> >>]') }),
    'associated': pdf({ 1: catalog('/AF [<< /Type /Filespec /F (a) /EF << /F 6 0 R >> >>]'), 6: { bytes: Buffer.from('MZ') } }),
    'a portfolio': pdf({ 1: catalog('/Collection << /View /T >>') }),
  },
  pdf_form: {
    XFA: pdf({ 1: catalog('/AcroForm << /Fields [] /XFA [(a) 5 0 R] >>'), 5: { bytes: Buffer.from('<xdp/>') } }),
    'that is sent': pdf(link('<< /S /SubmitForm /F (https://a.cn) >>')),
    'that fetches': pdf(link('<< /S /ImportData /F (a.fdf) >>')),
  },
  pdf_remote: {
    'another file': pdf(link('<< /S /GoToR /F (\\\\\\\\host\\\\share\\\\a.pdf) /D [0 /Fit] >>')),
    'an embedded file': pdf(link('<< /S /GoToE /D [0 /Fit] >>')),
    'a script as address': pdf(link('<< /S /URI /URI ( javascript:alert\\(1\\)) >>')),
    'a local address': pdf(link('<< /S /URI /URI (file:///etc/passwd) >>')),
    'a share': pdf(link('<< /S /URI /URI (\\\\\\\\host\\\\share) >>')),
    'an address in UTF-16': pdf(link(`<< /S /URI /URI <feff${[...'file:///a'].map((c) => c.charCodeAt(0).toString(16).padStart(4, '0')).join('')}> >>`)),
    'content elsewhere': pdf({ 4: { dict: '/F (other.bin)', bytes: Buffer.alloc(0) }, 3: page('/Contents 4 0 R') }),
  },
  pdf_automatic: {
    'the web': pdf(opened('<< /S /URI /URI (https://a.cn) >>')),
    'the printer': pdf(opened('<< /S /Named /N /Print >>')),
    'more than a page': pdf(opened('<< /S /GoTo /D [3 0 R /Fit] /Next << /S /Named /N /Print >> >>')),
    'on an event': pdf({ 3: page('/AA << /C << /S /URI /URI (https://a.cn) >> >>') }),
    'an action nobody knows': pdf(link('<< /S /Whatever >>')),
  },
  pdf_media: {
    film: pdf({ 3: page('/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaContent << >> >>]') }),
    screen: pdf({ 3: page('/Annots [<< /Type /Annot /Subtype /Screen /Rect [0 0 9 9] >>]') }),
    sound: pdf(link('<< /S /Sound /Sound 5 0 R >>')),
    '3D': pdf({ 3: page('/Annots [<< /Type /Annot /Subtype /3D /Rect [0 0 9 9] >>]') }),
    PostScript: pdf({ 5: { dict: '/Type /XObject /Subtype /PS', bytes: Buffer.from('showpage') } }),
  },
  pdf_password: { 'to be read at all': locked('secret') },
  pdf_damaged: {
    'nothing in it': Buffer.alloc(0),
    'a header alone': Buffer.from('%PDF-1.7\n'),
    'cut off': pdf().subarray(0, -60),
    'a table that points elsewhere': Buffer.from(pdf().toString('latin1').replace(/0000000009/, '0000000010'), 'latin1'),
    'a table at another place': Buffer.from(pdf().toString('latin1').replace(/startxref\n\d+/, 'startxref\n17'), 'latin1'),
    'tables in a circle': Buffer.from(update(pdf(), { 5: '<< >>' }).toString('latin1').replace(/\/Prev \d+/, (was) => `/Prev ${update(pdf(), { 5: '<< >>' }).toString('latin1').lastIndexOf('xref\n5')}`.padEnd(was.length).slice(0, was.length)), 'latin1'),
    'a member twice': pdf({ 5: '<< /A 1 /A 2 >>' }),
    'a stream with a wrong length': Buffer.from(pdf({ 4: { bytes: Buffer.from('q Q') }, 3: page('/Contents 4 0 R') }).toString('latin1').replace('/Length 3', '/Length 1'), 'latin1'),
    'no pages': pdf({ 2: '<< /Type /Pages /Kids [] /Count 0 >>' }),
    'pages in a circle': pdf({ 2: '<< /Type /Pages /Kids [2 0 R] /Count 1 >>' }),
    'far too deep': pdf({ 5: nested(100000, '') }),
    'another file behind it': Buffer.concat([pdf(), Buffer.from('PK\x03\x04'), Buffer.alloc(4000, 'x')]),
  },
  file_too_complex: {
    'a million objects': Buffer.from(pdf().toString('latin1').replace('/Size 5', '/Size 999999'), 'latin1'),
    'a hundred revisions': Array.from({ length: 100 }).reduce((bytes, _, i) => update(bytes, { 5: `<< /N ${i} >>` }), pdf()),
  },
};

for (const program of builds) {
  describe(program.slice(top.length), { concurrency: 2 }, () => {
    const isRelease = program.startsWith(join(top, 'build/release'));

    test('PDF files that only want to be read stay as they are', async () => {
      for (const [name, bytes] of Object.entries(fine)) {
        const verdict = await examine(program, 'pdf', bytes);
        assert.deepEqual([verdict.findings, verdict.rewritten, verdict.output?.length], [[], false, 0], name);
      }
    });

    for (const [finding, files] of Object.entries(harmful))
      test(`PDF: ${finding}`, async () => {
        for (const [name, bytes] of Object.entries(files)) {
          const verdict = await examine(program, 'pdf', bytes);
          assert.ok(verdict.findings?.includes(finding), `${name}: ${JSON.stringify(verdict)}`);
          assert.equal(verdict.output.length, 0);
        }
      });

    test('a PDF for blind review is written anew: its pages, and nothing it says about itself', async () => {
      const note = '<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /T (Aigul) /Contents (kept) /M (D:20250101) >>';
      const named = (name) => pdf({
        1: catalog('/Metadata 6 0 R'), 3: page(`/Contents 4 0 R /PieceInfo << /Word << /Private (${name}) >> >> /Annots [${note}]`),
        4: { bytes: Buffer.from('0 0 595 842 re S') }, 5: `<< /Author (${name}) /Title (${name}) /Creator (Word) >>`,
        6: { dict: '/Type /Metadata /Subtype /XML', bytes: Buffer.from(`<x:xmpmeta>${name}</x:xmpmeta>`) },
      }, { trailer: `/Info 5 0 R /ID [<${Buffer.from(name).toString('hex')}> <00>]` });
      const [one, other] = [await examine(program, 'anew', named('Aigul')), await examine(program, 'anew', update(named('Wang'), { 5: '<< /Author (Li) >>' }, { trailer: '/Info 5 0 R' }))];
      for (const verdict of [one, other]) {
        assert.deepEqual([verdict.findings, verdict.rewritten], [[], true]);
        assert.doesNotMatch(verdict.output.toString('latin1'), /Aigul|Wang|Li\)|Word|D:2025|Metadata|xmpmeta/);
        assert.match(verdict.output.toString('latin1'), /kept/);
        assert.deepEqual((await examine(program, 'pdf', verdict.output)).findings, []);
      }
      assert.deepEqual(one.output, other.output, 'whose it was');
      const harm = await examine(program, 'anew', pdf({ 1: catalog('/OpenAction << /S /JavaScript /JS (1) >>') }));
      assert.deepEqual([harm.findings.includes('pdf_script'), harm.rewritten, harm.output.length], [true, false, 0]);
    });

    test('PDF: object streams that swell without end are cut off', { skip: !isRelease && 'the address space of a sanitizer has no limit' }, async () => {
      const file = packedPdf({ 1: catalog('') }, {}, { filter: '[/FlateDecode /FlateDecode]', bytes: bomb() });
      const verdict = await examine(program, 'pdf', file);
      assert.ok(verdict.findings ? verdict.findings.length > 0 : verdict.end.signal, JSON.stringify(verdict));
    });

    test('a PNG is written anew: pixels and nothing else', async () => {
      const secret = Buffer.from('Comment\0taken at home, 43.8N 87.6E');
      const verdict = await examine(program, 'png', Buffer.concat([png(40, 30, { more: [chunk('tEXt', secret), chunk('acTL', Buffer.alloc(8)), chunk('vpAg', Buffer.alloc(9))] }), Buffer.from('<script>alert(1)</script>PK\x03\x04')]));
      assert.deepEqual([verdict.findings, verdict.rewritten, pngSize(verdict.output)], [[], true, [40, 30]]);
      for (const word of ['home', 'script', 'PK', 'acTL', 'tEXt', 'vpAg']) assert.ok(!verdict.output.includes(word), word);
      const swelling = chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(64 << 20))]));
      assert.equal((await examine(program, 'png', png(8, 8, { more: [swelling] }))).rewritten, true);
    });

    test('a JPEG is written anew, upright and without its place on the map', async () => {
      for (const [orientation, size] of [[1, [48, 32]], [3, [48, 32]], [6, [32, 48]], [8, [32, 48]], [9, [48, 32]]]) {
        const sent = Buffer.concat([jpeg(48, 32, { more: [exif(orientation)] }), Buffer.from('<script>PK\x03\x04')]);
        const verdict = await examine(program, 'jpg', sent);
        assert.deepEqual([verdict.findings, verdict.rewritten, jpegSize(verdict.output)], [[], true, size], String(orientation));
        for (const word of ['GPS', 'Exif', 'script', 'PK']) assert.ok(!verdict.output.includes(word), word);
      }
    });

    test('pictures that are more than they look, or less', async () => {
      const broken = Buffer.from(png(40, 30));
      broken[50] ^= 1;
      const scan = Buffer.concat([Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0]), Buffer.alloc(1)]);
      const still = jpeg(8, 8).toString('latin1');
      const progressive = Buffer.from(`${still.slice(0, still.indexOf('\xff\xda')).replace('\xff\xc0', '\xff\xc2')}${scan.toString('latin1').repeat(5000)}\xff\xd9`, 'latin1');
      const cases = [
        ['png', png(60000, 60000, { rows: 1 }), 'image_huge'],
        ['png', png(0x7fffffff, 1, { rows: 0 }), 'image_huge'],
        ['png', png(8000, 8000, { rows: 1 }), 'image_damaged'],
        ['png', png(40, 30).subarray(0, -20), 'image_damaged'],
        ['png', png(0, 30), 'image_damaged'],
        ['png', broken, 'image_damaged'],
        ['png', Buffer.alloc(0), 'image_damaged'],
        ['png', Buffer.from('<svg onload="alert(1)"/>'), 'image_damaged'],
        ['jpg', jpeg(65000, 65000, { blocks: 99 }), 'image_huge'],
        ['jpg', jpeg(65535, 8), 'image_huge'],
        ['jpg', jpeg(4000, 4000, { blocks: 99 }), 'image_damaged'],
        ['jpg', jpeg(800, 800).subarray(0, -100), 'image_damaged'],
        ['jpg', Buffer.from([0xff, 0xd8, 0xff]), 'image_damaged'],
        ['jpg', Buffer.alloc(0), 'image_damaged'],
        ['jpg', progressive, 'file_too_complex'],
      ];
      for (const [type, bytes, finding] of cases) {
        const verdict = await examine(program, type, bytes);
        assert.deepEqual([verdict.findings, verdict.rewritten], [[finding], false], `${type}, ${bytes.length} bytes`);
      }
    });

    test('a full disk and an output past its limit', async () => {
      assert.equal((await examine(program, 'png', png(40, 30), { output: '/dev/full' })).failure, 'full');
      assert.equal((await examine(program, 'jpg', jpeg(48, 32), { output: '/dev/full' })).failure, 'full');
      if (isRelease) assert.deepEqual((await examine(program, 'jpg', jpeg(800, 800), { outputMax: 100 })).findings, ['file_too_complex']);
    });

    test('processor time has an end', { skip: !isRelease && 'as slow as the sanitizer is' }, async () => {
      const { end, findings } = await examine(program, 'png', png(8000, 8000), { seconds: 1 });
      assert.ok(findings?.length === 0 || ['SIGXCPU', 'SIGKILL'].includes(end.signal), JSON.stringify(end));
    });
  });
}
