// The standard for json-rules-engine: what a table or a yes-or-no decides is a rule with its conditions and an event
// that carries points and sentence; what must be computed is a dynamic fact, which is how its documentation does
// arithmetic, and a rule that puts the fact into its event. The engine is made once and run for each dossier.

import { Engine } from 'json-rules-engine';
import { conditions, fixed, least, sections, shares, short, spared, tables, total, vetoes } from './standard.mjs';

const divide = (a, b) => Math.floor((2 * a + b) / (2 * b));
const waits = { unit: '待单位填写', district: '待区县主管部门填写', expert: '待专家评分' };
const outcome = (points, because, pending = false) => ({ points, because, pending });
const missing = (by) => outcome(0, waits[by] ?? '未填报', by in waits);
const capped = (points, cap, words, adds = points > cap) =>
  outcome(Math.min(points, cap), adds || points > cap ? `${words}，封顶 ${short(cap)}` : words);
const years = (months, add = 0) => Math.floor((months + add) / 12);
const spell = (months, count) =>
  months % 12 === 0 ? `${count} 年` : `${months >= 12 ? `${Math.floor(months / 12)} 年 ` : ''}${months % 12} 个月计 ${count} 年`;

/** Dynamic facts: {id: [facts it reads, function of their values]}. */
const computed = {
  A2: [['ethics_assessments', 'last_full_year'], (given, last) => average('A2', given, last, 5, 600)],
  C1: [['annual_assessments', 'last_full_year'], (given, last) => average('C1', given.filter(({ grade }) => grade !== '不定等次'), last, 4, 800)],
  A3: [['ethics_honours', 'village_service_months'], honoursOrVillage],
  B1: [['grassroots_months'], grassroots],
  B2: [['tenure_months', 'education'], tenure],
  B3: [['hardship_months'], hardship],
  D3: [['homeroom_years'], (count) => capped(count * 100, 500, `${count} × 1.00 = ${fixed(count * 100)}`, count > 0)],
  D4: [['open_lessons'], (list) => listed(list.map(entry('D4')), 400, 2)],
  D5: [['mentoring_years', 'student_awards'], mentoring],
  E2: [['ce_hours_average', 'ce_public_average'], hours],
  F1: [['honours'], (list) => listed(list.map(entry('F1')), 400, 1)],
  F2: [['research'], (list) => listed(list.map(work), 300)],
  D2_given: [['D2'], (points) => outcome(points, `专家评分 = ${fixed(points)}`)],
  D1_part: [['workload_percent'], (percent) => part(Math.round(Math.min(percent ?? 0, 100) * 100))],
  C3_number: [['satisfaction_percent'], (percent) => short(Math.round((percent ?? 0) * 100))],
  tenure: [['tenure_months', 'education'], (months, education) => reached(months, least.tenure[education], education)],
  grassroots: [['track', 'grassroots_months', 'education'], (track, months, education) => spare(track) ?? reached(months, least.grassroots[education], education)],
  recent: [['track', 'recent_grassroots_months'], (track, months) => spare(track) ?? reached(months, 300)],
  assessed: [['annual_assessments', 'last_full_year'], (given, last) => found(given, last - 4, ['基本合格', '不合格'], false)],
  'A0.3': [['annual_assessments', 'last_full_year'], (given, last) => found(given, last - 2, ['不合格'], true)],
};

function average(id, given, last, window, cap) {
  const grades = given.filter(({ year }) => year > last - window && year <= last).map(({ grade }) => grade);
  if (!grades.length) return outcome(0, `近 ${window} 年无考核记录，计 0 分`);
  const sum = grades.reduce((all, grade) => all + (tables[id][grade] ?? 0), 0);
  const counted = [...new Set(grades)].map((grade) => `${grade} ${grades.filter((one) => one === grade).length} 次 × ${fixed(tables[id][grade] ?? 0)}`);
  const words = `近 ${window} 年实有 ${grades.length} 年：${counted.join(' + ')} = ${fixed(sum)}`;
  if (grades.length >= window) return capped(sum, cap, words, sum > 0);
  const scaled = divide(sum * window, grades.length);
  return capped(scaled, cap, `${words}，÷ ${grades.length} × ${window} = ${fixed(scaled)}`, scaled > 0);
}

const entry = (id) => ({ level }) => {
  const points = tables[id][level];
  return { points: points ?? 0, text: `${level} ${fixed(points ?? 0)}${points === undefined ? '（未列入）' : ''}` };
};

function work({ kind, level, role }) {
  const full = tables.F2[kind]?.[level];
  if (full === undefined) return { points: 0, text: `${kind} ${level} 0.00（未列入）` };
  const share = shares[kind][role] ?? 0;
  const text = `${kind} ${level} ${fixed(full)}`;
  return { points: divide(full * share, 100), text: share === 100 ? text : `${text} × ${short(share)}（${role}）` };
}

