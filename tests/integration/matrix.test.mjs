// Every route × every role × own and foreign records × every state of a dossier, compared with the
// expectations of access.mjs. A route that they do not know fails. The short form takes some of the states;
// TITLED_LONG=1 takes all of them and everybody in each.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { actions, classify, dossierRoutes, expected, otherRoutes, persons, states, workflow } from './access.mjs';
import { buildEstate, config, promote, rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';

const long = Boolean(process.env.TITLED_LONG);
const few = ['draft', 'unit_review', 'office_review', 'returned', 'panel_review', 'committee_vote', 'objection_hold', 'certified'];
const tried = long ? states : few;
const faced = long ? Object.keys(persons).filter((who) => who !== 'selfish') : ['public', 'owner', 'colleague', 'unit', 'otherUnit', 'office', 'farmOffice', 'panellist', 'recused', 'bureau', 'supervisor', 'audit'];
const COPIES = 24; // of a dossier in each state: whatever succeeds uses one up
const TOGETHER = 24; // requests under way at a time

const agent = new http.Agent({ keepAlive: true, maxSockets: TOGETHER });
let server, estate, openapi;
let asked = 0;
const spare = {}; // state → copies of a dossier that are still as they were

/** One request, again when a machine under load had no time for it. */
async function ask(client, method, path, more = {}) {
  for (let tries = 0; ; tries++) {
    const reply = await askOnce(client, method, path, more);
    if (reply.status !== 503 || tries === 5) return reply;
  }
}

/** One request over a kept connection. A stream is let go once its head is there. */
function askOnce(client, method, path, { body, headers = {}, file, bare, accept = 'application/json', stream }) {
  asked++;
  const boundary = 'titled-matrix';
  const bytes = file ? Buffer.from(`${bare ? '' : `--${boundary}\r\nContent-Disposition: form-data; name="section"\r\n\r\nqualification\r\n`}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n${file}\r\n--${boundary}--\r\n`) : body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const type = file ? `multipart/form-data; boundary=${boundary}` : typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
  const all = { Accept: accept, ...(client?.cookies.size && { Cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }), ...(bytes && { 'Content-Type': type, 'Content-Length': bytes.length }), ...(!['GET', 'HEAD'].includes(method) && client?.csrf && { 'X-CSRF-Token': client.csrf }), ...headers };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, method, path, headers: all, agent: stream ? false : agent }, (reply) => {
      if (stream && reply.statusCode === 200) return resolve({ status: 200, headers: reply.headers, text: '' }), request.destroy();
      const chunks = [];
      reply.on('data', (chunk) => chunks.push(chunk));
      reply.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        let value;
        if (/json/.test(reply.headers['content-type'] ?? '') && text) value = JSON.parse(text);
        resolve({ status: reply.statusCode, headers: reply.headers, text, body: value });
      });
    });
    request.on('error', (problem) => (stream ? undefined : reject(problem)));
    request.end(bytes);
  });
}

/** Runs the tasks, so many at a time. */
async function together(tasks, width = TOGETHER) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < tasks.length) await tasks[next++]();
  }));
}

