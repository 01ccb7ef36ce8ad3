// An authenticator (RFC 6238), and a hand on the private Redis, for tests.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { rows } from './estate.mjs';

const bits = (text) => [...text.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
const bytesOf = (secret) => Buffer.from(bits(secret).match(/.{8}/g).map((byte) => parseInt(byte, 2)));

/** The code of `secret` (base32), `steps` of half a minute from now. */
export function codeOf(secret, steps = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Sets a second factor up for who is logged in. Answers {secret, recovery: [...]}; the code of this
 * step is used up, that of the next is not. The account's other sessions have ended then: that is a
 * job of its own after the answer, and takes along what begins before it. */
export async function enrol(server, client) {
  const { second_factor: { secret } } = await client.ok('POST', '/account/second-factor');
  const { recovery_codes: recovery } = await client.ok('POST', '/account/second-factor/confirm', { one_time_code: codeOf(secret) });
  const waiting = () => rows(server, "select id from outbox where kind = 'session' and done_at is null").length;
  let looks = 0;
  while (waiting()) assert.ok(++looks < 500, 'the other sessions do not end');
  return { secret, recovery };
}

/** One command to the server's private Redis; answers the raw reply. */
export function redis(server, ...command) {
  const word = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  const line = (words) => `*${words.length}\r\n${words.map(word).join('')}`;
  const password = readFileSync(join(server.folder, 'redis.password'), 'utf8').trim();
  return new Promise((resolve, reject) => {
    const socket = net.connect(join(server.folder, 'redis.sock'));
    let text = '';
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      text += bytes;
      if (!/^\+OK\r\n./s.test(text) && !text.startsWith('-')) return;
      socket.destroy();
      assert.ok(text.startsWith('+OK\r\n') && text[5] !== '-', text);
      resolve(text.slice(5));
    });
    socket.write(line(['AUTH', 'titled', password]) + line(command.map(String)));
  });
}

/** Makes the present session look as if its proof, or the use of it, were that long ago. */
export async function age(server, client, { proven, used }) {
  const { sessions } = await client.ok('GET', '/account');
  const key = `titled:session:${sessions.find((one) => one.current).id}`;
  if (proven !== undefined) await redis(server, 'HSET', key, 'proven', Date.now() - proven * 1000);
  if (used !== undefined) await redis(server, 'HSET', key, 'used', Date.now() - used * 1000);
}
