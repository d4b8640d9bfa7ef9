// Entry point. Every page works without this; each module makes one thing quicker.
import "@github/markdown-toolbar-element";
import "@github/relative-time-element";
import "./requests.js";
import "./theme.js";
import "./menus.js";
import "./copying.js";
import "./passkeys.js";
import "./editor.js";
import "./drafts.js";
import "./uploads.js";
import "./mentions.js";
import "./tags.js";
import "./keys.js";
import "./scrolling.js";
import "./live.js";
