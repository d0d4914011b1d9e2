// Every example program does what its text says, seen from the official client.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { Authority } from "../conformance/lib/certificates.mjs";
import { Example, msgpack_parser, next } from "./lib/example.mjs";

const admin_ui = fileURLToPath(new URL("../conformance/node_modules/@socket.io/admin-ui", import.meta.url));
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
  const repeated = [];
  a.on("repeated", (...args) => repeated.push(args));
  a.emit("repeat", 2, "x", [1], null);
  a.send("hi");
  assert.deepEqual(await next(a, "message"), ["hi!"]);
  assert.deepEqual(repeated, [[0, "x", [1], null], [1, "x", [1], null]]);
  const heard = [];
  a.on("heard", (n) => heard.push(n));
  a.emit("until stop", 1);
  a.emit("stop");
  a.emit("until stop", 2);
  a.send("over");
  await next(a, "message");
  assert.deepEqual(heard, [1]);
  await program.line(/^sent heard with 1$/);
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
    a.emit("send me", "ab");
    assert.deepEqual(await next(a, "for you"), ["ab", Buffer.from([7, 7, 7]), Buffer.from("ab")]);
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

example("engine", async (program) => {
  const polling = "/socket.io/?EIO=4&transport=polling";
  const handshake = (headers) => fetch(program.url + polling, { headers });
  const refused = await handshake({});
  assert.deepEqual([refused.status, await refused.text()], [401, "who are you?\n"]);
  assert.equal(refused.headers.get("x-frame-options"), "DENY");
  const authorization = "Bearer secret";
  const welcome = await handshake({ authorization, origin: "https://app.example" });
  assert.equal(welcome.status, 200);
  assert.equal(welcome.headers.get("access-control-allow-origin"), "https://app.example");
  assert.equal(welcome.headers.get("x-served-by"), "node-7");
  assert.match(welcome.headers.get("set-cookie"), /^sticky=[\w-]{20}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const foreign = await handshake({ authorization, origin: "https://evil.example", "x-forwarded-for": "192.0.2.1" });
  assert.equal(foreign.status, 403);
  await program.line(/^refused 192\.0\.2\.1: Origin not allowed$/);
  const a = program.client("/", { extraHeaders: { authorization, "x-forwarded-for": "192.0.2.7" } });
  assert.deepEqual(await next(a, "welcome"), ["ann", "192.0.2.7"]);
});

example("threads", async (program) => {
  const a = await program.connected();
  const [first] = await next(a, "tick");
  assert.ok((await next(a, "tick"))[0] > first);
  assert.equal(await a.emitWithAck("compute", 1000), 500500);
  const players = await Promise.all(Array.from({ length: 8 }, () => program.connected()));
  await Promise.all(players.map((player) => player.emitWithAck("score", "all of us", 5)));
  assert.equal(await a.emitWithAck("score", "all of us", 0), 40);
  assert.equal(await a.emitWithAck("mine"), 1);
  assert.equal(await players[0].emitWithAck("mine"), 1);
  assert.equal(await a.emitWithAck("mine"), 2);
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

example("recovery", async (program) => {
  const a = program.client("/", { reconnection: true, reconnectionDelay: 10 });
  const [list] = await next(a, "everything");
  assert.deepEqual(list, ["all that", "a new client", "needs"]);
  await program.line(/^a new client: not_asked/);
  const b = await program.connected();
  const { id } = a;
  const gone = next(a, "disconnect");
  const missed = next(a, "news");
  const back = next(a, "connect");
  a.io.engine.close();
  await gone;
  b.emit("tell all", "while you were away");
  assert.equal((await missed)[0], "while you were away");
  await back;
  assert.equal(a.recovered, true);
  assert.equal(a.id, id);
  const told = await (await fetch(`${program.url}/recovery`)).text();
  assert.equal(told, "recovered 1, too late 0, log too small 0, away now 0\n");
  const c = await program.connected("/", { auth: { pid: "x".repeat(20) } });
  assert.equal(c.connected, true);
  await program.line(/^a new client: server_restarted \(the session is one of another process/);
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

example("older_clients", async (program) => {
  const older = program.older_client("/chat?token=secret");
  await next(older, "connect");
  assert.match(older.id, /^\/chat#/);
  await program.line(new RegExp(`^${older.id} speaks revision 3$`));
  const newer = await program.connected("/chat", { auth: { token: "secret" } });
  await program.line(new RegExp(`^${newer.id} speaks revision 4$`));
  const heard = [next(older, "said"), next(newer, "said")];
  older.emit("say", "hello");
  assert.deepEqual(await Promise.all(heard), [["hello"], ["hello"]]);
  assert.deepEqual(await next(program.older_client("/chat"), "error"), ["who are you?"]);
});

example("parsers", async (program) => {
  const a = await program.connected("/", { parser: msgpack_parser });
  const heard = next(a, "shouted");
  a.emit("shout", "hi");
  const [text, bytes] = await heard;
  assert.equal(text, "hi");
  assert.deepEqual(Buffer.from(bytes), Buffer.from("hi"));
  assert.ok((await a.emitWithAck("bytes")) > 0);
});
example("server", async (program) => {
  await program.line(/^server_options: max_http_buffer_size is 0 bytes, at least 1 bytes is needed$/);
  const a = program.client();
  a.on("your name?", (answer) => answer("ada"));
  assert.deepEqual(await next(a, "welcome"), ["ada"]);
  await next(a, "tick");
  await next(a, "tick");
  await program.line(/^on the shard$/);
  const headers = { origin: "https://app.example" };
  const response = await fetch(`${program.url}/socket.io/?EIO=4&transport=polling`, { headers });
  assert.equal(response.headers.get("access-control-allow-origin"), headers.origin);
  const gone = next(a, "disconnect");
  a.emit("stop");
  assert.equal((await gone)[0], "transport close");
  await program.line(/^everybody has left$/);
  await program.exited; // by itself; a signal on its way out would end it otherwise
});

example("errors", async (program) => {
  const [refusal] = await next(program.client(), "connect_error");
  assert.deepEqual([refusal.message, refusal.data], ["no token", { code: "NO_TOKEN" }]);
  const a = await program.connected("/", { auth: { token: "?" } });
  assert.equal(await a.emitWithAck("withdraw", 30), 70);
  const failed = await a.emitWithAck("withdraw", 101);
  assert.equal(failed.error.code, "failed");
  assert.ok(failed.error.message.length > 0);
  assert.deepEqual(await a.emitWithAck("transfer", 1, ""), { error: { code: "NO_RECEIVER", message: "to whom?" } });
  const invalid = await a.emitWithAck("withdraw", "all");
  assert.equal(invalid.error.code, "invalid_arguments");
  assert.match(invalid.error.message, /^argument 1 of "withdraw": expected integer.*, got string$/);
  await program.line(/^argument 1 of "withdraw": expected integer/);
  assert.equal((await a.emitWithAck("throw")).error.code, "internal_error");
  await program.line(/^exception in throw: no luck$/);
  a.emit("block");
  await program.line(/^block has blocked for \d+ ms$/);
  await program.line(/^block blocked for \d+ ms$/);
  a.emit("ask me");
  await next(a, "too late");
  a.once("your age?", (answer) => answer("old"));
  a.emit("ask me");
  await next(a, "a number, please");
  a.once("your age?", (answer) => answer(36));
  a.emit("ask me");
  assert.deepEqual(await next(a, "your age"), [36]);
  const gone = next(a, "disconnect");
  a.emit("withdraw", "x".repeat(2_000_000));
  await gone;
  await program.line(/^transport error, message_too_big, .*2\d{6} bytes.*1000000/);
  const b = await program.connected("/", { auth: { token: "?" } });
  b.io.engine.write("4x");
  await program.line(/^an error of /);
  await program.line(/^forced close, malformed_packet, /);
  await fetch(`${program.url}/socket.io/?EIO=4&transport=pigeon`);
  await program.line(/^refused GET: 0 Transport unknown$/);
});

example("transports", async (program) => {
  const a = await program.connected("/", { transports: ["polling", "websocket"] });
  await program.line(/^\S{20} uses WebSocket now$/);
  assert.equal(await a.emitWithAck("which?"), "websocket");
  const b = await program.connected("/", { transports: ["polling"] });
  assert.equal(await b.emitWithAck("which?"), "polling");
});

test("transports: WebSocket alone", { timeout: 30_000 }, async () => {
  const program = await Example.start("example_transports", "websocket");
  try {
    const response = await fetch(`${program.url}/socket.io/?EIO=4&transport=polling`);
    assert.deepEqual([response.status, (await response.json()).code], [400, 0]);
    assert.equal(await (await program.connected()).emitWithAck("which?"), "websocket");
  } finally {
    await program.stop();
  }
});

example("authentication", async (program) => {
  const log_in = (body) => fetch(`${program.url}/login`, { method: "POST", body });
  assert.equal((await log_in("name=bob&password=?")).status, 401);
  const [cookie] = (await log_in("name=bob&password=1234")).headers.getSetCookie();
  const [refusal] = await next(program.client(), "connect_error");
  assert.deepEqual([refusal.message, refusal.data], ["who are you?", { code: "NO_LOGIN" }]);

  const bob = await program.connected("/", { extraHeaders: { cookie: `a=b; ${cookie.split(";")[0]}` } });
  assert.equal(await bob.emitWithAck("who am i?"), "bob");
  const [not_bob] = await next(program.client("/admin", { auth: { token: "bob's" } }), "connect_error");
  assert.equal(not_bob.message, "not for you");
  const ada = await program.connected("/admin", { auth: { token: "ada's" } });
  const gone = next(bob, "disconnect");
  ada.emit("log out", "bob");
  assert.equal((await gone)[0], "io server disconnect");

  const from = (origin) => ({ auth: { token: "ada's" }, extraHeaders: { origin } });
  await next(program.client("/", from("https://evil.example")), "connect_error");
  await program.connected("/", from("https://app.example"));
  const brief = program.client("/", { auth: { token: "ada's", brief: true } });
  await next(brief, "expired");
});

// The two halves of the migration guide answer the same, but for what the guide says.
for (const language of ["C++", "JavaScript"]) {
  test(`migration: ${language}`, { timeout: 30_000 }, async () => {
    const program = await (language === "C++" ? Example.start("example_migration") : Example.start_node("migration.mjs"));
    try {
      await migration(program, language === "C++");
    } finally {
      await program.stop();
    }
  });
}

async function migration(program, ours) {
  const [refusal] = await next(program.client(), "connect_error");
  assert.deepEqual([refusal.message, refusal.data], ["name yourself", { code: "NO_NAME" }]);
  const a = program.client("/", { auth: { name: "ada" } });
  assert.deepEqual(await next(a, "hello"), [a.id]);
  const b = await program.connected("/", { auth: { name: "bob" } });
  const heard = next(b, "chat message");
  a.emit("chat message", "hi");
  assert.deepEqual(await heard, ["ada", "hi"]);

  assert.equal(await a.emitWithAck("add", 2, 40), 42);
  assert.deepEqual(await a.emitWithAck("order", { item: "tea" }), { number: 7, item: "tea" });
  const refused = await a.emitWithAck("order", { item: "tea", count: 11 });
  assert.deepEqual(refused.error, ours ? { code: "failed", message: "too many" } : "too many");

  for (const question of ["ask me", "ask again"]) {
    a.emit(question);
    await next(a, "no answer");
    a.once("your age?", (answer) => answer(36));
    a.emit(question);
    assert.deepEqual(await next(a, "so old"), [36]);
  }
  a.on("vote", (question, answer) => answer(true));
  assert.equal(await a.emitWithAck("vote", "tea?"), 1);

  b.emit("join", "red");
  await b.emitWithAck("who", "red");
  const joined = next(b, "joined");
  a.emit("join", "red");
  assert.deepEqual(await joined, ["ada"]);
  assert.deepEqual((await a.emitWithAck("who", "red")).sort(), ["ada", "bob"]);
  const said = next(b, "said");
  a.emit("say", ["red", "blue"], "hello");
  assert.deepEqual(await said, ["hello"]);
  b.emit("join", "players");
  await b.emitWithAck("who", "players");
  const position = next(b, "position");
  a.emit("position", 3, 4);
  assert.deepEqual(await position, [3, 4]);

  const not_this = next(a, "refused");
  a.emit("forbidden");
  assert.deepEqual(await not_this, ["not this one"]);
  const counted = next(a, "counted");
  a.emit("count me", 1, 2, 3);
  assert.deepEqual(await counted, [3]);
  assert.equal((await a.emitWithAck("fail")).error.code, "internal_error");
  await program.line(/^fail: no luck$/);

  const left = next(b, "left");
  a.disconnect();
  assert.deepEqual(await left, ["ada", "client namespace disconnect"]);
  await program.line(/^gone: client namespace disconnect$/);
  // The namespace /admin has a middleware in neither half.
  const admin = await program.connected("/admin");
  const kicked = next(b, "disconnect");
  admin.emit("kick", b.id);
  assert.equal((await kicked)[0], "io server disconnect");
}

example("operations", async (program) => {
  const get = async (path) => {
    const response = await fetch(program.url + path);
    return [response.status, await response.text()];
  };
  const a = await program.connected();
  assert.match((await get("/metrics"))[1], /^socketio_sockets 1$/m);
  assert.equal((await get("/healthz"))[0], 200);
  assert.deepEqual(await get("/readyz"), [200, '{"status":"ready"}']);
  assert.equal(await a.emitWithAck("database", false), false);
  assert.deepEqual(await get("/readyz"), [503, '{"status":"not ready","reason":"database: no connection"}']);
  const answers = await Promise.all(Array.from({ length: 6 }, () => a.emitWithAck("chat message", "hi")));
  assert.deepEqual(answers.slice(0, 5), [true, true, true, true, true]);
  assert.equal(answers[5].error.code, "rate_limited");
  await program.record({ level: "info", message: "listening" });
  await program.record({ level: "debug", name: "socket.io:namespace", nsp: "/", id: a.id });
  await program.record({ message: "rate limited", limit: "event", event: "chat message", address: "127.0.0.1" });
});

const authority = new Authority("the authority of the examples");
after(() => authority.remove());
const [first, second, alice] = ["first", "second", "alice"].map((name) => authority.issue(name));
const chat = authority.issue("chat", "DNS:chat.example,DNS:*.chat.example");

// Not built when the library is without TLS.
if (existsSync(`${process.env.SOCKETIO_EXAMPLES}/example_https`)) example("https", async (program) => {
  const ca = authority.certificate;
  const shown = { ca, cert: alice.certificate, key: alice.key };
  const get = (options) =>
    new Promise((resolve, reject) => {
      request(`${program.url}/whoami`, { agent: false, ...options }, (response) => {
        const { CN } = response.socket.getPeerCertificate().subject;
        response.setEncoding("utf8").on("data", (text) => resolve([CN, text]));
      }).on("error", reject).end();
    });
  const a = await program.connected("/", { ca });
  assert.equal(await a.emitWithAck("who am I"), "somebody");
  const b = await program.connected("/", { ...shown, transports: ["polling"] });
  assert.equal(await b.emitWithAck("who am I"), "CN=alice");
  assert.deepEqual(await get({ ca }), ["first", "somebody\n"]);
  assert.deepEqual(await get({ ca, servername: "a.chat.example" }), ["chat", "somebody\n"]);
  copyFileSync(second.certificate_file, first.certificate_file);
  program.process.kill("SIGHUP");
  await program.line(/^reload_certificates: tls: key .* does not belong to certificate/);
  assert.deepEqual(await get({ ca }), ["first", "somebody\n"]);
  writeFileSync(first.key_file, second.key);
  program.process.kill("SIGHUP");
  while ((await get(shown))[0] === "first");
  assert.deepEqual(await get(shown), ["second", "CN=alice\n"]);
  assert.equal(await a.emitWithAck("who am I"), "somebody");
}, first.certificate_file, first.key_file, authority.certificate_file, chat.certificate_file, chat.key_file);
example("dynamic_namespaces", async (program) => {
  const name = { auth: { name: "ada" } };
  const a = await program.connected("/room-1", name);
  const b = await program.connected("/room-1", name);
  const c = await program.connected("/room-2", name);
  const heard = next(b, "said");
  a.emit("say", "hi");
  assert.deepEqual(await heard, ["hi"]);
  const refused = program.client("/room-3");
  assert.equal((await next(refused, "connect_error"))[0].message, "who are you?");
  const unknown = program.client("/room-x", name);
  assert.equal((await next(unknown, "connect_error"))[0].message, "Invalid namespace");
  const shop = program.client("/shop/tea", { auth: { token: "sesame" } });
  assert.deepEqual(await next(shop, "welcome"), ["/shop/tea"]);
  const main = await program.connected();
  const told = [next(a, "announcement"), next(c, "announcement")];
  assert.equal(await main.emitWithAck("announce", "tea is ready"), 2);
  assert.deepEqual(await Promise.all(told), [["tea is ready"], ["tea is ready"]]);
});

process.env.ADMIN_PASSWORD_HASH = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"; // of "correct horse"
example("admin", async (program) => {
  const page = await fetch(`${program.url}/admin/`);
  assert.match(await page.text(), /<title>Socket.IO Admin UI<\/title>/);
  assert.equal((await fetch(`${program.url}/admin`, { redirect: "manual" })).headers.get("location"), "/admin/");
  const stranger = program.client("/admin", { auth: { username: "ann", password: "wrong" } });
  assert.equal((await next(stranger, "connect_error"))[0].message, "invalid credentials");
  const admin = program.client("/admin", { auth: { username: "ann", password: "correct horse" } });
  const [{ supportedFeatures }] = await next(admin, "config");
  assert.ok(supportedFeatures.includes("ALL_EVENTS"));
  const someone = await program.connected();
  admin.emit("join", "/", "red", someone.id);
  const [, room] = await next(admin, "room_joined");
  assert.ok([someone.id, "red"].includes(room));
  while (!(await someone.emitWithAck("rooms")).includes("red"));
}, admin_ui);

example("adapter", async (program) => {
  const [a, b] = [await program.connected(), await program.connected()];
  const heard = next(b, "said");
  a.emit("say", "hi");
  assert.deepEqual(await heard, ["hi"]);
  assert.equal(await a.emitWithAck("how much?"), '["said","hi"]'.length);
  assert.equal(await a.emitWithAck("count"), 2);
});
