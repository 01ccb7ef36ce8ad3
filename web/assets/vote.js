// A member's side of the secret vote (templates ballots, ballot_code, ballot_receipt): the voting code and the papers are made
// here, in a worker that is ended afterwards. What leaves is keys and papers, in the page's own forms. A form that this file
// has taken over never sends what was chosen, but when the member himself asks the server's worker to encrypt.

import { openDesk } from "./ballot/desk.js";

const WORDS = ["yes", "no", "abstain"]; // in the order of an election's answers

// What this window keeps until the vote is cast: the code, and the receipts to compare with the server's.
const kept = (what, meeting) => ({
  get: () => sessionStorage.getItem(`${what}:${meeting}`) ?? "",
  set: (value) => sessionStorage.setItem(`${what}:${meeting}`, value),
  end: () => sessionStorage.removeItem(`${what}:${meeting}`),
});

async function electionsOf(form) {
  const reply = await fetch(form.dataset.ballots, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!reply.ok) throw new Error(`${reply.status}`);
  return (await reply.json()).items;
}

/** Sends the form with these members instead of what is in its fields. */
function send(form, members) {
  for (const field of form.querySelectorAll("[data-secret], [data-choice]")) field.disabled = true;
  const added = Object.entries(members).map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.append(...added);
  addEventListener("pagehide", () => {
    // Who comes back finds the form as it was.
    added.forEach((field) => field.remove());
    for (const field of form.querySelectorAll("[data-secret], [data-choice]")) field.disabled = false;
    delete form.dataset.sealed;
  }, { once: true });
  form.dataset.sealed = "1";
  form.requestSubmit();
}

/** What the form says while it works, and when it cannot. */
function voice(form) {
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("[data-bar]");
  return {
    say: (word, detail = "") => {
      status.textContent = [form.dataset[word] ?? "", detail].filter(Boolean).join(" ");
      status.classList.toggle("td-warning", /^(bad|failed)/.test(word));
    },
    progress: (done, of) => {
      bar.hidden = done >= of;
      Object.assign(bar, { max: of, value: done });
    },
  };
}

/** Runs `work` when the form is sent, unless its result is being sent. One at a time. Until now the form had no button, so that
 *  nobody was quicker than this. */
function takeOver(form, work) {
  let busy = false;
  Object.assign(form.querySelector("[data-act]"), { disabled: false, hidden: false });
  form.addEventListener("submit", async (event) => {
    if (form.dataset.sealed || form.dataset.open) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
    }
  });
}

// --- the code ---------------------------------------------------------------------------------------------------------

function startCode(form) {
  const { say } = voice(form);
  takeOver(form, async () => {
    const desk = openDesk();
    try {
      say("working");
      const mine = (await electionsOf(form)).filter((one) => one.can_register);
      const { code, keys } = await desk.call("code", { uuids: Object.fromEntries(mine.map(({ id, uuid }) => [id, uuid])) });
      kept("code", form.dataset.vote).set(code);
      send(form, Object.fromEntries(Object.entries(keys).map(([id, key]) => [`keys.${id}`, key])));
    } catch (error) {
      offer(form, error);
    } finally {
      desk.end();
    }
  });
}

/** After the registration: the code, which the server does not know. */
function showCode(element) {
  element.textContent = kept("code", element.dataset.vote).get() || element.dataset.lost;
}

// --- the papers -------------------------------------------------------------------------------------------------------

/** Says why nothing was sent; when only this browser is at fault, lets the member ask the server's worker. */
function offer(form, error) {
  const { say } = voice(form);
  say(error.refused ? "bad" : "failed", error.message);
  const open = form.querySelector("[data-open]");
  if (error.refused || !open) return;
  open.hidden = false;
  open.addEventListener("click", () => (form.dataset.open = "1"), { once: true });
}

/** Refuses an election whose texts are not what this page shows of it. */
function compare({ fingerprint, motions }, read) {
  const titles = motions.map(({ sequence, number }) => `${sequence}. ${number}`);
  if (read.fingerprint !== fingerprint || read.titles.join("\n") !== titles.join("\n")) throw Object.assign(new Error("election"), { refused: true });
}

/** {id: choices} of the elections in which something was chosen; null when an answer is missing, which gets the focus. */
function chosen(form, elections) {
  const made = {};
  for (const { id, motions } of elections) {
    const answers = motions.map((motion) => WORDS.indexOf(form.elements[`choices.${motion.id}`]?.value));
    if (answers.every((answer) => answer < 0)) continue;
    const open = answers.indexOf(-1);
    if (open >= 0) {
      form.elements[`choices.${motions[open].id}`][0].focus();
      return null;
    }
    made[id] = answers;
  }
  return Object.keys(made).length ? made : null;
}

async function seal(form, desk, elections, choices) {
  const { progress } = voice(form);
  const of = elections.reduce((sum, { id }) => sum + (choices[id]?.length ?? 0), 0);
  const papers = {};
  const trackers = {};
  let before = 0;
  for (const { id, number } of elections) {
    if (!choices[id]) continue;
    const { text, tracker } = await desk.call("paper", { id, code: form.elements.voting_code.value, choices: choices[id] }, (done) => progress(before + done, of));
    before += choices[id].length;
    papers[`papers.${id}`] = text;
    trackers[number] = tracker;
  }
  kept("receipts", form.dataset.vote).set(JSON.stringify(trackers));
  return papers;
}

async function startBallot(form) {
  const { say } = voice(form);
  const desk = openDesk();
  const code = form.elements.voting_code;
  if (!code) return; // nothing to vote on now
  code.value ||= kept("code", form.dataset.vote).get();
  say("checking");
  // While the member reads. What it finds is looked at when the member votes, too.
  const ready = electionsOf(form).then(async (items) => {
    const mine = items.filter((one) => one.can_vote);
    for (const one of mine) compare(one, await desk.call("election", { id: one.id, election: one.election, trustees: one.trustees }));
    return mine;
  });
  ready.then(() => say("ready"), (error) => offer(form, error));
  takeOver(form, async () => {
    try {
      const elections = await ready;
      const choices = chosen(form, elections);
      if (!choices) return say("missing");
      say("working");
      const papers = await seal(form, desk, elections, choices);
      desk.end();
      send(form, papers);
    } catch (error) {
      if (/^code:/.test(error.message)) {
        say("badCode");
        code.focus();
      } else offer(form, error);
    }
  });
}

/** After the cast: whether the server has the papers that were made here. */
function showReceipt(element) {
  const made = kept("receipts", element.dataset.vote);
  const own = JSON.parse(made.get() || "null");
  if (!own) return;
  const told = [...element.querySelectorAll("[data-tracker]")];
  const same = told.every((one) => own[one.dataset.tracker] === one.textContent.trim());
  const note = element.querySelector("[data-status]");
  note.textContent = same && told.length ? element.dataset.same : element.dataset.bad;
  note.classList.toggle("td-warning", !same);
  if (same) [made, kept("code", element.dataset.vote)].forEach((one) => one.end());
}

const kinds = { code: startCode, ballot: startBallot, shown: showCode, receipt: showReceipt };

export const start = (element) => kinds[element.dataset.voteKind](element);
