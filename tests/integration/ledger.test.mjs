// The ledger against somebody who can write to the database: every way of tampering, at the first, a middle and
// the last entry, is named; an older backup is not served. And what the public gets to check it all.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, startServer } from './harness.mjs';
import { canonical, checkConsistency, checkInclusion, checkNote, checkProof, checkRows, rootOf, sealRows } from './ledger_proof.mjs';

const STRIDE = 16; // entries under a stored node

/** Runs a program of the build to its end: {code, out, err}. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(join(build, 'bin', program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

let server, keys;
const records = () => join(server.folder, 'records');
const sql = (folder, text) => execFileSync('sqlite3', ['-json', join(folder, 'titled.db')], { input: text, encoding: 'utf8', maxBuffer: 1 << 28 });
const rowsOf = (folder) => JSON.parse(sql(folder, 'select * from ledger order by sequence') || '[]');
const quote = (value) => (value === null ? 'null' : typeof value === 'number' ? value : `'${value.replaceAll("'", "''")}'`);
const units = async (from, to) => {
  for (let n = from; n < to; n++) await server.control.ok('POST', '/units', { name: `第${n}小学`, division_code: '650121', kind: 'school', grassroots: 'township' });
};
const halt = async () => assert.equal((await server.process.kill('SIGTERM')).code, 0);

/** titlectl over a folder of records in place of the server's own; the keys and the witness are the server's. */
let copies = 0;
function over(folder, ...args) {
  const config = join(server.folder, `copy-${++copies}.conf`);
  writeFileSync(config, readFileSync(server.config, 'utf8').replace(/^state_folder = .*$/m, `state_folder = ${folder}`));
  return run('titlectl', ['--config', config, ...args]);
}

/** A copy of the whole records, changed. */
function tampered(change) {
  const folder = join(server.folder, `tampered-${++copies}`);
  cpSync(join(server.folder, 'whole'), folder, { recursive: true });
  if (typeof change === 'string') sql(folder, change);
  else change(folder);
  return folder;
}

/** What verification says of it: it fails, and its first finding has these words. */
async function finds(change, words, kind, entry, ...args) {
  const folder = tampered(change);
  const { code, out, err } = await over(folder, '--json', 'ledger', 'verify', ...args);
  rmSync(folder, { recursive: true });
  assert.equal(code, 1, out);
  assert.match(err, words);
  const report = JSON.parse(out), [finding] = report.findings;
  assert.equal(report.intact, false);
  assert.equal(finding.kind, kind, err);
  if (entry !== undefined) assert.equal(finding.entry, entry);
  return report;
}

let rows, first, middle, last;

before(async () => {
  server = await startServer();
  keys = await server.client().ok('GET', '/ledger/key');
  for (const from of [0, 12, 24]) {
    await units(from, from + 12);
    await server.advance(1); // the ticker runs, and with it a checkpoint is due
  }
  await server.account('li.mei', [], { name: '李梅' });
  await halt();
  cpSync(records(), join(server.folder, 'whole'), { recursive: true });
  rows = rowsOf(records());
  [first, middle, last] = [1, Math.floor(rows.length / 2), rows.length];
});
after(async () => {
  if (server?.process.end && server.redis) await server.startTitled();
  await server?.stop();
});

