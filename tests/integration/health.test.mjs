// The health series from the public page to the expert's sheet: levels that are won by examination are
// refused with their reason, a nurse's title is 副主任护师, cases that tell who somebody is stop the submission, and
// experts judge them without knowing whose they are.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { division, forward, foundCommittee, save, submit, verify } from './city.mjs';
import * as files from './files.mjs';
import { startServer, steady } from './harness.mjs';

const years = [2021, 2022, 2023, 2024, 2025];
const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
const item = (name, n = 0) => name.slice(0, 3) + 'aaaa' + 'abcde'[n];
const topics = ['糖尿病足护理 1 例', '产后访视护理 1 例', '居家失能老人护理 1 例'];

const cases = (change = {}) =>
  topics.map((title, n) => ({
    id: item('case', n), title, kind: 'nursing_case', date: '2025-03-01', deidentified: true,
    summary: '评估、护理措施、效果与体会。'.repeat(8), ...(n === 0 ? change : {}),
  }));

/** The applicant's sections of a nurse's complete dossier: 20 years at the grassroots, eight in title. */
const content = () => ({
  education: [{ id: item('education'), degree: 'college', school: '新疆医科大学', major: '护理', study_form: 'full_time', start: '2003-09-01', end: '2006-07-01' }],
  licence: { kind: 'nurse', category: '护理', number: 'N-2006', obtained: '2006-11-01', valid_until: '2029-06-30' },
  employment: [{ id: item('employment'), unit_name: '古牧地镇社区卫生服务中心', unit_kind: 'community_centre', government_run: true, hardship: false, post: '社区护士', practising: true, seconded: false, start: '2006-09-01' }],
  current_title: { level: 'intermediate', track: 'general', obtained: '2018-05-20', appointed: '2018-09-01', certificate_number: 'H-1' },
  position: { department: '全科', duties: '社区护理、家庭医生签约', contracted: 820 },
  work_years: [2019, 2020, ...years].map((year, n) => ({ id: `woraaa${'abcdefg'[n]}a`, year, weeks: 44, measure: 'care_hours', quantity: 1600 })),
  annual_assessment: years.map((year, n) => ({ id: item('annual', n), year, grade: n ? 'qualified' : 'excellent' })),
  ethics_assessment: years.map((year, n) => ({ id: item('ethics', n), year, grade: 'good' })),
  case_records: cases(),
  honours: [{ id: item('honours'), name: '古牧地好护士', kind: 'general', level: 'unit', issuer: '古牧地镇社区卫生服务中心', date: '2024-05-12' }],
  techniques: [{ id: item('techniques'), name: '穴位贴敷', kind: 'suitable', date: '2021-04-01', effect: '推广到 6 个村卫生室' }],
  teaching: [{ id: item('teaching'), year: 2024, kind: 'village_doctors', people: 12, content: '慢病护理' }],
  continuing_education: years.map((year, n) => ({ id: item('continuing', n), year, hours: 72, public_hours: 30, credits: 25 })),
  exam: { result: 'passed', date: '2026-05-18' },
  declarations: { sanctioned: false, civil_servant: false, general_track: false },
  summary: { text: '扎根基层，承担社区护理与家庭医生签约服务。'.repeat(20) },
});

const given = {
  political_appraisal: { grade: 'good', vetting_passed: true },
  workload_appraisal: { weeks: 36 },
  public_health_appraisal: { percent: 96 },
  democratic_appraisal: { expected: 30, attended: 28, satisfied_percent: 92.5 },
  conduct: { ethics_failed: false, discipline_failed: false, accident_liable: false, licence_lapsed: false, sanctioned: false, false_material: false },
};

let server, city, away, cycle, nurse, other, id, otherId;
const experts = [];

const english = { Cookie: 'td_lang=en', 'Accept-Language': 'en' };

/** The same work by somebody else, somewhere else. */
const elsewhere = () => {
  const same = content();
  same.education[0].school = '石河子大学';
  same.licence.number = 'N-7777';
  same.employment[0].unit_name = '安宁渠镇卫生院';
  same.current_title.certificate_number = 'H-7777';
  Object.assign(same.honours[0], { name: '安宁渠好护士', issuer: '安宁渠镇卫生院' });
  same.position.department = '安宁渠护理组';
  return same;
};

/** A page like any other's, in a file that says whose it is. */
const scan = (author) => files.pdf({ 5: `<< /Author (${author}) /Title (${author} 2025) >>` }, { trailer: '/Info 5 0 R' });

