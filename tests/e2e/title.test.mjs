// A title in use through the pages, without JavaScript: the bureau grants posts, the unit appoints, the bureau moves the
// holder away, and the holder reads why his certificate is suspended. Nothing is wider than a small screen.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildCity, teacher } from '../integration/city.mjs';
import { config } from '../integration/estate.mjs';
import { startServer } from '../integration/harness.mjs';
import { certified, filed } from '../integration/posts.mjs';
import { openBrowser } from './browser.mjs';

let server, browser, city, title;

before(async () => {
  browser = await openBrowser();
  server = await startServer({ config });
  city = await buildCity(server);
  await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  const holder = await teacher(city, 'holder');
  await server.advance(1);
  const { start } = await server.client().ok('GET', '/calendar');
  title = Object.values(await certified(server, city, filed(server, city, [holder.account.id], { approved: start })))[0];
});
after(async () => {
  await Promise.allSettled([server?.stop(), browser?.close()]);
  assert.deepEqual(browser?.faults ?? [], []);
});

const as = async (login, options) => (await browser.person(server, options)).login(login);

test('appointed, moved away, suspended, explained', async () => {
  const clerk = await as('clerk', { javaScript: false });
  await clerk.go('/posts');
  await clerk.press(clerk.link('holder'));
  await clerk.page.getByLabel('定向评价前的岗位等级').fill('12');
  await clerk.page.getByLabel('聘任文号').fill('水中校聘〔2026〕3号');
  await clerk.press(clerk.button('聘任'));
  assert.match(await clerk.text(), /岗位经历/);
  const bureau = await as('bureau');
  await bureau.go('/quota');
  await bureau.examine('quota');
  await bureau.go(`/titles/${title}`);
  await bureau.examine('title');
  await bureau.page.locator('summary', { hasText: '登记流动' }).click();
  await bureau.page.getByLabel('调入单位（名称、统一社会信用代码或编号）').fill('市第一中学');
  await bureau.page.locator('#transfer_document').fill('调令 1 号');
  await bureau.press(bureau.button('登记流动'));
  assert.match(await bureau.text(), /暂停/);
  const holder = await as('holder');
  await holder.go(`/titles/${title}`);
  assert.match(await holder.text(), /未重新评聘前按定向评价前的岗位等级聘任/);
  await holder.examine('suspended');
  await holder.go(`/ladders/${(await holder.page.getAttribute('body', 'data-account'))}`);
  await holder.examine('ladder');
});
