// Filing with the region's platform, which loses, delays, doubles and rejects (region.mjs): each filing arrives once
// there and its answer is recorded once here. And the mechanism below: review/delivery.h, core/outgoing/.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, consent, pdf, teacher } from './city.mjs';
import { makeAuthority, makeCertificate } from './certificate.mjs';
import { rows, sql } from './estate.mjs';
import { startServer } from './harness.mjs';
import { Region, outgoing } from './region.mjs';

let server, city, person, region, folder, dossier, committee, pools, today;

const long = Boolean(process.env.TITLED_LONG);
const filingOf = (id) => city.bureau.ok('GET', `/filings/${id}`);
const deliveryOf = (id) => rows(server, `select * from delivery where subject = 'filing/${id}'`);
const logged = (outcome, from, delivery) => server.seen('delivery.recorded', (line) => line.outcome === outcome && (!delivery || line.delivery === delivery), from);

/** What is sent with the order of each kind. */
const orders = {
  results: () => ({}),
  plan: () => ({ kind: 'plan' }),
  committee: () => ({ kind: 'committee', committee_id: committee }),
  pool: () => ({ kind: 'pool', pool_id: pools.senior }),
  report: () => ({ kind: 'report' }),
};

/** Prepares a filing, with the consent it needs; answers its id. */
async function prepare(kind = 'results') {
  const { id } = await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id, ...orders[kind]() });
  if (kind === 'results') await consent(city.bureau, id, today);
  return id;
}

/** The same, and sends it; answers {id, delivery, from: log lines before}. */
async function file(kind) {
  const id = await prepare(kind), from = server.lines.length;
  await city.bureau.ok('POST', `/filings/${id}/send`);
  return { id, from, delivery: deliveryOf(id)[0].id };
}

/** kill -9 and a new start: the sessions stay, the port does not. */
async function crash() {
  await server.crash();
  for (const one of [person, ...Object.values(city)]) if (one?.target) one.target.port = server.port;
}

/** What was filed can be filed again: what is received is sent back, a committee is handed in once more. */
async function free(id) {
  if (id && ['sent', 'received'].includes((await filingOf(id)).state)) await city.bureau.ok('POST', `/filings/${id}/refuse`, { reason: '重新报送' });
  if (rows(server, `select submitted_at from committee where id = '${committee}' and submitted_at is null`).length) await city.office.ok('POST', `/committees/${committee}/submit`);
  for (const one of Object.values(pools)) if (rows(server, `select id from expert_pool where id = '${one}' and submitted_at is null`).length) await city.office.ok('POST', `/pools/${one}/submit`);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'titled-region-'));
  region = await new Region().listen();
  server = await startServer({ config: { outgoing_file: outgoing(folder, { region: [region] }), log_level: 0 } });
  city = await buildCity(server);
  person = await teacher(city, 'guli');
  dossier = (await person.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' })).id;
  sql(server, `update application set state = 'confirmed', submitted_at = created_at where id = '${dossier}';
    insert into transition (id, application_id, action, from_state, to_state, actor, at) select 'T' || value, '${dossier}', value, '', value, 'system', '2026-01-01' from json_each('["accepted", "passed", "confirmed"]')`);
  today = (await server.client().ok('GET', '/calendar')).start;
  const seats = await Promise.all(['chair', 'second', 'third'].map((login) => server.account(login, [{ role: 'expert', scope: 'teacher' }], { unit_id: city.unit.id })));
  committee = (await city.office.ok('POST', '/committees', {
    series: 'teacher', level: 'senior', name: '高级评委会', founding_unit: '市教育局', adjusted_minimum: 3, adjustment_reference: '新人社函〔2026〕5号',
    members: seats.map((who, n) => ({ account_id: who.account.id, position: n ? 'member' : 'chair', outside_reason: '专家库正在报核准' })),
  })).id;
  await city.office.ok('POST', `/committees/${committee}/submit`);
  pools = { senior: await pool('senior', seats), general: await pool('general', seats) };
});

/** An expert pool that the office has handed in. */
async function pool(tier, seats) {
  const { id } = await city.office.ok('POST', '/pools', { series: 'teacher', tier });
  for (const who of seats) await city.office.ok('POST', `/pools/${id}/experts`, { login: who.account.login, title_level: 'senior', specialties: ['chinese'], term_from: today, term_until: `${Number(today.slice(0, 4)) + 2}-12-31` });
  await city.office.ok('POST', `/pools/${id}/submit`);
  return id;
}

