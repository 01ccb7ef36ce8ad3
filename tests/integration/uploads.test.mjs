// Evidence from the browser to the shelf: what is taken, what is said when it is not, how it is given back, and an
// examiner that crashes, hangs, lies or is not there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, teacher } from './city.mjs';
import { exif, jpeg, jpegSize, pdf, png, pngSize } from './files.mjs';
import { build, startServer } from './harness.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const script = pdf({ 1: '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>' });

/** A server with a city and one applicant's draft; `send` attaches a file to it. */
async function open(options) {
  const server = await startServer(options);
  const city = await buildCity(server);
  const person = await teacher(city, 'zhao');
  const { id } = await person.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' });
  const path = `/api/v1/applications/${id}/evidence`;
  const at = { section: 'qualification', item: '' };
  const incoming = () => readdirSync(join(server.folder, 'records/files/incoming'));
  return {
    server, city, person, id, path, incoming,
    /** What was left on the way is removed soon after the answer. */
    emptied: async () => {
      for (let tries = 0; tries < 1000 && incoming().length; tries++) await server.control.ok('GET', '/health');
      assert.deepEqual(incoming(), []);
    },
    send: (name, bytes, headers) => person.upload(path, at, { name, type: 'application/octet-stream', bytes }, headers),
    list: async () => (await person.ok('GET', `/applications/${id}/evidence`)).items,
    shelved: (hash) => existsSync(join(server.folder, 'records/files', hash.slice(0, 2), hash)),
  };
}

