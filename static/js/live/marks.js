// Rows of the queue and the desk that somebody else is at: marked where they stand, without loading anything.

import { MOST } from "./kinds.js";

/** Who is looking at which review, until when, and which were settled. */
export function markQueue(now, words, clock) {
  const open = new Set(now.open.map(String));
  const all = now.open.length < MOST;
  let next = Infinity;
  for (const row of document.querySelectorAll("[data-review]")) {
    const claim = now.claims[row.dataset.review];
    const left = claim ? claim.until * 1000 - clock() : 0;
    if (left > 0) next = Math.min(next, left);
    const gone = all && !open.has(row.dataset.review);
    const text = gone ? words.gone : left > 0 ? words.claimed.replace("{name}", claim.by) : "";
    mark(row, text, gone ? "gone" : left > 0 ? "claimed" : "");
  }
  return next; // how long until one of the claims lapses
}

/** Who took which ticket that this page shows without anybody. */
export function markDesk(now, words) {
  for (const row of document.querySelectorAll("[data-ticket]")) {
    const name = now.taken[row.dataset.ticket];
    mark(row, name && !row.textContent.includes(name) ? words.taken.replace("{name}", name) : "", name ? "claimed" : "");
  }
}

/** How far each import is that runs. */
export function markImports(now) {
  for (const row of document.querySelectorAll("[data-import]")) {
    const percent = now.percent[row.dataset.import];
    const bar = row.querySelector("progress");
    if (percent === undefined || !bar) continue;
    bar.value = percent;
    row.querySelector("[data-import-percent]").textContent = `${percent} %`;
  }
}

function mark(row, text, state) {
  const place = row.querySelector("[data-claim]");
  if (!place) return;
  const words = place.querySelector("[data-claim-words]");
  if (words.textContent !== text) words.textContent = text;
  place.hidden = text === "";
  row.dataset.at = text ? state : "";
  for (const box of row.querySelectorAll("input[type=checkbox]")) {
    box.disabled = text !== "";
    if (box.disabled) box.checked = false;
  }
}
