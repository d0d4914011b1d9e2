// The reference "server under test": the official Node server behind the contract of CONTRACT.md.
// Why it exists: the same suite must first pass against the original, which proves that the tests
// are right, and then against our server (server.cpp), which follows the same page.
// Everything that the tests need lives here: handlers, namespaces, control actions, observations.
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { Server } from "socket.io";

const require = createRequire(import.meta.url);

const options = JSON.parse(process.argv[2] ?? "{}");

// ---------------------------------------------------------------- observations (stdout, one JSON per line)

let observed = 0;
function record(ev, fields) {
  process.stdout.write(JSON.stringify(to_wire({ n: ++observed, ev, ...fields })) + "\n");
}

// Bytes cannot stand in JSON: both directions of the control channel write them as {"$binary": base64}.
function to_wire(value) {
  if (value instanceof ArrayBuffer) return { $binary: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    return { $binary: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (Array.isArray(value)) return value.map(to_wire);
  if (value instanceof Date) return value.toISOString();
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, to_wire(v)]));
}

function from_wire(value) {
  if (Array.isArray(value)) return value.map(from_wire);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$binary === "string") return Buffer.from(value.$binary, "base64");
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, from_wire(v)]));
}

// ---------------------------------------------------------------- the server and its options

const names = {
  path: "path", serve_client: "serveClient", connect_timeout: "connectTimeout",
  ping_interval: "pingInterval", ping_timeout: "pingTimeout", upgrade_timeout: "upgradeTimeout",
  max_http_buffer_size: "maxHttpBufferSize", transports: "transports",
  allow_upgrades: "allowUpgrades", initial_packet: "initialPacket",
  cleanup_empty_child_namespaces: "cleanupEmptyChildNamespaces",
  allow_eio3: "allowEIO3", add_trailing_slash: "addTrailingSlash", destroy_upgrade_timeout: "destroyUpgradeTimeout",
  destroy_upgrade: "destroyUpgrade",
};
const cors_names = {
  origin: "origin", credentials: "credentials", methods: "methods",
  allowed_headers: "allowedHeaders", exposed_headers: "exposedHeaders", max_age: "maxAge",
  preflight_continue: "preflightContinue", success_status: "optionsSuccessStatus",
};
const cookie_names = {
  name: "name", path: "path", domain: "domain", max_age: "maxAge", http_only: "httpOnly", secure: "secure",
  partitioned: "partitioned", priority: "priority", same_site: "sameSite",
};
const rename = (from, table) =>
  Object.fromEntries(Object.entries(from).flatMap(([k, v]) => (table[k] ? [[table[k], v]] : [])));

const node_options = rename(options, names);
if (options.connection_state_recovery) {
  node_options.connectionStateRecovery = rename(options.connection_state_recovery, {
    max_disconnection_duration: "maxDisconnectionDuration", skip_middlewares: "skipMiddlewares",
  });
}
const zlib_names = { level: "level", mem_level: "memLevel", window_bits: "windowBits" };
const deflate_names = {
  threshold: "threshold", server_no_context_takeover: "serverNoContextTakeover",
  client_no_context_takeover: "clientNoContextTakeover", server_max_window_bits: "serverMaxWindowBits",
  client_max_window_bits: "clientMaxWindowBits",
};
if (options.http_compression !== undefined) {
  node_options.httpCompression = options.http_compression && rename(options.http_compression, { threshold: "threshold", ...zlib_names });
}
if (options.per_message_deflate) {
  node_options.perMessageDeflate = {
    ...rename(options.per_message_deflate, deflate_names), zlibDeflateOptions: rename(options.per_message_deflate, zlib_names),
  };
  // Here false is "not by itself"; there it refuses clients that ask for it.
  for (const name of ["serverNoContextTakeover", "clientNoContextTakeover"]) {
    if (node_options.perMessageDeflate[name] === false) delete node_options.perMessageDeflate[name];
  }
}
if (options.cors) {
  node_options.cors = rename(options.cors, cors_names);
  if (options.cors.judge) {
    node_options.cors.origin = (origin, done) => {
      if (origin === "https://broken.example") done(new Error("cannot judge"));
      else done(null, origin?.endsWith(".example") ?? false);
    };
  }
  if (options.cors.delegate) {
    node_options.cors = (req, done) => {
      if (req._query.broken !== undefined) done(new Error("cannot choose"));
      else done(null, { origin: req._query.open !== undefined ? "*" : "https://closed.example" });
    };
  }
}
if (options.cookie) {
  node_options.cookie = options.cookie === true ? true : rename(options.cookie, cookie_names);
  if (options.cookie.expires) node_options.cookie.expires = new Date(options.cookie.expires);
}
if (options.parser) {
  node_options.parser = require({ msgpack: "socket.io-msgpack-parser", lines: "./lib/lines_parser.cjs" }[options.parser]);
}
if (options.allow_request) {
  node_options.allowRequest = (req, done) => {
    const { deny } = req._query;
    done(deny || null, deny === undefined);
  };
}

