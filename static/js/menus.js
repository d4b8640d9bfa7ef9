// A menu is <details>; it also closes by Escape and by pressing elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// An act that is asked about twice is a <details> as well.
document.addEventListener("click", (event) => {
  const around = event.target.closest("[data-fold-in]")?.closest("details");
  if (!around) return;
  around.open = false;
  around.querySelector("summary").focus();
});
