// The limits a client can push against, on the real server: their defaults, and that each setting does what it says.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { division, pdf, teacher } from './city.mjs';
import { build, startServer } from './harness.mjs';
import { request, Wire } from './wire.mjs';

const close = { Connection: 'close' };

function withServer(config) {
  const here = { connect: (options) => Wire.connect({ port: here.server.port, host: '127.0.0.1', ...options }) };
  before(async () => (here.server = await startServer({ config })));
  after(async () => here.server?.stop());
  return here;
}

test('the defaults', () => {
  const help = execFileSync(join(build, 'bin/titled'), ['--help'], { encoding: 'utf8' });
  const expected = {
    limit_request_line: 8192, limit_header_bytes: 16384, limit_header_count: 100, limit_body: 2 ** 20, limit_upload: 20 * 2 ** 20,
    limit_header_seconds: 10, limit_body_rate: 1000, limit_rate_seconds: 10, limit_idle_seconds: 15, limit_linger_seconds: 2,
    limit_connections: 2000, limit_per_address: 64, limit_pipeline: 32, limit_output: 2 ** 18, trusted_proxy: '""',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(new RegExp(`^  ${name} +(\\S+) `, 'm').exec(help)?.[1], String(value), name);
});

describe('sizes', () => {
  const here = withServer({ limit_request_line: 300, limit_header_bytes: 1500, limit_header_count: 12, limit_body: 3000, limit_upload: 2000, limit_output: 4096, limit_rate_seconds: 1, trusted_proxy: '127.0.0.9' });

  /** The status of one request on a connection of its own. */
  async function status(text, path) {
    const wire = await (path ? Wire.connect({ path }) : here.connect());
    await wire.send(text);
    const reply = await wire.reply();
    wire.destroy();
    return reply?.status;
  }
  const lined = (length) => `GET /assets/icon.svg?${'a'.repeat(length - 'GET /assets/icon.svg? HTTP/1.1'.length)} HTTP/1.1\r\nHost: a\r\n\r\n`;

  test('limit_request_line', async () => {
    assert.equal(await status(lined(300)), 200);
    assert.equal(await status(lined(301)), 414);
  });

  test('limit_header_bytes', async () => {
    const block = (length) => `GET /login HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(length - 'Host: a\r\nA: '.length)}\r\n\r\n`;
    assert.equal(await status(block(1500)), 200);
    assert.equal(await status(block(1501)), 431);
  });

  test('limit_header_count', async () => {
    const fields = (count) => `GET /login HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(count - 1)}\r\n`;
    assert.equal(await status(fields(12)), 200);
    assert.equal(await status(fields(13)), 431);
  });

  test('limit_body, announced or chunked', async () => {
    const control = join(here.server.folder, 'control.sock');
    const json = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const chunked = (length) => `POST /api/v1/units HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${length.toString(16)}\r\n${'{'.padEnd(length)}\r\n0\r\n\r\n`;
    assert.equal(await status(request('POST', '/api/v1/units', json, '{'.padEnd(3000)), control), 400);
    assert.equal(await status(request('POST', '/api/v1/units', json, '{'.padEnd(3001)), control), 413);
    assert.equal(await status(chunked(3000), control), 400);
    assert.equal(await status(chunked(3001), control), 413);
  });

  test('limit_upload', async () => {
    const { control } = here.server;
    const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
    const unit = await control.ok('POST', '/units', { name: '中心小学', division_code: division, kind: 'school', grassroots: 'township' });
    await control.ok('POST', '/standards', { series: 'teacher', level: 'intermediate', bootstrap: true });
    const cycle = await control.ok('POST', '/cycles', { series: 'teacher', year: 2026, name: '评审', notice_number: '1', notice_text: '通知', notice_date: day(-40),
      cutoff_date: '2026-08-31', opens_on: day(-30), closes_on: day(30) });
    await control.ok('POST', `/cycles/${cycle.id}/open`);
    const lin = await teacher({ server: here.server, unit }, 'lin');
    const { id } = await lin.ok('POST', '/applications', { cycle: cycle.id, level: 'intermediate', specialty: 'chinese' });
    const upload = (length) => lin.upload(`/api/v1/applications/${id}/evidence`, { section: 'qualification', item: '' },
      { name: 'a.pdf', type: 'application/pdf', bytes: Buffer.concat([pdf, Buffer.alloc(length - pdf.length, '%\n')]) });
    assert.equal((await upload(2000)).status, 422, 'what is in it is looked at');
    const above = await upload(2001);
    assert.equal(above.status, 413);
    assert.ok(above.body.detail, 'says what to do');
  });

  test('trusted_proxy: its word counts for the client’s address, nobody else’s does', async () => {
    for (const [localAddress, seen] of [['127.0.0.9', '203.0.113.5'], ['127.0.0.1', '127.0.0.1']]) {
      const wire = await here.connect({ localAddress });
      const reply = await wire.ask(request('GET', '/login', { 'X-Forwarded-For': '198.51.100.7, 203.0.113.5' }));
      const line = await here.server.seen('http.request', ({ request: id }) => id === reply.headers['x-request-id']);
      assert.equal(line.address, seen);
      wire.destroy();
    }
  });

  test('limit_output: a client that does not read is not read either', async () => {
    const from = here.server.lines.length;
    const wire = await here.connect();
    wire.socket.pause();
    wire.send(request('GET', '/assets/titled.css').repeat(2000));
    await here.server.seen('http.cut', () => true, from);
    const served = here.server.lines.slice(from).filter((line) => line.path === '/assets/titled.css').length;
    assert.ok(served > 0 && served < 1000, `${served} of 2000 requests were read`);
    wire.destroy();
  });
});

describe('times', { concurrency: true }, () => {
  const here = withServer({ limit_header_seconds: 1, limit_idle_seconds: 1, limit_rate_seconds: 1, limit_body_rate: 2000, limit_linger_seconds: 1 });
  const lasting = async (run) => {
    const started = Date.now();
    await run();
    return Date.now() - started;
  };

  test('limit_header_seconds: from the first byte to the last, however it drips', async () => {
    const wire = await here.connect();
    await wire.send('GET /login HTTP/1.1\r\n');
    const drip = setInterval(() => wire.send('A: b\r\n'), 50);
    const took = await lasting(async () => assert.equal((await wire.reply())?.status, 408));
    clearInterval(drip);
    assert.ok(took > 800 && took < 3000, `${took} ms`);
    wire.destroy();
  });

  test('limit_idle_seconds: between requests and before the first', async () => {
    for (const text of ['', request('GET', '/login')]) {
      const wire = await here.connect();
      if (text) await wire.ask(text);
      const took = await lasting(async () => assert.equal(await wire.closed(), ''));
      assert.ok(took > 800 && took < 3000, `${took} ms`);
      wire.destroy();
    }
  });

  test('limit_body_rate in limit_rate_seconds: a body', async () => {
    const wire = await here.connect();
    await wire.send(request('POST', '/api/v1/session', { 'Content-Type': 'application/json', 'Content-Length': 9000 }));
    const drip = setInterval(() => wire.send(' '), 50);
    const took = await lasting(async () => assert.equal((await wire.reply())?.status, 408));
    clearInterval(drip);
    assert.ok(took > 800 && took < 3000, `${took} ms`);
    wire.destroy();
  });

  test('limit_body_rate in limit_rate_seconds: a body that was fast at first', async () => {
    const wire = await here.connect();
    await wire.send(request('POST', '/api/v1/session', { 'Content-Type': 'application/json', 'Content-Length': 16000 }) + ' '.repeat(15000));
    const took = await lasting(async () => assert.equal((await wire.reply())?.status, 408));
    assert.ok(took < 4000, `${took} ms: what came early is no credit`);
    wire.destroy();
  });

  test('limit_linger_seconds: a refused client that drips', async () => {
    const wire = await here.connect();
    await wire.send(request('POST', '/api/v1/nothing', { 'Content-Length': 9000 }));
    const drip = setInterval(() => wire.send(' '), 50);
    assert.equal((await wire.reply())?.status, 404);
    const took = await lasting(() => new Promise((resolve) => wire.socket.on('close', resolve)));
    clearInterval(drip);
    assert.ok(took < 3000, `${took} ms`);
  });
});

describe('numbers', () => {
  const here = withServer({ limit_connections: 5, limit_per_address: 3 });

  test('limit_per_address is told, limit_connections waits, the console is let in', async () => {
    const wires = [];
    for (const localAddress of ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.2']) wires.push(await here.connect({ localAddress }));
    for (const wire of wires) assert.equal((await wire.ask(request('GET', '/login')))?.status, 200);
    const refused = await here.connect();
    const reply = await refused.reply();
    assert.equal(reply.status, 503);
    assert.ok(reply.headers['retry-after']);
    wires.push(await here.connect({ localAddress: '127.0.0.3' }));
    assert.equal((await wires.at(-1).ask(request('GET', '/login')))?.status, 200);
    const waiting = await here.connect({ localAddress: '127.0.0.4' });
    const answer = waiting.ask(request('GET', '/login', close));
    assert.equal((await here.server.control.json('GET', '/accounts')).status, 200);
    assert.equal(waiting.bytes.length, 0);
    wires[0].destroy();
    assert.equal((await answer).status, 200);
    [...wires, waiting, refused].forEach((wire) => wire.destroy());
  });

  test('descriptors follow limit_connections; where they cannot, the log says so', async () => {
    const soft = (pid) => Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))[1]);
    await here.server.process.kill('SIGTERM');
    const start = async (...settings) => {
      const child = spawn('prlimit', [...settings, join(build, 'bin/titled'), '--config', here.server.config], { stdio: ['ignore', 'ignore', 'pipe'] });
      let log = '';
      await new Promise((resolve, reject) => {
        child.stderr.on('data', (bytes) => (log += bytes).includes('"server.listening"') && resolve());
        child.on('close', () => reject(new Error(log)));
      });
      const limit = soft(child.pid);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('close', resolve));
      return { log, limit };
    };
    const raised = await start('--nofile=200:4096');
    assert.equal(raised.limit, 5 * 2 + 256);
    assert.doesNotMatch(raised.log, /server\.descriptors/);
    const short = await start('--nofile=200:220');
    assert.equal(short.limit, 220);
    assert.match(short.log, /"server\.descriptors".*"wanted": ?266.*"allowed": ?220/);
    await here.server.startTitled();
  });
});
