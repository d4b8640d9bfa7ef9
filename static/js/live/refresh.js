// Loads the page again behind what is looked at, and lets nothing jump: the line that was read stays where it was, what
// was typed or chosen is still there, and what was folded out still is.
import htmx from "htmx.org";

const COUNTING = [".site-nav", ".site-tools .only-narrow nav"]; // what of the frame says how much waits

/** Whether it worked; and the elements that were not there before, of those a selector names. */
export async function refresh(selector) {
  const reply = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } }).catch(() => null);
  const html = reply?.ok ? await reply.text() : "";
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("main");
  const main = document.querySelector("main");
  if (!fresh) return { done: false };
  const before = new Set(rows(main, selector).map(keyOf));
  const kept = keep(main);
  const anchor = inSight(main, fresh);
  const top = anchor?.getBoundingClientRect().top;
  main.replaceChildren(...document.importNode(fresh, true).childNodes);
  COUNTING.forEach((place) => count(page, place));
  kept.forEach((restore) => restore());
  htmx.process(main);
  document.dispatchEvent(new CustomEvent("htmx:after:settle", { detail: {} }));
  const stood = anchor && document.getElementById(anchor.id);
  if (stood) scrollBy({ top: stood.getBoundingClientRect().top - top, behavior: "instant" });
  return { done: true, fresh: rows(main, selector).filter((one) => !before.has(keyOf(one))) };
}

function rows(main, selector) {
  return selector ? [...main.querySelectorAll(selector)] : [];
}

function keyOf({ id, dataset }) {
  return id || dataset.review || dataset.ticket;
}

function count(page, place) {
  const now = page.querySelector(place);
  if (now) document.querySelector(place)?.replaceChildren(...document.importNode(now, true).childNodes);
}

// What was typed, chosen or folded out, as ways to bring it back.
function keep(main) {
  const restores = [];
  for (const field of main.querySelectorAll("textarea, input:not([type=hidden]), select")) {
    if (!isChanged(field)) continue;
    const { id, name, value, checked } = field;
    const form = field.form;
    restores.push(() => {
      const again = (id && document.getElementById(id)) || sameField(main, form, name, field);
      if (!again) return orphan(main, form);
      again.value = value;
      if ("checked" in again) again.checked = checked;
      unfold(again);
    });
  }
  for (const open of main.querySelectorAll("details[open]")) {
    const path = pathOf(main, open);
    if (path) restores.push(() => path()?.setAttribute("open", ""));
  }
  return restores;
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

function sameField(main, form, name, field) {
  const action = form?.getAttribute("action");
  const forms = [...main.querySelectorAll("form")].filter((one) => one.getAttribute("action") === action);
  const fields = forms.flatMap((one) => [...one.elements]).filter((one) => one.name === name);
  return field.type === "radio" ? fields.find((one) => one.value === field.value) : fields[0];
}

// A form that is no longer offered stays below what is new, so that what was typed in it can be copied.
function orphan(main, form) {
  if (form && !form.isConnected) main.append(form);
}

function unfold(field) {
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
}

// How to find a <details> again: the nth in the nearest thing around it that has an id.
function pathOf(main, details) {
  const around = details.parentElement.closest("[id]");
  const number = [...around.querySelectorAll("details")].indexOf(details);
  return () => (around === main ? main : document.getElementById(around.id))?.querySelectorAll("details")[number];
}

// The topmost thing in sight that is there before and after.
function inSight(main, fresh) {
  const there = new Set([...fresh.querySelectorAll("[id]")].map((one) => one.id));
  const boxes = [...main.querySelectorAll("[id]")].filter((one) => there.has(one.id));
  const seen = boxes.filter((one) => one.getBoundingClientRect().bottom > 0 && one.getClientRects().length > 0);
  return seen.find((one) => one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().top < innerHeight) ?? seen.at(-1);
}
