// Checks what the ledger publishes with code of its own, written from the words of RFC 6962, of the signed
// note format and of core/store/ledger.h: what a stranger would write who trusts nothing of this server.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const sm3 = (text) => createHash('sm3').update(text).digest('hex');
const leafHash = (text) => sha256(Uint8Array.of(0), text);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
const half = (n) => 2 ** Math.ceil(Math.log2(n) - 1);
const bytes = (base64) => Buffer.from(base64, 'base64');

/** JSON with sorted names and no blanks. */
export const canonical = (value) =>
  Array.isArray(value) ? `[${value.map(canonical)}]`
  : value && typeof value === 'object' ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`
  : JSON.stringify(value);

/** MTH(D[n]) of leaf hashes. */
export function rootOf(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  const k = half(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** The root that PATH(m, D[n]) leads to. */
function climb(leaf, m, n, path) {
  if (n === 1) return leaf;
  const k = half(n), last = path.at(-1), rest = path.slice(0, -1);
  return m < k ? nodeHash(climb(leaf, m, k, rest), last) : nodeHash(last, climb(leaf, m - k, n - k, rest));
}

/** The roots of both trees that PROOF(m, D[n]) leads to; `known` is the first tree's. */
function grow(m, n, path, whole, known) {
  if (m === n) return whole ? [known, known] : [path[0], path[0]];
  const k = half(n), last = path.at(-1), rest = path.slice(0, -1);
  if (m <= k) {
    const [old, now] = grow(m, k, rest, whole, known);
    return [old, nodeHash(now, last)];
  }
  const [old, now] = grow(m - k, n - k, rest, false, known);
  return [nodeHash(last, old), nodeHash(last, now)];
}

/** The text of a signed note: [name, size, root, ...], once both keys have signed it. */
export function checkNote(note, keys) {
  const gap = note.indexOf('\n\n');
  const text = note.slice(0, gap + 1), [name, size, root, time] = text.split('\n');
  const signatures = note.slice(gap + 2).trim().split('\n').map((line) => /^\u2014 (\S+) (\S+)$/.exec(line)).map(([, by, what]) => ({ by, id: bytes(what).subarray(0, 4).toString('hex'), what: bytes(what).subarray(4) }));
  assert.equal(signatures.length, 2);
  for (const one of signatures) assert.equal(one.by, name);
  const by = (id) => signatures.find((one) => one.id === id).what;

  const [head] = new RegExp(`^[^+]+\\+${keys.ed25519.id}\\+`).exec(keys.ed25519.verifier); // base64 has '+' too
  const raw = bytes(keys.ed25519.verifier.slice(head.length));
  assert.equal(keys.ed25519.id, sha256(`${name}\n`, raw).subarray(0, 4).toString('hex'));
  assert.ok(keys.ed25519.public_key.includes(Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]).toString('base64')));
  assert.ok(verify(null, Buffer.from(text), keys.ed25519.public_key, by(keys.ed25519.id)), 'Ed25519');

  const der = Buffer.from(keys.sm2.public_key.replace(/-----[^-]*-----|\s/g, ''), 'base64');
  assert.equal(keys.sm2.id, sha256(`${name}\n`, Uint8Array.of(0xff), 'SM2-SM3', der).subarray(0, 4).toString('hex'));
  const folder = mkdtempSync(join(tmpdir(), 'titled-note-'));
  try {
    for (const [file, content] of Object.entries({ key: keys.sm2.public_key, text, signature: by(keys.sm2.id) })) writeFileSync(join(folder, file), content);
    execFileSync('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', join(folder, 'key'), '-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678', '-in', join(folder, 'text'), '-sigfile', join(folder, 'signature')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.match(time, /^time \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return { name, size: Number(size), root: bytes(root) };
}

/** What a certificate's page or `titlectl ledger prove` gives: the entry, its payload, path and checkpoint. */
export function checkProof(proof, keys) {
  const note = checkNote(proof.checkpoint.note, keys), entry = JSON.parse(proof.entry);
  assert.equal(proof.entry, canonical(entry));
  assert.equal(entry.seq, proof.sequence);
  assert.equal(entry.payload_hash, sm3(canonical(proof.payload)));
  assert.deepEqual(leafHash(proof.entry), bytes(proof.leaf));
  assert.deepEqual(climb(leafHash(proof.entry), proof.sequence - 1, note.size, proof.proof.map(bytes)), note.root);
  return entry;
}

/** The answer of /ledger/proofs/inclusion against a root one already trusts. */
export function checkInclusion(answer, root) {
  assert.deepEqual(climb(bytes(answer.leaf), answer.sequence - 1, answer.size, answer.proof.map(bytes)), root);
}

/** The answer of /ledger/proofs/consistency against two roots one already trusts. */
export function checkConsistency(answer, first, second) {
  assert.deepEqual(grow(answer.first, answer.second, answer.proof.map(bytes), true, first), [first, second]);
}

/** The rows with hashes and leaves as the ledger would have written them. */
export function sealRows(rows) {
  let previous_hash = '0'.repeat(64);
  return rows.map(({ sequence, at, actor, action, subject, payload, nonce }) => {
    const payload_hash = sm3(payload === null ? 'null' : canonical(JSON.parse(payload)));
    const entry = { seq: sequence, at, actor, action, subject, payload_hash };
    const hash = sm3(previous_hash + canonical(entry)), leaf = leafHash(canonical({ ...entry, hash, nonce })).toString('hex');
    const row = { sequence, at, actor, action, subject, payload, payload_hash, previous_hash, hash, nonce, leaf };
    previous_hash = hash;
    return row;
  });
}

/** The whole ledger from its rows: chain and leaves are what they must be; answers the leaves' hashes. */
export function checkRows(rows) {
  assert.deepEqual(rows.map((row) => row.sequence), rows.map((_, i) => i + 1));
  sealRows(rows).forEach((row, i) => assert.deepEqual({ ...rows[i] }, row));
  return rows.map((row) => Buffer.from(row.leaf, 'hex'));
}
