// Bodies of a megabyte, made to take long: they are decoded, hashed and freed away from the event loop.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { buildCity, teacher } from '../integration/city.mjs';
import { startServer } from '../integration/harness.mjs';
import { STALL_MS } from './rig.mjs';

const here = {};
const bodies = {
  'many members': JSON.stringify({ content: Object.fromEntries(Array.from({ length: 80000 }, (_, i) => [`k${i}`, 1])) }),
  'many small values': `{"content":{"a":[${Array(330000).fill('{}').join(',')}]}}`,
};

before(async () => {
  here.server = await startServer({ config: { stall_warn_ms: STALL_MS } });
  const city = await buildCity(here.server);
  here.person = await teacher(city, 'zhao');
  const { id } = await here.person.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' });
  here.path = `/applications/${id}/sections/qualification`;
});
after(() => here.server?.stop());

const headers = (key) => ({ 'Content-Type': 'application/json', 'X-CSRF-Token': here.person.csrf, 'Idempotency-Key': key, 'If-Match': '"1"' });

describe('a body of a megabyte', () => {
  test('does not stall the loop, and is known again by its key', async () => {
    const [first, ...others] = Object.entries(bodies);
    const save = ([name, body]) => here.person.send('PUT', `/api/v1${here.path}`, headers(name), body);
    assert.equal((await save(first)).status, 200);
    const again = await save(first);
    assert.deepEqual([again.status, again.headers['idempotency-replayed']], [200, 'true']);
    for (const other of others) assert.equal((await save(other)).status, 412);
    const reused = await save([first[0], others[0][1]]);
    assert.deepEqual([reused.status, reused.body.key], [422, 'idempotency_reused']);
    assert.deepEqual(here.server.lines.filter((line) => line.event === 'loop.stalled'), []);
  });

  test('whose sender goes away meanwhile troubles nobody', async () => {
    for (let n = 0; n < 3; n++) {
      const socket = net.connect(here.server.port, '127.0.0.1').on('error', () => {});
      const body = bodies['many small values'];
      socket.write(`PUT /api/v1${here.path} HTTP/1.1\r\nHost: a\r\nCookie: ${here.person.session.join('=')}\r\nX-CSRF-Token: ${here.person.csrf}\r\nIf-Match: "1"\r\nIdempotency-Key: gone${n}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`);
      await new Promise((resolve) => socket.write(body, resolve));
      socket.resetAndDestroy();
    }
    assert.equal((await here.person.json('GET', '/applications')).status, 200);
  });
});
