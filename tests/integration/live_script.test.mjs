// web/assets/live.js without a browser: what it does with its stream, with clocks and servers of our own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { top } from './harness.mjs';

/** Scripts as modules, whatever the node at hand takes a .js for. */
const module = (name) => `data:text/javascript,${encodeURIComponent(readFileSync(join(top, 'web/assets', name), 'utf8').replace('"./control.js"', () => `"${module('control.js')}"`))}`;
const script = module('live.js');

/** A page with one live element; `run` is given what the test moves. */
async function page(run, controls = []) {
  const saved = {};
  const timers = new Map(), listeners = {}, sources = [];
  let count = 0, fetched = 0;
  class Source {
    static CLOSED = 2;
    constructor(url) {
      Object.assign(this, { url, readyState: 0, heard: {}, closed: false });
      sources.push(this);
    }

    addEventListener(name, listener) {
      this.heard[name] = listener;
    }

    close() {
      this.closed = true;
      this.readyState = 2;
    }

    say(name, event = {}) {
      if (name === 'open') this.readyState = 1;
      this.heard[name]?.(event);
    }

    refuse() { // what a browser does with an answer that is no stream
      this.readyState = 2;
      this.heard.error({});
    }
  }
  const listen = (name, listener) => (listeners[name] = listener);
  const globals = {
    EventSource: Source,
    document: { hidden: false, activeElement: null, addEventListener: listen },
    addEventListener: listen,
    location: { href: 'http://titled.test/meetings/1' },
    fetch: async () => (fetched++, { ok: false, status: 404 }),
    setTimeout: (act, ms) => (timers.set(++count, { act, ms }), count),
    clearTimeout: (id) => timers.delete(id),
  };
  for (const name of Object.keys(globals)) saved[name] = Object.getOwnPropertyDescriptor(globalThis, name);
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    const { start } = await import(script);
    start({ dataset: { live: '/api/v1/meetings/1/live' }, querySelector: () => null, querySelectorAll: (selector) => (/select/.test(selector) ? controls : []) });
    await run({
      sources,
      document: globals.document,
      get source() {
        return sources.at(-1);
      },
      get fetched() {
        return fetched;
      },
      get waits() {
        return [...timers.values()].map(({ ms }) => ms);
      },
      /** Time passes: every timer that is set runs. */
      pass() {
        const due = [...timers.values()];
        timers.clear();
        for (const { act } of due) act();
      },
      look(seen) {
        globals.document.hidden = !seen;
        listeners.visibilitychange();
      },
    });
  } finally {
    for (const [name, descriptor] of Object.entries(saved)) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }
}

test('fetches the page again when its subject changed, once for many events', () =>
  page((it) => {
    it.source.say('open');
    for (const event of ['changed', 'changed', 'resync']) it.source.say(event);
    it.pass();
    assert.equal(it.fetched, 1);
    assert.equal(it.sources.length, 1);
  }));

test('looks once at a time, and again when it could not see', () =>
  page(async (it) => {
    const answers = [];
    globalThis.fetch = () => new Promise((resolve) => answers.push(resolve));
    const answer = async (status) => {
      answers.at(-1)({ ok: false, status });
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let events = 0; events < 3; events++) {
      it.source.say('changed');
      it.pass();
    }
    assert.equal(answers.length, 1, 'the answer to the second could come before that to the first');
    await answer(404);
    it.pass();
    assert.equal(answers.length, 2, 'what happened since');
    await answer(503);
    assert.ok(it.waits.length === 1 && it.waits[0] >= 3000, `${it.waits}`);
    it.pass();
    assert.equal(answers.length, 3);
    await answer(429);
    assert.ok(it.waits[0] >= 6000, 'rarer');
    it.pass();
    await answer(403);
    assert.deepEqual(it.waits, [], 'no more');
  }));

test('leaves alone what somebody has chosen from a list', async () => {
  const list = (value) => ({ type: 'select-one', value, options: [{ value: '' }, { value: 'x' }], matches: (selector) => selector === 'select' });
  for (const [value, looks] of [['', 1], ['x', 0]])
    await page((it) => {
      it.source.say('changed');
      it.pass();
      assert.equal(it.fetched, looks);
    }, [list(value)]);
});

