// From an accepted dossier to a certificate that the public can check, through the API, and what must
// never happen on the way: no quorum, no vote on oneself, no sheet of others before one's own, no trace
// between voter and vote, no certificate before the approval.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, approveCommittee, buildCity, consent, draft, forward, foundCommittee, submit, teacher, verify } from './city.mjs';
import { sql } from './estate.mjs';
import { putInForce } from './standards.mjs';
import { build, startServer } from './harness.mjs';
import { readWorkbook } from './workbook.mjs';
import { checkNote, checkProof } from './ledger_proof.mjs';
import { archiveOf, factorsOf, makeKey, openSums, takeCodes } from './vote.mjs';

const MEMBERS = 11;
let server, city;
const experts = []; // members of the committee, the chair first
const dossiers = []; // ids of accepted dossiers
let committee, panel;

const query = (sql) => execFileSync('sqlite3', ['-readonly', '-json', join(server.folder, 'records/titled.db'), sql], { encoding: 'utf8' });
const rows = (sql) => JSON.parse(query(sql) || '[]');
const ids = (list) => list.map((one) => one.account.id);
const stateOf = async (id) => (await city.supervisor.ok('GET', `/applications/${id}`)).application.state;

/** Two programs that share no line accept an exported meeting, and it is the one that the minutes name. */
function verified({ uuid, fingerprint, credentials, head }, archive) {
  const folder = mkdtempSync(join(tmpdir(), 'titled-verify-')), file = join(folder, `${uuid}.bel`);
  try {
    writeFileSync(file, archive);
    execFileSync(join(build, 'bin/titlectl'), ['ballot', 'verify', file, '--election', fingerprint, '--credentials', credentials, '--head', head]);
    if (!spawnSync('belenios-tool', ['--version']).error) execFileSync('belenios-tool', ['election', 'verify'], { cwd: folder, stdio: 'pipe' }); // it is among the packages of ops/test
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Dossiers of new teachers, all accepted: one walk of every office. */
async function accept(logins) {
  const made = [];
  for (const login of logins) {
    const client = await teacher(city, login);
    const id = await draft(city, client);
    assert.equal((await submit(client, id)).status, 200);
    await verify(city, id);
    made.push(id);
  }
  await city.clerk.ok('POST', '/notices', { applications: made });
  await server.advance(12);
  for (const id of made) {
    await forward(city, id);
    assert.equal(await stateOf(id), 'accepted');
  }
  return made;
}

before(async () => {
  server = await startServer();
  city = await buildCity(server);
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  for (let n = 0; n < MEMBERS; n++) {
    const colleague = n === MEMBERS - 1; // the last one works where the teachers work
    experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'teacher' }], { unit_id: colleague ? city.unit.id : away.id }));
  }
  dossiers.push(...(await accept(['lin', 'mali', 'guli'])));
});
after(async () => server?.stop());

describe('the year', () => {
  test('is planned, changed by version, opened, extended with a reason, and public', async () => {
    const body = { series: 'teacher', year: 2027, name: '2027 年度', notice_number: '乌人社发〔2027〕1号', notice_text: '通知正文', notice_date: '2026-08-01', cutoff_date: '2026-12-31', opens_on: '2026-09-01', closes_on: '2099-10-01', parameters: { notice_days: 7, fee_cents: { senior: '180.50' } } };
    assert.equal((await city.office.json('POST', '/cycles', body)).status, 403);
    const bad = await city.bureau.json('POST', '/cycles', { ...body, closes_on: '2026-08-31', parameters: { notice_days: 4, sheep: 1 } });
    assert.equal(bad.status, 422);
    assert.deepEqual(bad.body.errors.map((f) => f.field).sort(), ['closes_on', 'parameters.notice_days', 'parameters.sheep']);
    const { id } = await city.bureau.ok('POST', '/cycles', body);
    assert.equal((await server.client().json('GET', `/cycles/${id}`)).status, 404, 'a planned cycle is not public');
    assert.equal((await city.bureau.json('PUT', `/cycles/${id}`, body)).status, 428);
    assert.equal((await city.bureau.json('PUT', `/cycles/${id}`, body, { 'If-Match': '"7"' })).status, 412);
    await city.bureau.ok('PUT', `/cycles/${id}`, { ...body, name: '改名' }, { 'If-Match': '"1"' });
    await city.bureau.ok('POST', `/cycles/${id}/open`);
    assert.equal((await city.bureau.json('PUT', `/cycles/${id}`, body, { 'If-Match': '"3"' })).status, 409);
    assert.equal((await city.bureau.json('POST', `/cycles/${id}/extend`, { closes_on: '2099-09-01', reason: '疫情' })).status, 422);
    await city.bureau.ok('POST', `/cycles/${id}/extend`, { closes_on: '2099-11-01', reason: '疫情' });
    const shown = await server.client().ok('GET', `/cycles/${id}`);
    assert.equal(shown.name, '改名');
    assert.equal(shown.closes_on, '2099-11-01');
    assert.equal(shown.parameters.notice_days, 7);
    assert.equal(shown.parameters.fee_cents.senior, 18050);
    assert.equal(shown.parameters.panel_minimum, 3, 'a parameter that was not set has its default');
    assert.equal(shown.parameters.extensions[0].reason, '疫情');
    assert.equal(shown.figures, undefined, 'numbers are not for the public');
    await city.bureau.ok('POST', `/cycles/${id}/close`, { reason: '试验' });
  });

  test('a unit with a wrong check character needs somebody who has read the certificate', async () => {
    const unit = { name: '某小学', division_code: '650121', kind: 'school', grassroots: 'village' };
    const wrong = { ...unit, uscc: '126501214576123493' };
    const refused = await city.bureau.json('POST', '/units', wrong);
    assert.equal(refused.status, 422);
    assert.deepEqual(refused.body.errors.map(({ field, code }) => [field, code]), [['uscc', 'uscc_checksum']]);
    assert.match((await city.bureau.form('/units', wrong)).text, /校验位不符.*勾选/);
    assert.equal((await city.bureau.ok('POST', '/units', { ...wrong, uscc_confirmed: true })).warning, 'uscc_checksum');
    // Genuine, but of a company: a unit of the scheme is an institution.
    assert.equal((await city.bureau.ok('POST', '/units', { ...unit, uscc: '91110000101623741K' })).warning, 'uscc_kind');
    assert.equal((await city.bureau.ok('POST', '/units', { ...unit, kind: 'village_clinic', uscc: '91110000101623741K' })).warning, null);
    assert.equal((await city.bureau.ok('POST', '/units', { ...unit, uscc: '126501214576123492' })).warning, null);
    assert.equal((await city.bureau.json('POST', '/units', { ...unit, division_code: '110000' })).status, 422);
    assert.equal((await city.office.json('POST', '/units', unit)).status, 403);
    assert.equal((await server.client().ok('GET', '/divisions')).items.length, 8);
  });

  test('national codes stand beside the words', async () => {
    const { items } = await server.client().ok('GET', '/codes');
    const list = (standard) => items.find((one) => one.standard.startsWith(standard)).codes;
    assert.deepEqual(items.map((one) => one.standard.split('-')[0]), ['GB/T 2260', 'GB/T 2261.1', 'GB/T 3304', 'GB/T 4762', 'GB/T 4658', 'GB/T 6864', 'GB/T 8561']);
    const named = (standard) => Object.fromEntries(list(standard).map(({ code, name }) => [code, name]));
    assert.equal(named('GB/T 2260')['650104'], '新市区');
    assert.equal(Object.keys(named('GB/T 3304')).length, 58);
    for (const [code, name] of Object.entries({ '01': '汉族', '02': '蒙古族', '03': '回族', '04': '藏族', '05': '维吾尔族', 11: '满族', 17: '哈萨克族', 29: '柯尔克孜族', 31: '达斡尔族', 38: '锡伯族', 41: '塔吉克族', 43: '乌孜别克族', 44: '俄罗斯族', 50: '塔塔尔族', 97: '其他', 98: '外国血统中国籍人士' })) assert.equal(named('GB/T 3304')[code], name);
    assert.deepEqual(Object.keys(named('GB/T 4658')).sort(), ['11', '14', '21', '31', '41', '44', '47', '61', '71']);
    const titles = Object.fromEntries(list('GB/T 8561').map(({ internal, code }) => [internal, code]));
    for (const [internal, code] of Object.entries({ 'teacher..senior': '052', 'teacher..full_senior': '', 'agriculture.agronomy.full_senior': '', 'agriculture.extension.full_senior': '091', 'agriculture.livestock.senior': '112', 'agriculture.veterinary.junior': '104', 'health.doctor.full_senior': '231', 'health.nursing.senior': '252', 'health.technology.full_senior': '261' })) assert.equal(titles[internal], code, internal);
    const bad = await server.control.json('POST', '/accounts', { login: 'nobody-1', name: '某', person: { ethnicity: '外星族' } });
    assert.deepEqual(bad.body.errors.map((error) => error.field), ['person.ethnicity']);
    await server.control.ok('POST', '/accounts', { login: 'nobody-1', name: '某', person: { ethnicity: '05', politics: '中共党员' } });
  });

  test('standards: drafts are not public, the author does not approve, activation retires', async () => {
    const again = await server.control.json('POST', '/standards', { series: 'teacher', level: 'intermediate', bootstrap: true });
    assert.equal(again.body.key, 'bootstrap_refused');
    assert.equal((await city.bureau.json('POST', '/standards', { series: 'teacher', level: '../etc' })).status, 400);
    assert.equal((await city.bureau.json('POST', '/standards', { series: 'teacher', level: 'nothing' })).status, 404);
    const { id } = await city.bureau.ok('POST', '/standards', { series: 'teacher', level: 'senior' });
    assert.equal((await server.client().json('GET', `/standards/${id}`)).status, 404);
    assert.equal((await city.bureau.json('POST', `/standards/${id}/approve`)).body.key, 'second_person');
    assert.equal((await city.bureau.json('POST', `/standards/${id}/activate`)).body.key, 'standard_state');
    await putInForce(city.bureau, server.control, id);
    const shown = await server.client().ok('GET', `/standards/${id}`);
    assert.equal(shown.state, 'active');
    assert.equal(shown.sections.length, 6);
    assert.ok(shown.sections.flatMap((s) => s.items).some((item) => item.kind === 'expert' && item.max > 0));
    assert.equal(shown.author, undefined);
    const page = await server.client().page('/standards');
    assert.match(page.text, new RegExp(`/standards/${id}`));
  });
});

