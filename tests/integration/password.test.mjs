// Rules of passwords, the profile of 等保三级, and waits after failures.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { password, startServer } from './harness.mjs';
import { enrol } from './second_factor.mjs';

describe('a password', () => {
  let server;
  before(async () => (server = await startServer({ config: { password_cost: 'full' } })));
  after(async () => server?.stop());

  test('is long and not the first that comes to mind; nothing else is asked, and it never expires', async () => {
    const client = await server.account('gu.li', [], { name: 'Guli Ahmat' });
    const change = (next) => client.json('POST', '/account/password', { password, new_password: next });
    for (const [next, code] of [['short', 'password_short'], ['Password2026!', 'password_simple'], ['woaini1314520', 'password_simple'], ['13912345678', 'password_simple'], ['guli ahmat', 'password_simple']]) {
      const reply = await change(next);
      assert.deepEqual([reply.status, reply.body.errors[0].code], [422, code], next);
    }
    await server.advance(366);
    assert.equal((await client.json('GET', '/account')).status, 200);
    assert.equal((await change('all small letters')).status, 204);
    const admin = await server.control.json('POST', '/accounts', { login: 'other', name: '别人', password: '1qaz2wsx3edc' });
    assert.equal(admin.body.errors[0].code, 'password_simple');
  });
});

describe('under 等保三级', () => {
  let server;
  const first = 'Correct horse 1', strong = (n) => `Stronger horse ${n}`;
  before(async () => (server = await startServer({ config: { password_policy: 'mlps', password_cost: 'full' } })));
  after(async () => server?.stop());

  async function person(login) {
    await server.control.ok('POST', '/accounts', { login, name: '某人', password: first });
    const client = server.client();
    await client.login(login, first);
    return client;
  }

  test('it mixes classes of characters', async () => {
    const client = await person('mixed');
    const reply = await client.json('POST', '/account/password', { password: first, new_password: 'all small letters' });
    assert.deepEqual(reply.body.errors.map((one) => one.code), ['password_classes']);
    assert.match((await client.page('/account/password')).text, /等级保护/);
  });

  test('one of the last five does not come back', async () => {
    const client = await person('again');
    let present = first;
    const change = async (next) => {
      const reply = await client.json('POST', '/account/password', { password: present, new_password: next });
      if (reply.status === 204) present = next;
      return reply.body?.errors?.[0].code ?? reply.status;
    };
    assert.equal(await change(strong(1)), 204);
    assert.equal(await change(first), 'password_former');
    for (const n of [2, 3, 4, 5]) assert.equal(await change(strong(n)), 204);
    assert.equal(await change(first), 'password_former', 'the fifth before');
    assert.equal(await change(strong(6)), 204);
    assert.equal(await change(strong(1)), 'password_former');
    assert.equal(await change(first), 204, 'the sixth may');
  });

  test('after 90 days it must be changed before anything else', async () => {
    const client = await person('old');
    await server.advance(89);
    assert.equal((await client.json('GET', '/account')).status, 200);
    await server.advance(2);
    assert.equal((await client.json('GET', '/account')).body.key, 'must_change_password');
    const again = server.client();
    const sent = await again.form('/session', { login: 'old', password: first, next: '/queue' });
    assert.equal(sent.headers.location, '/account/password');
    assert.match((await again.page('/account/password')).text, /超过规定的使用期限/);
    await client.ok('POST', '/account/password', { password: first, new_password: strong(9) });
    assert.equal((await client.json('GET', '/account')).status, 200);
  });
});

