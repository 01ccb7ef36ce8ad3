// People at a real Chromium, in the form that never draws a window: one page each, and what a person does in it. Whatever goes wrong beside
// what the person sees (a script's error, a refused style, a failed request) fails the test as well.
//
//   const browser = await openBrowser();
//   const lin = await browser.person(server, { javaScript: false });
//   await lin.login('lin');
//   await lin.press(lin.button('提交申报'));   // a click that leads to another page
//   await browser.close();                    // fails when a page complained

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { late, password } from '../integration/harness.mjs';

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
  // One renderer for all windows: people do not work at the same instant, and processes are slow to begin.
  '--renderer-process-limit=1', '--disable-site-isolation-trials', '--in-process-gpu', '--disable-software-rasterizer', '--no-zygote',
];
const WAIT_MS = 15_000;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A folder for pictures of the pages, when somebody wants to look. */
export const look = process.env.TITLED_LOOK;

export class Person {
  constructor(page, faults) {
    this.page = page;
    this.faults = faults;
    this.watch();
  }

  watch() {
    const note = (what) => this.faults.push(`${this.page.url()}: ${what}`);
    this.page.on('pageerror', (error) => note(error.message));
    this.page.on('requestfailed', (request) => {
      if (request.failure().errorText !== 'net::ERR_ABORTED') note(`${request.url()} ${request.failure().errorText}`);
    });
    this.page.on('console', (message) => {
      // A page that says "not found" is an answer, not a fault: who asks for it looks at the status.
      if (message.type() === 'error' && !/Failed to load resource.*status of 4/.test(message.text())) note(message.text());
    });
  }

  /** To an address of the server; answers the reply. */
  async go(path, status = 200) {
    const reply = await this.page.goto(path);
    assert.equal(reply.status(), status, `${path}: ${await this.problem()}`);
    return reply;
  }

  button(name, within = this.page) {
    return within.getByRole('button', { name, exact: true });
  }

  link(name, within = this.page) {
    return within.getByRole('link', { name });
  }

  /** To a page of the main menu. */
  menu(name) {
    return this.press(this.page.locator('.td-nav').getByRole('link', { name, exact: true }));
  }

  /** A form by the end of its address. */
  form(action) {
    return this.page.locator(`form[action$="${action}"]`);
  }

  /** Does what leads to another page and waits for it; a refusal fails. Answers the page's address. */
  async leave(act, status = 200) {
    const [reply] = await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), act()]);
    assert.equal(reply?.status(), status, await this.problem());
    if (status === 200) assert.equal(await this.problem(), '');
    return new URL(this.page.url()).pathname;
  }

  press(locator, status) {
    return this.leave(() => locator.click(), status);
  }

  /** Waits until a field has this value: what the window kept is put back soon after the page is there. */
  holds(name, value) {
    return this.page.waitForFunction(([field, word]) => document.getElementsByName(field)[0]?.value === word, [name, value]);
  }

  /** The answer to the page's next request of this address is held back: `came` when the server has given it, `release()` lets it through. */
  async hold(url) {
    let release, here;
    const go = new Promise((done) => (release = done)), came = new Promise((done) => (here = done));
    await this.page.route(url, async (route) => {
      const reply = await route.fetch();
      here();
      await go;
      await route.fulfill({ response: reply }).catch(() => {}); // the page may be gone
    }, { times: 1 });
    return { came, release };
  }

  /** What the page says went wrong; '' when nothing did. */
  async problem() {
    return (await this.page.locator('.td-problem').allInnerTexts()).join('\n');
  }

  async login(login, secret = password) {
    this.name = login;
    await this.go('/login');
    await this.page.getByLabel('登录名').fill(login);
    await this.page.getByLabel('密码').fill(secret);
    await this.press(this.button('登录'));
    return this;
  }

  /** Writes an answer into the control of this name, whatever its kind. */
  async answer(name, value) {
    const control = this.page.locator(`[name="${name}"]`);
    const kind = await control.first().evaluate((element) => element.type);
    const word = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    if (kind === 'radio') await this.page.locator(`[name="${name}"][value="${word}"]`).check();
    else if (kind === 'select-one') await control.selectOption(word);
    else await control.fill(word);
  }

  /** Nothing is wider than a small screen. */
  async fits(name) {
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 320, height: size.height });
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    if (look) await this.page.screenshot({ path: join(look, `${name}-320.png`), fullPage: true });
    await this.page.setViewportSize(size);
    assert.ok(width <= 320, `${name}: ${width} wide`);
  }

  /** It fits, and axe finds nothing against it. */
  async examine(name) {
    await this.fits(name);
    assert.deepEqual((await this.violations()).map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), [], name);
  }

  /** What axe has against the page as it is, by the rules of WCAG 2.2 AA. */
  async violations() {
    await this.page.evaluate(axe);
    return (await this.page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations'] }), RULES)).violations;
  }

  /** The text of the page's main part. */
  text() {
    return this.page.locator('main').innerText();
  }

  /** The page is asked again until it holds the text: for what the server finishes by itself. */
  async until(text) {
    for (let tries = 0; tries < 100; tries++) {
      if ((await this.text()).includes(text)) return;
      await this.page.reload();
    }
    assert.fail(`${this.page.url()} never said ${text}:\n${await this.text()}`);
  }
}

class Browser {
  constructor(chrome) {
    this.chrome = chrome;
    this.faults = [];
  }

  /** A window of its own, without a session. */
  async person(server, { javaScript = true, width = 1280, language = 'zh-CN' } = {}) {
    const context = await this.chrome.newContext({
      baseURL: server.url, javaScriptEnabled: javaScript, viewport: { width, height: 900 }, locale: language, reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(WAIT_MS);
    if (late) await context.route(/\/assets\/(?!app\.js)[\w/]+\.js/, async (route) => {
      await setTimeout(late);
      await route.continue().catch(() => {}); // the page may be gone
    });
    return new Person(await context.newPage(), this.faults);
  }

  /** What pages complained about since the last call. */
  takeFaults() {
    return this.faults.splice(0);
  }

  async close() {
    await this.chrome.close();
    assert.deepEqual(this.faults, []);
  }
}

export async function openBrowser() {
  return new Browser(await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: QUIET }));
}
