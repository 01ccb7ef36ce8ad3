// trial: a changed standard tried on 100,000 dossiers, all cores; then its approval and activation, until a request
// shows it in force.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { buildCity, draft, submit, teacher } from '../integration/city.mjs';
import { copyDossiers } from '../integration/copies.mjs';
import { startServer, top } from '../integration/harness.mjs';
import { cpuTime, median, round } from './machine.mjs';
import { wide, withFolder } from './served.mjs';

const DOSSIERS = Number(process.env.BENCH_DOSSIERS ?? 100_000), ROUNDS = 3, LOOK_MS = 10;

const children = (pid) => execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).trim().split(/\s+/).map(Number);
const now = () => Number(process.hrtime.bigint()) / 1e9;

/** The next request, and the next, until it shows what is waited for; answers the seconds since `began`. */
async function shown(client, path, fits, began) {
  for (;;) {
    const reply = await client.ok('GET', path);
    if (fits(reply)) return { seconds: now() - began, reply };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function turn(server, bureau, city, file, source, n) {
  writeFileSync(file, source.replace('cap: 25 do', `cap: ${24 - n} do`));
  const { id } = await bureau.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' });
  const own = [server.process.child.pid], workers = children(own[0]);
  const cpu = [cpuTime(own), cpuTime(workers)], began = now();
  const trial = await bureau.ok('POST', `/standards/${id}/trials`, { cycle: city.cycle.id });
  const { seconds, reply: { state, done, refusal } } = await shown(bureau, `/trials/${trial.id}`, (reply) => reply.state !== 'running', began);
  if (state !== 'done' || done < DOSSIERS) throw new Error(`the trial ended as ${state} after ${done}: ${JSON.stringify(refusal)}`);
  return { id, seconds, server: (cpuTime(own) - cpu[0]) / done, workers: (cpuTime(workers) - cpu[1]) / done };
}

export async function trial() {
  await withFolder(async (folder) => {
    cpSync(join(top, 'scripts'), folder, { recursive: true });
    const file = join(folder, 'teacher/intermediate.rb'), source = readFileSync(file, 'utf8');
    const server = await startServer({ config: { ...wide, script_folder: folder, workers: 0 } });
    try {
      const city = await buildCity(server);
      const second = await server.account('second', [{ role: 'bureau', scope: '' }]);
      const applicant = await teacher(city, 'applicant');
      const own = await draft(city, applicant);
      await submit(applicant, own);
      await copyDossiers(server, own, DOSSIERS - 1);
      const rounds = [];
      for (let n = 0; n < ROUNDS; n++) rounds.push(await turn(server, city.bureau, city, file, source, n));
      const seconds = median(rounds.map((one) => one.seconds)), cores = cpus().length;
      console.log(JSON.stringify({
        bench: 'trial', what: 'a standard tried on a cycle, both orders and the standard in force', unit: 'dossiers/s', dossiers: DOSSIERS, seconds: round(seconds),
        ours: round(DOSSIERS / seconds), per_core: round(DOSSIERS / seconds / cores), cpu_us: { workers: round(median(rounds.map((one) => one.workers))), server: round(median(rounds.map((one) => one.server))) }, cores,
        rounds: rounds.map((one) => round(one.seconds)),
      }));
      const { id } = rounds.at(-1);
      await second.ok('POST', `/standards/${id}/approve`);
      const began = now();
      await second.ok('POST', `/standards/${id}/activate`);
      const answered = now() - began;
      const { seconds: visible } = await shown(city.supervisor, `/standards/${id}`, (reply) => reply.state === 'active', began);
      console.log(JSON.stringify({ bench: 'trial', what: 'activation: its answer, and the request that shows it in force', unit: 's', dossiers: DOSSIERS, answered: round(answered), visible: round(visible) }));
    } finally {
      await server.process.kill('SIGKILL');
      await server.redis.kill();
      execFileSync('rm', ['-rf', server.folder]);
    }
  });
}
