// A titled as in production: no demonstration, its log written to a file, on the servers' processors.

import { openSync, readFileSync, writeFileSync, closeSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, startServer } from '../integration/harness.mjs';
import { end, pin, pins } from './machine.mjs';

/** Limits that a machine full of clients would meet before it meets the server's. */
export const wide = {
  throttle_account: 60000000, throttle_address: 60000000, throttle_write: 1000000, throttle_public: 1000000,
  limit_connections: 20000, limit_per_address: 20000,
};

const listening = (log) =>
  log.split('\n').slice(0, -1).filter((line) => line[0] === '{').map((line) => JSON.parse(line)).find((line) => line.event === 'server.listening');

/** Starts the release with this configuration file; answers {child, pid, port, ms, log}, ms being the time to listen. */
export async function startTitled(config, folder) {
  const log = join(folder, 'titled.log');
  const fd = openSync(log, 'w');
  const began = process.hrtime.bigint();
  const child = spawn('taskset', ['-c', pins.servers, join(build, 'bin/titled'), '--config', config], { stdio: ['ignore', fd, fd] });
  closeSync(fd);
  for (;;) {
    const line = listening(readFileSync(log, 'utf8'));
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    if (line) return { child, pid: child.pid, port: line.port, ms, log };
    if (child.exitCode !== null || ms > 600_000) throw new Error(`titled did not start:\n${readFileSync(log, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What `prepare(server)` made with the test harness, then served by a plain titled: {server, titled, pids, stop}. */
export async function serve(prepare, config = {}) {
  const server = await startServer({ config: { ...wide, ...config } });
  const made = await prepare(server);
  await server.process.kill('SIGTERM');
  writeFileSync(server.config, readFileSync(server.config, 'utf8').replace('demo = true', 'demo = false').replace(/^password_cost = .*\n/m, ''));
  const titled = await startTitled(server.config, server.folder);
  const redis = server.redis.child.pid;
  pin(redis, pins.servers);
  return {
    made, server, titled,
    pids: [titled.pid, redis],
    redis,
    async stop() {
      await end(titled.child);
      await server.stop();
    },
  };
}

/** The bytes of a request as a client of ours sends it. */
export function requestBytes(method, path, { client, accept = 'application/json', body, headers = {} } = {}) {
  const bytes = body === undefined ? '' : JSON.stringify(body);
  const cookie = client && [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const all = {
    Host: '127.0.0.1', Accept: accept, 'User-Agent': 'bench',
    ...(cookie && { Cookie: cookie }),
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(bytes), 'X-CSRF-Token': client.csrf }),
    ...headers,
  };
  return `${method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${bytes}`;
}

/** The bytes of the reply to one request, whole. */
export const replyBytes = (port, request) =>
  new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const head = all.indexOf('\r\n\r\n');
      const length = head < 0 ? null : Number(/content-length: (\d+)/i.exec(all.subarray(0, head).toString())?.[1] ?? 0);
      if (length !== null && all.length >= head + 4 + length) {
        socket.destroy();
        resolve(all);
      }
    });
  });

/** Work room that goes at the end. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'titled-bench-'));
  mkdirSync(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
