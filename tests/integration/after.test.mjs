// After the vote: ranking against posts, rechecks; and what outlasts it: integrity records.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, entryOf, pdf, submit, teacher } from './city.mjs';
import { rows, sql } from './estate.mjs';
import { startServer } from './harness.mjs';
import { filed } from './posts.mjs';
import { copy, vote } from './voted.mjs';

let server, city, second;
before(async () => {
  server = await startServer({ config: { throttle_public: 100 } });
  city = await buildCity(server, { posts: 3 });
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
    assert.deepEqual((await city.bureau.json('POST', '/integrity', { ...fields, decided_on: await day(0, 1) })).body.errors.map((one) => [one.field, one.code]), [['decided_on', 'future']]);
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
    assert.equal((await client.ok('GET', '/messages')).items.filter((one) => one.kind === 'integrity_withdrawn').length, 1);
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
    const [told] = (await barred_.ok('GET', '/account/integrity')).items;
    for (let n = 0; n < 20; n++) await barred_.ok('POST', `/integrity/${told.id}/answer`, { text: '本人不服。' });
    assert.deepEqual((await barred_.json('POST', `/integrity/${told.id}/answer`, { text: '本人不服。' })).body.errors.map((one) => [one.field, one.code]), [['text', 'too_many']]);
    // A violation as an expert keeps nobody from applying.
    const expert = await teacher(city, 'wuer');
    await record('wuer', 'expert_violation', await day(0));
    assert.equal((await expert.json('POST', '/applications', { ...body, cycle: city.cycle.id })).status, 201);
  });
});

const voted = (login, votes) => vote(server, city, login, votes);
const copyOne = (login) => copy(server, city, login);

const stateOf = async (client, id) => (await client.ok('GET', `/applications/${id}`)).application.state;
const reason = '表决当日到会委员人数存疑，请复查程序。';

