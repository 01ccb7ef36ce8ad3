// 4,000 assignments of dossiers to 50 experts, against a bare pass over the same pairs.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const build = process.env.TITLED_BUILD;
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const [DOSSIERS, REVIEWS, EXPERTS, LIMIT_MS] = [1000, 4, 50, 500];
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

export function assign() {
  const runs = Array.from({ length: rounds }, () => JSON.parse(execFileSync(join(build, 'bin/bench_assign'), [DOSSIERS, REVIEWS, EXPERTS].map(String), { encoding: 'utf8' })));
  const ours = median(runs.map((run) => run.ms)), reference = median(runs.map((run) => run.pass_ms));
  const ratios = runs.map((run) => run.ms / run.pass_ms);
  console.log(JSON.stringify({ bench: 'assign', unit: 'ms', ours, reference, ratio: Number(median(ratios).toFixed(2)), spread: [Math.min(...ratios), Math.max(...ratios)].map((one) => Number(one.toFixed(2))), assignments: runs[0].assignments, load_spread: runs[0].spread, limit_ms: LIMIT_MS, within: ours <= LIMIT_MS }));
}
