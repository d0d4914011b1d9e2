// "Ada is typing": what this page tells the others, and what it shows of them. The notices are volatile, so each one
// holds only for some seconds and is repeated while it stays true.
import { $, bdi } from "./dom.js";

const repeatMs = 2000;
const forgetMs = 4000;

export class Typing {
  #sentAt = 0;
  #others = new Map(); // nickname -> timer that forgets it

  constructor(tell) {
    this.tell = tell; // (active) => void
  }

  // My message field changed.
  mine(isEmpty) {
    if (isEmpty) return this.stop();
    const now = Date.now();
    if (now - this.#sentAt < repeatMs) return;
    this.#sentAt = now;
    this.tell(true);
  }

  stop() {
    if (this.#sentAt > 0) this.tell(false);
    this.#sentAt = 0;
  }

  theirs(nickname, active) {
    clearTimeout(this.#others.get(nickname));
    if (active) this.#others.set(nickname, setTimeout(() => this.theirs(nickname, false), forgetMs));
    else this.#others.delete(nickname);
    this.#show();
  }

  clear() {
    for (const timer of this.#others.values()) clearTimeout(timer);
    this.#others.clear();
    this.#show();
  }

  #show() {
    const names = [...this.#others.keys()];
    $("typing").classList.toggle("on", names.length > 0);
    if (names.length === 0) return; // the text stays while it fades
    const [first, second] = names.map(bdi);
    const text = names.length === 1 ? [first, " is typing"]
      : names.length === 2 ? [first, " and ", second, " are typing"] : ["Several people are typing"];
    $("typing-text").replaceChildren(...text);
  }
}
