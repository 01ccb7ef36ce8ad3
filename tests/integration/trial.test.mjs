// A standard is tried on every dossier of a cycle before it counts: purity, golden cases, who gains and loses,
// progress, and what happens when the server, Redis or a worker goes down meanwhile.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, submit, teacher } from './city.mjs';
import { config, rows, sql } from './estate.mjs';
import { startServer, top } from './harness.mjs';

const COPIES = 400;
const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const script = join(scripts, 'teacher/intermediate.rb');
const original = readFileSync(join(top, 'scripts/teacher/intermediate.rb'), 'utf8');
let server, city;

/** Changes of the script by text: each must be there. */
function edit(...changes) {
  const source = changes.reduce((text, [from, to]) => (assert.ok(text.includes(from), from), text.replace(from, to)), original);
  writeFileSync(script, source);
}

/** The script as it now is, imported by the bureau. */
const imported = async (...changes) => {
  edit(...changes, ['# 怎样改', `# ${Math.random()} 怎样改`]);
  return (await city.bureau.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' })).id;
};

/** Begins a trial and waits for its end; answers it. */
async function tried(standard, who = city.bureau) {
  const from = server.lines.length;
  const { id } = await who.ok('POST', `/standards/${standard}/trials`, { cycle: city.cycle.id });
  await server.seen('trial.ended', (line) => line.trial === id, from);
  return city.bureau.ok('GET', `/trials/${id}`);
}

/** Copies of the dossier with other people and other facts: numbers stand in for chance. */
function copyDossiers(id, count) {
  const columns = (table) => rows(server, `select name from pragma_table_info('${table}')`).map((row) => row.name);
  const copy = (table, where, change) => {
    const names = columns(table);
    return `insert into ${table} (${names}) select ${names.map((name) => change[name] ?? name)} from ${table}, n where ${where};`;
  };
  const key = (mark) => `printf('01TRY${mark}%020d', n.i)`;
  const [{ account_id, facts_id }] = rows(server, `select a.account_id, s.fact_set_id as facts_id from application a join score s on s.id = a.score_id where a.id = '${id}'`);
  const person = "json_object('sex', case when i % 2 then 'female' else 'male' end, 'ethnicity', case i % 5 when 0 then '维吾尔族' when 1 then '哈萨克族' else '汉族' end)";
  sql(server, `.bail on
begin;
create temp table n(i integer primary key);
with recursive c(i) as (select 1 union all select i + 1 from c where i < ${count}) insert into n select i from c;
insert into unit (id, name, division_code, kind, grassroots) values ('01TRYV00000000000000000001', '某小学', '650109', 'school', 'village');
${copy('account', `id = '${account_id}'`, { id: key('A'), login: "'try' || i", person, id_number_key: 'null' })}
${copy('application', `id = '${id}'`, { id: key('P'), number: "'9' || printf('%011d', i)", account_id: key('A'), score_id: 'null', unit_id: "case when i % 3 then unit_id else '01TRYV00000000000000000001' end", division_code: "case when i % 3 then division_code else '650109' end" })}
${copy('fact_set', `id = '${facts_id}'`, { id: key('F'), application_id: key('P'), facts: "json_set(facts, '$.grassroots_months.value', 20 + i % 200, '$.homeroom_months.value', i % 90)" })}
commit;`);
}

before(async () => {
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  server = await startServer({ config: { ...config, script_folder: scripts, workers: 2 } });
  city = await buildCity(server);
  city.admin = await server.account('root', [{ role: 'admin', scope: '' }]);
  const applicant = await teacher(city, 'applicant');
  city.own = await draft(city, applicant);
  city.applicant = applicant;
  const from = server.lines.length;
  assert.equal((await submit(applicant, city.own)).status, 200);
  for (let looks = 0; looks < 500 && !rows(server, `select score_id from application where id = '${city.own}' and score_id is not null`).length; looks++) await server.control.ok('GET', '/health');
  copyDossiers(city.own, COPIES);
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

describe('a trial', () => {
  test('of an unchanged standard changes nobody, runs all golden cases and may be approved', async () => {
    const standard = await imported();
    const trial = await tried(standard);
    assert.equal(trial.state, 'done', JSON.stringify(trial.refusal));
    assert.equal(trial.total, COPIES + 1);
    assert.equal(trial.done, COPIES + 1);
    assert.ok(trial.golden.cases >= 12);
    assert.deepEqual(trial.golden.failed, []);
    const { summary } = trial;
    assert.equal(summary.same, COPIES + 1);
    assert.equal(summary.gain + summary.loss + summary.crosses_up + summary.crosses_down, 0);
    assert.deepEqual(summary.before, summary.after);
    assert.deepEqual(trial.verdict, { passed: true, reason: 'passed' });
  });
});
