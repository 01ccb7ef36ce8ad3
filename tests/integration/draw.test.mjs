// Expert pools and the draw: who may be in a pool, who can be drawn, and that nobody alone decides who is. What a draw
// leaves can be recomputed by anybody, and every change of it is named.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { approveCommittee, buildCity, foundCommittee, foundPool } from './city.mjs';
import { rows } from './estate.mjs';
import { build, startServer } from './harness.mjs';

const EXPERTS = 14;
let server, city, today;
const experts = [];

const years = (day, more) => `${Number(day.slice(0, 4)) + more}${day.slice(4)}`.replace('02-29', '02-28');
const before_ = (day) => new Date(Date.parse(`${day}T00:00:00Z`) - 86400e3).toISOString().slice(0, 10);
const next = (day) => new Date(Date.parse(`${day}T00:00:00Z`) + 86400e3).toISOString().slice(0, 10);

before(async () => {
  server = await startServer({ config: { committee_outside_pool: 'refuse' } });
  city = await buildCity(server);
  today = (await server.control.ok('GET', '/calendar')).start;
  const units = await Promise.all(['市第一中学', '市第二中学', '市第三中学', '市第四中学'].map((name) => server.control.ok('POST', '/units', { name, division_code: '650102', kind: 'school', grassroots: 'none' })));
  for (let n = 0; n < EXPERTS; n++) experts.push(await server.account(`expert-${n}`, [{ role: 'expert', scope: 'teacher' }], { unit_id: units[n % 4].id }));
});
after(async () => server?.stop());
const wrong = (reply) => (reply.body.errors ?? []).map((one) => `${one.field} ${one.code}`);

