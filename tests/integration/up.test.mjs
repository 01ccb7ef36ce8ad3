// What the README's first command does in a folder where nothing has run yet, when it is run again, and how it ends.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, top } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'titled-up-'));
const idOf = (name) => Number(readFileSync(join(folder, `${name}.pid`), 'utf8'));
const run = (command, port, ...more) => spawnSync(join(top, 'ops', command), more, { env: { ...process.env, TITLED_DEMO: folder, TITLED_PORT: String(port) }, encoding: 'utf8' });
const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

after(() => {
  run('down', 0);
  rmSync(folder, { recursive: true, force: true });
});

test('ops/up starts what does not run, and only that; ops/down ends it, and --wipe forgets the records', async () => {
  writeFileSync(join(folder, 'seeded'), ''); // the demo city has tests of its own
  const [first, second] = [await freePort(), await freePort()];
  const up = (port) => {
    const { status, stdout, stderr } = run('up', port);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^titled runs at +http://127\\.0\\.0\\.1:${port}/$`, 'm'));
    return [/Starting Redis/.test(stdout), /Starting titled/.test(stdout)];
  };
  const login = async (port) => (await new Client({ host: '127.0.0.1', port }).send('GET', '/login')).status;

  assert.deepEqual(up(first), [true, true]);
  assert.equal(await login(first), 200);
  const [redis, titled] = [idOf('redis'), idOf('titled')];
  assert.deepEqual(up(first), [false, false]);
  assert.deepEqual([idOf('redis'), idOf('titled')], [redis, titled]);

  assert.deepEqual(up(second), [false, true], 'another port is another server');
  assert.equal(await login(second), 200);
  assert.ok(!existsSync(`/proc/${titled}`));

  const running = idOf('titled');
  assert.equal(run('down', second).status, 0);
  assert.deepEqual([existsSync(`/proc/${running}`), existsSync(`/proc/${redis}`), existsSync(join(folder, 'records/titled.db'))], [false, false, true]);
  assert.equal(run('down', second, '--wipe').status, 0);
  assert.equal(existsSync(folder), false);
});
