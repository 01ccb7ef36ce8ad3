// A city in which everything exists once: two districts, two series, every kind of person, a dossier with
// its certificate, one before the committee, one before the panel. For tests that ask who may see and do
// what. People are known by what they are to the dossier `own`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildCity, consent, draft, entryOf, forward, foundCommittee, foundPool, submit, teacher, verify } from './city.mjs';
import { makeKey, openSums, vote } from './vote.mjs';

const elsewhere = '650109';

/** Settings with which thousands of requests of one address pass, over connections that wait for each other. */
export const config = { throttle_write: 1000000, throttle_public: 1000000, throttle_upload: 1000000, lockout_failures: 100000, throttle_login_address: 100000, limit_per_address: 1000, limit_idle_seconds: 600 };

/** SQL on the records of a server that rests, or that has nothing to write now; reading is possible at any time. */
export const sql = (server, text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', join(server.folder, 'records/titled.db')], { input: text, encoding: 'utf8' });
export const rows = (server, text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 5000', join(server.folder, 'records/titled.db'), text], { encoding: 'utf8' }) || '[]');

/** Scores a dossier in full as each of these experts. */
export async function score(experts, id, points = 500, comment = '扎实') {
  for (const [n, who] of experts.entries()) {
    const review = await who.ok('GET', `/reviews/${id}`);
    await who.ok('POST', `/reviews/${id}/sheet/submit`, { points: Object.fromEntries(review.indicators.map((one) => [one.id, points + 10 * n])), opinion: 'recommend', comment }, { 'If-Match': `"${review.sheet.version ?? 0}"` });
  }
}

/** A meeting of the committee that has these dossiers on its agenda, and a key. */
async function convene(city, estate, name, applications, held_on) {
  const { id } = await city.office.ok('POST', '/meetings', { committee_id: estate.committee, cycle_id: city.cycle.id, name, held_on });
  await city.office.ok('POST', `/meetings/${id}/agenda`, { applications });
  for (const who of estate.members) await who.ok('POST', `/meetings/${id}/attendance`);
  await estate.people.chair.ok('POST', `/meetings/${id}/open`);
  await makeKey([estate.people.chair, city.supervisor, city.office], id);
  return id;
}

/** Waits for people that are made at the same time: a password costs what it must. */
const people = async (made) => Object.fromEntries(await Promise.all(Object.entries(made).map(async ([name, one]) => [name, await one])));

/** The experts: chair, lead and two more on the panel, two more on the committee, one who must recuse. */
async function gather(server, city) {
  const expert = (login, unit, scope = 'teacher') => server.account(login, [{ role: 'expert', scope }], { unit_id: unit });
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  return people({ ...Object.fromEntries(['chair', 'lead', 'panellist', 'third', 'member', 'extra', 'outsider'].map((login) => [login, expert(login, away.id)])), recused: expert('recused', city.unit.id), farmer: expert('farmer', away.id, 'agriculture') });
}

/** One panel for the dossiers of `before`; all sheets of `before` but the last dossier's come in. */
async function sit(city, estate, before) {
  const experts = estate.people;
  const { id } = await city.office.ok('POST', '/panels', { committee_id: estate.committee, cycle_id: city.cycle.id, name: '语文组', lead: experts.lead.account.id, members: ['lead', 'panellist', 'third', 'recused'].map((name) => experts[name].account.id) });
  await city.office.ok('POST', `/panels/${id}/assignments`, { applications: before });
  for (const one of before.slice(0, -1)) await score([experts.lead, experts.panellist, experts.third], one);
  await city.office.ok('POST', `/panels/${id}/close`, {});
  return id;
}

/** From the vote to the certificate for one dossier. */
async function certify(server, city, estate, id) {
  const today = async () => (await server.client().ok('GET', '/calendar')).start;
  const meeting = await convene(city, estate, '第一次会议', [id], await today());
  await vote(estate.people.chair, estate.members.slice(0, -1), meeting, () => 'yes');
  await openSums(estate.people.chair, city.office, meeting);
  const { motions: [motion] } = await estate.people.chair.ok('GET', `/meetings/${meeting}`);
  await estate.people.chair.ok('POST', `/meetings/${meeting}/close`);
  const result = await city.office.ok('POST', `/cycles/${city.cycle.id}/result-notice`);
  const objection = await server.client().ok('POST', `/notices/${result.id}/objections`, { application: await entryOf(server.client(), result.id, id), text: '业绩材料与事实不符，请核实。', contact: '13900000001' });
  await city.bureau.ok('POST', `/objections/${objection.id}`, { outcome: 'dismissed', finding: '经核查属实。' });
  await server.advance(12);
  await city.bureau.ok('POST', `/notices/${result.id}/confirm`);
  const filing = (await city.bureau.ok('POST', '/filings', { cycle_id: city.cycle.id })).id;
  await consent(city.bureau, filing, await today());
  await city.bureau.ok('POST', `/filings/${filing}/send`);
  await city.bureau.ok('POST', `/filings/${filing}/approve`, { reference: '新人社备〔2026〕1号', approved_on: await today() });
  await city.bureau.ok('POST', `/filings/${filing}/certify`);
  const delivery = rows(server, 'select id from delivery')[0].id;
  return { closed: meeting, closedMotion: motion.id, result: result.id, resultObjection: objection.id, filing, delivery };
}

/** The city with its people. Dossiers: `done` has a certificate, `own` and `selfish` are being voted on, `fresh` is
 * with the panel, where nobody has scored it yet. */
export async function buildEstate(server) {
  const city = await buildCity(server);
  const { control } = server;
  const estate = { server, city, people: await gather(server, city) };
  const otherUnit = await control.ok('POST', '/units', { name: '羊毛工镇小学', division_code: elsewhere, kind: 'school', grassroots: 'township' });
  await control.ok('POST', '/standards', { series: 'agriculture', level: 'intermediate', bootstrap: true });
  const officials = {
    unit: city.clerk, otherUnit: ['unit', otherUnit.id], industry: city.industry, otherIndustry: ['district_industry', `${elsewhere}/teacher`], farmIndustry: ['district_industry', '650121/agriculture'],
    hr: city.hr, otherHr: ['district_hr', elsewhere], office: city.office, farmOffice: ['office', 'agriculture'], bureau: city.bureau, supervisor: city.supervisor, admin: ['admin', ''],
  };
  const made = Object.entries(officials).map(([name, who]) => [name, Array.isArray(who) ? server.account(name.toLowerCase(), [{ role: who[0], scope: who[1] }]) : who]);
  const teachers = ['owner', 'selfish', 'holder', 'colleague', 'neighbour'].map((login) => [login, teacher(city, login)]);
  Object.assign(estate.people, await people(Object.fromEntries([...made, ...teachers])));
  const by = { done: 'holder', own: 'owner', selfish: 'selfish', fresh: 'colleague' };
  const dossiers = await people(Object.fromEntries(Object.entries(by).map(([name, who]) => [name, draft(city, estate.people[who])])));
  const all = Object.values(dossiers);
  for (const [name, who] of Object.entries(by)) assert.equal((await submit(estate.people[who], dossiers[name])).status, 200);
  for (const id of all) await verify(city, id);
  estate.notice = (await city.clerk.ok('POST', '/notices', { applications: all })).id;
  estate.objection = (await server.client().ok('POST', `/notices/${estate.notice}/objections`, { application: await entryOf(server.client(), estate.notice, dossiers.own, all), text: '任教年限与事实不符，请核实。', contact: '13900000000' })).id;
  await city.clerk.ok('POST', `/objections/${estate.objection}`, { outcome: 'dismissed', finding: '经核查档案，年限属实。' });
  await server.advance(12);
  for (const id of all) await forward(city, id);
  estate.members = ['chair', 'lead', 'panellist', 'third', 'member', 'extra', 'recused'].map((name) => estate.people[name]);
  estate.committee = await foundCommittee(city, estate.members);
  estate.tie = (await estate.people.owner.ok('POST', '/ties', { kind: 'kin', name: '无此专家', note: '表兄' })).id;
  estate.challenge = (await estate.people.colleague.ok('POST', `/applications/${dossiers.fresh}/challenges`, { name: '无此专家', reason: '有过争执' })).id;
  Object.assign(estate, await foundPool(city, estate.members));
  estate.draw = (await city.office.ok('POST', '/draws', { committee_id: estate.committee, kind: 'panel', name: '抽取组', cycle_id: city.cycle.id, size: 3 })).id;
  estate.panel = await sit(city, estate, all);
  Object.assign(estate, await certify(server, city, estate, dossiers.done));
  estate.meeting = await convene(city, estate, '第二次会议', [dossiers.own, dossiers.selfish], (await server.client().ok('GET', '/calendar')).start);
  await estate.people.chair.ok('POST', `/meetings/${estate.meeting}/motions/open`, {});
  const { motions } = await estate.people.chair.ok('GET', `/meetings/${estate.meeting}`);
  estate.motion = motions.find((motion) => motion.application_id === dossiers.own).id;
  estate.people.secondBureau = await server.account('bureau-2', [{ role: 'bureau', scope: '' }]);
  estate.integrity = (await estate.people.secondBureau.ok('POST', '/integrity', { kind: 'staff_violation', person: 'colleague', decision_number: '乌人社诚〔2026〕1号', decided_on: '2026-01-05', finding: '经查，泄露评审工作信息。' })).id;
  await city.bureau.ok('POST', `/integrity/${estate.integrity}/confirm`);
  return Object.assign(estate, { dossiers, otherUnit: otherUnit.id });
}

/** Makes `selfish` an official of everything that his dossier passes, and a member of its panel. */
export async function promote({ server, city, people: { selfish }, panel }) {
  const grant = (role, scope) => server.control.ok('POST', `/accounts/${selfish.account.id}/grants`, { role, scope });
  await grant('expert', 'teacher');
  await city.office.ok('POST', `/panels/${panel}/members`, { account_id: selfish.account.id }); // an office's is not seated any more
  for (const [role, scope] of [['unit', city.unit.id], ['district_industry', '650121/teacher'], ['district_hr', '650121'], ['office', 'teacher'], ['bureau', '']]) await grant(role, scope);
}
