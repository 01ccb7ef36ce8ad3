// The connection layer on the wire, behind http_echo: what is served, what is refused, and when it gives up.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { request, startEcho } from './wire.mjs';

const close = { Connection: 'close' };

function withServer(options) {
  const here = {};
  options = { 'linger-ms': 300, ...options };
  before(async () => Object.assign(here, await startEcho(options)));
  after(async () => {
    const end = await here.stop();
    assert.equal(end.code, 0, end.log); // also where a sanitizer speaks
  });
  return here;
}

describe('replies', () => {
  const server = withServer();

  test('carry the security headers, a date and an id', async () => {
    const wire = await server.connect();
    const reply = await wire.ask(request('GET', '/plain', close));
    assert.equal(reply.status, 200);
    assert.equal(reply.body, 'ok');
    assert.match(reply.headers['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.match(reply.headers['content-security-policy'], /base-uri 'none'; frame-ancestors 'none'$/);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
    assert.equal(reply.headers['referrer-policy'], 'same-origin');
    assert.equal(reply.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(reply.headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.ok(reply.headers['permissions-policy']);
    assert.match(reply.headers['x-request-id'], /^[0-9A-HJKMNP-TV-Z]{26}$/);
    assert.ok(Math.abs(Date.parse(reply.headers.date) - Date.now()) < 5000);
    assert.equal(reply.headers.connection, 'close');
    assert.equal(await wire.closed(), '');
  });

  test('tell what was asked', async () => {
    const wire = await server.connect();
    const asked = (await wire.ask(request('GET', '/%E8%81%8C%E7%A7%B0/a%20b?q=%41&x', { 'X-Blank': ' \t', 'X-Odd': '  a\tb \t' }))).json();
    assert.equal(asked.path, '/职称/a b');
    assert.equal(asked.query, 'q=%41&x');
    assert.equal(asked.target, '/%E8%81%8C%E7%A7%B0/a%20b?q=%41&x');
    assert.deepEqual(asked.headers, [['Host', 'titled.test'], ['X-Blank', ''], ['X-Odd', 'a\tb']]);
    assert.equal(asked.address, '127.0.0.1');
    assert.equal(asked.control, false);
    const posted = (await wire.ask(request('POST', '/echo', {}, 'name=value'))).json();
    assert.equal(posted.body, 'name=value');
    const absolute = (await wire.ask(request('GET', 'http://titled.test/a?b=c'))).json();
    assert.deepEqual([absolute.path, absolute.query], ['/a', 'b=c']);
    const root = (await wire.ask(request('GET', 'http://titled.test'))).json();
    assert.deepEqual([root.target, root.path, root.query], ['/', '/', '']);
    wire.destroy();
  });

  test('HEAD has the length of GET and no body', async () => {
    const wire = await server.connect();
    await wire.send(request('HEAD', '/plain') + request('HEAD', '/large?bytes=50000') + request('HEAD', '/file'));
    assert.equal((await wire.reply({ head: true })).headers['content-length'], '2');
    assert.equal((await wire.reply({ head: true })).headers['content-length'], '50000');
    assert.ok(Number((await wire.reply({ head: true })).headers['content-length']) > 1000);
    assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
    wire.destroy();
  });

  test('204 has neither length nor body', async () => {
    const wire = await server.connect();
    const reply = await wire.ask(request('GET', '/none'));
    assert.equal(reply.status, 204);
    assert.ok(!('content-length' in reply.headers));
    assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
    wire.destroy();
  });

  test('large bodies and files arrive whole', async () => {
    const wire = await server.connect();
    const large = await wire.ask(request('GET', '/large?bytes=3000000'));
    assert.equal(large.body, 'x'.repeat(3000000));
    const file = await wire.ask(request('GET', '/file'));
    assert.equal(Number(file.headers['content-length']), statSync(`/proc/${server.pid}/exe`).size);
    assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
    wire.destroy();
  });

  test('a line break in a header value becomes a 500', async () => {
    const wire = await server.connect();
    const reply = await wire.ask(request('GET', '/inject'));
    assert.equal(reply.status, 500);
    assert.ok(!('x-injected' in reply.headers));
    assert.equal(reply.headers['content-type'], 'application/problem+json');
    wire.destroy();
  });

  test('may come later, from a timer', async () => {
    const wire = await server.connect();
    await wire.send(request('GET', '/later?n=1') + request('POST', '/decide', {}, 'abc') + request('GET', '/plain'));
    assert.equal((await wire.reply()).json().query, 'n=1');
    assert.equal((await wire.reply()).json().body, 'abc');
    assert.equal((await wire.reply()).body, 'ok');
    wire.destroy();
  });
});

describe('keep-alive', () => {
  const server = withServer();

  test('200 pipelined requests are answered in order', async () => {
    const wire = await server.connect();
    let text = '';
    for (let i = 0; i < 200; i++)
      text += i % 7 === 3 ? request('POST', `/${i % 14 === 3 ? 'later' : 'echo'}?${i}`, {}, `body ${i}`) : request('GET', `/echo?${i}`);
    await wire.send(text);
    for (let i = 0; i < 200; i++) {
      const asked = (await wire.reply()).json();
      assert.equal(asked.query, String(i));
      assert.equal(asked.body, i % 7 === 3 ? `body ${i}` : '');
    }
    wire.destroy();
  });

  test('a pipeline larger than the output limit is answered when it is read', async () => {
    const wire = await server.connect();
    wire.socket.pause();
    await wire.send(request('GET', '/large?bytes=200000').repeat(60));
    wire.socket.resume();
    for (let i = 0; i < 60; i++) assert.equal((await wire.reply()).body.length, 200000);
    wire.destroy();
  });

  test('requests may arrive byte by byte', async () => {
    const wire = await server.connect();
    const chunked = 'POST /echo?c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nwiki\r\nA\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n';
    wire.sendSlowly(request('GET', '/echo?a') + request('POST', '/echo?b', {}, 'hello') + chunked + request('GET', '/plain'));
    assert.equal((await wire.reply()).json().query, 'a');
    assert.equal((await wire.reply()).json().body, 'hello');
    const last = (await wire.reply()).json();
    assert.equal(last.body, 'wiki0123456789');
    assert.ok(!last.headers.some(([name]) => name === 'X-T'));
    assert.equal((await wire.reply()).body, 'ok');
    wire.destroy();
  });

  test('HTTP/1.0 closes unless asked, and says so when it stays', async () => {
    let wire = await server.connect();
    assert.equal((await wire.ask('GET /plain HTTP/1.0\r\n\r\n')).headers.connection, 'close');
    await wire.closed();
    wire = await server.connect();
    const kept = await wire.ask('GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.equal(kept.headers.connection, 'keep-alive');
    assert.equal((await wire.ask(request('GET', '/plain'))).body, 'ok');
    wire.destroy();
  });

  test('a client that shuts its side still gets its replies', async () => {
    const wire = await server.connect();
    await wire.send(request('GET', '/later') + request('GET', '/plain'));
    wire.shut();
    assert.equal((await wire.reply()).status, 200);
    assert.equal((await wire.reply()).body, 'ok');
    assert.equal(await wire.closed(), '');
  });

  test('one empty line before a request is forgiven, an upgrade ignored', async () => {
    const wire = await server.connect();
    assert.equal((await wire.ask('\r\n' + request('GET', '/plain'))).status, 200);
    const upgrade = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings' };
    assert.equal((await wire.ask(request('POST', '/echo', upgrade, 'body'))).json().body, 'body');
    assert.equal((await wire.ask(request('GET', '/plain', upgrade))).status, 200);
    assert.equal((await wire.ask(request('GET', '/plain'))).status, 200);
    wire.destroy();
  });

  test('a body on GET, HEAD or DELETE is a body, never a request', async () => {
    const hidden = request('GET', '/hidden');
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      for (const path of ['/plain', '/refuse']) {
        const wire = await server.connect();
        const first = { head: method === 'HEAD' };
        await wire.send(request(method, path, {}, hidden) + request('GET', '/plain', close));
        assert.equal((await wire.reply(first)).status, path === '/plain' ? 200 : 403);
        const rest = await wire.closed();
        assert.equal(rest.split('HTTP/1.1 ').length - 1, path === '/plain' ? 1 : 0, method + path);
        assert.ok(!rest.includes('hidden'));
      }
    }
  });

  test('a reply before the body closes the connection', async () => {
    const wire = await server.connect();
    const reply = await wire.ask(request('POST', '/refuse', { 'Content-Length': 90000 }) + 'partial');
    assert.equal(reply.status, 403);
    assert.equal(reply.headers.connection, 'close');
    assert.equal(await wire.closed(), '');
  });
});

describe('Expect: 100-continue', () => {
  const server = withServer();
  const expect = { Expect: '100-continue', 'Content-Length': 5 };

  test('is answered when the frame accepts the body', async () => {
    for (const path of ['/echo', '/decide']) {
      const wire = await server.connect();
      const first = await wire.ask(request('POST', path, expect));
      assert.equal(first.line, 'HTTP/1.1 100 Continue');
      assert.equal((await wire.ask('hello')).json().body, 'hello');
      wire.destroy();
    }
  });

  test('is not answered when the frame refuses, or the body is too large', async () => {
    let wire = await server.connect();
    assert.equal((await wire.ask(request('POST', '/refuse', expect))).status, 403);
    await wire.closed();
    wire = await server.connect();
    assert.equal((await wire.ask(request('POST', '/echo', { ...expect, 'Content-Length': 100001 }))).status, 413);
    await wire.closed();
  });

  test('other expectations are 417', async () => {
    const wire = await server.connect();
    assert.equal((await wire.ask(request('POST', '/echo', { Expect: 'gold' }, 'x'))).status, 417);
    await wire.closed();
  });
});

const host = 'Host: a\r\n';
const post = (headers, body = '') => `POST /echo HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const chunks = (body) => post('Transfer-Encoding: chunked\r\n', body);
const refused = {
  'two lengths': [400, post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  'differing lengths': [400, post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abc')],
  'a list of lengths': [400, post('Content-Length: 3, 3\r\n', 'abc')],
  'a length with a plus': [400, post('Content-Length: +3\r\n', 'abc')],
  'a length with a minus': [400, post('Content-Length: -3\r\n', 'abc')],
  'a length with a space inside': [400, post('Content-Length: 3 4\r\n', 'abc')],
  'a hexadecimal length': [400, post('Content-Length: 0x3\r\n', 'abc')],
  'an empty length': [400, post('Content-Length: \r\n', 'abc')],
  'an enormous length': [400, post('Content-Length: 99999999999999999999\r\n', 'abc')],
  'length and coding': [400, post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'coding and length': [400, post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n')],
  'coding twice': [400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'an unknown coding': [501, post('Transfer-Encoding: gzip\r\n', '0\r\n\r\n')],
  'coding before chunked': [501, post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  'chunked not last': [400, post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
  'chunked twice in one': [400, post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')],
  'identity': [501, post('Transfer-Encoding: identity\r\n', 'abc')],
  'an empty coding': [400, post('Transfer-Encoding:\r\n', '0\r\n\r\n')],
  'a coding almost chunked': [501, post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  'a vertical tab before chunked': [400, post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n')],
  'quoted chunked': [501, post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n')],
  'a list of differing lengths': [400, post('Content-Length: 5, 6\r\n', 'abcde')],
  'lengths in two cases': [400, post('content-length: 3\r\nCONTENT-LENGTH: 3\r\n', 'abc')],
  'a length with a decimal point': [400, post('Content-Length: 3.0\r\n', 'abc')],
  'a length with a comma': [400, post('Content-Length: 3,\r\n', 'abc')],
  'a length with an underscore': [400, post('Content-Length: 1_0\r\n', 'a'.repeat(10))],
  'a length of 2^64 + 3': [400, post('Content-Length: 18446744073709551619\r\n', 'abc')],
  'a length on GET with a plus': [400, `GET / HTTP/1.1\r\n${host}Content-Length: +3\r\n\r\nabc`],
  'length zero and coding': [400, post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'length and an unknown coding': [400, post('Content-Length: 3\r\nTransfer-Encoding: x\r\n', 'abc')],
  'coding and length in HTTP/1.0': [400, 'POST /echo HTTP/1.0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  'an unknown coding in HTTP/1.0': [400, 'POST /echo HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\nabc'],
  'deflate': [501, post('Transfer-Encoding: deflate\r\n', 'abc')],
  'a known and an unknown coding': [400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', '0\r\n\r\n')],
  'an unknown and a known coding': [400, post('Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'chunked with a parameter': [501, post('Transfer-Encoding: chunked;a=b\r\n', '0\r\n\r\n')],
  'chunked after a comma': [400, post('Transfer-Encoding: , chunked\r\n', '0\r\n\r\n')],
  'chunked before a comma': [400, post('Transfer-Encoding: chunked,\r\n', '0\r\n\r\n')],
  'chunked with more letters': [501, post('Transfer-Encoding: chunkedx\r\n', '0\r\n\r\n')],
  'chunked with a letter beyond ASCII': [501, post('Transfer-Encoding: chunk\xe9d\r\n', '0\r\n\r\n')],
  'a folded coding': [400, post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
  'a space before the colon of a coding': [400, post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
  'a tab before the colon of a length': [400, post('Content-Length\t: 3\r\n', 'abc')],
  'a coding with a control': [400, post('Transfer-Encoding: chunked\x00\r\n', '0\r\n\r\n')],
  'chunked in HTTP/1.0': [400, 'POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  'a chunk size with a plus': [400, chunks('+3\r\nabc\r\n0\r\n\r\n')],
  'a chunk size with a minus': [400, chunks('-3\r\nabc\r\n0\r\n\r\n')],
  'a chunk size with 0x': [400, chunks('0x3\r\nabc\r\n0\r\n\r\n')],
  'a space before a chunk size': [400, chunks(' 3\r\nabc\r\n0\r\n\r\n')],
  'a space after a chunk size': [400, chunks('3 \r\nabc\r\n0\r\n\r\n')],
  'an empty chunk size': [400, chunks('\r\nabc\r\n0\r\n\r\n')],
  'an overflowing chunk size': [400, chunks('10000000000000003\r\nabc\r\n0\r\n\r\n')],
  'a chunk ended by LF': [400, chunks('3\nabc\r\n0\r\n\r\n')],
  'chunk data ended by LF': [400, chunks('3\r\nabc\n0\r\n\r\n')],
  'chunk data too long': [400, chunks('3\r\nabcd\r\n0\r\n\r\n')],
  'CR without LF after a chunk': [400, chunks('3\r\nabc\rX0\r\n\r\n')],
  'LF in a chunk extension': [400, chunks('3;a\nb\r\nabc\r\n0\r\n\r\n')],
  'an endless chunk extension': [400, chunks('3;' + 'a'.repeat(10000) + '\r\nabc\r\n0\r\n\r\n')],
  'a tab before a chunk size': [400, chunks('\t3\r\nabc\r\n0\r\n\r\n')],
  'a space before a chunk extension': [400, chunks('3 ;a=b\r\nabc\r\n0\r\n\r\n')],
  'a chunk size with h': [400, chunks('3h\r\nabc\r\n0\r\n\r\n')],
  'a chunk size with an underscore': [400, chunks('0_3\r\nabc\r\n0\r\n\r\n')],
  'a chunk size of 2^64 - 1': [400, chunks('ffffffffffffffff\r\nabc\r\n0\r\n\r\n')],
  'endless zeros in a chunk size': [400, chunks('0'.repeat(40) + '3\r\nabc\r\n0\r\n\r\n')],
  'a chunk ended by CR': [400, chunks('3\rabc\r\n0\r\n\r\n')],
  'chunk data ended by another byte and LF': [400, chunks('3\r\nabcX\n0\r\n\r\n')],
  'a body ended by CR and another byte': [400, chunks('0\r\n\rX')],
  'a chunk size ended by CR and another byte': [400, chunks('3\rXabc\r\n0\r\n\r\n')],
  'chunk data ended by nothing': [400, chunks('3\r\nabc0\r\n\r\n')],
  'chunk data ended by CR CR LF': [400, chunks('3\r\nabc\r\r\n0\r\n\r\n')],
  'chunk data too short': [400, chunks('3\r\nab\r\n0\r\n\r\n')],
  'a last chunk ended by LF': [400, chunks('3\r\nabc\r\n0\n\n')],
  'CR in a chunk extension': [400, chunks('3;a\rb\r\nabc\r\n0\r\n\r\n')],
  'a chunk extension ended by LF': [400, chunks('3;a=b\nabc\r\n0\r\n\r\n')],
  'an open quote in a chunk extension': [400, chunks('3;a="b\r\nabc\r\n0\r\n\r\n')],
  'a chunk extension that is no token': [400, chunks('3;a=(b)\r\nabc\r\n0\r\n\r\n')],
  'LF in a quoted chunk extension': [400, chunks('3;a="x\ny"\r\nabc\r\n0\r\n\r\n')],
  'NUL in a chunk extension': [400, chunks('3;a=\0\r\nabc\r\n0\r\n\r\n')],
  'NUL in a trailer': [400, chunks('0\r\nA: \0\r\n\r\n')],
  'bare CR in a trailer': [400, chunks('0\r\nA: b\rc\r\n\r\n')],
  'a space before the colon of a trailer': [400, chunks('0\r\nA : b\r\n\r\n')],
  'a trailer name that is no token': [400, chunks('0\r\nA(: b\r\n\r\n')],
  'an empty line of LF after the trailers': [400, chunks('0\r\nA: b\r\n\n')],
  'endless trailers': [400, chunks('0\r\n' + 'A: b\r\n'.repeat(2000) + '\r\n')],
  'a folded trailer': [400, chunks('0\r\nA: b\r\n c\r\n\r\n')],
  'a trailer without a colon': [400, chunks('0\r\nGET / HTTP/1.1\r\n\r\n')],
  'a trailer ended by LF': [400, chunks('0\r\nA: b\n\r\n')],
  'bare LF': [400, 'GET / HTTP/1.1\nHost: a\n\n'],
  'one bare LF among headers': [400, `GET / HTTP/1.1\r\n${host}A: b\nC: d\r\n\r\n`],
  'bare LF after the request line': [400, `GET / HTTP/1.1\n${host}\r\n`],
  'bare LF at the end': [400, `GET / HTTP/1.1\r\n${host}\n`],
  'bare LF in the target': [400, `GET /a\nb HTTP/1.1\r\n${host}\r\n`],
  'bare LF first': [400, '\n' + request('GET', '/')],
  'bare CR first': [400, '\r' + request('GET', '/')],
  'bare CR in the request line': [400, `GET /\r HTTP/1.1\r\n${host}\r\n`],
  'bare CR in a name': [400, `GET / HTTP/1.1\r\n${host}A\rB: c\r\n\r\n`],
  'bare CR after the request line': [400, `GET / HTTP/1.1\r${host}\r\n`],
  'bare LF hiding a header': [400, `GET / HTTP/1.1\r\n${host}A: b\nContent-Length: 5\r\n\r\nabcde`],
  'bare CR hiding a header': [400, `GET / HTTP/1.1\r\n${host}A: b\rContent-Length: 5\r\n\r\nabcde`],
  'bare CR in a value': [400, `GET / HTTP/1.1\r\n${host}A: b\rc\r\n\r\n`],
  'bare CR at the end': [400, `GET / HTTP/1.1\r\n${host}\r\r\n`],
  'a folded header': [400, `GET / HTTP/1.1\r\n${host}A: b\r\n c\r\n\r\n`],
  'a header folded by a tab': [400, `GET / HTTP/1.1\r\n${host}A: b\r\n\tc\r\n\r\n`],
  'space before the first header': [400, `GET / HTTP/1.1\r\n ${host}\r\n`],
  'a folded Host': [400, 'GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n'],
  'a folded line of spaces': [400, `GET / HTTP/1.1\r\n${host}A: b\r\n \r\n\r\n`],
  'NUL in a value': [400, `GET / HTTP/1.1\r\n${host}A: b\0c\r\n\r\n`],
  'NUL in the target': [400, `GET /\0 HTTP/1.1\r\n${host}\r\n`],
  'a control character': [400, `GET / HTTP/1.1\r\n${host}A: \x01\r\n\r\n`],
  'DEL': [400, `GET / HTTP/1.1\r\n${host}A: \x7f\r\n\r\n`],
  'NUL in a name': [400, `GET / HTTP/1.1\r\n${host}A\0B: c\r\n\r\n`],
  'NUL first': [400, '\0' + request('GET', '/')],
  'a control in the method': [400, `G\x01T / HTTP/1.1\r\n${host}\r\n`],
  'a control in a name': [400, `GET / HTTP/1.1\r\n${host}A\x07: c\r\n\r\n`],
  'a vertical tab in a value': [400, `GET / HTTP/1.1\r\n${host}A: b\x0bc\r\n\r\n`],
  'a form feed in a value': [400, `GET / HTTP/1.1\r\n${host}A: b\x0cc\r\n\r\n`],
  'DEL in the target': [400, `GET /\x7f HTTP/1.1\r\n${host}\r\n`],
  'a tab before the colon': [400, `GET / HTTP/1.1\r\nHost\t: a\r\n\r\n`],
  'a space after a name': [400, `GET / HTTP/1.1\r\n${host}A : b\r\n\r\n`],
  'a space before the colon': [400, `GET / HTTP/1.1\r\nHost : a\r\n\r\n`],
  'a space in a name': [400, `GET / HTTP/1.1\r\n${host}A B: c\r\n\r\n`],
  'a name that is no token': [400, `GET / HTTP/1.1\r\n${host}A(b): c\r\n\r\n`],
  ...Object.fromEntries([...'"(),/;<=>?@[\\]{}'].map((c) => [`${c} in a name`, [400, `GET / HTTP/1.1\r\n${host}A${c}B: c\r\n\r\n`]])),
  'a name beyond ASCII': [400, `GET / HTTP/1.1\r\n${host}\xe9: c\r\n\r\n`],
  'an empty name': [400, `GET / HTTP/1.1\r\n${host}: c\r\n\r\n`],
  'a line without a colon': [400, `GET / HTTP/1.1\r\n${host}hello\r\n\r\n`],
  'no Host': [400, 'GET / HTTP/1.1\r\nA: b\r\n\r\n'],
  'no headers': [400, 'GET / HTTP/1.1\r\n\r\n'],
  'two Hosts': [400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
  'an empty Host': [400, 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  'a blank Host': [400, 'GET / HTTP/1.1\r\nHost:  \r\nA: b\r\n\r\n'],
  'a Host with a path': [400, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  'a Host with a user': [400, 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
  'a Host with a space': [400, 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
  'a Host with a bad port': [400, 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
  'a list of Hosts': [400, 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
  'differing Hosts': [400, 'GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n'],
  'two Hosts in HTTP/1.0': [400, 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
  'a Host with a long port': [400, 'GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n'],
  'a Host with two ports': [400, 'GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n'],
  'a Host that is only a port': [400, 'GET / HTTP/1.1\r\nHost: :80\r\n\r\n'],
  'a Host with an open bracket': [400, 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n'],
  'a Host with a question mark': [400, 'GET / HTTP/1.1\r\nHost: a?b\r\n\r\n'],
  'a Host with a scheme': [400, 'GET / HTTP/1.1\r\nHost: http://a\r\n\r\n'],
  'a Host beyond ASCII': [400, 'GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n'],
  'an absolute target of another host': [400, 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  'an absolute target without Host': [400, 'GET http://a/ HTTP/1.1\r\nA: b\r\n\r\n'],
  'an absolute target with a user': [400, 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  'an absolute target with user and password': [400, 'GET http://u:p@a/ HTTP/1.1\r\nHost: u:p@a\r\n\r\n'],
  'an absolute target without a host': [400, 'GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n'],
  'another scheme': [400, 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  'an authority as target': [400, 'GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n'],
  'HTTP/2.0': [400, `GET / HTTP/2.0\r\n${host}\r\n`],
  'HTTP/1.2': [400, `GET / HTTP/1.2\r\n${host}\r\n`],
  'HTTP/0.9': [400, `GET / HTTP/0.9\r\n${host}\r\n`],
  'HTTP/3': [400, `GET / HTTP/3\r\n${host}\r\n`],
  'HTTP/1': [400, `GET / HTTP/1\r\n${host}\r\n`],
  'HTTP/01.1': [400, `GET / HTTP/01.1\r\n${host}\r\n`],
  'HTTP/1.1 and a letter': [400, `GET / HTTP/1.1x\r\n${host}\r\n`],
  'HTTP/1,1': [400, `GET / HTTP/1,1\r\n${host}\r\n`],
  'HTTP/+1.1': [400, `GET / HTTP/+1.1\r\n${host}\r\n`],
  'a space in the version': [400, `GET / HTTP/ 1.1\r\n${host}\r\n`],
  'a line of HTTP/0.9': [400, 'GET /\r\n\r\n'],
  'only a method': [400, 'GET\r\n\r\n'],
  'no method': [400, `/ HTTP/1.1\r\n${host}\r\n`],
  'a space first': [400, ` GET / HTTP/1.1\r\n${host}\r\n`],
  'the preface of HTTP/2': [400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'no version': [400, 'GET /\r\n\r\n'],
  'a version in small letters': [400, `GET / http/1.1\r\n${host}\r\n`],
  'a long version': [400, `GET / HTTP/1.10\r\n${host}\r\n`],
  'another protocol': [400, `GET / RTSP/1.0\r\n${host}\r\n`],
  'two spaces after the method': [400, `GET  / HTTP/1.1\r\n${host}\r\n`],
  'a tab in the request line': [400, `GET\t/ HTTP/1.1\r\n${host}\r\n`],
  'a space in the target': [400, `GET /a b HTTP/1.1\r\n${host}\r\n`],
  'two spaces before the version': [400, `GET /  HTTP/1.1\r\n${host}\r\n`],
  'a tab in the target': [400, `GET /a\tb HTTP/1.1\r\n${host}\r\n`],
  'a whole version inside the target': [400, `GET / HTTP/1.1 HTTP/1.1\r\n${host}\r\n`],
  'a space at the end': [400, `GET / HTTP/1.1 \r\n${host}\r\n`],
  'a fragment': [400, `GET /a#b HTTP/1.1\r\n${host}\r\n`],
  'a target beyond ASCII': [400, `GET /\xe4 HTTP/1.1\r\n${host}\r\n`],
  'a target without a slash': [400, `GET a HTTP/1.1\r\n${host}\r\n`],
  'an asterisk': [400, `OPTIONS * HTTP/1.1\r\n${host}\r\n`],
  'a broken escape': [400, `GET /%zz HTTP/1.1\r\n${host}\r\n`],
  'a cut escape': [400, `GET /%4 HTTP/1.1\r\n${host}\r\n`],
  'an encoded NUL': [400, `GET /%00 HTTP/1.1\r\n${host}\r\n`],
  'an encoded line break': [400, `GET /%0d%0a HTTP/1.1\r\n${host}\r\n`],
  'an encoded slash': [400, `GET /a%2Fb HTTP/1.1\r\n${host}\r\n`],
  'an encoded overlong slash': [400, `GET /%c0%af HTTP/1.1\r\n${host}\r\n`],
  'dot segments': [400, `GET /a/../b HTTP/1.1\r\n${host}\r\n`],
  'encoded dot segments': [400, `GET /%2e%2E/b HTTP/1.1\r\n${host}\r\n`],
  'an unknown method': [501, `BREW / HTTP/1.1\r\n${host}\r\n`],
  'CONNECT': [501, `CONNECT a:80 HTTP/1.1\r\n${host}\r\n`],
  'TRACE': [501, `TRACE / HTTP/1.1\r\n${host}\r\n`],
  'a method in small letters': [501, `get / HTTP/1.1\r\n${host}\r\n`],
  'a method that is no token': [400, `G@T / HTTP/1.1\r\n${host}\r\n`],
  'TLS': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'two empty lines first': [400, '\r\n\r\n' + request('GET', '/')],
  'a long request line': [414, `GET /${'a'.repeat(8200)} HTTP/1.1\r\n${host}\r\n`],
  'a large header block': [431, `GET / HTTP/1.1\r\n${host}A: ${'a'.repeat(16400)}\r\n\r\n`],
  'many headers': [431, `GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(100)}\r\n`],
  'a body too large': [413, post('Content-Length: 100001\r\n', 'a'.repeat(100001))],
  'a chunked body too large': [413, chunks('186A1\r\n' + 'a'.repeat(100001) + '\r\n0\r\n\r\n')],
};

describe('refused, and closed', () => {
  const server = withServer({ 'per-address': 1000 });

  for (const [what, [status, text]] of Object.entries(refused)) {
    test(`${status} ${what}`, async () => {
      const wire = await server.connect();
      wire.send(text + request('GET', '/hidden'));
      const reply = await wire.reply();
      assert.equal(reply?.status, status);
      assert.equal(reply.headers.connection, 'close');
      assert.equal(reply.headers['content-type'], 'application/problem+json');
      assert.ok(reply.headers['content-security-policy'] && reply.headers['x-request-id'] && reply.headers.date);
      const problem = reply.json();
      assert.equal(problem.status, status);
      assert.ok(problem.title && problem.type && problem.detail);
      assert.equal(await wire.closed(), '', 'nothing else is answered');
      wire.destroy();
    });
  }

  test('also cut in two at every byte', async () => {
    const some = Object.entries(refused).filter(([, [, text]]) => text.length < 80);
    for (const [what, [status, text]] of some)
      await Promise.all([...text].map(async (_, at) => {
        const wire = await server.connect();
        await wire.sendInTwo(text, at);
        assert.equal((await wire.reply())?.status, status, `${what} at ${at}`);
        wire.destroy();
      }));
  });

  test('also byte by byte', async () => {
    const some = Object.entries(refused).filter(([, [, text]]) => text.length < 200);
    await Promise.all(
      some.map(async ([what, [status, text]]) => {
        const wire = await server.connect();
        await wire.sendSlowly(text);
        assert.equal((await wire.reply())?.status, status, what);
        wire.destroy();
      }),
    );
  });

  test('just within the limits is served', async () => {
    const wire = await server.connect();
    const line = `GET /echo?${'a'.repeat(8192 - 'GET /echo? HTTP/1.1'.length)} HTTP/1.1\r\n`;
    assert.equal((await wire.ask(`${line}${host}\r\n`)).status, 200);
    assert.equal((await wire.ask(`GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(99)}\r\n`)).status, 200);
    assert.equal((await wire.ask(`GET / HTTP/1.1\r\n${host}A: ${'a'.repeat(16384 - 12)}\r\n\r\n`)).status, 200);
    assert.equal((await wire.ask(request('POST', '/echo', {}, 'b'.repeat(100000)))).json().body.length, 100000);
    wire.destroy();
  });
});

// What is asked, and what the frame must see of it: [method, target, body], for every request in the text.
const legal = {
  'a plain GET': ['GET /echo?a=b HTTP/1.1\r\nHost: a\r\n\r\n', ['GET', '/echo?a=b', '']],
  'one empty line first': ['\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n', ['GET', '/echo', '']],
  'an absolute target': ['GET http://a:80/echo?x HTTP/1.1\r\nHost: a:80\r\n\r\n', ['GET', '/echo?x', '']],
  'a Host in other letters': ['GET http://A.b/echo HTTP/1.1\r\nHost: a.B\r\n\r\n', ['GET', '/echo', '']],
  'a Host of IPv6': ['GET /echo HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n', ['GET', '/echo', '']],
  'HTTP/1.0 without Host': ['GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', ['GET', '/echo', '']],
  'a length': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', ['POST', '/echo', 'abc']],
  'a length with spaces around': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \t 3 \t\r\n\r\nabc', ['POST', '/echo', 'abc']],
  'a length with zeros before': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0003\r\n\r\nabc', ['POST', '/echo', 'abc']],
  'a length of zero': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', ['POST', '/echo', '']],
  'a body of line ends': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n', ['POST', '/echo', '\r\n\r\n']],
  'chunked': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', ['POST', '/echo', 'abc']],
  'Chunked, with spaces around': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t CHUNKed \r\n\r\n3\r\nabc\r\n0\r\n\r\n', ['POST', '/echo', 'abc']],
  'chunk sizes with zeros and letters': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n', ['POST', '/echo', '01234567890123456789']],
  'chunk extensions': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a;b=c\r\nabc\r\n2;d="e;f=\\"g\\" 5"\r\nde\r\n0;last\r\n\r\n', ['POST', '/echo', 'abcde']],
  'chunk data that looks like an end': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n', ['POST', '/echo', '\r\n0\r\n\r\n']],
  'trailers': ['POST /echo HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n3\r\nabc\r\n0\r\nA: b c\r\nEmpty:\r\n\r\n', ['POST', '/echo', 'abc']],
  'trailers that must not count': ['POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 9\r\nHost: b\r\nCookie: c\r\nConnection: close\r\n\r\n', ['POST', '/echo', 'abc']],
  'a body on GET': ['GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n', ['GET', '/echo', 'GET / HTTP/1.1\r\n\r\n']],
  'a chunked body on DELETE': ['DELETE /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n', ['DELETE', '/echo', 'GET / HTTP/1.1\r\n\r\n']],
  'two requests at once': ['POST /echo?1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /echo?2 HTTP/1.1\r\nHost: a\r\n\r\n', ['POST', '/echo?1', 'x'], ['GET', '/echo?2', '']],
  'a length named by Connection': ['POST /echo HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: 1\r\n\r\nx', ['POST', '/echo', 'x']],
  'a coding named by Connection': ['POST /echo HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding, host\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n', ['POST', '/echo', 'x']],
  'names that only look like framing': ['POST /echo HTTP/1.1\r\nHost: a\r\nContent_Length: 9\r\nX-Content-Length: 9\r\nTransfer_Encoding: chunked\r\nContent-Length: 1\r\n\r\nx', ['POST', '/echo', 'x']],
};

describe('legal forms', () => {
  const server = withServer({ 'per-address': 1000 });

  async function check(send, expected) {
    const wire = await server.connect();
    send(wire);
    for (const want of expected) {
      const { method, target, body, headers } = (await wire.reply()).json();
      assert.deepEqual([method, target, body], want);
      assert.ok(headers.filter(([name]) => /^(host|cookie|content-length)$/i.test(name)).length < 3, 'trailers are no headers');
    }
    const next = await wire.ask(request('GET', '/echo?next')); // nothing is left over
    assert.equal(next.json().target, '/echo?next');
    wire.destroy();
  }

  for (const [what, [text, ...expected]] of Object.entries(legal)) {
    test(`${what}: at once, byte by byte, cut in two at every byte`, async () => {
      await check((wire) => wire.send(text), expected);
      await check((wire) => wire.sendSlowly(text), expected);
      await Promise.all([...text].map((_, at) => check((wire) => wire.sendInTwo(text, at), expected)));
    });
  }

  // Connection: is it kept?
  const lists = {
    'HTTP/1.1 ': true, 'HTTP/1.1 close': false, 'HTTP/1.1 Close': false, 'HTTP/1.1 keep-alive, close': false, 'HTTP/1.1 close, keep-alive': false,
    'HTTP/1.1 x,close ,y': false, 'HTTP/1.1 ,,close': false, 'HTTP/1.1 closed': true, 'HTTP/1.1 x-close': true, 'HTTP/1.1 unknown, other': true,
    'HTTP/1.1 keep-alive': true, 'HTTP/1.1 x\r\nConnection: close': false, 'HTTP/1.1 close\r\nConnection: keep-alive': false,
    'HTTP/1.0 ': false, 'HTTP/1.0 x': false, 'HTTP/1.0 keep-alive': true, 'HTTP/1.0 Keep-Alive, x': true, 'HTTP/1.0 keep-alive, close': false,
    'HTTP/1.0 close\r\nConnection: keep-alive': false,
  };
  test('Connection is a list', async () => {
    for (const [form, kept] of Object.entries(lists)) {
      const wire = await server.connect();
      const [, version, list] = /^(\S+) ([^]*)$/.exec(form);
      await wire.send(`GET /plain ${version}\r\nHost: a\r\nConnection: ${list}\r\n\r\n` + request('GET', '/plain', close));
      assert.equal((await wire.reply()).headers.connection, kept ? (version === 'HTTP/1.0' ? 'keep-alive' : undefined) : 'close', form);
      assert.equal((await wire.closed()).split('HTTP/1.1 200').length - 1, kept ? 1 : 0, form);
      wire.destroy();
    }
  });
});

describe('deadlines', () => {
  const server = withServer({ 'header-ms': 250, 'idle-ms': 400, 'grace-ms': 250, 'body-rate': 2000, 'linger-ms': 250 });

  test('an idle connection is closed without a word', async () => {
    const wire = await server.connect();
    assert.equal(await wire.closed(), '');
    const kept = await server.connect();
    await kept.ask(request('GET', '/plain'));
    assert.equal(await kept.closed(), '');
  });

  test('a header that never ends is 408, however it drips', async () => {
    const wire = await server.connect();
    await wire.send('GET / HTTP/1.1\r\nHost: a\r\n');
    const drip = setInterval(() => wire.send('A: b\r\n'), 20);
    const reply = await wire.reply();
    clearInterval(drip);
    assert.equal(reply.status, 408);
    await wire.closed();
  });

  test('a body slower than the rate is 408', async () => {
    const wire = await server.connect();
    await wire.send(request('POST', '/echo', { 'Content-Length': 50000 }));
    const drip = setInterval(() => wire.send('a'), 10);
    const reply = await wire.reply();
    clearInterval(drip);
    assert.equal(reply.status, 408);
    await wire.closed();
  });

  test('a body slow but at the rate is taken', async () => {
    const wire = await server.connect();
    await wire.send(request('POST', '/echo', { 'Content-Length': 5000 }));
    let sent = 0;
    const drip = setInterval(() => {
      wire.send('a'.repeat(100));
      sent += 100;
      if (sent === 5000) clearInterval(drip);
    }, 10);
    assert.equal((await wire.reply()).json().body.length, 5000);
    wire.destroy();
  });

  test('a client that does not read is dropped', async () => {
    const wire = await server.connect();
    wire.socket.pause();
    await wire.send(request('GET', '/large?bytes=30000000'));
    const observer = await server.connect();
    for (;;) {
      const { open } = (await observer.ask(request('GET', '/gone'))).json();
      if (open === 1) break;
    }
    wire.destroy();
    observer.destroy();
  });

  test('a client that leaves its reply with the kernel is dropped, and nothing is kept for it', async () => {
    const patient = await startEcho({ 'idle-ms': 20000, 'grace-ms': 250, 'body-rate': 2000 });
    const wire = await patient.connect();
    wire.socket.pause();
    await wire.send(request('GET', '/large?bytes=2000000')); // on loopback the kernel takes all of it
    const observer = await patient.connect();
    while ((await observer.ask(request('GET', '/gone'))).json().open > 1);
    wire.socket.resume();
    assert.ok((await wire.closed()).length < 1000000);
    observer.destroy();
    assert.equal((await patient.stop()).code, 0);
  });

  test('a refused client that drips is not lingered for', async () => {
    const patient = await startEcho({ 'linger-ms': 250 });
    const wire = await patient.connect();
    await wire.send(request('POST', '/refuse', { 'Content-Length': 90000 }));
    const drip = setInterval(() => wire.send('x'), 20);
    assert.equal((await wire.reply()).status, 403);
    const started = Date.now();
    await new Promise((resolve) => wire.socket.on('close', resolve));
    clearInterval(drip);
    assert.ok(Date.now() - started < 2000, 'ten pauses would be 2.5 s');
    assert.equal((await patient.stop()).code, 0);
  });

  test('a refused client that goes on sending is cut off', async () => {
    const wire = await server.connect();
    const flood = setInterval(() => wire.send('x'.repeat(1000)), 5);
    await wire.send('broken\r\n\r\n');
    assert.equal((await wire.reply()).status, 400);
    await new Promise((resolve) => wire.socket.on('close', resolve));
    clearInterval(flood);
  });
});

describe('limits of connections', () => {
  test('an address has its share, the rest is told', async () => {
    const server = await startEcho({ 'per-address': 3 });
    const wires = [];
    for (let i = 0; i < 3; i++) wires.push(await server.connect());
    for (const wire of wires) assert.equal((await wire.ask(request('GET', '/plain'))).status, 200);
    const extra = await server.connect();
    const reply = await extra.reply();
    assert.equal(reply.status, 503);
    assert.ok(reply.headers['content-security-policy']);
    await extra.closed();
    wires[0].shut();
    await wires[0].closed();
    const next = await server.connect();
    assert.equal((await next.ask(request('GET', '/gone'))).json().refused, 1);
    wires.forEach((wire) => wire.destroy());
    next.destroy();
    assert.equal((await server.stop()).code, 0);
  });

  test('over the total, clients wait in the backlog; the control socket does not', async () => {
    const server = await startEcho({ connections: 2, control: 'FOLDER/control.sock' });
    const first = await server.connect();
    const second = await server.connect();
    await first.ask(request('GET', '/plain'));
    await second.ask(request('GET', '/plain'));
    const third = await server.connect();
    await third.send(request('GET', '/plain'));
    const control = await server.connect({ path: join(server.folder, 'control.sock') });
    assert.equal((await control.ask(request('GET', '/gone'))).json().open, 3);
    assert.equal(third.bytes.length, 0);
    first.destroy();
    assert.equal((await third.reply()).body, 'ok');
    for (const wire of [second, third, control]) wire.destroy();
    assert.equal((await server.stop()).code, 0);
  });
});

describe('a trusted proxy', () => {
  const from = (server, address, headers) =>
    new Promise((resolve, reject) => {
      server.connect({ port: server.port, host: '127.0.0.1', localAddress: address })
        .then((wire) => wire.send(`GET /echo HTTP/1.1\r\nHost: a\r\n${headers.map((value) => `X-Forwarded-For: ${value}\r\n`).join('')}\r\n`)
          .then(() => wire.reply()).then((reply) => (wire.destroy(), resolve(reply.json().address)))).catch(reject);
    });

  test('names the client; nobody else does', async () => {
    const server = await startEcho({ 'trusted-proxy': '127.0.0.2, ::1' });
    const cases = [
      [['203.0.113.9'], '203.0.113.9'],
      [['198.51.100.1, 203.0.113.9'], '203.0.113.9'], // what the client claims stands before
      [['198.51.100.1', '203.0.113.9'], '203.0.113.9'],
      [['203.0.113.9', '127.0.0.9, 2001:DB8::1'], '2001:db8::1'],
      [['::ffff:203.0.113.9'], '203.0.113.9'],
      [[], '127.0.0.2'],
      [['203.0.113.9:80'], '127.0.0.2'],
      [['203.0.113.9,'], '127.0.0.2'],
      [['unknown'], '127.0.0.2'],
      [['203.0.113.9', ''], '127.0.0.2'],
      [['1'.repeat(300)], '127.0.0.2'],
    ];
    for (const [sent, seen] of cases) assert.equal(await from(server, '127.0.0.2', sent), seen, String(sent));
    assert.equal(await from(server, '127.0.0.1', ['203.0.113.9']), '127.0.0.1');
    assert.equal(await from(server, '127.0.0.3', ['203.0.113.9']), '127.0.0.3');
    const { lines } = await server.stop();
    assert.ok(lines.some((line) => line.event === 'http.request' && line.address === '203.0.113.9'));
  });

  test('is trusted by nobody who did not say so', async () => {
    const server = await startEcho();
    assert.equal(await from(server, '127.0.0.1', ['203.0.113.9']), '127.0.0.1');
    await server.stop();
    await assert.rejects(startEcho({ 'trusted-proxy': 'example.org' }), /trusted_proxy.*not a numeric address/);
  });

  test('has not its clients\u2019 share of connections', async () => {
    const server = await startEcho({ 'trusted-proxy': '127.0.0.1', 'per-address': 2 });
    const wires = [];
    for (let i = 0; i < 5; i++) wires.push(await server.connect());
    for (const wire of wires) assert.equal((await wire.ask(request('GET', '/plain'))).status, 200);
    wires.forEach((wire) => wire.destroy());
    assert.equal((await server.stop()).code, 0);
  });
});

describe('the control socket', () => {
  const server = withServer({ control: 'FOLDER/control.sock' });

  test('is private and marks its requests', async () => {
    const path = join(server.folder, 'control.sock');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const wire = await server.connect({ path });
    const asked = (await wire.ask(request('GET', '/echo'))).json();
    assert.equal(asked.control, true);
    assert.equal(asked.address, 'control');
    wire.destroy();
  });
});

const boundary = '----WebKitFormBoundaryx1';
const part = (disposition, content, more = '') => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const formType = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
const sha256 = (text) => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');

describe('uploads', () => {
  const server = withServer();

  test('a raw body', async () => {
    const wire = await server.connect();
    const body = 'z'.repeat(300000);
    const reply = await wire.ask(request('POST', '/upload', { 'Content-Type': 'application/pdf' }, body));
    assert.equal(reply.status, 201);
    const { size, hash, type, present, fields } = reply.json();
    assert.deepEqual({ size, hash, type, present, fields }, { size: 300000, hash: sha256(body), type: 'application/pdf', present: true, fields: '' });
    wire.destroy();
  });

  test('a form with one file and text fields', async () => {
    const wire = await server.connect();
    const content = '%PDF-1.7\r\n--' + boundary.slice(0, -1) + '\r\n\r\n\0\xff';
    const file = Buffer.from('论文 "终稿".pdf', 'utf8').toString('latin1').replaceAll('"', '%22');
    const body =
      part('name="_csrf"', 'a b&c') +
      part(`name="file"; filename="C:\\dir\\${file}"`, content, 'Content-Type: application/pdf\r\n') +
      part('name="note"', '') +
      `--${boundary}--\r\n`;
    await wire.sendSlowly(request('POST', '/upload', formType, body));
    const { name, size, hash, type, field, fields, present } = (await wire.reply()).json();
    assert.deepEqual(
      { name, size, hash, type, field, fields, present },
      { name: '论文 %22终稿%22.pdf', size: content.length, hash: sha256(content), type: 'application/pdf', field: 'file', fields: '_csrf=a%20b%26c&note=', present: true },
    );
    assert.equal((await wire.ask(request('GET', '/plain'))).status, 200);
    wire.destroy();
  });

  test('a form without a chosen file', async () => {
    const wire = await server.connect();
    const body = part('name="file"; filename=""', '', 'Content-Type: application/octet-stream\r\n') + `--${boundary}--`;
    assert.equal((await wire.ask(request('POST', '/upload', formType, body))).json().present, false);
    wire.destroy();
  });

  const wrong = {
    'two files': [400, part('name="a"; filename="a"', 'x') + part('name="b"; filename="b"', 'y') + `--${boundary}--`],
    'a form that ends early': [400, part('name="a"; filename="a"', 'x')],
    'a preamble': [400, 'hello\r\n' + part('name="a"; filename="a"', 'x') + `--${boundary}--`],
    'an epilogue': [400, part('name="a"; filename="a"', 'x') + `--${boundary}--\r\nmore`],
    'a file too large': [413, part('name="a"; filename="a"', 'x'.repeat(2000)) + `--${boundary}--`],
    'fields too large': [413, part('name="a"', 'x'.repeat(66000)) + `--${boundary}--`],
  };
  for (const [what, [status, body]] of Object.entries(wrong)) {
    test(`${status} ${what}`, async () => {
      const wire = await server.connect();
      const reply = await wire.ask(request('POST', '/upload?limit=1000', formType, body));
      assert.equal(reply.status, status);
      assert.ok(reply.json().detail);
      wire.destroy();
    });
  }

  test('a raw body too large is refused from its head, or as it grows', async () => {
    let wire = await server.connect();
    assert.equal((await wire.ask(request('POST', '/upload?limit=1000', { 'Content-Length': 2000000000 }))).status, 413);
    wire = await server.connect();
    await wire.send('POST /upload?limit=1000 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n' + ('1F4\r\n' + 'a'.repeat(500) + '\r\n').repeat(3));
    const reply = await wire.reply();
    assert.equal(reply.status, 413);
    assert.equal(reply.headers.connection, 'close');
  });

  test('who sends far too much can still read why', async () => {
    const wire = await server.connect();
    const sent = wire.send(request('POST', '/upload?limit=1000', {}, 'x'.repeat(20000000)));
    assert.equal((await wire.reply()).status, 413);
    await sent;
    wire.shut();
    await new Promise((resolve) => wire.socket.on('close', resolve));
    assert.equal(wire.failure, undefined);
  });

  test('no proper boundary is 400', async () => {
    const wire = await server.connect();
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=' + 'a'.repeat(71), 'multipart/form-data; boundary=""']) {
      const reply = await (await server.connect()).ask(request('POST', '/upload', { 'Content-Type': type }, 'x'));
      assert.equal(reply.status, 400, type);
    }
    wire.destroy();
  });
});

describe('event streams', () => {
  const server = withServer({ 'heartbeat-ms': 100 });

  test('send events and comments', async () => {
    const wire = await server.connect();
    await wire.send(request('GET', '/events'));
    const text = await wire.text(': still here\n\n');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /\r\nContent-Type: text\/event-stream\r\n/);
    assert.ok(!/content-length/i.test(text));
    const events = text.slice(text.indexOf('\r\n\r\n') + 4);
    assert.ok(events.startsWith('retry: 1000\n\nid: 0\nevent: changed\ndata: one\ndata: two\n\nid: 1\nevent: changed\n'), events);
    wire.destroy();
  });

  test('end when the frame drops them, or the client leaves', async () => {
    const ended = await server.connect();
    await ended.send(request('GET', '/events?end'));
    assert.match(await ended.closed(), /data: two\n\n$/);
    const observer = await server.connect();
    const before_ = (await observer.ask(request('GET', '/gone'))).json();
    const left = await server.connect();
    await left.send(request('GET', '/events'));
    await left.text('data: two');
    left.shut();
    await left.closed();
    const after_ = (await observer.ask(request('GET', '/gone'))).json();
    assert.equal(after_.lost, before_.lost + 1);
    observer.destroy();
  });

  test('a client that reads too slowly is dropped', async () => {
    const wire = await server.connect();
    wire.socket.pause(); // the kernel takes some megabytes for it
    await wire.send(request('GET', '/events?count=3000&bytes=10000'));
    const observer = await server.connect();
    while ((await observer.ask(request('GET', '/gone'))).json().open > 1);
    wire.socket.resume();
    assert.ok((await wire.closed()).length < 3000 * 10000);
    observer.destroy();
  });
});

describe('assets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assets-'));
  const css = 'body { color: #123 }\n'.repeat(600);
  mkdirSync(join(folder, 'img'));
  writeFileSync(join(folder, 'titled.css'), css);
  writeFileSync(join(folder, 'img/seal.svg'), '<svg/>');
  writeFileSync(join(folder, '.hidden'), 'x');
  const server = withServer({ assets: folder });

  test('are cached for ever under their version only', async () => {
    const wire = await server.connect();
    assert.match(server.asset, /^\/assets\/titled\.css\?v=[0-9a-f]{16}$/);
    const versioned = await wire.ask(request('GET', server.asset));
    assert.equal(versioned.body, css);
    assert.equal(versioned.headers['content-type'], 'text/css; charset=utf-8');
    assert.equal(versioned.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(versioned.headers.etag, `"${sha256(css)}"`);
    for (const query of ['', '?v=0000000000000000', '?v=']) {
      const plain = await wire.ask(request('GET', '/assets/titled.css' + query));
      assert.equal(plain.headers['cache-control'], 'no-cache');
    }
    for (const tag of [versioned.headers.etag, `"x", W/${versioned.headers.etag}`, '*']) {
      const same = await wire.ask(request('GET', '/assets/titled.css', { 'If-None-Match': tag }));
      assert.equal(same.status, 304, tag);
      assert.equal(same.headers.etag, versioned.headers.etag);
    }
    assert.equal((await wire.ask(request('GET', '/assets/titled.css', { 'If-None-Match': '"x"' }))).status, 200);
    wire.destroy();
  });

  test('nothing else is reachable', async () => {
    const wire = await server.connect();
    assert.equal((await wire.ask(request('GET', '/assets/img/seal.svg'))).headers['content-type'], 'image/svg+xml');
    for (const path of ['/assets/', '/assets/.hidden', '/assets/img', '/assets/none.css', '/assets//etc/passwd'])
      assert.equal((await wire.ask(request('GET', path))).status, 404, path);
    const posted = await wire.ask(request('POST', '/assets/titled.css'));
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.allow, 'GET, HEAD');
    wire.destroy();
  });
});

