// The client with a journal: writers that note what they send before they send it and what was acknowledged
// after, and send the same again with the same key until there is an answer, as a careful client does.
//
// A line of the journal is {writer, n, kind, key, at: 'send' | 'ack' | 'refused', ...}: `send` has what was
// asked, `ack` what was answered. An intent without an `ack` was abandoned when the load ended.

import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { division } from '../integration/city.mjs';
import { pdf } from '../integration/files.mjs';

const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const WAIT_MS = 60_000;
const RETRY_MS = 25; // of a client that has been told to come back later, or reached nobody

/** What a write may be told while something is broken. */
const isLater = (status) => [429, 503, 507].includes(status);

export class Load {
  /** `rig` has server, and actors: {teachers: [...], clerk, dossiers: [{id, items}]}. */
  constructor(rig, path) {
    this.rig = rig;
    this.path = path;
    this.answers = new Map(); // status and problem type -> count
    this.wrong = []; // answers that nobody should get
    this.acked = 0;
    this.stopping = false;
    this.kinds = new Map(); // of what was acknowledged
    this.watchers = new Set();
  }

  complain(text) {
    if (this.wrong.length < 5 && !this.wrong.includes(text)) this.wrong.push(text);
  }

  note(line) {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }

  count(reply) {
    const name = `${reply.status}${reply.status >= 400 ? ` ${reply.body?.type ?? ''}` : ''}`;
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
  }

  tell() {
    for (const watch of [...this.watchers]) watch();
  }

  /** One intent until it is acknowledged: {ack} or undefined when the load ends first and nothing of it was sent
   *  that may have arrived. An intent whose fate is unknown is retried even while stopping. */
  async carryOut(writer, intent) {
    const line = { writer: writer.name, n: writer.n++, kind: intent.kind, key: randomUUID() };
    this.note({ ...line, at: 'send', ...intent.asked });
    for (let tries = 1; ; tries++) {
      let reply;
      try {
        reply = await intent.send({ 'Idempotency-Key': line.key });
      } catch {
        reply = undefined; // nobody knows what became of it
      }
      if (reply?.status >= 200 && reply?.status < 300) {
        this.count(reply);
        this.note({ ...line, at: 'ack', tries, replayed: reply.headers['idempotency-replayed'] === 'true', ...intent.learn(reply.body) });
        this.acked++;
        this.kinds.set(intent.kind, (this.kinds.get(intent.kind) ?? 0) + 1);
        this.tell();
        return reply.body;
      }
      const arrived = reply && tries > 1 && intent.already?.(reply); // an earlier try; the checker counts what it left
      if (reply && !arrived) {
        this.count(reply);
        this.tell();
      }
      if (reply && isLater(reply.status)) {
        if (!reply.headers['retry-after'] || !reply.body?.type) this.complain(`${intent.kind}: ${reply.status} ${reply.body?.type} without Retry-After`);
      } else if (reply?.status === 401) {
        await writer.client.login(writer.client.account?.login ?? '').catch(() => {});
      } else if (arrived) {
        return undefined;
      } else if (reply) {
        this.note({ ...line, at: 'refused', status: reply.status, text: reply.text });
        this.complain(`${intent.kind}: ${reply.status} ${reply.text.slice(0, 300)}`);
        return undefined;
      }
      if (this.abandoned) return undefined;
      await soon(RETRY_MS);
    }
  }

