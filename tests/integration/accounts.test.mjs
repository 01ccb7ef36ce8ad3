// Accounts as people use them, on a real server: logging in, one's own password and sessions, and their
// administration, as API and as pages without JavaScript.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from './estate.mjs';
import { password, startServer } from './harness.mjs';

const here = {};
before(async () => {
  here.server = await startServer();
  here.admin = await here.server.account('chief', [{ role: 'admin', scope: '' }]);
  here.security = await here.server.account('guard', [{ role: 'security', scope: '' }]);
  here.audit = await here.server.account('auditor', [{ role: 'audit', scope: '' }]);
});
after(async () => here.server?.stop());

/** The body without what names this one request. */
const bare = ({ instance, ...rest }) => rest;

const csrfOf = (page) => /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1];

/** Logs in with the form, as a browser does. */
async function browse(login, secret = password) {
  const client = here.server.client();
  const sent = await client.form('/session', { _back: '/login', login, password: secret, next: '/account' });
  assert.equal(sent.status, 303, sent.text);
  client.csrf = csrfOf(await client.page('/account/password'));
  assert.ok(client.csrf);
  return { client, sent };
}

describe('logging in', () => {
  test('answers an unknown login and a wrong password in the same words', async () => {
    await here.server.account('known');
    const wrong = await here.server.client().login('known', 'not the password');
    const unknown = await here.server.client().login('unknown', 'not the password');
    assert.equal(wrong.status, 401);
    assert.equal(wrong.body.key, 'login_failed');
    assert.deepEqual(bare(unknown.body), bare(wrong.body));
    assert.equal(wrong.headers['set-cookie'], undefined);
  });

  test('a disabled account is answered like an unknown one', async () => {
    const { account } = await here.server.account('gone');
    await here.admin.ok('POST', `/accounts/${account.id}/disable`);
    const reply = await here.server.client().login('gone');
    assert.equal(reply.body.key, 'login_failed');
  });

  test('gives a new session every time', async () => {
    const client = await here.server.account('twice');
    const first = client.cookies.get('td_session');
    await client.login('twice');
    assert.notEqual(client.cookies.get('td_session'), first);
    assert.match(first, /^[A-Za-z0-9_-]{43}$/);
  });

  test('says who is logged in, and what its writes must send', async () => {
    const client = await here.server.account('who', [{ role: 'office', scope: 'teacher' }]);
    const session = await client.ok('GET', '/session');
    assert.deepEqual(session.account.roles, ['office']);
    assert.deepEqual(session.account.grants, [{ role: 'office', scope: 'teacher' }]);
    assert.equal(session.csrf, client.csrf);
    assert.equal((await here.server.client().ok('GET', '/session')).account, null);
  });

  test('leads on to paths of this server only', async () => {
    await here.server.account('way');
    for (const [next, to] of [['/account?x=1', '/account?x=1'], ['//evil.test', '/'], ['https://evil.test/', '/'], ['/\\evil.test', '/'], ['', '/']]) {
      const sent = await here.server.client().form('/session', { login: 'way', password, next });
      assert.equal(sent.status, 303);
      assert.equal(sent.headers.location, to, next);
    }
  });

  test('shows the form again with the login but never the password', async () => {
    const reply = await here.server.client().form('/session', { _back: '/login', login: 'known', password: 'oh so wrong', next: '/queue' });
    assert.equal(reply.status, 401);
    assert.match(reply.text, /登录名或密码不正确/);
    assert.match(reply.text, /name="login" value="known"/);
    assert.match(reply.text, /name="next" value="\/queue"/);
    assert.doesNotMatch(reply.text, /oh so wrong/);
  });

  test('logs out', async () => {
    const { client } = await browse('known');
    const cookie = client.cookies.get('td_session');
    const out = await client.form('/session/end');
    assert.equal(out.status, 303);
    assert.equal(client.cookies.has('td_session'), false);
    client.cookies.set('td_session', cookie);
    assert.equal((await client.json('GET', '/account')).status, 401);
  });
});