describe('the pool', () => {
  let pool;
  const entry = (more) => ({ login: 'expert-0', title_level: 'senior', specialties: ['chinese'], term_from: today, term_until: years(today, 3), ...more });
  const put = (more) => city.office.json('POST', `/pools/${pool}/experts`, entry(more));
  const look = (query = '') => city.office.ok('GET', `/pools/${pool}${query}`);

  test('takes experts of the series, of its level, for three years to the day', async () => {
    pool = (await city.office.ok('POST', '/pools', { series: 'teacher', tier: 'senior' })).id;
    assert.equal((await city.office.json('POST', '/pools', { series: 'teacher', tier: 'senior' })).body.key, 'pool_exists');
    assert.deepEqual(wrong(await put({ term_until: next(years(today, 3)) })), ['term_until term_too_long']);
    assert.deepEqual(wrong(await put({ term_until: before_(today) })), ['term_until order']);
    assert.deepEqual(wrong(await put({ title_level: 'intermediate' })), ['title_level below_pool']);
    assert.deepEqual(wrong(await put({ specialties: ['nosuch'] })), ['specialties choice']);
    assert.deepEqual(wrong(await put({ login: 'nobody' })), ['login unknown']);
    assert.deepEqual(wrong(await put({ login: 'office' })), ['login not_an_expert']);
    assert.equal((await put({})).status, 200);
    assert.equal(rows(server, `select count(*) as n from message where kind = 'pool_confirm'`)[0].n, 1, 'asked to confirm');
  });

  test('is filled from a table: every mistake by its row, all or none', async () => {
    const table = (rows) => city.office.json('POST', `/pools/${pool}/import`, { table: rows.join('\n') });
    const head = 'login,title_level,specialties,term_from,term_until,employer,outside';
    const row = (n, level = 'senior', until = years(today, 3)) => `expert-${n},${level},chinese;mathematics,${today},${until},"某大学, 新疆",是`;
    assert.deepEqual(wrong(await table([head, row(1), row(2, 'junior'), row(99), row(3, 'senior', '2099-01-01')])), ['rows.2.title_level below_pool', 'rows.3.login unknown', 'rows.4.term_until term_too_long']);
    assert.equal((await look()).items.length, 1, 'none was taken');
    assert.deepEqual(wrong(await table([row(1)])), ['table no_heading']);
    assert.equal((await table([head, row(1), '', row(2)])).body.count, 2);
    assert.equal((await table([head, row(3)].map((line) => line.replace('"某大学, 新疆"', '某大学').replaceAll(',', '\t')))).body.count, 1, 'cells from a spreadsheet');
    const { items } = await look('?specialty=mathematics&q=expert-1');
    assert.deepEqual(items.map((one) => [one.login, one.specialties.map((s) => s.id), one.outside, one.expert_state]), [['expert-1', ['chinese', 'mathematics'], true, 'proposed']]);
    assert.match((await city.office.send('GET', `/api/v1/pools/${pool}?format=csv`)).text, /expert-3/);
  });

  test('is approved by the bureau, and so is who joins later; the person confirms himself', async () => {
    const approve = (who) => who.json('POST', `/pools/${pool}/approve`, { reference: '新人社备〔2026〕3号', approved_on: today });
    assert.equal((await approve(city.bureau)).body.key, 'pool_not_submitted');
    await city.office.ok('POST', `/pools/${pool}/submit`);
    assert.equal((await put({ login: 'expert-4' })).body.key, 'committee_submitted', 'what is approved is what was handed in');
    assert.equal((await approve(city.office)).status, 403);
    const other = await city.bureau.form(`/pools/${pool}/approve`, { approver: 'city', reference: 'R-1', approved_on: '2026-01-02', _back: `/pools/${pool}` });
    assert.ok(other.status === 422 && other.text.includes('value="2026-01-02"'), 'the day stands there again');
    assert.equal((await approve(city.bureau)).status, 200);
    const shown = await look();
    assert.deepEqual([shown.pool_state, shown.approver, shown.valid_until], ['approved', 'region', years(today, 3)]);
    assert.ok(shown.items.every((one) => one.expert_state === 'active' && !one.confirmed_at));
    await put({ login: 'expert-4' });
    assert.deepEqual((await look('?state=proposed')).items.map((one) => one.login), ['expert-4']);
    await city.office.ok('POST', `/pools/${pool}/submit`);
    await city.bureau.ok('POST', `/pools/${pool}/approve`, { reference: '新人社备〔2026〕4号', approved_on: today });
    assert.deepEqual([(await look()).reference, (await look('?q=expert-4')).items[0].expert_state], ['新人社备〔2026〕3号', 'active'], 'the pool keeps the approval that its term counts from');
    const [own] = (await experts[0].ok('GET', '/experts/mine')).items;
    assert.equal((await experts[1].json('POST', `/experts/${own.id}/confirm`)).status, 404, 'nobody confirms for another');
    assert.match((await experts[0].page('/experts/mine')).text, /我同意入库/);
    await experts[0].ok('POST', `/experts/${own.id}/confirm`);
    assert.ok((await look('?q=expert-0')).items[0].confirmed_at);
    await city.office.ok('POST', `/experts/${own.id}/suspend`, { reason: '援疆结束' });
    assert.deepEqual([(await look('?q=expert-0')).items[0].expert_state, (await experts[0].ok('GET', '/experts/mine')).items[0].remark], ['suspended', '援疆结束']);
    await city.office.ok('POST', `/experts/${own.id}/resume`);
    for (const [who, path] of [[city.office, '/pools'], [city.bureau, `/pools/${pool}`], [city.office, `/pools/${pool}`], [city.supervisor, `/pools/${pool}`]]) assert.equal((await who.page(path)).status, 200);
  });
});

