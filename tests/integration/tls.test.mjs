// TLS on the wire, against http_echo and node's own TLS: what is offered, what is cut, what is never run.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { makeAuthority, makeCertificate } from './certificate.mjs';
import { Wire, request, startEcho } from './wire.mjs';

const folder = mkdtempSync(join(tmpdir(), 'titled-tls-'));
const authority = makeAuthority(folder);
const pair = makeCertificate(folder, authority);
after(() => rmSync(folder, { recursive: true, force: true }));

/** A running http_echo with TLS, ended by after(); a sanitizer's word fails the suite. */
function withEcho(options = {}) {
  const here = {};
  before(async () => Object.assign(here, { server: await startEcho({ certificate: pair.certificate, key: pair.key, ...options }) }));
  after(async () => {
    const end = await here.server.stop();
    assert.equal(end.code, 0, end.log);
  });
  return here;
}

/** How a handshake fails: the alert's name. */
const refusal = (port, options) =>
  Wire.secure(port, options).then((wire) => (wire.destroy(), assert.fail('it was let in')), (error) => error.code ?? error.message);

/** What openssl s_client says until the server ends the connection: it complains when there was no close_notify. */
function overheard(port, text) {
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', '-no_ign_eof'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let heard = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (heard += bytes));
  child.stdin.on('error', () => {});
  child.stdin.write(text);
  return new Promise((resolve) => child.on('close', () => resolve(heard)));
}

describe('the handshake', { timeout: 120_000 }, () => {
  const here = withEcho();

  test('TLS 1.2 and 1.3 with an authority that is checked, forward secrecy and AEAD', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const wire = await Wire.secure(here.server.port, { minVersion: version, maxVersion: version, ca: authority.ca, rejectUnauthorized: true, servername: 'localhost' });
      assert.equal(wire.socket.getProtocol(), version);
      assert.match(wire.socket.getCipher().standardName, /^TLS_(ECDHE_ECDSA_WITH_)?(AES_(128|256)_GCM|CHACHA20_POLY1305)/);
      assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
      assert.equal((await wire.ask(request('POST', '/echo', {}, 'a=b'))).json().body, 'a=b');
      wire.destroy();
    }
  });

  test('nothing older, nothing weaker', async () => {
    const { port } = here.server;
    for (const old of ['TLSv1', 'TLSv1.1']) assert.match(await refusal(port, { minVersion: old, maxVersion: old, ciphers: 'ALL:@SECLEVEL=0' }), /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/i);
    for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384'])
      assert.match(await refusal(port, { maxVersion: 'TLSv1.2', ciphers }), /HANDSHAKE_FAILURE/);
  });

  test('ALPN: http/1.1 and nothing else', async () => {
    const { port } = here.server;
    const wire = await Wire.secure(port, { ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(wire.socket.alpnProtocol, 'http/1.1');
    wire.destroy();
    assert.match(await refusal(port, { ALPNProtocols: ['h2'] }), /NO_APPLICATION_PROTOCOL/);
  });

  test('no resumption: every connection has keys of its own', async () => {
    const { port } = here.server;
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const first = await Wire.secure(port, { maxVersion });
      await first.ask(request('GET', '/plain'));
      const session = first.socket.getSession();
      first.destroy();
      const second = await Wire.secure(port, { maxVersion, session });
      assert.equal(second.socket.isSessionReused(), false, maxVersion);
      second.destroy();
    }
  });

  test('who speaks HTTP to the port is told so and let go', async () => {
    const wire = await here.server.connect();
    const reply = await wire.ask(request('GET', '/plain'));
    assert.equal(reply.status, 400);
    assert.match(reply.json().detail, /https:\/\//);
    assert.equal(await wire.closed(), '');
    wire.destroy();
  });
});

