// What people with scripts do in a secret vote, and what their browsers send meanwhile.

import assert from 'node:assert/strict';

export const status = (person, within = 'main') => person.page.locator(`${within} [data-status]`);
export const says = (locator, text) => locator.filter({ hasText: text }).waitFor();

/** Everything that the window sends from now on, as one text. */
export function listen(person) {
  const sent = [];
  person.page.on('request', (request) => sent.push(request.url(), JSON.stringify(request.headers()), decodeURIComponent((request.postData() ?? '').replaceAll('+', ' '))));
  return () => sent.join('\n');
}

/** A trustee's browser makes the message that the round asks for, and gives it; the seed that it shows. */
export async function giveMessage(person, meeting, look = () => {}) {
  await person.go(`${meeting}/trustees`);
  await person.button('在这台设备上生成本轮消息').click();
  await says(status(person), '已生成');
  const seed = await person.page.getByLabel('您的密钥').inputValue();
  assert.match(seed, /^[1-9A-HJ-NP-Za-km-z]{22}$/);
  await look();
  await person.press(person.button('提交'));
  return seed;
}

/** A trustee's browser checks the archive, tells how many voters and papers are in it, and gives its part. */
export async function givePart(person, meeting, number, expected, look = () => {}) {
  await person.go(`${meeting}/elections/${number}`);
  await person.button('核对表决档案并算出我的一份').click();
  await says(status(person, '#opening'), expected);
  await look();
  await person.press(person.button('提交'));
}

/** A member's browser looks for a receipt in the published archive. */
export async function checkReceipt(person, receipt, expected) {
  await person.page.getByLabel('回执').fill(receipt);
  await person.button('核对').click();
  await says(status(person, '[data-receipt]'), expected);
}

/** The voting code on the page that shows it once. */
export const codeOf = (person) => person.page.locator('#voting-code').filter({ hasText: /^([^-]{3}-){4}[^-]{3}$/ }).innerText();

/** What left a browser that encrypts is papers and no choice. */
export function saysNoChoice(said, code) {
  assert.ok(said.includes('individual_proofs') && said.includes('papers.'), 'no paper was sent');
  for (const word of ['choices.', '"yes"', '=yes', '"no"', '=no', '"abstain"', '=abstain', code]) assert.ok(!said.includes(word), `${word} was sent`);
}
