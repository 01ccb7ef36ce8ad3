// What the tests of the SDK share: a build to take programs from, a scratch folder, an installed prefix.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
export const top = resolve(here, '../..');
export const build = resolve(process.env.TITLED_BUILD ?? join(top, 'build/release'));

export const scratch = mkdtempSync(join(tmpdir(), 'titled-sdk-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

export const prefix = join(scratch, 'prefix');
export const titlectl = join(prefix, 'bin/titlectl');

// Runs a program; {status, out} with what it said on either stream.
export function run(program, args, options = {}) {
  const env = { ...process.env, PKG_CONFIG_PATH: join(prefix, 'share/pkgconfig'), ...options.env };
  const done = spawnSync(program, args, { encoding: 'utf8', cwd: scratch, ...options, env });
  return { status: done.status, out: `${done.stdout}${done.stderr}${done.error ?? ''}`, stdout: done.stdout };
}

// The same, and it must succeed.
export function must(program, args, options) {
  const done = run(program, args, options);
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}\n${done.out}`);
  return done.out;
}

export function install() {
  must('cmake', ['--install', build, '--component', 'sdk', '--prefix', prefix]);
}

export function flags() {
  return must('pkg-config', ['--cflags', '--libs', 'titled']).trim().split(/\s+/);
}