describe('committee and panel', () => {
  const register = (more) => city.office.json('POST', '/committees', { series: 'teacher', level: 'intermediate', name: '中级评委会', founding_unit: '市教育局', ...more });
  const seats = (count) => experts.slice(0, count).map((one, n) => ({ account_id: one.account.id, position: ['chair', 'deputy', , , 'deputy'][n] ?? 'member', outside_reason: outside }));
  const outside = '专家库尚未核准';
  const seat = (id, who, position = 'member', outside_reason = outside) => city.office.json('POST', `/committees/${id}/members`, { account_id: who.account.id, position, outside_reason });
  const unseat = (id, who) => city.office.ok('DELETE', `/committees/${id}/members/${who.account.id}`);
  const submit = (id) => city.office.json('POST', `/committees/${id}/submit`);
  const approve = (id, approved_on, who = city.bureau) => who.json('POST', `/committees/${id}/approve`, { reference: '乌人社备〔2026〕7号', approved_on });
  const look = (id) => city.office.ok('GET', `/committees/${id}`);
  const today = async () => (await server.control.ok('GET', '/calendar')).start;
  const adjusted = { adjusted_minimum: 11, adjustment_reference: '新人社函〔2026〕5号' };

  test('a committee has one chair, experts only, and says what is odd about it', async () => {
    const members = seats(MEMBERS);
    assert.equal((await city.bureau.json('POST', '/committees', { series: 'teacher', level: 'intermediate', name: '中级评委会', founding_unit: '市教育局', members })).status, 403);
    for (const [wrong, field] of [[{ members: [{ ...members[0], outside_reason: '长'.repeat(301) }] }, 'outside_reason'], [{ founding_unit: '某公司' }, 'founding_unit'], [{ term_years: 4 }, 'term_years'], [{ term_years: 0 }, 'term_years'], [{ adjusted_minimum: 5 }, 'adjustment_reference'], [{ kind: 'specialty' }, 'specialties'], [{ kind: 'specialty', specialties: ['nosuch'] }, 'specialties'], [{ specialties: ['chinese'] }, 'specialties']]) {
      const refused = await register(wrong);
      assert.deepEqual([refused.status < 500 && refused.status >= 400, refused.body.errors.map((one) => one.field)], [true, [field]], refused.text);
    }
    committee = (await register({ ...adjusted, members })).body.id;
    assert.equal((await seat(committee, experts[2], 'chair')).body.key, 'second_chair');
    assert.deepEqual((await seat(committee, experts[2], 'member', '')).body.errors.map((one) => [one.field, one.code]), [['outside_reason', 'outside_pool']], 'members come from the pool');
    assert.match((await city.office.page(`/committees/${committee}`)).text, /不在专家库：专家库尚未核准/);
    assert.equal((await seat(committee, city.office)).status, 409);
    assert.deepEqual((await look(committee)).warnings, []);
    await unseat(committee, experts[10]);
    assert.deepEqual((await look(committee)).warnings, [{ code: 'even_members' }, { code: 'few_members' }]);
    await seat(committee, experts[10]);
    assert.equal((await experts[0].json('GET', `/committees/${committee}`)).status, 403);
  });

  test('sizes: 25 and 11 of a senior one, 15 and 7 of the others, odd, with a chair; approved by who decides', async () => {
    const crowd = Array.from({ length: 26 - MEMBERS }, (_, n) => ({ account: { id: `01MEMBER${String(n).padStart(18, '0')}` } }));
    sql(server, crowd.map(({ account: { id } }, n) => `insert into account (id, login, name, password_hash, created_at) values ('${id}', 'crowd-${n}', '委员${n}', '', '2026-01-01');
      insert into account_grant (account_id, role, scope, granted_by, granted_at) values ('${id}', 'expert', 'teacher', 'system', '2026-01-01');`).join('\n'));
    const all = [...experts, ...crowd];
    const members = (count) => all.slice(0, count).map((one, n) => ({ account_id: one.account.id, position: ['chair', 'deputy'][n] ?? 'member', outside_reason: outside }));
    const approveAs = async (id, approver) => city.bureau.json('POST', `/committees/${id}/approve`, { approver, reference: '乌人社备〔2026〕7号', approved_on: await today() });
    for (const [level, kind, minimum, approver] of [['senior', 'series', 25, 'region'], ['full_senior', 'series', 25, 'region'], ['senior', 'specialty', 11, 'region'], ['intermediate', 'series', 15, 'city'], ['junior', 'series', 15, 'city'], ['intermediate', 'specialty', 7, 'city'], ['junior', 'specialty', 7, 'city']]) {
      const { id } = (await register({ level, kind, specialties: kind === 'specialty' ? ['chinese'] : [], members: members(minimum - 1) })).body;
      const refused = (await submit(id)).body;
      assert.deepEqual([refused.key, (await look(id)).minimum], ['few_members', minimum], `${level} by ${kind}`);
      await seat(id, all[minimum - 1]);
      assert.equal((await submit(id)).status, 200, `${minimum} are enough of ${level} by ${kind}`);
      await city.bureau.ok('POST', `/committees/${id}/refuse`, { reason: '专业名称须写全。' });
      assert.deepEqual([(await look(id)).committee_state, (await look(id)).remark], ['drafted', '专业名称须写全。']);
      await seat(id, all[minimum]);
      assert.equal((await submit(id)).body.key, 'even_members');
      await unseat(id, all[0]);
      assert.equal((await submit(id)).body.key, 'no_chair');
      await seat(id, all[0], 'chair');
      await unseat(id, all[minimum]);
      assert.equal((await submit(id)).status, 200);
      const other = await approveAs(id, approver === 'region' ? 'city' : 'region');
      assert.deepEqual([other.status, other.body.errors?.[0].field, other.body.errors?.[0].code], [422, 'approver', 'approver_other'], `${level}: ${other.text}`);
      assert.equal((await look(id)).committee_state, 'submitted');
      if (level === 'junior' && kind === 'series') {
        const again = await city.bureau.form(`/committees/${id}/approve`, { approver: 'region', reference: 'R-1', approved_on: await today(), _back: `/committees/${id}` });
        assert.ok(again.status === 422 && /不是核准备案机关/.test(again.text) && /<option value="region" selected>自治区人社厅</.test(again.text) && again.text.includes('value="R-1"'), 'nothing is lost');
      }
      assert.equal((await approveAs(id, approver)).status, 200);
      assert.deepEqual([(await look(id)).committee_state, (await look(id)).approver, (await look(id)).members.length], ['approved', approver, minimum]);
      await city.bureau.ok('POST', `/committees/${id}/withdraw`, { reason: '试验' });
    }
  });

  test('no panel and no meeting without approval; nobody but the bureau approves', async () => {
    const panelOf = () => city.office.json('POST', '/panels', { committee_id: committee, cycle_id: city.cycle.id, name: '语文组', lead: experts[1].account.id, members: ids(experts.slice(1, 4)) });
    assert.equal((await panelOf()).body.key, 'committee_not_approved');
    assert.equal((await approve(committee, await today())).body.key, 'committee_state', 'nothing is submitted');
    assert.equal((await submit(committee)).status, 200);
    assert.equal((await seat(committee, experts[10])).body.key, 'committee_submitted');
    const refused = (await panelOf()).body;
    assert.equal(refused.key, 'committee_not_approved');
    assert.match(refused.title + refused.detail, /已报送，待核准/);
    const meeting = (await city.office.ok('POST', '/meetings', { committee_id: committee, cycle_id: city.cycle.id, name: '未核准', held_on: '2026-11-20' })).id;
    for (const who of experts.slice(0, 8)) await who.ok('POST', `/meetings/${meeting}/attendance`);
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/open`)).body.key, 'committee_not_approved');
    await city.bureau.ok('POST', `/committees/${committee}/refuse`, { reason: '补充人选' });
    const joins = await server.account('joins-early', [{ role: 'expert', scope: 'teacher' }]);
    for (const position of ['member', 'deputy']) await seat(committee, joins, position);
    assert.equal((await joins.ok('GET', '/messages')).items.filter((one) => one.kind === 'meeting_called').length, 1, 'who joins a committee that is not approved yet is told of its meeting, once');
    await unseat(committee, joins);
    assert.equal((await submit(committee)).status, 200);
    assert.equal((await approve(committee, await today(), city.office)).status, 403);
    assert.equal((await approve(committee, '2099-01-01')).status, 422);
    assert.equal((await approve(committee, await today())).status, 200);
    const { committee_state: state, reference, approver } = await look(committee);
    assert.deepEqual([state, reference, approver], ['approved', '乌人社备〔2026〕7号', 'city']);
    assert.ok(rows("select payload from ledger where action = 'committee.approve'").some((row) => row.payload.includes('乌人社备〔2026〕7号')));
  });

  test('members of an approved committee change when the change is approved', async () => {
    const seated = async () => (await look(committee)).members.map((one) => one.account_id).sort();
    const before = await seated();
    assert.equal((await submit(committee)).body.key, 'nothing_changed');
    await unseat(committee, experts[10]);
    assert.deepEqual(await seated(), before, 'not yet');
    assert.equal((await submit(committee)).body.key, 'few_members');
    const stranger = await server.account('newcomer', [{ role: 'expert', scope: 'teacher' }]);
    await seat(committee, stranger);
    assert.equal((await submit(committee)).status, 200);
    assert.equal((await look(committee)).committee_state, 'approved', 'the committee goes on as it is');
    const { valid_until: until } = await look(committee);
    assert.equal((await approve(committee, await today())).status, 200);
    assert.ok((await seated()).includes(stranger.account.id) && !(await seated()).includes(experts[10].account.id));
    assert.equal((await look(committee)).valid_until, until, 'no longer term');
    await seat(committee, experts[10]);
    await unseat(committee, stranger);
    assert.equal((await look(committee)).changes.length, 2);
    await city.office.ok('DELETE', `/committees/${committee}/changes`);
    assert.equal((await look(committee)).changes.length, 0);
    await seat(committee, experts[10]);
    await unseat(committee, stranger);
    await submit(committee);
    await approve(committee, await today());
    assert.deepEqual(await seated(), before);
  });

  test('three years to the day, and not one more', async () => {
    const years = (day, more) => `${Number(day.slice(0, 4)) + more}${day.slice(4)}`.replace(/02-29$/, '02-28');
    const id = (await register({ ...adjusted, level: 'junior', term_years: 3, members: seats(MEMBERS) })).body.id;
    const lastDay = new Date(Date.parse(`${years(await today(), -3)}T00:00:00Z`));
    const tooEarly = new Date(lastDay.getTime() - 86400e3).toISOString().slice(0, 10);
    await submit(id);
    const over = await approve(id, tooEarly);
    assert.deepEqual(over.body.errors?.map((one) => [one.field, one.code]), [['approved_on', 'term_over']], over.text);
    assert.equal((await approve(id, lastDay.toISOString().slice(0, 10))).status, 200);
    const panelOf = () => city.office.json('POST', '/panels', { committee_id: id, cycle_id: city.cycle.id, name: '最后一天', lead: experts[1].account.id, members: ids(experts.slice(1, 4)) });
    const meeting = (await city.office.ok('POST', '/meetings', { committee_id: id, cycle_id: city.cycle.id, name: '最后一天', held_on: '2026-11-20' })).id;
    for (const who of experts.slice(0, 8)) await who.ok('POST', `/meetings/${meeting}/attendance`);
    assert.deepEqual([(await look(id)).committee_state, (await look(id)).valid_until], ['approved', await today()]);
    assert.equal((await panelOf()).status, 201, 'on its last day');
    await server.advance(1);
    assert.equal((await look(id)).committee_state, 'lapsed');
    assert.deepEqual([(await panelOf()).body.key, (await experts[0].json('POST', `/meetings/${meeting}/open`)).body.key], ['committee_lapsed', 'committee_lapsed']);
    assert.equal((await submit(id)).status, 200, 'it can be approved anew');
    assert.equal((await approve(id, await today())).status, 200);
    await experts[0].ok('POST', `/meetings/${meeting}/open`);
    assert.equal((await city.bureau.json('POST', `/committees/${id}/withdraw`, { reason: '试验' })).body.key, 'committee_meets');
    await experts[0].ok('POST', `/meetings/${meeting}/close`);
    assert.equal((await city.office.json('POST', `/committees/${id}/withdraw`, { reason: '试验' })).body.key, 'committee_state', 'the office does not end what was approved');
    await city.bureau.ok('POST', `/committees/${id}/withdraw`, { reason: '试验' });
    assert.equal((await panelOf()).body.key, 'committee_not_approved');
    assert.equal((await submit(id)).body.key, 'committee_state');
  });

  test('a committee by specialty takes only what it is for', async () => {
    const { id } = (await register({ kind: 'specialty', specialties: ['mathematics'], members: seats(7) })).body;
    await approveCommittee(city, id);
    const maths = (await city.office.ok('POST', '/panels', { committee_id: id, cycle_id: city.cycle.id, name: '数学组', lead: experts[1].account.id, members: ids(experts.slice(1, 4)) })).id;
    assert.equal((await city.office.json('POST', `/panels/${maths}/assignments`, {})).body.key, 'nothing_to_assign');
    assert.deepEqual((await city.office.ok('GET', `/panels/${maths}`)).waiting, []);
  });

  test('a panel needs three experts; a colleague recuses by himself', async () => {
    const body = { committee_id: committee, cycle_id: city.cycle.id, name: '语文组', lead: experts[1].account.id };
    const small = await city.office.json('POST', '/panels', { ...body, members: ids(experts.slice(1, 3)) });
    assert.equal(small.body.key, 'panel_too_small');
    const tight = (await city.office.ok('POST', '/panels', { ...body, lead: experts[10].account.id, members: ids([experts[1], experts[2], experts[10]]) })).id;
    const short = await city.office.ok('POST', `/panels/${tight}/assignments`, {});
    assert.equal(short.assigned, 0);
    assert.equal(short.left_out.length, 3, 'recusal leaves two of three');
    panel = (await city.office.ok('POST', '/panels', { ...body, members: ids([experts[1], experts[2], experts[3], experts[10]]) })).id;
    assert.equal((await city.office.ok('POST', `/panels/${panel}/assignments`, { specialty: 'chinese' })).assigned, 3);
    assert.equal(await stateOf(dossiers[0]), 'panel_review');
    assert.deepEqual((await experts[10].ok('GET', '/reviews')).items, [], 'not even in the list');
    assert.equal((await experts[10].json('GET', `/reviews/${dossiers[0]}`)).status, 404);
    assert.equal((await experts[1].ok('GET', '/reviews')).open, 3);
    const told = async (who) => (await who.ok('GET', '/messages')).items.filter((one) => one.kind === 'panel_work').length;
    assert.deepEqual(await Promise.all([experts[1], experts[10], experts[5]].map(told)), [1, 0, 0], 'who has something to read, once');
    assert.equal((await experts[5].json('GET', `/reviews/${dossiers[0]}`)).status, 404, 'not on the panel');
  });
});

describe('score sheets', () => {
  const put = (who, id, body, version) => who.json('PUT', `/reviews/${id}/sheet`, body, { 'If-Match': `"${version}"` });
  const full = (review, points, opinion = 'recommend') => ({ points: Object.fromEntries(review.indicators.map((one) => [one.id, points])), opinion, comment: '扎实' });

  test('save by version, refuse what is out of range, submit once', async () => {
    const [id] = dossiers;
    const review = await experts[1].ok('GET', `/reviews/${id}`);
    assert.ok(review.indicators.length > 0 && review.indicators[0].rule);
    assert.ok(review.sections.length > 5, 'the material is on the page');
    const [file] = review.sections.flatMap((section) => section.items).flatMap((item) => item.files ?? []);
    const evidence = `/api/v1/applications/${id}/evidence/${file.id}`;
    assert.equal((await experts[1].send('GET', evidence)).headers['content-type'], 'application/pdf');
    assert.equal((await experts[10].send('GET', evidence)).status, 404, 'a colleague does not read it');
    assert.equal((await experts[6].send('GET', evidence)).status, 404, 'nor who is not on the panel');
    const one = review.indicators[0].id;
    assert.equal((await experts[1].json('PUT', `/reviews/${id}/sheet`, { points: { [one]: '6.5' } })).status, 428);
    const saved = await put(experts[1], id, { points: { [one]: '6.5' } }, 0);
    assert.equal(saved.status, 200);
    assert.equal(saved.body.version, 1);
    assert.equal((await put(experts[1], id, { points: { [one]: 700 } }, 0)).status, 412);
    assert.equal((await put(experts[1], id, { points: { [one]: '8.01' } }, 1)).status, 422);
    assert.equal((await put(experts[1], id, { points: { Z9: 100 } }, 1)).status, 422);
    const page = await experts[1].form(`/reviews/${id}/sheet/submit`, { _back: `/reviews/${id}`, _version: 1, [`points.${one}`]: '99', opinion: 'reserve', comment: '写了很久的评语' });
    assert.equal(page.status, 422);
    assert.match(page.text, new RegExp(`name="points\\.${one}"[^>]* value="99"`), 'what was refused is still in the form');
    assert.match(page.text, />写了很久的评语<\/textarea>/);
    assert.match(page.text, /value="reserve" checked/);
    const early = await experts[1].json('POST', `/reviews/${id}/sheet/submit`, {}, { 'If-Match': '"1"' });
    assert.equal(early.status, 422, 'no opinion yet');
    assert.equal((await put(experts[1], id, full(review, 700), 1)).status, 200);
    assert.equal((await experts[1].ok('GET', `/reviews/${id}`)).others, undefined);
    assert.equal((await experts[1].json('POST', `/reviews/${id}/sheet/submit`, {}, { 'If-Match': '"2"' })).status, 200);
    assert.equal((await put(experts[1], id, full(review, 100), 3)).body.key, 'sheet_submitted');
    assert.deepEqual((await experts[1].ok('GET', `/reviews/${id}`)).others, [], 'nobody else has submitted');
  });

  test('others are seen only after the own one', async () => {
    const [id] = dossiers;
    const before = await experts[2].ok('GET', `/reviews/${id}`);
    assert.equal(before.others, undefined);
    assert.ok(!JSON.stringify(before).includes('扎实'));
    assert.equal((await experts[2].json('POST', `/reviews/${id}/sheet/submit`, full(before, 400, 'against'), { 'If-Match': '"0"' })).status, 200);
    assert.equal((await experts[2].ok('GET', `/reviews/${id}`)).others[0].comment, '扎实');
  });

  test('a declared recusal, and the panel closes when the rest is in', async () => {
    const [first, second, third] = dossiers;
    const close = (id) => city.office.json('POST', `/panels/${panel}/close`, { application_id: id });
    assert.equal((await close(first)).body.key, 'sheets_missing');
    assert.ok((await act(city.office, first, 'close_panel')).status >= 400, 'nor by the generic action');
    await city.office.ok('POST', `/panels/${panel}/members`, { account_id: experts[4].account.id });
    assert.equal((await experts[1].json('POST', `/reviews/${first}/recusal`, { reason: '师生' })).body.key, 'recusal_too_late');
    await experts[4].ok('POST', `/reviews/${first}/recusal`, { reason: '师生关系' });
    assert.equal((await experts[4].json('GET', `/reviews/${first}`)).status, 404);
    const review = await experts[3].ok('GET', `/reviews/${first}`);
    await experts[3].ok('POST', `/reviews/${first}/sheet/submit`, full(review, 500), { 'If-Match': '"0"' });
    assert.equal((await close(first)).status, 200);
    assert.equal(await stateOf(first), 'committee_vote');
    for (const id of [second, third])
      for (const who of experts.slice(1, 5)) await who.ok('POST', `/reviews/${id}/sheet/submit`, full(review, 600), { 'If-Match': '"0"' });
    assert.equal((await city.office.ok('POST', `/panels/${panel}/close`, {})).closed, 2);
  });

  test('the points of experts without the extremes become part of the score', async () => {
    const [first] = dossiers;
    const expert = (evaluation) => evaluation?.score?.sections.flatMap((section) => section.items).filter((item) => item.kind === 'expert') ?? [];
    for (let tries = 0; tries < 200; tries++) {
      const { evaluation } = await city.office.ok('GET', `/applications/${first}`);
      const [item] = expert(evaluation);
      if (item && !item.pending && item.points === 500) return assert.equal(item.because, '3 名专家评分，去掉 1 个最高分和 1 个最低分，取均值 = 5.00');
      await server.control.ok('GET', '/health');
    }
    assert.fail('7, 5 and 4 points did not make 5');
  });

  test('a page without scripts submits what it shows', async () => {
    const page = await experts[1].page(`/reviews/${dossiers[0]}`);
    assert.equal(page.status, 200);
    assert.match(page.text, /已提交/);
    assert.doesNotMatch(page.text, /name="points\./, 'a submitted sheet has no inputs');
  });
});

describe('the meeting', () => {
  let meeting, motions, prior; // the outbox before the vote
  const receipts = [];
  const bar = (login) => sql(server, `update integrity_record set account_id = (select id from account where login = '${login}') where decision_number = '乌人社〔2026〕8号'`);

  test('opens with eight of eleven, not with seven, and nobody checks in for another', async () => {
    meeting = (await city.office.ok('POST', '/meetings', { committee_id: committee, cycle_id: city.cycle.id, name: '第一次会议', held_on: '2026-11-20' })).id;
    const called = async (who) => (await who.ok('GET', '/messages')).items.filter((one) => one.kind === 'meeting_called' && one.parameters.meeting === '第一次会议').map((one) => one.parameters.date);
    assert.deepEqual(await called(experts[9]), ['2026-11-20']);
    assert.equal((await city.office.ok('POST', `/meetings/${meeting}/agenda`, {})).added, 3);
    assert.equal((await city.office.json('POST', `/meetings/${meeting}/attendance`)).status, 403);
    const late = await server.account('latecomer', [{ role: 'expert', scope: 'teacher' }], { unit_id: city.unit.id });
    const replace = async (out, by) => {
      await city.office.ok('DELETE', `/committees/${committee}/members/${out.account.id}`);
      await city.office.ok('POST', `/committees/${committee}/members`, { account_id: by.account.id, position: 'member', outside_reason: '专家库尚未核准' });
      await approveCommittee(city, committee);
    };
    await replace(experts[3], late);
    assert.deepEqual(await called(late), ['2026-11-20'], 'who joins is told of what is called already');
    assert.equal(rows(`select kind from recusal where account_id = '${late.account.id}' and kind = 'same_unit'`).length, 3, 'who joins keeps out of what is on the agenda already');
    const { id: record } = await city.bureau.ok('POST', '/integrity', { person: 'latecomer', kind: 'expert_violation', decision_number: '乌人社〔2026〕8号', decided_on: (await server.control.ok('GET', '/calendar')).start, finding: '经查，泄露评审信息，情况属实。' });
    await (await server.account('bureau-2', [{ role: 'bureau', scope: '' }])).ok('POST', `/integrity/${record}/confirm`);
    assert.equal((await late.json('POST', `/meetings/${meeting}/attendance`)).body.key, 'barred_judging');
    await replace(late, experts[3]);
    assert.deepEqual(await Promise.all([experts[3], experts[9], late].map(called)), Array(3).fill(['2026-11-20']), 'and nobody twice');
    const present = [experts[0], ...experts.slice(4, 10)];
    for (const who of present) await who.ok('POST', `/meetings/${meeting}/attendance`);
    await experts[0].ok('POST', `/meetings/${meeting}/attendance`);
    const seven = await experts[0].json('POST', `/meetings/${meeting}/open`);
    assert.equal(seven.body.key, 'no_quorum');
    assert.deepEqual(seven.body.parameters ?? { present: 7, members: 11, needed: 8 }, { present: 7, members: 11, needed: 8 });
    await experts[10].ok('POST', `/meetings/${meeting}/attendance`);
    bar('expert-10');
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/open`)).body.key, 'no_quorum', 'whom a record bars since he checked in is not there');
    bar('latecomer');
    await experts[0].ok('POST', `/meetings/${meeting}/open`);
    assert.equal((await experts[1].json('POST', `/meetings/${meeting}/attendance`)).body.key, 'attendance_fixed');
    const frozen = await city.office.json('POST', `/committees/${committee}/members`, { account_id: experts[3].account.id, position: 'member' });
    assert.equal(frozen.body.key, 'committee_meets');
  });

  test('three trustees make the key, and nothing is put to the vote before', async () => {
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/motions/open`, {})).body.key, 'no_key');
    const trustees = [experts[0], city.supervisor, city.office];
    assert.equal((await experts[5].json('POST', `/meetings/${meeting}/trustees`, { message: '{}' })).body.key, 'trustees_only');
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/trustees`, { message: '{}' })).status, 422);
    await makeKey(trustees, meeting);
    const view = await city.supervisor.ok('GET', `/meetings/${meeting}/trustees`);
    assert.deepEqual([view.round, view.threshold, view.trustees.map((one) => one.name)], ['done', 2, ['expert-0', 'supervisor', 'office']]);
    assert.equal((await experts[5].ok('GET', `/meetings/${meeting}/trustees`)).dealt, undefined);
    assert.equal((await city.office.page(`/meetings/${meeting}/trustees`)).status, 200);
  });

  test('votes are secret and nobody counts before the end', async () => {
    prior = rows("select coalesce(max(id), '') as id from outbox")[0].id;
    assert.equal((await experts[5].json('POST', `/meetings/${meeting}/motions/open`, {})).status, 403);
    await experts[0].ok('POST', `/meetings/${meeting}/motions/open`, {});
    ({ motions } = await experts[0].ok('GET', `/meetings/${meeting}`));
    const [first, second, third] = motions;
    assert.deepEqual((await experts[10].ok('GET', `/meetings/${meeting}/ballots`)).items, [], 'the colleague votes on nobody here');
    const hidden = (await experts[10].ok('GET', `/meetings/${meeting}`)).motions[0];
    assert.ok(hidden.recused && !hidden.name && !hidden.application_id);
    const read = (who, motion) => who.json('GET', `/meetings/${meeting}/motions/${motion.id}`);
    assert.deepEqual((await read(experts[5], first)).body.sheets.map((sheet) => sheet.name).sort(), ['expert-1', 'expert-2', 'expert-3'], 'the panel presents its opinions');
    assert.equal((await experts[5].page(`/meetings/${meeting}/motions/${first.id}`)).status, 200);
    assert.equal((await read(experts[10], first)).status, 404, 'but not to who must recuse');
    // expert 4 recused from the first dossier: six can vote there, seven on the others.
    const able = [experts[0], ...experts.slice(4, 10)];
    assert.equal((await experts[1].json('POST', `/meetings/${meeting}/credentials`, {})).body.key, 'not_present');
    const codes = await takeCodes(able, meeting);
    assert.equal((await experts[5].json('POST', `/meetings/${meeting}/credentials`, {})).body.key, 'already_registered');
    const ballot = (who, choices, voting_code = codes.get(who)) => who.json('POST', `/meetings/${meeting}/ballots`, { voting_code, choices }, { 'Idempotency-Key': 'ballot' });
    assert.equal((await ballot(experts[10], { [first.id]: 'yes' }, codes.get(experts[0]))).body.key, 'recused');
    assert.equal((await ballot(experts[1], { [first.id]: 'yes' }, codes.get(experts[0]))).body.key, 'not_present');
    assert.equal((await ballot(experts[0], { [second.id]: 'yes' })).body.errors[0].code, 'choices_missing', 'a paper answers every question');
    assert.equal((await ballot(experts[0], { [first.id]: 'yes' }, 'ABC-DEF-GHJ-KLM-NPQ')).body.errors[0].code, 'voting_code');
    // A refused form of a ballot comes back as if nothing had been typed or chosen: neither choices nor the code are in the page.
    for (const [sent, status] of [[{ voting_code: codes.get(experts[0]), [`choices.${second.id}`]: 'yes' }, 422], [{ voting_code: 'QPN-MLK-JHG-FED-CBA', ...Object.fromEntries(motions.map(({ id }) => [`choices.${id}`, 'no'])) }, 422], [{ voting_code: codes.get(experts[0]), _csrf: 'stale', [`choices.${second.id}`]: 'abstain' }, 403]]) {
      const { text, ...reply } = await experts[0].form(`/meetings/${meeting}/ballots`, { _back: `/meetings/${meeting}/ballots`, ...sent });
      assert.deepEqual([reply.status, text.split('type="radio"').length - 1, text.includes('id="voting_code"')], [status, 9, true], 'the form again');
      assert.ok(!text.includes(' checked') && !text.includes(sent.voting_code), JSON.stringify(sent));
    }
    bar('expert-9');
    assert.equal((await ballot(experts[9], {})).body.key, 'barred_judging', 'whom a record bars since he checked in has no vote');
    assert.deepEqual((await experts[9].ok('GET', `/meetings/${meeting}/ballots`)).items, []);
    bar('latecomer');
    for (const [n, who] of able.entries()) {
      const choices = { [second.id]: n < 5 ? 'yes' : 'no', [third.id]: n < 6 ? 'yes' : 'abstain' };
      if (who !== experts[4]) choices[first.id] = 'yes';
      const cast = await ballot(who, choices);
      assert.equal(cast.status, 200, cast.text);
      receipts.push(...cast.body.receipts);
      assert.equal((await ballot(who, choices)).body.key, 'already_voted');
      const progress = await city.office.ok('GET', `/meetings/${meeting}/progress`);
      const motion = progress.motions.find((one) => one.id === second.id);
      assert.equal(motion.voted, n + 1);
      assert.equal(motion.voters, 7);
      assert.ok(!('yes' in motion) && !('passed' in motion), 'no count before the end');
      if (n < 6) assert.equal((await city.office.json('POST', `/meetings/${meeting}/elections/close`, { early: true })).status, 403);
    }
    const view = (await experts[0].ok('GET', `/meetings/${meeting}`)).motions;
    assert.ok(view.every((motion) => !('yes' in motion)));
    assert.equal((await city.office.json('GET', `/meetings/${meeting}/elections/1.bel`)).body.key, 'vote_is_open');
  });

  test('what is stored does not link voter and vote', async () => {
    assert.deepEqual(rows("select * from idempotency where key = 'ballot'"), []);
    assert.deepEqual(rows("select action from ledger where action like 'ballot%' or action like '%cast%'"), []);
    assert.deepEqual(Object.keys(rows('select * from paper')[0]).sort(), ['credential', 'election_id', 'paper']);
    for (const { id } of rows('select id from election')) {
      const stored = rows(`select credential from paper where election_id = '${id}' order by rowid`).map((row) => row.credential);
      assert.deepEqual(stored, [...stored].sort(), 'the order of rows is the order of keys');
    }
    const spoken = server.lines.filter((line) => JSON.stringify(line).match(/abstain|"choice/));
    assert.deepEqual(spoken, []);
    const payloads = rows(`select payload from outbox where kind = 'live' and id > '${prior}'`).map((row) => row.payload).join();
    assert.ok(!ids(experts).some((id) => payloads.includes(id)));
  });

  test('two trustees open the sums; two thirds of those present decide: 5 of 8 fail, 6 of 8 pass', async () => {
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/elections/1/announce`)).body.key, 'election_state');
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/close`)).body.key, 'motions_open');
    await city.office.ok('POST', `/meetings/${meeting}/elections/close`, {});
    const { elections } = await city.office.ok('GET', `/meetings/${meeting}`);
    assert.deepEqual(elections.map((one) => [one.election_state, one.voters, one.voted]), [['closed', 6, 6], ['closed', 7, 7]]);
    const listed = (await Promise.all(elections.map((one) => experts[0].ok('GET', `/meetings/${meeting}/elections/${one.number}`)))).flatMap((one) => one.trackers.map(({ tracker }) => tracker));
    assert.deepEqual(receipts.map((one) => one.tracker).sort(), listed.sort(), 'everybody finds his receipt');
    const archive = await archiveOf(city.office, meeting, 1), path = `/meetings/${meeting}/elections/1/factors`;
    const [factors] = factorsOf(2, archive);
    assert.equal((await experts[0].json('POST', path, { factors })).body.errors[0].code, 'trustee_factors', 'another trustee’s');
    await city.office.ok('POST', path, { factors });
    assert.equal((await city.office.json('POST', path, { factors })).body.key, 'factors_given');
    assert.equal((await city.office.ok('GET', `/meetings/${meeting}`)).elections[0].election_state, 'closed', 'one alone opens nothing');
    await experts[0].ok('POST', path, { factors: factorsOf(0, archive)[0] });
    await openSums(experts[0], city.office, meeting);
    await experts[0].ok('POST', `/meetings/${meeting}/elections/1/announce`);
    const counted = (await city.office.ok('GET', `/meetings/${meeting}`)).motions;
    assert.deepEqual(counted.map((one) => [one.present, one.yes, one.no, one.abstain, one.passed, one.voters]), [[8, 6, 0, 0, true, 6], [8, 5, 2, 0, false, 7], [8, 6, 0, 1, true, 7]]);
    assert.deepEqual(await Promise.all(counted.map((one) => stateOf(one.application_id))), ['passed', 'failed', 'passed']);
    const counts = rows("select payload from ledger where action = 'motion.count'").map((row) => JSON.parse(row.payload));
    assert.deepEqual(counts.map((one) => one.yes).sort(), [5, 6, 6]);
  });

  test('what is decided is closed to experts', async () => {
    assert.equal((await experts[1].json('GET', `/reviews/${dossiers[0]}`)).status, 404);
    assert.deepEqual((await experts[1].ok('GET', '/reviews')).items, []);
    assert.equal((await experts[5].json('GET', `/meetings/${meeting}/motions/${motions[0].id}`)).status, 404);
    assert.equal((await city.office.json('GET', `/meetings/${meeting}/motions/${motions[0].id}`)).status, 200);
    for (const [who, offered] of [[experts[5], false], [city.office, true]])
      assert.equal((await who.page(`/meetings/${meeting}`)).text.includes(`/motions/${motions[0].id}"`), offered);
  });

  test('the chair closes it and the minutes say who recused', async () => {
    assert.equal((await city.office.json('POST', `/meetings/${meeting}/close`)).status, 403);
    assert.equal((await experts[0].json('GET', `/meetings/${meeting}/minutes`)).body.key, 'no_minutes_yet');
    bar('expert-0');
    const refused = await experts[0].json('POST', `/meetings/${meeting}/close`);
    assert.deepEqual([refused.status, refused.body.key], [403, 'chair_barred']);
    assert.match(refused.body.detail, /乌人社〔2026〕8号.*请由副主任委员主持/);
    assert.equal((await experts[0].ok('GET', `/meetings/${meeting}`)).can.close, false);
    assert.match((await experts[0].page(`/meetings/${meeting}`)).text, /不能主持会议。请由副主任委员主持/);
    assert.equal((await city.office.json('POST', `/meetings/${meeting}/acting-chair`, { account_id: experts[5].account.id })).body.key, 'chair_there', 'a deputy is there');
    await experts[4].ok('POST', `/meetings/${meeting}/close`);
    assert.equal((await experts[0].json('POST', `/meetings/${meeting}/minutes/sign`)).body.key, 'chair_barred');
    bar('latecomer');
    const minutes = await experts[0].ok('GET', `/meetings/${meeting}/minutes`);
    assert.deepEqual(minutes.quorum, { members: 11, present: 8, needed: 8 });
    assert.deepEqual(minutes.summary, { motions: 3, passed: 2, failed: 1 });
    assert.deepEqual(minutes.motions[0].recused.map((one) => [one.name, one.kind]).sort(), [['expert-10', 'same_unit'], ['expert-4', 'declared']]);
    assert.equal(minutes.absent.length, 3);
    assert.match(minutes.ledger.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual(minutes.elections.map((one) => [one.voters, one.papers, one.opened_by.map(({ trustee_seat: seat }) => seat), one.announced_at !== '']), [[6, 6, ['chair', 'office'], true], [7, 7, ['chair', 'office'], true]]);
    for (const one of minutes.elections) verified(one, await archiveOf(experts[0], meeting, one.number));
    const sign = (who) => who.json('POST', `/meetings/${meeting}/minutes/sign`);
    assert.equal((await sign(experts[5])).body.key, 'signers_only');
    const kept = await experts[4].ok('GET', `/meetings/${meeting}/minutes`); // a deputy who kept out of the first
    assert.deepEqual([kept.motions[0], kept.motions.slice(1), kept.summary, kept.salt], [{ sequence: 1, withheld: true }, minutes.motions.slice(1), { motions: 3, passed: 1, failed: 1 }, undefined]);
    assert.deepEqual((await experts[4].ok('GET', `/meetings/${meeting}`)).elections.map((one) => one.readable), await Promise.all([1, 2].map(async (n) => (await experts[4].json('GET', `/meetings/${meeting}/elections/${n}`)).status === 200)), 'no way to a page that is not his');
    for (const print of ['minutes', 'tally']) {
      const { text } = await experts[4].page(`/meetings/${meeting}/${print}`);
      assert.equal(text.split('您已回避本项').length, 2, print);
      assert.ok(!text.includes(`>${minutes.motions[0].name}<`) && text.includes(`>${minutes.motions[1].name}<`), print);
    }
    assert.equal((await sign(experts[4])).status, 200);
    assert.equal((await sign(experts[0])).body.key, 'already_signed');
    assert.equal((await sign(city.supervisor)).status, 200);
    const { signatures } = await experts[5].ok('GET', `/meetings/${meeting}/minutes`);
    assert.deepEqual(signatures.map((one) => [one.trustee_seat, one.name]), [['chair', 'expert-4'], ['supervisor', 'supervisor']]);
    assert.deepEqual(signatures.map((one) => one.unread), [[{ sequence: 1 }], []], 'who signs names what he was not shown');
    assert.match((await experts[0].page(`/meetings/${meeting}/minutes`)).text, /因本人回避未阅的事项： 1</);
    assert.equal(new Set([...signatures.map((one) => one.minutes_hash), JSON.parse(rows(`select payload from ledger where action = 'meeting.close' and subject = 'meeting/${meeting}'`)[0].payload).minutes_hash]).size, 1, 'what the chair closed with is what they signed');
    const signed = checkNote(minutes.checkpoint.note, await server.client().ok('GET', '/ledger/key'));
    assert.equal(signed.size, minutes.ledger.sequence, 'everything before the minutes is signed');
    const print = await experts[0].page(`/meetings/${meeting}/minutes`);
    for (const shown of [minutes.checkpoint.root, minutes.checkpoint.fingerprint, `/ledger/checkpoints/${signed.size}/qr`]) assert.ok(print.text.includes(shown.replaceAll('=', '&#61;')) || print.text.includes(shown), shown);
    for (const print of ['minutes', 'tally']) assert.equal((await experts[0].page(`/meetings/${meeting}/${print}`)).status, 200);
  });

  test('whose chair is barred and that has no deputy gets an acting chair, who ends it and signs', async () => {
    const alone = await foundCommittee(city, experts.slice(0, 7), { level: 'junior', adjusted_minimum: 7 });
    const { id } = await city.office.ok('POST', '/meetings', { committee_id: alone, cycle_id: city.cycle.id, name: '第二次会议', held_on: '2026-11-21' });
    const path = `/meetings/${id}`, name = (who, by = city.office) => by.json('POST', `${path}/acting-chair`, { account_id: who.account.id });
    for (const who of experts.slice(0, 5)) await who.ok('POST', `${path}/attendance`);
    await experts[0].ok('POST', `${path}/open`);
    const offered = async () => ((await city.office.ok('GET', path)).chair_candidates ?? []).map((one) => one.name);
    assert.deepEqual([await offered(), (await name(experts[1])).body.key], [[], 'chair_there']);
    bar('expert-0');
    for (const [act, body] of [['close'], ['elections/begin'], ['elections/close', {}], ['motions/open', {}], ['trustees/restart', { reason: '换人' }]])
      assert.equal((await experts[0].json('POST', `${path}/${act}`, body)).body.key, 'chair_barred', act);
    assert.equal((await experts[0].json('POST', `${path}/trustees`, { message: '{}' })).body.key, 'trustees_only');
    assert.deepEqual(await offered(), ['expert-1', 'expert-2', 'expert-3', 'expert-4'], 'who is there and may judge');
    assert.match((await city.office.page(path)).text, /指定代理主任委员/);
    assert.equal((await name(experts[1], experts[1])).status, 403);
    for (const who of [experts[0], experts[6], experts[8]]) assert.deepEqual((await name(who)).body.errors.map((one) => one.field), ['account_id'], 'barred, absent, of no seat');
    assert.equal((await experts[1].json('POST', `${path}/close`)).body.key, 'chair_only');
    assert.equal((await name(experts[1])).status, 200);
    assert.ok((await experts[1].ok('GET', '/messages')).items.some((one) => one.kind === 'acting_chair' && one.parameters.meeting === '第二次会议'));
    assert.equal((await name(experts[2])).body.key, 'chair_there');
    assert.match((await experts[2].page(path)).text, /expert-1 · 委员 \(代理主任委员\)/);
    await experts[1].ok('POST', `${path}/close`);
    const sign = (who) => who.json('POST', `${path}/minutes/sign`);
    assert.equal((await sign(experts[0])).body.key, 'chair_barred');
    bar('expert-1');
    assert.equal((await sign(experts[1])).body.key, 'chair_barred', 'nor does an acting chair whom a record bars');
    bar('expert-0');
    assert.equal((await sign(experts[1])).status, 200);
    const { acting_chairs: acting, signatures } = await experts[2].ok('GET', `${path}/minutes`);
    assert.deepEqual(acting.map((one) => [one.name, one.named_by_name]), [['expert-1', 'office']]);
    assert.deepEqual(signatures.map((one) => [one.trustee_seat, one.acting, one.name]), [['chair', true, 'expert-1']]);
    assert.match((await experts[2].page(`${path}/minutes`)).text, /代理主任委员<\/th>.*expert-1[^]*代理主任委员 expert-1/);
    assert.ok(rows(`select payload from ledger where action = 'meeting.acting_chair' and subject = 'meeting/${id}'`)[0].payload.includes(experts[1].account.id));
    bar('latecomer');
  });
});

