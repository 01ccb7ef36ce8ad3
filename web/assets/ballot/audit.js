// Everything that an election's archive claims, computed again: core/ballot/audit.c, in the same order. The first thing that
// does not hold is refused with its place.

import { eventText, readArchive } from "./archive.js";
import { partyOf } from "./channel.js";
import { checkFactors, factorsOf, openSums, sumsOf } from "./count.js";
import { readElection } from "./election.js";
import { fixed, generate, readElement } from "./group.js";
import { checkPaper, trackerOf } from "./paper.js";
import { jsonCiphertext } from "./proof.js";
import { Refused, fingerprint, hexOf, parse, sha256, shape } from "./text.js";
import { shareOf } from "./trustee.js";
import { readTrustees } from "./trustees.js";

/** The least number of `of` that is the part: 2/3 of 11 is 8. */
const least = ([a, b], of) => Math.floor((a * of + b - 1) / b);

/** Refuses with the place in front what `check` refuses. */
function within(what, check) {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refused(`${what}: ${error.message}`);
  }
}

/** The public keys on a list of credentials: "key", "key,1" or "key,1,name". */
export function readCredentials(text) {
  const list = parse(text, "credentials");
  if (!Array.isArray(list)) throw new Refused("credentials: not a list");
  const keys = new Set();
  list.forEach((entry, i) => {
    const [key, weight = "1"] = String(entry).split(",");
    if (weight !== "1" && weight !== "") throw new Refused(`credentials: number ${i + 1}: not of weight 1`);
    readElement(key, `credentials: number ${i + 1}`);
    if (keys.has(key)) throw new Refused(`credentials: number ${i + 1}: there twice`);
    keys.add(key);
  });
  return keys;
}

function checkRule({ rule }, voters) {
  if (!rule) return;
  const needed = least(rule.quorum, rule.members);
  if (rule.present < needed) throw new Refused(`quorum: ${rule.present} of ${rule.members} members present, ${needed} are needed`);
  if (voters > rule.of) throw new Refused(`credentials: ${voters}, more than the ${rule.of} members whom the majority is of`);
}

/** What a voter asks of an election before he seals anything for it: that its key is the one that these trustees made. */
export function readElectionOf({ election: electionText, trustees: trusteesText }) {
  const election = readElection(electionText);
  const trustees = readTrustees(trusteesText);
  if (election.y !== trustees.y || election.y === 1n) throw new Refused("election: public_key: not the one of the trustees");
  return { election, trustees, ofY: fixed(election.y) };
}

/** The same with the list of credentials, and the quorum. */
export function readSetup(texts) {
  const setup = readElectionOf(texts);
  const keys = readCredentials(texts.credentials);
  checkRule(setup.election, keys.size);
  return { ...setup, keys, credentials: fingerprint(texts.credentials) };
}

// --- events -----------------------------------------------------------------------------------------------------------

function onSetup(audit, text) {
  const setup = shape(parse(text, "setup"), ["election", "trustees", "credentials"], "setup");
  const texts = Object.fromEntries(Object.entries(setup).map(([name, hash]) => [name, audit.find(hash, name)]));
  Object.assign(audit, readSetup(texts));
}

function onBallot(audit, text) {
  const what = `ballot ${audit.papers.length + 1}`;
  const paper = within(what, () => checkPaper(audit.election, audit.ofY, text));
  if (!audit.keys.has(paper.credential)) throw new Refused(`${what}: credential: not on the list`);
  audit.papers.push({ ...paper, tracker: trackerOf(text) });
}

/** Of each credential the last ballot. */
function onEnd(audit) {
  const last = new Map(audit.papers.map((paper) => [paper.credential, paper]));
  audit.tallied = audit.papers.filter((paper) => last.get(paper.credential) === paper);
}

function onTally(audit, text) {
  const sized = shape(parse(text, "encrypted tally"), ["num_tallied", "total_weight", "encrypted_tally"], "encrypted tally");
  const count = audit.tallied.length;
  if (sized.num_tallied !== count || sized.total_weight !== count) throw new Refused(`encrypted tally: num_tallied, total_weight: ${count} ballots count`);
  audit.sums = sumsOf(audit.election, audit.tallied);
  const expected = JSON.stringify(audit.sums.map((row) => row.map(jsonCiphertext)));
  if (audit.find(sized.encrypted_tally, "encrypted tally: its sums") !== expected) throw new Refused("encrypted tally: not the sum of the ballots");
}

function onDecryption(audit, text) {
  const what = `partial decryption ${audit.opened.length + 1}`;
  const { owner, payload } = shape(parse(text, what), ["owner", "payload"], what);
  const key = audit.trustees.keys[owner - 1];
  if (!Number.isInteger(owner) || key === undefined) throw new Refused(`${what}: owner: no such trustee`);
  if (audit.opened.some((one) => one.owner === owner)) throw new Refused(`${what}: owner: a second time`);
  const factors = parse(audit.find(payload, what), what);
  audit.opened.push({ owner, factors: within(`${what}, of trustee ${owner}`, () => checkFactors(audit.election, audit.sums, key, factors)) });
}

