// Namespaces: joining, refusing, middlewares and what may happen while they run.
// Rows NS-01..NS-16, SV-12, SV-13 and the quirks of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, got, make_client } from "./lib/client.mjs";
import { connect_packet, open_polling, open_ws_session } from "./lib/raw.mjs";
import { mended, use_server } from "./lib/server.mjs";
import { sleep, wait_for_event } from "./lib/wait.mjs";

describe("namespaces", () => {
  const server = use_server({ connect_timeout: 400 });

  it("NS-01 NS-03 a namespace is unknown until the server names it, with or without the slash", async () => {
    const ws = await open_ws_session(server);
    ws.send("40/late,");
    assert.equal(await ws.next(), '44/late,{"message":"Invalid namespace"}');
    assert.equal((await server.control({ do: "of", name: "late" })).name, "/late");
    const socket = await ws.join("/late");
    await server.observed({ ev: "connection", nsp: "/late", socket });
  });

  it("NS-03 DM-15 K-08 an unknown namespace leaves the connection open", async () => {
    const ws = await open_ws_session(server);
    await ws.join();
    ws.send("40/nope,");
    assert.equal(await ws.next(), '44/nope,{"message":"Invalid namespace"}');
    ws.send('42["echo",1]');
    assert.equal(await ws.next(), '42["echo",1]');
  });

  it("NS-03 DM-15 the official client hears connect_error and does not come back", async () => {
    const client = make_client(server, { nsp: "/nope" });
    const [error] = await wait_for_event(client, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.equal(client.active, false);
  });

  it("NS-08 a query belongs to the name of the namespace", async () => {
    const ws = await open_ws_session(server);
    for (const name of ["/?x=1", "/custom?x=1", "/custom/", "//"]) {
      ws.send(`40${name},`);
      assert.equal(await ws.next(), `44${name},{"message":"Invalid namespace"}`);
    }
  });

  it("NS-09 RM-04 SK-05 the socket is in its own room and connected when the handler runs", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const { rooms, connected, conn, n } = await server.observed({ ev: "connection", socket });
    assert.deepEqual(rooms, [socket]);
    assert.equal(connected, true);
    assert.equal(conn, ws.sid);
    const join = await server.observed({ ev: "room", what: "join", socket, room: socket });
    assert.ok(join.n < n);
  });

  it("NS-09 SK-24 once a namespace is joined the connect timeout is over, also after leaving it", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    ws.send("41");
    await server.observed({ ev: "disconnect", socket });
    await sleep(500);
    const again = await ws.join();
    assert.notEqual(again, socket);
  });

  it("NS-10 the reply holds the id and nothing else", async () => {
    const ws = await open_ws_session(server);
    ws.send("40");
    const reply = await ws.next();
    assert.match(reply, /^40\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
  });

  it("NS-11 DM-15 a middleware's refusal carries its message and data", async () => {
    const ws = await open_ws_session(server);
    ws.send("40/refuse,");
    assert.equal(await ws.next(), '44/refuse,{"message":"refused","data":{"code":"E_REFUSED","n":7}}');
    ws.send("40/refuse-plain,");
    assert.equal(await ws.next(), '44/refuse-plain,{"message":"refused without data"}');
    const client = make_client(server, { nsp: "/refuse" });
    const [error] = await wait_for_event(client, "connect_error");
    assert.deepEqual([error.message, error.data], ["refused", { code: "E_REFUSED", n: 7 }]);
    assert.equal(client.active, false);
  });

  it("NS-11 middlewares run in order", async () => {
    const client = await connect(server, { nsp: "/chain" });
    const seen = await server.all_observed({ ev: "middleware", socket: client.id });
    assert.deepEqual(seen.map((x) => [x.index, x.connected]), [[1, false], [2, false], [3, false]]);
  });

  it("NS-11 the first error stops the chain, rooms are left, nobody is disconnected", async () => {
    const ws = await open_ws_session(server);
    ws.send(connect_packet("/chain", { stop: true }));
    assert.equal(await ws.next(), '44/chain,{"message":"stopped"}');
    const { socket } = (await server.all_observed({ ev: "middleware", nsp: "/chain" })).at(-1);
    await server.observed({ ev: "room", nsp: "/chain", what: "leave", room: "chain-room", socket });
    const seen = await server.all_observed({ nsp: "/chain", socket });
    assert.deepEqual(seen.filter((x) => x.ev !== "room").map((x) => [x.ev, x.index]), [
      ["middleware", 1],
      ["middleware", 2],
    ]);
    const { sockets, rooms } = await server.control({ do: "namespace", nsp: "/chain" });
    assert.deepEqual([sockets, rooms], [[], {}]);
  });

  it("NS-12 K-01 what a middleware emits comes before the CONNECT, rooms that it joined stay", async () => {
    const ws = await open_ws_session(server);
    ws.send("40/early,");
    assert.equal(await ws.next(), '42/early,["early",1]');
    assert.equal(await ws.next(), '42/early,["early",2]');
    const socket = JSON.parse((await ws.next()).slice(9)).sid;
    const { rooms } = await server.observed({ ev: "connection", socket });
    assert.deepEqual(rooms, ["early-room", socket].sort());
    const client = await connect(server, { nsp: "/early" });
    assert.deepEqual([await got(client, "early"), await got(client, "early")], [[1], [2]]);
  });

  it("NS-09 NS-11 BR-04 a socket in its middlewares is not there yet", async () => {
    const client = make_client(server, { nsp: "/gate" });
    const { socket } = await server.observed({ ev: "middleware", nsp: "/gate" });
    await server.control({ do: "join", socket, rooms: ["lobby"] });
    await server.control({ do: "emit", nsp: "/gate", event: "missed" });
    await server.control({ do: "emit", nsp: "/gate", to: ["lobby"], event: "missed" });
    await server.counts({ sockets: 0 });
    assert.deepEqual((await server.control({ do: "fetch_sockets", nsp: "/gate" })).sockets, []);
    const connected = wait_for_event(client, "connect"); // it may be here before the control's answer
    await server.control({ do: "gate_open", socket });
    await connected;
    assert.equal(client.id, socket);
    await server.control({ do: "emit", nsp: "/gate", to: ["lobby"], event: "heard" });
    await got(client, "heard");
    assert.deepEqual(client.inbox.seen.map((x) => x.event), ["heard"]);
  });

  it("NS-11 a middleware may refuse later", async () => {
    const client = make_client(server, { nsp: "/gate" });
    const { socket } = await server.observed({ ev: "middleware", nsp: "/gate" });
    const refused = wait_for_event(client, "connect_error"); // it may be here before the control's answer
    await server.control({ do: "gate_open", socket, error: "after some thought" });
    const [error] = await refused;
    assert.equal(error.message, "after some thought");
  });

  it("NS-13 a client that leaves while its middleware thinks is cleaned up in silence", async () => {
    for (const open of [open_ws_session, open_polling]) {
      const session = await open(server);
      if (session.post) await session.post("40/gate,");
      else session.send("40/gate,");
      const { socket } = await server.observed({ ev: "middleware", nsp: "/gate" });
      if (session.post) await session.leave();
      else session.destroy();
      await server.observed({ ev: "engine_close", sid: session.sid });
      await server.control({ do: "gate_open", socket });
      const seen = await server.all_observed({ socket });
      assert.deepEqual(seen.filter((x) => x.ev !== "room").map((x) => x.ev), ["middleware"]);
      assert.deepEqual((await server.control({ do: "namespace", nsp: "/gate" })).rooms, {});
      await server.idle();
    }
  });

  it("NS-14 ACK-01 SV-11 namespaces are independent on one connection", async () => {
    const ws = await open_ws_session(server);
    const main = await ws.join();
    const custom = await ws.join("/custom");
    assert.notEqual(main, custom);
    assert.equal((await server.counters()).sessions, 1);
    await server.counts({ sockets: 2 });
    await server.control({ do: "join", socket: main, rooms: ["shared name"] });
    await server.control({ do: "emit", nsp: "/custom", to: ["shared name"], event: "nobody" });
    await server.control({ do: "emit", to: ["shared name"], event: "somebody" });
    assert.equal(await ws.next(), '42["somebody"]');
    ws.send("41/custom,");
    await server.observed({ ev: "disconnect", socket: custom });
    ws.send('42["echo","still in /"]');
    assert.equal(await ws.next(), '42["echo","still in /"]');
    const one = await server.control({ do: "socket", socket: main });
    assert.deepEqual([one.conn, one.connected], [ws.sid, true]);
  });

  it("NS-14 namespaces may share a connection of the official client", async () => {
    const main = await connect(server);
    const custom = await connect(server, { manager: main.io, nsp: "/custom" });
    assert.notEqual(main.id, custom.id);
    const sids = await Promise.all([main, custom].map((c) => server.control({ do: "socket", socket: c.id })));
    assert.equal(sids[0].conn, sids[1].conn);
  });

  it("NS-16 SV-04 a namespace knows its name and its sockets; / is the server itself", async () => {
    const clients = await Promise.all([connect(server), connect(server)]);
    const { name, sockets } = await server.control({ do: "namespace", nsp: "/" });
    assert.equal(name, "/");
    assert.deepEqual(sockets, clients.map((c) => c.id).sort());
    await server.control({ do: "emit", event: "through the server" });
    await server.control({ do: "emit", nsp: "/", event: "through the namespace" });
    for (const client of clients) {
      await got(client, "through the server");
      await got(client, "through the namespace");
    }
  });

  it("SV-13 packets are handled in order, over all namespaces of a connection", async () => {
    const ws = await open_ws_session(server);
    const main = await ws.join();
    const custom = await ws.join("/custom");
    for (let i = 0; i < 20; i += 2) {
      ws.send(`42["note",${i}]`);
      ws.send(`42/custom,["note",${i + 1}]`);
    }
    await server.observed({ ev: "note", socket: custom, args: [19] });
    const notes = await server.all_observed({ ev: "note" });
    const numbers = notes.filter((x) => [main, custom].includes(x.socket)).map((x) => x.args[0]);
    assert.deepEqual(numbers, Array.from({ length: 20 }, (_, i) => i));
  });

  it("Q-03 a second CONNECT while the first is still in its middlewares closes the connection",
    mended("it makes two sockets, of which one leaks"), async () => {
      const ws = await open_ws_session(server);
      ws.send("40/gate,");
      const { socket } = await server.observed({ ev: "middleware", nsp: "/gate" });
      ws.send("40/gate,");
      assert.equal(await ws.closed(), 1005);
      await server.control({ do: "gate_open", socket });
      await server.idle();
    });

  it("Q-30 the second call of next is ignored", mended("it runs the rest of the chain twice"), async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join("/double");
    ws.send('42/double,["echo",1]');
    assert.equal(await ws.next(), '42/double,["echo",1]');
    assert.equal((await server.all_observed({ ev: "connection", socket })).length, 1);
  });

  it("Q-30 an exception in a middleware refuses the connection", mended("it ends the process"), async () => {
    const ws = await open_ws_session(server);
    ws.send("40/throws,");
    assert.match(await ws.next(), /^44\/throws,\{"message":"/);
    await ws.join();
  });
});
