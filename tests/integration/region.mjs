// Another party with an HTTP interface, as core/outgoing/ speaks to it: the region's platform, a gateway. It checks every
// signature, keeps what it takes once per idempotency key, and misbehaves on demand:
//
//   region.next('lose')   takes the next one and hangs up without an answer
//           'drop'        hangs up before it takes it            'error'    takes it, answers 500
//           'hold'        takes it, answers when released        'double'   a proxy hands it over twice
//           'reject'      422 with a reason                      'redirect' sends elsewhere
//           'vague'       200 without a receipt                  'large'    an answer without end
//           'long'        200 with a receipt that is none        'busy'     429, does not take it

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';

export class Region {
  /** `tls` = {certificate, key}, paths: over https. */
  constructor(key = 'a key of at least sixteen bytes', tls = undefined) {
    this.key = key;
    this.tls = tls;
    this.taken = new Map(); // key → {key, kind, body, receipt, times}
    this.requests = []; // {method, path, key, kind, body}
    this.faults = [];
    this.held = [];
    this.watchers = new Set();
    this.problems = [];
    const read = (request, reply) => this.read(request, reply);
    this.server = tls ? https.createServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, read) : http.createServer(read);
  }

  async listen(port = 0) {
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    return this;
  }

  get url() {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${this.port}/in`;
  }

  /** The member of an outgoing file; the key is written into `folder`. */
  target(folder, name, more = {}) {
    const file = join(folder, `${name}.key`);
    writeFileSync(file, `${this.key}\n`, { mode: 0o600 });
    return { url: this.url, key_file: file, deadline_seconds: 1, retry_ms: 20, retry_most_ms: 200, ...more };
  }

  async close() {
    for (const reply of this.held.splice(0)) reply.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    assert.deepEqual(this.problems, []);
  }

  next(...faults) {
    this.faults.push(...faults);
  }

  /** Resolves with the first truthy answer of `look`, looked at after every request. */
  until(look) {
    return new Promise((resolve) => {
      const watch = () => {
        const found = look(this);
        if (!found) return;
        this.watchers.delete(watch);
        resolve(found);
      };
      this.watchers.add(watch);
      watch();
    });
  }

  wake() {
    for (const watch of [...this.watchers]) watch();
  }

  release() {
    for (const answer of this.held.splice(0)) answer();
  }

  check(request, body) {
    const { method, url, headers } = request;
    const text = [method, url, headers['idempotency-key'], headers['titled-time'], createHash('sm3').update(body).digest('hex')].join('\n');
    const mac = createHmac('sm3', this.key).update(text).digest('hex');
    if (headers['titled-signature'] !== `hmac-sm3=${mac}`) this.problems.push(`${method} ${url}: not signed with our key`);
  }

  async read(request, reply) {
    const chunks = [];
    request.on('error', () => {});
    reply.on('error', () => {});
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.check(request, body);
    const one = { method: request.method, path: request.url, key: request.headers['idempotency-key'], kind: request.headers['titled-kind'], body: body && JSON.parse(body) };
    const say = (status, value, headers = {}) => reply.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (one.method === 'GET') this.answer(one, say, reply);
    else this.accept(one, say, reply);
    this.requests.push(one);
    this.wake();
  }

  take(one) {
    const kept = this.taken.get(one.key) ?? { ...one, receipt: `XJ-${this.taken.size + 1}`, times: 0 };
    kept.times++;
    this.taken.set(one.key, kept);
    return kept;
  }

  /** What a question is answered; a test may set `region.answers = (one) => [status, value]`. */
  answer(one, say, reply) {
    const [kept] = [...this.taken.values()].filter(({ key }) => one.path.endsWith(`/${key}`));
    const fault = this.askFaults?.shift();
    if (fault === 'drop') return reply.destroy();
    const own = this.answers?.(one, kept);
    if (own) return say(...own);
    return kept ? say(200, { receipt: kept.receipt }) : say(404, { reason: 'unknown' });
  }

  accept(one, say, reply) {
    const fault = this.faults.shift();
    switch (fault) {
      case 'drop': return reply.destroy();
      case 'reject': return say(422, { reason: '专家名单与库不一致' });
      case 'busy': return say(429, { reason: 'later' });
      case 'redirect': return say(307, {}, { Location: 'http://127.0.0.1:1/elsewhere' });
    }
    const kept = this.take(one);
    switch (fault) {
      case 'lose': return reply.destroy();
      case 'error': return say(500, { reason: '13800001111' });
      case 'vague': return say(200, {});
      case 'long': return say(200, { receipt: 'x'.repeat(201) });
      case 'large': return say(200, { receipt: kept.receipt, text: 'x'.repeat(1 << 20) });
      case 'hold': return this.held.push(Object.assign(() => say(201, { receipt: kept.receipt }), { destroy: () => reply.destroy() }));
      case 'double': this.take(one);
    }
    say(201, { receipt: kept.receipt, by: 'a name' }); // no person here recorded it
  }
}

/** The outgoing file of these parties, {name: [region, more]}; answers its path. */
export function outgoing(folder, parties) {
  const file = join(folder, 'outgoing.json');
  writeFileSync(file, JSON.stringify(Object.fromEntries(Object.entries(parties).map(([name, [region, more]]) => [name, region.target(folder, name, more)]))));
  return file;
}