describe('the own account', () => {
  test('shows who it is and where it is logged in', async () => {
    await here.server.account('self', [{ role: 'expert', scope: 'teacher' }], { name: '古丽' });
    const { client } = await browse('self');
    const page = await client.page('/account');
    assert.equal(page.status, 200);
    assert.match(page.text, /古丽/);
    assert.match(page.text, /评审专家/);
    assert.match(page.text, /127\.0\.0\.0\/24/);
    const own = await client.ok('GET', '/account');
    assert.equal(own.sessions.length, 2); // the harness's and the browser's
    assert.deepEqual(own.sessions.filter((one) => one.current).length, 1);
    assert.doesNotMatch(JSON.stringify(own), /argon2|csrf/);
  });

  test('ends another of its sessions, and only its own', async () => {
    const one = await here.server.account('ender');
    const { client: two } = await browse('ender');
    const victim = await here.server.account('bystander');
    const theirs = (await victim.ok('GET', '/account')).sessions[0].id;
    const mine = (await two.ok('GET', '/account')).sessions.find((session) => !session.current).id;
    await two.json('DELETE', `/account/sessions/${theirs}`);
    assert.equal((await victim.json('GET', '/account')).status, 200);
    const ended = await two.form(`/account/sessions/${mine}`, { _method: 'DELETE' });
    assert.equal(ended.status, 303);
    assert.equal(ended.headers.location, '/account');
    assert.equal((await one.json('GET', '/account')).status, 401);
    assert.equal((await two.json('GET', '/account')).status, 200);
  });

  test('ends all others at once', async () => {
    const one = await here.server.account('many');
    const { client: two } = await browse('many');
    const reply = await two.form('/account/sessions', { _method: 'DELETE' });
    assert.equal(reply.status, 303);
    assert.equal((await one.json('GET', '/account')).status, 401);
    assert.equal((await two.json('GET', '/account')).status, 200);
  });

  test('changes its password, which ends its other sessions', async () => {
    const one = await here.server.account('changer');
    const { client: two } = await browse('changer');
    const wrong = await two.json('POST', '/account/password', { password: 'no', new_password: 'a better horse' });
    assert.equal(wrong.status, 422);
    assert.deepEqual(wrong.body.errors.map(({ field, code }) => [field, code]), [['password', 'password_wrong']]);
    const short = await two.json('POST', '/account/password', { password, new_password: 'short' });
    assert.equal(short.body.errors[0].code, 'password_short');
    const done = await two.form('/account/password', { password, new_password: 'a better horse', new_password_again: 'a better horse' });
    assert.equal(done.status, 303, done.text);
    let others;
    do others = await one.json('GET', '/account'); // ended by a job after the commit
    while (others.status === 200);
    assert.equal(others.status, 401);
    assert.equal((await two.json('GET', '/account')).status, 200);
    assert.equal((await here.server.client().login('changer')).status, 401);
    assert.equal((await here.server.client().login('changer', 'a better horse')).status, 200);
  });

  test('shows what is wrong with a new password on the page', async () => {
    await here.server.account('typist');
    const { client } = await browse('typist');
    const reply = await client.form('/account/password', { _back: '/account/password', password, new_password: 'one of two!', new_password_again: 'two of two!' });
    assert.equal(reply.status, 422);
    assert.match(reply.text, /两次输入的新密码不一致/);
    assert.doesNotMatch(reply.text, /one of two!|two of two!|correct horse/);
  });
});

