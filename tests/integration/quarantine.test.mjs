// A standard whose script takes workers down three times in a row is put aside, and the last good one serves.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, content, draft, submit, teacher } from './city.mjs';
import { scored } from './copies.mjs';
import { rows, sql } from './estate.mjs';
import { startServer, top } from './harness.mjs';

const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const script = join(scripts, 'teacher/intermediate.rb');
let server, city, applicant, own, first, second, boss;

/** A version with this line in an adjustment of A1, approved by a second person and put in force. */
async function inForce(line) {
  const source = readFileSync(join(top, 'scripts/teacher/intermediate.rb'), 'utf8');
  writeFileSync(script, source.replace('section "B", "基层工作年限"', `adjust("A1", "试") do |points, facts|\n    ${line}\n    points\n  end\n  section "B", "基层工作年限"`));
  const { id } = await city.bureau.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' });
  const from = server.lines.length;
  const trial = await city.bureau.ok('POST', `/standards/${id}/trials`, {});
  await server.seen('trial.ended', (one) => one.trial === trial.id, from);
  await boss.ok('POST', `/standards/${id}/approve`);
  await boss.ok('POST', `/standards/${id}/activate`);
  return id;
}

const state = async (id) => (await city.bureau.ok('GET', `/standards/${id}`)).state;

