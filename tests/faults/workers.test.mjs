// The scorer and descriptors under load: workers killed at any moment, plugins and scripts swapped again and again, a
// plugin that crashes, hangs and leaks, and a server that has no descriptor left.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, password, top } from '../integration/harness.mjs';
import { putInForce } from '../integration/standards.mjs';
import { long, startRig } from './rig.mjs';

const here = {};

before(async () => {
  here.plugins = mkdtempSync(join(tmpdir(), 'titled-plugins-'));
  cpSync(join(build, 'plugins'), here.plugins, { recursive: true });
  here.scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
  mkdirSync(join(here.scripts, 'teacher'));
  copyFileSync(join(top, 'scripts/teacher/intermediate.rb'), join(here.scripts, 'teacher/intermediate.rb'));
  here.rig = await startRig({ plugins: here.plugins, config: { workers: 2, script_folder: here.scripts } });
});
after(async () => {
  await here.rig?.stop();
  for (const folder of [here.plugins, here.scripts]) if (folder) rmSync(folder, { recursive: true, force: true });
});

const status = async () => (await here.rig.server.control.ok('GET', '/status')).result;
const pid = () => here.rig.server.process.child.pid;

/** The server's scorer workers: {pid, state}. */
const children = () =>
  readdirSync(`/proc/${pid()}/task`).flatMap((thread) => readFileSync(`/proc/${pid()}/task/${thread}/children`, 'utf8').trim().split(' ')).filter(Boolean).flatMap((child) => {
    try {
      const scores = readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('titled-scorer');
      return !scores ? [] : [{ pid: Number(child), state: readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1][0] }];
    } catch {
      return []; // gone meanwhile
    }
  });

const descriptors = () => readdirSync(`/proc/${pid()}/fd`).length;
const sockets = () => readdirSync(`/proc/${pid()}/fd`).filter((fd) => {
  try {
    return /^(socket|pidfd|anon_inode:\[pidfd)/.test(readlinkSync(`/proc/${pid()}/fd/${fd}`));
  } catch {
    return false;
  }
}).length;
const residentKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))[1]);

/** Somebody who asks for points all the time, which takes plugin and script; every answer is one of `allowed`. */
function scoring(allowed = [200]) {
  const [client] = here.rig.teachers;
  const asker = { count: 0, others: new Map(), stop: false };
  asker.done = (async () => {
    while (!asker.stop) {
      const reply = await client.json('GET', `/applications/${client.draft.id}/points`);
      asker.count++;
      if (!allowed.includes(reply.status)) asker.others.set(`${reply.status} ${reply.body?.key ?? reply.body?.type}`, reply.text.slice(0, 300));
    }
  })();
  asker.end = async () => {
    asker.stop = true;
    await asker.done;
    assert.deepEqual([...asker.others], []);
    assert.ok(asker.count > 0);
  };
  return asker;
}

/** Waits, by asking, until the workers are all there again. */
async function ready(workers = 2) {
  for (let tries = 0; tries < 2000; tries++) {
    const now = await status();
    const alive = children().filter((child) => child.state !== 'Z');
    if (now.scorer && alive.length === workers) return;
  }
  assert.fail(`the workers did not come back: ${JSON.stringify(children())} ${here.rig.server.process.log.slice(-1500)}`);
}

describe('scorer workers', () => {
  test('killed at random while they score: the server and all other work go on', async () => {
    await here.rig.under(async (load) => {
      // A job that dies with its worker is refused in words; the next one is not.
      const asker = scoring([200, 422, 500, 503]);
      for (let round = 0; round < (long ? 150 : 8); round++) {
        const victims = children();
        if (victims.length) process.kill(victims[round % victims.length].pid, 'SIGKILL');
        await load.more(3);
      }
      await asker.end();
      await ready();
      const after_ = scoring();
      await load.more(5);
      await after_.end();
    });
  });

  test('a plugin that crashes, hangs and leaks takes nobody with it', async () => {
    const from = descriptors();
    // Those that hang are waited for until their deadline: ten seconds each.
    const all = ['crash_load', 'leak_describe', 'crash_facts', 'leak_facts', 'crash_describe', 'hang_describe', 'hang_facts'];
    for (const kind of long ? all : all.slice(0, 3)) {
      const file = join(here.plugins, `${kind}.so`);
      copyFileSync(join(build, `tests/scorer/bad/${kind}.so`), `${file}.part`);
      renameSync(`${file}.part`, file);
      await here.rig.under(async (load) => {
        const asker = scoring();
        const log = here.rig.server.lines.length;
        here.rig.server.process.child.kill('SIGHUP');
        await here.rig.server.seen('plugins.reloaded', () => true, log);
        await load.more(5);
        await asker.end();
      });
      const { refused, series } = await status();
      assert.ok(series.some((one) => one.id === 'teacher'), kind);
      if (!kind.endsWith('facts')) assert.ok(refused.some((one) => one.file.includes(kind)), `${kind}: ${JSON.stringify(refused)}`);
      unlinkSync(file);
    }
    const log = here.rig.server.lines.length;
    here.rig.server.process.child.kill('SIGHUP');
    await here.rig.server.seen('plugins.reloaded', (line) => line.result === 'ok', log);
    assert.deepEqual((await status()).refused, []);
    await ready();
    assert.ok(descriptors() <= from + 8);
  });
});