describe('administration', () => {
  test('creates with a one-time password that must be changed', async () => {
    const created = await here.admin.ok('POST', '/accounts', { login: 'fresh', name: '新人' });
    assert.match(created.password, /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    const client = here.server.client();
    assert.equal((await client.login('fresh', created.password)).status, 200);
    assert.equal((await client.json('GET', '/account')).body.key, 'must_change_password');
    await client.ok('POST', '/account/password', { password: created.password, new_password: 'quite my own' });
    assert.equal((await client.json('GET', '/account')).status, 200);
  });

  test('creates, grants, revokes, resets and disables by forms', async () => {
    const { client } = await browse('chief');
    const form = await client.page('/accounts/new');
    assert.equal(form.status, 200);
    const made = await client.form('/accounts', {
      _back: '/accounts/new', login: 'by.form', name: '买买提', unit_id: '', 'person.sex': 'male', 'person.birth_date': '',
      'person.in_service': 'true', id_number: '', phone: '',
    });
    assert.equal(made.status, 201, made.text);
    const secret = /<code>([a-z2-9-]{19})<\/code>/.exec(made.text)?.[1];
    assert.ok(secret, made.text);
    assert.equal((await here.server.client().login('by.form', secret)).status, 200);
    const { items } = await client.ok('GET', '/accounts?q=by.form');
    assert.equal(items.length, 1);
    const path = `/accounts/${items[0].id}`;
    assert.match((await client.page('/accounts?q=by.form')).text, /买买提/);

    assert.doesNotMatch((await client.page(path)).text, /name="role"/); // a system administrator gives no rights
    const { client: guard } = await browse('guard');
    for (const role of ['expert', 'office']) {
      const granted = await guard.form(`${path}/grants`, { _back: path, role, scope: 'teacher' });
      assert.equal(granted.status, 303);
    }
    const page = await guard.page(path);
    assert.match(page.text, /评委会办公室/);
    const bad = await guard.form(`${path}/grants`, { _back: path, role: 'unit', scope: 'nowhere' });
    assert.equal(bad.status, 422);
    assert.match(bad.text, /不符合该角色的范围格式/);
    const revoked = await guard.form(`${path}/grants/office?scope=teacher`, { _method: 'DELETE' });
    assert.equal(revoked.status, 303);
    assert.deepEqual((await client.ok('GET', path)).account.grants.map((grant) => grant.role), ['expert']);

    const reset = await client.form(`${path}/password`, { _back: path });
    assert.equal(reset.status, 200, reset.text);
    const again = /<code>([a-z2-9-]{19})<\/code>/.exec(reset.text)[1];
    assert.notEqual(again, secret);
    assert.equal((await here.server.client().login('by.form', secret)).status, 401);
    const person = here.server.client();
    assert.equal((await person.login('by.form', again)).status, 200);
    assert.equal((await client.form(`${path}/disable`)).status, 303);
    assert.equal((await person.json('GET', '/account')).status, 401);
    assert.match((await client.page(path)).text, /已停用/);
    assert.equal((await client.form(`${path}/enable`)).status, 303);
    assert.equal((await here.server.client().login('by.form', again)).status, 200);
  });

  test('shows all problems of a form at once, with what was entered', async () => {
    const { client } = await browse('chief');
    const reply = await client.form('/accounts', { _back: '/accounts/new', login: 'X', name: '王', id_number: '123', phone: 'x', 'person.birth_date': '1985-02-30' });
    assert.equal(reply.status, 422);
    for (const field of ['login', 'id_number', 'phone', 'person.birth_date']) assert.match(reply.text, new RegExp(`href="#${field}"`));
    assert.match(reply.text, /value="王"/);
  });

  test('nobody grants to himself', async () => {
    const { account } = here.security;
    const reply = await here.security.json('POST', `/accounts/${account.id}/grants`, { role: 'bureau' });
    assert.equal(reply.status, 403);
    assert.equal(reply.body.key, 'own_grant');
    const own = await here.security.json('DELETE', `/accounts/${account.id}/grants/security?scope=`);
    assert.equal(own.body.key, 'own_grant');
    assert.doesNotMatch((await here.security.page(`/accounts/${account.id}`)).text, /授予角色/);
  });

  test('three administrators: who creates gives no rights, who gives rights creates nobody, who audits changes nothing', async () => {
    const { admin, security, audit } = here;
    const withRole = await admin.json('POST', '/accounts', { login: 'made', name: '建', password, grants: [{ role: 'office', scope: 'teacher' }] });
    assert.equal(withRole.status, 422);
    assert.deepEqual(withRole.body.errors.map(({ field, code }) => [field, code]), [['grants', 'security_grants']]);
    const { account } = await admin.ok('POST', '/accounts', { login: 'made', name: '建', password });
    const path = `/accounts/${account.id}`;
    const refused = async (client, tries) => {
      for (const [method, place, body] of tries) assert.equal((await client.json(method, place, body)).status, 403, `${client.account.login} ${method} ${place}`);
    };
    const grants = [['POST', `${path}/grants`, { role: 'office', scope: 'teacher' }], ['DELETE', `${path}/grants/office?scope=teacher`], ['DELETE', `${path}/sessions`]];
    const mechanics = [['POST', '/accounts', { login: 'more', name: 'x' }], ['POST', `${path}/disable`], ['POST', `${path}/enable`], ['POST', `${path}/password`, {}]];
    await refused(admin, [...grants, ['GET', `${path}/sessions`], ['GET', '/ledger']]);
    await refused(security, [...mechanics, ['GET', '/ledger']]);
    await refused(audit, [...grants, ...mechanics]);
    await security.ok('POST', `${path}/grants`, { role: 'office', scope: 'teacher' });
    for (const place of ['/accounts', path, `${path}/sessions`, '/ledger', `/ledger?subject=account/${account.id}`]) assert.equal((await audit.json('GET', place)).status, 200, place);
    const entries = (await audit.ok('GET', `/ledger?subject=account/${account.id}`)).items;
    assert.deepEqual(entries.map(({ action, actor }) => [action, actor]), [['account.grant', security.account.id], ['account.create', admin.account.id]]);
  });

  test('who watches the system administrator is not in his hands: only the console resets or disables him', async () => {
    const { admin, server } = here;
    for (const role of ['security', 'audit', 'supervisor']) {
      const watcher = await server.account(`watch.${role}`, [{ role, scope: '' }]);
      const path = `/accounts/${watcher.account.id}`;
      for (const [act, body] of [['password', {}], ['disable']]) {
        const reply = await admin.json('POST', `${path}/${act}`, body);
        assert.deepEqual([reply.status, reply.body?.key, reply.body?.password], [403, 'watcher', undefined], `${role} ${act}`);
      }
      assert.equal((await admin.ok('GET', path)).may_change, false);
      assert.equal((await watcher.json('GET', '/account')).status, 200, 'still logged in');
      assert.ok((await server.control.ok('POST', `${path}/password`, {})).password);
      await server.control.ok('POST', `${path}/disable`);
      assert.equal((await admin.json('POST', `${path}/enable`)).body.key, 'watcher');
    }
  });

  test('nobody holds two of the three, nor one of them beside any other role', async () => {
    const { security } = here;
    const alone = ['admin', 'security', 'audit', 'supervisor'];
    const scopes = { expert: 'teacher', office: 'teacher' };
    for (const role of alone) {
      const { account } = await here.server.account(`alone.${role}`, [{ role, scope: '' }]);
      for (const other of [...alone, 'bureau', 'expert', 'office', 'applicant'].filter((one) => one !== role)) {
        const reply = await security.json('POST', `/accounts/${account.id}/grants`, { role: other, scope: scopes[other] ?? '' });
        assert.deepEqual([reply.status, reply.body.key], [409, 'grant_conflict'], `${role} and ${other}`);
      }
    }
    const { account } = await here.server.account('first.expert', [{ role: 'expert', scope: 'teacher' }]);
    for (const role of alone) assert.equal((await security.json('POST', `/accounts/${account.id}/grants`, { role })).body.key, 'grant_conflict', role);
    const both = await here.server.control.json('POST', '/accounts', { login: 'both', name: 'x', grants: [{ role: 'admin' }, { role: 'audit' }] });
    assert.equal(both.body.errors[0].code, 'grant_conflict');
  });

  test('the security administrator sees where an account is logged in, and ends it', async () => {
    const victim = await here.server.account('victim');
    const path = `/accounts/${victim.account.id}/sessions`;
    const { sessions } = await here.security.ok('GET', path);
    assert.equal(sessions.length, 1);
    assert.equal(sessions[0].address, '127.0.0.0/24');
    assert.doesNotMatch(JSON.stringify(sessions), /csrf/);
    assert.match((await here.audit.page(path)).text, /127\.0\.0\.0\/24/);
    assert.doesNotMatch((await here.audit.page(path)).text, /name="_method"/);
    const { client: guard } = await browse('guard');
    assert.match((await guard.page(path)).text, /结束全部登录/);
    assert.equal((await guard.form(path, { _method: 'DELETE' })).status, 303);
    let reply;
    do reply = await victim.json('GET', '/account'); // ended by a job after the commit
    while (reply.status === 200);
    assert.equal(reply.status, 401);
  });

  test('a supervisor reads and changes nothing, others do not even read', async () => {
    const supervisor = await here.server.account('watcher', [{ role: 'supervisor', scope: '' }]);
    const office = await here.server.account('clerk', [{ role: 'office', scope: 'teacher' }]);
    const { id } = office.account;
    assert.equal((await supervisor.json('GET', '/accounts')).status, 200);
    assert.equal((await supervisor.json('GET', `/accounts/${id}`)).status, 200);
    for (const client of [supervisor, office]) {
      assert.equal((await client.json('POST', '/accounts', { login: 'nope', name: 'x' })).status, 403);
      assert.equal((await client.json('POST', `/accounts/${id}/grants`, { role: 'bureau' })).status, 403);
      assert.equal((await client.json('POST', `/accounts/${id}/password`, {})).status, 403);
      assert.equal((await client.json('POST', `/accounts/${id}/disable`)).status, 403);
    }
    assert.equal((await office.json('GET', '/accounts')).status, 403);
    assert.equal((await office.json('GET', `/accounts/${id}`)).status, 403);
    const conflict = await here.security.json('POST', `/accounts/${supervisor.account.id}/grants`, { role: 'bureau' });
    assert.equal(conflict.status, 409);
    assert.equal(conflict.body.key, 'grant_conflict');
  });

  test('keeps numbers sealed and passwords to itself', async () => {
    const number = '11010519491231002X';
    const created = await here.admin.ok('POST', '/accounts', { login: 'sealed', name: '某人', id_number: number, phone: '13912345678' });
    assert.deepEqual([created.account.id_number, created.account.phone], ['110105********002X', '139****5678']);
    const twice = await here.admin.json('POST', '/accounts', { login: 'sealed.two', name: '某人', id_number: number });
    assert.equal(twice.body.errors[0].code, 'person_exists');
    const seen = [JSON.stringify(created), (await here.admin.page(`/accounts/${created.account.id}`)).text,
      JSON.stringify(await here.admin.ok('GET', '/accounts?q=sealed')), here.server.process.log];
    for (const text of seen) assert.doesNotMatch(text, /11010519491231002|13912345678/);
    assert.doesNotMatch(here.server.process.log, new RegExp(created.password));
    assert.doesNotMatch(here.server.process.log, /correct horse/);
  });

  test('a page of the list leads to the next', async () => {
    sql(here.server, `insert into account (id, login, name, password_hash, created_at) with recursive n(i) as (select 0 union all select i + 1 from n where i < 54) select printf('01PAGE%020d', i), 'page.' || i, '页', '', '2026-01-01T00:00:00.000Z' from n`);
    const first = await here.admin.ok('GET', '/accounts?q=page.');
    assert.equal(first.items.length, 50);
    const second = await here.admin.ok('GET', `/accounts?q=page.&cursor=${first.next}`);
    assert.equal(second.items.length, 5);
    assert.equal(second.next, null);
    assert.equal(new Set([...first.items, ...second.items].map((item) => item.id)).size, 55);
  });
});
