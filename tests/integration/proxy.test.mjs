// Behind nginx and behind HAProxy, configured as ops/*.example say, the server sees exactly what was sent: of proper
// requests all of them, of crooked ones never more than were sent and never another. The examples are used as they
// are; only ports and paths are put in their place.
//
// Every payload has a number, and all of its targets carry it. After each payload, requests of other people go the same
// way: a connection between proxy and server that something was left on would answer them wrongly.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeAuthority, makeCertificate } from './certificate.mjs';
import { top } from './harness.mjs';
import { startEcho, Wire } from './wire.mjs';

const host = 'Host: titles.example.gov.cn\r\n';
const hidden = (p) => `GET /hidden?p=${p} HTTP/1.1\r\n${host}\r\n`;
const post = (p, headers, body) => `POST /a?p=${p} HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const chunked = 'Transfer-Encoding: chunked\r\n';
const seenPost = (p, body = '') => ['POST', `/a?p=${p}`, body];
const seenHidden = (p) => ['GET', `/hidden?p=${p}`, ''];

// What is proper: (p) => [text, ...what the server must see].
const proper = {
  'GET': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}\r\n`, ['GET', `/a?p=${p}`, '']],
  'HEAD': (p) => [`HEAD /a?p=${p} HTTP/1.1\r\n${host}\r\n`, ['HEAD', `/a?p=${p}`, '']],
  'a target with encoded and odd characters': (p) => [
    `GET /%E8%81%8C%E7%A7%B0/a%20b;c,d=(e)!*'?p=${p}&x=%00%0d%0a&y[]=~:@ HTTP/1.1\r\n${host}\r\n`,
    ['GET', `/%E8%81%8C%E7%A7%B0/a%20b;c,d=(e)!*'?p=${p}&x=%00%0d%0a&y[]=~:@`, '']],
  'an absolute target': (p) => [`GET http://titles.example.gov.cn/a?p=${p} HTTP/1.1\r\n${host}\r\n`, ['GET', `/a?p=${p}`, '']],
  'a length': (p) => [post(p, 'Content-Length: 5\r\n', 'hello'), seenPost(p, 'hello')],
  'a length of zero': (p) => [post(p, 'Content-Length: 0\r\n', ''), seenPost(p)],
  'chunked': (p) => [post(p, chunked, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'), seenPost(p, 'abcde')],
  'chunk extensions': (p) => [post(p, chunked, '3;a=b\r\nabc\r\n0;c\r\n\r\n'), seenPost(p, 'abc')],
  'trailers': (p) => [post(p, chunked, '3\r\nabc\r\n0\r\nX-A: b\r\nContent-Length: 9\r\n\r\n'), seenPost(p, 'abc')],
  'a large body': (p) => [post(p, 'Content-Length: 99000\r\n', 'x'.repeat(99000)), seenPost(p, 'x'.repeat(99000))],
  'a large chunked body': (p) => [post(p, chunked, ('400\r\n' + 'y'.repeat(1024) + '\r\n').repeat(90) + '0\r\n\r\n'), seenPost(p, 'y'.repeat(92160))],
  'a body that looks like a request': (p) => [post(p, `Content-Length: ${hidden(p).length}\r\n`, hidden(p)), seenPost(p, hidden(p))],
  'a chunk that looks like the end and a request': (p) => {
    const content = `0\r\n\r\n${hidden(p)}`;
    return [post(p, chunked, `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`), seenPost(p, content)];
  },
  ...Object.fromEntries(['GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].map((method) => [`${method} with a body that looks like a request`, (p) => [
    `${method} /a?p=${p} HTTP/1.1\r\n${host}Content-Length: ${hidden(p).length}\r\n\r\n${hidden(p)}`, [method, `/a?p=${p}`, hidden(p)]]])),
  'GET with a chunked body that looks like a request': (p) => [
    `GET /a?p=${p} HTTP/1.1\r\n${host}${chunked}\r\n${hidden(p).length.toString(16)}\r\n${hidden(p)}\r\n0\r\n\r\n`, ['GET', `/a?p=${p}`, hidden(p)]],
  'Expect: 100-continue': (p) => [post(p, 'Expect: 100-continue\r\nContent-Length: 5\r\n', 'hello'), seenPost(p, 'hello')],
  'an upgrade': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
    ['GET', `/a?p=${p}`, '']],
  'framing named by Connection': (p) => [post(p, 'Connection: keep-alive, X-A, close\r\nContent-Length: 1\r\n', 'x'), seenPost(p, 'x')],
  '30 at once': (p) => [
    Array.from({ length: 30 }, (_, i) => (i % 3 ? `GET /${i}?p=${p} HTTP/1.1\r\n${host}\r\n` : `POST /${i}?p=${p} HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\n${i % 10}`)).join(''),
    ...Array.from({ length: 30 }, (_, i) => (i % 3 ? ['GET', `/${i}?p=${p}`, ''] : ['POST', `/${i}?p=${p}`, String(i % 10)]))],
};

