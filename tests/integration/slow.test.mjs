// Slow clients by the thousand (slowhttptest): unfinished headers (-H), bodies that drip (-B), replies that are not read
// (-X). They are cut, and meanwhile everybody else is served at once. The short form runs the three at the same time
// with shortened deadlines; with TITLED_LONG=1 each comes with 1,000 connections against the deadlines of an installation.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startServer } from './harness.mjs';

const long = process.env.TITLED_LONG === '1';
const attacks = {
  'unfinished headers': { args: ['-H', '-x', '10'], path: '/login', end: (line) => line.status === 408 && /header/.test(line.reason) },
  'bodies that drip': { args: ['-B', '-t', 'POST', '-f', 'application/json', '-s', '8192', '-x', '10'], path: '/api/v1/session', end: (line) => line.status === 408 && line.path === '/api/v1/session' },
  'replies that are not read': { args: ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '16', '-k', '3'], path: '/assets/titled.css', end: (line) => line.event === 'http.cut' },
};

/** Runs slowhttptest; done: its last words. It ends by itself. */
function attack(server, { args, path }, connections, seconds) {
  const child = spawn('slowhttptest', [...args, '-c', String(connections), '-r', '1000', '-i', '1', '-l', String(seconds), '-p', '5', '-v', '1', '-u', server.url + path]);
  let words = '';
  child.stdout.on('data', (bytes) => (words += bytes));
  const done = new Promise((resolve, reject) => (child.on('error', reject), child.on('close', () => resolve(words))));
  return { done, stop: () => child.kill('SIGTERM') };
}

/** Somebody ordinary: page after page, each on a new connection. stop() gives how long each took, sorted, and since when the
 * server has held so many descriptors: the moment at which an attack was complete. */
function somebody(server, descriptors) {
  const times = [];
  let complete;
  let going = true;
  const loop = (async () => {
    while (going) {
      const started = performance.now();
      const reply = await server.client().page('/login');
      assert.equal(reply.status, 200);
      times.push(performance.now() - started);
      if (!complete && readdirSync(`/proc/${server.process.child.pid}/fd`).length >= descriptors) complete = started;
    }
  })();
  return async () => ((going = false), await loop, { times: times.sort((a, b) => a - b), complete });
}

const nearlyAll = (times) => times[Math.floor(times.length * 0.99)];

const sockets = (pid) => readdirSync(`/proc/${pid}/fd`).filter((fd) => {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
  } catch {
    return false;
  }
}).length;

/** Resolves with the moment at which so many lines that fit have been logged; reads each line once, there are many. */
function endOf(server, fits, connections, from) {
  let count = 0, looked = from;
  return server.process.seen(() => {
    const { log } = server.process;
    for (let end; (end = log.indexOf('\n', looked)) >= 0; looked = end + 1) count += fits(JSON.parse(log.slice(looked, end)));
    return count >= connections && performance.now();
  }, `the end of ${connections} slow connections`);
}

describe('slow clients', () => {
  const shortened = { limit_header_seconds: 2, limit_rate_seconds: 2 };
  const connections = long ? 1000 : 200, seconds = long ? 25 : 8, most = long ? 12_000 : 6_000;
  const rounds = long ? Object.keys(attacks).map((name) => [name]) : [Object.keys(attacks)];
  let server, before_, usual; // usual: how long a page takes without an attack, here and now

  before(async () => {
    server = await startServer({ config: { limit_per_address: 1500, log_level: 1, ...(long ? {} : shortened) } });
    for (usual = []; usual.length < 50; ) {
      const started = performance.now();
      await server.client().page('/login');
      usual.push(performance.now() - started);
    }
    usual.sort((a, b) => a - b);
    before_ = sockets(server.process.child.pid);
  });
  after(async () => server?.stop());

  for (const names of rounds)
    test(`${names.join(', ')}: ${connections} of each are cut, others are served`, async () => {
      const from = server.process.log.length, started = performance.now();
      const stop = somebody(server, connections * names.length);
      const running = names.map((name) => attack(server, attacks[name], connections, seconds));
      const ends = await Promise.all(names.map((name) => endOf(server, attacks[name].end, connections, from)));
      const { times, complete = started } = await stop();
      const after_ = ends.map((end) => Math.round(end - complete));
      for (const [i, name] of names.entries()) assert.ok(after_[i] < most, `${name}: cut after ${after_[i]} ms`);
      assert.ok(times.length > 20, `${times.length} pages`);
      const p99 = nearlyAll(times), allowed = Math.max(1000, 10 * nearlyAll(usual));
      assert.ok(p99 < allowed, `p99 of others is ${Math.round(p99)} ms`);
      running.forEach(({ stop: end }) => end());
      for (const { done } of running) await done;
      console.log(`# ${names}: cut after ${after_} ms; ${times.length} pages, p50 ${Math.round(times[times.length >> 1])}, p99 ${Math.round(p99)} ms`);
      assert.equal(await gone(), true, 'their sockets are closed');
    });

  /** What was cut is closed: after a few requests more the server holds no more sockets than before. */
  async function gone() {
    for (let i = 0; i < 1000; i++) {
      await server.client().page('/login');
      if (sockets(server.process.child.pid) <= before_ + 2) return true;
    }
    return false;
  }
});