before(async () => {
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  server = await startServer({ config: { script_folder: scripts } });
  city = await buildCity(server);
  boss = await server.account('boss', [{ role: 'bureau', scope: '' }]);
  city.admin = await server.account('root', [{ role: 'admin', scope: '' }]);
  applicant = await teacher(city, 'applicant');
  own = await draft(city, applicant, { employment: [{ ...content().employment[0], start: '2011-11-01' }] }); // months that no golden case has
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

/** The months that the applicant's draft counts at the grassroots: what tells his dossier from others. */
const monthsOf = async (who, id) => (await who.ok('GET', `/applications/${id}/points`)).facts.find((fact) => fact.id === 'grassroots_months').value;

describe('an error of a script', () => {
  test('is no kill: it is reported, and the standard stays', async () => {
    const who = await teacher(city, 'unlucky');
    const id = await draft(city, who, { employment: [{ ...content().employment[0], start: '2012-10-01' }] });
    first = await inForce(`raise "错" if facts["grassroots_months"] == ${await monthsOf(who, id)}`);
    assert.equal((await submit(who, id)).status, 200);
    const line = await server.seen('job.failed', (one) => one.attempt === 1);
    assert.match(line.because, /teacher\/intermediate\.rb:\d+: 错 \(RuntimeError\)/);
    assert.equal(await state(first), 'active');
    assert.equal(rows(server, 'select count(*) as n from standard_kill')[0].n, 0);
  });
});

/** A dossier of somebody new, still a draft, whose months nobody else has. */
async function dossier(login, start) {
  const who = await teacher(city, login);
  return { who, id: await draft(city, who, { employment: [{ ...content().employment[0], start }] }) };
}

describe('a kill', () => {
  test('is made good by the same dossier’s score, and by no other', async () => {
    const one = await dossier('mended', '2010-05-01'), other = await dossier('other', '2010-06-01');
    const kills = (id) => rows(server, `select kills from standard_kill where application_id = '${id}'`).map((row) => row.kills);
    for (const { id } of [one, other]) sql(server, `insert into standard_kill values ('${first}', '${id}', 1)`);
    assert.equal((await submit(one.who, one.id)).status, 200);
    await scored(server, one.id);
    assert.deepEqual([kills(one.id), kills(other.id)], [[], [1]]);
    assert.equal((await submit(other.who, other.id)).status, 200);
    await scored(server, other.id);
    assert.deepEqual(kills(other.id), []);
    assert.equal(await state(first), 'active');
  });
});

describe('a standard that takes workers down', () => {
  test('is put aside after three kills in a row, and the dossier is scored by the one before', async () => {
    second = await inForce(`loop { } if facts["grassroots_months"] == ${await monthsOf(applicant, own)}`);
    const from = server.lines.length;
    assert.equal((await submit(applicant, own)).status, 200);
    const tries = [];
    for (const attempt of [1, 2]) tries.push(await server.seen('job.failed', (line) => line.attempt === attempt && /ran longer/.test(line.because), from));
    assert.ok(Date.parse(tries[1].time) - Date.parse(tries[0].time) < 15000, 'again when it is due, in two seconds, not at the sweep that comes each half minute');
    assert.equal(await state(second), 'active', 'two kills are not three');
    assert.ok(rows(server, 'select kills from standard_kill')[0].kills > 0, 'in the records: a restart forgets none');
    const line = await server.seen('standard.quarantined');
    assert.equal(line.standard, second);
    assert.equal(line.serves, first);
    assert.match(line.because, /ran longer than/);
    await scored(server, own);
    assert.equal(await state(second), 'quarantined');
    assert.equal(await state(first), 'active');
    assert.equal(rows(server, `select standard_id from score s join application a on a.score_id = s.id where a.id = '${own}'`)[0].standard_id, first);
  });

  test('is seen as such by insiders, is on the ledger, and those concerned have a message', async () => {
    const { items } = await city.supervisor.ok('GET', '/standards?series=teacher');
    assert.equal(items.find(({ id }) => id === second).state, 'quarantined');
    assert.ok(!(await server.client().ok('GET', '/standards?series=teacher')).items.some(({ id }) => id === second));
    assert.equal(rows(server, "select count(*) as n from ledger where action = 'standard.quarantine'")[0].n, 1);
    for (const who of [city.admin, city.bureau, city.supervisor]) assert.ok((await who.ok('GET', '/messages')).items.some(({ kind }) => kind === 'standard_quarantined'));
    assert.ok(!(await city.office.ok('GET', '/messages')).items.some(({ kind }) => kind === 'standard_quarantined'));
  });

  test('does not come back by a rollback to it', async () => {
    sql(server, `update standard set replaces = '${second}' where id = '${first}'`); // as after taking turns
    const reply = await boss.json('POST', `/standards/${first}/rollback`, { reason: '退回' });
    assert.deepEqual([reply.status, reply.body.key, await state(second), await state(first)], [409, 'standard_state', 'quarantined', 'active']);
  });

  test('comes back only when an administrator says so with a reason', async () => {
    assert.equal((await boss.json('POST', `/standards/${second}/activate`)).status, 409);
    assert.equal((await boss.json('POST', `/standards/${second}/quarantine/lift`, { reason: '试试' })).status, 403);
    assert.equal((await city.admin.json('POST', `/standards/${second}/quarantine/lift`, {})).status, 422);
    await city.admin.ok('POST', `/standards/${second}/quarantine/lift`, { reason: '脚本无误，机器当时过载' });
    assert.equal(await state(second), 'retired');
    assert.equal(rows(server, "select count(*) as n from ledger where action = 'standard.quarantine_lift'")[0].n, 1);
  });

  test('while standards are frozen none takes its place by itself', async () => {
    const one = await dossier('frozen', '2009-03-01');
    const third = await inForce(`loop { } if facts["grassroots_months"] == ${await monthsOf(one.who, one.id)}`);
    const now = "'2026-11-01T00:00:00.000Z'";
    sql(server, `insert into committee (id, series, level, name, founding_unit, created_at) values ('k', 'teacher', 'intermediate', '评委会', '市教育局', ${now});
      insert into meeting (id, committee_id, cycle_id, name, held_on, state, created_by, created_at) values ('m', 'k', '${city.cycle.id}', '会', '2026-11-01', 'open', 'x', ${now});
      insert into standard_kill values ('${third}', '${one.id}', 2)`);
    const from = server.lines.length;
    assert.equal((await submit(one.who, one.id)).status, 200);
    const line = await server.seen('standard.quarantined', () => true, from);
    assert.deepEqual([line.standard, line.serves ?? ''], [third, '']);
    for (let n = 0; n < 1000 && (await state(third)) !== 'quarantined'; n++); // the line comes before the commit
    const { items } = await city.supervisor.ok('GET', '/standards?series=teacher&level=intermediate');
    assert.deepEqual(items.filter((item) => item.state === 'active'), [], 'the supervisor decides');
    sql(server, "delete from meeting where id = 'm'; delete from committee where id = 'k'");
  });
});
