// What people with bad intentions try, from the inside and from the outside: self-dealing, standing in
// others' way, finding out what is not theirs to know, and reading the secret vote out of the store.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, draft, forward, foundCommittee, submit, teacher, verify } from './city.mjs';
import { build, password, startServer, top } from './harness.mjs';
import { found, order, paperOf, pry, record, traces } from './ballot_attacker.mjs';
import { sql } from './estate.mjs';
import { archiveOf, factorsOf, makeKey, trustees } from './vote.mjs';

const absent = '01ARZ3NDEKTSV4RRFFQ69G5FAV'; // an id that nothing has
let server, city, office, experts, away, scripts;

const rows = (sql) =>
  JSON.parse(execFileSync('sqlite3', ['-readonly', '-json', join(server.folder, 'records/titled.db'), sql], { encoding: 'utf8' }) || '[]');

before(async () => {
  scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  server = await startServer({ config: { script_folder: scripts, checkpoint_seconds: 86400 } }); // no checkpoint falls between two copies
  city = await buildCity(server);
  away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  office = await server.account('agri-office', [{ role: 'office', scope: 'agri' }]);
  experts = [];
  for (const n of [0, 1, 2]) experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'teacher' }], { unit_id: away.id }));
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

/** Everything of a dossier's way up to the office's acceptance. */
async function accepted(login) {
  const client = await teacher(city, login);
  const id = await draft(city, client);
  assert.equal((await submit(client, id)).status, 200);
  await verify(city, id);
  await city.clerk.ok('POST', '/notices', { applications: [id] });
  await server.advance(9);
  await forward(city, id);
  return id;
}

describe('dealing with oneself', () => {
  test('every office refuses its holder’s own dossier, and a refused action holds nobody up', async () => {
    const grants = [['applicant', ''], ['unit', city.unit.id], ['district_industry', '650121/teacher'], ['district_hr', '650121'], ['office', 'teacher'], ['bureau', '']];
    const self = await server.account('self', grants.map(([role, scope]) => ({ role, scope })), { unit_id: city.unit.id, person: { sex: 'female', birth_date: '1988-03-02', in_service: true } });
    const id = await draft(city, self);
    assert.equal((await submit(self, id)).status, 200);
    for (const action of ['begin', 'recommend', 'forward', 'accept', 'confirm']) {
      const reply = await act(self, id, action);
      assert.ok([403, 409].includes(reply.status), `${action}: ${reply.text}`);
    }
    assert.equal((await act(city.hr, id, 'forward')).status, 409, 'not yet theirs');
    await city.clerk.ok('POST', `/applications/${id}/actions/begin`, {});
    assert.equal((await self.json('PUT', `/applications/${id}/verifications`, { verdicts: [] })).status, 403);
    assert.equal((await self.json('POST', `/accounts/${self.account.id}/grants`, { role: 'expert', scope: 'teacher' })).status, 403);
  });
});

describe('what is not there and what is not theirs', () => {
  test('read alike', async () => {
    const members = experts.map((one, n) => ({ account_id: one.account.id, position: n ? 'member' : 'chair' }));
    const committee = await foundCommittee(city, experts, { level: 'senior', name: '高级' });
    const place = { committee_id: committee, cycle_id: city.cycle.id };
    const panel = (await city.office.ok('POST', '/panels', { ...place, name: '组', members: members.map((one) => one.account_id), lead: members[0].account_id })).id;
    const meeting = (await city.office.ok('POST', '/meetings', { ...place, name: '会', held_on: '2026-11-01' })).id;
    const tries = [
      ['GET', '/committees/', committee, ''], ['POST', '/committees/', committee, '/members', { account_id: absent, position: 'member' }], ['DELETE', '/committees/', committee, `/members/${absent}`], ['POST', '/committees/', committee, '/submit'], ['POST', '/committees/', committee, '/withdraw', { reason: '1' }], ['DELETE', '/committees/', committee, '/changes'],
      ['GET', '/panels/', panel, ''], ['POST', '/panels/', panel, '/members', { account_id: absent }], ['POST', '/panels/', panel, '/assignments', {}], ['POST', '/panels/', panel, '/close', {}],
      ['GET', '/meetings/', meeting, ''], ['GET', '/meetings/', meeting, '/progress'], ['POST', '/meetings/', meeting, '/agenda', {}], ['POST', '/meetings/', meeting, '/open', {}],
    ];
    const told = ({ status, text }, id) => `${status} ${text.replaceAll(id, 'ID').replace(/"instance":"[^"]*"/, '')}`;
    for (const [method, before, id, rest, body] of tries) {
      const [theirs, nothing] = [await office.json(method, before + id + rest, body), await office.json(method, before + absent + rest, body)];
      assert.equal(theirs.status, 404, `${method} ${before}${rest}`);
      assert.equal(told(theirs, id), told(nothing, absent), `${method} ${before}${rest}`);
    }
    for (const path of ['/panels', '/meetings']) {
      const body = { ...place, name: 'x', held_on: '2026-11-01', members: members.map((one) => one.account_id), lead: members[0].account_id };
      if (path === '/panels') delete body.held_on;
      else delete body.members, delete body.lead;
      const [theirs, nothing] = [await office.json('POST', path, body), await office.json('POST', path, { ...body, committee_id: absent })];
      assert.equal(told(theirs, committee), told(nothing, absent), path);
    }
  });
});