/** Copies of a dossier in every state, put into the records while the server rests: what it may rest on is the row. */
function copyDossiers() {
  const script = ['.bail on', 'begin;'];
  const columns = (table) => rows(server, `select name from pragma_table_info('${table}')`).map((row) => row.name);
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const insert = (table, id, change) => {
    const names = columns(table);
    script.push(`insert into ${table} (${names}) select ${names.map((name) => change[name] ?? name)} from ${table} where application_id = '${id}';`.replace('application_id', table === 'application' ? 'id' : 'application_id'));
  };
  const random = "'01' || upper(hex(randomblob(12)))";
  let n = 0;
  for (const [name, id] of [['own', estate.dossiers.own], ['selfish', estate.dossiers.selfish]])
    for (const state of tried)
      for (let copy = 0; copy < COPIES; copy++, n++) {
        const mark = `'${digits[n >> 10]}${digits[(n >> 5) & 31]}${digits[n & 31]}'`;
        const fresh = (column) => `substr(${column}, 1, 23) || ${mark}`;
        insert('application', id, { id: fresh('id'), number: `number || ${mark}`, year: String(3000 + n), state: `'${state}'`, due_at: 'null', score_id: 'null', returned_to: state === 'returned' ? "'unit_review'" : "''", submitted_at: state === 'draft' ? 'null' : 'submitted_at' });
        insert('evidence', id, { id: random, application_id: fresh('application_id') });
        insert('panel_assignment', id, { application_id: fresh('application_id'), sequence: String(1000 + n) });
        insert('panel_reader', id, { application_id: fresh('application_id') });
        insert('motion', id, { id: random, application_id: fresh('application_id'), sequence: String(1000 + n) });
        (spare[`${name}/${state}`] ??= []).push(id.slice(0, 23) + mark.slice(1, -1));
      }
  script.push(`insert into outbox (id, kind, payload, created_at, attempts) values ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'score', '{}', '2026-01-01T00:00:00.000Z', 1000);`);
  estate.reexamination = '01ARZ3NDEKTSV4RRFFQ69G5FAX';
  script.push(`insert into reexamination (id, application_id, reason, requested_at, due_on) values ('${estate.reexamination}', '${estate.dossiers.own}', '请复查', '2026-01-01T00:00:00.000Z', '2026-01-20');`);
  script.push(`insert into payment (id, application_id, order_number, channel, reference, amount_cents, paid_on, via, standing, at) values ('01ARZ3NDEKTSV4RRFFQ69G5FAW', '${estate.dossiers.done}', 'PAY-1', 'manual', '1', 100, '2026-01-05', 'recorded', 'double', '');`);
  script.push(`insert into refund (id, payment_id, amount_cents, cause, state, asked_by, asked_at) values ('01ARZ3NDEKTSV4RRFFQ69G5FAX', '01ARZ3NDEKTSV4RRFFQ69G5FAW', 100, 'double', 'asked', 'x', '');`, 'commit;');
  sql(server, script.join('\n'));
}

before(async () => {
  server = await startServer({ config });
  estate = await buildEstate(server);
  await promote(estate);
  const { people, city } = estate;
  for (const login of ['security', 'audit']) people[login] = await server.account(login, [{ role: login, scope: '' }]);
  people.public = server.client();
  estate.victim = (await server.account('victim', [{ role: 'unit', scope: city.unit.id }])).account.id;
  [estate.certificate] = (await people.holder.ok('GET', '/titles')).items;
  estate.standard = (await people.public.ok('GET', '/standards?series=teacher')).items[0].id;
  estate.size = rows(server, 'select max(size) as size from ledger_checkpoint')[0].size;
  estate.trial = (await people.bureau.ok('POST', `/standards/${estate.standard}/trials`, { cycle: city.cycle.id })).id;
  await server.seen('trial.ended');
  await people.public.ok('POST', '/complaints', { about: 'procedure', text: '评审程序不公开，请核实。' });
  estate.complaint = rows(server, 'select id from complaint')[0].id;
  await people.supervisor.ok('POST', `/complaints/${estate.complaint}/assign`, { person: 'bureau' });
  estate.revocation = (await people.secondBureau.ok('POST', `/titles/${estate.certificate.id}/revocation`, { kind: 'plagiarism', decision_number: '乌人社撤〔2026〕1号', decided_on: '2026-01-05', finding: '经查，所附论文系他人作品。' })).id;
  await people.secondBureau.ok('POST', `/revocations/${estate.revocation}/drop`, { reason: '证据不足，不予撤销。' });
  estate.ranking = rows(server, 'select id from ranking')[0].id;
  estate.tried = estate.dossiers.own;
  await server.process.kill('SIGTERM');
  copyDossiers();
  await server.startTitled();
  openapi = await server.client().ok('GET', '/openapi.json');
  for (const client of Object.values(people)) client.target = { host: '127.0.0.1', port: server.port };
});
after(async () => {
  agent.destroy();
  await server?.stop();
});

