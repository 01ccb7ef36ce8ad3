// kill -9 under load: at random moments, and exactly before, after and in the middle of the n-th system call that
// touches the records.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { long, startRig } from './rig.mjs';
import { action, call, target } from './shim.mjs';

const here = {};
before(async () => (here.rig = await startRig({ faults: true })));
after(async () => here.rig?.stop());

/** Resolves when the present process has ended by SIGKILL and the next one has acknowledged something. */
async function dies(load) {
  const end = await here.rig.server.process.exited;
  assert.equal(end.signal, 'SIGKILL', here.rig.server.process.log.slice(-2000));
  await load.more(3);
}

describe('SIGKILL', () => {
  test('at random moments', async () => {
    const { acknowledged } = await here.rig.under(async (load) => {
      for (let round = 0; round < (long ? 150 : 6); round++) {
        await load.more(1 + Math.floor(Math.random() * 20));
        const dying = dies(load);
        here.rig.server.process.child.kill('SIGKILL');
        await dying;
      }
    });
    assert.ok(acknowledged > 20);
  });

  // Calls, where, and the moments of the n-th of them.
  const places = [
    ['fdatasync of the log', call.sync, target.log, [action.killBefore, action.killAfter]],
    ['a write to the log', call.write, target.log, [action.killBefore, action.torn, action.killAfter]],
    ['fsync of an evidence file or its folder', call.sync, target.files, [action.killBefore, action.killAfter]],
    ['a write of an upload', call.write, target.files, [action.torn]],
    ['the link of an evidence file to its name', call.rename, target.files, [action.killBefore, action.killAfter]],
    ['the unlink of what was received', call.unlink, target.files, [action.killBefore, action.killAfter]],
    ['a write of a checkpoint', call.write, target.database, [action.killBefore, action.torn]],
    ['the sync of a checkpoint', call.sync, target.database, [action.killBefore, action.killAfter]],
  ];

  test('at the n-th system call', async () => {
    const names = Object.fromEntries(Object.entries(action).map(([name, value]) => [value, name]));
    await here.rig.under(async (load) => {
      for (const [name, calls, on, actions] of places)
        for (const what of actions)
          for (const at of long ? [1, 2, 3, 5, 8, 13, 21, 34] : [1 + Math.floor(Math.random() * 3)]) {
            if (!long && on === target.database && what === action.killAfter) continue;
            here.rig.shim.arm({ calls, on, what, at });
            await dies(load);
            assert.equal(here.rig.shim.get('fired'), 1, `${name}, ${names[what]}, ${at}`);
          }
    });
  });

  test('while it starts', async () => {
    await here.rig.under(async (load) => {
      for (let at = 1; at <= (long ? 12 : 2); at++) {
        // The first commit of the new process, which also recovers the log of the one before.
        here.rig.shim.arm({ calls: call.sync | call.write, what: action.killAfter, at, times: 2 });
        await dies(load);
        assert.equal(here.rig.shim.get('fired'), 2, `the process that followed met the fault too, ${at}`);
        here.rig.shim.disarm();
      }
    });
  });
});
