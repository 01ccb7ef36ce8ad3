// Series in and out of a running server by titlectl: visible at once, several versions side by side, nothing lost.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { act, division, save, submit, verifyAll } from './city.mjs';
import { rows, sql } from './estate.mjs';
import { build, startServer } from './harness.mjs';
import { buildPlugin, form, writeScripts } from './plugin_build.mjs';

const long = !!process.env.TITLED_LONG;
const day = (offset) => new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10);
const english = { 'Accept-Language': 'en' };
const here = {};

function ctl(server, ...args) {
  return new Promise((resolve) => {
    const child = spawn(join(build, 'bin/titlectl'), ['--state', server.folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
async function ok(...args) {
  const { code, out, err } = await ctl(here.server, ...args);
  assert.equal(code, 0, `titlectl ${args.join(' ')}: ${err}`);
  return out;
}
async function refused(pattern, ...args) {
  const { code, err } = await ctl(here.server, ...args);
  assert.equal(code, 1, `titlectl ${args.join(' ')} was not refused`);
  assert.match(err, pattern);
}

const series = async (who = here.server.client()) => (await who.ok('GET', '/series')).items;
const serves = async (id) => (await series()).find((one) => one.id === id)?.plugin_version;
const versions = async (id) => (await here.server.control.ok('GET', '/plugins')).items.find((one) => one.id === id)?.versions.map((one) => [one.version, one.present, one.dossiers]);
const ledger = async (action) => (await here.server.control.ok('GET', '/ledger?limit=200')).items.filter((one) => one.action === action);
const make = (version, more = {}) => buildPlugin(join(here.folder, `v${version}-${Math.random().toString(36).slice(2)}`), 'forestry', version, more);

const work = (n = 1, more = {}) => Array.from({ length: n }, (_, i) => ({ id: `woraaaa${'abcde'[i]}`, place: `林场${i}`, trees: '胡杨', ...more }));

async function person(login) {
  const client = await here.server.account(login, [{ role: 'applicant', scope: '' }], { unit_id: here.unit.id, person: { sex: 'male', birth_date: '1988-03-02', in_service: true } });
  client.id = (await client.ok('POST', '/applications', { cycle: here.cycle.id, level: 'junior', specialty: 'planting' })).id;
  return client;
}

/** The evaluation of a submitted dossier, once there is one that fits. */
async function evaluated(id, wanted = () => true) {
  for (let tries = 0; tries < 500; tries++) {
    const { evaluation } = await here.bureau.ok('GET', `/applications/${id}`);
    if (evaluation?.score && wanted(evaluation)) return evaluation;
    await here.server.control.ok('GET', '/health');
  }
  return assert.fail(`no such evaluation: ${here.server.process.log.slice(-2000)}`);
}
const edition = (evaluation) => evaluation.facts.find((fact) => fact.id === 'edition').value;

before(async () => {
  here.folder = mkdtempSync(join(tmpdir(), 'titled-versions-'));
  here.plugins = join(here.folder, 'plugins');
  here.scripts = join(here.folder, 'scripts');
  cpSync(join(build, 'plugins'), here.plugins, { recursive: true });
  mkdirSync(here.scripts);
  chmodSync(here.plugins, 0o755);
  here.server = await startServer({ plugins: here.plugins, config: { script_folder: here.scripts, workers: 2 } });
});
after(async () => {
  await here.server?.stop();
  rmSync(here.folder, { recursive: true, force: true });
});

describe('plugin add', () => {
  test('the new series is there at once, with its standard, and on the ledger', async () => {
    assert.equal(await serves('forestry'), undefined);
    const scripts = writeScripts(join(here.folder, 'forestry-scripts'), 'forestry');
    const out = await ok('plugin', 'add', make('1.0.0'), '--scripts', scripts);
    const [, hash] = /^added forestry 1\.0\.0, generation \d+, SHA-256 ([0-9a-f]{64})$/m.exec(out);
    assert.equal(await serves('forestry'), '1.0.0');
    assert.equal((await here.server.client().page('/series/forestry')).status, 200);
    assert.match((await here.server.client().page('/series')).text, /林业技术员/);
    assert.ok(existsSync(join(here.scripts, 'forestry/cases/two.json')));
    await ok('standard', 'import', 'forestry/junior', '--bootstrap');
    const [entry] = await ledger('plugin.add');
    assert.equal(entry.actor, 'console');
    assert.match(JSON.stringify(entry), /plugin\/forestry/);
    assert.match(await ok('plugin', 'list'), new RegExp(`forestry\t1\\.0\\.0\tpresent\t0\t0\t${hash}`));
    assert.deepEqual(readdirSync(here.plugins).filter((name) => /part|before/.test(name)), []);

    const { control } = here.server;
    here.unit = await control.ok('POST', '/units', { name: '林场', division_code: division, kind: 'other', grassroots: 'township', town: '水西沟镇' });
    here.cycle = await control.ok('POST', '/cycles', {
      series: 'forestry', year: 2026, name: '林业系列定向评审', notice_number: '1', notice_text: '通知', notice_date: day(-40),
      cutoff_date: '2026-08-31', opens_on: day(-30), closes_on: day(30), parameters: { fee_cents: { junior: 0 } },
    });
    await control.ok('POST', `/cycles/${here.cycle.id}/open`);
    here.clerk = await here.server.account('clerk', [{ role: 'unit', scope: here.unit.id }], { unit_id: here.unit.id });
    here.bureau = await here.server.account('bureau', [{ role: 'bureau', scope: '' }]);
    here.first = await person('first');
    assert.match((await here.first.page('/applications/new')).text, /造林|一人一年|已有/);
    await save(here.first, here.first.id, 1, 'work', work(2));
    const sent = await submit(here.first, here.first.id);
    assert.equal(sent.status, 200, sent.text);
    const evaluation = await evaluated(here.first.id);
    assert.equal(edition(evaluation), '1.0.0');
    assert.equal(evaluation.score.total, 400);
  });

  test('what is bad is refused with the reason, and the folder is as before', async () => {
    const before_ = readdirSync(here.plugins).sort();
    const bad = join(here.folder, 'bad');
    mkdirSync(bad);
    const cases = [
      [/struct titled_plugin|ABI major 7/, () => buildPlugin(bad, 'mining', '1.0.0', { defines: { ABI: 7 } })],
      [/has the id "forestry"; its file name says "quarry"/, () => buildPlugin(bad, 'forestry', '1.0.0', { name: 'quarry' })],
      [/takes its worker down while it is loaded/, () => buildPlugin(bad, 'fishery', '1.0.0', { defines: { CRASH: 1 } })],
      [/describe\(\) is not accepted/, () => buildPlugin(bad, 'hunting', '1.0.0', { words: { series: 'hunting' } })],
      [/form\.json says version "2\.0\.0"; the plugin says "1\.0\.0"/, () => buildPlugin(bad, 'grazing', '1.0.0', { words: { ...JSON.parse(readFileSync(join(build, '../../plugins/sample/form.json'), 'utf8')), series: 'grazing', version: '2.0.0' } })],
      [/no list of dynamic symbols|cut short/, () => {
        const whole = readFileSync(make('1.0.0'));
        const file = join(bad, 'cut.so');
        writeFileSync(file, whole.subarray(0, whole.length - 100));
        return file;
      }],
      [/no shared object of 64 bits/, () => {
        const file = join(bad, 'text.so');
        writeFileSync(file, 'no plugin at all');
        return file;
      }],
      [/is not called SERIES\.so/, () => join(bad, 'nothing.txt')],
      [/nowhere\.so cannot be read/, () => join(bad, 'nowhere.so')],
    ];
    if (long) cases.push([/takes its worker down while it is loaded: .*took too long|did not/, () => join(build, 'tests/scorer/bad/hang_describe.so')]);
    for (const [pattern, file] of cases) await refused(pattern, 'plugin', 'add', file());
    await refused(/is served already: use plugin replace/, 'plugin', 'add', make('1.0.0'));
    await refused(/is not served: use plugin add/, 'plugin', 'replace', buildPlugin(bad, 'orchard', '1.0.0'));
    await refused(/holds no script/, 'plugin', 'add', buildPlugin(bad, 'orchard', '1.0.0'), '--scripts', bad);
    assert.deepEqual(readdirSync(here.plugins).sort(), before_);
    assert.equal(await serves('forestry'), '1.0.0');
    assert.deepEqual((await here.server.control.ok('GET', '/plugins')).refused, []);
  });

  test('of two at once one is told that it is there', async () => {
    const versions = ['1.0.0', '2.0.0'].map((version) => buildPlugin(join(here.folder, `twin-${version}`), 'twin', version));
    const ends = await Promise.all(versions.map((file) => ctl(here.server, 'plugin', 'add', file)));
    assert.deepEqual(ends.map((end) => end.code).sort(), [0, 1], JSON.stringify(ends));
    assert.match(ends.find((end) => end.code).err, /the series twin is served already/);
    assert.equal(await serves('twin'), ends[0].code ? '2.0.0' : '1.0.0');
    await ok('plugin', 'retire', 'twin');
  });

  test('a version number stands for one object', async () => {
    const present = readFileSync(join(here.plugins, 'forestry.so'));
    await refused(/version 1\.0\.0, which this server already has with other content[^]*give it a new version number/, 'plugin', 'replace', make('1.0.0', { fields: ['place'] }));
    assert.deepEqual(readFileSync(join(here.plugins, 'forestry.so')), present);
    assert.equal(await serves('forestry'), '1.0.0');
  });
});

describe('plugin replace', () => {
  test('drafts follow the new version and lose nothing, submitted dossiers keep theirs', async () => {
    here.second = await person('second');
    await save(here.second, here.second.id, 1, 'work', work(1));
    const words = form('forestry', '2.0.0', ['place', 'soil']);
    words.levels[0].title = '林业技师';
    assert.match(await ok('plugin', 'replace', make('2.0.0', { words })), /^replaced forestry 2\.0\.0/);
    assert.equal(await serves('forestry'), '2.0.0');
    assert.deepEqual(await versions('forestry'), [['2.0.0', true, 0], ['1.0.0', false, 1]]);

    // The draft: what is gone is said and kept, what is new is asked.
    const view = await here.second.ok('GET', `/applications/${here.second.id}`);
    assert.deepEqual([view.form_change.from, view.form_change.to], ['1.0.0', '2.0.0']);
    assert.deepEqual(view.form_change.left.map((one) => [one.name, one.shown]), [['树种', '胡杨']]);
    assert.ok(view.check.sections[0].missing.some((one) => one.field === 'content.work.0.soil'));
    const page = (await here.second.page(`/applications/${here.second.id}`)).text;
    for (const words of ['申报表已更新', '1.0.0 → 2.0.0', '树种', '胡杨']) assert.ok(page.includes(words), words);
    assert.match((await here.second.page(`/applications/${here.second.id}`, english)).text, /does not ask for the following any more/);
    const { version } = view.application;
    await save(here.second, here.second.id, version, 'work', [{ id: 'woraaaaa', place: '林场0', soil: '沙' }]);
    const later = await here.second.ok('GET', `/applications/${here.second.id}`);
    assert.deepEqual(later.form_change.left.map((one) => [one.field, one.value]), [['trees', '胡杨']]);
    const points = await here.second.ok('GET', `/applications/${here.second.id}/points`);
    assert.equal(edition(points), '2.0.0');
    assert.equal((await submit(here.second, here.second.id)).status, 200);
    assert.equal(edition(await evaluated(here.second.id)), '2.0.0');
    assert.deepEqual(await versions('forestry'), [['2.0.0', true, 1], ['1.0.0', false, 1]]);

    // The submitted one: read, printed and checked by its own form.
    for (const [who, path] of [[here.bureau, ''], [here.first, '/print'], [here.first, '/check']]) {
      const { text } = await who.page(`/applications/${here.first.id}${path}`);
      assert.ok(text.includes('树种') && !text.includes('土壤'), path);
    }
  });

  test('a roll of results has the titles that each was submitted for', async () => {
    const both = `('${here.first.id}', '${here.second.id}')`;
    const [{ state }] = rows(here.server, `select state from application where id = '${here.first.id}'`);
    sql(here.server, `update application set state = 'confirmed' where id in ${both}`);
    const { id } = await here.bureau.ok('POST', '/filings', { cycle_id: here.cycle.id });
    const { items } = await here.bureau.ok('GET', `/filings/${id}/people`);
    assert.deepEqual(items.map((one) => one.title_name), ['林业技术员', '林业技师']);
    assert.deepEqual((await here.bureau.ok('GET', `/filings/${id}`)).dossiers.map((one) => one.title_name), ['林业技术员', '林业技师']);
    sql(here.server, `delete from filing_entry; delete from filing; update application set state = '${state}' where id in ${both}`);
  });

  test('returned and submitted again, rescored and after a restart: by the version of its first submission', async () => {
    const { clerk, first } = here;
    assert.equal((await act(clerk, first.id, 'begin')).status, 200);
    const back = await act(clerk, first.id, 'return', { reasons: [{ code: 'format', section: 'work', text: '请核对树种。' }] });
    assert.equal(back.status, 200, back.text);
    const { application, form_change: change } = await first.ok('GET', `/applications/${first.id}`);
    assert.equal(change, null);
    assert.match((await first.page(`/applications/${first.id}`)).text, /按首次提交时的表格版本/);
    await save(first, first.id, application.version, 'work', work(3));
    assert.equal((await submit(first, first.id)).status, 200);
    const again = await evaluated(first.id, (one) => one.score.total === 600);
    const { facts_kept: kept, items } = await here.server.control.ok('GET', `/cycles/${here.cycle.id}/recheck`);
    assert.deepEqual([kept, items], [0, []], 'every score is computed again, by its own version');
    assert.equal(edition(again), '1.0.0');
    assert.equal(again.plugin_version, '1.0.0');

    await here.server.crash();
    here.clerk = here.server.client();
    for (const who of ['clerk', 'bureau', 'first', 'second']) {
      const { id } = here[who];
      here[who] = Object.assign(here.server.client(), { id });
      assert.equal((await here.server.enter(here[who], who)).status, 200);
    }
    assert.deepEqual(await versions('forestry'), [['2.0.0', true, 1], ['1.0.0', false, 1]]);
    await verifyAll(here.clerk, first.id);
    await here.clerk.ok('PUT', `/applications/${first.id}/assessments/opinion`, { content: { text: '同意' } });
    assert.match((await here.clerk.page(`/applications/${first.id}`)).text, /树种/);
  });

  test('a file dropped in by hand is found by SIGHUP and by reload, and an overwritten one hurts no worker', async () => {
    const file = join(here.plugins, 'forestry.so');
    const from = here.server.lines.length;
    copyFileSync(make('2.1.0', { fields: ['place', 'soil'] }), file); // in place, over what the workers came from
    here.server.process.child.kill('SIGHUP');
    await here.server.seen('plugins.reloaded', (line) => line.result === 'ok', from);
    assert.equal(await serves('forestry'), '2.1.0');
    copyFileSync(make('2.2.0', { fields: ['place', 'soil'] }), file);
    assert.match(await ok('plugin', 'reload'), /^generation \d+/);
    assert.equal(await serves('forestry'), '2.2.0');
    assert.equal(here.server.lines.slice(from).filter((line) => line.event === 'scorer.worker_lost').length, 0);
    const found = await ledger('plugin.replace');
    assert.ok(found.length >= 3, JSON.stringify(found));
    assert.ok(found.some((one) => one.actor === 'system') && found.some((one) => one.actor === 'console'));
    // What cannot be used is listed with its reason, on the page too; the others go on.
    const crash = buildPlugin(join(here.folder, 'crash'), 'fishery', '1.0.0', { defines: { CRASH: 1 } });
    copyFileSync(crash, join(here.plugins, 'fishery.so'));
    writeFileSync(join(here.plugins, 'cut.so'), readFileSync(file).subarray(0, -100));
    symlinkSync(file, join(here.plugins, 'linked.so'));
    writeFileSync(join(here.plugins, 'open.so'), readFileSync(file));
    chmodSync(join(here.plugins, 'open.so'), 0o666);
    await ok('plugin', 'reload');
    const admin = await here.server.account('administrator', [{ role: 'admin', scope: '' }]);
    const page = (await admin.page('/plugins')).text;
    for (const words of ['fishery.so', 'the worker that loaded it ended', 'cut.so', 'a copy cut short', 'linked.so', 'is a symbolic link', 'open.so', 'has mode 0666', '不能通过网页上传', '为已提交的申报保留']) assert.ok(page.includes(words), words);
    assert.match((await admin.page('/plugins', english)).text, /is not uploaded through a browser/);
    assert.match(await ok('plugin', 'list'), /^refused\tlinked\.so\t/m);
    for (const name of ['fishery.so', 'cut.so', 'linked.so', 'open.so']) unlinkSync(join(here.plugins, name));
    await ok('plugin', 'reload');
  });
});

describe('under load', () => {
  test('series come, change and go: no request is lost, nothing is left over', async () => {
    const rounds = long ? 300 : 8;
    const { first, second, server } = here;
    const third = await person('third');
    await save(third, third.id, 1, 'work', [{ id: 'woraaaaa', place: '林场0', soil: '沙' }]);
    const children = () => readdirSync(`/proc/${server.process.child.pid}/task`).flatMap((task) => readFileSync(`/proc/${server.process.child.pid}/task/${task}/children`, 'utf8').trim().split(' ')).filter((pid) => {
      try {
        return pid && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('titled-scorer');
      } catch {
        return false;
      }
    });
    const descriptors = () => readdirSync(`/proc/${server.process.child.pid}/fd`).length;
    // As titlectl does it, without its check of the object.
    const bring = async (file, id) => {
      const bytes = readFileSync(file), target = join(here.plugins, `${id}.so`);
      writeFileSync(`${target}.part`, bytes, { mode: 0o644 });
      renameSync(`${target}.part`, target);
      return server.control.ok('POST', '/plugins', { series: id, hash: createHash('sha256').update(bytes).digest('hex') });
    };
    const files = Array.from({ length: rounds }, (_, n) => make(`3.${n}.0`, { fields: ['place', 'soil'] }));
    const guest = buildPlugin(join(here.folder, 'guest'), 'guest', '1.0.0');
    const known = new Set([await serves('forestry')]);
    const counts = {}, wrong = [];
    let stop = false;
    const ask = async (name, request, check = () => true) => {
      counts[name] = 0;
      while (!stop) {
        const reply = await request();
        counts[name]++;
        if (reply.status >= 300 || !check(reply.body)) wrong.push(`${name}: ${reply.status} ${reply.text.slice(0, 300)}`);
      }
    };
    const before_ = descriptors();
    const asking = [
      ask('points', () => third.json('GET', `/applications/${third.id}/points`), (body) => known.has(edition(body))),
      ask('dossier', () => first.json('GET', `/applications/${first.id}/check`), (body) => JSON.stringify(body).includes('树种')),
      ask('other', () => second.json('GET', `/applications/${second.id}`)),
      ask('series', () => here.bureau.json('GET', '/series'), (body) => known.has(body.items.find((one) => one.id === 'forestry').plugin_version)),
    ];
    for (let n = 0; n < rounds; n++) {
      known.add(`3.${n}.0`);
      assert.equal((await bring(files[n], 'forestry')).version, `3.${n}.0`);
      if (n % 4 === 0) {
        await bring(guest, 'guest');
        assert.equal(await serves('guest'), '1.0.0');
        await ok('plugin', 'retire', 'guest');
        assert.equal(await serves('guest'), undefined);
      }
      if (n % 4 === 2) {
        const fresh = await person(`load-${n}`);
        await save(fresh, fresh.id, 1, 'work', [{ id: 'woraaaaa', place: '林场0', soil: '沙' }]);
        assert.equal((await submit(fresh, fresh.id)).status, 200);
      }
    }
    stop = true;
    await Promise.all(asking);
    assert.deepEqual(wrong, []);
    assert.ok(Object.values(counts).every((count) => count > rounds), JSON.stringify(counts));
    for (let tries = 0; children().length > 2 && tries < 2000; tries++) await server.control.ok('GET', '/health');
    assert.equal(children().length, 2, 'old workers are gone');
    assert.ok(descriptors() <= before_ + 12, `${before_} descriptors, now ${descriptors()}`);
  });
});

describe('plugin retire', () => {
  test('no new dossiers, those there go on, and it can come back', async () => {
    const { server, first } = here;
    const late = await person('late');
    await save(late, late.id, 1, 'work', [{ id: 'woraaaaa', place: '林场0', soil: '沙' }]);
    const saved = join(here.folder, 'forestry.so');
    copyFileSync(join(here.plugins, 'forestry.so'), saved);
    const out = await ok('plugin', 'retire', 'forestry');
    assert.match(out, /takes no new dossiers/);
    assert.match(out, /\d+ drafts may still be submitted, \d+ dossiers go on to their end, 1 cycles/);
    assert.equal(await serves('forestry'), undefined);
    const body = await server.account('newcomer', [{ role: 'applicant', scope: '' }], { unit_id: here.unit.id, person: { sex: 'male', birth_date: '1988-03-02', in_service: true } });
    const none = await body.json('POST', '/applications', { cycle: here.cycle.id, level: 'junior', specialty: 'planting' });
    assert.equal(none.status, 409, none.text);
    assert.match(none.text, /已停用/);
    assert.doesNotMatch((await body.page('/applications/new')).text, /造林/);
    assert.match((await body.page('/series/forestry')).text, /已停用/);
    assert.equal((await submit(late, late.id)).status, 200, 'a draft may still be submitted');
    await evaluated(late.id);
    await server.crash(); // also after a restart
    for (const who of ['clerk', 'first', 'bureau']) here[who] = Object.assign(server.client(), { id: here[who].id });
    for (const who of ['clerk', 'first', 'bureau']) assert.equal((await server.enter(here[who], who)).status, 200);
    assert.match((await here.first.page(`/applications/${first.id}/check`)).text, /树种/);
    assert.equal((await ledger('plugin.retire')).some((one) => one.subject === 'plugin/forestry'), true);
    await refused(/is not served/, 'plugin', 'retire', 'forestry');
    assert.match(await ok('plugin', 'add', saved), /^added forestry/);
    assert.ok(await serves('forestry'));
  });
});

describe('two nodes', () => {
  test('a plugin that one node was given, the other serves without being told', async () => {
    const other = await startServer({ plugins: here.plugins, redis: false, config: {
      script_folder: here.scripts, redis_socket: join(here.server.folder, 'redis.sock'),
      redis_password: readFileSync(join(here.server.folder, 'redis.password'), 'utf8').trim() } });
    try {
      const from = other.lines.length;
      const had = (await other.client().ok('GET', '/series')).items.length;
      await ok('plugin', 'add', buildPlugin(join(here.folder, 'orchard'), 'orchard', '1.0.0'));
      await other.seen('plugins.reloaded', () => true, from);
      const items = (await other.client().ok('GET', '/series')).items;
      assert.equal(items.length, had + 1);
      assert.ok(items.some((one) => one.id === 'orchard'));
    } finally {
      await other.stop();
    }
  });
});