describe('what was not touched', () => {
  test('is intact, as titlectl says and as a stranger computes', async () => {
    const { code, out, err } = await over(join(server.folder, 'whole'), 'ledger', 'verify');
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`^The ledger is intact: ${last} entries, head ${rows.at(-1).hash}\n`));
    assert.match(out, /\d+ checkpoints hold, and \d+ in the witness file; signed up to entry \d+ on 20/);
    assert.match(out, /\d+ entries a second/);
    const leaves = checkRows(rows), notes = JSON.parse(sql(join(server.folder, 'whole'), 'select note from ledger_checkpoint order by size'));
    assert.ok(notes.length >= 5, 'start, three growths, stop');
    for (const { note } of notes) {
      const signed = checkNote(note, keys);
      assert.deepEqual(signed.root, rootOf(leaves.slice(0, signed.size)));
    }
    assert.equal(checkNote(notes.at(-1).note, keys).size, last, 'a server that stopped in order left nothing unsigned');
    assert.equal(readFileSync(join(server.folder, 'checkpoints'), 'utf8'), notes.map(({ note }) => `${note}\n`).join(''));
    assert.equal(statSync(join(server.folder, 'ledger.key')).mode & 0o777, 0o600);
  });

  test('names persons nowhere', () => {
    for (const row of rows) assert.ok(!/李梅|correct horse/.test(canonical(row)), canonical(row));
  });

  test('each entry is proved by titlectl', async () => {
    const whole = join(server.folder, 'whole');
    for (const n of [first, middle, last]) {
      const { out } = await over(whole, '--json', 'ledger', 'prove', String(n));
      assert.equal(checkProof(JSON.parse(out), keys).seq, n);
    }
    assert.equal((await over(whole, 'ledger', 'prove', String(last + 1))).code, 1);
    assert.equal((await over(whole, 'ledger', 'prove', '0')).code, 2);
    const { out } = await over(whole, 'ledger', 'checkpoint');
    assert.equal(checkNote(out, keys).size, last);
    assert.ok((await over(whole, 'ledger', 'key')).out.includes(keys.ed25519.verifier));
    assert.equal((await over(whole, 'ledger', 'verify', '--since', String(middle))).code, 0);
    assert.equal((await over(whole, 'ledger', 'verify', '--since', String(last + 1))).code, 1);
  });
});

describe('tampering with an entry', () => {
  const places = () => [first, middle, last];

  test('a changed payload', async () => {
    for (const n of places()) await finds(`update ledger set payload = '{"forged":true}' where sequence = ${n}`, new RegExp(`broken at entry ${n}: its payload was changed`), 'changed', n);
  });

  test('a changed field', async () => {
    for (const n of places()) await finds(`update ledger set actor = 'somebody' where sequence = ${n}`, new RegExp(`broken at entry ${n}: it was changed`), 'changed', n);
  });

  test('one flipped bit, in each column', async () => {
    for (const column of ['at', 'action', 'subject', 'payload_hash', 'previous_hash', 'hash', 'nonce', 'leaf'])
      await finds(`update ledger set ${column} = case substr(${column}, -1) when '0' then substr(${column}, 1, length(${column}) - 1) || '1' else substr(${column}, 1, length(${column}) - 1) || '0' end where sequence = ${middle}`, new RegExp(`entry ${middle}: `), 'changed', middle);
  });

  test('a deleted one', async () => {
    for (const n of [first, middle]) await finds(`delete from ledger where sequence = ${n}`, new RegExp(`broken at entry ${n}: it is missing`), 'missing', n);
    await finds(`delete from ledger where sequence = ${last}`, new RegExp(`truncated: it ends at entry ${last - 1}, the checkpoint of \\S+ in the records has ${last}`), 'truncated', last);
    await finds(`delete from ledger where sequence in (${middle}, ${middle + 1})`, new RegExp(`entry ${middle}: it and the entries up to ${middle + 1} are missing`), 'missing', middle);
  });

  test('a deleted one, and the rest renumbered', async () => {
    for (const n of [first, middle])
      await finds(`delete from ledger where sequence = ${n}; update ledger set sequence = -sequence where sequence > ${n}; update ledger set sequence = -sequence - 1 where sequence < 0`,
        new RegExp(`entry ${n}: it is missing, with what followed up to ${n}, and the rest was renumbered`), 'missing', n);
  });

  test('two swapped', async () => {
    for (const [a, b] of [[first, first + 1], [first, last], [middle, last], [last - 1, last]])
      await finds(`update ledger set sequence = -1 where sequence = ${a}; update ledger set sequence = ${a} where sequence = ${b}; update ledger set sequence = ${b} where sequence = -1`,
        new RegExp(`entry ${a}: it and entry ${b} were swapped`), 'swapped', a);
  });

  test('the payloads of two swapped', async () => {
    const [a, b] = [middle, middle + 1];
    await finds(`create temp table was as select * from ledger; update ledger set payload = (select payload from was where sequence = ${a} + ${b} - ledger.sequence) where sequence in (${a}, ${b})`,
      new RegExp(`entry ${a}: its payload and that of entry ${b} were swapped`), 'swapped', a);
  });

  test('the end cut off', async () => {
    const cut = `delete from ledger where sequence > ${middle}`;
    await finds(cut, new RegExp(`truncated: it ends at entry ${middle}, the checkpoint of \\S+ in the records has ${last}`), 'truncated', middle + 1);
    await finds(`${cut}; delete from ledger_checkpoint where size > ${middle}; delete from ledger_node where level = 4 and (position + 1) * ${STRIDE} > ${middle}`,
      new RegExp(`rolled back: they end at entry ${middle}, the checkpoint of \\S+ in the witness file has ${last}`), 'rolled_back', middle + 1);
    await finds('delete from ledger', /truncated: it ends at entry 0/, 'truncated', 1);
  });
});

