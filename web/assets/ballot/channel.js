// How trustees talk through somebody they need not trust (Belenios 2.0, sections 4.6.1 and 4.6.3): signed by the sender,
// sealed for one recipient with ElGamal and AES-256-CCM. core/ballot/channel.c.

import { cbc, ctr } from "../noble/ciphers/aes.js";
import { randomBase58 } from "./credential.js";
import { generate, hash, over, power, random, readElement, times } from "./group.js";
import { checkSecret, ofSecret } from "./proof.js";
import { Refused, bytesOf, bytesOfHex, hexOf, parse, sha256, shape, textOf } from "./text.js";

const BLOCK = 16;
const NONCE = 13;
const TAG = 8;
const TEXT_MAX = 0xffff;

// --- keys -------------------------------------------------------------------------------------------------------------

/** A fresh seed: all that a trustee has to keep. */
export const newSeed = () => randomBase58(22);
export const isSeed = (seed) => /^[1-9A-HJ-NP-Za-km-z]{22}$/.test(seed);

/** The party of a seed: two secrets and their public keys. */
export function partyOf(seed) {
  if (!isSeed(seed)) throw new Refused("seed: not 22 characters of base 58");
  const [signing, decryption] = [hash(`sk|${seed}`), hash(`dk|${seed}`)];
  return { signing, decryption, verification: generate(signing), encryption: generate(decryption) };
}

// --- signed -----------------------------------------------------------------------------------------------------------

const signWords = (message) => `sigmsg|${message}|`;

/** {message, signature} over the value's text. */
export function sign(signing, value) {
  const message = JSON.stringify(value);
  return { message, signature: ofSecret(signWords(message), signing) };
}

/** The value in a message signed under the key. */
export function signed(message, key, what) {
  shape(message, ["message", "signature"], what);
  if (typeof message.message !== "string") throw new Refused(`${what}: not of its form`);
  checkSecret(signWords(message.message), key, message.signature, `${what}: signature`);
  return parse(message.message, what);
}

// --- sealed -----------------------------------------------------------------------------------------------------------

/** CBC-MAC over the length and the text (NIST SP 800-38C, with 13 bytes of nonce and 8 of tag). */
function mac(key, nonce, text) {
  const blocks = new Uint8Array(BLOCK + Math.ceil(text.length / BLOCK) * BLOCK);
  blocks[0] = 0x19;
  blocks.set(nonce, 1);
  blocks.set([text.length >> 8, text.length & 255], BLOCK - 2);
  blocks.set(text, BLOCK);
  return cbc(key, new Uint8Array(BLOCK), { disablePadding: true }).encrypt(blocks).slice(-BLOCK).subarray(0, TAG);
}

/** The stream over `bytes`; the first block of it belongs to the tag. */
function stream(key, nonce, bytes) {
  const first = new Uint8Array(BLOCK);
  first[0] = 1;
  first.set(nonce, 1);
  const room = new Uint8Array(BLOCK + bytes.length);
  room.set(bytes, BLOCK);
  const out = ctr(key, first).encrypt(room);
  return { forTag: out.subarray(0, TAG), bytes: out.subarray(BLOCK) };
}

const xor = (a, b) => a.map((byte, i) => byte ^ b[i]);
const keyAndNonce = (secret, alpha) => [sha256(`key|${secret}`), sha256(`iv|${alpha}`).slice(0, NONCE)];

function seal(recipient, text) {
  const bytes = bytesOf(text);
  if (bytes.length > TEXT_MAX) throw new Refused("message: too long");
  const [r, secret] = [random(), generate(random())];
  const alpha = generate(r);
  const [key, nonce] = keyAndNonce(secret, alpha);
  const { forTag, bytes: sealed } = stream(key, nonce, bytes);
  const data = hexOf(sealed) + hexOf(xor(mac(key, nonce, bytes), forTag));
  return JSON.stringify({ alpha: `${alpha}`, beta: `${times(power(recipient, r), secret)}`, data });
}

function unseal(party, sealed, what) {
  const { alpha, beta, data } = shape(parse(sealed, what), ["alpha", "beta", "data"], what);
  const bytes = bytesOfHex(`${data}`);
  if (bytes.length <= TAG || bytes.length > TEXT_MAX + TAG) throw new Refused(`${what}: not of its form`);
  const secret = over(readElement(beta, what), power(readElement(alpha, what), party.decryption));
  const [key, nonce] = keyAndNonce(secret, alpha);
  const { forTag, bytes: text } = stream(key, nonce, bytes.slice(0, -TAG));
  const wrong = xor(xor(mac(key, nonce, text), forTag), bytes.slice(-TAG));
  if (wrong.some((byte) => byte)) throw new Refused(`${what}: changed, or not sent to this key`);
  return textOf(text);
}

/** The value's text signed by the party, and sealed for `recipient`: a text. */
export function send(party, recipient, value) {
  const message = { recipient: `${recipient}`, message: JSON.stringify(value) };
  return seal(recipient, JSON.stringify(sign(party.signing, message)));
}

/** What `sender` sent to this party. */
export function receive(party, sender, text, what) {
  if (typeof text !== "string") throw new Refused(`${what}: not of its form`);
  const { recipient, message } = signed(parse(unseal(party, text, what), what), sender, what);
  if (recipient !== `${party.encryption}`) throw new Refused(`${what}: for another key`);
  return parse(message, what);
}
