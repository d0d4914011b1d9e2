// A guest without a browser: the official client speaking the chat's contract. Collects what the server pushes.
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";

// A member that is null means the same as one that is absent.
function withoutNulls(what) {
  if (Array.isArray(what)) return what.map(withoutNulls);
  if (typeof what !== "object" || what === null || Buffer.isBuffer(what)) return what;
  const members = Object.entries(what).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
}

let count = 0;
export const newKey = () => `test-key-${String(++count).padStart(10, "0")}`;

export class Guest {
  static async connect(url, { key = newKey(), ...options } = {}) {
    const guest = new Guest(io(url, { auth: { key }, forceNew: true, reconnection: false, ...options }));
    await once(guest.socket, "connect");
    return guest;
  }

  pushed = []; // [event, argument]

  constructor(socket) {
    this.socket = socket;
    socket.onAny((event, argument) => this.pushed.push([event, withoutNulls(argument)]));
    socket.on("private message", (message, ack) => ack?.(true));
  }

  async ask(event, ...args) {
    return withoutNulls(await this.socket.timeout(10_000).emitWithAck(event, ...args));
  }

  join(nickname, room = "lobby") {
    return this.ask("join", { nickname, room });
  }

  // The argument of the last push of that event for which `like` holds; waits until there is one.
  async gets(event, like = () => true) {
    for (const end = Date.now() + 10_000; Date.now() < end; await wait(10)) {
      const found = this.pushed.filter(([name, argument]) => name === event && like(argument)).at(-1);
      if (found) return found[1];
    }
    throw new Error(`no ${event} came: ${JSON.stringify(this.pushed)}`);
  }

  all(event) {
    return this.pushed.filter(([name]) => name === event).map(([, argument]) => argument);
  }

  // Everything the server had to say to this guest before now has arrived.
  settled() {
    return this.ask("leave");
  }
}
