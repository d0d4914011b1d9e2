// The chat's contract (examples/chat/README.md) without a browser: every refusal and every limit, with the official client.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { afterEach, beforeEach, test } from "node:test";
import { io } from "socket.io-client";
import { startChatServer } from "./support/chat_server.mjs";
import { Guest, newKey } from "./support/guest.mjs";

let server;
let guests;
beforeEach(async () => {
  server = await startChatServer();
  guests = [];
});
afterEach(async () => {
  for (const guest of guests) guest.socket.disconnect();
  await server.stop();
});
const guest = async (options) => {
  const one = await Guest.connect(server.url, options);
  guests.push(one);
  return one;
};
const member = async (nickname, room, options) => {
  const one = await guest(options);
  assert.equal((await one.join(nickname, room)).error, undefined);
  return one;
};
const picture = (bytes, more = {}) => ({ type: "image/png", width: 10, height: 20, data: Buffer.alloc(bytes, 7), ...more });
const refusedWith = async (code, answer) => {
  const { error } = await answer;
  assert.equal(error?.code, code);
  assert.match(error.message, /^[A-Z].*\.$/);
};

test("the page and the client come from the server", async () => {
  const page = await fetch(server.url);
  assert.match(page.headers.get("content-type"), /^text\/html/);
  assert.match(await page.text(), /<title>Parlour<\/title>/);
  for (const [path, type] of [["style.css", /^text\/css/], ["chat.js", /javascript/], ["favicon.svg", /^image\/svg\+xml/]]) {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), type);
  }
  assert.match(await (await fetch(`${server.url}socket.io/socket.io.js`)).text(), /Socket\.IO v4/);
  assert.equal((await fetch(`${server.url}nothing.html`)).status, 404);
});

test("SD-09 nothing outside the public folder is served", async () => {
  for (const path of ["/../main.cpp", "/%2e%2e/main.cpp", "/..%2fmain.cpp", "/%2e%2e%2fREADME.md", "/x/../../README.md",
    "/..\\main.cpp", "//etc/passwd", "/%00", "/style.css%00.html"]) {
    const request = get({ port: server.port, path }); // fetch() would tidy the path up
    const [response] = await once(request, "response");
    response.resume();
    assert.ok(response.statusCode >= 400, `${path}: ${response.statusCode}`);
  }
});

for (const auth of [undefined, {}, { key: "short" }, { key: 5 }, { key: "x".repeat(65) }, { key: "spaces are not fine" }]) {
  test(`a connection with auth ${JSON.stringify(auth)} is refused`, async () => {
    const socket = io(server.url, { auth, forceNew: true, reconnection: false });
    const error = await new Promise((resolve) => socket.on("connect_error", resolve));
    assert.deepEqual(error.data, { code: "bad_key" });
    socket.disconnect();
  });
}

test("welcome tells the limits and the rooms", async () => {
  const ada = await guest();
  assert.deepEqual(await ada.gets("welcome"), {
    limits: { nickname: 20, room: 24, text: 2000, image: 524288, history: 50 },
    rooms: [{ name: "garden", members: 0 }, { name: "lobby", members: 0 }, { name: "workshop", members: 0 }],
  });
});

test("SD-05 join answers with all there is to know, and the others are told", async () => {
  const ada = await member("Ada", "garden");
  const grace = await guest();
  const reply = await grace.join("  Grace ", "garden");
  assert.deepEqual(reply, { nickname: "Grace", room: "garden", history: [], members: ["Ada", "Grace"],
    online: ["Ada", "Grace"] });
  assert.deepEqual(await ada.gets("members", ({ members }) => members.length === 2),
    { room: "garden", members: ["Ada", "Grace"] });
  await ada.gets("online", (all) => all.join() === "Ada,Grace");
  await ada.gets("rooms", (all) => all.find((room) => room.name === "garden").members === 2);
  await grace.join("Grace", "lobby");
  await ada.gets("members", ({ members }) => members.join() === "Ada");
  grace.socket.disconnect();
  await ada.gets("online", (all) => all.join() === "Ada");
  await ada.gets("rooms", (all) => all.every((room) => room.members === (room.name === "garden" ? 1 : 0)));
});

test("join refuses bad names and bad rooms", async () => {
  const ada = await guest();
  for (const nickname of ["", "   ", "x".repeat(21), "a\u0000b", "a\nb", 7, null, undefined]) {
    await assertRefused(ada.join(nickname), "bad_nickname");
  }
  for (const room of ["", "Lobby", "a b", "x".repeat(25), "../x", "é", 7, null, undefined]) {
    await assertRefused(ada.ask("join", { nickname: "Ada", room }), "bad_room");
  }
  for (const rubbish of [null, 1, "join", [], ["Ada", "lobby"]]) await assertRefused(ada.ask("join", rubbish));
  assert.equal((await ada.join("😀".repeat(20))).error, undefined); // code points, not UTF-16 units or bytes
});

