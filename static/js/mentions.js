// "@" offers names: first the people on this page, who are the likeliest to be meant.
import "@github/text-expander-element";

const MOST = 6;

document.addEventListener("text-expander-change", (event) => {
  const { key, text, provide } = event.detail;
  if (key !== "@") return;
  const found = people().filter(({ handle, name }) => handle.startsWith(text.toLowerCase()) || name.toLowerCase().startsWith(text.toLowerCase()));
  provide(Promise.resolve({ matched: found.length > 0, fragment: list(found.slice(0, MOST)) }));
});

document.addEventListener("text-expander-value", (event) => {
  const { key, item } = event.detail;
  if (key === "@") event.detail.value = `@${item.dataset.handle}`;
});

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
