// Adding up papers without opening one, and opening the sums (Belenios 2.0, sections 4.16, 4.18, 4.19): core/ballot/count.c.

import { exponent, g, generate, inverseExponent, over, power, q, readElement, times } from "./group.js";
import { checkSecret, ofSecret, sum } from "./proof.js";
import { Refused, shape } from "./text.js";

/** The encrypted sums of checked papers. */
export const sumsOf = (election, papers) =>
  election.questions.map(({ answers }, q) => answers.map((_, a) => sum(papers.map(({ sealed }) => sealed[q][a]))));

const words = (election, key) => `decrypt|${election.fingerprint}|${key}|`;

/** A trustee's part in opening the sums, with its proofs; `told(done, of)` hears of every question. */
export function factorsOf(election, sums, share, told = () => {}) {
  const begin = words(election, generate(share));
  const rows = sums.map((row, i) => {
    const made = row.map(({ alpha }) => ({ factor: power(alpha, share), proof: ofSecret(begin, share, alpha) }));
    told(i + 1, sums.length);
    return made;
  });
  return {
    decryption_factors: rows.map((row) => row.map(({ factor }) => `${factor}`)),
    decryption_proofs: rows.map((row) => row.map(({ proof }) => proof)),
  };
}

const hasForm = (election, rows) =>
  Array.isArray(rows) && rows.length === election.questions.length && rows.every((row, i) => Array.isArray(row) && row.length === election.questions[i].answers.length);

/** Checks a trustee's factors: [[factor]]. */
export function checkFactors(election, sums, key, factors) {
  const { decryption_factors: values, decryption_proofs: proofs } = shape(factors, ["decryption_factors", "decryption_proofs"], "factors");
  if (!hasForm(election, values) || !hasForm(election, proofs)) throw new Refused("factors: not of the election's form");
  const begin = words(election, key);
  return sums.map((row, i) =>
    row.map(({ alpha }, k) => {
      const what = `question ${i + 1}, answer ${k + 1}: the factor`;
      const factor = readElement(values[i][k], what);
      checkSecret(begin, key, proofs[i][k], what, alpha, factor);
      return factor;
    }),
  );
}

/** The Lagrange coefficient at 0 of owners[own]. */
function lagrange(owners, own) {
  const others = owners.filter((owner) => owner !== own);
  const product = (numbers) => numbers.reduce((a, b) => (a * BigInt(b)) % q, 1n);
  return exponent(product(others) * inverseExponent(product(others.map((other) => other - own))));
}

/** k with g^k = x, from 0 to `most`. */
function smallLogarithm(x, most, what) {
  for (let k = 0, one = 1n; k <= most; k++, one = times(one, g)) if (one === x) return k;
  throw new Refused(`${what}: the sum does not open to a number of votes`);
}

/** [[number per answer] per question], with the checked factors of the first trustees, `owners`. */
export function openSums(sums, owners, factors, most) {
  const weights = owners.map((owner) => lagrange(owners, owner));
  return sums.map((row, i) =>
    row.map(({ beta }, k) => {
      const whole = factors.reduce((product, rows, t) => times(product, power(rows[i][k], weights[t])), 1n);
      return smallLogarithm(over(beta, whole), most, `question ${i + 1}, answer ${k + 1}`);
    }),
  );
}
