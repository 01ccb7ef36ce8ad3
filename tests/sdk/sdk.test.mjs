// A fourth series from a scratch folder outside of the tree: install the SDK, `titlectl plugin new forestry`, make
// it forestry's own (tests/sdk/forestry/ are the author's edits), build, test and check it, with CMake and with
// plain cc; and the promises of the interface: languages, layout, frozen headers, plugins compiled long ago.
import { before, test } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flags, here, install, must, prefix, run, scratch, titlectl, top } from './sdk.mjs';

const forestry = join(scratch, 'forestry');
before(install);

test('titlectl plugin new writes a plugin that builds, passes its test and is not overwritten', () => {
  assert.match(must(titlectl, ['plugin', 'new', 'forestry']), /forestry is a plugin that builds/);
  must('cmake', ['-G', 'Ninja', '-B', 'build', `-DCMAKE_PREFIX_PATH=${prefix}`, '-DCMAKE_C_FLAGS=-Wall -Wextra -Werror'], { cwd: forestry });
  must('cmake', ['--build', 'build'], { cwd: forestry });
  assert.match(must('ctest', ['--test-dir', 'build', '--output-on-failure', '--no-tests=error'], { cwd: forestry }), /100% tests passed/);
  const again = run(titlectl, ['plugin', 'new', 'forestry']);
  assert.equal(again.status, 1);
  assert.match(again.out, /not an empty folder: name another one/);
  for (const file of ['forestry.c', 'form.json', 'scripts/forestry/junior.rb', 'CMakeLists.txt', 'README.md'])
    assert.ok(!readFileSync(join(forestry, file), 'utf8').includes('skeleton'), file);
});

test('names of series are checked', () => {
  for (const name of ['Forestry', '9a', 'a-b', '../a', '', 'a'.repeat(41)]) {
    const refused = run(titlectl, ['plugin', 'new', name]);
    assert.equal(refused.status, 1, name);
    assert.match(refused.out, /is no series id: begin with a letter/);
  }
  assert.ok(!existsSync(join(scratch, '9a')));
});

test('forestry, the fourth series, is built and tested with find_package(titled)', () => {
  cpSync(join(here, 'forestry'), forestry, { recursive: true });
  must('rm', [join(forestry, 'scripts/forestry/cases/junior-01-college.json')]);
  must('cmake', ['--build', 'build'], { cwd: forestry });
  assert.match(must('ctest', ['--test-dir', 'build', '-V'], { cwd: forestry }), /is in order: .*, 6 golden cases/);
});

test('a find_package that asks for another major version is refused', () => {
  const folder = join(scratch, 'future');
  mkdirSync(folder);
  writeFileSync(join(folder, 'CMakeLists.txt'), 'cmake_minimum_required(VERSION 3.25)\nproject(future LANGUAGES C)\nfind_package(titled 2.0 REQUIRED)\n');
  const refused = run('cmake', ['-G', 'Ninja', '-B', 'build', `-DCMAKE_PREFIX_PATH=${prefix}`], { cwd: folder });
  assert.notEqual(refused.status, 0);
  assert.match(refused.out, /requested version "2\.0"/);
});

test('and with cc and pkg-config alone', () => {
  must('cc', ['-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror', '-I', '.', '-o', 'forestry.so', 'forestry.c', ...flags()], { cwd: forestry });
  must('chmod', ['755', 'forestry.so'], { cwd: forestry });
  const checked = must(titlectl, ['plugin', 'check', 'forestry.so', '--scripts', 'scripts/forestry', '--dossiers', '150', '--seed', '2'], { cwd: forestry });
  assert.match(checked, /forestry\.so is in order/);
});

test('every header compiles alone, as C99 and as C++', () => {
  for (const header of readdirSync(join(prefix, 'include/titled'))) {
    const source = join(scratch, 'header.c'), object = join(scratch, 'header.o');
    writeFileSync(source, `#include <titled/${header}>\n`);
    for (const [compiler, ...how] of [['gcc', '-std=c99'], ['g++', '-x', 'c++', '-std=c++11'], ['g++', '-x', 'c++', '-std=c++20']])
      must(compiler, [...how, '-pedantic', '-Wall', '-Wextra', '-Werror', '-c', source, '-o', object, ...flags().filter((flag) => flag.startsWith('-I'))]);
  }
});

