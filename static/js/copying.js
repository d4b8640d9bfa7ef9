// A button that copies what stands beside it; where the browser does not let it, the text is chosen instead.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const words = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(source.textContent);
    words.textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(source);
    words.textContent = button.dataset.chosen;
  }
});
