// The standard as a decision graph of @gorules/zen-engine: one expression node measures, the next makes the items with
// their sentences, the last adds up. Points are whole hundredths, as ours are. Tables are chains of ?:, and sentences
// that are the same for everybody are written out: both is what its expressions evaluate fastest. It has neither join
// nor sort, so lists of summands stay lists (`parts`) and the comparison joins them, outside the measured time.

import { ZenEngine, ZenDecisionContent } from '@gorules/zen-engine';
import { conditions, fixed, grades, least, sections, shares, short, spared, tables, total, vetoes } from './standard.mjs';

const text = (words) => `'${words}'`;
/** The row of a table for the value of an expression. */
const pick = (value, table, make, otherwise) =>
  `(${Object.entries(table).map(([word, row]) => `${value} == ${text(word)} ? ${make(row, word)} : `).join('')}${otherwise})`;
/** 950 -> "9.50", and -> "9.5"; `h` is a name or a short expression. */
const points = (h) => `string(floor(${h} / 100)) + (${h} % 100 < 10 ? '.0' : '.') + string(${h} % 100)`;
const number = (h) =>
  `(${h} % 100 == 0 ? string(${h} / 100) : ${h} % 10 == 0 ? string(floor(${h} / 100)) + '.' + string(${h} % 100 / 10) : ${points(h)})`;
const divide = (a, b) => `floor((2 * (${a}) + ${b}) / (2 * ${b}))`;

const outcome = (amount, because, pending = false) => `{points: ${amount}, because: ${because}, pending: ${pending}}`;
const finding = (met, because, pending = false) => `{met: ${met}, because: ${because}, pending: ${pending}}`;
const waits = { unit: '待单位填写', district: '待区县主管部门填写', expert: '待专家评分' };
const missing = (by) => outcome(0, text(waits[by] ?? '未填报'), by in waits);
const capped = (h, cap) => `(${h} > ${cap} ? ${cap} : ${h})`;
const over = (h, cap) => `(${h} > ${cap} ? '，封顶 ${short(cap)}' : '')`;
const adds = (h, cap) => `(${h} > 0 ? '，封顶 ${short(cap)}' : '')`;

/** Rows of the measuring node. Expressions name one as $.name; the nodes behind it as name. */
const measures = {};
function measure(name, value) {
  measures[name] = value;
  return `$.${name}`;
}

/** Months as whole years: hundredths, and words. */
function years(fact, add = 0) {
  const count = measure(`${fact}_${add}`, `floor((${fact} + ${add}) / 12)`);
  const words =
    `(${fact} % 12 == 0 ? string(${count}) + ' 年' : (${fact} >= 12 ? string(floor(${fact} / 12)) + ' 年 ' : '') + ` +
    `string(${fact} % 12) + ' 个月计 ' + string(${count}) + ' 年')`;
  return { amount: measure(`${fact}_${add}_h`, `${count} * 100`), words: measure(`${fact}_${add}_words`, words) };
}

const tier = (fact, table, by, more = '') =>
  `${fact} == null ? ${missing(by)} : ${more}` +
  pick(fact, table, (row, word) => outcome(row, text(`${word} = ${fixed(row)}`)), outcome(0, `'「' + ${fact} + '」不在赋分表内，计 0 分'`));

function average(id, { of, window, cap, skip }) {
  const table = tables[id];
  const chosen = skip ? ` and #.grade != ${text(skip)}` : '';
  const given = measure(`${id}_given`, `map(filter(${of}, #.year > last_full_year - ${window} and #.year <= last_full_year${chosen}), #.grade)`);
  const count = measure(`${id}_count`, `len(${given})`);
  const sum = measure(`${id}_sum`, `sum(map(${given}, ${pick('#', table, (row) => row, 0)}))`);
  const worth = measure(`${id}_worth`, `${count} == 0 or ${count} >= ${window} ? ${sum} : ${divide(`${sum} * ${window}`, count)}`);
  const parts = grades.filter((word) => word !== skip).map((word, i) => {
    const times = measure(`${id}_times_${i}`, `count(${given}, # == ${text(word)})`);
    return `(${times} > 0 ? [${text(`${word} `)} + string(${times}) + ${text(` 次 × ${fixed(table[word] ?? 0)}`)}] : [])`;
  });
  return (
    `${count} == 0 ? ${outcome(0, text(`近 ${window} 年无考核记录，计 0 分`))} : {points: ${capped(worth, cap)}, pending: false, ` +
    `because: '近 ${window} 年实有 ' + string(${count}) + ' 年：', parts: flatMap([${parts.join(', ')}], #), ` +
    `rest: ' = ' + ${points(sum)} + (${count} >= ${window} ? '' : '，÷ ' + string(${count}) + ' × ${window} = ' + ${points(worth)}) + ${adds(worth, cap)}}`
  );
}