const table = () => Object.fromEntries(Object.entries(openapi.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, { roles: one['x-roles'], query: (one.parameters ?? []).filter((p) => p.in === 'query').map((p) => p.name) }])));
const rowOf = (all, name, route) => all[route.row ?? name];

/** One cell as a line; TITLED_TABLE=1 prints them all. */
function cell(where, who, name, want, got) {
  const line = `${where.padEnd(26)} ${who.padEnd(14)} ${name.padEnd(64)} ${want}`;
  if (process.env.TITLED_TABLE) console.log(line);
  return `${line}, but got ${got}`;
}

/** Prints what differs, some of it, and how much was compared. */
function report(t, cells, wrong) {
  t.diagnostic(`${cells} cells, ${asked} requests so far`);
  for (const line of wrong.slice(0, 60)) console.error(line);
  assert.equal(wrong.length, 0, `${wrong.length} of ${cells} cells differ, the first: ${wrong[0]}`);
}

function addressOf(name, route, state, id, evidence) {
  const [method, path] = name.split(' ');
  const section = route.sectionFor?.(state) ?? route.section ?? 'teaching';
  return [method, path.replace('{application}', id).replace('{section}', section).replace('{item}', route.item ?? 'x').replace('{evidence}', evidence)];
}

describe('the table', () => {
  test('knows every route, every state and every action', () => {
    const all = table();
    const known = new Set([...Object.values(dossierRoutes).map((route) => route.row), ...Object.keys(dossierRoutes), ...Object.keys(otherRoutes)]);
    const unknown = Object.keys(all).filter((name) => !known.has(name) && !/^GET [^{]*$/.test(name));
    assert.deepEqual(unknown, [], 'routes with a record, and writes, are declared in access.mjs');
    const gone = [...known].filter((name) => name && !all[name] && !dossierRoutes[name]?.row);
    assert.deepEqual(gone, [], 'declared, and not there');
    const roles = new Set(Object.values(all).flatMap((row) => row.roles));
    const played = new Set(['public', ...Object.values(persons).flatMap((person) => person.roles)]);
    assert.deepEqual([...roles].filter((role) => !played.has(role)), [], 'somebody plays every role');
    const printed = execFileSync(join(build, 'bin/titlectl'), ['workflow', '--list'], { encoding: 'utf8' }).trim().split('\n').map((line) => /^(\S+) +(\S+) +-> \S+ +([^;]*)/.exec(line).slice(1));
    const theirs = new Set(printed.map(([from, action, by]) => `${from} ${action} ${by.trim().replaceAll(', ', ' ')}`));
    const ours = new Set(Object.entries(workflow).flatMap(([from, list]) => Object.entries(list).flatMap(([action, by]) => by.split(' or ').map((one) => `${from} ${action} ${one}`))));
    assert.deepEqual([...theirs].sort(), [...ours].sort());
  });
});

describe('a dossier', () => {
  test('in every state, for everybody, by every route', async (t) => {
    const all = table(), wrong = [];
    let cells = 0;
    const evidenceOf = Object.fromEntries(rows(server, 'select application_id, min(id) as id from evidence group by application_id').map((row) => [row.application_id, row.id]));
    for (const state of tried) {
      const quiet = [], spending = [];
      for (const [who, person] of Object.entries(persons)) {
        const copies = spare[`${person.owns && who === 'selfish' ? 'selfish' : 'own'}/${state}`];
        for (const [name, route] of Object.entries(dossierRoutes)) {
          const row = rowOf(all, name, route), want = expected(row, route, person, who, state);
          if (!long && ['401', '403'].includes(want) && !row.roles.some((role) => person.roles.includes(role)) && state !== 'unit_review') continue; // the row alone decides
          const spends = route.spends && want === 'ok';
          cells++;
          (spends ? spending : quiet).push(async () => {
            const id = spends ? copies.pop() : copies[0];
            const [method, path] = addressOf(name, route, state, id, evidenceOf[id]);
            const reply = await ask(estate.people[who], method, `/api/v1${path}`, { ...route.send?.(id, estate), stream: route.stream });
            const got = classify(reply);
            const line = cell(state, who, name, want, `${got} ${reply.status} ${reply.body?.key ?? ''}`);
            if (got !== want) wrong.push(line);
          });
        }
      }
      await together(quiet);
      await together(spending, 1);
    }
    report(t, cells, wrong);
  });

  test('that is not one\'s business reads like one that is not there', async (t) => {
    const all = table(), wrong = [];
    let cells = 0;
    const none = `${estate.dossiers.own.slice(0, 23)}ZZZ`, state = 'committee_vote';
    const id = spare[`own/${state}`][0];
    const bare = (reply, one) => JSON.stringify({ status: reply.status, body: { ...reply.body, instance: '' }, headers: Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !['date', 'x-request-id'].includes(name))) }).replaceAll(one, '{id}');
    const tasks = Object.entries(persons).flatMap(([who, person]) => Object.entries(dossierRoutes).filter(([name, route]) => who !== 'selfish' && expected(rowOf(all, name, route), route, person, who, state) === '404').map(([name, route]) => async () => {
      cells++;
      const [there, nowhere] = await Promise.all([id, none].map((one) => {
        const [method, path] = addressOf(name, route, state, one, '01ARZ3NDEKTSV4RRFFQ69G5FAV');
        return ask(estate.people[who], method, `/api/v1${path}`, { ...route.send?.(one, estate), stream: route.stream });
      }));
      if (bare(there, id) !== bare(nowhere, none)) wrong.push(`${who} ${name}: ${bare(there, id)} is not ${bare(nowhere, none)}`);
    }));
    await together(tasks);
    report(t, cells, wrong);
  });
});

