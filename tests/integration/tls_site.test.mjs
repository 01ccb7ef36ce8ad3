// The whole server under TLS: cookies, HSTS, the redirect, the certificate's life, and what testssl finds.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { makeAuthority, makeCertificate } from './certificate.mjs';
import { Client, build, password, startServer } from './harness.mjs';
import { Wire, request } from './wire.mjs';

function withServer(options) {
  const here = {};
  before(async () => (here.server = await startServer(options)));
  after(() => here.server.stop());
  return here;
}

describe('a site of https', () => {
  const here = withServer({ tls: true });

  test('keeps its session in a __Host- cookie that never leaves TLS, and the language too', async () => {
    const client = await here.server.account('lin');
    assert.equal(client.session[0], '__Host-td_session');
    const login = await client.login('lin');
    assert.match(login.headers['set-cookie'][0], /^__Host-td_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    assert.equal((await client.json('GET', '/account')).status, 200);
    const language = await client.page('/language?to=en&next=/account');
    assert.match(language.headers['set-cookie'][0], /^__Host-td_lang=en; Path=\/; Max-Age=31536000; SameSite=Lax; Secure$/);
    assert.match((await client.page('/account')).text, /<html lang="en"/);
    const out = await client.json('DELETE', '/session');
    assert.match(out.headers['set-cookie'][0], /^__Host-td_session=; Path=\/; Max-Age=0; SameSite=Lax; Secure$/);
    assert.equal(client.session, undefined);
  });

  test('does not know the cookie of a plain site: who could plant one gains nothing', async () => {
    const { server } = here;
    const client = await server.account('chen');
    const [, value] = client.session;
    const planted = server.client();
    planted.cookies.set('td_session', value); // a valid token under the name that a sibling could set
    assert.equal((await planted.json('GET', '/account')).status, 401);
    planted.cookies.set('td_lang', 'en');
    assert.match((await planted.page('/login')).text, /<html lang="zh/);
    // Set beside the real one it changes nothing either.
    planted.cookies.set('__Host-td_session', value);
    planted.cookies.set('td_session', 'x'.repeat(43));
    assert.equal((await planted.json('GET', '/account')).body.account.login, 'chen');
  });

  test('takes writes from its own https pages only', async () => {
    const client = await here.server.account('origin');
    const host = `127.0.0.1:${here.server.port}`;
    const end = (origin) => client.json('POST', '/session', { login: 'origin', password }, { Origin: origin, Host: host });
    assert.equal((await end(`http://${host}`)).status, 403);
    assert.equal((await end('https://elsewhere.test')).status, 403);
    assert.equal((await end(`https://${host}`)).status, 200);
    assert.equal((await end('https://titled.test')).status, 200);
  });

  test('says HSTS on every reply: pages, JSON, assets, refusals', async () => {
    const client = here.server.client();
    const page = await client.page('/login');
    const asset = /\/assets\/[^"]+/.exec(page.text)[0];
    for (const reply of [page, await client.json('GET', '/health'), await client.json('GET', '/nowhere'), await client.page(asset)])
      assert.equal(reply.headers['strict-transport-security'], 'max-age=31536000');
    const wire = await Wire.secure(here.server.port);
    assert.equal((await wire.ask('BAD\r\n\r\n')).headers['strict-transport-security'], 'max-age=31536000');
    wire.destroy();
  });

  test('sends plain HTTP to https with the same path, whatever Host says', async () => {
    const wire = await Wire.connect({ port: here.server.redirectPort, host: '127.0.0.1' });
    const reply = await wire.ask(request('GET', '/applications?q=%E8%81%8C', { Host: 'evil.test' }));
    assert.equal(reply.status, 308);
    assert.equal(reply.headers.location, 'https://titled.test/applications?q=%E8%81%8C');
    assert.equal(reply.headers.connection, 'close');
    assert.equal(reply.headers['strict-transport-security'], undefined);
    assert.equal(await wire.closed(), '');
    const post = await Wire.connect({ port: here.server.redirectPort, host: '127.0.0.1' });
    assert.equal((await post.ask(request('POST', '/session', {}, 'login=lin&password=secret'))).status, 308);
    await post.closed();
  });

  test('a new certificate is taken at SIGHUP; open connections go on, a bad one changes nothing', async () => {
    const { server } = here;
    const subject = () => new Promise((resolve, reject) => {
      const socket = tls.connect({ port: server.port, host: '127.0.0.1', ca: server.pair.ca, servername: 'localhost' }, () => {
        resolve(socket.getPeerCertificate().subject.O);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    const open = await Wire.secure(server.port);
    assert.equal((await open.ask(request('GET', '/api/v1/health'))).status, 200);
    assert.equal(await subject(), 'server');
    const next = makeCertificate(server.folder, server.authority, 'renewed');
    copyFileSync(next.certificate, server.pair.certificate);
    let from = server.lines.length;
    server.process.child.kill('SIGHUP'); // the key is still the former one
    const refused = await server.seen('tls.refused', () => true, from);
    assert.match(refused.reason, /does not belong to/);
    assert.equal(await subject(), 'server');
    copyFileSync(next.key, server.pair.key);
    from = server.lines.length;
    server.process.child.kill('SIGHUP');
    await server.seen('tls.certificate', () => true, from);
    assert.equal(await subject(), 'renewed');
    assert.equal((await open.ask(request('GET', '/api/v1/health'))).status, 200);
    open.destroy();
  });
});

// What testssl may say of a certificate that we made ourselves, and of itself. Nothing about the server.
const allowed = {
  cert_revocation: 'our authority publishes neither CRL nor OCSP',
  DNS_CAArecord: 'loopback has no zone',
  engine_problem: "testssl's own openssl has no GOST",
};

test('testssl finds nothing of severity LOW or above', async () => {
  const long = process.env.TITLED_LONG === '1';
  const server = await startServer({ tls: true });
  try {
    const file = join(server.folder, 'testssl.json');
    const checks = long ? [] : ['--protocols', '--headers', '--renegotiation'];
    const child = spawn('testssl', ['--quiet', '--color', '0', '--warnings=batch', '--nodns', 'none', '--jsonfile', file, '--add-ca', server.authority.certificate,
      ...checks, `127.0.0.1:${server.port}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += bytes));
    await new Promise((resolve) => child.on('close', resolve));
    const findings = JSON.parse(readFileSync(file));
    const ids = findings.map(({ id }) => id);
    for (const id of ['TLS1_2', 'TLS1_3', 'HSTS_time', 'secure_renego', 'secure_client_renego', ...(long ? ['heartbleed', 'ROBOT', 'BREACH', 'PFS', 'cert_chain_of_trust'] : [])])
      assert.ok(ids.includes(id), `testssl did not look at ${id}:\n${said}`);
    const bad = findings.filter(({ id, severity }) => !['OK', 'INFO'].includes(severity) && !(id in allowed));
    assert.deepEqual(bad, []);
  } finally {
    await server.stop();
  }
});

test('behind a proxy that ends TLS the same rules hold', async () => {
  const server = await startServer({ config: { public_url: 'https://titled.test' } });
  try {
    const client = await server.account('lin');
    assert.equal(client.session[0], '__Host-td_session');
    assert.equal((await client.json('GET', '/health')).headers['strict-transport-security'], 'max-age=31536000');
  } finally {
    await server.stop();
  }
});

describe('what cannot work is refused at the start, with what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'titled-tls-'));
  const authority = makeAuthority(folder);
  const good = makeCertificate(folder, authority);
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts titled far enough to hear what it says of its certificate. */
  const start = (settings) => new Promise((resolve) => {
    const child = spawn(join(build, 'bin/titled'), Object.entries({ public_url: 'https://titled.test', state_folder: join(folder, 'records'), key_file: join(folder, 'seal'),
      redis_socket: join(folder, 'no.sock'), plugin_folder: folder, scorer: join(folder, 'none'), listen_port: 0, ...settings }).flatMap(([name, value]) => [`--${name}`, String(value)]), { cwd: join(build, '../..') });
    let log = '';
    const hear = (bytes) => {
      log += bytes;
      if (log.includes('server.listening')) child.kill('SIGTERM');
    };
    child.stderr.on('data', hear);
    child.on('close', (code) => resolve({ code, log }));
  });
  const pair = (certificate, key) => ({ tls_certificate: certificate, tls_key: key });
  const write = (name, text, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };

  test('one of the two alone, an address without https, a redirect without TLS', async () => {
    for (const [settings, said] of [
      [{ tls_certificate: good.certificate }, /belong together/],
      [{ tls_key: good.key }, /belong together/],
      [{ ...pair(good.certificate, good.key), public_url: 'http://titled.test' }, /must begin with https:/],
      [{ redirect_port: 0 }, /needs tls_certificate/],
    ]) {
      const end = await start(settings);
      assert.equal(end.code, 2, end.log);
      assert.match(end.log, said);
    }
  });

  test('files that are missing, not PEM, open to all, locked, or strangers to each other', async () => {
    const other = makeCertificate(folder, authority, 'other');
    const rsa = makeCertificate(folder, authority, 'small', { type: ['-newkey', 'rsa:1024'] });
    const open = write('open.key', readFileSync(good.key), 0o604);
    const locked = join(folder, 'locked.key');
    execFileSync('openssl', ['pkey', '-in', good.key, '-aes256', '-passout', 'pass:secret', '-out', locked]);
    chmodSync(locked, 0o600);
    for (const [settings, said] of [
      [pair(join(folder, 'none.pem'), good.key), /tls_certificate .*No such file.*name a PEM file/],
      [pair(good.certificate, join(folder, 'none.key')), /tls_key .*No such file/],
      [pair(write('text.pem', 'hello\n'), good.key), /tls_certificate .*must be PEM/],
      [pair(good.certificate, write('text.key', 'hello\n')), /tls_key .*must be a PEM private key/],
      [pair(good.certificate, open), /open to every user.*chmod o=/],
      [pair(good.certificate, locked), /has a passphrase.*openssl pkey/],
      [pair(good.certificate, other.key), /does not belong to tls_certificate/],
      [pair(rsa.certificate, rsa.key), /tls_certificate .*key too small/],
    ]) {
      const end = await start(settings);
      assert.equal(end.code, 1, end.log);
      assert.match(end.log, said);
    }
  });

  test('one that has expired is served with a warning: the site must not fall silent at midnight', async () => {
    const stale = makeCertificate(folder, authority, 'stale', { days: -1 });
    const end = await start(pair(stale.certificate, stale.key));
    assert.equal(end.code, 0, end.log);
    assert.match(end.log, /"level":"warning","event":"tls.certificate".*"state":"expired"/);
  });
});
