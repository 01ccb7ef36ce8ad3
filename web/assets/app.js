// What every page shares: focus on the problem summary, and loading of the modules that the page's
// data- attributes ask for. Everything works without this file.

const wanted = [
  ["[data-autosave]", "./autosave.js"],
  ["[data-editor]", "./editor.js"],
  ["[data-sheet]", "./sheet.js"],
  ["[data-live]", "./live.js"],
  ["[data-upload]", "./upload.js"],
  ["[data-vote]", "./vote.js"],
  ["[data-trustee]", "./trustee.js"],
  ["[data-receipt]", "./receipt.js"],
];

document.querySelector("[data-focus]")?.focus();

// Who has no mouse can scroll what is wider than its frame, when nothing in it takes the focus anyway.
function openToKeys(frame) {
  if (frame.scrollWidth <= frame.clientWidth || frame.tabIndex === 0) return;
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", frame.querySelector("caption, h1")?.textContent.trim() || document.title);
}
const frames = new ResizeObserver((entries) => entries.forEach((entry) => openToKeys(entry.target)));
document.querySelectorAll(".td-table-wrap, .td-sheet").forEach((frame) => frames.observe(frame));

// A form is not given to a session that has ended: that would lose what was entered. After a login in
// another window this page's forms belong to the new session.
function noteEnd(form) {
  const note = document.createElement("p");
  note.className = "td-warning";
  note.dataset.ended = "";
  note.setAttribute("role", "alert");
  const link = document.createElement("a");
  Object.assign(link, { href: "/login?next=%2Faccount", target: "_blank", textContent: document.body.dataset.endedLink });
  note.append(document.body.dataset.endedNote, " ", link);
  form.querySelector("[data-ended]")?.remove();
  form.append(note);
}

const answer = (path) => fetch(`/api/v1${path}`, { headers: { Accept: "application/json" }, cache: "no-store" });

/** True when nobody, or somebody else, is logged in here. Whatever else is wrong the server says itself. */
async function hasEnded(form) {
  try {
    const reply = await answer("/account");
    if (reply.status === 401) return true;
    if (!reply.ok || !form.querySelector("[data-ended]")) return false;
    const { account, csrf } = await (await answer("/session")).json();
    if (account?.id !== document.body.dataset.account) return true;
    document.body.dataset.csrf = csrf;
    for (const field of document.getElementsByName("_csrf")) field.value = csrf;
  } catch {
    // no network: the browser says so
  }
  return false;
}

const entered = new WeakSet(); // forms in which something was changed
const looking = new WeakSet(); // whose session is being looked at
const alive = new WeakSet(); // whose session was there a moment ago

async function beforeSubmit(event) {
  const { target: form, submitter } = event;
  if (!entered.has(form) || alive.delete(form)) return;
  event.preventDefault();
  event.stopPropagation();
  if (looking.has(form)) return;
  looking.add(form);
  const ended = await hasEnded(form);
  looking.delete(form);
  if (ended) {
    noteEnd(form);
    return;
  }
  alive.add(form);
  form.requestSubmit(submitter);
  alive.delete(form); // what was entered may be invalid
}

// What a window keeps of somebody's typing (saving.js) is nothing to who is logged in there after him, and nobody's
// once he has logged out.
const { account } = document.body.dataset;
try {
  const left = sessionStorage.getItem("left");
  for (const key of Object.keys(sessionStorage))
    if (key === "left" || (key.startsWith("typed ") && (left || (account && !key.startsWith(`typed ${account} `))))) sessionStorage.removeItem(key);
  document.addEventListener("submit", ({ target }) => {
    if (target.getAttribute("action") === "/session/end") sessionStorage.setItem("left", "1");
  });
} catch {
  // a browser that keeps nothing
}

// A form that is on its way is left alone by what loads only now.
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (!defaultPrevented) target.dataset.sent = "";
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const isTouched = (control) => "defaultValue" in control && (control.value !== control.defaultValue || control.checked !== control.defaultChecked);

if (account) {
  for (const form of document.querySelectorAll("form[method=post]")) if ([...form.elements].some(isTouched)) entered.add(form); // before this was there
  document.addEventListener("input", ({ target }) => {
    if (target.form?.getAttribute("method") === "post") entered.add(target.form);
  });
  document.addEventListener("submit", beforeSubmit, { capture: true });
}

for (const [selector, module] of wanted) {
  const elements = document.querySelectorAll(selector);
  if (elements.length) {
    import(module).then((loaded) => elements.forEach((element) => loaded.start(element)), () => {
      // A browser that is too old for the module gets the way around it.
      for (const element of elements) element.querySelector("[data-open]")?.removeAttribute("hidden");
    });
  }
}
