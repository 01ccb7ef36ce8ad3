// Every text that program and pages name is there, in both languages and with the same gaps. Reads sources only.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './harness.mjs';

const files = (folder, ending) => readdirSync(join(top, folder), { recursive: true }).filter((name) => name.endsWith(ending)).map((name) => [name, readFileSync(join(top, folder, name), 'utf8')]);

const twice = [];

/** {"problem.stale": "text", ...}: "problem.more.json" adds to "problem". */
function texts(language) {
  const found = {};
  const add = (path, value) => {
    if (typeof value !== 'string') return Object.entries(value).forEach(([name, inner]) => add(`${path}.${name}`, inner));
    if (path in found) twice.push(`${language}: ${path}`);
    found[path] = value;
  };
  for (const [name, text] of files(`web/locales/${language}`, '.json')) add(name.split('.')[0], JSON.parse(text));
  return found;
}

const zh = texts('zh'), en = texts('en');
const program = files('core', '.c').map(([, text]) => text).join('\n');
const named = (pattern) => [...new Set([...program.matchAll(pattern)].map(([, name]) => name))];

test('both languages say the same things', () => {
  assert.ok(Object.keys(zh).length > 500);
  assert.deepEqual(twice, [], 'in two files, of which one is never shown');
  assert.deepEqual(Object.keys(zh).filter((key) => !(key in en)), [], 'not in English');
  assert.deepEqual(Object.keys(en).filter((key) => !(key in zh)), [], 'not in Chinese');
  const gaps = (text) => [...new Set(text.match(/\{\w+\}/g))].sort().join();
  assert.deepEqual(Object.keys(zh).filter((key) => gaps(zh[key]) !== gaps(en[key])), [], 'other gaps');
});

test('what the program refuses with has words', () => {
  const problems = named(/td_error_key\(\s*\w+,\s*TD_\w+,\s*"(\w+)"/g), fields = named(/td_error_field\(\s*\w+,\s*(?:"\w+"|\w+),\s*"(\w+)"/g);
  assert.ok(problems.length > 50 && fields.length > 20, `${problems.length} and ${fields.length}`);
  assert.deepEqual(problems.filter((key) => !(`problem.${key}` in zh)), []);
  assert.deepEqual(fields.filter((key) => !(`field_problem.${key}` in zh)), []);
});

test('every change that the ledger keeps has words', () => {
  const logged = named(/td_(?:row_log|ledger_append)\(([^;]*?);/g).flatMap((call) => [...call.matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map(([, name]) => name));
  const steps = named(/td_complaint_step\(review, [^,]*, "(\w+)"/g), transitions = named(/^ {4}\{"(\w+)", FROM\(/gm);
  assert.ok(logged.length > 100 && steps.length > 5 && transitions.length > 20, `${logged.length}, ${steps.length} and ${transitions.length}`);
  const actions = [...logged, ...steps.map((step) => `complaint.${step}`), ...transitions.map((name) => `application.${name}`)];
  assert.deepEqual(actions.filter((name) => !(`label.action.${name}` in zh)), []);
});

test('every parameter of a year has a name', () => {
  const parameters = named(/\{"(\w+)", TD_CYCLE_\w+,/g);
  assert.ok(parameters.length > 20, `${parameters.length}`);
  assert.deepEqual(parameters.filter((name) => !(`label.parameter.${name}` in zh)), []);
});

test('what the pages say is there', () => {
  const keys = new Set(Object.keys(zh).flatMap((key) => key.split('.').map((_, n, parts) => parts.slice(0, n + 1).join('.'))));
  const missing = files('web/templates', '.mustache').flatMap(([name, text]) => [...text.matchAll(/\{\{[#^]?t\.([\w.]+)\}\}/g)].filter(([, key]) => !keys.has(key)).map(([, key]) => `${name}: ${key}`));
  assert.deepEqual(missing, []);
  const labels = files('web/templates', '.mustache').flatMap(([name, text]) => [...text.matchAll(/\{\{(\w+)_label\}\}/g)].filter(([, of]) => !keys.has(`label.${of}`)).map(([, of]) => `${name}: ${of}`));
  assert.deepEqual(labels, [], 'codes without words');
});

test('what is live begins where its page was made', () => {
  const live = files('web/templates', '.mustache').flatMap(([name, text]) => [...text.matchAll(/ data-live="([^"]*)"/g)].map(([, address]) => [name, address]));
  assert.ok(live.length >= 8, `${live.length}`);
  assert.deepEqual(live.filter(([, address]) => !address.endsWith('/live?after={{page.heard}}')), []);
});

test('forms come back to their page, and what is wrong in them is named', () => {
  const forms = files('web/templates', '.mustache').flatMap(([name, text]) => [...text.matchAll(/<form [^>]*method="post".*?<\/form>/gs)].map(([form]) => [name, form]));
  assert.ok(forms.length > 100, `${forms.length}`);
  // Two values of one name are neither.
  assert.deepEqual(forms.filter(([, form]) => form.includes('{{> csrf}}') && form.includes('name="_back"')).map(([name]) => name), []);
  const nameless = forms.flatMap(([name, form]) => [...form.matchAll(/<label[^>]* for="([\w.]+)"/g)].map(([, of]) => of).filter((of) => form.includes(` name="${of}"`) && !(`field.${of.split('.').at(-1)}` in zh)).map((of) => `${name}: ${of}`));
  assert.deepEqual(nameless.filter((one) => !/: (application|number)$/.test(one)), [], 'a problem with them would not say with what');
});

test('what is secret is never filled in again by a page', () => {
  const inputs = files('web/templates', '.mustache').flatMap(([name, text]) => [...text.matchAll(/<(?:input|textarea)\b[^>]*\bname="([^"]+)"[^>]*>/g)].map(([tag, of]) => [name, of, tag]));
  const secret = inputs.filter(([name, of]) => /password|proof|one_time_code|voting_code|receipt_code|id_number/.test(of));
  assert.ok(secret.length >= 10, `${secret.length}`);
  assert.deepEqual(secret.filter(([, , tag]) => /value=|page\.form/.test(tag) || !/type="password"|autocomplete="(?:off|one-time-code)"|data-secret/.test(tag)).map(([name, of]) => `${name}: ${of}`), []);
  assert.deepEqual(files('web/templates', '.mustache').filter(([, text]) => /page\.form\.\w*(?:password|proof|secret|code\b|choices)/.test(text)).map(([name]) => name), []);
});

test('every message to a person is sent somewhere, and its test names it', () => {
  const workflow = readFileSync(join(top, 'core/review/workflow.c'), 'utf8'); // its rows' messages: workflow_test.c sends each
  const tests = ['integration', 'unit/review'].flatMap((folder) => files(`tests/${folder}`, folder === 'integration' ? '.mjs' : '.c')).map(([, text]) => text).join('\n');
  const kinds = Object.keys(zh).map((key) => /^say\.message_(\w+)$/.exec(key)?.[1]).filter(Boolean);
  assert.ok(kinds.length > 50);
  const late = (kind) => kind.endsWith('_late') && program.includes('"%s_late"');
  assert.deepEqual(kinds.filter((kind) => !program.includes(`"${kind}"`) && !late(kind)), [], 'nobody sends them');
  const row = (kind) => new RegExp(`^    \\{"\\w+", FROM.*"${kind}", (?:true|false)\\},$`, 'm').test(workflow);
  assert.deepEqual(kinds.filter((kind) => !row(kind) && !new RegExp(`['"]${kind}['"]`).test(tests)), [], 'no test');
});
