// Expert pools and the draw: who may be in a pool, who can be drawn, and that nobody alone decides who is. What a draw
// leaves can be recomputed by anybody, and every change of it is named.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { approveCommittee, buildCity, foundPool } from './city.mjs';
import { startServer } from './harness.mjs';

const EXPERTS = 14;
let server, city, today;
const experts = [];

const years = (day, more) => `${Number(day.slice(0, 4)) + more}${day.slice(4)}`.replace('02-29', '02-28');
const before_ = (day) => new Date(Date.parse(`${day}T00:00:00Z`) - 86400e3).toISOString().slice(0, 10);
const next = (day) => new Date(Date.parse(`${day}T00:00:00Z`) + 86400e3).toISOString().slice(0, 10);

before(async () => {
  server = await startServer();
  city = await buildCity(server);
  today = (await server.control.ok('GET', '/calendar')).start;
  const units = await Promise.all(['市第一中学', '市第二中学', '市第三中学', '市第四中学'].map((name) => server.control.ok('POST', '/units', { name, division_code: '650102', kind: 'school', grassroots: 'none' })));
  for (let n = 0; n < EXPERTS; n++) experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'teacher' }], { unit_id: units[n % 4].id }));
});
after(async () => server?.stop());

describe('the pool', () => {
  let pool;
  const entry = (more) => ({ login: 'expert-0', title_level: 'senior', specialties: ['chinese'], term_from: today, term_until: years(today, 3), ...more });
  const put = (more) => city.office.json('POST', `/pools/${pool}/experts`, entry(more));
  const wrong = (reply) => (reply.body.errors ?? []).map((one) => `${one.field} ${one.code}`);
  const look = (query = '') => city.office.ok('GET', `/pools/${pool}${query}`);

  test('takes experts of the series, of its level, for three years to the day', async () => {
    pool = (await city.office.ok('POST', '/pools', { series: 'teacher', tier: 'senior' })).id;
    assert.equal((await city.office.json('POST', '/pools', { series: 'teacher', tier: 'senior' })).body.key, 'pool_exists');
    assert.deepEqual(wrong(await put({ term_until: next(years(today, 3)) })), ['term_until term_too_long']);
    assert.deepEqual(wrong(await put({ term_until: before_(today) })), ['term_until order']);
    assert.deepEqual(wrong(await put({ title_level: 'intermediate' })), ['title_level below_pool']);
    assert.deepEqual(wrong(await put({ specialties: ['nosuch'] })), ['specialties choice']);
    assert.deepEqual(wrong(await put({ login: 'nobody' })), ['login unknown']);
    assert.deepEqual(wrong(await put({ login: 'office' })), ['login not_an_expert']);
    assert.equal((await put({})).status, 200);
  });

  test('is filled from a table: every mistake by its row, all or none', async () => {
    const table = (rows) => city.office.json('POST', `/pools/${pool}/import`, { table: rows.join('\n') });
    const head = 'login,title_level,specialties,term_from,term_until,employer,outside';
    const row = (n, level = 'senior', until = years(today, 3)) => `expert-${n},${level},chinese;mathematics,${today},${until},"某大学, 新疆",是`;
    assert.deepEqual(wrong(await table([head, row(1), row(2, 'junior'), row(99), row(3, 'senior', '2099-01-01')])), ['rows.2.title_level below_pool', 'rows.3.login unknown', 'rows.4.term_until term_too_long']);
    assert.equal((await look()).items.length, 1, 'none was taken');
    assert.deepEqual(wrong(await table([row(1)])), ['table no_heading']);
    assert.equal((await table([head, row(1), '', row(2)])).body.count, 2);
    assert.equal((await table([head, row(3)].map((line) => line.replace('"某大学, 新疆"', '某大学').replaceAll(',', '\t')))).body.count, 1, 'cells from a spreadsheet');
    const { items } = await look('?specialty=mathematics&q=expert-1');
    assert.deepEqual(items.map((one) => [one.login, one.specialties.map((s) => s.id), one.outside, one.expert_state]), [['expert-1', ['chinese', 'mathematics'], true, 'proposed']]);
    assert.match((await city.office.send('GET', `/api/v1/pools/${pool}?format=csv`)).text, /expert-3/);
  });

  test('is approved by the bureau, and so is who joins later; the person confirms himself', async () => {
    const approve = (who) => who.json('POST', `/pools/${pool}/approve`, { reference: '新人社备〔2026〕3号', approved_on: today });
    assert.equal((await approve(city.bureau)).body.key, 'pool_not_submitted');
    await city.office.ok('POST', `/pools/${pool}/submit`);
    assert.equal((await approve(city.office)).status, 403);
    assert.equal((await approve(city.bureau)).status, 200);
    const shown = await look();
    assert.deepEqual([shown.pool_state, shown.approver, shown.valid_until], ['approved', 'region', years(today, 3)]);
    assert.ok(shown.items.every((one) => one.expert_state === 'active' && !one.confirmed_at));
    await put({ login: 'expert-4' });
    assert.deepEqual((await look('?state=proposed')).items.map((one) => one.login), ['expert-4']);
    const [own] = (await experts[0].ok('GET', '/experts/mine')).items;
    assert.equal((await experts[1].json('POST', `/experts/${own.id}/confirm`)).status, 404, 'nobody confirms for another');
    assert.match((await experts[0].page('/experts/mine')).text, /我同意入库/);
    await experts[0].ok('POST', `/experts/${own.id}/confirm`);
    assert.ok((await look('?q=expert-0')).items[0].confirmed_at);
    await city.office.ok('POST', `/experts/${own.id}/suspend`, { reason: '援疆结束' });
    assert.deepEqual([(await look('?q=expert-0')).items[0].expert_state, (await experts[0].ok('GET', '/experts/mine')).items[0].remark], ['suspended', '援疆结束']);
    await city.office.ok('POST', `/experts/${own.id}/resume`);
    for (const [who, path] of [[city.office, '/pools'], [city.bureau, `/pools/${pool}`], [city.office, `/pools/${pool}`], [city.supervisor, `/pools/${pool}`]]) assert.equal((await who.page(path)).status, 200);
  });
});
