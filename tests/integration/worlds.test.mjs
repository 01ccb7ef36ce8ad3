// Two worlds: two servers on copies of the same records, in which then different things happen that a person
// may not know. He asks for everything, by every address there is and every one he could guess, and must
// get the same bytes from both. Who may know must see the difference in the same round.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { states } from './access.mjs';
import { act, draft, entryOf, submit, verify } from './city.mjs';
import { buildEstate, config, rows, score, sql } from './estate.mjs';
import { tried } from './standards.mjs';
import { startServer, steady } from './harness.mjs';
import { openSums, takeCodes } from './vote.mjs';
import { giveNumbers, memoryOf, numberOf } from './numbers.mjs';

const long = Boolean(process.env.TITLED_LONG);
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const logins = {}; // name → login
let first, estate, openapi, numbers, memory;
const worlds = []; // [{ server, people }]

const person = { sex: 'female', birth_date: '1988-03-02', in_service: true };
/** Two people whose numbers differ only in what pages do not show of them. */
const alike = { person, id_number: numberOf(person, 300), phone: '13911110011' };
const other = { ...alike, phone: '13922220011' };
for (let day = 1; day === 1 || other.id_number.slice(-4) !== alike.id_number.slice(-4); day++) {
  other.person = { ...person, birth_date: `1990-${String(1 + Math.floor(day / 28)).padStart(2, '0')}-${String(1 + day % 28).padStart(2, '0')}` };
  other.id_number = numberOf(other.person, 300);
}

/** Returns when all work after commit is done: both worlds begin with it, neither does it again. */
function settled(server) {
  for (let tries = 0; tries < 2000; tries++) if (!rows(server, 'select id from outbox where done_at is null limit 1').length) return;
  assert.fail('work after commit is never done');
}

/** What both worlds begin with: the estate, a notice that runs in another unit, a dossier sent back. */
async function prepare() {
  first = await startServer({ config });
  numbers = giveNumbers(first);
  estate = await buildEstate(first);
  estate.codes = await takeCodes(estate.members.slice(0, -1), estate.meeting); // keys are random: both worlds begin with them
  const { people, city } = estate;
  const far = await first.control.ok('POST', '/units', { name: '达坂城镇小学', division_code: '650107', kind: 'school', grassroots: 'township' });
  const applicant = (login, unit_id, more = { person }) => first.account(login, [{ role: 'applicant', scope: '' }], { unit_id, ...more });
  people.farUnit = await first.account('farunit', [{ role: 'unit', scope: far.id }]);
  people.theirs = await applicant('theirs', estate.otherUnit, alike);
  people.stranger = await applicant('stranger', estate.otherUnit);
  people.returning = await applicant('returning', city.unit.id, other);
  for (const login of ['security', 'audit']) people[login] = await first.account(login, [{ role: login, scope: '' }]);
  const theirs = await draft(city, people.theirs), returned = await draft(city, people.returning);
  estate.strange = await draft(city, people.stranger);
  for (const [who, id] of [['theirs', theirs], ['returning', returned]]) assert.equal((await submit(people[who], id)).status, 200);
  await verify({ clerk: people.otherUnit }, theirs);
  estate.theirNotice = (await people.otherUnit.ok('POST', '/notices', { applications: [theirs] })).id;
  await act(city.clerk, returned, 'begin');
  await act(city.clerk, returned, 'return', { reasons: [{ code: 'format', text: '请核对。' }] });
  Object.assign(estate.dossiers, { theirs, returned });
  openapi = await first.client().ok('GET', '/openapi.json');
  for (const [name, who] of Object.entries(people)) logins[name] = who.account.login;
  settled(first);
  memory = memoryOf(first.redis.child.pid);
  await first.halt();
  // He keeps out as a relative who works elsewhere: what hides the dossier from him is the record alone.
  sql(first, `update account set unit_id = (select unit_id from account where login = 'third') where login = 'recused'; update recusal set kind = 'kin' where account_id = '${people.recused.account.id}';`);
}

/** The same people in a copy of the records. */
async function copy(change) {
  const server = await startServer({ from: first.folder, config });
  const world = { server, people: {} };
  worlds.push(world);
  if (change) {
    await server.process.kill('SIGTERM');
    sql(server, change);
    await server.startTitled();
  }
  world.people.public = server.client();
  await Promise.all(Object.entries(logins).map(async ([name, login]) => {
    world.people[name] = server.client();
    const reply = await server.enter(world.people[name], login);
    assert.equal(reply.status, 200, reply.text);
    world.people[name].account = reply.body.account;
  }));
  return world;
}

