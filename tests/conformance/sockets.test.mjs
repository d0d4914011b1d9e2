// The server side of a socket: handshake, data, rooms, disconnecting. Its events: socket_events.test.mjs.
// Rows SK-01..SK-07, SK-15, SK-18..SK-24, RM-01..RM-03 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, make_client, transports } from "./lib/client.mjs";
import { open_ws_session } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

describe("sockets", () => {
  const server = use_server();
  const about = (socket) => server.control({ do: "socket", socket });

  it("SK-02 K-18 the handshake describes the first request", async () => {
    const before = Date.now();
    const extraHeaders = { "x-custom": "yes" };
    const client = await connect(server, { extraHeaders, query: { a: "1 2", b: "€" }, auth: { token: [1, "two"] } });
    const { handshake } = await server.observed({ ev: "connection", socket: client.id });
    assert.equal(handshake.headers["x-custom"], "yes");
    assert.equal(handshake.headers.host, `127.0.0.1:${server.port}`);
    assert.equal(handshake.query.a, "1 2");
    assert.equal(handshake.query.b, "€");
    assert.equal(handshake.query.transport, "websocket");
    assert.equal(handshake.query.EIO, "4");
    assert.ok(handshake.url.startsWith("/socket.io/?"), handshake.url);
    assert.deepEqual(handshake.auth, { token: [1, "two"] });
    assert.ok(["127.0.0.1", "::ffff:127.0.0.1"].includes(handshake.address), handshake.address);
    assert.equal(handshake.secure, false);
    assert.equal(handshake.xdomain, false);
    assert.ok(handshake.issued >= before - 1 && handshake.issued <= Date.now() + 1);
    assert.match(handshake.time, /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \(.+\)$/);
    assert.ok(Math.abs(new Date(handshake.time) - handshake.issued) < 2000);
  });

  it("SK-02 a request with an Origin is cross-domain", async () => {
    const client = await connect(server, { extraHeaders: { origin: "https://page.example" } });
    const { handshake } = await server.observed({ ev: "connection", socket: client.id });
    assert.equal(handshake.xdomain, true);
  });

  it("SK-03 auth is an empty object when the client gives none", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const { handshake } = await server.observed({ ev: "connection", socket });
    assert.deepEqual(handshake.auth, {});
  });

  it("SK-04 UT-01 data belongs to the socket and is seen by fetch_sockets", async () => {
    const client = await connect(server);
    await client.emitWithAck("data", { name: "Ada", tags: [1, null] });
    assert.deepEqual((await about(client.id)).data, { name: "Ada", tags: [1, null] });
    const { sockets } = await server.control({ do: "fetch_sockets", to: [client.id] });
    assert.deepEqual(sockets, [{ id: client.id, rooms: [client.id], data: { name: "Ada", tags: [1, null] } }]);
  });

  it("SK-05 SK-15 RM-01 RM-02 RM-03 rooms are joined and left, with events on real changes only", async () => {
    const client = await connect(server);
    const rooms = (...names) => [client.id, ...names].sort();
    assert.deepEqual(await client.emitWithAck("join", "a"), rooms("a"));
    assert.deepEqual(await client.emitWithAck("join", ["a", "b", "c"]), rooms("a", "b", "c"));
    assert.deepEqual(await client.emitWithAck("leave", "b"), rooms("a", "c"));
    assert.deepEqual(await client.emitWithAck("leave", "never joined"), rooms("a", "c"));
    const { id } = client;
    assert.deepEqual((await server.control({ do: "namespace", nsp: "/" })).rooms, { [id]: [id], a: [id], c: [id] });
    client.disconnect();
    await server.observed({ ev: "disconnect", socket: id });
    const seen = (await server.all_observed({ ev: "room" })).filter((x) => "abc".includes(x.room));
    assert.deepEqual(seen.slice(0, 8).map((x) => [x.what, x.room, x.socket]), [
      ["create", "a", undefined], ["join", "a", id],
      ["create", "b", undefined], ["join", "b", id],
      ["create", "c", undefined], ["join", "c", id],
      ["leave", "b", id], ["delete", "b", undefined],
    ]);
    const at_the_end = seen.slice(8).map((x) => [x.what, x.room, x.socket]);
    assert.deepEqual(at_the_end, [
      ["leave", "a", id], ["delete", "a", undefined], ["leave", "c", id], ["delete", "c", undefined],
    ]);
    assert.deepEqual((await server.control({ do: "namespace", nsp: "/" })).rooms, {});
  });

  it("SK-05 SK-06 SK-15 after the disconnect there are no rooms, and joining does nothing", async () => {
    const client = await connect(server);
    const { id } = client;
    client.disconnect();
    const { rooms, connected } = await server.observed({ ev: "disconnect", socket: id });
    assert.deepEqual([rooms, connected], [[], false]);
    await server.control({ do: "join", socket: id, rooms: ["too late"] });
    assert.deepEqual((await about(id)).rooms, []);
    assert.deepEqual((await server.control({ do: "namespace", nsp: "/" })).rooms, {});
  });

  it("SK-06 a socket knows its namespace, session and transport", async () => {
    const client = await connect(server, { ...transports.polling, nsp: "/custom" });
    const { nsp, connected, conn, transport } = await about(client.id);
    const expected = { nsp: "/custom", connected: true, conn: client.io.engine.id, transport: "polling" };
    assert.deepEqual({ nsp, connected, conn, transport }, expected);
  });

  const late = (socket) => ({
    do: "batch",
    actions: [{ do: "emit", socket, event: "x" }, { do: "disconnect", socket }, { do: "send", socket, args: [1] }],
  });

  it("SK-07 emitting to a socket whose connection has gone does nothing", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    ws.destroy();
    await server.observed({ ev: "disconnect", socket });
    await server.control(late(socket));
  });

  it("SK-07 emitting to a socket that has left its namespace sends nothing",
    mended("it still writes to the connection that the socket had"), async () => {
      const ws = await open_ws_session(server);
      const socket = await ws.join();
      ws.send("41");
      await server.observed({ ev: "disconnect", socket });
      await server.control(late(socket));
      const again = await ws.join(); // Would be preceded by anything that had been sent.
      assert.notEqual(again, socket);
    });

  it("SK-18 DM-02 disconnect leaves one namespace, disconnect(true) all of them and the connection", async () => {
    const ws = await open_ws_session(server);
    const [main, custom] = [await ws.join(), await ws.join("/custom")];
    await server.control({ do: "disconnect", socket: main });
    assert.equal(await ws.next(), "41");
    await server.observed({ ev: "disconnect", socket: main, reason: "server namespace disconnect" });
    ws.send('42/custom,["echo",1]');
    assert.equal(await ws.next(), '42/custom,["echo",1]');
    const again = await ws.join();
    await server.control({ do: "disconnect", socket: again, close: true });
    assert.deepEqual([await ws.next(), await ws.next()].sort(), ["41", "41/custom,"]);
    assert.equal(await ws.closed(), 1005);
    for (const socket of [again, custom]) {
      await server.observed({ ev: "disconnect", socket, reason: "server namespace disconnect" });
    }
  });

  it("SK-18 a handler may disconnect its own socket", async () => {
    for (const close of [false, true]) {
      const client = await connect(server);
      const { id } = client;
      client.emit("leave_me", close);
      assert.equal((await wait_for_event(client, "disconnect"))[0], "io server disconnect");
      await server.observed({ ev: "disconnect", socket: id, reason: "server namespace disconnect" });
    }
  });

  it("SK-19 disconnecting still has the rooms, disconnect has none", async () => {
    const client = await connect(server);
    const { id } = client;
    await client.emitWithAck("join", "r");
    client.disconnect();
    const first = await server.observed({ ev: "disconnecting", socket: id });
    const left = await server.observed({ ev: "room", what: "leave", socket: id, room: "r" });
    const last = await server.observed({ ev: "disconnect", socket: id });
    assert.deepEqual([first.rooms, last.rooms], [["r", id].sort(), []]);
    assert.equal(first.reason, last.reason);
    assert.ok(first.n < left.n && left.n < last.n);
    await server.idle();
  });

  it("SK-22 the client's DISCONNECT leaves one namespace without an answer", async () => {
    const ws = await open_ws_session(server);
    const [main, custom] = [await ws.join(), await ws.join("/custom")];
    ws.send("41");
    await server.observed({ ev: "disconnect", socket: main, reason: "client namespace disconnect" });
    ws.send('42/custom,["echo",1]');
    assert.equal(await ws.next(), '42/custom,["echo",1]');
    assert.equal((await about(custom)).connected, true);
    await server.counts({ sockets: 1 });
  });

  it("SK-23 an acknowledgement that is pending at the disconnect", async () => {
    const client = await connect(server);
    const ask = (flags, tag) => ({ do: "emit", socket: client.id, event: "never answered", flags, ack: true, tag });
    await server.control(ask(undefined, "plain"));
    await server.control(ask({ timeout: 1500 }, "timed"));
    await server.counts({ pending_acks: 2 });
    client.disconnect();
    const { err } = await server.observed({ ev: "ack", tag: "timed" });
    if (is_reference) {
      assert.equal(err, "operation has timed out");
      assert.deepEqual(await server.all_observed({ ev: "ack", tag: "plain" }), []);
    } else { // JS differs: every acknowledgement settles, and at once.
      assert.match(err, /disconnect/);
      assert.match((await server.observed({ ev: "ack", tag: "plain" })).err, /disconnect/);
    }
    await server.idle();
  });

  it("SK-20 SK-21 K-10 closing the session under two namespaces tells both", async () => {
    const main = await connect(server);
    const custom = make_client(server, { manager: main.io, nsp: "/custom" });
    custom.connect();
    await wait_for_event(custom, "connect");
    const ids = [main.id, custom.id];
    await server.control({ do: "conn_close", socket: ids[0] });
    for (const socket of ids) await server.observed({ ev: "disconnect", socket, reason: "forced close" });
  });
});