const secure_options = ({ certificate, key, client, client_authorities }) => ({
  cert: certificate, key, ca: client_authorities,
  requestCert: Boolean(client), rejectUnauthorized: client === "require",
});
const http = options.tls ? createSecureServer(secure_options(options.tls), serve_http) : createServer(serve_http);
for (const { names, ...shown } of options.tls?.hosts ?? []) {
  for (const name of names) http.addContext(name, secure_options(shown));
}
const io = new Server(http, node_options);

if (options.middlewares) {
  io.engine.use((req, res, next) => {
    const { mw, user } = req._query;
    res.setHeader("x-order", "1");
    res.setHeader("x-removed", "1");
    if (mw === "fail") return next(new Error("refused by a middleware"));
    if (mw === "end") {
      res.writeHead(418);
      return res.end("ended by a middleware");
    }
    if (user !== undefined) req.user = user;
    next();
  });
  io.engine.use((req, res, next) => {
    res.setHeader("x-order", res.getHeader("x-order") + ",2");
    res.removeHeader("x-removed");
    if (req._query.mw === "later") setTimeout(next, 20);
    else next();
  });
  io.engine.use((req, res, next) => {
    if (req._query.sid === undefined) res.setHeader("x-handshake", "yes");
    next();
  });
}
if (options.headers) {
  io.engine.on("initial_headers", (headers) => (headers["x-initial"] = "yes"));
  io.engine.on("headers", (headers, req) => (headers["x-always"] = req.method));
}
if (options.generate_id === "later") {
  const usual = io.engine.generateId;
  io.engine.generateId = async (req) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (req._query.id === "reject") throw new Error("no id today");
    return req._query.id ?? usual(req);
  };
} else if (options.generate_id) {
  const usual = io.engine.generateId;
  io.engine.generateId = (req) => {
    if (req._query.id === "reject") throw new Error("no id today");
    return req._query.id ?? usual(req);
  };
}

io.engine.on("connection", (conn) => {
  record("engine_open", { sid: conn.id, transport: conn.transport.name });
  conn.on("upgrading", (to) => record("engine_upgrading", { sid: conn.id, transport: to.name }));
  conn.on("upgrade", (to) => record("engine_upgrade", { sid: conn.id, transport: to.name }));
  conn.on("heartbeat", () => record("engine_heartbeat", { sid: conn.id }));
  conn.on("close", (reason) => record("engine_close", { sid: conn.id, reason }));
});
io.engine.on("connection_error", ({ code, message, context }) => {
  const { error, ...rest } = context ?? {};
  record("connection_error", { code, message, context: rest });
});

// ---------------------------------------------------------------- namespaces

const known = new Map(); // Every socket ever seen, so that actions reach disconnected ones too.
const gates = new Map(); // socket id -> next() of a socket that waits in /gate.

