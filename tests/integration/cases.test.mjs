// A number of a standard that is meant to change breaks golden cases. Who writes the draft amends them there, one at
// a time, with the arithmetic; the second person sees them before approving; the next draft starts from them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity } from './city.mjs';
import { config, rows } from './estate.mjs';
import { build, startServer, top } from './harness.mjs';
import { tried } from './standards.mjs';

const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const folder = join(scripts, 'teacher/cases');
const one = 'intermediate-09-honours-and-village.json'; // the only case with an award of pupils at county level
const arithmetic = '1 → 1.5：D5 县区级 1 × 1.50 = 1.50';
const award = ['"县区级" => 1, "地市级" => 1.5', '"县区级" => 1.5, "地市级" => 1.5'];
let server, city, admin, first, id;

const view = (client, standard = id) => client.ok('GET', `/standards/${standard}`);
const amend = (client, file, body = {}, standard = id) => client.json('POST', `/standards/${standard}/cases`, { file, arithmetic, ...body });
const key = async (reply) => [(await reply).status, (await reply).body.key];
const brief = (changes) => changes.map(({ what, id: item, expected, got }) => [what, item, expected, got]);
const changed = (source, [from, to]) => (assert.ok(source.includes(from), from), source.replace(from, to));
const ctl = (...args) => {
  const { status, stdout, stderr } = spawnSync(join(build, 'bin/titlectl'), ['--state', server.folder, 'standard', ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
};

/** Saves another text of the draft through the editor's form. */
async function save(client, source) {
  const { revision } = await view(client);
  const reply = await client.form(`/standards/${id}`, { _method: 'PUT', _version: revision, source });
  assert.equal(reply.status, 303, reply.text);
}

before(async () => {
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  server = await startServer({ config: { ...config, script_folder: scripts, workers: 2 } });
  city = await buildCity(server);
  admin = await server.account('root', [{ role: 'admin', scope: '' }]);
  first = (await city.bureau.ok('GET', '/standards?series=teacher&level=intermediate')).items[0].id;
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

describe('golden cases and a number that is meant to change', () => {
  let trial;

  test('the trial shows the differences of each case, with a form for it', async () => {
    const copied = await admin.form('/standards', { based_on: first });
    id = copied.headers.location.split('/')[2];
    await save(admin, changed((await view(admin)).source, award));
    trial = await tried(admin, id);
    assert.equal(trial.verdict.reason, 'golden');
    assert.deepEqual(trial.golden.failed.map((failed) => [failed.file, brief(failed.differences), failed.can_amend, failed.amendment]),
      [[one, [['total', '', 8515, 8565], ['item', 'D5', 100, 150]], true, null]]);
    const { text } = await admin.page(`/trials/${trial.id}`);
    assert.match(text, new RegExp(`action="/standards/${id}/cases"[^]*name="trial" value="${trial.id}"[^]*name="file" value="${one}"[^]*<textarea[^>]*name="arithmetic"[^>]* required`));
    assert.match(text, /85\.15<\/td><td>85\.65/);
    for (const who of [city.supervisor, city.office]) assert.ok(!(await who.page(`/trials/${trial.id}`)).text.includes('name="arithmetic"'), 'who only reads gets no form');
  });

  test('is amended by who may write the draft, one case at a time and with the arithmetic', async () => {
    assert.equal((await amend(city.office, one)).status, 403);
    assert.equal((await amend(admin, one, { arithmetic: ' ' })).status, 422);
    assert.deepEqual(await key(amend(admin, 'intermediate-01-college.json')), [409, 'case_agrees']);
    assert.deepEqual(await key(amend(admin, '../cases/' + one)), [409, 'case_changed']);
    assert.deepEqual(await key(amend(admin, one, { trial: first })), [412, 'changed_meanwhile']);
    assert.deepEqual(await key(amend(admin, one, {}, first)), [409, 'standard_state'], 'what is in force stays');
    const missing = await admin.form(`/standards/${id}/cases`, { _back: `/trials/${trial.id}`, trial: trial.id, file: one, arithmetic: '' });
    assert.equal(missing.status, 422);
    const reply = await admin.form(`/standards/${id}/cases`, { _back: `/trials/${trial.id}`, trial: trial.id, file: one, arithmetic });
    assert.deepEqual([reply.status, reply.headers.location], [303, `/trials/${trial.id}`], reply.text);
    const page = await admin.page(`/trials/${trial.id}`);
    assert.ok(page.text.includes(arithmetic) && !page.text.includes('<textarea'), 'nothing is left to amend');
    const [entry] = rows(server, `select actor, payload from ledger where action = 'standard.amend'`).map((row) => ({ ...row, payload: JSON.parse(row.payload) }));
    assert.equal(entry.actor, admin.account.id);
    assert.deepEqual([entry.payload.file, entry.payload.arithmetic, brief(entry.payload.changes)], [one, arithmetic, [['total', '', 8515, 8565], ['item', 'D5', 100, 150]]]);
  });

  test('counts from the next trial on, and whoever amended it is no second person', async () => {
    assert.equal((await view(admin)).verdict.reason, 'amended');
    assert.deepEqual(await key(city.bureau.json('POST', `/standards/${id}/approve`, {})), [409, 'standard_untried']);
    trial = await tried(admin, id);
    assert.deepEqual([trial.verdict, trial.golden.amended, trial.golden.failed], [{ passed: true, reason: 'passed' }, 1, []]);
    assert.equal((await view(admin)).can.approve, false);
    const second = await server.account('second', [{ role: 'admin', scope: '' }]);
    assert.equal((await view(second)).can.approve, true);
    const was = (await view(second)).cases_revision;
    assert.equal((await amend(second, one, { arithmetic: `${arithmetic}，一次` })).status, 200, 'the arithmetic alone');
    assert.equal((await view(second)).verdict.reason, 'amended');
    await tried(admin, id);
    assert.deepEqual(await key(second.json('POST', `/standards/${id}/approve`, {})), [403, 'second_person']);
    assert.equal((await amend(admin, one)).status, 200);
    await tried(admin, id);
    assert.deepEqual(await key(second.json('POST', `/standards/${id}/approve`, { cases: was })), [412, 'changed_meanwhile'], 'not what he read');
  });

  test('another text keeps it, and it fails like any case when it does not agree any more', async () => {
    const { source } = await view(admin);
    await save(admin, changed(source, ['"县区级" => 1.5, "地市级" => 1.5', '"县区级" => 1.2, "地市级" => 1.5']));
    const other = await tried(admin, id);
    assert.deepEqual(other.golden.failed.map((failed) => [failed.file, brief(failed.differences)]), [[one, [['total', '', 8565, 8535], ['item', 'D5', 150, 120]]]]);
    await save(admin, changed(source, [award[1], award[0]]));
    await tried(admin, id);
    assert.deepEqual((await amend(admin, one, { arithmetic: '还是 1.00' })).body.changes, [], 'as the file has it: nothing is amended');
    assert.deepEqual((await view(admin)).cases, []);
    await save(admin, source);
    await tried(admin, id);
    assert.equal((await amend(admin, one)).status, 200);
    await tried(admin, id);
  });

  test('is void when the case file is another, and the trial says so', async () => {
    const path = join(folder, one), text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"B1 2008-09-01 起', '"B1 自 2008-09-01 起'));
    assert.equal((await view(admin)).cases[0].case_state, 'void');
    const again = await tried(admin, id);
    assert.deepEqual([again.verdict.reason, again.golden.amended, again.golden.failed.length], ['golden', 0, 1]);
    writeFileSync(path, text);
    assert.deepEqual(await key(amend(admin, one)), [409, 'case_changed'], 'tried with a file that is gone');
    assert.equal((await tried(admin, id)).verdict.passed, true);
  });

  test('the second person sees old, new, arithmetic and author before approving; the public sees nothing of it', async () => {
    const { text } = await city.bureau.page(`/standards/${id}`);
    assert.ok(text.indexOf(arithmetic) > 0 && text.indexOf(arithmetic) < text.indexOf('/approve"'));
    assert.match(text, /D5<\/th><td>1\.00<\/td><td>1\.50/);
    assert.ok(text.includes(one) && text.includes(`name="cases" value="`));
    assert.match(ctl('show', id), new RegExp(`case\t${one}\tcurrent\t[^]*item D5: 100 -> 150\n  ${arithmetic}`));
    assert.match(ctl('trial', id), /failed 0, amended 1/);
    const { hash, cases_revision: cases } = await view(city.bureau);
    const form = await city.bureau.form(`/standards/${id}/approve`, { hash, cases });
    assert.equal(form.status, 303, form.text);
    assert.deepEqual(await key(amend(admin, one)), [409, 'standard_state'], 'not once it is approved');
    await admin.ok('POST', `/standards/${id}/activate`);
    const outside = server.client();
    const shown = await view(outside);
    assert.deepEqual([shown.cases, shown.cases_revision], [undefined, undefined]);
    assert.ok(!(await outside.page(`/standards/${id}`)).text.includes(one));
  });

  test('a draft from that version, and an import while it is in force, start with its cases', async () => {
    const copy = (await city.bureau.ok('POST', '/standards', { based_on: id })).id;
    assert.deepEqual((await view(city.bureau, copy)).cases.map((row) => [row.file, row.case_state, row.inherited_from]), [[one, 'current', id]]);
    assert.equal((await tried(city.bureau, copy)).verdict.passed, true);
    assert.equal((await view(admin, copy)).can.approve, true, 'he amended the earlier one, not this');
    const script = join(scripts, 'teacher/intermediate.rb');
    writeFileSync(script, `${changed(readFileSync(script, 'utf8'), award)}# 导入\n`);
    const { id: imported } = await city.bureau.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' });
    assert.deepEqual((await view(city.bureau, imported)).cases.map((row) => row.file), [one]);
    const old = (await city.bureau.ok('POST', '/standards', { based_on: first })).id;
    assert.deepEqual((await view(city.bureau, old)).cases, [], 'a copy of the version before has none');
    for (const draft of [copy, imported, old]) await city.bureau.ok('DELETE', `/standards/${draft}`);
  });

  test('titlectl amends, and writes the files for the script folder, which then are the cases', async () => {
    id = (await admin.ok('POST', '/standards', { based_on: id })).id;
    await save(admin, changed((await view(admin)).source, ['of: years(:hardship_months), per: 0.5', 'of: years(:hardship_months), per: 0.6']));
    const many = await tried(admin, id), files = many.golden.failed.map(({ file }) => file);
    assert.ok(files.length > 3 && files.includes(one));
    assert.match(ctl('amend', id, one, 'B3 满 2 年 × 0.60 = 1.20'), /item B3: 100 -> 120\n {2}item D5: 100 -> 150\n/);
    assert.equal((await tried(admin, id)).golden.failed.length, files.length - 1, 'one at a time');
    for (const file of files) if (file !== one) ctl('amend', id, file, `0.5 → 0.6：${file}`);
    assert.equal((await tried(admin, id)).verdict.passed, true);
    assert.equal(ctl('cases', id, '--export', join(scripts, 'aside')).trim().split('\n').length, files.length, 'into a folder that it makes');
    const written = ctl('cases', id, '--export', folder).trim().split('\n');
    assert.deepEqual(written, files.map((file) => join(folder, file)));
    const exported = JSON.parse(readFileSync(join(folder, one), 'utf8'));
    assert.deepEqual([exported.expected.items.B3, exported.expected.items.D5, exported.arithmetic.at(-1)], [120, 150, 'B3 满 2 年 × 0.60 = 1.20']);
    assert.ok((await view(admin)).cases.every((row) => row.case_state === 'adopted'));
    const adopted = await tried(admin, id);
    assert.deepEqual([adopted.verdict.passed, adopted.golden.amended], [true, 0]);
    await admin.ok('DELETE', `/standards/${id}`);
  });
});