after(async () => {
  if (server) assert.doesNotMatch(server.process.log, /13800001111/, 'what others say is in no log');
  await server?.stop();
  await region?.close();
  if (folder) rmSync(folder, { recursive: true });
});

describe('a filing that is sent', () => {
  test('arrives signed, whole and once; its receipt makes it received', async () => {
    const { id, from, delivery } = await file();
    await logged('received', from, delivery);
    const filing = await filingOf(id), taken = region.taken.get(delivery);
    assert.equal(filing.state, 'received');
    assert.equal(filing.receipt, taken.receipt);
    assert.equal(taken.kind, 'filing');
    assert.equal(taken.body.hash, filing.package_hash);
    assert.deepEqual(taken.body.package, filing.package);
    assert.equal(taken.times, 1);
    await free(id);
  });

  // What the platform does → what that is here at first.
  const faults = { lose: 'unclear', double: 'received', error: 'unclear', vague: 'unclear', long: 'unclear', large: 'unclear', hold: 'unclear', drop: 'unclear', busy: 'unsent' };
  for (const kind of Object.keys(orders))
    for (const [fault, outcome] of Object.entries(faults).slice(0, long || kind === 'results' ? 9 : 2))
      test(`${kind} survives "${fault}" without a double there or a loss here`, async () => {
        region.next(fault);
        const { id, from, delivery } = await file(kind);
        await logged(outcome, from, delivery);
        await logged('received', from, delivery);
        region.release();
        const taken = region.taken.get(delivery), asked = region.requests.filter((one) => one.method === 'GET' && one.path.endsWith(delivery));
        assert.equal((await filingOf(id)).state, 'received');
        assert.equal((await filingOf(id)).receipt, taken.receipt);
        assert.equal(taken.body.kind, kind);
        assert.equal(taken.times, fault === 'double' ? 2 : 1);
        assert.equal(asked.length > 0, outcome === 'unclear', 'asked before it is sent again');
        await free(id);
      });

  for (const kind of Object.keys(orders))
    test(`${kind} is refused with the platform's reason, and filed again`, async () => {
      region.next('reject');
      const { id, from, delivery } = await file(kind);
      await logged('refused', from, delivery);
      const filing = await filingOf(id);
      assert.equal(filing.state, 'refused');
      assert.equal(filing.reason, '专家名单与库不一致');
      assert.equal(region.taken.has(delivery), false);
      await free(id);
      const again = await file(kind);
      await logged('received', again.from, again.delivery);
      await free(again.id);
    });

  test('a redirect is not followed', async () => {
    region.next('redirect');
    const { id, from, delivery } = await file();
    await logged('refused', from, delivery);
    assert.equal(deliveryOf(id)[0].reason, 'HTTP 307');
    await free(id);
  });

  test('one that is unknown is asked for again and again, and the question may be lost too', async () => {
    region.next('lose');
    region.askFaults = ['drop', 'drop'];
    const { id, from, delivery } = await file();
    await logged('received', from, delivery);
    assert.equal(region.taken.get(delivery).times, 1);
    assert.equal(region.requests.filter((one) => one.path.endsWith(delivery)).length, 3);
    await free(id);
  });

  test('survives kill -9 while it is under way', async () => {
    region.next('hold');
    const { id, delivery } = await file();
    await region.until(() => region.taken.has(delivery));
    await crash();
    await logged('received', 0, delivery);
    assert.equal((await filingOf(id)).state, 'received');
    assert.equal(region.taken.get(delivery).times, 1);
    region.held.splice(0);
    await free(id);
  });

  test('survives the loss of Redis', async () => {
    await server.stopRedis();
    sql(server, "update outbox set done_at = '2026-01-01T00:00:00.000Z' where done_at is null"); // the call is lost as well
    await server.restartRedis();
    for (const who of ['bureau', 'office']) await server.enter(city[who], who);
    const { id, from, delivery } = await file();
    await logged('received', from, delivery);
    await free(id);
  });

  test('waits without a flood of log lines while the platform is away, then arrives', async () => {
    const { port } = region;
    await region.close();
    const { id, from, delivery } = await file();
    await logged('unsent', from, delivery);
    await logged('unsent', server.lines.length, delivery);
    assert.match(deliveryOf(id)[0].state, /^(waiting|sending)$/);
    assert.equal(server.lines.slice(from).filter((line) => line.level !== 'debug' && /outgoing|delivery/.test(line.event)).length, 1);
    const { items } = await city.bureau.ok('GET', '/deliveries');
    assert.match(items.find((item) => item.id === delivery).delivery_state, /^(waiting|sending)$/);
    region = await new Region().listen(port);
    await logged('received', from, delivery);
    await server.seen('outgoing.answers', undefined, from);
    await free(id);
  });
});

