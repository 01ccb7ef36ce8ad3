// list: what officials see first and deep, at a million dossiers against ten thousand, both servers up at once.
// start: from exec to listening at a million. The filled records stay under build/bench and are used again as
// long as the schema is the same.

import { createHash } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCity, teacher } from '../integration/city.mjs';
import { Client, build, password, top } from '../integration/harness.mjs';
import { end, median, pin, pinning, pins, round, run } from './machine.mjs';
import { requestBytes, startTitled, wide, withFolder } from './served.mjs';
import { ROUNDS } from './requests.mjs';

const SMALL = 10_000, LARGE = Number(process.env.BENCH_LARGE ?? 1_000_000);
const SECONDS = 0.4;

const officials = ['clerk', 'industry', 'personnel', 'office', 'bureau', 'supervisor'];

/** What is asked by whom; {deep} is the cursor of a page far from the first. */
const cases = [
  ['office', '/queue'],
  ['office', '/queue?state=office_review'],
  ['office', '/queue?state=office_review&cursor={queue}'],
  ['office', '/applications'],
  ['office', '/applications?cursor={deep}'],
  ['office', '/applications?state=objection_hold'],
  ['office', '/applications?state=certified&level=intermediate&cursor={deep}'],
  ['bureau', '/applications'],
  ['bureau', '/applications?cursor={deep}'],
  ['bureau', '/applications?state=objection_hold'],
  ['bureau', '/applications?division=650121&level=intermediate&state=certified'],
  ['bureau', '/applications?q={name}'],
  ['bureau', '/applications?q={number}'],
  ['bureau', '/queue?state=result_notice'],
  ['personnel', '/queue'],
  ['personnel', '/applications?cursor={deep}'],
  ['industry', '/queue'],
  ['industry', '/applications?cursor={deep}'],
  ['clerk', '/queue'],
  ['clerk', '/applications'],
  ['supervisor', '/applications'],
  ['bureau', '/'],
  ['office', '/'],
  ['clerk', '/'],
];

const schema = () => {
  const folder = join(top, 'core/store/schema'), hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.update(readFileSync(join(top, 'tests/bench/fill.sql'))).digest('hex');
};

const sql = (folder, ...commands) =>
  execFileSync('sqlite3', [join(folder, 'records/titled.db'), ...commands], { encoding: 'utf8', cwd: top }).trim();

async function startRedis(folder) {
  rmSync(join(folder, 'redis.sock'), { force: true });
  const child = spawn(join(top, 'ops/redis-start'), [folder], { stdio: 'ignore' });
  while (!existsSync(join(folder, 'redis.sock'))) await new Promise((resolve) => setTimeout(resolve, 5));
  pin(child.pid, pins.servers);
  return child;
}

