// Money: orders, a payment platform that loses, doubles, delays and errs (region.mjs), the counter's receipt, refunds by
// two people, and what both sides say differently. A payment is taken once, whichever way it is heard of.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, day, forward, draft, submit, teacher, verify } from './city.mjs';
import { rows, sql } from './estate.mjs';
import { startServer } from './harness.mjs';
import { Region, outgoing } from './region.mjs';

const FEE = 18000;
let server, city, platform, folder, second, today, yesterday; // the days by the demonstration's clock
const people = {}, ids = {};
const paid = []; // what the platform's books say

/** The platform's side of a payment; whether it tells us is another matter. */
function pay(order, more = {}) {
  const one = { order, payment: `ZF-${paid.length + 1}`, amount_cents: FEE, paid_on: today, ...more };
  paid.push(one);
  return one;
}
const sign = (one, key = platform.key) => createHmac('sm3', key).update([one.order, one.payment, one.amount_cents, one.paid_on].join('\n')).digest('hex');
const notify = (one, signature = sign(one)) => server.client().json('POST', '/payments/notifications', { ...one, signature });
const fee = (name, client = people[name]) => client.ok('GET', `/applications/${ids[name]}/fee`);
const stateOf = async (name) => (await city.bureau.ok('GET', `/applications/${ids[name]}`)).application.state;
const differences = async (client = city.bureau) => (await client.ok('GET', '/payments/differences')).items;
const standings = (order) => rows(server, `select standing from payment where order_number = '${order}' order by id`).map((one) => one.standing);
const delivered = (kind, from) => server.seen('delivery.recorded', (line) => line.kind === kind && line.outcome === 'received', from);

async function dates() {
  today = (await server.client().ok('GET', '/calendar')).start;
  yesterday = new Date(Date.parse(today) - 86400e3).toISOString().slice(0, 10);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'titled-payment-'));
  platform = await new Region().listen();
  platform.answers = (one, kept) => {
    const query = new URL(one.path, 'http://x').searchParams;
    if (query.has('order')) return [200, { payments: paid.filter((p) => p.order === query.get('order')) }];
    if (query.has('day')) return [200, { payments: paid.filter((p) => p.paid_on === query.get('day')) }];
    return kept && [200, { receipt: kept.receipt, pay_url: `https://pay.example/${kept.body.order}` }];
  };
  const accept = platform.accept.bind(platform);
  platform.accept = (one, say, reply) => accept(one, (status, value) => say(status, one.kind === 'payment_order' && status < 300 ? { ...value, pay_url: `https://pay.example/${one.body.order}` } : value), reply);
  const file = outgoing(folder, { payment: [platform, { deadline_seconds: 20 }] });
  server = await startServer({ config: { outgoing_file: file, payment_key_file: join(folder, 'payment.key'), log_level: 0 } });
  city = await buildCity(server, { fee: FEE, windows: { fee: { opens_on: day(15), closes_on: day(60) } } });
  second = await server.account('second', [{ role: 'office', scope: 'teacher' }]);
  const names = ['lin', 'mali', 'guli', 'aisha'];
  for (const [n, name] of names.entries()) people[name] = await teacher(city, `payer-${n}`);
  for (const name of names) {
    ids[name] = await draft(city, people[name]);
    assert.equal((await submit(people[name], ids[name])).status, 200);
  }
  for (const name of names) await verify(city, ids[name]);
  await city.clerk.ok('POST', '/notices', { applications: names.map((name) => ids[name]) });
  await server.advance(12);
  platform.next('lose'); // the first order arrives there, its answer does not arrive here
  const from = server.lines.length;
  for (const name of names) await forward(city, ids[name]);
  await platform.until(() => [...platform.taken.values()].filter((one) => one.kind === 'payment_order').length === 4);
  for (let n = 0; n < 4; n++) await server.process.seen((log) => log.split('"delivery.recorded"').length > 4, 'receipts of the orders');
  await delivered('payment_order', from);
});
after(async () => {
  await server?.stop();
  await platform?.close();
  if (folder) rmSync(folder, { recursive: true });
});

