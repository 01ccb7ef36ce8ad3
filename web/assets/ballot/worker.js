// The worker in which papers and trustees' parts are made while the page stays alive. It gets {id, call, argument} and
// answers {id, done, of} on the way and {id, result} or {id, refused | failed} at the end. What it knows ends with it:
// whoever started it terminates it as soon as the work is done. It asks nobody on the network but for its own modules.

import { auditArchive, openArchive, readElectionOf } from "./audit.js";
import { newSeed, partyOf } from "./channel.js";
import { keyOf, newCode, spell } from "./credential.js";
import { makePaper, trackerOf } from "./paper.js";
import { Refused } from "./text.js";
import { accept, certificateOf, deal } from "./trustee.js";

const elections = new Map(); // those voted on, by their ids

const calls = {
  /** A fresh voting code, and its public key in each of these elections: {code, keys: {id: key}}. */
  code({ uuids }) {
    const code = newCode();
    return { code, keys: Object.fromEntries(Object.entries(uuids).map(([id, uuid]) => [id, keyOf(code, uuid)])) };
  },
  /** Checks an election's texts {id, election, trustees} and gets ready for papers in it. */
  election({ id, ...texts }) {
    const read = readElectionOf(texts);
    elections.set(id, read);
    return { fingerprint: read.election.fingerprint, titles: read.election.questions.map(({ title }) => title) };
  },
  /** {text, tracker} of a paper in an election with these choices, under the code as somebody typed it. */
  paper({ id, code: typed, choices }, told) {
    const { election, ofY } = elections.get(id);
    const text = makePaper(election, ofY, spell(typed), choices, told);
    return { text, tracker: trackerOf(text) };
  },
  /** A trustee's fresh seed and its certificate. */
  seed() {
    const seed = newSeed();
    return { seed, certificate: certificateOf(partyOf(seed)) };
  },
  certificate: ({ seed }) => certificateOf(partyOf(seed)),
  deal: ({ seed, certificates, threshold }) => deal(partyOf(seed), certificates, threshold),
  accept: ({ seed, certificates, dealt, threshold }) => accept(partyOf(seed), certificates, dealt, threshold),
  /** A trustee's part in opening the sums of the archive: audit.js. */
  open: ({ bytes, seed, output }, told) => openArchive(bytes, seed, output, told),
  audit: ({ bytes }, told) => auditArchive(bytes, told),
};

onmessage = ({ data: { id, call, argument } }) => {
  try {
    postMessage({ id, result: calls[call](argument, (done, of) => postMessage({ id, done, of })) });
  } catch (error) {
    postMessage({ id, [error instanceof Refused ? "refused" : "failed"]: error.message });
  }
};
