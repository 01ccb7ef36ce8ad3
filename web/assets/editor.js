// The editor of a standard's script: line numbers, and a check while somebody types, whose answer is the page
// of data-editor: what is wrong with which line, and the table as people will read it. The form works without
// all this; the textarea stays the control.
const QUIET_MS = 500;

/** Numbers beside the lines, moving with them; `bad` is the line with the fault, 0 for none. */
function numbers(area) {
  const gutter = document.createElement("pre");
  gutter.className = "td-gutter";
  gutter.setAttribute("aria-hidden", "true");
  area.before(gutter);
  let count = 0, bad = 0;
  const draw = (lines, fault) => {
    if (lines === count && fault === bad) return;
    [count, bad] = [lines, fault];
    const rows = Array.from({ length: lines }, (_, i) => `${i + 1}\n`);
    gutter.replaceChildren(rows.slice(0, Math.max(0, bad - 1)).join(""));
    if (bad && bad <= lines) {
      const mark = document.createElement("span");
      mark.className = "is-bad";
      mark.textContent = `${bad}\n`;
      gutter.append(mark);
    }
    gutter.append(rows.slice(bad).join(""));
  };
  const follow = () => (gutter.scrollTop = area.scrollTop);
  const fit = () => (gutter.style.maxBlockSize = `${area.offsetHeight}px`);
  area.addEventListener("scroll", follow);
  new ResizeObserver(fit).observe(area);
  return (fault = bad) => {
    draw(area.value.split("\n").length, fault);
    follow();
  };
}

/** Puts the caret at the beginning of a line and shows it. */
function go(area, line) {
  const lines = area.value.split("\n");
  const at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(at, at + (lines[line - 1]?.length ?? 0));
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, line - 6);
}

export function start(form) {
  const area = form.elements.source;
  const asked = /^#L(\d+)$/.exec(location.hash); // a finding of a trial leads to its line
  const checked = document.querySelector("[data-checked]");
  const preview = document.querySelector("[data-preview]");
  const redraw = numbers(area);
  let timer = 0, asking = false, again = false;
  let seen = area.defaultValue; // the text that the page, or the last answer, is about

  const faultLine = () => Number(checked.querySelector("[data-fault]")?.dataset.line ?? 0);
  const mark = () => {
    const line = faultLine();
    redraw(line);
    if (checked.querySelector("[data-fault]")) area.setAttribute("aria-invalid", "true");
    else area.removeAttribute("aria-invalid");
  };

  function show(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const answer = fresh.querySelector("[data-checked]");
    if (!answer) return false;
    if (checked.innerHTML !== answer.innerHTML) checked.replaceChildren(...answer.childNodes);
    if (!checked.querySelector("[data-fault]")) preview.replaceChildren(...fresh.querySelector("[data-preview]").childNodes);
    mark();
    return true;
  }

  // One question at a time; what was typed meanwhile is asked next, so that the last answer is about the last text.
  async function check() {
    if (asking) {
      again = true;
      return;
    }
    if (!area.value.trim() || area.value === seen) return;
    asking = true;
    seen = area.value;
    let wait = 0;
    try {
      const reply = await fetch(form.dataset.editor, {
        method: "POST",
        headers: { Accept: "text/html", "X-Background": "1", "X-CSRF-Token": document.body.dataset.csrf },
        body: new URLSearchParams({ series: form.dataset.series, level: form.dataset.level, source: area.value, _csrf: document.body.dataset.csrf }),
      });
      const good = reply.ok && show(await reply.text());
      if (!good) seen = null;
      if (reply.status === 429 || reply.status === 503) wait = 1000 * (Number(reply.headers.get("Retry-After")) || 5);
      else if (!good) checked.textContent = form.dataset.textUnchecked;
    } catch {
      seen = null;
    }
    asking = false;
    if (again || wait) later(wait || QUIET_MS);
    again = false;
  }

  function later(ms = QUIET_MS) {
    clearTimeout(timer);
    timer = setTimeout(check, ms);
  }

  area.addEventListener("input", () => {
    redraw();
    later();
  });
  checked.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    if (!link) return;
    event.preventDefault();
    go(area, Number(link.dataset.go));
  });
  const row = form.querySelector("[data-file-row]");
  row.hidden = false;
  row.querySelector("[data-file]").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    area.value = await file.text();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  mark();
  later(); // for what was typed, or put back, before this was there
  if (asked) go(area, Number(asked[1]));
}
