// A small city for tests: one teacher's dossier in full, the offices it passes, a cycle that is open.
// What the tests of a dossier's way share.

import assert from 'node:assert/strict';
import * as files from './files.mjs';

export const division = '650121';
export const pdf = files.pdf();

const years = [2021, 2022, 2023, 2024, 2025];

/** The applicant's sections of a complete dossier for 一级教师 (intermediate). */
export const content = () => ({
  education: [{ id: 'eduaaaaa', degree: 'bachelor', school: '新疆师范大学', major: '汉语言文学', study_form: 'full_time', start: '2006-09-01', end: '2010-07-01' }],
  qualification: { kind: 'primary', subject: '语文', obtained: '2010-07-10' },
  employment: [{ id: 'empaaaaa', unit_name: '水西沟镇中心小学', unit_kind: 'school', grassroots: 'township', hardship: false, post: '语文教师', teaching: true, seconded: false, start: '2010-09-01' }],
  current_title: { level: 'junior', track: 'general', obtained: '2012-07-01', appointed: '2012-09-01', certificate_number: 'A-1' },
  teaching: { stage: 'primary', subject: '语文', classes: '三年级一班', weekly_hours: 15 },
  homeroom: [{ id: 'homaaaaa', role: 'homeroom', unit_name: '水西沟镇中心小学', start: '2012-09-01', end: '2018-07-31' }],
  annual_assessment: years.map((year, i) => ({ id: `annaaaa${'abcde'[i]}`, year, grade: i ? 'qualified' : 'excellent' })),
  ethics_assessment: years.map((year, i) => ({ id: `ethaaaa${'abcde'[i]}`, year, grade: 'qualified' })),
  continuing_education: years.map((year, i) => ({ id: `conaaaa${'abcde'[i]}`, year, hours: 100, public_hours: 35 })),
  exam: { result: 'passed', date: '2024-05-18' },
  declarations: { sanctioned: false, civil_servant: false, general_track: false },
  representative_work: [{ id: 'repaaaaa', name: '《观潮》教学设计', kind: 'lesson', summary: '乡村小学阅读教学的一次完整设计与反思。'.repeat(10) }],
  summary: { text: '扎根乡村学校，承担语文教学与班主任工作。'.repeat(20) },
});

export const unitAssessments = {
  political_appraisal: { grade: 'good', vetting_passed: true },
  workload_appraisal: { grade: 'met' },
  democratic_appraisal: { expected: 30, attended: 28, satisfied_percent: 92.5 },
  conduct: { ethics_failed: false, sanctioned: false, violation_found: false, false_material: false },
};

export const districtAssessments = {
  district_appraisal: { grade: 'good', signed_by: '王某' },
  hardship_recognition: { recognised: false },
};

/** A day so many days from today by this machine's clock. */
export const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);

/** Directed posts: the city's total, and as many for each of these districts. */
export async function grantPosts(client, { series = 'teacher', levels = ['intermediate'], year = 2026, posts = 50, divisions = [division] } = {}) {
  for (const level of levels)
    for (const [division_code, count] of [['', posts * divisions.length], ...divisions.map((one) => [one, posts])])
      await client.ok('POST', '/quota/entries', { kind: 'grant', year, division_code, series, level, posts: count, document: '乌人社〔2026〕9号' });
}

/** Units, an active standard, an open cycle and one account per office. */
export async function buildCity(server, { fee = 0, cutoff = '2026-08-31', posts = 50, windows = {} } = {}) {
  const { control } = server;
  const unit = await control.ok('POST', '/units', { name: '水西沟镇中心小学', division_code: division, kind: 'school', grassroots: 'township', town: '水西沟镇' });
  await control.ok('POST', '/standards', { series: 'teacher', level: 'intermediate', bootstrap: true });
  const cycle = await control.ok('POST', '/cycles', {
    series: 'teacher', year: Number(cutoff.slice(0, 4)), name: '教师系列定向评审', notice_number: '乌人社发〔2026〕1号', notice_text: '通知', notice_date: day(-40),
    cutoff_date: cutoff, opens_on: day(-30), closes_on: day(30), parameters: { fee_cents: { intermediate: fee }, windows },
  });
  await control.ok('POST', `/cycles/${cycle.id}/open`);
  if (posts) await grantPosts(control, { year: Number(cutoff.slice(0, 4)), posts });
  return {
    server, unit, cycle,
    clerk: await server.account('clerk', [{ role: 'unit', scope: unit.id }], { unit_id: unit.id }),
    industry: await server.account('industry', [{ role: 'district_industry', scope: `${division}/teacher` }]),
    hr: await server.account('personnel', [{ role: 'district_hr', scope: division }]),
    office: await server.account('office', [{ role: 'office', scope: 'teacher' }]),
    bureau: await server.account('bureau', [{ role: 'bureau', scope: '' }]),
    supervisor: await server.account('supervisor', [{ role: 'supervisor', scope: '' }]),
  };
}

/** A teacher of the unit, logged in. */
export const teacher = (city, login) =>
  city.server.account(login, [{ role: 'applicant', scope: '' }], { unit_id: city.unit.id, person: { sex: 'female', birth_date: '1988-03-02', in_service: true } });

/** The education department's consent to a filing of teachers' results. */
export async function consent(bureau, filing, given_on) {
  const reply = await bureau.upload(`/api/v1/filings/${filing}/consent`, { number: '新教函〔2026〕9号', given_on }, { name: '同意函.pdf', type: 'application/pdf', bytes: pdf });
  assert.equal(reply.status, 200, reply.text);
}