function note_middleware(socket, index) {
  record("middleware", { nsp: socket.nsp.name, socket: socket.id, index, connected: socket.connected });
}

const middlewares = {
  "/": [],
  "/custom": [],
  "/watched": [],
  "/refuse": [
    (socket, next) => next(Object.assign(new Error("refused"), { data: { code: "E_REFUSED", n: 7 } })),
  ],
  "/refuse-plain": [(socket, next) => next(new Error("refused without data"))],
  "/chain": [
    (socket, next) => {
      note_middleware(socket, 1);
      socket.join("chain-room");
      next();
    },
    (socket, next) => {
      note_middleware(socket, 2);
      next(socket.handshake.auth.stop ? new Error("stopped") : undefined);
    },
    (socket, next) => {
      note_middleware(socket, 3);
      next();
    },
  ],
  "/gate": [
    (socket, next) => {
      known.set(socket.id, socket);
      gates.set(socket.id, next);
      note_middleware(socket, 1);
    },
  ],
  "/early": [
    (socket, next) => {
      socket.join("early-room");
      socket.emit("early", 1);
      socket.emit("early", 2);
      next();
    },
  ],
  "/double": [
    (socket, next) => {
      next();
      next(new Error("second call of next"));
    },
  ],
  "/throws": [
    () => {
      throw new Error("thrown by a middleware");
    },
  ],
};

function open_namespace(name) {
  const nsp = io.of(name);
  const what = { "create-room": "create", "join-room": "join", "leave-room": "leave", "delete-room": "delete" };
  for (const [event, word] of Object.entries(what)) {
    nsp.adapter.on(event, (room, socket) => record("room", { nsp: nsp.name, what: word, room, socket }));
  }
  nsp.on("connection", on_connection);
  return nsp;
}

for (const [name, list] of Object.entries(middlewares)) {
  const nsp = open_namespace(name);
  for (const fn of list) nsp.use(fn);
}

const gate = middlewares["/gate"][0];
let parent;
if (options.dynamic) {
  io.on("new_namespace", (nsp) => record("new_namespace", { name: nsp.name }));
  io.of((name, auth, next) => next(new Error("no idea"))).on("connection", on_connection);
  io.of((name, auth, next) => setImmediate(() => next(null, name.startsWith("/asked-") && auth.allow === true)))
    .on("connection", on_connection);
  parent = io.of(/^\/dynamic-\d+$/);
  parent.on("connection", on_connection).use((socket, next) => {
    note_middleware(socket, 1);
    next(socket.handshake.auth.stop ? new Error("stopped") : undefined);
  });
  io.of(/^\/(dynamic|slow)-/).on("connection", on_connection).use(gate);
}

// ---------------------------------------------------------------- sockets

function on_connection(socket) {
  known.set(socket.id, socket);
  const nsp = socket.nsp.name;
  const { headers, time, address, xdomain, secure, issued, url, query, auth } = socket.handshake;
  const at = { nsp, socket: socket.id };
  record("connection", {
    ...at, conn: socket.conn.id, transport: socket.conn.transport.name,
    connected: socket.connected, rooms: [...socket.rooms].sort(),
    handshake: { headers, time, address, xdomain, secure, issued, url, query: { ...query }, auth },
    user: socket.request.user ?? null,
    recovered: socket.recovered, ...(socket.recovered ? { data: socket.data } : {}),
  });
  socket.on("disconnecting", (reason) =>
    record("disconnecting", { ...at, reason, rooms: [...socket.rooms].sort() }));
  socket.on("disconnect", (reason) =>
    record("disconnect", { ...at, reason, connected: socket.connected, rooms: [...socket.rooms].sort() }));
  socket.on("error", (error) => record("error", { ...at, message: error?.message ?? null }));
  if (nsp === "/watched") watch(socket, at);
  add_handlers(socket, at);
}

const is_ack = (x) => typeof x === "function";

