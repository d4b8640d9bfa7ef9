// "@" offers names: first the people on this page, who are the likeliest to be meant.
import "@github/text-expander-element";

const MOST = 6;

// These events do not bubble, so they are caught on their way down.
document.addEventListener("text-expander-change", offer, { capture: true });
document.addEventListener("text-expander-value", fill, { capture: true });

function offer(event) {
  const { text, provide } = event.detail;
  const typed = text.toLowerCase();
  const found = people().filter(({ handle, name }) => handle.startsWith(typed) || name.toLowerCase().startsWith(typed));
  provide(Promise.resolve({ matched: found.length > 0, fragment: list(found.slice(0, MOST)) }));
}

function fill(event) {
  event.detail.value = `@${event.detail.item.dataset.handle}`;
}

function people() {
  const found = new Map();
  for (const link of document.querySelectorAll("main a.person-name")) {
    const handle = decodeURIComponent(link.pathname.split("/").pop());
    found.set(handle, { handle, name: link.textContent });
  }
  return [...found.values()];
}

function list(found) {
  const menu = document.createElement("ul");
  menu.className = "mention-list";
  menu.role = "listbox";
  for (const { handle, name } of found) {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `mention-${handle}`;
    item.dataset.handle = handle;
    item.textContent = name === handle ? `@${handle}` : `${name} @${handle}`;
    menu.append(item);
  }
  return menu;
}
