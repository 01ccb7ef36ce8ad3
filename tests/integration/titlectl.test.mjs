// titlectl beside a running server, after it died, and when it is called wrongly.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, startServer } from './harness.mjs';

/** Runs a command to its end: {code, out, err}. `input` goes to its standard input. */
function run(program, args, { input = '', env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(join(build, 'bin', program), args, { env: { ...process.env, ...env } });
    let out = '', err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

describe('titlectl', () => {
  let server;
  const ctl = (...args) => run('titlectl', ['--state', server.folder, ...args]);
  const ok = async (...args) => {
    const { code, out, err } = await ctl(...args);
    assert.equal(code, 0, `titlectl ${args.join(' ')}: ${err}`);
    assert.equal(err, '');
    return out;
  };

  before(async () => (server = await startServer()));
  after(async () => server?.stop());

  test('explains itself', async () => {
    const help = await ok('help');
    for (const command of ['ledger verify', 'score show', 'account add', 'demo advance', 'workflow'])
      assert.match(help, new RegExp(`^  ${command}`, 'm'));
    const nothing = await ctl();
    assert.equal(nothing.code, 2);
    const unknown = await ctl('ledger', 'burn');
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /no such command: ledger/);
    for (const wrong of [['ledger', 'verify', 'now'], ['score', 'show'], ['account', 'add', 'x'], ['demo', 'advance', 'soon'], ['demo', 'advance', '0d']]) {
      const { code, err } = await ctl(...wrong);
      assert.equal(code, 2, wrong.join(' '));
      assert.match(err, /^usage: titlectl /);
    }
  });

  test('makes an account whose password works once it is changed', async () => {
    const out = await ok('account', 'add', 'office.li', '李梅', '--role', 'office:teacher', '--role', 'bureau');
    const secret = /shown once: (\S+)/.exec(out)[1];
    const client = server.client();
    const reply = await client.login('office.li', secret);
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.body.account.grants, [{ role: 'bureau', scope: '' }, { role: 'office', scope: 'teacher' }]);
    assert.equal(reply.body.account.must_change, true);
    const line = (await ok('account', 'list', 'office.li')).split('\n')[1];
    assert.match(line, /\toffice\.li\t李梅\t\tno\tbureau office:teacher$/);
  });

  test('takes a password from standard input instead', async () => {
    const made = await run('titlectl', ['--state', server.folder, 'account', 'add', 'admin.wu', '吴', '--role', 'admin', '--ask'], { input: 'a horse of 2026\n' });
    assert.equal(made.code, 0, made.err);
    assert.doesNotMatch(made.out, /shown once/);
    assert.equal((await server.client().login('admin.wu', 'a horse of 2026')).status, 200);
    const none = await ctl('account', 'add', 'x.y', 'x', '--ask');
    assert.equal(none.code, 1);
    assert.match(none.err, /no password/);
  });

  test('grants, revokes, disables and resets', async () => {
    await ok('account', 'add', 'expert.he', '何');
    await ok('account', 'grant', 'expert.he', 'expert:teacher');
    assert.match(await ok('account', 'list', 'expert.he'), /expert:teacher$/m);
    await ok('account', 'revoke', 'expert.he', 'expert:teacher');
    assert.doesNotMatch(await ok('account', 'list', 'expert.he'), /expert:teacher/);
    const secret = /shown once: (\S+)/.exec(await ok('account', 'password', 'expert.he'))[1];
    await ok('account', 'disable', 'expert.he');
    assert.equal((await server.client().login('expert.he', secret)).status, 401);
    await ok('account', 'enable', 'expert.he');
    assert.equal((await server.client().login('expert.he', secret)).status, 200);
    const missing = await ctl('account', 'disable', 'nobody.here');
    assert.equal(missing.code, 1);
    assert.match(missing.err, /no account with the login "nobody.here"/);
  });

  test('shows what the server refuses, field by field', async () => {
    const refused = await ctl('account', 'add', 'Bad Login', 'x', '--role', 'emperor');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /422/);
    assert.match(refused.err, /^ {2}login: /m);
  });

  test('sends any request', async () => {
    assert.deepEqual(JSON.parse(await ok('api', 'get', '/api/v1/health')), { status: 'live' });
    const missing = await ctl('api', 'GET', '/api/v1/no/such/thing');
    assert.equal(missing.code, 1);
    assert.match(missing.err, /404/);
    assert.equal(JSON.parse(missing.out).type, '/problems/not-found');
    const broken = await ctl('api', 'POST', '/api/v1/accounts', '{"login":');
    assert.equal(broken.code, 1);
    assert.match(broken.err, /JSON, line 1/);
  });

  test('acts as a person over TCP', async () => {
    const login = ['--url', server.url, '--login', 'admin.wu'];
    const env = { TITLED_PASSWORD: 'a horse of 2026' };
    const who = await run('titlectl', [...login, 'api', 'GET', '/api/v1/session'], { env });
    assert.equal(who.code, 0, who.err);
    assert.equal(JSON.parse(who.out).account.login, 'admin.wu');
    const wrong = await run('titlectl', [...login, 'account', 'list'], { env: { TITLED_PASSWORD: 'not the horse' } });
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /401/);
  });

  test('moves the clock of the demo', async () => {
    const before = JSON.parse(await ok('--json', 'demo', 'advance', '1')).today;
    const later = JSON.parse(await ok('--json', 'demo', 'advance', '5d')).today;
    assert.equal(Date.parse(later) - Date.parse(before), 5 * 86_400_000);
  });

  test('prints the workflow from the table', async () => {
    const diagram = await ok('workflow');
    assert.match(diagram, /^stateDiagram-v2\n/);
    for (const arrow of [/draft --> submitted: submit \(applicant\)/, /committee_vote --> passed: /, /rejected --> \[\*\]/])
      assert.match(diagram, arrow);
    assert.match(await ok('workflow', '--list'), /^unit_notice +recommend +-> district_industry_review +unit/m);
  });

  test('has no score to show for what is not there', async () => {
    const { code, err } = await ctl('score', 'show', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    assert.equal(code, 1);
    assert.match(err, /there is no application 01ARZ3NDEKTSV4RRFFQ69G5FAV/);
  });

  test('proves the ledger beside the running server, and again after kill -9', async () => {
    const proof = JSON.parse(await ok('--json', 'ledger', 'verify'));
    assert.equal(proof.intact, true);
    assert.ok(proof.entries >= 8);
    await server.crash();
    const again = JSON.parse(await ok('--json', 'ledger', 'verify'));
    assert.ok(again.entries >= proof.entries);
    assert.equal(await ok('account', 'list', 'office.li').then((out) => out.split('\n').length), 3);
  });

  test('a second server on the same records is refused with words', async () => {
    const second = await run('titled', ['--config', server.config, '--control_socket', join(server.folder, 'other.sock')]);
    assert.notEqual(second.code, 0);
    assert.match(second.err, /in use by another process/);
    assert.equal(JSON.parse(await ok('api', 'GET', '/api/v1/health')).status, 'live');
  });
});

test('a touched ledger does not pass, and the entry is named', async () => {
  const server = await startServer();
  const file = join(server.folder, 'records/titled.db');
  await run('titlectl', ['--state', server.folder, 'account', 'add', 'a.one', 'one']);
  assert.equal((await server.process.kill('SIGTERM')).code, 0);
  const bytes = readFileSync(file); // after a clean end everything is in this one file
  const at = bytes.indexOf('account.create', 0, 'latin1');
  assert.ok(at > 0, 'the ledger holds the action');
  bytes.write('account.forged', at, 'latin1');
  writeFileSync(file, bytes);
  const proof = await run('titlectl', ['--state', server.folder, 'ledger', 'verify']);
  assert.equal(proof.code, 1);
  assert.match(proof.err, /the ledger is broken at entry \d+: it was changed/);
  await server.startTitled();
  await server.stop();
});
