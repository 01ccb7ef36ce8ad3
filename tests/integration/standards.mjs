// A standard's way into force, for tests: tried, approved by a second person, activated.

import assert from 'node:assert/strict';

/** Tries a standard and waits for the end; answers the trial. `cycle` "" = the newest one of its series. */
export async function tried(client, standard, cycle = '') {
  const { id } = await client.ok('POST', `/standards/${standard}/trials`, cycle ? { cycle } : {});
  for (let looks = 0; looks < 5000; looks++) {
    const trial = await client.ok('GET', `/trials/${id}`);
    if (trial.state !== 'running') return trial;
  }
  assert.fail(`trial ${id} did not end`);
}

/** A draft of `author` goes into force with the approval of `second`. */
export async function putInForce(author, second, standard) {
  const trial = await tried(author, standard);
  assert.deepEqual(trial.verdict, { passed: true, reason: 'passed' }, JSON.stringify(trial.refusal ?? trial.golden));
  await second.ok('POST', `/standards/${standard}/approve`, {});
  await author.ok('POST', `/standards/${standard}/activate`);
}
