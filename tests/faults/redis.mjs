// A Redis that a test may treat badly, and a proxy in front of it that is slow or talks nonsense.

import { appendFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Process, top } from '../integration/harness.mjs';

/** Has the rig's Redis run with one more user, who may do all. */
export async function openRedis(server, more = []) {
  await server.stopRedis();
  server.startRedis = async function start() {
    const acl = join(this.folder, 'redis.acl');
    this.redis = new Process('redis-server', [join(top, 'ops/redis.conf'), '--dir', this.folder, '--unixsocket', join(this.folder, 'redis.sock'), '--aclfile', acl, ...more]);
    await this.redis.seen((log) => log.includes('ready to accept connections'), 'Redis');
  };
  appendFileSync(join(server.folder, 'redis.acl'), 'user tester on nopass ~* &* +@all\n');
  await server.restartRedis();
}

/** One command as the tester; answers Redis's first line. */
export function tell(server, ...words) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(join(server.folder, 'redis.sock'));
    const encode = (list) => `*${list.length}\r\n${list.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
    let text = '';
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      text += bytes;
      const lines = text.split('\r\n');
      if (lines.length < 3) return;
      socket.destroy();
      resolve(lines[1]);
    });
    socket.write(encode(['AUTH', 'tester', '']) + encode(words));
  });
}

/** Between titled and Redis: `delayMs` on each answer, `garbage` instead of answers. */
export class Proxy {
  constructor(server) {
    this.path = join(server.folder, 'proxy.sock');
    this.delayMs = 0;
    this.garbage = undefined;
    this.sockets = new Set();
    this.listener = net.createServer((client) => {
      const redis = net.connect(join(server.folder, 'redis.sock'));
      const waiting = [];
      let due = 0;
      for (const one of [client, redis]) {
        this.sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => (this.sockets.delete(one), client.destroy(), redis.destroy()));
      }
      client.on('data', (bytes) => redis.write(bytes));
      redis.on('data', (bytes) => {
        const answer = this.garbage ?? bytes;
        waiting.push(answer); // in their order, whatever the timers do
        due = Math.max(due, Date.now() + this.delayMs);
        setTimeout(() => {
          const first = waiting.shift();
          if (client.writable) client.write(first);
        }, due - Date.now());
      });
    });
  }

  listen() {
    return new Promise((resolve) => this.listener.listen(this.path, resolve));
  }

  /** Again as if nothing were between. Who talked nonsense has lost count of answers, so its connections go. */
  heal() {
    if (this.garbage) for (const one of this.sockets) one.destroy();
    this.garbage = undefined;
    this.delayMs = 0;
  }

  close() {
    for (const one of this.sockets) one.destroy();
    return new Promise((resolve) => this.listener.close(resolve));
  }
}