function onResult(audit, text) {
  const { threshold } = audit.trustees;
  if (audit.opened.length < threshold) throw new Refused(`result: opened by ${audit.opened.length} trustees, ${threshold} are needed`);
  const used = audit.opened.slice(0, threshold);
  const result = openSums(audit.sums, used.map(({ owner }) => owner), used.map(({ factors }) => factors), audit.tallied.length);
  if (text !== JSON.stringify({ result })) throw new Refused("result: not what the sums open to");
  audit.result = result;
}

const steps = {
  Setup: { from: "empty", to: "open", run: onSetup },
  Ballot: { from: "open", to: "open", run: onBallot },
  EndBallots: { from: "open", to: "closed", run: onEnd, bare: true },
  EncryptedTally: { from: "closed", to: "summed", run: onTally },
  PartialDecryption: { from: "summed", to: "summed", run: onDecryption },
  Result: { from: "summed", to: "counted", run: onResult },
};

function takeStep(audit, file) {
  const { type, payload } = parse(file.text, `event ${audit.height}`) ?? {};
  const step = Object.hasOwn(steps, type) ? steps[type] : null;
  if (!step) throw new Refused(`event ${audit.height}: of no kind known here`);
  if (file.text !== eventText(audit.head, audit.height, type, step.bare ? undefined : payload))
    throw new Refused(`event ${audit.height}, ${type}: does not continue the event before it`);
  if (audit.stage !== step.from) throw new Refused(`event ${audit.height}, ${type}: out of its turn`);
  step.run(audit, step.bare ? "" : audit.find(payload, type));
  Object.assign(audit, { stage: step.to, head: file.hash, height: audit.height + 1 });
}

/** Walks the archive's bytes; `told(done, of)` hears of every event. */
function run(bytes, told) {
  const files = readArchive(bytes);
  const used = new Set();
  const seen = new Map(); // data before the present event
  const audit = { stage: "empty", height: 0, head: undefined, papers: [], tallied: [], opened: [], sums: null, result: null };
  audit.find = (hash, what) => {
    if (!seen.has(hash)) throw new Refused(`${what}: not before its event in the archive`);
    used.add(hash);
    return seen.get(hash);
  };
  files.forEach((file, i) => {
    if (file.isEvent) takeStep(audit, file);
    else seen.set(file.hash, file.text);
    told(i + 1, files.length);
  });
  if (audit.stage === "empty") throw new Refused("no election was set up in it");
  const unused = files.findIndex(({ isEvent, hash }) => !isEvent && !used.has(hash));
  if (unused >= 0) throw new Refused(`file ${unused + 2}: no event refers to it`);
  return audit;
}

// --- what is asked of it ----------------------------------------------------------------------------------------------

function questionReport(audit, { title }, index) {
  const { rule } = audit.election;
  const counts = audit.result?.[index] ?? null;
  const required = rule ? least(rule.majority, rule.of) : null;
  return { question: title, counts, required, passed: rule && counts ? counts[0] >= required : null };
}

const ruleReport = (rule) =>
  rule && { members: rule.members, present: rule.present, of: rule.of, required: least(rule.quorum, rule.members) };

function reportOf(audit) {
  const { election, trustees, papers, tallied } = audit;
  return {
    name: election.name,
    uuid: election.uuid,
    fingerprint: election.fingerprint,
    credentials: audit.credentials,
    head: audit.head,
    stage: audit.stage,
    voters: audit.keys.size,
    ballots: papers.length,
    tallied: tallied.length,
    trustees: trustees.keys.length,
    threshold: trustees.threshold,
    trackers: (audit.stage === "open" ? papers : tallied).map(({ tracker }) => tracker),
    opened_by: audit.opened.map(({ owner }) => owner),
    rule: ruleReport(election.rule),
    questions: election.questions.map((question, i) => questionReport(audit, question, i)),
  };
}

/** The report on an archive that holds, as `titlectl --json ballot verify` has it. */
export const auditArchive = (bytes, told = () => {}) => reportOf(run(bytes, told));

/** A trustee's part in opening the sums of an archive that holds and whose vote has ended, never of anything else: {report,
 *  factors, owned}, the last two texts as the archive takes them. The report is for the trustee's eyes before he gives
 *  anything away: an archive cannot say that papers were left out of it. */
export function openArchive(bytes, seed, output, told = () => {}) {
  const party = partyOf(seed);
  const audit = run(bytes, told);
  if (audit.stage !== "summed") throw new Refused(`the election is ${audit.stage}: there are no sums to open`);
  const share = shareOf(party, output);
  const owner = audit.trustees.keys.indexOf(generate(share)) + 1;
  if (!owner) throw new Refused("this key is no trustee's of the election");
  const factors = JSON.stringify(factorsOf(audit.election, audit.sums, share, told));
  return { report: reportOf(audit), factors, owned: JSON.stringify({ owner, payload: hexOf(sha256(factors)) }) };
}
