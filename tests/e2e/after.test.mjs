// After the vote through the pages, on a narrow screen without scripts: why a dossier did not pass and its recheck, equals
// at the last post, a complaint with its receipt, an integrity record and a revocation by two officials.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildCity, teacher } from '../integration/city.mjs';
import { startServer } from '../integration/harness.mjs';
import { filed } from '../integration/posts.mjs';
import { vote } from '../integration/voted.mjs';
import { openBrowser } from './browser.mjs';

let server, browser, city, failed, title;

const open = () => browser.person(server, { javaScript: false, width: 320 });
const enter = async (login) => (await open()).login(login);
const shot = async (person, name) => {
  assert.ok(await person.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} is wider than the screen`);
  if (process.env.TITLED_SHOTS) await person.page.screenshot({ path: `${process.env.TITLED_SHOTS}/${name}.png`, fullPage: true });
};

describe('after the vote', () => {
  before(async () => {
    [server, browser] = await Promise.all([startServer(), openBrowser()]);
    city = await buildCity(server, { posts: 1 });
    await server.account('bureau-2', [{ role: 'bureau', scope: '' }]);
    failed = await vote(server, city, 'lin', { yes: 5, no: 3 });
    const holder = await teacher(city, 'holder');
    const [{ filing }] = filed(server, city, [holder.account.id]);
    await city.bureau.ok('POST', `/filings/${filing}/certify`);
    [title] = (await holder.ok('GET', '/titles')).items;
    await server.control.ok('POST', '/quota/entries', { kind: 'grant', year: 2026, division_code: '', series: 'teacher', level: 'intermediate', posts: 1, document: '乌人社〔2026〕10号' });
    await server.control.ok('POST', '/quota/entries', { kind: 'grant', year: 2026, division_code: '650121', series: 'teacher', level: 'intermediate', posts: 1, document: '乌人社〔2026〕10号' });
    for (const login of ['mali', 'guli']) await vote(server, city, login, { yes: 7, no: 1 });
  });
  after(async () => {
    await Promise.all([browser?.close(), server?.stop()]);
  });

  test('who did not pass reads why, asks for a recheck, and the timeline tells the finding', async () => {
    const lin = await enter('lin');
    await lin.go(`/applications/${failed.id}/timeline`);
    await lin.press(lin.link('未通过评审告知书'));
    assert.match(await lin.text(), /表决未达到出席委员的三分之二[^]*通过所需票数/);
    await shot(lin, 'letter');
    await lin.page.getByLabel('申请理由').fill('表决当日到会委员人数存疑，请复查。');
    await lin.press(lin.button('提交复查申请'));
    assert.match(await lin.text(), /待办理/);
    const second = await enter('bureau-2');
    await second.go('/reexaminations');
    await second.press(second.link(/N-|-TEA-/));
    await shot(second, 'reexamination');
    await second.page.getByLabel('责令重新表决').check();
    await second.page.getByLabel('复查情况').fill('评议组意见不足三份，责令重新表决。');
    await second.press(second.button('作出复查结论'));
    await lin.go(`/applications/${failed.id}/timeline`);
    assert.match(await lin.text(), /责令重新表决[^]*评议组意见不足三份/);
    await shot(lin, 'timeline');
  });

  test('among equals at the last post the bureau chooses with a reason, and publishes', async () => {
    const bureau = await enter('bureau');
    await bureau.go(`/cycles/${city.cycle.id}/ranking`);
    assert.match(await bureau.text(), /最后岗位并列[^]*可用岗位：? ?1/);
    await shot(bureau, 'ranking');
    await bureau.page.getByLabel(/^guli/).check();
    await bureau.page.getByLabel('理由').fill('在乡镇任教年限更长。');
    await bureau.press(bureau.button('确定'));
    await bureau.press(bureau.button('公示评审结果'));
    assert.match(await bureau.text(), /guli/);
    assert.doesNotMatch(await bureau.text(), /mali/);
    await bureau.go(`/cycles/${city.cycle.id}/ranking`);
    await bureau.press(bureau.page.locator('.td-task-list a').first());
    assert.match(await bureau.text(), /重新计算一致/);
    await shot(bureau, 'ranking-record');
  });

  test('whoever objects to a notice takes a receipt home, and reads with it how it stands and what he is answered', async () => {
    const anybody = await open(), bureau = await enter('bureau');
    await anybody.go('/notices?kind=result');
    await anybody.press(anybody.page.locator('.td-table a').first());
    await anybody.page.getByLabel('针对人员').selectOption({ index: 1 });
    await anybody.page.getByLabel('异议内容').fill('所附获奖证书与事实不符，请核实。');
    await shot(anybody, 'objection-new');
    await anybody.press(anybody.button('提交异议'), 201);
    const [number, code] = await anybody.page.locator('.td-panel strong').allInnerTexts();
    await shot(anybody, 'objection-received');
    await anybody.page.emulateMedia({ media: 'print' });
    assert.ok(await anybody.page.getByText(code, { exact: true }).isVisible() && await anybody.page.getByText(/\/receipts$/).isVisible(), 'and on paper');
    await shot(anybody, 'objection-received-print');
    await anybody.page.emulateMedia({ media: 'screen' });
    await anybody.press(anybody.page.locator('dd a'));
    const read = async (secret, status) => {
      await anybody.page.getByLabel('编号').fill(number);
      await anybody.page.getByLabel('查询码').fill(secret);
      await anybody.press(anybody.button('查询'), status);
      return anybody.text();
    };
    assert.match(await read('0000 0000 0000 0000', 422), /请对照回执逐字核对/);
    await shot(anybody, 'receipt-unknown');
    assert.match(await read(code), /已收到[^]*评委会办公室、市人社局 · 不迟于 \d{4}-\d\d-\d\d 24:00/);
    await shot(anybody, 'receipt-open');
    await bureau.go('/objections');
    await shot(bureau, 'objections');
    await bureau.press(bureau.page.locator('.td-table a').first());
    await bureau.page.getByLabel('异议不成立').check();
    await bureau.page.getByLabel('核查情况（内部）').fill('调取原件核对，证书编号 7788 属实。');
    await bureau.page.getByLabel('给异议人的答复').fill('已核对原件，证书属实。');
    await shot(bureau, 'objection');
    await bureau.press(bureau.button('作出结论'));
    const answered = await read(code);
    assert.match(answered, /已答复[^]*经核查，异议不成立[^]*已核对原件，证书属实/);
    assert.doesNotMatch(answered, /7788|guli|正在办理/);
    await shot(anybody, 'receipt-answered');
  });

  test('a title is revoked by two officials, and its holder answers the record', async () => {
    const bureau = await enter('bureau'), second = await enter('bureau-2'), holder = await enter('holder');
    await bureau.go(`/titles/${title.id}`);
    await bureau.press(bureau.link('提出撤销职称'));
    await bureau.page.getByLabel('剽窃、抄袭他人成果').check();
    await bureau.page.getByLabel('决定文号').fill('乌人社撤〔2026〕5号');
    await bureau.page.getByLabel('决定日期').fill((await server.client().ok('GET', '/calendar')).start);
    await bureau.page.getByLabel('认定情况').fill('经核查，所附论文系他人作品。');
    await shot(bureau, 'revocation-new');
    await bureau.press(bureau.button('提出，交第二人决定'));
    assert.match(await bureau.text(), /等待另一名工作人员/);
    await second.go('/revocations');
    await second.press(second.link(title.number));
    await second.press(second.button('决定撤销'));
    await shot(second, 'revocation');
    const anybody = await open();
    await anybody.go(`/certificates/${title.number}?code=${title.check_code}`);
    assert.match(await anybody.text(), /已撤销/);
    await holder.go('/account');
    await holder.press(holder.link('我的诚信记录'));
    await shot(holder, 'integrity-own');
    await holder.press(holder.link('乌人社撤〔2026〕5号'));
    await holder.page.getByLabel('陈述内容').fill('论文系合作完成，请核实。');
    await holder.press(holder.button('提交陈述'));
    assert.match(await holder.text(), /论文系合作完成/);
    await shot(holder, 'integrity');
    await holder.go('/applications/new');
    assert.match(await holder.text(), /目前不能申报/);
    await shot(holder, 'barred');
  });

  test('a complaint is filed without a name, handled in time, and read with its receipt', async () => {
    const anybody = await open(), bureau = await enter('bureau');
    await anybody.go('/');
    await anybody.press(anybody.link('投诉与信访'));
    await anybody.page.getByLabel('评审程序').check();
    await anybody.page.getByLabel('具体情况').fill('公示张贴的位置不醒目，请改进。');
    await shot(anybody, 'complaint-new');
    await anybody.press(anybody.button('提交'), 201);
    const [number, code] = await anybody.page.locator('.td-panel strong').allInnerTexts();
    await shot(anybody, 'complaint-received');
    await bureau.go('/complaints');
    await bureau.press(bureau.link(number));
    await bureau.press(bureau.button('受理'));
    await shot(bureau, 'complaint');
    await bureau.page.getByLabel('部分属实').check();
    await bureau.page.getByLabel('核查情况（内部）').fill('位置确不醒目，已另行张贴。');
    await bureau.press(bureau.button('记录核查情况'));
    await bureau.page.getByLabel('答复', { exact: true }).fill('情况部分属实，已另行张贴。');
    await bureau.press(bureau.button('答复'));
    await anybody.go('/receipts');
    await anybody.page.getByLabel('编号').fill(number);
    await anybody.page.getByLabel('查询码').fill(code);
    await anybody.press(anybody.button('查询'));
    assert.match(await anybody.text(), /已答复[^]*部分属实[^]*已另行张贴/);
    await shot(anybody, 'complaint-status');
  });
});