function writeConfig(folder) {
  const settings = {
    ...wide, second_factor: 'offered', examiner: join(build, 'bin/titled-examiner'), listen_port: 0, state_folder: join(folder, 'records'), key_file: join(folder, 'key'), web_folder: join(top, 'web'),
    plugin_folder: join(build, 'plugins'), script_folder: join(top, 'scripts'), scorer: join(build, 'bin/titled-scorer'), workers: 1,
    calendar_file: join(top, 'ops/calendar.json'), control_socket: join(folder, 'control.sock'), redis_socket: join(folder, 'redis.sock'),
    redis_user: 'titled', redis_password: readFileSync(join(folder, 'redis.password'), 'utf8').trim(),
  };
  const path = join(folder, 'titled.conf');
  writeFileSync(path, Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`).join(''), { mode: 0o600 });
  return path;
}

/** Redis and titled on a folder of build/bench; the harness's `account` for buildCity. */
async function open(folder) {
  const redis = await startRedis(folder);
  const titled = await startTitled(writeConfig(folder), folder);
  const control = new Client({ socketPath: join(folder, 'control.sock') });
  const login = async (name) => {
    const client = new Client({ host: '127.0.0.1', port: titled.port });
    const reply = await client.login(name);
    if (reply.status !== 200) throw new Error(`${name}: ${reply.text}`);
    return client;
  };
  return {
    folder, titled, control, login,
    async account(name, grants, more = {}) {
      await control.ok('POST', '/accounts', { login: name, name, password, grants, ...more });
      return login(name);
    },
    async stop() {
      await end(titled.child);
      await end(redis);
    },
  };
}

/** The folder with `count` dossiers; made when it is not there. */
async function filled(count) {
  const folder = join(top, 'build/bench', `list-${count}`), mark = join(folder, 'filled');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === schema()) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  let server = await open(folder);
  const city = await buildCity(server);
  await teacher({ ...city, server }, 'lin');
  await server.stop();
  const tables = `('application', 'transition', 'message', 'ledger', 'account')`;
  const indexes = sql(folder, '.mode json', `select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in ${tables}`);
  const each = (make) => JSON.parse(indexes).map(make).join('\n');
  sql(folder, '.parameter init', `.parameter set :n ${count}`, each(({ name }) => `drop index ${name};`), '.read tests/bench/fill.sql', each((index) => `${index.sql};`));
  sql(folder, `update account_grant set scope = '01BENCHV000000000000000000' where role = 'unit'`);
  server = await open(folder); // what a start makes of new records is made once
  await server.stop();
  writeFileSync(mark, schema());
  console.error(`filled ${count} dossiers in ${Math.round((Date.now() - began) / 1000)} s`);
  return folder;
}

/** The words that stand for this store's own cursors and names. */
function words(folder) {
  const deep = sql(folder, `select id from application where id like '01BENCHD%' order by id limit 1 offset (select count(*) / 2 from application)`);
  const queue = sql(folder, `select state_at || '_' || id from application where state = 'office_review' and series = 'teacher' order by state_at, id
    limit 1 offset (select count(*) / 2 from application where state = 'office_review' and series = 'teacher')`);
  const [name, number] = sql(folder, '-separator', ' ', `select p.name, a.number from application a join account p on p.id = a.account_id where a.number is not null order by a.id limit 1 offset 77`).split(' ');
  return { deep, queue, name: encodeURIComponent(name[0]), number };
}

async function prepare(count) {
  const folder = await filled(count), filling = words(folder), server = await open(folder), clients = {};
  for (const name of officials) clients[name] = await server.login(name);
  return { server, clients, fill: (path) => path.replace(/\{(\w+)\}/g, (_, word) => filling[word]) };
}

/** Median time of this request, asked by one client over and over, in microseconds. */
async function time({ server, clients, fill }, [who, path], folder) {
  const file = join(folder, 'request');
  writeFileSync(file, requestBytes('GET', `/api/v1${fill(path)}`, { client: clients[who] }));
  const load = await run('bench_load', [server.titled.port, 1, SECONDS, file]);
  if (load.errors) throw new Error(`${who} ${path}: ${load.errors} errors`);
  return load.p50_us;
}

async function lists() {
  const small = await prepare(SMALL), large = await prepare(LARGE);
  try {
    const timed = [];
    await withFolder(async (folder) => {
      for (const one of cases) {
        const pairs = [];
        for (let i = 0; i < Math.min(ROUNDS, 3); i++) pairs.push([await time(large, one, folder), await time(small, one, folder)]);
        const pages = pairs.map(([a, b]) => a / b);
        timed.push({ who: one[0], path: one[1], ours: median(pairs.map(([a]) => a)), reference: median(pairs.map(([, b]) => b)), ratio: round(median(pages)) });
      }
    });
    const worst = timed.reduce((a, b) => (b.ratio > a.ratio ? b : a));
    console.log(JSON.stringify({
      bench: 'list', what: `lists of officials at ${LARGE} dossiers against ${SMALL}; the worst page counts`, unit: 'us, median',
      ours: worst.ours, reference: worst.reference, ratio: worst.ratio, pages: timed, pinning,
    }));
  } finally {
    await small.server.stop();
    await large.server.stop();
  }
}

async function start() {
  const large = await filled(LARGE), small = await filled(SMALL), pairs = [];
  const once = async (folder) => {
    const server = await open(folder);
    await server.stop();
    return server.titled.ms;
  };
  for (let i = 0; i < ROUNDS; i++) pairs.push([await once(large), await once(small)]);
  const ours = median(pairs.map(([a]) => a)), reference = median(pairs.map(([, b]) => b));
  console.log(JSON.stringify({
    bench: 'start', what: `from exec to listening at ${LARGE} dossiers, against ${SMALL}`, unit: 'ms', ours: Math.round(ours),
    reference: Math.round(reference), ratio: round(ours / reference), worst: Math.round(Math.max(...pairs.map(([a]) => a))), rounds: ROUNDS,
  }));
}

export async function list(benches) {
  if (benches.includes('list')) await lists();
  if (benches.includes('start')) await start();
}
