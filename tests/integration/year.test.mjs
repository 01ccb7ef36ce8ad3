// The year around a dossier: windows by stage and role, what a return late in the year may count on, extensions of one
// district, deadlines with what is late and whose turn it is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, day, division, draft, submit, teacher, verifyAll } from './city.mjs';
import { rows } from './estate.mjs';
import { startServer } from './harness.mjs';

const reasons = { reasons: [{ code: 'format', text: '请核对。' }] };
const elsewhere = '650109';
let server, city, lin, mali, neighbour, dossiers, drafts;

const application = async (client, id) => (await client.ok('GET', `/applications/${id}`)).application;
const messages = async (client, kind) => (await client.ok('GET', '/messages')).items.filter((one) => one.kind === kind);
const timeline = (client) => client.ok('GET', `/cycles/${city.cycle.id}/timeline`);
const named = (view, name) => view.milestones.find((one) => one.milestone === name);

before(async () => {
  server = await startServer();
  city = await buildCity(server, { windows: { resubmission: { closes_on: day(60) }, unit: { opens_on: day(2), closes_on: day(20) } } });
  const away = await server.control.ok('POST', '/units', { name: '羊毛工镇小学', division_code: elsewhere, kind: 'school', grassroots: 'township' });
  [lin, mali, neighbour] = await Promise.all([teacher(city, 'lin'), teacher(city, 'mali'), teacher({ server, unit: away }, 'neighbour')]);
  drafts = { mali: await draft(city, mali), neighbour: await draft(city, neighbour) };
  dossiers = { lin: await draft(city, lin) };
  assert.equal((await submit(lin, dossiers.lin)).status, 200);
});
after(async () => server?.stop());

describe('windows', () => {
  test('a stage has not begun: the answer says when it does, and the page too', async () => {
    const early = await act(city.clerk, dossiers.lin, 'begin');
    assert.equal(early.status, 409);
    assert.equal(early.body.key, 'window_not_open');
    assert.match(early.body.detail, new RegExp(day(2)));
    const { actions } = await city.clerk.ok('GET', `/applications/${dossiers.lin}`);
    const begin = actions.find((one) => one.action === 'begin');
    assert.equal(begin.ready, false);
    assert.equal(begin.say, 'window_not_open');
    await server.advance(3);
    assert.equal((await act(city.clerk, dossiers.lin, 'begin')).status, 200);
  });

  test('submission is over: the first one is refused with its day, a return is not touched by that', async () => {
    await city.clerk.ok('POST', `/applications/${dossiers.lin}/actions/return`, reasons);
    assert.equal((await application(lin, dossiers.lin)).due_at, new Date(Date.parse(`${day(60)}T16:00:00Z`) - 1).toISOString(), 'the end of resubmission lengthens the deadline');
    await server.advance(28); // day 31: closed
    const late = await submit(mali, drafts.mali);
    assert.equal(late.status, 409);
    assert.equal(late.body.key, 'cycle_closed');
    assert.match(late.body.detail, new RegExp(day(30)));
    assert.equal((await mali.json('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' })).status, 409);
    const again = await submit(lin, dossiers.lin);
    assert.equal(again.status, 200, again.text);
  });

  test('an office acts in its window or until the deadline of the dossier; then it is told whom to ask', async () => {
    // The unit's window ended on day 20; the dossier came back on day 31 and brings its own days.
    await verifyAll(city.clerk, dossiers.lin);
    await server.advance(25);
    const late = await act(city.clerk, dossiers.lin, 'return', reasons);
    assert.equal(late.status, 409);
    assert.equal(late.body.key, 'window_closed');
    assert.equal((await city.clerk.json('PUT', `/applications/${dossiers.lin}/verifications`, { verdicts: [] })).body.key, 'window_closed');
    assert.match((await city.clerk.page(`/applications/${dossiers.lin}`)).text, /市人社局/);
    const view = await timeline(city.bureau);
    assert.deepEqual([named(view, 'unit').progress, named(view, 'unit').waiting, named(view, 'unit').overdue], ['late', 1, 1]);
    assert.deepEqual(view.offices.map(({ name, holder, overdue }) => [name, holder, overdue]), [['水西沟镇中心小学', 'unit', 1]]);
    // The bureau extends the unit's stage there.
    await city.bureau.ok('POST', `/cycles/${city.cycle.id}/extend`, { stage: 'unit', division_code: division, closes_on: day(70), reason: '道路封闭' });
    assert.equal((await act(city.clerk, dossiers.lin, 'return', reasons)).status, 200);
    await server.advance(1);
    assert.equal((await messages(city.clerk, 'window_extended')).length, 1);
  });
});

