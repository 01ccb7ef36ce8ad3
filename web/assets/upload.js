// While a file is on its way and examined: says so, and keeps the button from being pressed twice. The
// browser sends the form and shows the answer as it does without this file.

export function start(form) {
  const button = form.querySelector("button[type=submit]");
  const status = document.createElement("p");
  status.className = "td-saved";
  status.setAttribute("role", "status");
  form.append(status);
  form.addEventListener("submit", () => {
    status.textContent = form.dataset.upload;
    button.setAttribute("aria-disabled", "true");
    addEventListener("pagehide", reset, { once: true });
  });
  form.addEventListener("click", (event) => {
    if (event.target === button && button.getAttribute("aria-disabled")) event.preventDefault();
  });
  function reset() {
    status.textContent = "";
    button.removeAttribute("aria-disabled");
  }
}
