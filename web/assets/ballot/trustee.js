// One trustee's side of making the key and of opening the sums: core/ballot/trustee.c. A trustee keeps its seed and nothing
// else; what it needs later it sends sealed to itself.

import { receive, send, sign } from "./channel.js";
import { exponent, generate, random, readSecret } from "./group.js";
import { ofSecret } from "./proof.js";
import { Refused } from "./text.js";
import { TRUSTEES_MAX, keyWords, ofTrustee, readCertificate, readCoefficients, valueAt } from "./trustees.js";

/** {message, signature}, to publish. */
export const certificateOf = (party) => sign(party.signing, { verification: `${party.verification}`, encryption: `${party.encryption}` });

function readCertificates(party, certificates) {
  if (!Array.isArray(certificates) || certificates.length < 2 || certificates.length > TRUSTEES_MAX) throw new Refused("trustees: the number of certificates");
  const keys = certificates.map((certificate, i) => ofTrustee(i, () => readCertificate(certificate)));
  const own = keys.findIndex(({ verification }) => verification === party.verification);
  if (own < 0) throw new Refused("trustees: this key's certificate is not among them");
  return { keys, own };
}

/** Checks all certificates and deals a random polynomial: {polynomial, secrets, coefexps}. */
export function deal(party, certificates, threshold) {
  const { keys } = readCertificates(party, certificates);
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > keys.length) throw new Refused("trustees: threshold: not between 2 and their number");
  const polynomial = Array.from({ length: threshold }, random);
  const at = (number) => polynomial.reduceRight((value, coefficient) => exponent(value * number + coefficient), 0n);
  return {
    polynomial: send(party, party.encryption, { polynomial: polynomial.map(String) }),
    secrets: keys.map(({ encryption }, i) => send(party, encryption, { secret: `${at(BigInt(i + 1))}` })),
    coefexps: sign(party.signing, { coefexps: polynomial.map((coefficient) => `${generate(coefficient)}`) }),
  };
}

/** Trustee `from`'s value for this one, which must fit its published coefficients. */
function acceptValue(party, sender, own, dealt, threshold) {
  const coefficients = readCoefficients(dealt?.coefexps, sender);
  if (coefficients.length !== threshold) throw new Refused("coefficients: their number");
  const { secret } = receive(party, sender, dealt?.secrets?.[own], "value");
  const value = readSecret(secret, "value");
  if (generate(value) !== valueAt(coefficients, own + 1)) throw new Refused("value: not on its polynomial");
  return value;
}

/** Takes what all dealt, in the order of the certificates: {private_key: sealed for the trustee itself, public_key}. The
 *  threshold is the one agreed on: coefficients of another number are refused. */
export function accept(party, certificates, dealt, threshold) {
  const { keys, own } = readCertificates(party, certificates);
  if (!Array.isArray(dealt) || dealt.length !== keys.length) throw new Refused("trustees: not all have dealt");
  const values = dealt.map((one, i) => ofTrustee(i, () => acceptValue(party, keys[i].verification, own, one, threshold)));
  const share = exponent(values.reduce((a, b) => a + b, 0n));
  const key = generate(share);
  return {
    private_key: send(party, party.encryption, { decryption_key: `${share}` }),
    public_key: { pok: ofSecret(keyWords(key), share), public_key: `${key}` },
  };
}

/** The secret share in the trustee's own output. */
export const shareOf = (party, output) => readSecret(receive(party, party.verification, output?.private_key, "output").decryption_key, "output");
