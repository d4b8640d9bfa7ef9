// Keys: "/" to search, "j" and "k" down and up a list or a thread, "?" for help. Never while typing;
// then Ctrl+Enter (or Command) sends the form being written in.
const help = document.getElementById("shortcuts");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = { "/": search, j: () => move(1), k: () => move(-1), "?": () => help.showModal() }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("textarea, input")?.form;
  const buttons = [...(form?.elements ?? [])].filter((one) => one.type === "submit" && !one.hasAttribute("formaction"));
  // A form with several decisions leaves the choice to the mouse.
  const button = buttons.length === 1 ? buttons[0] : buttons.find((one) => one.matches(".primary"));
  if (!button || event.repeat) return;
  event.preventDefault();
  form.requestSubmit(button);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) help.showModal();
});

function typing(element) {
  return element.isContentEditable || element.matches("input, textarea, select");
}

function search() {
  [...document.querySelectorAll("[role=search] [type=search]")].find((box) => box.checkVisibility())?.focus();
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  const link = row.querySelector("[data-row-link]") ?? row;
  if (link === row) row.tabIndex = -1;
  link.focus({ focusVisible: true });
  row.scrollIntoView({ block: "nearest" });
}
