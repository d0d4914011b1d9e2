// An official Socket.IO server as a child process, for the tests of the C++ client.
//
//   node node_server.mjs '{"version":4,"ping_interval":300}'
//
// It prints one line of JSON when it listens, {"port":1234,"version":"4.8.4"} or {"path":"/...","version":...}, and exits when
// its stdin ends. Lines on stdin are commands (node/commands.mjs), each answered by one line with the same "id"; every other
// line on stdout is an observation, {"ev":"connect",...}. What clients can ask for is in node/handlers.mjs. Bytes in commands
// and observations are written {"$binary":"<base64>"}.
//
// Options, all of them optional; durations are milliseconds:
//   version         4 or 3: which major release of socket.io
//   host, port      127.0.0.1 and an ephemeral one; or `unix`: the path of a socket
//   tls             {key, cert, ca?, request_cert?}, PEM or the names of files
//   path, ping_interval, ping_timeout, upgrade_timeout, connect_timeout, max_http_buffer_size, transports, allow_upgrades,
//   cookie, per_message_deflate, http_compression, allow_eio3
//                   the option of that name; the objects in it have JavaScript's names
//   recovery        true, or {max_disconnection_duration, skip_middlewares}: connectionStateRecovery (version 4)
//   parser          "msgpack" (version 4)
//   silent          true: no session ever sends a ping
//   slow            how long the middleware of /slow takes; 200
//   refuse          a text: every handshake is refused with it
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { install_commands } from "./node/commands.mjs";
import { install_handlers } from "./node/handlers.mjs";
import { record, send_line } from "./node/lines.mjs";

const options = JSON.parse(process.argv[2] ?? "{}");

// ---- the package of that version

const four = createRequire(new URL("../conformance/package.json", import.meta.url));
const three = createRequire(new URL("package.json", import.meta.url));
const version = options.version ?? 4;
const name = { 3: "socket.io-v3", 4: "socket.io" }[version];
if (!name) throw new Error(`there is no version ${version} here`);
const folder = version === 4 ? "../conformance/" : "./";
const { Server } = (version === 4 ? four : three)(name);
const release = JSON.parse(readFileSync(new URL(`${folder}node_modules/${name}/package.json`, import.meta.url))).version;

// ---- its options

const names = {
  path: "path", ping_interval: "pingInterval", ping_timeout: "pingTimeout", upgrade_timeout: "upgradeTimeout",
  connect_timeout: "connectTimeout", max_http_buffer_size: "maxHttpBufferSize", transports: "transports",
  allow_upgrades: "allowUpgrades", cookie: "cookie", per_message_deflate: "perMessageDeflate",
  http_compression: "httpCompression", allow_eio3: "allowEIO3",
};
const node_options = { serveClient: false };
for (const [ours, theirs] of Object.entries(names)) if (options[ours] !== undefined) node_options[theirs] = options[ours];
if (options.recovery) {
  const { max_disconnection_duration = 120_000, skip_middlewares = true } = options.recovery;
  node_options.connectionStateRecovery = { maxDisconnectionDuration: max_disconnection_duration, skipMiddlewares: skip_middlewares };
}
if (options.parser === "msgpack") node_options.parser = four("socket.io-msgpack-parser");
const state = { refuse: options.refuse, silent: Boolean(options.silent), slow: options.slow ?? 200, connections: new Set() };
node_options.allowRequest = (request, done) => done(state.refuse ?? null, state.refuse === undefined);

// ---- the server

const pem = (text) => (text?.includes("-----BEGIN") ? text : text && readFileSync(text));
const http = options.tls
  ? createSecureServer({
      key: pem(options.tls.key), cert: pem(options.tls.cert), ca: pem(options.tls.ca), requestCert: Boolean(options.tls.request_cert),
    })
  : createServer();
http.on("connection", (connection) => {
  state.connections.add(connection);
  connection.on("close", () => state.connections.delete(connection));
});
const io = new Server(http, node_options);
install_handlers(io, state);
install_commands(io, http, state);

http.on("error", (error) => {
  record("error", { code: error.code, message: error.message });
  process.exit(1);
});
const where = options.unix ? { path: options.unix } : { host: options.host ?? "127.0.0.1", port: options.port ?? 0 };
if (options.unix && existsSync(options.unix)) rmSync(options.unix);
http.listen(where, () => {
  const address = http.address();
  const at = typeof address === "string" ? { path: address } : { port: address.port };
  send_line({ ...at, version: release });
});
