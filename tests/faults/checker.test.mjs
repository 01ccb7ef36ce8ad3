// A checker that finds nothing proves nothing: every kind of loss, double and half write is planted once.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check, intentsOf } from './checker.mjs';
import { startRig } from './rig.mjs';

const here = {};

before(async () => {
  here.rig = await startRig();
  const { before: earlier, lines } = await here.rig.under((load) => load.more(80));
  Object.assign(here, { earlier, lines, intents: intentsOf(lines) });
  here.folder = mkdtempSync(join(tmpdir(), 'titled-checker-'));
});
after(async () => {
  await here.rig?.stop();
  if (here.folder) rmSync(here.folder, { recursive: true, force: true });
});

const acked = (kind) => here.intents.find((one) => one.kind === kind && one.ack);

/** What the checker says of a copy of the records on which `harm(copy, sql)` was done. */
function planted(harm, lines = here.lines) {
  const copy = mkdtempSync(join(here.folder, 'copy-'));
  cpSync(here.rig.records, copy, { recursive: true });
  const sql = (text) => execFileSync('sqlite3', [join(copy, 'titled.db'), `pragma foreign_keys = off; ${text}`]);
  harm(copy, sql);
  return check(lines, copy, here.earlier).problems;
}

const says = (problems, pattern) => assert.ok(problems.some((text) => pattern.test(text)), `${pattern} is not among ${JSON.stringify(problems)}`);

describe('the checker', () => {
  test('finds nothing where nothing is wrong', () => assert.deepEqual(planted(() => {}), []));

  test('finds what is lost', () => {
    const { ack: { account }, login } = acked('account');
    says(planted((_, sql) => sql(`delete from account_grant where account_id = '${account}'; delete from account where id = '${account}'`)), new RegExp(`^lost: account ${login}`));
    says(planted((_, sql) => sql(`delete from unit where id = '${acked('unit').ack.unit}'`)), /^lost: unit/);
    says(planted((_, sql) => sql(`delete from evidence where id = '${acked('attach').ack.evidence}'`)), /^lost: evidence/);
    says(planted((_, sql) => sql(`update evidence set removed_at = null where id = '${acked('detach').evidence}'`)), /^lost: removal/);
    says(planted((_, sql) => sql(`update application set content = '{}' where id = '${acked('save').application}'`)), /^lost: the last save/);
    says(planted((_, sql) => sql(`update verification set note = 'older' where application_id = '${acked('verify').application}'`)), /^lost: the last note/);
    says(planted((_, sql) => sql("delete from ledger where sequence = (select max(sequence) from ledger where action = 'application.save')")), /^lost: application.save/);
    says(planted((_, sql) => sql(`delete from idempotency where key = '${acked('verify').key}'`)), /^lost: answer kept/);
    says(planted((copy) => unlinkSync(join(copy, 'files', acked('attach').hash.slice(0, 2), acked('attach').hash))), /^lost: file/);
  });

  test('finds what happened twice', () => {
    const again = (table, columns, id) => `insert into ${table} (id, ${columns}) select 'again', ${columns} from ${table} where id = '${id}'`;
    says(planted((_, sql) => sql(again('unit', 'name, division_code, kind, grassroots', acked('unit').ack.unit))), /^doubled: unit/);
    says(planted((_, sql) => sql(again('evidence', 'application_id, section, item, hash, name, uploaded_at', acked('attach').ack.evidence))), /^doubled: evidence/);
    says(planted((_, sql) => sql("insert into ledger(sequence, at, actor, action, subject, payload, payload_hash, previous_hash, hash) select (select max(sequence) + 1 from ledger), at, actor, action, subject, payload, payload_hash, previous_hash, hash from ledger where action = 'application.save' order by sequence desc limit 1")), /^doubled: application.save/);
  });

  test('finds what is there by half', () => {
    says(planted((_, sql) => sql(`delete from account_grant where account_id = '${acked('account').ack.account}'`)), /^lost: grant/);
    says(planted((_, sql) => sql(`delete from transition where application_id = '${acked('withdraw').application}' and action = 'withdraw'`)), /^half: .*withdrawals/);
    says(planted((_, sql) => sql(`delete from evidence_file where hash = '${acked('attach').hash}'`)), /^half: evidence/);
    says(planted((_, sql) => sql('delete from ledger where sequence = (select min(sequence) + 1 from ledger)')), /^half: the ledger has a gap/);
    says(planted((copy) => {
      const path = join(copy, 'files', acked('attach').hash.slice(0, 2), acked('attach').hash);
      const bytes = readFileSync(path);
      rmSync(path);
      writeFileSync(path, bytes.subarray(1));
    }), /^half: file/);
    says(planted((copy) => writeFileSync(join(copy, 'files/incoming/left'), 'x')), /^orphan/);
  });

  test('finds an acknowledgement that nothing stands for', () => {
    const lines = [...here.lines, { writer: 'x', n: 0, kind: 'unit', key: 'invented', at: 'send', name: 'nowhere' }, { writer: 'x', n: 0, kind: 'unit', key: 'invented', at: 'ack', unit: 'none' }];
    says(planted(() => {}, lines), /^lost: unit nowhere/);
  });
});