describe('by hand', () => {
  test('it is given up with a reason, tried again, and only by those who may', async () => {
    const { port } = region;
    await region.close();
    const { id, from, delivery } = await file();
    await logged('unsent', from, delivery);
    assert.equal((await city.office.json('POST', `/deliveries/${delivery}/give-up`, { reason: '停' })).status, 403);
    assert.equal((await city.bureau.json('POST', `/deliveries/${delivery}/give-up`, {})).status, 422);
    await city.bureau.ok('POST', `/deliveries/${delivery}/give-up`, { reason: '平台停用' });
    assert.equal((await city.bureau.json('POST', `/deliveries/${delivery}/give-up`, { reason: '再停' })).body.key, 'delivery_state');
    assert.deepEqual([deliveryOf(id)[0].state, deliveryOf(id)[0].reason], ['given_up', '平台停用']);
    region = await new Region().listen(port);
    const again = server.lines.length;
    await city.bureau.ok('POST', `/deliveries/${delivery}/retry`);
    await logged('received', again, delivery);
    assert.equal((await filingOf(id)).state, 'received');
    await free(id);
  });
});

test('a target that is not configured gets a file for an upload by hand, whole; the receipt is recorded', async () => {
  server.options.config = { log_level: 0 };
  server.writeConfig();
  await crash();
  const { id, from, delivery } = await file();
  await logged('written', from, delivery);
  const inside = join(server.folder, 'records/outgoing'), name = `region-filing-${delivery}.json`;
  assert.deepEqual(readdirSync(inside), [name]);
  assert.deepEqual(JSON.parse(readFileSync(join(inside, name), 'utf8')).package, (await filingOf(id)).package);
  await crash();
  assert.ok(existsSync(join(inside, name)));
  assert.equal((await filingOf(id)).state, 'sent');
  assert.equal((await city.bureau.json('POST', `/deliveries/${delivery}/receipt`, {})).status, 422);
  const page = (await city.bureau.page('/deliveries?state=folder')).text;
  assert.ok(!page.includes('下次尝试'), 'nobody tries again');
  // What it is about, in words; the way there for whoever may go it.
  const clerk = await server.account('keeper', [{ role: 'admin', scope: '' }]);
  const [{ name: called }] = rows(server, `select name from cycle where id = '${city.cycle.id}'`);
  for (const [language, words] of [['zh', `${called} · 评审结果`], ['en', `${called} · Results`]]) {
    const [bureau, admin] = await Promise.all([city.bureau, clerk].map(async (who) => (await who.page('/deliveries?state=folder', { 'Accept-Language': language })).text));
    assert.ok(bureau.includes(`<a href="/filings/${id}">${words}</a>`), words);
    assert.ok(admin.includes(`<dd>${words}</dd>`) && !admin.includes(`/filings/${id}`), words);
    assert.doesNotMatch(bureau + admin, /filing\/01/);
  }
  await city.bureau.ok('POST', `/deliveries/${delivery}/receipt`, { receipt: '新平台-77' });
  assert.ok(!(await city.bureau.page('/deliveries?state=delivered')).text.includes('/retry"'), 'settled');
  assert.deepEqual([(await filingOf(id)).state, (await filingOf(id)).receipt], ['received', '新平台-77']);
  await free(id);
  // The decision comes by hand as well: what waits in the folder has arrived, or is not uploaded any more.
  const approved = await file();
  await logged('written', approved.from, approved.delivery);
  await city.bureau.ok('POST', `/filings/${approved.id}/approve`, { reference: '新人社备〔2026〕8号', approved_on: today });
  assert.deepEqual([deliveryOf(approved.id)[0].state, deliveryOf(approved.id)[0].receipt], ['delivered', '新人社备〔2026〕8号']);
  sql(server, `update filing set state = 'refused' where id = '${approved.id}'; update application set state = 'confirmed' where id = '${dossier}'; delete from transition where to_state = 'filed'`);
  const refused = await file();
  await logged('written', refused.from, refused.delivery);
  await city.bureau.ok('POST', `/filings/${refused.id}/refuse`, { reason: '名单有误' });
  assert.deepEqual([deliveryOf(refused.id)[0].state, deliveryOf(refused.id)[0].reason], ['given_up', '名单有误']);
  assert.deepEqual((await city.bureau.ok('GET', '/deliveries?state=folder')).items, [], 'nothing waits for an upload for ever');
  // So does the platform's refusal of the upload; it is no end that somebody here chose.
  const rejected = await file();
  await logged('written', rejected.from, rejected.delivery);
  await city.bureau.ok('POST', `/deliveries/${rejected.delivery}/rejection`, { reason: '格式不符' });
  assert.deepEqual([deliveryOf(rejected.id)[0].state, (await filingOf(rejected.id)).state], ['rejected', 'refused']);
});

