// The life of a standard: where drafts come from, how they are edited and compared, who approves, how one comes
// into force and out of it again, and who learns of it when.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, submit, teacher } from './city.mjs';
import { config, rows, sql } from './estate.mjs';
import { build, startServer, top } from './harness.mjs';
import { tried } from './standards.mjs';

const long = process.env.TITLED_LONG === '1';
const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const script = join(scripts, 'teacher/intermediate.rb');
const original = readFileSync(join(top, 'scripts/teacher/intermediate.rb'), 'utf8');
const place = { series: 'teacher', level: 'intermediate' };
let server, city, admin, applicant, dossier, first;

/** The script with changes; each must be there. */
const changed = (...changes) => changes.reduce((text, [from, to]) => (assert.ok(text.includes(from), from), text.replace(from, to)), original);
let mark = 0;
/** Another text for the same rules. */
const another = (...changes) => `${changed(...changes)}\n# ${++mark}\n`;
const written = async (client, source = another(), more = {}) => (await client.ok('POST', '/standards', { ...place, source, ...more })).id;
const put = (client, id, revision, source, more = {}) => client.json('PUT', `/standards/${id}`, { source, ...more }, { 'If-Match': `"${revision}"` });
const view = (client, id) => client.ok('GET', `/standards/${id}`);
const act = (client, id, what, body = {}) => client.json('POST', `/standards/${id}/${what}`, body);
const key = async (reply) => [(await reply).status, (await reply).body.key];
const ledger = (action, id) => rows(server, `select actor, payload from ledger where action = '${action}' and subject = 'standard/${id}'`).map((row) => ({ ...row, payload: JSON.parse(row.payload) }));
const said = async (client, kind) => (await client.ok('GET', '/messages')).items.filter((one) => one.kind === kind);

