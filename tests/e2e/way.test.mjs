// The whole way of one dossier through the pages, by everybody who has a hand in it: once with scripts
// and once without. The console only sets the city up and moves the clock.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildCity, districtAssessments, foundCommittee, teacher, unitAssessments } from '../integration/city.mjs';
import { sql } from '../integration/estate.mjs';
import { password, startServer } from '../integration/harness.mjs';
import { otherNode } from '../integration/node.mjs';
import { factorsOf, trustees } from '../integration/vote.mjs';
import { openBrowser } from './browser.mjs';
import { checkReceipt, codeOf, giveMessage, givePart, listen, says, saysNoChoice, status } from './voting.mjs';
import { evidence, sections } from './dossier.mjs';

const MEMBERS = 5; // of the committee; four come
const NOTICE_DAYS = 12; // five working days and every holiday that may lie between

/** Units, officials, experts and their committee: what a bureau has before the year begins. */
async function prepare(server) {
  const city = await buildCity(server, { fee: 18000 });
  const away = await server.control.ok('POST', '/units', { name: '市第一中学', division_code: '650102', kind: 'school', grassroots: 'none' });
  const members = [];
  for (let n = 0; n < MEMBERS; n++) {
    const expert = await server.control.ok('POST', '/accounts', { login: `expert-${n}`, name: `专家${n}`, password, unit_id: away.id, grants: [{ role: 'expert', scope: 'teacher' }] });
    members.push(expert);
  }
  await foundCommittee(city, members);
  await teacher(city, 'lin');
}

/** One section: every item, its evidence, and back to the list of tasks. */
async function fillIn(person, section, items, attach) {
  const repeated = items.length > 1 || (await person.page.locator('[data-item]').count()) > 0;
  for (const [number, item] of items.entries()) {
    for (const [field, value] of Object.entries(item)) await person.answer(`content.${section}.${repeated ? `${number}.` : ''}${field}`, value);
    await person.press(person.button(repeated ? '保存并继续添加' : '保存并留在本页'));
  }
  for (let number = 0; attach && number < items.length; number++) {
    const form = person.form('/evidence').nth(number);
    await form.getByLabel('选择文件').setInputFiles(evidence(`${section}-${number}`));
    await person.press(person.button('上传', form));
    assert.ok(await person.link(`${section}-${number}.pdf`).isVisible());
  }
  await person.press(person.button('保存并返回'));
}

/** Every item that waits for a verdict is in order. */
const verify = (person) => person.press(person.button('其余未选的均为属实，保存'));

async function assess(person, assessments) {
  for (const [section, value] of Object.entries(assessments)) {
    for (const [field, answer] of Object.entries(value)) await person.answer(`content.${section}.${field}`, answer);
    await person.press(person.form(`/assessments/${section}`).getByRole('button'));
  }
}

/** The next dossier of the queue; answers its address. */
async function take(person) {
  await person.go('/queue');
  const path = await person.press(person.button('领取下一件'));
  assert.match(path, /^\/applications\/\w{26}$/);
  return path;
}

