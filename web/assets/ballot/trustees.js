// The election's key, shared so that some of the trustees together open sums and nobody alone (Belenios 2.0, sections 4.6
// and 4.7): what everybody checks of it. core/ballot/trustees.c.

import { signed } from "./channel.js";
import { exponent, p, power, readElement, times } from "./group.js";
import { checkSecret } from "./proof.js";
import { Refused, parse, shape } from "./text.js";

export const TRUSTEES_MAX = 16;

const members = ["threshold", "certs", "coefexps", "verification_keys"];

/** What the proof of a key's secret begins with. */
export const keyWords = (key) => `pok|BELENIOS-2048|${key}|`;

/** Refuses with the trustee's number what `check` refuses. */
export function ofTrustee(index, check) {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refused(`trustees: trustee ${index + 1}: ${error.message}`);
  }
}

/** Both keys of a certificate, which the first signed. */
export function readCertificate(certificate) {
  const claimed = parse(certificate?.message ?? "", "certificate");
  const verification = readElement(claimed?.verification, "certificate");
  const keys = shape(signed(certificate, verification, "certificate"), ["verification", "encryption"], "certificate");
  return { verification, encryption: readElement(keys.encryption, "certificate") };
}

/** Published coefficients, g to the polynomial's, signed by `verification`. */
export function readCoefficients(published, verification) {
  const { coefexps } = shape(signed(published, verification, "coefficients"), ["coefexps"], "coefficients");
  if (!Array.isArray(coefexps) || coefexps.length < 2 || coefexps.length > TRUSTEES_MAX) throw new Refused("coefficients: their number");
  return coefexps.map((text) => readElement(text, "coefficients"));
}

/** g to the polynomial's value at `number`. */
export const valueAt = (coefficients, number) =>
  coefficients.reduce((product, one, k) => (product * power(one, exponent(BigInt(number) ** BigInt(k)))) % p, 1n);

function readKey(value, index, polynomials) {
  const { pok, public_key: text } = shape(value, ["pok", "public_key"], "public key");
  const key = readElement(text, "public key");
  const expected = polynomials.reduce((product, one) => times(product, valueAt(one, index + 1)), 1n);
  if (expected !== key) throw new Refused("public key: does not follow from the coefficients");
  checkSecret(keyWords(key), key, pok, "public key: the proof of its secret");
  return key;
}

/** {threshold, keys, y} of the trustees' text, with every certificate, signature and key checked against the others. A
 *  threshold of 1 is refused: one alone could decrypt. */
export function readTrustees(text) {
  const value = parse(text, "trustees");
  if (!Array.isArray(value) || value.length !== 1 || value[0]?.length !== 2 || value[0][0] !== "Pedersen")
    throw new Refused("trustees: not one group with a threshold");
  const { threshold, certs, coefexps, verification_keys: keys } = shape(value[0][1], members, "trustees");
  const lists = [certs, coefexps, keys];
  if (!lists.every((list) => Array.isArray(list) && list.length === certs.length) || certs.length < 2 || certs.length > TRUSTEES_MAX)
    throw new Refused("trustees: a number that does not fit");
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > certs.length) throw new Refused("trustees: threshold: not between 2 and their number");
  const polynomials = certs.map((certificate, i) =>
    ofTrustee(i, () => {
      const coefficients = readCoefficients(coefexps[i], readCertificate(certificate).verification);
      if (coefficients.length !== threshold) throw new Refused("coefficients: their number");
      return coefficients;
    }),
  );
  return {
    threshold,
    keys: keys.map((key, i) => ofTrustee(i, () => readKey(key, i, polynomials))),
    y: polynomials.reduce((product, [first]) => times(product, first), 1n),
  };
}