test("a nickname belongs to its key, whatever the case, until its last connection is gone", async () => {
  const key = newKey();
  const ada = await member("Ada", "lobby", { key });
  const stranger = await guest();
  await refusedWith("nickname_taken", stranger.join("aDA"));
  const tab = await guest({ key });
  assert.equal((await tab.join("ada", "garden")).nickname, "Ada");
  ada.socket.disconnect();
  await tab.gets("rooms", (all) => all.find((room) => room.name === "lobby").members === 0);
  await refusedWith("nickname_taken", stranger.join("Ada"));
  assert.deepEqual(await tab.ask("leave"), {});
  assert.equal((await stranger.join("Ada")).error, undefined);
});

test("a refused join changes nothing", async () => {
  await member("Ada");
  const grace = await member("Grace", "garden");
  await refusedWith("nickname_taken", grace.join("Ada", "lobby"));
  assert.equal((await grace.ask("message", { id: "m1", room: "garden", text: "still here" })).error, undefined);
});

test("there is an end to rooms, and a room ends with its last member", async () => {
  const many = [];
  for (let i = 0; i < 47; i++) many.push(await member(`guest ${i}`, `room-${i}`));
  const late = await member("Late");
  await refusedWith("too_many_rooms", late.join("Late", "one-more"));
  many[0].socket.disconnect();
  await late.gets("rooms", (all) => !all.some((room) => room.name === "room-0"));
  assert.equal((await late.join("Late", "one-more")).error, undefined);
});

test("SD-05 a message reaches the others in the room, once, as the server stored it", async () => {
  const ada = await member("Ada");
  const grace = await member("Grace");
  const elsewhere = await member("Linus", "garden");
  const before = Date.now();
  const reply = await ada.ask("message", { id: "m1", room: "lobby", text: "hello", from: "Grace", at: 5 });
  const { at, ...rest } = reply.message;
  assert.deepEqual(rest, { id: "m1", from: "Ada", text: "hello", room: "lobby" });
  assert.ok(Number.isInteger(at) && at >= before - 1000 && at <= Date.now() + 1000);
  assert.deepEqual(await grace.gets("message"), reply.message);
  const again = await ada.ask("message", { id: "m1", room: "lobby", text: "hello" });
  assert.deepEqual(again, reply);
  for (const one of [ada, grace, elsewhere]) await one.settled();
  assert.equal(grace.all("message").length, 1);
  assert.equal(ada.all("message").length, 0);
  assert.equal(elsewhere.all("message").length, 0);
});

test("message refuses what the contract forbids", async () => {
  const ada = await member("Ada");
  const say = (more) => ada.ask("message", { id: "m1", room: "lobby", text: "x", ...more });
  for (const id of ["", "x".repeat(41), "a b", 5, null]) await assertRefused(say({ id }), "bad_id");
  for (const text of ["", " \n\t ", "x".repeat(2001), 5, null]) await assertRefused(say({ text }), "bad_text");
  for (const image of [picture(0), picture(524289), picture(5, { type: "image/svg+xml" }), picture(5, { width: 0 }),
    picture(5, { height: 20001 }), picture(5, { width: 1.5 }), picture(5, { data: "AAAA" }), picture(5, { data: null }), {}, 5]) {
    await assertRefused(say({ image }), "bad_image");
  }
  for (const rubbish of [null, "text", 1, [], undefined]) await assertRefused(ada.ask("message", rubbish));
  await refusedWith("not_in_room", say({ room: "garden" }));
  await refusedWith("not_in_room", (await guest()).ask("message", { id: "m1", room: "lobby", text: "x" }));
  assert.equal((await say({ text: "😀".repeat(2000) })).error, undefined);
  assert.equal((await ada.join("Ada")).history.length, 1);
});

test("SD-05 the history keeps fifty messages, and of their pictures the newest that fit into 1 MiB", async () => {
  const ada = await member("Ada");
  const largest = picture(524288);
  for (let i = 0; i < 3; i++) {
    const { message } = await ada.ask("message", { id: `p${i}`, room: "lobby", text: "", image: largest });
    assert.deepEqual(message.image, largest);
  }
  const { history } = await (await guest()).join("Grace");
  assert.deepEqual(history.map(({ image }) => image.data?.length ?? null), [null, 524288, 524288]);
  assert.deepEqual(history[0].image, { type: "image/png", width: 10, height: 20 });
  for (let i = 0; i < 50; i++) await ada.ask("message", { id: `m${i}`, room: "lobby", text: `${i}` });
  const later = (await (await guest()).join("Linus")).history;
  assert.deepEqual(later.map(({ id }) => id), Array.from({ length: 50 }, (_, i) => `m${i}`));
});