describe('who decides', () => {
  const online = async () => {
    server.options.config = { outgoing_file: outgoing(folder, { region: [region] }), log_level: 0 };
    server.writeConfig();
    await crash();
  };
  const committeeNow = () => city.bureau.ok('GET', `/committees/${committee}`);
  before(online);

  test('teachers: nothing is sent before the education department agreed, by number, day and document', async () => {
    const { id } = await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id });
    const early = await city.bureau.json('POST', `/filings/${id}/send`);
    assert.deepEqual([early.status, early.body.key], [409, 'consent_missing']);
    const letter = { name: '同意函.pdf', type: 'application/pdf', bytes: pdf };
    for (const [fields, file] of [[{ number: '', given_on: today }, letter], [{ number: '1', given_on: '2099-01-01' }, letter], [{ number: '1', given_on: today }, { ...letter, bytes: '' }]])
      assert.equal((await city.bureau.upload(`/api/v1/filings/${id}/consent`, fields, file)).status, 422);
    assert.equal((await city.office.upload(`/api/v1/filings/${id}/consent`, { number: '1', given_on: today }, letter)).status, 403);
    await consent(city.bureau, id, today);
    const filing = await filingOf(id);
    assert.deepEqual([filing.consent_number, filing.consent_on, filing.needs_consent], ['新教函〔2026〕9号', today, '自治区教育厅']);
    assert.deepEqual((await city.office.send('GET', `/api/v1/filings/${id}/consent`)).raw, pdf);
    const from = server.lines.length;
    await city.bureau.ok('POST', `/filings/${id}/send`);
    await logged('received', from);
    assert.equal((await city.bureau.json('POST', `/filings/${id}/certify`)).body.key, 'filing_state', 'nothing is certified before the approval');
    await free(id);
  });

  test('plan and report are filed by their days; nobody decides on them', async () => {
    const { id, from, delivery } = await file('report');
    const { objections } = (await filingOf(id)).package;
    assert.ok(Object.keys(objections).length >= 2 && Object.values(objections).every(Number.isInteger), JSON.stringify(objections));
    await logged('received', from, delivery);
    const report = await filingOf(id);
    assert.equal((await city.bureau.json('POST', `/filings/${id}/approve`, { reference: '1', approved_on: today })).body.key, 'filing_only');
    assert.equal((await city.bureau.json('POST', `/filings/${id}/ask`)).body.key, 'filing_only');
    for (const [due, late] of [[today, false], [new Date(Date.parse(today) - 86400e3).toISOString().slice(0, 10), true]]) { // sent today: the last day is in time
      sql(server, `update filing set due_on = '${due}', sent_at = '${today}T15:59:59.000Z' where id = '${id}'`);
      assert.equal((await filingOf(id)).is_late, late);
    }
    assert.deepEqual([report.package.totals.declared, report.package.totals.passed, report.package.totals.pass_percent], [1, 1, '100.00']);
    assert.deepEqual(report.package.districts.map((row) => [row.division_name, row.level, row.passed]), [['乌鲁木齐县', 'intermediate', 1]]);
    assert.equal(report.due_on, (await city.bureau.ok('GET', `/calendar?start=${report.package.cycle.year}-11-30&days=15`)).end);
  });

  test('the region decides on a senior committee, and the platform says so late', async () => {
    const { id, from, delivery } = await file('committee');
    await logged('received', from, delivery);
    assert.equal((await filingOf(id)).approver, 'region');
    const answers = [{ state: 'pending' }, { state: 'approved', reference: '', approved_on: today }, { state: 'approved', reference: '新人社备〔2026〕7号', approved_on: today }];
    region.answers = (one, kept) => kept && one.kind === 'filing_decision' && [200, { receipt: kept.receipt, ...answers.shift() }];
    for (const [state, remark] of [['received', ''], ['received', 'decision_not_usable'], ['approved', 'decision_not_usable']]) {
      const asked = server.lines.length;
      if (state === 'approved') await server.advance(1); // nobody asks: the clock does
      else await city.bureau.ok('POST', `/filings/${id}/ask`);
      await server.seen('delivery.recorded', (line) => line.kind === 'filing_decision', asked);
      const filing = await filingOf(id);
      assert.deepEqual([filing.state, filing.remark], [state, remark]);
    }
    region.answers = undefined;
    const approved = await committeeNow();
    assert.deepEqual([approved.committee_state, approved.reference], ['approved', '新人社备〔2026〕7号']);
    assert.equal((await city.bureau.json('POST', '/filings', { cycle_id: city.cycle.id, kind: 'committee', committee_id: committee })).body.key, 'committee_state', 'its office has handed nothing in');
  });

  test('the city decides on the pool of other levels itself, and sends it for the record', async () => {
    const { id: early } = await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id, kind: 'pool', pool_id: pools.general }), begun = server.lines.length;
    await city.bureau.ok('POST', `/filings/${early}/send`);
    await logged('received', begun);
    assert.equal((await city.bureau.json('POST', `/filings/${early}/ask`)).body.key, 'city_decides', 'the platform has it, and does not decide on it');
    await city.bureau.ok('POST', `/filings/${early}/refuse`, { reason: '重新报送' });
    await city.office.ok('POST', `/pools/${pools.general}/submit`);
    const { id } = await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id, kind: 'pool', pool_id: pools.general });
    assert.deepEqual([(await filingOf(id)).approver, (await filingOf(id)).package.experts.length], ['city', 3]);
    const senior = (await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id, kind: 'pool', pool_id: pools.senior })).id;
    assert.equal((await filingOf(senior)).approver, 'region');
    assert.equal((await city.bureau.json('POST', `/filings/${senior}/approve`, { reference: '1', approved_on: today })).body.key, 'filing_state', 'the region has not seen it');
    await city.bureau.ok('POST', `/filings/${id}/approve`, { reference: '乌人社备〔2026〕3号', approved_on: today });
    assert.equal((await city.office.ok('GET', `/pools/${pools.general}`)).pool_state, 'approved');
    const from = server.lines.length;
    await city.bureau.ok('POST', `/filings/${id}/send`);
    await logged('received', from);
    const filing = await filingOf(id);
    assert.equal(filing.state, 'approved');
    assert.equal(region.taken.get(filing.delivery_id).body.reference, '乌人社备〔2026〕3号');
  });

  test('what was sent is compared with the platform\'s list', async () => {
    const sent = [];
    for (const kind of ['plan', 'report']) {
      const { id, from, delivery } = await file(kind);
      await logged('received', from, delivery);
      sent.push(await filingOf(id));
    }
    const [plan, report] = sent;
    region.answers = (one) => one.kind === 'filing_list' && [200, { items: [...[...region.taken.values()].filter(({ key }) => key !== plan.delivery_id).map(({ key, receipt, body }) => ({ key, receipt, hash: key === report.delivery_id ? 'f'.repeat(64) : body.hash })), { key: 'strange', receipt: 'XJ-0', hash: '0' }] }];
    const from = server.lines.length;
    const { id } = await city.bureau.ok('POST', '/filings/reconciliations', { year: plan.year });
    await server.seen('delivery.recorded', (line) => line.kind === 'filing_list', from);
    const found = (await city.bureau.ok('GET', '/filings/reconciliations')).items.find((one) => one.id === id);
    region.answers = undefined;
    assert.equal(found.reconciliation_state, 'done');
    assert.deepEqual(found.result.here_only.map((one) => one.id).filter((one) => one === plan.id), [plan.id]);
    assert.ok(found.result.there_only.some((one) => one.key === 'strange'));
    assert.deepEqual(found.result.differing.map((one) => one.id), [report.id]);
    assert.ok(found.result.matching > 0);
    region.taken.delete(plan.delivery_id); // lost there: asked for, and sent again under its old key
    const again = server.lines.length;
    await city.bureau.ok('POST', `/deliveries/${plan.delivery_id}/retry`);
    await logged('absent', again, plan.delivery_id);
    await logged('received', again, plan.delivery_id);
    assert.deepEqual(region.taken.get(plan.delivery_id).body.package, plan.package);
    assert.equal((await city.office.json('GET', '/filings/reconciliations')).status, 403);
  });

  test('the region approves results over its platform: the dossiers are filed, by nobody here', async () => {
    const { id, from, delivery } = await file();
    await logged('received', from, delivery);
    region.answers = (one, kept) => kept && one.kind === 'filing_decision' && [200, { receipt: kept.receipt, state: 'approved', reference: '新人社备〔2026〕9号', approved_on: today }];
    const ask = async () => {
      const asked = server.lines.length;
      await city.bureau.ok('POST', `/filings/${id}/ask`);
      await server.seen('delivery.recorded', (line) => line.kind === 'filing_decision', asked);
    };
    // What cannot be carried out to its end is not carried out at all, and said.
    sql(server, "create trigger never before update on application when new.state = 'filed' begin select raise(abort, 'no'); end");
    await ask();
    sql(server, 'drop trigger never');
    const { state, remark, reference } = await filingOf(id);
    assert.deepEqual([state, remark, reference, rows(server, `select state from application where id = '${dossier}'`)[0].state], ['received', 'decision_not_usable', '', 'confirmed']);
    assert.equal(rows(server, `select sequence from ledger where action = 'filing.approve' and subject = 'filing/${id}'`).length, 0);
    const questions = () => rows(server, `select state, reason from delivery where subject = 'decision/${id}' order by id`).map((one) => [one.state, one.reason.slice(0, 25)]);
    assert.deepEqual(questions(), [['rejected', 'the answer cannot be used']]);
    await ask();
    assert.deepEqual(questions(), [['given_up', 'asked again'], ['delivered', '']]);
    region.answers = undefined;
    assert.deepEqual([(await filingOf(id)).state, (await filingOf(id)).uncertified], ['approved', 1]);
    assert.deepEqual(rows(server, `select action, actor from transition where application_id = '${dossier}' and to_state = 'filed'`), [{ action: 'file', actor: 'system' }]);
  });

  test('each kind has a form to print', async () => {
    const { items } = await city.bureau.ok('GET', '/filings');
    for (const kind of Object.keys(orders)) {
      const { status, text } = await city.bureau.page(`/filings/${items.find((one) => one.kind === kind).id}/print`);
      assert.equal(status, 200);
      assert.match(text, /备案表/);
    }
  });
});

