// Filing with the region's platform, which loses, delays, doubles and rejects (region.mjs): each filing arrives once
// there and its answer is recorded once here. And the mechanism below: review/delivery.h, core/outgoing/.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, teacher } from './city.mjs';
import { rows, sql } from './estate.mjs';
import { startServer } from './harness.mjs';
import { Region, outgoing } from './region.mjs';

let server, city, region, folder, dossier;

const filingOf = (id) => city.bureau.ok('GET', `/filings/${id}`);
const deliveryOf = (id) => rows(server, `select * from delivery where subject = 'filing/${id}'`);
const logged = (outcome, from, delivery) => server.seen('delivery.recorded', (line) => line.outcome === outcome && (!delivery || line.delivery === delivery), from);

/** Prepares a filing of results and sends it; answers {id, delivery, from: log lines before}. */
async function file() {
  const { id } = await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id });
  const from = server.lines.length;
  await city.bureau.ok('POST', `/filings/${id}/send`);
  return { id, from, delivery: deliveryOf(id)[0].id };
}

/** kill -9 and a new start: the sessions stay, the port does not. */
async function crash() {
  await server.crash();
  for (const one of Object.values(city)) if (one?.target) one.target.port = server.port;
}

/** Its dossier can be filed again. */
const free = () => sql(server, `delete from filing_entry; update application set state = 'confirmed' where id = '${dossier}'`);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'titled-region-'));
  region = await new Region().listen();
  server = await startServer({ config: { outgoing_file: outgoing(folder, { region: [region] }), log_level: 0 } });
  city = await buildCity(server);
  const person = await teacher(city, 'guli');
  dossier = (await person.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' })).id;
  free();
});

after(async () => {
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
    free();
  });

  // What the platform does → how often it was handed the filing, and what was done to find out.
  const faults = { lose: 'unclear', error: 'unclear', vague: 'unclear', large: 'unclear', hold: 'unclear', drop: 'unclear', busy: 'unsent', double: 'received' };
  for (const [fault, outcome] of Object.entries(faults))
    test(`survives "${fault}" without a double there or a loss here`, async () => {
      region.next(fault);
      const { id, from, delivery } = await file();
      await logged(outcome, from, delivery);
      await logged('received', from, delivery);
      region.release();
      const taken = region.taken.get(delivery), asked = region.requests.filter((one) => one.method === 'GET' && one.path.endsWith(delivery));
      assert.equal((await filingOf(id)).state, 'received');
      assert.equal((await filingOf(id)).receipt, taken.receipt);
      assert.equal(taken.times, fault === 'double' ? 2 : 1);
      assert.equal(asked.length > 0, outcome === 'unclear', 'asked before it is sent again');
      free();
    });

  test('is refused with the platform\'s reason, and filed again', async () => {
    region.next('reject');
    const { id, from, delivery } = await file();
    await logged('refused', from, delivery);
    const filing = await filingOf(id);
    assert.equal(filing.state, 'refused');
    assert.equal(filing.reason, '专家名单与库不一致');
    assert.equal(region.taken.has(delivery), false);
    const again = await file();
    await logged('received', again.from, again.delivery);
    free();
  });

  test('a redirect is not followed', async () => {
    region.next('redirect');
    const { id, from, delivery } = await file();
    await logged('refused', from, delivery);
    assert.equal(deliveryOf(id)[0].reason, 'HTTP 307');
    free();
  });

  test('one that is unknown is asked for again and again, and the question may be lost too', async () => {
    region.next('lose');
    region.askFaults = ['drop', 'drop'];
    const { from, delivery } = await file();
    await logged('received', from, delivery);
    assert.equal(region.taken.get(delivery).times, 1);
    assert.equal(region.requests.filter((one) => one.path.endsWith(delivery)).length, 3);
    free();
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
    free();
  });

  test('survives the loss of Redis', async () => {
    await server.stopRedis();
    sql(server, "update outbox set done_at = '2026-01-01T00:00:00.000Z' where done_at is null"); // the call is lost as well
    await server.restartRedis();
    for (const who of ['bureau', 'office']) await server.enter(city[who], who);
    const { from, delivery } = await file();
    await logged('received', from, delivery);
    free();
  });

  test('waits without a flood of log lines while the platform is away, then arrives', async () => {
    const { port } = region;
    await region.close();
    const { id, from, delivery } = await file();
    await logged('unsent', from, delivery);
    await logged('unsent', server.lines.length, delivery);
    assert.equal(deliveryOf(id)[0].state, 'waiting');
    assert.equal(server.lines.slice(from).filter((line) => line.level !== 'debug' && /outgoing|delivery/.test(line.event)).length, 1);
    const { items } = await city.bureau.ok('GET', '/deliveries');
    assert.equal(items.find((item) => item.id === delivery).delivery_state, 'waiting');
    region = await new Region().listen(port);
    await logged('received', from, delivery);
    await server.seen('outgoing.answers', undefined, from);
    free();
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
    free();
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
  await city.bureau.ok('POST', `/deliveries/${delivery}/receipt`, { receipt: '新平台-77' });
  assert.deepEqual([(await filingOf(id)).state, (await filingOf(id)).receipt], ['received', '新平台-77']);
});
