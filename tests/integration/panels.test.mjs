// What happens between acceptance and the meeting: who keeps out of a dossier and on which ground, who reads which.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, forward, foundCommittee, pdf, submit, teacher, verify } from './city.mjs';
import { rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';

let server, city, committee, panel;
const experts = {}, people = {}, dossiers = {}; // by name

const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
const id = (name) => experts[name].account.id;
const names = (list) => list.map((name) => id(name));
const grounds = () => Object.fromEntries(rows(server, "select c.name || ' ' || a.name as pair, group_concat(r.kind) as kinds from recusal r join account c on c.id = r.account_id join application d on d.id = r.application_id join account a on a.id = d.account_id where r.lifted_at is null group by 1").map(({ pair, kinds }) => [pair, kinds]));
/** The ids of the dossiers that an expert finds on his desk. */
const desk = async (name) => (await experts[name].ok('GET', '/reviews')).items.map((one) => one.id).sort();

before(async () => {
  server = await startServer();
  city = await buildCity(server);
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  const logins = ['chair', 'plain', 'second', 'third', 'former', 'longago', 'kin', 'coauthor', 'teacher', 'rival'];
  const made = await Promise.all(logins.map((login) => server.account(login, [{ role: 'expert', scope: 'teacher' }], { unit_id: away.id })));
  for (const [n, login] of logins.entries()) experts[login] = made[n];
  for (const login of ['lin', 'mali']) people[login] = await teacher(city, login);
  const research = [{ id: 'resaaaaa', title: '乡村阅读研究', kind: 'paper', level: 'city', role: 'first', coauthors: '王某某、coauthor', date: '2024-05-01' }];
  for (const login of ['lin', 'mali']) {
    dossiers[login] = await draft(city, people[login], login === 'lin' ? { research } : {});
    if (login === 'lin') await people.lin.upload(`/api/v1/applications/${dossiers.lin}/evidence`, { section: 'research', item: 'resaaaaa' }, { name: '论文.pdf', type: 'application/pdf', bytes: pdf });
    const sent = await submit(people[login], dossiers[login]);
    assert.equal(sent.status, 200, sent.text);
    await verify(city, dossiers[login]);
  }
  await city.clerk.ok('POST', '/notices', { applications: Object.values(dossiers) });
  await server.advance(12);
  for (const one of Object.values(dossiers)) await forward(city, one);
  committee = await foundCommittee(city, logins.slice(0, 9).map((name) => experts[name]));
});
after(async () => server?.stop());

describe('recusal', () => {
  test('is declared in a register that only oneself reads', async () => {
    await experts.former.ok('POST', '/ties', { kind: 'unit', name: '水西沟镇中心小学', until_on: day(-700) });
    await experts.longago.ok('POST', '/ties', { kind: 'unit', name: '水西沟镇中心小学', until_on: day(-4 * 366) });
    await experts.teacher.ok('POST', '/ties', { kind: 'supervisor', name: 'mali' });
    const { id: tie } = await people.lin.ok('POST', '/ties', { kind: 'kin', name: 'kin', note: '表兄' });
    assert.equal((await people.mali.json('DELETE', `/ties/${tie}`)).status, 404);
    assert.deepEqual((await people.mali.ok('GET', '/ties')).items, []);
    assert.deepEqual((await people.lin.ok('GET', '/ties')).items.map((one) => [one.kind, one.name]), [['kin', 'kin']]);
    assert.equal((await people.lin.json('POST', '/ties', { kind: 'kin', name: 'x'.repeat(51) })).status, 422);
    assert.equal((await people.lin.json('POST', '/ties', { kind: 'kin', name: '某某', until_on: day(-1) })).status, 422, 'only units are left');
    assert.equal((await city.office.json('GET', '/ties')).status, 403);
    assert.match((await people.lin.page('/ties')).text, /近亲属/);
  });

  test('by a unit shared within three years, kin, co-authors and supervisors is found before anybody is assigned', async () => {
    panel = (await city.office.ok('POST', '/panels', { committee_id: committee, cycle_id: city.cycle.id, name: '语文组', lead: id('plain'), members: names(['plain', 'second', 'third', 'former', 'longago', 'kin', 'coauthor', 'teacher', 'rival']) })).id;
    assert.equal((await city.office.ok('POST', `/panels/${panel}/assignments`, { applications: Object.values(dossiers) })).assigned, 2);
    assert.deepEqual(grounds(), { 'former lin': 'former_unit', 'former mali': 'former_unit', 'kin lin': 'kin', 'coauthor lin': 'named', 'teacher mali': 'named' });
    const both = Object.values(dossiers).sort();
    for (const [name, sees] of Object.entries({ plain: both, longago: both, former: [], kin: [dossiers.mali], coauthor: [dossiers.mali], teacher: [dossiers.lin] })) assert.deepEqual(await desk(name), sees, name);
  });

  test('hides the dossier in every list, count, page, file, event and challenge', async () => {
    const { sections } = await experts.plain.ok('GET', `/reviews/${dossiers.lin}`);
    const [file] = sections.flatMap((section) => section.items).flatMap((item) => item.files ?? []);
    assert.equal((await experts.kin.ok('GET', '/reviews')).open, 1);
    for (const path of ['', '/live', '/challenges']) assert.equal((await experts.kin.json('GET', `/reviews/${dossiers.lin}${path}`)).status, 404, path);
    assert.equal((await experts.kin.send('GET', `/api/v1/applications/${dossiers.lin}/evidence/${file.id}`)).status, 404);
    assert.equal((await experts.kin.json('POST', `/reviews/${dossiers.lin}/challenges`, { name: 'plain', reason: '？' })).status, 404);
    const view = await city.office.ok('GET', `/panels/${panel}`);
    assert.deepEqual(view.dossiers.map((one) => one.eligible).sort(), [6, 7]);
  });

  test('holds from the moment when a tie is declared, also after the assignment', async () => {
    await experts.rival.ok('POST', '/ties', { kind: 'kin', name: 'mali' });
    assert.deepEqual(await desk('rival'), [dossiers.lin]);
    await people.lin.ok('POST', '/ties', { kind: 'coauthor', name: 'third' });
    assert.deepEqual(await desk('third'), [dossiers.mali]);
  });

  test('is asked for by name: the person is out until it is decided, and the answer tells nothing', async () => {
    const ask = (name, who = people.mali, path = 'applications') => who.json('POST', `/${path}/${dossiers.mali}/challenges`, { name, reason: '曾有争执' });
    const replies = [await ask('second'), await ask('无此人')];
    const bare = ({ status, body }) => JSON.stringify({ status, body: Object.keys(body) });
    assert.equal(bare(replies[0]), bare(replies[1]));
    assert.deepEqual(await desk('second'), [dossiers.lin]);
    assert.equal((await experts.second.json('GET', `/reviews/${dossiers.mali}`)).status, 404);
    const other = await ask('longago', experts.plain, 'reviews');
    assert.equal(other.status, 201, other.text);
    assert.deepEqual(await desk('longago'), [dossiers.lin]);
    const { items } = await city.office.ok('GET', '/challenges');
    assert.deepEqual(items.map((one) => [one.name, one.asked_by, one.concerned]), [['longago', 'plain', 2], ['无此人', 'mali', 2], ['second', 'mali', 2]]);
    assert.equal((await city.bureau.json('POST', `/challenges/${items[0].id}`, { outcome: 'upheld', because: 'x' })).status, 403);
    await city.office.ok('POST', `/challenges/${items[2].id}`, { outcome: 'dismissed', because: '核实无利害关系' });
    assert.deepEqual(await desk('second'), Object.values(dossiers).sort(), 'back in');
    await city.supervisor.ok('POST', `/challenges/${items[0].id}`, { outcome: 'upheld', because: '属实' });
    assert.deepEqual(await desk('longago'), [dossiers.lin], 'stays out');
    assert.equal((await city.office.json('POST', `/challenges/${items[0].id}`, { outcome: 'dismissed', because: 'x' })).body.key, 'challenge_decided');
    assert.equal((await ask('second')).status, 201, 'another challenge is another one');
    assert.deepEqual(await desk('second'), [dossiers.lin]);
    const [again] = (await city.office.ok('GET', '/challenges')).items;
    await city.office.ok('POST', `/challenges/${again.id}`, { outcome: 'dismissed', because: '没有新的事实' });
    const mine = await people.mali.ok('GET', `/applications/${dossiers.mali}/challenges`);
    assert.deepEqual(mine.items.map((one) => [one.name, one.outcome]), [['second', 'dismissed'], ['无此人', ''], ['second', 'dismissed']]);
    for (let n = 3; n < 20; n++) assert.equal((await ask('无此人')).status, 201);
    assert.deepEqual((await ask('无此人')).body.errors.map((one) => [one.field, one.code]), [['name', 'too_many']]);
    const { items: told } = await people.mali.ok('GET', '/messages');
    assert.ok(told.some((one) => one.kind === 'challenge_decided'));
    assert.match((await people.mali.page('/messages')).text, /回避申请已决定：不予回避/);
    for (const [who, path] of [[city.office, '/challenges?show=all'], [city.supervisor, '/recusals'], [people.mali, `/applications/${dossiers.mali}/challenges`], [experts.plain, `/reviews/${dossiers.mali}/challenges`]]) {
      const page = await who.page(path);
      assert.equal(page.status, 200, path);
      assert.doesNotMatch(page.text, /\{\{|undefined/);
    }
  });

  test('by a name that is another person\'s is lifted with the reason, and only such', async () => {
    const lift = (name, kind, who = city.office) => who.json('POST', '/recusals/lift', { application_id: dossiers.lin, account_id: id(name), kind, because: '同名' });
    assert.equal((await lift('coauthor', 'named', city.bureau)).status, 403);
    assert.equal((await lift('coauthor', 'same_unit')).body.key, 'recusal_stands');
    assert.equal((await lift('plain', 'kin')).status, 404);
    assert.equal((await lift('coauthor', 'named')).status, 200);
    assert.deepEqual(await desk('coauthor'), Object.values(dossiers).sort());
    await people.lin.ok('POST', '/ties', { kind: 'kin', name: '某某某' });
    assert.deepEqual(await desk('coauthor'), Object.values(dossiers).sort(), 'what was lifted is not found again');
    const { items } = await city.supervisor.ok('GET', '/recusals');
    assert.ok(items.some((one) => one.lifted_because === '同名' && one.name === 'coauthor'));
    const log = rows(server, "select count(*) as n from ledger where action in ('recusal.lift', 'challenge.decide', 'tie.declare')");
    assert.ok(log[0].n >= 8, JSON.stringify(log));
  });
});

describe('assignment', () => {
  const COPIES = 24;
  let group, run;

  /** More accepted dossiers of one person, as rows. */
  const copies = () => {
    const columns = rows(server, "select name from pragma_table_info('application')").map((row) => row.name);
    const change = { id: "substr(id, 1, 23) || 'X' || char(65 + n / 10) || (n % 10)", number: "number || '-' || n", year: '3000 + n', state: "'accepted'" };
    sql(server, `with recursive k(n) as (select 0 union all select n + 1 from k where n < ${COPIES - 1}) insert into application (${columns}) select ${columns.map((name) => change[name] ?? name)} from application, k where id = '${dossiers.mali}';`);
  };
  const assign = (id, body) => city.office.json('POST', `/panels/${id}/assignments`, body);
  const create = async (list) => (await city.office.ok('POST', '/panels', { committee_id: committee, cycle_id: city.cycle.id, name: '大组', lead: id(list[0]), members: names(list) })).id;

  test('names the dossiers that cannot have enough readers, and takes no fewer than the law', async () => {
    copies();
    const thin = await create(['plain', 'former', 'teacher']);
    const few = await assign(thin, { reviews: 2 });
    assert.deepEqual(few.body.errors.map((one) => [one.field, one.code]), [['reviews', 'too_small']]);
    const { body } = await assign(thin, { reviews: 3 });
    assert.deepEqual([body.assigned, body.left_out.length, body.left_out[0].because, body.left_out[0].eligible], [0, COPIES, 'too_few_experts', 1]);
    const page = await city.office.page(`/panels/${thin}/assignments/${body.run}`);
    assert.ok(page.text.includes(body.left_out[0].number), 'they are named on the page');
  });

  test('gives each dossier its readers, evenly, and nobody what he must keep out of', async () => {
    group = await create(['plain', 'second', 'third', 'former', 'kin', 'teacher', 'chair']);
    const { body } = await assign(group, { reviews: 3 });
    assert.deepEqual([body.assigned, body.left_out], [COPIES, []]);
    run = body.run;
    const view = await city.office.ok('GET', `/panels/${group}`);
    for (const one of view.dossiers) assert.deepEqual([one.readers.length, one.eligible], [3, 3]);
    const load = {};
    for (const one of view.dossiers) for (const { name } of one.readers) load[name] = (load[name] ?? 0) + 1;
    assert.deepEqual(Object.keys(load).sort(), ['chair', 'kin', 'plain', 'second', 'third'], 'neither former colleague nor supervisor');
    assert.ok(Math.max(...Object.values(load)) - Math.min(...Object.values(load)) <= 4, JSON.stringify(load)); // all but chair had some before
    assert.equal((await experts.chair.ok('GET', '/reviews')).open, load.chair, 'a desk holds what was assigned');
    const other = view.dossiers.find((one) => !one.readers.some(({ name }) => name === 'chair'));
    assert.equal((await experts.chair.json('GET', `/reviews/${other.id}`)).status, 404, 'the rest of the panel\'s is not on it');
  });

  test('finds another reader for who recused himself since', async () => {
    const [mine] = (await experts.chair.ok('GET', '/reviews')).items;
    await experts.chair.ok('POST', `/reviews/${mine.id}/recusal`, { reason: '师生' });
    const short = (await city.office.ok('GET', `/panels/${group}`)).dossiers.find((one) => one.id === mine.id);
    assert.deepEqual([short.short_of_experts, short.eligible], [true, 2]);
    const { body } = await assign(group, { reviews: 3 });
    assert.deepEqual([body.assigned, body.added], [0, 1]);
    assert.equal((await city.office.ok('GET', `/panels/${group}`)).dossiers.find((one) => one.id === mine.id).eligible, 3);
  });

  test('comes out the same from its seed, for everybody', async () => {
    const shown = await city.supervisor.ok('GET', `/panels/${group}/assignments/${run}`);
    assert.equal(shown.verified, true);
    assert.match(shown.seed, /^[0-9a-f]{32}$/);
    assert.equal((await city.office.ok('GET', `/panels/${group}/assignments`)).items.length, 2);
    assert.match((await city.office.page(`/panels/${group}/assignments/${run}`)).text, /结果一致/);
    const titlectl = (...more) => spawnSync(join(build, 'bin/titlectl'), ['--config', server.config, ...more], { encoding: 'utf8' });
    const file = join(server.folder, 'run.json');
    writeFileSync(file, JSON.stringify(shown));
    assert.match(execFileSync(join(build, 'bin/titlectl'), ['assignment', 'verify', file], { encoding: 'utf8' }), new RegExp(shown.seed));
    writeFileSync(file, JSON.stringify({ ...shown, seed: shown.seed.replace(/./, (c) => (c === '0' ? '1' : '0')) }));
    assert.match(titlectl('assignment', 'verify').stdout, /^3 assignments come out/, 'those of the records');
    const bad = titlectl('assignment', 'verify', file);
    assert.notEqual(bad.status, 0);
    assert.match(bad.stderr, /another plan/);
  });
});

describe('score sheets offline', () => {
  let table; // rows of cells, the heading first
  const KEY = 0, ITEM = 6, MOST = 10, FILLED = 11;
  const parse = (text) => text.split('\r\n').filter(Boolean).map((line) => [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell.replaceAll('""', '"')));
  const write = (rows) => rows.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n') + '\r\n';
  const send = (who, bytes) => who.upload('/api/v1/reviews/form', {}, { name: '评分表.csv', type: 'text/csv', bytes });
  const rowsOf = (key) => table.filter((cells) => cells[KEY] === key);
  const fill = (key, item, value) => (table.find((cells) => cells[KEY] === key && cells[ITEM] === item)[FILLED] = value);
  const keys = () => [...new Set(table.slice(1).map((cells) => cells[KEY]))];

  test('come as a table of what waits, and go back with every value checked as on the page', async () => {
    const reply = await experts.second.send('GET', '/api/v1/reviews/form?format=csv');
    assert.match(reply.headers['content-type'], /text\/csv/);
    assert.ok(reply.text.startsWith('\ufeff'));
    table = parse(reply.text.slice(1));
    assert.deepEqual(keys().sort(), await desk('second'));
    assert.match(reply.text, /评分规则/);
    const [one, two] = keys();
    const [indicator] = rowsOf(one).map((cells) => cells[ITEM]);
    for (const cells of rowsOf(one)) if (cells[MOST]) cells[FILLED] = cells[MOST];
    fill(one, 'opinion', '推荐');
    fill(one, 'comment', '=扎实，"好"\n第二行');
    fill(two, indicator, '99');
    fill(two, 'opinion', '赞成');
    fill(two, 'comment', '其余保存');
    fill(keys()[2], 'comment', '看不见的\u0007，倒过来的\u202e字');
    table.push(['01ARZ3NDEKTSV4RRFFQ69G5FAV', '0', '1', '', '', '', indicator, '', '', '', '', '5']);
    const { status, body } = await send(experts.second, Buffer.from(`\ufeff${write(table)}`));
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.problems.map((one) => [one.item, one.form_problem]).sort(), [[indicator, 'not_yours'], [indicator, 'range'], ['opinion', 'opinion'], ['comment', 'not_text']].sort());
    fill(keys()[2], 'comment', '');
    const range = body.problems.find((one) => one.form_problem === 'range');
    assert.equal(table[range.row - 1][FILLED], '99', 'the row is the spreadsheet\'s');
    assert.equal(body.saved, 2);
    assert.equal(body.unchanged, keys().length - 4);
    const first = await experts.second.ok('GET', `/reviews/${one}`);
    assert.deepEqual([first.sheet.opinion, first.sheet.comment, first.sheet.version], ['recommend', '=扎实，"好"\n第二行', 1]);
    assert.ok(first.indicators.every((one) => one.given === one.max_text));
    const second = await experts.second.ok('GET', `/reviews/${two}`);
    assert.deepEqual([second.sheet.comment, second.sheet.opinion, second.indicators[0].given], ['其余保存', '', ''], 'the rest of a faulty sheet is kept');
    table.pop();
  });

  test('the same again changes nothing, and a sheet changed elsewhere is not overwritten', async () => {
    const [one, two] = keys(), [{ [ITEM]: indicator, [MOST]: most }] = rowsOf(two);
    fill(two, indicator, '');
    fill(two, 'opinion', '');
    const same = await send(experts.second, Buffer.from(write(table)));
    assert.deepEqual([same.body.saved, same.body.problems], [0, []]);
    fill(one, 'opinion', '保留');
    const late = await send(experts.second, Buffer.from(write(table)));
    assert.deepEqual(late.body.problems.map((one) => [one.form_problem, one.item, one.number]), [['stale', 'opinion', rowsOf(one)[0][3]]]);
    assert.equal((await experts.second.ok('GET', `/reviews/${one}`)).sheet.opinion, 'recommend');
    fill(one, 'opinion', '推荐');
    // What was refused is mended in the same table: it replaces nothing.
    fill(two, indicator, most);
    fill(two, 'opinion', '保留');
    const mended = await send(experts.second, Buffer.from(write(table)));
    assert.deepEqual([mended.body.saved, mended.body.values, mended.body.problems], [1, 2, []]);
    const { sheet, indicators } = await experts.second.ok('GET', `/reviews/${two}`);
    assert.deepEqual([sheet.opinion, sheet.comment, indicators[0].given], ['reserve', '其余保存', most]);
    rowsOf(two)[0][1] = '';
    fill(two, indicator, '0');
    assert.deepEqual((await send(experts.second, Buffer.from(write(table)))).body.problems.map((one) => one.form_problem), ['no_version']);
  });

  test('may be saved in the encoding of a Chinese spreadsheet, with tabs, and nothing else', async () => {
    table = parse((await experts.second.send('GET', '/api/v1/reviews/form?format=csv')).text.slice(1));
    const [one] = keys();
    fill(one, 'comment', '\'＝改用国标编码'); // as the server writes what a spreadsheet would run
    const text = table.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join('\t')).join('\r\n');
    const bytes = execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text });
    const { body } = await send(experts.second, bytes);
    assert.deepEqual([body.saved, body.problems], [1, []]);
    assert.equal((await experts.second.ok('GET', `/reviews/${one}`)).sheet.comment, '＝改用国标编码');
    for (const [wrong, code] of [[Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), 'no_table'], [Buffer.from('a,b\r\n1,2\r\n'), 'other_table']]) assert.deepEqual((await send(experts.second, wrong)).body.errors.map((one) => [one.field, one.code]), [['file', code]]);
    const [head, first] = parse((await experts.second.send('GET', '/api/v1/reviews/form?format=csv')).text.slice(1));
    const many = Array.from({ length: 19_000 }, (_, n) => first.map((cell, at) => (at === 6 ? `item${n}` : at === FILLED ? '1' : cell)));
    const flood = (await send(experts.second, Buffer.from(write([head, ...many])))).body; // of items that are none: quadratic, it held up all writes
    assert.deepEqual([flood.saved, flood.problems.length, flood.problems.at(-1).form_problem], [0, 19_000, 'unknown']);
    const page = await experts.second.page('/reviews/form');
    assert.match(page.text, /enctype="multipart\/form-data"/);
    const report = await experts.second.upload('/reviews/form', {}, { name: 'a.csv', type: 'text/csv', bytes: Buffer.from(write([table[0], table[1].map((cell, n) => (n === FILLED ? '99' : cell))])) }, { Accept: 'text/html' });
    assert.equal(report.status, 200);
    assert.match(report.text, /已在别处改过/);
  });
});

