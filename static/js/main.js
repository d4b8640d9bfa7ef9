// Entry point. Every page works without this; each module makes one thing quicker.
import "htmx.org";
import "./theme.js";

document.documentElement.classList.add("scripted");