describe('more who passed than posts', () => {
  const outcomes = ({ ranking }) => ranking.groups.flatMap(({ entries }) => entries.map((one) => `${one.place} ${one.name} ${one.ranking_outcome}`));

  test('are ranked by yes votes, then points; among equals at the last post the bureau chooses and says why', async () => {
    const at = `/cycles/${city.cycle.id}/ranking`;
    const [d, b, a, c] = [await voted('jiang-d', { yes: 6 }), await voted('shen-b', { yes: 7, no: 1 }), await voted('han-a', { yes: 8 }), await voted('yang-c', { yes: 6 })];
    const before = await city.office.ok('GET', at);
    assert.deepEqual(outcomes(before).sort(), ['1 han-a in', '2 shen-b in', '3 jiang-d tied', '3 yang-c tied']);
    assert.deepEqual([before.ranking.groups[0].posts, before.ranking.groups[0].contested], [3, 1]);
    assert.match((await city.bureau.page(at)).text, /最后岗位并列/);
    const track = (name) => sql(server, `update application set track = '${name}' where id = '${d.id}'`);
    track('general');
    assert.deepEqual(outcomes(await city.office.ok('GET', at)).sort(), ['1 han-a in', '1 jiang-d in', '2 shen-b in', '3 yang-c in'], 'a general title takes no directed post');
    track('directed');
    for (const [who, status] of [[city.clerk, 403], [a.client, 403], [city.office, 403]]) assert.equal((await who.json('POST', `${at}/choice`, { chosen: [c.id], reason: '在乡镇任教更久' })).status, status);
    for (const chosen of [[c.id, d.id], [a.id]]) assert.deepEqual((await city.bureau.json('POST', `${at}/choice`, { chosen, reason: '在乡镇任教更久' })).body.errors.map((one) => one.field), ['chosen']);
    assert.deepEqual(outcomes(await city.office.ok('GET', at)), outcomes(before), 'a refused choice leaves nothing');
    const grant = (change) => sql(server, `${change} account_grant ${change === 'delete from' ? `where account_id = '${d.client.account.id}' and role = 'bureau'` : `(account_id, role, scope, granted_by, granted_at) values ('${d.client.account.id}', 'bureau', '', '', '')`}`);
    grant('insert into');
    assert.equal((await d.client.json('POST', `${at}/choice`, { chosen: [d.id], reason: '在乡镇任教更久' })).body.key, 'own_dossier', 'nobody chooses among his equals');
    grant('delete from');
    await city.bureau.ok('POST', `${at}/choice`, { chosen: [c.id], reason: '在乡镇任教年限更长。' });
    const notice = await city.office.ok('POST', `/cycles/${city.cycle.id}/result-notice`);
    assert.deepEqual([notice.entries.length, notice.outranked, notice.waiting], [3, 1, 0]);
    assert.deepEqual(await Promise.all([a, b, c, d].map(({ client, id }) => stateOf(client, id))), ['result_notice', 'result_notice', 'result_notice', 'failed']);

    const { letter } = await d.client.ok('GET', `/applications/${d.id}/letter`);
    assert.deepEqual([letter.cause, letter.rank.posts, letter.rank.passed, letter.rank.place, letter.rank.tied, letter.rank.choice_reason], ['outranked', 3, 4, 3, true, '在乡镇任教年限更长。']);
    assert.ok(letter.evaluation.score.sections.length, 'his own points, item by item');
    assert.ok((await d.client.ok('GET', '/messages')).items.some((one) => one.kind === 'outranked'));
    const [{ id }] = (await city.office.ok('GET', at)).rankings;
    assert.equal((await city.supervisor.ok('GET', `/rankings/${id}`)).ranking.recomputed, true);
    assert.equal((await city.supervisor.ok('GET', `/ledger?subject=ranking/${id}`)).items[0].action, 'ranking.make');
    const annex = (await city.supervisor.ok('GET', `/meetings/01MEE0${c.id.slice(6)}/minutes`)).ranking_annex;
    assert.deepEqual(annex.map((one) => [one.name, one.place, one.ranking_outcome]), [['yang-c', 3, 'in']]);
    sql(server, `update motion set yes = 7 where application_id = '${c.id}'`);
    assert.equal((await city.supervisor.ok('GET', `/rankings/${id}`)).ranking.recomputed, false, 'a vote that is another now');
    sql(server, `update motion set yes = 6 where application_id = '${c.id}'`);

    // The three posts are promised: who passes now is placed beyond them, or the group is voted on anew.
    const late = await voted('zhu-1', { yes: 8 });
    assert.deepEqual(outcomes(await city.office.ok('GET', at)), ['1 zhu-1 out']);
    const policy = (value) => sql(server, `update cycle set parameters = json_set(parameters, '$.revote_beyond_posts', json('${value}')) where id = '${city.cycle.id}'`);
    policy(true);
    assert.equal((await city.office.json('POST', `/cycles/${city.cycle.id}/result-notice`)).body.key, 'ranking_waits');
    assert.equal((await city.office.ok('POST', `${at}/revote`, { division: '650121', level: 'intermediate', reason: '超过岗位数' })).revote, 1);
    assert.equal(await stateOf(late.client, late.id), 'committee_vote');
    policy(false);
    const last = await voted('qin-1', { yes: 8 });
    assert.deepEqual([(await city.office.ok('POST', `/cycles/${city.cycle.id}/result-notice`)).outranked, await stateOf(last.client, last.id)], [1, 'failed']);
  });
});

