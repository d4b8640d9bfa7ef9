// Runs in the head, before the first paint: what needs scripts takes its place at once and nothing jumps.
document.documentElement.classList.add("scripted");
