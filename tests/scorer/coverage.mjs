#!/usr/bin/env node
// coverage.mjs REPORT: what titled-golden wrote of a series, against the series' proposed table
// (tables/<series>.json) and against itself. Prints one line for each thing that is missing:
//
// * a level, a section, an item or a number of the table that the scripts do not have, or another cap;
// * fewer than 12 cases at a level, a case without its arithmetic;
// * what no case of a level touches: an item that never earns points, a condition that is never met or never
//   fails; and what no case of the series touches: an item's row, band or tier, an item that is never
//   cut at its cap, a veto that never falls, a gate that never fails;
// * an item whose rule names no row that is known here: another wording must be taught, not passed over.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CASES_MIN = 12;
const levels = { 初级: 'junior', 中级: 'intermediate', 副高级: 'senior', 正高级: 'full_senior' };

// Where a script departs from the proposed table on purpose. Each says why.
const departures = {
  'agriculture D1': 'experts score it: the table is their rule, in the note',
  'agriculture D4': 'experts score it: the table is their rule, in the note',
  'health D4': 'counted from the verified list: experts see nothing of a dossier but its cases while they review blindly',
};

const missing = [];
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { series, cases, tables } = report;
const proposed = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'tables', `${series}.json`), 'utf8'));
const miss = (...words) => missing.push(words.join(' '));

const sections = (level) => tables[level].filter((row) => row.part === 'section');
const items = (level) => sections(level).flatMap((section) => section.items);
const parts = (level, part) => tables[level].filter((row) => row.part === part);
const at = (level) => cases.filter((one) => one.level === level);
const scored = (one) => one.answer.score.sections.flatMap((section) => section.items);

/* --- the scripts against the proposed table ------------------------------------------------------ */

// The numbers of an item's parameters that its rule must say.
function numbers(item) {
  const { window: years, bands, segments, top, min, max, agg, base, round, ...words } = item.params ?? {};
  const points = Object.values(words).filter((value) => typeof value === 'number' && value > 0);
  return item.kind === 'tier_ratio' ? points.map((value) => value * 100) : points;
}

function compareItem(level, index, item) {
  const found = items(level).find(({ id }) => id === item.id);
  const cap = item.cap[index] * 100;
  if (!cap) return found && miss(series, level, item.id, 'has points; the table gives none');
  if (!found) return miss(series, level, item.id, item.name, 'is not in the script');
  if (found.cap !== cap) miss(series, level, item.id, `cap ${found.cap}, the table has ${cap}`);
  if (departures[`${series} ${item.id}`]) return undefined;
  const said = found.rule.match(/\d+(\.\d+)?/g)?.map(Number) ?? [];
  for (const number of numbers(item)) if (!said.includes(number)) miss(series, level, item.id, `the rule does not say ${number}: ${found.rule}`);
  const years = item.params?.window?.[index];
  if (years && !said.includes(years)) miss(series, level, item.id, `the rule does not say ${years} years`);
  if ((item.scorer === 'expert') !== (found.scorer === 'expert')) miss(series, level, item.id, `scored by ${found.scorer}, the table has ${item.scorer}`);
  return undefined;
}

function compareLevel(level, index) {
  if (!tables[level]) return miss(series, level, 'has no cases or no script');
  for (const section of proposed.sections) {
    const found = sections(level).find(({ id }) => id === section.id);
    if (found?.cap !== section.cap[index] * 100) miss(series, level, `section ${section.id}: cap ${found?.cap}, the table has ${section.cap[index] * 100}`);
    for (const item of section.items) if (item.kind !== 'veto') compareItem(level, index, item);
    const known = new Set(section.items.map(({ id }) => id));
    for (const { id } of found?.items ?? []) if (!known.has(id)) miss(series, level, id, 'is in the script only');
  }
  if (!parts(level, 'veto').length) miss(series, level, 'has no veto');
  return undefined;
}

/* --- the cases against the scripts --------------------------------------------------------------- */

// One rate or one person's judgement: nothing but the item itself to touch.
const rowless = new Set(['linear', 'expert']);

// The words of a table in a rule, as sentences write them: [what to look for, what to call it].
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const fixed = (text) => Number(text).toFixed(2);

