// Directed posts, from the city's total to the last free one: 总量控制、比例单列, outside the unit's own structure.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readWorkbook } from './workbook.mjs';
import { buildCity, division, grantPosts, teacher } from './city.mjs';
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

describe('one person, one post', () => {
  const [lower, higher] = ['intermediate', 'senior'], years = { intermediate: 2024, senior: 2025 };
  let units;
  /** Reserved, consumed and free posts of a level. */
  const posts = async (level, place = division) => {
    const one = (await city.bureau.ok('GET', `/quota?year=${years[level]}&level=${level}`)).items.find((found) => found.division_code === place);
    return [one.reserved, one.consumed, one.available];
  };
  /** A dossier of this level that is filed, and the title made of it: {application, filing, id}. */
  const dossier = (who, level, track = 'directed', year = years[level]) => {
    const [one] = filed(server, city, [who.account.id], { level, year });
    sql(server, `update application set track = '${track}' where id = '${one.application}'`);
    return one;
  };
  const issue = async (one) => ({ ...one, id: (await certify(one), rows(server, `select id from title where application_id = '${one.application}'`)[0]?.id) });
  const title = async (...of) => issue(dossier(...of));
  const see = (one, client = city.bureau) => client.ok('GET', `/titles/${one.id}`);
  const states = (...titles) => titles.map((one) => stateOf(server, one.application));
  const appoint = (one, on, grade, before = 12, client = city.clerk) => client.json('POST', `/titles/${one.id}/appointment`, { grade, pre_directed_grade: before, appointed_on: on, pay_effective_on: on, document: '水中校聘〔2026〕3号' });
  const move = (one, on, to_unit) => city.bureau.json('POST', `/titles/${one.id}/transfer`, { moved_on: on, document: '调令 7 号', to_unit });
  const done = (...replies) => assert.deepEqual(replies.map((reply) => reply.status), replies.map(() => 200), replies.map((reply) => reply.text).join());
  const verified = async () => assert.equal((await ctl('quota', 'verify')).err, '');

  before(async () => {
    const unit = (name, division_code, grassroots) => server.control.ok('POST', '/units', { name, division_code, kind: 'school', grassroots });
    units = { town: await unit('市第二中学', '650102', 'none'), village: await unit('萨尔达坂乡小学', division, 'village'), other: await unit('羊毛工镇小学', '650109', 'township') };
    for (const level of [lower, higher]) await grantPosts(city.bureau, { year: years[level], posts: 2, levels: [level], divisions: [division, '650109'] });
  });

  test('an appointment to a higher directed title ends the lower one, and its post is free', async () => {
    const kim = await teacher(city, 'kim');
    const [under, over] = [await title(kim, lower), await title(kim, higher)];
    assert.equal((await see(over, city.clerk)).knows_before, undefined, 'nothing is on record yet');
    done(await appoint(under, '2026-09-10', 10));
    assert.deepEqual([await posts(lower), await posts(higher)], [[0, 1, 1], [1, 0, 1]]);
    const { rises, knows_before: known, grade_before: before } = await see(over, city.clerk);
    assert.deepEqual([rises, known, before], [true, true, 12]);
    const form = (await city.clerk.page(`/titles/${over.id}`)).text;
    for (const words of [/聘任时的登记： 12</, /name="pre_directed_grade"[^>]*value="12"/, /持证人另有本系列同级或较低层级的职称/]) assert.ok(words.test(form), words);
    // Outside the grassroots neither of both would hold: the grade is that before the first.
    const revived = await appoint(over, '2026-10-10', 7, 10);
    assert.deepEqual([revived.status, revived.body.errors?.[0].code], [422, 'post_grade_directed']);
    assert.equal((await appoint(over, '2026-09-09', 7)).body.key, 'move_out_of_order', 'not before the lower one');
    assert.deepEqual([states(under, over), await posts(lower)], [['appointed', 'certified'], [0, 1, 1]], 'refused: nothing is free');
    done(await appoint(over, '2026-10-10', 7));
    assert.deepEqual([states(under, over), await posts(lower), await posts(higher)], [['superseded', 'appointed'], [0, 0, 2], [0, 1, 1]]);
    await verified();
    const [{ number }, shown] = [await see(over), await see(under)];
    assert.deepEqual([shown.certificate_state, shown.state_why, shown.state_since, shown.present, shown.can.appoint], ['valid', 'superseded', '2026-09-01', null, false]);
    assert.deepEqual(shown.posts.map((one) => [one.grade, one.from_on, one.until_on]), [[10, '2026-09-10', '2026-10-09']]);
    assert.deepEqual(shown.changes.map((one) => [one.action, one.note]).at(-1), ['supersede', number]);
    for (const [language, words] of [['zh', '所占定向岗位已腾出'], ['en', 'its directed post is free']])
      assert.ok((await kim.page(`/titles/${under.id}`, { 'Accept-Language': language })).text.includes(words), language);
    assert.ok((await kim.ok('GET', '/messages')).items.some((one) => one.kind === 'superseded'));
    const seen = (await server.client().ok('GET', `/certificates/${shown.number}?code=${shown.check_code}`)).certificate;
    assert.deepEqual([seen.certificate_state, seen.state_why, seen.state_history.at(-1).action], ['valid', 'superseded', 'supersede']);
    const { items: [freed] } = await city.bureau.ok('GET', `/quota/entries?year=${years[lower]}&division=${division}&series=teacher&level=${lower}`);
    assert.deepEqual([freed.kind, freed.note, freed.application_id], ['release', 'superseded', under.application]);
    assert.deepEqual(rows(server, `select actor, payload from ledger where action = 'title.supersede' and subject = 'title/${under.id}'`).map((one) => [one.actor, JSON.parse(one.payload)]), [[city.clerk.account.id, { by: number, on: '2026-10-10' }]]);
    const { ladders: [{ titles }], tenure } = await city.bureau.ok('GET', `/ladders/${kim.account.id}`);
    assert.deepEqual(titles.map((one) => [one.level, one.title_state ?? one.held_state, one.ended_on]).sort(), [[lower, 'valid', '2026-10-09'], [higher, 'valid', null]]);
    assert.equal(tenure.find((one) => one.level === lower).days, 30, 'of the lower level until the day before');
    const again = await appoint(under, '2026-10-11', 10);
    assert.deepEqual([again.status, again.body.key], [409, 'higher_appointed'], again.text);

    // He leaves: no post of either title, and the grade is that before both. He returns: a post for the higher one only.
    done(await move(under, '2026-10-20', units.town.id));
    assert.deepEqual([states(under, over), await posts(lower), await posts(higher)], [['suspended', 'suspended'], [0, 0, 2], [0, 0, 2]]);
    const [left, gone] = [await see(under), await see(over)];
    assert.deepEqual([left.certificate_state, left.present, left.posts.length, left.moves.map((one) => [one.effect, one.grade_after])], ['suspended', null, 1, [['suspends', null]]]);
    assert.deepEqual([gone.present.ladder, gone.present.grade, gone.present.from_on], ['before', 12, '2026-10-20']);
    done(await move(over, '2026-10-21', units.village.id));
    assert.deepEqual([states(under, over), await posts(lower), await posts(higher)], [['superseded', 'appointed'], [0, 0, 2], [0, 1, 1]]);
    const [back, held] = [await see(under), await see(over)];
    assert.deepEqual([back.certificate_state, back.state_why, back.state_since, back.present], ['valid', 'superseded', '2026-10-21', null]);
    assert.deepEqual([held.present.ladder, held.present.grade, held.present.unit_name], ['directed', 7, '萨尔达坂乡小学']);
    await verified();

    // When the higher one is gone, the lower one can be taken up again, on a post that is free.
    const there = await server.account('village', [{ role: 'unit', scope: units.village.id }], { unit_id: units.village.id });
    const second = await server.account('second', [{ role: 'bureau', scope: '' }]);
    const { id } = await city.bureau.ok('POST', `/titles/${over.id}/revocation`, { kind: 'plagiarism', decision_number: '乌人社撤〔2026〕3号', decided_on: '2026-10-22', finding: '经核查，业绩材料系抄袭他人成果，情况属实。' });
    await second.ok('POST', `/revocations/${id}/decide`);
    assert.deepEqual([states(under, over), await posts(lower), await posts(higher)], [['superseded', 'revoked'], [0, 0, 2], [0, 0, 2]], 'nothing by itself');
    assert.deepEqual([(await see(under, there)).can.appoint, shown.can.retire, (await see(under)).can.retire], [true, false, true]);
    const [{ free }] = rows(server, `select date(max(until_on), '+1 day') as free from post where title_id = '${over.id}'`); // the day of the decision
    const early = await appoint(under, '2026-10-25', 9, 12, there);
    assert.deepEqual([early.status, early.body.key, early.body.parameters], [409, 'appointed_until', { day: free }], early.text);
    done(await appoint(under, free, 9, 0, there));
    assert.deepEqual([states(under), await posts(lower), (await see(under)).present.grade], [['appointed'], [0, 1, 1], 9]);
    assert.deepEqual(rows(server, `select pre_directed_grade as before from title where id = '${under.id}'`), [{ before: null }], 'as the ledger says');
    await verified();
  });

  test('what one was appointed to lasts until the day before the next: on a higher title, on one of the level, on this', async () => {
    for (const [year, level] of [[2028, lower], [2029, lower], [2030, higher]]) await grantPosts(city.bureau, { year, posts: 3, levels: [level], divisions: [division, '650109'] });
    const third = await server.account('third', [{ role: 'bureau', scope: '' }]), village = await server.account('village-2', [{ role: 'unit', scope: units.village.id }], { unit_id: units.village.id });
    const revoke = async (one) => third.ok('POST', `/revocations/${(await city.bureau.ok('POST', `/titles/${one.id}/revocation`, { kind: 'plagiarism', decision_number: '乌人社撤〔2026〕13号', decided_on: '2026-10-22', finding: '经核查，业绩材料系抄袭他人成果，情况属实。' })).id}/decide`);
    const refused = async (reply, day) => assert.deepEqual([(await reply).status, (await reply).body.key, (await reply).body.parameters?.day], [409, 'appointed_until', day], (await reply).text);
    const until = (one) => rows(server, `select date(max(until_on), '+1 day') as free from post where title_id = '${one.id}'`)[0].free;

    // Where he is at his old grade he is not appointed on the higher one.
    const kit = await teacher(city, 'kit'), under = await title(kit, lower, 'directed', 2029), over = await title(kit, higher, 'directed', 2030);
    done(await appoint(under, '2026-09-10', 10), await appoint(over, '2026-10-10', 7), await move(over, '2026-10-20', units.town.id));
    await revoke(over);
    done(await move(under, '2026-10-25', units.village.id), await appoint(under, '2026-10-25', 9, 12, village));

    const tom = await teacher(city, 'tom'), first = await title(tom, lower, 'directed', 2028), again = await title(tom, lower, 'directed', 2029);
    done(await appoint(first, '2026-09-10', 10), await appoint(again, '2026-10-10', 9));
    await revoke(again);
    await refused(appoint(first, '2026-10-12', 10), until(again));

    const tim = await teacher(city, 'tim'), own = await title(tim, lower, 'directed', 2029);
    done(await appoint(own, '2026-09-10', 10));
    await city.bureau.ok('POST', `/ladders/${tim.account.id}/titles`, { series: 'teacher', level: higher, track: 'general', name: '教师', certificate_number: 'XJ-77', issuer: '厅', obtained_on: '2026-10-01', appointed_on: '2026-10-10' });
    await city.bureau.ok('POST', `/ladders/${tim.account.id}/titles/${rows(server, `select id from held_title where account_id = '${tim.account.id}'`)[0].id}/withdraw`, { note: '误录入' });
    await refused(appoint(own, '2026-09-20', 10), '2026-10-10');
    done(await appoint(own, '2026-10-10', 10));
    await verified();
  });

  test('so does a general one at a higher level; at the same level it converts, also what is superseded', async () => {
    const lee = await teacher(city, 'lee'), mia = await teacher(city, 'mia');
    const [free] = [(await posts(lower))[2]];
    const under = await title(lee, lower);
    done(await appoint(under, '2026-09-10', 10));
    const over = await title(lee, higher, 'general');
    done(await appoint(over, '2026-10-10', 7, 10));
    assert.deepEqual([states(under, over), (await posts(lower))[2], await posts(higher)], [['superseded', 'appointed'], free, [0, 0, 2]]);
    done(await move(over, '2026-10-20', units.town.id));
    assert.deepEqual([states(under, over), (await see(under)).present, (await see(over)).present.grade], [['suspended', 'appointed'], null, 7]);
    const general = (level, more) => ({ series: 'teacher', level, track: 'general', name: '教师', certificate_number: `XJ-${level}`, issuer: '自治区人力资源和社会保障厅', obtained_on: '2026-10-01', ...more });
    await city.bureau.ok('POST', `/ladders/${lee.account.id}/titles`, general(lower));
    assert.deepEqual(states(under, over), ['converted', 'appointed']);
    // Suspended when it happens: it comes back without a post. The higher title is one from elsewhere.
    const other = await title(mia, lower);
    done(await appoint(other, '2026-09-10', 10), await move(other, '2026-09-20', units.town.id));
    await city.bureau.ok('POST', `/ladders/${mia.account.id}/titles`, general(higher));
    assert.equal((await see(other)).present.ladder, 'before', 'obtained, not appointed');
    await city.bureau.ok('POST', `/ladders/${mia.account.id}/titles`, general(higher, { certificate_number: 'XJ-2', appointed_on: '2026-10-02' }));
    const rested = await see(other);
    assert.deepEqual([states(other), rested.certificate_state, rested.present, rested.posts.at(-1).until_on], [['suspended'], 'suspended', null, '2026-10-01']);
    done(await move(other, '2026-10-20', units.village.id));
    assert.deepEqual([states(other), (await posts(lower))[2], (await see(other)).present], [['superseded'], free, null]);
    // Certified afterwards: superseded from its first day, and no post is kept for it.
    const late = await title(mia, lower, 'directed', 2023);
    assert.deepEqual(states(late), ['superseded'], 'where no post was granted');
    await verified();
  });

  test('of two directed titles of one level the one appointed last holds the post', async () => {
    const sam = await teacher(city, 'sam');
    await grantPosts(city.bureau, { year: 2022, posts: 1, levels: [lower] });
    const [first, second] = [await title(sam, lower), await title(sam, lower, 'directed', 2022)];
    const other = async () => (await city.bureau.ok('GET', '/quota?year=2022')).items.find((one) => one.division_code === division).consumed;
    const before = await posts(lower);
    done(await appoint(first, '2026-09-10', 10));
    assert.deepEqual([states(first, second), await other()], [['appointed', 'superseded'], 0]);
    assert.equal((await appoint(second, '2026-10-10', 9, 11)).body.errors[0].code, 'post_grade_directed');
    done(await appoint(second, '2026-10-10', 9));
    assert.deepEqual([states(first, second), await posts(lower), await other()], [['superseded', 'appointed'], [before[0] - 1, before[1], before[2] + 1], 1]);
    await verified();
  });

  test('who retires from the higher one is asked for no other appointment', async () => {
    const ned = await teacher(city, 'ned');
    const [under, over] = [await title(ned, lower), await title(ned, higher)], waiting = dossier(ned, lower, 'directed', 2023);
    done(await appoint(over, '2026-10-10', 7, 11));
    assert.deepEqual([states(under), (await posts(lower))[0]], [['superseded'], 0], 'not even the kept post stays');
    done(await city.bureau.json('POST', `/titles/${over.id}/retirement`, { retired_on: '2026-11-01' }));
    assert.deepEqual([states(under, over), await posts(higher)], [['retired', 'retired'], [0, 0, 2]]);
    assert.equal((await move(over, '2026-11-02', '')).body.key, 'state_wrong', 'who has retired is not transferred');
    assert.deepEqual(states(await issue(waiting)), ['retired'], 'and no post is kept for what is certified afterwards');
    await verified();
  });

  test('nobody retires from a lower title while he is appointed on a higher one; what is superseded goes with it wherever he is', async () => {
    const uma = await teacher(city, 'uma');
    const [under, over] = [await title(uma, lower), await title(uma, higher, 'general')];
    const retire = (one) => city.bureau.json('POST', `/titles/${one.id}/retirement`, { retired_on: '2026-11-01' });
    done(await appoint(over, '2026-10-10', 7, 0));
    assert.deepEqual(states(under, over), ['superseded', 'appointed']);
    const refused = await retire(under);
    assert.deepEqual([refused.status, refused.body.key, states(under)], [409, 'state_wrong', ['superseded']], refused.text);
    done(await move(over, '2026-10-20', units.town.id));
    assert.deepEqual(states(under, over), ['suspended', 'appointed']);
    done(await retire(over));
    assert.deepEqual(states(under, over), ['retired', 'retired']);
    await verified();
  });

  test('who has left the grassroots by then gets his title suspended, without a post', async () => {
    const oda = await teacher(city, 'oda');
    const under = await title(oda, lower), waiting = dossier(oda, higher);
    done(await appoint(under, '2026-09-10', 10), await move(under, '2026-09-20', units.town.id));
    sql(server, `update filing set approved_on = '2026-10-01' where id = '${waiting.filing}'`);
    const take = (count) => city.bureau.ok('POST', '/quota/entries', entry({ kind: 'adjust', year: years[higher], level: higher, posts: count, note: '调整' }));
    await take(-2);
    const over = await issue(waiting);
    assert.deepEqual([states(over), await posts(higher)], [['suspended'], [0, 0, 0]]);
    const shown = await see(over);
    assert.deepEqual([shown.certificate_state, shown.state_why, shown.state_since, shown.present, shown.present_name], ['suspended', 'suspended', '2026-10-01', null, '市第二中学']);
    assert.deepEqual(shown.moves.map((one) => [one.effect, one.moved_on, one.from_name, one.to_name, one.document]), [['suspends', '2026-09-20', '水西沟镇中心小学', '市第二中学', '调令 7 号']]);
    assert.match((await oda.page(`/titles/${over.id}`)).text, /流动到非基层事业单位/);
    assert.equal((await appoint(over, '2026-10-02', 7, 12, city.bureau)).body.key, 'state_wrong');
    await verified();
    assert.equal((await move(over, '2026-10-20', units.village.id)).body.key, 'quota_exhausted');
    await take(2);
    assert.equal((await move(over, '2026-10-20', units.village.id)).body.effect, 'reinstates');
    assert.deepEqual([states(under, over), await posts(higher)], [['appointed', 'certified'], [1, 0, 1]]);
    assert.ok(rows(server, `select due_at from application where id = '${over.application}'`)[0].due_at, 'and is to be appointed in time');
    done(await appoint(over, '2026-10-21', 7, 12, await server.account('village2', [{ role: 'unit', scope: units.village.id }], { unit_id: units.village.id })));
    assert.deepEqual([states(under, over), await posts(higher)], [['superseded', 'appointed'], [0, 1, 1]]);
    await verified();
  });

  test('who serves at another grassroots unit by then has his title and its post there', async () => {
    const pia = await teacher(city, 'pia');
    const under = await title(pia, lower), waiting = dossier(pia, higher);
    done(await move(under, '2026-09-20', units.other.id));
    const before = await posts(higher);
    const over = await issue(waiting);
    assert.deepEqual([states(over), await posts(higher), await posts(higher, '650109')], [['certified'], before, [1, 0, 1]]);
    const shown = await see(over);
    assert.deepEqual([shown.present_name, shown.certificate_state, shown.moves.map((one) => one.effect)], ['羊毛工镇小学', 'valid', ['keeps']]);
    await verified();
  });
});

