// What every page shares: focus on the problem summary, and loading of the modules that the page's
// data- attributes ask for. Everything works without this file.

const wanted = [
  ["[data-autosave]", "./autosave.js"],
  ["[data-sheet]", "./sheet.js"],
  ["[data-live]", "./live.js"],
  ["[data-upload]", "./upload.js"],
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

for (const [selector, module] of wanted) {
  const elements = document.querySelectorAll(selector);
  if (elements.length) {
    import(module).then((loaded) => elements.forEach((element) => loaded.start(element)));
  }
}
