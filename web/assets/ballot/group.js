// The group that ballots are encrypted in and its numbers: core/ballot/group.c, in BigInt.
//
// BELENIOS-2048 of the Belenios specification (2.0, section 5.1). Elements are numbers modulo p, exponents modulo q; both
// travel as decimal texts of one spelling. The time of a BigInt operation depends on its numbers: on the voter's own
// device, in a worker that does nothing else, that tells nobody.

import { Refused, sha256 } from "./text.js";

export const name = "BELENIOS-2048";
export const p = BigInt(
  "0xA3EF2D011FEFB1B6E39E568FCCDFFB0FB7DC7EF3A791B6862791811D21FC35F21E6D36856B428030421F514ED40BFD4C06E092A495AF8D79A2F8" +
    "5E0FB11C0EDE07DD973F9C53E50930C6E82AC36DE1AE3FB8C3AABFFF12CE27A5022DDD8912D107435012768A2CDD0A4091D8FA447F6C7EBC15A3" +
    "49FA318A6B4FE17D8D47E843A3E14DFA9B2162F4D7229ABE93A188B46B006517D6F6747EBBB29C9EC3099B607F18FB1A8BC858279AA8599411D9" +
    "98D3E3FADA9E010840D082D8C31911ACDD4A0E7992D0F18CC759CB5DE0ACF66A3882555BC810941E021B6A4CCFA04EE4008F878AFFA2375E2999" +
    "B44F6CEF17D707301E59E0E6351E051ED9CEC4157646E64F",
);
export const g = BigInt(
  "0x1307C1AB5F295885D7CAA3A78A42415E31FD1C5807B61FB1E781878A52230A51988B98C259597F9C5A9DFD001D26BA31D9D8976F01D95A1C8262" +
    "EE68A0E92CEA541E5219E0D0D094301B894236823FE1D4BC04E29F3748AEFD4F10D5B1A356A8643E673FD9D215FC8FE5FB9CF9FDB8EA88FDB1A3" +
    "381A697FDF9C2458570B06D26AEF1BE365FDD90165F397C6B870DF8C1B9E519EDCEE8BB0F74B7A1615A274BA60A7EA574A61F552D2DDE0CE514E" +
    "0927C4FF49B1964C4A913731AE4268D60D7F22127B6CBBA44D453AC8B72FD04E0991B7AEFF04867D8724AC638F5F34100D2D47AA680D43771902" +
    "743D663F42D853C041E1C91FE3823F4BCF284308F1D7E653",
);
export const q = 0xadb6066a73522565f4daa0f2579db7f2f0fa90c2168bc709e20263387d55c491n;

const DIGITS_MAX = 617; // of 2048 bits in base 10
const WINDOWS = 64; // of 4 bits, in an exponent
const RANDOM = 48; // bytes: what is left after the division by q differs from even by less than 2^-128

// --- exponents --------------------------------------------------------------------------------------------------------

/** Any whole number as one modulo q. */
export function exponent(number) {
  const rest = number % q;
  return rest < 0n ? rest + q : rest;
}

function fromBytes(bytes) {
  return BigInt("0x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/** A secret exponent. */
export function random() {
  return exponent(fromBytes(crypto.getRandomValues(new Uint8Array(RANDOM))));
}

/** Bytes, or the SHA-256 of a text, as an exponent: secrets of codes, and the challenge of a proof. */
export const exponentOf = (bytes) => exponent(fromBytes(bytes));
export const hash = (text) => exponentOf(sha256(text));

/** 1 / a modulo a prime. */
function inverse(a, prime) {
  let [r, rest] = [prime, a % prime];
  let [t, next] = [0n, 1n];
  while (rest) {
    const times = r / rest;
    [r, rest] = [rest, r - times * rest];
    [t, next] = [next, t - times * next];
  }
  return t < 0n ? t + prime : t;
}
export const over = (a, b) => (a * inverse(b, p)) % p;
export const times = (a, b) => (a * b) % p;
export const inverseExponent = (a) => inverse(exponent(a), q);

// --- powers -----------------------------------------------------------------------------------------------------------

const windowsOf = (e) => Array.from(e.toString(16).padStart(WINDOWS, "0"), (digit) => parseInt(digit, 16)).reverse();

/** base to each of the exponents (below q, or q itself). Their squarings are shared. */
export function powers(base, exponents) {
  const ladder = [base % p]; // base to the powers of 16
  for (let i = 1; i < WINDOWS; i++) {
    let x = ladder[i - 1];
    for (let k = 0; k < 4; k++) x = (x * x) % p;
    ladder.push(x);
  }
  return exponents.map((e) => {
    const buckets = Array(16).fill(1n); // steps of the ladder, by their digit
    windowsOf(e).forEach((digit, i) => (buckets[digit] = (buckets[digit] * ladder[i]) % p));
    let power = 1n;
    let sum = 1n;
    for (let digit = 15; digit > 0; digit--) {
      sum = (sum * buckets[digit]) % p;
      power = (power * sum) % p;
    }
    return power;
  });
}

/** base to the exponent. */
export const power = (base, e) => powers(base, [e])[0];

/** A function that gives powers of this base, for many of them: a table of base^(digit * 16^i), 64 products a power. */
export function fixed(base) {
  const rows = [];
  for (let step = base, i = 0; i < WINDOWS; i++) {
    const row = [1n];
    for (let digit = 1; digit < 16; digit++) row.push((row[digit - 1] * step) % p);
    rows.push(row);
    step = (row[15] * step) % p;
  }
  return (e) => windowsOf(e).reduce((product, digit, i) => (product * rows[i][digit]) % p, 1n);
}

let ofG;
/** g to the exponent. */
export const generate = (e) => (ofG ??= fixed(g))(e);

// --- on paper ---------------------------------------------------------------------------------------------------------

/** A number below the limit, in its one spelling. */
function read(text, limit, what) {
  if (typeof text !== "string" || text.length > DIGITS_MAX || !/^(0|[1-9][0-9]*)$/.test(text)) throw new Refused(`${what}: no number`);
  const number = BigInt(text);
  if (number >= limit) throw new Refused(`${what}: too large`);
  return number;
}

export const readExponent = (text, what = "exponent") => read(text, q, what);
/** A secret number that its sender may not have reduced modulo q, as belenios-tool does not: it is here. */
export const readSecret = (text, what = "secret") => exponent(read(text, p, what));

/** A number that may be an element: whoever raises it to other powers asks isElement on the way. */
export function readCandidate(text, what) {
  const number = read(text, p, what);
  if (number === 0n) throw new Refused(`${what}: not of the group`);
  return number;
}

/** An element of the group. */
export function readElement(text, what = "element") {
  const number = readCandidate(text, what);
  if (power(number, q) !== 1n) throw new Refused(`${what}: not of the group`);
  return number;
}