describe('a title won by fraud', () => {
  test('is revoked by two officials in one step: title, integrity record, notice', async () => {
    const client = await teacher(city, 'lyu-1'), other = await teacher(city, 'shi-2');
    const [one, two] = filed(server, city, [client.account.id, other.account.id]);
    for (const { filing } of [one, two]) await city.bureau.ok('POST', `/filings/${filing}/certify`);
    const [title] = (await client.ok('GET', '/titles')).items, [kept] = (await other.ok('GET', '/titles')).items;
    const check = async () => (await server.client().ok('GET', `/certificates/${title.number}?code=${title.check_code}`)).certificate.certificate_state;
    const body = { kind: 'plagiarism', decision_number: '乌人社撤〔2026〕2号', decided_on: await day(0), finding };
    assert.equal((await city.office.json('POST', `/titles/${title.id}/revocation`, body)).status, 403);
    const { id } = await city.bureau.ok('POST', `/titles/${title.id}/revocation`, body);
    assert.equal((await second.json('POST', `/titles/${title.id}/revocation`, body)).body.key, 'revocation_proposed');
    assert.equal((await city.bureau.json('POST', `/revocations/${id}/decide`)).body.key, 'integrity_second_person');
    assert.deepEqual([await check(), (await client.ok('GET', '/account/integrity')).items.length], ['valid', 0], 'a proposal changes nothing');
    await second.ok('POST', `/revocations/${id}/decide`);
    assert.equal(await check(), 'revoked');
    assert.match((await server.client().page(`/certificates/${title.number}?code=${title.check_code}`)).text, /已撤销/);
    const [record] = (await client.ok('GET', '/account/integrity')).items;
    assert.deepEqual([record.integrity_kind, record.decision_number, record.until_on], ['plagiarism', '乌人社撤〔2026〕2号', await day(3)]);
    const { revocation } = await city.supervisor.ok('GET', `/revocations/${id}`);
    assert.equal(revocation.record_id, record.id);
    const { notice } = await server.client().ok('GET', `/notices/${revocation.notice_id}`);
    assert.deepEqual([notice.kind, notice.takes_objections, notice.entries.map((entry) => entry.name)], ['revocation', false, ['lyu-1']]);
    assert.equal((await server.client().json('POST', `/notices/${notice.id}/objections`, { application: notice.entries[0].id, text: '请说明撤销的依据是什么。' })).body.key, 'notice_not_open');
    assert.equal((await second.json('POST', `/revocations/${id}/decide`)).body.key, 'revocation_settled');
    // Everything was one transaction: the entries stand together on the ledger.
    const together = rows(server, `select min(sequence) as first, max(sequence) as last, count(*) as entries from ledger where subject in ('revocation/${id}', 'integrity/${record.id}', 'notice/${notice.id}', 'application/${one.application}') and action in ('revocation.decide', 'integrity.confirm', 'notice.publish', 'application.revoke')`)[0];
    assert.equal(together.entries, 4);
    assert.deepEqual(rows(server, `select distinct actor from ledger where sequence between ${together.first} and ${together.last}`), [{ actor: second.account.id }]);
    // A proposal can be dropped; a title is revoked also once its holder has retired.
    const dropped = await city.bureau.ok('POST', `/titles/${kept.id}/revocation`, body);
    await second.ok('POST', `/revocations/${dropped.id}/drop`, { reason: '证据不足，不予撤销。' });
    sql(server, `update application set state = 'retired' where id = '${two.application}'`);
    const late = await second.ok('POST', `/titles/${kept.id}/revocation`, body);
    await city.bureau.ok('POST', `/revocations/${late.id}/decide`);
    assert.equal(await stateOf(other, two.application), 'revoked');
  });
});

/** What somebody was told of a case that he is to decide, in its order: [kind, last day]. */
const reminders = async (who, about) => (await who.ok('GET', '/messages')).items.filter((one) => one.parameters.about === about).map((one) => [one.kind, one.parameters.due_on]).reverse();

