// Messages on their way. Each keeps its place here until the server has acknowledged it, so that a cut loses none: what
// was not acknowledged goes out again after the next join, in the same order, and the server (or, for a private message,
// the receiver) knows by its id whether it came through the first time.

const unsentMax = 100;
const answerMs = 10_000;

export class Outbox {
  #entries = [];

  // open(entry): may it go out now?  changed(entry, message?): its status changed; message: as the server stored it.
  constructor(socket, { open, changed }) {
    this.socket = socket;
    this.open = open;
    this.changed = changed;
  }

  get isFull() {
    return this.#entries.length >= unsentMax;
  }

  get size() {
    return this.#entries.length;
  }

  get waiting() {
    return this.#entries.filter((entry) => entry.status !== "failed").length;
  }

  add(entry) {
    this.#entries.push(entry);
    this.send(entry);
  }

  // After every join: what waited goes out, oldest first.
  flush() {
    for (const entry of this.#entries) if (entry.status === "waiting" && this.open(entry)) this.send(entry);
  }

  // It turned out that the server has the message already.
  settle(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  clear() {
    this.#entries = [];
  }

  send(entry) {
    if (!this.open(entry)) return this.#set(entry, "waiting");
    this.#set(entry, "sending");
    const { id, room, to, text, image } = entry.message;
    const event = room ? "message" : "private message";
    const draft = { id, ...(room ? { room } : { to }), text, ...(image && { image }) };
    this.socket.timeout(answerMs).emit(event, draft, (error, reply) => {
      if (!this.#entries.includes(entry)) return;
      if (error) return this.#unanswered(entry);
      if (!accepted(reply)) return this.#fail(entry, reasonOf(reply));
      this.settle(entry);
      this.changed(entry, reply.message);
    });
  }

  // Without an answer: the connection is gone, and the message waits for the next; or the server is silent.
  #unanswered(entry) {
    if (!this.socket.connected) this.#set(entry, "waiting");
    else this.#fail(entry, "The server did not answer.");
  }

  #fail(entry, error) {
    entry.error = error;
    this.#set(entry, "failed");
  }

  #set(entry, status) {
    entry.status = status;
    this.changed(entry);
  }
}

export const accepted = (reply) => Boolean(reply) && !reply.error;

// The sentence to show for a refusal.
export const reasonOf = (reply) => reply?.error?.message ?? "The server did not accept it.";
