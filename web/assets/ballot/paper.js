// One ballot paper: answers encrypted, proven well-formed and signed (Belenios 2.0, sections 4.11 to 4.15):
// core/ballot/paper.c, byte for byte.

import { isCode, secretOf } from "./credential.js";
import { generate, readElement } from "./group.js";
import { checkRange, checkSecret, encrypt, jsonCiphertext, ofRange, ofSecret, readCiphertext, sum } from "./proof.js";
import { Refused, fingerprint, parse, shape } from "./text.js";

const ownContext = (election, credential) => `${election.fingerprint}|${credential}`;
const wholeContext = (context, sealed) => `${context}|${sealed.map(({ alpha, beta }) => `${alpha},${beta}`).join()}`;
const signatureWords = (hash) => `sig|${hash}|`;

/** What somebody with the paper keeps: SHA-256 of its text. */
export const trackerOf = (text) => fingerprint(text);

// --- making -----------------------------------------------------------------------------------------------------------

function makeAnswer(election, ofY, context, { answers, min, max }, choice) {
  const sealed = answers.map((_, i) => encrypt(ofY, i === choice ? 1 : 0));
  const whole = sum(sealed);
  const r = sealed.reduce((total, one) => total + one.r, 0n);
  return {
    choices: sealed.map(jsonCiphertext),
    individual_proofs: sealed.map((one, i) => ofRange(context, ofY, one, one.r, i === choice ? 1 : 0, 0, 1)),
    overall_proof: ofRange(wholeContext(context, sealed), ofY, whole, r, 1, min, max),
  };
}

/** The text of a paper with one answer chosen per question, choices[i] from 0. `ofY` gives powers of the election's key
 *  (group.fixed); `told(done, of)` hears of every question. */
export function makePaper(election, ofY, code, choices, told = () => {}) {
  if (!isCode(code)) throw new Refused("code: a character or the check digit is wrong");
  const fits = ({ answers, min, max }, i) => min <= 1 && max >= 1 && Number.isInteger(choices[i]) && choices[i] >= 0 && choices[i] < answers.length;
  if (choices.length !== election.questions.length || !election.questions.every(fits)) throw new Refused("choices: not one answer per question");
  const secret = secretOf(code, election.uuid);
  const credential = `${generate(secret)}`;
  const context = ownContext(election, credential);
  const answers = election.questions.map((question, i) => {
    const answer = makeAnswer(election, ofY, context, question, choices[i]);
    told(i + 1, election.questions.length);
    return answer;
  });
  const paper = { election_uuid: election.uuid, election_hash: election.fingerprint, credential, answers };
  const hash = fingerprint(JSON.stringify(paper));
  return JSON.stringify({ ...paper, signature: { hash, proof: ofSecret(signatureWords(hash), secret) } });
}

// --- checking ---------------------------------------------------------------------------------------------------------

function checkAnswer(ofY, context, { answers, min, max }, answer, what) {
  shape(answer, ["choices", "individual_proofs", "overall_proof"], what);
  const { choices, individual_proofs: proofs, overall_proof: overall } = answer;
  if (!Array.isArray(choices) || !Array.isArray(proofs) || choices.length !== answers.length || proofs.length !== answers.length)
    throw new Refused(`${what}: not of the election's form`);
  const sealed = choices.map((choice, i) => readCiphertext(choice, `${what}, answer ${i + 1}`));
  sealed.forEach((one, i) => checkRange(context, ofY, one, 0, 1, proofs[i], `${what}, answer ${i + 1}: that it is 0 or 1`));
  checkRange(wholeContext(context, sealed), ofY, sum(sealed), min, max, overall, `${what}: how many answers it has`, true);
  return sealed;
}

function checkSignature(paper, credential) {
  const { signature, ...unsigned } = paper;
  shape(signature, ["hash", "proof"], "signature");
  if (signature.hash !== fingerprint(JSON.stringify(unsigned))) throw new Refused("signature: over another text than this");
  checkSecret(signatureWords(signature.hash), credential, signature.proof, "signature");
}

/** Checks everything in a paper's text: {credential: its public key as text, sealed: [[{alpha, beta}]]}. Whether the
 *  credential is on the list is not asked. */
export function checkPaper(election, ofY, text) {
  const paper = parse(text, "paper");
  shape(paper, ["election_uuid", "election_hash", "credential", "answers", "signature"], "paper");
  if (!Array.isArray(paper.answers) || paper.answers.length !== election.questions.length) throw new Refused("paper: not of the election's form");
  if (paper.election_uuid !== election.uuid || paper.election_hash !== election.fingerprint) throw new Refused("paper: of another election");
  const credential = readElement(paper.credential, "credential");
  const context = ownContext(election, paper.credential);
  const sealed = election.questions.map((question, i) => checkAnswer(ofY, context, question, paper.answers[i], `question ${i + 1}`));
  checkSignature(paper, credential);
  return { credential: paper.credential, sealed };
}
