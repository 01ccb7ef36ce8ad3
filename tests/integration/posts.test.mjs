// Directed posts, from the city's total to the last free one: 总量控制、比例单列, outside the unit's own structure.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readWorkbook } from './workbook.mjs';
import { buildCity, division, teacher } from './city.mjs';
import { config, rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';
import { filed, stateOf } from './posts.mjs';

let server, city, people, dossiers, elsewhere;
const ctl = (...args) => new Promise((resolve) => execFile(join(build, 'bin/titlectl'), ['--state', server.folder, ...args], (error, out, err) => resolve({ code: error?.code ?? 0, out, err })));
const entry = (more) => ({ kind: 'grant', year: 2026, division_code: division, series: 'teacher', level: 'intermediate', posts: 1, document: '乌人社〔2026〕9号', ...more });
const grant = (more, client = city.bureau) => client.json('POST', '/quota/entries', entry(more));
const pot = async (client = city.bureau, wanted = division, pool = '') => (await client.ok('GET', '/quota?year=2026')).items.find((one) => one.division_code === wanted && one.pool === pool);
const certify = (one) => city.bureau.json('POST', `/filings/${one.filing}/certify`);

before(async () => {
  server = await startServer({ config });
  city = await buildCity(server, { posts: 0 });
  people = await Promise.all(['ann', 'bea', 'cid', 'dan'].map((login) => teacher(city, login)));
  dossiers = filed(server, city, people.map((one) => one.account.id));
  elsewhere = await server.account('elsewhere', [{ role: 'district_hr', scope: '650109' }]);
});
after(async () => server?.stop());

describe('the quota', () => {
  test('no certificate without a post', async () => {
    const refused = await certify(dossiers[0]);
    assert.equal(refused.status, 409);
    assert.equal(refused.body.key, 'quota_exhausted');
    assert.match(refused.body.detail, /乌鲁木齐县 2026 年中级定向岗位已没有空余/);
    assert.equal(stateOf(server, dossiers[0].application), 'filed');
  });

  test('districts stay within the city\'s total, and every grant names its document', async () => {
    assert.equal((await grant()).body.key, 'quota_total', 'no total yet');
    assert.equal((await grant({ division_code: '', posts: 3, base_posts: 300 })).status, 201);
    assert.equal((await grant({ posts: 4 })).body.key, 'quota_total');
    assert.equal((await grant({ posts: 3, base_posts: 120 })).status, 201);
    assert.equal((await grant({ posts: 1, division_code: '650109' })).body.key, 'quota_total');
    for (const [wrong, field] of [[{ document: '' }, 'document'], [{ posts: 0 }, 'posts'], [{ posts: -1 }, 'posts'], [{ level: 'junior' }, 'level'], [{ division_code: '000000' }, 'division_code'], [{ series: 'nothing' }, 'series'], [{ kind: 'adjust', posts: -1 }, 'note']]) {
      const reply = await grant(wrong);
      assert.equal(reply.status, 422, JSON.stringify(wrong));
      assert.equal(reply.body.errors[0].field, field);
    }
    for (const who of [city.office, city.clerk, city.hr]) assert.equal((await grant({}, who)).status, 403);
    assert.equal((await pot()).ratio_points, 250, '3 of 120 posts are 2.50 %');
  });

  test('posts are taken back only while they are free', async () => {
    assert.equal((await grant({ kind: 'adjust', posts: -2, note: '收回' })).status, 201);
    assert.equal((await pot()).available, 1);
    assert.equal((await grant({ kind: 'adjust', posts: -2, note: '收回' })).body.key, 'quota_in_use');
  });

  test('of two certificates for the last post exactly one is issued', async () => {
    const replies = await Promise.all(dossiers.slice(0, 2).map(certify));
    assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 409]);
    assert.deepEqual([(await pot()).granted, (await pot()).reserved, (await pot()).consumed, (await pot()).available], [1, 1, 0, 0]);
    assert.equal((await grant({ kind: 'adjust', posts: -1, note: '收回' })).body.key, 'quota_in_use');
  });

  test('a post that is set aside for a unit is taken before the shared ones, and only by its people', async () => {
    assert.equal((await grant({ division_code: '', posts: 5 })).status, 201);
    const away = await server.control.ok('POST', '/units', { name: '板房沟镇中心小学', division_code: division, kind: 'school', grassroots: 'township' });
    assert.equal((await grant({ unit_id: away.id })).status, 201);
    assert.equal((await certify(dossiers[2])).body.key, 'quota_exhausted', 'another unit\'s post');
    assert.equal((await grant({ unit_id: city.unit.id })).status, 201);
    assert.equal((await grant({})).status, 201);
    assert.equal((await certify(dossiers[2])).status, 200);
    assert.equal((await pot(city.bureau, division, city.unit.id)).reserved, 1);
    assert.equal((await pot()).available, 1);
    const outside = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
    assert.equal((await grant({ unit_id: outside.id })).body.errors[0].field, 'unit_id');
  });

  test('who sees which posts', async () => {
    assert.equal((await city.supervisor.ok('GET', '/quota')).items.length, (await city.bureau.ok('GET', '/quota')).items.length);
    assert.deepEqual((await city.clerk.ok('GET', '/quota')).items.map((one) => one.pool).sort(), ['', city.unit.id].sort(), 'not the other unit\'s, not the city\'s');
    assert.equal((await city.hr.ok('GET', '/quota')).items.length, 3);
    assert.deepEqual((await elsewhere.ok('GET', '/quota')).items, []);
    assert.equal((await people[0].json('GET', '/quota')).status, 403);
    const of = `/quota/entries?year=2026&division=${division}&series=teacher&level=intermediate`;
    assert.deepEqual((await elsewhere.ok('GET', of)).items, []);
    const { items } = await city.hr.ok('GET', of);
    assert.deepEqual(items.map((one) => one.kind), ['grant', 'reserve', 'adjust', 'grant']);
    assert.match(items[1].number, /^N-/);
    assert.ok((await city.clerk.ok('GET', of)).items.every((one) => !one.number && !one.application_id), 'a unit does not learn who holds the district\'s posts');
  });

  test('pages and tables', async () => {
    const page = (await city.bureau.page('/quota')).text;
    assert.match(page, /总量控制、比例单列/);
    assert.match(page, /action="\/quota\/entries"/);
    assert.ok(!(await city.hr.page('/quota')).text.includes('action="/quota/entries"'));
    assert.match((await city.hr.page(`/quota/entries?year=2026&division=${division}&series=teacher&level=intermediate`)).text, /乌人社〔2026〕9号/);
    const csv = (await city.hr.send('GET', '/api/v1/quota?format=csv')).text;
    assert.match(csv, /核定/);
    const sent = await city.hr.send('GET', '/api/v1/quota?format=xlsx'), [heads, ...rows] = readWorkbook(sent.raw);
    assert.match(sent.headers['content-disposition'], /filename="quota\.xlsx"/);
    assert.equal(rows.length, (await city.hr.ok('GET', '/quota')).items.length);
    assert.ok(rows.some((row) => row[heads.indexOf('核定')] === 1), 'a number is a number');
    assert.ok(heads.every((head) => /[\u4e00-\u9fff]/.test(head)), heads.join());
    for (const division_code of ['', division]) await city.bureau.ok('POST', '/quota/entries', entry({ year: 2031, division_code, document: '一\uffff二\ufffe' }));
    const entries = readWorkbook((await city.bureau.send('GET', `/api/v1/quota/entries?year=2031&division=${division}&series=teacher&level=intermediate&format=xlsx`)).raw);
    assert.ok(entries[1].includes('一\ufffd二\ufffd'), 'only what XML allows');
    const form = await city.bureau.form('/quota/entries', { ...entry({ posts: '900' }), _back: '/quota' });
    assert.equal(form.status, 409);
    assert.match(form.text, /value="900"/, 'nothing that was filled in is lost');
  });
});