describe('discussion', () => {
  let group, chosen, other;
  const read = (who, key) => experts[who].json('GET', `/discussions/${key}`);
  /** Everybody's sheet: the last one far from the others, when `apart`. */
  async function score(dossier, who, points, opinion) {
    const review = await experts[who].ok('GET', `/reviews/${dossier}`);
    const given = Object.fromEntries(review.indicators.map((one) => [one.id, Math.round(one.max * points)]));
    await experts[who].ok('POST', `/reviews/${dossier}/sheet/submit`, { points: given, opinion, comment: `${who}的评语` }, { 'If-Match': `"${review.sheet.version ?? 0}"` });
  }
  const record = (who, key, text, version) => experts[who].json('PUT', `/discussions/${key}/opinion`, { opinion: 'reserve', text }, { 'If-Match': `"${version}"` });

  test('opens when the last sheet is in, not before, and shows what the sheets differ in', async () => {
    group = (await city.office.ok('GET', '/panels')).items.find((one) => one.name === '大组' && one.assigned).id;
    const { dossiers: list } = await city.office.ok('GET', `/panels/${group}`);
    chosen = list.find((one) => !one.readers.some(({ name }) => name === 'plain'));
    other = list.find((one) => one.id !== chosen.id);
    const readers = chosen.readers.map(({ name }) => name);
    for (const name of readers.slice(0, 2)) await score(chosen.id, name, 1, 'recommend');
    assert.equal((await read(readers[0], chosen.id)).body.key, 'discussion_closed');
    assert.equal((await read('plain', chosen.id)).body.key, 'discussion_closed', 'nor for the lead');
    assert.deepEqual((await experts.plain.ok('GET', '/discussions')).items, []);
    assert.equal((await record('plain', chosen.id, '过早', 0)).body.key, 'discussion_closed');
    assert.equal((await experts[readers[2]].ok('GET', `/reviews/${chosen.id}`)).others, undefined);
    await score(chosen.id, readers[2], 0.5, 'against');
    const { body } = await read('plain', chosen.id);
    assert.equal(body.sheets.length, 3);
    assert.ok(body.spreads.length > 0 && body.spreads.every((one) => one.differs && one.spread_points === one.most_points - one.least_points));
    assert.deepEqual([body.opinions_differ, body.differs, body.panel_opinion, body.can_record], [true, true, null, true]);
    assert.equal((await read(readers[0], chosen.id)).body.can_record, false);
    assert.equal((await read('former', chosen.id)).status, 404, 'who keeps out does not discuss');
    assert.equal((await read('longago', chosen.id)).status, 404, 'nor who is not on the panel');
    const { items } = await experts.plain.ok('GET', '/discussions');
    assert.deepEqual(items.map((one) => [one.id, one.leads, one.differs, one.recorded]), [[chosen.id, true, true, false]]);
    const again = await experts[readers[2]].json('PUT', `/reviews/${chosen.id}/sheet`, { comment: '改' }, { 'If-Match': '"2"' });
    assert.ok([409, 412].includes(again.status), 'locked');
  });

  test('ends with an opinion that the lead records and the meeting sees', async () => {
    const [reader] = chosen.readers.map(({ name }) => name);
    assert.equal((await record(reader, chosen.id, '越权', 0)).body.key, 'lead_only');
    assert.equal((await record('plain', chosen.id, '材料扎实，教学成果一项有分歧', 0)).body.version, 1);
    assert.equal((await record('plain', chosen.id, '旧的', 0)).status, 412);
    assert.equal((await record('plain', chosen.id, '经讨论，建议保留', 1)).body.version, 2);
    for (const path of ['/discussions', `/discussions/${chosen.id}`]) {
      const page = await experts.plain.page(path);
      assert.equal(page.status, 200);
      assert.match(page.text, /分歧较大/);
      assert.doesNotMatch(page.text, /\{\{|undefined/);
    }
    await city.office.ok('POST', `/panels/${group}/close`, { application_id: chosen.id });
    assert.equal((await record('plain', chosen.id, '太迟', 2)).body.key, 'panel_closed');
    const today = (await server.client().ok('GET', '/calendar')).start;
    const meeting = (await city.office.ok('POST', '/meetings', { committee_id: committee, cycle_id: city.cycle.id, name: '会议', held_on: today })).id;
    await city.office.ok('POST', `/meetings/${meeting}/agenda`, { applications: [chosen.id] });
    const { motions: [motion] } = await experts.chair.ok('GET', `/meetings/${meeting}`);
    const shown = await experts.plain.ok('GET', `/meetings/${meeting}/motions/${motion.id}`);
    assert.deepEqual([shown.panel_opinion.text, shown.panel_opinion.opinion, shown.differs], ['经讨论，建议保留', 'reserve', true]);
    assert.match((await experts.plain.page(`/meetings/${meeting}/motions/${motion.id}`)).text, /经讨论，建议保留/);
  });

  test('is the condition for leaving the panel where the cycle says so', async () => {
    for (const { name } of other.readers) await score(other.id, name, 1, 'recommend');
    const agreed = (await read('plain', other.id)).body;
    assert.deepEqual([agreed.differs, agreed.spreads.some((one) => one.differs)], [false, false]);
    const { items: listed } = await experts.plain.ok('GET', '/discussions');
    assert.deepEqual(Object.fromEntries(listed.map((one) => [one.id, [one.differs, one.recorded]])), { [chosen.id]: [true, true], [other.id]: [false, false] });
    sql(server, `update cycle set parameters = json_set(parameters, '$.panel_opinion_required', json('true')) where id = '${city.cycle.id}';`);
    const close = () => city.office.json('POST', `/panels/${group}/close`, { application_id: other.id });
    assert.equal((await close()).body.key, 'panel_opinion_missing');
    assert.equal((await record('plain', other.id, '一致推荐', 0)).status, 200);
    assert.equal((await close()).status, 200);
  });
});

describe('an expert who may not judge any more', () => {
  let group, victim, mine;
  const view = () => city.office.ok('GET', `/panels/${group}`);
  const readersOf = (dossier) => dossier.readers.map(({ name }) => name);

  test('loses what he has not finished at once, and his desk says why', async () => {
    group = (await city.office.ok('GET', '/panels')).items.find((one) => one.name === '大组' && one.assigned).id;
    const { dossiers: list } = await view();
    const { items: [meeting] } = await city.office.ok('GET', '/meetings');
    const { application_id: voted } = (await city.office.ok('GET', `/meetings/${meeting.id}`)).motions[0];
    const unfinished = (name) => list.filter((one) => one.state === 'panel_review' && readersOf(one).includes(name));
    victim = readersOf(list.find((one) => one.id === voted)).find((name) => name !== 'plain' && unfinished(name).length > 1);
    mine = unfinished(victim);
    assert.ok(mine.length > 1);
    const review = await experts[victim].ok('GET', `/reviews/${mine[0].id}`);
    await experts[victim].ok('PUT', `/reviews/${mine[0].id}/sheet`, { comment: '未完' }, { 'If-Match': `"${review.sheet.version ?? 0}"` });
    const { id: record } = await city.bureau.ok('POST', '/integrity', { kind: 'expert_violation', person: victim, decision_number: '乌人社诚〔2026〕3号', decided_on: (await server.client().ok('GET', '/calendar')).start, finding: '经查，泄露评审信息。' });
    assert.ok((await desk(victim)).length > 0, 'a proposal bars nobody');
    const second = await server.account('bureau-2', [{ role: 'bureau', scope: '' }]);
    await second.ok('POST', `/integrity/${record}/confirm`);
    const list2 = await experts[victim].ok('GET', '/reviews');
    assert.deepEqual([list2.items, list2.barred.decision_number], [[], '乌人社诚〔2026〕3号']);
    assert.match((await experts[victim].page('/reviews')).text, /您现在不得参加评审/);
    assert.deepEqual((await experts[victim].ok('GET', '/discussions')).items, []);
    for (const path of [`/reviews/${mine[0].id}`, `/discussions/${mine[0].id}`]) assert.ok([404, 409].includes((await experts[victim].json('GET', path)).status), path);
    assert.equal((await experts[victim].json('GET', `/reviews/${mine[0].id}/challenges`)).status, 404);
    assert.deepEqual(rows(server, `select id from sheet where account_id = '${id(victim)}' and submitted_at is null`), []);
    const [{ payload }] = rows(server, `select payload from ledger where action = 'panel.release' and subject = 'panel/${group}'`);
    assert.deepEqual([JSON.parse(payload).account, JSON.parse(payload).taken, JSON.parse(payload).because], [id(victim), mine.length, 'barred_judging']);
  });

  test('keeps what he has submitted, marked for the office before the meeting', async () => {
    const page = await city.office.page(`/panels/${group}`);
    assert.match(page.text, /现不得评审/);
    assert.match(page.text, /已提交的保留并计入/);
    const done = (await view()).dossiers.filter((one) => one.state === 'committee_vote');
    assert.ok(done.some((one) => one.readers.some((reader) => reader.name === victim && reader.barred && reader.submitted)));
    const { items: [meeting] } = await city.office.ok('GET', '/meetings');
    assert.equal((await city.office.ok('GET', `/meetings/${meeting.id}`)).motions[0].barred_sheets, 1);
    assert.equal((await experts.plain.ok('GET', `/meetings/${meeting.id}`)).motions[0].barred_sheets, undefined);
    assert.match((await city.office.page(`/meetings/${meeting.id}`)).text, /有现不得评审的专家评分/);
    const told = (await city.office.ok('GET', '/messages')).items.find((one) => one.kind === 'expert_barred' && one.parameters.panel === '大组');
    assert.deepEqual([told.parameters.person, told.parameters.taken], [victim, mine.length]);
    assert.doesNotMatch(JSON.stringify(told), /泄露|〔2026〕3号/, 'not what was decided');
  });

  test('is replaced by others of the panel, and is given nothing more', async () => {
    const before = await view();
    const lacking = before.lacking.find((one) => one.reviews === 3).dossiers.map((one) => one.id);
    assert.deepEqual(lacking.sort(), mine.map((one) => one.id).sort());
    const { body } = await city.office.json('POST', `/panels/${group}/assignments`, { applications: lacking, reviews: 3 });
    assert.deepEqual([body.assigned, body.added, body.left_out], [0, mine.length, []]);
    const after = await view();
    assert.deepEqual(after.lacking, []);
    for (const one of after.dossiers) {
      if (one.state === 'panel_review') assert.ok(one.readers.length === 3 && !readersOf(one).includes(victim), one.number);
      else assert.deepEqual(readersOf(one), readersOf(before.dossiers.find((other) => other.id === one.id)), 'what he has finished is not given to another');
    }
    assert.equal((await city.office.ok('GET', `/panels/${group}/assignments/${body.run}`)).verified, true);
    assert.deepEqual((await city.office.json('POST', `/panels/${group}/members`, { account_id: id(victim), lead: true })).body.errors.map((one) => one.code), ['barred']);
  });

  test('leaves a panel that needs another lead, and gets one', async () => {
    const next = ['second', 'third'].find((name) => name !== victim);
    await city.office.ok('POST', `/panels/${group}/members`, { account_id: id(next), lead: true });
    assert.deepEqual((await view()).members.filter((one) => one.lead).map((one) => one.name), [next]);
    const open = (await view()).dossiers.find((one) => one.state === 'panel_review');
    const record = (who) => experts[who].json('PUT', `/discussions/${open.id}/opinion`, { opinion: 'reserve', text: '意见' }, { 'If-Match': '"0"' });
    assert.equal((await record('plain')).body.key, 'lead_only');
    assert.equal((await record(next)).body.key, 'discussion_closed');
  });
});

test('who owes a sheet is reminded before its panel\'s deadline, once, and nobody else', async () => {
  const owing = Object.fromEntries(rows(server, `select c.login, count(*) as n from panel_reader m join application a on a.id = m.application_id join account c on c.id = m.account_id
    where a.state = 'panel_review' and not exists (select 1 from sheet h where h.application_id = a.id and h.account_id = m.account_id and h.submitted_at is not null)
    and not exists (select 1 from recusal r where r.application_id = a.id and r.account_id = m.account_id and r.lifted_at is null) and c.unit_id is not a.unit_id group by c.login`).map((one) => [one.login, one.n]));
  assert.ok(Object.keys(owing).length > 2, JSON.stringify(owing));
  const due = new Date(Date.parse(`${(await server.client().ok('GET', '/calendar')).start}T15:59:59.999Z`) + 2 * 86400e3).toISOString();
  sql(server, `update application set due_at = '${due}' where state = 'panel_review'`);
  const told = () => Object.fromEntries(rows(server, "select c.login, count(*) as n, max(json_extract(m.parameters, '$.count')) as owed from message m join account c on c.id = m.account_id where m.kind = 'panel_due' group by c.login").map((one) => [one.login, [one.n, one.owed]]));
  assert.deepEqual(told(), {});
  for (const days of [1, 1]) {
    await server.advance(days);
    assert.deepEqual(told(), Object.fromEntries(Object.entries(owing).map(([login, n]) => [login, [1, n]])));
  }
});