function watch(socket, at) {
  socket.onAny((event, ...args) =>
    record("any", { ...at, event, args: args.filter((x) => !is_ack(x)), ack: args.some(is_ack) }));
  socket.onAnyOutgoing((event, ...args) => record("any_outgoing", { ...at, event, args }));
  socket.use(([event, ...args], next) => {
    record("use", { ...at, event, args: args.filter((x) => !is_ack(x)) });
    next(event === "blocked" ? new Error("blocked by a middleware") : undefined);
  });
}

function add_handlers(socket, at) {
  const rooms = () => [...socket.rooms].sort();
  socket.on("echo", (...args) => {
    if (is_ack(args.at(-1))) args.pop()(...args);
    else socket.emit("echo", ...args);
  });
  socket.on("note", (...args) => {
    const ack = is_ack(args.at(-1)) ? args.pop() : undefined;
    record("note", { ...at, args });
    ack?.();
  });
  socket.on("join", async (room, ack) => ack?.((await socket.join(room), rooms())));
  socket.on("leave", async (room, ack) => ack?.((await socket.leave(room), rooms())));
  socket.on("rooms", (ack) => ack(rooms()));
  socket.on("data", (data, ack) => {
    socket.data = data;
    ack?.();
  });
  socket.on("data_set", (key, what, ack) => {
    socket.data[key] = what;
    ack?.();
  });
  socket.on("ack_twice", (ack) => {
    ack("first");
    ack("second");
  });
  socket.on("ack_never", () => {});
  socket.on("say_to", (room, event, ...args) => socket.to(room).emit(event, ...args));
  socket.on("leave_me", (close) => socket.disconnect(close));
  socket.on("message", (...args) => record("message", { ...at, args }));
  socket.on("throw", () => {
    throw new Error("thrown by a handler");
  });
}

// ---------------------------------------------------------------- control actions

function socket_of(id) {
  const socket = known.get(id);
  if (!socket) throw new Error(`unknown socket ${id}`);
  return socket;
}

function with_rooms(op, { to = [], in: inside = [], except = [] }) {
  for (const room of to) op = op.to(room);
  for (const room of inside) op = op.in(room);
  for (const room of except) op = op.except(room);
  return op;
}

function operator(a) {
  if (a.socket !== undefined) return with_flags(socket_of(a.socket), a.flags);
  let op = a.nsp === undefined ? io : io.of(a.nsp);
  if (a.parent) op = parent;
  if (a.from !== undefined) {
    op = socket_of(a.from);
    if (a.broadcast) op = op.broadcast;
  }
  op = with_flags(with_rooms(op, a), a.flags);
  if (a.fork) with_flags(with_rooms(op, a.fork), a.fork.flags);
  return op;
}

function with_flags(op, flags = {}) {
  if (flags.volatile) op = op.volatile;
  if (flags.local) op = op.local;
  if (flags.compress !== undefined) op = op.compress(flags.compress);
  if (flags.timeout !== undefined) op = op.timeout(flags.timeout);
  return op;
}

function emit(a) {
  const op = operator(a);
  const args = from_wire(a.args ?? []);
  if (!a.ack) {
    op.emit(a.event, ...args);
    return {};
  }
  const unicast = a.socket !== undefined;
  const settle = (err, values) =>
    record("ack", { tag: a.tag, err: err ? err.message : null, [unicast ? "args" : "responses"]: values });
  if (a.ack === "await") {
    op.emitWithAck(a.event, ...args).then(
      (value) => settle(null, unicast ? [value] : value),
      (err) => settle(err, unicast ? [] : err.responses));
  } else if (unicast && a.flags?.timeout === undefined) {
    op.emit(a.event, ...args, (...values) => settle(null, values));
  } else {
    op.emit(a.event, ...args, (err, ...values) => settle(err, unicast ? values : values[0]));
  }
  return {};
}

function describe(socket) {
  return {
    id: socket.id, nsp: socket.nsp.name, connected: socket.connected, rooms: [...socket.rooms].sort(),
    data: socket.data, conn: socket.conn.id, transport: socket.conn.transport.name,
  };
}