describe('after the vote', () => {
  let notice, filing, certificate;

  test('results are publicised and confirmed only when the notice is over', async () => {
    notice = await city.office.ok('POST', `/cycles/${city.cycle.id}/result-notice`);
    assert.equal((await city.bureau.json('POST', `/notices/${notice.id}/confirm`)).status, 409);
    const confirm = `action="/notices/${notice.id}/confirm"`;
    assert.ok(!(await city.bureau.page(`/cycles/${city.cycle.id}`)).text.includes(confirm));
    await server.advance(12);
    assert.ok((await city.bureau.page(`/cycles/${city.cycle.id}`)).text.includes(confirm));
    assert.ok(!(await city.office.page(`/cycles/${city.cycle.id}`)).text.includes(confirm));
    assert.equal((await city.office.json('POST', `/notices/${notice.id}/confirm`)).status, 403);
    assert.equal((await city.bureau.ok('POST', `/notices/${notice.id}/confirm`)).confirmed, 2);
  });

  test('nothing is certified before the approval is recorded', async () => {
    filing = (await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id })).id;
    assert.equal((await city.bureau.json('POST', '/filings', { cycle_id: city.cycle.id })).body.key, 'nothing_to_file');
    const view = await city.bureau.ok('GET', `/filings/${filing}`);
    assert.equal(view.package.people.length, 2);
    assert.equal((await city.office.ok('GET', `/filings/${filing}`)).can.send, false, 'the office reads');
    const stranger = await server.account('farmers', [{ role: 'office', scope: 'agriculture' }]);
    assert.equal((await stranger.json('GET', `/filings/${filing}`)).status, 404);
    assert.deepEqual((await stranger.ok('GET', '/filings')).items, []);
    for (const path of [`/committees/${committee}`, `/panels/${panel}`]) assert.equal((await stranger.json('GET', path)).status, 404);
    assert.deepEqual(view.package.counts, { declared: 3, accepted: 3, voted: 3, passed: 2, failed: 1 });
    assert.ok(!/id_number|phone|birth/.test(JSON.stringify(view.package)));
    const { sex, sex_code: sexCode, education_code: education, title_code: title, title_internal: internal, division_code: place } = view.package.people[0];
    assert.deepEqual([sex, sexCode, education, title, internal, place], ['女', '2', '21', '053', 'teacher.chinese.intermediate', '650121']);
    const roll = (await city.office.send('GET', `/api/v1/filings/${filing}/people?format=csv`)).text.split('\r\n');
    assert.match(roll[0], /"姓名或名称".*"职称代码/);
    const changes = readWorkbook((await city.bureau.send('GET', '/api/v1/ledger?format=xlsx')).raw);
    assert.equal(changes.length - 1, changes[1][0], 'all pages of the list, the newest first');
    assert.ok(changes.length > 100, `${changes.length}`);
    assert.match(roll[1], /,2,|"2"/);
    const certify = () => city.bureau.json('POST', `/filings/${filing}/certify`);
    assert.equal((await certify()).body.key, 'filing_state');
    const early = await city.bureau.json('POST', `/filings/${filing}/send`);
    assert.deepEqual([early.status, early.body.key], [409, 'consent_missing'], 'teachers: the education department comes first');
    const today = (await server.client().ok('GET', '/calendar')).start;
    await consent(city.bureau, filing, today);
    await city.bureau.ok('POST', `/filings/${filing}/send`);
    assert.equal((await certify()).body.key, 'filing_state');
    const future = await city.bureau.json('POST', `/filings/${filing}/approve`, { reference: '新人社备〔2026〕1号', approved_on: '2099-01-01' });
    assert.equal(future.status, 422);
    await city.bureau.ok('POST', `/filings/${filing}/approve`, { reference: '新人社备〔2026〕1号', approved_on: today });
    assert.equal((await city.bureau.ok('POST', `/filings/${filing}/certify`)).issued, 2);
    assert.equal((await certify()).body.key, 'nothing_to_certify');
    assert.equal(await stateOf(dossiers[0]), 'certified');
  });

  test('the public checks a certificate with its code or its name, and nothing else', async () => {
    const holder = server.client();
    await holder.login('lin');
    const mine = (await holder.ok('GET', '/titles')).items;
    assert.equal(mine.length, 1);
    certificate = mine[0];
    assert.match(certificate.number, /^TEACHER-\d{4}-3-0000[12]$/);
    const open = server.client();
    const path = `/certificates/${certificate.number}`;
    const shown = (await open.ok('GET', `${path}?code=${certificate.check_code}`)).certificate;
    assert.equal(shown.name, 'lin');
    assert.equal(shown.title_name, '一级教师');
    assert.equal(shown.certificate_state, 'valid');
    const entry = checkProof(shown.ledger, await open.ok('GET', '/ledger/key'));
    assert.equal(entry.action, 'title.issue');
    assert.equal(entry.subject, `title/${certificate.id}`);
    assert.equal(shown.ledger.payload.number, certificate.number);
    assert.throws(() => checkProof({ ...shown.ledger, payload: { ...shown.ledger.payload, number: 'TEACHER-2026-3-00009' } }, certificate));
    for (const path of [`/certificates/${certificate.number}?code=${certificate.check_code}`, `/certificates?number=${certificate.number}&name=lin`])
      assert.ok((await open.page(path)).text.includes(shown.ledger.proof[0].slice(0, 20)), path);
    const print = (await holder.page(`/titles/${certificate.id}/print`)).text;
    assert.ok(print.includes(shown.ledger.checkpoint.fingerprint) && print.includes(`/ledger/checkpoints/${shown.ledger.size}/qr`));
    const misses = await Promise.all([`${path}?code=0000000000000000`, `${path}?name=mali`, path, `/certificates/TEACHER-2026-3-99999?code=${certificate.check_code}`].map((miss) => open.json('GET', miss)));
    for (const miss of misses) {
      assert.equal(miss.status, 404);
      assert.equal(miss.body.key, 'certificate_not_found');
      assert.equal(miss.body.detail, misses[0].body.detail);
    }
    assert.equal((await open.ok('GET', `${path}?name=lin`)).certificate.number, certificate.number);
    const page = await open.page(`/certificates?number=${certificate.number}&name=lin`);
    assert.match(page.text, /限乌鲁木齐市县以下基层事业单位使用/);
    assert.match((await open.page(`/certificates?number=${certificate.number}&name=mali`)).text, /没有查到/);
    const qr = await open.send('GET', `${path}/qr?code=${certificate.check_code}`);
    assert.equal(qr.headers['content-type'], 'image/svg+xml');
    assert.match(qr.text, /^<svg /);
    assert.equal((await open.send('GET', `${path}/qr`)).status, 404, 'the picture holds the code');
    const other = server.client();
    await other.login('guli');
    assert.equal((await other.json('GET', `/titles/${certificate.id}`)).status, 404);
    assert.equal((await holder.page(`/titles/${certificate.id}/print`)).status, 200);
  });

  test('the ledger is read by who oversees, in order, without gaps', async () => {
    assert.equal((await city.office.json('GET', '/ledger')).status, 403);
    const page = await city.supervisor.ok('GET', '/ledger');
    assert.equal(page.items.length, 50);
    const next = await city.supervisor.ok('GET', `/ledger?cursor=${page.next}`);
    assert.equal(next.items[0].sequence, page.items[49].sequence - 1);
    const head = await city.supervisor.ok('GET', '/ledger/head');
    assert.equal(head.sequence, page.items[0].sequence);
  });
});

