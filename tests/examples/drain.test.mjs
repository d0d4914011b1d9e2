// SD-46, SV-09, Q-37: five hundred official clients of a server that drains.
import assert from "node:assert/strict";
import test from "node:test";
import { Example, next } from "./lib/example.mjs";

const clients = 500;
const batch_size = 25; // as examples/chapters/operations.cpp says
const batch_interval_min = 50 * (1 - 0.2);
const blocks = 20;

test("SD-46 SV-09 Q-37 a drain closes batch by batch, and loses nothing", { timeout: 120_000 }, async () => {
  const program = await Example.start("example_operations");
  const all = [];
  for (let i = 0; i < clients; i += 50)
    all.push(...await Promise.all(Array.from({ length: 50 }, () => program.connected())));
  const left = [], notices = new Set(), got = new Map();
  for (const socket of all) {
    socket.on("server-shutdown", () => notices.add(socket));
    socket.on("block", (n) => got.set(socket, [...(got.get(socket) ?? []), n]));
    socket.on("disconnect", (reason) => left.push([Date.now(), reason]));
  }
  const again = await program.connected("/", { reconnection: true, reconnectionDelay: 1 });
  const tries_again = new Promise((resolve) => again.io.once("reconnect_attempt", resolve));
  const came = next(again, "disconnect");
  // What was asked for before the signal arrives, although nobody waits for it.
  const busy = all.slice(0, 40);
  for (const socket of busy) socket.emit("flood", blocks);
  await Promise.all(busy.slice(1).map((socket) => socket.emitWithAck("echo", 1)));

  const began = Date.now();
  program.process.kill("SIGTERM");
  const [code] = await program.exited;
  assert.equal(code, 0);
  assert.equal((await came)[0], "transport close");
  await tries_again;
  again.disconnect();
  while (left.length < clients) await new Promise((resolve) => setTimeout(resolve, 5));

  assert.equal(notices.size, clients);
  assert.deepEqual(new Set(left.map(([, reason]) => reason)), new Set(["transport close"]));
  const times = left.map(([at]) => at - began).sort((a, b) => a - b);
  times.forEach((time, i) => {
    // One more client than these, and Date.now() cuts off milliseconds.
    const least = Math.floor(i / batch_size) * batch_interval_min - 2;
    assert.ok(time >= least, `client ${i} left after ${time} ms, before ${least} ms`);
  });
  const expected = Array.from({ length: blocks }, (_, i) => i);
  for (const socket of busy) assert.deepEqual(got.get(socket), expected);
  const end = await program.record({ message: "drain ends" });
  assert.deepEqual([end.sessions, end.closed], [0, clients + 1]);
  for (const socket of all) socket.disconnect();
});
