// Requests per account and per address: who has had too many waits, nobody else does, and nothing typed is lost.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { password, startServer } from './harness.mjs';

/** A server with these limits, and trusted to know clients by X-Forwarded-For. */
function withServer(config) {
  const here = {};
  before(async () => (here.server = await startServer({ config: { trusted_proxy: '127.0.0.1', ...config } })));
  after(() => here.server.stop());
  return here;
}

/** Asks until it is refused: how many passed, and the refusal. */
async function exhaust(ask, most) {
  for (let passed = 0; passed <= most; passed++) {
    const reply = await ask();
    if (reply.status === 429) return { passed, reply };
    assert.ok(reply.status < 400, reply.text);
  }
  return assert.fail(`${most} requests passed`);
}

describe('of one account', () => {
  const here = withServer({ throttle_account: 30, throttle_public: 6 });

  test('reads are refused with 429 and Retry-After, in both faces and languages; others go on', async () => {
    const { server } = here;
    const greedy = await server.account('greedy'), quiet = await server.account('quiet');
    const { passed, reply } = await exhaust(() => greedy.json('GET', '/account'), 60);
    assert.ok(passed >= 28, `${passed} passed`);
    assert.match(reply.headers['content-type'], /^application\/problem\+json/);
    assert.equal(reply.body.type, '/problems/too-many-requests');
    const wait = Number(reply.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 60, reply.headers['retry-after']);
    assert.equal(reply.body.parameters.seconds, wait);
    for (const [language, said] of [['zh', /请求过于频繁[\s\S]*请 \d+ 秒后再试/], ['en', /Too many requests[\s\S]*Try again in \d+ seconds/]]) {
      const { reply: page } = await exhaust(() => greedy.page('/account', { 'Accept-Language': language }), 60);
      assert.match(page.headers['content-type'], /^text\/html/);
      assert.match(page.text, said);
      assert.doesNotMatch(page.text, /\{seconds\}/);
      assert.ok(Number(page.headers['retry-after']) >= 1);
    }
    assert.equal((await quiet.json('GET', '/account')).status, 200);
    assert.equal((await server.client().page('/login')).status, 200);
    for (const path of ['/health', '/ready']) assert.equal((await server.client().json('GET', path)).status, 200);
    const asset = /\/assets\/[^"]+/.exec((await server.client().page('/login')).text)[0];
    for (let i = 0; i < 40; i++) assert.equal((await greedy.page(asset)).status, 200);
  });

  test('a form comes back with what was typed into it, but not without end', async () => {
    const { server } = here;
    const writer = await server.account('writer', [{ role: 'bureau', scope: '' }]);
    await exhaust(() => writer.page('/account'), 60);
    let n = 0;
    const write = () => writer.form('/units', { _back: '/units/new', name: `手写的学校${++n}`, division_code: '650121', kind: 'school', grassroots: 'township', town: '手写的镇' });
    const { reply } = await exhaust(write, 60);
    const form = /<form method="post" action="\/units">/;
    assert.match(reply.text, form);
    assert.match(reply.text, new RegExp(`value="手写的学校${n}"`));
    assert.match(reply.text, /value="手写的镇"/);
    assert.match(reply.text, /请 \d+ 秒后再试/);
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    const names = (await server.control.ok('GET', `/units?q=${encodeURIComponent('手写的学校')}`)).items.map(({ name }) => name);
    assert.ok(!names.includes(`手写的学校${n}`)); // 429 is no write
    for (let i = 0; i < 60; i++) { // showing a form costs as much as what was refused
      const answer = await write();
      if (answer.status === 429 && !form.test(answer.text)) return;
    }
    assert.fail('forms were shown again without end');
  });

  test('codes of receipts are guessed as often from an address as by anybody without a session, with one too', async () => {
    const { server } = here, clients = [await server.account('guesser-1'), await server.account('guesser-2'), server.client()];
    const guess = (n, from) => clients[n % 3].json('POST', '/receipts', { receipt_number: 'YY-2026-00000000', receipt_code: String(n).padStart(16, '0') }, { 'X-Forwarded-For': from });
    for (let n = 0; n < 6; n++) assert.equal((await guess(n, '192.0.2.7')).status, 422);
    for (let n = 6; n < 9; n++) assert.equal((await guess(n, '192.0.2.7')).status, 429);
    assert.equal((await guess(0, '192.0.2.8')).status, 422);
  });

  test('the console is not counted', async () => {
    for (let i = 0; i < 60; i++) assert.equal((await here.server.control.json('GET', '/health')).status, 200);
    for (let i = 0; i < 60; i++) assert.equal((await here.server.control.json('GET', '/accounts')).status, 200);
  });
});

describe('of one address', () => {
  const here = withServer({ throttle_address: 40 });
  const from = (server, address) => {
    const client = server.client();
    return (path, more) => client.json('GET', path, undefined, { 'X-Forwarded-For': address, ...more });
  };

  test('too many are refused, whatever they ask; probes and other addresses are not', async () => {
    const { server } = here;
    const ask = from(server, '192.0.2.1');
    const { passed, reply } = await exhaust(() => ask('/openapi.json'), 80);
    assert.ok(passed >= 38, `${passed} passed`);
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    for (const path of ['/nowhere', '/account', '/units/new']) assert.equal((await ask(path)).status, 429);
    assert.equal((await server.client().json('POST', '/session', { login: 'a', password: 'b' }, { 'X-Forwarded-For': '192.0.2.1' })).status, 429);
    assert.equal((await ask('/health')).status, 200);
    assert.equal((await from(server, '192.0.2.2')('/openapi.json')).status, 200);
  });

  test('of IPv6 the first 64 bits are one address', async () => {
    const { server } = here;
    let n = 0;
    await exhaust(() => from(server, `2001:db8:1:2::${(++n).toString(16)}`)('/openapi.json'), 80);
    assert.equal((await from(server, '2001:db8:1:3::1')('/openapi.json')).status, 200);
  });

  test('guesses at passwords from one IPv6 network are counted together', async () => {
    const server = await startServer({ config: { trusted_proxy: '127.0.0.1', throttle_login_address: 5 } });
    try {
      await server.account('victim');
      const guess = (n) => server.client().json('POST', '/session', { login: `nobody${n}`, password: 'wrong' }, { 'X-Forwarded-For': `2001:db8:7:7::${n.toString(16)}` });
      for (let n = 1; n <= 5; n++) assert.equal((await guess(n)).status, 401);
      assert.equal((await guess(6)).status, 429);
      const elsewhere = await server.client().json('POST', '/session', { login: 'victim', password }, { 'X-Forwarded-For': '2001:db8:7:8::1' });
      assert.equal(elsewhere.status, 200);
    } finally {
      await server.stop();
    }
  });
});
