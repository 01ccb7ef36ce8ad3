// A scorer worker of the release on one processor, driven as the server drives it: frames on descriptor 3.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from '../../integration/harness.mjs';
import { cpuTime, end, pins } from '../machine.mjs';

/** 4-byte length and JSON (core/scoring/protocol.h). */
export function frame(message) {
  const text = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const header = Buffer.alloc(4);
  header.writeUInt32BE(text.length);
  return Buffer.concat([header, text]);
}

export class Worker {
  constructor() {
    const args = ['-c', pins.servers, join(build, 'bin/titled-scorer'), '--worker', join(build, 'plugins'), '5000'];
    this.child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], env: {} });
    this.socket = this.child.stdio[3];
    this.chunks = [];
    this.length = 0;
    this.socket.on('data', (bytes) => {
      this.chunks.push(bytes);
      this.length += bytes.length;
      this.take();
    });
  }

  /** The bytes of the next message. */
  next() {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.take();
    });
  }

  take() {
    if (!this.waiting || this.length < 4) return;
    if (this.chunks[0].length < 4) this.chunks = [Buffer.concat(this.chunks)];
    const size = this.chunks[0].readUInt32BE(0);
    if (this.length < 4 + size) return;
    const all = Buffer.concat(this.chunks);
    this.chunks = all.length > 4 + size ? [all.subarray(4 + size)] : [];
    this.length = all.length - 4 - size;
    const { waiting } = this;
    this.waiting = null;
    waiting(all.subarray(4, 4 + size));
  }

  async ready() {
    for (;;) {
      const message = JSON.parse(await this.next());
      if (message.ready) return this;
      if (message.ready === false) throw new Error(message.message);
    }
  }

  /** Sends a frame; answers the bytes that come back. */
  ask(bytes) {
    this.socket.write(bytes);
    return this.next();
  }

  cpu() {
    return cpuTime([this.child.pid]);
  }

  async stop() {
    this.socket.destroy();
    await end(this.child);
  }
}
