// The n-th allocation of a request fails, for n = 1, 2, 3 ... until the request needs no n-th one: the answer is
// the usual one, a defined refusal or a closed connection; nothing crashes or leaks; a repeat under the same
// key has its effect once. titled-starved (tests/faults/starve.c) is the server with an allocator that refuses on order.
//
// The short form leaps over most n of a request, TITLED_LONG tries each; of what follows the acceptance, some.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, content, draft, pdf, submit, teacher, verifyAll } from './city.mjs';
import { buildEstate, rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';
import { factorsOf, archiveOf } from './vote.mjs';

const long = Boolean(process.env.TITLED_LONG);
const generous = { ...Object.fromEntries(['login_address', 'public', 'write', 'upload'].map((name) => [`throttle_${name}`, 1000000])), lockout_failures: 1000000 };

const here = {};

/** The orders of starve.c: how many allocations from now the refused one is. */
class Orders {
  constructor(path) {
    writeFileSync(path, Buffer.alloc(16));
    this.path = path;
    this.file = openSync(path, 'r+');
  }

  set(n) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(n));
    writeSync(this.file, bytes, 0, 8, 0);
  }

  get refused() {
    const bytes = Buffer.alloc(8);
    readSync(this.file, bytes, 0, 8, 8);
    return Number(bytes.readBigInt64LE());
  }
}

/** The next n to try: all of the first ones, then leaps that grow with n; in the long form by `share`, 0 = none. */
const following = (n, share) => n + (n < 24 ? 1 : 1 + Math.floor(long ? n * share : n / 6));

const refusals = [500, 503, 507];

/** Waits until the server answers as before: it may have lost Redis or a worker and be getting it back. */
async function recovered() {
  for (let tries = 0; tries < 2000; tries++) {
    if (here.server.process.end) assert.fail(`the server ended:\n${here.server.process.log.slice(-4000)}`);
    const ready = await here.server.control.json('GET', '/ready').catch(() => null);
    if (ready?.status === 200) return;
  }
  assert.fail('the server did not recover');
}

/** Sends with the n-th allocation refused. {reply: null} = the connection was closed. */
async function starved(n, send) {
  const { orders } = here;
  const before = orders.refused;
  orders.set(n);
  const reply = await send().catch(() => null);
  orders.set(0);
  return { reply, refused: orders.refused > before };
}

/** A body without what differs each time: CSRF values, ids, the time of day. */
const plain = (reply) => reply.text.replace(/[\w-]{43}/g, 'TOKEN').replace(/"request_id":"\w+"/g, '').replace(/\b01[0-9A-Z]{24}\b/g, 'ID').replace(/\d\d:\d\d/g, 'TIME');

/** Two texts from a little before the place where they part. */
const apart = (one, other) => {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return [one, other].map((text) => (one === other ? '' : text.slice(Math.max(0, at - 60), at + 60)));
};

/**
 * `send(key, ready)` makes the request, `ready` is what `prepare` found; `expected` are its statuses, `also`
 * those that it may answer besides when something was refused. With `repeat`, the request is sent again under the
 * same key after each refusal and must then have its effect, once: `effect()` counts it.
 */
async function starve(name, send, { expected = [200], effect, same = false, also = [], prepare = async () => {}, share = 0 } = {}) {
  let tries = 0;
  const whole = same && plain(await send(name, await prepare()));
  for (let n = 1; ; n = following(n, share), tries++) {
    const key = `${name}-${n}`.replace(/[^\w-]/g, '_');
    const had = effect ? await effect() : 0;
    const ready = await prepare();
    const { reply, refused } = await starved(n, () => send(key, ready));
    if (reply) {
      assert.ok([...expected, ...(refused ? [...refusals, ...also] : [])].includes(reply.status), `${name}, n = ${n}: ${reply.status} ${reply.text}`);
      if (refusals.includes(reply.status) && reply.text && /json/.test(reply.headers['content-type'] ?? '')) assert.ok(reply.body.type, `${name}, n = ${n}: ${reply.text}`);
      else if (same && reply.status >= 400 && reply.text === '') continue; // it had no memory for more than the status
      else if (same && expected.includes(reply.status)) assert.equal(...apart(plain(reply), whole), `${name}, n = ${n}: something is missing`);
    } else {
      assert.ok(refused, `${name}, n = ${n}: closed without a cause`);
    }
    await recovered();
    if (!expected.includes(reply?.status)) {
      const again = await send(key, await prepare());
      assert.ok(expected.includes(again.status), `${name} after n = ${n}: ${again.status} ${again.text}`);
    }
    if (effect) assert.equal(await effect(), had + 1, `${name}, n = ${n}: effects`);
    if (!refused) break;
  }
  assert.ok(tries > 5, `${name}: only ${tries} allocations`);
  return tries;
}