test('a dossier stays decided in its year, whatever becomes of the title', async () => {
  const later = "('superseded', 'suspended', 'converted', 'revoked', 'retired')";
  const cycles = rows(server, `select cycle_id as id, count(distinct state) as states, sum(state in ('passed', 'confirmed', 'filed', 'certified', 'appointed') or state in ${later}) as decided, count(*) as dossiers from application where state in ${later} or cycle_id in (select cycle_id from application where state in ${later}) group by cycle_id`);
  assert.ok(cycles.length && cycles.some(({ states }) => states > 2), JSON.stringify(cycles));
  for (const { id, decided, dossiers } of cycles) {
    const { levels } = await city.bureau.ok('GET', `/cycles/${id}/timeline`);
    const sum = (member) => levels.reduce((all, level) => all + level[member], 0);
    assert.deepEqual([sum('dossiers'), sum('decided')], [dossiers, decided]);
  }
});

describe('titlectl quota verify', () => {
  test('accepts what the server left', async () => {
    const { code, out, err } = await ctl('quota', 'verify');
    assert.equal(code, 0, err);
    assert.match(out, /The posts add up: \d+ entries in 23 pots/);
  });

  test('names every kind of difference', async () => {
    const { n: last, note } = rows(server, 'select sequence as n, note from quota_entry order by sequence desc limit 1')[0];
    const reserve = rows(server, "select sequence as n, application_id as id from quota_entry where kind = 'reserve' limit 1")[0];
    const changes = {
      balance: [`update quota_entry set granted = granted + 1 where sequence = ${last}`, `update quota_entry set granted = granted - 1 where sequence = ${last}`],
      ledger: [`update quota_entry set note = 'x' where sequence = ${last}`, `update quota_entry set note = '${note}' where sequence = ${last}`],
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
