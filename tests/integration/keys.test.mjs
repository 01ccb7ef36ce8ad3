// Records and the key that seals them belong together: a start with another key, or with none, which makes
// a new one, would lose every sealed number, second factor and vote without a word.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from './harness.mjs';

test('records do not open with another key than theirs, and do with it', async () => {
  const first = await startServer();
  const key = join(first.folder, 'key');
  const own = readFileSync(key);
  try {
    await first.halt();
    writeFileSync(key, randomBytes(32));
    await assert.rejects(startServer({ from: first.folder }).then((wrong) => wrong.stop()), /sealed with another key than that of key_file/);
    writeFileSync(key, own);
    await (await startServer({ from: first.folder })).stop();
  } finally {
    rmSync(first.folder, { recursive: true, force: true });
  }
});
