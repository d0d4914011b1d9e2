// Namespaces that clients make: parents, their children, and how these go.
// Rows NS-02..NS-07, NS-15, SV-08, UT-04, SS-01 and the quirk Q-28 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, got, make_client } from "./lib/client.mjs";
import { open_ws_session } from "./lib/raw.mjs";
import { mended, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const invalid = (name) => `44${name},{"message":"Invalid namespace"}`;

describe("dynamic namespaces", () => {
  const server = use_server({ dynamic: true });

  it("NS-02 NS-03 SV-08 a client makes what a regular expression allows", async () => {
    const client = await connect(server, { nsp: "/dynamic-101" });
    await server.observed({ ev: "new_namespace", name: "/dynamic-101" });
    await server.observed({ ev: "connection", nsp: "/dynamic-101", socket: client.id });
    await connect(server, { nsp: "/dynamic-101" });
    assert.equal((await server.all_observed({ ev: "new_namespace", name: "/dynamic-101" })).length, 1);
  });

  it("NS-03 NS-08 DM-15 the whole name must match, and the connection stays open", async () => {
    const ws = await open_ws_session(server);
    for (const name of ["/dynamic", "/xdynamic-1", "/asked-1", "/_0", "/_1", "/_2"]) {
      ws.send(`40${name},`);
      assert.equal(await ws.next(), invalid(name));
    }
    await ws.join();
  });

  it("NS-02 a function is told the auth and may decide later", async () => {
    const client = await connect(server, { nsp: "/asked-1", auth: { allow: true } });
    await server.observed({ ev: "connection", nsp: "/asked-1", socket: client.id });
    const refused = make_client(server, { nsp: "/asked-2", auth: { allow: false } });
    const [error] = await wait_for_event(refused, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.equal(refused.active, false);
  });

  it("NS-05 what the server names belongs to a regular expression that matches", async () => {
    await server.control({ do: "namespace", nsp: "/dynamic-505" });
    await server.observed({ ev: "new_namespace", name: "/dynamic-505" });
    const client = await connect(server, { nsp: "/dynamic-505" });
    await server.observed({ ev: "middleware", nsp: "/dynamic-505", socket: client.id });
    await server.observed({ ev: "connection", nsp: "/dynamic-505", socket: client.id });
    await server.control({ do: "emit", parent: true, event: "from the parent" });
    await got(client, "from the parent");
    await server.control({ do: "namespace", nsp: "/asked-505" });
    assert.notEqual(await (await open_ws_session(server)).join("/asked-505"), undefined);
    assert.deepEqual(await server.all_observed({ ev: "connection", nsp: "/asked-505" }), []);
  });

  it("NS-06 NS-11 children have the parent's middlewares", async () => {
    const refused = make_client(server, { nsp: "/dynamic-6", auth: { stop: true } });
    const [error] = await wait_for_event(refused, "connect_error");
    assert.equal(error.message, "stopped");
  });

  it("NS-07 a parent emits to all its children", async () => {
    const one = await connect(server, { nsp: "/dynamic-71" });
    const two = await connect(server, { nsp: "/dynamic-72" });
    const other = await connect(server);
    await server.control({ do: "join", socket: two.id, rooms: ["r"] });
    await server.control({ do: "emit", parent: true, event: "all", args: [1] });
    await server.control({ do: "emit", parent: true, to: ["r"], event: "room", args: [2] });
    await server.control({ do: "emit", event: "last" });
    assert.deepEqual(await got(two, "room"), [2]);
    assert.deepEqual(await got(one, "all"), [1]);
    await got(other, "last");
    assert.deepEqual(one.inbox.seen.map((x) => x.event), ["all"]);
    assert.deepEqual(other.inbox.seen.map((x) => x.event), ["last"]);
  });

  it("NS-07 a parent cannot be asked", async () => {
    const client = await connect(server, { nsp: "/dynamic-73" });
    const { ok, error } = await server.try_control({ do: "fetch_sockets", parent: true });
    assert.deepEqual([ok, error], [false, "fetchSockets() is not supported on parent namespaces"].map(
      (x) => (typeof x === "string" && error.startsWith("fetch_") ? x.replace("fetchSockets", "fetch_sockets") : x)));
    await server.control({ do: "emit", parent: true, event: "q", to: [client.id], flags: { timeout: 2000 }, ack: true,
      tag: "parent" });
    const { err, responses } = await server.observed({ ev: "ack", tag: "parent" });
    assert.deepEqual([err, responses], [null, []]);
    assert.deepEqual(client.inbox.seen, []);
  });

  it("NS-15 without the option an empty child stays", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join("/dynamic-15");
    ws.send("41/dynamic-15,");
    await server.observed({ ev: "disconnect", socket });
    await ws.join("/dynamic-15");
    assert.equal((await server.all_observed({ ev: "new_namespace", name: "/dynamic-15" })).length, 1);
  });

  it("UT-04 allSockets tells the ids", async () => {
    const one = await connect(server, { nsp: "/dynamic-4" });
    const two = await connect(server, { nsp: "/dynamic-4" });
    await server.control({ do: "join", socket: two.id, rooms: ["r"] });
    const ids = async (more) => (await server.control({ do: "all_sockets", nsp: "/dynamic-4", ...more })).ids;
    assert.deepEqual(await ids({}), [one.id, two.id].sort());
    assert.deepEqual(await ids({ in: ["r"] }), [two.id]);
    assert.deepEqual(await ids({ in: ["nobody"] }), []);
  });

  it("SS-01 names that are reserved between servers are refused", async () => {
    for (const event of ["connect", "connection", "new_namespace"]) {
      const { ok, error } = await server.try_control({ do: "server_side_emit", event });
      assert.deepEqual([ok, error], [false, `"${event}" is a reserved event name`]);
    }
    await server.control({ do: "server_side_emit", event: "disconnect" });
  });
});

describe("dynamic namespaces that are cleaned up", () => {
  const server = use_server({ dynamic: true, cleanup_empty_child_namespaces: true });
  const made = async (name) => (await server.all_observed({ ev: "new_namespace", name })).length;

  it("OP-07 NS-15 an empty child goes and is made anew", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join("/dynamic-1");
    const other = await connect(server, { nsp: "/dynamic-1" });
    ws.send("41/dynamic-1,");
    await server.observed({ ev: "disconnect", socket });
    const again = await ws.join("/dynamic-1");
    assert.equal(await made("/dynamic-1"), 1, "somebody was still there");
    const rest = [again, other.id];
    ws.send("41/dynamic-1,");
    other.disconnect();
    for (const one of rest) await server.observed({ ev: "disconnect", socket: one });
    await connect(server, { nsp: "/dynamic-1" });
    assert.equal(await made("/dynamic-1"), 2);
  });

  it("NS-15 a child whose only client was refused goes too", async () => {
    const ws = await open_ws_session(server);
    for (let i = 1; i <= 2; i++) {
      ws.send('40/dynamic-2,{"stop":true}');
      assert.equal(await ws.next(), '44/dynamic-2,{"message":"stopped"}');
      assert.equal(await made("/dynamic-2"), i);
    }
  });

  it("NS-15 a static namespace stays", async () => {
    const client = await connect(server, { nsp: "/custom" });
    client.disconnect();
    await server.observed({ ev: "disconnect", nsp: "/custom" });
    await connect(server, { nsp: "/custom" });
  });

  it("Q-28 whoever is in his middlewares keeps it",
    mended("the namespace is removed, and who is in his middlewares ends in an orphan"), async () => {
      const first = await open_ws_session(server);
      const second = await open_ws_session(server);
      first.send("40/slow-1,");
      const one = await server.observed({ ev: "middleware", nsp: "/slow-1" });
      second.send("40/slow-1,");
      const two = await server.observed({ ev: "middleware", nsp: "/slow-1" });
      await server.control({ do: "gate_open", socket: one.socket });
      await server.observed({ ev: "connection", socket: one.socket });
      first.send("41/slow-1,");
      await server.observed({ ev: "disconnect", socket: one.socket });
      await server.control({ do: "gate_open", socket: two.socket });
      await server.observed({ ev: "connection", socket: two.socket });
      assert.deepEqual((await server.control({ do: "namespace", nsp: "/slow-1" })).sockets, [two.socket]);
      assert.equal(await made("/slow-1"), 1);
    });
});