before(async () => {
  mkdirSync(join(scripts, 'teacher'));
  copyFileSync(join(top, 'scripts/teacher/intermediate.rb'), script);
  server = await startServer({ config: { ...config, script_folder: scripts, workers: 2 } });
  city = await buildCity(server);
  admin = await server.account('root', [{ role: 'admin', scope: '' }]);
  applicant = await teacher(city, 'applicant');
  dossier = await draft(city, applicant);
  first = (await city.bureau.ok('GET', '/standards?series=teacher&level=intermediate')).items[0].id;
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

describe('a draft', () => {
  test('is offered when a script in the folder differs from the newest version, without a restart', async () => {
    assert.deepEqual((await city.bureau.ok('GET', '/standards/offers')).items, []);
    writeFileSync(script, changed(['reference_line 60', 'reference_line 61']));
    const [offer] = (await city.bureau.ok('GET', '/standards')).offers;
    assert.deepEqual([offer.series, offer.level, offer.newest], ['teacher', 'intermediate', 1]);
    assert.match((await city.bureau.page('/standards')).text, /脚本目录中有新的脚本/);
    assert.equal((await city.office.ok('GET', '/standards')).offers, undefined);
    const { id } = await city.bureau.ok('POST', '/standards', place);
    assert.deepEqual((await city.bureau.ok('GET', '/standards/offers')).items, []);
    assert.deepEqual(await key(city.bureau.json('POST', '/standards', place)), [409, 'standard_unchanged']);
    const shown = await view(city.bureau, id);
    assert.deepEqual([shown.state, shown.version, shown.origin, shown.head.reference_line], ['draft', 2, 'file', 6100]);
    await city.bureau.ok('PUT', `/standards/${id}`, { source: another() }, { 'If-Match': '"1"' });
    assert.deepEqual((await city.bureau.ok('GET', '/standards/offers')).items, [], 'a draft that grew out of the file is no reason to offer it again');
    await city.bureau.ok('DELETE', `/standards/${id}`);
    assert.equal((await city.bureau.ok('GET', '/standards/offers')).items.length, 1, 'discarded: the file is offered again');
    writeFileSync(script, original);
    assert.deepEqual((await city.bureau.ok('GET', '/standards/offers')).items, []);
  });

  test('comes from any version, or from a text; lines may end as they like', async () => {
    const { id } = await city.bureau.ok('POST', '/standards', { based_on: first, note: '参考线上调' });
    const copy = await view(city.bureau, id), base = await view(city.bureau, first);
    assert.deepEqual([copy.source, copy.hash, copy.based_on, copy.origin, copy.note], [base.source, base.hash, first, 'version', '参考线上调']);
    const text = another();
    const pasted = await view(city.bureau, await written(city.bureau, text.replaceAll('\n', '\r\n')));
    assert.deepEqual([pasted.origin, pasted.source, pasted.fault], ['text', text, null]);
    assert.equal((await city.bureau.json('POST', '/standards', { series: 'teacher', level: 'nothing', source: '1' })).status, 422);
    const missing = await city.bureau.json('POST', '/standards', { series: 'teacher', level: 'junior' });
    assert.equal(missing.status, 404);
    assert.match(missing.body.detail, /脚本目录中没有 teacher\/junior\.rb/);
    assert.equal((await city.bureau.json('POST', '/standards', { ...place, source: 'x'.repeat(65537) })).status, 422);
    assert.equal((await city.bureau.json('POST', '/standards', { ...place, source: '好'.repeat(30000) })).status, 413);
    for (const [what, mark] of [['a carriage return', '# x\rreference_line 1\n'], ['a line separator', '# x\u2028reference_line 1\n'], ['no width', 'A\u200bB = 1\n'], ['a mark within', '# \ufeff\n']]) {
      const refused = await city.bureau.json('POST', '/standards', { ...place, source: another() + mark });
      assert.deepEqual([refused.status, refused.body.errors?.[0].code], [422, 'misleads'], what);
    }
    const marked = await written(city.bureau, `\ufeff${another()}`);
    assert.equal((await view(city.bureau, marked)).fault, null, 'a file that an editor has begun with a mark');
    for (const one of [id, pasted.id, marked]) await city.bureau.ok('DELETE', `/standards/${one}`);
  });

  test('that does not load is kept, with the line; it is neither tried nor approved', async () => {
    const source = another(['cap: 15 do', 'cap: fifteen do']);
    const id = await written(city.bureau, source);
    const shown = await view(city.bureau, id);
    assert.equal(shown.source, source);
    assert.equal(shown.source.split('\n')[shown.fault.line - 1].includes('fifteen'), true);
    assert.ok(shown.excerpt.some((line) => line.here && line.text.includes('fifteen')));
    for (const what of ['trials', 'approve']) assert.deepEqual(await key(act(admin, id, what)), [409, 'standard_faulty']);
    assert.equal((await view(city.bureau, id)).state, 'draft');
    const page = await city.bureau.page(`/standards/${id}/edit`);
    assert.match(page.text, new RegExp(`data-line="${shown.fault.line}"`));
    const elsewhere = await written(city.bureau, another(['standard "teacher", "intermediate"', 'standard "teacher", "senior"']));
    assert.match((await city.bureau.page(`/standards/${elsewhere}`)).text, /脚本写的是 teacher/);
    const endless = await view(city.bureau, await written(city.bureau, another(['reference_line 60', 'reference_line 60\nloop { }'])));
    assert.ok(endless.fault.message, 'a script that never ends is kept as well');
    for (const one of [id, elsewhere, endless.id]) await city.bureau.ok('DELETE', `/standards/${one}`);
    const gone = await written(city.bureau);
    await city.bureau.ok('DELETE', `/standards/${gone}`);
    assert.deepEqual(await key(act(admin, gone, 'trials')), [409, 'standard_state'], 'what was thrown away is not tried');
  });

  test('is edited over the version that was read, and every text is kept', async () => {
    const id = await written(city.bureau, changed(['reference_line 60', 'reference_line 62']));
    assert.equal((await city.bureau.json('PUT', `/standards/${id}`, { source: another() })).status, 428);
    const one = await put(city.bureau, id, 1, changed(['reference_line 60', 'reference_line 63']), { note: '再上调' });
    assert.deepEqual([one.status, one.body.version, one.body.fault, one.headers.etag], [200, 2, null, '"2"']);
    const late = await put(admin, id, 1, another());
    assert.deepEqual([late.status, late.body.key, late.body.parameters], [412, 'changed_meanwhile', { sent: '1', present: '2' }]);
    const typed = await admin.form(`/standards/${id}`, { _method: 'PUT', _version: 1, _back: `/standards/${id}/edit`, source: '# 我的文本' });
    assert.equal(typed.status, 412);
    assert.match(typed.text, /# 我的文本<\/textarea>/, 'what was typed is not lost');
    assert.match(typed.text, /reference_line 63/, 'and stands beside what is kept');
    const same = await put(city.bureau, id, 2, changed(['reference_line 60', 'reference_line 63']));
    assert.equal(same.body.version, 2, 'the same text is no new one');
    const { sources, note, revision } = await view(city.bureau, id);
    assert.deepEqual([sources.map((saved) => saved.revision), note, revision], [[2, 1], '再上调', 2]);
    const { lines } = await city.bureau.ok('GET', `/standards/${id}/diff?revision=1`);
    assert.deepEqual([lines.lines_gone, lines.lines_new], [1, 1]);
    assert.equal(ledger('standard.save', id).length, 1);
    await city.bureau.ok('DELETE', `/standards/${id}`);
    assert.deepEqual(await key(put(city.bureau, id, 2, another())), [409, 'standard_state']);
    assert.equal(rows(server, `select count(*) as n from standard_source where standard_id = '${id}'`)[0].n, 2, 'what was saved stays');
  });

  test('is nobody else\'s to see', async () => {
    const id = await written(city.bureau);
    for (const client of [server.client(), applicant, city.clerk, city.hr])
      for (const path of [`/standards/${id}`, `/standards/${id}/diff`, `/standards/${first}/diff?with=${id}`])
        assert.equal((await client.json('GET', path)).status, 404, path);
    assert.equal((await applicant.json('GET', `/standards/${id}/live`)).status, 404);
    assert.equal((await server.client().json('GET', `/standards/${first}/diff?revision=1`)).status, 404);
    assert.ok(!(await server.client().ok('GET', '/standards')).items.some((one) => one.id === id));
    assert.ok((await city.office.ok('GET', '/standards?series=teacher')).items.some((one) => one.id === id));
    assert.ok((await view(city.supervisor, id)).sources.length);
    assert.equal((await view(server.client(), first)).sources, undefined);
    await city.bureau.ok('DELETE', `/standards/${id}`);
  });
});

describe('while somebody types', () => {
  test('a check answers table or fault, and leaves no trace', async () => {
    const before_ = rows(server, 'select count(*) as n from standard')[0].n;
    const good = await city.bureau.ok('POST', '/standards/check', { ...place, source: original });
    assert.deepEqual([good.fault, good.head.reference_line, good.sections.length], [null, 6000, 6]);
    const bad = await city.bureau.ok('POST', '/standards/check', { ...place, source: changed(['cap: 15 do', 'cap: 15 dooo']) });
    assert.ok(bad.fault.line > 0 && bad.excerpt.some((line) => line.here));
    assert.deepEqual(bad.sections, []);
    const page = await city.bureau.form('/standards/check', { ...place, source: original });
    assert.match(page.text, /data-preview/);
    assert.equal((await applicant.json('POST', '/standards/check', { ...place, source: original })).status, 403);
    assert.equal(rows(server, 'select count(*) as n from standard')[0].n, before_);
  });
});

describe('what is other', () => {
  test('stands in the table as people read it, and in the script', async () => {
    const id = await written(city.bureau, changed(['segments: [[10, 1.0], [nil, 0.5]]', 'segments: [[10, 1.2], [nil, 0.5]]'], ['reference_line 60', 'reference_line 62']));
    const diff = await city.bureau.ok('GET', `/standards/${id}/diff`);
    assert.equal(diff.from.id, first);
    const head = diff.changes.find((one) => one.part === 'head'), item = diff.changes.find((one) => one.id === 'B1');
    const text = (parts) => parts.map((part) => (part.marked ? `[${part.text}]` : part.text)).join('');
    assert.deepEqual(head.fields.map((field) => [field.field, text(field.before), text(field.after)]), [['reference_line', '60.00', '62.00']]);
    assert.equal(diff.changes.length, 2);
    assert.match(text(item.fields.find((field) => field.field === 'rule').after), /\[1\.2\]/);
    const lines = diff.lines.hunks.flatMap((hunk) => hunk.lines);
    assert.deepEqual([diff.lines.lines_gone, diff.lines.lines_new], [2, 2]);
    assert.equal(text(lines.find((line) => line.new && line.after_line > 60).parts).trim(), 'of: years(:grassroots_months, :half_year_up), segments: [[10, [1.2]], [nil, 0.5]],');
    assert.equal(lines.filter((line) => line.same).length, 12, 'three lines around each change');
    const page = await city.bureau.page(`/standards/${id}/diff`);
    assert.match(page.text, /<ins>1\.2<\/ins>/);
    assert.match((await city.bureau.page(`/standards/${id}/diff?with=${id}`)).text, /完全相同/);
    await city.bureau.ok('DELETE', `/standards/${id}`);
  });
});

describe('approval', () => {
  let id;
  before(async () => (id = await written(city.bureau, another(['reference_line 60', 'reference_line 58']))));

  test('needs a passed trial of exactly this text', async () => {
    const untried = await act(admin, id, 'approve');
    assert.deepEqual([untried.status, untried.body.key, untried.body.parameters.reason], [409, 'standard_untried', 'no_trial']);
    assert.equal((await tried(city.bureau, id)).state, 'done');
    assert.equal((await said(admin, 'standard_waits')).length, 1, 'the second person is told');
    assert.equal((await said(city.bureau, 'standard_waits')).length, 0, 'the author is not');
    const { state, verdict, can } = await view(admin, id);
    assert.deepEqual([state, verdict.passed, can.approve], ['trial', true, true]);
    await put(city.bureau, id, 1, another(['reference_line 60', 'reference_line 57']));
    assert.equal((await view(admin, id)).state, 'draft');
    assert.deepEqual(await key(act(admin, id, 'approve')), [409, 'standard_untried']);
    await tried(city.bureau, id);
  });

  test('is a second person\'s: of none who wrote any of it, and of what was read', async () => {
    assert.deepEqual(await key(act(city.bureau, id, 'approve')), [403, 'second_person']);
    const shared = await written(city.bureau);
    await put(admin, shared, 1, another());
    await tried(admin, shared);
    for (const who of [admin, city.bureau]) assert.deepEqual(await key(act(who, shared, 'approve')), [403, 'second_person']);
    assert.deepEqual(await key(act(admin, id, 'approve', { hash: '0'.repeat(64) })), [412, 'changed_meanwhile']);
    assert.equal((await act(city.office, id, 'approve')).status, 403);
    const { hash } = await view(admin, id);
    const consent = { consent_reference: '新教函〔2026〕18号', consented_on: '2026-08-20' };
    for (const [half, field] of [[{ consent_reference: 'x' }, 'consented_on'], [{ consented_on: '2026-08-20' }, 'consent_reference'], [{ ...consent, consented_on: '2199-01-01' }, 'consented_on']]) {
      const refused = await act(admin, id, 'approve', { hash, ...half });
      assert.deepEqual([refused.status, refused.body.errors[0].field], [422, field]);
    }
    assert.equal((await act(admin, id, 'approve', { hash, ...consent })).status, 200);
    assert.deepEqual(ledger('standard.approve', id)[0].payload.consent, consent.consent_reference);
    assert.equal((await view(city.bureau, id)).consent_reference, consent.consent_reference);
    assert.deepEqual(ledger('standard.approve', id).map((entry) => [entry.actor, entry.payload.hash]), [[admin.account.id, hash]]);
    assert.equal((await said(city.bureau, 'standard_approved')).length, 1);
    await city.bureau.ok('DELETE', `/standards/${shared}`);
  });

  test('is lost by another text', async () => {
    assert.equal((await put(city.bureau, id, 2, another())).status, 200);
    const { state, approved_by } = await view(admin, id);
    assert.deepEqual([state, approved_by], ['draft', null]);
    assert.deepEqual(await key(act(admin, id, 'activate')), [409, 'standard_state']);
    await city.bureau.ok('DELETE', `/standards/${id}`);
  });
});

/** Listens as another node does: resolves with the time of the first message about `topic`. */
function heardByNode(topic) {
  const socket = net.connect(join(server.folder, 'redis.sock'));
  const say = (...words) => socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  let text = '', listening, found;
  const ready = new Promise((resolve) => (listening = resolve)), heard = new Promise((resolve) => (found = resolve));
  socket.on('data', (bytes) => {
    text += bytes;
    if (/subscribe/.test(text)) listening();
    if (text.includes(`"${topic}"`)) found(performance.now()), socket.destroy();
  });
  say('AUTH', 'titled', readFileSync(join(server.folder, 'redis.password'), 'utf8').trim());
  say('SUBSCRIBE', 'titled:live');
  return { ready, heard };
}

/** A page's stream: resolves `heard` at the first "changed". */
function follow(client, path) {
  let listening, found;
  const ready = new Promise((resolve) => (listening = resolve)), heard = new Promise((resolve) => (found = resolve));
  const request = http.get({ host: '127.0.0.1', port: server.port, path: `/api/v1${path}`, agent: false, headers: { Accept: 'text/event-stream', Cookie: client.session.join('=') } }, (reply) => {
    assert.equal(reply.statusCode, 200);
    listening();
    reply.on('data', (bytes) => /event: changed/.test(bytes) && (found(performance.now()), request.destroy()));
    reply.on('error', () => {});
  });
  request.on('error', () => {});
  return { ready, heard };
}

describe('in force', () => {
  let id;

  test('counts for the next request, and every node and open page is told within a second', async () => {
    id = await written(city.bureau, another(['reference_line 60', 'reference_line 55']));
    await tried(city.bureau, id);
    await admin.ok('POST', `/standards/${id}/approve`, {});
    const ears = [heardByNode('standard/teacher/intermediate'), follow(applicant, `/applications/${dossier}/live`), follow(city.office, `/standards/${first}/live`)];
    await Promise.all(ears.map((ear) => ear.ready));
    await city.bureau.ok('POST', `/standards/${id}/activate`);
    const from = performance.now();
    const points = await applicant.ok('GET', `/applications/${dossier}/points`);
    assert.deepEqual([points.standard.id, points.score.reference_line], [id, 5500]);
    for (const ear of ears) assert.ok((await ear.heard) - from < 1000);
    assert.equal((await view(city.bureau, first)).state, 'retired');
    assert.equal((await view(city.bureau, id)).replaces, first);
    assert.equal((await said(city.office, 'standard_activated')).length, 1);
    assert.equal((await said(city.supervisor, 'standard_activated')).length, 1);
    assert.equal(ledger('standard.activate', id)[0].payload.hash, points.standard.hash);
  });

  test('is rolled back to the version before, with a reason', async () => {
    assert.deepEqual((await act(city.bureau, id, 'rollback', { reason: '' })).status, 422);
    assert.deepEqual(await key(act(city.bureau, first, 'rollback', { reason: '数字有误' })), [409, 'standard_state']);
    const reply = await act(city.bureau, id, 'rollback', { reason: '数字有误' });
    assert.deepEqual([reply.status, reply.headers.location], [200, `/api/v1/standards/${first}`]);
    assert.equal((await applicant.ok('GET', `/applications/${dossier}/points`)).standard.id, first);
    assert.equal(ledger('standard.rollback', first)[0].payload.reason, '数字有误');
    assert.deepEqual(await key(act(city.bureau, first, 'rollback', { reason: '再退' })), [409, 'standard_first']);
    await city.bureau.ok('POST', `/standards/${id}/activate`);
    assert.equal((await act(city.bureau, id, 'rollback', { reason: '还是有误' })).status, 200);
    assert.equal((await said(city.office, 'standard_rolled_back')).length, 2, 'each of the two');
  });

  test('is frozen from the first meeting; the supervisor lets one in, once', async () => {
    sql(server, `insert into committee (id, series, level, name, founding_unit, created_at) values ('01K00000000000000000000001', 'teacher', 'intermediate', '中级评委会', '市教育局', '2026-01-01T00:00:00Z');
insert into meeting (id, committee_id, cycle_id, name, held_on, state, created_by, created_at) values ('01M00000000000000000000001', '01K00000000000000000000001', '${city.cycle.id}', '评审会', '2026-11-01', 'open', 'console', '2026-01-01T00:00:00Z');`);
    assert.deepEqual(await key(act(city.bureau, id, 'activate')), [409, 'standard_frozen']);
    const waits = await written(city.bureau);
    await tried(city.bureau, waits);
    await admin.ok('POST', `/standards/${waits}/approve`, {});
    assert.equal((await said(city.supervisor, 'standard_wants_release')).length, 1);
    assert.equal((await act(city.bureau, id, 'release', { reason: '自己来' })).status, 403);
    assert.equal((await act(city.supervisor, id, 'release', {})).status, 422);
    assert.equal((await view(city.supervisor, id)).can.release, true);
    await city.supervisor.ok('POST', `/standards/${id}/release`, { reason: '原标准有明显错误' });
    assert.equal(ledger('standard.release', id)[0].payload.reason, '原标准有明显错误');
    assert.equal((await said(city.bureau, 'standard_released')).length, 1);
    assert.equal((await view(city.bureau, id)).can.activate, true);
    await city.bureau.ok('POST', `/standards/${id}/activate`);
    assert.deepEqual(await key(act(city.bureau, id, 'rollback', { reason: '退回' })), [409, 'standard_frozen'], 'a rollback is a change, too');
    await city.supervisor.ok('POST', `/standards/${first}/release`, { reason: '退回原标准' });
    assert.equal((await act(city.bureau, id, 'rollback', { reason: '退回' })).status, 200);
    assert.deepEqual(await key(act(city.bureau, id, 'activate')), [409, 'standard_frozen'], 'a release is used up');
    // neither one given twice nor one given for a day without a meeting lasts beyond the next activation
    for (const reason of ['一次', '再点一次']) await city.supervisor.ok('POST', `/standards/${id}/release`, { reason });
    sql(server, `update meeting set state = 'planned' where id = '01M00000000000000000000001';`);
    await city.bureau.ok('POST', `/standards/${id}/activate`);
    assert.equal((await act(city.bureau, id, 'rollback', { reason: '退回' })).status, 200);
    sql(server, `update meeting set state = 'open' where id = '01M00000000000000000000001';`);
    assert.deepEqual(await key(act(city.bureau, id, 'activate')), [409, 'standard_frozen']);
    sql(server, `delete from meeting where id = '01M00000000000000000000001';`);
    await city.bureau.ok('DELETE', `/standards/${waits}`);
  });

  test('changes under load: no request fails, and each score is of a version that was in force', async () => {
    assert.equal((await submit(applicant, dossier)).status, 200);
    const swaps = long ? 400 : 50, spans = [{ id: first, from: 0, to: Infinity }];
    const seen = [], people = [applicant, city.bureau, city.office, server.client()];
    let stop = false;
    const draftOf = await teacher(city, 'asker').then(async (asker) => [asker, (await asker.ok('POST', '/applications', { cycle: city.cycle.id, level: 'intermediate', specialty: 'chinese' })).id]);
    const asking = [0, 1, 2].map(async () => {
      while (!stop) {
        const from = performance.now();
        const reply = await draftOf[0].json('GET', `/applications/${draftOf[1]}/points`);
        seen.push({ status: reply.status, id: reply.body.standard?.id, from, to: performance.now(), text: reply.text.slice(0, 200) });
      }
    });
    const reading = people.map(async (client) => {
      while (!stop) {
        const reply = await client.json('GET', `/standards/${first}`);
        if (reply.status !== 200) seen.push({ status: reply.status, text: reply.text });
      }
    });
    for (let n = 0; n < swaps; n++) {
      const last = spans.at(-1), from = performance.now();
      const reply = n % 2 ? await act(city.bureau, id, 'rollback', { reason: '来回' }) : await act(city.bureau, id, 'activate');
      assert.equal(reply.status, 200, reply.text);
      last.to = performance.now(); // it may still have been in force until the answer came
      spans.push({ id: n % 2 ? first : id, from, to: Infinity });
    }
    const enough = seen.length + 5;
    while (seen.length < enough) await server.client().json('GET', '/health');
    stop = true;
    await Promise.all([...asking, ...reading]);
    assert.deepEqual(seen.filter((one) => one.status !== 200), []);
    const wrong = seen.filter((one) => !spans.some((span) => span.id === one.id && span.from <= one.to && span.to >= one.from));
    assert.deepEqual(wrong, []);
    assert.ok(new Set(seen.map((one) => one.id)).size === 2, 'both were seen');
    // the official score ends with the version that is in force, whatever was in flight
    const active = spans.at(-1).id;
    const official = () => rows(server, `select s.standard_id as id from application a join score s on s.id = a.score_id where a.id = '${dossier}'`)[0]?.id;
    for (let tries = 0; tries < 2000 && official() !== active; tries++) await server.control.ok('GET', '/ready');
    assert.equal(official(), active);
    const strays = rows(server, `select count(*) as n from score s where not exists (select 1 from standard t where t.id = s.standard_id and t.hash = s.standard_hash)`);
    assert.equal(strays[0].n, 0);
  });
});

describe('titlectl standard', () => {
  const ctl = (...args) => new Promise((resolve) => {
    const child = spawn(join(build, 'bin/titlectl'), ['--state', server.folder, ...args]);
    let out = '', err = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8'); // a character may come in two pieces
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
  const ok = async (...args) => {
    const { code, out, err } = await ctl('standard', ...args);
    assert.equal(code, 0, `${args.join(' ')}: ${err}`);
    return out;
  };

  test('takes one from a file into force and back', async () => {
    const file = join(scripts, 'mine.rb');
    assert.match(await ok('offers'), /^series\tlevel/);
    writeFileSync(file, another(['cap: 15 do', 'cap: fifteen do']));
    const bad = await ctl('standard', 'check', 'teacher/intermediate', file);
    assert.equal(bad.code === 0, false);
    assert.match(bad.err, /mine\.rb:\d+: /);
    const created = await ctl('standard', 'new', 'teacher/intermediate', file, '--note', '试验');
    assert.equal(created.code, 0, created.err);
    assert.match(created.err, /does not load: line \d+/);
    const { id } = JSON.parse(created.out);
    writeFileSync(file, another(['reference_line 60', 'reference_line 59']));
    assert.equal(await ok('check', 'teacher/intermediate', file), '');
    await ok('edit', id, file);
    assert.equal(await ok('show', id, '--source'), readFileSync(file, 'utf8'));
    assert.match(await ok('show', id), /state\tdraft[\s\S]*note\t试验/);
    assert.match(await ok('diff', id), /^changed  .*\n {2}reference_line: 60\.00 -> 59\.00\n@@\n[\s\S]*^-  reference_line 60\n\+  reference_line 59$/m);
    assert.equal(JSON.parse(await ok('diff', id, first, '--json')).changes.length, 1);
    await tried(city.bureau, id);
    assert.match((await ctl('standard', 'approve', id)).err, /第二人/, 'the console wrote it');
    await admin.ok('POST', `/standards/${id}/approve`, {});
    await ok('activate', id);
    assert.match(await ok('list', 'teacher'), new RegExp(`${id}\t.*active`));
    await ok('rollback', id, '试验结束');
    assert.equal((await view(city.bureau, id)).state, 'retired');
    const copy = JSON.parse(await ok('new', id)).id;
    await ok('discard', copy);
    assert.doesNotMatch(await ok('list'), new RegExp(copy));
    const released = await ctl('standard', 'release', id, '理由');
    assert.notEqual(released.code, 0, 'the console is no supervisor');
  });
});