const actions = {
  emit,
  send(a) {
    operator(a).send(...from_wire(a.args ?? []));
    return {};
  },
  async all_sockets(a) {
    return { ids: [...(await operator(a).allSockets())].sort() };
  },
  server_side_emit(a) {
    io.of(a.nsp ?? "/").serverSideEmit(a.event, ...from_wire(a.args ?? []));
    return {};
  },
  batch: (a) => ({ results: a.actions.map((x) => actions[x.do](x)) }),
  mark(a) {
    record("mark", { tag: a.tag });
    return {};
  },
  socket: (a) => describe(socket_of(a.socket)),
  async join(a) {
    await socket_of(a.socket).join(a.rooms);
    return {};
  },
  async leave(a) {
    for (const room of a.rooms) await socket_of(a.socket).leave(room);
    return {};
  },
  disconnect(a) {
    socket_of(a.socket).disconnect(a.close ?? false);
    return {};
  },
  conn_close(a) {
    socket_of(a.socket).conn.close();
    return {};
  },
  async fetch_sockets(a) {
    const found = await operator(a).fetchSockets();
    return { sockets: found.map((s) => ({ id: s.id, rooms: [...s.rooms].sort(), data: s.data })) };
  },
  sockets_join(a) {
    operator(a).socketsJoin(a.rooms);
    return {};
  },
  sockets_leave(a) {
    operator(a).socketsLeave(a.rooms);
    return {};
  },
  disconnect_sockets(a) {
    operator(a).disconnectSockets(a.close ?? false);
    return {};
  },
  namespace(a) {
    const nsp = io.of(a.nsp);
    const rooms = [...nsp.adapter.rooms].map(([room, ids]) => [room, [...ids].sort()]);
    return { name: nsp.name, sockets: [...nsp.sockets.keys()].sort(), rooms: Object.fromEntries(rooms) };
  },
  of: (a) => ({ name: open_namespace(a.name).name }),
  gate_open(a) {
    const next = gates.get(a.socket);
    gates.delete(a.socket);
    next?.(a.error === undefined ? undefined : new Error(a.error));
    return {};
  },
  set_tls(a) {
    http.setSecureContext(secure_options(a.tls));
    return {};
  },
  close() {
    setImmediate(() => io.close().then(() => record("closed", {})));
    return {};
  },
};

function counters() {
  const transports = { polling: 0, websocket: 0 };
  for (const conn of Object.values(io.engine.clients)) transports[conn.transport.name] += 1;
  let sockets = 0;
  let pending_acks = 0;
  for (const nsp of io._nsps.values()) {
    sockets += nsp.sockets.size;
    for (const socket of nsp.sockets.values()) pending_acks += socket.acks.size;
  }
  return { sessions: io.engine.clientsCount, transports, sockets, pending_acks };
}

// ---------------------------------------------------------------- the application's own HTTP routes

async function serve_http(req, res) {
  const answer = (status, body) => {
    res.writeHead(status, { "content-type": "application/json" });
    res.end(JSON.stringify(to_wire(body)));
  };
  if (req.url === "/__counters") return answer(200, counters());
  if (req.url !== "/__control") return res.writeHead(404).end();
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) text += chunk;
  try {
    const action = JSON.parse(text);
    answer(200, { ok: true, ...(await actions[action.do](action)) });
  } catch (error) {
    answer(200, { ok: false, error: error.message });
  }
}

if (options.admin) {
  const { instrument } = require("@socket.io/admin-ui");
  const { namespace_name: namespaceName = "/admin", server_id: serverId, auth, ...rest } = options.admin;
  const type = auth && { type: "basic" };
  instrument(io, { ...rest, namespaceName, serverId, auth: auth && { ...type, ...auth } });
}

http.listen(0, "127.0.0.1", () => process.stdout.write(`listening ${http.address().port}\n`));
process.stdin.on("end", () => process.exit(0)).resume();
