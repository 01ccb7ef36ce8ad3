// Texts of a dossier that are kept for the next reader: after every change of what hangs on it, every reader gets what
// a server without any memory gives him.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { act, buildCity, draft, pdf, save, submit, teacher, unitAssessments } from './city.mjs';
import { startServer } from './harness.mjs';

let keeping, plain;
before(async () => {
  keeping = await world(await startServer());
  plain = await world(await startServer({ config: { memo_bytes: 0 } }));
});
after(async () => {
  await keeping?.server.stop();
  await plain?.server.stop();
});

async function world(server) {
  const city = await buildCity(server);
  const lin = await teacher(city, 'lin');
  const id = await draft(city, lin);
  assert.equal((await submit(lin, id)).status, 200);
  return { server, city, lin, id };
}

/** What two servers cannot have in common: ids, hashes, moments, CSRF values, the receipt's day. */
const bare = (text) => text
  .replace(/01[0-9A-HJKMNP-TV-Z]{24}/g, 'ID').replace(/[0-9a-f]{64}/g, 'HASH').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
  .replace(/\d\d:\d\d/g, 'HH:MM').replace(/(_csrf" value|data-csrf)="[^"]*"/g, '$1');

const faces = [['application/json', 'zh'], ['text/html', 'zh'], ['text/html', 'en']];

/** What everybody reads, twice: {who and face: text}. */
async function readings({ city, id }) {
  const texts = {};
  for (const who of ['clerk', 'supervisor', 'industry'])
    for (const [accept, lang] of faces)
      for (const time of [1, 2]) {
        const reply = await city[who].send('GET', `/applications/${id}`, { Accept: accept, 'Accept-Language': lang });
        assert.equal(reply.status, 200, reply.text);
        texts[`${who} ${accept} ${lang} ${time}`] = bare(reply.text);
      }
  return texts;
}

const status = async (server) => (await server.control.ok('GET', '/status')).result.memo;
const hits = async ({ server }) => (await status(server)).hits;

async function same(what) {
  const before = await hits(keeping);
  const [kept, fresh] = [await readings(keeping), await readings(plain)];
  for (const name of Object.keys(fresh)) assert.equal(kept[name], fresh[name], `${what}: ${name}`);
  assert.ok((await hits(keeping)) - before >= Object.keys(fresh).length / 2, `${what}: nothing was kept`);
  return kept;
}

const both = async (work) => {
  await work(keeping);
  await work(plain);
};

async function evaluated({ server, city, id }) {
  for (let tries = 0; tries < 500; tries++) {
    const { evaluation } = await city.supervisor.ok('GET', `/applications/${id}`);
    if (evaluation?.score) return;
    await server.control.ok('GET', '/health');
  }
  assert.fail('the dossier was not evaluated');
}

const total = async ({ server, city, id }, unlike) => {
  for (let tries = 0; tries < 500; tries++) {
    const { evaluation } = await city.supervisor.ok('GET', `/applications/${id}`);
    if (evaluation.score.total !== unlike) return evaluation.score.total;
    await server.control.ok('GET', '/health');
  }
  return assert.fail('the points did not change');
};

describe('a dossier', () => {
  const steps = [
    ['is evaluated', evaluated],
    ['is begun', async ({ city, id }) => assert.equal((await act(city.clerk, id, 'begin')).status, 200)],
    ['gets a verdict', async ({ city, id }) =>
      city.clerk.ok('PUT', `/applications/${id}/verifications`, { verdicts: [{ section: 'education', item: 'eduaaaaa', verdict: 'problem', code: 'unclear', note: '看不清' }] })],
    ['gets another verdict', async ({ city, id }) =>
      city.clerk.ok('PUT', `/applications/${id}/verifications`, { verdicts: [{ section: 'education', item: 'eduaaaaa', verdict: 'ok' }] })],
    ['is assessed', async (here) => {
      const before = await total(here);
      for (const [section, value] of Object.entries(unitAssessments)) await here.city.clerk.ok('PUT', `/applications/${here.id}/assessments/${section}`, { content: value });
      await total(here, before);
    }],
    ['is returned', async ({ city, id }) => {
      const reply = await act(city.clerk, id, 'return', { reasons: [{ code: 'missing', place: 'education', text: '缺学位证' }], note: '请补' });
      assert.equal(reply.status, 200, reply.text);
    }],
    ['is changed by its applicant', async ({ lin, id }) => {
      const { application } = await lin.ok('GET', `/applications/${id}`);
      await save(lin, id, application.version, 'summary', { text: '另写一份总结，说明乡村任教的经历与收获。'.repeat(20) });
      const reply = await lin.upload(`/api/v1/applications/${id}/evidence`, { section: 'education', item: 'eduaaaaa' }, { name: '学位.pdf', type: 'application/pdf', bytes: Buffer.concat([pdf, Buffer.from('% degree\n')]) });
      assert.equal(reply.status, 201, reply.text);
    }],
    ['is submitted again', async ({ lin, id }) => {
      const reply = await submit(lin, id);
      assert.equal(reply.status, 200, reply.text);
    }],
  ];
  let last;
  for (const [name, work] of steps)
    test(`that ${name} is read as by a server without memory`, async () => {
      await both(work);
      const texts = await same(name);
      if (name === 'is changed by its applicant') assert.ok(!texts['supervisor text/html zh 1'].includes('另写一份总结'));
      else assert.notDeepEqual(texts, last, 'the step changed nothing that is read');
      last = texts;
    });

  test('what is kept does not say who reads it, and nobody gets what he may not see', async () => {
    const other = await teacher(keeping.city, 'zhao');
    assert.equal((await other.json('GET', `/applications/${keeping.id}`)).status, 404);
    const page = await keeping.city.clerk.page(`/applications/${keeping.id}`);
    const csrf = [...page.text.matchAll(/name="_csrf" value="([^"]*)"/g)].map((match) => match[1]);
    assert.ok(csrf.length > 1 && csrf.every((value) => value === keeping.city.clerk.csrf));
    assert.ok(!page.text.includes(keeping.city.supervisor.csrf));
  });

  test('and takes no more room than is allowed, none where that is 0', async () => {
    const { entries, bytes } = await status(keeping.server);
    assert.ok(entries > 0 && bytes > 0 && bytes <= 32 << 20);
    assert.equal((await status(plain.server)).bytes, 0);
  });
});

