// A disk that refuses a write: the write is refused, the server ends as a failure, and a new one knows everything.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startServer } from './harness.mjs';

const here = {};
before(async () => (here.server = await startServer()));
after(async () => here.server?.stop());

test('a store that cannot write any more ends the server, and nothing acknowledged is lost', async () => {
  const { server } = here;
  await server.control.ok('POST', '/accounts', { login: 'kept', name: 'kept', grants: [] });
  execFileSync('prlimit', ['--pid', String(server.process.child.pid), '--fsize=0:']); // no file may grow
  const refused = await server.control.json('POST', '/accounts', { login: 'lost', name: 'lost', grants: [] });
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.body.type, '/problems/storage');

  await server.seen('server.store_stopped');
  const end = await server.process.exited;
  assert.equal(end.code, 1, server.process.log);
  assert.doesNotMatch(server.process.log, /Sanitizer|runtime error:/);

  await server.startTitled();
  const { items } = await server.control.ok('GET', '/accounts');
  assert.deepEqual(items.map((one) => one.login), ['kept']);
});
