// What is typed is kept in this browser until it is sent: a closed tab or a dead network loses nothing.
import { word } from "./toasts.js";

const PREFIX = "draft:";
const WEEK = 7 * 24 * 3600 * 1000;
const timers = new WeakMap();

for (const box of document.querySelectorAll("[data-draft]")) restore(box);
document.addEventListener("htmx:after:settle", () => {
  for (const box of document.querySelectorAll("[data-draft]:not([data-draft-seen])")) restore(box);
});

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-draft]") ?? event.target.form?.querySelector("[data-draft]");
  if (!box) return;
  clearTimeout(timers.get(box));
  timers.set(box, setTimeout(() => keep(box), 600));
});

// Sent is not yet arrived: the draft is only marked, so that "back" after a failure still finds it.
document.addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === "_blank") return;
  if (event.target.getAttribute("action") === "/logout") forgetAll();
  for (const box of event.target.querySelectorAll("[data-draft]")) {
    clearTimeout(timers.get(box));
    write(box, { ...typed(box), at: Date.now(), sent: true });
  }
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status >= 400) return;
  for (const box of ctx.sourceElement.querySelectorAll("[data-draft]")) localStorage.removeItem(keyOf(box));
});

function restore(box) {
  box.dataset.draftSeen = "";
  const area = box.querySelector("textarea");
  const draft = read(box);
  if (!draft || area.value) return; // what the server gave back is newer
  const cameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (Date.now() - draft.at > WEEK || (draft.sent && !cameBack)) {
    localStorage.removeItem(keyOf(box));
    return;
  }
  area.value = draft.text;
  for (const field of beside(box)) field.value ||= draft.fields?.[field.name] ?? "";
  note(box, word("draftRestored"));
}

function keep(box) {
  const { text, fields } = typed(box);
  if (![text, ...Object.values(fields)].some((value) => value.trim())) {
    localStorage.removeItem(keyOf(box));
    note(box, "");
  } else if (write(box, { text, fields, at: Date.now() })) {
    note(box, word("draftKept"));
  }
}

function typed(box) {
  const fields = Object.fromEntries(beside(box).map((field) => [field.name, field.value]));
  return { text: box.querySelector("textarea").value, fields };
}

// The one-line fields and lists of the same form: a question's title, tags, product.
function beside(box) {
  const all = [...(box.querySelector("textarea").form?.elements ?? [])];
  return all.filter((field) => field.name && ["text", "select-one"].includes(field.type));
}

function write(box, draft) {
  try {
    localStorage.setItem(keyOf(box), JSON.stringify(draft));
    return true;
  } catch {
    return false; // full, or not allowed: the page works without
  }
}

function read(box) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(box)));
  } catch {
    return null;
  }
}

function forgetAll() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

function keyOf(box) {
  return `${PREFIX}${box.dataset.draft}:${box.querySelector("textarea").name}`;
}

function note(box, text) {
  box.querySelector("[data-draft-note]").textContent = text;
}
