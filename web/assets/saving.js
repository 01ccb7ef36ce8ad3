// Saves a form while somebody writes in it, so that nothing typed is lost: one save at a time, what was typed
// meanwhile in the next one. A link, or another form of the page, waits for it. Who leaves otherwise has what is
// unsaved sent behind him; and until the server is known to have it, the window keeps it and puts it back into the
// form when it is open again. What stands there otherwise by then is left, and what was typed is shown beside it.
import { cameWith, isChoice, valueOf } from "./control.js";

const WAIT_MS = 3000; // of a link, for a save
const BEHIND_BYTES = 60000; // browsers send at most 64 KiB for a page that is gone

const itemOf = (control) => control.closest("[data-item]")?.querySelector("[data-item-id]").value ?? "";
const labelOf = (control) => control.labels[0]?.textContent.trim() ?? control.name;

// The server writes some values in its own way: " 7.5" comes back as "7.50".
const same = (a, b) => a.trim() === b.trim() || (a.trim() !== "" && b.trim() !== "" && Number(a) === Number(b));

/** What is typed and chosen in a form, by key. */
function controlsOf(form) {
  const typed = [...form.elements].filter((control) =>
    control.name && !/^_|\._remove$/.test(control.name) && control.matches("textarea, select, input:not([type=hidden])"));
  return new Map(typed.map((control) => [isChoice(control) ? `${control.name}=${control.value}` : control.name, control]));
}

const valuesOf = (form, value = valueOf) => new Map([...controlsOf(form)].map(([key, control]) => [key, value(control)]));

function leads(event, link) {
  return link && !event.defaultPrevented && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey &&
    !link.target && !link.hasAttribute("download") && link.origin === location.origin && !(link.hash && link.pathname === location.pathname);
}

/**
 * `form` has a _version, a [data-saved] and the texts data-text-saved, -failed, -conflict, -restored and -left. After
 * `quiet` milliseconds without a key it is sent as `request()` says: {address, method, headers, body, unfit}; `unfit` are the
 * names of controls that are not in it. `taken(answer)` hears of what was saved and may name more such controls. Of what is
 * `shared` only the version that was read is written over, else also those that own saves on their way may have made.
 */
