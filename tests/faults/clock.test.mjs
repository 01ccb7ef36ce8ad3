// The wall clock jumps, a day ahead and back, under load. What has a deadline in seconds goes by the other clock.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { long, startRig } from './rig.mjs';

const DAY = 86_400_000;
const here = {};
before(async () => (here.rig = await startRig({ faults: true, config: { demo: false } })));
after(async () => here.rig?.stop());

const rows = (sql) => JSON.parse(execFileSync('sqlite3', ['-readonly', '-json', join(here.rig.records, 'titled.db'), sql], { encoding: 'utf8' }) || '[]');

describe('the clock', () => {
  test('jumps ahead and back: sessions, leases and keys go on, ids stay unique, nobody waits', async () => {
    const [saver] = here.rig.teachers;
    const { load } = await here.rig.under(async (loaded) => {
      for (let round = 0; round < (long ? 20 : 2); round++)
        for (const shift of [DAY, 0, -DAY, 3_600_000, 0]) {
          here.rig.shim.set('clock_ms', shift);
          await loaded.more(15);
          assert.equal((await saver.json('GET', '/account')).status, 200); // the same session
        }
    });
    // Nobody was thrown out, refused or asked to come again.
    assert.deepEqual([...load.answers.keys()].filter((answer) => !/^2/.test(answer)), []);
    assert.equal(here.rig.ends.length, 0);
    const units = rows('select u.id, l.sequence from unit u join ledger l on l.subject like \'%\' || u.id order by l.sequence');
    assert.equal(new Set(units.map((one) => one.id)).size, units.length);
    const stray = units.filter((one) => !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(one.id));
    assert.deepEqual(stray, []);
  });

  test('is a day off when the server starts, and right later', async () => {
    await here.rig.under(async (loaded) => {
      for (const shift of [-DAY, DAY]) {
        here.rig.shim.set('clock_ms', shift);
        here.rig.server.process.child.kill('SIGKILL');
        await loaded.more(10);
        here.rig.shim.set('clock_ms', 0);
        await loaded.more(10);
      }
    });
  });

  test('set back a little: ids still grow in the order of what happened', async () => {
    const { control } = here.rig.server;
    const ids = [];
    for (const shift of [0, -1500, -3000, -8000]) {
      here.rig.shim.set('clock_ms', shift);
      for (let i = 0; i < 3; i++) ids.push((await control.ok('POST', '/units', { name: `back ${shift} ${i}`, division_code: '650121', kind: 'school', grassroots: 'township' })).id);
    }
    here.rig.shim.set('clock_ms', 0);
    assert.deepEqual([...ids].sort(), ids);
  });
});