/** What happens in the second world only. */
async function differ({ server, people }) {
  const { dossiers } = estate;
  // others' scores and opinions, a recusal from a panel, one more expert on the panel
  await score([people.lead], dossiers.fresh, 300, '乙世界的意见');
  await people.third.ok('POST', `/reviews/${dossiers.fresh}/recusal`, { reason: '与申报人合作过' });
  await people.office.ok('POST', `/panels/${estate.panel}/members`, { account_id: people.outsider.account.id });
  // another unit's queue, an objection there, what an applicant has in his draft
  assert.equal((await submit(people.stranger, estate.strange)).status, 200);
  await people.public.ok('POST', `/notices/${estate.theirNotice}/objections`, { application: await entryOf(people.public, estate.theirNotice, dossiers.theirs), text: '任教年限与事实不符，请核实。', contact: '13988888888' });
  const { application } = await people.returning.ok('GET', `/applications/${dossiers.returned}`);
  await people.returning.ok('PUT', `/applications/${dossiers.returned}/sections/teaching`, { content: { teaching: { stage: 'primary', subject: '数学', classes: '二年级', weekly_hours: 9 } } }, { 'If-Match': `"${application.version}"` });
  await people.returning.upload(`/api/v1/applications/${dossiers.returned}/evidence`, { section: 'qualification', item: '' }, { name: '新证.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n') });
  // a standard and a year that are not public yet
  const { id: draft } = await people.bureau.ok('POST', '/standards', { series: 'teacher', level: 'senior' });
  // what it would do, and a trial of the one in force on everybody's dossiers
  const { id: active } = (await people.public.ok('GET', '/standards?series=teacher&level=intermediate')).items[0];
  for (const standard of [draft, active]) assert.equal((await tried(people.bureau, standard)).state, 'done');
  await people.bureau.ok('POST', '/cycles', { series: 'health', year: 2027, name: '2027 年度', notice_number: '1', notice_text: '1', notice_date: '2026-08-01', cutoff_date: '2026-12-31', opens_on: '2027-09-01', closes_on: '2027-10-01' });
  // what somebody complains of: about a clerk, an office and a dossier
  await people.public.ok('POST', '/complaints', { about: 'official', whom: people.unit.account.name, text: '经办人态度生硬，请核实处理。' });
  await people.public.ok('POST', '/complaints', { about: 'dossier', whom: (await people.bureau.ok('GET', `/applications/${dossiers.own}`)).application.number, text: '业绩材料与事实不符，请核实。', contact: '13988887777' });
  // what was decided about a person
  const { id: record } = await people.secondBureau.ok('POST', '/integrity', { kind: 'expert_violation', person: 'returning', decision_number: '乌人社诚〔2026〕9号', decided_on: '2026-01-05', finding: '经查，评审期间泄露评审信息。' });
  await people.bureau.ok('POST', `/integrity/${record}/confirm`);
  settled(server);
  assert.equal(rows(server, `select id from score where application_id = '${dossiers.fresh}' and expert <> '{}'`).length, 1, 'the experts\' points came');
}

/** The same people vote in both worlds, for in one and against in the other. */
async function vote({ people }, choice) {
  const { motions } = await people.chair.ok('GET', `/meetings/${estate.meeting}`);
  for (const who of ['chair', 'lead', 'panellist', 'member'])
    await people[who].ok('POST', `/meetings/${estate.meeting}/ballots`, { voting_code: estate.codes.get(estate.people[who]), choices: Object.fromEntries(motions.map(({ id }) => [id, choice])) });
}

before(async () => {
  await prepare();
  const sealed = (login) => `(select id_number_sealed, phone_sealed from old where login = '${login}')`;
  const give = (to, from) => `update account set (id_number_sealed, phone_sealed) = ${sealed(from)} where login = '${to}';`;
  await copy();
  await copy(`create temp table old as select * from account; ${give('theirs', 'returning')} ${give('returning', 'theirs')}
    insert into reexamination (id, application_id, reason, requested_at, due_on) values ('01ARZ3NDEKTSV4RRFFQ69G5FAX', '${estate.dossiers.returned}', '请复查评审程序。', '2026-01-01T00:00:00.000Z', '2026-01-20');`);
  await differ(worlds[1]);
  await vote(worlds[0], 'yes');
  await vote(worlds[1], 'no');
});
after(async () => {
  agent.destroy();
  for (const { server } of worlds) await server.stop();
  if (first && !first.process.end) await first.stop();
  else if (first) rmSync(first.folder, { recursive: true, force: true });
});