describe('the committee', () => {
  test('a seat lasts as long as what it needs; what is stored tells no vote', async (t) => {
    const id = await accepted('lin');
    const members = experts.map((one, n) => ({ account_id: one.account.id, position: n ? 'member' : 'chair' }));
    const committee = await foundCommittee(city, experts);
    const place = { committee_id: committee, cycle_id: city.cycle.id };
    const panel = (await city.office.ok('POST', '/panels', { ...place, name: '组', members: members.map((one) => one.account_id), lead: members[0].account_id })).id;
    await city.office.ok('POST', `/panels/${panel}/assignments`, {});
    for (const expert of experts) {
      const { indicators } = await expert.ok('GET', `/reviews/${id}`);
      await expert.ok('PUT', `/reviews/${id}/sheet`, { points: Object.fromEntries(indicators.map((one) => [one.id, '1'])), opinion: 'recommend' }, { 'If-Match': '"0"' });
      await expert.ok('POST', `/reviews/${id}/sheet/submit`, {}, { 'If-Match': '"1"' });
    }
    await city.office.ok('POST', `/panels/${panel}/close`, {});
    const meeting = (await city.office.ok('POST', '/meetings', { ...place, name: '会', held_on: '2026-11-01' })).id;
    await city.office.ok('POST', `/meetings/${meeting}/agenda`, {});
    for (const expert of experts) await expert.ok('POST', `/meetings/${meeting}/attendance`, {});
    await experts[0].ok('POST', `/meetings/${meeting}/open`, {});
    await makeKey([experts[0], city.supervisor, city.office], meeting);
    await experts[0].ok('POST', `/meetings/${meeting}/motions/open`, {});
    const chair = experts[0], key = (reason) => chair.json('POST', `/meetings/${meeting}/trustees/restart`, { reason });
    assert.equal((await key('换密钥')).body.key, 'elections_open');
    assert.equal((await experts[1].json('POST', `/meetings/${meeting}/elections/1/annul`, { reason: '重投' })).body.key, 'chair_only');
    await chair.ok('POST', `/meetings/${meeting}/elections/1/annul`, { reason: '一名委员遗失投票码' });
    assert.equal((await chair.json('POST', `/meetings/${meeting}/elections/1/annul`, { reason: '再次' })).body.key, 'election_state');
    assert.deepEqual(rows('select state, election_id from motion'), [{ state: 'waiting', election_id: null }]);
    await chair.ok('POST', `/meetings/${meeting}/motions/open`, {}); // to vote again is another election

    const [again] = rows("select id from election where state = 'registering'");
    for (const one of ['1', '0', '2', '9'.repeat(617)]) // 1: its code is everybody's; the others are none of the group
      assert.deepEqual((await experts[1].json('POST', `/meetings/${meeting}/credentials`, { keys: { [again.id]: one } })).body.errors.map(({ code }) => code), ['credential_key']);

    const folder = mkdtempSync(join(tmpdir(), 'titled-voter-')), file = join(folder, 'code');
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const own = (who, ...args) => spawnSync(join(build, 'bin/titlectl'), ['--url', server.url, '--login', who.account.login, ...args], { input: `${password}\n`, encoding: 'utf8' });
    for (let tries = 0; tries < 2000 && rows('select id from outbox where done_at is null').length; tries++); // what came before is done
    const steps = [await record(server)], codes = new Map();
    for (const who of experts) {
      if (who === experts[2]) {
        const { status, stderr } = own(who, 'ballot', 'code', meeting, file);
        assert.equal(status, 0, stderr);
        codes.set(who, readFileSync(file, 'utf8').trim());
      } else {
        codes.set(who, (await who.ok('POST', `/meetings/${meeting}/credentials`, {})).voting_code);
      }
      steps.push(await record(server));
    }
    for (const n of [0, 1]) assert.deepEqual(traces(steps[n], steps[n + 1], ['election_voter', 'credential']), [], 'taking a code leaves nothing else'); // the last one also begins the vote
    const motion = rows('select id from motion')[0].id;
    const vote = (who, choice) => who.json('POST', `/meetings/${meeting}/ballots`, { voting_code: codes.get(who), choices: { [motion]: choice } });
    const grants = `/accounts/${experts[1].account.id}/grants`;

    const [{ trustees: made }] = rows("select trustees from election where state = 'voting'");
    sql(server, "update election set trustees = '[]' where state = 'voting'"); // a server that lies about whose key it is
    assert.match(own(experts[2], 'ballot', 'cast', meeting, file, '1=yes').stderr, /trustee/);
    sql(server, `update election set trustees = '${made}' where state = 'voting'`);
    await server.control.ok('POST', grants, { role: 'office', scope: 'teacher' });
    assert.equal((await vote(experts[1], 'yes')).body.key, 'office_does_not_vote');
    await server.control.ok('DELETE', `${grants}/office?scope=teacher`);
    await server.control.ok('POST', grants, { role: 'expert', scope: 'agri' });
    await server.control.ok('DELETE', `${grants}/expert?scope=teacher`);
    assert.equal((await vote(experts[1], 'yes')).body.key, 'not_an_expert');
    await server.control.ok('POST', grants, { role: 'expert', scope: 'teacher' });

    const voting = [await record(server)];
    let receipt;
    for (const [n, choice] of ['yes', 'no', 'abstain'].entries()) {
      if (experts[n] === experts[2]) {
        assert.match(own(experts[n], 'ballot', 'cast', meeting, file, '2=yes').stderr, /every motion of a vote needs its choice/);
        const { status, stdout, stderr } = own(experts[n], 'ballot', 'cast', meeting, file, `1=${choice}`);
        assert.equal(status, 0, stderr);
        [, receipt] = /^vote 2: receipt (\S{43})$/m.exec(stdout);
      } else {
        assert.equal((await vote(experts[n], choice)).status, 200);
      }
      voting.push(await record(server));
    }
    await t.test('an attacker who copied every step and has one trustee’s key', async () => {
      // the third one votes with titlectl, which logs in for it: that is kept, as every login
      for (const n of [0, 1, 2]) assert.deepEqual(traces(voting[n], voting[n + 1], ['election_voter', 'paper']).filter((row) => n < 2 || !row.startsWith('INSERT INTO account ')), [], 'a vote leaves nothing else: no time, no row, no line');
      const lying = order(voting[3]);
      assert.deepEqual(lying, [...lying].sort(), 'papers lie in the order of their keys');
      const papers = [0, 1, 2].map((n) => paperOf(voting[n], voting[n + 1])); // of whom, he knows
      for (const [n, paper] of papers.entries()) for (const holder of n ? [0] : [0, 1, 2]) assert.deepEqual(await pry(paper, [holder]), [null], `trustee ${holder} alone opens paper ${n}`);
      const clear = [...codes.values(), ...['yes', 'no', 'abstain'].flatMap((word) => [`${motion}":"${word}`, `${motion}=${word}`, `${motion}${word}`])];
      assert.deepEqual(found([...steps, ...voting], clear), []);

      // the same looks do find what is there: two trustees together, a planted row, a planted order, a code in a log
      assert.deepEqual(await Promise.all(papers.map((paper) => pry(paper, [0, 2]))), [[0], [1], [2]], 'two trustees together could');
      const planted = await record(server, `insert into message select * from message limit 0; insert into setting (name, value) values ('${experts[2].account.id}', 'voted last');`);
      assert.ok(traces(voting[3], planted, []).some((row) => row.includes('voted last')));
      const [id] = rows("select id from election where state = 'voting'");
      const turned = await record(server, `create temp table old as select * from paper order by credential desc; delete from paper; insert into paper select * from old;`);
      assert.notDeepEqual(order(turned), [...order(turned)].sort(), id.id);
      assert.equal(found([{ ...voting[3], lines: [`{"code":"${codes.get(experts[0])}"}`] }], clear).length, 1);
    });
    await experts[0].ok('POST', `/meetings/${meeting}/elections/close`, {});
    const archive = await archiveOf(city.office, meeting, 2), seed = join(folder, 'seed');
    await chair.ok('POST', `/meetings/${meeting}/elections/2/factors`, { factors: factorsOf(0, archive)[0] });
    writeFileSync(seed, trustees.seeds[2], { mode: 0o600 });
    for (const said of ['1 given\n', 'nothing to give now\n']) assert.equal(own(city.office, 'trustee', 'turn', meeting, seed).stdout, said);
    const counted = await chair.ok('GET', `/meetings/${meeting}/elections/2`);
    assert.ok(counted.election_state === 'counted' && counted.trackers.some(({ tracker }) => tracker === receipt));
    assert.deepEqual(rows('select yes, no, abstain, present from motion'), [{ yes: 1, no: 1, abstain: 1, present: 3 }]);
  });
});