describe('the end', () => {
  test('requests in flight are answered, idle clients and streams let go, nobody else let in', async () => {
    const server = await startEcho({ control: 'FOLDER/control.sock' });
    const idle = await server.connect();
    await idle.ask(request('GET', '/plain'));
    const stream = await server.connect();
    await stream.send(request('GET', '/events'));
    await stream.text('data: two');
    const flight = await server.connect();
    await flight.send(request('GET', '/later?ms=300'));
    const body = await server.connect();
    await body.send(request('POST', '/echo', { 'Content-Length': 5, Expect: '100-continue' }));
    await body.reply();
    const ending = server.stop();
    await idle.closed();
    await stream.closed();
    await assert.rejects(server.connect());
    const late = await flight.reply();
    assert.equal(late.status, 200);
    assert.equal(late.headers.connection, 'close');
    assert.equal((await body.ask('hello')).json().body, 'hello');
    for (const wire of [idle, stream, flight, body]) wire.shut();
    const { code, lines } = await ending;
    assert.equal(code, 0);
    const logged = lines.filter((line) => line.event === 'http.request');
    assert.deepEqual(logged.map((line) => line.path).sort(), ['/echo', '/events', '/later', '/plain']);
  });

  test('clients that vanish are told to the frame', async () => {
    const server = await startEcho();
    const observer = await server.connect();
    for (const [path, extra] of [['/hold', ''], ['/echo', 'half']]) {
      const wire = await server.connect();
      await wire.send(request('POST', path, { 'Content-Length': path === '/hold' ? 4 : 9 }) + (extra || 'body'));
      wire.socket.resetAndDestroy();
    }
    for (let lost = 0; lost < 2; ) ({ lost } = (await observer.ask(request('GET', '/gone'))).json());
    observer.destroy();
    assert.equal((await server.stop()).code, 0);
  });

  test('the log has one line per request, without the query', async () => {
    const server = await startEcho();
    const wire = await server.connect();
    const { headers } = await wire.ask(request('GET', '/plain%20x?secret=1'));
    await wire.ask('broken\r\n\r\n');
    wire.destroy();
    const { lines, log } = await server.stop();
    assert.equal(lines.length, 2);
    assert.ok(!log.includes('secret'));
    const { method, path, status, bytes, ms, request: id, address } = lines[0];
    assert.deepEqual({ method, path, status, address, id }, { method: 'GET', path: '/plain x', status: 200, address: '127.0.0.1', id: headers['x-request-id'] });
    assert.ok(bytes > 0 && ms >= 0);
    assert.equal(lines[1].status, 400);
  });
});
