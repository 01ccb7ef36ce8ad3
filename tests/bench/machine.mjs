// Processes of a benchmark: pinned to processors, their CPU time and memory read from /proc, ended by id.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { build } from '../integration/harness.mjs';

const count = cpus().length;

/** The client has the last processor, servers the others; on one processor all share it. */
export const pins = { client: String(count - 1), servers: count > 1 ? `0-${count - 2}`.replace(/^0-0$/, '0') : '0' };
export const pinning = `client on cpu ${pins.client}, servers (all threads, Redis) on cpu ${pins.servers}`;

const taskset = (cpu, command, args) => ['taskset', ['-c', cpu, command, ...args]];

/** Moves a running process with all its threads. */
export const pin = (pid, cpu) => spawnSync('taskset', ['-acp', cpu, String(pid)]);

/** Starts a program of the build on the servers' processors; answers its child once it printed a line. */
export function startPinned(command, args, options = {}) {
  const child = spawn(...taskset(pins.servers, command, args), { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  return child;
}

export const end = (child, signal = 'SIGTERM') =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode) return resolve();
    child.on('exit', resolve);
    child.kill(signal);
  });

/** Runs a program of the build to its end; answers the JSON line that it prints. */
export function run(name, args, { cpu = pins.client, input } = {}) {
  const [command, all] = taskset(cpu, join(build, 'bin', name), args.map(String));
  return new Promise((resolve, reject) => {
    const child = spawn(command, all, { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    child.on('exit', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${name} ended with ${code}`))));
    child.stdin.end(input);
  });
}

/** The bare responder with these bytes as its reply; answers {child, port}. */
export async function startResponder(file) {
  const child = startPinned(join(build, 'bin/bench_responder'), [file]);
  const line = await new Promise((resolve) => child.stdout.once('data', resolve));
  return { child, port: Number(line) };
}

/** CPU time of these processes with all their threads, in microseconds. */
export function cpuTime(pids) {
  let ns = 0;
  for (const pid of pids)
    for (const task of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return ns / 1000;
}

/** Private memory of a process, in bytes: what it alone uses. */
export function privateBytes(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce((sum, [, kb]) => sum + kb * 1024, 0);
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

export const round = (value, digits = 3) => Number(value.toPrecision(digits));