const skip = existsSync(join(build, 'bin/titled-starved')) ? false : 'titled-starved is part of the sanitized build';

describe('the n-th allocation fails', { skip }, () => {
  before(async () => {
    here.orders = new Orders(join(tmpdir(), `titled-starve-${process.pid}`));
    here.server = await startServer({ program: 'titled-starved', env: () => ({ TITLED_STARVE: here.orders.path }), config: { ...generous, workers: 2 } });
    here.city = await buildCity(here.server);
    here.lin = await teacher(here.city, 'lin');
    here.draft = await draft(here.city, here.lin);
    here.wang = await teacher(here.city, 'wang');
    here.submitted = await draft(here.city, here.wang);
    assert.equal((await submit(here.wang, here.submitted)).status, 200);
    assert.ok((await act(here.city.clerk, here.submitted, 'begin')).status < 300);
  });
  after(async () => here.server?.stop()); // fails when anything leaked

  const reads = [
    ['who asks', () => here.lin.json('GET', '/session'), { same: false }], // somebody whose session cannot be looked up is nobody
    ['the own dossier', () => here.lin.json('GET', `/applications/${here.draft}`)],
    ['its page', () => here.lin.page(`/applications/${here.draft}`)],
    ['a section as a form', () => here.lin.page(`/applications/${here.draft}/sections/education`)],
    ['the queue of the unit', () => here.city.clerk.json('GET', '/queue')],
    ['a list as a table', () => here.server.control.send('GET', '/accounts?format=csv', { Accept: 'text/csv' })],
    ['the ledger', () => here.city.supervisor.json('GET', '/ledger?cursor=60')], // an older page: it does not grow meanwhile
    ['the description', () => here.server.client().json('GET', '/openapi.json')],
    ['a style sheet', () => here.server.client().send('GET', '/assets/titled.css'), { expected: [200, 303, 404] }],
    ['nothing', () => here.lin.page('/nowhere'), { expected: [404], same: false }],
    ['a foreign dossier', () => here.lin.json('GET', `/applications/${here.submitted}`), { expected: [404] }],
    ['a page without a session', () => here.server.client().page('/queue'), { expected: [303] }],
  ];
  for (const [name, send, options] of reads) test(`reading ${name}`, () => starve(name, send, { same: true, ...options }));

  test('logging in', async () => { // somebody else: a new session too many ends the oldest
    await teacher(here.city, 'often');
    // libsodium tells a hash that it had no memory for from a wrong one only half the time.
    await starve('login', () => here.server.client().login('often'), { also: [401] });
  });

  test('a unit', async () => {
    const bureau = here.city.bureau;
    const count = async () => {
      let found = 0;
      for (let next = ''; next !== null; ) {
        const page = await bureau.ok('GET', `/units?cursor=${next}`);
        found += page.items.length;
        next = page.next ?? null;
      }
      return found;
    };
    await starve('unit', (key) =>
      bureau.json('POST', '/units', { name: `饿 ${key}`, division_code: '650121', kind: 'school', grassroots: 'township', town: '水西沟镇' }, { 'Idempotency-Key': key }), { expected: [201], effect: count });
  });

  test('a saved section', () =>
    starve('section', (key, version) =>
      here.lin.json('PUT', `/applications/${here.draft}/sections/summary`, { content: { summary: { text: `${key} ${content().summary.text}` } } }, { 'If-Match': `"${version}"` }),
    { prepare: async () => (await here.lin.ok('GET', `/applications/${here.draft}`)).application.version }));

  test('a section from a form with faults', () =>
    starve('form', () => here.lin.form(`/applications/${here.draft}/sections/qualification`, { _method: 'PUT', _version: '1', 'content.qualification.kind': 'x' }), { expected: [412, 422, 200, 303] }));

  test('evidence', async () => {
    const path = `/applications/${here.draft}/evidence`;
    const files = async () => (await here.lin.ok('GET', `${path}?section=qualification`)).items;
    await starve('evidence', (key) =>
      here.lin.upload(`/api/v1${path}`, { section: 'qualification', item: '' }, { name: 'a.pdf', type: 'application/pdf', bytes: Buffer.concat([pdf, Buffer.from(`% ${key}\n`)]) }), {
      expected: [201],
      prepare: async () => { // a section has room for a few
        for (const one of (await files()).slice(1)) await here.lin.ok('DELETE', `${path}/${one.id}`);
      },
    });
    assert.ok((await files()).length >= 1);
  });

  test('verdicts of the unit', () =>
    starve('verdicts', (key, verdicts) => here.city.clerk.json('PUT', `/applications/${here.submitted}/verifications`, { verdicts }), {
      prepare: async () => (await here.city.clerk.ok('GET', `/applications/${here.submitted}/verifications`)).items.slice(0, 3).map(({ section, item }) => ({ section, item, verdict: 'ok' })),
    }));

  for (const face of ['json', 'page']) {
    const points = () => face === 'json' ? here.lin.json('GET', `/applications/${here.draft}/points`) : here.lin.page(`/applications/${here.draft}/points`);
    test(`points as they would be now, as ${face}`, () => starve(`points ${face}`, points, { same: true }));
  }

  test('everything still works', async () => {
    await verifyAll(here.city.clerk, here.submitted);
    assert.equal((await submit(here.lin, here.draft)).status, 200);
  });
});

