// A server with a city, a load on it, a supervisor that starts it again when it dies, and the final look.
//
//   const rig = await startRig({ faults: true });
//   await rig.under(async (load) => { ...break something...; await load.more(100); });   // checks at the end
//   await rig.stop();

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { act, buildCity, draft, submit, teacher } from '../integration/city.mjs';
import { build, startServer } from '../integration/harness.mjs';
import { check, readJournal, remember } from './checker.mjs';
import { Load } from './load.mjs';
import { Shim } from './shim.mjs';

export const long = Boolean(process.env.TITLED_LONG);
export const STALL_MS = 50;

const busy = { lockout_failures: 1_000_000, ...Object.fromEntries(['account', 'address', 'login_address', 'public', 'write', 'upload'].map((name) => [`throttle_${name}`, 1_000_000])) };

class Rig {
  constructor() {
    this.ends = []; // how the server's processes ended under supervision
    this.logs = []; // of processes that are gone
    this.rounds = 0;
  }

  get records() {
    return join(this.server.folder, 'records');
  }

  /** Starts the server again whenever it ends, until `letGo`. */
  supervise() {
    let stopped = false;
    const watch = async () => {
      while (!stopped) {
        const { process: running } = this.server;
        const end = await running.exited;
        if (stopped) return;
        this.ends.push(end);
        this.logs.push(running.log);
        await this.server.startTitled().catch(() => {}); // died while starting: the next round
      }
    };
    const watching = watch();
    return async () => {
      stopped = true;
      await Promise.race([watching, Promise.resolve()]);
    };
  }

  /** Runs `work(load)` under load and supervision; then everything that was acknowledged must be there once. */
  async under(work, { stalls = true, ledger = true } = {}) {
    const journal = join(this.folder, `journal-${this.rounds++}`);
    const before = remember(this.records);
    const load = new Load(this, journal);
    for (const one of this.teachers) if (one.draft) one.draft.version = before.versions[one.draft.id];
    const from = { logs: this.logs.length, at: this.server.process.log.length, process: this.server.process };
    const letGo = this.supervise();
    load.start();
    try {
      await load.more(20);
      await work(load);
      await load.stop();
    } finally {
      load.stopping = load.abandoned = true;
      this.shim?.disarm();
      await letGo();
    }
    assert.deepEqual(load.wrong, []);
    await this.settled();
    const lines = readJournal(journal);
    const { problems, acknowledged } = check(lines, this.records, before);
    assert.deepEqual(problems, []);
    if (ledger) this.verifyLedger();
    if (stalls) this.noStall(from);
    return { load, acknowledged, before, lines };
  }

  /** Everything that a transaction ordered has been done, and what uploads left is gone, without anybody's help. */
  async settled() {
    for (let tries = 0; tries < 3000; tries++) {
      const reply = await this.server.control.json('GET', '/status').catch(() => undefined);
      const left = readdirSync(join(this.records, 'files/incoming')).length;
      if (reply?.body?.outbox_open === 0 && reply.body.result.redis && !left) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail(`outbox rows or received files stay:\n${this.server.process.log.slice(-3000)}`);
  }

  verifyLedger() {
    execFileSync(join(build, 'bin/titlectl'), ['--config', this.server.config, 'ledger', 'verify'], { stdio: 'pipe' });
  }

  /** The loop was never held up for STALL_MS since `from`. */
  noStall(from) {
    const here = this.server.process === from.process ? this.server.process.log.slice(from.at) : this.server.process.log;
    const text = [...this.logs.slice(from.logs), here].join('\n');
    assert.deepEqual(text.split('\n').filter((line) => line.includes('"loop.stalled"')), []);
  }

  async stop() {
    this.shim?.disarm();
    await this.server.stop();
    this.shim?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `faults`: load the shim; `config`, `plugins` as in the harness; `prepare(records folder)` before the first start. */
export async function startRig({ faults = false, config = {}, plugins, prepare = () => {} } = {}) {
  const rig = new Rig();
  rig.folder = mkdtempSync(join(tmpdir(), 'titled-faults-'));
  if (faults) rig.shim = new Shim(join(rig.folder, 'control'));
  rig.server = await startServer({
    plugins,
    config: { ...busy, password_cost: 'full', stall_warn_ms: STALL_MS, ...config },
    env: (folder) => {
      if (!rig.prepared) prepare(join(folder, 'records'));
      rig.prepared = true;
      if (!faults) return {};
      mkdirSync(join(folder, 'records'), { recursive: true });
      return { LD_PRELOAD: join(build, 'bin/fault_shim.so'), FAULT_CONTROL: join(rig.folder, 'control'), FAULT_FOLDER: join(folder, 'records') };
    },
  });
  rig.server.options.config.listen_port = rig.server.port; // the same after each start
  rig.server.writeConfig();
  const city = (rig.city = await buildCity(rig.server));
  rig.clerk = city.clerk;
  rig.teachers = [];
  for (const name of ['saver', 'second', 'attacher', 'starter']) {
    const one = await teacher(city, name);
    if (name !== 'starter') one.draft = { id: (await one.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' })).id, version: 1 };
    rig.teachers.push(one);
  }
  const owner = await teacher(city, 'owner');
  const id = await draft(city, owner);
  assert.equal((await submit(owner, id)).status, 200);
  assert.equal((await act(city.clerk, id, 'begin')).status, 200);
  const { items } = await city.clerk.ok('GET', `/applications/${id}/verifications`);
  rig.dossiers = [{ id, items: items.map(({ section, item }) => ({ section, item })) }];
  return rig;
}
