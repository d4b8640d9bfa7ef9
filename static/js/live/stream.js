// One stream of events from the site. It comes back by itself, with growing pauses, and says nothing of its troubles:
// without it a page is as good as before, only less quick.
const FIRST = 1000;
const LONGEST = 5 * 60 * 1000;
const SILENT = 60 * 1000;

export class Stream {
  #told;
  #names = "";
  #running = null;

  /** `told` is called with each event: { at, facts }. */
  constructor(told) {
    this.#told = told;
  }

  /** Listen for these subjects from now on, such as "thread:5"; for none, not at all. */
  follow(names) {
    const asked = [...new Set(names)].sort().join(" ");
    if (asked === this.#names) return;
    this.stop();
    this.#names = asked;
    if (asked === "") return;
    this.#running = new AbortController();
    this.#run(addressOf(asked), this.#running.signal);
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
    this.#names = "";
  }

  async #run(address, signal) {
    let pause = FIRST;
    while (!signal.aborted) {
      const { heard, wait } = await this.#once(address, signal);
      if (wait === Infinity) return;
      pause = heard ? FIRST : Math.min(pause * 2, LONGEST);
      await sleep(Math.max(pause, wait) * (0.5 + Math.random()), signal);
    }
  }

  // Whether anything came, and the least time that the site asks to be left alone for.
  async #once(address, signal) {
    const patience = new AbortController();
    const ends = AbortSignal.any ? AbortSignal.any([signal, patience.signal]) : both(signal, patience);
    let heard = false;
    let timer;
    try {
      const reply = await fetch(address, { cache: "no-store", headers: { Accept: "text/event-stream" }, signal: ends });
      if (!reply.ok) return { heard, wait: refusal(reply) };
      if (!reply.headers.get("Content-Type")?.startsWith("text/event-stream")) return { heard, wait: LONGEST };
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        timer = setTimeout(() => patience.abort(), SILENT);
        const { value, done } = await reader.read();
        clearTimeout(timer);
        if (done) return { heard, wait: 0 };
        heard = true;
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) this.#take(event);
      }
    } catch {
      return { heard, wait: 0 }; // it broke, or was told to end
    } finally {
      clearTimeout(timer);
    }
  }

  #take(event) {
    const data = event.split("\n").filter((line) => line.startsWith("data: "));
    if (data.length > 0) this.#told(JSON.parse(data.map((line) => line.slice(6)).join("\n")));
  }
}

function addressOf(asked) {
  const query = new URLSearchParams(asked.split(" ").map((name) => [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)]));
  return `/live?${query}`;
}

function refusal(reply) {
  if (reply.status === 429 || reply.status >= 500) return Number(reply.headers.get("Retry-After") ?? 0) * 1000;
  return Infinity; // it will not be better next time
}

function sleep(time, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

// Safari 16 and Chrome 111 know no AbortSignal.any.
function both(signal, controller) {
  signal.addEventListener("abort", () => controller.abort(), { once: true });
  return controller.signal;
}