function rowsOf(item) {
  const rows = [];
  const add = (pattern, name) => rows.push([new RegExp(pattern), name]);
  const rule = item.rule;
  switch (item.kind) {
    case 'pct_band':
      for (const [, from] of rule.matchAll(/≥(\d+)%/g)) add(`${from}% 以上档`, `≥${from}%`);
      break;
    case 'piecewise':
      for (const [, per] of rule.matchAll(/的部分每\S+ ([\d.]+) 分/g)) add(`× ${fixed(per)}`, `× ${fixed(per)}`);
      break;
    case 'matrix':
      for (const [, kind, list] of rule.split('署名系数')[0].matchAll(/([^：；]+)：([^；]+)/g))
        for (const [, word] of list.matchAll(/(\S+) [\d.]+(?:、|，|$)/g)) add(`${escape(kind)} ${escape(word)} `, `${kind} ${word}`);
      for (const share of new Set([...(rule.split('署名系数')[1] ?? '').matchAll(/ (0\.\d+)/g)].map(([, n]) => n))) add(`× ${share}（`, `× ${share}`);
      break;
    case 'tier': case 'tier_ratio': case 'tier_sum_avg': case 'max': case 'sum': case 'sum_top':
      for (const [, word] of rule.replace(/^近 \d+ 年，每次：|满分的：/, '').matchAll(/([^、；：，（）\s]+(?:（[^）]*）)?) [\d.]+%?(?=[、；，]|$)/g)) if (!word.endsWith('以上')) add(`${escape(word)} `, word);
      for (const [, from] of rule.matchAll(/(\d+) ?(?:年)?以上 [\d.]+/g)) add(`达到 ${from}`, `${from} and more`);
      for (const [, part] of rule.matchAll(/(?:^|；)([^；（）]+)（[^；（）]*满分，不足按比例/g)) add(`${escape(part)}：[^；]*达标`, `${part} met`), add(`${escape(part)}：[^；]*按最低比例`, `${part} in proportion`);
      if (rule.includes('按实有年数折算')) add('÷ \\d+ × \\d+', 'fewer years');
      break;
    case 'step':
      for (const [, from] of rule.matchAll(/(\d+) ?(?:年)?以上 [\d.]+/g)) add(`达到 ${from}`, `${from} and more`);
      break;
    case 'ratio':
      add('达标', 'met'), add('按最低比例', 'in proportion');
      break;
    default:
  }
  return rows;
}

function checkLevel(level) {
  const here = at(level);
  if (here.length < CASES_MIN) miss(series, level, `has ${here.length} cases of ${CASES_MIN}`);
  for (const one of here) {
    const asked = scored(one).length;
    if (one.arithmetic < asked + 1) miss(one.file, `${one.arithmetic} lines of arithmetic for ${asked} items and a total`);
  }
  for (const { id, name } of items(level)) if (!here.some((one) => scored(one).some((item) => item.id === id && item.points > 0))) miss(series, level, id, name, 'earns points in no case');
  for (const met of [true, false])
    for (const { id, name } of parts(level, 'condition'))
      if (!here.some((one) => one.answer.score.conditions.some((asked) => asked.id === id && asked.met === met))) miss(series, level, `condition ${id}`, name, met ? 'is met in no case' : 'fails in no case');
}

function checkSeries() {
  const rows = new Map(), because = new Map(), capped = new Set(), vetoes = new Map();
  for (const level of Object.keys(tables)) {
    for (const item of items(level)) {
      const found = rowsOf(item);
      if (!found.length && !rowless.has(item.kind)) miss(series, level, item.id, `no row of a ${item.kind} is found in its rule: ${item.rule}`);
      for (const row of found) rows.set(`${item.id} ${row[1]}`, [item.id, row]);
    }
    for (const { id, name } of parts(level, 'veto')) vetoes.set(id, name);
  }
  for (const one of cases)
    for (const item of scored(one)) {
      because.set(item.id, `${because.get(item.id) ?? ''}\n${item.because}`);
      if (item.points === item.cap) capped.add(item.id);
    }
  for (const [id, [pattern, name]] of rows.values()) if (!pattern.test(because.get(id) ?? '')) miss(series, id, `"${name}" in no case`);
  for (const id of because.keys()) if (!capped.has(id)) miss(series, id, 'reaches its cap in no case');
  for (const [id, name] of vetoes) if (!cases.some((one) => one.answer.score.vetoes.some((veto) => veto.id === id && veto.met))) miss(series, `veto ${id}`, name, 'falls in no case');
  const gates = new Map(cases.flatMap((one) => one.answer.gates).map(({ id, name }) => [id, name]));
  // These series have no such specialty; tests/unit/review/dossier_test.c makes one up.
  if (series !== 'health') gates.delete('not_exam_based');
  for (const [id, name] of gates) if (!cases.some((one) => one.answer.gates.some((gate) => gate.id === id && !gate.met))) miss(series, `gate ${id}`, name, 'fails in no case');
}

proposed.levels.forEach((name, index) => compareLevel(levels[name], index));
Object.keys(tables).forEach(checkLevel);
checkSeries();
for (const line of missing) console.log(line);
console.log(`${series}: ${cases.length} cases, ${missing.length} things missing (${basename(process.argv[2])})`);
process.exit(missing.length ? 1 : 0);