describe('messages to telephone and e-mail', () => {
  let gateway;
  const sent = (outcome, from) => server.seen('delivery.recorded', (line) => line.kind === 'message' && line.outcome === outcome, from);
  const newest = async () => (await person.ok('GET', '/messages')).items[0];

  before(async () => {
    gateway = await new Region('the key of the gateway').listen();
    server.options.config = { outgoing_file: outgoing(folder, { region: [region], gateway: [gateway] }), log_level: 0 };
    server.writeConfig();
    await crash();
    await server.enter(person, 'guli');
  });
  after(() => gateway?.close());

  /** The dossier was returned and is due tomorrow: the clock reminds of it. Answers the number of log lines before. */
  async function remind() {
    const now = (await server.client().ok('GET', '/calendar')).start, due = new Date(Date.parse(`${now}T15:00:00Z`) + 2 * 86400e3).toISOString();
    sql(server, `update application set state = 'returned', number = 'T-1', due_at = '${due}', state_at = '${now}T00:00:00.000Z' where id = '${dossier}'; delete from message where kind = 'reminder'`);
    const from = server.lines.length;
    await server.advance(1);
    return from;
  }

  test('settings are checked; nobody sees the number again', async () => {
    for (const [wrong, field] of [[{ phone: 'call me' }, 'phone'], [{ email: 'a@b@c' }, 'email']])
      assert.equal((await person.json('POST', '/messages/settings', { notify: 'sms', language: 'en', ...wrong })).body.errors[0].field, field);
    await person.ok('POST', '/messages/settings', { notify: 'sms', language: 'en', phone: '13912345678', email: 'guli@example.org' });
    assert.deepEqual(await person.ok('GET', '/messages/settings'), { notify: 'sms', language: 'en', has_phone: true, has_email: true, gateway: true, is_off: false, is_email: false, is_english: true });
    assert.equal((await person.page('/messages/settings')).status, 200);
  });

  test('a deadline reaches the telephone in the person\'s language, once, and nothing keeps the number', async () => {
    gateway.next('lose');
    const from = await remind();
    await sent('received', from);
    const [message] = [...gateway.taken.values()];
    assert.deepEqual([message.times, message.body.channel, message.body.to, message.body.locale], [1, 'sms', '13912345678', 'en']);
    assert.match(message.body.text, /T-1/);
    assert.doesNotMatch(message.body.text, /[{}一-龥]{2}/);
    assert.equal((await newest()).delivery_state, 'delivered');
    assert.deepEqual(rows(server, "select body from delivery where kind = 'message'"), [{ body: null }]);
    assert.doesNotMatch(server.process.log, /13912345678|guli@example/);
    assert.equal(sql(server, "select count(*) from account where phone_sealed like '%139%'").trim(), '0');
  });

  test('e-mail instead, or nothing', async () => {
    await person.ok('POST', '/messages/settings', { notify: 'email', language: 'zh' });
    await sent('received', await remind());
    const last = [...gateway.taken.values()].at(-1);
    assert.deepEqual([last.body.channel, last.body.to], ['email', 'guli@example.org']);
    assert.match(last.body.text, /提醒：申报 T-1/);
    await person.ok('POST', '/messages/settings', { notify: 'off', language: 'zh' });
    const before = gateway.taken.size;
    await remind();
    assert.equal((await newest()).kind, 'reminder');
    assert.deepEqual([(await newest()).delivery_state, gateway.taken.size], [null, before]);
  });

  test('whoever objected or complained is told once that the answer can be read, at the contact he left, and not what it says', async () => {
    sql(server, `insert into public_notice (id, kind, cycle_id, unit_id, title, starts_on, ends_on, working_days, calendar_confirmed, created_by, created_at) values ('01NT0000000000000000000000', 'unit', '${city.cycle.id}', '${city.unit.id}', '单位公示', '2026-01-01', '2099-01-01', 5, 1, 'x', '2026-01-01');
      insert into public_notice_entry (notice_id, application_id, listed) values ('01NT0000000000000000000000', '${dossier}', '{"name": "guli"}')`);
    for (const who of [city.clerk, city.bureau]) await server.enter(who, who.account.login);
    const member = await server.account('ahmat'), anybody = server.client(), answer = '已核对原件，情况属实。';
    await member.ok('POST', '/messages/settings', { notify: 'sms', language: 'zh', phone: '13900000009' });
    const { notice } = await anybody.ok('GET', '/notices/01NT0000000000000000000000');
    const object = (who, contact, language) => who.ok('POST', `/notices/${notice.id}/objections`, { application: notice.entries[0].id, text: '任教年限与事实不符，请核实。', contact }, { 'Accept-Language': language });
    const complain = (contact) => anybody.ok('POST', '/complaints', { about: 'procedure', text: '公示的地点不醒目，请改进。', contact });
    const filed = [await object(anybody, 'Wang, +86 139-1234-0000', 'en'), await object(member, '13900000009', 'zh'), await object(anybody, '邻村王某', 'zh'), await complain('王某 w.wang@example.org')];
    const { items: [{ id: complaint }] } = await city.bureau.ok('GET', '/complaints');
    const from = server.lines.length;
    for (const { id } of filed.slice(0, 3)) await city.clerk.ok('POST', `/objections/${id}`, { outcome: 'upheld', finding: '经核查属实。', answer });
    await city.bureau.ok('POST', `/complaints/${complaint}/accept`);
    await city.bureau.ok('POST', `/complaints/${complaint}/investigate`, { outcome: 'founded', finding: '经核查，反映的情况属实。' });
    await city.bureau.ok('POST', `/complaints/${complaint}/answer`, { answer });
    await city.bureau.ok('POST', `/complaints/${complaint}/close`);
    const told = (one) => [...gateway.taken.values()].filter(({ body }) => body.text.includes(one.receipt_number)).map(({ times, body }) => [times, body.channel, body.to, body.locale]);
    await gateway.until(() => [0, 1, 3].every((n) => told(filed[n]).length));
    const recorded = () => server.lines.slice(from).filter((line) => line.event === 'delivery.recorded' && line.outcome === 'received').length;
    await server.process.seen(() => recorded() >= 3, 'three receipts');
    assert.deepEqual(filed.map(told), [[[1, 'sms', '13912340000', 'en']], [[1, 'sms', '13900000009', 'zh']], [], [[1, 'email', 'w.wang@example.org', 'zh']]]);
    assert.ok([...gateway.taken.values()].every(({ body }) => !body.text.includes(answer) && !filed.some((one) => body.text.includes(one.receipt_code))));
    assert.match([...gateway.taken.values()].find(({ body }) => body.to === '13912340000').body.text, /is answered\. Read it with the number and code of your receipt: http.*\/receipts/);
    // Among the deliveries it is a message as any other, which says neither to whom nor about what.
    const { items } = await city.bureau.ok('GET', '/deliveries?state=delivered');
    assert.deepEqual([...new Set(items.filter((one) => one.target === 'gateway').map((one) => `${one.delivery_kind} ${one.subject.split('/')[0]}`))], ['message message']);
    assert.ok(!JSON.stringify(items).includes(complaint));
    assert.doesNotMatch(server.process.log, /13912340000|w\.wang@/);
    assert.equal(rows(server, 'select * from outside_message').filter((one) => /1391234|w\.wang/.test(JSON.stringify(one))).length, 0);
  });

  test('a gateway that is down disturbs nothing; many messages arrive, each once, while people work', async () => {
    const many = long ? 10_000 : 300, { port } = gateway;
    await person.ok('POST', '/messages/settings', { notify: 'sms', language: 'zh' });
    await gateway.close();
    sql(server, `insert into message (id, account_id, application_id, kind, parameters, at) with recursive n(i) as (select 1 union all select i + 1 from n where i < ${many}) select printf('01B%023d', i), '${person.account.id}', '${dossier}', 'accepted', '{"number": "T-1"}', '2026-01-01T00:00:00.000Z' from n;
      insert into delivery (id, kind, target, subject, due_at, created_at) select id, 'message', 'gateway', 'message/' || id, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' from message where id like '01B%'`);
    const from = await remind(); // a commit that calls the sender
    await sent('unsent', from);
    const again = await file('plan'); // another party is served meanwhile
    await logged('received', again.from, again.delivery);
    assert.ok(server.lines.slice(from).filter((line) => line.level !== 'debug' && /outgoing|delivery/.test(line.event)).length <= 1, 'one line says it');
    gateway = await new Region('the key of the gateway').listen(port);
    let slowest = 0;
    while (gateway.taken.size < many) {
      const asked = Date.now();
      assert.equal((await person.json('GET', '/messages')).status, 200);
      slowest = Math.max(slowest, Date.now() - asked);
    }
    assert.ok([...gateway.taken.values()].every((one) => one.times === 1));
    assert.ok(slowest < 2000, `a page took ${slowest} ms`);
  });
});