/** Saves a section; answers the dossier's new version. */
export async function save(client, id, version, section, value) {
  const reply = await client.json('PUT', `/applications/${id}/sections/${section}`, { content: { [section]: value } }, { 'If-Match': `"${version}"` });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(reply.body.problems, [], section);
  return reply.body.version;
}

/** A complete draft with its evidence; answers its id. `more` = other sections, `begun` = another cycle, track ... */
export async function draft(city, client, more = {}, begun = {}) {
  const { id } = await client.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese', ...begun });
  let version = 1;
  const all = { ...content(), ...more };
  for (const [section, value] of Object.entries(all)) version = await save(client, id, version, section, value);
  for (const [section, value] of Object.entries(all)) {
    if (['declarations', 'summary'].includes(section)) continue;
    for (const item of Array.isArray(value) ? value : [{ id: '' }]) {
      const reply = await client.upload(`/api/v1/applications/${id}/evidence`, { section, item: item.id }, { name: '证明.pdf', type: 'application/pdf', bytes: Buffer.concat([pdf, Buffer.from(`% ${section} ${item.id}\n`)]) });
      assert.equal(reply.status, 201, reply.text);
    }
  }
  return id;
}

export const submit = (client, id) => client.json('POST', `/applications/${id}/submit`, { pledge: true, consequences: true });

/** Every item that waits for a verdict at this stage is in order. */
export async function verifyAll(client, id) {
  const { items } = await client.ok('GET', `/applications/${id}/verifications`);
  if (items.length) await client.ok('PUT', `/applications/${id}/verifications`, { verdicts: items.map(({ section, item }) => ({ section, item, verdict: 'ok' })) });
  return items.length;
}

/** What a notice calls one of the dossiers that it lists: not what their own record is called. */
export async function entryOf(client, notice, id, applications = [id]) {
  const { entries } = (await client.ok('GET', `/notices/${notice}`)).notice;
  assert.equal(entries.length, applications.length);
  return entries[[...applications].sort().indexOf(id)].id;
}

/** An action of the workflow; again while the facts of what changed are not there yet, as the reply asks. */
export async function act(client, id, action, body = {}) {
  for (let tries = 0; ; tries++) {
    const reply = await client.json('POST', `/applications/${id}/actions/${action}`, body);
    if (reply.body?.key !== 'facts_pending' || tries === 2000) return reply;
  }
}

async function assess(client, id, assessments) {
  for (const [section, value] of Object.entries(assessments)) await client.ok('PUT', `/applications/${id}/assessments/${section}`, { content: value });
}

/** The unit's part of a submitted dossier, up to its notice. */
export async function verify(city, id, assessments = unitAssessments) {
  assert.equal((await act(city.clerk, id, 'begin')).status, 200);
  await verifyAll(city.clerk, id);
  await assess(city.clerk, id, assessments);
}

/** From the end of the notice inside the unit to acceptance: district, personnel, committee office. */
export async function forward(city, id) {
  await city.clerk.ok('POST', `/applications/${id}/actions/recommend`, {});
  await verifyAll(city.industry, id);
  await assess(city.industry, id, districtAssessments);
  await city.industry.ok('POST', `/applications/${id}/actions/forward`, {});
  await city.hr.ok('POST', `/applications/${id}/actions/forward`, {});
  await verifyAll(city.office, id);
  const reply = await act(city.office, id, 'accept');
  assert.equal(reply.status, 200, reply.text);
}

/** A committee of these accounts, the first of whom is its chair, registered by its office and approved; answers its id.
 *  The region has consented to its size. `more` = further members of the body. */
export async function foundCommittee(city, members, { office = city.office, ...more } = {}) {
  const { id } = await office.ok('POST', '/committees', {
    series: 'teacher', level: 'intermediate', name: '中级评委会', founding_unit: '市教育局', adjusted_minimum: members.length, adjustment_reference: '新人社函〔2026〕5号',
    members: members.map((who, n) => ({ account_id: who.account.id, position: n ? 'member' : 'chair', outside_reason: '专家库尚未核准' })), ...more,
  });
  await approveCommittee(city, id, office);
  return id;
}

export async function approveCommittee(city, id, office = city.office) {
  await office.ok('POST', `/committees/${id}/submit`);
  const { control } = city.server;
  await control.ok('POST', `/committees/${id}/approve`, { reference: '乌人社备〔2026〕1号', approved_on: (await control.ok('GET', '/calendar')).start });
}

/** The general pool of the series with these accounts, confirmed by themselves and approved; answers {pool, expert}, the
 *  id of the last one's entry. `more(n)` = further members of an entry. */
export async function foundPool(city, members, { office = city.office, series = 'teacher', tier = 'general', more = () => ({}) } = {}) {
  const { control } = city.server, today = (await control.ok('GET', '/calendar')).start;
  const { id: pool } = await office.ok('POST', '/pools', { series, tier });
  for (const [n, who] of members.entries()) await office.ok('POST', `/pools/${pool}/experts`, { login: who.account.login, title_level: 'senior', specialties: ['chinese'], term_from: today, term_until: `${Number(today.slice(0, 4)) + 2}-12-31`, ...more(n) });
  await office.ok('POST', `/pools/${pool}/submit`);
  await control.ok('POST', `/pools/${pool}/approve`, { reference: '乌人社备〔2026〕2号', approved_on: today });
  let expert;
  for (const who of members)
    for (const entry of (await who.ok('GET', '/experts/mine')).items) await who.ok('POST', `/experts/${(expert = entry.id)}/confirm`);
  return { pool, expert };
}
