// Redis may die, hang or forget everything: people log in again at worst, jobs are done later, the loop goes on.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { password, startServer } from './harness.mjs';

const here = {};
before(async () => (here.server = await startServer()));
after(async () => here.server?.stop());

/** The same browser after the server came back on another port. */
function moved(client) {
  const again = here.server.client();
  again.cookies = client.cookies;
  again.csrf = client.csrf;
  return again;
}

async function timed(work) {
  const since = process.hrtime.bigint();
  const value = await work();
  return { value, ms: Number(process.hrtime.bigint() - since) / 1e6 };
}

describe('Redis', () => {
  test('killed: sessions answer 503, public pages go on, and a new login works when it is back', async () => {
    const client = await here.server.account('one');
    await here.server.stopRedis();
    const refused = await client.json('GET', '/account');
    assert.equal(refused.status, 503);
    assert.equal(refused.body.type, '/problems/sessions-unavailable');
    assert.equal((await here.server.client().page('/login')).status, 200);
    assert.equal((await here.server.client().login('one')).status, 503);
    assert.equal((await here.server.client().login('one', 'not the password')).status, 503, 'nobody guesses while nobody counts');
    await here.server.restartRedis();
    assert.equal((await client.json('GET', '/account')).status, 401);
    assert.equal((await client.login('one')).status, 200);
    assert.equal((await client.json('GET', '/account')).status, 200);
  });

  test('silent: a request waits no longer than the deadline, and others do not wait at all', async () => {
    const client = await here.server.account('two');
    here.server.redis.child.kill('SIGSTOP');
    const slow = timed(() => client.json('GET', '/account'));
    const quick = await timed(() => here.server.client().page('/login'));
    assert.equal(quick.value.status, 200);
    const { value, ms } = await slow;
    assert.equal(value.status, 503);
    assert.ok(ms >= 400 && ms < 5000, `${ms} ms`);
    assert.ok(quick.ms < ms, `${quick.ms} ms`);
    const from = here.server.lines.length;
    here.server.redis.child.kill('SIGCONT');
    await here.server.seen('redis.ready', (line) => line.connection === 'commands', from);
    assert.equal((await client.json('GET', '/account')).status, 200); // it had forgotten nothing
  });

  test('away while a job was ordered: the job is done when it is back', async () => {
    const client = await here.server.account('three');
    const status = async () => (await here.server.control.ok('GET', '/status')).result.dispatch;
    const before = (await status()).done;
    await here.server.stopRedis();
    await here.server.control.ok('POST', `/accounts/${client.account.id}/disable`); // orders the end of its sessions
    assert.equal((await status()).available, false);
    await here.server.restartRedis();
    let now;
    do now = await status();
    while (now.done === before);
    assert.equal(now.done, before + 1);
    assert.equal(now.failed, 0);
  });

  test('what was given up is for officials to see and for administrators to order again', async () => {
    const admin = await here.server.account('ops', [{ role: 'admin', scope: '' }]);
    const bureau = await here.server.account('city', [{ role: 'bureau', scope: '' }]);
    assert.deepEqual(await bureau.ok('GET', '/jobs'), { items: [], next: null });
    assert.match((await bureau.page('/jobs')).text, /没有失败的任务/);
    assert.equal((await bureau.json('POST', '/jobs/01M83Y3RAVPC681XHNQZZZEFZ8/retry')).status, 403);
    assert.equal((await admin.json('POST', '/jobs/01M83Y3RAVPC681XHNQZZZEFZ8/retry')).status, 404);
  });

  test('sessions outlive the server', async () => {
    const client = await here.server.account('four');
    await here.server.crash();
    assert.equal((await moved(client).json('GET', '/account')).status, 200);
  });

  test('jobs outlive the server and Redis, both killed at once', async () => {
    const client = await here.server.account('five');
    const other = here.server.client();
    await other.login('five');
    await here.server.stopRedis();
    await here.server.control.ok('POST', `/accounts/${client.account.id}/password`, { password: `${password} again` });
    await here.server.process.kill('SIGKILL');
    await here.server.startRedis();
    await here.server.startTitled();
    const status = async () => (await here.server.control.ok('GET', '/status')).result.dispatch;
    let now;
    do now = await status();
    while (now.done < 1);
    assert.equal(now.failed, 0);
    assert.equal((await here.server.client().login('five', `${password} again`)).status, 200);
  });
});
