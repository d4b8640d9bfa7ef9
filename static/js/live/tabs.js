// One stream for all tabs of a browser. Whoever holds the lock leads: it knows what every tab shows, listens for all of
// it, and passes on what it hears. When it goes, the next in line takes over. A browser allows six connections to a
// host on HTTP/1.1, so a stream for each tab would stop the seventh tab from loading anything.
import { Stream } from "./stream.js";

const MOST = 24;
const ALONE = !navigator.locks || !window.BroadcastChannel; // plain http on a local network: a stream for each tab in sight
const SETTLE = 200;
const SHRINK = 10 * 1000;
const ROLL_CALL = 60 * 1000;
const ANSWER = 5 * 1000;
const HIDDEN_FOR = 5 * 60 * 1000;

export class Tabs {
  #id = Math.random().toString(36).slice(2);
  #told;
  #names = [];
  #stream = new Stream((event) => this.#hear(event));
  #channel = null;
  #place = null; // in the line for the lock
  #leads = false;
  #tabs = new Map(); // of the leader: what each tab shows
  #known = new Map(); // of the leader: what it heard last of each subject
  #timers = {};

  /** `told` is called with what any tab's stream hears: { at, facts }. */
  constructor(told) {
    this.#told = told;
    // A page that is kept for "back" must hold neither a connection nor a lock.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => event.persisted && this.#join());
    document.addEventListener("visibilitychange", () => this.#show());
  }

  /** What this tab shows, from now on. */
  show(names) {
    this.#names = names;
    if (this.#channel || this.#place) this.#show();
    else this.#join();
  }

  #join() {
    if (this.#names.length === 0 || this.#place) return;
    this.#place = new AbortController();
    if (ALONE) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel("live");
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#show();
    const { signal } = this.#place;
    const lead = () => new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
      if (signal.aborted) resolve();
      else this.#lead();
    });
    navigator.locks.request("live", { signal }, lead).catch(() => {}); // given up while waiting
  }

  #leave() {
    this.#send({ gone: this.#id });
    this.#stream.stop();
    this.#place?.abort();
    this.#channel?.close();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
    this.#channel = this.#place = null;
    this.#leads = false;
    this.#tabs.clear();
    this.#known.clear();
  }

  #show() {
    const mine = { tab: this.#id, names: this.#names, seen: !document.hidden };
    this.#send(mine);
    if (this.#leads) this.#note(mine);
  }

  #lead() {
    this.#leads = true;
    this.#show();
    this.#rollCall();
  }

  #send(message) {
    this.#channel?.postMessage(message);
  }

  #receive(message) {
    if (message.facts) this.#told(message);
    else if (message.who) this.#show();
    else if (!this.#leads) return;
    else if (message.gone) this.#forget(message.gone);
    else if (message.tab) this.#note(message);
  }

  #hear(event) {
    for (const [name, facts] of Object.entries(event.facts)) this.#known.set(name, { at: event.at, facts });
    this.#send(event);
    this.#told(event);
  }

  #note({ tab, names, seen }) {
    this.#tabs.set(tab, { names, seen, answered: Date.now() });
    for (const name of names) {
      const known = this.#known.get(name);
      if (known && tab !== this.#id) this.#send({ at: known.at, facts: { [name]: known.facts } });
    }
    this.#follow(SETTLE);
  }

  #forget(tab) {
    this.#tabs.delete(tab);
    this.#follow(SHRINK); // whoever goes to another page shows much the same there
  }

  #follow(wait) {
    this.#later("follow", wait, () => {
      const tabs = [...this.#tabs.values()].sort((one, other) => other.seen - one.seen);
      const names = [...new Set(tabs.flatMap((tab) => tab.names))].slice(0, MOST);
      for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
      if (tabs.some((tab) => tab.seen)) {
        clearTimeout(this.#timers.rest);
        delete this.#timers.rest;
        this.#stream.follow(names);
      } else if (!this.#timers.rest) {
        this.#later("rest", ALONE ? 0 : HIDDEN_FOR, () => this.#stream.stop());
      }
    });
  }

  // A tab that was killed could not say so.
  #rollCall() {
    this.#later("roll", ROLL_CALL, () => {
      const asked = Date.now();
      this.#send({ who: true });
      this.#later("roll", ANSWER, () => {
        for (const [tab, { answered }] of this.#tabs) if (tab !== this.#id && answered < asked) this.#forget(tab);
        this.#rollCall();
      });
    });
    this.#send({ who: true });
  }

  #later(what, wait, act) {
    clearTimeout(this.#timers[what]);
    this.#timers[what] = setTimeout(act, wait);
  }
}