  /** Resolves when `holds()`; looks again after every answer. */
  until(holds, what) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.watchers.delete(watch);
        settle(value);
      };
      const timer = setTimeout(() => end(reject, new Error(`${what} did not come: ${JSON.stringify([...this.answers])} ${this.rig.server.process.log.slice(-3000)}`)), WAIT_MS);
      const watch = () => holds() && end(resolve);
      this.watchers.add(watch);
      watch();
    });
  }

  /** `count` more writes were acknowledged. */
  more(count) {
    const goal = this.acked + count;
    return this.until(() => this.acked >= goal, `${count} acknowledgements`);
  }

  /** This answer ("507 /problems/storage-full") came `count` times. */
  told(answer, count) {
    return this.until(() => (this.answers.get(answer) ?? 0) >= count, `${count} times ${answer}`);
  }

  /** `count` more writes of this kind were acknowledged. */
  acknowledges(kind, count = 1) {
    const goal = (this.kinds.get(kind) ?? 0) + count;
    return this.until(() => (this.kinds.get(kind) ?? 0) >= goal, `${count} acknowledgements of ${kind}`);
  }

  start() {
    const { teachers, clerk, dossiers } = this.rig;
    const [saver, second, attacher, starter] = teachers;
    this.running = [
      this.write({ name: 'saver', client: saver }, (w) => this.saves(w, saver)),
      this.write({ name: 'second', client: second }, (w) => this.saves(w, second)),
      this.write({ name: 'attacher', client: attacher }, (w) => this.attaches(w, attacher)),
      this.write({ name: 'starter', client: starter }, (w) => this.starts(w, starter)),
      this.write({ name: 'clerk', client: clerk }, (w) => this.verifies(w, clerk, dossiers[0])),
      this.write({ name: 'console1', client: this.rig.server.control }, (w) => this.accounts(w)),
      this.write({ name: 'console2', client: this.rig.server.control }, (w) => this.units(w)),
      this.write({ name: 'console3', client: this.rig.server.control }, (w) => this.units(w)),
    ];
  }

  async write(writer, step) {
    writer.n = 0;
    while (!this.stopping) await step(writer);
  }

  /** Ends after every open intent was acknowledged. */
  async stop() {
    this.stopping = true;
    const timer = setTimeout(() => (this.abandoned = true), 60_000);
    await Promise.all(this.running);
    clearTimeout(timer);
    if (this.abandoned) this.wrong.push('writers never came to an end');
  }

  // --- what they do ---------------------------------------------------------------------

  async saves(writer, client) {
    const { id } = client.draft;
    const token = `${writer.name}-${writer.n}-${randomUUID()}`;
    const version = client.draft.version;
    const done = await this.carryOut(writer, {
      kind: 'save',
      asked: { application: id, version, token },
      send: (headers) => client.json('PUT', `/applications/${id}/sections/teaching`, { content: { teaching: { subject: '语文', classes: token } } }, { 'If-Match': `"${version}"`, ...headers }),
      learn: (body) => ({ version: body.version }),
    });
    if (done) client.draft.version = done.version;
    else this.stopping ||= !this.abandoned; // the version is unknown: no point in going on
  }

  async attaches(writer, client) {
    const { id } = client.draft;
    const bytes = pdf({ 4: { bytes: Buffer.from(`% ${writer.n} ${randomUUID()}\n`.repeat(100 + (writer.n % 7) * 300)) } });
    const hash = createHash('sha256').update(bytes).digest('hex');
    const added = await this.carryOut(writer, {
      kind: 'attach',
      asked: { application: id, hash, size: bytes.length },
      send: (headers) => client.upload(`/api/v1/applications/${id}/evidence`, { section: 'qualification', item: '' }, { name: `${hash.slice(0, 8)}.pdf`, type: 'application/pdf', bytes }, headers),
      learn: (body) => ({ evidence: body.id, hash: body.hash }),
    });
    if (added)
      await this.carryOut(writer, {
        kind: 'detach',
        asked: { application: id, evidence: added.id },
        send: (headers) => client.json('DELETE', `/applications/${id}/evidence/${added.id}`, undefined, headers),
        learn: () => ({}),
      });
  }

  async starts(writer, client) {
    const begun = await this.carryOut(writer, {
      kind: 'start',
      asked: { account: client.account.id },
      send: (headers) => client.json('POST', '/applications', { cycle: this.rig.city.cycle.id, level: 'intermediate', specialty: 'chinese' }, headers),
      learn: (body) => ({ application: body.id }),
    });
    if (begun)
      await this.carryOut(writer, {
        kind: 'withdraw',
        asked: { application: begun.id },
        send: (headers) => client.json('POST', `/applications/${begun.id}/withdraw`, { sure: true }, headers),
        learn: () => ({}),
      });
  }

  async verifies(writer, client, dossier) {
    const token = `note ${writer.n} ${randomUUID()}`;
    await this.carryOut(writer, {
      kind: 'verify',
      asked: { application: dossier.id, token },
      send: (headers) => client.json('PUT', `/applications/${dossier.id}/verifications`, { verdicts: [{ ...dossier.items[0], verdict: 'problem', code: 'other', note: token }] }, headers),
      learn: () => ({}),
    });
  }

  /** Nothing but the key keeps the same unit from being made twice. */
  async units(writer) {
    const name = `${writer.name} ${writer.n} ${randomUUID()}`;
    await this.carryOut(writer, {
      kind: 'unit',
      asked: { name },
      send: (headers) => this.rig.server.control.json('POST', '/units', { name, division_code: division, kind: 'school', grassroots: 'township' }, headers),
      learn: (body) => ({ unit: body.id }),
    });
  }

  /** Its answer may show a password, so it is not kept under the key: the login is what makes it happen once. */
  async accounts(writer) {
    const login = `${writer.name}.${writer.n}.${randomUUID().slice(0, 8)}`;
    await this.carryOut(writer, {
      kind: 'account',
      asked: { login },
      send: (headers) => this.rig.server.control.json('POST', '/accounts', { login, name: login, grants: [{ role: 'office', scope: 'teacher' }] }, headers),
      learn: (body) => ({ account: body.account.id }),
      already: (reply) => reply.status === 422 && reply.body.errors?.[0]?.code === 'taken',
    });
  }
}
