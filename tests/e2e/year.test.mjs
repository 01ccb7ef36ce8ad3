// The year and its money through the pages, with scripts and without: a district's extension, the timeline, a fee that is
// recorded at the counter and given back by two people.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildCity, day, division, draft, forward, submit, teacher, verify } from '../integration/city.mjs';
import { startServer } from '../integration/harness.mjs';
import { openBrowser } from './browser.mjs';

let server, browser, city;
const ids = {};

before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  city = await buildCity(server, { fee: 18000, windows: { review: { opens_on: day(40), closes_on: day(60) } } });
  for (const login of ['lin', 'mali']) {
    const who = await teacher(city, login);
    ids[login] = await draft(city, who);
    assert.equal((await submit(who, ids[login])).status, 200);
    await verify(city, ids[login]);
  }
  await city.clerk.ok('POST', '/notices', { applications: Object.values(ids) });
  await server.advance(12);
  for (const id of Object.values(ids)) await forward(city, id);
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

const enter = async (login, javaScript, width = 1280) => (await browser.person(server, { javaScript, width })).login(login);
const shot = async (person, name) => process.env.TITLED_SHOTS && person.page.screenshot({ path: `${process.env.TITLED_SHOTS}/${name}.png`, fullPage: true });

for (const [javaScript, payer, closes, width] of [[false, 'lin', day(80), 320], ...(process.env.TITLED_LONG ? [[true, 'mali', day(90), 1280]] : [])])
  describe(javaScript ? 'with scripts' : 'without scripts, on a narrow screen', () => {
    test('the bureau extends a district with its reason, and everybody reads it', async () => {
      const bureau = await enter('bureau', javaScript, width);
      await bureau.go(`/cycles/${city.cycle.id}`);
      await bureau.page.getByText('延长申报时间').first().click();
      const form = bureau.form('/extend');
      await form.getByLabel('区（县）').selectOption(division);
      await form.getByLabel('新的截止日期').fill(closes);
      await form.locator('[name=reason]').fill('因疫情防控延期');
      await bureau.press(bureau.button('延长申报时间', form));
      assert.match(await bureau.text(), new RegExp(`乌鲁木齐县 · 申报.*${closes}：因疫情防控延期`));
      await shot(bureau, `cycle-${width}`);
      await bureau.press(bureau.link('年度日程'));
      for (const words of ['上报工作实施方案', '依据', '各层级', '尚未组建', '待缴费', '逾期单位']) assert.match(await bureau.text(), new RegExp(words));
      await shot(bureau, `timeline-${width}`);
      const anybody = await browser.person(server, { javaScript, width });
      await anybody.go(`/cycles/${city.cycle.id}/timeline`);
      assert.doesNotMatch(await anybody.text(), /上报工作实施方案|逾期单位/);
      await bureau.page.context().close();
    });

    test('a fee is recorded at the counter, and given back by two people once its dossier is withdrawn', async () => {
      const office = await enter('office', javaScript, width), bureau = await enter('bureau', javaScript, width), person = await enter(payer, javaScript, width);
      await person.go(`/applications/${ids[payer]}`);
      await person.press(person.link('评审费'));
      assert.match(await person.text(), /180\.00 元[^]*待缴费[^]*把凭证交评委会办公室登记/);
      await office.go(`/applications/${ids[payer]}`);
      await office.form('/fee').getByLabel('缴费凭证号').fill(`NT-${payer}`);
      await office.form('/fee').getByLabel('缴费日期').fill(day(0));
      await office.press(office.button('登记缴费'));
      await person.go(`/applications/${ids[payer]}`);
      await person.page.getByText('撤回申报').first().click();
      await person.form('/withdraw').locator('[name=sure]').check();
      await person.press(person.form('/withdraw').getByRole('button'));
      await office.go(`/applications/${ids[payer]}/fee`);
      await office.form('/refund').locator('[name=note]').fill('评审前撤回');
      await office.press(office.button('申请退费'));
      assert.match(await office.text(), /待审批/);
      assert.equal(await office.button('同意退费').count(), 0, 'not by who asked');
      await bureau.go('/refunds');
      await shot(bureau, `refunds-${width}`);
      await bureau.press(bureau.button('同意退费').first());
      await office.go('/refunds');
      await office.form('/receipt').locator('[name=receipt]').fill('TK-1');
      await office.press(office.button('登记已退'));
      await office.go('/fees?state=refunded');
      assert.match(await office.text(), new RegExp(`PAY-[^]*${payer}`));
      await shot(office, `fees-${width}`);
      await person.go('/messages');
      assert.match(await person.text(), /费用已退回 180\.00 元/);
      await shot(person, `messages-${width}`);
      for (const one of [office, bureau, person]) await one.page.context().close();
    });
  });
