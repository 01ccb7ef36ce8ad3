// Texts on their way: UTF-8, base 64, hex and JSON of one spelling; SHA-256 of them.

import { sha256 as digest } from "../noble/hashes/sha2.js";

/** What does not hold, in words that name the place. */
export class Refused extends Error {
  constructor(detail) {
    super(detail);
    this.name = "Refused";
  }
}

export const bytesOf = (text) => new TextEncoder().encode(text);

/** The text of bytes, all of them: a mark of their order at the beginning would be a second spelling. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("not UTF-8");
  }
}

/** 32 bytes, of a text or bytes. */
export const sha256 = (content) => digest(typeof content === "string" ? bytesOf(content) : content);

export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function bytesOfHex(hex) {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Refused("no hexadecimal digits");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** base 64 of SHA-256 without padding: fingerprints of elections and lists, trackers of ballots. */
export const fingerprint = (content) => btoa(String.fromCharCode(...sha256(content))).replace("=", "");

/** The value of a JSON text. Texts with a second spelling are refused, which members that are there twice are too. */
export function parse(text, what) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused(`${what}: no JSON`);
  }
  if (JSON.stringify(value) !== text) throw new Refused(`${what}: not in its one spelling`);
  return value;
}

/** Refuses what is no object of exactly these members in this order. */
export function shape(value, members, what) {
  const is = value && typeof value === "object" && !Array.isArray(value);
  if (!is || Object.keys(value).join() !== members.join()) throw new Refused(`${what}: not of its form`);
  return value;
}