// Length and coding together: one reader takes the length, another the coding; the hidden request is in between.
function twoReadings(headers, p) {
  const body = `0\r\n\r\n${hidden(p)}`;
  return [post(p, headers.replace('LENGTH', `Content-Length: ${body.length}`), body), [seenPost(p, body)], [seenPost(p), seenHidden(p)]];
}
const codings = [
  'LENGTH\r\nTransfer-Encoding: chunked\r\n', 'Transfer-Encoding: chunked\r\nLENGTH\r\n', 'LENGTH\r\nTransfer-Encoding: xchunked\r\n',
  'LENGTH\r\nTransfer-Encoding : chunked\r\n', 'LENGTH\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
  'LENGTH\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n', 'LENGTH\r\nTransfer-Encoding:\tchunked\r\n', 'LENGTH\r\nTransfer-Encoding:\r\n chunked\r\n',
  'LENGTH\r\nTransfer-Encoding: "chunked"\r\n', 'LENGTH\r\nTransfer-Encoding: \x0bchunked\r\n', 'LENGTH\r\nTransfer-Encoding: chunked\x00\r\n',
  'LENGTH\r\n Transfer-Encoding: chunked\r\n', 'LENGTH\r\nX: y\nTransfer-Encoding: chunked\r\n', 'LENGTH\r\nX: y\rTransfer-Encoding: chunked\r\n',
  'LENGTH\r\nTransfer_Encoding: chunked\r\n', 'LENGTH\r\nTransfer-Encoding: gzip, chunked\r\n', 'LENGTH\r\nTransfer-Encoding: chunked, identity\r\n',
  'LENGTH\r\nTransfer-Encoding: chunked, chunked\r\n', 'LENGTH\r\nTransfer-Encoding: identity\r\n', 'LENGTH\r\nTRANSFER-ENCODING: CHUNKED\r\n',
  'LENGTH\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n', 'LENGTH\r\nConnection: Content-Length\r\n', 'Content-Length: 0\r\nLENGTH\r\n',
  'LENGTH\r\nContent-Length: 0\r\n', 'LENGTH, 0\r\n', 'LENGTH\r\nContent-Length: +0\r\n', 'Content-Length : 0\r\nLENGTH\r\n', 'LENGTH\nContent-Length: 0\r\n',
];