describe('what goes through it', { timeout: 120_000 }, () => {
  const here = withEcho();

  test('pipelined requests, large replies and files come whole and in order', async () => {
    const wire = await Wire.secure(here.server.port);
    await wire.send(request('GET', '/file') + request('GET', '/large?bytes=3000000') + request('HEAD', '/file') + request('GET', '/later') + request('GET', '/file') + request('GET', '/plain'));
    const size = statSync(`/proc/${here.server.pid}/exe`).size;
    const file = await wire.reply();
    assert.equal(Number(file.headers['content-length']), size);
    assert.equal(file.body.slice(1, 4), 'ELF');
    assert.equal((await wire.reply()).body, 'x'.repeat(3000000));
    assert.equal(Number((await wire.reply({ head: true })).headers['content-length']), size);
    assert.equal((await wire.reply()).json().path, '/later');
    assert.equal(Number((await wire.reply()).headers['content-length']), size);
    assert.equal((await wire.reply()).body, 'ok');
    wire.destroy();
  });

  test('a request split at every byte, a chunked body, an upload', async () => {
    const wire = await Wire.secure(here.server.port);
    await wire.sendSlowly(request('POST', '/echo?n=1', {}, 'abc'));
    assert.equal((await wire.reply()).json().body, 'abc');
    const chunked = await wire.ask('POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    assert.equal(chunked.json().body, 'abc');
    const upload = await wire.ask(request('POST', '/upload', { 'Content-Type': 'application/octet-stream' }, 'u'.repeat(700_000)));
    assert.equal(upload.json().size, 700_000);
    wire.destroy();
  });

  test('who shuts its side properly gets the answer, and our own proper end', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const wire = await Wire.secure(here.server.port, { maxVersion });
      wire.socket.end(request('GET', '/later?ms=30'));
      assert.equal((await wire.reply()).json().path, '/later', maxVersion);
      await wire.closed();
      assert.equal(wire.failure, undefined);
    }
  });

  test('a reply that closes the connection ends with close_notify', async () => {
    const heard = await overheard(here.server.port, request('GET', '/large?bytes=300000', { Connection: 'close' }));
    assert.match(heard, /x{300000}/);
    assert.doesNotMatch(heard, /unexpected eof/);
  });

  test('a body that somebody cut is never run, neither with nor without a proper end', async () => {
    const { lost } = (await (await Wire.secure(here.server.port)).ask(request('GET', '/gone'))).json();
    const cut = 'POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc';
    const proper = await Wire.secure(here.server.port);
    proper.socket.end(cut);
    assert.equal(await proper.closed(), '');
    const raw = net.connect(here.server.port, '127.0.0.1');
    const secure = tls.connect({ socket: raw, rejectUnauthorized: false });
    secure.on('error', () => {}); // an alert: we broke off
    await new Promise((resolve) => secure.once('secureConnect', resolve));
    await new Promise((resolve) => secure.write(cut, resolve));
    raw.end(); // FIN without close_notify
    await new Promise((resolve) => raw.on('close', resolve));
    const counters = (await (await Wire.secure(here.server.port)).ask(request('GET', '/gone'))).json();
    assert.equal(counters.lost - lost, 2);
  });
});

describe('limits', { timeout: 120_000 }, () => {
  const here = withEcho({ 'header-ms': 300, 'idle-ms': 500, 'grace-ms': 300, 'body-rate': 1000, 'linger-ms': 200, 'heartbeat-ms': 50 });

  test('a handshake that does not come, comes in part or stalls is cut; others are served meanwhile', async () => {
    const record = Buffer.from('16030100fa010000f60303', 'hex'); // the beginning of a ClientHello
    const slow = await Promise.all([0, 1, record.length].map(async (n) => {
      const wire = await Wire.connect({ port: here.server.port, host: '127.0.0.1' });
      if (n) wire.socket.write(record.subarray(0, n));
      return wire;
    }));
    const wire = await Wire.secure(here.server.port);
    assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
    wire.destroy();
    for (const one of slow) assert.equal(await one.closed(), '');
  });

  test('a slow header block and a slow body are cut with 408, a slow reader without', async () => {
    const head = await Wire.secure(here.server.port);
    await head.send('GET /plain HTTP/1.1\r\nHost');
    assert.equal((await head.reply()).status, 408);
    await head.closed();
    const body = await Wire.secure(here.server.port);
    await body.send('POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nabc');
    assert.equal((await body.reply()).status, 408);
    await body.closed();
    for (const path of ['/file', '/large?bytes=30000000']) {
      const reader = await Wire.secure(here.server.port, {});
      reader.socket.pause();
      await reader.send(request('GET', path));
      for (;;) { // until the server has let it go
        const asking = await Wire.secure(here.server.port);
        const { open } = (await asking.ask(request('GET', '/gone'))).json();
        asking.destroy();
        if (open === 1) break;
        await new Promise(setImmediate);
      }
      reader.destroy();
    }
  });

  test('an idle connection ends with close_notify; an event stream lives on its heartbeat', async () => {
    const idle = overheard(here.server.port, request('GET', '/plain'));
    const stream = await Wire.secure(here.server.port);
    await stream.send(request('GET', '/events?count=1'));
    await stream.text('data: two');
    assert.doesNotMatch(await idle, /unexpected eof/);
    await stream.text(': still here');
    stream.destroy();
  });
});
