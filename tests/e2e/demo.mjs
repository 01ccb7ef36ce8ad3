// The demo city on a private server, and titlectl beside it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from '../integration/harness.mjs';

/** Everybody's password in the demo. */
export const demoPassword = 'demo-only-password';

/** Starts titlectl; `lines` is called with what it has printed so far. Answers {code, out, err}. */
export function titlectl(server, args, printed = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(join(build, 'bin/titlectl'), ['--state', server.folder, '--url', server.url, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (bytes) => printed((out += bytes)));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** A small city in the middle of its year: every desk has work. */
export async function seed(server) {
  const { code, out, err } = await titlectl(server, ['demo', 'seed', 'small']);
  assert.equal(code, 0, out + err);
}