/** Everything from entry `n` on written anew, so that chain, leaves and tree fit together. */
function rewrite(folder, n) {
  const forged = sealRows(rowsOf(folder).map((row) => (row.sequence === n ? { ...row, subject: 'unit/01FORGED000000000000000000' } : row)));
  const columns = Object.keys(forged[0]), leaves = forged.map((row) => Buffer.from(row.leaf, 'hex'));
  const nodes = Array.from({ length: Math.floor(leaves.length / STRIDE) }, (_, i) => rootOf(leaves.slice(i * STRIDE, (i + 1) * STRIDE)).toString('hex'));
  sql(folder, `begin; delete from ledger; delete from ledger_node where level = 4; ${forged.map((row) => `insert into ledger(${columns}) values (${columns.map((name) => quote(row[name]))});`).join('\n')}
    ${nodes.map((hash, i) => `insert into ledger_node(level, position, hash) values (4, ${i}, '${hash}');`).join('\n')} commit;`);
}

describe('a ledger that fits together', () => {
  test('but is not the one that was signed', async () => {
    const sizes = JSON.parse(sql(join(server.folder, 'whole'), 'select size from ledger_checkpoint order by size')).map((one) => one.size);
    for (const n of [first, middle, last]) {
      const [before, at] = [sizes.findLast((size) => size < n) ?? 0, sizes.find((size) => size >= n)];
      await finds((folder) => rewrite(folder, n), new RegExp(`rewritten between entry ${before + 1} and entry ${at}: .* the checkpoint of \\S+ in the records signs`), 'rewritten', before + 1);
      await finds((folder) => (rewrite(folder, n), sql(folder, 'delete from ledger_checkpoint')), new RegExp(`rewritten between entry ${before + 1} and entry ${at}: .* in the witness file signs`), 'rewritten', before + 1);
    }
  });

  test('with a checkpoint of its own making', async () => {
    const size = JSON.parse(sql(join(server.folder, 'whole'), 'select max(size) as size from ledger_checkpoint'))[0].size;
    const report = await finds((folder) => {
      rewrite(folder, last);
      const root = rootOf(rowsOf(folder).map((row) => Buffer.from(row.leaf, 'hex'))).toString('base64');
      const note = JSON.parse(sql(folder, `select note from ledger_checkpoint where size = ${size}`))[0].note.split('\n');
      note[2] = root;
      sql(folder, `update ledger_checkpoint set note = ${quote(note.join('\n'))} where size = ${size}`);
    }, new RegExp(`the checkpoint of \\S+ over ${size} entries in the records is forged: it is not signed by this ledger's keys`), 'forged', size);
    assert.deepEqual(report.findings.map((one) => one.kind), ['forged', 'rewritten'], 'the witness file knows better');
  });
});