// --- asking for everything ---------------------------------------------------------------------------------

/** Values for every parameter: all that is in either world, and what is in none. */
function everything() {
  const both = (text) => [...new Set(worlds.flatMap(({ server }) => rows(server, text).map((row) => row.v)))];
  const ids = (name) => [...both(`select id as v from ${name}`), '01ARZ3NDEKTSV4RRFFQ69G5FAV'];
  return {
    application: ids('application'), committee: ids('committee'), panel: ids('panel'), meeting: ids('meeting'), motion: ids('motion'), notice: ids('public_notice'), objection: ids('objection'), record: ids('integrity_record'), reexamination: ids('reexamination'), ranking: ids('ranking'),
    complaint: ids('complaint'), revocation: ids('revocation'),
    pool: ids('expert_pool'), expert: ids('pool_expert'), draw: ids('draw'),
    filing: ids('filing'), title: ids('title'), standard: ids('standard'), trial: ids('trial'), cycle: ids('cycle'), unit: ids('unit'), account: ids('account'), number: [...both('select number as v from title'), 'TEACHER-2026-3-00009'],
    section: ['teaching', 'nosuch'], series: ['teacher', 'agriculture', 'nosuch'], evidenceOf: Object.fromEntries(both('select distinct application_id as v from evidence').map((id) => [id, both(`select max(id) as v from evidence where application_id = '${id}'`)])),
    codes: both('select check_code as v from title'), names: ['owner', 'str', 'theirs', 'nobody'], numbers: both("select number as v from application where number is not null"), cursors: both('select id as v from application'), waits: both("select state_at || '_' || id as v from application"),
  };
}

/** What a parameter is tried with that this test does not know. */
const guesses = ['1', '01ARZ3NDEKTSV4RRFFQ69G5FAV'];

const some = (list, n) => (long ? list : list.slice(-n));

/** Values that a query parameter is tried with. */
function triesOf(name, path, known) {
  const tries = {
    state: path === '/cycles' ? ['open', 'planned'] : some(states.filter((state) => long || ['submitted', 'returned', 'panel_review', 'committee_vote', 'unit_notice'].includes(state)), 30),
    level: ['intermediate', 'senior'], division: ['650109', '650121'], q: [...some(known.names, 3), ...some(known.numbers, 4)], cursor: some(path === '/queue' ? known.waits : path === '/ledger' ? ['9', '200'] : known.cursors, 4), format: ['csv'],
    kind: ['unit', 'result'], show: ['all'], series: known.series, section: ['qualification'], code: known.codes, name: ['holder', 'owner'], number: known.number, start: ['2026-12-01'], days: ['5'], committee: known.committee, cycle: known.cycle, next: ['/queue'], subject: known.cursors.map((id) => `application/${id}`).slice(-2), actor: known.account.slice(0, 2),
  };
  return tries[name] ?? guesses;
}

/** Addresses of one row's resources: every record, with every filter one by one. */
function addresses(path, operation, known) {
  let paths = [path];
  for (const [, name] of path.matchAll(/\{(\w+)\}/g))
    paths = paths.flatMap((at) => (name === 'evidence' ? known.evidenceOf[/applications\/(\w+)/.exec(at)[1]] ?? ['01ARZ3NDEKTSV4RRFFQ69G5FAV'] : name === 'motion' || name === 'account' || name === 'unit' ? some(known[name], 6) : known[name] ?? guesses).map((value) => at.replace(`{${name}}`, value)));
  const queries = (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name);
  return paths.flatMap((at) => [at, ...queries.flatMap((name) => triesOf(name, path, known).map((value) => `${at}?${name}=${encodeURIComponent(value)}`))]);
}

function get({ server, people }, who, path, accept) {
  const client = people[who];
  const headers = { Accept: accept, ...(client.cookies.size && { Cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }) };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, path, headers, agent: path.includes('/live') ? false : agent }, (reply) => {
      const head = { ...reply.headers };
      if (/event-stream/.test(head['content-type'])) return resolve({ status: reply.statusCode, head, bytes: '' }), request.destroy();
      const chunks = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.on('end', () => resolve({ status: reply.statusCode, head, bytes: Buffer.concat(chunks).toString('latin1') }));
    });
    request.on('error', (problem) => (path.includes('/live') ? undefined : reject(problem)));
    request.end();
  });
}

