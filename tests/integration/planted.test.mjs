// What somebody leaves in the records' folder between two starts: a trigger, a table less, no witness, no key, no program.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, startServer } from './harness.mjs';

let server;
before(async () => {
  server = await startServer();
  await server.control.ok('POST', '/units', { name: '第一小学', division_code: '650121', kind: 'school', grassroots: 'township' });
  await halt();
});
after(() => server?.stop());

const halt = async () => assert.equal((await server.process.kill('SIGTERM')).code, 0);
const inside = (name) => join(server.folder, name);
const sql = (text) => execFileSync('sqlite3', [inside('records/titled.db')], { input: text, encoding: 'utf8' });

/** Runs a program of the build to its end: {code, out, err}. */
function run(program, ...args) {
  return new Promise((resolve) => {
    const child = spawn(join(build, 'bin', program), ['--config', server.config, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 }); // a server that starts all the same would never end
    let out = '', err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** Verification fails and its report has a finding of this kind with these words. */
async function finds(kind, words) {
  const { code, out, err } = await run('titlectl', '--json', 'ledger', 'verify');
  assert.equal(code, 1, out);
  const found = JSON.parse(out).findings.find((one) => one.kind === kind);
  assert.match(found?.words ?? err, words);
}

describe('a schema that somebody changed', () => {
  for (const [what, change, words] of [
    ['a planted trigger', "create trigger evil after insert on ledger begin update title set state='x'; end", /the records have the trigger evil, which titled did not make/],
    ['a planted view', 'create view evil as select * from account', /the records have the view evil/],
    ['a dropped table', 'drop table factor', /the records lack the table factor/],
  ])
    test(`${what} refuses the start and is a finding`, async () => {
      cpSync(inside('records'), inside('whole'), { recursive: true });
      sql(change);
      const { code, err } = await run('titled');
      assert.notEqual(code, 0);
      assert.match(err, words);
      await finds('schema', words);
      rmSync(inside('records'), { recursive: true });
      cpSync(inside('whole'), inside('records'), { recursive: true });
      rmSync(inside('whole'), { recursive: true });
      assert.equal((await run('titlectl', 'ledger', 'verify')).code, 0);
    });
});

describe('what was lost is said, and the office goes on', () => {
  for (const [what, lose] of [
    ['missing', (file) => rmSync(file)],
    ['empty', (file) => writeFileSync(file, '')],
    ['no list of checkpoints', (file) => writeFileSync(file, 'not\n\nthis\n')],
  ])
    test(`the witness file is ${what}`, async () => {
      const file = inside('checkpoints'), notes = readFileSync(file, 'utf8');
      lose(file);
      await finds('unwitnessed', /the witness file \S+ is missing, empty or unreadable/);
      await server.startTitled();
      assert.match((await server.seen('ledger.witness_missing')).advice, /titlectl ledger verify --checkpoint/);
      await halt();
      assert.ok(readFileSync(file, 'utf8').startsWith(notes), 'the known checkpoints are in the new one');
      assert.equal((await run('titlectl', 'ledger', 'verify')).code, 0);
    });

  test('the ledger’s key is missing', async () => {
    rmSync(inside('ledger.key'));
    await server.startTitled();
    assert.match((await server.seen('ledger.key_new')).advice, /put your copy of the old file back/);
    await halt();
    assert.equal((await run('titlectl', 'ledger', 'verify')).code, 0);
  });

  test('a program is no executable file', async () => {
    const good = readFileSync(server.config, 'utf8'), plain = inside('plain');
    writeFileSync(plain, '#!/bin/sh\n');
    chmodSync(plain, 0o600);
    writeFileSync(server.config, good.replace(/^examiner = .*$/m, `examiner = ${plain}`).replace(/^scorer = .*$/m, `scorer = ${server.folder}`));
    await server.startTitled();
    for (const [setting, path] of [['examiner', plain], ['scorer', server.folder]])
      assert.equal((await server.seen('server.program_missing', (line) => line.setting === setting)).path, path);
    writeFileSync(server.config, good);
    await halt();
  });

  test('and nothing is said when all is there', async () => {
    await server.startTitled();
    assert.deepEqual(server.lines.filter((line) => ['ledger.witness_missing', 'ledger.key_new', 'server.program_missing'].includes(line.event)), []);
  });
});