describe('an older backup', () => {
  let printed;

  test('is not served, and verification names both sides', async () => {
    const backup = join(server.folder, 'backup');
    cpSync(records(), backup, { recursive: true });
    await server.startTitled();
    await units(36, 40);
    await halt();
    printed = (await over(records(), 'ledger', 'checkpoint')).out;
    const newer = rowsOf(records()).length;
    rmSync(records(), { recursive: true });
    renameSync(backup, records());
    const ends = rowsOf(records()).length;
    const start = await run('titled', ['--config', server.config]);
    assert.notEqual(start.code, 0);
    assert.match(start.err, new RegExp(`older than their checkpoints: they end at entry ${ends}, the checkpoint of \\S+ in \\S+ has ${newer}.*titlectl ledger accept-rollback`));
    const verify = await over(records(), 'ledger', 'verify');
    assert.equal(verify.code, 1);
    assert.match(verify.err, new RegExp(`rolled back: they end at entry ${ends}, the checkpoint of \\S+ in the witness file has ${newer}`));
  });

  test('is found out by a checkpoint on paper alone', async () => {
    const file = join(server.folder, 'checkpoints'), paper = join(server.folder, 'paper.txt');
    renameSync(file, `${file}.away`);
    writeFileSync(paper, printed);
    assert.match((await over(records(), 'ledger', 'verify')).err, /the witness file \S+ is missing, empty or unreadable/);
    for (const given of [paper, printed, printed.trim()]) {
      const { code, err } = await over(records(), 'ledger', 'verify', '--checkpoint', given);
      assert.equal(code, 1);
      assert.match(err, /rolled back: they end at entry \d+, the checkpoint of \S+ that was given has \d+/);
    }
    const { err } = await over(records(), 'ledger', 'verify', '--checkpoint', printed.replace('\n4', '\n3'));
    assert.match(err, /forged/);
    renameSync(`${file}.away`, file);
  });

  test('goes on once that is accepted, on the ledger', async () => {
    assert.equal((await over(records(), 'ledger', 'accept-rollback')).code, 0);
    await server.startTitled();
    await units(50, 60);
    const again = await over(records(), 'ledger', 'accept-rollback');
    assert.equal(again.code, 1);
    assert.match(again.err, /in use by another process/);
    await server.crash();
    const report = JSON.parse((await over(records(), '--json', 'ledger', 'verify')).out);
    assert.equal(report.intact, true, JSON.stringify(report));
    assert.equal(report.accepted_rollbacks, 1);
    const accepted = rowsOf(records()).filter((row) => row.action === 'ledger.rollback');
    assert.equal(accepted.length, 1);
    assert.equal(JSON.parse(accepted[0].payload).witnessed, checkNote(printed, keys).size);
    await halt();
    const none = await over(records(), 'ledger', 'accept-rollback');
    assert.equal(none.code, 1);
    assert.match(none.err, /there is no rollback to accept/);
  });
});

