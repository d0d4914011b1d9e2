// Every example client does what its text says, seen from an official server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";

const require = createRequire(new URL("../conformance/package.json", import.meta.url));
const { Server } = require("socket.io");
const folder = process.env.SOCKETIO_EXAMPLES;

/** One program and its server; `prepare(io)` says what the server does. */
class Client {
  static async start(name, prepare) {
    const io = new Server(0, { serveClient: false });
    prepare(io);
    const client = new Client();
    client.io = io;
    client.lines = [];
    client.waiting = [];
    client.process = spawn(path.join(folder, name), [`http://127.0.0.1:${io.httpServer.address().port}`],
      { stdio: ["ignore", "pipe", "inherit"] });
    client.exited = once(client.process, "exit");
    createInterface({ input: client.process.stdout }).on("line", (line) => {
      client.lines.push(line);
      for (const wait of client.waiting) wait();
    });
    return client;
  }

  async line(pattern) {
    for (let seen = 0; ; seen++) {
      while (seen >= this.lines.length) await new Promise((resolve) => this.waiting.push(resolve));
      if (this.lines[seen].match(pattern)) return this.lines[seen];
    }
  }

  async stop() {
    this.process.kill("SIGKILL");
    await this.exited;
    await this.io.close();
  }
}

const example = (name, prepare, body) =>
  test(`client_${name}`, { timeout: 30_000, skip: !existsSync(path.join(folder, `client_${name}`)) }, async () => {
    const sockets = [];
    const client = await Client.start(`client_${name}`, (io) => {
      io.on("connection", (socket) => sockets.push(socket));
      prepare(io);
    });
    try {
      await body(client);
      const [code] = await client.exited;
      assert.equal(code, 0);
    } finally {
      await client.stop();
    }
  });

const on_connection = (what) => (io) => io.on("connection", what);

example("hello", on_connection((socket) => {
  socket.emit("chat message", "welcome");
  socket.on("add", (a, b, answer) => answer(a + b));
}), async (client) => {
  await client.line(/^connected as .{20}$/);
  await client.line(/^3$/);
  assert(client.lines.includes("welcome"));
});

const seen = [];
example("events", (io) => {
  io.of("/news").on("connection", (socket) => socket.emit("headline", "it works"));
  io.on("connection", async (socket) => {
    assert.deepEqual(socket.handshake.auth, { token: "secret" });
    socket.onAny((...all) => seen.push(all));
    socket.on("sum", (numbers, answer) => answer(numbers.reduce((a, b) => a + b)));
    socket.on("question", (n, answer) => answer(`it is ${n}`));
    socket.emit("message", { from: "bob", text: "hi" });
    socket.emit("bytes", "three", Buffer.from([1, 2, 3]));
    assert.equal(await socket.emitWithAck("what is your name?"), "ada");
    socket.emit("start", 1);
    socket.on("upload", (bytes) => assert.deepEqual([...bytes], [1, 2, 3]));
  });
}, async (client) => {
  await client.line(/^bob says hi$/);
  await client.line(/^three has 3 bytes$/);
  await client.line(/^any message 1$/);
  await client.line(/^news: it works$/);
  await client.line(/^sum: 6$/);
  await client.line(/^answer: it is 42$/);
  await client.line(/^nobody: operation has timed out$/);
  client.io.emit("end");
  assert.deepEqual(seen.find(([name]) => name === "hello"), ["hello", "world", 7, { from: "ada", text: "hi" }]);
});

let tries = 0;
example("errors", (io) => {
  io.use((socket, next) =>
    socket.handshake.auth.token ? next() : next(Object.assign(new Error("who are you?"), { data: { code: 401 } })));
  io.on("connection", (socket) => {
    if (++tries === 1) return void setTimeout(() => socket.conn.close(), 20);
    socket.on("kept", (text, key, answer) => answer(text.length + key.length));
    socket.emit("number", "seven");
    socket.emit("throw");
  });
}, async (client) => {
  await client.line(/^refused: who are you\? \{"code":401\}, \d\d\d bytes wait$/);
  await client.line(/^disconnected: transport close$/);
  await client.line(/^back after 1$/);
  await client.line(/^number: argument 0 must be integer/);
  await client.line(/^throw threw: oops$/);
  client.io.emit("end");
});

const ticks = on_connection((socket) => {
  for (let n = 1; n <= 3; n++) setTimeout(() => socket.emit("tick", n), n * 10);
  setTimeout(() => socket.emit("end"), 50);
});
example("loop", ticks, (client) => client.line(/^tick 3$/));
example("executor", ticks, (client) => client.line(/^tick 3 on the main thread$/));

example("asio", on_connection((socket) => socket.on("add", (a, b, answer) => answer(a + b))), async (client) => {
  await client.line(/^sum: 3$/);
  await client.line(/^late: operation has timed out$/);
  client.io.emit("end");
});

const told = [];
example("migration", on_connection((socket) => {
  assert.equal(socket.handshake.query.room, "7");
  assert.equal(socket.handshake.headers["x-client"], "robot");
  socket.onAny((...all) => told.push(all));
  socket.emit("login", 2, ["ada", "bob"]);
  socket.emit("raw", { deep: [1] });
  socket.emit("sum", 1, 2, (sum) => told.push(["summed", sum]));
  socket.on("ask", (what, answer) => {
    answer(`${what}?`);
    setTimeout(() => socket.emit("end"), 20);
  });
}), async (client) => {
  await client.line(/^open$/);
  await client.line(/^2 users, the first is ada$/);
  await client.line(/^\[1\]$/);
  await client.line(/^x\?$/);
  await client.exited;
  assert.deepEqual(told.find(([name]) => name === "three"), ["three", 1, "two", [3.5]]);
  assert.deepEqual(told.find(([name]) => name === "summed"), ["summed", 3]);
});