/** Everything of a reply but what is the session's own: its CSRF value, the number of the request, the present time,
 *  the id of the last live message. On the pages of accounts also when people logged in. */
function bare({ status, head, bytes }, client, path) {
  const id = head['x-request-id'];
  let text = bytes;
  if (id) text = text.replaceAll(id, '{request}');
  if (client.csrf) text = text.replaceAll(client.csrf, '{csrf}');
  text = steady(text);
  text = text.replace(/(<p class="td-demo">.{0,200}?)\d{4}-\d\d-\d\d \d\d:\d\d/, '$1{time}');
  if (/^(\/api\/v1)?(\/account|\/accounts\/\w+(\/sessions)?)$/.test(path)) text = text.replace(/[0-9a-f]{64}/g, '{session}').replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z)?/g, '{time}');
  const { date, 'x-request-id': request, 'set-cookie': cookie, ...rest } = head;
  return `${status} ${JSON.stringify(rest)}\n${text}`;
}

/** Where two texts part. */
function parting(one, other) {
  let at = 0;
  while (one[at] === other[at]) at++;
  const show = (text) => Buffer.from(text.slice(Math.max(0, at - 120), at + 160), 'latin1').toString().replaceAll('\n', '⏎');
  return `\n  in one  …${show(one)}\n  other   …${show(other)}`;
}

/** Commitments to the whole ledger: public by purpose, they say how much is written and nothing of what. */
const commitment = /\/ledger\/(checkpoint|proofs\/)/;

/** Asks both worlds as this person for everything, or for what `where` matches; answers what differs:
 *  [{ path, parting }]. The short form asks for the pages of few people. */
async function crawl(who, known, where = /./) {
  const rowsOf = Object.entries(openapi.paths).filter(([, methods]) => methods.get);
  const pages = (at) => long || (browsing.includes(who) && !at.includes('?'));
  const asks = rowsOf.flatMap(([path, methods]) => addresses(path, methods.get, known).flatMap((at) => [[`/api/v1${at}`, 'application/json'], ...(pages(at) ? [[at, 'text/html']] : [])])).filter(([path]) => where.test(path) && !commitment.test(path));
  const found = [];
  let next = 0;
  const once = async (world, path, accept) => {
    for (let tries = 0; ; tries++) {
      const reply = await get(world, who, path, accept);
      if (reply.status !== 503 || tries === 5) return bare(reply, world.people[who], path);
    }
  };
  await Promise.all(Array.from({ length: 12 }, async () => {
    while (next < asks.length) {
      const [path, accept] = asks[next++];
      const [one, other] = await Promise.all(worlds.map((world) => once(world, path, accept)));
      if (one !== other) found.push({ path, parting: parting(one, other) });
    }
  }));
  return { asked: asks.length, found };
}

const browsing = ['public', 'unit', 'panellist'];
const ignorant = ['public', 'colleague', 'unit', 'farUnit', 'industry', 'hr', 'farmOffice', 'panellist', 'member', 'recused', 'security', ...(long ? ['owner', 'holder', 'theirs', 'farmIndustry', 'farmer'] : [])];
const knowing = { otherUnit: /objection|queue|applications/, otherIndustry: /queue|applications/, office: /panels/, bureau: /integrity/, supervisor: /applications|panels|integrity/, lead: /reviews/, third: /reviews/, audit: /ledger/, returning: /sections|integrity/ };

describe('who may not know', () => {
  for (const who of ignorant)
    test(`${who} gets the same bytes from both worlds`, async (t) => {
      const { asked, found } = await crawl(who, everything());
      t.diagnostic(`${asked} addresses`);
      assert.ok(!found.length, `${found.length} of ${asked} differ:\n${found.slice(0, 12).map(({ path, parting: where }) => path + where).join('\n')}`);
    });
});

describe('who may know', () => {
  for (const [who, where] of Object.entries(knowing))
    test(`${who} sees the difference in the same round`, async () => {
      const { found } = await crawl(who, everything(), where);
      assert.ok(found.some(({ path }) => where.test(path)), `nothing of ${where} differs: ${found.map(({ path }) => path).slice(0, 20)}`);
    });
});

