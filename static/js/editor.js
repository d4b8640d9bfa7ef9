// Write and Preview as tabs. The preview is the server's own cooking, so it is what will be published.
import { refusal, word } from "./toasts.js";

document.addEventListener("click", (event) => {
  const tab = event.target.closest(".editor-tab");
  if (tab) select(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest(".editor-tab");
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = tab.nextElementSibling ?? tab.previousElementSibling;
  select(other);
  other.focus();
});

// Ctrl or Command with Enter sends, as it does elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("[data-editor] textarea")) return;
  event.preventDefault();
  event.target.form?.requestSubmit();
});

function select(tab) {
  const editor = tab.closest("[data-editor]");
  for (const each of editor.querySelectorAll(".editor-tab")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  const previewing = tab.nextElementSibling === null;
  editor.querySelector("markdown-toolbar").hidden = previewing;
  if (previewing) preview(editor);
}

async function preview(editor) {
  const pane = editor.querySelector(".editor-preview");
  const { name, value } = editor.querySelector("textarea");
  if (!value.trim()) {
    pane.textContent = word("nothing");
    return;
  }
  pane.textContent = word("previewing");
  const body = new URLSearchParams({ field: name, [name]: value });
  const reply = await fetch(editor.dataset.preview, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  const html = await reply?.text();
  if (reply?.ok) pane.innerHTML = html;
  else pane.textContent = reply ? (refusal(html) ?? word("failed")) : word("offline");
}
