// Files are sent one by one as soon as they are dropped, pasted or chosen; what shows them stands at the cursor.
import "@github/file-attachment-element";
import { refusal, word } from "./toasts.js";

const ADDRESS = "/files";
const lines = new WeakMap();
const busy = new WeakMap();

document.addEventListener("file-attachment-accepted", (event) => {
  const box = event.target;
  for (const { file } of event.detail.attachments) {
    const shown = placeholder(box, file.name);
    busy.set(box, (busy.get(box) ?? 0) + 1);
    const before = lines.get(box) ?? Promise.resolve();
    lines.set(box, before.then(() => upload(box, file, shown)));
  }
});

// Sent now, the text would show a file that has not come yet.
document.addEventListener(
  "submit",
  (event) => {
    const waits = [...event.target.querySelectorAll("file-attachment")].find((box) => busy.get(box));
    if (!waits) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(waits, word("uploadWaits"));
  },
  { capture: true },
);

async function upload(box, file, shown) {
  const reply = await send(file, (percent) => say(box, filled("uploading", file.name, percent)));
  busy.set(box, busy.get(box) - 1);
  if (reply.status === 201) {
    replace(box, shown, JSON.parse(reply.responseText).markdown);
    say(box, filled("uploaded", file.name));
  } else {
    replace(box, shown, "");
    const why = reply.status ? (refusal(reply.responseText) ?? word("failed")) : word("offline");
    say(box, `${file.name}: ${why}`, true);
  }
}

function send(file, tell) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name);
    request.open("POST", ADDRESS);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", ({ loaded, total }) => tell(total ? Math.floor((100 * loaded) / total) : 0));
    request.addEventListener("loadend", () => done(request));
    request.send(body);
  });
}

// Stands in the text until the file has come; no other reads like it.
function placeholder(box, name) {
  const area = box.querySelector("textarea");
  const text = `<!-- ${filled("uploading", name.replaceAll("--", "-"), 0)} ${Math.random().toString(36).slice(2, 7)} -->`;
  const before = area.value.slice(0, area.selectionStart);
  const lead = before && !before.endsWith("\n") ? "\n" : "";
  area.setRangeText(`${lead}${text}\n`, area.selectionStart, area.selectionEnd, "end");
  return text;
}

function replace(box, shown, text) {
  const area = box.querySelector("textarea");
  const start = area.value.indexOf(shown);
  if (start < 0) area.setRangeText(text && `\n${text}\n`, area.value.length, area.value.length, "preserve");
  else area.setRangeText(text, start, start + shown.length, "preserve");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function say(box, text, wrong = false) {
  const note = box.querySelector("[data-upload-note]");
  note.textContent = text;
  note.classList.toggle("wrong", wrong);
}

function filled(name, file, percent) {
  return word(name).replace("{name}", file).replace("{percent}", percent);
}
