// The browser's side of the secret vote (web/assets/ballot), in node: papers and trustees' parts that it makes are accepted by
// titlectl and by Debian's belenios-tool, and what was tampered with is refused. A browser runs it in tests/e2e/vote.test.mjs.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, top } from './harness.mjs';

globalThis.crypto ??= webcrypto; // node 18 has it, but not there
assert.ok(existsSync(join(top, 'web/assets/noble/.lock')), 'web/assets/noble is not there: bash -c ". ops/lib.sh; install_modules"');
const part = (name) => import(join(top, 'web/assets/ballot', `${name}.js`));
const { auditArchive, openArchive, readSetup } = await part('audit');
const { newSeed, partyOf, receive, send } = await part('channel');
const { isCode, keyOf, newCode, secretOf, spell } = await part('credential');
const group = await part('group');
const { checkPaper, makePaper, trackerOf } = await part('paper');
const { ofSecret } = await part('proof');
const { fingerprint } = await part('text');
const { accept, certificateOf, deal } = await part('trustee');
const { readTrustees } = await part('trustees');

const skip = spawnSync('belenios-tool', ['--version']).error ? 'belenios-tool is not installed' : false;
const ctl = (...args) => spawnSync(join(build, 'bin/titlectl'), args, { encoding: 'utf8' });
const bytesOf = (file) => new Uint8Array(readFileSync(file));

function own(...args) {
  const { status, stdout, stderr } = ctl(...args);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The text with the last digit of the first number after `mark` changed: it stays below every limit. */
function digitChanged(text, mark) {
  const begin = text.indexOf(mark) + mark.length, at = begin + /\d+/.exec(text.slice(begin))[0].length - 1;
  return text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1);
}

describe('the group', () => {
  test('has powers, tables and numbers that agree', () => {
    const x = group.generate(12345n), e = group.random();
    assert.equal(group.power(x, 3n), (x * x * x) % group.p);
    assert.equal(group.power(x, e), group.fixed(x)(e));
    assert.deepEqual(group.powers(x, [0n, 1n, group.q]), [1n, x, 1n]);
    assert.equal(group.times(group.over(5n, x), x), 5n);
    assert.equal((group.inverseExponent(e) * e) % group.q, 1n);
    assert.equal(new Set(Array.from({ length: 50 }, () => group.random())).size, 50);
  });

  test('reads one spelling of its own elements', () => {
    assert.equal(group.readElement(`${group.g}`), group.g);
    for (const odd of ['', '0', '01', '-1', '+1', ' 1', '1n', '0x1', '2', `${group.p}`, `${group.p - 1n}`, '9'.repeat(618), 1, null, undefined])
      assert.throws(() => group.readElement(odd), { name: 'Refused' }, `${odd}`);
    assert.throws(() => group.readExponent(`${group.q}`), { name: 'Refused' });
  });
});