/** Sentence and sum of scored entries, of the best `top`. */
function summed(scored, top) {
  if (!scored.length) return { points: 0, words: '未填报' };
  const best = [...scored].sort((a, b) => b.points - a.points).slice(0, top);
  const points = best.reduce((all, one) => all + one.points, 0);
  const words = best.map(({ text }) => text).join(' + ') + (best.length > 1 ? ` = ${fixed(points)}` : '');
  return { points, words: top && scored.length > top ? `${scored.length} 项取最高 ${top} 项：${words}` : words };
}

function listed(scored, cap, top) {
  const { points, words } = summed(scored, top);
  return capped(points, cap, words, top === undefined && points > 0);
}

function honoursOrVillage(list, months) {
  const { points, words } = summed(list.map(entry('A3')), 1);
  const step = years(months) >= 1 ? 200 : 0;
  const worth = Math.max(points, step);
  const stay = spell(months, years(months)) + (step ? '，达到 1 年 = 2.00' : '，未达最低档，计 0 分');
  return capped(worth, 300, `表彰：${words}；驻村：${stay}；取高 ${fixed(worth)}`);
}

function grassroots(months) {
  const count = years(months, 6);
  const words = spell(months, count);
  if (!count) return outcome(0, `${words}，计 0 分`);
  const worth = divide(Math.min(count, 10) * 10000 + Math.max(count - 10, 0) * 5000, 100);
  const parts = count > 10 ? `10 年 × 1.00 + ${count - 10} 年 × 0.50` : `${count} 年 × 1.00`;
  return capped(worth, 1500, `${words}：${parts} = ${fixed(worth)}`, true);
}

function tenure(months, education) {
  const base = least.tenure[education];
  if (base === undefined) return outcome(0, `起点（${education}）未作规定，计 0 分`);
  const worth = Math.max(years(months) * 100 - base, 0);
  const words = `${spell(months, years(months))}，超过 ${short(base)} 年（${education}）的部分 ${short(worth)} 年 × 1.00 = ${fixed(worth)}`;
  return capped(worth, 500, words, worth > 0);
}

function hardship(months) {
  const worth = divide(years(months) * 50, 1);
  return capped(worth, 500, `${spell(months, years(months))} × 0.50 = ${fixed(worth)}`, worth > 0);
}

function part(percent) {
  const worth = divide(600 * percent, 10000);
  return outcome(worth, `未达标：${short(percent)}% × 6.00 = ${fixed(worth)}`);
}

function mentoring(count, list) {
  const awards = summed(list.map(entry('D5')));
  const worth = count * 100 + awards.points;
  return capped(worth, 200, `指导青年教师（每人每学年）：${count} × 1.00 = ${fixed(count * 100)}；指导学生获奖：${awards.words}；合计 ${fixed(worth)}`, true);
}

function hours(all, open) {
  const share = (have, full) => (have >= full ? 10000 : divide(have * 10000, full));
  const worth = (have, full) => (have >= full ? 300 : divide(300 * have, full));
  const lowest = Math.min(share(all, 90), share(open, 30));
  const gained = Math.min(worth(all, 90), worth(open, 30));
  return outcome(gained, `${all}/90，${open}/30，${lowest === 10000 ? '达标 = ' : `按最低比例 ${short(lowest)}% × 3.00 = `}${fixed(gained)}`);
}

const spare = (track) => (track === spared ? { met: true, because: `${spared}的不要求`, pending: false } : undefined);

function reached(months, need, education) {
  const why = education === undefined ? '' : `（${education}）`;
  if (need === undefined) return { met: false, because: `${why}未列入，不能申报`, pending: false };
  return { met: years(months) * 100 >= need, because: `${spell(months, years(months))}，要求 ${short(need)} 年${why}`, pending: false };
}

function found(given, from, words, wanted) {
  const list = given.filter(({ year, grade }) => year > from && words.includes(grade)).map(({ year, grade }) => `${year} 年${grade}`);
  return { met: wanted === list.length > 0, because: list.length ? list.join('、') : `没有${words.join('、')}的记录`, pending: false };
}

const is = (fact, value) => ({ fact, operator: 'equal', value });
const isNot = (fact, value) => ({ fact, operator: 'notEqual', value });
/** `answer` is the answer's members, or {answer: {fact}}; the engine puts facts in at this level only. */
const rule = (id, all, answer, quantor = 'all') => ({ conditions: { [quantor]: all }, event: { type: 'answer', params: { id, ...answer } } });

const tier = (id, fact, by, taken = []) => [
  rule(id, [is(fact, null)], missing(by)),
  ...Object.entries(tables[id]).map(([word, points]) => rule(id, [is(fact, word)], outcome(points, `${word} = ${fixed(points)}`))),
  rule(id, [isNot(fact, null), { fact, operator: 'notIn', value: [...Object.keys(tables[id]), ...taken] }], { points: 0, pending: false, unlisted: { fact } }),
];

