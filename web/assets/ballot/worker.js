// The worker in which papers and trustees' parts are made while the page stays alive. It gets {id, call, argument} and
// answers {id, done, of} on the way and {id, result} or {id, refused | failed} at the end. What it knows ends with it:
// whoever started it terminates it as soon as the work is done. It asks nobody on the network but for its own modules.

import { auditArchive, openArchive, readSetup } from "./audit.js";
import { newSeed, partyOf } from "./channel.js";
import { isCode, keyOf, spell } from "./credential.js";
import { makePaper, trackerOf } from "./paper.js";
import { Refused } from "./text.js";
import { accept, certificateOf, deal } from "./trustee.js";

let setup = null; // of the election voted on

const calls = {
  /** Checks the election's texts {election, trustees, credentials} and gets ready for papers. */
  setup(texts) {
    setup = readSetup(texts);
    const { uuid, name, fingerprint, questions } = setup.election;
    return { uuid, name, fingerprint, credentials: setup.credentials, questions };
  },
  /** {text, tracker} of a paper with these choices, under the code as somebody typed it. */
  paper({ code: typed, choices }, told) {
    const code = spell(typed);
    if (!isCode(code)) throw new Refused("code: a character or the check digit is wrong");
    if (!setup.keys.has(keyOf(code, setup.election.uuid))) throw new Refused("code: not on the list of this election");
    const text = makePaper(setup.election, setup.ofY, code, choices, told);
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
  /** {factors, owned}: texts of a trustee's part in opening the sums of the archive. */
  open: ({ bytes, seed, output, announced }, told) => openArchive(bytes, seed, output, announced, told),
  audit: ({ bytes }, told) => auditArchive(bytes, told),
};

onmessage = ({ data: { id, call, argument } }) => {
  try {
    postMessage({ id, result: calls[call](argument, (done, of) => postMessage({ id, done, of })) });
  } catch (error) {
    postMessage({ id, [error instanceof Refused ? "refused" : "failed"]: error.message });
  }
};
