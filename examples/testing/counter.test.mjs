// The tests of counter.cpp, with the official client: COUNTER names the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";

// In a project of your own: import { io } from "socket.io-client";
const { io } = createRequire(new URL("../../tests/conformance/package.json", import.meta.url))("socket.io-client");

// [program]
let program;
let url;
const clients = [];

before(async () => {
  program = spawn(process.env.COUNTER, ["0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: program.stdout }), "line");
  url = `http://127.0.0.1:${line.match(/listening on (\d+)/)[1]}`;
});

after(async () => {
  program.kill("SIGTERM");
  const [code] = await once(program, "exit");
  assert.equal(code, 0);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
// [/program]

// [client]
function client(options) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  clients.push(socket);
  return socket;
}

/** The arguments of the next event of that name. Listen before you do what causes it. */
function next(socket, event) {
  return new Promise((resolve, reject) => {
    socket.once(event, (...args) => resolve(args));
    socket.once("disconnect", (reason) => reject(new Error(`waiting for ${event}: ${reason}`)));
  });
}
// [/client]

// [tests]
test("everybody sees the count, over each transport", { timeout: 10_000 }, async () => {
  const a = client({ transports: ["websocket"] });
  const [start] = await next(a, "count");
  const b = client({ transports: ["polling"] });
  assert.deepEqual(await next(b, "count"), [start]);
  const heard = next(b, "count");
  assert.equal(await a.emitWithAck("add", 2), start + 2);
  assert.deepEqual(await heard, [start + 2]);
});

test("what does not fit is answered, and changes nothing", { timeout: 10_000 }, async () => {
  const a = client();
  const [start] = await next(a, "count");
  assert.equal((await a.emitWithAck("add", "two")).error.code, "invalid_arguments");
  assert.equal((await a.emitWithAck("add", -1)).error.code, "failed");
  assert.equal(await a.emitWithAck("add", 0), start);
});
// [/tests]
