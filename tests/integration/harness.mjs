// Starts a real titled with a real, private Redis in a temporary folder, and speaks to it as people do.
//
//   const server = await startServer();                     // { plugins, config, web, redis: false }
//   const admin = server.control;                           // the console, over the control socket
//   const someone = await server.account('lin', [{ role: 'office', scope: 'teacher' }]); // created, logged in
//   const reply = await someone.json('POST', '/cycles', {...});  // {status, headers, body}
//   await server.stop();                                    // fails when a sanitizer spoke or it crashed
//
// Nothing here sleeps: what must be waited for is waited for by its event (a log line, a process's end).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeAuthority, makeCertificate } from './certificate.mjs';

export const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = process.env.TITLED_BUILD ?? join(top, 'build/dev');
export const password = 'correct horse 2026';

/** TITLED_LATE=400: so many milliseconds late come the words of processes, and the scripts that a page fetches. What
 * passes only when they come at once, passes by luck. */
export const late = Number(process.env.TITLED_LATE ?? 0);

/** A page but for where its stream begins, which is another text each time. */
export const steady = (page) => page.replace(/(?<=\/live\?after=)[0-9a-f]{96}(?=")/g, '{heard}');

const START_MS = 30_000;

/** A child process whose output is kept and can be waited for. */
export class Process {
  constructor(command, args, options = {}) {
    this.log = '';
    this.watchers = new Set();
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const hear = late ? (act) => setTimeout(act, late) : (act) => act();
    this.exited = new Promise((resolve) => this.child.on('close', (code, signal) => hear(() => resolve({ code, signal }))));
    this.exited.then((end) => ((this.end = end), this.wake()));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (bytes) => hear(() => ((this.log += bytes), this.wake())));
  }

  wake() {
    for (const watch of [...this.watchers]) watch();
  }

  /** Resolves with the first truthy answer of `look(log)`; looks again after every output. */
  seen(look, what, from = 0) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(reject, new Error(`${what} did not come:\n${this.log}`)), START_MS);
      const done = (settle, value) => {
        clearTimeout(timer);
        this.watchers.delete(watch);
        settle(value);
      };
      const watch = () => {
        const found = look(this.log.slice(from));
        if (found) done(resolve, found);
        else if (this.end) done(reject, new Error(`ended before ${what}:\n${this.log}`));
      };
      this.watchers.add(watch);
      watch();
    });
  }

  async kill(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.exited;
  }
}

/** Log lines of titled as objects; what is not JSON (a sanitizer) is kept as {raw}. */
const parse = (log) =>
  log.split('\n').slice(0, -1).filter(Boolean).map((line) => {
    try {
      return JSON.parse(line);
    } catch {
      return { raw: line };
    }
  });

