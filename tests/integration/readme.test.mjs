// What the README shows from the program is what the program prints.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, top } from './harness.mjs';

const readme = readFileSync(join(top, 'README.md'), 'utf8');

test('the README shows the workflow as the table has it', () => {
  const printed = execFileSync(join(build, 'bin/titlectl'), ['workflow'], { encoding: 'utf8' });
  assert.equal(readme.match(/```mermaid\n([^]*?)```/)?.[1], printed);
});

test('the README names only folders and files that are there', () => {
  const text = readme.replace(/```[^]*?```/g, '');
  const paths = [...text.matchAll(/`((?:core|plugins|scripts|web|tests|ops)\/[\w./-]*)`/g)].map((found) => found[1]);
  assert.ok(paths.length > 10);
  assert.deepEqual(paths.filter((path) => !existsSync(join(top, path))), []);
});

test('ops/up builds every program that is installed', () => {
  const words = (file, pattern) => [...readFileSync(join(top, file), 'utf8').matchAll(pattern)].flatMap(([, list]) => list.split(' '));
  const installed = words('ops/install.cmake', /^install\(TARGETS ((?:titl[\w-]+ ?)+)/gm).filter(Boolean);
  const built = words('ops/up', /^build_preset release --target (.*)$/gm);
  assert.ok(installed.length >= 5, `${installed}`);
  assert.deepEqual(installed.filter((one) => !built.includes(one)), [], 'a fresh clone lacks them');
});

test('the README has as many golden cases as there are', () => {
  const cases = readdirSync(join(top, 'scripts/teacher/cases')).filter((name) => name.startsWith('intermediate-'));
  assert.equal(readme.match(/golden cases: (\d+), failed 0/)[1], String(cases.length));
});

test('every sentence of the notice has its place, and the place is there', () => {
  const table = readme.slice(readme.indexOf('## The notice, sentence by sentence'), readme.indexOf('## The way of a dossier'));
  const rows = [...table.matchAll(/^\| ((?:前言|[一二三四]|文末)\S*)(?: \d)? \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)];
  const sentences = { 前言: 1, 一: 2, '二(一)': 3, '二(二)': 4, '二(三)': 1, '二(四)': 1, '二(五)': 3, 三: 7, '四(一)': 1, '四(二)': 2, '四(三)': 2, '四(四)': 1, 文末: 3 };
  const counted = {};
  for (const [, part, where, shown] of rows) {
    counted[part] = (counted[part] ?? 0) + 1;
    for (const [, file] of where.matchAll(/`([\w.]+\.(?:c|md))`/g)) assert.ok(existsSync(join(top, 'core/review', file)), `${part}: ${file}`);
    assert.match(`${where}${shown}`, /`[^`]+`/);
  }
  assert.deepEqual(counted, sentences);
});

test('every promise of the runbook names tests that are there', () => {
  const runbook = readFileSync(join(top, 'ops/RUNBOOK.md'), 'utf8');
  const rows = [...runbook.slice(runbook.indexOf('## Promises')).matchAll(/^\| (?!promise|---)[^|]+ \| (.+) \|$/gm)].map((found) => found[1]);
  assert.ok(rows.length > 25);
  for (const row of rows) {
    let text = '';
    for (const part of row.split(' · ')) {
      const [, file, words] = /^(?:`([\w/.]+)`: )?(.+)$/.exec(part);
      if (file) text = readFileSync(join(top, 'tests', file), 'utf8');
      assert.ok(text.includes(words), `${row}: no test says "${words}"`);
    }
  }
});

test('every number of the law is in the code and tested, and every parameter is one', () => {
  const page = readFileSync(join(top, 'core/review/LAW.md'), 'utf8').split('## Numbers that an administrator sets');
  const cells = (part) => [...part.matchAll(/^\| (?!number|---)(.+) \|$/gm)].map((found) => found[1].split(' | '));
  const places = ['core/review', 'core', 'plugins/common'];
  const code = (cell, between) => {
    const [, file, words] = /^`([\w.]+)`: (.+)$/.exec(cell);
    const text = readFileSync(places.map((place) => join(top, place, file)).find(existsSync), 'utf8');
    for (const one of words.split(between)) assert.ok(text.includes(one), `${file} has no "${one}"`);
  };
  const law = cells(page[0]), parameters = cells(page[1]);
  assert.ok(law.length >= 20 && parameters.length >= 15);
  for (const [number, , where, shown, ...rest] of law) {
    assert.deepEqual(rest, [], number);
    code(where, ' · ');
    let text = '';
    for (const part of shown.split(' · ')) {
      const [, file, words] = /^(?:`([\w/.]+)`: )?(.+)$/.exec(part);
      if (file) text = readFileSync(join(top, 'tests', file), 'utf8');
      assert.ok(text.includes(words), `${number}: no test says "${words}"`);
    }
  }
  for (const [, , where] of parameters) code(where, ', ');
});
