// After the vote, and what outlasts it: integrity records.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, submit, teacher } from './city.mjs';
import { startServer } from './harness.mjs';

let server, city, second;
before(async () => {
  server = await startServer();
  city = await buildCity(server);
  second = await server.account('bureau-2', [{ role: 'bureau', scope: '' }]);
});
after(async () => server?.stop());

/** The day so many years and days from the server's today; Feb 29 is left to the unit test. */
async function day(years, days = 0) {
  const [year, month, date] = (await server.client().ok('GET', '/calendar')).start.split('-').map(Number);
  return new Date(Date.UTC(year + years, month - 1, date + days)).toISOString().slice(0, 10);
}

const finding = '经核查，所提交的获奖证书系伪造。';

/** A record in force, written by one official and confirmed by another. */
async function record(login, kind, decided_on, decision_number = '乌人社诚〔2026〕7号') {
  const { id } = await city.bureau.ok('POST', '/integrity', { kind, person: login, decision_number, decided_on, finding });
  await second.ok('POST', `/integrity/${id}/confirm`);
  return id;
}

describe('an integrity record', () => {
  const body = { level: 'intermediate', specialty: 'chinese' };

  test('needs a second official, and is seen by whom it is about once it is in force', async () => {
    const client = await teacher(city, 'zhao'), other = await teacher(city, 'qian');
    const fields = { kind: 'plagiarism', person: 'zhao', decision_number: '乌人社诚〔2026〕3号', decided_on: await day(0), finding };
    assert.deepEqual((await city.bureau.json('POST', '/integrity', { ...fields, decided_on: await day(0, 1) })).body.errors.map((one) => [one.field, one.code]), [['decided_on', 'in_future']]);
    assert.deepEqual((await city.bureau.json('POST', '/integrity', { ...fields, person: 'nobody' })).body.errors.map((one) => one.field), ['person']);
    assert.deepEqual((await city.bureau.json('POST', '/integrity', { ...fields, kind: 'unit_failure' })).body.errors.map((one) => one.field), ['unit', 'person']);
    const { id } = await city.bureau.ok('POST', '/integrity', fields);
    assert.equal((await city.bureau.json('POST', `/integrity/${id}/confirm`)).body.key, 'integrity_second_person');
    assert.equal((await client.json('GET', `/integrity/${id}`)).status, 404, 'what is only proposed is not told');
    assert.equal((await client.json('POST', '/applications', { ...body, cycle: city.cycle.id })).status, 201, 'and bars nobody');
    await second.ok('POST', `/integrity/${id}/confirm`);
    assert.equal((await second.json('POST', `/integrity/${id}/confirm`)).body.key, 'integrity_state_wrong');

    const { record: own } = await client.ok('GET', `/integrity/${id}`);
    assert.deepEqual([own.integrity_state, own.barred_now, own.until_on, own.again_on, own.recorded_by_name], ['in_force', true, await day(3), await day(3, 1), undefined]);
    assert.ok((await client.ok('GET', '/messages')).items.some((one) => one.kind === 'integrity_recorded'));
    await client.ok('POST', `/integrity/${id}/answer`, { text: '证书由学校代办，本人不知情。' });
    for (const who of [city.bureau, city.supervisor]) assert.equal((await who.ok('GET', `/integrity/${id}`)).record.answers[0].text, '证书由学校代办，本人不知情。');
    for (const who of [other, city.clerk, city.office]) assert.equal((await who.json('GET', `/integrity/${id}`)).status, 404);
    assert.deepEqual((await other.ok('GET', '/account/integrity')).items, []);
    assert.equal((await client.ok('GET', '/account/integrity')).items.length, 1);

    assert.equal((await city.bureau.json('POST', `/integrity/${id}/withdraw`, { reason: '当事人确不知情' })).body.key, 'integrity_second_person');
    await second.ok('POST', `/integrity/${id}/withdraw`, { reason: '当事人确不知情' });
    assert.equal((await client.ok('GET', `/integrity/${id}`)).record.barred_now, false);
    const { items } = await city.supervisor.ok('GET', `/ledger?subject=integrity/${id}`);
    assert.deepEqual(items.map((one) => one.action).sort(), ['integrity.answer', 'integrity.confirm', 'integrity.propose', 'integrity.withdraw']);
  });

  test('bars from applying for three years, to the day, with the reason', async () => {
    const last = await teacher(city, 'sunny'), free = await teacher(city, 'lily');
    await record('sunny', 'false_material', await day(-3), '乌人社诚〔2023〕1号');
    await record('lily', 'false_material', await day(-3, -1));
    const until = await day(0), again = await day(0, 1);
    assert.equal((await free.json('POST', '/applications', { ...body, cycle: city.cycle.id })).status, 201);
    assert.equal((await free.ok('GET', '/applications/new')).barred, null);
    // The last day: he may prepare, because he is free before submission ends, and is told early.
    const { barred } = await last.ok('GET', '/applications/new');
    assert.deepEqual([barred.decision_number, barred.again_on], ['乌人社诚〔2023〕1号', again]);
    assert.match((await last.page('/applications/new')).text, /目前不能申报/);
    const id = await draft(city, last);
    assert.match((await last.page(`/applications/${id}`)).text, /目前不能申报/);
    const refused = await last.json('POST', `/applications/${id}/submit`, { pledge: true, consequences: true });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.key, 'barred_applying');
    for (const word of ['提供虚假材料', '乌人社诚〔2023〕1号', until, again]) assert.ok((await last.form(`/applications/${id}/submit`, { pledge: '1', consequences: '1' })).text.includes(word), word);
    await server.advance(1);
    assert.equal((await submit(last, id)).status, 200, 'the day after');
    // A longer bar: there is nothing to prepare for.
    const barred_ = await teacher(city, 'zhou');
    await record('zhou', 'improper_means', await day(-1));
    const early = await barred_.json('POST', '/applications', { ...body, cycle: city.cycle.id });
    assert.deepEqual([early.status, early.body.key], [409, 'barred_applying']);
    // A violation as an expert keeps nobody from applying.
    const expert = await teacher(city, 'wuer');
    await record('wuer', 'expert_violation', await day(0));
    assert.equal((await expert.json('POST', '/applications', { ...body, cycle: city.cycle.id })).status, 201);
  });
});
