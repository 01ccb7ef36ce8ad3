// What people keep when a part dies under their hands: Redis while somebody writes, the server between two
// saves, the server in the middle of a dossier's way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../integration/harness.mjs';
import { openBrowser } from './browser.mjs';
import { demoPassword, seed, titlectl } from './demo.mjs';

const BURST = 60; // saves acknowledged before the server dies

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  await seed(server);
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** The teacher's only dossier. */
async function draftOf(client) {
  const { items } = await client.ok('GET', '/applications');
  return items[0].id;
}

const classes = (person) => person.page.locator('[name="content.teaching.classes"]');

test('Redis dies while a teacher writes: the page says so, and all that was written is there afterwards', async () => {
  const guest = await browser.person(server);
  const teacher = await (await browser.person(server)).login('teacher-025', demoPassword);
  await teacher.menu('我的申报');
  await teacher.press(teacher.page.locator('tbody a, .td-card a').first());
  await teacher.press(teacher.page.locator('.td-task-list a[href$="/sections/teaching"]'));
  const place = new URL(teacher.page.url()).pathname;
  await classes(teacher).fill('已保存的班级');
  await teacher.press(teacher.button('保存并留在本页'));
  await classes(teacher).fill('没有保存的班级');
  await server.stopRedis();

  await teacher.page.getByText('自动保存未成功').waitFor(); // and what was typed is still in the form
  await teacher.press(teacher.button('保存并返回'), 503);
  assert.match(await teacher.problem(), /已保存的内容不会丢失，请稍后再试/);
  assert.equal(await teacher.page.locator('h1').count(), 1);
  await guest.go('/certificates'); // who needs no session is served

  await server.restartRedis();
  const reply = await teacher.page.goto(place);
  if (reply.url().includes('/login')) await teacher.login('teacher-025', demoPassword);
  await teacher.go(place);
  await teacher.holds('content.teaching.classes', '没有保存的班级'); // the window kept it
  await teacher.page.getByText('已自动保存').waitFor();
  await teacher.page.reload();
  assert.equal(await classes(teacher).inputValue(), '没有保存的班级');
  browser.takeFaults().forEach((fault) => assert.match(fault, /503/));
  await Promise.all([guest, teacher].map(({ page }) => page.context().close())); // nothing of theirs is under way when the server dies
});

test('a session ends under a half-written form: what was written is not given away; without scripts the way back is shown', async () => {
  const teacher = await (await browser.person(server)).login('teacher-025', demoPassword);
  await teacher.menu('我的申报');
  await teacher.press(teacher.page.locator('tbody a, .td-card a').first());
  await teacher.press(teacher.page.locator('.td-task-list a[href$="/sections/teaching"]'));
  const place = new URL(teacher.page.url()).pathname;
  await classes(teacher).fill('登录失效前写的班级');
  await teacher.page.context().clearCookies();
  await teacher.button('保存并返回').click();
  await teacher.page.getByText('填写的内容仍在本页').waitFor();
  const [window] = await Promise.all([teacher.page.waitForEvent('popup'), teacher.page.getByRole('link', { name: '在新窗口登录' }).click()]);
  await window.getByLabel('登录名').fill('teacher-025');
  await window.getByLabel('密码').fill(demoPassword);
  await Promise.all([window.waitForNavigation(), window.getByRole('button', { name: '登录' }).click()]);
  await teacher.press(teacher.button('保存并返回'));
  await teacher.go(place);
  assert.equal(await classes(teacher).inputValue(), '登录失效前写的班级');

  const plain = await (await browser.person(server, { javaScript: false })).login('teacher-025', demoPassword);
  await plain.go(place);
  await classes(plain).fill('没有脚本');
  await plain.page.context().clearCookies();
  await plain.press(plain.button('保存并返回'));
  assert.match(await plain.text(), /登录已失效，刚才的操作没有完成/);
  await plain.page.getByLabel('登录名').fill('teacher-025');
  await plain.page.getByLabel('密码').fill(demoPassword);
  assert.equal(await plain.press(plain.button('登录')), place, 'back where it was written');
  browser.takeFaults().forEach((fault) => assert.match(fault, /401/));
  await Promise.all([teacher, plain].map(({ page }) => page.context().close()));
});

