// The agriculture series from a draft to certificates: two dossiers of one level whose titles differ by
// branch. The veterinary surgeon becomes 正高级兽医师, the extension worker 农业技术推广研究员; a unit that
// belongs to no township is told so before anything is submitted.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { division, forward, foundCommittee, grantPosts, pdf, save, submit, verify } from './city.mjs';
import { startServer } from './harness.mjs';
import { makeKey, openSums, vote } from './vote.mjs';

const years = [2021, 2022, 2023, 2024, 2025];
const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
const ids = (list) => list.map((one) => one.account.id);
const item = (name, n = 0) => name.slice(0, 3) + 'aaaa' + 'abcde'[n];

/** The applicant's sections of a complete dossier: 30 years at the grassroots, nine as 高级. */
const content = () => ({
  education: [{ id: item('education'), degree: 'bachelor', school: '新疆农业大学', major: '动物医学', related: true, study_form: 'full_time', start: '1992-09-01', end: '1996-07-01' }],
  employment: [{ id: item('employment'), unit_name: '古牧地镇农业综合服务中心', unit_kind: 'agri_station', grassroots: 'township', hardship: false, post: '动物防疫', professional: true, seconded: false, start: '1996-09-01' }],
  current_title: { level: 'senior', track: 'general', obtained: '2017-07-01', appointed: '2017-09-01', certificate_number: 'N-1' },
  annual_assessment: years.map((year, n) => ({ id: item('annual', n), year, grade: n ? 'qualified' : 'excellent' })),
  trainings: [{ id: item('trainings'), topic: '春季防疫', place: '振兴村', trainees: 32, date: '2026-03-05' }],
  continuing_education: years.map((year, n) => ({ id: item('continuing', n), year, hours: 100, public_hours: 35 })),
  exam: { result: 'passed', date: '2024-05-18' },
  declarations: { sanctioned: false, civil_servant: false, general_track: false },
  representative_work: [{ id: item('representative'), name: '布病防控', kind: 'report', summary: '一次乡镇范围的防控与处置。'.repeat(10) }],
  summary: { text: '扎根乡镇，承担农技推广与动物防疫工作。'.repeat(20) },
});

const given = (coverage) => ({
  political_appraisal: { grade: 'good', vetting_passed: true },
  service_satisfaction: { surveyed: 60, satisfied_percent: 92 },
  coverage_appraisal: coverage,
  democratic_appraisal: { expected: 30, attended: 28, satisfied_percent: 92.5 },
  conduct: { sanctioned: false, accident_found: false, false_material: false },
});

let server, city, cycle;
const experts = [];
const dossiers = {}; // login -> id

const applicant = (login, unit) =>
  server.account(login, [{ role: 'applicant', scope: '' }], { unit_id: unit.id, person: { sex: 'male', birth_date: '1974-03-02', in_service: true } });

async function draft(client, specialty) {
  const { id } = await client.ok('POST', '/applications', { cycle: cycle.id, level: 'full_senior', specialty });
  let version = 1;
  for (const [section, value] of Object.entries(content())) version = await save(client, id, version, section, value);
  for (const [section, value] of Object.entries(content())) {
    if (['declarations', 'summary'].includes(section)) continue;
    for (const entry of Array.isArray(value) ? value : [{ id: '' }]) {
      const reply = await client.upload(`/api/v1/applications/${id}/evidence`, { section, item: entry.id }, { name: '证明.pdf', type: 'application/pdf', bytes: Buffer.concat([pdf, Buffer.from(`% ${section} ${entry.id}\n`)]) });
      assert.equal(reply.status, 201, reply.text);
    }
  }
  return id;
}

/** The stored evaluation once `wanted` holds: scores are made by workers beside the request. */
async function evaluated(client, id, wanted) {
  for (let tries = 0; tries < 200; tries++) {
    const { evaluation } = await client.ok('GET', `/applications/${id}`);
    if (evaluation?.score && wanted(evaluation)) return evaluation;
    await server.control.ok('GET', '/health');
  }
  return assert.fail('no such evaluation');
}

