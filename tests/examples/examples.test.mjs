// Every example program does what its text says, seen from the official client.
import assert from "node:assert/strict";
import test from "node:test";
import { Example, next } from "./lib/example.mjs";

const example = (name, body, ...args) =>
  test(name, { timeout: 30_000 }, async () => {
    const program = await Example.start(name === "hello" ? name : `example_${name}`, ...args);
    try {
      await body(program);
    } finally {
      await program.stop();
    }
  });

example("hello", async (program) => {
  const a = program.client();
  const [greeting] = await next(a, "hello");
  assert.equal(greeting, `you are ${a.id}`);
  const b = await program.connected();
  const heard = next(b, "chat message");
  a.emit("chat message", "hi");
  assert.deepEqual(await heard, ["hi"]);
  assert.equal(await a.emitWithAck("add", 2, 40), 42);
});

example("events", async (program) => {
  const [a, b] = [await program.connected(), await program.connected()];
  const seen = [];
  a.on("seen", (...args) => seen.push(args));
  const moved = next(b, "moved");
  a.emit("move", { x: 1, y: 2.5 });
  assert.deepEqual(await moved, [a.id, { x: 1, y: 2.5 }]);
  a.emit("enter", { name: "ada", level: 3 });
  assert.deepEqual(await next(a, "entered"), [{ name: "ada", level: 3, at: null }]);
  a.emit("sum", [1, 2], { three: 3, four: 4 });
  assert.deepEqual(await next(a, "sum"), [10]);
  a.emit("anything", { deep: [null, true, "x"] });
  assert.deepEqual(await next(a, "anything"), ['{"deep":[null,true,"x"]}']);
  const problem = next(a, "problem");
  a.emit("move", { x: "left", y: 0 });
  assert.match((await problem)[0], /argument 1 of "move": expected object with x, y, got object/);
  a.emit("first", "one");
  a.emit("first", "two");
  assert.deepEqual(await next(a, "first"), ["one"]);
  assert.deepEqual(seen.slice(0, 2), [["move", 1], ["enter", 1]]);
});

example("acknowledgements", async (program) => {
  const [a, b] = [await program.connected(), await program.connected()];
  assert.deepEqual(await a.emitWithAck("order", { item: "tea", count: 2 }), { number: 1, item: "tea" });
  assert.equal(await a.emitWithAck("divide", 7, 2), 3);
  assert.equal((await a.emitWithAck("divide", 7, 0)).error.code, "failed");
  const both = await new Promise((resolve) => a.emit("min and max", [3, 1, 2], (...all) => resolve(all)));
  assert.deepEqual(both, [1, 3]);
  assert.equal(await a.emitWithAck("later"), "it is later now");
  a.on("how old are you?", (answer) => answer(36));
  a.emit("ask me");
  assert.deepEqual(await next(a, "thank you"), [36]);
  b.emit("ask me");
  assert.deepEqual(await next(b, "no answer"), ["operation has timed out"]);
  a.on("vote", (question, answer) => answer(true));
  a.emit("vote", "tea?");
  assert.deepEqual(await next(a, "result"), [1, 1, [b.id]]);
});

example("rooms", async (program) => {
  const [a, b] = [await program.connected(), await program.connected()];
  assert.deepEqual((await a.emitWithAck("join", "blue")).sort(), [a.id, "blue"].sort());
  await b.emitWithAck("join", "blue");
  await program.line(/^room blue$/);
  assert.equal(await a.emitWithAck("count", "blue"), 2);
  const said = next(b, "said");
  a.emit("say", "blue", "hello");
  assert.deepEqual(await said, ["blue", "hello"]);
  const whispered = next(b, "whispered");
  a.emit("whisper", b.id, "psst");
  assert.deepEqual(await whispered, ["psst"]);
  const left = next(b, "left");
  a.disconnect();
  assert.deepEqual(await left, ["blue", "client namespace disconnect"]);
  assert.deepEqual(await b.emitWithAck("leave", "blue"), [b.id]);
});

example("broadcasting", async (program) => {
  const [a, b, c] = [await program.connected(), await program.connected(), await program.connected()];
  const news = new Map([a, b, c].map((socket) => [socket, []]));
  for (const [socket, list] of news) socket.on("news", (text) => list.push(text));
  a.emit("join", ["a"]);
  b.emit("join", ["a", "b"]);
  assert.deepEqual(await b.emitWithAck("who is in", "b"), [b.id]);
  c.emit("all", "1");
  c.emit("others", "2");
  c.emit("union", "3");
  c.emit("a without b", "4");
  await c.emitWithAck("who is in", "a");
  await Promise.all([a, b].map((socket) => socket.emitWithAck("who is in", "a")));
  assert.deepEqual([news.get(a), news.get(b), news.get(c)], [["1", "2", "3", "4"], ["1", "2", "3"], ["1"]]);
  const position = next(a, "position");
  c.emit("position", 3, 4);
  assert.deepEqual(await position, [3, 4]);
  c.emit("move", "a", "z");
  assert.deepEqual((await c.emitWithAck("who is in", "z")).sort(), [a.id, b.id].sort());
  const gone = next(a, "disconnect");
  c.emit("clear", "z");
  assert.equal((await gone)[0], "io server disconnect");
});

