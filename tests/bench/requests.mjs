// http, read, page: requests of 64 clients to titled and to the bare responder, by turns.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCity, draft, submit, teacher } from '../integration/city.mjs';
import { cpuTime, end, median, pinning, round, run, startResponder } from './machine.mjs';
import { replyBytes, requestBytes, serve, withFolder } from './served.mjs';

const CLIENTS = 64;
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
export const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);

/** One round: requests a second and the server's CPU time for each. */
export async function measure(port, pids, files, seconds = SECONDS) {
  const before = cpuTime(pids);
  const load = await run('bench_load', [port, CLIENTS, seconds, ...files]);
  if (load.errors) throw new Error(`${load.errors} of ${load.requests} requests failed`);
  return { rate: load.requests / load.seconds, cpu: (cpuTime(pids) - before) / load.requests, p99: load.p99_us, bytes: load.reply_bytes };
}

/** Turns of both; a pair's ratio is of neighbours in time, so that what else the machine does falls on both. */
export async function turns(ours, reference, rounds = ROUNDS) {
  const pairs = [];
  await ours();
  await reference();
  for (let i = 0; i < rounds; i++) pairs.push([await ours(), await reference()]);
  const of = (make) => pairs.map(make);
  const ratios = of(([a, b]) => a.rate / b.rate);
  return {
    ours: Math.round(median(of(([a]) => a.rate))),
    reference: Math.round(median(of(([, b]) => b.rate))),
    ratio: round(median(ratios)),
    spread: [round(Math.min(...ratios)), round(Math.max(...ratios))],
    cpu_us: round(median(of(([a]) => a.cpu))),
    reference_cpu_us: round(median(of(([, b]) => b.cpu))),
    cpu_ratio: round(median(of(([a, b]) => b.cpu / a.cpu))),
    rounds,
  };
}

async function compare(bench, what, { titled, pids }, request, folder) {
  const ask = join(folder, `${bench}.request`), answer = join(folder, `${bench}.reply`);
  writeFileSync(ask, request);
  const reply = await replyBytes(titled.port, request);
  if (!reply.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) throw new Error(reply.toString());
  writeFileSync(answer, reply);
  const responder = await startResponder(answer);
  try {
    const result = await turns(() => measure(titled.port, pids, [ask]), () => measure(responder.port, [responder.child.pid], [ask]));
    console.log(JSON.stringify({ bench, what, unit: 'requests/s', ...result, reply_bytes: reply.length, clients: CLIENTS, pinning }));
  } finally {
    await end(responder.child);
  }
}

async function oneDossier(server) {
  const city = await buildCity(server);
  const lin = await teacher(city, 'lin');
  const id = await draft(city, lin);
  await submit(lin, id);
  return { id, reader: city.clerk };
}

export async function requests(benches) {
  const served = await serve(oneDossier);
  const { id, reader: client } = served.made;
  const wanted = {
    http: ['GET /api/v1/health: JSON through all phases', requestBytes('GET', '/api/v1/health')],
    read: ['a dossier as JSON, for the clerk of its unit', requestBytes('GET', `/api/v1/applications/${id}`, { client })],
    page: ['the same as HTML', requestBytes('GET', `/applications/${id}`, { client, accept: 'text/html' })],
  };
  try {
    await withFolder(async (folder) => {
      for (const bench of benches) await compare(bench, wanted[bench][0], served, wanted[bench][1], folder);
    });
  } finally {
    await served.stop();
  }
}
