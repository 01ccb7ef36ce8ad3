// Dossiers as the vote leaves them, put straight into the records: what tests of everything after the vote begin with.

import assert from 'node:assert/strict';
import { draft, submit, teacher } from './city.mjs';
import { rows, sql } from './estate.mjs';

const submitted = new Map(); // server → a dossier that was submitted and scored

/** That dossier, of a teacher of his own. */
async function submitOne(server, city, login) {
  const client = await teacher(city, login), id = await draft(city, client);
  assert.equal((await submit(client, id)).status, 200);
  for (let tries = 0; !(await city.supervisor.ok('GET', `/applications/${id}`)).evaluation?.score; tries++) assert.ok(tries < 500, 'the dossier was not scored');
  submitted.set(server, id);
  return { client, id };
}

/** A copy of it for somebody else: the way there has its own tests. */
export async function copy(server, city, login) {
  const client = await teacher(city, login), id = `01CPY${client.account.id.slice(5)}`;
  const change = { id: `'${id}'`, number: `'N-${login}'`, account_id: `'${client.account.id}'` };
  const names = rows(server, "select name from pragma_table_info('application')").map(({ name }) => name);
  sql(server, `insert into application (${names}) select ${names.map((name) => change[name] ?? name)} from application where id = '${submitted.get(server)}'`);
  return { client, id };
}

/** Puts a new teacher's dossier where the vote leaves it. */
export async function vote(server, city, login, { yes, no = 0, abstain = 0, present = 8, members = 11 }) {
  const { client, id } = await (submitted.has(server) ? copy : submitOne)(server, city, login);
  const state = 3 * yes >= 2 * present ? 'passed' : 'failed';
  const now = `(select max(at) from ledger)`, mark = id.slice(6);
  sql(server, `begin;
    insert into committee (id, series, level, name, founding_unit, created_at) select '01COM0${mark}', 'teacher', 'intermediate', '中级评委会', '市教育局', ${now};
    insert into meeting (id, committee_id, cycle_id, name, held_on, state, members, present, minutes, created_by, created_at) select '01MEE0${mark}', '01COM0${mark}', '${city.cycle.id}', '第一次会议', '2026-11-20', 'closed', ${members}, ${present}, '{}', 'x', ${now};
    insert into motion (id, meeting_id, application_id, sequence, state, present, yes, no, abstain, passed, counted_at) select '01MOT0${mark}', '01MEE0${mark}', '${id}', 1, 'counted', ${present}, ${yes}, ${no}, ${abstain}, ${state === 'passed'}, ${now};
    insert into transition (id, application_id, action, from_state, to_state, actor, role, at) select '01TRA0${mark}', '${id}', '${state === 'passed' ? 'pass' : 'fail'}', 'committee_vote', '${state}', 'system', 'system', ${now};
    update application set state = '${state}', state_at = ${now} where id = '${id}';
    commit;`);
  return { client, id };
}
