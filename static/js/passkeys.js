// A button that asks a passkey: what it is asked comes from the server, what it answers goes back in the button's form.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

/** The server's JSON as the browser wants it: bytes where it says base64url. */
function asked(options) {
  const wanted = { ...options, challenge: bytes(options.challenge) };
  if (options.user) wanted.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) wanted.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) wanted.allowCredentials = named(options.allowCredentials);
  return wanted;
}

/** What the passkey answered, as JSON the server reads. */
function answered(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]");
  if (!button) return;
  const { form } = button;
  const note = form.querySelector("[data-passkey-note]");
  note.textContent = "";
  if (!form.reportValidity()) return;
  if (!window.PublicKeyCredential) {
    note.textContent = button.dataset.missing;
    return;
  }
  button.disabled = true;
  try {
    const reply = await fetch(button.dataset.passkey, { method: "POST", headers: { Accept: "application/json" } });
    if (!reply.ok || reply.redirected) throw new Error(String(reply.status));
    const publicKey = asked(await reply.json());
    const credential = await navigator.credentials[button.dataset.ceremony]({ publicKey });
    form.elements.credential.value = answered(credential);
    form.submit();
  } catch {
    note.textContent = button.dataset.refused;
    button.disabled = false;
  }
});