describe('an election of titlectl', () => {
  let folder, file, bytes, told;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'titled-browser-'));
    file = join(folder, 'rehearsal.bel');
    own('ballot', 'rehearse', file, '--voters', '2', '--dossiers', '2');
    bytes = bytesOf(file);
    told = JSON.parse(own('--json', 'ballot', 'verify', file));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('is told as titlectl tells it', () => {
    const steps = [];
    assert.deepEqual(auditArchive(bytes, (done, of) => steps.push([done, of])), told);
    assert.deepEqual(steps.at(-1), [steps.length, steps.length]);
  });

  // Each change with the names of files and the chain made right again, as somebody with the archive in hand would.
  function changed(change) {
    const files = [], renamed = new Map();
    for (let at = 0; at < bytes.length; ) {
      const name = Buffer.from(bytes.subarray(at, at + 100)).toString().replace(/\0.*$/s, '');
      const length = parseInt(Buffer.from(bytes.subarray(at + 124, at + 135)).toString(), 8);
      files.push({ name, header: bytes.slice(at, at + 512), text: Buffer.from(bytes.subarray(at + 512, at + 512 + length)).toString() });
      at += 512 + Math.ceil(length / 512) * 512;
    }
    const blocks = files.map(({ name, header, text }) => {
      let content = change(text);
      for (const [from, to] of renamed) content = content.replaceAll(from, to);
      const hash = createHash('sha256').update(content).digest('hex');
      const suffix = name.slice(64);
      if (suffix && name.slice(0, 64) !== hash) renamed.set(name.slice(0, 64), hash);
      if (suffix) header.set(Buffer.from(hash + suffix));
      const size = Buffer.byteLength(content);
      header.set(Buffer.from(size.toString(8).padStart(11, '0')), 124);
      header.fill(0x20, 148, 156);
      header.set(Buffer.from(header.reduce((a, b) => a + b).toString(8).padStart(6, '0') + '\0'), 148);
      return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (size % 512)) % 512)]);
    });
    return new Uint8Array(Buffer.concat(blocks));
  }

  test('is refused where titlectl refuses it', () => {
    const only = (begins, change) => (text) => (text.startsWith(begins) ? change(text) : text);
    const paper = '{"election_uuid"';
    const cases = {
      'a proof of a paper': only(paper, (text) => digitChanged(text, '"response":"')),
      'a signature': only(paper, (text) => digitChanged(text, '"proof":{"challenge":"')),
      'a ciphertext': only(paper, (text) => digitChanged(text, '"beta":"')),
      'a question': only('{"version":1,"description"', (text) => text.replace('"min":1', '"min":0')),
      'the members present': only('{"version":1,"description"', (text) => text.replace('\\"present\\":2', '\\"present\\":1')),
      'a trustee’s key': only('[["Pedersen"', (text) => digitChanged(text, '"public_key":"')),
      'a coefficient': only('[["Pedersen"', (text) => digitChanged(text, 'coefexps\\":[\\"')),
      'the threshold': only('[["Pedersen"', (text) => text.replace('"threshold":2', '"threshold":1')),
      'a credential': only('["', (text) => digitChanged(text, '["')),
      'a sum': only('[[{"alpha"', (text) => digitChanged(text, '"alpha":"')),
      'the number of papers': only('{"num_tallied"', (text) => text.replace('"num_tallied":2', '"num_tallied":1')),
      'a factor': only('{"decryption_factors"', (text) => digitChanged(text, '[["')),
      'whose factors': only('{"owner":', (text) => text.replace(/"owner":\d/, '"owner":3')),
      'the result': only('{"result"', (text) => text.replace('[[', '[[1')),
      'an event': (text) => text.replace('"type":"EndBallots"', '"type":"Ballot"'),
      'space': only(paper, (text) => text.replace(',', ', ')),
      'a mark of the order of bytes': only('["', (text) => `\ufeff${text}`),
    };
    assert.deepEqual(auditArchive(changed((text) => text)).head, told.head);
    for (const [what, change] of Object.entries(cases)) {
      const odd = changed(change);
      writeFileSync(join(folder, 'changed.bel'), odd);
      assert.equal(ctl('ballot', 'verify', join(folder, 'changed.bel')).status, 1, what);
      assert.throws(() => auditArchive(odd), { name: 'Refused' }, what);
    }
    for (const at of [3, 600, bytes.length - 1]) {
      const odd = bytes.slice();
      odd[at] ^= 1;
      assert.throws(() => auditArchive(odd), { name: 'Refused' }, `byte ${at}`);
    }
    assert.throws(() => auditArchive(bytes.slice(0, 10000)), { name: 'Refused' });
    assert.throws(() => auditArchive(new Uint8Array(0)), { name: 'Refused' });
  });
});

test('codes are spelled as people type them, and their check digit is looked at', () => {
  assert.equal(spell(' abc def-ghi–jkm npq '), 'abc-def-ghi-jkm-npq');
  for (const odd of ['', 'abc', '0bc-def-ghi-jkm-npq', 'abc-def-ghi-jkm-np']) assert.equal(isCode(odd), false, odd);
  const codes = Array.from({ length: 50 }, newCode);
  assert.ok(codes.every((code) => isCode(code) && code === spell(code.replaceAll('-', ' '))));
  assert.equal(new Set(codes).size, codes.length);
});

test('what trustees send is read by its recipient alone, and unchanged', () => {
  const [a, b, c] = [newSeed(), newSeed(), newSeed()].map(partyOf);
  for (const length of [0, 1, 15, 16, 17, 5000]) {
    const value = { secret: 'x'.repeat(length) };
    assert.deepEqual(receive(b, a.verification, send(a, b.encryption, value), 'value'), value);
  }
  const sealed = send(a, b.encryption, { secret: '1' });
  assert.throws(() => receive(c, a.verification, sealed, 'value'), /changed, or not sent to this key/);
  assert.throws(() => receive(b, c.verification, sealed, 'value'), /signature: does not hold/);
  const data = JSON.parse(sealed);
  data.data = (data.data[0] === '0' ? '1' : '0') + data.data.slice(1);
  assert.throws(() => receive(b, a.verification, JSON.stringify(data), 'value'), /changed, or not sent/);
});

