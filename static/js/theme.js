// The colour switch is a form; here it also takes effect at once, and no page is loaded.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  document.documentElement.dataset.theme = event.submitter.value;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(body), redirect: "manual" }).catch(() => null);
  if (!reply || reply.status >= 400) HTMLFormElement.prototype.submit.call(form);
});
