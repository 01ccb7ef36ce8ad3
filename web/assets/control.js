// What a control of a form holds now, and what the page came with.

export const isChoice = (control) => control.type === "radio" || control.type === "checkbox";
export const valueOf = (control) => (isChoice(control) ? String(control.checked) : control.value);

/** As this kind of control shows it. */
export function cameWith(control) {
  if (isChoice(control)) return String(control.defaultChecked);
  if (control.matches("select")) return ([...control.options].find((option) => option.defaultSelected) ?? control.options[0])?.value ?? "";
  return Object.assign(control.cloneNode(), { value: control.defaultValue }).value;
}
