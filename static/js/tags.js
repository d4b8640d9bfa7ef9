// Suggestions for a field that holds several words: a datalist replaces the whole value, so each
// suggestion begins with the tags that are there already.
const known = new WeakMap();

document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-tags]");
  if (!field) return;
  const list = document.getElementById(field.dataset.tags);
  if (!known.has(list)) known.set(list, [...list.options].map((option) => option.value));
  const before = field.value.replace(/[^\s,]*$/, "");
  const typed = field.value.slice(before.length).toLowerCase();
  const taken = new Set(before.toLowerCase().split(/[\s,]+/));
  const fitting = known.get(list).filter((name) => name.includes(typed) && !taken.has(name)).slice(0, 12);
  list.replaceChildren(...fitting.map((name) => new Option(before + name, before + name)));
});
