// What this page shows, what was heard of it since, and the quiet bar that says so.
import { counted, kinds } from "./kinds.js";
import { markDesk, markImports, markQueue } from "./marks.js";
import { refresh } from "./refresh.js";
import { Tabs } from "./tabs.js";

const QUIET = 600; // a page that is left at once connects to nothing
const PATIENCE = 10 * 1000;
const MESSAGES = ".timeline article[id]";
const ROWS = {
  thread: "article[id], .comments > li[id]",
  queue: "[data-review]",
  desk: "[data-ticket]",
  imports: "[data-import]",
  ticket: MESSAGES,
  work: MESSAGES,
};
const bar = document.getElementById("live-bar");
const [text, show, first, close] = ["p", "[data-live-show]", "[data-live-first]", "[data-live-close]"].map((one) => bar?.querySelector(one));
const title = document.title;
const heard = new Map();
const waved = new Map(); // what the reader closed the bar over
const pages = new WeakMap();
let sending = null;
let ahead = 0; // of this browser's clock, the site's
let lapse;

const tabs = new Tabs(({ at, facts }) => {
  ahead = at * 1000 - Date.now();
  for (const [name, now] of Object.entries(facts)) {
    for (const one of subjects()) if (one.name === name) forgetRemoved(one.shown, heard.get(name), now);
    heard.set(name, now);
  }
  look();
});

/** Listen for what the page shows now, and say what is new about it. */
export function start() {
  if (!bar) return;
  setTimeout(() => tabs.show(subjects().map((one) => one.name)), QUIET);
  show.addEventListener("click", load);
  close.addEventListener("click", dismiss);
  first.addEventListener("click", done);
  // While one's own words are on their way, what comes back must not be announced as somebody else's.
  document.addEventListener("htmx:before:request", () => hold(PATIENCE));
  for (const event of ["htmx:finally:request", "htmx:after:settle", "htmx:error"]) document.addEventListener(event, () => hold(0));
}

function subjects() {
  return [...document.querySelectorAll("[data-live]")].map((place) => {
    if (!pages.has(place)) {
      const shown = JSON.parse(place.dataset.facts);
      pages.set(place, { name: place.dataset.live, shown, words: JSON.parse(place.dataset.words), comments: comments() });
    }
    return pages.get(place);
  });
}

function hold(time) {
  clearTimeout(sending);
  sending = setTimeout(() => ((sending = null), look()), time);
}

function look() {
  if (sending) return;
  const said = subjects().map(whatIsNew).filter(Boolean);
  say(said[0] ?? null);
  const unread = bell();
  const count = Math.max(unread, ...said.map((one) => one.count), 0);
  document.title = count > 0 ? `(${count}) ${title}` : title;
}

function whatIsNew({ name, shown, words, comments: drawn }) {
  const now = heard.get(name);
  const kind = name.split(":")[0];
  if (!now) return null;
  mark(kind, now, words);
  // One's own comments came onto the page after it was counted.
  const fresh = kinds[kind]?.({ ...shown, comments: shown.comments + comments() - drawn }, now, words);
  return fresh && waved.get(name) !== fresh.text ? { ...fresh, name, words } : null;
}

// What was taken away since is not among what comes later. Only what one event says after another tells: a page that
// was just made anew knows more than the last event.
function forgetRemoved(shown, before, now) {
  for (const what of ["answers", "comments"]) {
    if (!(what in shown)) continue;
    if (before) shown[what] -= Math.max(0, before[what] - now[what]);
    else shown[what] = Math.min(shown[what], now[what]);
  }
}

function comments() {
  return document.querySelectorAll("#thread .comments > li").length;
}

function mark(kind, now, words) {
  if (kind === "desk") markDesk(now, words);
  if (kind === "imports") markImports(now);
  if (kind !== "queue") return;
  const left = markQueue(now, words, () => Date.now() + ahead);
  clearTimeout(lapse);
  if (left < Infinity) lapse = setTimeout(look, left + 500);
}

// A refresh leaves the bell alone.
function bell() {
  const me = subjects().find(({ name }) => name.startsWith("me:"));
  const now = me && heard.get(me.name);
  const link = document.querySelector(".site-tools a[href='/notifications']");
  if (!now || !link) return 0;
  link.setAttribute("aria-label", counted(me.words.unread, now.unread));
  let count = link.querySelector(".count");
  if (!count && now.unread > 0) {
    count = document.createElement("span");
    count.className = "count lit";
    count.setAttribute("aria-hidden", "true");
    link.append(count);
  }
  if (count) count.textContent = now.unread < 100 ? now.unread : "99+";
  if (count && now.unread === 0) count.remove();
  return Math.max(0, now.unread - me.shown.unread);
}

function say(fresh) {
  if (!fresh && first.dataset.kept) return;
  const words = fresh?.text ?? "";
  if (text.textContent !== words) text.textContent = words;
  show.hidden = close.hidden = !fresh;
  first.hidden = true;
  delete first.dataset.kept;
  bar.dataset.about = fresh?.name ?? "";
}

async function load() {
  const { about } = bar.dataset;
  const { words } = subjects().find(({ name }) => name === about);
  const rows = ROWS[about.split(":")[0]];
  show.disabled = true;
  const { done, fresh } = await refresh(rows);
  show.disabled = false;
  if (!done) return location.reload();
  tabs.show(subjects().map(({ name }) => name));
  say(null);
  look();
  for (const one of fresh) one.classList.add("fresh");
  if (fresh.length === 0) return;
  if (words.first) lead(fresh[0].id, words.first);
  if (rows === MESSAGES) go(fresh);
}

// Who asks to be shown a message that came is brought to it.
function go(fresh) {
  fresh[0].tabIndex = -1;
  fresh[0].focus({ preventScroll: true });
  if (!fresh.some(isInSight)) fresh[0].scrollIntoView();
}

function isInSight(one) {
  const { top, bottom } = one.getBoundingClientRect();
  return top >= 0 && Math.min(bottom, top + 100) <= innerHeight;
}

// Nothing moved under the reader's eyes, so they choose whether to go there.
function lead(id, words) {
  text.textContent = "";
  first.textContent = words;
  first.href = `#${id}`;
  first.hidden = close.hidden = false;
  first.dataset.kept = "true";
  first.focus({ preventScroll: true });
}

function done() {
  delete first.dataset.kept;
  say(null);
  look();
}

function dismiss() {
  waved.set(bar.dataset.about, text.textContent);
  done();
  document.getElementById("main").focus({ preventScroll: true });
}
