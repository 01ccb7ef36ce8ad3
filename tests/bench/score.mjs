// score: dossiers that a worker tries in a second of a processor, each in two orders with all explanations, against two
// rules engines and a bare interpreter that score each once. They run by turns, each in a process of its own on the same
// processor; rates are by processor time. Nothing is measured before all have given the same answers.

import { fork, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, median, pin, pins, round, run } from './machine.mjs';
import { withFolder } from './served.mjs';
import { difference, ours } from './score/compare.mjs';
import { dossiers } from './score/dossiers.mjs';
import { Worker, frame } from './score/worker.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const scripts = join(here, '../../scripts/teacher');
const script = join(scripts, 'intermediate.rb');
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const count = Number(process.env.BENCH_DOSSIERS ?? 20000);
/** A frame of a trial holds as many as the server puts into one (core/trials.c). */
const batch = 128;
/** The bare loop keeps its inputs as objects, so it has the first ones only. */
const kept = 2000;

const standard = { name: 'teacher/intermediate.rb', hash: '', source: readFileSync(script, 'utf8') };
const scoreJob = (input) => frame({ op: 'score', series: 'teacher', ...input, standard });

/** Installs the engines that package-lock.json names, once. */
function install() {
  const folder = join(here, 'score');
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm ci failed: the engines to compare with are not there');
}

/** The golden cases of the level as inputs of a score. */
async function golden(worker) {
  const inputs = [];
  for (const file of readdirSync(join(scripts, 'cases')).filter((name) => name.startsWith('intermediate-'))) {
    const { dossier, expert } = JSON.parse(readFileSync(join(scripts, 'cases', file)));
    const { facts, gates } = JSON.parse(await worker.ask(frame({ op: 'facts', series: 'teacher', dossier })));
    inputs.push({ facts, gates, expert: expert ?? {} });
  }
  return inputs;
}

/** The frames of a trial over these dossiers. */
function trialFrames(inputs) {
  const frames = [];
  for (let i = 0; i < inputs.length; i += batch) {
    const dossiers = inputs.slice(i, i + batch).map((input, k) => ({ id: `D${i + k}`, ...input }));
    frames.push(frame({ op: 'trial', trial: 'bench', standard, dossiers }));
  }
  return frames;
}

async function answersOf(worker, inputs) {
  const scores = [];
  for (const input of inputs) {
    const answer = JSON.parse(await worker.ask(scoreJob(input)));
    if (!answer.score) throw new Error(`the worker failed: ${JSON.stringify(answer)}`);
    scores.push(ours(answer.score));
  }
  return scores;
}

/** A trial counts what the scores say; that its sentences agree in both orders is the worker's own test. */
function agreeInTrial(want, answers) {
  const results = answers.flatMap((bytes) => {
    const { results, findings } = JSON.parse(bytes);
    if (findings.length) throw new Error(`the trial found ${JSON.stringify(findings)}`);
    return results;
  });
  for (const [i, { total, vetoed, eligible, findings }] of want.entries()) {
    const { after } = results[i];
    const failed = Object.keys(findings).filter((id) => !id.startsWith('A0.') && !findings[id].met);
    if (after.total !== total || after.vetoed !== vetoed || after.eligible !== eligible || `${after.failed}` !== `${failed}`)
      throw new Error(`the trial counts dossier ${i} otherwise: ${JSON.stringify(after)}`);
  }
}

function agree(name, want, have) {
  for (const [i, score] of want.entries()) {
    const differs = difference(score, have[i]);
    if (differs) throw new Error(`${name} scores dossier ${i} otherwise, so a comparison means nothing\n${differs}`);
  }
}

const reply = (child, message) =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the engine ended'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer);
    });
    child.send(message);
  });

/** An engine of npm in a process of its own, proved to agree; answers {rate, stop}. */
async function startEngine(name, inputs, want) {
  const child = fork(join(here, 'score/engine.mjs'), [name]);
  for (let i = 0; i < inputs.length; i += 1000)
    agree(name, want.slice(i, i + 1000), await reply(child, { dossiers: inputs.slice(i, i + 1000) }));
  pin(child.pid, pins.servers);
  return {
    rate: async () => {
      const { count, us } = await reply(child, { seconds });
      return (count / us) * 1e6;
    },
    stop: () => end(child),
  };
}

const startLoop = (file, want) => ({
  rate: async () => {
    const { scores, count, us } = await run('bench_score_loop', [script, file, seconds], { cpu: pins.servers });
    agree('the bare loop', want, scores.map(ours));
    return (count / us) * 1e6;
  },
  stop: () => {},
});

/** A fresh worker, which knows nothing yet, tries each dossier once. */
async function ourRate(frames, inputs, want) {
  const worker = await new Worker().ready();
  const answers = [];
  const before = worker.cpu();
  for (const bytes of frames) answers.push(await worker.ask(bytes));
  const us = worker.cpu() - before;
  await worker.stop();
  agreeInTrial(want, answers);
  return (inputs.length / us) * 1e6;
}

async function measure(inputs, want, references) {
  const frames = trialFrames(inputs);
  const turns = [];
  for (let i = 0; i < rounds; i++) {
    const turn = { ours: await ourRate(frames, inputs, want) };
    for (const [name, reference] of Object.entries(references)) turn[name] = await reference.rate();
    turns.push(turn);
  }
  const of = (name) => round(median(turns.map((turn) => turn[name])));
  const compared = Object.fromEntries(
    Object.keys(references).map((name) => {
      const ratios = turns.map((turn) => turn.ours / turn[name]);
      return [name, { reference: of(name), ratio: round(median(ratios)), spread: [round(Math.min(...ratios)), round(Math.max(...ratios))] }];
    }),
  );
  return { bench: 'score', unit: 'dossiers/s of one processor', ours: of('ours'), dossiers: inputs.length, rounds, ...compared };
}

export async function score() {
  install();
  await withFolder(async (folder) => {
    const worker = await new Worker().ready();
    const inputs = dossiers(await golden(worker), count);
    const want = await answersOf(worker, inputs);
    await worker.stop();
    const file = join(folder, 'dossiers.json');
    writeFileSync(file, JSON.stringify(inputs.slice(0, kept)));
    const references = {
      zen_engine: await startEngine('zen', inputs, want),
      json_rules_engine: await startEngine('rules', inputs, want),
      bare_loop: startLoop(file, want.slice(0, kept)),
    };
    try {
      console.log(JSON.stringify(await measure(inputs, want, references)));
    } finally {
      for (const reference of Object.values(references)) await reference.stop();
    }
  });
}