describe('swapped under load', () => {
  const swaps = long ? 1000 : 30;

  /** Memory, descriptors and children as they were, after `swap(n)` was done `swaps` times. */
  async function many(swap) {
    await ready();
    const before_ = { sockets: sockets(), kb: residentKb() };
    await here.rig.under(async (load) => {
      const asker = scoring();
      for (let n = 0; n < swaps; n++) await swap(n);
      await load.more(5);
      await asker.end();
    });
    await ready();
    assert.deepEqual(children().filter((child) => child.state === 'Z'), [], 'no zombie');
    assert.equal(children().length, 2);
    assert.ok(sockets() <= before_.sockets + 12, `${before_.sockets} sockets, now ${sockets()}`);
    assert.ok(residentKb() < before_.kb + 65536, `${before_.kb} kB, now ${residentKb()} kB`);
  }

  test('plugin generations: no request is lost, nothing is left over', async () => {
    const teacher = join(here.plugins, 'teacher.so');
    const original = readFileSync(teacher);
    const present = (await status()).series.find((one) => one.id === 'teacher').plugin_version;
    assert.match(present, /^\d\.\d\.\d$/); // another one of the same length takes its place
    let reloads = 0;
    await many(async (n) => {
      // Another version each time, in the program's words and in its form.
      const version = [...String(n).padStart(3, '0')].join('.');
      writeFileSync(`${teacher}.part`, Buffer.from(original.toString('latin1').replaceAll(present, version), 'latin1'));
      renameSync(`${teacher}.part`, teacher);
      let seen = here.rig.server.process.log.length;
      here.rig.server.process.child.kill('SIGHUP');
      // The server also looks by itself when it hears that plugins changed, so a generation may come twice.
      for (let now; now !== version; now = (await status()).series.find((one) => one.id === 'teacher').plugin_version) {
        await here.rig.server.process.seen((log) => /"plugins.reloaded".*"ok"/.test(log), 'plugins.reloaded', seen);
        seen = here.rig.server.process.log.length;
      }
      reloads++;
    });
    assert.equal(reloads, swaps);
  });

  // Every tenth swap is a script edited in the folder that goes all its way; between, it is rolled back and put in
  // force again, as somebody does who hesitates.
  test('script versions: every request is scored by one or the other', async () => {
    const { control } = here.rig.server;
    const { bureau } = here.rig.city;
    const path = join(here.scripts, 'teacher/intermediate.rb');
    const source = readFileSync(path, 'utf8');
    let newest = '';
    await many(async (n) => {
      if (n % 10 === 0) {
        writeFileSync(path, `${source}\n# version ${n}\n`);
        newest = (await control.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' })).id;
        await putInForce(control, bureau, newest);
      } else if (n % 2) {
        await control.ok('POST', `/standards/${newest}/rollback`, { reason: '再想想' });
      } else {
        await control.ok('POST', `/standards/${newest}/activate`);
      }
    });
    const items = [];
    for (let next = ''; next !== null; ) {
      const page = await control.ok('GET', `/standards?series=teacher&level=intermediate&cursor=${next}`);
      items.push(...page.items);
      next = page.next ?? null;
    }
    assert.equal(items.filter((one) => one.state === 'active').length, 1);
    assert.equal(items[0].version, 1 + swaps / 10);
  });
});

describe('no descriptor left', () => {
  test('who is connected is served, the others wait; uploads and workers come back by themselves', async () => {
    const { server } = here.rig;
    const limit = (soft) => execFileSync('prlimit', ['--pid', String(pid()), `--nofile=${soft}:`]);
    const [, soft] = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/limits`, 'utf8'));
    const held = [];
    await here.rig.under(async (load) => {
      for (let round = 0; round < (long ? 20 : 1); round++) {
        const log = server.lines.length;
        limit(descriptors() + 6);
        for (let i = 0; i < 20; i++) {
          const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
          held.push(socket);
        }
        await server.seen('http.accept', () => true, log);
        for (const child of children()) process.kill(child.pid, 'SIGKILL'); // now nothing can be started in their place
        await server.seen('scorer.worker_lost', () => true, log);
        for (const socket of held.splice(0)) socket.destroy();
        limit(soft);
        await load.more(10);
        await load.acknowledges('attach');
        await ready();
      }
    });
    assert.equal(here.rig.ends.length, 0);
    assert.equal((await server.client().login('saver', password)).status, 200);
  });
});