describe('the n-th allocation fails after the acceptance', { skip }, () => {
  const key = 'a key of at least sixteen bytes';
  const share = 1 / 40;
  const count = (table) => async () => rows(here.server, `select count(*) as n from ${table}`)[0].n;
  let people, city, estate, at; // at: addresses that are only known later

  before(async () => {
    here.orders = new Orders(join(tmpdir(), `titled-starve-${process.pid}`));
    const keyFile = join(tmpdir(), `titled-starve-${process.pid}.key`);
    writeFileSync(keyFile, key, { mode: 0o600 });
    here.server = await startServer({ program: 'titled-starved', env: () => ({ TITLED_STARVE: here.orders.path }), config: { ...generous, throttle_public: 1000000, workers: 2, payment_key_file: keyFile } });
    here.estate = estate = await buildEstate(here.server);
    ({ people, city } = estate);
    at = {
      drawn: await revealed(),
      title: rows(here.server, 'select id from title')[0].id,
      elections: (await people.chair.ok('GET', `/meetings/${estate.closed}`)).elections.map((one) => one.number),
    };
  });
  after(async () => here.server?.stop());

  const draw = () => city.office.json('POST', '/draws', { committee_id: estate.committee, kind: 'panel', name: '抽取组', cycle_id: city.cycle.id, size: 3 });
  const drawn = async () => (await draw()).body.id;
  async function witnessed() {
    const id = await drawn();
    await city.supervisor.ok('POST', `/draws/${id}/witness`, { number: '20261126' });
    return id;
  }
  async function revealed() {
    const id = await witnessed();
    await city.office.ok('POST', `/draws/${id}/reveal`);
    return id;
  }

  const reads = [
    ['a meeting', () => people.chair.json('GET', `/meetings/${estate.meeting}`)],
    ['its page', () => people.chair.page(`/meetings/${estate.meeting}`)],
    ['what one votes on', () => people.member.page(`/meetings/${estate.meeting}/ballots`)],
    ['minutes', () => city.office.page(`/meetings/${estate.closed}/minutes`)],
    ['an election', () => people.chair.page(`/meetings/${estate.closed}/elections/${at.elections[0]}`)],
    ['its archive', () => people.chair.send('GET', `/api/v1/meetings/${estate.closed}/elections/${at.elections[0]}.bel`)],
    ['a dossier under review', () => people.lead.page(`/reviews/${estate.dossiers.fresh}`)],
    ['sheets as a table', () => people.lead.send('GET', '/api/v1/reviews/form?format=csv')],
    ['a draw', () => city.office.page(`/draws/${at.drawn}`)],
    ['its file', () => city.office.json('GET', `/draws/${at.drawn}/file`)],
    ['deliveries', () => city.bureau.page('/deliveries')],
    ['the posts', () => city.bureau.page('/quota')],
    ['a filing to print', () => city.bureau.page(`/filings/${estate.filing}/print`)],
    ['a title', () => people.holder.page(`/titles/${at.title}`)],
    ['its certificate', () => people.holder.send('GET', `/api/v1/titles/${at.title}/pdf`), { same: false }], // made anew each time
    ['money that differs', () => city.bureau.page('/payments/differences')],
    ['a committee', () => city.office.page(`/committees/${estate.committee}`)],
    ['a notice', () => here.server.client().page(`/notices/${estate.result}`)],
  ];
  for (const [name, send, options] of reads) test(`reading ${name}`, () => starve(name, send, { same: true, share, ...options }));

  test('a draw', () => starve('draw', draw, { expected: [201], share }));

  test('the number of its witness', () =>
    starve('witness', (_, id) => city.supervisor.json('POST', `/draws/${id}/witness`, { number: '20261126' }), { expected: [200, 204], prepare: drawn, share }));

  test('its seed', () => starve('reveal', (_, id) => city.office.json('POST', `/draws/${id}/reveal`), { expected: [200, 204], prepare: witnessed, share }));

  test('a sheet', () =>
    starve('sheet', (key, version) => people.lead.json('PUT', `/reviews/${estate.dossiers.fresh}/sheet`, { comment: key }, { 'If-Match': `"${version}"` }), {
      prepare: async () => (await people.lead.ok('GET', `/reviews/${estate.dossiers.fresh}`)).sheet.version ?? 0, share,
    }));

  test('sheets as a table that comes back', () =>
    starve('table', (key, table) => people.lead.upload('/api/v1/reviews/form', {}, { name: 'a.csv', type: 'text/csv', bytes: Buffer.from(table.replace(/^(.*,comment,.*,)[^,\r\n]*(\r?)$/m, `$1${key}$2`)) }), {
      prepare: async () => (await people.lead.send('GET', '/api/v1/reviews/form?format=csv')).text, share,
    }));

  test('posts that are granted', () =>
    starve('posts', (key) => city.bureau.json('POST', '/quota/entries', { kind: 'grant', year: 2026, division_code: '', series: 'teacher', level: 'intermediate', posts: 1, document: key }, { 'Idempotency-Key': key }), {
      expected: [201], effect: count('quota_entry'), share,
    }));

  test('a complaint', () =>
    starve('complaint', (key) => here.server.client().json('POST', '/complaints', { about: 'procedure', text: `受理时间拖延，请核实处理。${key}` }, { 'Idempotency-Key': key }), { expected: [201], share }));

  test('a payment', () =>
    starve('payment', (name) => {
      const one = { order: 'PAY-nobody', payment: name, amount_cents: 18000, paid_on: '2026-01-05' };
      return here.server.client().json('POST', '/payments/notifications', { ...one, signature: createHmac('sm3', key).update(Object.values(one).join('\n')).digest('hex') });
    }, { effect: count('payment'), share }));

  test('the receipt of a delivery', () => {
    let made = 0;
    const deliver = () => {
      const id = `01DEL${String(++made).padStart(21, '0')}`;
      sql(here.server, `insert into delivery (id, kind, target, subject, state, due_at, created_at) values ('${id}', 'filing', 'region', 'filing/${estate.filing}', 'folder', '2026', '2026')`);
      return id;
    };
    return starve('receipt', (key, id) => city.bureau.json('POST', `/deliveries/${id}/receipt`, { receipt: key }), { expected: [200, 204], prepare: async () => deliver(), share });
  });

  describe('a secret vote', () => {
    const path = (rest) => `/meetings/${estate.meeting}/${rest}`;
    const open = async () => (await people.chair.ok('GET', `/meetings/${estate.meeting}`)).elections.filter((one) => !['annulled', 'counted'].includes(one.election_state));
    /** Elections in which nobody has registered. */
    async function anew() {
      for (const { number } of await open()) await people.chair.ok('POST', path(`elections/${number}/annul`), { reason: '重新表决' });
      await people.chair.ok('POST', path('motions/open'), {});
    }
    /** Elections in which the member has a code, and the vote has begun. */
    async function begun() {
      await anew();
      const { voting_code: code } = await people.member.ok('POST', path('credentials'), {});
      await people.chair.ok('POST', path('elections/begin'));
      const { items } = await people.member.ok('GET', path('ballots'));
      return { voting_code: code, choices: Object.fromEntries(items.flatMap((one) => one.motions).map((one) => [one.id, 'yes'])) };
    }
    async function voted() {
      await people.member.ok('POST', path('ballots'), await begun());
    }
    const walk = { share: 1 / 4 }; // each n is a new election

    test('elections', () => starve('motions', () => people.chair.json('POST', path('motions/open'), {}), {
      prepare: async () => { for (const { number } of await open()) await people.chair.ok('POST', path(`elections/${number}/annul`), { reason: '重新表决' }); }, ...walk }));
    test('a code', () => starve('code', () => people.member.json('POST', path('credentials'), {}), { prepare: anew, ...walk }));
    test('a ballot', () => starve('ballot', (_, body) => people.member.json('POST', path('ballots'), body), { prepare: begun, ...walk }));
    test('its end', () => starve('close', () => people.chair.json('POST', path('elections/close'), {}), { prepare: voted, ...walk }));
    test("a trustee's factors", async () => {
      const { number } = (await open())[0];
      const [factors] = factorsOf(0, await archiveOf(city.office, estate.meeting, number));
      await starve('factors', () => people.chair.json('POST', path(`elections/${number}/factors`), { factors: factors.replace(/\d/, (digit) => 9 - digit) }), { expected: [422], share });
      await people.chair.ok('POST', path(`elections/${number}/factors`), { factors });
    });
  });
});
