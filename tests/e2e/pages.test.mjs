// Every page that a role reaches from its menu, in both languages, on a narrow screen: it answers, it is
// whole, it says what it means in words, and axe finds nothing against it. And what is printed fits its paper.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../integration/harness.mjs';
import { openBrowser } from './browser.mjs';
import { demoPassword, seed, titlectl } from './demo.mjs';

const PAGES_MAX = 110; // kinds of pages that one role can reach; more is a crawl gone astray
const A4_PX = Math.floor((180 / 25.4) * 96); // the paper without its margins

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  await seed(server);
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** Runs in the page: {wrong: what is, in words, links: to the pages of the same origin that it leads to}. */
function look(language) {
  const wrong = [];
  const hidden = (element) => !element.checkVisibility({ visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => !hidden(element));
  const words = (element) => (element.getAttribute('aria-label') ?? element.textContent).trim();
  const seen = (element) => element.innerText.trim();
  if (document.documentElement.lang !== language) wrong.push(`lang is ${document.documentElement.lang}`);
  if (!/\S - \S/.test(document.title)) wrong.push(`the title is "${document.title}"`);
  if (all('h1').length !== 1) wrong.push(`${all('h1').length} h1`);
  for (const element of all('a, button, h1, h2, h3, th[scope=col], label, legend, summary, dt, caption, .td-tag'))
    if (!words(element)) wrong.push(`nothing is written in ${element.outerHTML.slice(0, 160)}`);
  const screen = document.documentElement;
  if (screen.scrollWidth > screen.clientWidth) {
    const widest = all('main *').filter((e) => e.getBoundingClientRect().right > screen.clientWidth + 1 && !e.closest('.td-table-wrap, .td-source')).at(-1);
    wrong.push(`${screen.scrollWidth} px wide: ${widest?.outerHTML.slice(0, 160)}`);
  }
  const copy = document.body.cloneNode(true); // what people read, without what is meant to be code
  for (const code of copy.querySelectorAll('code, pre, kbd, .td-source, script, a[download]')) code.remove();
  const code = copy.textContent.match(/\{\{|\b(?:undefined|null|NaN)\b|\[object|\b[a-z]+(?:_[a-z0-9]+)+\b/);
  if (code) wrong.push(`"${code[0]}" is read at ${copy.textContent.slice(Math.max(0, code.index - 40), code.index + 60).replace(/\s+/g, ' ')}`);
  for (const element of all('button, summary, th[scope=col], .td-nav a, main .td-tag')) {
    const text = seen(element).split('\n')[0];
    const chinese = /\p{Script=Han}/u.test(text);
    if (/\p{L}{3}/u.test(text) && chinese !== (language === 'zh')) wrong.push(`"${text}" is not ${language}`);
  }
  const urls = [...document.querySelectorAll('a[href]:not([download])')].map((link) => new URL(link.href));
  // A table is handed out, not shown.
  const links = urls.filter((url) => url.origin === location.origin && !url.searchParams.has('format') && !/^\/(api|assets|language|problems)\b/.test(url.pathname)).map((url) => url.pathname + url.search);
  return { wrong, links };
}

/** One page stands for all of its kind: ids and values do not count. */
const kind = (path) => path.replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, ':id').replace(/[A-Z]+-\d{4}-\d+-\d+/, ':number').replace(/checkpoints\/\d+/, 'checkpoints/:size').replace(/=[^&]*/g, '');

/** In the long form pages that say other things to other people are examined for each; of the rest, and in the
 * short form, one of each kind is: axe takes longer than everything else here together. */
const ONES_OWN = process.env.TITLED_LONG ? /^\/$|^\/(applications|meetings|cycles|notices|filings|panels)\/:id$/ : /^$/;
const examined = new Set();
function first(path, language) {
  const key = `${language} ${kind(path)}`;
  const known = examined.has(key) && !ONES_OWN.test(kind(path));
  examined.add(key);
  return !known;
}

async function inspect(person, path, language) {
  const reply = await person.page.goto(path);
  const { wrong, links } = await person.page.evaluate(look, language);
  if (reply.status() !== 200) wrong.push(`answers ${reply.status()}`);
  wrong.push(...browser.takeFaults());
  if (language === 'zh' && first(path, language)) {
    for (const { id, nodes } of await person.violations()) wrong.push(`${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`);
  }
  return { wrong: wrong.map((what) => `${path} ${what}`), links };
}

async function crawl(person) {
  const found = new Map([['/', '/']]);
  const wrong = [];
  for (const path of found.values()) {
    const seen = await inspect(person, path, 'zh');
    wrong.push(...seen.wrong);
    for (const next of seen.links) if (!found.has(kind(next))) found.set(kind(next), next);
    assert.ok(found.size <= PAGES_MAX, [...found.keys()].join('\n'));
  }
  await person.go('/language?to=en&next=/');
  for (const path of found.values()) if (first(path, 'en')) wrong.push(...(await inspect(person, path, 'en')).wrong);
  assert.deepEqual(wrong, []);
  return [...found.keys()];
}

/** The short form goes with one of those who see much the same. */
const ALIKE = process.env.TITLED_LONG ? [] : ['teacher-021', 'district_hr_review', 'security'];
const roles = [
  ['the public', null, ['/notices/:id', '/certificates', '/standards', '/login']],
  ['an applicant with a draft', 'teacher-025', ['/applications/:id/sections/education', '/applications/:id/points', '/account']],
  ['an applicant whose dossier came back', 'teacher-021', ['/applications/:id/submit']],
  ['an applicant with a certificate', 'teacher-001', ['/titles/:id/print', '/applications/:id/print']],
  ['a unit', 'unit', ['/queue', '/notices/new', '/applications/:id']],
  ['a district education bureau', 'district_industry_review', ['/applications/:id']],
  ['a district HR bureau', 'district_hr_review', ['/applications/:id']],
  ['the committee office', 'office', ['/panels/:id', '/panels/new?committee', '/meetings/new', '/committees/:id']],
  ['an expert', 'expert-02', ['/reviews/:id', '/meetings/:id']],
  ['the chair', 'expert-01', ['/meetings/:id/ballots']],
  ['the city bureau', 'bureau', ['/cycles/new', '/filings/:id', '/units']],
  ['the system administrator', 'admin', ['/accounts/:id', '/accounts/new']],
  ['the security administrator', 'security', ['/accounts/:id', '/accounts/:id/sessions']],
  ['the audit administrator', 'audit', ['/accounts/:id/sessions', '/ledger?subject']],
  ['the supervisor', 'supervisor', ['/ledger', '/applications/:id']],
];

/** The login of who has work of this kind, for the roles of which there are many. */
async function someone(login) {
  if (!/^(unit|district_.*)$/.test(login)) return login;
  const { items } = await server.control.ok('GET', `/applications?state=${login === 'unit' ? 'unit_review' : login}`);
  const { application: { unit_id, division_code } } = await server.control.ok('GET', `/applications/${items[0].id}`);
  if (login !== 'unit') return `${login === 'district_hr_review' ? 'hr' : 'edu'}-${division_code}`;
  const unit = await server.control.ok('GET', `/units/${unit_id}`);
  const found = await server.control.ok('GET', `/accounts?q=${encodeURIComponent(`${unit.name}经办人`)}`);
  return found.items[0].login;
}

describe('the pages of', { concurrency: 2 }, () => {
  for (const [who, login, expected] of roles.filter(([, login]) => !ALIKE.includes(login)))
    test(who, async () => {
      const person = await browser.person(server, { width: 320 });
      if (login) await person.login(await someone(login), demoPassword);
      const kinds = await crawl(person);
      for (const one of expected) assert.ok(kinds.includes(one), `${one} was not reached:\n${kinds.join('\n')}`);
      await person.page.context().close();
    });
});

describe('on paper', () => {
  const fits = async (person, path) => {
    await person.go(path);
    await person.page.emulateMedia({ media: 'print' });
    await person.page.setViewportSize({ width: A4_PX, height: 960 });
    const wide = await person.page.evaluate(() => [document.documentElement, ...document.querySelectorAll('.td-table-wrap, table')].filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.outerHTML.slice(0, 200)));
    assert.deepEqual(wide, [], path);
    assert.equal(await person.page.locator('.td-header, .td-footer, .td-demo').filter({ visible: true }).count(), 0, 'only the document is printed');
    assert.match((await person.page.pdf({ preferCSSPageSize: true })).subarray(0, 8).toString(), /^%PDF-/);
    await person.page.emulateMedia({ media: null });
  };

  test('minutes and tally', async () => {
    const chair = await (await browser.person(server)).login('expert-01', demoPassword);
    const { items } = await server.control.ok('GET', '/meetings');
    const closed = items.find((meeting) => meeting.meeting_state === 'closed' || meeting.state === 'closed');
    for (const page of ['minutes', 'tally']) await fits(chair, `/meetings/${closed.id}/${page}`);
  });

  test('the review form and the certificate', async () => {
    const holder = await (await browser.person(server)).login('teacher-001', demoPassword);
    await holder.go('/applications');
    const dossier = await holder.page.locator('tbody a, .td-card a').first().getAttribute('href');
    await fits(holder, `${dossier}/print`);
    await holder.go('/titles');
    const title = await holder.page.locator('.td-card a').first().getAttribute('href');
    await fits(holder, `${title}/print`);
  });
});

describe('titlectl demo walk --all', () => {
  test('leads three series through a year, and every verifier accepts what it leaves', async () => {
    const folder = join(server.folder, 'walk');
    const { code, out, err } = await titlectl(server, ['demo', 'walk', '--all', folder]);
    assert.equal(code, 0, out + err);
    for (const series of ['teacher', 'agriculture', 'health']) assert.ok(readdirSync(folder).some((name) => name.startsWith(series) && name.endsWith('.bel')), `no election of ${series}`);
    assert.match(out, /TEACHER-\d+-3-\d+ of .*, valid$/m);
    assert.match(out, /AGRICULTURE-\d+-3-\d+ of .*, converted$/m);
    assert.match(out, /HEALTH-\d+-2-\d+ of .*, valid$/m);
    assert.match(out, /suspended +teacher: back at the grassroots/);
    assert.equal(out.match(/^The draw comes out as the file says: \d+ candidates, 3 seats/gm).length, 3);
    assert.equal(out.match(/^Everything holds in/gm).length, 3);
    assert.equal(out.match(/^The signature is valid/gm).length, 3);
    assert.match(out, /^[1-9]\d* assignments come out as they were made$/m);
    assert.match(out, /^The posts add up/m);
    assert.match(out, /^The ledger is intact/m);
  });
});
