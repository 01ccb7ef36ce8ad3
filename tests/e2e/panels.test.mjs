// The panel through the pages: formed, given dossiers, left by who must keep out, filled in away from the desk and at
// it, discussed, closed. The whole way without scripts; with them what they change.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, forward, foundCommittee, submit, teacher, verify } from '../integration/city.mjs';
import { startServer } from '../integration/harness.mjs';
import { look, openBrowser } from './browser.mjs';

const LOGINS = ['lead', 'second', 'third', 'fourth', 'spare'];
const PANEL = LOGINS.slice(0, 4);
const names = { lead: '专家甲', second: '专家乙', third: '专家丙', fourth: '专家丁', spare: '专家戊' };
let server, browser, city;
const people = {}, numbers = {};

before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  city = await buildCity(server);
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  const experts = await Promise.all(LOGINS.map((login) => server.account(login, [{ role: 'expert', scope: 'teacher' }], { name: names[login], unit_id: away.id })));
  const dossiers = await Promise.all(['lin', 'mali'].map(async (login) => {
    const who = await teacher(city, login), id = await draft(city, who);
    assert.equal((await submit(who, id)).status, 200);
    return id;
  }));
  for (const id of dossiers) await verify(city, id);
  await city.clerk.ok('POST', '/notices', { applications: dossiers });
  await server.advance(12);
  for (const id of dossiers) await forward(city, id);
  for (const [n, login] of ['lin', 'mali'].entries()) numbers[login] = (await city.office.ok('GET', `/applications/${dossiers[n]}`)).application.number;
  await foundCommittee(city, experts);
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

const as = async (login, javaScript = false) => (people[`${login} ${javaScript}`] ??= await (await browser.person(server, { javaScript })).login(login));

/** A row of the panel's page, or of a list. */
const row = (person, number) => person.page.locator('tr', { hasText: number });
const toPanel = async () => {
  const office = await as('office');
  await office.menu('评议组');
  await office.press(office.link('语文组'));
  return office;
};
/** Who reads a dossier, as the panel's page says. */
const readers = async (number) => {
  const text = await row(await toPanel(), number).innerText();
  return PANEL.filter((login) => text.includes(names[login]));
};
/** Is a dossier on an expert's list? */
const has = async (person, number) => {
  await person.menu('专家评审');
  return (await person.text()).includes(number);
};
/** A sheet at the desk; what is not said stays as it is. */
async function score(person, number, { points, opinion, comment } = {}) {
  await person.menu('专家评审');
  await person.press(person.link(number));
  if (points) for (const field of await person.page.locator('input[name^="points."]').all()) await field.fill(points);
  if (opinion) await person.page.getByLabel(opinion, { exact: true }).check();
  if (comment) await person.page.getByLabel('评语').fill(comment);
}
const submitSheet = (person) => person.press(person.button('提交评分表'));

