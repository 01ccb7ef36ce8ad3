// A committee from its registration to its approval, its people drawn from a pool, through the pages: the
// office, the bureau and the supervisor with scripts or without, the invited without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildCity } from '../integration/city.mjs';
import { startServer } from '../integration/harness.mjs';
import { openBrowser } from './browser.mjs';

const SEATS = 3, EXPERTS = 5;
let server, browser, today;

before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  const city = await buildCity(server);
  today = (await server.control.ok('GET', '/calendar')).start;
  for (let n = 0; n < EXPERTS; n++) await server.account(`expert-${n}`, [{ role: 'expert', scope: 'teacher' }], { name: `专家${n}`, unit_id: city.unit.id });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test('a committee is drawn, witnessed, confirmed and approved through the pages', async () => {
  const enter = async (login, javaScript = true) => (await browser.person(server, { javaScript })).login(login);
  const office = await enter('office'), bureau = await enter('bureau', false), supervisor = await enter('supervisor');
  const fill = async (person, fields) => {
    for (const [name, value] of Object.entries(fields)) await person.answer(name, value);
  };

  await office.menu('评审专家库');
  await fill(office, { series: 'teacher', tier: 'general' });
  const pool = await office.press(office.button('建立'));
  const rows = Array.from({ length: EXPERTS }, (_, n) => `expert-${n}\tsenior\tchinese;mathematics\t${today}\t${Number(today.slice(0, 4)) + 2}-12-31`);
  await office.answer('table', `login\ttitle_level\tspecialties\tterm_from\tterm_until\n${rows[0].replace('senior', '教授')}`);
  await office.leave(() => office.button('导入').click(), 422);
  assert.match(await office.problem(), /第 1 行，职称层级/, 'the row that is wrong is named');
  await office.answer('table', `login\ttitle_level\tspecialties\tterm_from\tterm_until\n${rows.join('\n')}`);
  await office.press(office.button('导入'));
  await office.examine('pool');
  await office.press(office.button('报送核准备案'));
  await bureau.go(pool);
  await bureau.answer('approver', 'city');
  await bureau.answer('reference', '乌人社备〔2026〕2号');
  await bureau.press(bureau.button('登记核准'));

  const experts = [];
  for (let n = 0; n < EXPERTS; n++) {
    experts.push(await enter(`expert-${n}`, false));
    await experts[n].menu('我的专家库登记');
    await experts[n].press(experts[n].button('以上内容属实，我同意入库'));
  }

  await office.go('/committees/new');
  await fill(office, { name: '中级评委会', founding_unit: '市教育局', series: 'teacher', level: 'intermediate', term_years: 3, adjusted_minimum: SEATS, adjustment_reference: '新人社函〔2026〕5号' });
  const committee = await office.press(office.button('登记'));
  await office.menu('专家抽取');
  await office.press(office.link('新的抽取'));
  await fill(office, { size: SEATS, reserves: 1 });
  await office.examine('draw-new');
  const draw = await office.press(office.button('封存种子，固定候选人'));

  await supervisor.menu('专家抽取');
  await supervisor.go(draw);
  await supervisor.answer('number', '314159');
  await supervisor.examine('draw-witness');
  await supervisor.press(supervisor.button('见证并加入数字'));
  await office.go(draw);
  await office.press(office.button('启封种子，得出次序'));

  const seated = () => office.page.locator('tbody tr').evaluateAll((list) => list.map((row) => [row.querySelector('th').textContent, row.lastElementChild.textContent.trim()]));
  let declined = false;
  for (let round = 0; round < SEATS + 1; round++) {
    await office.go(draw);
    const waiting = (await seated()).find(([, answer]) => answer.startsWith('待答复'));
    if (!waiting) break;
    const person = experts[Number(waiting[0].slice(2))];
    await person.menu('评审邀请');
    assert.doesNotMatch(await person.text(), /专家\d/, 'an invitation names nobody');
    if (declined) await person.press(person.button('确认参加'));
    else {
      await person.page.locator('summary').click();
      await person.answer('reason', '出差');
      await person.press(person.button('不能参加'));
      declined = true;
    }
  }
  await office.go(draw);
  assert.equal((await seated()).length, SEATS + 1);
  await office.examine('draw');
  await office.press(office.button('结束抽取，确定席位'));

  await office.go(committee);
  await office.press(office.button('报送核准备案'), 409);
  assert.match(await office.problem(), /主任委员/);
  await office.go(committee);
  await fill(office, { position: 'chair' });
  const first = await office.page.locator('tbody th').first().textContent();
  await office.page.locator('#account_id').selectOption({ label: await office.page.locator('#account_id option', { hasText: first }).first().textContent() });
  await office.press(office.button('加入或调整职务'));
  await office.press(office.button('报送核准备案'));
  await bureau.go(committee);
  await bureau.answer('approver', 'city');
  await bureau.answer('reference', '乌人社备〔2026〕3号');
  await bureau.press(bureau.button('登记核准'));
  await office.go(committee);
  assert.match(await office.text(), /已核准备案/);
  await office.examine('committee');
});