/** Saves one after the other until the server is gone. Answers what it said it had, and what it was asked last. */
async function saveUntilDeath(client, id, count) {
  const path = `/applications/${id}/sections/teaching`;
  const { value, application } = await client.ok('GET', path);
  let kept = application.version, last = application.version;
  for (let n = 0; ; n++) {
    const asked = { ...value, classes: `${n} 班` };
    last = kept + 1;
    const reply = await client.json('PUT', path, { content: { teaching: asked } }, { 'If-Match': `"${kept}"` }).catch(() => null);
    if (!reply) return { kept, last, words: `${n - 1} 班`, asked: asked.classes };
    assert.equal(reply.status, 200, reply.text);
    kept = reply.body.version;
    count();
  }
}

test('the server is killed in the middle of many saves: every acknowledged one is there', async () => {
  const teachers = ['teacher-025', 'teacher-026'];
  const clients = await Promise.all(teachers.map(async (login) => {
    const client = server.client();
    assert.equal((await client.login(login, demoPassword)).status, 200);
    return client;
  }));
  const ids = await Promise.all(clients.map(draftOf));
  let saves = 0;
  const count = () => ++saves === BURST && server.process.child.kill('SIGKILL');
  const ends = await Promise.all(clients.map((client, n) => saveUntilDeath(client, ids[n], count)));
  await server.process.exited;
  await server.startTitled();
  assert.ok(saves >= BURST);
  for (const [n, { kept, last, words, asked }] of ends.entries()) {
    const client = server.client();
    await client.login(teachers[n], demoPassword);
    const { value, application } = await client.ok('GET', `/applications/${ids[n]}/sections/teaching`);
    const pairs = [[kept, words], [last, asked]]; // the one under way may or may not have been written
    assert.ok(pairs.some(([version, text]) => application.version === version && value.classes === text), JSON.stringify({ pairs, application, value }));
  }
  const { code, out, err } = await titlectl(server, ['ledger', 'verify']);
  assert.equal(code, 0, out + err);
});

/** Walks on until a line names one of the states, then kills the server. Answers the whole report. */
async function walk(argument, deadly) {
  let dead = false;
  const report = await titlectl(server, ['demo', 'walk', ...argument], (out) => {
    if (dead || !deadly || !new RegExp(`^ ?\\d+  ${deadly}`, 'm').test(out)) return;
    dead = true;
    server.process.child.kill('SIGKILL');
  });
  if (!deadly) return report;
  assert.ok(dead, `the walk never came to ${deadly}:\n${report.out}${report.err}`);
  await server.process.exited;
  await server.startTitled();
  return report;
}

test('the server is killed on the way of a dossier: the walk goes on to a certificate that verifies', async () => {
  let walker = [];
  for (const deadly of process.env.TITLED_LONG ? ['draft', 'unit_review', 'panel_review', 'confirmed'] : ['panel_review']) {
    const report = await walk(walker, deadly);
    walker = [/walk-\d+/.exec(report.out + report.err)?.[0]];
    assert.ok(walker[0], report.out + report.err);
  }
  const { code, out, err } = await walk(walker);
  assert.equal(code, 0, out + err);
  const [, number, check] = /\/certificates\/([A-Z0-9-]+)\?code=([0-9a-f]+)/.exec(out);
  const guest = await browser.person(server);
  await guest.go(`/certificates/${number}?code=${check}`);
  assert.match(await guest.text(), new RegExp(number));
  assert.equal((await titlectl(server, ['ledger', 'verify'])).code, 0);
});