describe('everything else', () => {
  const values = (e) => ({
    pool: e.pool, expert: e.expert, draw: e.draw,
    account: e.victim, committee: e.committee, cycle: e.city.cycle.id, election: '1', filing: e.filing, record: e.integrity, job: '01ARZ3NDEKTSV4RRFFQ69G5FAV', meeting: e.meeting, motion: e.motion, notice: e.notice,
    payment: '01ARZ3NDEKTSV4RRFFQ69G5FAW', refund: '01ARZ3NDEKTSV4RRFFQ69G5FAX',
    delivery: e.delivery,
    reexamination: e.reexamination, ranking: e.ranking, complaint: e.complaint, file: '01ARZ3NDEKTSV4RRFFQ69G5FAV', revocation: e.revocation,
    number: e.certificate.number, objection: e.objection, panel: e.panel, role: 'unit', series: 'teacher', session: 'f'.repeat(64), size: e.size, standard: e.standard, trial: e.trial, dossier: e.tried, title: e.certificate.id, unit: e.city.unit.id,
    held: '01ARZ3NDEKTSV4RRFFQ69G5FAV', challenge: e.challenge, tie: e.tie, run: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  });
  const fill = (path, known) => path.replace(/\{(\w+)\}/g, (_, name) => known[name] ?? assert.fail(`no value for {${name}}`));
  const routesOf = (all) => Object.entries(all).filter(([name]) => !/\{application\}/.test(name) && name !== 'POST /notices').map(([name, row]) => [name, row, otherRoutes[name] ?? { may: () => 'ok', stream: name.endsWith('/live') }]);
  const send = (who, name, route, known, more = {}) => {
    const [method, path] = name.split(' ');
    const at = route.meeting === 'closed' ? { ...known, meeting: estate.closed } : known;
    return ask(estate.people[who], more.method ?? method, `${more.page ? '' : '/api/v1'}${fill(path, at)}${route.query?.(estate) ?? ''}`, { ...route.send?.(undefined, estate), stream: route.stream, ...more });
  };

  test('for everybody, by every route', async (t) => {
    const wrong = [], known = values(estate);
    let cells = 0;
    await together(routesOf(table()).filter(([, , route]) => !route.last).flatMap(([name, row, route]) => Object.entries(persons).map(([who, person]) => async () => {
      cells++;
      const want = expected(row, route, person, who), reply = await send(who, name, route, known), got = classify(reply);
      const line = cell('', who, name, want, `${got} ${reply.status} ${reply.body?.key ?? ''}`);
      if (got !== want) wrong.push(line);
    })));
    report(t, cells, wrong);
  });

  /** Every route with an address: of one dossier before the committee, or of the one record that there is. */
  function addressed(all) {
    const known = values(estate), id = spare['own/committee_vote'][0];
    const evidence = rows(server, `select min(id) as id from evidence where application_id = '${id}'`)[0].id;
    const about = Object.entries(dossierRoutes).filter(([, route]) => !route.row).map(([name, route]) => [name, all[name], route, addressOf(name, route, 'committee_vote', id, evidence)[1], 'committee_vote']);
    const rest = routesOf(all).map(([name, row, route]) => [name, row, route, fill(name.split(' ')[1], route.meeting === 'closed' ? { ...known, meeting: estate.closed } : known) + (route.query?.(estate) ?? '')]);
    return [...about, ...rest];
  }

  test('HEAD, OPTIONS, pages, tables and forms open no other door', async (t) => {
    const wrong = [], tasks = [];
    let cells = 0;
    const check = (who, what, name, want, reply) => {
      cells++;
      if (!want(reply)) wrong.push(`${who.padEnd(14)} ${what.padEnd(8)} ${name}: ${reply.status} ${reply.text.slice(0, 80)}`);
    };
    const loginPage = (reply) => reply.status === 303 && /^\/login/.test(reply.headers.location);
    for (const [name, row, route, path, state] of addressed(table()))
      for (const [who, person] of Object.entries(persons)) {
        if (route.stream || !faced.includes(who)) continue;
        const [method] = name.split(' '), want = expected(row, route, person, who, state), client = estate.people[who];
        const refused = ['401', '403', '404'].includes(want) && Number(want);
        const same = (reply) => (refused ? reply.status === refused : ![401, 403, 404].includes(reply.status));
        const face = (reply) => (refused === 401 ? loginPage(reply) : same(reply));
        const with_ = (extra) => (path.includes('?') ? `${path}&${extra}` : `${path}?${extra}`);
        if (method === 'GET') {
          tasks.push(async () => check(who, 'HEAD', name, (reply) => same(reply) && !reply.text, await ask(client, 'HEAD', `/api/v1${path}`)));
          tasks.push(async () => check(who, 'page', name, face, await ask(client, 'GET', path, { accept: 'text/html' })));
          if (row.query.includes('format')) tasks.push(async () => check(who, 'csv', name, (reply) => same(reply) && /text\/csv/.test(reply.headers['content-type']) === !refused, await ask(client, 'GET', `/api/v1${with_('format=csv')}`)));
        } else if (refused) {
          const form = (more) => new URLSearchParams({ ...(client.csrf && { _csrf: client.csrf }), _version: '999999', ...more }).toString();
          const sent = route.send?.(spare['own/committee_vote'][0], estate).body ?? {};
          const flat = Object.fromEntries(Object.entries(sent).flatMap(([key, value]) => (Array.isArray(value) ? value.map((one, i) => [`${key}.${i}`, one]) : typeof value === 'object' ? [] : [[key, value]])));
          if (!route.send?.('', estate).file) tasks.push(async () => check(who, 'form', name, (reply) => face(reply) || reply.status === 422, await ask(client, 'POST', path, { accept: 'text/html', body: form({ ...flat, ...(method === 'POST' ? {} : { _method: method }) }) })));
        }
        tasks.push(async () => check(who, 'OPTIONS', name, (reply) => reply.status === 204 && !reply.text, await ask(client, 'OPTIONS', `/api/v1${path}`)));
      }
    await together(tasks);
    report(t, cells, wrong);
  });

  test('at the end everybody can leave', async (t) => {
    const wrong = [];
    let cells = 0;
    for (const [name, row, route] of routesOf(table()).filter(([, , one]) => one.last))
      for (const [who, person] of Object.entries(persons)) {
        const want = who === 'public' || name === 'POST /session/end' ? '401' : expected(row, route, person, who);
        const got = classify(await send(who, name, route, values(estate)));
        cells++;
        if (got !== want) wrong.push(`${who} ${name}: expected ${want}, got ${got}`);
      }
    report(t, cells, wrong);
  });
});
