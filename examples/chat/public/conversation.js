// What was said in one room or with one person, as this page knows it. No DOM and no network.
//
// An entry is {message, own, status, error?} or {notice}. Its status is
//   "waiting"  typed, not yet on its way (no connection, or not in its room)
//   "sending"  on its way, not yet acknowledged
//   "failed"   refused, `error` says why
//   "sent"     acknowledged, or received
// Entries that are not sent stay at the end. So the order on the page is the order of the server: whatever arrives
// before the acknowledgement of my message was also there before it.

const entriesMax = 200;

export class Conversation {
  entries = [];
  unread = 0;
  #byId = new Map();

  constructor(kind, name) {
    this.kind = kind; // "room" or "person"
    this.name = name;
  }

  find(id) {
    return this.#byId.get(id);
  }

  // Adds an entry at its place; returns false if the message is known already.
  add(entry) {
    const id = entry.message?.id;
    if (id !== undefined && this.#byId.has(id)) return false;
    if (id !== undefined) this.#byId.set(id, entry);
    const end = isOpen(entry) ? this.entries.length : this.#firstOpen();
    this.entries.splice(end, 0, entry);
    return true;
  }

  // My message was acknowledged: it moves to the end of what is sent.
  confirm(entry, message) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.message = message;
    entry.status = "sent";
    this.entries.splice(this.#firstOpen(), 0, entry);
  }

  remove(entry) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    if (entry.message) this.#byId.delete(entry.message.id);
  }

  // Forgets the oldest; returns what it forgot.
  trim() {
    const excess = this.entries.slice(0, Math.max(0, this.entries.length - entriesMax)).filter((e) => !isOpen(e));
    excess.forEach((entry) => this.remove(entry));
    return excess;
  }

  // Starts again from the server's history; what is not sent stays.
  reset() {
    const open = this.entries.filter(isOpen);
    this.entries = open;
    this.#byId = new Map(open.map((entry) => [entry.message.id, entry]));
    this.unread = 0;
  }

  // True if `history` does not reach back to the last message we have: some were missed for good.
  hasGapBefore(history) {
    const last = this.entries.filter((e) => e.message && e.status === "sent").at(-1);
    return last !== undefined && history.length > 0 && !history.some((m) => m.id === last.message.id);
  }

  #firstOpen() {
    const index = this.entries.findIndex(isOpen);
    return index < 0 ? this.entries.length : index;
  }
}

const isOpen = (entry) => entry.status !== undefined && entry.status !== "sent";