// The office uses belenios-tool, the first trustee the browser's modules, the second titlectl, the third belenios-tool; two voters
// use the browser's modules, the third belenios-tool.
describe('an election of three implementations', { skip }, () => {
  const options = ['--group', 'BELENIOS-2048'];
  let at, uuid, codes, texts, seed, output, archive;
  const put = (name, text) => (writeFileSync(join(at, name), text), name);
  const get = (name) => readFileSync(join(at, name), 'utf8');
  const named = (end) => readdirSync(at).filter((name) => name.endsWith(end));
  const lines = (...values) => values.map((value) => (typeof value === 'string' ? value.trim() : JSON.stringify(value)) + '\n').join('');
  const tool = (args, input = '') => execFileSync('belenios-tool', args, { cwd: at, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, BELENIOS_USE_URANDOM: '1' } });
  const trustee = (step, args = [], input = '') => tool(['setup', 'generate-trustee-key-threshold', ...options, ...args, '--step', `${step}`], input);
  const event = (type, text = '') => tool(['archive', 'add-event', '--type', type], text);

  before(() => {
    at = mkdtempSync(join(tmpdir(), 'titled-browser-'));
    uuid = tool(['setup', 'generate-token']).trim();
    archive = join(at, `${uuid}.bel`);
    tool(['setup', 'generate-credentials', '--uuid', uuid, ...options, '--count', '3']);
    codes = get(named('.privcreds')[0]).trim().split('\n').map((line) => line.split(' ')[1]);
    renameSync(join(at, named('.pubcreds')[0]), join(at, 'public_creds.json'));
  });
  after(() => rmSync(at, { recursive: true, force: true }));

  test('has a key that they made together', () => {
    seed = newSeed();
    const party = partyOf(seed);
    const second = own('trustee', 'key', join(at, 'second'));
    trustee(1);
    const third = named('.key')[0];
    const certificates = [certificateOf(party), JSON.parse(second), JSON.parse(get(third.replace('.key', '.cert')))];
    put('certs', lines(...certificates));
    const theirs = (step, args = [], input = '') => trustee(step, ['--certs', 'certs', ...args], input);
    assert.throws(() => deal(party, certificates, 1), /threshold/);
    assert.throws(() => deal(partyOf(newSeed()), certificates, 2), /this key's certificate is not among them/);
    const dealt = [deal(party, certificates, 2), JSON.parse(own('trustee', 'deal', join(at, 'second'), join(at, 'certs'), '2')), JSON.parse(theirs(3, ['--key', third, '--threshold', '2']))];
    put('dealt', lines(...dealt));
    theirs(4, ['--polynomials', 'dealt']);
    const stolen = structuredClone(dealt);
    stolen[1].secrets[0] = dealt[2].secrets[0];
    assert.throws(() => accept(party, certificates, stolen, 2), /trustee 2: value: signature/);
    assert.throws(() => accept(party, certificates, dealt, 3), /coefficients: their number/);
    output = accept(party, certificates, dealt, 2);
    put('mine.output', lines(output));
    put('outputs', lines(output, own('trustee', 'accept', join(at, 'second'), join(at, 'certs'), join(at, 'dealt')), theirs(5, ['--key', third], get(third.replace('.key', '.vinput')))));
    put('second.output', get('outputs').split('\n')[1]);
    put('threshold.json', theirs(6, ['--polynomials', 'dealt'], get('outputs')));
    const joined = own('trustee', 'join', join(at, 'certs'), join(at, 'dealt'), join(at, 'outputs')).trim();
    assert.equal(readTrustees(joined).threshold, 2);
    assert.throws(() => readTrustees(digitChanged(joined, '"public_key":"')), /trustee 1: public key/);
  });

  test('is checked by a voter before he trusts it', () => {
    put('public_keys.jsons', '');
    tool(['setup', 'make-trustees']);
    rmSync(join(at, 'threshold.json'));
    const question = (number) => ({ answers: ['同意', '不同意', '弃权'], min: 1, max: 1, question: `申报 ${number}` });
    put('template.json', JSON.stringify({ description: '', name: '会议', questions: [question(1), question(2)], administrator: 'office', credential_authority: 'office' }));
    tool(['setup', 'make-election', '--uuid', uuid, ...options, '--template', 'template.json']);
    tool(['archive', 'init']);
    texts = { election: get('election.json').trim(), trustees: get('trustees.json').trim(), credentials: get('public_creds.json').trim() };
    const setup = readSetup(texts);
    assert.deepEqual(setup.election.questions.map(({ title }) => title), ['申报 1', '申报 2']);
    const other = JSON.stringify({ ...JSON.parse(texts.election), public_key: `${group.g}` });
    assert.throws(() => readSetup({ ...texts, election: other }), /not the one of the trustees/);
    assert.throws(() => readSetup({ ...texts, election: texts.election.replace('BELENIOS-2048', 'Ed25519') }), /group/);
    assert.throws(() => readSetup({ ...texts, trustees: digitChanged(texts.trustees, 'coefexps\\":[\\"') }), /trustees: trustee 1/);
    assert.throws(() => readSetup({ ...texts, credentials: digitChanged(texts.credentials, '["') }), /credentials: number 1/);
  });

  test('takes papers of the browser, and the browser those of belenios-tool', () => {
    const { election, ofY, keys } = readSetup(texts);
    for (const code of codes) assert.ok(isCode(code) && keys.has(keyOf(code, uuid)), 'the code of belenios-tool');
    const wrong = codes[0].slice(0, -1) + (codes[0].endsWith('1') ? '2' : '1');
    assert.throws(() => makePaper(election, ofY, wrong, [0, 0]), /check digit/);
    for (const odd of [[0], [0, 3], [0, -1], [0, 0.5], [0, 0, 0], [0, null]]) assert.throws(() => makePaper(election, ofY, codes[0], odd), /choices/, `${odd}`);

    const steps = [];
    const papers = [makePaper(election, ofY, codes[0], [0, 1], (done, of) => steps.push(`${done}/${of}`)), makePaper(election, ofY, codes[1], [0, 2])];
    assert.deepEqual(steps, ['1/2', '2/2']);
    assert.notEqual(papers[0], makePaper(election, ofY, codes[0], [0, 1])); // nothing in it repeats
    const theirs = tool(['election', 'generate-ballot', '--privcred', put('code', codes[2]), '--ballot', put('choices', '[[0,1,0],[0,0,1]]')]).trim();
    assert.equal(checkPaper(election, ofY, theirs).credential, keyOf(codes[2], uuid));
    for (const mark of ['"alpha":"', '"challenge":"', '"overall_proof":[{"challenge":"', '"credential":"', '"proof":{"challenge":"'])
      assert.throws(() => checkPaper(election, ofY, digitChanged(papers[0], mark)), { name: 'Refused' }, mark);
    const signedAgain = (text) => {
      const { signature, ...paper } = JSON.parse(text);
      const hash = fingerprint(JSON.stringify(paper));
      return JSON.stringify({ ...paper, signature: { hash, proof: ofSecret(`sig|${hash}|`, secretOf(codes[0], uuid)) } });
    };
    checkPaper(election, ofY, signedAgain(papers[0]));
    for (const [mark, expected] of Object.entries({ '"alpha":"': /answer 1: that it is 0 or 1/, '"challenge":"': /answer 1: that it is 0 or 1: the proof fails/, '"overall_proof":[{"challenge":"': /question 1: how many answers it has: the proof fails/ }))
      assert.throws(() => checkPaper(election, ofY, signedAgain(digitChanged(papers[0], mark))), expected, mark);
    assert.throws(() => checkPaper(election, ofY, papers[0].replace(keyOf(codes[0], uuid), keyOf(codes[1], uuid))), { name: 'Refused' }); // a copy

    for (const paper of [...papers, theirs]) event('Ballot', paper);
    const told = JSON.parse(own('--json', 'ballot', 'verify', archive));
    assert.deepEqual(told.trackers, [...papers, theirs].map(trackerOf));
  });

  test('is opened by the browser and another, only when its vote has ended', () => {
    const open = () => openArchive(bytesOf(archive), seed, output);
    assert.throws(open, /the election is open: there are no sums to open/);
    event('EndBallots');
    assert.throws(open, /the election is closed/);
    event('EncryptedTally', tool(['election', 'compute-encrypted-tally']));
    assert.throws(() => openArchive(bytesOf(archive), newSeed(), output), /changed, or not sent to this key/);
    const { report, factors, owned } = open();
    assert.deepEqual([report.stage, report.voters, report.tallied], ['summed', 3, 3]);
    assert.deepEqual(JSON.parse(owned), { owner: 1, payload: createHash('sha256').update(factors).digest('hex') });
    event('PartialDecryption', lines(factors, owned));
    event('PartialDecryption', own('trustee', 'open', join(at, 'second'), join(at, 'second.output'), archive));
    event('Result', tool(['election', 'compute-result']));
    tool(['election', 'verify']);
    const told = JSON.parse(own('--json', 'ballot', 'verify', archive));
    assert.deepEqual(told.questions.map(({ counts }) => counts), [[2, 1, 0], [0, 1, 2]]);
    assert.deepEqual(auditArchive(bytesOf(archive)), told);
    assert.throws(open, /the election is counted/);
  });
});