/** Points and words of every entry of a list, by its level. */
function entries(id, of) {
  const row = (amount, word) => `{points: ${amount}, text: ${text(`${word} ${fixed(amount)}`)}}`;
  const all = measure(`${id}_all`, `map(${of}, ${pick('#.level', tables[id], row, `{points: 0, text: #.level + ' 0.00（未列入）'}`)})`);
  return { all, count: measure(`${id}_count`, `len(${of})`) };
}

/** The best entry of a list, the first of equals. */
function best(id, of) {
  const { all, count } = entries(id, of);
  const most = measure(`${id}_most`, `${count} == 0 ? 0 : max(map(${all}, #.points))`);
  const words =
    `${count} == 0 ? '未填报' : (${count} > 1 ? string(${count}) + ' 项取最高 1 项：' : '') + filter(${all}, #.points == ${most})[0].text`;
  return { most, words: measure(`${id}_words`, words) };
}

function honoursOrVillage() {
  const { most, words } = best('A3', 'ethics_honours');
  const stay = years('village_service_months');
  const step = measure('A3_step', `${stay.amount} >= 100 ? 200 : 0`);
  const worth = measure('A3_worth', `max([${most}, ${step}])`);
  return outcome(
    worth,
    `'表彰：' + ${words} + '；驻村：' + ${stay.words} + (${step} > 0 ? '，达到 1 年 = 2.00' : '，未达最低档，计 0 分') + '；取高 ' + ${points(worth)}`,
  );
}

function grassroots() {
  const { amount, words } = years('grassroots_months', 6);
  const worth = measure('B1_worth', `${amount} > 1000 ? 1000 + ${divide(`${amount} - 1000`, 2)} : ${amount}`);
  return (
    `${amount} == 0 ? ${outcome(0, `${words} + '，计 0 分'`)} : ` +
    outcome(
      capped(worth, 1500),
      `${words} + '：' + (${amount} > 1000 ? '10 年 × 1.00 + ' + string(${amount} / 100 - 10) + ' 年 × 0.50' : string(${amount} / 100) + ' 年 × 1.00') + ' = ' + ${points(worth)} + ${adds(worth, 1500)}`,
    )
  );
}

function tenure() {
  const { amount, words } = years('tenure_months');
  const base = measure('B2_base', pick('education', least.tenure, (row) => row, 'null'));
  const worth = measure('B2_worth', `${base} != null and ${amount} > ${base} ? ${amount} - ${base} : 0`);
  return (
    `${base} == null ? ${outcome(0, `'起点（' + education + '）未作规定，计 0 分'`)} : ` +
    outcome(
      capped(worth, 500),
      `${words} + '，超过 ' + string(${base} / 100) + ' 年（' + education + '）的部分 ' + string(${worth} / 100) + ' 年 × 1.00 = ' + ${points(worth)} + ${adds(worth, 500)}`,
    )
  );
}

function hardship() {
  const { amount, words } = years('hardship_months');
  const worth = measure('B3_worth', divide(amount, 2));
  return outcome(capped(worth, 500), `${words} + ' × 0.50 = ' + ${points(worth)} + ${adds(worth, 500)}`);
}

function satisfaction() {
  const percent = measure('C3_percent', 'satisfaction_percent == null ? 0 : round(satisfaction_percent * 100)');
  const rows = tables.C3.map(([from, share]) => {
    const because = `${number(percent)} + ${text(`%，${short(from)}% 以上档：${share}% × 5.00 = ${fixed(5 * share)}`)}`;
    return `${percent} >= ${from} ? ${outcome(5 * share, because)} : `;
  });
  return (
    `satisfaction_percent == null or satisfaction_quorum == null ? ${missing('unit')} : ` +
    `not satisfaction_quorum ? ${outcome(0, text('参加测评人数不足应到的三分之二，计 0 分'))} : ${rows.join('')}${missing()}`
  );
}

function workload() {
  const share = measure('D1_share', 'workload_percent == null ? 0 : workload_percent > 100 ? 10000 : round(workload_percent * 100)');
  const worth = measure('D1_worth', divide(`600 * ${share}`, 10000));
  const part = outcome(worth, `'未达标：' + ${number(share)} + '% × 6.00 = ' + ${points(worth)}`);
  return tier('workload_grade', tables.D1, 'unit', `workload_grade == '未达标' ? (workload_percent == null ? ${missing('unit')} : ${part}) : `);
}

function linear(fact, cap) {
  return outcome(capped(`${fact} * 100`, cap), `string(${fact}) + ' × 1.00 = ' + string(${fact}) + '.00' + ${adds(fact, cap)}`);
}

/** The best two, by going through the table from the top. */
function lessons() {
  const { all, count } = entries('D4', 'open_lessons');
  const byWorth = [400, 300, 200, 100, 0].map((worth) => `filter(${all}, #.points == ${worth})`);
  const ordered = measure('D4_ordered', `flatMap([${byWorth.join(', ')}], #)`);
  const chosen = measure('D4_chosen', `${count} > 2 ? ${ordered}[0:1] : ${ordered}`);
  const worth = measure('D4_worth', `sum(map(${chosen}, #.points))`);
  return (
    `${count} == 0 ? ${outcome(0, text('未填报'))} : {points: ${capped(worth, 400)}, pending: false, ` +
    `because: ${count} > 2 ? string(${count}) + ' 项取最高 2 项：' : '', parts: map(${chosen}, #.text), ` +
    `rest: (${count} > 1 ? ' = ' + ${points(worth)} : '') + ${over(worth, 400)}}`
  );
}

function mentoring() {
  const { all, count } = entries('D5', 'student_awards');
  const awards = measure('D5_awards', `sum(map(${all}, #.points))`);
  const worth = measure('D5_worth', `mentoring_years * 100 + ${awards}`);
  return (
    `{points: ${capped(worth, 200)}, pending: false, ` +
    `because: '指导青年教师（每人每学年）：' + string(mentoring_years) + ' × 1.00 = ' + string(mentoring_years) + '.00；指导学生获奖：' + (${count} == 0 ? '未填报' : ''), ` +
    `parts: map(${all}, #.text), rest: (${count} > 1 ? ' = ' + ${points(awards)} : '') + '；合计 ' + ${points(worth)} + '，封顶 2'}`
  );
}

function education() {
  const make = (row, word) => outcome(5 * row / 100, text(`${word} ${short(row)}% × 5.00 = ${fixed(5 * row / 100)}`));
  return pick('education', tables.E1, make, outcome(0, `'「' + education + '」不在赋分表内，计 0 分'`));
}

function hours() {
  const share = (fact, full) => `(${fact} >= ${full} ? 10000 : ${divide(`${fact} * 10000`, full)})`;
  const worth = (fact, full) => `(${fact} >= ${full} ? 300 : ${divide(`300 * ${fact}`, full)})`;
  const lowest = measure('E2_share', `min([${share('ce_hours_average', 90)}, ${share('ce_public_average', 30)}])`);
  const gained = measure('E2_worth', `min([${worth('ce_hours_average', 90)}, ${worth('ce_public_average', 30)}])`);
  return outcome(
    gained,
    `string(ce_hours_average) + '/90，' + string(ce_public_average) + '/30，' + (${lowest} == 10000 ? '达标 = ' : '按最低比例 ' + ${number(lowest)} + '% × 3.00 = ') + ${points(gained)}`,
  );
}

function honours() {
  const { most, words } = best('F1', 'honours');
  return outcome(capped(most, 400), `${words} + ${over(most, 400)}`);
}

function research() {
  const role = (kind) => pick('#.role', shares[kind], (share) => share, 0);
  const full = measure('F2_full', `map(research, {kind: #.kind, level: #.level, role: #.role, full: ${pick('#.kind', tables.F2, (row) => pick('#.level', row, (worth) => worth, 'null'), 'null')}, share: ${pick('#.kind', shares, (_, kind) => role(kind), 100)}})`);
  const rows = measure('F2_rows', `map(${full}, {kind: #.kind, level: #.level, role: #.role, full: #.full, share: #.share, points: #.full == null ? 0 : ${divide('#.full * #.share', 100)}})`);
  const worth = measure('F2_worth', `sum(map(${rows}, #.points))`);
  const words = `#.full == null ? #.kind + ' ' + #.level + ' 0.00（未列入）' : #.kind + ' ' + #.level + ' ' + ${points('#.full')} + (#.share == 100 ? '' : #.share == 50 ? ' × 0.5（' + #.role + '）' : ' × 0（' + #.role + '）')`;
  return (
    `len(research) == 0 ? ${outcome(0, text('未填报'))} : {points: ${capped(worth, 300)}, pending: false, because: '', parts: map(${rows}, ${words}), ` +
    `rest: (len(research) > 1 ? ' = ' + ${points(worth)} : '') + (${worth} > 0 ? '，封顶 3' : '')}`
  );
}

const rules = {
  A1: tier('political_grade', tables.A1, 'unit'),
  A2: average('A2', { of: 'ethics_assessments', window: 5, cap: 600 }),
  A3: honoursOrVillage(),
  B1: grassroots(),
  B2: tenure(),
  B3: hardship(),
  C1: average('C1', { of: 'annual_assessments', window: 4, cap: 800, skip: '不定等次' }),
  C2: tier('district_grade', tables.C2, 'district'),
  C3: satisfaction(),
  D1: workload(),
  D2: `D2 == null ? ${missing('expert')} : ${outcome('D2', `'专家评分 = ' + ${points('D2')}`)}`,
  D3: linear('homeroom_years', 500),
  D4: lessons(),
  D5: mentoring(),
  E1: education(),
  E2: hours(),
  F1: honours(),
  F2: research(),
};

const reached = (fact, table) => {
  const { amount, words } = years(fact);
  const need = typeof table === 'number' ? String(table) : measure(`${fact}_least`, pick('education', table, (row) => row, 'null'));
  const met = finding(`${amount} >= ${need}`, `${words} + '，要求 ' + string(${need} / 100) + ' 年'${typeof table === 'number' ? '' : ` + '（' + education + '）'`}`);
  return typeof table === 'number' ? met : `${need} == null ? ${finding(false, `'（' + education + '）未列入，不能申报'`)} : ${met}`;
};
const spare = (asked) => `track == ${text(spared)} ? ${finding(true, text(`${spared}的不要求`))} : (${asked})`;
const listed = (name, words, window, met) => {
  const found = measure(name, `map(filter(annual_assessments, #.year > last_full_year - ${window} and #.grade in [${words.map(text).join(', ')}]), string(#.year) + ' 年' + #.grade)`);
  return `{met: len(${found}) ${met} 0, pending: false, parts: ${found}, because: len(${found}) == 0 ? ${text(`没有${words.join('、')}的记录`)} : ''}`;
};
const answered = (fact, value) => `${fact} == null ? ${finding(false, text('待单位填写'), true)} : ${finding(`${fact} == ${value}`, `because.${fact}`)}`;

const questions = {
  title: finding(`current_title == '二级教师（初级）'`, 'because.current_title'),
  tenure: reached('tenure_months', least.tenure),
  grassroots: spare(reached('grassroots_months', least.grassroots)),
  recent: spare(reached('recent_grassroots_months', 300)),
  assessed: listed('assessed', ['基本合格', '不合格'], 4, '=='),
  'A0.1': answered('political_vetting', false),
  'A0.2': answered('ethics_failed', true),
  'A0.3': listed('failed', ['不合格'], 2, '>'),
  'A0.4': answered('sanctioned', true),
  'A0.5': answered('false_material', true),
  'A0.6': answered('violation_found', true),
};

const key = (id) => id.replace('.', '_');

/** `rows` = {key: expression}. */
const node = (id, rows, passThrough) => ({
  id, name: id, type: 'expressionNode', position: { x: 0, y: 0 },
  content: { passThrough, expressions: Object.entries(rows).map(([key, value], i) => ({ id: `${id}${i}`, key, value })) },
});

function graph() {
  const behind = (rows) => Object.fromEntries(Object.entries(rows).map(([id, value]) => [key(id), value.replaceAll('$.', '')]));
  const sums = Object.values(sections).map(({ cap, items }) => `min([${cap}, sum([${items.map((id) => `${id}.points`).join(', ')}])])`);
  const vetoed = vetoes.map((id) => `${key(id)}.met`).join(' or ');
  const ids = [...Object.keys(rules), ...Object.keys(questions)].map(key);
  const sum = {
    ...Object.fromEntries(ids.map((id) => [id, id])),
    vetoed,
    total: `(${vetoed}) ? 0 : min([${total}, sum([${sums.join(', ')}])])`,
    eligible: `${conditions.map((id) => `${id}.met`).join(' and ')} and all(gates, #.met)`,
  };
  const nodes = [
    { id: 'in', name: 'in', type: 'inputNode', position: { x: 0, y: 0 } },
    node('measures', measures, true),
    node('rules', behind({ ...rules, ...questions }), true),
    node('sum', sum, false),
    { id: 'out', name: 'out', type: 'outputNode', position: { x: 0, y: 0 } },
  ];
  const edges = nodes.slice(1).map((to, i) => ({ id: `edge${i}`, type: 'edge', sourceId: nodes[i].id, targetId: to.id }));
  return { nodes, edges };
}

const said = ({ because, parts = [], rest = '' }, separator) => because + parts.join(separator) + rest;

/** The engine, its decision compiled once. `score` takes what plain() of dossiers.mjs makes. */
export function engine() {
  const decision = new ZenEngine().createDecision(new ZenDecisionContent(graph()));
  return {
    score: async (input) => (await decision.evaluate(input)).result,
    /** The answer in the shape that compare.mjs compares. */
    shaped(result) {
      const list = (ids, separator) => Object.fromEntries(ids.map((id) => [id, { ...result[key(id)], because: said(result[key(id)], separator) }]));
      return { total: result.total, vetoed: result.vetoed, eligible: result.eligible, items: list(Object.keys(rules), ' + '), findings: list(Object.keys(questions), '、') };
    },
  };
}
