// Who came and who left, as notices in the log. A leave is told only after some seconds: somebody whose connection was
// cut for a moment, or who reloads the page, did not leave.

const patienceMs = 5000;

export class Arrivals {
  #members = new Set();
  #leaving = new Map(); // nickname -> timer

  constructor(tell) {
    this.tell = tell; // (nickname, "joined" | "left") => void
  }

  // A room we just entered: everybody in it was there before.
  start(members) {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    this.#members = new Set(members);
  }

  update(members, me) {
    const now = new Set(members);
    for (const nickname of now) {
      if (this.#members.has(nickname) || nickname === me) continue;
      if (!this.#cancel(nickname)) this.tell(nickname, "joined");
    }
    for (const nickname of this.#members) {
      if (now.has(nickname) || nickname === me) continue;
      this.#leaving.set(nickname, setTimeout(() => {
        this.#leaving.delete(nickname);
        this.tell(nickname, "left");
      }, patienceMs));
    }
    this.#members = now;
  }

  #cancel(nickname) {
    const timer = this.#leaving.get(nickname);
    clearTimeout(timer);
    return this.#leaving.delete(nickname);
  }
}