describe('an order', () => {
  test('is made with the dossier fee_due, reaches the platform once, and leads its payer there in the window', async () => {
    const orders = [...platform.taken.values()].filter((one) => one.kind === 'payment_order');
    assert.deepEqual(orders.map((one) => [one.body.amount_cents, one.times]), Array(4).fill([FEE, 1]));
    assert.ok(orders.every((one) => !JSON.stringify(one.body).includes('payer-')), 'no names');
    const early = await fee('mali');
    assert.deepEqual([early.order.order_state, early.can_pay, early.say, early.parameters.date], ['due', false, 'window_not_open', day(15)]);
    assert.match((await people.mali.page(`/applications/${ids.mali}/fee`)).text, new RegExp(`缴费”自 ${day(15)} 开始`));
    await server.advance(4);
    await dates();
    const view = await fee('mali');
    assert.equal(view.can_pay, true);
    assert.equal(view.order.pay_url, `https://pay.example/${view.order.number}`);
    assert.match((await people.mali.page(`/applications/${ids.mali}/fee`)).text, /href="https:\/\/pay\.example\/PAY-/);
    assert.equal((await fee('mali', city.bureau)).order.pay_url, undefined, 'only its payer pays');
    assert.equal((await people.lin.json('GET', `/applications/${ids.mali}/fee`)).status, 404);
  });
});

describe('a notification', () => {
  test('without our key, or with a word changed, is refused', async () => {
    const { order } = await fee('lin');
    const one = { order: order.number, payment: 'ZF-0', amount_cents: FEE, paid_on: today };
    for (const [sent, signature] of [[one, '0'.repeat(64)], [one, sign(one, 'another key of sixteen bytes')], [{ ...one, amount_cents: 1 }, sign(one)], [{ ...one, paid_on: yesterday }, sign(one)], [one, sign(one).slice(0, 63)], [one, sign(one).toUpperCase()]]) {
      const reply = await notify(sent, signature);
      assert.deepEqual([reply.status, reply.body.key], [403, 'payment_signature']);
    }
    assert.deepEqual(standings(order.number), []);
  });

  test('moves the dossier on, once: a double of it changes nothing, a second payment waits to be given back', async () => {
    const { order } = await fee('lin');
    const one = pay(order.number);
    const replies = await Promise.all([notify(one), notify(one), notify(one)]);
    assert.deepEqual(replies.map((reply) => reply.status), [200, 200, 200]);
    assert.deepEqual(standings(order.number), ['applied']);
    assert.equal(await stateOf('lin'), 'accepted');
    const { timeline } = await people.lin.ok('GET', `/applications/${ids.lin}/timeline`);
    assert.equal(timeline.history.filter((step) => step.action === 'settle_fee').length, 1);
    assert.equal((await notify(pay(order.number))).status, 200);
    assert.deepEqual(standings(order.number), ['applied', 'double']);
    assert.deepEqual((await differences()).map((one) => [one.difference, one.order_number, one.can_refund]), [['double', order.number, true]]);
  });

  test('of another sum, or of an order that is not ours, settles nothing and is not lost', async () => {
    const { order } = await fee('mali');
    assert.equal((await notify(pay(order.number, { amount_cents: FEE - 1 }))).status, 200);
    assert.equal((await notify(pay('PAY-NOBODY'))).status, 200);
    assert.equal(await stateOf('mali'), 'fee_due');
    assert.deepEqual((await differences()).map((one) => one.difference).slice(0, 2), ['unknown', 'amount']);
    assert.ok(!(await differences(city.office)).some((one) => one.difference === 'unknown'), 'an office sees its own series');
    const [told, ...more] = (await people.mali.ok('GET', '/messages')).items.filter((one) => one.kind === 'payment_unsettled');
    assert.deepEqual([told.parameters.amount, told.parameters.difference, more], ['179.99', 'amount', []]);
    assert.match((await people.mali.page('/messages')).text, /收到缴费 179\.99 元：金额不符/);
  });
});

describe('a notification that never comes', () => {
  test('is made up for when the payer asks', async () => {
    const { order } = await fee('mali');
    pay(order.number);
    const from = server.lines.length;
    assert.equal((await people.mali.form(`/applications/${ids.mali}/fee/query`)).status, 303);
    await delivered('payment_query', from);
    assert.equal(await stateOf('mali'), 'accepted');
    assert.deepEqual(standings(order.number), ['amount', 'applied']);
  });

  test('is made up for by the statement of the day, also after the window', async () => {
    const { order } = await fee('guli');
    pay(order.number, { paid_on: yesterday });
    pay(order.number, { paid_on: yesterday, payment: '' }); // no payment: passed over, the day stays open
    assert.ok(platform.requests.some((one) => one.path.endsWith(`?day=${yesterday}`)), 'yesterday is asked for by itself');
    let from = server.lines.length;
    await city.bureau.ok('POST', '/payments/statements', { day: yesterday });
    await delivered('payment_statement', from);
    assert.equal(await stateOf('guli'), 'accepted');
    assert.deepEqual(rows(server, `select answered_at from statement where day = '${yesterday}'`), [{ answered_at: null }]);
    paid.pop();
    from = server.lines.length;
    await city.bureau.ok('POST', '/payments/statements', { day: yesterday });
    await delivered('payment_statement', from);
    assert.deepEqual(standings(order.number), ['applied'], 'asked twice, taken once');
    const found = (await differences()).find((one) => one.order_number === order.number);
    assert.equal(found.difference, 'missing_here');
    assert.equal((await city.office.json('POST', `/payments/${found.id}/settle`, { note: '已核对' })).status, 403);
    await city.bureau.ok('POST', `/payments/${found.id}/settle`, { note: '已核对' });
    assert.ok(!(await differences()).some((one) => one.id === found.id));
    assert.equal((await city.bureau.json('POST', '/payments/statements', { day: day(400) })).status, 422, 'a day that is not over');
  });

  test('what the statement does not have, or has with another sum, is a difference', async () => {
    const { order } = await fee('guli');
    const ghost = { order: order.number, payment: 'ZF-GHOST', amount_cents: FEE, paid_on: yesterday };
    assert.equal((await notify(ghost)).status, 200); // signed, and not in the platform's books
    sql(server, `update payment set standing = 'applied' where reference = 'ZF-GHOST'`);
    assert.equal((await differences()).find((one) => one.reference === 'ZF-GHOST').difference, 'missing_there');
    sql(server, `insert into statement_line (reference, day, order_number, amount_cents) values ('ZF-GHOST', '${yesterday}', '${order.number}', 1)`);
    const wrong = (await differences()).find((one) => one.reference === 'ZF-GHOST');
    assert.deepEqual([wrong.difference, wrong.amount_cents, wrong.there_cents], ['amount', FEE, 1]);
    assert.match((await city.bureau.json('GET', '/payments/differences?format=csv')).text, /ZF-GHOST/);
  });
});

describe('a refund', () => {
  test('of a double payment: asked with its reason, decided by another, paid back through the platform once', async () => {
    const double = (await differences()).find((one) => one.difference === 'double');
    const { id } = await city.office.ok('POST', `/payments/${double.id}/refund`, { note: '重复缴费' });
    assert.equal((await city.bureau.json('POST', `/payments/${double.id}/refund`, { note: '再退' })).body.key, 'refund_exists');
    assert.equal((await city.office.json('POST', `/refunds/${id}/decide`, { outcome: 'approve' })).body.key, 'second_person_pays');
    assert.equal((await second.json('POST', `/refunds/${id}/decide`, { outcome: 'refuse' })).status, 422, 'a refusal says why');
    const from = server.lines.length;
    platform.next('lose');
    await second.ok('POST', `/refunds/${id}/decide`, { outcome: 'approve' });
    assert.equal((await city.office.json('POST', `/refunds/${id}/receipt`, { receipt: 'X' })).body.key, 'refund_under_way');
    await delivered('payment_refund', from);
    const sent = [...platform.taken.values()].filter((one) => one.kind === 'payment_refund');
    assert.deepEqual(sent.map((one) => [one.body.payment, one.body.amount_cents, one.body.cause, one.times]), [[double.reference, FEE, 'double', 1]]);
    assert.equal((await fee('lin')).refunds[0].refund_state, 'done');
    assert.equal((await fee('lin')).order.order_state, 'paid', 'the order itself stays paid');
    assert.ok(!(await differences()).some((one) => one.id === double.id));
    assert.ok((await people.lin.ok('GET', '/messages')).items.some((one) => one.kind === 'refunded'));
  });

  test('of the fee itself: only once the dossier was withdrawn before the review; the platform refuses, it is paid by hand', async () => {
    const applied = (await fee('lin')).payments.find((one) => one.standing === 'applied');
    const path = `/payments/${applied.id}/refund`;
    assert.equal((await city.office.json('POST', path, { note: '误缴' })).body.key, 'refund_not_due');
    assert.equal((await people.lin.json('POST', path, { note: '误缴' })).status, 403);
    await people.lin.ok('POST', `/applications/${ids.lin}/withdraw`, { sure: true });
    const { id } = await city.office.ok('POST', path, { note: '评审前撤回' });
    platform.next('reject');
    await city.bureau.ok('POST', `/refunds/${id}/decide`, { outcome: 'approve' });
    await server.seen('delivery.recorded', (line) => line.kind === 'payment_refund' && line.outcome === 'refused');
    const waiting = (await second.ok('GET', '/refunds')).items.find((one) => one.id === id);
    assert.deepEqual([waiting.refund_state, waiting.can_record], ['failed', true]);
    // Tried again it is on its way, and not paid by hand meanwhile; given up it may be; paid by hand it is not tried again.
    const stateNow = async () => (await second.ok('GET', '/refunds?show=all')).items.find((one) => one.id === id).refund_state;
    const { id: delivery } = rows(server, `select id from delivery where subject = 'refund/${id}'`)[0];
    const from = server.lines.length;
    platform.next('reject');
    await city.bureau.ok('POST', `/deliveries/${delivery}/retry`);
    await server.seen('delivery.recorded', (line) => line.kind === 'payment_refund' && line.outcome === 'refused', from);
    assert.equal(await stateNow(), 'failed');
    platform.next(...Array(50).fill('busy'));
    await city.bureau.ok('POST', `/deliveries/${delivery}/retry`);
    assert.equal(await stateNow(), 'approved');
    assert.equal((await second.json('POST', `/refunds/${id}/receipt`, { receipt: 'TK-1' })).body.key, 'refund_under_way');
    platform.faults.splice(0, 50, 'hold');
    await platform.until(() => platform.held.length);
    await city.bureau.ok('POST', `/deliveries/${delivery}/give-up`, { reason: '平台停用' });
    assert.equal(await stateNow(), 'failed');
    await second.ok('POST', `/refunds/${id}/receipt`, { receipt: 'TK-1' });
    assert.equal((await fee('lin')).order.order_state, 'refunded');
    assert.equal((await city.bureau.json('POST', `/deliveries/${delivery}/retry`)).body.key, 'refund_state');
    assert.equal(rows(server, `select state from delivery where id = '${delivery}'`)[0].state, 'given_up');
    assert.ok(!(await differences()).some((one) => one.id === applied.id));
  });

  test('that the platform reports after it was paid by hand is a difference until the bureau has settled it', async () => {
    const from = server.lines.length, twice = async () => (await differences()).find((one) => one.difference === 'refunded_twice');
    platform.release();
    await delivered('payment_refund', from);
    const { id, refund_id: refund, is_open: open } = await twice();
    assert.equal(open, true);
    assert.equal(rows(server, `select receipt from refund where id = '${refund}'`)[0].receipt, 'TK-1', 'what was paid by hand stays on record');
    assert.equal(rows(server, `select sequence from ledger where action = 'refund.receipt' and subject = 'refund/${refund}'`).length, 1);
    assert.match((await city.bureau.page('/payments/differences')).text, /退款重复/);
    await city.bureau.ok('POST', `/payments/${id}/settle`, { note: '平台退款已由申报人退回' });
    assert.equal(await twice(), undefined);
  });
});

describe('the counter, and an order that goes away', () => {
  test('a receipt pays as before; money for an order that was cancelled comes late and is kept in sight', async () => {
    const { order } = await fee('aisha');
    await people.aisha.ok('POST', `/applications/${ids.aisha}/withdraw`, { sure: true });
    assert.equal((await fee('aisha')).order.order_state, 'cancelled');
    await platform.until(() => [...platform.taken.values()].some((one) => one.kind === 'payment_cancel'));
    assert.equal((await notify(pay(order.number))).status, 200);
    assert.deepEqual(standings(order.number), ['late']);
    assert.equal(await stateOf('aisha'), 'withdrawn');
  });

  test('pages and tables for those who work with them', async () => {
    for (const [client, path] of [[city.office, '/fees'], [city.supervisor, '/fees?state=paid'], [city.bureau, '/payments/differences'], [city.bureau, '/refunds?show=all'], [city.office, `/applications/${ids.lin}/fee`], [people.lin, `/applications/${ids.lin}/fee`]]) {
      const reply = await client.page(path);
      assert.equal(reply.status, 200, `${path}: ${reply.text.slice(0, 300)}`);
      assert.doesNotMatch(reply.text, /\{\{|undefined/);
    }
    assert.equal((await city.office.ok('GET', '/fees?state=refunded')).items.length, 1);
    const filtered = (await city.office.page(`/fees?state=refunded&cycle=${city.cycle.id}`)).text;
    assert.ok(filtered.includes('<option value="refunded" selected>') && filtered.includes(`name="cycle" value="${city.cycle.id}"`), 'the filter says what it shows');
    assert.match((await city.office.json('GET', '/fees?format=csv')).text, /180\.00/);
    assert.equal((await people.mali.json('GET', '/fees')).status, 403);
  });
});
