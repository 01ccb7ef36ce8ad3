// Redis dies, forgets everything, hangs, is slow, is full, or talks nonsense, under load: nothing is lost, what is
// ordered gets done, the loop never waits, people log in again at worst.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openRedis, Proxy, tell } from './redis.mjs';
import { long, startRig } from './rig.mjs';

const here = {};
const rounds = long ? 8 : 1;

before(async () => {
  const rig = (here.rig = await startRig());
  here.proxy = new Proxy(rig.server);
  await here.proxy.listen();
  await openRedis(rig.server);
  rig.server.options.config.redis_socket = here.proxy.path;
  rig.server.writeConfig();
  await rig.server.crash();
});
after(async () => {
  await here.rig?.stop();
  await here.proxy?.close();
});

/** Only what a client may be told while sessions are away; 429 when what counts requests is told nonsense. */
const meek = (load) => assert.deepEqual([...load.answers.keys()].filter((answer) => !/^2|^401 |^429 |^503 .problems.(sessions-unavailable|busy)$|^423 /.test(answer)), []);

/** Public pages answer, whatever Redis does. */
async function publicPages() {
  for (const path of ['/login', '/', '/health']) assert.ok((await here.rig.server.client().page(path)).status < 400, path);
}

/** Under load: `harm(load)`, then `heal()`; then everybody writes again. */
async function outage(harm, heal = async () => {}) {
  const ends = here.rig.ends.length;
  const { load } = await here.rig.under(async (loaded) => {
    for (let round = 0; round < rounds; round++) {
      await harm(loaded);
      await publicPages();
      await loaded.acknowledges('unit', 3); // over the control socket: needs no session
      await heal(loaded);
      await Promise.all(['save', 'attach', 'start', 'verify'].map((kind) => loaded.acknowledges(kind)));
    }
  });
  meek(load);
  assert.equal(here.rig.ends.length, ends, 'the server went on');
  return load;
}

describe('Redis under load', () => {
  test('killed and started again, empty', async () => {
    const { server } = here.rig;
    const load = await outage(() => server.stopRedis(), () => server.restartRedis());
    assert.ok(load.answers.has('401 /problems/login-required'));
  });

  test('wiped while it runs', async () => {
    assert.equal(await tell(here.rig.server, 'PING'), '+PONG');
    await outage(async () => assert.equal(await tell(here.rig.server, 'FLUSHALL'), '+OK'));
  });

  test('paused', async () => {
    const { server } = here.rig;
    await outage(
      async () => {
        const from = server.lines.length;
        server.redis.child.kill('SIGSTOP');
        await server.seen('redis.lost', () => true, from);
      },
      async () => server.redis.child.kill('SIGCONT'),
    );
  });

  test('slow, and slower than the deadline', async () => {
    await outage(async (load) => {
      here.proxy.delayMs = 60;
      await load.more(5);
      here.proxy.delayMs = 900;
    }, async () => here.proxy.heal());
  });

  test('full: it refuses every write', async () => {
    const { server } = here.rig;
    await outage(
      async (load) => {
        await tell(server, 'CONFIG', 'SET', 'maxmemory', '1300kb'); // what a connection of ours takes is not yet in the way
        while ((await tell(server, 'APPEND', 'filler', 'x'.repeat(16384))).startsWith(':'));
        assert.equal(await tell(server, 'CONFIG', 'SET', 'maxmemory', '1mb'), '+OK');
        // Who has a session keeps it; a new one cannot be made, and that is said.
        const login = await server.client().login('saver');
        assert.equal(login.status, 503, login.text);
        assert.equal(login.body.type, '/problems/sessions-unavailable');
        await load.more(3);
      },
      async () => tell(server, 'CONFIG', 'SET', 'maxmemory', '256mb'),
    );
  });

  const kinds = [
    ['nonsense', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['answers of other kinds', ':1\r\n'],
    ['empty answers', '*-1\r\n'],
    ['errors', '-ERR no such thing\r\n'],
    ['half an answer', '$500\r\nabc'],
  ];
  for (const [name, garbage] of long ? kinds : kinds.slice(0, 2))
    test(`talks: ${name}`, async () => {
      await outage(async () => (here.proxy.garbage = garbage), async () => here.proxy.heal());
    });
});
