// The frame around the handlers, on a real server with a real Redis: routes, faces, sessions, roles, CSRF,
// bodies, idempotency, problems, languages, and life without Redis.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, division, draft, submit, teacher } from './city.mjs';
import { password, startServer } from './harness.mjs';

function withServer(options) {
  const here = {};
  before(async () => (here.server = await startServer(options)));
  after(async () => here.server?.stop());
  return here;
}

const login = async (server, name) => {
  const client = server.client();
  const reply = await client.login(name);
  assert.equal(reply.status, 200, reply.text);
  return client;
};

describe('the frame', () => {
  const here = withServer();
  let admin;

  before(async () => {
    admin = await here.server.account('admin.one', [{ role: 'admin', scope: '' }]);
    await here.server.account('office.one', [{ role: 'office', scope: 'teacher' }]);
    await here.server.account('nobody.one');
  });

  test('answers an address it does not know in the face that was asked for', async () => {
    const api = await here.server.client().json('GET', '/no/such/thing');
    assert.equal(api.status, 404);
    assert.equal(api.headers['content-type'], 'application/problem+json');
    assert.equal(api.body.type, '/problems/not-found');
    assert.equal(api.body.status, 404);
    assert.equal(api.body.instance, api.headers['x-request-id']);
    const page = await here.server.client().page('/no/such/thing');
    assert.equal(page.status, 404);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.text, /<html lang="zh" dir="ltr">/);
    assert.match(page.text, /没有找到这个页面/);
    assert.match(page.text, new RegExp(page.headers['x-request-id']));
  });

  test('says which methods an address has', async () => {
    const client = here.server.client();
    const refused = await client.json('PATCH', '/session');
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.allow, 'GET, HEAD, POST, DELETE, OPTIONS');
    const asked = await client.send('OPTIONS', '/api/v1/session');
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.allow, 'GET, HEAD, POST, DELETE, OPTIONS');
    const get = await client.page('/login');
    const head = await client.send('HEAD', '/login', { Accept: 'text/html' });
    assert.equal(head.status, 200);
    assert.equal(head.raw.length, 0);
    assert.equal(head.headers['content-length'], String(get.raw.length));
  });

  test('speaks the language that was asked for, or chosen', async () => {
    const client = here.server.client();
    assert.match((await client.page('/login')).text, /<html lang="zh"/);
    const english = await client.page('/login', { 'Accept-Language': 'fr, en-GB;q=0.8, zh;q=0.5' });
    assert.match(english.text, /<html lang="en"/);
    assert.equal(english.headers['content-language'], 'en');
    const chosen = await client.page('/language?to=en&next=/login');
    assert.equal(chosen.status, 303);
    assert.equal(chosen.headers.location, '/login');
    assert.match((await client.page('/login', { 'Accept-Language': 'zh' })).text, /<html lang="en"/);
    assert.equal((await client.page('/language?to=en&next=//evil.test/')).headers.location, '/');
    assert.equal((await client.page('/language?to=tlh')).status, 404);
  });

  test('sends a browser without a session to the login page and back', async () => {
    const client = here.server.client();
    const sent = await client.page('/account');
    assert.equal(sent.status, 303);
    assert.equal(sent.headers.location, '/login?next=%2Faccount');
    const asked = await client.page('/queue?state=office_review&q=1');
    assert.equal(asked.headers.location, '/login?next=%2Fqueue%3Fstate%3Doffice_review%26q%3D1');
    assert.equal((await client.json('GET', '/account')).status, 401);
    const lost = (from) => client.form('/account/sessions', { _method: 'DELETE' }, from && { Referer: from });
    assert.equal((await lost()).headers.location, '/login?ended=1&next=');
    assert.equal((await lost(`${here.server.url}/queue?q=1`)).headers.location, '/login?ended=1&next=%2Fqueue%3Fq%3D1', 'to the page of the form');
    for (const foreign of ['http://evil.test/queue', `${here.server.url}.evil.test/`, `${here.server.url}//evil.test/`])
      assert.equal((await lost(foreign)).headers.location, '/login?ended=1&next=', foreign);
    assert.match((await client.page('/login?ended=1&next=')).text, /刚才的操作没有完成/);
    const back = await client.form('/session', { login: 'nobody.one', password, next: '/account' });
    assert.equal(back.status, 303);
    assert.equal(back.headers.location, '/account');
    const account = await client.page('/account');
    assert.equal(account.status, 200);
    assert.match(account.text, /nobody\.one/);
  });

  test('keeps the session in an HttpOnly cookie and forgets it at the end', async () => {
    const client = here.server.client();
    const reply = await client.login('nobody.one');
    assert.match(reply.headers['set-cookie'][0], /^td_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.ok(reply.body.csrf);
    const old = new Map(client.cookies);
    assert.ok((await client.json('DELETE', '/session')).status < 300);
    assert.equal(client.cookies.has('td_session'), false);
    client.cookies = old;
    assert.equal((await client.json('GET', '/account')).status, 401);
  });

  test('lets in by role only', async () => {
    const nobody = await login(here.server, 'nobody.one');
    const refused = await nobody.json('GET', '/accounts');
    assert.equal(refused.status, 403);
    assert.equal(refused.body.key, 'forbidden_role');
    assert.equal((await admin.json('GET', '/accounts')).status, 200);
    const page = await nobody.page('/accounts');
    assert.equal(page.status, 403);
    assert.match(page.text, /您的角色不能进行此操作/);
  });

  test('refuses a write without the session\'s CSRF value, or from elsewhere', async () => {
    const client = await login(here.server, 'nobody.one');
    const good = client.csrf;
    for (const csrf of ['', 'x', good.slice(1)]) {
      client.csrf = csrf;
      const refused = await client.json('DELETE', '/account/sessions');
      assert.equal(refused.status, 403);
      assert.equal(refused.body.key, 'csrf');
    }
    client.csrf = good;
    for (const headers of [{ Origin: 'http://evil.test' }, { Origin: 'null' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }]) {
      const refused = await client.json('DELETE', '/account/sessions', undefined, headers);
      assert.equal(refused.status, 403, JSON.stringify(headers));
      assert.equal(refused.body.key, 'origin');
    }
    const same = { Origin: here.server.url, Host: new URL(here.server.url).host, 'Sec-Fetch-Site': 'same-origin' };
    assert.ok((await client.json('DELETE', '/account/sessions', undefined, same)).status < 300);
    const foreign = await here.server.client().json('POST', '/session', { login: 'nobody.one', password }, { Origin: 'http://evil.test' });
    assert.equal(foreign.status, 403);
  });

  test('understands _method and _csrf of a form', async () => {
    const client = await login(here.server, 'nobody.one');
    const ended = await client.form('/account/sessions', { _method: 'DELETE' });
    assert.equal(ended.status, 303);
    assert.equal((await client.form('/account/sessions', { _method: 'GET' })).status, 400);
    assert.equal((await client.form('/account/sessions', { _method: 'BREW' })).status, 400);
    assert.equal((await client.form('/account/sessions', { _method: 'PUT' })).status, 405);
    client.csrf = 'wrong';
    assert.equal((await client.form('/account/sessions', { _method: 'DELETE' })).status, 403);
  });

  test('names every faulty field at once', async () => {
    const reply = await admin.json('POST', '/accounts', { login: 5, unit_id: 'x'.repeat(27), person: [], must_change: 'yes', grants: {}, extra: 1 });
    assert.equal(reply.status, 422);
    const found = Object.fromEntries(reply.body.errors.map(({ field, code }) => [field, code]));
    assert.deepEqual(found, {
      login: 'not_text', name: 'required', unit_id: 'too_long', person: 'not_an_object',
      must_change: 'not_yes_no', grants: 'not_a_list', extra: 'unknown_field',
    });
    const english = await admin.json('POST', '/accounts', { login: 'a.b', name: 'x'.repeat(61) }, { 'Accept-Language': 'en' });
    assert.equal(english.body.errors[0].parameters.max, 60);
    assert.match(english.body.errors[0].message, /^[\x20-\x7e]+$/);
  });

  test('refuses bodies that are broken, ambiguous or of another type', async () => {
    const sendBody = (type, body) => admin.send('POST', '/api/v1/accounts', { 'Content-Type': type, 'X-CSRF-Token': admin.csrf }, body);
    assert.equal((await sendBody('application/json', '{"login": ')).status, 400);
    assert.equal((await sendBody('application/json', '{"login": "a", "login": "b"}')).status, 400);
    assert.equal((await sendBody('application/json', '[]')).status, 400);
    assert.equal((await sendBody('application/json', Buffer.from('{"login": "\xff"}', 'latin1'))).status, 400);
    assert.equal((await sendBody('application/json', `{"person": ${'['.repeat(40)}${']'.repeat(40)}}`)).status, 413);
    assert.equal((await sendBody('text/xml', '<a/>')).status, 415);
    assert.equal((await sendBody('application/x-www-form-urlencoded', 'login=%zz')).status, 400);
    assert.equal((await sendBody('application/json', `{"login": "${'x'.repeat(1 << 20)}"}`)).status, 413);
  });

  test('shows the page again with what was entered when a form fails', async () => {
    const reply = await admin.form('/accounts', { login: 'a b', name: '马 <b>明</b>', _back: '/accounts/new' });
    assert.equal(reply.status, 422);
    assert.match(reply.text, /td-problem/);
    assert.match(reply.text, /value="a b"/);
    assert.match(reply.text, /马 &lt;b&gt;明&lt;\/b&gt;/);
    const outside = await admin.form('/accounts', { login: 'a b', name: 'x', _back: '//evil.test/' });
    assert.equal(outside.status, 422);
    const hidden = await admin.form('/accounts', { login: 'a b', name: 'x', _back: '/no/such/page' });
    assert.equal(hidden.status, 422);
  });

  test('gives the same answer to the same key, and refuses another request under it', async () => {
    const days = (n, key) => here.server.control.json('POST', '/demo/advance', { days: n }, { 'Idempotency-Key': key });
    const first = await days(1, 'k-1');
    assert.equal(first.status, 200, first.text);
    const again = await days(1, 'k-1');
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    const other = await days(2, 'k-1');
    assert.equal(other.status, 422);
    assert.equal(other.body.key, 'idempotency_reused');
    const both = await Promise.all([days(3, 'k-2'), days(3, 'k-2'), days(3, 'k-2')]);
    assert.equal(both.filter((reply) => reply.headers['idempotency-replayed']).length, 2);
    assert.deepEqual(both[1].body, both[0].body);
    const next = await days(1, 'k-3');
    const passed = (Date.parse(next.body.today) - Date.parse(first.body.today)) / 86_400_000;
    assert.equal(passed, 4);
  });

  test('describes itself, always in the same words', async () => {
    const one = await here.server.client().json('GET', '/openapi.json');
    const two = await here.server.client().json('GET', '/openapi.json');
    assert.equal(one.status, 200);
    assert.equal(one.text, two.text);
    assert.equal(one.body.openapi, '3.1.0');
    assert.deepEqual(one.body.paths['/accounts'].post['x-roles'], ['admin']);
    assert.equal(one.body.paths['/accounts/{account}'].get.parameters[0].name, 'account');
    assert.deepEqual(one.body.paths['/session'].post.requestBody.content['application/json'].schema.required, ['login', 'password']);
  });

  test('every row refuses who is not let in, in both faces', async () => {
    const { paths } = (await here.server.client().json('GET', '/openapi.json')).body;
    const nobody = await login(here.server, 'nobody.one');
    const anonymous = here.server.client();
    let rows = 0;
    for (const [path, methods] of Object.entries(paths))
      for (const [method, row] of Object.entries(methods)) {
        if (row['x-roles'].includes('public') || row['x-roles'].length === 11) continue;
        const place = path.replace(/\{\w+\}/g, '01ARZ3NDEKTSV4RRFFQ69G5FAV');
        rows++;
        assert.equal((await anonymous.json(method.toUpperCase(), place)).status, 401, `${method} ${path}`);
        assert.equal((await nobody.json(method.toUpperCase(), place)).status, 403, `${method} ${path}`);
        if (method === 'get') assert.equal((await anonymous.page(place)).status, 303, path);
      }
    assert.ok(rows > 20, `${rows} rows`);
  });

  test('a password that must be changed lets nothing else happen', async () => {
    const created = await here.server.control.ok('POST', '/accounts', { login: 'fresh.one', name: '新人', password, must_change: true });
    assert.ok(created);
    const client = await login(here.server, 'fresh.one');
    assert.equal((await client.json('GET', '/account')).body.key, 'must_change_password');
    const sent = await client.page('/account');
    assert.equal(sent.status, 303);
    assert.equal(sent.headers.location, '/account/password');
    assert.equal((await client.page('/account/password')).status, 200);
    const changed = await client.json('POST', '/account/password', { password, new_password: 'another horse 2026' });
    assert.ok(changed.status < 300, changed.text);
    assert.equal((await client.json('GET', '/account')).status, 200);
  });

  test('lists are tables for spreadsheets, safe from formulas', async () => {
    await here.server.account('csv.one', [], { name: '=cmd|calc' });
    const reply = await admin.send('GET', '/accounts?format=csv', { Accept: 'text/html' });
    assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(reply.headers['content-disposition'], /attachment/);
    assert.equal(reply.raw.subarray(0, 3).toString('hex'), 'efbbbf');
    assert.match(reply.text, /"'=cmd\|calc"/);
  });

  test('slows down who guesses passwords', async () => {
    const client = here.server.client();
    let reply;
    for (let i = 0; i < 60; i++) {
      reply = await client.login('nobody.two', 'wrong password');
      if (reply.status === 429) break;
      assert.ok(reply.status === 401 || reply.status === 422 || reply.status === 403, reply.text);
    }
    assert.equal(reply.status, 429);
    assert.ok(Number(reply.headers['retry-after']) > 0);
  });
});

