// What happens elsewhere while a page lies open: said in a quiet bar, loaded when the reader asks for it.
import { start } from "./live/page.js";

if (document.readyState === "complete") start();
else addEventListener("load", start, { once: true });
