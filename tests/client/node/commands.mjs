// What the test tells the server over stdin: lines of JSON with "cmd" and "id"; the answer is {"id":...,"ok":true,...} or
// {"id":...,"ok":false,"error":"..."}.
//
//   emit {event, args?, nsp?, room?, to?, volatile?}   to everybody of the namespace, of the room, or to one socket id
//   ask {event, args?, nsp?, to, timeout?}             one socket, with an acknowledgement; answer: "args", or ok false
//   raw {text}                                         a Socket.IO packet as it stands, to every session
//   disconnect {nsp?, to?, close?}                     socket.disconnect(close)
//   close-sessions                                     the Engine.IO sessions are closed
//   kill-transports {how?}                             every TCP connection ends, by "rst" (the default) or "fin"
//   silence                                            no pings any more, also for sessions to come
//   refuse {text}                                      handshakes are refused with that; null: not any more
//   slow {ms}                                          how long /slow takes from now on
//   busy {ms}                                          the process does nothing for so long; answered before
//   stats                                              what there is
//   close                                              io.close(); answered when it is done
//   exit {code?}                                       the process ends at once; not answered
import { createInterface } from "node:readline";
import { be_busy, silence } from "./handlers.mjs";
import { from_wire, record, send_line } from "./lines.mjs";

const sockets_of = (io, nsp = "/") => io.of(nsp).sockets;

function chosen(io, { nsp, to }) {
  const all = sockets_of(io, nsp);
  if (to === undefined) return [...all.values()];
  if (!all.has(to)) throw new Error(`there is no socket ${to}`);
  return [all.get(to)];
}

function sessions(io) {
  return Object.values(io.engine.clients);
}

function stats(io, state) {
  const transports = {};
  for (const { transport } of sessions(io)) transports[transport.name] = (transports[transport.name] ?? 0) + 1;
  const sockets = Object.fromEntries([...io._nsps.values()].map((nsp) => [nsp.name, nsp.sockets.size]));
  return { sessions: sessions(io).length, transports, sockets, connections: state.connections.size };
}

function ask(io, { event, args = [], timeout = 5000, ...whom }) {
  const [socket] = chosen(io, whom);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("no acknowledgement came")), timeout);
    socket.emit(event, ...args, (...answer) => {
      clearTimeout(late);
      resolve({ args: answer });
    });
  });
}

const commands = (io, http, state) => ({
  emit: ({ event, args = [], nsp = "/", room, to, volatile }) => {
    let target = io.of(nsp);
    if (room ?? to) target = target.to(room ?? to);
    if (volatile) target = target.volatile;
    target.emit(event, ...args);
  },
  ask: (what) => ask(io, what),
  raw: ({ text }) => sessions(io).forEach((conn) => conn.write(text)),
  disconnect: ({ close = false, ...whom }) => chosen(io, whom).forEach((socket) => socket.disconnect(close)),
  "close-sessions": () => sessions(io).forEach((conn) => conn.close()),
  "kill-transports": ({ how = "rst" }) => {
    for (const connection of state.connections) how === "rst" ? connection.resetAndDestroy() : connection.destroy();
  },
  silence: () => {
    state.silent = true;
    sessions(io).forEach(silence);
  },
  refuse: ({ text }) => {
    state.refuse = text ?? undefined;
  },
  slow: ({ ms }) => {
    state.slow = ms;
  },
  busy: ({ ms }) => void setImmediate(be_busy, ms),
  stats: () => stats(io, state),
  close: () => new Promise((resolve) => io.close(() => resolve())),
  exit: ({ code = 0 }) => process.exit(code),
});

export function install_commands(io, http, state) {
  const table = commands(io, http, state);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const { cmd, id, ...fields } = from_wire(JSON.parse(line));
    try {
      if (!table[cmd]) throw new Error(`there is no command ${cmd}`);
      send_line({ id, ok: true, ...(await table[cmd](fields)) });
    } catch (error) {
      send_line({ id, ok: false, error: error.message });
    }
  });
  lines.on("close", () => process.exit(0));
  process.on("uncaughtException", (error) => {
    record("uncaught", { message: error.stack });
    process.exit(3);
  });
}