describe('pages', () => {
  test('every list and form renders for who uses it', async () => {
    for (const [who, paths] of [
      [server.client(), ['/cycles', '/series', '/series/teacher', '/standards', '/certificates', `/cycles/${city.cycle.id}`]],
      [city.bureau, ['/cycles/new', '/units', '/units/new', '/filings', '/committees', '/panels', '/meetings', '/ledger', `/cycles/${city.cycle.id}`]],
      [city.office, ['/committees', '/committees/new', '/panels', '/panels/new', `/panels/new?committee=${committee}`, `/panels/${panel}`, `/committees/${committee}`, '/meetings', '/meetings/new']],
      [experts[1], ['/reviews', '/meetings']],
      [city.supervisor, ['/ledger', '/filings', '/panels', `/panels/${panel}`]],
    ])
      for (const path of paths) {
        const reply = await who.page(path);
        assert.equal(reply.status, 200, `${path}: ${reply.text.slice(0, 400)}`);
        assert.doesNotMatch(reply.text, /\{\{|undefined/);
      }
  });

  test('a form that fails comes back with what was typed', async () => {
    const reply = await city.bureau.form('/cycles', { series: 'teacher', year: '2028', name: '某年', notice_number: 'x', notice_text: 'y', notice_date: '2028-01-01', cutoff_date: '2028-01-01', opens_on: '2028-02-01', closes_on: '2028-01-01', _back: '/cycles/new' });
    assert.equal(reply.status, 422);
    assert.match(reply.text, /value="某年"/);
    assert.match(reply.text, /td-problem/);
  });
});