describe('a panel', { concurrency: 1 }, () => {
  let stopped = '';
  /** A step of the way; the first that fails ends it. */
  const step = (name, act) => test(name, async (t) => {
    if (stopped) return t.skip(`after ${stopped}`);
    stopped = name;
    await act();
    stopped = '';
  });
  let leaver, asked, third; // of the readers of both dossiers beside the lead: who keeps out, who is challenged, the last

  step('is formed by its office, and what was chosen stays when it is refused', async () => {
    const office = await as('office'), { page } = office;
    await office.menu('评议组');
    await office.press(office.link('组建评议组'));
    await office.press(office.link('中级评委会'));
    await page.getByLabel('名称').fill('语文组');
    for (const login of ['lead', 'third']) await page.getByRole('checkbox', { name: names[login] }).check();
    await page.getByLabel('组长').selectOption({ label: names.lead });
    await office.leave(() => office.button('组建').click(), 409);
    assert.match(await office.problem(), /评议组至少 3 名专家/);
    assert.deepEqual([await page.getByLabel('名称').inputValue(), await page.locator('input:checked').count(), await page.locator('#lead option:checked').innerText()], ['语文组', 2, names.lead]);
    for (const login of ['second', 'fourth']) await page.getByRole('checkbox', { name: names[login] }).check();
    await office.press(office.button('组建'));
    assert.match(await office.text(), /专家甲 \(组长\)/);
  });

  step('is given its dossiers, three readers each, and says how they were found', async () => {
    const office = await as('office'), { page } = office;
    await page.getByLabel('每份材料的评审专家数').fill('2');
    await office.leave(() => office.button('分配材料').click(), 422);
    assert.match(await office.problem(), /每份材料的评审专家数/);
    assert.equal(await page.getByLabel('每份材料的评审专家数').inputValue(), '2');
    await page.getByLabel('每份材料的评审专家数').fill('3');
    await office.press(office.button('分配材料'));
    await office.press(office.link('分配记录'));
    await office.press(page.locator('tbody a').first());
    assert.match(await office.text(), /重算\s+结果一致/);
    await office.fits('run');
    const both = await readers(numbers.mali);
    for (const login of await readers(numbers.lin)) if (login !== 'lead' && both.includes(login)) (leaver ??= login);
    assert.ok(leaver, 'of four experts two read both, and one of them does not lead');
    [asked, third] = PANEL.filter((login) => login !== leaver && login !== 'lead');
  });

  for (const [javaScript, whose] of [[false, 'lin'], [true, 'mali']])
    step(`loses a dossier's reader who keeps out of it, ${javaScript ? 'with' : 'without'} scripts`, async () => {
      const expert = await as(leaver, javaScript);
      await score(expert, numbers[whose], { comment: '尚未写完' });
      const path = new URL(expert.page.url()).pathname;
      await expert.page.locator('summary', { hasText: '申请回避' }).click();
      await expert.page.getByLabel('理由').fill('曾合作课题');
      assert.equal(await expert.press(expert.button('申请回避')), '/reviews');
      const list = await expert.text();
      assert.ok(!list.includes(numbers[whose]) && list.includes(`不再显示的材料： ${javaScript ? 2 : 1}`), list);
      await expert.go(path, 404);
      await expert.go('/reviews');
      if (!javaScript) await expert.fits('recused');
    });

  step('finds other readers among its members for those who left', async () => {
    const office = await toPanel();
    assert.match(await office.text(), /少于原定人数/);
    await office.fits('lacking');
    await office.press(office.button(/^补足评审专家 \(2\)/));
    assert.doesNotMatch(await office.text(), /少于原定人数|专家不足/);
    for (const number of Object.values(numbers)) assert.deepEqual((await readers(number)).sort(), ['lead', asked, third].sort());
  });

  step('waits for the decision when somebody asks that a reader keep out', async () => {
    const lin = await as('lin'), expert = await as(asked);
    await lin.menu('我的申报');
    await lin.press(lin.page.locator('tbody a, .td-card a').first());
    await lin.press(lin.link('申请他人回避'));
    await lin.page.getByLabel('被申请人').fill(names[asked]);
    await lin.page.getByLabel('理由').fill('曾有纠纷');
    await lin.press(lin.button('提交申请'));
    assert.match(await lin.text(), /待决定/);
    assert.deepEqual([await has(expert, numbers.lin), await has(expert, numbers.mali)], [false, true]);
    const office = await toPanel();
    assert.match(await office.text(), /有待决定的回避申请/);
    await office.menu('回避记录');
    await office.press(office.link('回避申请'));
    assert.match(await office.text(), /lin · \d{4}-\d\d-\d\d/);
    await office.fits('challenges');
    await office.page.getByLabel('决定理由').fill('经核实没有利害关系');
    await office.press(office.button('不予回避'));
    assert.match(await office.text(), /没有待决定的回避申请/);
    assert.equal(await has(expert, numbers.lin), true);
    await lin.page.reload();
    assert.match(await lin.text(), /不予回避.*\s+经核实没有利害关系/);
  });

  step('is scored in a table away from the desk: what is wrong is named at its row, the rest is saved', async () => {
    const ITEM = 6, MOST = 10, FILLED = 11;
    const expert = await as(asked);
    await expert.menu('专家评审');
    await expert.press(expert.link('离线评分表'));
    const [download] = await Promise.all([expert.page.waitForEvent('download'), expert.link('下载评分表').click()]);
    const table = readFileSync(await download.path(), 'utf8').slice(1).split('\r\n').filter(Boolean).map((line) => [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell));
    assert.deepEqual(table[0].slice(2, 5), ['编号', '受理编号', '申报人']);
    const send = async (who, rows, status = 200) => {
      const buffer = Buffer.from(rows.map((cells) => cells.map((cell) => `"${cell}"`).join(',')).join('\r\n'));
      await who.page.getByLabel('填好的 CSV 文件').setInputFiles({ name: '评分表.csv', mimeType: 'text/csv', buffer });
      await who.leave(() => who.button('上传').click(), status);
    };
    await send(expert, [['不是', '评分表']], 422);
    assert.match(await expert.problem(), /请重新下载/);
    for (const cells of table.slice(1)) cells[FILLED] = cells[MOST] ? '7.5' : cells[ITEM] === 'opinion' ? '推荐' : '扎实，“好”';
    const wrong = table.findIndex((cells) => cells[MOST] === '8.00');
    table[wrong][FILLED] = '75';
    await send(expert, table);
    const report = await expert.text();
    assert.match(report, new RegExp(`已保存的项目\\s+${table.length - 2}\\s`));
    assert.match(await expert.page.locator('#problems').innerText(), new RegExp(`^行 ${wrong + 1} · ${table[wrong][3]}\\s+${table[wrong][ITEM]} .+\\s+不是这项允许的分数.+\\s+所填内容： *75\\s+允许： *0.00 – 8.00$`));
    await expert.fits('report');
    // The same table, mended, from a window with scripts.
    const scripted = await as(asked, true);
    await scripted.go('/reviews/form');
    table[wrong][FILLED] = '7.5';
    await send(scripted, table);
    assert.match(await scripted.text(), /已保存的项目\s+1\s/);
    assert.equal(await scripted.page.locator('#problems').count(), 0, await scripted.text());
    for (const number of Object.values(numbers)) {
      await score(expert, number);
      assert.deepEqual([await expert.page.locator('input[name^="points."]').first().inputValue(), await expert.page.getByLabel('评语').inputValue()], ['7.50', '扎实，“好”']);
      await submitSheet(expert);
    }
  });

  step('loses nothing that an expert types while a save is under way, nor what no save came through with', async () => {
    const expert = await as(third, true), { page } = expert, comment = page.getByLabel('评语');
    await score(expert, numbers.lin);
    const place = new URL(page.url()).pathname, address = `**/api/v1${place}/sheet`;
    const there = async () => (await page.request.get(`/api/v1${place}`)).json().then(({ sheet }) => sheet);
    const until = async (text) => {
      for (let tries = 0; tries < 200 && (await there()).comment !== text; tries++);
      assert.equal((await there()).comment, text);
    };

    let save = await expert.hold(address);
    await comment.fill('先写的');
    await save.came;
    await comment.fill('先写的，保存时又写的');
    await page.goto('about:blank'); // as who closes the window
    save.release();
    await until('先写的，保存时又写的');
    await expert.go(place);
    assert.equal(await comment.inputValue(), '先写的，保存时又写的');

    save = await expert.hold(address);
    await comment.fill('再写的');
    await save.came;
    await comment.fill('再写的，点链接前写的');
    const left = expert.press(page.locator('.td-back'));
    save.release();
    await left;
    assert.equal((await there()).comment, '再写的，点链接前写的', 'a link waits');

    const points = page.locator('input[name^="points."]').first();
    await expert.go(place);
    await page.route(address, (route) => route.abort('aborted'));
    await comment.fill('没有网络时写的');
    await points.fill('77');
    await page.getByLabel('保留', { exact: true }).check();
    await page.getByText('未能自动保存').waitFor();
    await expert.go('/reviews');
    await page.unroute(address);
    await expert.go(place);
    await page.getByText('已恢复您离开时尚未保存的内容').waitFor();
    assert.deepEqual([await comment.inputValue(), await points.inputValue(), await page.getByLabel('保留', { exact: true }).isChecked()], ['没有网络时写的', '77', true]);
    await page.getByText('已自动保存').waitFor();
    const { opinion, version, ...rest } = await there();
    assert.deepEqual([rest.comment, opinion], ['没有网络时写的', 'reserve'], 'without the points that are none');
    const other = server.client();
    await other.login(third);
    assert.equal((await other.json('PUT', `${place}/sheet`, { comment: '别处写的' }, { 'If-Match': `"${version}"` })).status, 200);
    await comment.fill('这里写的');
    await page.reload();
    await page.getByText('已恢复您离开时尚未保存的内容').waitFor();
    assert.deepEqual([await comment.inputValue(), await points.inputValue()], ['别处写的', '77'], 'the points that are none are not lost either');
    assert.match(await page.locator('#sheet .td-warning:visible').innerText(), /此处已在别处修改[^]*评语: 这里写的/);
    await expert.fits('left');
    await page.getByText('已自动保存').waitFor();
    await expert.go('/reviews');
  });

  step('is scored at the desk, where what is wrong is named and kept, and a sheet that is in is locked', async () => {
    const expert = await as(third);
    await score(expert, numbers.lin, { points: '77', opinion: '不推荐', comment: '证据不足' });
    await expert.leave(() => expert.button('提交评分表').click(), 422);
    assert.match(await expert.problem(), /D2 .+: /);
    assert.deepEqual([await expert.page.locator('input[name^="points."]').first().inputValue(), await expert.page.getByLabel('评语').inputValue()], ['77', '证据不足']);
    for (const field of await expert.page.locator('input[name^="points."]').all()) await field.fill('0.5');
    await submitSheet(expert);
    assert.equal(await expert.page.locator('input[name^="points."]').count(), 0, 'locked');
    await score(expert, numbers.mali, { points: '7.5', opinion: '推荐', comment: '扎实' });
    await submitSheet(expert);
    await expert.press(expert.link('小组评议'));
    assert.match(await expert.text(), /还没有评分表全部提交的材料/);
    const lead = await as('lead');
    for (const number of Object.values(numbers)) {
      await score(lead, number, { points: '7', opinion: '推荐', comment: '同意' });
      await submitSheet(lead);
    }
  });

  step('discusses what differs, and its lead records the opinion', async () => {
    const lead = await as('lead'), scripted = await as('lead', true);
    await lead.press(lead.link('小组评议'));
    const differs = async (number) => (await row(lead, number).innerText()).includes('分歧较大');
    assert.deepEqual([await differs(numbers.lin), await differs(numbers.mali)], [true, false]);
    await lead.fits('discussions');
    for (const person of [lead, scripted]) {
      await person.go('/discussions');
      await person.press(person.link(numbers.lin));
      assert.match(await person.text(), /D2 .+\s+分歧较大\s+0\.50\s+7\.50\s+7\.00[^]*有专家推荐，也有专家不推荐/);
    }
    await lead.fits('discussion');
    if (look) await lead.page.pdf({ path: join(look, 'discussion.pdf'), format: 'A4' }).catch(() => {});
    const record = async (person, word, text, status = 200) => {
      await person.page.getByLabel(word, { exact: true }).check();
      await person.page.getByLabel('评议意见（文字）').fill(text);
      await person.leave(() => person.button('记录评议意见').click(), status);
    };
    await record(scripted, '保留', '材料扎实，教学实绩一项有分歧');
    await record(lead, '推荐', '另一个窗口里写的', 412);
    assert.equal(await lead.page.getByLabel('评议意见（文字）').inputValue(), '另一个窗口里写的', 'nothing is lost');
    assert.match(await lead.text(), /材料扎实，教学实绩一项有分歧/);
    await lead.go('/discussions');
    await lead.press(lead.link(numbers.mali));
    await record(lead, '推荐', '一致推荐');
    const other = await as(third);
    await other.go('/discussions');
    await other.press(other.link(numbers.lin));
    assert.match(await other.text(), /材料扎实，教学实绩一项有分歧/);
    assert.equal(await other.button('记录评议意见').count(), 0, 'the lead records');
  });

  step('is closed by its office when all is there', async () => {
    const office = await toPanel();
    assert.equal((await office.text()).match(/评分已齐\s+评议意见已记录/g)?.length, 2);
    await office.fits('ready');
    await office.press(office.button('送评委会表决'));
    assert.equal((await office.page.locator('tbody').innerText()).match(/评委会表决/g).length, 2);
    assert.equal(await office.button('送评委会表决').count(), 0);
    const lead = await as('lead', true);
    await lead.go('/discussions');
    await lead.press(lead.link(numbers.lin));
    assert.equal(await lead.button('记录评议意见').count(), 0);
  });
});
