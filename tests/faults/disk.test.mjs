// A disk that fails, fills up, takes less than it was given, or takes its time: writes are refused in the defined way,
// reads go on, and nothing that was acknowledged is lost.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { long, startRig } from './rig.mjs';
import { action, call, errno, target } from './shim.mjs';

const here = {};
before(async () => (here.rig = await startRig({ faults: true })));
after(async () => here.rig?.stop());

const rounds = long ? 12 : 1;

/** Pages and API reads of somebody who is logged in; all of them answer. */
async function readsGoOn(rig = here.rig) {
  const [saver] = rig.teachers;
  assert.equal((await saver.json('GET', `/applications/${saver.draft.id}`)).status, 200);
  assert.equal((await saver.page('/')).status, 200);
  assert.equal((await rig.server.client().page('/login')).status, 200);
}

describe('a failed write or sync of the records', () => {
  // Only a new process knows what really is on the disk: the old one says so and ends, its supervisor starts another.
  const faults = [
    ['EIO from fdatasync of the log', call.sync, target.log],
    ['EIO from a write to the log', call.write, target.log],
    ['EIO from a write of a checkpoint', call.write, target.database],
    ['EIO from the sync of a checkpoint', call.sync, target.database],
  ];
  for (const [name, calls, on] of faults)
    test(`${name}: refused, reads go on, the process ends and the next one knows everything`, async () => {
      const { load } = await here.rig.under(async (loaded) => {
        for (let round = 0; round < rounds; round++) {
          const dying = here.rig.server.process;
          here.rig.shim.arm({ calls, on, what: action.fail, error: errno.EIO, at: 1 + round, times: -1 });
          await here.rig.server.seen('store.batch_lost').catch(() => here.rig.server.seen('store.checkpoint'));
          here.rig.shim.disarm();
          assert.equal((await dying.exited).code, 1);
          await loaded.more(5);
        }
      });
      assert.ok([...load.answers.keys()].every((answer) => /^2|^503 \/problems\/(storage|busy)$/.test(answer)), JSON.stringify([...load.answers]));
    });
});

describe('a full disk', () => {
  test('refuses writes with 507, serves reads, and goes on when there is room: the same process', async () => {
    const ends = here.rig.ends.length;
    const { load } = await here.rig.under(async (loaded) => {
      for (let round = 0; round < rounds; round++) {
        const refused = loaded.answers.get('507 /problems/storage-full') ?? 0;
        here.rig.shim.arm({ calls: call.write, on: target.log, what: action.fail, error: errno.ENOSPC, at: 1 + round, times: -1 });
        await loaded.told('507 /problems/storage-full', refused + 10);
        await readsGoOn();
        here.rig.shim.disarm();
        await loaded.more(10);
      }
    });
    assert.equal(here.rig.ends.length, ends);
    assert.deepEqual([...load.answers.keys()].filter((answer) => !/^2|^507/.test(answer)), []);
  });

  const places = [
    ['where it is received', call.open, target.files, errno.ENOSPC, '507 /problems/storage-full'],
    ['while it is received', call.write, target.files, errno.ENOSPC, '507 /problems/storage-full'],
    ['when it gets its name', call.rename, target.files, errno.ENOSPC, '507 /problems/storage-full'],
    ['when it is synced: EIO', call.sync, target.files, errno.EIO, '503 /problems/storage'],
    ['while it is received: EIO', call.write, target.files, errno.EIO, '503 /problems/storage'],
  ];
  for (const [name, calls, on, error, answer] of places)
    test(`refuses an upload ${name}; others are served meanwhile, nothing is left behind`, async () => {
      const ends = here.rig.ends.length;
      await here.rig.under(async (loaded) => {
        here.rig.shim.arm({ calls, on, what: action.fail, error, times: -1 });
        await loaded.told(answer, 3);
        await loaded.more(10);
        await readsGoOn();
        here.rig.shim.disarm();
        await loaded.acknowledges('attach');
      });
      assert.equal(here.rig.ends.length, ends);
    });

  test('a real one, of a few megabytes', async (t) => {
    const rig = await startRig({
      prepare: (records) => {
        mkdirSync(records, { recursive: true });
        const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=0700', 'none', records], { encoding: 'utf8' });
        here.unmounted = mounted.status === 0 ? '' : (mounted.stderr ?? '').trim() || 'there is no mount';
      },
    });
    try {
      if (here.unmounted) {
        t.diagnostic(`SKIPPED: no tmpfs can be mounted here (${here.unmounted}); the same faults were injected above`);
        t.skip('mount is not permitted');
        return;
      }
      await rig.under(async (loaded) => {
        const ballast = join(rig.records, 'ballast');
        const filled = spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { encoding: 'utf8' });
        assert.match(filled.stderr, /No space left/);
        await loaded.told('507 /problems/storage-full', 10);
        await readsGoOn(rig);
        rmSync(ballast);
        await loaded.acknowledges('attach');
        await loaded.acknowledges('save');
      });
      assert.equal(rig.ends.length, 0);
    } finally {
      if (!here.unmounted) spawnSync('umount', ['-l', rig.records]);
      await rig.stop();
    }
  });
});

describe('a disk that takes less, or takes its time', () => {
  test('short writes are written on', async () => {
    const { load } = await here.rig.under(async (loaded) => {
      here.rig.shim.arm({ calls: call.write, what: action.short, at: 1, times: -1 });
      await loaded.more(60);
    });
    assert.deepEqual([...load.answers.keys()].filter((answer) => !/^2/.test(answer)), []);
  });

  test('a slow sync holds nobody up but the writers', async () => {
    await here.rig.under(async (loaded) => {
      here.rig.shim.arm({ calls: call.sync | call.rename, what: action.late, error: 120, times: -1 });
      await loaded.acknowledges('attach', 2);
      await readsGoOn();
      await loaded.more(10);
    });
  });

  test('uploads with a slow disk do not stall the loop', async () => {
    await here.rig.under(async (loaded) => {
      const slow = call.open | call.look | call.write | call.rename | call.unlink | call.close | call.sync;
      here.rig.shim.arm({ calls: slow, on: target.files, what: action.late, error: 120, times: -1 });
      await loaded.acknowledges('attach', 2);
      await readsGoOn();
      await loaded.more(10);
    });
  });
});
