// The command `socketio` against official servers: what it prints, for people and for programs, and
// how it exits.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import test, { after, before } from "node:test";

const require = createRequire(new URL("../conformance/package.json", import.meta.url));
const { Server } = require("socket.io");
const program = process.env.SOCKETIO_COMMAND;
if (!program) throw new Error("SOCKETIO_COMMAND must name the program");

let io, url;
before(() => {
  io = new Server(0, { serveClient: false, cookie: true });
  url = `http://127.0.0.1:${io.httpServer.address().port}`;
  io.on("connection", (socket) => {
    socket.on("echo", (...args) => args.pop()(...args));
    socket.on("come", (n) => {
      for (let i = 0; i < n; i++) socket.emit("came", i, Buffer.from([i]));
    });
    socket.on("leave", () => socket.disconnect());
  });
  io.of("/admin").use((socket, next) =>
    socket.handshake.auth.token === "secret" ? next() : next(Object.assign(new Error("who?"), { data: { code: 7 } })));
});
after(() => io.close());

async function run(args, { signal, until } = {}) {
  const child = spawn(program, args, { env: { ...process.env, NO_COLOR: "" } });
  let out = "", errors = "";
  child.stdout.on("data", (text) => {
    out += text;
    if (signal && out.includes(until)) child.kill(signal);
  });
  child.stderr.on("data", (text) => (errors += text));
  const [code] = await once(child, "close");
  return { code, out, errors, lines: out.split("\n").filter(Boolean) };
}
const json = ({ lines }) => lines.map((line) => JSON.parse(line));

test("connect emits and shows the answers", async () => {
  const seen = await run(["connect", url, "--emit", "echo", "1", '{"a":[true,null]}', "text", "--ack"]);
  assert.equal(seen.code, 0, seen.errors);
  assert.match(seen.out, /^\* connected to \/ as .{20} over polling$/m);
  assert.match(seen.out, /^> echo 1 \{"a":\[true,null\]\} "text"$/m);
  assert.match(seen.out, /^= echo 1 \{"a":\[true,null\]\} "text"$/m);
  assert(!seen.out.includes("\x1b"), "colours are for terminals");
});

test("connect speaks JSON to programs, binary included", async () => {
  const seen = await run(["connect", url, "--json", "--transport", "websocket", "--emit", "come", "2", "--emit", "echo",
    '{"$binary":"AAEC"}', "--ack", "--count", "2", "--timeout", "5"]);
  assert.equal(seen.code, 4);  // nobody acknowledges "come"
  const listened = await run(["connect", url, "--json", "--emit", "come", "2", "--count", "2"]);
  assert.equal(listened.code, 0, listened.errors);
  const events = json(listened).filter(({ type }) => type === "event");
  assert.deepEqual(events, [
    { type: "event", event: "came", args: [0, { $binary: "AA==" }] },
    { type: "event", event: "came", args: [1, { $binary: "AQ==" }] },
  ]);
  const acks = json(seen).filter(({ type }) => type === "ack");
  assert.deepEqual(acks, [{ type: "ack", event: "echo", args: [{ $binary: "AAEC" }] }]);
});

test("connect joins namespaces, with auth", async () => {
  const refused = await run(["connect", `${url}/admin`]);
  assert.equal(refused.code, 3);
  assert.match(refused.errors, /^socketio: who\? .*data \{"code":7\}$/m);
  const joined = await run(["connect", url, "-n", "/admin", "--auth", '{"token":"secret"}']);
  assert.equal(joined.code, 0, joined.errors);
  assert.match(joined.out, /connected to \/admin/);
  const wrong = await run(["connect", url, "--auth", "{no json"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.errors, /no json/);
});

test("connect says why it cannot", async () => {
  const nobody = await run(["connect", "http://127.0.0.1:1"]);
  assert.equal(nobody.code, 2);
  assert.match(nobody.errors, /connect to 127\.0\.0\.1:1 refused/);
  const plain = await run(["connect", url.replace("http", "https")]);
  assert.equal(plain.code, 2);
  assert.match(plain.errors, /TLS: wrong version number: does the server speak TLS\?/);
  const usage = await run(["connect"]);
  assert.equal(usage.code, 1);
  const unknown = await run(["connect", url, "--transport", "pigeon"]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.errors, /pigeon/);
  const bad = await run(["connect", "http://"]);
  assert.equal(bad.code, 1);
});

test("connect listens until it is asked to end, or the server ends it", async () => {
  const listening = await run(["connect", url, "--listen", "--emit", "come", "1"], { signal: "SIGINT", until: "came" });
  assert.equal(listening.code, 0, listening.errors);
  const sent_away = await run(["connect", url, "--listen", "--emit", "leave"]);
  assert.equal(sent_away.code, 5);
  assert.match(sent_away.errors, /io server disconnect/);
});

test("bench fails when nobody answers", async () => {
  const seen = await run(["bench", url, "--event", "nobody", "-d", "0.3", "-c", "2"]);
  assert.equal(seen.code, 4, seen.errors);
});

test("inspect asks as connect does: path, query and login of the URL", async () => {
  const asked = [];
  const listen = (request) => asked.push([request.url.split("&t=")[0], request.headers.authorization]);
  io.httpServer.on("request", listen);
  const seen = await run(["inspect", `${url.replace("//", "//ada:secret@")}/?room=a%20b`, "--path", "/socket.io/"]);
  io.httpServer.off("request", listen);
  assert.equal(seen.code, 0, seen.errors);
  assert.deepEqual(asked[0], ["/socket.io/?EIO=4&transport=polling&room=a%20b", "Basic YWRhOnNlY3JldA=="]);
});

test("what a terminal would obey is shown, not sent", async () => {
  const seen = await run(["connect", url, "--emit", "echo", "a\u009b31m\u007f", "--ack"]);
  assert.match(seen.out, /^= echo "a\\x9b31m\\x7f"$/m);
  assert(!/[\u0080-\u009f\u007f]/.test(seen.out));
});

test("inspect shows the handshake", async () => {
  const seen = await run(["inspect", url]);
  assert.equal(seen.code, 0, seen.errors);
  assert.match(seen.out, /^polling +yes, handshake in [\d.]+ ms$/m);
  assert.match(seen.out, /^pingInterval +25000 ms$/m);
  assert.match(seen.out, /^maxPayload +1000000 bytes$/m);
  assert.match(seen.out, /^cookie +io=.*; Path=\/; HttpOnly; SameSite=Lax$/m);
  assert.match(seen.out, /^websocket +yes, handshake in [\d.]+ ms$/m);
  const [found] = json(await run(["inspect", url, "--json"]));
  assert.equal(found.pingTimeout, 20_000);
  assert.equal(found.websocket, true);
  assert.deepEqual(found.upgrades, ["websocket"]);
  const nobody = await run(["inspect", "http://127.0.0.1:1"]);
  assert.equal(nobody.code, 2);
  const other = await run(["inspect", url, "--path", "/elsewhere"]);
  assert.equal(other.code, 2);
});

test("bench counts answers", async () => {
  const [seen] = json(await run(["bench", url, "-c", "5", "-w", "2", "-d", "0.5", "--json"]));
  assert(seen.answers > 10);
  assert.equal(seen.connections, 5);
  assert.equal(seen.errors, 0);
  assert(seen.p50_us > 0 && seen.p50_us <= seen.p99_us && seen.p99_us <= seen.max_us);
  const nobody = await run(["bench", "http://127.0.0.1:1", "-c", "2", "-d", "0.2"]);
  assert.equal(nobody.code, 2);
});
