// Titles in use: 直评直聘, transfer and return, the two ladders. The numbers are those of the seed notice, part 3.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, content, division, draft, forward, grantPosts, save, submit, teacher, verify } from './city.mjs';
import { config, rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';
import { certified, filed, stateOf } from './posts.mjs';

let server, city, people, dossiers, titles, units, today;
const ctl = (...args) => new Promise((resolve) => execFile(join(build, 'bin/titlectl'), ['--state', server.folder, ...args], (error, out, err) => resolve({ code: error?.code ?? 0, out, err })));
const holder = '阿卜杜热西提·麦麦提明·古丽娜尔·吐尔逊阿依·热依汗古丽·艾合买提江';
const names = ['ann', 'bea', 'cid', 'dan', 'eve'];
const of = (name) => titles[people[name].account.id];
const view = (name, client = city.bureau) => client.ok('GET', `/titles/${of(name)}`);
const dossier = (name) => dossiers.find((one) => one.account === people[name].account.id).application;
const appointment = (more) => ({ grade: 10, pre_directed_grade: 12, appointed_on: today, pay_effective_on: today, document: '水中校聘〔2026〕3号', ...more });
const appoint = (name, more, client = city.clerk) => client.json('POST', `/titles/${of(name)}/appointment`, appointment(more));
const move = (name, more, client = city.bureau) => client.json('POST', `/titles/${of(name)}/transfer`, { moved_on: today, document: '调令 1 号', ...more });
const free = async () => (await city.bureau.ok('GET', '/quota')).items.find((one) => one.division_code === division).available;
const publicly = async (name) => {
  const { number, check_code: code } = await view(name);
  return (await server.client().ok('GET', `/certificates/${number}?code=${code}`)).certificate;
};

before(async () => {
  server = await startServer({ config });
  city = await buildCity(server, { posts: 5 });
  people = Object.fromEntries(await Promise.all(names.map(async (login) => [login, await teacher(city, login)])));
  units = {
    town: await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' }),
    village: await server.control.ok('POST', '/units', { name: '板房沟镇中心小学', division_code: division, kind: 'school', grassroots: 'village' }),
    other: await server.control.ok('POST', '/units', { name: '羊毛工镇小学', division_code: '650109', kind: 'school', grassroots: 'township' }),
  };
  sql(server, `update account set name = '${holder}' where id = '${people.dan.account.id}'`);
  await server.advance(1);
  today = (await server.client().ok('GET', '/calendar')).start;
  dossiers = filed(server, city, names.map((name) => people[name].account.id), { approved: today });
  titles = await certified(server, city, dossiers);
});
after(async () => server?.stop());

describe('直评直聘', () => {
  test('grades are those of the level, and the grade held before is lower', async () => {
    for (const [wrong, field] of [[{ grade: 7 }, 'grade'], [{ grade: 11 }, 'grade'], [{ pre_directed_grade: 10 }, 'pre_directed_grade'], [{ pre_directed_grade: 14 }, 'pre_directed_grade'], [{ appointed_on: '2020-01-01' }, 'appointed_on'], [{ appointed_on: '2099-01-01' }, 'appointed_on'], [{ pay_effective_on: '2020-01-01' }, 'pay_effective_on'], [{ document: '' }, 'document']]) {
      const reply = await appoint('ann', wrong);
      assert.equal(reply.status, 422, JSON.stringify(wrong));
      assert.equal(reply.body.errors[0].field, field);
    }
  });

  test('the unit appoints its own, and the reserved post is used in the same step', async () => {
    const stranger = await server.account('stranger', [{ role: 'unit', scope: units.village.id }], { unit_id: units.village.id });
    assert.equal((await appoint('ann', {}, stranger)).status, 404);
    assert.equal((await appoint('ann', {}, city.hr)).status, 403);
    assert.equal((await city.clerk.json('POST', `/applications/${dossier('ann')}/actions/appoint`, {})).status, 400, 'not without its post');
    assert.equal((await appoint('ann')).status, 200);
    assert.equal(stateOf(server, dossier('ann')), 'appointed');
    const shown = await view('ann');
    assert.equal(shown.pre_directed_grade, 12);
    assert.deepEqual([shown.present.grade, shown.present.pay_effective_on, shown.present.ladder], [10, today, 'directed']);
    assert.equal((await appoint('ann')).body.key, 'state_wrong');
    for (const name of ['bea', 'cid']) assert.equal((await appoint(name, { grade: 8, pre_directed_grade: 11 })).status, 200);
    assert.equal(await free(), 0);
  });

  test('what is overdue is listed for unit, district and bureau, and said once', async () => {
    assert.deepEqual((await city.clerk.ok('GET', '/posts?late=any')).items, []);
    assert.equal((await city.clerk.json('POST', `/titles/${of('cid')}/pay`, { honoured_on: today })).status, 200);
    assert.equal((await city.clerk.json('POST', `/titles/${of('cid')}/pay`, { honoured_on: today })).body.key, 'pay_recorded');
    for (const [who, offered] of [[city.hr, false], [city.clerk, true]]) {
      const page = await who.page(`/titles/${of('cid')}`);
      assert.deepEqual([page.status, page.text.includes('/ladders/')], [200, offered], 'a link that leads somewhere');
    }
    await server.advance(35);
    const late = Object.fromEntries((await city.bureau.ok('GET', '/posts?late=any')).items.map((one) => [one.holder_name, one.late]));
    assert.deepEqual(late, { ann: 'pay', bea: 'pay', [holder]: 'appointment', eve: 'appointment' });
    for (const who of [city.clerk, city.hr, city.industry]) assert.equal((await who.ok('GET', '/posts?late=any')).items.length, 4);
    const away = await server.account('awayhr', [{ role: 'district_hr', scope: '650109' }]);
    assert.deepEqual((await away.ok('GET', '/posts')).items, []);
    await server.advance(1);
    const told = (await city.clerk.ok('GET', '/messages')).items.filter((one) => /_late$/.test(one.kind));
    assert.deepEqual(told.map((one) => one.kind).sort(), ['appointment_late', 'appointment_late', 'pay_late', 'pay_late']);
    assert.equal((await people.ann.ok('GET', '/messages')).items.filter((one) => one.kind === 'pay_late').length, 1);
    assert.match((await city.clerk.page('/posts?late=any')).text, /待遇逾期/);
    assert.match((await city.clerk.page('/messages')).text, /待遇尚未兑现/);
    today = (await server.client().ok('GET', '/calendar')).start;
  });
});

describe('定向使用', () => {
  test('to a non-grassroots unit: suspended, the grade held before is restored, the post is free', async () => {
    assert.equal((await move('ann', { to_unit: '市第一中学' }, city.clerk)).status, 403);
    assert.equal((await move('ann', {})).body.errors[0].field, 'to_unit');
    assert.equal((await move('ann', { to_unit: city.unit.id })).body.errors[0].code, 'same_unit');
    const reply = await move('ann', { to_unit: '市第一中学' });
    assert.equal(reply.body.effect, 'suspends', reply.text);
    const shown = await view('ann');
    assert.deepEqual([shown.certificate_state, shown.state_why, shown.state_since], ['suspended', 'suspended', today]);
    assert.deepEqual([shown.present.grade, shown.present.ladder, shown.present.unit_name], [12, 'before', '市第一中学']);
    assert.equal(shown.posts[0].until_on < today, true);
    assert.equal(await free(), 1);
    const seen = await publicly('ann');
    assert.equal(seen.certificate_state, 'suspended');
    assert.deepEqual(seen.state_history.map((one) => one.action), ['certify', 'appoint', 'suspend']);
    assert.ok(!JSON.stringify(seen).includes('调令'), 'documents are not the public\'s');
    const page = (await people.ann.page(`/titles/${of('ann')}`)).text;
    for (const words of ['暂停', '流动到非基层事业单位', '未重新评聘前按定向评价前的岗位等级聘任', '市第一中学', '12']) assert.ok(page.includes(words), words);
    assert.equal((await city.clerk.json('GET', `/titles/${of('ann')}`)).status, 404, 'no longer at this unit');
    assert.deepEqual((await ctl('quota', 'verify')).code, 0);
  });

  test('back at a grassroots unit: reinstated, when a post is free; of two for the last one exactly one', async () => {
    assert.equal((await move('bea', { to_name: '乌鲁木齐市某机关' })).body.effect, 'suspends');
    assert.equal(await free(), 2);
    const less = await city.bureau.json('POST', '/quota/entries', { kind: 'adjust', year: 2026, division_code: division, series: 'teacher', level: 'intermediate', posts: -1, document: '乌人社〔2026〕10号', note: '收回' });
    assert.equal(less.status, 201);
    const replies = await Promise.all(['ann', 'bea'].map((name) => move(name, { to_unit: units.village.id })));
    assert.deepEqual(replies.map((reply) => reply.status).sort(), [200, 409], replies.map((reply) => reply.text).join());
    const [won, lost] = replies[0].status === 200 ? ['ann', 'bea'] : ['bea', 'ann'];
    assert.equal(replies.find((reply) => reply.status === 409).body.key, 'quota_exhausted');
    assert.equal(stateOf(server, dossier(won)), 'appointed');
    assert.equal(stateOf(server, dossier(lost)), 'suspended');
    const shown = await view(won);
    assert.deepEqual([shown.certificate_state, shown.state_why, shown.present.ladder, shown.present.grade, shown.present.unit_name], ['valid', 'reinstated', 'directed', won === 'ann' ? 10 : 8, '板房沟镇中心小学']);
    assert.equal((await view(lost)).present?.grade, lost === 'ann' ? 12 : 11);
    assert.equal(await free(), 0);
    assert.equal((await ctl('quota', 'verify')).code, 0, 'a refused return leaves nothing');
  });

  test('within the grassroots: kept, on a post of the new district', async () => {
    assert.equal((await move('cid', { to_unit: '羊毛工镇小学' })).body.key, 'quota_exhausted');
    assert.equal((await view('cid')).present.unit_name, '水西沟镇中心小学', 'refused: nothing moved');
    await grantPosts(city.bureau, { posts: 1, divisions: ['650109'] });
    assert.equal((await move('cid', { to_unit: '羊毛工镇小学' })).body.effect, 'keeps');
    const shown = await view('cid');
    assert.deepEqual([shown.certificate_state, shown.present.grade, shown.present.unit_name, shown.posts.length], ['valid', 8, '羊毛工镇小学', 2]);
    assert.equal(await free(), 1);
  });

  test('a move is the holder\'s: his directed titles of every series are suspended and reinstated, all or none, and each says why', async () => {
    const kim = await teacher(city, 'kim');
    await grantPosts(city.bureau, { posts: 1 });
    await grantPosts(city.bureau, { posts: 1, series: 'agriculture', levels: ['senior'], year: 2025 });
    const pair = [filed(server, city, [kim.account.id], { approved: today })[0], filed(server, city, [kim.account.id], { approved: today, series: 'agriculture', specialty: 'agronomy', level: 'senior', year: 2025 })[0]];
    await certified(server, city, pair);
    const [one, other] = pair.map(({ application }) => rows(server, `select id from title where application_id = '${application}'`)[0].id);
    for (const [id, more] of [[one, {}], [other, { grade: 7, pre_directed_grade: 10 }]]) await city.clerk.ok('POST', `/titles/${id}/appointment`, appointment(more));
    const go = (id, more) => city.bureau.json('POST', `/titles/${id}/transfer`, { moved_on: today, document: '调令 2 号', ...more });
    const states = () => pair.map(({ application }) => stateOf(server, application));
    const yesterday = new Date(Date.parse(today) - 86400e3).toISOString().slice(0, 10);
    // A day before the appointment is no day to go; that day itself is.
    const early = await go(one, { to_unit: units.town.id, moved_on: yesterday });
    assert.deepEqual([early.status, early.body.errors?.[0].code ?? early.body.key], [422, 'before_title']);
    sql(server, `update title set awarded_on = '2020-01-01' where id in ('${one}', '${other}')`);
    const order = await go(one, { to_unit: units.town.id, moved_on: yesterday });
    assert.deepEqual([order.status, order.body.key], [409, 'move_out_of_order'], order.text);
    assert.ok(order.body.detail.includes(today), order.body.detail);
    assert.equal((await go(one, { to_unit: units.town.id })).body.effect, 'suspends');
    assert.deepEqual(states(), ['suspended', 'suspended']);
    for (const [id, grade] of [[one, 12], [other, 10]]) {
      const shown = await city.bureau.ok('GET', `/titles/${id}`);
      assert.deepEqual([shown.certificate_state, shown.state_why, shown.state_since, shown.present.grade, shown.present.ladder], ['suspended', 'suspended', today, grade, 'before']);
      assert.deepEqual(shown.moves.map((move) => [move.effect, move.document, move.to_name]), [['suspends', '调令 2 号', '市第一中学']]);
      const page = (await kim.page(`/titles/${id}`)).text;
      assert.equal(page.split('持证人流动到非基层事业单位').length, 2, 'explained once');
    }
    // From there to another place outside: still suspended since the first day.
    const first = today;
    await server.advance(1);
    today = (await server.client().ok('GET', '/calendar')).start;
    assert.equal((await go(other, { to_name: '市教育局某直属单位', moved_on: first })).body.effect, 'suspends', 'the same day is in order');
    assert.equal((await go(other, { to_name: '市教育局', moved_on: today })).body.effect, 'suspends');
    const still = await city.bureau.ok('GET', `/titles/${one}`);
    assert.deepEqual([still.state_since, still.moves.length, still.moves[2].grade_before, still.moves[2].grade_after], [first, 3, 12, 12]);
    assert.equal((await go(one, { to_unit: units.village.id, moved_on: first })).body.key, 'move_out_of_order', 'before the last move');
    // Back, when there is a post for each; else for none.
    const take = (posts) => city.bureau.ok('POST', '/quota/entries', { kind: 'adjust', year: 2025, division_code: division, series: 'agriculture', level: 'senior', posts, document: '乌人社〔2026〕11号', note: '调整' });
    await take(-1);
    assert.equal((await go(one, { to_unit: units.village.id })).body.key, 'quota_exhausted');
    assert.deepEqual(states(), ['suspended', 'suspended'], 'none');
    assert.equal((await city.bureau.ok('GET', `/titles/${one}`)).moves.length, 3);
    await take(1);
    assert.equal((await go(one, { to_unit: units.village.id })).body.effect, 'reinstates');
    assert.deepEqual(states(), ['appointed', 'appointed']);
    for (const [id, grade] of [[one, 10], [other, 7]]) {
      const { state_why: why, present } = await city.bureau.ok('GET', `/titles/${id}`);
      assert.deepEqual([why, present.grade, present.ladder, present.unit_name], ['reinstated', grade, 'directed', '板房沟镇中心小学']);
    }
    assert.equal((await city.bureau.json('POST', `/titles/${one}/retirement`, { retired_on: first })).body.key, 'move_out_of_order', 'nobody retires before that either');
    assert.equal((await ctl('quota', 'verify')).code, 0);
  });

  test('retirement frees the post and the title stays valid', async () => {
    const before = await free();
    assert.equal((await city.bureau.json('POST', `/titles/${of('eve')}/retirement`, { retired_on: today })).status, 200);
    assert.equal(await free(), before + 1);
    assert.equal((await publicly('eve')).certificate_state, 'retired');
    assert.equal((await appoint('eve', {}, city.bureau)).body.key, 'state_wrong');
  });
});

describe('the certificate on paper', () => {
  const bytes = (...args) => new Promise((resolve) => execFile(...args, { encoding: 'buffer' }, (error, out) => resolve(out)));
  const verify = async (what, file = key) => ctl('certificate', 'verify', what, '--key', file);
  let folder, file, key, pdf, token;

  test('one A4 page with everything on it, the same bytes every time', async () => {
    folder = mkdtempSync(join(tmpdir(), 'certificate-'));
    [file, key] = [join(folder, 'c.pdf'), join(folder, 'key.json')];
    const replies = await Promise.all(Array.from({ length: 6 }, () => city.bureau.send('GET', `/api/v1/titles/${of('dan')}/pdf`)));
    assert.ok(replies.every((reply) => reply.status === 200 && reply.headers['content-type'] === 'application/pdf'));
    pdf = replies[0].raw;
    assert.ok(replies.every((reply) => reply.raw.equals(pdf)));
    assert.ok(pdf.length < 1 << 20);
    writeFileSync(file, pdf);
    writeFileSync(key, JSON.stringify(await server.client().ok('GET', '/certificates/key')));
    const words = (await bytes('pdftotext', ['-layout', file, '-'])).toString();
    const { number, check_code: code } = await view('dan');
    for (const shown of ['专业技术职务任职资格证书', '定向评价、定向使用', holder, '一级教师', '中级', number, code, '乌鲁木齐市人力资源和社会保障局', JSON.parse(readFileSync(key)).fingerprint.slice(0, 16)]) assert.ok(words.replaceAll(/\s/g, '').includes(shown.replaceAll(/\s/g, '')), `${shown} in ${words}`);
    const facts = (await bytes('pdfinfo', [file])).toString();
    assert.match(facts, /Pages: +1\n/);
    assert.match(facts, /Page size: +595\.\d+ x 841\.\d+ pts \(A4\)/);
    await bytes('pdftoppm', ['-r', '200', '-gray', '-png', '-singlefile', file, join(folder, 'page')]);
    const scanned = (await bytes('zbarimg', ['-q', '--raw', join(folder, 'page.png')])).toString().trim();
    assert.match(scanned, new RegExp(`^http://[^ ]+/certificates/${number}\\?code=${code}#TDC1\\.`), 'the code is read from the printed page');
    assert.equal((await verify(scanned)).code, 0);
    assert.equal((await server.client().send('GET', `/api/v1/titles/${of('dan')}/pdf`)).status, 401);
    assert.equal((await people.ann.send('GET', `/api/v1/titles/${of('dan')}/pdf`)).status, 404);
  });

  test('it is valid without the server, and says what only the server knows', async () => {
    const { code, out, err } = await verify(file);
    assert.equal(code, 0, err);
    for (const shown of [/The signature is valid/, new RegExp(`Holder +${holder}`), /Title +一级教师/, /only the server knows/]) assert.match(out, shown);
    [token] = /TDC1\.[\w-]+\.[\w-]+/.exec(pdf.toString('latin1'));
    assert.equal((await verify(`http://127.0.0.1/certificates/X?code=1#${token}`)).code, 0, 'the text of the QR code');
    assert.equal((await ctl('certificate', 'verify', token)).code, 0, 'with the installation\'s own key');
  });

  test('every flipped byte of statement and signature is refused, and another key', async () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const [, statement, signature] = token.split('.');
    const place = [...Array(statement.length + 1 + signature.length).keys()];
    const tries = place.map((n) => {
      const at = 5 + n, was = token[at];
      return token.slice(0, at) + (was === '.' ? '-' : digits[(digits.indexOf(was) + 1 + (n % 60)) % 64]) + token.slice(at + 1);
    });
    // In one process each would take minutes: every place is tried in the unit test, here a sample through the program.
    for (const one of tries.filter((_, n) => n % 41 === 0 || n === statement.length)) assert.equal((await verify(one)).code, 1, one);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    assert.ok(privateKey);
    const stranger = join(folder, 'other.pem');
    writeFileSync(stranger, publicKey.export({ type: 'spki', format: 'pem' }));
    assert.equal((await verify(file, stranger)).code, 1);
    const changed = Buffer.from(pdf.toString('latin1').replace(token, token.replace('TDC1.', 'TDC1.A')), 'latin1');
    writeFileSync(join(folder, 'changed.pdf'), changed);
    assert.equal((await verify(join(folder, 'changed.pdf'))).code, 1);
    writeFileSync(join(folder, 'two.pdf'), Buffer.concat([pdf, Buffer.from(`\n${tries[3]}\n`)]));
    assert.match((await verify(join(folder, 'two.pdf'))).err, /more than one/);
    writeFileSync(join(folder, 'none.pdf'), '%PDF-1.4\n');
    assert.match((await verify(join(folder, 'none.pdf'))).err, /holds no signed statement/);
    rmSync(folder, { recursive: true });
  });
});

