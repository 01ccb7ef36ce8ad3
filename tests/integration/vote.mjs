// A secret vote as its people hold it, for suites that need one on the way: three trustees whose keys were made beforehand
// (trustees.json: their messages belong to no meeting), voters without JavaScript, two trustees who open the sums.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, top } from './harness.mjs';

export const trustees = JSON.parse(readFileSync(join(top, 'tests/integration/trustees.json'), 'utf8'));

/** The trustees chair, supervisor and office (clients, in this order) make the key of the meeting. */
export async function makeKey(people, meeting) {
  for (const round of [trustees.certificates, trustees.dealt, trustees.outputs])
    for (const [n, who] of people.entries()) await who.ok('POST', `/meetings/${meeting}/trustees`, { message: round[n] });
}

/** Each takes a code; the codes by client. */
export async function takeCodes(voters, meeting) {
  const codes = new Map();
  for (const who of voters) codes.set(who, (await who.ok('POST', `/meetings/${meeting}/credentials`, {})).voting_code);
  return codes;
}

/** Motions of the meeting are put to the vote, everybody votes by `choose(voter's index, motion)`, and the vote is closed. */
export async function vote(chair, voters, meeting, choose) {
  await chair.ok('POST', `/meetings/${meeting}/motions/open`, {});
  const codes = await takeCodes(voters, meeting);
  for (const [n, who] of voters.entries()) {
    const { items } = await who.ok('GET', `/meetings/${meeting}/ballots`);
    const motions = items.flatMap((election) => election.motions);
    await who.ok('POST', `/meetings/${meeting}/ballots`, { voting_code: codes.get(who), choices: Object.fromEntries(motions.map((motion) => [motion.id, choose(n, motion)])) });
  }
  await chair.ok('POST', `/meetings/${meeting}/elections/close`, {});
}

/** What titlectl prints for trustee `n` (from 0) who opens the archive: [factors, what an archive says of them]. */
export function factorsOf(n, archive) {
  const folder = mkdtempSync(join(tmpdir(), 'titled-trustee-')), at = (name) => join(folder, name);
  try {
    writeFileSync(at('key'), trustees.seeds[n], { mode: 0o600 });
    writeFileSync(at('output'), trustees.outputs[n]);
    writeFileSync(at('archive.bel'), archive);
    return execFileSync(join(build, 'bin/titlectl'), ['trustee', 'open', at('key'), at('output'), at('archive.bel')], { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const archiveOf = async (who, meeting, number) => {
  const reply = await who.send('GET', `/api/v1/meetings/${meeting}/elections/${number}.bel`);
  if (reply.status !== 200) throw new Error(`${number}.bel: ${reply.status} ${reply.text}`);
  return reply.raw;
};

/** Chair and office ([client, trustee's index from 0]) open all closed elections. */
export async function openSums(chair, office, meeting) {
  for (const { number, election_state: state } of (await office.ok('GET', `/meetings/${meeting}`)).elections)
    for (const [who, n] of state === 'closed' ? [[chair, 0], [office, 2]] : []) {
      const [factors] = factorsOf(n, await archiveOf(office, meeting, number));
      await who.ok('POST', `/meetings/${meeting}/elections/${number}/factors`, { factors });
    }
}