describe('a password that must be changed', () => {
  test('keeps every other door shut, also by another method', async () => {
    const { id } = await server.control.ok('POST', '/accounts', { login: 'fresh', name: 'fresh', password: 'correct horse 2026', must_change: true, grants: [{ role: 'applicant', scope: '' }], unit_id: city.unit.id });
    const fresh = server.client();
    assert.equal((await fresh.login('fresh')).status, 200, id);
    assert.equal((await fresh.json('GET', '/applications')).body.key, 'must_change_password');
    const reply = await fresh.form(`/api/v1/applications/${absent}/sections/summary`, { _method: 'PUT', _version: '1', 'content.text': 'x' }, { Accept: 'application/json' });
    assert.equal(reply.body.key, 'must_change_password', reply.text);
  });
});

describe('a script that is none', () => {
  const file = () => join(scripts, 'teacher/senior.rb');
  const imported = () => server.control.json('POST', '/standards', { series: 'teacher', level: 'senior' });
  /** What is wrong with the draft that the script became; the draft is thrown away. */
  const fault = async () => {
    const { body } = await imported();
    const view = await server.control.ok('GET', `/standards/${body.id}`);
    await server.control.ok('DELETE', `/standards/${body.id}`);
    return view.fault.message;
  };

  test('is refused in words: a folder, a pipe, bytes that are no text', async () => {
    const good = readFileSync(file());
    rmSync(file());
    mkdirSync(file());
    assert.equal((await imported()).status, 400);
    rmSync(file(), { recursive: true });
    execFileSync('mkfifo', [file()]);
    assert.match((await imported()).body.detail, /not a plain file/);
    rmSync(file());
    writeFileSync(file(), Buffer.from([0x23, 0xff, 0xfe]));
    assert.match((await imported()).body.detail, /not UTF-8/);
    writeFileSync(file(), `${good}\nloop { }\n`);
    assert.match(await fault(), /ran longer than 500 ms/);
    writeFileSync(file(), `${good}`.replace(/cap: 15 do/, 'cap: -15 do'));
    assert.match(await fault(), /封顶应大于 0/);
    writeFileSync(file(), good);
    assert.equal((await imported()).status, 201, 'the next one is served as ever');
  });
});