const asked = (id, fact, value) => [
  rule(id, [is(fact, null)], { met: false, because: '待单位填写', pending: true }),
  rule(id, [isNot(fact, null), is(fact, value)], { met: true, pending: false, because: { fact: 'because', path: `$.${fact}` } }),
  rule(id, [isNot(fact, null), isNot(fact, value)], { met: false, pending: false, because: { fact: 'because', path: `$.${fact}` } }),
];

function bands() {
  const valid = [isNot('satisfaction_percent', null), is('satisfaction_quorum', true)];
  const rows = tables.C3.map(([from, share], i) => {
    const below = i ? [{ fact: 'satisfaction_percent', operator: 'lessThan', value: tables.C3[i - 1][0] / 100 }] : [];
    const inside = [...valid, { fact: 'satisfaction_percent', operator: 'greaterThanInclusive', value: from / 100 }, ...below];
    return rule('C3', inside, { points: 5 * share, pending: false, number: { fact: 'C3_number' }, because: `%，${short(from)}% 以上档：${share}% × 5.00 = ${fixed(5 * share)}` });
  });
  return [
    rule('C3', [is('satisfaction_percent', null), is('satisfaction_quorum', null)], missing('unit'), 'any'),
    rule('C3', [isNot('satisfaction_percent', null), is('satisfaction_quorum', false)], outcome(0, '参加测评人数不足应到的三分之二，计 0 分')),
    ...rows,
  ];
}

const education = () => [
  ...Object.entries(tables.E1).map(([word, row]) => rule('E1', [is('education', word)], outcome(5 * row / 100, `${word} ${short(row)}% × 5.00 = ${fixed(5 * row / 100)}`))),
  rule('E1', [{ fact: 'education', operator: 'notIn', value: Object.keys(tables.E1) }], { points: 0, pending: false, unlisted: { fact: 'education' } }),
];

const workload = () => [
  ...tier('D1', 'workload_grade', 'unit', ['未达标']),
  rule('D1', [is('workload_grade', '未达标'), is('workload_percent', null)], missing('unit')),
  rule('D1', [is('workload_grade', '未达标'), isNot('workload_percent', null)], { answer: { fact: 'D1_part' } }),
];

const title = (met, operator) =>
  rule('title', [{ fact: 'current_title', operator, value: ['二级教师（初级）'] }], { met, pending: false, because: { fact: 'because', path: '$.current_title' } });

/** A rule that holds always, for an answer that is a computed fact. */
const always = (id) => rule(id, [isNot('gates', null)], { answer: { fact: id } });

const rules = [
  ...tier('A1', 'political_grade', 'unit'),
  ...tier('C2', 'district_grade', 'district'),
  ...bands(),
  ...workload(),
  rule('D2', [is('D2', null)], missing('expert')),
  rule('D2', [isNot('D2', null)], { answer: { fact: 'D2_given' } }),
  ...education(),
  ...['A2', 'A3', 'B1', 'B2', 'B3', 'C1', 'D3', 'D4', 'D5', 'E2', 'F1', 'F2'].map(always),
  title(true, 'in'),
  title(false, 'notIn'),
  ...['tenure', 'grassroots', 'recent', 'assessed', 'A0.3'].map(always),
  ...asked('A0.1', 'political_vetting', false),
  ...asked('A0.2', 'ethics_failed', true),
  ...asked('A0.4', 'sanctioned', true),
  ...asked('A0.5', 'false_material', true),
  ...asked('A0.6', 'violation_found', true),
];

const words = ({ because, unlisted, number }) => (unlisted !== undefined ? `「${unlisted}」不在赋分表内，计 0 分` : number !== undefined ? number + because : because);

/** The engine with its rules; `score` takes what plain() of dossiers.mjs makes. */
export function engine() {
  const engine = new Engine(rules, { replaceFactsInEventParams: true });
  for (const [id, [facts, compute]] of Object.entries(computed))
    engine.addFact(id, async (_params, almanac) => compute(...(await Promise.all(facts.map((fact) => almanac.factValue(fact))))));
  return {
    async score(input) {
      const { results } = await engine.run(input);
      const answers = {};
      for (const { event } of results) answers[event.params.id] = event.params.answer ?? event.params;
      const sum = Object.values(sections).reduce((all, { cap, items }) => all + Math.min(cap, items.reduce((sum, id) => sum + answers[id].points, 0)), 0);
      const vetoed = vetoes.some((id) => answers[id].met);
      return {
        answers, vetoed, total: vetoed ? 0 : Math.min(sum, total),
        eligible: conditions.every((id) => answers[id].met) && input.gates.every((gate) => gate.met),
      };
    },
    /** The answer in the shape that compare.mjs compares. */
    shaped({ answers, total, vetoed, eligible }) {
      const list = (ids) => Object.fromEntries(ids.map((id) => [id, { ...answers[id], because: words(answers[id]) }]));
      return { total, vetoed, eligible, items: list(Object.values(sections).flatMap(({ items }) => items)), findings: list([...conditions, ...vetoes]) };
    },
  };
}
