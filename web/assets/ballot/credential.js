// The secret code of a voter (Belenios 2.0, section 4.8): core/ballot/credential.c.

import { pbkdf2 } from "../noble/hashes/pbkdf2.js";
import { sha256 } from "../noble/hashes/sha2.js";
import { exponentOf, generate } from "./group.js";
import { bytesOf } from "./text.js";

export const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CHECK = 53;
const ROUNDS = 1000;

/** A code as it is written, of what somebody typed: spaces and dashes are his. */
export function spell(typed) {
  const plain = typed.replace(/[\s\u2010-\u2015-]/gu, "");
  return (plain.match(/.{1,3}/gu) ?? []).join("-");
}

/** Whether it is a code: false when a character or the check digit is wrong. */
export function isCode(code) {
  if (!/^([1-9A-HJ-NP-Za-km-z]{3}-){4}[1-9A-HJ-NP-Za-km-z]{3}$/.test(code)) return false;
  const values = Array.from(code.replaceAll("-", ""), (character) => base58.indexOf(character));
  const check = values.pop();
  return check === checkDigit(values);
}

const checkDigit = (values) => CHECK - values.reduce((rest, value) => (rest * 58 + value) % CHECK, 0);

/** A fresh code: 14 random characters and the check digit. */
export function newCode() {
  const plain = randomBase58(14);
  return spell(plain + base58[checkDigit(Array.from(plain, (character) => base58.indexOf(character)))]);
}

/** The secret exponent of a code in the election. */
export function secretOf(code, uuid) {
  return exponentOf(pbkdf2(sha256, bytesOf(code), bytesOf(uuid), { c: ROUNDS, dkLen: 32 }));
}

/** The public key of a code, as the election's list has it. */
export const keyOf = (code, uuid) => `${generate(secretOf(code, uuid))}`;

/** `count` random characters. */
export function randomBase58(count) {
  let text = "";
  while (text.length < count)
    for (const byte of crypto.getRandomValues(new Uint8Array(count))) if (byte < 58 * 4 && text.length < count) text += base58[byte % 58];
  return text;
}
