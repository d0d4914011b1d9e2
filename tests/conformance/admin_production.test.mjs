// The Admin UI's namespace, with the official client in the place of the page: sums instead of events, and pages that may only look.
// The reference is @socket.io/admin-ui on the official server. Rows AU-01, AU-03.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commands, page_gets } from "./lib/admin.mjs";
import { connect, got } from "./lib/client.mjs";
import { use_server } from "./lib/server.mjs";

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
