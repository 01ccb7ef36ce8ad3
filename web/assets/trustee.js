// A trustee's side in the browser (templates trustees, election): the seed is made and used here, in a worker; what leaves is
// the message that the round asks for, or factors of sums, in the page's own form. Nothing is given away before the trustee
// has seen what he opens.

import { openDesk } from "./ballot/desk.js";

const json = async (address) => {
  const reply = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!reply.ok) throw new Error(`${reply.status}`);
  return reply.json();
};

const parts = (element) => ({
  seed: element.querySelector("[data-seed]"),
  button: element.querySelector("[data-make]"),
  status: element.querySelector("[data-status]"),
  bar: element.querySelector("[data-bar]"),
  form: element.querySelector("form"),
});

function say(element, word, detail = "") {
  const { status } = parts(element);
  status.textContent = [element.dataset[word] ?? "", detail].filter(Boolean).join(" ");
  status.classList.toggle("td-warning", word === "bad" || word === "failed");
}

/** This window remembers the seed of a meeting, so that nobody has to type it every round. */
const kept = (element) => `seed:${element.dataset.meeting}`;

/** The message of the round, as JSON text. */
async function messageOf(desk, view, field) {
  const certificates = (view.certificates ?? []).map((text) => JSON.parse(text));
  const dealt = (view.dealt ?? []).map((text) => JSON.parse(text));
  const { threshold } = view;
  if (view.round === "certificate" && !field.value) {
    const made = await desk.call("seed", {});
    field.value = made.seed;
    return JSON.stringify(made.certificate);
  }
  const call = { certificate: "certificate", deal: "deal", output: "accept" }[view.round];
  return JSON.stringify(await desk.call(call, { seed: field.value.trim(), certificates, dealt, threshold }));
}

async function give(element) {
  const { seed, form } = parts(element);
  const desk = openDesk();
  try {
    say(element, "working");
    const view = await json(element.dataset.trustee);
    form.elements.message.value = await messageOf(desk, view, seed);
    sessionStorage.setItem(kept(element), seed.value.trim());
    say(element, "made");
    form.querySelector("button[type=submit]").focus();
  } catch (error) {
    say(element, error.refused ? "bad" : "failed", error.message);
  } finally {
    desk.end();
  }
}

/** Whether this device has opened sums of other papers under the same election: then a server shows two archives, and the
 *  difference of two sums could be one person's vote. */
function openedOthers({ uuid, trackers }) {
  const name = `opened:${uuid}`;
  const before = localStorage.getItem(name) ?? trackers.join();
  localStorage.setItem(name, before);
  return before !== trackers.join();
}

async function open(element) {
  const { seed, bar, form } = parts(element);
  const desk = openDesk();
  try {
    say(element, "working");
    const [view, reply] = await Promise.all([json(element.dataset.trustee), fetch(element.dataset.archive, { cache: "no-store" })]);
    if (!reply.ok) throw new Error(`${reply.status}`);
    const bytes = new Uint8Array(await reply.arrayBuffer());
    const progress = (done, of) => Object.assign(bar, { hidden: done >= of, max: of, value: done });
    const { report, factors } = await desk.call("open", { bytes, seed: seed.value.trim(), output: JSON.parse(view.mine?.output ?? "null") }, progress);
    if (report.fingerprint !== element.dataset.fingerprint) throw Object.assign(new Error(report.fingerprint), { refused: true });
    if (openedOthers(report)) throw Object.assign(new Error(element.dataset.twice), { refused: true });
    form.elements.factors.value = factors;
    say(element, "made", `${element.dataset.voters} ${report.voters}, ${element.dataset.papers} ${report.tallied}`);
    form.querySelector("button[type=submit]").focus();
  } catch (error) {
    say(element, error.refused ? "bad" : "failed", error.message);
  } finally {
    desk.end();
  }
}

export function start(element) {
  const { seed, button } = parts(element);
  if (!button) return;
  element.querySelector("[data-here]").hidden = false;
  seed.value = sessionStorage.getItem(kept(element)) ?? "";
  button.addEventListener("click", () => (element.dataset.archive ? open(element) : give(element)));
}
