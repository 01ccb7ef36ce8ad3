// `titlectl plugin check` names each mistake of tests/sdk/bad.c, and what to do about it.
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, flags, here, install, must, run, scratch, titlectl } from './sdk.mjs';

let libraries;
before(() => {
  install();
  libraries = flags();
});

function compile(kind, ...more) {
  const object = join(scratch, `${kind}.so`);
  must('cc', ['-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Werror', `-DID="${kind}"`, `-DKIND_${kind.toUpperCase()}`, '-o', object,
    join(here, 'bad.c'), ...more, ...libraries]);
  chmodSync(object, 0o755);
  return object;
}

function check(object, ...more) {
  const done = run(titlectl, ['--json', 'plugin', 'check', object, '--seed', '7', '--dossiers', '80', ...more]);
  return { ...done, ...JSON.parse(done.stdout) };
}

// [kind, check that names it, words of the finding, words of what to do]
const mistakes = [
  ['abi', 'interface', /ABI major 2; this server speaks 1/, /headers of this server/],
  ['id', 'interface', /has the id "somebody_else"; its file name says "id"/, /name the file after the id/],
  ['version', 'form', /the version "one" is not of the form 1\.2\.3/, /three numbers/],
  ['bad_form', 'interface', /form\.json: sections\.posts\.fields\.employer: unknown type "colour"/, /change form\.json/],
  ['no_english', 'form', /sections\.posts has "name" and no "name_en"/, /in English, too/],
  ['clock', 'object', /calls time\(\): a clock/, /cutoff_date/],
  ['random', 'object', /calls rand\(\): random numbers/, /leave chance out/],
  ['file', 'object', /calls fopen\(\): files/, /titled\/embed\.h/],
  ['file', 'facts', /forbidden system call/, /leave the call out/],
  ['exit', 'object', /calls exit\(\)/, /return/],
  ['counter', 'purity', /two calls in a row with the same dossier gave different answers/, /keep nothing between two calls/],
  ['memory', 'purity', /another order of dossiers gave another answer: facts\.posts\.(value|because)/, /static and global/],
  ['unwritten', 'purity', /another process .* gave another answer|two calls in a row/, /never written|before reading/],
  ['leak_json', 'leaks', /keeps \d+ bytes with every call, [1-9]\d* blocks of them jansson's/, /json_object_set_new/],
  ['leak_text', 'leaks', /keeps 1\d\d bytes with every call, none of them jansson's/, /free what malloc/],
  ['keeps', 'purity', /keeps references to parts of the dossier/, /json_incref/],
  ['writes', 'purity', /changes the dossier that it was lent/, /json_deep_copy/],
  ['crash', 'hostile', /crashed with signal 11, with dossier \d+: an empty list as posts/, /look at the type of every value/],
  ['slow', 'facts', /ran longer than 100 ms/, /loop/, '--job-ms', '100'],
  ['refuses', 'facts', /refuses a dossier that the form allows: facts\(\) failed: no posts/, /answer every dossier/],
  ['silent', 'facts', /fails and gives no reason/, /host->fail/],
  ['undeclared', 'facts', /gives the fact shoe_size, which form\.json does not list/, /add it to "facts"/],
  ['missing', 'facts', /does not give the fact first, which form\.json lists/, /always/],
  ['type', 'facts', /the fact first is (text|a number) for one dossier and (text|a number) for another/, /one type/],
  ['source', 'facts', /comes from "jobs\.0", which is not in the dossier/, /name a section/],
  ['gate', 'facts', /the gate "x" is not complete/, /"basis"/],
];

for (const [kind, where, words, fix, ...more] of mistakes)
  test(`a plugin with the mistake "${kind}" is told so (${where})`, () => {
    const found = check(compile(kind), ...more);
    assert.equal(found.status, 1, found.out);
    assert.equal(found.ok, false);
    const named = found.findings.filter((finding) => finding.check === where && finding.severity === 'error' && words.test(finding.message));
    assert.ok(named.length > 0, JSON.stringify(found.findings, null, 1));
    assert.match(named[0].fix, fix);
  });

test('a plugin in order passes, and a newer interface is only a hint', () => {
  const good = check(compile('good'));
  assert.deepEqual([good.status, good.ok, good.findings], [0, true, []], good.out);
  const newer = check(compile('newer'));
  assert.equal(newer.status, 0, newer.out);
  assert.match(newer.findings[0].message, /interface 1\.1; this server has 1\.0/);
});

test('a library that the server does not have, and an open file, are named', () => {
  const linked = check(compile('linked', '-Wl,--no-as-needed', '-lcrypto'));
  assert.match(linked.findings[0]?.message ?? '', /needs the library libcrypto\.so/);
  const open = compile('open');
  chmodSync(open, 0o777);
  assert.match(check(open).findings[0]?.message ?? '', /others may write to the file \(mode 0777\)/);
});

test('what is no plugin object is refused without being loaded, however it is cut', () => {
  const good = readFileSync(compile('good'));
  for (const length of [0, 10, 64, 500, 5000, good.length - 700]) {
    const cut = join(scratch, 'cut.so');
    writeFileSync(cut, good.subarray(0, length), { mode: 0o755 });
    assert.equal(check(cut).status, 1, `cut after ${length} bytes`);
  }
  const noise = Buffer.from(good);
  for (let i = 0; i < 200; i++) noise[64 + ((i * 7919) % (noise.length - 64))] ^= 0xff;
  writeFileSync(join(scratch, 'noise.so'), noise, { mode: 0o755 });
  assert.ok([0, 1].includes(run(titlectl, ['--json', 'plugin', 'check', join(scratch, 'noise.so')]).status));
});

test('the same seed gives the same dossiers, another seed others', () => {
  const object = compile('good');
  const dossier = (seed, number) => run(titlectl, ['plugin', 'check', object, '--seed', seed, '--dossier', number]).stdout;
  assert.equal(dossier('7', '60'), dossier('7', '60'));
  assert.notEqual(dossier('7', '60'), dossier('8', '60'));
  assert.ok(JSON.parse(dossier('7', '0')).content);
});

test('golden cases and scripts: a wrong sum, an unknown fact and a bad level are named', () => {
  const series = join(scratch, 'skeleton');
  must(titlectl, ['plugin', 'new', 'skeleton', series]);
  const object = join(build, 'plugins-skeleton/skeleton.so'), scripts = join(series, 'scripts/skeleton');
  const golden = join(scripts, 'cases/junior-01-college.json'), script = join(scripts, 'junior.rb');
  assert.equal(check(object, '--scripts', scripts).status, 0);
  const right = readFileSync(golden, 'utf8'), words = readFileSync(script, 'utf8');
  writeFileSync(golden, right.replace('"total": 6500', '"total": 6600'));
  assert.match(check(object, '--scripts', scripts).findings[0].message, /cases\/junior-01-college\.json: total: expected 6600, is 6500/);
  writeFileSync(golden, right);
  writeFileSync(script, words.replace(':annual_grade,', ':shoe_size,'));
  assert.match(check(object, '--scripts', scripts).findings[0].message, /skeleton\/junior\.rb:\d+: .*shoe_size/);
  for (const odd of ['\0', '\u200b']) { // what the server refuses, at import
    writeFileSync(script, `${words}# ${odd}\n`);
    assert.match(check(object, '--scripts', scripts).findings[0].message, /skeleton\/junior\.rb: /);
  }
  writeFileSync(script, words);
  copyFileSync(script, join(scripts, 'mayor.rb'));
  assert.match(check(object, '--scripts', scripts).findings[0].message, /the form has no level "mayor"/);
});