test('does not look again when it begins to listen: its address says from where', () =>
  page((it) => {
    it.source.say('open');
    it.pass();
    assert.equal(it.fetched, 0);
  }));

test('leaves it to the browser to come back from a break, and asks again itself where the server refused', () =>
  page((it) => {
    it.source.say('open');
    it.source.heard.error({}); // a break: readyState is not CLOSED
    assert.deepEqual(it.waits, []);
    const waits = [];
    for (let i = 0; i < 8; i++) {
      it.source.refuse();
      waits.push(...it.waits);
      it.pass();
      assert.equal(it.sources.length, i + 2);
    }
    for (let i = 0; i < 7; i++) assert.ok(waits[i + 1] >= waits[i] / 1.5, `${waits}`); // rarer, but for chance
    assert.ok(waits[0] >= 3000 && waits[0] <= 4500 && waits[7] >= 60_000 && waits[7] <= 90_000, `${waits}`);
    it.source.say('open'); // nobody listened meanwhile
    it.pass();
    assert.equal(it.fetched, 1);
  }));

test('stays away once its session has ended', () =>
  page((it) => {
    it.source.say('open');
    it.source.say('bye', { data: '{"event":"bye","reason":"session"}' });
    assert.ok(it.source.closed);
    it.look(false);
    it.look(true);
    it.pass();
    assert.equal(it.sources.length, 1);
    assert.equal(it.fetched, 0);
  }));

test('one page too many rests until somebody looks at it', () =>
  page((it) => {
    it.source.say('open');
    it.look(false);
    it.source.say('bye', { data: '{"event":"bye","reason":"many"}' });
    assert.ok(it.source.closed);
    it.pass(); // its turn comes while it is hidden: no
    assert.equal(it.sources.length, 1);
    it.look(true);
    assert.equal(it.sources.length, 2);
    it.source.say('open');
    it.pass();
    assert.equal(it.fetched, 1); // what it missed
  }));

test('renews the parts that nobody types in, and tells a sheet that its standard is another one', async () => {
  const part = (dataset, innerHTML, typed = false) => ({
    dataset, innerHTML, id: dataset.livePart, replaced: 0, stale: { hidden: true }, contains: () => false,
    querySelectorAll: (what) => (/input/.test(what) && typed ? [{ type: 'text', value: 'a', defaultValue: '', matches: () => false, cloneNode: () => ({}) }] : []),
    querySelector() {
      return this.stale;
    },
    replaceChildren() {
      this.replaced++;
    },
  });
  const mine = { text: part({ livePart: 'text' }, 'old'), note: part({ livePart: 'note' }, 'old', true), sheet: part({ livePart: 'sheet', stamp: '1' }, 'old', true) };
  const fresh = (stamp) => ({ text: { innerHTML: 'new', childNodes: [] }, note: { innerHTML: 'new', childNodes: [] }, sheet: { innerHTML: 'new', dataset: { stamp } } });
  let stamp = '1', seen;
  await page(async (it) => {
    globalThis.DOMParser = class {
      parseFromString = () => ({ getElementById: (id) => fresh(stamp)[id] });
    };
    const { start } = await import(script);
    start({ dataset: { live: '/api/v1/reviews/1/live' }, querySelectorAll: (what) => (what === '[data-live-part]' ? Object.values(mine) : []) });
    globalThis.fetch = () => Promise.resolve({ ok: true, text: () => ((seen = new Promise((resolve) => setImmediate(resolve))), '') });
    for (const [now, stale] of [['1', true], ['2', false]]) {
      stamp = now;
      it.source.say('changed');
      it.pass();
      await new Promise((resolve) => setImmediate(resolve));
      await seen;
      assert.equal(mine.sheet.stale.hidden, stale);
    }
    assert.deepEqual([mine.text.replaced > 0, mine.note.replaced, mine.sheet.replaced], [true, 0, 0]);
  });
  delete globalThis.DOMParser;
});
