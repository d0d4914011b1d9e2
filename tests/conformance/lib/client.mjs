// The official JavaScript client, with what the tests want from it: a fresh connection, a clean end, lists of events.
import { io } from "socket.io-client";
import io_v2 from "socket.io-client-v2";
import { Mailbox, wait_for_event, within } from "./wait.mjs";

const open_clients = new Set();

/** Whatever a test leaves open is closed after it, so that one failure does not breed others. */
export function disconnect_clients() {
  for (const client of open_clients) {
    client.io.reconnection(false);
    client.disconnect();
  }
  open_clients.clear();
}

export const transports = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

/** Makes a client of its own connection (unless `manager` shares one); does not wait. */
export function make_client(server, { nsp = "/", manager, ...options } = {}) {
  const client = manager
    ? manager.socket(nsp, options)
    : io(server.url + nsp, { forceNew: true, transports: ["websocket"], reconnectionDelay: 20, ...options });
  client.inbox = new Mailbox(`what the client got in ${nsp}`);
  client.onAny((event, ...args) => client.inbox.push({ event, args: args.filter((x) => typeof x !== "function") }));
  open_clients.add(client);
  return client;
}

/** The same with the client of Socket.IO 2, which has neither onAny nor timeouts; `events` are those it listens to. */
export function make_older_client(server, { nsp = "/", manager, events = [], ...options } = {}) {
  const client = manager
    ? manager.socket(nsp, options)
    : io_v2(server.url + nsp, { forceNew: true, transports: ["websocket"], reconnectionDelay: 20, ...options });
  client.inbox = new Mailbox(`what the older client got in ${nsp}`);
  for (const event of ["echo", "message", ...events]) {
    client.on(event, (...args) => client.inbox.push({ event, args: args.filter((x) => typeof x !== "function") }));
  }
  open_clients.add(client);
  return client;
}

export async function connect_older(server, options) {
  const client = make_older_client(server, options);
  if (!client.connected) await wait_for_event(client, "connect");
  return client;
}

/** The answer to an emit with acknowledgement. */
export const asked = (client, event, ...args) =>
  within(new Promise((resolve) => client.emit(event, ...args, (...answer) => resolve(answer))), `an answer to ${event}`);

/** Makes a client and waits until its namespace is joined. */
export async function connect(server, options) {
  const client = make_client(server, options);
  if (options?.manager) client.connect();
  if (!client.connected) await wait_for_event(client, "connect");
  return client;
}

/** The arguments of the next event of this name that has not been taken yet. */
export async function got(client, event, ms) {
  return (await client.inbox.take((x) => x.event === event, `the event ${event}`, ms)).args;
}

/**
 * Everything that the client got so far, by name. A round trip first: what the server had sent before it has
 * arrived after it, in order.
 */
export async function all_got(client, event) {
  await client.timeout(2000).emitWithAck("echo", "round trip");
  return client.inbox.seen.filter((x) => x.event === event).map((x) => x.args);
}

/** Waits until the engine has moved to the WebSocket. */
export async function upgraded(client) {
  const { engine } = client.io;
  if (engine.transport.name !== "websocket") await wait_for_event(engine, "upgrade");
}