describe('titlectl quota verify', () => {
  test('accepts what the server left', async () => {
    const { code, out, err } = await ctl('quota', 'verify');
    assert.equal(code, 0, err);
    assert.match(out, /The posts add up: \d+ entries in 6 pots/);
  });

  test('names every kind of difference', async () => {
    const last = rows(server, 'select max(sequence) as n from quota_entry')[0].n;
    const reserve = rows(server, "select sequence as n, application_id as id from quota_entry where kind = 'reserve' limit 1")[0];
    const changes = {
      balance: [`update quota_entry set granted = granted + 1 where sequence = ${last}`, `update quota_entry set granted = granted - 1 where sequence = ${last}`],
      ledger: [`update quota_entry set note = 'x' where sequence = ${last}`, `update quota_entry set note = '' where sequence = ${last}`],
      dossier: [`update application set state = 'appointed' where id = '${reserve.id}'`, `update application set state = 'certified' where id = '${reserve.id}'`],
      total: ["update quota_entry set posts = 1 where sequence = 1", "update quota_entry set posts = 3 where sequence = 1"],
      holder: [`update quota_entry set kind = 'release' where sequence = ${reserve.n}`, `update quota_entry set kind = 'reserve' where sequence = ${reserve.n}`],
      gap: [`update quota_entry set sequence = ${last + 5} where sequence = ${last}`, `update quota_entry set sequence = ${last} where sequence = ${last + 5}`],
    };
    for (const [kind, [change, undo]] of Object.entries(changes)) {
      sql(server, change);
      const { code, err } = await ctl('quota', 'verify');
      sql(server, undo);
      assert.equal(code, 1, kind);
      assert.match(err, new RegExp(`^  ${kind}: `, 'm'), `${kind}: ${err}`);
    }
    assert.equal((await ctl('quota', 'verify')).code, 0);
  });
});