describe('who guesses', () => {
  let server, security;
  before(async () => {
    server = await startServer({ config: { password_cost: 'full', lockout_failures: 3, lockout_first_seconds: 60, throttle_login_address: 100000 } });
    security = await server.account('guard', [{ role: 'security', scope: '' }]);
  });
  after(async () => server?.stop());

  const told = ({ status, body: { instance, parameters, detail, ...rest } }) => ({ status, ...rest, detail: detail.replace(/\d+/g, 'n') });

  /** Fails until the answer is a wait; answers what was said. */
  async function guess(login) {
    const replies = [];
    do replies.push(await server.client().login(login, 'not the password'));
    while (replies.at(-1).status === 401 && replies.length < 20);
    return replies;
  }

  test('waits, in the same words for a login that is there, is disabled, or is not', async () => {
    await server.account('there');
    const { account } = await server.account('stopped');
    await server.control.ok('POST', `/accounts/${account.id}/disable`);
    const all = [await guess('there'), await guess('stopped'), await guess('nobody')];
    for (const one of all) {
      assert.deepEqual(one.map((reply) => reply.status), [401, 401, 401, 429]);
      assert.deepEqual(one.map(told), all[0].map(told));
      assert.match(one.at(-1).body.detail, /秒后再试/);
      assert.ok(Number(one.at(-1).headers['retry-after']) >= 1);
    }
    const right = await server.client().login('there');
    assert.equal(right.status, 429, 'also with the right password: the answer must tell nothing');
  });

  test('is let in again by the security administrator, and the person learns of it', async () => {
    const victim = await server.account('guessed');
    await guess('guessed');
    assert.equal((await server.client().login('guessed')).status, 429);
    const path = `/accounts/${victim.account.id}`;
    assert.match((await security.page(path)).text, /解除登录等待/);
    await security.ok('POST', `${path}/unlock`);
    const own = server.client();
    assert.equal((await own.login('guessed')).status, 200);
    const { account } = await own.ok('GET', '/account');
    assert.equal(account.login_failures, 3);
    assert.equal(account.last_login_address, '127.0.0.0/24');
    assert.match(account.last_login_at, /^\d{4}-\d\d-\d\dT/);
    assert.match((await own.page('/')).text, /密码或验证码输错的记录/);
    const { items } = await server.control.ok('GET', `/ledger?subject=account/${victim.account.id}`);
    assert.equal(items[0].action, 'account.unlock');
  });

  test('counts against the login that is tried, not against who tries', async () => {
    const victim = await server.account('victim');
    const guesser = await server.account('guesser');
    const { recovery } = await enrol(server, await server.account('half'));
    const half = server.client();
    await half.login('half');
    for (const client of [guesser, half, guesser]) assert.equal((await client.json('POST', '/session', { login: 'victim', password: 'not the password' })).status, 401);
    assert.equal((await server.client().login('victim')).status, 429, 'a session of his own is no way around the wait');
    assert.equal((await half.json('POST', '/session/code', { one_time_code: recovery[0] })).status, 200, 'and nobody else waits');
    assert.equal((await victim.json('GET', '/account')).status, 200);
  });

  test('codes count like passwords', async () => {
    const { recovery } = await enrol(server, await server.account('coded'));
    const half = server.client();
    const last = [];
    await half.login('coded');
    do last.push(await half.json('POST', '/session/code', { one_time_code: '000000' }));
    while (last.at(-1).status === 422 && last.length < 20);
    assert.deepEqual(last.map((reply) => reply.status), [422, 422, 422, 429]);
    assert.equal((await half.json('POST', '/session/code', { one_time_code: recovery[0] })).status, 429);
  });

  test('the wait outlives the server', async () => {
    await server.account('patient');
    await guess('patient');
    await server.crash();
    security.target.port = server.port;
    assert.equal((await server.client().login('patient')).status, 429);
  });

  test('an unknown login takes as long as a wrong password', async () => {
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((one) => server.control.ok('POST', '/accounts', { login: `time.${one}`, name: '时', password })));
    const time = async (login) => {
      const begin = process.hrtime.bigint();
      assert.equal((await server.client().login(login, 'not the password')).status, 401);
      return Number(process.hrtime.bigint() - begin) / 1e6;
    };
    const known = [], unknown = [];
    for (let round = 0; round < 2; round++)
      for (const one of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
        known.push(await time(`time.${one}`));
        unknown.push(await time(`none.${one}`));
      }
    const median = (list) => list.sort((x, y) => x - y)[list.length >> 1];
    const ratio = median(known) / median(unknown);
    assert.ok(ratio > 0.7 && ratio < 1.4, `${median(known)} ms and ${median(unknown)} ms`);
  });
});
