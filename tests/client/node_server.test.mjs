// node_server.mjs with the official client: what the tests of a C++ client rely on is there, in both versions.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";

const require = createRequire(new URL("../conformance/package.json", import.meta.url));
const { io } = require("socket.io-client");
const msgpack = require("socket.io-msgpack-parser");

const clean = [];
after(() => clean.forEach((end) => end()));

/** A running server: its lines are kept, commands are answered. */
async function started(options) {
  const child = spawn(process.execPath, [new URL("node_server.mjs", import.meta.url).pathname, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  clean.push(() => child.kill("SIGKILL"));
  const lines = [];
  const waiting = new Set();
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push(JSON.parse(text));
    waiting.forEach((look) => look());
  });
  const line = (fits) =>
    new Promise((resolve) => {
      const look = () => {
        const found = lines.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  let last = 0;
  const command = async (cmd, fields = {}) => {
    const id = ++last;
    child.stdin.write(JSON.stringify({ cmd, id, ...fields }) + "\n");
    return await line((one) => one.id === id && !one.ev);
  };
  const { port } = await line((one) => one.port);
  const connect = (nsp = "/", more = {}) => {
    const socket = io(`http://127.0.0.1:${port}${nsp}`, { forceNew: true, reconnection: false, ...more });
    clean.push(() => socket.disconnect());
    return socket;
  };
  const connected = async (nsp, more) => {
    const socket = connect(nsp, more);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
    return socket;
  };
  return { child, line, command, connect, connected };
}

const got = async (socket, event) => await new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const ended = async (socket) => (await got(socket, "disconnect"))[0];

for (const version of [4, 3]) {
  describe(`version ${version}`, () => {
    test("events, acknowledgements and bytes in both directions", async () => {
      const server = await started({ version });
      const socket = server.connect("/", { auth: { who: "ann" } });
      const binary = got(socket, "binary");
      assert.deepEqual((await got(socket, "auth"))[0], { who: "ann" });
      assert.equal(await socket.emitWithAck("whatever", 1), 1);
      socket.emit("message", 1, Buffer.from("x"));
      assert.deepEqual((await got(socket, "message-back")).slice(0, 2), [1, Buffer.from("x")]);
      socket.emit("echo", "e");
      assert.equal((await got(socket, "echo"))[0], "e");
      socket.emit("send-binary", 2);
      assert.deepEqual((await binary).slice(0, 3), [Buffer.of(0, 1), { nested: [Buffer.of(0, 1), "text"] }, Buffer.of(0, 0)]);
      socket.emit("send-big", 100_000);
      assert.equal((await got(socket, "big"))[0].length, 100_000);
      const many = [];
      socket.on("many", (n) => many.push(n));
      socket.emit("send-many", 5);
      assert.equal((await socket.emitWithAck("facts")).auth.who, "ann");
      assert.deepEqual(many, [0, 1, 2, 3, 4]);
    });

    test("acknowledgements that come late, twice, never, unasked, and are asked for", async () => {
      const server = await started({ version });
      const socket = await server.connected("/");
      assert.equal(await socket.emitWithAck("late-ack", 5, "later"), "later");
      const seen = [];
      socket.io.engine.on("data", (data) => seen.push(data));
      let times = 0;
      socket.emit("ack-twice", "x", () => times++);
      socket.emit("ack-unknown");
      await socket.emitWithAck("whatever");
      assert.equal(times, 1);
      assert.equal(seen.filter((data) => String(data).startsWith("3")).length, 4);
      await assert.rejects(socket.timeout(20).emitWithAck("never-ack"));
      socket.once("question", (n, ack) => ack(n + 1));
      socket.emit("ask-me", 1);
      assert.equal((await got(socket, "answered"))[0], 2);
      socket.once("question", (n, ack) => ack(n + 2));
      assert.deepEqual((await server.command("ask", { event: "question", args: [1], to: socket.id })).args, [3]);
    });

    test("namespaces let in, refuse, take their time and speak early", async () => {
      const server = await started({ version, slow: 20 });
      const [refused] = await got(server.connect("/admin"), "connect_error");
      assert.equal(refused.message, "not authorized");
      assert.equal(refused.data.code, "E401");
      await server.connected("/admin", { auth: { token: "secret" } });
      const [none] = await got(server.connect("/refused"), "connect_error");
      assert.equal(none.message, "refused");
      assert.equal((await got(server.connect("/nowhere"), "connect_error"))[0].message, "Invalid namespace");
      await server.connected("/slow");
      await server.connected("/custom");
      await server.connected("/dynamic-7");
      assert.equal((await got(server.connect("/early"), "early"))[0], 1);
    });

    for (const transport of ["polling", "websocket"]) {
      test(`sessions end in every way, over ${transport}`, async () => {
        const server = await started({ version });
        const joined = () => server.connected("/", { transports: [transport] });
        const after_event = async (...event) => {
          const socket = await joined();
          socket.emit(...event);
          return await ended(socket);
        };
        assert.equal(await after_event("disconnect-me"), "io server disconnect");
        // The packet and the end may travel together.
        assert.match(await after_event("disconnect-me", true), /^(io server disconnect|transport close)$/);
        assert.equal(await after_event("close-me"), "transport close");
        assert.equal(await after_event("bad-packet"), "parse error");
        assert.equal(await after_event("bad-packet", "2{"), "parse error");
        if (transport === "websocket") {
          // As the official client has it: an error of the engine, not of the parser.
          assert.equal(await after_event("bad-engine-packet"), "transport error");
          assert.match(await after_event("destroy-me"), /^transport (error|close)$/);
        }
        const socket = await joined();
        const end = ended(socket);
        await server.command("kill-transports");
        assert.match(await end, /^transport (error|close)$/);
      });
    }

    test("a silent server is given up", async () => {
      const server = await started({ version, silent: true, ping_interval: 50, ping_timeout: 50 });
      assert.equal(await ended(await server.connected("/")), "ping timeout");
      const other = await started({ version, ping_interval: 50, ping_timeout: 50 });
      const socket = await other.connected("/");
      await got(socket.io, "ping");
      await socket.emitWithAck("stop-pings");
      assert.equal(await ended(socket), "ping timeout");
    });

    test("compression of messages is agreed upon when asked for", async () => {
      for (const per_message_deflate of [true, false]) {
        const server = await started({ version, per_message_deflate });
        const socket = await server.connected("/", { transports: ["websocket"] });
        assert.equal((await socket.emitWithAck("facts")).deflate, per_message_deflate);
        assert.equal(await socket.emitWithAck("whatever", "x".repeat(5000)), "x".repeat(5000));
      }
    });

    test("it ends with its stdin, and closes when told to", async () => {
      const server = await started({ version });
      const socket = await server.connected("/");
      assert.equal((await server.command("stats")).sockets["/"], 1);
      const end = ended(socket);
      await server.command("close");
      await end;
      server.child.stdin.end();
      assert.deepEqual(await once(server.child, "exit"), [0, null]);
    });
  });
}

test("recovery: what was missed comes again", async () => {
  const server = await started({ recovery: true });
  const socket = await server.connected("/", { reconnection: true, reconnectionDelay: 100, randomizationFactor: 0 });
  await server.command("emit", { event: "first" });
  const end = ended(socket);
  await server.command("kill-transports");
  await end;
  const missed = got(socket, "missed");
  await server.command("emit", { event: "missed", args: [7] });
  assert.equal((await missed)[0], 7);
  assert.equal(socket.recovered, true);
});

test("another parser", async () => {
  const server = await started({ parser: "msgpack" });
  const socket = await server.connected("/", { parser: msgpack });
  assert.deepEqual(await socket.emitWithAck("whatever", Buffer.from("x")), Buffer.from("x"));
});
