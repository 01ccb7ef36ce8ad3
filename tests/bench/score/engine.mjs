// node engine.mjs zen|rules: one of the engines that `ops/bench score` compares with, in a process of its own on one
// processor. Answers messages: {dossiers} with their answers; {seconds} with how many it scored in them.

import { plain } from './dossiers.mjs';

const { engine } = await import(`./${process.argv[2]}.mjs`);
const { score, shaped } = engine();
/** Asked for together, so that the engine need not wait for our turn of the loop between two. */
const together = 32;
const inputs = [];

async function answers(dossiers) {
  const list = [];
  inputs.push(...dossiers.map(plain));
  for (const input of inputs.slice(-dossiers.length)) list.push(shaped(await score(input)));
  return list;
}

async function timed(seconds) {
  const began = process.cpuUsage();
  const used = () => {
    const { user, system } = process.cpuUsage(began);
    return user + system;
  };
  let count = 0;
  while (used() < seconds * 1e6)
    for (let i = 0; i < inputs.length && (i % 256 || used() < seconds * 1e6); i += together, count += together)
      await Promise.all(inputs.slice(i, i + together).map(score));
  return { count, us: used() };
}

process.on('message', async ({ dossiers, seconds }) => process.send(dossiers ? await answers(dossiers) : await timed(seconds)));
