// Waiting for facts instead of sleeping: every wait has a deadline and says what it waited for.

export const deadline_ms = 8000; // Only a failure waits so long; a loaded machine may need some of it.

/** The promise's value, or an error that names what did not happen in time. */
export async function within(promise, what, ms = deadline_ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === "function" ? what() : what;
      reject(new Error(`waited ${ms} ms in vain for ${text}`));
    }, ms);
    timer.unref(); // The loser of a race does not keep the process waiting.
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the list of arguments of the emitter's next `event`. */
export function wait_for_event(emitter, event, ms = deadline_ms) {
  const fired = new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
  return within(fired, `the event ${event}`, ms);
}

/** For the few facts that only time itself can show, such as a heartbeat interval. */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A list that can be awaited: `push` adds, `take(match)` resolves with the first item not yet taken that
 * matches, now or later; items that came before it stay. `seen` is everything ever pushed.
 */
export class Mailbox {
  constructor(name) {
    this.name = name;
    this.seen = [];
    this.items = [];
    this.waiting = [];
  }

  push(item) {
    this.seen.push(item);
    const i = this.waiting.findIndex((w) => w.match(item));
    if (i < 0) this.items.push(item);
    else this.waiting.splice(i, 1)[0].resolve(item);
  }

  take(match = () => true, what = "an item", ms = deadline_ms) {
    const i = this.items.findIndex(match);
    if (i >= 0) return Promise.resolve(this.items.splice(i, 1)[0]);
    const entry = { match };
    const promise = new Promise((resolve) => (entry.resolve = resolve));
    this.waiting.push(entry);
    const describe = () => `${what} in ${this.name}; the last ones seen: ${tail(this.seen)}`;
    return within(promise, describe, ms).catch((error) => {
      this.waiting = this.waiting.filter((w) => w !== entry);
      throw error;
    });
  }
}

function tail(items) {
  return items.slice(-8).map((x) => (Buffer.isBuffer(x) ? `<${x.length} bytes>` : JSON.stringify(x))).join(" ");
}
