// Raw sockets for http_wire.test.mjs: starts http_echo and speaks HTTP to it byte by byte.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = process.env.TITLED_BUILD ?? join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../build/dev');

/** Starts http_echo with limits like {'header-ms': 200}; stop() ends it gracefully and gives its log. */
export async function startEcho(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'http-echo-'));
  const args = ['--folder', folder];
  for (const [name, value] of Object.entries(options)) args.push(`--${name}`, String(value).replace('FOLDER', folder));
  const child = spawn(join(build, 'bin/http_echo'), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => (log += bytes));
  const exited = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
  const hello = await new Promise((resolve, reject) => {
    child.stdout.once('data', (bytes) => resolve(JSON.parse(bytes)));
    exited.then(() => reject(new Error(`http_echo did not start: ${log}`)));
  });
  return {
    port: hello.port,
    asset: hello.asset,
    folder,
    pid: child.pid,
    connect: (target) => Wire.connect(target ?? { port: hello.port, host: '127.0.0.1' }),
    /** Asks it to stop; the promise is its end. */
    async stop() {
      child.stdin.end();
      const end = await exited;
      rmSync(folder, { recursive: true, force: true });
      return { ...end, log, lines: log.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
    },
  };
}

/** One connection. reply() is the next reply, closed() resolves when the server has shut its side. */
export class Wire {
  static connect(target) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ ...target, allowHalfOpen: true }, () => resolve(new Wire(socket)));
      socket.once('error', reject);
    });
  }

  /** The same through TLS; `options` go to tls.connect. The certificate is the test's own. */
  static secure(port, options = {}) {
    return new Promise((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, allowHalfOpen: true, ...options },
        () => resolve(new Wire(socket)));
      socket.once('error', reject);
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.bytes = Buffer.alloc(0);
    this.ended = false;
    this.waiting = [];
    socket.setNoDelay(true);
    const wake = () => this.waiting.splice(0).forEach((resolve) => resolve());
    socket.on('error', (error) => (this.failure = error));
    socket.on('data', (bytes) => {
      this.bytes = Buffer.concat([this.bytes, bytes]);
      wake();
    });
    const end = () => {
      this.ended = true;
      wake();
    };
    socket.on('end', end).on('close', end).on('error', end);
  }

  send(text) {
    return new Promise((resolve) => this.socket.write(text, 'latin1', () => resolve()));
  }

  /** Every byte in a write of its own; the event loop turns in between. */
  async sendSlowly(text) {
    for (const byte of Buffer.from(text, 'latin1')) {
      await new Promise((resolve) => this.socket.write(Buffer.of(byte), () => setImmediate(resolve)));
      if (this.ended) return;
    }
  }

  /** Two writes; the second only when the first has been handed to the kernel and other clients had a turn. */
  async sendInTwo(text, at) {
    if (at > 0) await this.send(text.slice(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    await this.send(text.slice(at));
  }

  shut() {
    this.socket.end();
  }

  destroy() {
    this.socket.destroy();
  }

  async until(test) {
    for (;;) {
      const found = test();
      if (found) return found;
      if (this.ended) return undefined;
      await new Promise((resolve) => this.waiting.push(resolve));
    }
  }

  async closed() {
    await this.until(() => false);
    return this.bytes.toString('latin1');
  }

  async text(part) {
    return this.until(() => this.bytes.includes(part) && this.bytes.toString('latin1'));
  }

  /** The next reply: {status, headers, body}; undefined when the connection ends before one is complete. */
  async reply({ head = false } = {}) {
    const end = await this.until(() => this.bytes.indexOf('\r\n\r\n') + 1 || undefined);
    if (!end) return undefined;
    const lines = this.bytes.subarray(0, end - 1).toString('latin1').split('\r\n');
    const headers = {};
    for (const line of lines.slice(1)) {
      const [, name, value] = /^([^:]+): (.*)$/.exec(line);
      const key = name.toLowerCase();
      if (key in headers) throw new Error(`header ${key} came twice`);
      headers[key] = value;
    }
    const status = Number(lines[0].split(' ')[1]);
    const none = head || status < 200 || status === 204 || status === 304;
    const length = none ? 0 : Number(headers['content-length'] ?? NaN);
    if (!none && Number.isNaN(length)) throw new Error('no length: ' + lines.join('|'));
    if (!(await this.until(() => this.bytes.length >= end + 3 + length))) return undefined;
    const body = this.bytes.subarray(end + 3, end + 3 + length).toString('utf8');
    this.bytes = this.bytes.subarray(end + 3 + length);
    return { status, headers, body, line: lines[0], json: () => JSON.parse(body) };
  }

  async ask(text) {
    await this.send(text);
    return this.reply();
  }
}

/** A request; body and Content-Length follow from `body`. */
export function request(method, path, headers = {}, body) {
  const all = { Host: 'titled.test', ...headers };
  if (body !== undefined) all['Content-Length'] = Buffer.byteLength(body, 'latin1');
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}
