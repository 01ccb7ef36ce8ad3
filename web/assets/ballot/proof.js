// Zero-knowledge proofs over the group (Belenios 2.0, section 4), made and checked: core/ballot/proof.c.
//
// A proof is {challenge, response} as texts. What goes into a challenge begins with a word and binds it to its election
// and its voter.

import { exponent, g, generate, hash, p, powers, q, random, readCandidate, readExponent, times } from "./group.js";
import { Refused, shape } from "./text.js";

const json = (challenge, response) => ({ challenge: `${challenge}`, response: `${response}` });

function read(value, what) {
  shape(value, ["challenge", "response"], what);
  return { challenge: readExponent(value.challenge, what), response: readExponent(value.response, what) };
}

// --- one who knows a secret -------------------------------------------------------------------------------------------

/** Proves to know the secret of g^secret; with alpha, that it is also the exponent of alpha^secret. */
export function ofSecret(words, secret, alpha) {
  const w = random();
  const commitments = alpha === undefined ? [generate(w)] : [generate(w), powers(alpha, [w])[0]];
  const challenge = hash(words + commitments.join());
  return json(challenge, exponent(w - secret * challenge));
}

/** Refuses a proof of the secret of `key`; with alpha and factor, that factor = alpha^secret. */
export function checkSecret(words, key, value, what, alpha, factor) {
  const { challenge, response } = read(value, what);
  const commit = (power, of) => times(power, powers(of, [challenge])[0]);
  const commitments = [commit(generate(response), key)];
  if (alpha !== undefined) commitments.push(commit(powers(alpha, [response])[0], factor));
  if (hash(words + commitments.join()) !== challenge) throw new Refused(`${what}: does not hold`);
}

// --- one who encrypted a number in a range ----------------------------------------------------------------------------

const rangeWords = (context, sealed) => `prove|${context}|${sealed.alpha},${sealed.beta}|`;

/** m, 0 or 1, under the key whose powers `ofY` gives: {alpha, beta} = (g^r, y^r g^m), and r. */
export function encrypt(ofY, m) {
  const r = random();
  const vote = [1n, g][m];
  return { r, alpha: generate(r), beta: times(ofY(r), vote) };
}

/** Proves that `sealed`, made with r, holds m with min <= m <= max. Since r is known here, the commitments of the cases that
 *  are made up are powers of g and y alone: alpha^c g^s = g^(s + r c), and likewise for y. */
export function ofRange(context, ofY, sealed, r, m, min, max) {
  const cases = [];
  const commitments = [];
  let others = 0n;
  for (let number = min; number <= max; number++) {
    const [challenge, response] = number === m ? [0n, random()] : [random(), random()];
    const e = exponent(response + r * challenge);
    cases.push({ challenge, response });
    commitments.push(generate(e), times(ofY(e), generate(exponent(BigInt(m - number) * challenge))));
    others += challenge;
  }
  const own = cases[m - min];
  own.challenge = exponent(hash(rangeWords(context, sealed) + commitments.join()) - others);
  own.response = exponent(own.response - r * own.challenge);
  return cases.map(({ challenge, response }) => json(challenge, response));
}

/** Refuses a proof that `sealed` holds a number from min to max; unless `known`, also a ciphertext that is not of the group. */
export function checkRange(context, ofY, sealed, min, max, proofs, what, known) {
  if (!Array.isArray(proofs) || proofs.length !== max - min + 1) throw new Refused(`${what}: not of its form`);
  const cases = proofs.map((proof) => read(proof, what));
  const challenges = cases.map(({ challenge }) => challenge);
  const [alphas, betas] = [sealed.alpha, sealed.beta].map((of) => powers(of, known ? challenges : [...challenges, q]));
  if (!known && (alphas.pop() !== 1n || betas.pop() !== 1n)) throw new Refused(`${what}: no ciphertext of the group`);
  const commitments = cases.flatMap(({ challenge, response }, i) => [
    times(generate(response), alphas[i]),
    times(times(ofY(response), betas[i]), generate(exponent(-BigInt(min + i) * challenge))),
  ]);
  const sum = challenges.reduce((a, b) => a + b, 0n);
  if (hash(rangeWords(context, sealed) + commitments.join()) !== exponent(sum)) throw new Refused(`${what}: the proof fails`);
}

// --- ciphertexts ------------------------------------------------------------------------------------------------------

export const jsonCiphertext = ({ alpha, beta }) => ({ alpha: `${alpha}`, beta: `${beta}` });

/** A ciphertext whose numbers may be of the group: checkRange says so. */
export function readCiphertext(value, what) {
  shape(value, ["alpha", "beta"], what);
  return { alpha: readCandidate(value.alpha, what), beta: readCandidate(value.beta, what) };
}

/** A ciphertext of the sum of what these hold. */
export const sum = (sealed) =>
  sealed.reduce((a, b) => ({ alpha: (a.alpha * b.alpha) % p, beta: (a.beta * b.beta) % p }), { alpha: 1n, beta: 1n });