describe('a result that one is not satisfied with', () => {
  test('is explained with counts and no names, and rechecked by somebody else', async () => {
    const { client, id } = await voted('zheng', { yes: 5, no: 2, abstain: 1 });
    const { letter } = await client.ok('GET', `/applications/${id}/letter`);
    assert.equal(letter.cause, 'vote');
    assert.deepEqual(['present', 'yes', 'no', 'abstain', 'missing', 'needed'].map((name) => letter.vote[name]), [8, 5, 2, 1, 0, 6]);
    assert.match((await client.page(`/applications/${id}/letter`)).text, /表决未达到出席委员的三分之二/);
    assert.equal((await city.clerk.json('GET', `/applications/${id}/letter`)).status, 403);
    assert.equal((await (await teacher(city, 'feng')).json('GET', `/applications/${id}/letter`)).status, 404);

    const asked = await client.ok('POST', `/applications/${id}/recheck`, { reason });
    assert.equal((await client.json('POST', `/applications/${id}/recheck`, { reason })).body.key, 'recheck_requested');
    // Three sheets, one of them by a colleague of the applicant.
    for (const who of [city.office, city.hr, city.clerk]) sql(server, `insert into sheet (id, panel_id, application_id, account_id, submitted_at, updated_at) values ('s-${who.account.login}', '', '${id}', '${who.account.id}', '2026-01-05', '2026-01-05')`);
    const { reexamination } = await city.bureau.ok('GET', `/reexaminations/${asked.id}`);
    assert.deepEqual(reexamination.procedure.map(({ check, kept, found, needed }) => [check, kept, found, needed]), [['quorum', true, 8, 8], ['votes', true, 8, 8], ['result', true, 5, 6], ['sheets', false, 2, 3], ['recusals', false, 1, 0], ['points', true, 1, 1]]);
    // Who had a part in the dossier does not examine it.
    sql(server, `update transition set actor = '${city.bureau.account.id}' where application_id = '${id}' and action = 'fail'`);
    assert.equal((await city.bureau.json('POST', `/reexaminations/${asked.id}`, { outcome: 'revote', finding: '评议组意见不足三份。' })).body.key, 'recheck_took_part');
    assert.equal((await city.supervisor.json('POST', `/reexaminations/${asked.id}`, { outcome: 'kept', finding: '评议组意见不足三份。' })).status, 403);
    await second.ok('POST', `/reexaminations/${asked.id}`, { outcome: 'revote', finding: '评议组意见不足三份，责令重新表决。' });
    assert.equal(await stateOf(client, id), 'committee_vote');
    const { timeline } = await client.ok('GET', `/applications/${id}/timeline`);
    assert.deepEqual(timeline.rechecks.map((one) => [one.recheck_outcome, one.finding]), [['revote', '评议组意见不足三份，责令重新表决。']]);
    assert.match((await client.page(`/applications/${id}/timeline`)).text, /评议组意见不足三份/);
    assert.ok(!(await city.clerk.page(`/applications/${id}`)).text.includes('评议组意见不足三份'), 'the finding is the applicant\'s');
    // A new vote: the dossier waits for another meeting although it has been voted on before.
    const { waiting } = rows(server, `select count(*) as waiting from application a where a.id = '${id}' and not exists (select 1 from motion o where o.application_id = a.id and o.state <> 'counted')`)[0];
    assert.equal(waiting, 1);
    assert.deepEqual((await city.supervisor.ok('GET', `/ledger?subject=reexamination/${asked.id}`)).items.map((one) => one.action).sort(), ['recheck.decide', 'recheck.request']);
  });

  test('is kept with a finding, and only within the time that the cycle gives', async () => {
    const { client, id } = await voted('chen', { yes: 0, no: 8 });
    const late = await voted('chu-1', { yes: 5, no: 3 });
    const { until } = (await client.ok('GET', `/applications/${id}/letter`)).letter.recheck;
    const asked = await client.ok('POST', `/applications/${id}/recheck`, { reason });
    await second.ok('POST', `/reexaminations/${asked.id}`, { outcome: 'kept', finding: '到会、表决、计票均合规，维持原结果。' });
    assert.equal(await stateOf(client, id), 'failed');
    assert.ok((await client.ok('GET', '/messages')).items.some((one) => one.kind === 'recheck_kept'));
    const days = (to, from) => (Date.parse(to) - Date.parse(from)) / 86400e3;
    await server.advance(days(until, await day(0)));
    const last = await late.client.ok('GET', `/applications/${late.id}/letter`);
    assert.deepEqual([last.letter.recheck.open, last.letter.recheck.until], [true, until], 'the tenth working day');
    await server.advance(1);
    assert.equal((await late.client.json('POST', `/applications/${late.id}/recheck`, { reason })).body.key, 'recheck_late');
    // Requests that wait longer than they may are marked.
    const slow = await voted('wei-1', { yes: 4, no: 4 });
    const { id: waiting } = await slow.client.ok('POST', `/applications/${slow.id}/recheck`, { reason });
    const { reexamination: { due_on: due, number } } = await city.bureau.ok('GET', `/reexaminations/${waiting}`);
    await server.advance(days(due, await day(0)) - 2);
    assert.deepEqual([await reminders(city.bureau, number), await reminders(slow.client, number)], [[['recheck_filed', due]], []]);
    await server.advance(1);
    assert.deepEqual(await reminders(city.bureau, number), [['recheck_filed', due], ['recheck_due', due]], 'the day before the last');
    await server.advance(40);
    assert.equal((await reminders(city.bureau, number)).length, 2, 'once');
    assert.deepEqual((await city.supervisor.ok('GET', '/reexaminations')).items.map((one) => one.overdue), [true]);
    assert.match((await city.bureau.page('/reexaminations')).text, /已超期/);
  });
});

/** What number and code of a receipt open. */
const lookUp = ({ receipt_number, receipt_code }, code = receipt_code) => server.client().json('POST', '/receipts', { receipt_number, receipt_code: code });

