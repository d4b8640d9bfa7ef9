// What scrolls sideways must be reachable by keyboard: wide tables and code take their place in the tab order,
// but only while there is something to scroll to.
const WIDE = ".prose pre, .prose table";

function mark() {
  for (const one of document.querySelectorAll(WIDE)) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}

mark();
addEventListener("resize", mark);
addEventListener("load", mark);
document.addEventListener("htmx:after:settle", mark);
document.addEventListener("toggle", mark, true);
