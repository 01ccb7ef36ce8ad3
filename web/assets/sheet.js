// The score sheet: saves while the expert works and moves by keyboard. Everything here is extra: without it
// the form saves and submits by its buttons. The element marked data-sheet holds the form data-save.
//
//   j / k   next / previous dossier      1 ... 9   the n-th points field
//   up / down in a field: half a point   ?         the list of keys
const PAUSE_MS = 800;
let form = null; // null on a sheet that is submitted
let status = null;
let timer = 0;
let dirty = false; // typed and not yet sent
let saving = false;
let again = false;
let submitter = null; // a button pressed while a save was under way

function points() {
  return [...form.querySelectorAll("input[name^='points.']")];
}

function sheet() {
  const values = {};
  for (const input of points()) values[input.name.slice("points.".length)] = input.value.trim();
  const opinion = form.querySelector("input[name='opinion']:checked");
  return { points: values, opinion: opinion ? opinion.value : "", comment: form.elements.comment.value };
}

function mark(input) {
  const text = input.value.trim();
  const value = Number(text);
  const good = text === "" || (/^\d{1,3}(\.\d{1,2})?$/.test(text) && value >= Number(input.dataset.min) && value <= Number(input.dataset.max));
  if (good) input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
  return good;
}

async function save() {
  if (saving) {
    again = true;
    return;
  }
  if (!points().map(mark).every(Boolean)) return;
  saving = true;
  dirty = false;
  try {
    const reply = await fetch(form.dataset.save, {
      method: "PUT",
      keepalive: true,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "If-Match": `"${form.elements._version.value}"`,
        "X-CSRF-Token": document.body.dataset.csrf,
      },
      body: JSON.stringify(sheet()),
    });
    if (reply.ok) form.elements._version.value = (await reply.json()).version;
    status.textContent = reply.ok
      ? `${form.dataset.textSaved} ${new Date().toLocaleTimeString(document.documentElement.lang)}`
      : reply.status === 412 ? form.dataset.textConflict : form.dataset.textFailed;
  } catch {
    status.textContent = form.dataset.textFailed;
  }
  saving = false;
  if (submitter) form.requestSubmit(submitter);
  else if (again) {
    again = false;
    save();
  }
}

function later() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE_MS);
}

function step(input, amount) {
  const value = Math.min(Number(input.dataset.max), Math.max(Number(input.dataset.min), Number(input.value || 0) + amount));
  input.value = value.toFixed(2);
  later();
}

async function follow(selector) {
  const link = document.querySelector(selector);
  if (!link) return;
  clearTimeout(timer);
  if (dirty) await save();
  link.click();
}

function typing(target) {
  return target.matches("input, textarea, select") && target.type !== "radio";
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const input = event.target;
  if (form && input.matches?.("input[name^='points.']") && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    step(input, event.key === "ArrowUp" ? 0.5 : -0.5);
    return;
  }
  if (event.key === "Escape" && input !== document.body) input.blur();
  if (typing(input)) return;
  const keys = document.querySelector("[data-keys]");
  if (event.key === "j") follow("[data-next]");
  else if (event.key === "k") follow("[data-previous]");
  else if (event.key === "?" && keys) keys.open = !keys.open;
  else if (form && /^[1-9]$/.test(event.key)) {
    const field = points()[Number(event.key) - 1];
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  }
}

function send(event) {
  clearTimeout(timer);
  dirty = false;
  if (!saving) return;
  event.preventDefault();
  submitter = event.submitter;
}

export function start(root) {
  form = root.querySelector("form[data-save]");
  status = root.querySelector("[data-saved]");
  document.addEventListener("keydown", press);
  form?.addEventListener("input", later);
  form?.addEventListener("change", later);
  form?.addEventListener("submit", send);
  addEventListener("pagehide", () => dirty && save());
  form?.querySelector("[data-stale] a")?.addEventListener("click", async (event) => {
    if (!dirty && !saving) return;
    event.preventDefault();
    clearTimeout(timer);
    await save();
    location.assign(event.target.href);
  });
}
