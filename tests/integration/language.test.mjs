// The language of scoring standards as its authors read it: `titlectl standard reference`, made from the comments in
// core/scorer/prelude/. Every example is scored, every word and option is there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from './harness.mjs';

const run = (program, ...args) => spawnSync(join(build, 'bin', program), args, { encoding: 'utf8' });

describe('the reference of the language', () => {
  let folder, groups, words;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'titled-language-'));
    const { stdout, stderr, status } = run('titlectl', 'standard', 'reference', '--json');
    assert.equal(status, 0, stderr);
    groups = JSON.parse(stdout);
    words = groups.flatMap((group) => group.words);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Scores a standard: {score} or {error}. Without input its table. */
  function attempt(source, input) {
    const [script, data] = [join(folder, 'example.rb'), join(folder, 'input.json')];
    writeFileSync(script, source);
    writeFileSync(data, JSON.stringify(input ?? {}));
    const { stdout, stderr, status } = run('titled-scorer', '--try', script, ...(input ? [data] : []));
    return status === 0 ? { answer: JSON.parse(stdout) } : { error: stderr.trim() };
  }

  const filler = '  section "ZZ", "其他", cap: 1 do\n    linear "ZZ1", "其他", cap: 1, of: :zz, per: 1\n  end\n';
  const inSection = (lines) => `  section "AA", "示例", cap: 99 do\n${lines}\n  end\n`;

  /** The example as a whole script: items in a section, what belongs to the head before one. */
  function whole({ word, example }) {
    if (word === 'standard') return example;
    const head = ['name', 'basis', 'total_cap', 'reference_line', 'condition', 'veto'].includes(word);
    const itself = /^ *(section|component) /m.test(example);
    return `standard "x", "junior" do\n${itself ? example : head ? example + '\n' + filler : inSection(example)}\nend\n`;
  }

  const points = (hundredths) => (hundredths / 100).toFixed(2);

  /** What the score says under an id, in the words of the reference: [points, because]. */
  function said(score, id) {
    if (id === 'total') return [points(score.total), ''];
    if (id === 'line') return [points(score.reference_line), score.reference_line_because];
    if (id === 'ties') return [points(score.tie_break[0]), score.tie_break.join(', ')];
    const condition = score.conditions.find((one) => one.id === id), veto = score.vetoes.find((one) => one.id === id);
    if (condition) return [condition.met ? '符合' : '不符合', condition.because];
    if (veto) return [veto.met ? '否决' : '未否决', veto.because];
    const item = [...score.sections.flatMap((section) => section.items), ...(score.components ?? [])].find((one) => one.id === id);
    assert.ok(item, `nothing is called ${id}`);
    return [points(item.points), item.because];
  }

  test('scores every example and prints the sentence that the scorer gives', () => {
    let examples = 0;
    for (const word of words.filter((one) => one.example)) {
      const input = { facts: {}, gates: [], expert: word.expert ?? {} };
      for (const [name, value] of Object.entries(word.facts ?? {})) input.facts[name] = { value };
      const { answer, error } = attempt(whole(word), input);
      assert.ok(answer, `${word.word}: ${error}`);
      for (const { id, points, because } of word.gives) {
        assert.deepEqual(said(answer, id), [points, because], `${word.word}, ${id}`);
        examples++;
      }
    }
    assert.ok(examples > 40, `only ${examples} sentences`);
  });

  test('prints the words of the public table', () => {
    let rows = 0;
    for (const word of words.filter((one) => one.reads?.length)) {
      const { answer, error } = attempt(whole(word));
      assert.ok(answer, `${word.word}: ${error}`);
      const all = answer.flatMap((row) => [row, ...(row.items ?? [])]);
      for (const { id, rule } of word.reads) {
        assert.equal(all.find((row) => row.id === id)?.rule, rule, `${word.word}, ${id}`);
        rows++;
      }
    }
    assert.ok(rows > 15, `only ${rows} rows`);
  });

  test('knows every word of the language and no other', () => {
    const { error } = attempt('standard "x", "junior" do\n  nonsense\nend\n');
    const known = /可用的有 (.*)、adjust/.exec(error)[1].split('、').concat('adjust');
    const documented = words.flatMap((one) => (one.also ? [one.word, one.also] : [one.word])).filter((one) => !['*', 'standard'].includes(one));
    assert.deepEqual(documented.sort(), known.sort());
  });

  test('knows every option of every rule and no other', () => {
    const common = words.find((one) => one.word === '*').options.map((option) => option.name.replace(':', ''));
    const item = 'linear "I", "I", cap: 1, of: :n, per: 1';
    let rules = 0;
    for (const word of words) {
      const line = { condition: 'condition "X", "T", nonsense: 1', veto: 'veto "X", "T", nonsense: 1', modify: `${item}\nmodify "I", "T", nonsense: 1` }[word.word]
        ?? `${word.word} "X", "T", cap: 1, nonsense: 1`;
      const { error } = attempt(`standard "x", "junior" do\n${['condition', 'veto'].includes(word.word) ? line : inSection(line)}\nend\n`);
      const allowed = /没有参数 nonsense:，可用的有 ([^,，\n]*?)(, in rule| \[)/.exec(error ?? '')?.[1]?.split('、');
      if (!allowed) continue;
      const own = word.options.map((option) => option.name).filter((name) => name.endsWith(':')).map((name) => name.slice(0, -1));
      const expected = allowed.filter((name) => !common.includes(name) && name !== 'block');
      assert.deepEqual(own.sort(), expected.sort(), word.word);
      rules++;
    }
    assert.equal(rules, 18);
  });

  test('is a page with a heading, a table and an example for each', () => {
    const { stdout, status } = run('titlectl', 'standard', 'reference');
    assert.equal(status, 0);
    for (const group of groups) assert.match(stdout, new RegExp(`^## ${group.title}$`, 'm'));
    for (const { word } of words) assert.ok(stdout.includes(`### \`${word}\``), word);
    assert.equal(stdout.split('```ruby').length - 1, words.filter((one) => one.example).length);
  });
});
