// Live pages: what a stream says, what who comes back has missed, how many there may be, and when they end.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { password, startServer } from './harness.mjs';
import { otherNode } from './node.mjs';

/** An event stream that is read as it comes: `text` is all of it. */
class Stream {
  static async open(client, path = '/account/live', headers = {}) {
    const [name, value] = client.session ?? ['none', ''];
    const { port, ca } = client.target;
    const request = http.request({ host: '127.0.0.1', port, ca, path: `/api/v1${path}`, agent: false, headers: { Cookie: `${name}=${value}`, ...headers } });
    request.end();
    const reply = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
    return new Stream(request, reply);
  }

  constructor(request, reply) {
    Object.assign(this, { request, status: reply.statusCode, type: reply.headers['content-type'], text: '', ended: false, waiting: [] });
    const wake = () => this.waiting.splice(0).forEach((resolve) => resolve());
    reply.on('data', (bytes) => ((this.text += bytes), wake()));
    for (const event of ['end', 'error', 'close']) reply.on(event, () => ((this.ended = true), wake()));
  }

  /** Resolves when the text fits; fails when the stream ends before. */
  async until(fits) {
    while (!fits.test(this.text)) {
      assert.ok(!this.ended, `it ended before ${fits}:\n${this.text}`);
      await new Promise((resolve) => this.waiting.push(resolve));
    }
    return this.text;
  }

  /** All it said, once the server has ended it. */
  async end() {
    while (!this.ended) await new Promise((resolve) => this.waiting.push(resolve));
    return this.text;
  }

  get lastId() {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }

  close() {
    this.request.destroy();
  }
}

function withServer(config) {
  const here = {};
  before(async () => {
    here.server = await startServer({ config });
    here.node = await otherNode(here.server);
    here.change = (client, n) => here.node.publish({ topic: `account/${client.account.id}`, event: 'changed', n });
  });
  after(async () => {
    here.node.close();
    await here.server.stop();
  });
  return here;
}

describe('a stream', { timeout: 120_000 }, () => {
  const here = withServer({ stream_heartbeat_seconds: 1 });

  test('says events with their ids, and that it lives', async () => {
    const client = await here.server.account('lin');
    const stream = await Stream.open(client);
    assert.equal(stream.status, 200);
    assert.match(stream.type, /^text\/event-stream/);
    await stream.until(/^retry: \d+\n\n/m);
    await stream.until(/^id: [0-9a-f]{96}\n\n/m); // before anything has happened
    await here.change(client, 1);
    await stream.until(/^id: [0-9a-f]{96}\nevent: changed\ndata: \{.*"n":1\}\n\n/m);
    await stream.until(/^: still here\n/m);
    stream.close();
  });

  test('who comes back hears what he missed, in order and once, and nothing of others', async () => {
    const [client, other] = [await here.server.account('chen'), await here.server.account('wang')];
    const first = await Stream.open(client);
    await first.until(/^id: .*\n\n/m);
    await here.change(client, 1);
    await first.until(/"n":1/);
    const { lastId } = first;
    first.close();
    for (let n = 2; n <= 4; n++) {
      await here.change(client, n);
      await here.change(other, 100 + n);
    }
    const witness = await Stream.open(other);
    await here.change(other, 200);
    await witness.until(/"n":200/); // so this node has heard all of it
    witness.close();
    const again = await Stream.open(client, '/account/live?after=long-ago', { 'Last-Event-ID': lastId });
    const page = await Stream.open(client, `/account/live?after=${lastId}`);
    await here.change(client, 5);
    for (const stream of [again, page]) {
      await stream.until(/"n":5/);
      assert.deepEqual([...stream.text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n)), [2, 3, 4, 5]);
      assert.doesNotMatch(stream.text, /resync/);
      stream.close();
    }
  });

  test('an id that says nothing any more brings a resync, none brings nothing', async () => {
    const client = await here.server.account('zhao');
    const first = await Stream.open(client);
    await first.until(/^id: .*\n\n/m);
    const { lastId } = first;
    first.close();
    for (const id of ['x', `${'0'.repeat(26)}-1`, lastId.slice(1), `${lastId}0`, '0'.repeat(96), '9'.repeat(600)]) {
      const stream = await Stream.open(client, '/account/live', { 'Last-Event-ID': id });
      await stream.until(/^event: resync\n/m);
      await stream.until(/^id: .*\n\n/m);
      stream.close();
    }
    const unknown = await Stream.open(client, '/account/live?after='); // a page made while nothing was known
    await unknown.until(/^event: resync\n/m);
    unknown.close();
    for (let i = 0; i < 520; i++) await here.change(client, i);
    const late = await Stream.open(client, '/account/live', { 'Last-Event-ID': lastId });
    await late.until(/^event: resync\n/m);
    late.close();
    const fresh = await Stream.open(client);
    await fresh.until(/^id: .*\n\n/m);
    assert.doesNotMatch(fresh.text, /event:/);
    fresh.close();
  });

  test('who missed more than is told one by one is told to look again, not dropped', async () => {
    const client = await here.server.account('patient');
    const first = await Stream.open(client);
    await first.until(/^id: .*\n\n/m);
    const { lastId } = first;
    for (let i = 0; i < 300; i++)
      await here.node.publish({ topic: `account/${client.account.id}`, event: 'changed', n: i, more: 'x'.repeat(250) });
    await first.until(/"n":299/); // so this node has heard all of it
    first.close();
    const again = await Stream.open(client, '/account/live', { 'Last-Event-ID': lastId });
    await again.until(/^event: resync\n.*\n\nid: .*\n\n/m);
    again.close();
  });

  test('of one account there are three here: a fourth ends the oldest and says so', async () => {
    const [client, other] = [await here.server.account('tabs'), await here.server.account('neighbour')];
    const theirs = await Stream.open(other);
    const streams = [];
    for (let i = 0; i < 3; i++) streams.push(await Stream.open(client));
    const fourth = await Stream.open(client);
    assert.equal(fourth.status, 200);
    assert.match(await streams[0].end(), /event: bye\ndata: \{"event":"bye","reason":"many"\}\n\n$/);
    await here.change(client, 7);
    for (const stream of [streams[1], streams[2], fourth]) await stream.until(/"n":7/);
    await here.change(other, 8);
    await theirs.until(/"n":8/);
    for (const stream of [theirs, ...streams, fourth]) stream.close();
  });
});