const points = (evaluation) => Object.fromEntries(evaluation.score.sections.flatMap((section) => section.items).map((one) => [one.id, one.points]));

before(async () => {
  server = await startServer();
  const { control } = server;
  const unit = await control.ok('POST', '/units', { name: '古牧地镇农业综合服务中心', division_code: division, kind: 'agri_station', grassroots: 'township', town: '古牧地镇' });
  const away = await control.ok('POST', '/units', { name: '区农业技术推广站', division_code: division, kind: 'agri_station', grassroots: 'none' });
  await control.ok('POST', '/standards', { series: 'agriculture', level: 'full_senior', bootstrap: true });
  cycle = await control.ok('POST', '/cycles', {
    series: 'agriculture', year: 2026, name: '农业系列定向评审', notice_number: '乌人社发〔2026〕2号', notice_text: '通知', notice_date: day(-40),
    cutoff_date: '2026-08-31', opens_on: day(-30), closes_on: day(30), parameters: { fee_cents: { full_senior: 0 } },
  });
  await control.ok('POST', `/cycles/${cycle.id}/open`);
  await grantPosts(control, { series: 'agriculture', levels: ['full_senior'] });
  city = {
    supervisor: await server.account('supervisor', [{ role: 'supervisor', scope: '' }]),
    unit, away,
    clerk: await server.account('clerk', [{ role: 'unit', scope: unit.id }], { unit_id: unit.id }),
    industry: await server.account('industry', [{ role: 'district_industry', scope: `${division}/agriculture` }]),
    hr: await server.account('personnel', [{ role: 'district_hr', scope: division }]),
    office: await server.account('office', [{ role: 'office', scope: 'agriculture' }]),
    bureau: await server.account('bureau', [{ role: 'bureau', scope: '' }]),
  };
  for (let n = 0; n < 11; n++) experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'agriculture' }], { unit_id: away.id }));
});
after(async () => server?.stop());

