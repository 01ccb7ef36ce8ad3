// The score sheet: saves while the expert works and moves by keyboard. Everything here is extra: without it
// the form saves and submits by its buttons. The element marked data-sheet holds the form data-save.
//
//   j / k   next / previous dossier      1 ... 9   the n-th points field
//   up / down in a field: half a point   ?         the list of keys
import { saveWhileTyping } from "./saving.js";

const PAUSE_MS = 800;
let form = null; // null on a sheet that is submitted

function points() {
  return [...form.querySelectorAll("input[name^='points.']")];
}

/** The sheet without the points that are none. */
function sheet(unfit) {
  const values = {};
  for (const input of points()) if (!unfit.includes(input.name)) values[input.name.slice("points.".length)] = input.value.trim();
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

function request() {
  const unfit = points().filter((input) => !mark(input)).map((input) => input.name);
  return { address: form.dataset.save, method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sheet(unfit)), unfit };
}

function step(input, amount) {
  const value = Math.min(Number(input.dataset.max), Math.max(Number(input.dataset.min), Number(input.value || 0) + amount));
  input.value = value.toFixed(2);
  input.dispatchEvent(new Event("input", { bubbles: true }));
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
  if (event.key === "j") document.querySelector("[data-next]")?.click();
  else if (event.key === "k") document.querySelector("[data-previous]")?.click();
  else if (event.key === "?" && keys) keys.open = !keys.open;
  else if (form && /^[1-9]$/.test(event.key)) {
    const field = points()[Number(event.key) - 1];
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  }
}

export function start(root) {
  form = root.querySelector("form[data-save]");
  document.addEventListener("keydown", press);
  if (form) saveWhileTyping(form, { quiet: PAUSE_MS, request });
}