example("namespaces", async (program) => {
  const main = program.client();
  assert.deepEqual(await next(main, "welcome"), ["main"]);
  const news = main.io.socket("/news");
  assert.deepEqual(await next(news, "welcome"), ["news"]);
  news.emit("publish", "C++ speaks Socket.IO");
  assert.deepEqual(await next(news, "headline"), ["C++ speaks Socket.IO"]);
  const [refusal] = await next(program.client("/admin", { auth: { password: "?" } }), "connect_error");
  assert.deepEqual([refusal.message, refusal.data], ["wrong password", { hint: "it opens doors" }]);
  const admin = await program.connected("/admin", { auth: { password: "sesame" } });
  const kicked = next(main, "disconnect");
  admin.emit("kick all");
  assert.equal((await kicked)[0], "io server disconnect");
});

example("middlewares", async (program) => {
  const refused = async (auth) => (await next(program.client("/", { auth }), "connect_error"))[0];
  assert.deepEqual((await refused({})).data, { code: "NO_NAME" });
  assert.equal((await refused({ name: "mallory" })).message, "not you");
  const a = await program.connected("/", { auth: { name: "ada", slow: true } });
  assert.equal(await a.emitWithAck("who am i"), "ada");
  a.emit("shout", "hey");
  assert.deepEqual(await next(a, "heard"), ["hey!"]);
  a.emit("forbidden");
  assert.deepEqual(await next(a, "refused"), ["this event is forbidden"]);
  a.emit("fail");
  await program.line(/^exception in fail$/);
  assert.equal(await a.emitWithAck("who am i"), "ada");
});

example("binary", async (program) => {
  for (const transport of ["websocket", "polling"]) {
    const a = await program.connected("/", { transports: [transport] });
    const bytes = Buffer.from([0, 1, 2, 254, 255]);
    assert.equal(await a.emitWithAck("upload", { name: transport, bytes }), 5);
    assert.deepEqual(await a.emitWithAck("download", transport), { name: transport, bytes });
    assert.equal(await a.emitWithAck("download", "nothing"), null);
    assert.equal(await a.emitWithAck("checksum", bytes), 512);
  }
});

example("declared_events", async (program) => {
  const [a, b] = [await program.connected(), await program.connected()];
  const received = next(b, "message:received");
  assert.deepEqual(await a.emitWithAck("message:send", "typed"), { number: 1 });
  assert.deepEqual(await received, [{ from: a.id, text: "typed" }]);
  const typing = next(b, "typing");
  a.emit("typing", true);
  assert.deepEqual(await typing, [true]);
});

example("coroutines", async (program) => {
  const a = await program.connected();
  assert.equal(await a.emitWithAck("register"), "no name: operation has timed out");
  a.on("your name?", (answer) => answer("Ada"));
  a.on("your age?", (name, answer) => answer(name === "Ada" ? 36 : 0));
  assert.equal(await a.emitWithAck("register"), "Ada is 36");
  const b = await program.connected();
  for (const [socket, number] of [[a, 1], [b, 4]]) socket.on("a number?", (answer) => answer(number));
  assert.equal(await a.emitWithAck("average"), 2.5);
  assert.deepEqual((await a.emitWithAck("everybody")).sort(), [a.id, b.id].sort());
});

example("http", async (program) => {
  const get = async (path, options) => {
    const response = await fetch(program.url + path, options);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
  assert.deepEqual(await get("/users/7"), [200, '{"id":"7"}']);
  assert.deepEqual(await get("/later"), [200, "now\n"]);
  const a = await program.connected();
  const announced = next(a, "announcement");
  assert.deepEqual(await get("/announce", { method: "POST", body: "big news" }), [202, "announced\n"]);
  assert.deepEqual(await announced, ["big news"]);
  assert.deepEqual(await get("/counters"), [200, '{"sockets":1}']);
  assert.equal((await get("/lib/example.mjs"))[0], 200);
  assert.equal((await get("/nothing"))[0], 404);
}, new URL(".", import.meta.url).pathname);

example("threads", async (program) => {
  const a = await program.connected();
  const [first] = await next(a, "tick");
  assert.ok((await next(a, "tick"))[0] > first);
  assert.equal(await a.emitWithAck("compute", 1000), 500500);
});

example("limits", async (program) => {
  const a = await program.connected();
  assert.equal(await a.emitWithAck("flood", 3, 1000), 0);
  const gone = next(a, "disconnect");
  a.emit("flood", 100_000, 1000);
  assert.equal((await gone)[0], "transport close");
  await program.line(/^transport error: .*65536.* \(slow_consumer\)$/);
  const b = await program.connected();
  b.emit("flood", 1, 1, "x".repeat(200_000));
  await program.line(/^transport error: .*200\d{3}.*100000.* \(message_too_big\)$/);
});

example("compression", async (program) => {
  const a = await program.connected("/", { perMessageDeflate: { threshold: 0 } });
  const b = await program.connected("/", { perMessageDeflate: { threshold: 0 } });
  assert.ok(a.io.engine.transport.ws._extensions["permessage-deflate"]);
  const heard = Promise.all([next(a, "report"), next(a, "noise"), next(a, "news"), next(b, "news")]);
  a.emit("report", 100);
  const [[report], ...others] = await heard;
  assert.equal(report.split("\n").length, 101);
  for (const [text] of others) assert.equal(text, report);
  assert.equal(await a.emitWithAck("savings"), 2);
  const [, , times, sent, plain] = await program.line(/^(\d+) messages compressed, sent (\d+) times: (\d+) bytes instead of (\d+)/);
  assert.equal(Number(times), 3);
  assert.ok(Number(sent) * 5 < Number(plain), `${sent} of ${plain}`);
});
