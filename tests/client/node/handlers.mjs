// What a client can ask of the server, by events.
//
// Namespaces: "/", "/custom" and "/dynamic-<digits>" let everybody in; "/admin" wants auth {token: "secret"} and otherwise
// refuses with data; "/slow" lets in after a while; "/refused" refuses without data; "/early" emits "early" in its middleware,
// before the client is connected (with `recovery` these are lost, because the adapter does not know the socket yet); any other
// is an invalid namespace.
//
// Right after connecting a client gets "auth" with what it sent as auth. Then, in every namespace:
//   message ...          comes back as "message-back"
//   echo ...             comes back as "echo", or as the acknowledgement when one is asked for; so does every event below that
//                        is not listed, when it asks for an acknowledgement
//   disconnect-me [all]  socket.disconnect(all)
//   close-me             the Engine.IO session is closed
//   destroy-me           the TCP connection of the transport is reset
//   bad-packet [text]    a Socket.IO packet that is none
//   bad-engine-packet    an Engine.IO packet that is none (WebSocket only)
//   never-ack            an acknowledgement that never comes
//   late-ack ms ...      one that comes later
//   ack-twice ...        one that comes twice
//   ack-unknown          one that nobody asked for
//   send-binary n        "binary" with n bytes in several shapes
//   send-big n           "big" with a text of n characters
//   send-many n          "many" n times, with 0 to n - 1
//   ask-me ...           "question" with an acknowledgement; what comes is emitted as "answered"
//   facts                acknowledged with ids, transport, auth, query and headers
//   join, leave room     acknowledged
//   stop-pings           this session gets no more pings
//   word                 observed as such where handlers of one event are called: behind onAny(), and only while connected
//   stop-pongs           acknowledged; WebSocket pings of this client are not answered any more (WebSocket, version 4)
//   busy ms              the whole process does nothing for so long
import { record } from "./lines.mjs";

const nothing = () => {};

/** The session goes on, but says and expects no heartbeat any more. */
export function silence(conn) {
  conn.schedulePing = nothing;
  conn.resetPingTimeout = nothing;
  clearTimeout(conn.pingIntervalTimer);
  clearTimeout(conn.pingTimeoutTimer);
}

export function be_busy(ms) {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

function bytes_of(length) {
  return Buffer.from(Array.from({ length }, (_, i) => i & 255));
}

// An acknowledgement can only be sent twice, or unasked, below the API.
const ACK = 3;
function acknowledge(socket, id, data) {
  socket.packet({ type: ACK, id, data });
}

/** The id of each acknowledgement is needed for that. */
function remember_ids(socket) {
  const make = socket.ack.bind(socket);
  socket.ack = (id) => Object.assign(make(id), { id });
}

const split = (args) => (typeof args.at(-1) === "function" ? [args.slice(0, -1), args.at(-1)] : [args, undefined]);

const handlers = {
  message: (socket, args) => socket.emit("message-back", ...args),
  echo: (socket, args, ack) => (ack ? ack(...args) : socket.emit("echo", ...args)),
  "disconnect-me": (socket, [all]) => socket.disconnect(Boolean(all)),
  "close-me": (socket) => socket.conn.close(),
  "destroy-me": (socket) => (socket.conn.transport.socket?._socket ?? socket.conn.request.socket).resetAndDestroy(),
  "bad-packet": (socket, [text = "9[]"]) => socket.conn.write(text),
  "bad-engine-packet": (socket) => socket.conn.transport.socket.send("x"),
  "never-ack": nothing,
  "late-ack": (socket, [ms, ...rest], ack) => setTimeout(() => ack(...rest), ms),
  "ack-twice": (socket, args, ack) => {
    acknowledge(socket, ack.id, args);
    acknowledge(socket, ack.id, ["again"]);
  },
  "ack-unknown": (socket) => acknowledge(socket, 123456, ["unasked"]),
  "send-binary": (socket, [n]) => socket.emit("binary", bytes_of(n), { nested: [bytes_of(n), "text"] }, new Uint8Array(n)),
  "send-big": (socket, [n]) => socket.emit("big", "x".repeat(n)),
  "send-many": (socket, [n]) => {
    for (let i = 0; i < n; i++) socket.emit("many", i);
  },
  "ask-me": (socket, args) => socket.emit("question", ...args, (...answer) => socket.emit("answered", ...answer)),
  facts: (socket, args, ack) => {
    const { auth, query, headers, address } = socket.handshake;
    ack({
      id: socket.id, sid: socket.conn.id, transport: socket.conn.transport.name, recovered: socket.recovered ?? false, auth, query,
      headers, address, deflate: Boolean(socket.conn.transport.socket?.extensions?.includes("permessage-deflate")),
    });
  },
  join: (socket, [room], ack) => {
    socket.join(room);
    ack?.();
  },
  leave: (socket, [room], ack) => {
    socket.leave(room);
    ack?.();
  },
  "stop-pings": (socket, args, ack) => {
    silence(socket.conn);
    ack?.();
  },
  "stop-pongs": (socket, args, ack) => {
    socket.conn.transport.socket._autoPong = false;
    ack();
  },
  busy: (socket, [ms]) => be_busy(ms),
};

function welcome(socket, nsp) {
  remember_ids(socket);
  record("connect", { nsp, id: socket.id, sid: socket.conn.id, auth: socket.handshake.auth, recovered: socket.recovered ?? false });
  socket.emit("auth", socket.handshake.auth);
  socket.onAny((event, ...all) => {
    const [args, ack] = split(all);
    record("event", { nsp, id: socket.id, event, args, ack: Boolean(ack) });
    const handler = handlers[event];
    if (handler) handler(socket, args, ack);
    else ack?.(...args);
  });
  socket.on("word", () => record("word", { nsp, id: socket.id }));
  socket.on("disconnect", (reason) => record("disconnect", { nsp, id: socket.id, reason }));
  socket.on("error", (error) => record("socket_error", { nsp, message: error.message }));
}

export function install_handlers(io, state) {
  const middlewares = {
    "/": undefined,
    "/custom": undefined,
    "/admin": (socket, next) => {
      if (socket.handshake.auth.token === "secret") return next();
      next(Object.assign(new Error("not authorized"), { data: { code: "E401", tries: 3, more: [true, null] } }));
    },
    "/slow": (socket, next) => setTimeout(next, state.slow),
    "/refused": (socket, next) => next(new Error("refused")),
    "/early": (socket, next) => {
      socket.emit("early", 1);
      socket.emit("early", bytes_of(3));
      next();
    },
  };
  for (const [name, middleware] of Object.entries(middlewares)) {
    const nsp = io.of(name);
    if (middleware) nsp.use(middleware);
    nsp.on("connection", (socket) => welcome(socket, name));
  }
  io.of(/^\/dynamic-\d+$/).on("connection", (socket) => welcome(socket, socket.nsp.name));
  io.engine.on("connection", (conn) => {
    record("open", { sid: conn.id, transport: conn.transport.name });
    if (state.silent) silence(conn);
    conn.on("upgrade", (transport) => record("upgrade", { sid: conn.id, transport: transport.name }));
    conn.on("close", (reason) => record("close", { sid: conn.id, reason }));
  });
}