for (const transports of [["polling"], ["websocket"]]) {
  test(`SD-09 the largest picture arrives unharmed over ${transports}`, async () => {
    const ada = await member("Ada", "lobby", { transports });
    const grace = await member("Grace", "lobby", { transports });
    const image = picture(524288, { type: "image/webp" });
    for (let i = 0; i < image.data.length; i++) image.data[i] = (i * 31) & 255;
    assert.equal((await ada.ask("message", { id: "p", room: "lobby", text: "look", image })).error, undefined);
    assert.deepEqual((await grace.gets("message")).image, image);
  });
}

test("SD-06 a private message goes to all connections of its receiver and to the sender's others", async () => {
  const key = newKey();
  const ada = await member("Ada", "lobby", { key });
  const adaTab = await member("Ada", "garden", { key });
  const grace = await member("Grace");
  const linus = await member("Linus");
  const reply = await ada.ask("private message", { id: "w1", to: "grace", text: "psst", image: picture(9) });
  const { at, ...rest } = reply.message;
  assert.deepEqual(rest, { id: "w1", from: "Ada", to: "Grace", text: "psst", image: picture(9) });
  assert.deepEqual(await grace.gets("private message"), reply.message);
  assert.deepEqual(await adaTab.gets("private message"), reply.message);
  for (const one of [ada, linus]) await one.settled();
  assert.equal(ada.all("private message").length, 0);
  assert.equal(linus.all("private message").length, 0);
});

test("SD-06 a private message is refused when nobody takes it", async () => {
  const ada = await member("Ada");
  await refusedWith("offline", ada.ask("private message", { id: "w1", to: "Nobody", text: "x" }));
  await assertRefused(ada.ask("private message", { id: "w1", text: "x" }));
  const deaf = await member("Deaf");
  deaf.socket.off("private message").on("private message", ({ id }, ack) => id === "w1" && ack(false));
  await refusedWith("offline", ada.ask("private message", { id: "w1", to: "Deaf", text: "x" }));
  await refusedWith("offline", ada.ask("private message", { id: "w2", to: "Deaf", text: "x" })); // after three seconds
  await refusedWith("not_joined", (await guest()).ask("private message", { id: "w3", to: "Ada", text: "x" }));
  await refusedWith("bad_text", ada.ask("private message", { id: "w4", to: "Deaf", text: "" }));
});

test("SD-07 typing goes to the others in the room and nowhere else", async () => {
  const ada = await member("Ada", "lobby", { transports: ["websocket"] });
  const grace = await member("Grace", "lobby", { transports: ["websocket"] });
  ada.socket.emit("typing", { room: "garden", active: true });
  ada.socket.emit("typing", { active: true });
  ada.socket.emit("typing", "rubbish");
  ada.socket.emit("typing");
  ada.socket.emit("typing", { room: "lobby", active: "yes" });
  ada.socket.emit("typing", { room: "lobby", active: true });
  assert.deepEqual(await grace.gets("typing"), { room: "lobby", nickname: "Ada", active: true });
  await ada.settled();
  await grace.settled();
  assert.equal(grace.all("typing").length, 1);
  assert.equal(ada.all("typing").length, 0);
});

test("requests without an acknowledgement, and unknown events, harm nobody", async () => {
  const ada = await guest();
  ada.socket.emit("join", { nickname: "Ada", room: "lobby" });
  ada.socket.emit("message", { id: "m1", room: "lobby", text: "fire and forget" });
  ada.socket.emit("message");
  ada.socket.emit("join");
  ada.socket.emit("private message", { id: "w", to: "Ada", text: "to myself" });
  ada.socket.emit("no such event", 1, 2, 3);
  const grace = await guest();
  assert.deepEqual((await grace.join("Grace")).history.map(({ text }) => text), ["fire and forget"]);
  assert.equal((await ada.gets("private message")).text, "to myself");
});

test("the server stops cleanly on SIGINT with people in it", async () => {
  const ada = await member("Ada");
  const gone = new Promise((resolve) => ada.socket.on("disconnect", resolve));
  await server.stop("SIGINT");
  await gone;
  server = await startChatServer(); // for afterEach
});

// Where the shape alone is wrong, the code is the library's or the member's; otherwise it is the given one.
async function assertRefused(answer, code) {
  const { error } = await answer;
  assert.ok(error?.code, "was not refused");
  assert.equal(typeof error.message, "string");
  if (code && error.code !== "invalid_arguments") assert.equal(error.code, code);
}