async function attach(client, dossier, sections, author) {
  for (const [section, value] of Object.entries(sections)) {
    if (['declarations', 'summary'].includes(section)) continue;
    for (const entry of Array.isArray(value) ? value : [{ id: '' }]) {
      const reply = await client.upload(`/api/v1/applications/${dossier}/evidence`, { section, item: entry.id }, { name: `证明-${author}.pdf`, type: 'application/pdf', bytes: scan(author) });
      assert.equal(reply.status, 201, reply.text);
    }
  }
}

async function pass(place, dossier) {
  await verify(place, dossier, given);
  await place.clerk.ok('POST', '/notices', { applications: [dossier] });
}

async function evaluated(client, wanted) {
  for (let tries = 0; tries < 200; tries++) {
    const { evaluation } = await client.ok('GET', `/applications/${id}`);
    if (evaluation?.score && wanted(evaluation)) return evaluation;
    await server.control.ok('GET', '/health');
  }
  return assert.fail('no such evaluation');
}

/** What an expert gets to see of each of the two dossiers, with the ids of records and the place on the agenda taken out. */
async function blindly(expert) {
  const { items } = await expert.ok('GET', '/reviews');
  const shown = [];
  for (const dossier of [id, otherId]) {
    const texts = [JSON.stringify(items.find((row) => row.id === dossier))];
    texts.push((await expert.json('GET', `/reviews/${dossier}`)).text, steady((await expert.page(`/reviews/${dossier}`)).text));
    const { sections } = JSON.parse(texts[1]);
    for (const file of sections.flatMap((section) => section.items.flatMap((entry) => entry.files))) {
      const got = await expert.page(`/applications/${dossier}/evidence/${file.id}`);
      texts.push(got.text, got.headers['content-disposition']);
    }
    shown.push(texts.map((text) => text.replace(/01[0-9A-Z]{24}/g, 'ID').replace(/"(sequence|position)":\d+/g, '"$1":0').replace(/\d+ \/ 2/g, '- / 2')
      .replace(/"(previous|next)":(null|"ID")/g, '"$1":0').replace(/<a href="\/reviews\/ID" rel[^]*?<\/a>/g, '').replace(/name="csrf" value="[^"]*"|nonce="[^"]*"/g, '').replace(/^\s*$/gm, '')));
  }
  return shown;
}

const indicators = (evaluation) => evaluation.score.sections.flatMap((section) => section.items);

before(async () => {
  server = await startServer();
  const { control } = server;
  const unit = await control.ok('POST', '/units', { name: '古牧地镇社区卫生服务中心', division_code: division, kind: 'community_centre', grassroots: 'none', town: '古牧地镇' });
  const far = await control.ok('POST', '/units', { name: '安宁渠镇卫生院', division_code: '650104', kind: 'township_hospital', grassroots: 'township', town: '安宁渠镇' });
  const hospital = await control.ok('POST', '/units', { name: '市人民医院', division_code: division, kind: 'other', grassroots: 'none' });
  await control.ok('POST', '/standards', { series: 'health', level: 'senior', bootstrap: true });
  cycle = await control.ok('POST', '/cycles', {
    series: 'health', year: 2026, name: '卫生系列定向评审', notice_number: '乌人社发〔2026〕3号', notice_text: '通知', notice_date: day(-40),
    cutoff_date: '2026-08-31', opens_on: day(-30), closes_on: day(30), parameters: { fee_cents: { senior: 0 } },
  });
  await control.ok('POST', `/cycles/${cycle.id}/open`);
  city = {
    unit,
    clerk: await server.account('clerk', [{ role: 'unit', scope: unit.id }], { unit_id: unit.id }),
    industry: await server.account('industry', [{ role: 'district_industry', scope: `${division}/health` }]),
    hr: await server.account('personnel', [{ role: 'district_hr', scope: division }]),
    office: await server.account('office', [{ role: 'office', scope: 'health' }]),
  };
  for (let n = 0; n < 11; n++) experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'health' }], { unit_id: hospital.id }));
  away = {
    clerk: await server.account('clerk-2', [{ role: 'unit', scope: far.id }], { unit_id: far.id }),
    industry: await server.account('industry-2', [{ role: 'district_industry', scope: '650104/health' }]),
    hr: await server.account('personnel-2', [{ role: 'district_hr', scope: '650104' }]),
  };
  other = await server.account('nurse-2', [{ role: 'applicant', scope: '' }], { name: '古丽娜尔·艾买提', unit_id: far.id, person: { sex: 'female', birth_date: '1985-03-12', in_service: true } });
  nurse = await server.account('nurse', [{ role: 'applicant', scope: '' }], { name: '王秀兰', unit_id: unit.id, person: { sex: 'female', birth_date: '1985-03-12', in_service: true } });
});
after(async () => server?.stop());