test('over https only who proves to be the other party gets anything', async () => {
  const authority = makeAuthority(folder), stranger = makeAuthority(folder, 'stranger');
  const there = (name, from, more) => new Region(undefined, makeCertificate(folder, from, name, more)).listen();
  const [good, elsewhere, unknown] = await Promise.all([there('good', authority), there('elsewhere', authority, { names: 'DNS:platform.example' }), there('unknown', stranger)]);
  const trusted = { ca_file: authority.certificate };
  server.options.config = { outgoing_file: outgoing(folder, { region: [good, trusted], gateway: [elsewhere, trusted], payment: [unknown, trusted] }), log_level: 0 };
  server.writeConfig();
  await crash();
  const wrong = { gateway: '01TLSGATEWAY00000000000000', payment: '01TLSPAYMENT00000000000000' };
  for (const [target, id] of Object.entries(wrong))
    sql(server, `insert into delivery (id, kind, target, subject, path, body, due_at, created_at) values ('${id}', 'payment_cancel', '${target}', 'fee/1', '', '{}', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')`);
  const { from, delivery } = await file('plan'); // a commit that calls the sender
  await logged('received', from, delivery);
  assert.equal(good.taken.get(delivery).times, 1);
  for (const [target, id] of Object.entries(wrong)) {
    await logged('unsent', from, id);
    const [row] = rows(server, `select state, reason from delivery where id = '${id}'`);
    assert.match(row.state, /^(waiting|sending)$/, target);
    assert.match(row.reason, /certificate|SSL/i, target);
  }
  assert.deepEqual([...elsewhere.requests, ...unknown.requests], [], 'not even the address of the request');
  for (const one of [good, elsewhere, unknown]) await one.close();
});
