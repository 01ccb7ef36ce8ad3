// Saves a section while it is being filled in: forms marked data-autosave are sent to that address some
// seconds after the last change, with the version that was read. Without scripts the button does the same.
const QUIET_MS = 3000;

// Names the server knows an item by, once it has been saved: the filled-in items, in their order.
function nameItems(form, value) {
  if (!Array.isArray(value)) return;
  const filled = [...form.querySelectorAll("[data-item]")].filter((item) =>
    [...item.querySelectorAll("input, select, textarea")].some((field) => {
      if (field.type === "hidden" || field.type === "checkbox") return false;
      return field.type === "radio" ? field.checked : field.value.trim() !== "";
    }));
  if (filled.length !== value.length) return;
  filled.forEach((item, index) => {
    item.querySelector("[data-item-id]").value = value[index].id;
  });
}

function showProblems(form, problems) {
  for (const old of form.querySelectorAll("[data-autosave-problem]")) old.remove();
  for (const problem of problems) {
    const field = document.getElementById(problem.field);
    if (!field) continue;
    const note = document.createElement("span");
    note.className = "td-field-problem";
    note.dataset.autosaveProblem = "";
    note.textContent = problem.message;
    field.before(note);
  }
}

export function start(form) {
  const status = form.querySelector("[data-saved]");
  let version = form.dataset.version;
  let timer = 0;
  let busy = false;
  let changed = false;
  let stopped = false;
  let submitter = null; // a button pressed while a save was under way

  async function save() {
    if (busy || stopped) return;
    busy = true;
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    for (const name of [...body.keys()]) if (/^_|\._remove$/.test(name)) body.delete(name);
    body.set("_method", "PUT");
    try {
      const reply = await fetch(form.dataset.autosave, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "If-Match": `"${version}"`, "X-CSRF-Token": document.body.dataset.csrf },
      });
      const answer = await reply.json();
      if (reply.ok) {
        version = String(answer.version);
        form.elements._version.value = version;
        nameItems(form, answer.value);
        showProblems(form, answer.problems);
        status.textContent = `${form.dataset.textSaved} ${new Date(answer.saved_at).toLocaleTimeString()}`;
      } else if (reply.status === 412) {
        stopped = true;
        status.textContent = form.dataset.textConflict;
      } else {
        status.textContent = form.dataset.textFailed;
        if (reply.status === 429 || reply.status === 503) again(Number(reply.headers.get("Retry-After")) || 5);
      }
    } catch {
      status.textContent = form.dataset.textFailed;
    }
    busy = false;
    if (submitter) form.requestSubmit(submitter);
    else if (changed) wait();
  }

  // The server asks for patience: what is on the page is saved later, unless somebody types first.
  function again(seconds) {
    clearTimeout(timer);
    timer = setTimeout(save, seconds * 1000);
  }

  function wait() {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, QUIET_MS);
  }

  form.addEventListener("input", wait);
  form.addEventListener("submit", (event) => {
    stopped = true;
    clearTimeout(timer);
    if (!busy) return;
    event.preventDefault(); // its version would be out of date
    submitter = event.submitter;
  });
}