describe('a stream ends with its session', { timeout: 120_000 }, () => {
  const here = withServer({ limit_streams: 100 });
  const bye = /event: bye\ndata: \{"event":"bye","reason":"session"\}\n\n$/;
  const again = async (client) => {
    const next = here.server.client();
    assert.equal((await next.login(client.account.login)).status, 200);
    next.account = client.account;
    return next;
  };

  test('at logout, in every tab of that session and in no other', async () => {
    const one = await here.server.account('lin');
    const two = await again(one);
    const [a, b, c] = [await Stream.open(one), await Stream.open(one), await Stream.open(two)];
    const cookie = [...one.cookies];
    assert.ok((await one.json('DELETE', '/session')).status < 300);
    assert.match(await a.end(), bye);
    assert.match(await b.end(), bye);
    await here.change(one, 1);
    await c.until(/"n":1/);
    c.close();
    one.cookies = new Map(cookie);
    assert.equal((await Stream.open(one)).status, 401);
  });

  test('when it is revoked from elsewhere, alone or with all others', async () => {
    const one = await here.server.account('chen');
    const [two, three] = [await again(one), await again(one)];
    const [a, b, c] = [await Stream.open(one), await Stream.open(two), await Stream.open(three)];
    const { sessions } = await two.ok('GET', '/account');
    await one.ok('DELETE', `/account/sessions/${sessions.find(({ current }) => current).id}`);
    assert.match(await b.end(), bye);
    await here.change(one, 1);
    await c.until(/"n":1/);
    assert.ok((await one.json('DELETE', '/account/sessions')).status < 300);
    assert.match(await c.end(), bye);
    await here.change(one, 2);
    await a.until(/"n":2/);
    a.close();
  });

  test('when the password is changed the others end, when the account is disabled all', async () => {
    const one = await here.server.account('wang');
    const two = await again(one);
    const [a, b] = [await Stream.open(one), await Stream.open(two)];
    const fresh = 'another horse 2027';
    await one.ok('POST', '/account/password', { password, new_password: fresh, new_password_again: fresh });
    assert.match(await b.end(), bye);
    await here.change(one, 3);
    await a.until(/"n":3/);
    await here.server.control.ok('POST', `/accounts/${one.account.id}/disable`, {});
    assert.match(await a.end(), bye);
  });

  test('when another node ends it', async () => {
    const one = await here.server.account('node');
    const stream = await Stream.open(one);
    const [{ id }] = (await one.ok('GET', '/account')).sessions;
    await here.node.say({ topic: `session/${id}`, event: 'ended' });
    assert.match(await stream.end(), bye);
  });

  test('when Redis has lost it: after a gap nobody listens on the strength of what once was', async () => {
    const one = await here.server.account('gap');
    const stream = await Stream.open(one);
    await stream.until(/^retry: /m); // its session is known to be there
    await here.server.stopRedis();
    await here.server.restartRedis(); // empty
    assert.match(await stream.end(), /event: resync\n/);
    assert.equal((await Stream.open(one, '/account/live', { 'Last-Event-ID': stream.lastId })).status, 401);
    here.node.close();
    here.node = await otherNode(here.server);
    await one.login('gap');
    const next = await Stream.open(one, '/account/live', { 'Last-Event-ID': stream.lastId });
    await next.until(/^event: resync\n/m);
    next.close();
  });
});

test('a stream ends after stream_seconds, and rights are looked at again', { timeout: 60_000 }, async () => {
  const server = await startServer({ config: { stream_seconds: 1 } });
  try {
    const client = await server.account('brief');
    const stream = await Stream.open(client);
    assert.doesNotMatch(await stream.end(), /bye/);
    assert.equal((await Stream.open(client)).status, 200);
  } finally {
    await server.stop();
  }
});
