// node tests/bench/bench.mjs NAME...: runs the benches named and prints one JSON line each. README.md says
// what they compare. TITLED_BUILD is the release to measure.

import { requests } from './requests.mjs';
import { write } from './write.mjs';
import { list } from './list.mjs';
import { trial } from './trial.mjs';
import { memory } from './memory.mjs';
import { score } from './score.mjs';
import { assign } from './assign.mjs';

const groups = [
  [['http', 'read', 'page'], requests],
  [['write'], write],
  [['list', 'start'], list],
  [['trial'], trial],
  [['connections', 'sessions'], memory],
  [['score'], score],
  [['assign'], assign],
];

for (const [names, bench] of groups) {
  const wanted = names.filter((name) => process.argv.slice(2).includes(name));
  if (wanted.length) await bench(wanted);
}
