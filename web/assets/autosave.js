// Saves a section while it is being filled in (saving.js): forms marked data-autosave are sent to that address
// some seconds after the last change, with the version that was read. Without scripts the button does the same.
import { saveWhileTyping } from "./saving.js";

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
  saveWhileTyping(form, {
    quiet: QUIET_MS,
    shared: "editor" in form.dataset,
    request: () => {
      const body = new URLSearchParams(new FormData(form));
      for (const name of [...body.keys()]) if (/^_|\._remove$/.test(name)) body.delete(name);
      body.set("_method", "PUT");
      return { address: form.dataset.autosave, method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: body.toString() };
    },
    taken: ({ value, problems }) => {
      nameItems(form, value);
      showProblems(form, problems);
      return problems.map(({ field }) => field);
    },
  });
}