describe('agriculture', () => {
  test('a district station is outside of the scheme, and the page says why', async () => {
    const client = await applicant('outside', city.away);
    const id = await draft(client, 'veterinary');
    const refused = await submit(client, id);
    assert.equal(refused.status, 422, refused.text);
    assert.equal(refused.body.errors[0].code, 'gate');
    const { gates } = await client.ok('GET', `/applications/${id}/points`);
    assert.deepEqual(gates.filter((gate) => !gate.met).map((gate) => gate.id), ['grassroots_unit']);
    assert.match((await client.page(`/applications/${id}/points`)).text, /不属于乡镇、涉农街道/);
  });

  test('the dossier carries the title of its branch, in both languages', async () => {
    const client = await applicant('vet', city.unit);
    dossiers.vet = await draft(client, 'veterinary');
    const { application } = await client.ok('GET', `/applications/${dossiers.vet}`);
    assert.equal(application.title_name, '正高级兽医师');
    assert.equal(application.title_name_en, 'Full senior veterinarian');
    assert.match((await client.page(`/applications/${dossiers.vet}`)).text, /正高级兽医师/);
    const worker = await applicant('worker', city.unit);
    dossiers.worker = await draft(worker, 'extension');
    assert.equal((await worker.ok('GET', `/applications/${dossiers.worker}`)).application.title_name, '农业技术推广研究员');
    for (const [login, who] of [['vet', client], ['worker', worker]]) {
      const reply = await submit(who, dossiers[login]);
      assert.equal(reply.status, 200, reply.text);
    }
  });

  test('unit and district verify, and each branch has its own measure of reach', async () => {
    const coverage = { vet: { area_mu: 5000, immunity_percent: 96 }, worker: { area_mu: 1200, immunity_percent: 0 } };
    for (const [login, id] of Object.entries(dossiers)) await verify(city, id, given(coverage[login]));
    await city.clerk.ok('POST', '/notices', { applications: Object.values(dossiers) });
    await server.advance(12);
    for (const id of Object.values(dossiers)) await forward(city, id);
    const pending = (evaluation, one) => evaluation.score.sections.flatMap((section) => section.items).find((entry) => entry.id === one).pending;
    const settled = (evaluation) => !pending(evaluation, 'D2') && !pending(evaluation, 'C2');
    const vet = await evaluated(city.office, dossiers.vet, settled), worker = await evaluated(city.office, dossiers.worker, settled);
    assert.equal(points(vet).D2, 600, '96 % immunised');
    assert.equal(points(worker).D2, 800, '1200 mu');
    assert.equal(vet.score.eligible, true);
    assert.equal(worker.score.eligible, true);
  });

  test('panel, vote, notice and filing end in two certificates with two titles', async () => {
    const committee = await foundCommittee({ ...city, server }, experts, { series: 'agriculture', level: 'full_senior', name: '正高级评委会', founding_unit: '市继续教育和职称评价管理中心' });
    const panel = (await city.office.ok('POST', '/panels', { committee_id: committee, cycle_id: cycle.id, name: '农业组', lead: experts[1].account.id, members: ids(experts.slice(1, 4)) })).id;
    assert.equal((await city.office.ok('POST', `/panels/${panel}/assignments`, {})).assigned, 2);
    for (const id of Object.values(dossiers))
      for (const who of experts.slice(1, 4)) {
        const review = await who.ok('GET', `/reviews/${id}`);
        assert.deepEqual(review.indicators.map((one) => one.id), ['D1', 'D4']);
        await who.ok('POST', `/reviews/${id}/sheet/submit`, { points: { D1: 600, D4: 200 }, opinion: 'recommend', comment: '扎实' }, { 'If-Match': '"0"' });
      }
    await city.office.ok('POST', `/panels/${panel}/close`, {});
    const meeting = (await city.office.ok('POST', '/meetings', { committee_id: committee, cycle_id: cycle.id, name: '会议', held_on: '2026-11-20' })).id;
    await city.office.ok('POST', `/meetings/${meeting}/agenda`, {});
    for (const who of experts) await who.ok('POST', `/meetings/${meeting}/attendance`);
    await experts[0].ok('POST', `/meetings/${meeting}/open`);
    await makeKey([experts[0], city.supervisor, city.office], meeting);
    const { motions } = await experts[0].ok('GET', `/meetings/${meeting}`);
    assert.deepEqual(motions.map((one) => one.title_name).sort(), ['农业技术推广研究员', '正高级兽医师'].sort());
    await vote(experts[0], experts, meeting, () => 'yes');
    await openSums(experts[0], city.office, meeting);
    await experts[0].ok('POST', `/meetings/${meeting}/close`);
    const notice = await city.office.ok('POST', `/cycles/${cycle.id}/result-notice`);
    await server.advance(12);
    assert.equal((await city.bureau.ok('POST', `/notices/${notice.id}/confirm`)).confirmed, 2);
    const filing = (await city.bureau.ok('POST', '/filings', { cycle_id: cycle.id })).id;
    await city.bureau.ok('POST', `/filings/${filing}/send`);
    const today = (await server.client().ok('GET', '/calendar')).start;
    await city.bureau.ok('POST', `/filings/${filing}/approve`, { reference: '新人社备〔2026〕2号', approved_on: today });
    assert.equal((await city.bureau.ok('POST', `/filings/${filing}/certify`)).issued, 2);
    for (const [login, title, english] of [['vet', '正高级兽医师', 'Full senior veterinarian'], ['worker', '农业技术推广研究员', 'Research fellow in agricultural extension']]) {
      const holder = server.client();
      await holder.login(login);
      const [certificate] = (await holder.ok('GET', '/titles')).items;
      const { certificate: shown } = await server.client().ok('GET', `/certificates/${certificate.number}?code=${certificate.check_code}`);
      assert.equal(shown.title_name, title);
      assert.equal(shown.title_name_en, english);
      assert.match((await holder.page(`/titles/${certificate.id}/print`)).text, new RegExp(title));
    }
  });
});