describe('health', () => {
  test('the public page names the titles of each branch and says which levels are examined', async () => {
    const page = (await server.client().page('/series/health')).text;
    for (const words of ['副主任护师', '主任药师', '副主任技师', '主任医师', '以考代评，不在评审范围', '全国统一考试', '去标识化盲评材料']) assert.ok(page.includes(words), words);
    const other = (await server.client().page('/series/health', english)).text;
    for (const words of ['Chief nurse', 'national qualification examination', 'De-identified, for blind review']) assert.ok(other.includes(words), words);
    const { levels, branches } = await server.client().ok('GET', '/series/health');
    assert.deepEqual(levels.filter((level) => level.exam_based).map((level) => level.id), ['junior', 'intermediate']);
    assert.equal(branches.length, 4);
  });

  test('an examined level is refused with its reason, on the page and in the API', async () => {
    for (const level of ['junior', 'intermediate']) {
      const refused = await nurse.json('POST', '/applications', { cycle: cycle.id, level, specialty: 'nursing_community' });
      assert.equal(refused.status, 409, refused.text);
      assert.match(refused.text, /全国卫生专业技术资格考试/);
    }
    const offered = (await nurse.page(`/applications/new?cycle=${cycle.id}`)).text;
    assert.match(offered, /value="intermediate" required disabled/);
    assert.match(offered, /value="senior" required>/);
    const groups = [...offered.matchAll(/<optgroup label="([^"]+)">([^]*?)<\/optgroup>/g)].map(([, name, list]) => [name, list.match(/<option/g).length]);
    assert.deepEqual(groups, [['医疗（含公共卫生）', 18], ['药学', 3], ['护理', 7], ['卫生技术', 9]]);
    assert.match(offered, /全国卫生专业技术资格考试/);
    const posted = await nurse.form('/applications', { cycle: cycle.id, level: 'intermediate', specialty: 'nursing_community' });
    assert.equal(posted.status, 409);
    assert.match(posted.text, /以考代评/);
    assert.deepEqual((await nurse.ok('GET', '/applications')).items, []);
    const committee = await city.office.json('POST', '/committees', { series: 'health', level: 'intermediate', name: '中级评委会', founding_unit: '市继续教育和职称评价管理中心', members: [] });
    assert.equal(committee.status, 422, committee.text);
    assert.equal(committee.body.errors[0].code, 'exam_based');
  });

  test('a case that tells who the patient is stops the submission', async () => {
    id = (await nurse.ok('POST', '/applications', { cycle: cycle.id, level: 'senior', specialty: 'nursing_community' })).id;
    const { application } = await nurse.ok('GET', `/applications/${id}`);
    assert.equal(application.title_name, '副主任护师');
    assert.equal(application.title_name_en, 'Associate chief nurse');
    let version = 1;
    for (const [section, value] of Object.entries(content())) version = await save(nurse, id, version, section, value);
    await attach(nurse, id, content(), 'wang');
    assert.match((await nurse.page(`/applications/${id}/sections/case_records`)).text, /去标识化盲评材料/);
    const { version: before } = (await nurse.ok('GET', `/applications/${id}`)).application;
    version = await save(nurse, id, before, 'case_records', cases({ summary: `${'评估与护理措施。'.repeat(8)}家属电话 13800000000` }));
    const refused = await submit(nurse, id);
    assert.equal(refused.status, 422, refused.text);
    assert.match(refused.text, /case_records/);
    assert.match(refused.text, /连续数字/);
    for (const [words, code] of [['患者由护士王秀兰随访', 'blind_name'], ['患者来古牧地镇社区卫生服务中心就诊', 'blind_unit'], ['证件11010519491231002X', 'blind_number']]) {
      version = await save(nurse, id, version, 'case_records', cases({ summary: `${'评估与护理措施。'.repeat(8)}${words}` }));
      const found = await submit(nurse, id);
      assert.deepEqual(found.body.errors?.map((error) => [error.field, error.code]), [['content.case_records.0.summary', code]], found.text);
    }
    await save(nurse, id, version, 'case_records', cases());
    const file = await nurse.upload(`/api/v1/applications/${id}/evidence`, { section: 'case_records', item: item('case') }, { name: '王秀兰的病案.pdf', type: 'application/pdf', bytes: scan('wang') });
    assert.deepEqual(file.body.errors.map((error) => [error.field, error.code]), [['file', 'blind_name']], file.text);
    const reply = await submit(nurse, id);
    assert.equal(reply.status, 200, reply.text);
  });

  test('somebody else hands in the same work', async () => {
    otherId = (await other.ok('POST', '/applications', { cycle: cycle.id, level: 'senior', specialty: 'nursing_community' })).id;
    let version = 1;
    for (const [section, value] of Object.entries(elsewhere())) version = await save(other, otherId, version, section, value);
    await attach(other, otherId, elsewhere(), 'gulnar');
    const reply = await submit(other, otherId);
    assert.equal(reply.status, 200, reply.text);
  });

  test('weeks, public health and credits count as the standard says', async () => {
    await pass(city, id);
    await pass(away, otherId);
    assert.match((await city.clerk.page(`/applications/${id}`)).text, /去标识化盲评材料/);
    await server.advance(12);
    await forward(city, id);
    await forward({ ...city, ...away }, otherId);
    const evaluation = await evaluated(city.office, (found) => !indicators(found).find((one) => one.id === 'C2').pending);
    const points = Object.fromEntries(indicators(evaluation).map((one) => [one.id, one.points]));
    assert.equal(points.D1, 720, '36 of 40 weeks × 8');
    assert.equal(points.D2, 450, '96 %');
    assert.equal(points.E2, 400, '25 credits');
    assert.equal(points.E1, 225, 'junior college');
    assert.equal(evaluation.score.eligible, true);
  });

  test('experts score the three cases', async () => {
    const committee = await foundCommittee({ ...city, server }, experts, { series: 'health', level: 'senior', name: '卫生系列副高级评委会', founding_unit: '市继续教育和职称评价管理中心' });
    const panel = (await city.office.ok('POST', '/panels', { committee_id: committee, cycle_id: cycle.id, name: '护理组', lead: experts[1].account.id, members: experts.slice(1, 4).map((one) => one.account.id) })).id;
    assert.equal((await city.office.ok('POST', `/panels/${panel}/assignments`, {})).assigned, 2);
    const reader = experts[1];
    const before = await blindly(reader);
    assert.deepEqual(before[1], before[0], 'two dossiers that differ only in whose they are');
    const identity = /王秀兰|古丽娜尔|古牧地|安宁渠|石河子|N-2006|N-7777|HEA-0|wang|gulnar/i;
    for (const text of before.flat()) assert.doesNotMatch(text.replace(/data-[a-z-]+="[^"]*"/g, ''), identity);
    const view = await reader.ok('GET', `/reviews/${id}`);
    assert.deepEqual(view.sections.map((section) => section.id), ['case_records']);
    assert.deepEqual([...view.score.conditions, ...view.score.vetoes].filter((one) => 'because' in one), [], 'a sentence of the plugin may name anything');
    assert.deepEqual(view.sections[0].items.map((entry) => entry.files.map((file) => file.name)), [['case_records-1.pdf'], ['case_records-2.pdf'], ['case_records-3.pdf']]);
    const own = (await nurse.ok('GET', `/applications/${id}/evidence`)).items;
    const licence = own.find((file) => file.section === 'licence');
    assert.equal((await reader.json('GET', `/applications/${id}/evidence/${licence.id}`)).status, 404, 'a certificate with a name on it');
    assert.equal((await reader.json('GET', `/applications/${id}`)).status, 403);
    for (const [n, given] of [400, 450, 500].entries()) {
      const { indicators: asked } = await experts[n + 1].ok('GET', `/reviews/${id}`);
      assert.deepEqual(asked.map((one) => one.id), ['D3']);
      await experts[n + 1].ok('POST', `/reviews/${id}/sheet/submit`, { points: { D3: given }, opinion: 'recommend', comment: '规范' }, { 'If-Match': '"0"' });
    }
    const opened = await reader.ok('GET', `/reviews/${id}`);
    assert.equal(opened.application.applicant_name, '王秀兰');
    assert.ok(opened.sections.length > 10 && opened.facts.length && opened.score.conditions[0].because);
    assert.equal((await reader.page(`/applications/${id}/evidence/${licence.id}`)).status, 200);
    assert.equal((await reader.ok('GET', `/reviews/${otherId}`)).application.applicant_name, undefined, 'the other one is still to be judged');
    await city.office.ok('POST', `/panels/${panel}/close`, { application_id: id });
    // Every sheet that comes in is scored; the last one brings the mean of all three.
    const mean = (found) => indicators(found).find((one) => one.id === 'D3');
    const evaluation = await evaluated(city.office, (found) => mean(found).points === 450);
    assert.equal(mean(evaluation).pending, false);
  });
});
