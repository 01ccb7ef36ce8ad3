// Second factor, lock-out and the fresh proof of who acts, on a real server, as API and as pages.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { password, startServer } from './harness.mjs';
import { age, codeOf, enrol, redis } from './second_factor.mjs';

const here = {};
before(async () => {
  here.server = await startServer({ config: { lockout_failures: 3, step_up_seconds: 600, step_up_most_seconds: 14400 } });
  here.security = await here.server.account('guard', [{ role: 'security', scope: '' }]);
});
after(async () => here.server?.stop());

const csrfOf = (page) => /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1];

/** Another client with the same session, for pages. */
function sameSession(client) {
  const other = here.server.client();
  for (const [name, value] of client.cookies) other.cookies.set(name, value);
  other.csrf = client.csrf;
  return other;
}

/** Sends a code for the pending session of `client`. */
async function sendCode(client, code) {
  const reply = await client.json('POST', '/session/code', { one_time_code: code });
  if (reply.status < 300) client.csrf = reply.body.csrf;
  return reply;
}

describe('a second factor', () => {
  test('is shown as a picture and in letters, and counts once a code has come back', async () => {
    const client = await here.server.account('maker', [{ role: 'office', scope: 'teacher' }]);
    const page = sameSession(client);
    const start = await page.page('/account/second-factor');
    assert.equal(start.status, 200);
    assert.match(start.text, /开始设置/);
    assert.equal((await page.page('/account/second-factor/qr')).status, 409);
    assert.equal((await page.form('/account/second-factor')).headers.location, '/account/second-factor');
    const shown = await page.page('/account/second-factor');
    const secret = /<code>([A-Z2-7 ]{39})<\/code>/.exec(shown.text)?.[1];
    assert.ok(secret, shown.text);
    assert.match(shown.text, /href="otpauth:\/\/totp\/titled:maker\?secret=[A-Z2-7]{32}&amp;issuer=titled"/);
    assert.match(shown.text, /inputmode="numeric" autocomplete="one-time-code"/);
    const qr = await page.page('/account/second-factor/qr');
    assert.equal(qr.headers['content-type'], 'image/svg+xml');
    assert.equal(qr.headers['cache-control'], 'no-store');
    assert.equal((await here.server.client().login('maker')).status, 200, 'does not count yet');
    const wrong = await page.form('/account/second-factor/confirm', { _back: '/account/second-factor', one_time_code: '000000' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /验证码不正确/);
    assert.match(wrong.text, new RegExp(secret), 'the same secret is shown again');
    const done = await page.form('/account/second-factor/confirm', { _back: '/account/second-factor', one_time_code: codeOf(secret) });
    assert.equal(done.status, 200);
    assert.equal(done.text.match(/<code>\d{4}-\d{4}-\d{4}-\d{4}<\/code>/g).length, 10);
    assert.doesNotMatch((await page.page('/account/second-factor')).text, /otpauth|<code>/, 'never shown again');
    const half = await here.server.client().login('maker');
    assert.equal(half.body.account, null);
    assert.equal(half.body.second_factor, true);
  });

  test('half a login lets nothing happen', async () => {
    const client = await here.server.account('halfway', [{ role: 'bureau', scope: '' }]);
    const { secret, recovery } = await enrol(here.server, client);
    const half = here.server.client();
    assert.equal((await half.login('halfway')).status, 200);
    const { paths } = await half.ok('GET', '/openapi.json');
    let rows = 0;
    for (const [path, methods] of Object.entries(paths))
      for (const [method, row] of Object.entries(methods)) {
        if (row['x-roles'].includes('public')) continue;
        const reply = await half.json(method.toUpperCase(), path.replace(/\{\w+\}/g, '01ARZ3NDEKTSV4RRFFQ69G5FAV'));
        assert.equal(reply.status, 401, `${method} ${path}`);
        rows++;
      }
    assert.ok(rows > 80, `${rows} rows`);
    assert.equal((await half.ok('GET', '/session')).account, null);
    assert.equal((await half.page('/queue')).headers.location, '/session/code');
    assert.equal((await client.ok('GET', '/account')).sessions.length, 1, 'it is in no list');
    assert.equal((await sendCode(half, '123456')).status, 422);
    const before = half.cookies.get('td_session');
    assert.equal((await sendCode(half, codeOf(secret, 1))).status, 200);
    assert.notEqual(half.cookies.get('td_session'), before, 'a whole session has another name');
    assert.equal((await half.ok('GET', '/account')).account.login, 'halfway');
    const old = here.server.client();
    old.cookies.set('td_session', before);
    assert.equal((await old.json('POST', '/session/code', { one_time_code: recovery[0] })).status, 401, 'the half one is over');
  });

  test('works with forms alone, and goes on to what was asked for', async () => {
    const former = await here.server.account('former', [{ role: 'office', scope: 'teacher' }]);
    const { recovery } = await enrol(here.server, former);
    const browser = here.server.client();
    const sent = await browser.form('/session', { _back: '/login', login: 'former', password, next: '/queue?state=x' });
    assert.equal(sent.status, 303);
    assert.equal(sent.headers.location, '/session/code?next=%2Fqueue%3Fstate%3Dx');
    const asks = await browser.page(sent.headers.location);
    assert.match(asks.text, /name="next" value="\/queue\?state=x"/);
    browser.csrf = csrfOf(asks);
    const wrong = await browser.form('/session/code', { _back: '/session/code', one_time_code: '12 34 56', next: '/queue?state=x' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /验证码不正确/);
    assert.match(wrong.text, /name="next" value="\/queue\?state=x"/);
    const done = await browser.form('/session/code', { _back: '/session/code', one_time_code: recovery[3].replaceAll('-', ' '), next: '/queue?state=x' });
    assert.equal(done.headers.location, '/queue?state=x');
    const { items } = await here.server.control.ok('GET', `/ledger?subject=account/${former.account.id}`);
    assert.deepEqual([items[0].action, items[0].actor], ['account.recovery_code', former.account.id]);
    assert.equal((await browser.page('/account')).status, 200);
    assert.match((await here.server.client().page('/session/code')).text, /登录已过期/);
  });

  test('takes a code once, on every node and for ever', async () => {
    const { secret, recovery } = await enrol(here.server, await here.server.account('once'));
    const code = codeOf(secret, 1);
    const login = async (one) => {
      const client = here.server.client();
      await client.login('once');
      return (await sendCode(client, one)).status;
    };
    const halves = [here.server.client(), here.server.client()];
    for (const half of halves) await half.login('once'); // one after the other: passwords at once count each other as attempts
    const both = (await Promise.all(halves.map((half) => sendCode(half, code)))).map((reply) => reply.status);
    assert.deepEqual(both.sort(), [200, 422], 'of two at once one is taken');
    await here.server.crash();
    here.security.target.port = here.server.port;
    assert.equal(await login(code), 422, 'the store remembers');
    assert.equal(await login(recovery[0]), 200);
    assert.equal(await login(recovery[0]), 422);
    const own = here.server.client();
    await own.login('once');
    await sendCode(own, recovery[1]);
    assert.equal((await own.ok('GET', '/account/second-factor')).second_factor.codes_left, 8);
    const { recovery_codes: fresh } = await own.ok('POST', '/account/second-factor/recovery-codes');
    assert.equal(await login(recovery[2]), 422, 'the former ones are void');
    assert.equal(await login(fresh[0]), 200);
  });

  test('the half session ends after five minutes, and with the password', async () => {
    const client = await here.server.account('slow');
    const { recovery } = await enrol(here.server, client);
    const half = here.server.client();
    await half.login('slow');
    const keys = await redis(here.server, 'EVAL', "local found = {} for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do local s = redis.call('HMGET', 'titled:session:' .. id, 'pending', 'ends', 'created') if s[1] == '1' then redis.call('HSET', 'titled:session:' .. id, 'ends', '1') found[#found + 1] = tonumber(s[2]) - tonumber(s[3]) end end return found", 1, `titled:account:${client.account.id}`);
    assert.match(keys, /^\*1\r\n:300000\r\n/);
    assert.equal((await sendCode(half, recovery[0])).status, 401);
    await half.login('slow');
    await here.server.control.ok('POST', `/accounts/${client.account.id}/disable`);
    const late = await sendCode(half, recovery[0]);
    assert.equal(late.status, 401);
  });

  test('is reset by the security administrator, on the ledger; nobody resets his own', async () => {
    const client = await here.server.account('loser', [{ role: 'expert', scope: 'teacher' }]);
    await enrol(here.server, client);
    const path = `/accounts/${client.account.id}`;
    assert.match((await here.security.page(path)).text, /重置动态验证码/);
    assert.equal((await here.security.json('DELETE', `/accounts/${here.security.account.id}/second-factor`)).body.key, 'own_second_factor');
    await here.security.ok('DELETE', `${path}/second-factor`);
    let reply;
    do reply = await client.json('GET', '/account'); // its sessions end after the commit
    while (reply.status === 200);
    assert.equal((await here.server.client().login('loser')).body.account.login, 'loser', 'the password alone again');
    const { items } = await here.server.control.ok('GET', `/ledger?subject=account/${client.account.id}`);
    assert.deepEqual(items.slice(0, 2).map((one) => [one.action, one.actor]), [['account.second_factor_reset', here.security.account.id], ['account.second_factor', client.account.id]]);
  });

  test('may be removed by its owner where it is not required', async () => {
    const client = await here.server.account('remover', [{ role: 'office', scope: 'teacher' }]);
    await enrol(here.server, client);
    await client.ok('DELETE', '/account/second-factor');
    await client.ok('DELETE', '/account/second-factor');
    assert.equal((await here.server.client().login('remover')).body.account.login, 'remover');
    const { items } = await here.server.control.ok('GET', `/ledger?subject=account/${client.account.id}`);
    assert.equal(items.filter((one) => one.action === 'account.second_factor_remove').length, 1, 'there was only one to remove');
  });

  test('its secrets are nowhere in the clear', async () => {
    const client = await here.server.account('sealed');
    const { secret, recovery } = await enrol(here.server, client);
    const bare = secret.replaceAll(' ', '');
    const { readdirSync, readFileSync } = await import('node:fs');
    for (const file of readdirSync(here.server.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())) {
      const bytes = readFileSync(`${file.parentPath ?? file.path}/${file.name}`).toString('latin1');
      for (const word of [bare, ...recovery, ...recovery.map((one) => one.replaceAll('-', ''))]) assert.ok(!bytes.includes(word), `${file.name} knows ${word}`);
    }
    assert.doesNotMatch(here.server.process.log, new RegExp(bare));
  });
});

describe('where it is required', () => {
  let server;
  before(async () => (server = await startServer({ config: { second_factor: 'required' } })));
  after(async () => server?.stop());

  test('officials, experts, administrators and supervisors set it up before anything else; applicants need not', async () => {
    const roles = [['unit', null], ['district_industry', '650102/teacher'], ['district_hr', '650102'], ['office', 'teacher'], ['expert', 'teacher'], ['bureau', ''], ['admin', ''], ['security', ''], ['audit', ''], ['supervisor', '']];
    const unit = await server.control.ok('POST', '/units', { name: '某校', division_code: '650102', kind: 'school', grassroots: 'township' });
    for (const [role, scope] of roles) {
      const client = await server.account(role.replace('_', '.'), [{ role, scope: scope ?? unit.id }]);
      assert.equal(client.account.must_enrol, true, role);
      const refused = await client.json('GET', '/account');
      assert.deepEqual([refused.status, refused.body.key], [403, 'must_enrol'], role);
      const home = await client.page('/');
      assert.equal(home.status, 200, 'what is public stays public');
      assert.doesNotMatch(home.text, /href="\/messages"|data-account/, 'and says no more');
      const sent = await client.page('/account');
      assert.equal(sent.headers.location, '/account/second-factor', role);
    }
    const client = await server.account('teacher', [{ role: 'applicant', scope: '' }]);
    assert.equal(client.account.must_enrol, false);
    assert.equal((await client.json('GET', '/account')).status, 200);
  });

  test('a form leads there, and from there on; it cannot be removed', async () => {
    await server.account('newcomer', [{ role: 'office', scope: 'teacher' }]);
    const browser = server.client();
    const sent = await browser.form('/session', { login: 'newcomer', password, next: '/queue' });
    assert.equal(sent.headers.location, '/account/second-factor');
    browser.csrf = csrfOf(await browser.page('/account/second-factor'));
    await enrol(server, browser);
    assert.equal((await browser.page('/queue')).status, 200);
    assert.equal((await browser.json('DELETE', '/account/second-factor')).body.key, 'second_factor_required');
    assert.equal((await browser.ok('GET', '/account/second-factor')).may_remove, false);
    const applicant = await server.account('applicant', [{ role: 'applicant', scope: '' }]);
    await enrol(server, applicant);
    assert.equal((await applicant.ok('GET', '/account/second-factor')).may_remove, true);
    await applicant.ok('DELETE', '/account/second-factor');
  });

  test('a one-time password is changed first', async () => {
    const { password: first } = await server.control.ok('POST', '/accounts', { login: 'both', name: '新', grants: [{ role: 'office', scope: 'teacher' }] });
    const client = server.client();
    await client.login('both', first);
    assert.equal((await client.page('/account/second-factor')).headers.location, '/account/password');
    await client.ok('POST', '/account/password', { password: first, new_password: 'a horse of my own' });
    assert.equal((await client.page('/queue')).headers.location, '/account/second-factor');
  });
});

describe('a fresh proof', () => {
  const rows = [['POST', '/meetings/{meeting}/ballots'], ['POST', '/meetings/{meeting}/credentials'], ['POST', '/meetings/{meeting}/minutes/sign'], ['POST', '/meetings/{meeting}/trustees/restart'], ['POST', '/meetings/{meeting}/elections/{election}/annul'], ['POST', '/notices'], ['POST', '/cycles/{cycle}/open'], ['POST', '/cycles/{cycle}/close'], ['POST', '/cycles/{cycle}/extend'], ['POST', '/cycles/{cycle}/result-notice'], ['POST', '/standards/{standard}/approve'], ['POST', '/standards/{standard}/activate'], ['POST', '/standards/{standard}/rollback'], ['POST', '/standards/{standard}/release'],
    ['POST', '/accounts/{account}/grants'], ['DELETE', '/accounts/{account}/grants/{role}'], ['POST', '/accounts/{account}/password'], ['DELETE', '/accounts/{account}/second-factor'],
    ['POST', '/account/second-factor'], ['POST', '/account/second-factor/confirm'], ['DELETE', '/account/second-factor'], ['POST', '/account/second-factor/recovery-codes']];

  test('is asked for vote, publication, standards and roles, and said in the interface’s description', async () => {
    const { paths } = await here.server.client().ok('GET', '/openapi.json');
    for (const [method, path] of rows) assert.equal(paths[path][method.toLowerCase()]['x-step-up'], true, `${method} ${path}`);
    const clients = {};
    for (const [role, scope] of [['expert', 'teacher'], ['unit', null], ['bureau', ''], ['admin', ''], ['security', ''], ['supervisor', '']]) {
      const unit = role === 'unit' && (await here.server.control.ok('POST', '/units', { name: '步校', division_code: '650102', kind: 'school', grassroots: 'township' })).id;
      clients[role] = await here.server.account(`step.${role}`, [{ role, scope: unit || scope }]);
      await age(here.server, clients[role], { proven: 700, used: 700 });
    }
    const bodies = { '/accounts/{account}/grants': { role: 'expert', scope: 'teacher' }, '/meetings/{meeting}/ballots': { choices: {} }, '/meetings/{meeting}/trustees/restart': { reason: '丢失' }, '/meetings/{meeting}/elections/{election}/annul': { reason: '有误' }, '/notices': { applications: [] }, '/account/second-factor/confirm': { one_time_code: '000000' },
      '/cycles/{cycle}/close': { reason: '天气' }, '/standards/{standard}/rollback': { reason: '有误' }, '/standards/{standard}/release': { reason: '有误' }, '/cycles/{cycle}/extend': { closes_on: '2026-01-01', reason: '天气' } };
    for (const [method, path] of rows) {
      const role = paths[path][method.toLowerCase()]['x-roles'].find((one) => clients[one]);
      const reply = await clients[role].json(method, path.replace('{role}', 'office').replace(/\{\w+\}/g, '01ARZ3NDEKTSV4RRFFQ69G5FAV'), bodies[path] ?? {});
      assert.deepEqual([reply.status, reply.body.type, reply.body.parameters], [403, '/problems/step-up-required', { proof: 'password' }], `${method} ${path} ${reply.text}`);
    }
  });

  test('a password or a code makes it fresh; a code for who has a second factor', async () => {
    const { server, security } = here;
    const { account } = await server.account('granted');
    const grant = (scope) => security.json('POST', `/accounts/${account.id}/grants`, { role: 'expert', scope });
    assert.equal((await grant('a')).status, 200, 'a login counts');
    await age(server, security, { proven: 700, used: 700 });
    assert.equal((await grant('b')).status, 403);
    assert.equal((await security.json('POST', '/session/step-up', { proof: 'not it' })).status, 422);
    assert.equal((await security.json('POST', '/session/step-up', { proof: password })).status, 204);
    assert.equal((await grant('b')).status, 200);
    const coded = await server.account('coded', [{ role: 'security', scope: '' }]);
    const { recovery } = await enrol(server, coded);
    await age(server, coded, { proven: 700, used: 700 });
    const asked = await coded.json('POST', `/accounts/${account.id}/grants`, { role: 'expert', scope: 'c' });
    assert.deepEqual(asked.body.parameters, { proof: 'code' });
    assert.equal((await coded.json('POST', '/session/step-up', { proof: password })).status, 422, 'a password is not enough');
    assert.equal((await coded.json('POST', '/session/step-up', { proof: recovery[0] })).status, 204);
    assert.equal((await coded.json('POST', `/accounts/${account.id}/grants`, { role: 'expert', scope: 'c' })).status, 200);
  });

  test('counts on with every act that needs it, up to a limit', async () => {
    const { server, security } = here;
    const { account } = await server.account('granted.two');
    const grant = (scope) => security.json('POST', `/accounts/${account.id}/grants`, { role: 'expert', scope });
    await security.ok('POST', '/session/step-up', { proof: password });
    await age(server, security, { proven: 3600, used: 500 });
    assert.equal((await grant('a')).status, 200, 'proven an hour ago, used since');
    await age(server, security, { proven: 3600 });
    assert.equal((await grant('b')).status, 200, 'which renewed it');
    await age(server, security, { proven: 14_500 });
    assert.equal((await grant('c')).status, 403, 'not for ever');
    await security.ok('POST', '/session/step-up', { proof: password });
  });

  test('a form that comes too late asks, loses nothing, and is done at once', async () => {
    const { server } = here;
    const { account } = await server.account('granted.three');
    const path = `/accounts/${account.id}`;
    const browser = sameSession(here.security);
    await age(server, browser, { proven: 700, used: 700 });
    const asks = await browser.form(`${path}/grants`, { _back: path, role: 'expert', scope: 'teacher<"&' });
    assert.equal(asks.status, 403);
    assert.match(asks.text, /请确认是您本人/);
    assert.match(asks.text, /autocomplete="current-password"/);
    const fields = (page) => Object.fromEntries([...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&')]));
    assert.deepEqual(fields(asks), { _csrf: browser.csrf, _to: `${path}/grants`, _back: path, role: 'expert', scope: 'teacher<"&' });
    const wrong = await browser.form('/session/step-up', { ...fields(asks), _proof: 'wrong' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /当前密码不正确/);
    assert.deepEqual(fields(wrong), fields(asks), 'still all there');
    assert.doesNotMatch(wrong.text, /value="wrong"/);
    const sent = { ...fields(wrong), scope: 'teacher', _proof: password };
    const proven = await browser.form('/session/step-up', sent);
    assert.equal(proven.status, 307);
    assert.equal(proven.headers.location, `${path}/grants`);
    const done = await browser.form(proven.headers.location, sent); // what a browser does by itself
    assert.equal(done.status, 303, done.text);
    assert.deepEqual((await browser.ok('GET', path)).account.grants.map(({ role, scope }) => [role, scope]), [['expert', 'teacher']]);
  });

  test('also for a method that a form can only name, with a query and lists', async () => {
    const { server } = here;
    const { account } = await server.account('granted.four', [{ role: 'expert', scope: 'teacher' }]);
    const browser = sameSession(here.security);
    await age(server, browser, { proven: 700, used: 700 });
    const asks = await browser.form(`/accounts/${account.id}/grants/expert?scope=teacher`, { _method: 'DELETE', _back: `/accounts/${account.id}` });
    assert.match(asks.text, new RegExp(`name="_to" value="/accounts/${account.id}/grants/expert\\?scope=teacher"`));
    assert.match(asks.text, /name="_method" value="DELETE"/);
    const sent = { _method: 'DELETE', _to: `/accounts/${account.id}/grants/expert?scope=teacher`, _proof: password };
    const proven = await browser.form('/session/step-up', sent);
    assert.equal(proven.status, 307, proven.text);
    assert.equal((await browser.form(proven.headers.location, sent)).status, 303);
    assert.deepEqual((await browser.ok('GET', `/accounts/${account.id}`)).account.grants, []);
    for (const to of ['//evil.test/', 'https://evil.test/', '/\\evil.test']) {
      const away = await browser.form('/session/step-up', { _to: to, _proof: password });
      assert.deepEqual([away.status, away.headers.location], [303, '/'], to);
    }
  });

  test('the console needs none', async () => {
    const { account } = await here.server.account('granted.five');
    await here.server.control.ok('POST', `/accounts/${account.id}/grants`, { role: 'expert', scope: 'teacher' });
  });
});
