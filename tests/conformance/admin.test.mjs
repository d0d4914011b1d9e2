// The Admin UI's namespace, with the official client in the place of the page: who may come in, what a page is told,
// and what it may do. The reference is @socket.io/admin-ui on the official server, with the same assertions.
// Rows AU-01..AU-04 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { account, all_of, connect_page, page_gets } from "./lib/admin.mjs";
import { connect, got, make_client, upgraded } from "./lib/client.mjs";
import { connect_packet, open_ws_session } from "./lib/raw.mjs";
import { mended, start_server, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const commands = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"];

describe("the Admin UI's login", () => {
  const server = use_server({ admin: { auth: account.on_server, mode: "production" } });
  const refused = async (auth) => (await wait_for_event(make_client(server, { nsp: "/admin", auth }), "connect_error"))[0].message;

  it("AU-01 whoever knows the password is given a session, and told what he may do", async () => {
    const ws = await open_ws_session(server);
    ws.send(connect_packet("/admin", account.of_page));
    const packets = [await ws.next_message(), await ws.next_message(), await ws.next_message()];
    const [, id] = /^42\/admin,\["session","([0-9a-f]+)"\]$/.exec(packets.find((one) => one.includes("session")));
    assert.ok(id.length >= 16);
    const [connected, config] = packets.filter((one) => !one.includes("session"));
    assert.match(connected, /^40\/admin,\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
    assert.equal(config, '42/admin,["config",{"supportedFeatures":' +
      '["EMIT","JOIN","LEAVE","DISCONNECT","MJOIN","MLEAVE","MDISCONNECT","AGGREGATED_EVENTS"]}]');
  });

  it("AU-01 the session comes when the page listens", mended("before the page is connected"), async () => {
    const ws = await open_ws_session(server);
    ws.send(connect_packet("/admin", account.of_page));
    assert.match(await ws.next_message(), /^40/);
  });

  it("AU-01 the session is as good as the password, and another one is not given", async () => {
    const first = make_client(server, { nsp: "/admin", auth: account.of_page });
    const [sessionId] = await got(first, "session");
    const second = await connect(server, { nsp: "/admin", auth: { sessionId } });
    await got(second, "config");
    assert.deepEqual(second.inbox.seen.filter(({ event }) => event === "session"), []);
    const third = make_client(server, { nsp: "/admin", auth: { sessionId: "0123456789abcdef", ...account.of_page } });
    assert.notEqual((await got(third, "session"))[0], sessionId);
  });

  it("AU-01 nobody else comes in", async () => {
    for (const auth of [
      undefined, {}, { sessionId: "0123456789abcdef" }, { ...account.of_page, password: "wrong" },
      { ...account.of_page, username: "eve" }, { username: "eve" },
    ]) {
      assert.equal(await refused(auth), "invalid credentials", JSON.stringify(auth));
    }
  });
});

describe("the Admin UI's login, hostile", () => {
  const server = use_server({ admin: { auth: account.on_server, mode: "production", failed_logins_max: 3 } });

  it("AU-01 what is no text is no password", mended("its process ends"), async () => {
    for (const auth of [{ username: "ann" }, { sessionId: {} }, { sessionId: ["a"] }, { username: "ann", password: 5 }, { username: 1, password: null }]) {
      const [error] = await wait_for_event(make_client(server, { nsp: "/admin", auth }), "connect_error");
      assert.equal(error.message, "invalid credentials");
    }
  });

  it("AU-01 passwords cannot be tried for ever", mended("tries are not counted"), async () => {
    const texts = [];
    for (let i = 0; i < 5; i++) {
      const client = make_client(server, { nsp: "/admin", auth: { ...account.of_page, password: `wrong ${i}` } });
      texts.push((await wait_for_event(client, "connect_error"))[0].message);
    }
    const [wrong, often] = ["invalid credentials", "too many attempts"];
    assert.deepEqual(texts, [wrong, wrong, wrong, often, often]);
    const [error] = await wait_for_event(make_client(server, { nsp: "/admin", auth: account.of_page }), "connect_error");
    assert.equal(error.message, often);
  });
});

describe("the Admin UI's options", () => {
  const fails = (t, admin, text) => assert.rejects(start_server(t, { admin }), text);

  it("AU-02 auth has to be said", (t) => fails(t, {}, /the `auth` option must be specified or explicitly set to `false`/));
  it("AU-02 a password is a bcrypt hash", mended("it looks at the cost only"), (t) =>
    fails(t, { auth: { username: "ann", password: "secret" } }, /the `password` field must be a valid bcrypt hash/));
  it("AU-02 a hash that takes for ever is none", mended("any cost will do"), (t) =>
    fails(t, { auth: { username: "ann", password: account.on_server.password.replace("$04$", "$31$") } }, /of a cost up to 16/));
  it("AU-02 what else cannot work", mended("nobody looks"), async (t) => {
    await fails(t, { auth: { password: account.on_server.password } }, /invalid `auth` option, please check the documentation/);
    await fails(t, { auth: false, namespace_name: "/" }, /namespace_name is "\/"/);
    await fails(t, { auth: false, page_bytes_max: 5 }, /page_bytes_max is 5, it must be at least 1024/);
  });
});

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

describe("the Admin UI in production", () => {
  const server = use_server({ admin: { auth: false, mode: "production", server_id: "the-server", namespace_name: "/ops" } });

  it("AU-01 AU-03 sums every two seconds, of what the engine carried", async () => {
    const admin = await connect(server, { nsp: "/ops" });
    assert.deepEqual(await got(admin, "config"), [{ supportedFeatures: [...commands, "AGGREGATED_EVENTS"] }]);
    await got(admin, "server_stats");
    const client = await connect(server, { nsp: "/custom", transports: ["polling"] });
    const text = "ä".repeat(500);
    client.emit("note", text);
    await server.observed({ ev: "note", args: [text] });
    const { conn } = await server.observed({ ev: "connection", socket: client.id });
    const [first] = await page_gets(admin, "server_stats", ({ pollingClientsCount }) => pollingClientsCount === 1);
    client.disconnect();
    await server.observed({ ev: "engine_close", sid: conn });
    const all = [first];
    const sum = (type) => all.flatMap((one) => one.aggregatedEvents).filter((one) => one.type === type);
    while (sum("rawDisconnection").length === 0) all.push(...(await got(admin, "server_stats")));

    const { aggregatedEvents, namespaces, uptime, pid, hostname, ...rest } = first;
    assert.deepEqual(rest, { serverId: "the-server", clientsCount: 2, pollingClientsCount: 1 });
    assert.equal(pid, server.process.pid);
    assert.ok(hostname.length > 0 && uptime > 0 && uptime < 600 && !Number.isInteger(uptime));
    const counts = Object.fromEntries(namespaces.map(({ name, socketsCount }) => [name, socketsCount]));
    assert.deepEqual([counts["/ops"], counts["/custom"], counts["/"]], [1, 1, 0]);
    for (const { timestamp, type, count, ...others } of aggregatedEvents) {
      assert.equal(timestamp % 1000, 0);
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
      assert.ok(count > 0 && typeof type === "string");
      assert.deepEqual(others, {});
    }
    // What the client has said: to join, the note, to leave.
    const said = ["0/custom,", `2/custom,["note","${text}"]`, "1/custom,"];
    const total = (type) => sum(type).reduce((n, { count }) => n + count, 0);
    assert.equal(total("packetsIn"), said.length);
    assert.equal(total("bytesIn"), said.reduce((n, one) => n + Buffer.byteLength(one), 0));
    assert.ok(total("packetsOut") >= 2 && total("bytesOut") > 100);
    assert.deepEqual(sum("rawDisconnection").map(({ timestamp, ...one }) => one),
      [{ type: "rawDisconnection", subType: "transport close", count: 1 }]);
  });

  it("AU-03 nothing of single sockets, rooms and events", async () => {
    const admin = await connect(server, { nsp: "/ops" });
    const client = await connect(server);
    await client.emitWithAck("join", "red");
    admin.emit("emit", "/", "red", "hello");
    await got(client, "hello");
    await got(admin, "server_stats");
    assert.deepEqual([...new Set(admin.inbox.seen.map(({ event }) => event))].sort(), ["config", "server_stats"]);
  });
});

describe("the Admin UI, readonly", () => {
  const server = use_server({ admin: { auth: false, mode: "development", readonly: true } });

  it("AU-01 a page may look and nothing else", async () => {
    const admin = await connect(server, { nsp: "/admin" });
    assert.deepEqual(await got(admin, "config"), [{ supportedFeatures: ["AGGREGATED_EVENTS", "ALL_EVENTS"] }]);
    await got(admin, "all_sockets");
    const client = await connect(server, { nsp: "/custom" });
    admin.emit("emit", "/custom", undefined, "hello");
    admin.emit("join", "/custom", "red");
    admin.emit("leave", "/custom", client.id);
    admin.emit("_disconnect", "/custom", true);
    // The four have been read once the server has seen the page go.
    admin.disconnect();
    await server.counts({ sockets: 1 });
    assert.deepEqual(await client.emitWithAck("rooms"), [client.id]);
    assert.deepEqual(client.inbox.seen, []);
    assert.equal(client.connected, true);
  });
});
