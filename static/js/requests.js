// Forms with `hx-post` are sent without loading a page. What this adds: a refusal is said in words and
// changes nothing on the page, and a reply that is a whole page is gone to.
import "htmx.org";
import { refusal, toast, word } from "./toasts.js";

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.hx?.redirect || ctx.hx?.location || ctx.hx?.refresh) return;
  if (ctx.response.status >= 400) {
    const said = refusal(ctx.text);
    // A form that comes back with its errors takes its place; anything else is only said.
    if (said === null && ctx.response.status === 422) return;
    event.preventDefault();
    toast(said ?? word("failed"));
  } else if (/^\s*<!doctype/i.test(ctx.text)) {
    event.preventDefault();
    location.assign(ctx.response.raw.url);
  }
});

document.addEventListener("htmx:error", () => toast(word("offline")));