export function saveWhileTyping(form, { quiet, request, taken = () => [], shared = false }) {
  const place = `typed ${document.body.dataset.account} ${form.getAttribute("action")}`;
  form.autocomplete = "off"; // a browser would put back what may be older than what another window has saved
  const status = form.querySelector("[data-saved]");
  const refused = document.querySelector(".td-problem") !== null; // what was sent stands in the form again, unsaved
  const saved = valuesOf(form, cameWith); // as the server has them
  let version = Number(form.elements._version.value);
  let unsure = 0; // own saves that may have been written since that version
  let sent = null; // the values under way
  let running = null;
  let changed = false; // something is still to be sent
  let stopped = false; // somebody else changed it
  let pressed = null; // another form that waits to go
  let released = false; // it may, saved or not
  let submitted = false;
  let gone = false; // the page is left
  let submitter = null; // a button pressed while a save was under way
  let timer = 0;
  let pause = 0; // that a busy server has asked for

  const say = (text) => (status.textContent = text);
  const versions = (more = 0) => Array.from({ length: shared ? 1 : 1 + unsure + more }, (_, n) => `"${version + n}"`).join(", ");

  function send({ address, method, headers, body }, ifMatch) {
    return fetch(address, {
      method,
      body,
      keepalive: new Blob([body]).size < BEHIND_BYTES,
      headers: { ...headers, Accept: "application/json", "If-Match": ifMatch, "X-CSRF-Token": document.body.dataset.csrf },
    });
  }

  function accept(answer, unfit) {
    version = Number(answer.version);
    form.elements._version.value = version;
    unsure = 0;
    const open = new Set([...unfit, ...taken(answer)]);
    for (const [key, control] of controlsOf(form)) if (sent.has(key) && !open.has(control.name)) saved.set(key, sent.get(key));
    sent = null;
    keep();
    say(`${form.dataset.textSaved} ${new Date(answer.saved_at ?? Date.now()).toLocaleTimeString(document.documentElement.lang)}`);
  }

  /** One save; false when nothing was written. */
  async function attempt() {
    const what = request();
    changed = false;
    pause = 0;
    sent = valuesOf(form);
    try {
      const reply = await send(what, versions());
      const answer = await reply.json();
      if (reply.ok) {
        accept(answer, what.unfit ?? []);
        return true;
      }
      stopped = reply.status === 412;
      if (reply.status === 429 || reply.status === 503) pause = 1000 * (Number(reply.headers.get("Retry-After")) || 5);
    } catch {
      // no network, or no answer of ours
    }
    say(stopped ? form.dataset.textConflict : form.dataset.textFailed);
    return false;
  }

  function save() {
    if (running || stopped || !changed) return running;
    clearTimeout(timer);
    running = attempt().then((good) => {
      const typed = changed;
      running = sent = null;
      changed ||= !good;
      if (submitter) form.requestSubmit(submitter);
      else if (typed || pause) later(pause || quiet);
    });
    return running;
  }

  function later(ms = quiet) {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  /** When all is sent, or it takes too long. */
  const settled = () => Promise.race([(async () => { await running; await save(); })(), new Promise((done) => setTimeout(done, WAIT_MS))]);

  /** The window keeps what the server is not known to have; `more` saves may be written besides. */
  function keep(more = 0) {
    const fields = {};
    for (const [key, control] of controlsOf(form)) {
      const now = valueOf(control);
      const seen = [saved.get(key), sent?.get(key)].filter((value) => value !== undefined);
      if (!seen.every((value) => same(value, now))) fields[key] = { now, seen, item: itemOf(control), label: labelOf(control) };
    }
    try {
      if (Object.keys(fields).length) sessionStorage.setItem(place, JSON.stringify({ version, unsure: unsure + more, submitted, fields }));
      else sessionStorage.removeItem(place);
    } catch {
      // a browser that keeps nothing
    }
  }

  function showLeft(left) {
    const note = document.createElement("div");
    note.className = "td-warning";
    note.setAttribute("role", "status");
    for (const text of [form.dataset.textLeft, ...left]) {
      const line = document.createElement("p");
      line.className = "td-prewrap";
      line.textContent = text;
      note.append(line);
    }
    form.prepend(note);
  }

  /** Puts back what the window kept, where the server shows what it showed then. */
  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
    if (!kept) return;
    sessionStorage.removeItem(place);
    if (kept.submitted && !refused && version > kept.version + kept.unsure) return; // it was taken
    const controls = controlsOf(form), left = [];
    let restored = false;
    for (const [key, { now, seen, item, label }] of Object.entries(kept.fields)) {
      const control = controls.get(key);
      const here = control && (!item || item === itemOf(control));
      if (here && same(valueOf(control), now)) {
        if (refused) saved.set(key, seen[0]);
        continue;
      }
      if (here && seen.some((value) => same(value, valueOf(control)))) {
        if (isChoice(control)) control.checked = now === "true";
        else control.value = now;
        control.dispatchEvent(new Event("input", { bubbles: true }));
        restored = true;
      } else if (now !== "false" && now.trim()) left.push(now === "true" ? label : `${label}: ${now}`);
    }
    unsure = Math.max(0, kept.version + kept.unsure - version);
    if (restored) say(form.dataset.textRestored);
    if (left.length) showLeft(left);
  }

  function typed() {
    changed = true;
    released = submitted = false;
    if (!running) later();
  }

  form.addEventListener("input", typed);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    submitted = !running;
    if (running) {
      event.preventDefault(); // its version would be out of date
      submitter = event.submitter;
    } else form.elements._version.value = versions();
  });

  const waits = () => !stopped && (changed || running);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!leads(event, link) || !waits()) return;
    event.preventDefault();
    settled().then(() => location.assign(link.href));
  });
  document.addEventListener("submit", (event) => {
    const { target, submitter: button } = event;
    if (target === form || released || !waits()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (pressed) return;
    pressed = target;
    settled().then(() => {
      pressed = null;
      released = true;
      target.requestSubmit(button);
    });
  }, { capture: true });

  addEventListener("pagehide", () => {
    gone = true;
    const behind = changed && !stopped && !submitted;
    keep((running ? 1 : 0) + (behind ? 1 : 0));
    if (behind) send(request(), versions(running ? 1 : 0)).catch(() => {});
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden || gone || submitted) return;
    keep(running ? 1 : 0);
    save();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && sessionStorage.getItem(place)) location.reload();
    gone = false;
  });
  restore();
  // Typed before this file was there, in a form that is not on its way by now.
  if (!refused && !("sent" in form.dataset) && [...valuesOf(form)].some(([key, value]) => !same(value, saved.get(key)))) typed();
}
