// The Admin UI's namespace, with the official client in the place of the page: what it is told in development mode, and what it may do.
// The reference is @socket.io/admin-ui on the official server, with the same assertions. Rows AU-01, AU-03, AU-04.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all_of, commands, connect_page, page_gets } from "./lib/admin.mjs";
import { connect, got, make_client, upgraded } from "./lib/client.mjs";
import { mended, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("the Admin UI in development", () => {
  const server = use_server({ admin: { auth: false, mode: "development", server_id: "the-server" } });
  const page = () => connect_page(server);

  it("AU-01 AU-03 a page is told what it may do, and of all sockets", async () => {
    const first = await connect(server, { query: { tint: "blue" }, extraHeaders: { "x-forwarded-for": "203.0.113.9" } });
    const second = await connect(server, { nsp: "/custom", transports: ["polling"] });
    await first.emitWithAck("join", ["red", "green"]);
    await first.emitWithAck("data_set", "age", 7);
    const { handshake, conn } = await server.observed({ ev: "connection", socket: first.id });
    const admin = await connect(server, { nsp: "/admin" });
    assert.deepEqual(await got(admin, "config"), [{ supportedFeatures: [...commands, "AGGREGATED_EVENTS", "ALL_EVENTS"] }]);
    const [sockets] = await got(admin, "all_sockets");
    const found = (id) => sockets.find((one) => one.id === id);
    const { auth, ...shown } = handshake;
    assert.deepEqual(found(first.id), {
      id: first.id, clientId: conn.slice(0, 12), transport: "websocket", nsp: "/", data: { age: 7 },
      handshake: { ...shown, address: "203.0.113.9" }, rooms: [first.id, "red", "green"],
    });
    const { transport, nsp, data, rooms } = found(second.id);
    assert.deepEqual({ transport, nsp, data, rooms }, { transport: "polling", nsp: "/custom", data: {}, rooms: [second.id] });
    assert.equal(found(second.id).handshake.address, "127.0.0.1");
    assert.equal(found(admin.id).nsp, "/admin");
    assert.equal(sockets.length, 3);
  });

  it("AU-03 the way of a socket, in its order", async () => {
    const admin = await page();
    const client = await connect(server, { nsp: "/custom" });
    const { id } = client;
    const [nsp, room, socket, when] = await page_gets(admin, "room_joined", (_, name) => name === id);
    assert.deepEqual([nsp, room, socket], ["/custom", id, id]);
    assert.match(when, iso);
    const [told, connected] = await page_gets(admin, "socket_connected", (one) => one.id === id);
    assert.deepEqual([told.nsp, told.transport, told.rooms, told.data], ["/custom", "websocket", [id], {}]);
    assert.match(connected, iso);
    await client.emitWithAck("join", "lobby");
    assert.deepEqual((await page_gets(admin, "room_joined", (_, name) => name === "lobby")).slice(0, 3), ["/custom", "lobby", id]);
    await client.emitWithAck("leave", "lobby");
    assert.deepEqual((await page_gets(admin, "room_left", (_, name) => name === "lobby")).slice(0, 3), ["/custom", "lobby", id]);
    client.disconnect();
    const [at, who, reason, gone] = await page_gets(admin, "socket_disconnected", (_, one) => one === id);
    assert.deepEqual([at, who, reason], ["/custom", id, "client namespace disconnect"]);
    assert.match(gone, iso);
    await page_gets(admin, "room_left", (_, name) => name === id);
    const names = all_of(admin, (args) => args[1] === id || args[0].id === id || args[2] === id).map(({ event }) => event);
    assert.deepEqual(names.filter((name) => !name.startsWith("event")),
      ["room_joined", "socket_connected", "room_joined", "room_left", "socket_disconnected", "room_left"]);
  });

  it("AU-03 what sockets say and hear, without acknowledgements, and nothing of the pages", async () => {
    const admin = await page();
    const client = await connect(server);
    const bytes = Buffer.from([1, 2, 3]);
    client.emit("echo", "text", { n: 1 }, bytes);
    await got(client, "echo");
    const [nsp, id, args, when] = await page_gets(admin, "event_received", (_, who) => who === client.id);
    assert.deepEqual([nsp, id, args], ["/", client.id, ["echo", "text", { n: 1 }, bytes]]);
    assert.match(when, iso);
    const sent = await page_gets(admin, "event_sent", (_, who) => who === client.id);
    assert.deepEqual(sent.slice(0, 3), ["/", client.id, ["echo", "text", { n: 1 }, bytes]]);
    await client.emitWithAck("note", "with ack");
    assert.deepEqual((await page_gets(admin, "event_received", (_, who) => who === client.id))[2], ["note", "with ack"]);
    await server.control({ do: "emit", event: "news", args: [1] });
    assert.deepEqual((await page_gets(admin, "event_sent", (_, who) => who === client.id))[2], ["news", 1]);
    assert.deepEqual(all_of(admin, (args) => args[0] === "/admin").filter(({ event }) => event.startsWith("event")), []);
  });

  it("AU-04 a socket that upgrades, and data that change", async () => {
    const admin = await page();
    const client = make_client(server, { transports: ["polling", "websocket"] });
    await wait_for_event(client, "connect");
    await upgraded(client);
    const [{ id, nsp, transport }] = await page_gets(admin, "socket_updated", (one) => one.id === client.id && one.transport);
    assert.deepEqual({ id, nsp, transport }, { id: client.id, nsp: "/", transport: "websocket" });
    await client.emitWithAck("data_set", "name", "ada");
    await client.emitWithAck("data_set", "level", 3);
    const [{ data }] = await page_gets(admin, "socket_updated", (one) => one.id === client.id && one.data?.level);
    assert.deepEqual(data, { name: "ada", level: 3 });
  });

  it("AU-04 nothing is put into the data of a socket", mended("the member _admin"), async () => {
    const client = await connect(server);
    await client.emitWithAck("data_set", "name", "ada");
    assert.deepEqual((await server.control({ do: "socket", socket: client.id })).data, { name: "ada" });
  });

  it("AU-01 a page emits, to all and by a filter", async () => {
    const admin = await page();
    const [here, there] = [await connect(server, { nsp: "/custom" }), await connect(server, { nsp: "/custom" })];
    await here.emitWithAck("join", "red");
    admin.emit("emit", "/custom", undefined, "hello", 1, { two: 2 });
    assert.deepEqual([await got(here, "hello"), await got(there, "hello")], [[1, { two: 2 }], [1, { two: 2 }]]);
    admin.emit("emit", "/custom", "red", "to red");
    admin.emit("emit", "/custom", there.id, "to one");
    await got(here, "to red");
    await got(there, "to one");
    assert.deepEqual(there.inbox.seen.map(({ event }) => event), ["hello", "to one"]);
    assert.deepEqual(here.inbox.seen.map(({ event }) => event), ["hello", "to red"]);
  });

  it("AU-01 a page lets sockets join and leave, all and by a filter", async () => {
    const admin = await page();
    const [a, b] = [await connect(server, { nsp: "/custom" }), await connect(server, { nsp: "/custom" })];
    const rooms = async (client, wanted) => {
      await page_gets(admin, wanted.length > 1 ? "room_joined" : "room_left", (_, name, id) => name !== id && id === client.id);
      assert.deepEqual(await client.emitWithAck("rooms"), [client.id, ...wanted.slice(1)].sort());
    };
    admin.emit("join", "/custom", "blue", a.id);
    await rooms(a, [a.id, "blue"]);
    assert.deepEqual(await b.emitWithAck("rooms"), [b.id]);
    admin.emit("leave", "/custom", "blue", a.id);
    await rooms(a, [a.id]);
    admin.emit("join", "/custom", "all");
    await rooms(a, [a.id, "all"]);
    await rooms(b, [b.id, "all"]);
    admin.emit("leave", "/custom", "all", "all");
    await rooms(a, [a.id]);
    await rooms(b, [b.id]);
  });

  it("AU-01 a page disconnects a socket, a room, and their connections", async () => {
    const admin = await page();
    const [one, two, three, main] = [
      await connect(server, { nsp: "/custom" }), await connect(server, { nsp: "/custom" }),
      await connect(server, { nsp: "/custom" }), await connect(server),
    ];
    admin.emit("_disconnect", "/custom", false, one.id);
    assert.deepEqual((await wait_for_event(one, "disconnect"))[0], "io server disconnect");
    await two.emitWithAck("join", "out");
    two.io.reconnection(false);
    admin.emit("_disconnect", "/custom", true, "out");
    const { conn } = await server.observed({ ev: "connection", socket: two.id });
    await server.observed({ ev: "engine_close", sid: conn });
    admin.emit("_disconnect", "/custom", false);
    await wait_for_event(three, "disconnect");
    assert.equal(main.connected, true);
  });

  it("AU-01 a namespace that is not there stays away", mended("a page makes any"), async () => {
    const admin = await page();
    const client = await connect(server);
    for (const nsp of ["/made-up", 5, null, { a: 1 }]) admin.emit("emit", nsp, undefined, "hello");
    admin.emit("join", "/", { room: 1 });
    admin.emit("join", "/");
    admin.emit("emit", "/", undefined, "disconnect");
    admin.emit("_disconnect", "/", false, { nobody: true });
    admin.emit("emit", "/", undefined, "last");
    await got(client, "last");
    assert.deepEqual(client.inbox.seen.length, 1);
    const [{ namespaces }] = await got(admin, "server_stats");
    assert.ok(!namespaces.some(({ name }) => name === "/made-up"));
  });
});
