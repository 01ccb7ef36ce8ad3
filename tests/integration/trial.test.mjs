// A standard is tried on every dossier of a cycle before it counts: purity, golden cases, who gains and loses,
// progress, and what happens when the server, Redis or a worker goes down meanwhile.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, submit, teacher } from './city.mjs';
import { copyDossiers } from './copies.mjs';
import { config, rows, sql } from './estate.mjs';
import { build, startServer, top } from './harness.mjs';

const COPIES = 200;
const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const script = join(scripts, 'teacher/intermediate.rb');
const original = readFileSync(join(top, 'scripts/teacher/intermediate.rb'), 'utf8');
let server, city;

/** Changes of the script by text: each must be there. */
function edit(...changes) {
  const source = changes.reduce((text, [from, to]) => (assert.ok(text.includes(from), from), text.replace(from, to)), original);
  writeFileSync(script, source);
}

/** The script as it now is, imported by the bureau. */
const imported = async (...changes) => {
  edit(...changes, ['# 怎样改', `# ${Math.random()} 怎样改`]);
  return (await city.bureau.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' })).id;
};

/** Begins a trial and waits for its end; answers it. */
async function tried(standard, who = city.bureau, cycle = city.cycle.id) {
  const from = server.lines.length;
  const { id } = await who.ok('POST', `/standards/${standard}/trials`, { cycle });
  await server.seen('trial.ended', (line) => line.trial === id, from);
  return who.ok('GET', `/trials/${id}`);
}

before(async () => {
  cpSync(join(top, 'scripts'), scripts, { recursive: true });
  server = await startServer({ config: { ...config, script_folder: scripts, workers: 2 } });
  city = await buildCity(server);
  city.admin = await server.account('root', [{ role: 'admin', scope: '' }]);
  const applicant = await teacher(city, 'applicant');
  city.own = await draft(city, applicant);
  city.applicant = applicant;
  assert.equal((await submit(applicant, city.own)).status, 200);
  await copyDossiers(server, city.own, COPIES);
});
after(async () => {
  await server?.stop();
  rmSync(scripts, { recursive: true, force: true });
});

describe('a trial', () => {
  test('of an unchanged standard changes nobody, runs all golden cases and may be approved', async () => {
    const standard = await imported();
    const trial = await tried(standard);
    assert.equal(trial.state, 'done', JSON.stringify(trial.refusal));
    assert.equal(trial.total, COPIES + 1);
    assert.equal(trial.done, COPIES + 1);
    assert.ok(trial.golden.cases >= 12);
    assert.deepEqual(trial.golden.failed, []);
    const { summary } = trial;
    assert.equal(summary.same, COPIES + 1);
    assert.equal(summary.gain + summary.loss + summary.crosses_up + summary.crosses_down, 0);
    assert.deepEqual(summary.before, summary.after);
    assert.deepEqual(trial.verdict, { passed: true, reason: 'passed' });
  });
});

describe('what a trial shows', () => {
  let standard, trial;
  before(async () => {
    standard = await imported(['section "B", "基层工作年限", cap: 25 do', 'section "B", "基层工作年限", cap: 11 do'], ['"本科" => 4, "大专" => 4', '"本科" => 8, "大专" => 4']);
    trial = await tried(standard);
  });

  test('counts who gains, loses, crosses the line and fails a condition, as the lists of dossiers do', async () => {
    const { summary } = trial;
    assert.equal(trial.state, 'done');
    assert.ok(summary.loss > 25 && summary.same > 10 && summary.gain === 0, JSON.stringify(summary));
    assert.equal(summary.gain + summary.loss + summary.same, COPIES + 1);
    assert.ok(summary.newly_failing > 20);
    assert.equal(summary.conditions.find(({ id }) => id === 'tenure').newly_failing, summary.newly_failing);
    for (const [change, count] of Object.entries({ gain: summary.gain, loss: summary.loss, same: summary.same, crosses_up: summary.crosses_up, crosses_down: summary.crosses_down, fails: summary.newly_failing, vetoed: summary.newly_vetoed })) {
      const items = [];
      for (let cursor = ''; cursor !== null;) {
        const page = await city.supervisor.ok('GET', `/trials/${trial.id}/dossiers?change=${change}&cursor=${cursor}`);
        items.push(...page.items);
        cursor = page.next;
      }
      assert.equal(items.length, count, change);
      assert.equal(new Set(items.map((one) => one.application)).size, count);
      assert.ok(items.every((one, i) => !i || (change === 'gain' ? one.change <= items[i - 1].change : one.change >= items[i - 1].change)), 'the greatest change first');
    }
    const { mean, median } = summary.before;
    assert.ok(mean > summary.after.mean && median >= summary.after.median);
    for (const side of ['before', 'after']) assert.equal(summary.histogram.reduce((sum, bar) => sum + bar[side], 0), COPIES + 1);
    assert.equal(summary.histogram.length, 20);
  });

  test('by district, sex, ethnicity and tier of the unit, without showing a few people', () => {
    const groups = Object.fromEntries(trial.summary.groups.map(({ by, groups: list }) => [by, list]));
    assert.deepEqual(Object.keys(groups), ['district', 'sex', 'ethnicity', 'unit_tier']);
    for (const [by, list] of Object.entries(groups)) {
      assert.equal(list.reduce((sum, one) => sum + one.n, 0), COPIES + 1, by);
      assert.ok(list.every(({ n }) => n >= 10), JSON.stringify(list));
    }
    assert.deepEqual(groups.district.map(({ key }) => key).sort(), ['650109', '650121']);
    assert.ok(!groups.ethnicity.some(({ key }) => key === '锡伯族'), 'the only one of 201 are not told apart');
    assert.ok(groups.ethnicity.some(({ small }) => small));
  });

  test('names golden cases that the change breaks, and is in the way of approval until they agree', async () => {
    assert.ok(trial.golden.failed.length > 0);
    const [{ file, differences: [first] }] = trial.golden.failed;
    assert.match(file, /^intermediate-\d\d/);
    assert.ok(first.what && 'expected' in first && 'got' in first);
    assert.deepEqual(trial.verdict, { passed: false, reason: 'golden' });
  });

  test('either breakdown of one dossier, computed from the facts that are stored', async () => {
    const { items: [worst] } = await city.office.ok('GET', `/trials/${trial.id}/dossiers?change=loss`);
    const both = await city.office.ok('GET', `/trials/${trial.id}/dossiers/${worst.application}`);
    assert.equal(both.before.total, worst.before_total);
    assert.equal(both.after.total, worst.after_total);
    const of = (score) => score.sections.find(({ id }) => id === 'B');
    assert.equal(of(both.after).cap, 1100);
    assert.equal(of(both.before).points - of(both.after).points, -worst.change);
  });

  test('as a table of all trials, with plain numbers of dossiers', async () => {
    const table = await city.bureau.send('GET', `/api/v1/standards/${standard}/trials?format=csv`, { Accept: 'text/csv' });
    assert.match(table.text, new RegExp(`,"${COPIES + 1}","${COPIES + 1}",`));
  });

  test('as a table, of one district', async () => {
    const reply = await city.bureau.send('GET', `/api/v1/trials/${trial.id}/dossiers?change=loss&division=650109&format=csv`, { Accept: 'text/csv' });
    assert.match(reply.headers['content-type'], /^text\/csv/);
    assert.ok(reply.text.includes('650109') && !reply.text.includes('650121'));
    assert.equal((await city.bureau.json('GET', `/trials/${trial.id}/dossiers?change=nosuch`)).status, 400);
  });

  test('as pages: the effect, the distribution as a picture, and both breakdowns of a dossier in one table', async () => {
    const list = await city.bureau.page(`/standards/${standard}/trials`);
    assert.equal(list.status, 200);
    assert.match(list.text, new RegExp(`<a href="/trials/${trial.id}">`));
    assert.match(list.text, new RegExp(`<option value="${city.cycle.id}">`));
    const page = await city.supervisor.page(`/trials/${trial.id}`);
    assert.equal(page.status, 200);
    assert.match(page.text, new RegExp(`change=loss">${trial.summary.loss}<`));
    const columns = [...page.text.matchAll(/<rect class="td-chart-(before|after)" x="(\d+)" y="(\d+)" width="\d+" height="(\d+)"/g)];
    assert.equal(columns.length, 2 * trial.summary.histogram.length);
    const [most] = trial.summary.histogram.flatMap(({ before: was, after: is }) => [was, is]).sort((a, b) => b - a);
    assert.equal(Math.max(...columns.map((one) => Number(one[4]))), 200, 'the highest column fills the picture');
    assert.match(page.text, new RegExp(`>${most}</text>`));
    assert.ok(!page.text.includes('/cancel'), 'a supervisor changes nothing');
    const { items: [worst] } = await city.office.ok('GET', `/trials/${trial.id}/dossiers?change=loss`);
    const dossiers = await city.office.page(`/trials/${trial.id}/dossiers?change=loss`);
    assert.match(dossiers.text, new RegExp(`/trials/${trial.id}/dossiers/${worst.application}`));
    const both = await city.office.page(`/trials/${trial.id}/dossiers/${worst.application}`);
    assert.match(both.text, /25\.00 → 11\.00/);
    assert.match(both.text, new RegExp(`<strong>-${(-worst.change / 100).toFixed(2)}</strong>`));
    const { rows: merged, questions } = await city.office.ok('GET', `/trials/${trial.id}/dossiers/${worst.application}`);
    assert.equal(merged.find(({ id }) => id === 'B').change, worst.change);
    assert.ok(questions.find(({ id }) => id === 'tenure').reworded);
  });

  test('to an official who declares: nothing of his own dossier', async () => {
    const own = rows(server, `select account_id as id from application where id = '${city.own}'`)[0].id;
    const boss = await server.account('declaring', [{ role: 'bureau', scope: '' }]);
    const path = `/trials/${trial.id}/dossiers`;
    assert.equal((await boss.json('GET', `${path}/${city.own}`)).status, 200);
    sql(server, `update application set account_id = (select id from account where login = 'declaring') where id = '${city.own}'`);
    const page = await boss.json('GET', `${path}/${city.own}`);
    const listed = async (cursor = '') => {
      const { items, next } = await boss.ok('GET', `${path}?cursor=${cursor}`);
      return items.some(({ application }) => application === city.own) || (next ? listed(next) : false);
    };
    const found = await listed();
    sql(server, `update application set account_id = '${own}' where id = '${city.own}'`);
    assert.deepEqual([page.status, found], [404, false]);
  });

  test('to nobody else', async () => {
    for (const who of [city.clerk, city.industry, city.hr, city.applicant]) {
      assert.equal((await who.json('GET', `/trials/${trial.id}`)).status, 403);
      assert.equal((await who.json('GET', `/standards/${standard}/trials`)).status, 403);
    }
    const farm = await server.account('farm', [{ role: 'office', scope: 'agriculture' }]);
    for (const path of [`/trials/${trial.id}`, `/standards/${standard}/trials`, `/trials/${trial.id}/dossiers`, `/trials/${trial.id}/live`]) assert.equal((await farm.json('GET', path)).status, 404, path);
  });
});

/** An adjustment of an item, put before the section that follows it. */
const adjust = (body, item = 'A1', next = 'B') => [`  section "${next}"`, `  adjust("${item}", "试") do |points, facts|\n${body}\n  end\n  section "${next}"`];

describe('a rule that treats people differently', () => {
  test('is seen: the groups that fare otherwise than all others are marked, and no others', async () => {
    // whose months are even are the men of copies.mjs
    const trial = await tried(await imported(adjust('    facts["grassroots_months"] % 2 == 0 ? points / 2 : points', 'B1', 'C')));
    assert.equal(trial.state, 'done', JSON.stringify(trial.refusal));
    const flags = Object.fromEntries(trial.summary.groups.flatMap(({ by, groups }) => groups.filter(({ flag }) => flag).map(({ key, flag }) => [`${by} ${key}`, flag])));
    assert.deepEqual(flags, { 'sex male': 'loses', 'sex female': 'gains' });
    assert.ok(trial.summary.loss > 80);
  });
});

describe('a script that is not pure', () => {
  test('keeps something from one dossier to the next: the dossier and the item are named', async () => {
    const standard = await imported(['standard "teacher", "intermediate" do', 'KEPT = []\nstandard "teacher", "intermediate" do'], adjust('    KEPT << 1 if facts["grassroots_months"] % 12 == 7\n    KEPT.length % 2 == 0 ? points : points + 1')); // no golden case has such months
    const trial = await tried(standard);
    assert.equal(trial.state, 'refused', JSON.stringify(trial));
    const [finding] = trial.refusal.findings;
    assert.equal(trial.refusal.reason, 'order');
    assert.equal(finding.what, 'item');
    assert.equal(finding.id, 'A1');
    assert.ok(finding.line > 0 && finding.dossier);
    assert.notDeepEqual(finding.forward, finding.reverse);
    assert.deepEqual(trial.verdict, { passed: false, reason: 'refused' });
    const empty = await server.control.ok('POST', '/cycles', {
      series: 'teacher', year: 2024, name: '没有申报的年度', notice_number: '乌人社发〔2024〕1号', notice_text: '通知', notice_date: '2024-08-28',
      cutoff_date: '2024-08-31', opens_on: '2024-09-01', closes_on: '2024-10-31', parameters: { fee_cents: { intermediate: 0 } },
    });
    const other = await tried(standard, city.bureau, empty.id);
    assert.equal(other.state, 'done', 'without dossiers there is nothing to see');
    assert.deepEqual(other.verdict, { passed: false, reason: 'refused' }, 'and what was seen stays seen');
  });

  for (const [kind, word, body] of [['state', '$n', '    $n = 1\n    points'], ['clock', 'Time', '    Time.now.to_i % 2 == 3 ? points + 1 : points'], ['random', 'rand', '    rand(2) == 3 ? 0 : points']])
    test(`uses ${word}: refused with the line`, async () => {
      const standard = await imported(adjust(body));
      const trial = await tried(standard);
      assert.equal(trial.state, 'refused');
      assert.equal(trial.refusal.reason, kind);
      assert.equal(trial.refusal.findings[0].word, word);
      const line = readFileSync(script, 'utf8').split('\n').findIndex((text) => text.includes(word)) + 1;
      assert.equal(trial.refusal.findings[0].line, line);
    });

  test('does not come back on one dossier: refused, naming it and the line', async () => {
    const standard = await imported(adjust('    loop { } if facts["grassroots_months"] == 219\n    points'));
    const trial = await tried(standard);
    assert.equal(trial.state, 'refused', JSON.stringify(trial));
    assert.equal(trial.refusal.reason, 'limit');
    const [{ dossier, file, line }] = trial.refusal.findings;
    assert.match(dossier, /^01TRYP/);
    assert.equal(file, 'teacher/intermediate.rb');
    assert.ok(line > 0);
  });

  test('raises on one dossier: refused with the words of the script', async () => {
    const standard = await imported(adjust('    raise "那一份" if facts["grassroots_months"] == 219\n    points'));
    const { state, refusal } = await tried(standard);
    assert.equal(state, 'refused');
    assert.equal(refusal.reason, 'script');
    assert.match(refusal.findings[0].message, /那一份/);
  });
});

describe('titlectl score recheck', () => {
  const recheck = () => {
    const { status, stdout, stderr } = spawnSync(join(build, 'bin/titlectl'), ['--state', server.folder, 'score', 'recheck', city.cycle.id], { encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };
  /** With the records changed behind the server's back, and put back afterwards. */
  const tampered = (table, column, where, value, expected) =>
    test(`names ${expected}`, () => {
      sql(server, `create table kept as select ${column} as value from ${table} where ${where}; update ${table} set ${column} = ${value} where ${where};`);
      const { status, text } = recheck();
      sql(server, `update ${table} set ${column} = (select value from kept) where ${where}; drop table kept;`);
      assert.notEqual(status, 0);
      assert.match(text, expected);
      assert.match(text, new RegExp(rows(server, `select number from application where id = '${city.own}'`)[0].number));
    });

  test('computes every stored score again, facts from the snapshot and points', () => {
    const { status, text } = recheck();
    assert.equal(status, 0, text);
    assert.match(text, /^1 scores computed again, 0 differences$/m);
    assert.doesNotMatch(text, /only the points/);
  });
  tampered('score', 'breakdown', '1 = 1', "json_set(breakdown, '$.sections[0].items[0].points', 1)", /item A1 points: stored 1, recomputed \d+/);
  tampered('score', 'total', '1 = 1', 'total + 1', /total : stored \d+, recomputed \d+/);
  tampered('fact_set', 'facts', "id = (select fact_set_id from score)", "json_set(facts, '$.grassroots_months.value', 7)", /fact grassroots_months: stored 7, recomputed \d+/);
  tampered('fact_set', 'facts', "id = (select fact_set_id from score)", "json_set(facts, '$.grassroots_months.because', '?')", /fact grassroots_months: stored \{.*"because": ?"\?".*\}, recomputed \{/);
  tampered('snapshot', 'dossier', '1 = 1', "json_set(dossier, '$.content.employment[0].start', '2020-09-01')", /snapshot : stored "[0-9a-f]{64}", recomputed "[0-9a-f]{64}"/);
  tampered('standard', 'source', "state = 'active'", "replace(source, 'reference_line 60', 'reference_line 61')", /standard : stored/);

  test('says when the plugin that derived the facts is another one', () => {
    sql(server, "update fact_set set plugin_version = '0.0.1' where id = (select fact_set_id from score)");
    const { status, text } = recheck();
    assert.equal(status, 0, text);
    assert.match(text, /^of 1 only the points, from the stored facts: the plugin version/m);
  });
});

describe('while it runs', () => {
  test('whoever may see it is told how far it is', async () => {
    const standard = await imported();
    const from = server.lines.length;
    const { id } = await city.bureau.ok('POST', `/standards/${standard}/trials`, { cycle: city.cycle.id });
    const events = [];
    await new Promise((resolve, reject) => {
      const cookie = [...city.supervisor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      http.get({ host: '127.0.0.1', port: server.port, path: `/api/v1/trials/${id}/live`, headers: { Cookie: cookie, Accept: 'text/event-stream' } }, (reply) => {
        reply.setEncoding('utf8').on('data', (text) => {
          for (const [, data] of text.matchAll(/^data: (.*)$/gm)) events.push(JSON.parse(data));
          if (events.some(({ event }) => event === 'changed')) resolve(reply.destroy());
        });
      }).on('error', reject);
    });
    await server.seen('trial.ended', (line) => line.trial === id, from);
    const told = events.filter(({ event }) => event === 'progress');
    assert.ok(told.length > 0 && told.every(({ done, total }) => total === COPIES + 1 && done > 0 && done <= total), JSON.stringify(events));
  });

  test('another one of the same standard takes its place, and it can be stopped', async () => {
    // A second for the golden cases alone: it has not ended when it is stopped.
    const standard = await imported(['section "B", "基层工作年限"', 'adjust("A1", "慢") do |points, facts|\n    20000.times { facts["grassroots_months"] }\n    points\n  end\n  section "B", "基层工作年限"']);
    const first = await city.bureau.ok('POST', `/standards/${standard}/trials`, { cycle: city.cycle.id });
    const second = await city.admin.ok('POST', `/standards/${standard}/trials`, { cycle: city.cycle.id });
    assert.equal((await city.bureau.json('GET', `/trials/${first.id}`)).status, 404);
    await city.bureau.ok('POST', `/trials/${second.id}/cancel`);
    const trial = await city.bureau.ok('GET', `/trials/${second.id}`);
    assert.equal(trial.state, 'cancelled');
    assert.equal(trial.verdict.reason, 'no_trial');
    assert.equal((await city.bureau.json('POST', `/trials/${second.id}/cancel`)).status, 409, 'once');
    assert.equal((await tried(await imported())).state, 'done');
  });

  for (const [what, disturb] of [
    ['the server is killed', async () => {
      await server.crash();
      for (const who of Object.values(city)) if (who.target) who.target.port = server.port;
    }],
    ['a worker is killed', async () => {
      const [worker] = execFileSync('pgrep', ['-P', String(server.process.child.pid), '-f', 'titled-scorer'], { encoding: 'utf8' }).split('\n').map(Number);
      process.kill(worker, 'SIGKILL');
    }],
    ['Redis is lost, sessions and all', async () => {
      await server.stopRedis();
      await server.restartRedis();
    }],
  ])
    test(`${what}: it comes to its end all the same`, async () => {
      const standard = await imported();
      const from = server.lines.length;
      const { id } = await server.control.ok('POST', `/standards/${standard}/trials`, { cycle: city.cycle.id });
      await server.seen('trial.begun', (line) => line.trial === id, from);
      await disturb();
      await server.seen('trial.ended', (line) => line.trial === id);
      const trial = await server.control.ok('GET', `/trials/${id}`);
      assert.equal(trial.state, 'done', JSON.stringify(trial.refusal));
      assert.equal(trial.done, COPIES + 1);
      assert.equal(trial.summary.dossiers, COPIES + 1);
    });
});

describe('the first installation', () => {
  test('takes no script whose golden cases fail, and none that is not pure', async () => {
    const file = join(scripts, 'teacher/senior.rb'), source = readFileSync(file, 'utf8');
    const install = () => server.control.json('POST', '/standards', { series: 'teacher', level: 'senior', bootstrap: true });
    writeFileSync(file, source.replace(/cap: (\d+) do/, 'cap: 1 do'));
    const wrong = await install();
    assert.equal(wrong.status, 422, wrong.text);
    assert.equal(wrong.body.key, 'golden_failed');
    assert.match(wrong.body.parameters.file, /^senior-\d\d/);
    writeFileSync(file, source.replace('standard "teacher"', '$kept = 1\nstandard "teacher"'));
    const impure = await install();
    assert.equal(impure.body.key, 'script_impure');
    assert.equal(impure.body.parameters.word, '$kept');
    writeFileSync(file, source);
    assert.equal((await install()).status, 201);
  });
});

describe('putting one in force that many dossiers are scored by', () => {
  test('answers at once, and scores them all a page at a time', async () => {
    await copyDossiers(server, city.own, 400, 'MANY');
    const second = await server.account('second', [{ role: 'bureau', scope: '' }]);
    writeFileSync(script, `${original}# 新版\n`);
    const { id } = await server.control.ok('POST', '/standards', { series: 'teacher', level: 'intermediate' });
    const trial = await tried(id, second);
    assert.deepEqual(trial.verdict, { passed: true, reason: 'passed' });
    await second.ok('POST', `/standards/${id}/approve`, {});
    await second.ok('POST', `/standards/${id}/activate`);
    const queued = () => rows(server, `select count(distinct json_extract(payload, '$.application')) as n from outbox where kind = 'score' and created_at >= (select activated_at from standard where id = '${id}')`)[0].n;
    for (let looks = 0; queued() < COPIES + 401 && looks < 2000; looks++) await server.control.ok('GET', '/health');
    assert.equal(queued(), COPIES + 401);
  });
});
