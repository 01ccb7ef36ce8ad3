// A secret vote through the pages: trustees make the key and open the sums in their browsers, a member encrypts in his, another
// has no JavaScript. What leaves a browser that encrypts says nothing of the choice. way.test.mjs goes through the same in short.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { buildEstate, config } from '../integration/estate.mjs';
import { startServer } from '../integration/harness.mjs';
import { openBrowser } from './browser.mjs';
import { checkReceipt, codeOf, giveMessage, givePart, listen, says, saysNoChoice, status } from './voting.mjs';

let server, browser, estate, people, meeting, number;

before(async () => {
  browser = await openBrowser();
  server = await startServer({ config });
  estate = await buildEstate(server);
  people = estate.people;
  meeting = `/meetings/${estate.meeting}`;
  // Another vote, with a key that is made in browsers.
  await people.chair.ok('POST', `${meeting}/elections/1/annul`, { reason: '密钥须重新生成' });
  await people.chair.ok('POST', `${meeting}/trustees/restart`, { reason: '密钥须重新生成' });
});
after(async () => {
  await server?.stop();
  await browser?.close();
});

const window = async (login, options) => (await browser.person(server, options)).login(login);
describe('a vote', () => {
  let trustees, member, plain, code, receipt;

  test('has a key that three trustees make in their browsers', async () => {
    trustees = await Promise.all(['chair', people.supervisor.account.login, people.office.account.login].map((login) => window(login)));
    const sent = trustees.map(listen), seeds = [];
    for (const round of ['certificate', 'deal', 'output'])
      for (const [n, trustee] of trustees.entries()) {
        const seed = await giveMessage(trustee, meeting, () => round === 'certificate' && n === 0 && trustee.examine('trustees'));
        assert.equal(seed, (seeds[n] ??= seed));
      }
    assert.match(await trustees[2].text(), /密钥已生成/);
    for (const said of sent) for (const seed of seeds) assert.ok(!said().includes(seed), 'a seed left its browser');
  });

  test('gives a member a code that his browser makes, and another one of the server', async () => {
    await people.chair.ok('POST', `${meeting}/motions/open`, {});
    number = (await people.chair.ok('GET', meeting)).elections.find((one) => one.election_state === 'registering').number;
    member = await window('lead');
    const sent = listen(member);
    await member.go(`${meeting}/ballots`);
    await member.page.getByRole('button', { name: '取得投票码' }).focus();
    await member.leave(() => member.page.keyboard.press('Enter'));
    code = await codeOf(member);
    assert.ok(sent().includes('keys.') && !sent().includes(code) && !sent().includes(code.replaceAll('-', '')), 'the code left its browser');

    plain = await window('third', { javaScript: false });
    await plain.go(`${meeting}/ballots`);
    await plain.press(plain.button('取得投票码'));
    plain.code = await codeOf(plain);
    for (const name of ['chair', 'panellist', 'member', 'extra']) people[name].code = (await people[name].ok('POST', `${meeting}/credentials`, {})).voting_code;
  });

  test('is refused by a browser to which it does not fit, and nothing is sent', async () => {
    const sent = listen(member);
    const change = async (pattern, work, expected) => {
      await member.page.route(pattern, work);
      await member.go(`${meeting}/ballots`);
      await says(status(member, '#ballot'), expected);
      for (const yes of await member.page.locator('input[value=yes]').all()) await yes.check();
      await member.button('投票').click();
      await says(status(member, '#ballot'), expected);
      await member.page.unroute(pattern);
    };
    await change(/\/api\/v1\/.*\/ballots$/, async (route) => {
      const reply = await route.fetch(), value = await reply.json();
      value.items[0].motions.reverse(); // names beside other questions
      await route.fulfill({ response: reply, json: value });
    }, '请不要投票');
    assert.ok(await member.page.locator('#ballot [data-open]').isHidden());
    await change(/\/api\/v1\/.*\/ballots$/, async (route) => {
      const reply = await route.fetch(), value = await reply.json();
      value.items[0].election = value.items[0].election.replace(/"public_key":"\d+"/, '"public_key":"1"');
      await route.fulfill({ response: reply, json: value });
    }, '请不要投票');
    await change(/\/assets\/noble\//, (route) => route.abort(), '这个浏览器没能加密');
    assert.ok(await member.page.locator('#ballot [data-open]').isVisible()); // only when he asks for it
    browser.takeFaults(); // those made here
    assert.ok(!sent().includes('choices.'), 'a choice was sent');
  });

  test('takes a paper that the keyboard fills and the browser encrypts', async () => {
    const sent = listen(member), { page } = member;
    await member.go(`${meeting}/ballots`);
    await says(status(member, '#ballot'), '已核对');
    assert.equal(await page.getByLabel('投票码').inputValue(), code);
    await member.examine('ballots');
    await member.button('投票').focus();
    await page.keyboard.press('Enter');
    await says(status(member, '#ballot'), '请对每一项作出选择');
    for (const group of await page.locator('#ballot fieldset').all()) {
      await group.getByRole('radio').first().focus();
      await page.keyboard.press('ArrowDown'); // 不同意
    }
    assert.equal(await page.locator('input[value=no]:checked').count(), 2);
    await member.button('投票').focus();
    await member.leave(() => page.keyboard.press('Enter'));
    receipt = await page.locator('[data-tracker]').innerText();
    await says(status(member), '与这台设备算出的回执一致');
    await member.examine('receipt');
    saysNoChoice(sent(), code);
  });

  test('takes a paper of a member without JavaScript through the worker', async () => {
    await plain.go(`${meeting}/ballots`);
    assert.match(await plain.text(), /由服务器的一个用完即忘的进程加密/);
    for (const yes of await plain.page.locator('input[value=yes]').all()) await yes.check();
    await plain.page.getByLabel('投票码').fill(plain.code);
    await plain.press(plain.button('投票'));
    assert.match(await plain.page.locator('[data-tracker]').innerText(), /^[\w+/]{43}$/);
    for (const name of ['chair', 'panellist', 'member', 'extra']) {
      const { items } = await people[name].ok('GET', `${meeting}/ballots`);
      const choices = Object.fromEntries(items.flatMap((election) => election.motions).map(({ id }) => [id, 'yes']));
      await people[name].ok('POST', `${meeting}/ballots`, { voting_code: people[name].code, choices });
    }
  });

  test('is opened by two trustees who see first what they open', async () => {
    await people.chair.ok('POST', `${meeting}/elections/close`, {});
    for (const trustee of trustees.slice(0, 2))
      await givePart(trustee, meeting, number, '投票人 6, 选票 6', async () => {
        if (trustee === trustees[0]) await trustee.examine('opening');
        assert.doesNotMatch(await trustee.text(), /通过/); // before it is opened
      });
    assert.match(await trustees[1].text(), /同意 5\D+不同意 1/);
  });

  test('lets the member find his paper in it', async () => {
    await member.go(`${meeting}/elections/${number}`);
    assert.ok((await member.page.locator('ol code').allInnerTexts()).includes(receipt));
    await checkReceipt(member, receipt, '您的选票已计入');
    await checkReceipt(member, receipt.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), '没有这个回执');
    await member.examine('election');
  });
});