describe('two ladders', () => {
  const general = (more) => ({ series: 'teacher', level: 'intermediate', track: 'general', name: '一级教师', certificate_number: 'XJ-1', issuer: '自治区人力资源和社会保障厅', obtained_on: today, ...more });
  const open = async (year, parameters, cutoff_date = `${year}-08-31`) => {
    const made = await server.control.ok('POST', '/cycles', { series: 'teacher', year, name: `${year} 年度`, notice_number: '1', notice_text: '1', notice_date: '2026-08-01', cutoff_date, opens_on: '2026-09-01', closes_on: '2099-10-01', parameters });
    await server.control.ok('POST', `/cycles/${made.id}/open`);
    return made.id;
  };
  let cycle, strict;

  test('a directed title is no basis for a higher general one, nor for a directed one where the cycle says so', async () => {
    cycle = await open(2027, { general_track: true, directed_basis: true });
    const begin = (who, track, level = 'senior', at = cycle) => who.json('POST', '/applications', { cycle: at, level, specialty: 'chinese', track });
    const refused = await begin(people.dan, 'general');
    assert.equal(refused.body.key, 'general_first');
    assert.match(refused.body.detail, /中级为定向评价职称，不作为更高一级自治区通用职称的申报依据/);
    strict = await open(2028, { directed_basis: false });
    assert.equal((await begin(people.dan, 'directed', 'senior', strict)).body.key, 'directed_no_basis');
    assert.equal((await begin(people.dan, 'general', 'senior', strict)).body.errors[0].field, 'track');
    assert.equal((await begin(people.dan, 'directed')).status, 201, 'a basis for the next directed one by default');
    // Who has his directed title from elsewhere says so in the form: the same refusal at submission.
    const fresh = await teacher(city, 'fay');
    const draft = (await begin(fresh, 'general')).body.id;
    await save(fresh, draft, 1, 'current_title', { ...content().current_title, level: 'intermediate', track: 'directed' });
    assert.equal((await fresh.json('POST', `/applications/${draft}/submit`, { pledge: true, consequences: true })).body.key, 'general_first');
  });

  test('what a unit records counts when the bureau has confirmed it; then the directed title is converted', async () => {
    const at = `/ladders/${people.dan.account.id}`;
    assert.equal((await people.ann.json('GET', at)).status, 404);
    assert.equal((await people.dan.json('POST', `${at}/titles`, general())).status, 403);
    assert.equal((await city.clerk.json('POST', `${at}/titles`, general({ appointed_on: '2020-01-01' }))).body.errors[0].field, 'appointed_on');
    const { id } = await city.clerk.ok('POST', `${at}/titles`, general());
    assert.equal((await publicly('dan')).certificate_state, 'valid', 'not yet');
    const before = await free();
    assert.ok((await city.bureau.page(at)).text.includes('/confirm"'));
    await city.bureau.ok('POST', `${at}/titles/${id}/confirm`);
    assert.ok(!(await city.bureau.page(at)).text.includes('/confirm"'), 'once');
    assert.equal((await city.bureau.json('POST', `${at}/titles/${id}/confirm`)).body.key, 'held_state');
    const told = (await people.dan.ok('GET', '/messages')).items.map((one) => one.kind);
    for (const kind of ['held_confirmed', 'converted']) assert.equal(told.filter((one) => one === kind).length, 1, kind);
    const seen = await publicly('dan');
    assert.deepEqual([seen.certificate_state, seen.state_why], ['converted', 'converted']);
    assert.equal(await free(), before + 1);
    const ladder = await people.dan.ok('GET', at);
    assert.deepEqual(ladder.ladders.map((one) => [one.track, one.titles.length]), [['directed', 1], ['general', 1]]);
    assert.match((await city.bureau.page(at)).text, /已转通用/);
    const { id: wrong } = await city.clerk.ok('POST', `${at}/titles`, general({ certificate_number: 'T-OTHER' }));
    await city.bureau.ok('POST', `${at}/titles/${wrong}/withdraw`, { note: '证书编号有误' });
    assert.ok((await people.dan.ok('GET', '/messages')).items.some((one) => one.kind === 'held_withdrawn' && one.parameters.number === 'T-OTHER'));
    const { application } = rows(server, `select id as application from application where account_id = '${people.dan.account.id}' and year = 2027`)[0];
    await people.dan.ok('POST', `/applications/${application}/withdraw`, { sure: true });
    assert.equal((await people.dan.json('POST', '/applications', { cycle, level: 'senior', specialty: 'chinese', track: 'general' })).status, 201, 'the way is free');
  });

  test('years accumulate over both ladders, an overlapping day counts once', async () => {
    const at = `/ladders/${people.cid.account.id}`;
    const there = await server.account('otherclerk', [{ role: 'unit', scope: units.other.id }], { unit_id: units.other.id });
    await city.bureau.ok('POST', `${at}/titles`, general({ track: 'directed', obtained_on: '2015-08-01', appointed_on: '2015-09-01', ended_on: '2018-08-31' }));
    await city.bureau.ok('POST', `${at}/titles`, general({ level: 'junior', obtained_on: '2010-08-01', appointed_on: '2010-09-01', ended_on: '2012-08-31' }));
    await there.ok('POST', `${at}/titles`, general({ track: 'directed', obtained_on: '2000-08-01', appointed_on: '2000-09-01', ended_on: '2012-08-31' }));
    const { tenure, can_record: may } = await there.ok('GET', at);
    assert.equal(may, true);
    assert.deepEqual(tenure.map((one) => [one.level, one.years]), [['intermediate', 3], ['junior', 2]], 'not what waits for the bureau');
    assert.equal(tenure[0].days, 1096 + (await view('cid')).posts.reduce((days, post) => days + (Date.parse(post.until_on ?? today) - Date.parse(post.from_on)) / 86400e3 + 1, 0));
  });

  test('a general title is accepted where the cycle takes it: on a general one below, and on years of both ladders', async () => {
    const [hal, ina] = [await teacher(city, 'hal'), await teacher(city, 'ina')];
    const at = `/ladders/${hal.account.id}`, cycle = await open(2029, { general_track: true }, '2026-08-31');
    const junior = (more) => general({ level: 'junior', name: '二级教师', ...more });
    const present = { level: 'junior', track: 'general', obtained: '2024-06-15', appointed: '2024-07-01', certificate_number: 'B-1' };
    const recorded = junior({ obtained_on: '2024-06-15', appointed_on: '2024-07-01', ended_on: '2026-08-31' });
    const begin = () => hal.json('POST', '/applications', { cycle, level: 'intermediate', specialty: 'chinese', track: 'general' });
    // 22 months of a directed title on record and 26 of a general one: the four years that the standard asks for.
    await city.bureau.ok('POST', `${at}/titles`, junior({ track: 'directed', obtained_on: '2020-08-01', appointed_on: '2020-09-01', ended_on: '2022-06-30' }));
    assert.equal((await begin()).body.key, 'general_first');
    const { id: held } = await city.bureau.ok('POST', `${at}/titles`, recorded);
    const choose = (await hal.page(`/applications/new?cycle=${cycle}`)).text;
    for (const one of ['directed', 'general']) assert.ok(choose.includes(`name="track" id="track_${one}"`), one);
    assert.ok(!(await hal.page(`/applications/new?cycle=${strict}`)).text.includes('name="track"'), 'nothing to choose');
    assert.match((await hal.page(`/applications/new?cycle=${strict}`)).text, /name="specialty"/);
    const id = await draft(city, hal, { current_title: present }, { cycle, track: 'general' });
    assert.ok(!(await hal.page(`/applications/${id}/submit`)).text.includes('name="consequences"'), 'they are those of a directed title');
    // The same a day short, declared in the form, and for a directed title.
    const short = await draft(city, ina, { current_title: present, same_level_appointments: [{ id: 'samaaaaa', track: 'directed', title: '二级教师', certificate_number: 'C-1', start: '2020-09-02', end: '2022-06-30' }] }, { cycle });
    for (const [who, one] of [[hal, id], [ina, short]]) {
      const reply = await submit(who, one);
      assert.equal(reply.status, 200, reply.text);
      await verify(city, one);
    }
    await city.clerk.ok('POST', '/notices', { applications: [id, short] });
    await server.advance(12);
    const months = async (one) => (await city.office.ok('GET', `/applications/${one}`)).evaluation.facts.find((fact) => fact.id === 'tenure_months');
    await assert.rejects(forward(city, short));
    const refused = await act(city.office, short, 'accept');
    assert.deepEqual([refused.status, refused.body.key], [409, 'condition_unmet'], refused.text);
    assert.match(refused.body.detail, /任现职年限.*3 年 11 个月/);
    assert.deepEqual([(await months(short)).value, (await months(short)).sources], [47, ['current_title', 'same_level_appointments.0']]);
    // The general title below is gone when it comes to acceptance.
    await city.bureau.ok('POST', `${at}/titles/${held}/withdraw`, { note: '登记有误' });
    await assert.rejects(forward(city, id));
    assert.equal((await act(city.office, id, 'accept')).body.key, 'general_first');
    await city.bureau.ok('POST', `${at}/titles`, recorded);
    const accepted = await act(city.office, id, 'accept');
    assert.equal(accepted.status, 200, accepted.text);
    assert.equal(stateOf(server, id), 'accepted');
    const { value, because } = await months(id);
    assert.deepEqual([value, because], [48, '同层级聘任合计 4 年 0 个月：定向 2020-09-01 至 2022-06-30（22 个月）、通用 2024-07-01 起（26 个月）']);
    const [tenure] = (await city.bureau.ok('GET', at)).tenure;
    assert.equal(12 * tenure.years + tenure.months, value, 'the ladders say the same');
    assert.equal((await ctl('score', 'recheck', cycle)).code, 0, 'and the points are found again from the snapshot');
  });

  test('a general title of this city takes no directed post and goes with its holder', async () => {
    people.gan = await teacher(city, 'gan');
    const [one] = filed(server, city, [people.gan.account.id], { approved: '2026-09-01' });
    sql(server, `update application set track = 'general' where id = '${one.application}'`);
    dossiers.push(one);
    Object.assign(titles, await certified(server, city, [one]));
    const left = await free();
    for (const to_unit of [units.village.id, city.unit.id]) assert.equal((await move('gan', { to_unit })).status, 200);
    assert.equal((await appoint('gan', { appointed_on: '2026-09-02', pay_effective_on: '2026-09-02' })).body.key, 'move_out_of_order', 'not where he was not yet');
    assert.equal((await appoint('gan')).status, 200);
    assert.deepEqual([await free(), (await view('gan')).present.ladder], [left, 'general']);
    const gone = await move('gan', { to_unit: units.town.id });
    assert.deepEqual([gone.status, stateOf(server, one.application)], [200, 'appointed']);
    const { present, moves } = await view('gan');
    assert.deepEqual([present.grade, present.ladder, present.unit_name, moves[0].effect], [10, 'general', '市第一中学', 'keeps']);
    assert.equal((await publicly('gan')).certificate_state, 'valid');
  });

  test('every change is on the ledger, and the ledger and the posts hold', async () => {
    const actions = rows(server, "select distinct action from ledger where subject like 'title/%' or subject like 'held_title/%'").map((one) => one.action);
    for (const action of ['title.issue', 'title.appoint', 'title.pay', 'title.transfer', 'title.retire', 'held_title.record', 'held_title.confirm']) assert.ok(actions.includes(action), action);
    for (const what of ['quota', 'ledger']) assert.equal((await ctl(what, 'verify')).code, 0, what);
  });
});