/** Replies of the server: body is parsed when it is JSON. */
function send(target, method, path, headers, bytes) {
  return new Promise((resolve, reject) => {
    const request = (target.ca ? https : http).request({ ...target, method, path, headers, agent: false }, (reply) => {
      const chunks = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.on('error', reject);
      reply.on('end', () => {
        const raw = Buffer.concat(chunks);
        const type = reply.headers['content-type'] ?? '';
        const text = raw.toString('utf8');
        resolve({
          status: reply.statusCode,
          headers: reply.headers,
          text,
          raw,
          body: /^application\/(problem\+)?json/.test(type) && text ? JSON.parse(text) : text,
        });
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

/** A browser or API client: keeps cookies and the CSRF value of its session. */
export class Client {
  constructor(target) {
    this.target = target;
    this.cookies = new Map();
    this.csrf = '';
  }

  /** [name, value] of the session's cookie, which is called otherwise under TLS; undefined without a session. */
  get session() {
    return [...this.cookies].find(([name]) => /^(__Host-)?td_session$/.test(name));
  }

  async send(method, path, headers = {}, bytes = undefined) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = { ...(cookie && { Cookie: cookie }), ...(bytes !== undefined && { 'Content-Length': Buffer.byteLength(bytes) }), ...headers };
    const reply = await send(this.target, method, path, all, bytes);
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return reply;
  }

  /** The API: `path` without /api/v1; sends the CSRF value. `headers` may add If-Match and the like. */
  json(method, path, body = undefined, headers = {}) {
    const bytes = body === undefined ? undefined : JSON.stringify(body);
    return this.send(method, `/api/v1${path}`, {
      Accept: 'application/json',
      ...(bytes !== undefined && { 'Content-Type': 'application/json' }),
      ...(method !== 'GET' && this.csrf && { 'X-CSRF-Token': this.csrf }),
      ...headers,
    }, bytes);
  }

  /** The same; anything but a 2xx fails the test with the server's words. Answers the body. */
  async ok(method, path, body, headers) {
    const reply = await this.json(method, path, body, headers);
    assert.ok(reply.status >= 200 && reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.body;
  }

  /** A page, as a browser gets it. */
  page(path, headers = {}) {
    return this.send('GET', path, { Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', ...headers });
  }

  /** A form post, as a browser without JavaScript sends it. */
  form(path, fields = {}, headers = {}) {
    const pairs = Object.entries(this.csrf ? { _csrf: this.csrf, ...fields } : fields).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, String(one)]));
    return this.send('POST', path, {
      Accept: 'text/html',
      'Content-Type': 'application/x-www-form-urlencoded',
      ...headers,
    }, new URLSearchParams(pairs).toString());
  }

  /** multipart/form-data with one file: {name, type, bytes}. */
  upload(path, fields, file, headers = {}) {
    const boundary = `----titled${Math.random().toString(36).slice(2)}`;
    const parts = Object.entries({ ...(this.csrf && { _csrf: this.csrf }), ...fields }).map(([name, value]) =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
    parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: ${file.type}\r\n\r\n`));
    parts.push(Buffer.from(file.bytes), Buffer.from(`\r\n--${boundary}--\r\n`));
    return this.send('POST', path, {
      Accept: 'application/json',
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      ...headers,
    }, Buffer.concat(parts));
  }

  async login(login, secret = password) {
    const reply = await this.json('POST', '/session', { login, password: secret });
    if (reply.status < 300) this.csrf = reply.body.csrf;
    return reply;
  }
}

class Server {
  constructor(folder, options) {
    this.folder = folder;
    this.options = options;
    this.config = join(folder, 'titled.conf');
  }

  get lines() {
    return parse(this.process.log);
  }

  async startRedis() {
    this.redis = new Process(join(top, 'ops/redis-start'), [this.folder]);
    await this.redis.seen((log) => log.includes('ready to accept connections'), 'Redis');
  }

  writeConfig() {
    const { plugins = join(build, 'plugins'), web = join(top, 'web'), config = {} } = this.options;
    const settings = {
      demo: true,
      password_cost: 'least', // what a password costs is password.test.mjs's business
      second_factor: 'offered',
      step_up_seconds: 86400, // a slow run is not asked again who it is
      step_up_most_seconds: 86400,
      listen_port: 0,
      state_folder: join(this.folder, 'records'),
      key_file: join(this.folder, 'key'),
      web_folder: web,
      plugin_folder: plugins,
      script_folder: join(top, 'scripts'),
      scorer: join(build, 'bin/titled-scorer'),
      examiner: join(build, 'bin/titled-examiner'),
      workers: 1,
      calendar_file: join(top, 'ops/calendar.json'),
      control_socket: join(this.folder, 'control.sock'),
      throttle_account: 0, // tests ask faster than people do; rate.test.mjs sets what it needs
      throttle_address: 0,
      redis_socket: join(this.folder, 'redis.sock'),
      redis_user: 'titled',
      redis_password: readFileSync(join(this.folder, 'redis.password'), 'utf8').trim(),
      ...(this.pair && { tls_certificate: this.pair.certificate, tls_key: this.pair.key, redirect_port: 0, public_url: 'https://titled.test' }),
      ...config,
    };
    writeFileSync(this.config, Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`).join(''), { mode: 0o600 });
  }

  async startTitled() {
    const { program = 'titled', env } = this.options;
    this.process = new Process(join(build, 'bin', program), ['--config', this.config], { env: { ...process.env, ...env?.(this.folder) } });
    const line = await this.seen('server.listening');
    this.port = line.port;
    this.url = `${this.pair ? 'https' : 'http'}://127.0.0.1:${line.port}`;
    this.redirectPort = line.redirect_port;
    this.control = new Client({ socketPath: join(this.folder, 'control.sock') });
  }

  /** The first log line of this event for which `fits` holds; `from` = lines before it do not count. */
  seen(event, fits = () => true, from = 0) {
    return this.process.seen((log) => parse(log).slice(from).find((line) => line.event === event && fits(line)), `the log line ${event}`);
  }

  /** A new client without a session. */
  client() {
    return new Client({ host: '127.0.0.1', port: this.port, ...(this.pair && { ca: this.pair.ca }) });
  }

  /** Logs in; again when a machine under load had no time for Redis. */
  async enter(client, login) {
    for (let tries = 0; ; tries++) {
      const reply = await client.login(login);
      if (reply.status === 200 && tries) await client.json('DELETE', '/account/sessions'); // what was answered late began one, too
      if (reply.status !== 503 || tries === 5) return reply;
      for (let looks = 0; looks < 2000 && (await this.control.json('GET', '/ready')).status !== 200; looks++);
    }
  }

  /** Creates an account through the console and logs in as it. `more` = further members of its body. */
  async account(login, grants = [], more = {}) {
    const created = await this.control.ok('POST', '/accounts', { login, name: more.name ?? login, password, grants, ...more });
    const client = this.client();
    const reply = await this.enter(client, login);
    assert.equal(reply.status, 200, reply.text);
    client.account = reply.body.account;
    client.created = created;
    return client;
  }

  /** Moves the demonstration's clock; what falls due has been done when this returns. */
  advance(days) {
    return this.control.ok('POST', '/demo/advance', { days });
  }

  async stopRedis(signal = 'SIGKILL') {
    const from = this.lines.length;
    await this.redis.kill(signal);
    await this.seen('redis.lost', (line) => line.connection === 'commands', from);
  }

  async restartRedis() {
    const from = this.lines.length;
    await this.startRedis();
    await this.seen('redis.ready', (line) => line.connection === 'commands', from);
  }

  /** kill -9 and a new start on the same records. */
  async crash() {
    await this.process.kill('SIGKILL');
    await this.startTitled();
  }

  /** Ends the server and its Redis; the records stay, for startServer({ from: folder }). */
  async halt() {
    const end = await this.process.kill('SIGTERM');
    if (!this.redis.end) await this.redis.kill();
    assert.equal(end.code, 0, `titled ended with ${end.code ?? end.signal}:\n${this.process.log}`);
  }

  async stop() {
    const end = await this.process.kill('SIGTERM');
    if (!this.redis.end) await this.redis.kill();
    const log = this.process.log;
    rmSync(this.folder, { recursive: true, force: true });
    assert.equal(end.code, 0, `titled ended with ${end.code ?? end.signal}:\n${log}`);
    assert.doesNotMatch(log, /Sanitizer|runtime error:/);
  }
}

/** `options`: config (settings), plugins (folder), web (folder), redis: false = start without Redis, program (of the
 *  build's bin/), env: (folder) => more environment of titled, tls: true = with a certificate
 *  of our own (`server.pair`), from: the folder of a halted server, whose records and keys are copied. */
export async function startServer(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'titled-'));
  for (const part of options.from ? ['records', 'key', 'ledger.key', 'checkpoints'] : []) cpSync(join(options.from, part), join(folder, part), { recursive: true });
  const server = new Server(folder, options);
  try {
    if (options.redis === false) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'redis.password'), '0'.repeat(64), { mode: 0o600 });
    } else {
      await server.startRedis();
    }
    if (options.tls) {
      server.authority = makeAuthority(folder);
      server.pair = makeCertificate(folder, server.authority);
    }
    server.writeConfig();
    await server.startTitled();
  } catch (problem) {
    server.process?.child.kill('SIGKILL');
    server.redis?.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw problem;
  }
  server.redis ??= { end: true };
  return server;
}
