// Strict HTTP/1.1 on the real routes: which bodies are asked for, which are never requests, what HEAD says, pipelines.
// The table of what is refused is http_wire.test.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from './harness.mjs';
import { request, Wire } from './wire.mjs';

const close = { Connection: 'close' };
const json = { 'Content-Type': 'application/json', Accept: 'application/json' };

describe('strict HTTP on real routes', () => {
  let server, session;
  const connect = () => Wire.connect({ port: server.port, host: '127.0.0.1' });

  before(async () => {
    server = await startServer();
    const someone = await server.account('lin', [{ role: 'applicant', scope: '' }]);
    session = { Cookie: [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; '), 'X-CSRF-Token': someone.csrf };
  });
  after(async () => server?.stop());

  async function expecting(method, path, headers, length = 20) {
    const wire = await connect();
    await wire.send(request(method, path, { ...json, Expect: '100-continue', 'Content-Length': length, ...headers }));
    const reply = await wire.reply({ head: method === 'HEAD' });
    if (reply?.status !== 100) assert.equal(await wire.closed(), '', 'the body was refused, so the connection ends');
    wire.destroy();
    return reply?.status;
  }

  test('Expect: 100-continue is answered where the route takes that body', async () => {
    const wire = await connect();
    const body = JSON.stringify({ login: 'lin', password: 'wrong' });
    assert.equal((await wire.ask(request('POST', '/api/v1/session', { ...json, Expect: '100-continue', 'Content-Length': body.length }))).status, 100);
    assert.equal((await wire.ask(body)).status, 401);
    assert.equal((await wire.ask(request('GET', '/login', close))).status, 200);
    wire.destroy();
  });

  test('Expect: 100-continue gets the final status where it does not', async () => {
    const refused = {
      'no such address': [404, 'POST', '/api/v1/nothing', {}],
      'no such method': [405, 'PATCH', '/api/v1/session', {}],
      'too large': [413, 'POST', '/api/v1/session', {}, 2 ** 21],
      'nobody is logged in': [401, 'POST', '/api/v1/units', {}],
      'nobody is logged in, and the upload is large': [401, 'POST', '/api/v1/applications/01ARZ3NDEKTSV4RRFFQ69G5FAV/evidence', {}, 2 ** 20],
      'another role': [403, 'POST', '/api/v1/units', session],
      'a body on GET': [413, 'GET', '/login', {}],
      'a body on HEAD': [413, 'HEAD', '/login', {}],
      'a file of ours': [405, 'POST', '/assets/titled.css', {}],
      'another expectation': [417, 'POST', '/api/v1/session', { Expect: 'gold' }],
    };
    for (const [what, [status, method, path, headers, length]] of Object.entries(refused))
      assert.equal(await expecting(method, path, headers, length), status, what);
  });

  test('a body on GET, HEAD, DELETE or OPTIONS is never a second request', async () => {
    const hidden = request('GET', '/hidden');
    const from = server.lines.length;
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
      for (const path of ['/login', '/api/v1/session', '/assets/titled.css', '/nothing', '/api/v1/units'])
        for (const framing of ['length', 'chunks']) {
          const wire = await connect();
          const text = framing === 'length' ? request(method, path, session, hidden)
            : `${request(method, path, { ...session, 'Transfer-Encoding': 'chunked' })}${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
          await wire.send(text + request('GET', '/health', close));
          const all = await wire.closed();
          const count = all.split('HTTP/1.1 ').length - 1;
          assert.ok(count === 1 || count === 2, `${method} ${path}: ${count} replies`);
          wire.destroy();
        }
    assert.ok(!server.lines.slice(from).some((line) => line.path === '/hidden'));
  });

  test('HEAD has the head of GET and no body', async () => {
    const client = { ...session, 'Accept-Language': 'en' };
    for (const [path, accept] of [['/login', 'text/html'], ['/', 'text/html'], ['/api/v1/session', 'application/json'], ['/api/v1/cycles', 'application/json'],
      ['/assets/titled.css', '*/*'], ['/api/v1/openapi.json', '*/*'], ['/nothing', 'text/html'], ['/api/v1/nothing', 'application/json'], ['/api/v1/units', 'application/json']]) {
      const wire = await connect();
      await wire.send(request('HEAD', path, { ...client, Accept: accept }));
      const head = await wire.reply({ head: true });
      // The next reply begins right behind the head: had a body come, it would be read as a status line.
      const get = await wire.ask(request('GET', path, { ...client, Accept: accept }));
      assert.equal(head.status, get.status, path);
      for (const name of ['content-type', 'cache-control', 'location', 'etag']) assert.equal(head.headers[name], get.headers[name], `${path}: ${name}`);
      if (head.status < 400) assert.equal(head.headers['content-length'], get.headers['content-length'], path);
      else assert.ok(Number(head.headers['content-length']) > 0, path); // the request's id is in it
      wire.destroy();
    }
  });

  test('200 at once, through every phase, in order', async () => {
    const kinds = [
      [request('GET', '/api/v1/session', { ...json, ...session }), 200, /json/], [request('GET', '/assets/icon.svg'), 200, /svg/],
      [request('GET', '/api/v1/nothing', json), 404, /problem/], [request('GET', '/login', { Accept: 'text/html' }), 200, /html/],
    ];
    const wire = await connect();
    await wire.send(Array.from({ length: 200 }, (_, i) => kinds[i % 4][0]).join(''));
    for (let i = 0; i < 200; i++) {
      const [, status, type] = kinds[i % 4];
      const reply = await wire.reply();
      assert.equal(reply?.status, status, `reply ${i}`);
      assert.match(reply.headers['content-type'], type, `reply ${i}`);
    }
    wire.destroy();
  });
});