// What is crooked: (p) => [text, ...readings]; the server may see a beginning of one of the readings.
const crooked = {
  ...Object.fromEntries(codings.map((headers) => [`two readings: ${JSON.stringify(headers)}`, (p) => twoReadings(headers, p)])),
  'TE.CL': (p) => {
    const content = `GET /hidden?p=${p} HTTP/1.1\r\n${host}Content-Length: 15\r\n\r\nx=1`;
    const body = `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
    return [post(p, `Content-Length: 4\r\n${chunked}`, body), [seenPost(p, content)]];
  },
  'a chunk extension with a bare LF': (p) => [post(p, chunked, `2;\nxx\r\n4c\r\n0\r\n\r\n${hidden(p)}`), [seenPost(p)], [seenPost(p, 'xx')]],
  'a chunk size line ended by LF': (p) => [post(p, chunked, `3\nabc\r\n0\r\n\r\n`), [seenPost(p, 'abc')]],
  'chunk data ended by LF': (p) => [post(p, chunked, `3\r\nabc\n0\r\n\r\n`), [seenPost(p, 'abc')]],
  'chunk data longer than its size': (p) => [post(p, chunked, `3\r\nabcd\r\n0\r\n\r\n${hidden(p)}`), []],
  'a chunk size with 0x': (p) => [post(p, chunked, `0x3\r\nabc\r\n0\r\n\r\n${hidden(p)}`), [seenPost(p)]],
  'a chunk size that overflows': (p) => [post(p, chunked, `100000000000000003\r\nabc\r\n0\r\n\r\n${hidden(p)}`), []],
  'a chunk size with a minus': (p) => [post(p, chunked, `-1\r\nabc\r\n0\r\n\r\n${hidden(p)}`), []],
  'chunked in HTTP/1.0': (p) => [`POST /a?p=${p} HTTP/1.0\r\n${host}${chunked}\r\n0\r\n\r\n${hidden(p)}`, [seenPost(p)]],
  'a folded header': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}X: y\r\n z\r\n\r\n`, [['GET', `/a?p=${p}`, '']]],
  'a folded Host': (p) => [`GET /a?p=${p} HTTP/1.1\r\nHost:\r\n titles.example.gov.cn\r\n\r\n`, [['GET', `/a?p=${p}`, '']]],
  'bare LF everywhere': (p) => [`GET /a?p=${p} HTTP/1.1\n${host.replace('\r', '')}\n`, [['GET', `/a?p=${p}`, '']]],
  'bare LF hiding a header': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}X: y\nContent-Length: ${hidden(p).length}\r\n\r\n${hidden(p)}`,
    [['GET', `/a?p=${p}`, hidden(p)]], [['GET', `/a?p=${p}`, ''], seenHidden(p)]],
  'bare CR in the request line': (p) => [`GET /a?p=${p}\r HTTP/1.1\r\n${host}\r\n`, []],
  'a space in the target': (p) => [`GET /a?p=${p} HTTP/1.1 x HTTP/1.1\r\n${host}\r\n`, []],
  'NUL in a header': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}X: \0\r\n\r\n`, []],
  'two Hosts': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}Host: other\r\n\r\n`, []],
  'no Host': (p) => [`GET /a?p=${p} HTTP/1.1\r\nX: y\r\n\r\n`, []],
  'another Host in the target': (p) => [`GET http://other/a?p=${p} HTTP/1.1\r\n${host}\r\n`, [['GET', `/a?p=${p}`, '']]],
  'HTTP/0.9': (p) => [`GET /a?p=${p}\r\n`, []],
  'HTTP/2.0': (p) => [`GET /a?p=${p} HTTP/2.0\r\n${host}\r\n`, [['GET', `/a?p=${p}`, '']]],
  'HTTP/1.2': (p) => [`GET /a?p=${p} HTTP/1.2\r\n${host}\r\n`, [['GET', `/a?p=${p}`, '']]],
  'a request cut in its header': (p) => [`GET /a?p=${p} HTTP/1.1\r\n${host}X: `, []],
  'a request cut in its body': (p) => [post(p, 'Content-Length: 9\r\n', 'abc'), []],
  'a request cut in a chunk': (p) => [post(p, chunked, '9\r\nabc'), []],
};

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Replaces each key by its value; every one must be there. */
function put(text, places) {
  for (const [from, to] of Object.entries(places)) {
    assert.ok(text.includes(from), `the example says ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function startProgram(command, args, ready) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const program = { output: '' };
  const exited = new Promise((resolve) => child.on('close', resolve));
  program.stop = () => (child.kill('SIGTERM'), exited);
  await new Promise((resolve, reject) => {
    const look = (bytes) => (program.output += bytes).includes(ready) && resolve();
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('error', reject);
    exited.then((code) => reject(new Error(`${command} ended with ${code}: ${program.output}`)));
  });
  return program;
}

/** Each gives {port, stop, forwarded(): what it handed on, as [method, target]}. */
const proxies = {
  async nginx(folder, echo) {
    const [port, plain] = [await freePort(), await freePort()];
    const site = put(readFileSync(join(top, 'ops/nginx.conf.example'), 'utf8'), {
      'listen [::]:80;': `listen unix:${folder}/http6.sock;`, 'listen [::]:443 ssl;': `listen unix:${folder}/https6.sock ssl;`,
      'listen 80;': `listen 127.0.0.1:${plain};`, 'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
      '127.0.0.1:8080': `127.0.0.1:${echo.port}`, '/etc/titled/tls/certificate.pem': `${folder}/server.pem`, '/etc/titled/tls/key.pem': `${folder}/server.key`,
    });
    writeFileSync(join(folder, 'site.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('');
    writeFileSync(join(folder, 'nginx.conf'), `${process.getuid() === 0 ? 'user root;' : ''} worker_processes 1; pid ${folder}/nginx.pid; error_log stderr notice;
      events {} http { ${temporary} log_format seen '$upstream_addr|$request_method $request_uri'; access_log ${folder}/access.log seen; include ${folder}/site.conf; }`);
    const program = await startProgram('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', 'daemon off;'], 'start worker process ');
    const forwarded = () => readFileSync(join(folder, 'access.log'), 'latin1').split('\n').filter((line) => /^127/.test(line)).map((line) => line.split('|')[1].split(' '));
    return { port, forwarded, stop: program.stop };
  },

  async HAProxy(folder, echo) {
    const [port, plain] = [await freePort(), await freePort()];
    const owner = process.getuid() === 0 ? {} : { '    user haproxy\n': '', '    group haproxy\n': '' };
    const config = put(readFileSync(join(top, 'ops/haproxy.cfg.example'), 'utf8'), {
      'log /dev/log local0': 'log stdout format raw local0', 'bind :80\n': `bind 127.0.0.1:${plain}\n`, 'bind :443 ssl': `bind 127.0.0.1:${port} ssl`,
      '127.0.0.1:8080': `127.0.0.1:${echo.port}`, '/etc/titled/tls/both.pem': `${folder}/both.pem`, ...owner,
    });
    writeFileSync(join(folder, 'both.pem'), Buffer.concat([readFileSync(join(folder, 'server.pem')), readFileSync(join(folder, 'server.key'))]));
    writeFileSync(join(folder, 'haproxy.cfg'), config);
    const program = await startProgram('/usr/sbin/haproxy', ['-W', '-db', '-f', join(folder, 'haproxy.cfg')], 'Loading success');
    const forwarded = () => [...program.output.matchAll(/ titled\/titled .*"(\S+) (\S+) HTTP/g)].map(([, method, target]) => [method, target]);
    return { port, forwarded, stop: program.stop };
  },
};

for (const [name, start] of Object.entries(proxies)) {
  describe(`behind ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'titled-proxy-'));
    const sent = []; // {what, p, fits(seen)}
    let echo, proxy, number = 0;

    before(async () => {
      makeCertificate(folder, makeAuthority(folder));
      echo = await startEcho({ 'trusted-proxy': '127.0.0.1', tell: 'yes' });
      proxy = await start(folder, echo);
    });
    after(async () => {
      await proxy?.stop();
      await echo?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const connect = (options) => Wire.secure(proxy.port, { ALPNProtocols: ['http/1.1'], ...options });

    /** Other people's requests: each gets its own answer. */
    async function others(p) {
      for (let i = 0; i < 3; i++) {
        const wire = await connect();
        const reply = await wire.ask(`GET /others?p=${p}.${i} HTTP/1.1\r\n${host}\r\n`);
        assert.equal(reply?.status, 200);
        assert.equal(reply.json().target, `/others?p=${p}.${i}`, 'somebody else’s answer');
        wire.destroy();
      }
    }

    for (const [what, make] of Object.entries(proper))
      test(`all of ${what}`, async () => {
        const p = number++;
        const [text, ...expected] = make(p);
        const wire = await connect();
        await wire.send(text);
        for (const [method, target] of expected) {
          let reply = await wire.reply({ head: method === 'HEAD' });
          if (reply?.status === 100) reply = await wire.reply();
          assert.equal(reply?.status, 200, target);
        }
        wire.shut();
        assert.equal(await wire.closed(), '');
        await others(p);
        sent.push({ what, p, fits: (seen) => assert.deepEqual(seen, expected, what) });
      });

    test('nothing else of what is crooked', async () => {
      for (const [what, make] of Object.entries(crooked)) {
        const p = number++;
        const [text, ...readings] = make(p);
        const wire = await connect();
        await wire.send(text);
        wire.shut();
        await wire.closed();
        wire.destroy();
        await others(p);
        const begins = (seen) => readings.some((reading) => JSON.stringify(reading.slice(0, seen.length)) === JSON.stringify(seen));
        sent.push({ what, p, fits: (seen) => assert.ok(seen.length === 0 || begins(seen), `${what}: ${JSON.stringify(seen)}`) });
      }
    });

    test('the address is the client’s, whatever it claims', async () => {
      const wire = await connect({ localAddress: '127.0.0.7' });
      const claims = 'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n';
      assert.equal((await wire.ask(`GET /a HTTP/1.1\r\n${host}${claims}\r\n`)).json().address, '127.0.0.7');
      wire.destroy();
    });

    test('events arrive while their stream is open', async () => {
      const wire = await connect();
      await wire.send(`GET /events?count=2&bytes=10 HTTP/1.1\r\n${host}\r\n`);
      assert.ok(await wire.text('yyyyyyyyyy'));
      assert.equal(wire.ended, false);
      wire.destroy();
    });

    test('a body that titled would refuse for its size does not reach it', async () => {
      const wire = await connect();
      assert.equal((await wire.ask(`POST /upload HTTP/1.1\r\n${host}Content-Length: 22020097\r\n\r\n${'x'.repeat(40000)}`))?.status, 413);
      wire.destroy();
    });

    test('the server saw what the proxy handed on, and that was what was sent', async () => {
      await proxy.stop(); // so that its log is complete
      const { lines, code, log } = await echo.stop();
      assert.equal(code, 0, log);
      const number = (target) => Number(/[?&]p=(\d+)(?!\d*\.)/.exec(target)?.[1] ?? -1);
      const seen = lines.filter((line) => line.event === 'echo.request').map(({ method, target, body }) => [method, target, body]);
      const handedOn = proxy.forwarded();
      assert.ok(seen.length > 100 && sent.length > 60);
      for (const { p, what, fits } of sent) {
        const here = seen.filter(([, target]) => number(target) === p);
        const there = handedOn.filter(([, target]) => number(target) === p);
        fits(here);
        for (const [method, target] of here) {
          const at = there.findIndex(([m, t]) => m === method && t.endsWith(target));
          assert.ok(at >= 0, `${what}: ${method} ${target} was not handed on`);
          there.splice(0, at + 1);
        }
      }
    });
  });
}