test('a plugin may be written in C++', () => {
  const object = join(scratch, 'cplusplus.so');
  must('g++', ['-x', 'c++', '-shared', '-fPIC', '-fvisibility=hidden', '-DID="cplusplus"', '-o', object, join(here, 'bad.c'), '-x', 'none', ...flags()]);
  must('chmod', ['755', object]);
  assert.match(must(titlectl, ['plugin', 'check', object, '--dossiers', '50']), /is in order/);
});

// --- the binary interface ---------------------------------------------------------------------------------------

const today = readFileSync(join(top, 'core/include/titled/plugin.h'), 'utf8');
const version = (text) => [...text.matchAll(/#define TITLED_PLUGIN_ABI_M(?:AJOR|INOR) (\d+)/g)].map((found) => found[1]).join('.');
const frozen = readdirSync(join(here, 'abi'));

// struct name -> its members, without comments and spaces
function structs(text) {
  const plain = text.replace(/\/\*[^]*?\*\//g, '');
  return Object.fromEntries([...plain.matchAll(/^struct (\w+) \{([^]*?)^\};/gm)].map(([, name, body]) =>
    [name, body.split(';').map((member) => member.replace(/\s+/g, ' ').trim()).filter(Boolean)]));
}

test('every version of the interface has its frozen header, and today\'s only appends to it', () => {
  assert.ok(frozen.includes(version(today)), `freeze today's header as tests/sdk/abi/${version(today)}/titled/plugin.h`);
  for (const old of frozen) {
    const before = structs(readFileSync(join(here, 'abi', old, 'titled/plugin.h'), 'utf8')), now = structs(today);
    assert.ok(Object.keys(before).length >= 2);
    for (const [name, members] of Object.entries(before))
      assert.deepEqual(now[name]?.slice(0, old === version(today) ? undefined : members.length), members,
        `struct ${name} of interface ${old} changed. Members are only appended: put new ones at the end, raise TITLED_PLUGIN_ABI_MINOR and freeze the header`);
  }
});

test('a plugin compiled with a frozen header is loaded and works', () => {
  for (const old of frozen) {
    const object = join(scratch, 'long_ago.so');
    must('cc', ['-shared', '-fPIC', '-fvisibility=hidden', '-DID="long_ago"', '-I', join(here, 'abi', old), '-o', object, join(here, 'bad.c'), '-ljansson']);
    must('chmod', ['755', object]);
    assert.match(must(titlectl, ['plugin', 'check', object, '--dossiers', '60']), /long_ago\.so is in order/, old);
  }
});

test('a header that breaks the layout does not compile with layout.c, and the message says what to do', () => {
  const changed = join(scratch, 'changed/titled');
  mkdirSync(changed, { recursive: true });
  const compile = (text) => {
    writeFileSync(join(changed, 'plugin.h'), text);
    return run('cc', ['-std=gnu17', '-c', join(here, 'layout.c'), '-o', join(scratch, 'layout.o'), '-I', join(scratch, 'changed')]);
  };
  assert.equal(compile(today).status, 0);
  for (const [words, instead] of [
    ['const char *version;', 'int since; const char *version;'], // a member in between
    ['uint16_t abi_minor;', 'uint32_t abi_minor;'], // another size
    ['json_t *(*facts)(const struct titled_host *host, const json_t *dossier);', 'json_t *(*facts)(const struct titled_host *host, json_t *dossier, int flags);'], // other arguments
    ['    json_t *(*gates)', '    void *later;\n    json_t *(*gates)'],
  ]) {
    assert.ok(today.includes(words), words);
    const broken = compile(today.replace(words, instead));
    assert.notEqual(broken.status, 0, instead);
    assert.match(broken.out, /append the new member at the end of its struct, raise TITLED_PLUGIN_ABI_MINOR/);
  }
  const newer = compile(today.replace('ABI_MINOR 0', 'ABI_MINOR 1'));
  assert.match(newer.out, /a new minor version of the interface: add its members/);
});