describe('a session', () => {
  test('ends when its browser logs in again', async () => {
    const first = server.client();
    assert.equal((await first.login('clerk')).status, 200);
    const left = server.client();
    left.cookies = new Map(first.cookies);
    const from = server.lines.length;
    assert.equal((await first.login('clerk')).status, 200);
    await server.seen('session.replaced', () => true, from);
    assert.equal((await left.json('GET', '/account')).status, 401);
    assert.equal((await first.json('GET', '/account')).status, 200);
  });
});

describe('a plugin that is none', () => {
  test('is refused by name in the log, and everything else goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'titled-plugins-'));
    cpSync(join(build, 'plugins/teacher.so'), join(folder, 'teacher.so'));
    const other = await startServer({ plugins: folder });
    try {
      writeFileSync(join(folder, 'broken.so'), 'no library');
      other.process.child.kill('SIGHUP');
      const line = await other.seen('scorer.plugin_refused');
      assert.equal(line.file, 'broken.so');
      assert.ok(line.reason);
      assert.deepEqual((await other.control.ok('GET', '/series')).items.map((one) => one.id), ['teacher']);
    } finally {
      await other.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a name that is not what it reads', () => {
  test('is refused: controls and overrides of the writing direction; marks and middle dots are not', async () => {
    const called = (name, n) => server.control.json('POST', '/accounts', { login: `named-${n}`, name, password: 'correct horse 2026', grants: [] });
    for (const [n, name] of ['\u202Egnaw', 'a\u2066b', 'a\u0007b'].entries()) {
      const { status, body } = await called(name, n);
      assert.deepEqual([status, body.errors?.map((one) => [one.field, one.code])], [422, [['name', 'not_text']]], JSON.stringify(name));
    }
    for (const [n, name] of ['买买提·艾力', '\u200Fئەلى'].entries()) assert.equal((await called(name, 10 + n)).status, 201);
  });
});
