// Who owns the machine and writes everything down while others vote: the database and its log, the memory of Redis, the
// server's log, at every step. He also has one trustee's key. What he may find is who has voted; what he looks for is what.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { top } from './harness.mjs';
import { memoryOf } from './numbers.mjs';
import { trustees } from './vote.mjs';

globalThis.crypto ??= webcrypto; // node 18 has it, but not there
const part = (name) => import(join(top, 'web/assets/ballot', `${name}.js`));

/** One step: every row of every table in its order, all bytes, all lines. `plant`: SQL that betrays somebody. */
export async function record(server, plant = '') {
  const { headers } = await server.control.json('GET', '/health');
  await server.seen('http.request', ({ request }) => request === headers['x-request-id']); // what came before has its line
  const folder = mkdtempSync(join(tmpdir(), 'titled-copy-')), copy = join(folder, 'titled.db');
  try {
    // Who reads keeps the log from being begun anew while one copies: the two files belong together.
    const copying = ['', '-wal'].map((end) => `.shell cp ${join(server.folder, `records/titled.db${end}`)} ${copy}${end}`);
    execFileSync('sqlite3', ['-readonly', join(server.folder, 'records/titled.db')], { input: ['begin;', 'select count(*) from setting;', ...copying].join('\n') });
    const bytes = ['', '-wal'].map((end) => (existsSync(copy + end) ? readFileSync(copy + end, 'latin1') : '')).join('');
    const dump = execFileSync('sqlite3', [copy], { input: `${plant}\n.dump\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
    return { rows: dump.split('\n').filter((line) => line.startsWith('INSERT INTO')), lines: server.lines.map((line) => JSON.stringify(line)), bytes, redis: memoryOf(server.redis.child.pid) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const tableOf = (row) => /^INSERT INTO "?(\w+)/.exec(row)[1];

/** What a step left beyond what it may: of these tables one row more or one row changed each. */
export function traces(before, after, allowed) {
  const was = new Set(before.rows), is = new Set(after.rows), fresh = after.rows.filter((row) => !was.has(row)), gone = before.rows.filter((row) => !is.has(row));
  return [
    ...fresh.filter((row) => !allowed.includes(tableOf(row))),
    ...gone.filter((row) => tableOf(row) !== 'election_voter'),
    ...allowed.filter((table) => fresh.filter((row) => tableOf(row) === table).length !== 1),
    ...after.lines.slice(before.lines.length).filter((line) => /http\.request/.test(line) && /ballots|credentials/.test(line)),
  ];
}

/** Where one of these texts lies in the clear. */
export const found = (records, texts) =>
  records.flatMap(({ bytes, redis, lines }, step) => texts.filter((text) => [bytes, redis, lines.join('\n')].some((place) => place.includes(text))).map((text) => `step ${step}: ${text}`));

/** The paper that a step brought: since it also says who voted, a copy of every step links voter and paper. */
export function paperOf(before, after) {
  const was = new Set(before.rows);
  const [row] = after.rows.filter((one) => tableOf(one) === 'paper' && !was.has(one));
  return JSON.parse(/'(\{"election_uuid".*\})'\);$/.exec(row)[1]);
}

/** The papers' credentials in the order in which they lie. */
export const order = ({ rows }) => rows.filter((row) => tableOf(row) === 'paper').map((row) => JSON.parse(/'(\{"election_uuid".*\})'\);$/.exec(row)[1]).credential);

/** Opens a paper with the keys of these trustees (numbers from 0), every way there is: the choice per question, or null. */
export async function pry(paper, holders) {
  const { partyOf } = await part('channel'), { shareOf } = await part('trustee');
  const { exponent, g, inverseExponent, over, power, q } = await part('group');
  const shares = holders.map((n) => shareOf(partyOf(trustees.seeds[n]), JSON.parse(trustees.outputs[n])));
  const weight = (own, other) => exponent(BigInt(other) * inverseExponent(BigInt(other - own)));
  const exponents = holders.length === 2
    ? [exponent(shares[0] * weight(holders[0] + 1, holders[1] + 1) + shares[1] * weight(holders[1] + 1, holders[0] + 1))]
    : [shares[0], ...[1, 2, 3].filter((other) => other !== holders[0] + 1).map((other) => exponent(shares[0] * weight(holders[0] + 1, other)))];
  assert.ok(exponents.every((one) => one > 0n && one < q));
  return paper.answers.map(({ choices }) => {
    const opened = choices.map(({ alpha, beta }) => exponents.map((e) => over(BigInt(beta), power(BigInt(alpha), e))));
    const at = opened.findIndex((ways) => ways.includes(g)), zeros = opened.filter((ways) => ways.includes(1n)).length;
    return at >= 0 && zeros === choices.length - 1 ? at : zeros || at >= 0 ? 'something' : null;
  });
}
