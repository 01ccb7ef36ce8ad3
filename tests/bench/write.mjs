// write: drafts saved over HTTP by 64 clients, against bare SQLite committing the same rows in the same batch
// sizes. The reference edits a copy of the same records.

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCity, content, save, teacher } from '../integration/city.mjs';
import { cpuTime, pinning, pins, run } from './machine.mjs';
import { requestBytes, serve, withFolder } from './served.mjs';
import { measure, SECONDS, turns } from './requests.mjs';

const CLIENTS = 64;

async function drafts(server) {
  const city = await buildCity(server);
  const made = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await teacher(city, `teacher${i}`);
    const { id } = await client.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' });
    let version = 1;
    for (const [section, value] of Object.entries(content())) version = await save(client, id, version, section, value);
    made.push({ client, id });
  }
  return made;
}

/** A client's save of its draft as that stands now; its versions go on from there. */
async function saving({ client, id }) {
  const reply = await client.json('GET', `/applications/${id}`);
  const version = /\d+/.exec(reply.headers.etag)[0];
  return requestBytes('PUT', `/api/v1/applications/${id}/sections/summary`, {
    client, body: { content: { summary: content().summary } }, headers: { 'If-Match': `"{etag=${version}}"` },
  });
}

/** Commits by their size since `before`, as lines for bench_commit. */
async function sizes(server, before = {}) {
  const { batches } = await server.control.ok('GET', '/status');
  const lines = Object.entries(batches.sizes).map(([size, count]) => `${size} ${count - (before[size] ?? 0)}\n`);
  return { sizes: batches.sizes, lines: lines.join('') };
}

export async function write() {
  const served = await serve(drafts);
  const { server, titled, pids, made } = served;
  try {
    await withFolder(async (folder) => {
      for (const { client } of made) client.target.port = titled.port;
      const files = made.map((_, i) => join(folder, `${i}.request`));
      const copy = join(folder, 'reference.db');
      copyFileSync(join(server.folder, 'records/titled.db'), copy);
      let last = await sizes(server);
      const ours = async () => {
        for (const [i, one] of made.entries()) writeFileSync(files[i], await saving(one));
        const result = await measure(titled.port, pids, files);
        last = await sizes(server, last.sizes);
        return result;
      };
      const reference = async () => {
        const result = await run('bench_commit', [copy, SECONDS], { cpu: pins.servers, input: last.lines });
        return { rate: result.edits / result.seconds, cpu: result.cpu_us / result.edits };
      };
      const result = await turns(ours, reference);
      const { batches } = await server.control.ok('GET', '/status');
      console.log(JSON.stringify({
        bench: 'write', what: 'drafts saved over HTTP, against bare SQLite with the same rows and batches', unit: 'edits/s',
        ...result, mean_batch: batches.writes / batches.commits, clients: CLIENTS, pinning,
      }));
    });
  } finally {
    await served.stop();
  }
}