describe('the draw', () => {
  const SIZE = 5;
  let committee, draw, file;
  const sha = (bytes) => createHash('sha256').update(bytes).digest();
  const create = (more) => city.office.json('POST', '/draws', { committee_id: committee, kind: 'committee', size: SIZE, reserves: 2, max_per_unit: 2, outside_percent: 20, new_percent: 20, ...more });
  const look = (who = city.office) => who.ok('GET', `/draws/${draw}`);
  const answer = (id, body) => experts.find((one) => one.account.id === id).json('POST', `/draws/${draw}/answer`, body);
  const seated = (view) => view.seats.filter((seat) => seat.answer !== 'declined');
  const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value);
  const canonical = (value) => JSON.stringify(sorted(value));

  /** The order as the file's own words say, written down once more. */
  function shuffle({ seed, witness, commitment, candidates }) {
    const start = sha(`titled-draw-1\n${seed}\n${witness.number}\n${commitment}`);
    const numbers = [];
    let k = 0n;
    const take = () => {
      if (!numbers.length) {
        const counter = Buffer.alloc(8);
        counter.writeBigUInt64BE(k++);
        const block = sha(Buffer.concat([start, counter]));
        for (let i = 0; i < 4; i++) numbers.push(block.readBigUInt64BE(8 * i));
      }
      return numbers.shift();
    };
    const order = candidates.map((one) => one.id);
    for (let i = order.length - 1; i > 0; i--) {
      const bound = BigInt(i + 1), limit = ((1n << 64n) / bound) * bound;
      let number;
      do number = take();
      while (number >= limit);
      const j = Number(number % bound);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  test('needs an approved pool; who may not be drawn is no candidate', async () => {
    committee = (await city.office.ok('POST', '/committees', { series: 'teacher', level: 'intermediate', name: '中级评委会', founding_unit: '市教育局', adjusted_minimum: SIZE, adjustment_reference: '新人社函〔2026〕5号' })).id;
    assert.equal((await create()).body.key, 'pool_not_approved');
    // The last four: in no specialty that is asked for, of too low a level, barred, suspended.
    const { pool } = await foundPool(city, experts, { more: (n) => ({ outside: n % 4 === 3, specialties: [n === 13 ? 'mathematics' : 'chinese'], title_level: n === 12 ? 'junior' : 'senior' }) });
    const entryOf = async (n) => (await experts[n].ok('GET', '/experts/mine')).items.find((one) => one.tier === 'general').id;
    await city.office.ok('POST', `/experts/${await entryOf(10)}/suspend`, { reason: '援疆' });
    const other = await server.account('bureau-2', [{ role: 'bureau', scope: '' }]);
    const { id: record } = await city.bureau.ok('POST', '/integrity', { person: 'expert-11', kind: 'expert_violation', decision_number: '乌人社〔2026〕8号', decided_on: today, finding: '经查，泄露评审信息，情况属实。' });
    await other.ok('POST', `/integrity/${record}/confirm`);
    const barred = await city.office.json('POST', `/committees/${committee}/members`, { account_id: experts[11].account.id, position: 'member' });
    assert.deepEqual(wrong(barred), ['account_id barred'], 'nor is he seated without a draw');
    assert.ok(!barred.text.includes('8号'), 'the record is not the office\'s to read');
    // The region of this server knows no exception.
    const seat = (who) => city.office.json('POST', `/committees/${committee}/members`, { account_id: who.account.id, position: 'member', outside_reason: '急需' });
    assert.equal((await seat(experts[10])).body.key, 'outside_pool', 'who is suspended is in no pool');
    assert.equal((await create({ size: 9, specialties: ['chinese'] })).body.key, 'draw_too_few', '10 candidates, no more than 2 of each of 4 units');
    assert.deepEqual((await create({ size: 9, specialties: ['chinese'] })).body.parameters ?? { found: 8, needed: 11 }, { found: 8, needed: 11 });
    assert.equal((await create({ outside_percent: 60, new_percent: 50 })).status, 422);
    assert.equal((await create({ seed: 'guess' })).status, 422);
    draw = (await create({ specialties: ['chinese'] })).body.id;
    assert.equal((await look()).candidates_count, 10);
    assert.equal((await city.office.ok('GET', `/pools/${pool}`)).items.length, EXPERTS);
  });

  test('is committed to before anybody knows; the supervisor adds his number; the office cannot do both', async () => {
    const before = await server.client().ok('GET', `/draws/${draw}/commitment`);
    assert.match(before.commitment, /^[0-9a-f]{64}$/);
    assert.ok(!JSON.stringify(await look()).includes('"seed"'));
    assert.equal((await city.office.json('GET', `/draws/${draw}/file`)).body.key, 'draw_sealed');
    assert.equal((await city.office.json('POST', `/draws/${draw}/reveal`)).body.key, 'draw_state');
    assert.equal((await city.office.json('POST', `/draws/${draw}/witness`, { number: '1' })).status, 403);
    assert.equal((await city.supervisor.json('POST', `/draws/${draw}/witness`, { number: 'one' })).status, 422);
    await city.supervisor.ok('POST', `/draws/${draw}/witness`, { number: '20261126' });
    assert.equal((await city.supervisor.json('POST', `/draws/${draw}/witness`, { number: '2' })).body.key, 'draw_state', 'once');
    assert.equal((await city.bureau.json('POST', `/draws/${draw}/reveal`)).status, 403);
    await city.office.ok('POST', `/draws/${draw}/reveal`);
    assert.equal((await server.client().ok('GET', `/draws/${draw}/commitment`)).commitment, before.commitment);
    const actions = (await city.supervisor.ok('GET', `/ledger?subject=draw/${draw}`)).items.map((one) => one.action);
    assert.deepEqual(actions.sort(), ['draw.commit', 'draw.reveal', 'draw.witness']);
  });

  test('seats by rank under the constraints, and invites without a name', async () => {
    const view = await look();
    assert.equal(view.seats.length, SIZE);
    const units = view.seats.map((seat) => seat.unit_name);
    assert.ok(units.every((unit) => units.filter((one) => one === unit).length <= 2));
    assert.ok(units.includes('市第四中学'), 'one from outside');
    const chosen = experts.find((one) => one.account.id === view.seats[0].id), spared = experts[13];
    const page = (await chosen.page('/invitations')).text;
    assert.match(page, /确认参加/);
    for (const seat of view.seats.slice(1)) assert.ok(!page.includes(seat.name), 'nobody else is named');
    assert.deepEqual((await spared.ok('GET', '/invitations')).items, []);
    assert.ok((await chosen.ok('GET', '/messages')).items.some((one) => one.kind === 'draw_invitation'));
    const sealed = await look(city.bureau);
    assert.deepEqual([sealed.sealed, sealed.seats], [true, undefined], 'the bureau does not know yet');
    assert.equal((await city.bureau.json('GET', `/draws/${draw}/file`)).body.key, 'draw_sealed');
    assert.equal((await spared.json('POST', `/draws/${draw}/answer`, { answer: 'confirmed' })).status, 404);
  });

  test('who declines or is silent gives way to the next; then the seats are taken', async () => {
    const [first, second] = (await look()).seats;
    assert.equal((await answer(first.id, { answer: 'declined' })).status, 422, 'with a reason');
    assert.equal((await answer(first.id, { answer: 'declined', reason: '出差' })).status, 200);
    assert.equal((await answer(first.id, { answer: 'confirmed' })).body.key, 'draw_answered');
    await city.office.ok('POST', `/draws/${draw}/no-answer`, { account_id: second.id, reason: '三次未接电话' });
    const view = await look();
    assert.deepEqual(view.seats.map((seat) => seat.round).sort(), [1, 1, 1, 1, 1, 2, 2]);
    assert.equal((await city.office.json('POST', `/draws/${draw}/close`)).body.key, 'draw_open');
    for (const seat of seated(view)) assert.equal((await answer(seat.id, { answer: 'confirmed' })).status, 200);
    for (const [who, path] of [[city.office, '/draws'], [city.office, '/draws/new'], [city.office, `/draws/${draw}`], [city.supervisor, `/draws/${draw}`], [city.bureau, `/draws/${draw}`]]) assert.equal((await who.page(path)).status, 200, path);
    assert.match((await city.office.page('/draws/new')).text, /name="specialties" value="mathematics"/);
    await city.office.ok('POST', `/draws/${draw}/close`);
    assert.equal((await city.office.json('POST', `/draws/${draw}/cancel`, { reason: '重来' })).body.key, 'draw_state', 'what ended is not drawn again');
    const members = (await city.office.ok('GET', `/committees/${committee}`)).members.map((one) => one.account_id);
    assert.deepEqual(members.sort(), seated(view).map((seat) => seat.id).sort());
  });

  test('the list is open to the bureau once the committee has met', async () => {
    const members = (await look()).seats.filter((seat) => seat.answer === 'confirmed').map((seat) => experts.find((one) => one.account.id === seat.id));
    await city.office.ok('POST', `/committees/${committee}/members`, { account_id: members[0].account.id, position: 'chair' });
    assert.deepEqual((await city.office.ok('GET', `/committees/${committee}`)).warnings, [], 'one chair, odd, enough, all of the pool');
    await approveCommittee(city, committee);
    const meeting = (await city.office.ok('POST', '/meetings', { committee_id: committee, cycle_id: city.cycle.id, name: '会', held_on: today })).id;
    for (const who of members) await who.ok('POST', `/meetings/${meeting}/attendance`);
    assert.equal((await look(city.bureau)).sealed, true);
    await members[0].ok('POST', `/meetings/${meeting}/open`);
    const view = await look(city.bureau);
    assert.deepEqual([view.sealed, view.seats.length], [false, 7]);
  });

  test('seats a panel too', async () => {
    const other = await foundCommittee(city, experts.slice(0, 3), { level: 'junior' });
    const place = { committee_id: other, kind: 'panel', cycle_id: city.cycle.id, name: '抽取的评议组', size: 3, reserves: 0, specialties: ['chinese'] };
    assert.deepEqual(wrong(await create({ ...place, name: '' })), ['name required']);
    assert.deepEqual(wrong(await create({ ...place, size: 2 })), ['size too_small'], 'not only when its people have confirmed');
    assert.deepEqual(wrong(await create({ ...place, cycle_id: other })), ['cycle_id choice']);
    assert.deepEqual(wrong(await create({ exclude_applicant_units: true })), ['cycle_id required']);
    const { id } = (await create(place)).body;
    await city.supervisor.ok('POST', `/draws/${id}/witness`, { number: '7' });
    await city.office.ok('POST', `/draws/${id}/reveal`);
    const { seats } = await city.office.ok('GET', `/draws/${id}`);
    for (const seat of seats) await experts.find((one) => one.account.id === seat.id).ok('POST', `/draws/${id}/answer`, { answer: 'confirmed' });
    await city.office.ok('POST', `/draws/${id}/close`);
    const panel = (await city.office.ok('GET', '/panels')).items.find((one) => one.name === '抽取的评议组');
    assert.deepEqual((await city.office.ok('GET', `/panels/${panel.id}`)).members.map((one) => one.account_id).sort(), seats.map((seat) => seat.id).sort());
    const cancelled = (await create({ ...place, name: '作废的' })).body.id;
    await city.office.ok('POST', `/draws/${cancelled}/cancel`, { reason: '条件有误' });
    const late = (await create({ ...place, name: '改期的' })).body.id;
    await city.supervisor.ok('POST', `/draws/${late}/witness`, { number: '8' });
    await city.office.ok('POST', `/draws/${late}/reveal`);
    const [asked] = (await city.office.ok('GET', `/draws/${late}`)).seats;
    await city.office.ok('POST', `/draws/${late}/cancel`, { reason: '会议改期' });
    const person = experts.find((one) => one.account.id === asked.id);
    assert.ok((await person.ok('GET', '/messages')).items.some((one) => one.kind === 'draw_cancelled'));
    assert.match((await person.page('/messages')).text, /本次抽取已作废/);
    assert.equal((await city.supervisor.json('POST', `/draws/${cancelled}/witness`, { number: '7' })).body.key, 'draw_state');
  });

  describe('verified by anybody', () => {
    const path = () => join(server.folder, 'draw.json');
    function verify(value, ...more) {
      writeFileSync(path(), JSON.stringify(value));
      const { status, stdout, stderr } = spawnSync(join(build, 'bin/titlectl'), ['draw', 'verify', path(), ...more], { encoding: 'utf8' });
      return { status, text: stdout + stderr };
    }
    /** [path, parent, key] of every value that is no container. */
    const leaves = (value, at = []) => Object.entries(value).flatMap(([key, inner]) => (inner && typeof inner === 'object' ? leaves(inner, [...at, key]) : [[...at, key]]));
    const flip = (value) => (typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : value ? (value[0] === 'x' ? 'y' : 'x') + value.slice(1) : 'x');
    const put = (value, [key, ...rest], change) => (Array.isArray(value) ? value.map((one, n) => (String(n) === key ? (rest.length ? put(one, rest, change) : change(one)) : one)) : { ...value, [key]: rest.length ? put(value[key], rest, change) : change(value[key]) });

    test('the file comes out again, here and in titlectl', async () => {
      const reply = await city.office.send('GET', `/api/v1/draws/${draw}/file`);
      file = JSON.parse(reply.text);
      assert.deepEqual(file.order, shuffle(file), 'as the words of the file say');
      const { record, hints, ...rest } = file;
      assert.equal(sha(canonical(rest)).toString('hex'), record);
      assert.equal(file.seed_hash, sha(file.seed).toString('hex'));
      for (const name of experts.map((one) => one.account.login)) assert.ok(!reply.text.includes(`"${name}"`), 'ids, no names');
      const { commitment } = await server.client().ok('GET', `/draws/${draw}/commitment`);
      assert.equal(verify(file, '--commitment', commitment).status, 0, verify(file).text);
      assert.match(verify(file, '--commitment', '0'.repeat(64)).text, /commitment/);
    });

    test('every value that is changed is named', (t) => {
      const all = leaves(file).filter((at) => at[0] !== 'hints' || at[1].length % 5 === 0); // each starts a program
      const some = all.filter((at) => at[0] !== 'candidates' || ['0', '4'].includes(at[1])).filter((at) => at[0] !== 'order' || ['0', '9'].includes(at[1])).filter((at) => at[0] !== 'hints' || /answers|draw/.test(at[1]));
      const tried = process.env.TITLED_LONG ? all : some;
      t.diagnostic(`${tried.length} of ${all.length} values`);
      for (const at of tried) {
        const { status, text } = verify(put(file, at, flip));
        assert.ok(status !== 0 && text.includes(`${at.join('.')}:`), `${at.join('.')}: ${text}`);
      }
    });

    test('who makes the hashes fit is found by the arithmetic', () => {
      const refit = (value) => {
        const { record, hints, ...rest } = value;
        return { ...rest, record: sha(canonical(rest)).toString('hex'), hints };
      };
      const [first, second] = file.order;
      const swapped = refit({ ...file, order: [second, first, ...file.order.slice(2)] });
      assert.match(verify(swapped).text, /order\.0:/);
      assert.match(verify(refit({ ...file, seats: put(file.seats, ['2', 'rank'], (rank) => rank + 1) })).text, /seats\.2\.rank:/);
      assert.match(verify(refit({ ...file, witness: { ...file.witness, number: '20261127' } })).text, /order\.\d+:/, 'another number is another order');
      const alone = { ...file, witness: { ...file.witness, number: '' } };
      assert.match(verify(refit({ ...alone, order: shuffle(alone) })).text, /witness\.number:/, 'without a witness it is no draw');
      const seed = 'ab'.repeat(32);
      assert.match(verify(refit({ ...file, seed })).text, /seed:/);
      const content = (value) => Object.fromEntries(['format', 'algorithm', 'draw', 'criteria', 'candidates', 'seed_hash'].map((key) => [key, value[key]]));
      const low = put(file, ['candidates', '3', 'title_level'], () => 'junior');
      assert.match(verify(refit({ ...low, commitment: sha(canonical(content(low))).toString('hex') })).text, /candidates\.3\.title_level:/);
      assert.match(verify(refit({ ...file, answers: [...file.answers, { id: first, answer: 'confirmed', at: today }] })).text, /answers:|seats/);
    });
  });
});