/** Tab until the control has the focus, as who has no mouse. */
async function tabTo(page, selector) {
  for (let tries = 0; tries < 300; tries++) {
    if (await page.locator(selector).evaluateAll((all) => all.includes(document.activeElement))) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${selector} cannot be reached by keyboard`);
}

describe('the way of a dossier', { concurrency: 2 }, () => {
  for (const javaScript of [true, false]) {
    describe(`${javaScript ? 'with' : 'without'} scripts`, { concurrency: 1 }, () => {
      let server, browser, dossier, number, certificate;
      const people = {};
      let stopped = '';
      /** A step of the way; the first that fails ends it. */
      const step = (name, act, { skip = false } = {}) => test(name, { skip }, async (t) => {
        if (stopped) return t.skip(`after ${stopped}`);
        stopped = name;
        await act();
        stopped = '';
      });
      const as = async (login) => (people[login] ??= await (await browser.person(server, { javaScript })).login(login));

      before(async () => {
        [server, browser] = await Promise.all([startServer(), openBrowser()]);
        await prepare(server);
      });
      after(async () => {
        await Promise.all([browser?.close(), server?.stop()]);
      });

      step('the applicant begins', async () => {
        const lin = await as('lin');
        await lin.menu('我的申报');
        await lin.press(lin.link('开始申报'));
        if (await lin.link('教师系列定向评审').count()) await lin.press(lin.link('教师系列定向评审'));
        await lin.page.getByLabel('一级教师').check();
        await lin.answer('specialty', 'chinese');
        dossier = await lin.press(lin.button('创建申报'));
      });

      step('and fills in every section', async () => {
        const lin = await as('lin');
        for (const [section, items, attach] of sections) {
          await lin.go(dossier);
          await lin.press(lin.page.locator(`.td-task-list a[href$="/sections/${section}"]`));
          await fillIn(lin, section, items, attach);
          assert.equal(new URL(lin.page.url()).pathname, dossier);
        }
        assert.doesNotMatch(await lin.page.locator('.td-task-list').innerText(), /待填写|未填完/);
      });

      step('a section saves itself while one writes', async () => {
        const lin = await as('lin');
        await lin.go(`${dossier}/sections/teaching`);
        await lin.answer('content.teaching.classes', '三年级二班');
        await lin.page.getByText('已自动保存').waitFor();
        await lin.page.reload();
        assert.equal(await lin.page.locator('[name="content.teaching.classes"]').inputValue(), '三年级二班');
        const save = await lin.hold('**/api/v1/**/sections/teaching');
        await lin.answer('content.teaching.classes', '三年级三班');
        await save.came;
        await lin.answer('content.teaching.classes', '三年级四班');
        await lin.page.reload(); // while that save is under way
        save.release();
        await lin.holds('content.teaching.classes', '三年级四班');
        await lin.answer('content.teaching.subject', '语文兼书法');
        await lin.press(lin.page.locator('.td-back'));
        await lin.go(`${dossier}/sections/teaching`);
        assert.equal(await lin.page.locator('[name="content.teaching.subject"]').inputValue(), '语文兼书法', 'a link waits for what was just typed');
        assert.equal(await lin.page.locator('[name="content.teaching.classes"]').inputValue(), '三年级四班');
        // What came through before the page was asked again is not unsure any more: the next version is another window's.
        const version = Number(await lin.page.locator('form[data-autosave] [name="_version"]').inputValue());
        await lin.go(dossier);
        await lin.page.evaluate(([action, kept]) => sessionStorage.setItem(`typed ${document.body.dataset.account} ${action}`, JSON.stringify(kept)), [
          `${dossier}/sections/teaching`,
          { version: version - 1, unsure: 1, submitted: false, fields: { 'content.teaching.subject': { now: '语文', seen: ['语文兼书法'], item: '', label: '' } } },
        ]);
        const [again] = await Promise.all([lin.page.waitForRequest('**/api/v1/**/sections/teaching'), lin.go(`${dossier}/sections/teaching`)]);
        assert.equal(again.headers()['if-match'], `"${version}"`);
        await lin.page.getByText('已自动保存').waitFor();

        const script = await lin.hold('**/saving.js');
        await lin.go(`${dossier}/sections/teaching`);
        await lin.answer('content.teaching.classes', '三年级五班');
        await script.came;
        script.release();
        await lin.page.getByText('已自动保存').waitFor(); // typed before the script was there
        await lin.go(dossier);
        const second = await (await browser.person(server)).login('lin');
        await second.go(`${dossier}/sections/teaching`);
        await second.answer('content.teaching.classes', '三年级六班');
        await second.press(second.button('保存并返回'));
        await lin.page.goBack();
        await lin.holds('content.teaching.classes', '三年级六班'); // not what the browser remembers
        await lin.press(lin.button('保存并返回'));

        // Who leaves before the script is there finds on the way back what he typed; who presses the button, sends once.
        let late = await lin.hold('**/saving.js');
        await lin.go(`${dossier}/sections/teaching`);
        await lin.answer('content.teaching.classes', '三年级七班');
        await lin.go(dossier);
        late.release();
        await lin.page.goBack();
        await lin.page.getByText('已自动保存').waitFor();
        assert.equal(await lin.page.locator('[name="content.teaching.classes"]').inputValue(), '三年级七班');
        await second.page.clock.install();
        late = await second.hold('**/saving.js');
        await second.go(`${dossier}/sections/teaching`);
        await second.answer('content.teaching.classes', '三年级八班');
        const sent = [], context = second.page.context();
        context.on('request', (request) => request.method() !== 'GET' && sent.push(new URL(request.url()).pathname));
        await second.page.evaluate(() => (document.querySelector('form[data-autosave]').target = '_blank')); // this page stays
        await Promise.all([context.waitForEvent('page'), second.button('保存并返回').click()]);
        late.release();
        await second.page.locator('form[data-autosave][autocomplete=off]').waitFor();
        await second.page.clock.fastForward(10_000);
        await context.close();
        assert.deepEqual(sent, [`${dossier}/sections/teaching`]);

        const other = await (await browser.person(server)).login('lin');
        const kept = () => other.page.evaluate(() => Object.keys(sessionStorage));
        await other.page.route('**/api/v1/**/sections/teaching', (route) => route.abort('aborted'));
        await other.go(`${dossier}/sections/teaching`);
        await other.answer('content.teaching.subject', '没有网络时写的');
        await other.page.getByText('自动保存未成功').waitFor();
        await other.go(dossier);
        assert.equal((await kept()).length, 1);
        await other.press(other.button('退出'));
        assert.deepEqual(await kept(), [], 'on a machine that others use, too');
      }, { skip: !javaScript });

      step('a mistake is named beside its field and kept', async () => {
        const lin = await as('lin');
        const watched = () => javaScript && lin.page.locator('form[data-autosave][autocomplete=off]').waitFor();
        await lin.go(`${dossier}/sections/teaching`);
        await watched();
        await lin.answer('content.teaching.weekly_hours', 'many');
        await Promise.all([lin.page.waitForNavigation(), lin.button('保存并返回').click()]);
        assert.match(await lin.problem(), /周课时|课时/);
        assert.equal(await lin.page.locator('[name="content.teaching.weekly_hours"]').inputValue(), 'many');
        if (javaScript) { // who leaves then finds it again
          await watched();
          await lin.go(dossier);
          await lin.go(`${dossier}/sections/teaching`);
          await lin.page.locator('.td-warning').getByText(/周课时.*many/).waitFor();
        }
        await lin.answer('content.teaching.weekly_hours', '15');
        await lin.press(lin.button('保存并返回'));
      });

      step('checks the answers, sees the points, pledges and gets a receipt', async () => {
        const lin = await as('lin');
        await lin.go(dossier);
        await lin.press(lin.link('检查申报内容'));
        const answers = await lin.text();
        for (const word of ['新疆师范大学', '《观潮》教学设计', 'education-0.pdf']) assert.ok(answers.includes(word), word);
        await lin.go(dossier);
        await lin.press(lin.link('赋分预览'));
        assert.match(await lin.text(), /B1/);
        await lin.go(dossier);
        await lin.press(lin.link('提交申报'));
        await lin.press(lin.button('确认提交'), 422);
        assert.match(await lin.problem(), /承诺/);
        await lin.page.getByLabel('我已阅读并承诺').check();
        await lin.page.getByLabel('我已了解并自愿选择定向评价').check();
        await lin.press(lin.button('确认提交'));
        number = /2026-TEA-\d{6}/.exec(await lin.text())?.[0];
        assert.ok(number, await lin.text());
      });

      step('the unit takes it, assesses, verifies, publicises', async () => {
        const clerk = await as('clerk');
        assert.equal(await take(clerk), dossier);
        await assess(clerk, unitAssessments);
        await verify(clerk);
        await clerk.press(clerk.page.locator('#actions').getByRole('link'));
        await clerk.press(clerk.button('发布公示'));
        assert.match(await clerk.text(), /5 个工作日/);
      });

      step('anybody reads the notice; when it is over the unit recommends', async () => {
        const guest = await browser.person(server, { javaScript });
        await guest.go('/notices');
        await guest.press(guest.page.locator('tbody a').first());
        assert.match(await guest.text(), /lin/);
        await server.advance(NOTICE_DAYS);
        await guest.page.reload();
        assert.match(await guest.text(), /名单不再公开显示/);
        const clerk = await as('clerk');
        await clerk.go(dossier);
        await clerk.press(clerk.form('/actions/recommend').getByRole('button'));
      });

      step('the district education bureau appraises, the district HR bureau forwards', async () => {
        const industry = await as('industry');
        assert.equal(await take(industry), dossier);
        await assess(industry, districtAssessments);
        await verify(industry);
        await industry.press(industry.form('/actions/forward').getByRole('button'));
        const personnel = await as('personnel');
        assert.equal(await take(personnel), dossier);
        await personnel.press(personnel.form('/actions/forward').getByRole('button'));
      });

      step('the office asks for a supplement and says what and until when', async () => {
        const office = await as('office');
        assert.equal(await take(office), dossier);
        await office.page.locator('summary', { hasText: '补正' }).click();
        await office.page.locator('#supplement_code_0').selectOption('employment');
        await office.page.locator('#supplement_place_0').selectOption('employment/start');
        await office.page.locator('#supplement_text_0').fill('与人事档案不符');
        await office.press(office.form('/actions/supplement').getByRole('button'));
        await office.go(dossier);
        assert.match(await office.text(), /任教|开始.*与人事档案不符/);
      });

      step('the applicant reads it, corrects the field and submits again', async () => {
        const lin = await as('lin');
        await lin.go('/messages');
        await lin.press(lin.page.locator('.td-task-list a').first());
        const asked = await lin.page.locator('.td-warning').innerText();
        for (const word of ['任职或工作年限不符', '与人事档案不符', '请在此前办理']) assert.ok(asked.includes(word), `${word}: ${asked}`);
        await lin.press(lin.page.locator('.td-task-list a[href$="/sections/employment"]'));
        assert.match(await lin.text(), /审核意见涉及本部分/);
        await lin.answer('content.employment.0.start', '2010-08-15');
        await lin.press(lin.button('保存并返回'));
        await lin.press(lin.link('提交申报'));
        await lin.page.getByLabel('我已阅读并承诺').check();
        await lin.page.getByLabel('我已了解并自愿选择定向评价').check();
        await lin.press(lin.button('确认提交'));
      });

      step('the office waits for the facts, and its page tells when they are there', async () => {
        const office = await as('office');
        const id = dossier.split('/').pop();
        const facts = (value) => sql(server, `update fact_set set snapshot_hash = ${value} where application_id = '${id}';`);
        const accept = office.form('/actions/accept').getByRole('button');
        do await office.go(dossier);
        while (!(await accept.count())); // a job of after the submission
        let there;
        const listens = new Promise((done) => (there = done));
        if (javaScript) await office.page.route('**/live?*', (route) => listens.then(() => route.continue()), { times: 1 });
        facts("'late ' || snapshot_hash");
        await office.go(dossier);
        assert.match(await office.page.locator('#actions').innerText(), /受理：\s*条件未具备\s*系统正在核算事实/);
        assert.equal(await accept.count(), 0);
        facts("substr(snapshot_hash, 6)");
        const node = await otherNode(server); // which derived them, and says so before the page listens
        await node.publish({ topic: `application/${id}`, event: 'changed' });
        node.close();
        there();
        if (!javaScript) await office.go(dossier);
        await accept.waitFor();
      });

      step('the office accepts and records the fee', async () => {
        const office = await as('office');
        assert.equal(await take(office), dossier);
        assert.match(await office.page.locator('#content').innerText(), /2010-08-15/);
        await office.press(office.form('/actions/accept').getByRole('button'));
        await office.go(dossier);
        await office.page.getByLabel('缴费凭证号').fill('NT-2026-1');
        await office.page.getByLabel('缴费日期').fill(new Date().toISOString().slice(0, 10));
        await office.press(office.button('登记缴费'));
      });

      step('it forms a panel and gives it the dossier', async () => {
        const office = await as('office');
        await office.menu('评议组');
        await office.press(office.link('组建评议组'));
        await office.press(office.link('中级评委会'));
        await office.page.getByLabel('名称').fill('语文组');
        for (const expert of ['专家1', '专家2', '专家3']) await office.page.getByRole('checkbox', { name: expert }).check();
        await office.page.getByLabel('组长').selectOption({ label: '专家1' });
        await office.press(office.button('组建'));
        await office.press(office.button('分配材料'));
        assert.match(await office.text(), new RegExp(number));
      });

      step('an expert fills in the sheet without a mouse', async () => {
        const person = await as('expert-1');
        const { page } = person;
        await person.go('/reviews');
        await tabTo(page, 'tbody a');
        await person.leave(() => page.keyboard.press('Enter'));
        const fields = await page.locator('input[name^="points."]').count();
        assert.ok(fields > 0, 'there is something to score');
        for (let n = 0; n < fields; n++) {
          if (javaScript) {
            const field = page.locator('input[name^="points."]').nth(n);
            for (let tries = 0; tries < 300 && !(await field.evaluate((element) => element === document.activeElement)); tries++) {
              await page.keyboard.press('Escape'); // again, when the page's script was not there yet
              await page.keyboard.press(String(n + 1));
            }
            await page.keyboard.type('1');
            await page.keyboard.press('ArrowUp');
          } else {
            await tabTo(page, `input[name^="points."] >> nth=${n}`);
            await page.keyboard.type('1.5');
          }
        }
        await tabTo(page, 'input[name="opinion"]');
        await page.keyboard.press('Space');
        await tabTo(page, '#comment');
        const saved = javaScript && page.waitForResponse((reply) => reply.request().method() === 'PUT' && reply.request().postData()?.includes('扎实'));
        await page.keyboard.type('扎实');
        if (javaScript) {
          await saved; // not what was typed before
          await page.getByText('已自动保存').waitFor();
          await page.reload();
          assert.equal(await page.locator('#comment').inputValue(), '扎实');
          assert.equal(await page.locator('input[name^="points."]').first().inputValue(), '1.50');
        }
        await tabTo(page, '[data-submit]');
        await person.leave(() => page.keyboard.press('Enter'));
        assert.match(await person.text(), /已提交/);
      });

      step('two others with one; nobody sees what the rest gave before', async () => {
        for (const login of ['expert-2', 'expert-3']) {
          const expert = await as(login);
          await expert.menu('专家评审');
          await expert.press(expert.link(number));
          assert.doesNotMatch(await expert.text(), /扎实/);
          for (const field of await expert.page.locator('input[name^="points."]').all()) await field.fill('1');
          await expert.page.locator('input[name="opinion"]').first().check();
          await expert.page.getByLabel('评语').fill('可以');
          await expert.press(expert.button('保存'));
          await expert.press(expert.button('提交评分表'));
          assert.match(await expert.text(), /扎实/);
        }
        const office = await as('office');
        await office.menu('评议组');
        await office.press(office.link('语文组'));
        assert.match(await office.text(), /3 \/ 3/);
        await office.press(office.button('送评委会表决'));
      });

      step('the committee meets: quorum, a secret vote, minutes', async () => {
        const office = await as('office');
        await office.menu('评审会议');
        await office.press(office.link('安排会议'));
        await office.page.getByLabel('会议名称').fill('第一次会议');
        const meeting = await office.press(office.button('安排'));
        await office.press(office.button(/^待表决材料列入议程/));
        const chair = await as('expert-0');
        for (const login of ['expert-0', 'expert-1', 'expert-2', 'expert-3']) {
          const member = await as(login);
          await member.go(meeting);
          await member.press(member.button('签到'));
        }
        await chair.go(meeting);
        assert.match(await chair.text(), /4 \/ 5/);
        await chair.press(chair.button('宣布开会'));
        const holders = [chair, await as('supervisor'), office];
        for (const round of [trustees.certificates, trustees.dealt, trustees.outputs])
          for (const [n, holder] of holders.entries()) {
            if (javaScript) {
              await giveMessage(holder, meeting);
              continue;
            }
            await holder.go(`${meeting}/trustees`);
            await holder.page.getByLabel('本轮消息').fill(round[n]);
            await holder.press(holder.button('提交'));
          }
        await chair.go(meeting);
        await chair.press(chair.button('全部付诸表决'));
        const logins = ['expert-0', 'expert-1', 'expert-2', 'expert-3'], codes = {};
        for (const login of logins) {
          const member = await as(login);
          await member.go(meeting);
          await member.press(member.link('投票'));
          await member.press(member.button('取得投票码'));
          codes[login] = await codeOf(member);
        }
        let receipt;
        for (const [n, login] of logins.entries()) {
          const member = await as(login), sent = listen(member);
          await member.go(`${meeting}/ballots`);
          await member.page.getByLabel(n < 3 ? '同意' : '弃权', { exact: true }).check();
          await member.page.getByLabel('投票码').fill(codes[login]);
          await member.press(member.button('投票'));
          assert.match(await member.text(), /投票回执/);
          if (!javaScript) continue;
          await says(status(member), '与这台设备算出的回执一致');
          saysNoChoice(sent(), codes[login]);
          receipt = await member.page.locator('[data-tracker]').innerText();
        }
        await chair.go(meeting);
        await chair.press(chair.button('结束已投齐的表决'));
        const archive = Buffer.from(await (await office.page.request.get(`${server.url}/api/v1${meeting}/elections/1.bel`)).body());
        for (const [holder, n] of [[chair, 0], [office, 2]]) {
          if (javaScript) {
            await givePart(holder, meeting, 1, '投票人 4, 选票 4');
            continue;
          }
          await holder.go(`${meeting}/elections/1`);
          await holder.page.getByLabel('您的一份').fill(factorsOf(n, archive)[0]);
          await holder.press(holder.button('提交'));
        }
        if (javaScript) await checkReceipt(office, receipt, '您的选票已计入');
        await chair.go(meeting);
        assert.match(await chair.text(), /通过 同意 3/);
        await chair.press(chair.button('闭会并形成纪要'));
        await chair.go(`${meeting}/minutes`);
        assert.match(await chair.text(), /lin/);
        await chair.go(meeting);
        await chair.press(chair.link('表决汇总表'));
        assert.match(await chair.text(), /通过/);
      });

      step('the result is publicised, confirmed, filed, approved, certified', async () => {
        const office = await as('office');
        await office.go('/');
        await office.press(office.link('教师系列定向评审').first());
        await office.press(office.button('公示评审结果'));
        await server.advance(NOTICE_DAYS);
        const bureau = await as('bureau');
        await bureau.menu('年度评审');
        await bureau.press(bureau.link('教师系列定向评审'));
        await bureau.press(bureau.form('/confirm').getByRole('button'));
        await bureau.menu('备案与证书');
        await bureau.press(bureau.button('生成备案包'));
        await bureau.page.getByLabel('同意函文号').fill('新教函〔2026〕9号');
        await bureau.page.getByLabel(/同意函（PDF/).setInputFiles({ ...evidence('consent-0'), name: '同意函.pdf' });
        await bureau.press(bureau.button('登记同意'));
        await bureau.press(bureau.button('报送'));
        await bureau.page.getByLabel('核准文号').fill('新人社备〔2026〕1号');
        await bureau.press(bureau.button('登记核准'));
        await bureau.press(bureau.button(/^核发证书/));
      });

      step('the applicant has a certificate that anybody can check', async () => {
        const lin = await as('lin');
        await lin.go('/titles');
        await lin.press(lin.link('一级教师'));
        certificate = { number: await lin.page.locator('dt:text-is("证书编号") + dd').innerText(), code: await lin.page.locator('dt:text-is("校验码") + dd').innerText() };
        await lin.press(lin.link('打印证书'));
        const codes = await lin.page.locator('.td-certificate img').evaluateAll((images) => images.map((image) => image.complete && image.naturalWidth > 0));
        assert.deepEqual(codes, [true, true]); // where to check it, and the ledger's checkpoint
        const guest = await browser.person(server, { javaScript });
        const check = async (more) => {
          await guest.go('/');
          await guest.menu('证书查验');
          await guest.page.getByLabel('证书编号').fill(certificate.number);
          for (const [label, value] of Object.entries(more)) await guest.page.getByLabel(label).fill(value);
          await guest.press(guest.button('查验'));
          return guest.text();
        };
        for (const known of [{ 校验码: certificate.code }, { 姓名: 'lin' }]) {
          const shown = await check(known);
          for (const word of ['证书有效登记在册', 'lin', '一级教师', '限乌鲁木齐市县以下基层事业单位使用']) assert.ok(shown.includes(word), `${word}: ${shown}`);
        }
        const missed = await check({ 校验码: '0000000000000000' });
        assert.match(missed, /没有查到相符的证书/);
        assert.doesNotMatch(missed, /一级教师/);
      });
    });
  }
});
