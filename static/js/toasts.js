// A few words in the corner. The page keeps its shape, and screen readers hear it.
const MOST = 3;

/** A sentence that the page carries in the reader's language. */
export function word(name) {
  return document.getElementById("words").dataset[name];
}

/** What an error page or notice says happened, or null when the reply is neither. */
export function refusal(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return parsed.querySelector("[data-error-message]")?.textContent.trim() ?? null;
}

export function toast(text) {
  const place = document.getElementById("toasts");
  const notice = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  notice.querySelector(".grow").textContent = text;
  notice.querySelector("button").addEventListener("click", () => notice.remove());
  while (place.childElementCount >= MOST) place.firstElementChild.remove();
  place.append(notice);
}
