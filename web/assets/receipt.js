// "Is my paper in it?" (template election): the published archive is checked here from its first byte to its last, in a worker,
// and the receipt looked for among the papers that count.

import { openDesk } from "./ballot/desk.js";

async function check(form) {
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("[data-bar]");
  const say = (word, detail = "") => {
    status.textContent = `${form.dataset[word]} ${detail}`.trim();
    status.classList.toggle("td-warning", word !== "found" && word !== "working" && word !== "holds");
  };
  const desk = openDesk();
  try {
    say("working");
    const reply = await fetch(form.dataset.archive, { cache: "no-store" });
    if (!reply.ok) throw new Error(`${reply.status}`);
    const report = await desk.call("audit", { bytes: new Uint8Array(await reply.arrayBuffer()) }, (done, of) => Object.assign(bar, { hidden: done >= of, max: of, value: done }));
    const tracker = form.elements.tracker.value.trim().replace(/=$/, "");
    if (report.fingerprint !== form.dataset.fingerprint) say("other", report.fingerprint);
    else if (!tracker) say("holds");
    else say(report.trackers.includes(tracker) ? "found" : "absent");
  } catch (error) {
    say(error.refused ? "bad" : "failed", error.message);
  } finally {
    desk.end();
  }
}

export function start(form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(form);
  });
}
