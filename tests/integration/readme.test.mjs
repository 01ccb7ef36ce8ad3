// What the README shows from the program is what the program prints.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
