// Another node of the same city: what it would say on the live channel.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';

/** Speaks to Redis as another node would. */
export async function otherNode(server) {
  const socket = net.connect(join(server.folder, 'redis.sock'));
  const ask = (...words) => new Promise((resolve, reject) => {
    socket.once('data', (bytes) => (bytes[0] === 45 ? reject(new Error(String(bytes))) : resolve(String(bytes))));
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  });
  await ask('AUTH', 'titled', readFileSync(join(server.folder, 'redis.password'), 'utf8').trim());
  const script = "local n = redis.call('INCR', 'titled:live:n'); redis.call('PUBLISH', 'titled:live', redis.call('GET', 'titled:live:run') .. '-' .. n .. ' ' .. ARGV[1]); return 'x'";
  return {
    publish: (message) => ask('EVAL', script, '0', JSON.stringify(message)),
    say: (message) => ask('PUBLISH', 'titled:live', JSON.stringify(message)),
    close: () => socket.destroy(),
  };
}