describe('what is taken', () => {
  let here;
  before(async () => (here = await open()));
  after(async () => here?.server.stop());

  test('pictures are written anew and named by what is kept; what was sent stays known by its hash', async () => {
    const cases = [
      ['photo.jpg', jpeg(48, 32, { more: [exif(6)] }), 'image/jpeg', jpegSize, [32, 48]],
      ['截图.PNG', png(40, 30), 'image/png', pngSize, [40, 30]],
    ];
    for (const [name, sent, type, sizeOf, size] of cases) {
      const reply = await here.send(name, sent);
      assert.equal(reply.status, 201, reply.text);
      assert.deepEqual([reply.body.rewritten, reply.body.sent_hash], [true, sha256(sent)]);
      const file = await here.person.send('GET', `${here.path}/${reply.body.id}`);
      assert.equal(file.headers['content-type'], type);
      assert.equal(sha256(file.raw), reply.body.hash);
      assert.deepEqual(sizeOf(file.raw), size);
      assert.ok(!file.raw.includes('GPS'));
      assert.ok(here.shelved(reply.body.hash) && !here.shelved(sha256(sent)));
      const row = (await here.list()).find((one) => one.id === reply.body.id);
      assert.deepEqual([row.rewritten, row.sent_hash, row.size, row.type], [true, sha256(sent), file.raw.length, type]);
    }
    await here.emptied();
  });

  test('a PDF stays as it is, byte by byte, and the same file is stored once', async () => {
    const one = await here.send('证书.pdf', pdf()), two = await here.send('again.pdf', pdf());
    assert.deepEqual([one.status, two.status, one.body.rewritten, one.body.sent_hash], [201, 201, false, '']);
    assert.equal(one.body.hash, sha256(pdf()));
    assert.equal(two.body.hash, one.body.hash);
    assert.deepEqual((await here.person.send('GET', `${here.path}/${one.body.id}`)).raw, pdf());
  });

  test('what is wrong is said in words, and nothing is kept', async () => {
    const count = (await here.list()).length, other = pdf({ 5: '<< /Title (other) >>' });
    const cases = [
      ['a.pdf', script, 422, ['pdf_script', 'pdf_automatic']],
      ['a.png', png(60000, 60000, { rows: 1 }), 422, ['image_huge']],
      ['a.jpg', jpeg(800, 800).subarray(0, -100), 422, ['image_damaged']],
      ['a.pdf', pdf().subarray(0, -60), 422, ['pdf_damaged']],
      ['a.pdf', Buffer.alloc(0), 422, ['required']],
      ['a.pdf', Buffer.from('MZ\x90\0'), 415],
      ['a.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 415],
      ['a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415],
      ['a.html', other, 415],
      ['a.pdf.html', other, 415],
      ['a.pdf', png(8, 8), 415],
      ['a.png', other, 415],
      ['a', other, 415],
      ['a.pdf', Buffer.concat([Buffer.from('<html>'), pdf()]), 415],
      ['a.pdf', Buffer.concat([Buffer.from('\n'), pdf()]), 415],
      ['a.zip', Buffer.from('PK\x03\x04'), 415],
      ['a.gif', Buffer.from('GIF89a'), 415],
    ];
    for (const [name, bytes, status, codes] of cases) {
      const reply = await here.send(name, bytes);
      assert.equal(reply.status, status, `${name}: ${reply.text}`);
      if (codes) assert.deepEqual(reply.body.errors.map((one) => one.code), codes);
      assert.ok(!here.shelved(sha256(bytes)), name);
    }
    assert.equal((await here.list()).length, count);
    await here.emptied();
  });

  test('twenty megabytes and not a byte more', async () => {
    const limit = 20 << 20, empty = pdf({ 4: { bytes: Buffer.alloc(0) } }).length;
    const sized = (length) => {
      let fill = length - empty;
      while (pdf({ 4: { bytes: Buffer.alloc(0) } }).length + fill + String(fill).length * 2 > length + 40) fill--;
      let file = pdf({ 4: { bytes: Buffer.alloc(fill, 'x') } });
      while (file.length !== length) file = pdf({ 4: { bytes: Buffer.alloc((fill += length - file.length), 'x') } });
      return file;
    };
    const fits = await here.send('a.pdf', sized(limit));
    assert.equal(fits.status, 201, fits.text);
    const over = await here.send('a.pdf', sized(limit + 1));
    assert.equal(over.status, 413, over.text);
    await here.emptied();
  });

  test('a file comes back as an attachment without rights, whole or in parts', async () => {
    const { body } = await here.send('简历 %221%22.pdf', pdf());
    const url = `${here.path}/${body.id}`;
    const whole = await here.person.send('GET', url);
    assert.match(whole.headers['content-disposition'], /^attachment; filename="[ -~]+"; filename\*=UTF-8''%E7%AE%80/);
    const { headers } = whole;
    assert.deepEqual(
      [headers['x-content-type-options'], headers['content-security-policy'], headers['cross-origin-resource-policy'], headers['cache-control'], headers.etag, headers['accept-ranges']],
      ['nosniff', "sandbox; default-src 'none'", 'same-origin', 'no-store', `"${body.hash}"`, 'bytes']);
    const part = async (range, more = {}) => {
      const reply = await here.person.send('GET', url, { Range: range, ...more });
      return [reply.status, reply.headers['content-range'], reply.raw.toString('latin1')];
    };
    const size = pdf().length, text = pdf().toString('latin1');
    assert.deepEqual(await part('bytes=0-7'), [206, `bytes 0-7/${size}`, '%PDF-1.7']);
    assert.deepEqual(await part('bytes=-6'), [206, `bytes ${size - 6}-${size - 1}/${size}`, '%%EOF\n']);
    assert.deepEqual(await part(`bytes=${size}-`), [416, `bytes */${size}`, '']);
    assert.deepEqual(await part('bytes=0-1,3-4'), [200, undefined, text]);
    assert.deepEqual(await part('bytes=0-7', { 'If-Range': '"other"' }), [200, undefined, text]);
    assert.deepEqual(await part('bytes=0-7', { 'If-Range': headers.etag }), [206, `bytes 0-7/${size}`, '%PDF-1.7']);
    assert.equal((await here.person.send('GET', url, { 'If-None-Match': headers.etag })).status, 304);
    const head = await here.person.send('HEAD', url);
    assert.deepEqual([head.status, head.headers['content-length'], head.raw.length], [200, String(size), 0]);
    assert.equal((await here.city.clerk.send('GET', url, { Range: 'bytes=0-7' })).status, 404);
  });

  test('who may not attach is told so before anything is examined', async () => {
    const running = here.server.lines.length;
    const other = await teacher(here.city, 'qian');
    const reply = await other.upload(here.path, { section: 'qualification', item: '' }, { name: 'a.pdf', type: 'x/y', bytes: script });
    assert.equal(reply.status, 404, reply.text);
    assert.ok(!here.server.lines.slice(running).some((line) => /^examiner/.test(line.event)));
  });

  test('the page says it without scripts, in both languages', async () => {
    const page = `/applications/${here.id}/sections/qualification`;
    const post = (bytes, name, language) => here.person.upload(page.replace('sections/qualification', 'evidence'), { section: 'qualification', item: '', _back: page }, { name, type: 'x/y', bytes }, { Accept: 'text/html', 'Accept-Language': language });
    const refused = await post(script, 'a.pdf', 'zh');
    assert.equal(refused.status, 422);
    assert.match(refused.text, /href="#file"[^>]*>[^<]*此 PDF 含有脚本。请用“打印为 PDF”重新生成/);
    assert.match(refused.text, /id="file"/);
    assert.match((await post(script, 'a.pdf', 'en')).text, /This PDF contains scripts\. Make it anew with “Print to PDF”/);
    const taken = await post(png(16, 16), 'page.png', 'zh');
    assert.equal(taken.status, 303, taken.text);
    const shown = await here.person.page(taken.headers.location, { 'Accept-Language': 'zh' });
    assert.match(shown.text, /page\.png<\/a> <span>PNG · 1 KB · 已重新编码/);
    assert.match((await here.person.page(page, { 'Accept-Language': 'en' })).text, /page\.png<\/a> <span>PNG · 1 KB · re-encoded/);
  });
});

describe('an examiner that fails', () => {
  const folder = mkdtempSync(join(tmpdir(), 'examiner-'));
  const path = join(folder, 'examiner');
  let here;
  /** The program that the server starts, as a shell script; the next one is meant. */
  const be = (lines) => {
    rmSync(path, { force: true });
    if (lines !== null) writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  };
  const frame = (message) => {
    const length = Buffer.byteLength(message).toString(8).padStart(3, '0');
    return `printf '\\000\\000\\000\\${length}%s' '${message}' >&3`;
  };
  const work = `exec ${join(build, 'bin/titled-examiner')} "$@"`;
  before(async () => {
    be(work);
    here = await open({ config: { examiner: path, examiners: 1, examiner_queue: 2, examiner_per_account: 2, examiner_seconds: 2 } });
  });
  after(async () => {
    await here?.server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a picture; afterwards nothing is kept, nothing lies about, and the next file is taken. */
  async function fails(lines, status, check) {
    const count = (await here.list()).length, lost = here.server.lines.length;
    be(lines);
    const reply = await here.send('a.png', png(16, 16));
    assert.equal(reply.status, status, `${reply.text}\n${JSON.stringify(here.server.lines.slice(lost).filter((line) => /^examiner/.test(line.event)))}`);
    await check(reply, lost);
    assert.equal((await here.list()).length, count);
    await here.emptied();
    be(work);
    const next = await here.send('next.pdf', pdf());
    assert.equal(next.status, 201, next.text);
  }

  const code = (wanted) => (reply) => assert.deepEqual(reply.body.errors.map((one) => one.code), [wanted]);
  const key = (wanted) => (reply) => {
    assert.equal(reply.body.key, wanted);
    assert.match(reply.headers['retry-after'], /^\d+$/);
  };

  test('it crashes', () => fails('kill -SEGV $$', 422, async (reply, from) => {
    code('file_unexaminable')(reply);
    assert.match((await here.server.seen('examiner.lost', undefined, from)).reason, /signal 11/);
  }));
  test('it uses a forbidden call', () => fails('kill -SYS $$', 422, code('file_unexaminable')));
  test('it ends without a word', () => fails('exit 0', 422, code('file_unexaminable')));
  test('it is not there', () => fails(null, 503, key('examiner_absent')));
  test('it cannot enter its sandbox', () => fails(frame('{"failure":"sandbox"}'), 503, key('examiner_absent')));
  test('its disk is full', () => fails(frame('{"failure":"full"}'), 507, (reply) => assert.equal(reply.body.type, '/problems/storage-full')));
  test('it cannot write', () => fails(frame('{"failure":"io"}'), 503, (reply) => assert.equal(reply.body.type, '/problems/storage')));
  test('it says what nobody knows', () => fails(frame('{"findings":["<b>x"]}'), 422, code('file_unexaminable')));
  test('it says that a picture may stay as it is', () => fails(frame('{"findings":[],"rewritten":false}'), 422, code('file_unexaminable')));
  test('it says no JSON', () => fails("printf '\\000\\000\\000\\004oops' >&3", 422, code('file_unexaminable')));
  test('it says too much', () => fails("printf '\\377\\377\\377\\377' >&3; exec /bin/sleep 9", 422, code('file_unexaminable')));
  test('it writes what is no picture', () => fails(`printf '<script>'; ${frame('{"findings":[],"rewritten":true}')}`, 415, () => {}));

  test('it hangs: others wait, nobody has more than his share, and the deadline ends it', async () => {
    const other = await teacher(here.city, 'qian');
    const { id } = await other.ok('POST', '/applications', { cycle: here.city.cycle.id, level: 'intermediate', specialty: 'chinese' });
    const attach = () => other.upload(`/api/v1/applications/${id}/evidence`, { section: 'qualification', item: '' }, { name: 'a.png', type: 'x/y', bytes: png(16, 16) });
    const from = here.server.process.log.length;
    be('echo hanging >&2; exec /bin/sleep 60');
    const mine = [here.send('a.png', png(16, 16))];
    await here.server.process.seen((log) => log.includes('hanging'), 'the examination', from);
    be(work); // for those that wait
    mine.push(here.send('a.png', png(16, 16)), here.send('a.png', png(16, 16)));
    const refused = await Promise.race(mine);
    assert.equal(refused.status, 429, refused.text);
    assert.match(refused.headers['retry-after'], /^\d+$/);
    const others = [attach(), attach()];
    const full = await Promise.race(others);
    assert.equal(full.status, 503, full.text);
    key('examiner_busy')(full);
    const statuses = (replies) => replies.map((one) => one.status).sort();
    const replies = await Promise.all(mine);
    assert.deepEqual(statuses(replies), [201, 422, 429]);
    code('file_takes_long')(replies.find((one) => one.status === 422));
    assert.deepEqual(statuses(await Promise.all(others)), [201, 503]);
    await here.emptied();
  });

  test('kill -9 of the server meanwhile leaves two files, which the next start removes, and no examiner', async () => {
    const count = (await here.list()).length;
    const endless = join(folder, 'endless');
    execFileSync('mkfifo', [endless]);
    be(`echo examining $$ >&2; ${work} <>${endless}`);
    const lost = here.send('a.png', png(16, 16)).catch(() => 'lost');
    const [, pid] = await here.server.process.seen((log) => /examining (\d+)/.exec(log), 'the examination');
    const status = () => (existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/status`, 'latin1') : 'State:\tX');
    while (!/Seccomp:\t2/.test(status())) await here.server.control.ok('GET', '/health'); // until it is in its sandbox
    assert.equal(here.incoming().length, 2);
    await here.server.crash();
    assert.equal(await lost, 'lost');
    assert.match(status(), /State:\t[XZ]/);
    assert.deepEqual(here.incoming(), []);
    assert.ok(here.server.lines.some((line) => line.event === 'files.stale_removed' && line.count === 2));
    be(work);
    here.person.target = { host: '127.0.0.1', port: here.server.port };
    assert.equal((await here.list()).length, count);
    assert.equal((await here.send('a.pdf', pdf())).status, 201);
  });
});
