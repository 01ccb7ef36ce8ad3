// A dossier's way from its draft to the panel's door, through the API, and the same pages without scripts.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, content, districtAssessments, draft, entryOf, pdf, save, submit, teacher, unitAssessments, verifyAll } from './city.mjs';
import { rows } from './estate.mjs';
import { startServer, top } from './harness.mjs';

// The shipped standards, with a reference line of its own for townships in the one that is used here.
const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const script = join(scripts, 'teacher/intermediate.rb');

let server, city;
before(async () => {
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  const source = readFileSync(script, 'utf8'), tiered = source.replace('reference_line 60', '$&, of: :unit_tier, table: {"乡镇" => 50}');
  assert.notEqual(source, tiered);
  writeFileSync(script, tiered);
  server = await startServer({ config: { script_folder: scripts } });
  city = await buildCity(server, { fee: 18000 });
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

const field = (html, name) => new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(html)?.[1];

const stateOf = async (client, id) => (await client.ok('GET', `/applications/${id}`)).application.state;

/** The official evaluation, once the worker's answer has been stored. */
async function scored(client, id) {
  for (let tries = 0; tries < 200; tries++) {
    const { evaluation } = await client.ok('GET', `/applications/${id}`);
    if (evaluation?.gates?.length) return evaluation;
    await server.control.ok('GET', '/health');
  }
  assert.fail('the dossier was not evaluated');
}

/** To the state that `until` names, by everybody's own account. */
async function bring(id, until) {
  const steps = [
    ['unit_review', async () => (await act(city.clerk, id, 'begin')).status],
    ['unit_notice', async () => {
      await verifyAll(city.clerk, id);
      for (const [section, value] of Object.entries(unitAssessments)) await city.clerk.ok('PUT', `/applications/${id}/assessments/${section}`, { content: value });
      await city.clerk.ok('POST', '/notices', { applications: [id] });
    }],
    ['district_industry_review', async () => {
      await server.advance(12);
      await city.clerk.ok('POST', `/applications/${id}/actions/recommend`, {});
    }],
    ['district_hr_review', async () => {
      await verifyAll(city.industry, id);
      for (const [section, value] of Object.entries(districtAssessments)) await city.industry.ok('PUT', `/applications/${id}/assessments/${section}`, { content: value });
      await city.industry.ok('POST', `/applications/${id}/actions/forward`, {});
    }],
    ['office_review', async () => city.hr.ok('POST', `/applications/${id}/actions/forward`, {})],
  ];
  for (const [state, step] of steps) {
    await step();
    assert.equal(await stateOf(city.supervisor, id), state);
    if (state === until) return;
  }
}

describe('the draft', () => {
  test('one dossier a year, and never for examined specialties', async () => {
    const lin = await teacher(city, 'lin');
    const body = { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' };
    assert.equal((await lin.json('POST', '/applications', { ...body, specialty: 'nothing' })).status, 422);
    assert.equal((await lin.json('POST', '/applications', body)).status, 201);
    const again = await lin.json('POST', '/applications', body);
    assert.equal(again.status, 409);
    assert.equal(again.body.key, 'one_per_year');
    assert.equal((await city.office.json('POST', '/applications', body)).status, 403);
  });

  test('keeps what fits, names the rest, and minds versions', async () => {
    const ma = await teacher(city, 'mali');
    const { id } = await ma.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' });
    const path = `/applications/${id}/sections/teaching`;
    assert.equal((await ma.json('PUT', path, { content: { teaching: {} } })).status, 428);
    const saved = await ma.json('PUT', path, { content: { teaching: { subject: '语文', weekly_hours: 'many' } } }, { 'If-Match': '"1"' });
    assert.equal(saved.status, 200);
    assert.deepEqual(saved.body.value, { subject: '语文' });
    assert.deepEqual(saved.body.problems.map((p) => p.field), ['content.teaching.weekly_hours']);
    assert.equal((await ma.json('PUT', path, { content: { teaching: {} } }, { 'If-Match': '"1"' })).status, 412);
    assert.equal((await ma.json('PUT', path, { content: { teaching: {} } }, { 'If-Match': '"1", "12", "22"' })).status, 412);
    assert.equal((await ma.json('PUT', path, { content: { teaching: { subject: '语文' } } }, { 'If-Match': '"1", "2"' })).status, 200, 'one of several');
    assert.equal((await ma.ok('GET', path)).value.subject, '语文');
    const added = await ma.ok('POST', `/applications/${id}/sections/honours/items`, { content: { name: '先进' } });
    assert.match(added.item, /^[a-z2-7]{8}$/);
    await ma.ok('DELETE', `/applications/${id}/sections/honours/items/${added.item}`);
    assert.equal((await ma.json('DELETE', `/applications/${id}/sections/honours/items/${added.item}`)).status, 404);
    for (const other of [city.clerk, city.office, city.supervisor]) assert.equal((await other.json('GET', `/applications/${id}`)).status, 404);
    const early = await submit(ma, id);
    assert.equal(early.status, 422);
    assert.ok(early.body.errors.length > 10);
  });

  test('evidence is what it says it is, and only for those who may see it', async () => {
    const zhao = await teacher(city, 'zhao');
    const { id } = await zhao.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' });
    const path = `/api/v1/applications/${id}/evidence`;
    const at = { section: 'qualification', item: '' };
    const good = await zhao.upload(path, at, { name: '教师资格证.pdf', type: 'application/pdf', bytes: pdf });
    assert.equal(good.status, 201, good.text);
    assert.equal((await zhao.upload(path, at, { name: 'a.pdf', type: 'application/pdf', bytes: Buffer.from('MZ not a pdf') })).status, 415);
    assert.equal((await zhao.upload(path, at, { name: 'a.html', type: 'text/html', bytes: pdf })).status, 415);
    assert.equal((await zhao.upload(path, { section: 'summary', item: '' }, { name: 'a.pdf', type: 'application/pdf', bytes: pdf })).status, 422);
    assert.equal((await zhao.upload(path, { section: 'education', item: 'nosuchid' }, { name: 'a.pdf', type: 'application/pdf', bytes: pdf })).status, 422);
    const file = await zhao.send('GET', `${path}/${good.body.id}`);
    assert.equal(file.status, 200);
    assert.deepEqual(file.raw, pdf);
    assert.match(file.headers['content-disposition'], /^attachment/);
    assert.equal(file.headers['x-content-type-options'], 'nosniff');
    for (const other of [city.clerk, city.supervisor]) assert.equal((await other.send('GET', `${path}/${good.body.id}`)).status, 404);
    await zhao.ok('DELETE', `/applications/${id}/evidence/${good.body.id}`);
    assert.deepEqual((await zhao.ok('GET', `/applications/${id}/evidence`)).items, []);
  });

  test('pages without scripts fill in a section and say what is wrong', async () => {
    const browser = await teacher(city, 'browser');
    const begun = await browser.form('/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese', _back: '/applications/new' });
    assert.equal(begun.status, 303, begun.text);
    const home = begun.headers.location;
    const page = await browser.page(`${home}/sections/teaching`);
    assert.equal(page.status, 200, page.text);
    const wrong = await browser.form(`${home}/sections/teaching`, { _method: 'PUT', _version: field(page.text, '_version'), 'content.teaching.subject': '语文', 'content.teaching.weekly_hours': 'many' });
    assert.equal(wrong.status, 200);
    assert.match(wrong.text, /value="many"/);
    assert.match(wrong.text, /td-problem/);
    const right = await browser.form(`${home}/sections/teaching`, { _method: 'PUT', _version: field(wrong.text, '_version'), 'content.teaching.subject': '语文', 'content.teaching.weekly_hours': '15' });
    assert.equal(right.status, 303);
    for (const path of ['', '/check', '/points', '/submit', '/sections/education']) assert.equal((await browser.page(home + path)).status, 200, path);
  });

  test('shows the points it would get', async () => {
    const sun = await teacher(city, 'sun');
    const id = await draft(city, sun);
    const preview = await sun.ok('GET', `/applications/${id}/points`);
    assert.ok(preview.score.total > 2000, JSON.stringify(preview.score));
    assert.ok(preview.gates.length > 3);
    assert.ok(preview.facts.some((fact) => fact.because));
    const page = await sun.page(`/applications/${id}/points`);
    assert.equal(page.status, 200);
    assert.match(page.text, /B1/);
  });

  test('the reference line is that of the unit, and says so', async () => {
    const sun = await teacher(city, 'sun-line');
    const id = await draft(city, sun);
    const { score } = await sun.ok('GET', `/applications/${id}/points`);
    assert.deepEqual([score.reference_line, score.reference_line_because], [5000, '所在单位层级：乡镇']);
    assert.match((await sun.page(`/applications/${id}/points`)).text, /50\.00 <span class="td-hint">所在单位层级：乡镇/);
    const { items } = await server.client().ok('GET', '/standards?series=teacher&level=intermediate');
    assert.match((await server.client().page(`/standards/${items[0].id}`)).text, /60\.00 <span class="td-hint">所在单位层级：乡镇 50；其他 60/);
  });
});

describe('the way', () => {
  test('from submission to the fee', async () => {
    const han = await teacher(city, 'han');
    const id = await draft(city, han);
    assert.equal((await han.json('POST', `/applications/${id}/submit`, {})).status, 422);
    const unsigned = await han.form(`/applications/${id}/submit`, { _back: `/applications/${id}/submit`, pledge: 'true' });
    assert.equal(unsigned.status, 422);
    assert.match(unsigned.text, /href="#consequences"/);
    const receipt = await submit(han, id);
    assert.equal(receipt.status, 200, receipt.text);
    assert.match(receipt.body.number, /^2026-TEA-\d{6}$/);
    assert.equal(receipt.body.state, 'submitted');
    assert.equal((await submit(han, id)).status, 409);

    const { counts } = await city.clerk.ok('GET', '/queue');
    assert.equal(counts.find((c) => c.state === 'submitted').count, 1);
    const taken = await city.clerk.ok('POST', '/queue/take', {});
    assert.equal(taken.id, id);
    assert.equal(await stateOf(city.clerk, id), 'unit_review');
    assert.equal((await act(city.industry, id, 'forward')).status, 409); // not yet there
    assert.equal((await act(city.clerk, id, 'recommend')).status, 409);

    const early = await city.clerk.json('POST', '/notices', { applications: [id] });
    assert.equal(early.body.key, 'verification_missing');
    await bringRest(id);
    await scored(city.office, id);
    assert.equal(await verifyAll(city.office, id), 0);
    const accepted = await act(city.office, id, 'accept');
    assert.equal(accepted.status, 200, accepted.text);
    assert.equal(accepted.body.state, 'fee_due');
    const fee = await city.office.ok('POST', `/applications/${id}/fee`, { receipt: 'NT-2026-1', paid_on: '2026-11-01' });
    assert.equal(fee.amount_cents, 18000);
    assert.equal(await stateOf(city.office, id), 'accepted');

    const { timeline } = await han.ok('GET', `/applications/${id}`);
    assert.equal(timeline.stages.filter((stage) => stage.is_current).length, 1);
    assert.ok(timeline.stages.find((stage) => stage.state === 'unit_notice').is_done);
    const { items, unread } = await han.ok('GET', '/messages');
    assert.ok(unread >= 4);
    assert.ok(items.some((message) => message.kind === 'accepted'));
    assert.equal((await han.ok('POST', '/messages/read', {})).unread, 0);
  });

  async function bringRest(id) {
    await verifyAll(city.clerk, id);
    const { errors: [wrong] } = (await city.clerk.json('PUT', `/applications/${id}/assessments/workload_appraisal`, { content: {} })).body;
    assert.equal(wrong.message, '完成情况: 必填', 'called as the form calls it');
    for (const [section, value] of Object.entries(unitAssessments)) await city.clerk.ok('PUT', `/applications/${id}/assessments/${section}`, { content: value });
    const notice = await city.clerk.ok('POST', '/notices', { applications: [id] });
    assert.equal(notice.working_days, 5);
    const shown = await server.client().ok('GET', `/notices/${notice.id}`);
    assert.equal(shown.notice.entries.length, 1);
    assert.deepEqual(Object.keys(shown.notice.entries[0]).filter((name) => /birth|phone|id_number|account/.test(name)), []);
    assert.ok(!JSON.stringify(shown).includes(id) && !(await server.client().page(`/notices/${notice.id}`)).text.includes(id), 'who judges a dossier blindly knows its id');
    assert.equal((await server.client().json('POST', `/notices/${notice.id}/objections`, { application: id, text: '任教年限与事实不符，请核实。' })).status, 409);
    assert.equal((await act(city.clerk, id, 'recommend')).body.key, 'notice_running');
    const objection = await server.client().ok('POST', `/notices/${notice.id}/objections`, { application: await entryOf(server.client(), notice.id, id), text: '任教年限与事实不符，请核实。', contact: '13900000000' });
    await server.advance(12);
    assert.equal((await act(city.clerk, id, 'recommend')).body.key, 'objection_open');
    const open = await city.clerk.ok('GET', '/objections');
    assert.equal(open.items[0].id, objection.id);
    assert.ok(!JSON.stringify(open).includes('13900000000'));
    assert.equal((await city.clerk.ok('GET', `/objections/${objection.id}`)).objection.contact, '13900000000');
    assert.equal((await city.supervisor.ok('GET', `/objections/${objection.id}`)).objection.contact, '');
    assert.equal((await city.office.json('GET', `/objections/${objection.id}`)).status, 404);
    assert.equal((await city.clerk.ok('GET', '/messages')).items.filter((one) => one.kind === 'objection_filed').length, 1);
    await city.clerk.ok('POST', `/objections/${objection.id}`, { outcome: 'dismissed', finding: '经核查档案，年限属实。' });
    assert.equal(rows(server, `select count(*) as n from message where application_id = '${id}' and kind = 'objection_dismissed'`)[0].n, 1);
    const taken = await server.client().ok('GET', `/notices/${notice.id}`);
    assert.deepEqual(taken.notice.entries, []);
    await city.clerk.ok('POST', `/applications/${id}/actions/recommend`, { note: '同意推荐' });
    assert.ok((await verifyAll(city.industry, id)) > 4);
    for (const [section, value] of Object.entries(districtAssessments)) await city.industry.ok('PUT', `/applications/${id}/assessments/${section}`, { content: value });
    await city.industry.ok('POST', `/applications/${id}/actions/forward`, {});
    await city.hr.ok('POST', `/applications/${id}/actions/forward`, {});
  }

  test('a return names its reasons, waits for the answer, and comes back to the desk it left', async () => {
    const guo = await teacher(city, 'guo');
    const id = await draft(city, guo);
    await submit(guo, id);
    await bring(id, 'district_industry_review');
    assert.equal((await act(city.industry, id, 'return', { reasons: [] })).status, 422);
    const returned = await act(city.industry, id, 'return', { note: '请核对', reasons: [{ code: 'employment', section: 'employment', item: 'empaaaaa', field: 'start', text: '与档案不符' }] });
    assert.equal(returned.status, 200, returned.text);
    const own = await guo.ok('GET', `/applications/${id}`);
    assert.equal(own.application.state, 'returned');
    assert.equal(own.open_order.reasons[0].code, 'employment');
    assert.ok(own.application.due_at > new Date().toISOString());
    const value = content().employment;
    value[0].start = '2010-08-15';
    await save(guo, id, own.application.version, 'employment', value);
    const answered = await submit(guo, id);
    assert.equal(answered.body.state, 'district_industry_review');
    const { items } = await city.industry.ok('GET', `/applications/${id}/verifications`);
    assert.ok(items.every((item) => !item.verdict));
    // What the district sends back to the unit reaches those who work there.
    const rows = Object.fromEntries([0, 1, 2].flatMap((n) => ['code', 'place', 'text'].map((name) => [`reasons.${n}.${name}`, ''])));
    const refused = await city.industry.form(`/applications/${id}/actions/return_to_unit`, { ...rows, 'reasons.0.text': '请补盖公章', 'reasons.1.code': 'format', note: '见第 "2" 页', _back: `/applications/${id}` });
    assert.equal(refused.status, 422);
    for (const kept of ['name="reasons.0.text" maxlength="600" value="请补盖公章"', '<option value="format" selected>', '见第 &quot;2&quot; 页</textarea>']) assert.equal(refused.text.split(kept).length, 2, `${kept}: once, in the form that was sent`);
    await city.industry.ok('POST', `/applications/${id}/actions/return_to_unit`, { reasons: [{ code: 'format', text: '请补盖公章' }] });
    const told = async (client) => (await client.ok('GET', '/messages')).items.filter((one) => one.kind === 'unit_returned' && one.application_id === id);
    assert.deepEqual((await told(city.clerk)).map((one) => typeof one.parameters.due_at), ['string']);
    assert.deepEqual([(await told(guo)).length, (await told(city.industry)).length], [0, 0]);
  });

  test('who is silent gives up', async () => {
    const ding = await teacher(city, 'ding');
    const id = await draft(city, ding);
    await submit(ding, id);
    await bring(id, 'unit_review');
    await act(city.clerk, id, 'return', { reasons: [{ code: 'format' }] });
    await server.advance(60);
    assert.equal(await stateOf(ding, id), 'abandoned');
    assert.ok((await ding.ok('GET', '/messages')).items.some((message) => message.kind === 'abandoned'));
  });
});

describe('pages without scripts', () => {
  test('everybody finds the first page, notices and nothing else', async () => {
    const guest = server.client();
    for (const path of ['/', '/notices']) assert.equal((await guest.page(path)).status, 200, path);
    const queue = await guest.page('/queue');
    assert.ok([303, 401].includes(queue.status));
  });

  test('who may not see a dossier cannot tell it from one that is not there', async () => {
    const [{ id, number }] = (await city.supervisor.ok('GET', '/applications?state=accepted')).items;
    const stranger = await server.account('stranger', [{ role: 'unit', scope: (await server.control.ok('POST', '/units', { name: '另一所学校', division_code: '650109', kind: 'school', grassroots: 'township' })).id }]);
    const expert = await server.account('expert', [{ role: 'expert', scope: 'teacher' }]);
    const none = id.slice(0, -4) + 'ZZZZ';
    const bare = ({ body: { instance, ...rest }, status }) => ({ status, ...rest });
    for (const path of ['', '/timeline', '/print', '/check', '/verifications', '/sections/education', '/evidence'])
      assert.deepEqual(bare(await stranger.json('GET', `/applications/${id}${path}`)), bare(await stranger.json('GET', `/applications/${none}${path}`)), path);
    assert.deepEqual(bare(await act(stranger, id, 'begin')), bare(await act(stranger, none, 'begin')));
    assert.deepEqual((await stranger.ok('GET', `/applications?q=${number}`)).items, []);
    assert.ok((await stranger.ok('GET', '/queue')).counts.every(({ count }) => count === 0));
    assert.notEqual((await expert.json('GET', `/applications/${id}`)).status, 200);
    assert.equal((await city.supervisor.ok('GET', `/applications?q=${number}`)).items.length, 1);
  });

  test('officials see the dossier, the queue and what is missing', async () => {
    const [{ id }] = (await city.supervisor.ok('GET', '/applications?state=accepted')).items;
    for (const client of [city.clerk, city.office, city.supervisor]) {
      const page = await client.page(`/applications/${id}`);
      assert.equal(page.status, 200);
      assert.match(page.text, /id="evaluation"/);
    }
    for (const path of ['/queue', '/queue?state=accepted', '/applications', `/applications/${id}/print`, `/applications/${id}/timeline`, '/objections', '/'])
      assert.equal((await city.office.page(path)).status, 200, path);
    assert.equal((await city.clerk.page('/notices/new')).status, 200);
  });
});
