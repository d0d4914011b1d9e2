// The Admin UI's namespace when there is much: slow pages, long events, many sockets; namespaces that clients make;
// and the msgpack parser. Rows AU-01, AU-03 of the behaviour specification.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { connect_page, page_gets } from "./lib/admin.mjs";
import { connect, got } from "./lib/client.mjs";
import { open_polling } from "./lib/raw.mjs";
import { mended, use_server } from "./lib/server.mjs";

const parser = createRequire(import.meta.url)("socket.io-msgpack-parser");

describe("the Admin UI with much to tell", () => {
  const limits = { page_bytes_max: 256 * 1024, sockets_max: 3 };
  const server = use_server({ admin: { auth: false, mode: "development", ...limits } });
  const begins = (event) => `42/admin,["${event}",`;
  const next_of = async (session, event) => {
    for (;;) {
      const packet = await session.next();
      if (packet.startsWith(begins(event))) return packet;
    }
  };

  it("AU-01 a page that does not read costs no more than its limit, and is told anew", mended("everything waits"), async () => {
    const client = await connect(server);
    const page = await open_polling(server);
    await page.join("/admin");
    await next_of(page, "all_sockets");
    const text = "x".repeat(12 * 1024);
    for (let i = 0; i < 600; i++) client.emit("note", i, text); // 7 MB: more than send_queue_bytes_max
    await client.emitWithAck("note", "the last");
    await client.emitWithAck("join", "made meanwhile");
    const waiting = (await page.get()).text;
    assert.ok(waiting.length > limits.page_bytes_max / 2, `${waiting.length} characters`);
    assert.ok(waiting.length < limits.page_bytes_max + 2 * text.length, `${waiting.length} characters`);
    const [, [sockets]] = JSON.parse((await next_of(page, "all_sockets")).replace(/^42\/admin,\["all_sockets",(.*)\]$/s, "[0,[$1]]"));
    assert.deepEqual(sockets.find(({ id }) => id === client.id).rooms, [client.id, "made meanwhile"]);
    await client.emitWithAck("note", "again");
    while (!(await next_of(page, "event_received")).includes('["note","again"]'));
  });

  it("AU-03 of an event that is too long the size is told", mended("it is told whatever it is"), async () => {
    const page = await connect_page(server);
    const client = await connect(server);
    client.emit("note", "y".repeat(17 * 1024));
    client.emit("z".repeat(20_000), Buffer.alloc(3));
    const [, , [note, size]] = await page_gets(page, "event_received", (_, id) => id === client.id);
    assert.equal(note, "note");
    assert.match(size, /^\(17\d\d\d bytes\)$/);
    const [, , [name]] = await page_gets(page, "event_received", (_, id) => id === client.id);
    assert.equal(name, "z".repeat(200));
  });

  it("AU-01 of many sockets a page is told of some", mended("all of them"), async () => {
    for (let i = 0; i < 5; i++) await connect(server);
    const page = await connect(server, { nsp: "/admin" });
    assert.equal((await got(page, "all_sockets"))[0].length, 3);
    const [{ namespaces }] = await got(page, "server_stats");
    assert.equal(namespaces.find(({ name }) => name === "/").socketsCount, 5);
  });
});

describe("the Admin UI and namespaces that clients make", () => {
  const server = use_server({ dynamic: true, admin: { auth: false, mode: "development" } });

  it("AU-03 NS-06 the first socket of a child is told too", async () => {
    const page = await connect_page(server);
    for (const name of ["/dynamic-1", "/dynamic-2", "/dynamic-3"]) {
      const client = await connect(server, { nsp: name });
      const [told] = await page_gets(page, "socket_connected", ({ id }) => id === client.id);
      assert.equal(told.nsp, name);
      await client.emitWithAck("note", 1);
      assert.deepEqual((await page_gets(page, "event_received", (nsp) => nsp === name))[2], ["note", 1]);
    }
    const [{ namespaces }] = await page_gets(page, "server_stats", (one) => one.namespaces.some(({ name }) => name === "/dynamic-3"));
    assert.deepEqual(namespaces.filter(({ name }) => name.startsWith("/dynamic")).map(({ socketsCount }) => socketsCount), [1, 1, 1]);
  });
});

describe("the Admin UI over msgpack", () => {
  const server = use_server({ parser: "msgpack", admin: { auth: false, mode: "development" } });

  it("AU-01 AU-03 a page is told the same, and its commands are understood", async () => {
    const page = await connect_page(server, { parser });
    const client = await connect(server, { parser });
    const [{ handshake }, when] = await page_gets(page, "socket_connected", ({ id }) => id === client.id);
    assert.ok(Math.abs(new Date(when) - Date.now()) < 60_000 && handshake.issued > 0);
    page.emit("join", "/", "red", undefined);
    await page_gets(page, "room_joined", (_, name, id) => name === "red" && id === client.id);
    page.emit("emit", "/", undefined, "hello", Buffer.from([1, 2]));
    assert.deepEqual(Buffer.from((await got(client, "hello"))[0]), Buffer.from([1, 2]));
    const [, , [event]] = await page_gets(page, "event_sent", (_, id) => id === client.id);
    assert.equal(event, "hello");
  });
});
