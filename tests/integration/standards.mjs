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

/** Asks again while the server, on a machine without time, has none for its sessions. */
export async function insist(client, method, path, body) {
  for (let tries = 0; tries < 50; tries++) {
    const reply = await client.json(method, path, body);
    if (reply.status !== 503) return assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`), reply.body;
  }
  assert.fail(`${method} ${path}: 503 again and again`);
}

/** A draft of `author` goes into force with the approval of `second`. */
export async function putInForce(author, second, standard) {
  const trial = await tried(author, standard);
  assert.deepEqual(trial.verdict, { passed: true, reason: 'passed' }, JSON.stringify(trial.refusal ?? trial.golden));
  await insist(second, 'POST', `/standards/${standard}/approve`, {});
  await author.ok('POST', `/standards/${standard}/activate`);
}