describe('an objection', () => {
  const text = '所附获奖证书与事实不符，请核实。';

  test('is answered to who holds its receipt: not what was found inside, nor about whom, nor by whom; and nobody learns who objected', async () => {
    const listed = await voted('he-1', { yes: 8 }), objector = await teacher(city, 'kong-1'), silent = await teacher(city, 'cao-1');
    sql(server, `update application set track = 'general' where id = '${listed.id}'`); // whatever posts are left
    const notice = await city.office.ok('POST', `/cycles/${city.cycle.id}/result-notice`);
    const application = await entryOf(server.client(), notice.id, listed.id), at = `/notices/${notice.id}/objections`;
    const receipt = await objector.ok('POST', at, { application, text, contact: '孔某 13911112222' }, { 'Idempotency-Key': 'kong-objects-once' });
    const anonymous = await silent.ok('POST', at, { application, text, anonymous: true });
    const outsider = await server.client().ok('POST', at, { application, text });
    assert.match(receipt.receipt_number, /^YY-\d{4}-\d{8}$/);
    assert.match(receipt.receipt_code, /^[0-9a-f]{16}$/);
    assert.ok(receipt.address.endsWith('/receipts'));
    assert.equal(receipt.answer_by, (await server.client().ok('GET', `/calendar?days=10&start=${await day(0)}`)).end, 'ten working days');

    const called = async (who) => (await who.ok('GET', '/messages')).items.filter((one) => one.kind === 'objection_filed').map((one) => one.parameters.decide_by);
    assert.deepEqual([await called(city.office), await called(city.clerk), await called(listed.client)], [[receipt.answer_by], [], []], 'who decides, once while they wait');
    // Neither the code nor who objected is anywhere in the records.
    const kept = ['objection', 'idempotency', 'ledger', 'outbox', 'message', 'outside_message'].map((name) => [name, JSON.stringify(rows(server, `select * from ${name}`))]);
    for (const secret of [receipt.receipt_code, outsider.receipt_code]) assert.deepEqual(kept.filter(([, all]) => all.includes(secret)).map(([name]) => name), []);
    assert.ok(!kept[0][1].includes(objector.account.id) && !kept[0][1].includes('13911112222'));
    assert.deepEqual(rows(server, `select actor from ledger where action = 'objection.file' and subject in ('objection/${receipt.id}', 'objection/${anonymous.id}')`).map(({ actor }) => [objector, silent].some((one) => one.account.id === actor)), [false, false]);

    const open = (await lookUp(receipt)).body.receipt;
    assert.deepEqual([open.receipt_kind, open.receipt_state, open.receipt_turn, open.due_on, open.overdue, open.receipt_outcome, open.answer], ['objection', 'received', 'office', receipt.answer_by, false, '', '']);
    const wrong = await lookUp(receipt, outsider.receipt_code), none = await lookUp({ ...receipt, receipt_number: 'YY-2026-00000000' });
    assert.deepEqual([wrong, none].map(({ status, body: { errors } }) => [status, errors.map((one) => [one.field, one.code])]), [[422, [['receipt_code', 'receipt_unknown']]], [422, [['receipt_code', 'receipt_unknown']]]]);

    const listedOnes = await city.office.ok('GET', '/objections');
    assert.deepEqual(listedOnes.items.filter((one) => one.id === receipt.id).map((one) => [one.receipt_number, one.decide_by, one.overdue]), [[receipt.receipt_number, receipt.answer_by, false]]);
    const inside = await city.office.ok('GET', `/objections/${receipt.id}`);
    for (const seen of [listedOnes, inside]) assert.ok(!/kong-1|code_key|objector|sealed/.test(JSON.stringify(seen)) && !JSON.stringify(seen).includes(objector.account.id));
    const decide = (id, more) => city.office.ok('POST', `/objections/${id}`, { outcome: 'dismissed', finding: '调取原件核对，证书编号 7788 属实。', ...more });
    const own = await city.office.ok('POST', at, { application, text }), place = `/objections/${own.id}`;
    assert.deepEqual([(await city.office.ok('GET', place)).objection.own, inside.objection.own], [true, false]);
    assert.deepEqual([(await city.office.page(place)).text, (await city.office.page(`/objections/${receipt.id}`)).text].map((page) => page.includes(`action="/objections/`)), [false, true]);
    const refused = await city.office.json('POST', place, { outcome: 'dismissed', finding: '无需核查。' });
    assert.deepEqual([refused.status, refused.body.key], [403, 'objection_own']);
    await city.bureau.ok('POST', place, { outcome: 'dismissed', finding: '经核查属实。' });
    await decide(receipt.id, { answer: '已核对原件，证书属实。' });
    for (const one of [anonymous, outsider]) await decide(one.id);

    const { receipt: closed } = (await lookUp(receipt)).body;
    assert.deepEqual([closed.receipt_state, closed.receipt_outcome, closed.receipt_turn, closed.due_on, closed.answer], ['answered', 'dismissed', '', '', '已核对原件，证书属实。']);
    for (const one of [receipt, outsider]) {
      const page = (await server.client().form('/receipts', { receipt_number: ` ${one.receipt_number.toLowerCase()} `, receipt_code: one.receipt_code.toUpperCase().replace(/....(?!$)/g, '$& ') })).text;
      assert.match(page, /经核查，异议不成立/);
      assert.doesNotMatch(page + JSON.stringify(closed), /7788|he-1|N-he|kong|office\b(?!r)|01[0-9A-Z]{24}/, 'what is not the objector\'s to know');
    }
    const told = async (who) => (await who.ok('GET', '/messages')).items.filter((one) => one.kind === 'receipt_answered').map((one) => [one.parameters.receipt, one.application_id]);
    assert.deepEqual([await told(objector), await told(silent), await told(listed.client)], [[[receipt.receipt_number, null]], [], []]);
    assert.match((await objector.page('/messages')).text, new RegExp(`您提交的 ${receipt.receipt_number} 已有答复`));
    const heard = await Promise.all(['/messages', `/applications/${listed.id}`, `/applications/${listed.id}/timeline`].map((path) => listed.client.ok('GET', path)));
    assert.match(JSON.stringify(heard[0]), /objection_dismissed/);
    assert.doesNotMatch(JSON.stringify(heard), /kong-1|13911112222|YY-2026|所附获奖证书/);
  });

  test('is filed and looked up in pages without JavaScript and account, in both languages; a refused form loses nothing', async () => {
    const anybody = server.client(), { items: [{ id: notice }] } = await anybody.ok('GET', '/notices?kind=result');
    const path = `/notices/${notice}/objections`, { entries: [{ id: application }] } = (await anybody.ok('GET', `/notices/${notice}`)).notice;
    const refused = await anybody.form(path, { application, text: '短', contact: '邻村王某', _back: `/notices/${notice}` });
    assert.equal(refused.status, 422);
    assert.match(refused.text, new RegExp(`<option value="${application}" selected>`), 'whom he chose');
    for (const typed of ['>短</textarea>', 'value="邻村王某"']) assert.ok(refused.text.includes(typed), typed);
    const filed = await anybody.form(path, { application, text, contact: '邻村王某', _back: `/notices/${notice}` });
    const [receipt_number, receipt_code] = [/YY-\d{4}-\d{8}/, /(?<=<code>)[0-9a-f]{16}/].map((form) => form.exec(filed.text)[0]);
    assert.equal(filed.status, 201);
    assert.equal(filed.headers['cache-control'], 'no-store');
    assert.match(filed.text, /查询码只显示这一次/);
    for (const [language, words] of [['zh', /对公示的异议[^]*已收到[^]*评委会办公室、市人社局/], ['en', /Objection to a notice[^]*received[^]*the committee(?:&#39;|')s office/]])
      assert.match((await anybody.form('/receipts', { receipt_number, receipt_code }, { 'Accept-Language': language })).text, words);
    const unknown = await anybody.form('/receipts', { receipt_number, receipt_code: 'f'.repeat(16), _back: '/receipts' });
    assert.equal(unknown.status, 422);
    assert.match(unknown.text, /href="#receipt_code"[^]*请对照回执逐字核对/);
    assert.ok(unknown.text.includes(`value="${receipt_number}"`) && !unknown.text.includes('f'.repeat(16)), 'the number is kept, the code is not');
    // Somebody who is logged in may keep his account out of it.
    assert.deepEqual([(await city.clerk.page(`/notices/${notice}`)).text, refused.text].map((page) => page.includes('name="anonymous"')), [true, false]);
    const { items: [{ title, decide_by: by }], items } = await city.office.ok('GET', '/objections');
    await server.advance((Date.parse(by) - Date.parse(await day(0))) / 86400e3 - 2);
    assert.deepEqual(await reminders(city.office, title), [], 'that it is there its filing tells');
    await server.advance(1);
    assert.deepEqual([await reminders(city.office, title), await reminders(city.clerk, title)], [[['objection_due', by]], []]);
    await city.office.ok('POST', `/objections/${items.find((one) => one.receipt_number === receipt_number).id}`, { outcome: 'dismissed', finding: '经核查属实。' });
  });
});

describe('a complaint', () => {
  /** So many days from now, or the first working day after. */
  const within = async (days) => (await server.client().ok('GET', `/calendar?days=1&start=${await day(0, days - 1)}`)).end;

  test('about an official is the supervisor\'s, never his whom it names, and answered to who has the receipt', async () => {
    const receipt = await server.client().ok('POST', '/complaints', { about: 'official', whom: '评委会办公室 office', text: '受理时间拖延，请核实处理。' });
    assert.deepEqual([receipt.accept_by, receipt.answer_by], [await within(15), await within(60)]);
    const { items: [{ id, complaint_state }] } = await city.supervisor.ok('GET', '/complaints');
    assert.equal(complaint_state, 'received');
    const seen = await city.supervisor.ok('GET', `/complaints/${id}`);
    assert.deepEqual([seen.complaint.anonymous, seen.complaint.contact, seen.complaint.code_key], [true, '', undefined]);
    for (const who of [city.office, city.bureau]) {
      assert.deepEqual((await who.ok('GET', '/complaints?show=all')).items, [], 'not even that there is one');
      assert.equal((await who.json('GET', `/complaints/${id}`)).status, 404);
    }
    assert.deepEqual([(await lookUp(receipt)).body.receipt].map((one) => [one.receipt_kind, one.receipt_state, one.receipt_turn, one.due_on]), [['complaint', 'received', 'complaint', receipt.accept_by]]);
    const [wrong, none] = [await lookUp(receipt, '0'.repeat(16)), await lookUp({ ...receipt, receipt_number: 'XF-2026-00000000' })];
    assert.deepEqual([wrong.status, none.status, wrong.body.errors], [422, 422, none.body.errors]);
    assert.deepEqual((await city.supervisor.json('POST', `/complaints/${id}/assign`, { person: 'office' })).body.errors.map((one) => one.code), ['complaint_concerned']);
    await city.supervisor.ok('POST', `/complaints/${id}/assign`, { person: 'bureau-2' });
    assert.ok((await second.ok('GET', '/messages')).items.some((one) => one.kind === 'complaint_assigned'));
    assert.equal((await city.supervisor.json('POST', `/complaints/${id}/accept`, {})).body.key, 'complaint_not_yours');
    assert.equal((await second.json('POST', `/complaints/${id}/answer`, { answer: '已核实整改。' })).body.key, 'complaint_state_wrong', 'step by step');
    await second.ok('POST', `/complaints/${id}/accept`, {});
    const upload = (who, bytes) => who.upload(`/api/v1/complaints/${id}/files`, {}, { name: '受理台账.pdf', type: 'application/pdf', bytes });
    assert.equal((await upload(city.supervisor, pdf)).status, 403, 'he watches it');
    assert.equal((await upload(city.office, pdf)).status, 404);
    assert.equal((await upload(second, Buffer.from('MZ no document'))).status, 415);
    const file = await upload(second, pdf);
    assert.equal(file.status, 201, file.text);
    assert.equal((await city.supervisor.send('GET', `/api/v1/complaints/${id}/files/${file.body.id}`)).status, 200);
    assert.equal((await city.office.json('GET', `/complaints/${id}/files/${file.body.id}`)).status, 404);
    await second.ok('POST', `/complaints/${id}/investigate`, { outcome: 'founded', finding: '经核查，受理超期两日。' });
    const between = (await lookUp(receipt)).body.receipt;
    assert.deepEqual([between.receipt_state, between.receipt_outcome, between.due_on], ['accepted', '', receipt.answer_by], 'the finding stays inside');
    await second.ok('POST', `/complaints/${id}/answer`, { answer: '情况属实，已责成整改。' });
    await second.ok('POST', `/complaints/${id}/close`, {});
    const { receipt: closed } = (await lookUp(receipt)).body;
    assert.deepEqual([closed.receipt_state, closed.receipt_outcome, closed.receipt_turn, closed.answer], ['closed', 'founded', '', '情况属实，已责成整改。']);
    assert.doesNotMatch(JSON.stringify(closed), /超期两日|bureau|supervisor|office/, 'nor who had it: a name in a complaint would show who is an expert');
    assert.deepEqual((await city.supervisor.ok('GET', `/complaints/${id}`)).complaint.steps.map((one) => one.step), ['file', 'assign', 'accept', 'attach', 'investigate', 'answer', 'close']);
    assert.deepEqual((await city.supervisor.ok('GET', `/ledger?subject=complaint/${id}`)).items.filter((one) => one.payload && Object.keys(one.payload).length), [], 'the ledger says that there is a case and nothing of it');
  });

  test('about a dossier lets its result wait, and nobody else\'s; its applicant does not learn who or what', async () => {
    const [held, other] = [await copyOne('you-1'), await copyOne('xu-11')];
    sql(server, `update application set state = 'result_notice' where id in ('${held.id}', '${other.id}')`);
    const complainant = await teacher(city, 'shi-1');
    await complainant.ok('POST', '/complaints', { about: 'dossier', whom: 'N-you-1', text: '所附论文系他人作品，请核实。', contact: '13999990000' });
    const { items: [{ id }] } = await city.bureau.ok('GET', '/complaints');
    const { complaint } = await city.bureau.ok('GET', `/complaints/${id}`);
    assert.deepEqual([complaint.application_id, complaint.contact], [held.id, '13999990000']);
    assert.equal(rows(server, `select count(*) as found from ledger where actor = '${complainant.account.id}' and action like 'complaint%'`)[0].found, 0, 'who complains is kept nowhere');
    assert.equal((await held.client.json('GET', `/complaints/${id}`)).status, 403);
    await city.bureau.ok('POST', `/complaints/${id}/accept`, {});
    await city.bureau.ok('POST', `/complaints/${id}/hold`, { note: '核查论文' });
    assert.deepEqual([await stateOf(held.client, held.id), await stateOf(other.client, other.id)], ['objection_hold', 'result_notice']);
    assert.ok(!(await held.client.page(`/applications/${held.id}`)).text.includes('他人作品'));
    const act = (action) => city.bureau.json('POST', `/applications/${held.id}/actions/${action}`, {});
    assert.equal((await act('release')).body.key, 'objection_open');
    await city.bureau.ok('POST', `/complaints/${id}/investigate`, { outcome: 'founded', finding: '经比对，论文系他人作品。' });
    await city.bureau.ok('POST', `/complaints/${id}/answer`, { answer: '经核查属实，已取消结果。' });
    assert.equal((await act('release')).body.key, 'objection_upheld');
    assert.equal((await act('annul')).status, 200);
    assert.equal(await stateOf(held.client, held.id), 'failed');
  });

  test('that names everybody who could look into it is still seen by the supervisor', async () => {
    const { receipt_number: number } = await server.client().ok('POST', '/complaints', { about: 'procedure', text: '反映过多次：bureau、bureau-2、supervisor 都不处理。' });
    const sees = async (who) => (await who.ok('GET', '/complaints')).items.some((one) => one.number === number);
    await server.advance(1);
    for (const look of [sees, async (who) => (await reminders(who, number)).length > 0])
      assert.deepEqual([await look(city.supervisor), await look(city.bureau), await look(second)], [true, false, false]);
  });

  test('that waits too long is marked for those who have it', async () => {
    const receipt = await server.client().ok('POST', '/complaints', { about: 'procedure', text: '公示的地点不醒目，请改进。' });
    const overdue = async () => (await city.bureau.ok('GET', '/complaints')).items.filter((one) => one.number === receipt.receipt_number).map((one) => one.overdue);
    await server.advance(1);
    await server.advance((Date.parse(receipt.accept_by) - Date.parse(await day(0))) / 86400e3);
    assert.deepEqual(await overdue(), [false], 'the fifteenth working day');
    const told = [['complaint_filed', receipt.accept_by], ['complaint_due', receipt.accept_by]];
    for (const [who, of] of [[city.bureau, told], [second, told], [city.supervisor, []], [city.office, []]]) assert.deepEqual(await reminders(who, receipt.receipt_number), of);
    await server.advance(1);
    assert.deepEqual(await overdue(), [true]);
    assert.match((await city.bureau.page('/complaints')).text, /已超期/);
    const named = await server.account('watch-2', [{ role: 'supervisor', scope: '' }], { name: '郑监督' });
    const { receipt_number: about } = await server.client().ok('POST', '/complaints', { about: 'official', whom: '郑监督', text: '受理时间拖延，请核实处理。' });
    await server.advance(1);
    assert.deepEqual([(await reminders(city.supervisor, about)).map(([kind]) => kind), await reminders(named, about)], [['complaint_filed'], []], 'not whom it concerns');
  });
});