describe('pages', () => {
  const here = withServer();

  test('every page without a parameter can be made for every role, in both languages and as JSON', async () => {
    const { server } = here;
    const { paths } = (await server.client().json('GET', '/openapi.json')).body;
    const pages = Object.keys(paths).filter((path) => paths[path].get && !path.includes('{') && !path.endsWith('/live'));
    assert.ok(pages.length > 5, `${pages.length} pages`);
    const unit = await server.control.ok('POST', '/units', { name: '测试小学', division_code: '650121', town: '', kind: 'school', grassroots: 'township', hardship: false });
    const scopes = {
      applicant: '', unit: unit.id, district_industry: '650121/teacher', district_hr: '650121', office: 'teacher',
      expert: 'teacher', bureau: '', admin: '', supervisor: '',
    };
    const people = [server.client()];
    for (const [role, scope] of Object.entries(scopes)) people.push(await server.account(`role.${role}`, [{ role, scope }], { unit_id: unit.id }));
    for (const client of people)
      for (const path of pages)
        for (const language of ['zh', 'en']) {
          const page = await client.page(path, { 'Accept-Language': language });
          assert.ok(page.status < 500 || path === '/ready', `${path}: ${page.status} ${page.text}`);
          if (/^text\/html/.test(page.headers['content-type'] ?? '')) assert.match(page.text, /<\/html>\n$/, path);
          const api = await client.json('GET', path);
          assert.ok(api.status < 500 || path === '/ready', `${path}: ${api.status} ${api.text}`);
          if (api.status === 200) assert.equal(page.status, 200, `${path}: the page answers ${page.status}`);
        }
  });

  test('a stream of events follows what happens', async () => {
    const { server } = here;
    const client = await server.account('listener.one');
    const request = http.get(`${server.url}/api/v1/account/live`, { headers: { Cookie: `td_session=${client.cookies.get('td_session')}` } });
    const reply = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
    assert.equal(reply.statusCode, 200);
    assert.match(reply.headers['content-type'], /^text\/event-stream/);
    let text = '';
    reply.on('data', (bytes) => (text += bytes));
    reply.on('error', () => {});
    const said = async (what) => {
      while (!what.test(text)) await new Promise((resolve) => reply.once('data', resolve));
    };
    await said(/^retry: /m); // its session is known to be there
    await server.stopRedis(); // a gap: every subscriber is told to look again
    await server.restartRedis();
    await said(/event: resync\n/);
    assert.match(text, new RegExp(`"topic":"account/${client.account.id}"`));
    request.destroy();
    assert.equal((await server.client().json('GET', '/account/live')).status, 401);
  });

  test('who goes away is served wholly or not at all, and leaves nothing behind', async () => {
    const { server } = here;
    const before = await server.control.ok('POST', '/demo/advance', { days: 1 });
    const body = '{"days":5}';
    const head = ['POST /api/v1/demo/advance HTTP/1.1', 'Host: t', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    const leave = async (turns) => {
      const socket = net.connect(join(server.folder, 'control.sock'));
      await new Promise((resolve) => socket.on('connect', resolve));
      await new Promise((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, resolve));
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
      await new Promise((resolve) => socket.on('close', resolve));
    };
    for (let turns = 0; turns < 30; turns++) await leave(turns);
    const after = await server.control.ok('POST', '/demo/advance', { days: 1 });
    const days = (Date.parse(after.today) - Date.parse(before.today)) / 86_400_000;
    assert.equal(days % 5, 1, `${days} days`);
    assert.equal((await server.control.ok('GET', '/status')).result.open_requests, 1);
  });
});

describe('leases', () => {
  const here = withServer();

  test('two clerks never hold one dossier, and strangers learn nothing from it', async () => {
    const city = await buildCity(here.server);
    const one = await teacher(city, 'lease.teacher');
    const id = await draft(city, one);
    assert.equal((await submit(one, id)).status, 200);
    const second = await here.server.account('clerk.two', [{ role: 'unit', scope: city.unit.id }], { unit_id: city.unit.id });
    const elsewhere = await here.server.control.ok('POST', '/units', { name: '别处学校', division_code: division, kind: 'school', grassroots: 'township', town: '' });
    const stranger = await here.server.account('clerk.three', [{ role: 'unit', scope: elsewhere.id }], { unit_id: elsewhere.id });
    assert.equal((await city.clerk.ok('POST', '/queue/take', {})).id, id);
    assert.equal((await second.json('POST', '/queue/take', {})).body?.id ?? null, null);
    const { items } = await city.clerk.ok('GET', `/applications/${id}/verifications`);
    const judge = (client, application, verdict) => client.json('PUT', `/applications/${application}/verifications`, {
      verdicts: items.slice(0, 1).map(({ section, item }) => ({ section, item, verdict })),
    });
    const refused = await judge(second, id, 'ok');
    assert.equal(refused.status, 423, refused.text);
    assert.equal(refused.body.key, 'leased');
    const unseen = await judge(stranger, id, 'ok');
    const unknown = await judge(stranger, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ok');
    assert.equal(unseen.status, 404, unseen.text);
    assert.deepEqual({ ...unseen.body, instance: 0 }, { ...unknown.body, instance: 0 });
    assert.equal((await judge(city.clerk, id, 'ok')).status, 200); // the refused ones neither wrote nor took anything
    assert.ok((await city.clerk.json('POST', `/applications/${id}/release`, {})).status < 300);
    assert.equal((await judge(second, id, 'ok')).status, 200);
    assert.equal((await judge(city.clerk, id, 'ok')).status, 423);
  });
});

describe('the control socket', () => {
  const here = withServer();

  test('is the console: no session, no CSRF', async () => {
    const reply = await here.server.control.json('GET', '/status');
    assert.equal(reply.status, 200);
    assert.equal(reply.body.result.redis, true);
    const { connections, workers, examiners } = reply.body.result;
    assert.ok(workers.generation > 0 && workers.busy === 0 && workers.lost === 0, JSON.stringify(workers));
    assert.ok(connections.open > 0 && connections.accepted > 0 && connections.requests > 0, JSON.stringify(connections));
    assert.equal(connections.refused + connections.bad_requests + connections.timeouts + connections.streams, 0);
    assert.deepEqual(examiners, { running: 0, waiting: 0 });
    assert.equal((await here.server.client().json('GET', '/status')).status, 401);
  });

  test('moves the clock, and it stays moved after a crash', async () => {
    const { today } = await here.server.advance(30);
    await here.server.crash();
    const later = await here.server.advance(1);
    assert.equal((Date.parse(later.today) - Date.parse(today)) / 86_400_000, 1);
  });

  test('outside the demonstration there is no such address', async () => {
    const server = await startServer({ config: { demo: false, password_cost: 'full' } });
    try {
      assert.equal((await server.control.json('POST', '/demo/advance', { days: 1 })).status, 404);
    } finally {
      await server.stop();
    }
  });
});

describe('without Redis', () => {
  const here = withServer();

  test('public pages work, sessions answer 503, and all is well when it is back', async () => {
    const client = await here.server.account('kept.one');
    await here.server.stopRedis();
    assert.equal((await client.json('GET', '/health')).status, 200);
    assert.equal((await client.page('/login')).status, 200);
    const ready = await client.json('GET', '/ready');
    assert.equal(ready.status, 503);
    assert.equal(ready.body.redis, false);
    const refused = await client.json('GET', '/account');
    assert.equal(refused.status, 503);
    assert.equal(refused.body.type, '/problems/sessions-unavailable');
    assert.equal((await here.server.client().json('GET', '/account')).status, 401);
    assert.equal((await here.server.client().login('kept.one')).status, 503);
    await here.server.restartRedis();
    assert.equal((await client.json('GET', '/account')).status, 401); // sessions were lost, nothing else
    assert.equal((await client.login('kept.one')).status, 200);
  });

  test('it starts', async () => {
    const server = await startServer({ redis: false });
    try {
      assert.equal((await server.client().page('/login')).status, 200);
      assert.equal((await server.control.json('GET', '/accounts')).status, 200);
    } finally {
      await server.stop();
    }
  });
});
