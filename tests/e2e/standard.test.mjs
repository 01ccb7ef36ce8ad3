// An administrator changes one number of a standard on a running server: edits it, tries it, a second person
// approves, it comes into force, the pages that are open learn of it, and it is rolled back.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildCity, draft, forward, foundCommittee, submit, teacher, verify } from '../integration/city.mjs';
import { startServer, top } from '../integration/harness.mjs';
import { look, openBrowser } from './browser.mjs';

const scripts = mkdtempSync(join(tmpdir(), 'titled-scripts-'));
const golden = 'intermediate-09-honours-and-village.json'; // of the shipped cases, one that is of the old number
let server, browser, city, dossier, applicant;

/** A dossier before a panel of three, nobody of whom has scored it. */
async function prepare() {
  city = await buildCity(server);
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  const experts = await Promise.all(['lead', 'second', 'third'].map((login) => server.account(login, [{ role: 'expert', scope: 'teacher' }], { unit_id: away.id })));
  await server.account('root', [{ role: 'admin', scope: '' }], { name: '管理员' });
  applicant = await teacher(city, 'lin');
  dossier = await draft(city, applicant);
  assert.equal((await submit(applicant, dossier)).status, 200);
  await verify(city, dossier);
  await city.clerk.ok('POST', '/notices', { applications: [dossier] });
  await server.advance(12);
  await forward(city, dossier);
  const committee = { id: await foundCommittee(city, experts) };
  const panel = await city.office.ok('POST', '/panels', { committee_id: committee.id, cycle_id: city.cycle.id, name: '语文组', lead: experts[0].account.id, members: experts.map((who) => who.account.id) });
  await city.office.ok('POST', `/panels/${panel.id}/assignments`, { applications: [dossier] });
}

before(async () => {
  mkdirSync(join(scripts, 'teacher/cases'), { recursive: true });
  copyFileSync(join(top, 'scripts/teacher/cases', golden), join(scripts, 'teacher/cases', golden));
  copyFileSync(join(top, 'scripts/teacher/intermediate.rb'), join(scripts, 'teacher/intermediate.rb'));
  [server, browser] = await Promise.all([startServer({ config: { script_folder: scripts, workers: 2 } }), openBrowser()]);
  await prepare();
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
  rmSync(scripts, { recursive: true, force: true });
});

const change = (person, from, to) => person.page.locator('#source').evaluate((area, [a, b]) => {
  if (!area.value.includes(a)) throw new Error(`no ${a}`);
  area.value = area.value.replace(a, b);
  area.dispatchEvent(new Event('input', { bubbles: true }));
}, [from, to]);

