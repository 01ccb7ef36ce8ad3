// The control file of fault_shim.c: 64-bit numbers that both sides map.

import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

export const call = { sync: 1, write: 2, rename: 4, truncate: 8, unlink: 16, open: 32, look: 64, close: 128 };
export const action = { killBefore: 1, killAfter: 2, torn: 3, fail: 4, short: 5, late: 6 };
export const target = { any: 0, database: 1, log: 2, files: 3 };
export const errno = { EIO: 5, ENOSPC: 28 };

const place = { armed: 0, countdown: 1, action: 2, error: 3, times: 4, target: 5, clock_ms: 6, fired: 7, seen: 8 };

export class Shim {
  constructor(path) {
    this.path = path;
    writeFileSync(path, Buffer.alloc(4096));
    this.fd = openSync(path, 'r+');
  }

  set(name, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.fd, bytes, 0, 8, place[name] * 8);
  }

  get(name, index = 0) {
    const bytes = Buffer.alloc(8);
    readSync(this.fd, bytes, 0, 8, (place[name] + index) * 8);
    return Number(bytes.readBigInt64LE());
  }

  /** The `at`-th of these calls from now on meets `what`; `times` of them, -1 = all until disarm(). */
  arm({ calls, what, at = 1, error = 0, times = 1, on = target.any }) {
    this.disarm();
    for (const [name, value] of Object.entries({ countdown: at, action: what, error, times, target: on, fired: 0, armed: calls })) this.set(name, value);
  }

  disarm() {
    this.set('armed', 0);
  }

  close() {
    closeSync(this.fd);
  }
}