describe('personal numbers', () => {
  test('are nowhere in the clear after dossiers have gone all their way', async () => {
    const { server, people: { admin, holder, supervisor } } = worlds[0];
    assert.ok(numbers.length >= 10);
    const pages = [await admin.page(`/accounts/${holder.account.id}`), await holder.page('/account'), await admin.json('GET', '/accounts'), await admin.send('GET', '/accounts?format=csv', { Accept: 'text/html' }), await supervisor.json('GET', '/ledger')];
    assert.match(pages[0].text, /650103\*{8}\d{3}[\dX]/);
    assert.match(pages[0].text, /139\*{4}\d{4}/);
    const places = [...pages.map(({ text }, n) => [`page ${n}`, text]), ['log', first.process.log + server.process.log], ['memory of Redis', memory + memoryOf(server.redis.child.pid)]];
    for (const folder of [first.folder, server.folder])
      for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()))
        places.push([file.name, readFileSync(`${file.parentPath ?? file.path}/${file.name}`, 'latin1')]);
    assert.ok(places.some(([name]) => /titled\.db-wal$/.test(name)), 'the log of the store is among them');
    for (const [name, text] of places) for (const number of numbers) assert.ok(!text.includes(number), `${name} has ${number}`);
  });
});

describe('events', () => {
  test('an expert\'s work is told on no stream that others may follow', () => {
    const topics = worlds.map(({ server }) => rows(server, "select payload from outbox where kind = 'live' order by id").map(({ payload }) => JSON.parse(payload).topic));
    const count = (list, topic) => list.filter((one) => one === topic).length;
    for (const topic of [...Object.values(estate.dossiers).map((id) => `application/${id}`), `meeting/${estate.meeting}`])
      assert.equal(count(topics[1], topic), count(topics[0], topic), topic);
  });
});

describe('the vote', () => {
  test('is nobody\'s to know before it is counted, and then theirs who watch', async () => {
    const known = everything();
    const about = async (who) => (await crawl(who, known, new RegExp(`/meetings/${estate.meeting}`))).found;
    const read = async (who) => Promise.all(worlds.map(async ({ people }) => (await people[who].ok('GET', `/meetings/${estate.meeting}`)).motions.find((motion) => motion.id === estate.motion)));
    for (const who of ['supervisor', 'office', 'bureau', 'chair']) {
      const [yes, no] = await read(who);
      assert.deepEqual(yes, no, who);
    }
    assert.deepEqual(await about('member'), []);
    for (const { people } of worlds) {
      await people.chair.ok('POST', `/meetings/${estate.meeting}/elections/close`, { early: true });
      await openSums(people.chair, people.office, estate.meeting);
    }
    const [yes, no] = await read('supervisor');
    assert.deepEqual([yes.yes, no.no], [4, 4]);
    const path = `/meetings/${estate.meeting}`, shown = {};
    for (const { server, people } of worlds) {
      // a chair who is found to be a relative: he has opened the sums, and leads the meeting to its end
      sql(server, `insert into recusal (account_id, application_id, kind, reason, at) values ('${estate.people.chair.account.id}', '${estate.dossiers.own}', 'kin', '', '2026-01-01T00:00:00.000Z');`);
      const { number } = (await people.chair.ok('GET', path)).elections.find((one) => one.election_state === 'counted');
      const election = await people.chair.ok('GET', `${path}/elections/${number}`);
      assert.deepEqual([election.withheld, election.questions, election.trackers], [true, [], []]);
      assert.equal((await people.chair.send('GET', `/api/v1${path}/elections/${number}.bel`)).status, 404);
      assert.match((await people.chair.page(`${path}/elections/${number}`)).text, /开出的结果不向您显示/);
      await people.chair.ok('POST', `${path}/close`);
      for (const who of ['chair', 'recused', 'supervisor']) {
        const { motions, summary, ranking_annex: annex } = await people[who].ok('GET', `${path}/minutes`);
        (shown[who] ??= []).push({ motions: motions.map(({ counted_at: at, ...rest }) => rest), summary, annex });
      }
    }
    const withheld = (who) => shown[who][0].motions.filter((motion) => motion.withheld).length;
    assert.deepEqual([withheld('chair'), withheld('recused'), withheld('supervisor')], [1, 2, 0]);
    assert.deepEqual(...shown.recused);
    assert.deepEqual(...shown.chair.map(({ motions }) => motions.filter((motion) => motion.withheld)));
    assert.notDeepEqual(...shown.supervisor);
  });
});