describe('an extension of one district', () => {
  test('has its reason, holds there only, lengthens open returns, and everybody concerned is told once', async () => {
    const path = `/cycles/${city.cycle.id}/extend`;
    const body = { division_code: division, closes_on: day(80), reason: '因疫情防控，全面复工后申报' };
    assert.equal((await city.office.json('POST', path, body)).status, 403);
    assert.equal((await city.bureau.json('POST', path, { ...body, reason: '' })).status, 422);
    assert.equal((await city.bureau.json('POST', path, { ...body, division_code: '999999' })).status, 422);
    assert.equal((await city.bureau.json('POST', path, { ...body, stage: 'office' })).status, 422, 'nothing to move');
    await city.bureau.ok('POST', path, body);
    assert.equal((await application(lin, dossiers.lin)).due_at.slice(0, 10), day(80));
    assert.equal((await submit(neighbour, drafts.neighbour)).body.key, 'cycle_closed');
    const shown = await server.client().ok('GET', `/cycles/${city.cycle.id}`);
    assert.equal(shown.closes_on, day(30), 'for the others nothing moved');
    assert.deepEqual(shown.parameters.extensions.at(-1).division_name, '乌鲁木齐县');
    assert.match((await server.client().page(`/cycles/${city.cycle.id}`)).text, /乌鲁木齐县.*申报.*因疫情防控/);
    assert.equal((await mali.ok('GET', `/cycles/${city.cycle.id}`)).windows[0].closes_on, day(80));
    await server.advance(1);
    await server.advance(1);
    assert.equal((await messages(mali, 'window_extended')).length, 1);
    assert.match((await mali.page('/messages')).text, /因疫情防控/);
    assert.deepEqual(await messages(neighbour, 'window_extended'), []);
    assert.deepEqual(await messages(lin, 'window_extended'), [], 'who has submitted is not concerned');
    assert.equal((await messages(city.hr, 'window_extended')).length, 1);
    const sent = await submit(mali, drafts.mali);
    assert.equal(sent.status, 200, sent.text);
  });

  test('days that the notice left open are announced later, once', async () => {
    const path = `/cycles/${city.cycle.id}/windows`;
    const body = { stage: 'fee', opens_on: day(50), closes_on: day(90) };
    assert.equal((await city.office.json('POST', path, body)).status, 403);
    assert.equal((await city.bureau.json('POST', path, { ...body, stage: 'submission' })).status, 422);
    assert.equal((await city.bureau.json('POST', path, { ...body, closes_on: day(1), opens_on: day(0) })).status, 422, 'over before it is announced');
    await city.bureau.ok('POST', path, body);
    assert.equal(rows(server, "select count(*) as n from telling where kind = 'window_set' and stage = 'fee'")[0].n, 1);
    assert.equal((await city.bureau.json('POST', path, { ...body, closes_on: day(60) })).body.key, 'window_running', 'it has begun: only an extension moves it');
    assert.equal((await city.bureau.form(`/cycles/${city.cycle.id}/windows`, { stage: 'review', opens_on: '', closes_on: day(100) })).status, 303);
  });
});

describe('the timeline', () => {
  test('shows every milestone, what is late and whose turn it is; to the public no figures', async () => {
    const view = await timeline(city.office), open = await timeline(server.client());
    assert.deepEqual(view.milestones.map((one) => one.milestone), ['notice', 'submission', 'resubmission', 'unit', 'fee', 'plan', 'review', 'result_notice', 'report', 'filing']);
    assert.deepEqual([named(view, 'notice').due_on, named(view, 'notice').holder], ['2026-08-31', 'bureau']);
    assert.equal(named(view, 'notice').progress, day(-40) > '2026-08-31' ? 'done_late' : 'done');
    assert.equal(named(view, 'review').due_on, '2026-11-30');
    assert.equal(named(view, 'plan').holder, 'office');
    assert.deepEqual(view.levels.map((one) => [one.level, one.is_ready, one.dossiers]), [['junior', false, 0], ['intermediate', false, 2], ['senior', false, 0], ['full_senior', false, 0]]);
    assert.deepEqual(open.milestones.map((one) => one.milestone), ['notice', 'submission', 'resubmission', 'unit', 'fee', 'review', 'result_notice']);
    for (const hidden of ['levels', 'stages', 'offices']) assert.equal(open[hidden], undefined);
    assert.ok(open.milestones.every((one) => one.waiting === undefined && one.overdue === undefined));
    for (const client of [city.supervisor, server.client()]) {
      const page = await client.page(`/cycles/${city.cycle.id}/timeline`);
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.text, /\{\{|undefined/);
    }
  });
});
