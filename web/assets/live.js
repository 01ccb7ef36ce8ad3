// Keeps a part of the page fresh: an element with an id and data-live="<address of an event stream>" is
// fetched again whenever the stream says that its subject changed: the whole of it, or those elements in it
// that have data-live-part and an id. What somebody is typing there is left alone until the next event.
// Without scripts people reload.
import { cameWith, valueOf } from "./control.js";

const QUIET_MS = 200;
const SPREAD_MS = 500; // a new standard is news to very many pages
const RETRY_MS = 3000;
const CROWDED_MS = 60000;

// How to find the control again that had the focus: its form and its name, or its address.
function place(element) {
  if (element?.form) return { form: element.form.getAttribute("action"), name: element.name };
  return element?.href ? { href: element.getAttribute("href") } : null;
}

function focusAgain(root, { form, name, href }) {
  const found = href
    ? [...root.querySelectorAll("a")].find((link) => link.getAttribute("href") === href)
    : [...root.querySelectorAll("button, input, select, textarea")].find(
        (control) => control.form?.getAttribute("action") === form && control.name === name && control.type !== "hidden");
  found?.focus();
}

const isTyping = (root) =>
  [...root.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => field === document.activeElement || valueOf(field) !== cameWith(field));

// What has a data-stamp is somebody's own work over something else: it is never replaced, but says that the
// something is another one now.
function renew(element, fresh) {
  if (!fresh) return;
  if ("stamp" in element.dataset) {
    if (fresh.dataset.stamp !== element.dataset.stamp) element.querySelector("[data-stale]").hidden = false;
    return;
  }
  if (isTyping(element) || fresh.innerHTML === element.innerHTML) return;
  const focused = element.contains(document.activeElement) ? place(document.activeElement) : null;
  const open = [...element.querySelectorAll("details")].map((details) => details.open);
  element.replaceChildren(...fresh.childNodes);
  element.querySelectorAll("details").forEach((details, i) => (details.open = open[i] ?? details.open));
  if (focused) focusAgain(element, focused);
}

/** False when it should be tried again. */
async function refresh(element) {
  const parts = [...element.querySelectorAll("[data-live-part]")];
  if (!parts.length) parts.push(element);
  if (parts.every((part) => !("stamp" in part.dataset) && isTyping(part))) return true;
  const reply = await fetch(location.href, { headers: { Accept: "text/html", "X-Background": "1" }, credentials: "same-origin" });
  if (!reply.ok || reply.redirected) return reply.status < 500 && reply.status !== 429;
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  for (const part of parts) renew(part, fresh.getElementById(part.id));
  return true;
}

// How far a long piece of work is: a <progress data-progress> and the text beside it.
function showProgress(element, { done, total }) {
  const bar = element.querySelector("[data-progress]");
  const text = element.querySelector("[data-progress-text]");
  if (bar) Object.assign(bar, { max: total, value: done });
  if (text) text.textContent = `${done} / ${total}`;
}

// The address says what the page already knows; what happened before anybody listened comes first.
// The browser comes back by itself when a stream breaks, with the id of the last event, and hears what it
// missed. It gives up when the server refuses it: then we ask again, more and more rarely. A server that says
// "bye" knows why: the session has ended (nothing can be fetched any more), or newer pages of the same person
// took the streams; such a page looks again when somebody looks at it, and now and then while it is in view.
export function start(element) {
  let timer, source, retry;
  let wait = RETRY_MS;
  let missed = false; // events may have come while nobody listened
  let looking = false, again = false, pause = RETRY_MS;
  const soon = (ms = QUIET_MS + Math.random() * SPREAD_MS) => {
    clearTimeout(timer);
    timer = setTimeout(look, ms);
  };
  // One look at a time, that an older answer does not come after a newer one.
  async function look() {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    again = false;
    const good = await refresh(element).catch(() => false);
    looking = false;
    if (again) soon();
    else if (!good) soon(pause * (1 + Math.random() / 2));
    pause = good ? RETRY_MS : Math.min(pause * 2, CROWDED_MS);
  }
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const later = (ms) => {
    close();
    missed = true;
    retry = setTimeout(connect, ms * (1 + Math.random() / 2));
  };
  function connect() {
    if (document.hidden && missed) return; // again when it is looked at
    close();
    source = new EventSource(element.dataset.live);
    source.addEventListener("open", () => {
      wait = RETRY_MS;
      if (missed) soon();
      missed = false;
    });
    source.addEventListener("changed", () => soon());
    source.addEventListener("progress", (event) => showProgress(element, JSON.parse(event.data)));
    source.addEventListener("resync", () => soon());
    source.addEventListener("bye", (event) => {
      if (JSON.parse(event.data).reason === "many") later(CROWDED_MS);
      else close();
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      later(wait);
      wait = Math.min(wait * 2, CROWDED_MS);
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && missed) connect();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    missed = true;
    connect();
  });
  connect();
}