describe('a standard', { concurrency: 1 }, () => {
  const people = {};
  const as = async (login) => (people[login] ??= await (await browser.person(server)).login(login));
  let address, before_;

  test('is edited with the faults shown while one types, and the table beside it', async () => {
    const admin = await as('root');
    await admin.go('/standards');
    await admin.press(admin.page.locator('table a').first());
    before_ = new URL(admin.page.url()).pathname;
    const script = await admin.hold('**/editor.js');
    const editor = await admin.press(admin.button('以此为底新建草案'));
    address = editor.replace(/\/edit$/, '');
    await change(admin, 'segments: [[10, 1.0]', 'segmentos: [[10, 1.0]'); // before the script is there
    await script.came;
    script.release();
    const fault = admin.page.locator('[data-fault]');
    await fault.waitFor();
    const line = Number(await fault.getAttribute('data-line'));
    assert.equal(await admin.page.locator('.td-gutter .is-bad').innerText().then((text) => text.trim()), String(line));
    assert.equal(await admin.page.locator('#source').getAttribute('aria-invalid'), 'true');
    await admin.examine('edit-fault');
    await admin.page.locator('[data-go]').click();
    const at = await admin.page.locator('#source').evaluate((area) => [document.activeElement === area, area.value.slice(0, area.selectionStart).split('\n').length]);
    assert.deepEqual(at, [true, line]);
    await change(admin, 'segmentos: [[10, 1.0]', 'segments: [[10, 1.2]');
    await fault.waitFor({ state: 'detached' });
    assert.equal(await admin.page.locator('.td-gutter').innerText().then((text) => text.trim().split('\n').length), await admin.page.locator('#source').inputValue().then((text) => text.split('\n').length));
    assert.match(await admin.page.locator('#preview').innerText(), /1\.20? ?分/);
    await admin.page.locator('[data-saved]').filter({ hasText: '已' }).waitFor(); // kept without a button
    await admin.answer('note', '乡镇工作年限每年 1.2 分');
    await admin.examine('edit');
    await admin.press(admin.button('保存'));
    await admin.page.evaluate(() => (document.body.dataset.page = '1'));
    assert.equal(await admin.page.locator('#note').inputValue(), '乡镇工作年限每年 1.2 分');
  });

  test('shows what is other, in the table and in the script', async () => {
    const admin = await as('root');
    await admin.go(`${address}/diff`);
    assert.equal(await admin.page.locator('table.td-table ins').innerText(), '1.2');
    assert.equal(await admin.page.locator('.td-new mark').innerText(), '1.2');
    await admin.examine('diff');
  });

  test('is tried, and then waits for a second person, who is told', async () => {
    const admin = await as('root');
    await admin.go(address);
    assert.equal(await admin.button('批准').count(), 0);
    await admin.examine('draft');
    await admin.press(admin.page.locator('a[href$="/trials"]'));
    assert.match(await admin.press(admin.button('开始试算')), /^\/trials\//);
    await admin.page.locator('[name=arithmetic]').waitFor(); // the page follows the trial by itself
    await admin.examine('golden');
    await admin.answer('arithmetic', '1 → 1.2：B1 10 × 1.20 + 8 × 0.50 = 16.00，封顶 15.00');
    await admin.press(admin.button(`修订案例 ${golden}`));
    assert.equal(await admin.page.locator('[name=arithmetic]').count(), 0);
    await admin.examine('amended');
    await admin.press(admin.button('再试算一次'));
    await admin.page.getByText('可由第二人批准').first().waitFor();
    await admin.go(address);
    assert.equal(await admin.button('批准').count(), 0, 'not by who wrote it');
    const bureau = await as('bureau');
    await bureau.go('/messages');
    assert.equal(await bureau.press(bureau.link(/等待第二人批准/)), address);
    assert.match(await bureau.page.locator('section[aria-labelledby=cases-title]').innerText(), /B1\s+14\.00\s+15\.00[^]*封顶 15\.00/);
    await bureau.examine('tried');
    assert.equal(await bureau.press(bureau.button('批准')), address);
    assert.match(await bureau.text(), /已批准/);
  });

  test('comes into force with one press; pages that are open show it, and nothing typed is lost', async () => {
    const [admin, lead, lin] = [await as('root'), await as('lead'), await as('lin')];
    await lead.go(`/reviews/${dossier}`);
    await lead.page.locator('summary').filter({ hasText: '系统赋分' }).first().click();
    await lead.page.locator('#comment').fill('扎实，正在写');
    const script = await lin.hold('**/live.js*'); // so that the page listens only when all is over
    await lin.go(`/applications/${dossier}/points`);
    const [was, shown] = await Promise.all([lin.page.locator('#points .td-figure').innerText(), lead.page.locator('#review-material .td-figure').innerText()]);
    assert.equal(was.length > 0 && shown.length > 0, true);
    await admin.go(address);
    assert.match(await admin.text(), /已批准/);
    await admin.press(admin.button('启用'));
    assert.match(await admin.text(), /生效/);
    const bureau = await as('bureau'); // has had the standard's own page open since the approval
    assert.equal(new URL(bureau.page.url()).pathname, address);
    await bureau.page.locator('#standard .td-tag').filter({ hasText: '生效' }).first().waitFor();
    script.release();
    for (const [person, figure, old] of [[lin, '#points .td-figure', was], [lead, '#review-material .td-figure', shown]])
      await person.page.waitForFunction(([selector, text]) => document.querySelector(selector) && document.querySelector(selector).innerText !== text, [figure, old]);
    await lin.page.locator('#points').getByText(/现行标准，版本 2/).waitFor();
    const stale = lead.page.locator('[data-stale]');
    await stale.waitFor();
    assert.equal(await lead.page.locator('#comment').inputValue(), '扎实，正在写');
    await lead.examine('review');
    await lead.press(lead.link('重新载入'));
    assert.equal(await lead.page.locator('#comment').inputValue(), '扎实，正在写');
    assert.equal(await lead.page.locator('[data-stale]').isVisible(), false);
  });

  test('and is rolled back with a reason, which the same pages show', async () => {
    const [admin, lead, lin] = [await as('root'), await as('lead'), await as('lin')];
    await admin.page.locator('summary').filter({ hasText: '退回上一版' }).click();
    await admin.answer('reason', '与实施方案不符');
    await admin.examine('active');
    assert.equal(await admin.press(admin.button('立即退回')), before_);
    assert.match(await admin.text(), /生效/);
    await lin.page.locator('#points').getByText(/现行标准，版本 1/).waitFor();
    await lead.page.locator('[data-stale]').waitFor();
  });

  test('can be written without scripts, too', async () => {
    const plain = await (await browser.person(server, { javaScript: false, width: 320 })).login('root');
    await plain.go('/standards/new');
    await plain.press(plain.page.locator('a[href*="series=teacher"][href*="level=junior"]'));
    await plain.answer('source', 'standard "teacher", "junior" do\n  nam "x"\nend');
    await plain.press(plain.button('保存为草案'));
    assert.equal(await plain.page.locator('[data-fault]').getAttribute('data-line'), '2');
    assert.match(await plain.page.locator('.td-excerpt').innerText(), /nam "x"/);
    await plain.answer('source', readFileSync(join(top, 'scripts/teacher/junior.rb'), 'utf8'));
    await plain.press(plain.button('保存'));
    assert.equal(await plain.page.locator('[data-fault]').count(), 0);
    assert.ok((await plain.page.locator('#preview table').count()) > 3);
  });

  test('fits its paper', async () => {
    const admin = await as('root');
    for (const path of [before_, `${address}/diff?with=${before_.split('/').at(-1)}`]) {
      await admin.go(path);
      await admin.page.emulateMedia({ media: 'print' });
      await admin.page.setViewportSize({ width: Math.floor((180 / 25.4) * 96), height: 960 });
      const wide = await admin.page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.td-table-wrap, table')].filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.outerHTML.slice(0, 200)));
      assert.deepEqual(wide, [], path);
      if (look) await admin.page.screenshot({ path: join(look, `paper-${path.includes('diff') ? 'diff' : 'table'}.png`), fullPage: true });
      await admin.page.emulateMedia({ media: null });
    }
  });
});
