// What every page shares: focus on the problem summary, and loading of the modules that the page's
// data- attributes ask for. Everything works without this file.

const wanted = [
  ["[data-autosave]", "./autosave.js"],
  ["[data-sheet]", "./sheet.js"],
  ["[data-live]", "./live.js"],
];

document.querySelector("[data-focus]")?.focus();

for (const [selector, module] of wanted) {
  const elements = document.querySelectorAll(selector);
  if (elements.length) {
    import(module).then((loaded) => elements.forEach((element) => loaded.start(element)));
  }
}