describe('the API', () => {
  let open, supervisor, office;
  before(async () => {
    await server.startTitled();
    open = server.client();
    supervisor = await server.account('supervisor', [{ role: 'supervisor', scope: '' }]);
    office = await server.account('office', [{ role: 'office', scope: 'teacher' }]);
    await server.advance(1);
  });

  test('gives everybody the checkpoint and proofs that hold for each entry', async () => {
    const latest = await open.ok('GET', '/ledger/checkpoint'), note = checkNote(latest.note, keys);
    assert.deepEqual(await open.ok('GET', '/ledger/key'), keys);
    assert.equal((await open.send('GET', '/ledger/checkpoint/note')).text, latest.note);
    assert.deepEqual(await open.ok('GET', `/ledger/checkpoints/${latest.size}`), latest);
    assert.match((await open.send('GET', `/ledger/checkpoints/${latest.size}/qr`)).text, /^<svg /);
    for (const path of ['/ledger/checkpoint', `/ledger/checkpoints/${latest.size}`])
      for (const shown of [latest.fingerprint, keys.ed25519.id]) assert.ok((await open.page(path)).text.includes(shown));
    for (let n = 1; n <= latest.size; n++) checkInclusion(await open.ok('GET', `/ledger/proofs/inclusion?sequence=${n}`), note.root);
    const { items } = await supervisor.ok('GET', '/ledger/checkpoints');
    for (const one of items)
      checkConsistency(await open.ok('GET', `/ledger/proofs/consistency?first=${one.size}&second=${latest.size}`), checkNote(one.note, keys).root, note.root);
    const older = items.at(-1);
    checkInclusion(await open.ok('GET', `/ledger/proofs/inclusion?sequence=1&size=${older.size}`), checkNote(older.note, keys).root);
    assert.equal((await supervisor.page('/ledger/checkpoints')).status, 200);
  });

  test('says what is wrong with a range', async () => {
    const { size } = await open.ok('GET', '/ledger/checkpoint');
    const far = size + 1000;
    for (const [query, field] of [['inclusion', 'sequence'], ['inclusion?sequence=0', 'sequence'], ['inclusion?sequence=-1', 'sequence'], ['inclusion?sequence=1x', 'sequence'],
      [`inclusion?sequence=${far}`, 'sequence'], [`inclusion?sequence=1&size=${far}`, 'size'], ['inclusion?sequence=2&size=1', 'sequence'], ['inclusion?sequence=1&size=99999999999999999999', 'size'],
      ['consistency?first=1', 'second'], ['consistency?second=1', 'first'], ['consistency?first=2&second=1', 'first'], [`consistency?first=1&second=${far}`, 'second'], ['consistency?first=0&second=1', 'first']]) {
      const reply = await open.json('GET', `/ledger/proofs/${query}`);
      assert.equal(reply.status, 422, query);
      assert.match(reply.headers['content-type'], /^application\/problem\+json/);
      assert.equal(reply.body.errors[0].field, field, query);
    }
    for (const path of [`/ledger/checkpoints/${far}`, '/ledger/checkpoints/x', `/ledger/checkpoints/${far}/qr`]) assert.equal((await open.json('GET', path)).status, 404, path);
  });

  test('keeps entries and the list of checkpoints to who oversees', async () => {
    for (const path of ['/ledger', '/ledger/head', '/ledger/checkpoints']) {
      assert.equal((await open.json('GET', path)).status, 401, path);
      assert.equal((await office.json('GET', path)).status, 403, path);
      assert.equal((await supervisor.json('GET', path)).status, 200, path);
    }
    assert.ok(!('entry' in (await supervisor.ok('GET', '/ledger/proofs/inclusion?sequence=1'))));
  });
});

describe('a long ledger', () => {
  const MORE = process.env.TITLED_LONG ? 100_000 : 4_000;

  test(`of ${MORE} entries is verified, and a change in it found`, async () => {
    await halt();
    const folder = join(server.folder, 'long'), start = (cpSync(records(), folder, { recursive: true }), rowsOf(folder));
    const at = new Date().toISOString();
    const more = Array.from({ length: MORE }, (_, i) => ({ sequence: start.length + 1 + i, at, actor: 'system', action: 'long.entry', subject: `long/${i}`, payload: `{"n":${i}}`, nonce: String(i).padStart(32, '0') }));
    const all = sealRows([...start, ...more]), columns = Object.keys(all.at(-1));
    const nodes = [];
    for (let level = 4, hashes = all.map((row) => Buffer.from(row.leaf, 'hex')); hashes.length >= STRIDE; level += 4) {
      hashes = Array.from({ length: Math.floor(hashes.length / STRIDE) }, (_, i) => rootOf(hashes.slice(i * STRIDE, (i + 1) * STRIDE)));
      nodes.push(...hashes.map((hash, i) => `insert or ignore into ledger_node(level, position, hash) values (${level}, ${i}, '${hash.toString('hex')}');`));
    }
    sql(folder, `pragma synchronous = off; begin; ${all.slice(start.length).map((row) => `insert into ledger(${columns}) values (${columns.map((name) => quote(row[name]))});`).join('\n')} ${nodes.join('\n')} commit;`);
    const { code, out, err } = await over(folder, 'ledger', 'verify');
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`intact: ${all.length} entries, head ${all.at(-1).hash}`));
    assert.ok(Number(/(\d+) entries a second/.exec(out)[1]) > 0);
    const since = all.length - 100;
    sql(folder, `update ledger set actor = 'x' where sequence = ${since + 7}`);
    assert.match((await over(folder, 'ledger', 'verify', '--since', String(since))).err, new RegExp(`entry ${since + 7}: it was changed`));
    assert.equal((await over(folder, 'ledger', 'verify', '--since', String(since + 7))).code, 0, 'what lies before is taken as it is');
  });
});
