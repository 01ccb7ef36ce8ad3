// connections: what an idle keep-alive connection costs the server, and the bare responder.
// sessions: what a session costs Redis (the server keeps none), against the least hash that could be one.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { build } from '../integration/harness.mjs';
import { end, privateBytes, round, run, startResponder } from './machine.mjs';
import { replyBytes, requestBytes, serve, withFolder } from './served.mjs';

const CONNECTIONS = 2000, SESSIONS = 10_000;

/** Growth of a process while this many clients, each answered once, stay and say nothing. */
async function growth(pid, port, file) {
  const before = privateBytes(pid);
  const child = spawn(join(build, 'bin/bench_load'), [port, CONNECTIONS, 0, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => reject(new Error('the clients could not stay')));
  });
  const bytes = (privateBytes(pid) - before) / CONNECTIONS;
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.on('exit', resolve));
  child.stdin.end();
  await gone;
  return bytes;
}

async function connections(served) {
  await withFolder(async (folder) => {
    const ask = join(folder, 'request'), answer = join(folder, 'reply');
    const request = requestBytes('GET', '/api/v1/health');
    writeFileSync(ask, request);
    writeFileSync(answer, await replyBytes(served.titled.port, request));
    const responder = await startResponder(answer);
    const ours = await growth(served.titled.pid, served.titled.port, ask);
    const reference = await growth(responder.child.pid, responder.port, ask);
    await end(responder.child);
    console.log(JSON.stringify({
      bench: 'connections', what: `private memory of an idle keep-alive connection, of ${CONNECTIONS}`, unit: 'bytes',
      ours: Math.round(ours), reference: Math.round(reference), ratio: round(ours / reference),
    }));
  });
}

/** Sends these commands in one go; resolves when all are answered. */
function tellRedis(folder, password, commands) {
  const all = [['AUTH', 'titled', password], ...commands];
  const bytes = all.map((words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`).join('');
  return new Promise((resolve, reject) => {
    let answers = 0;
    const socket = connect(join(folder, 'redis.sock'), () => socket.write(bytes));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      if (chunk.includes('-ERR') || chunk.includes('-NOPERM')) reject(new Error(chunk.toString()));
      answers += chunk.toString().split('\r\n').length - 1;
      if (answers >= all.length) socket.end(resolve);
    });
  });
}

const hashes = () =>
  Array.from({ length: SESSIONS }, (_, i) => ['HSET', `titled:least:${String(i).padStart(64, '0')}`,
    'account', String(i).padStart(26, '0'), 'csrf', String(i).padStart(43, '0'), 'created', '1764000000000', 'seen', '1764000000000']);

async function sessions(served) {
  const { server, redis, titled } = served;
  const password = readFileSync(join(server.folder, 'redis.password'), 'utf8').trim();
  await tellRedis(server.folder, password, [['TIME']]);
  const before = privateBytes(redis), server_before = privateBytes(titled.pid);
  await tellRedis(server.folder, password, hashes());
  const least = (privateBytes(redis) - before) / SESSIONS;
  const middle = privateBytes(redis);
  await run('bench_sessions', [join(server.folder, 'redis.sock'), password, SESSIONS]);
  const ours = (privateBytes(redis) - middle) / SESSIONS;
  console.log(JSON.stringify({
    bench: 'sessions', what: `memory of a session in Redis, of ${SESSIONS}, each of its own account`, unit: 'bytes', ours: Math.round(ours),
    reference: Math.round(least), ratio: round(ours / least), in_server: Math.round((privateBytes(titled.pid) - server_before) / SESSIONS),
  }));
}

export async function memory(benches) {
  const served = await serve(async () => {}, { limit_idle_seconds: 600 });
  try {
    if (benches.includes('connections')) await connections(served);
    if (benches.includes('sessions')) await sessions(served);
  } finally {
    await served.stop();
  }
}
