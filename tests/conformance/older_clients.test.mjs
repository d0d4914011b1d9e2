// Clients of Socket.IO 2 on a server that allows them: the official client 2.5 over every transport.
// Rows V3-01, V3-07..V3-11, HB-10, SK-01, K-14; the wire itself is looked at in raw_older.test.mjs.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asked, connect, connect_older, got, make_older_client, transports, upgraded } from "./lib/client.mjs";
import { brisk, use_server } from "./lib/server.mjs";
import { sleep, wait_for_event } from "./lib/wait.mjs";

const texts = ["", "hello", "€ 😀 \u2028 é \u0000", "x".repeat(70_000)];

for (const [name, how] of Object.entries(transports)) {
  describe(`older clients over ${name}`, () => {
    const server = use_server({ allow_eio3: true });
    const join = (options) => connect_older(server, { ...how, ...options });

    it("V3-01 V3-08 V3-09 SK-01 joins, under the id that both sides know", async () => {
      const client = await join();
      const { socket, conn, rooms, handshake } = await server.observed({ ev: "connection", socket: client.id });
      assert.equal(socket, conn);
      assert.deepEqual(rooms, [socket]);
      assert.equal(handshake.query.EIO, "3");
      assert.deepEqual(handshake.auth, {});
    });

    it("V3-02 V3-04 V3-05 text and binary go both ways, with and without acknowledgements", async () => {
      const client = await join();
      if (name === "upgrade") await upgraded(client);
      for (const text of texts) assert.deepEqual(await asked(client, "echo", text, 1), [text, 1]);
      const bytes = Buffer.from([0, 1, 2, 255]);
      const [back, deep] = await asked(client, "echo", bytes, { deep: [{ bytes }] });
      assert.deepEqual(Buffer.from(back), bytes);
      assert.deepEqual(Buffer.from(deep.deep[0].bytes), bytes);
      client.emit("echo", "€", bytes);
      const [text, again] = await got(client, "echo");
      assert.equal(text, "€");
      assert.deepEqual(Buffer.from(again), bytes);
    });

    it("V3-02 V3-05 many packets share a payload", async () => {
      const client = await join({ events: ["n"] });
      const socket = client.id;
      const one = (n) => ({ do: "emit", socket, event: "n", args: [n, "€😀", ...(n % 3 ? [] : [{ $binary: "AQID" }])] });
      await server.control({ do: "batch", actions: Array.from({ length: 30 }, (_, n) => one(n)) });
      for (let n = 0; n < 30; n++) {
        const [number, text, bytes] = await got(client, "n");
        assert.equal(number, n);
        assert.equal(text, "€😀");
        if (n % 3 === 0) assert.deepEqual(Buffer.from(bytes), Buffer.from([1, 2, 3]));
      }
    });

    it("V3-09 V3-10 other namespaces have ids of their own, and a query instead of auth", async () => {
      const main = await join();
      const client = await connect_older(server, { manager: main.io, nsp: "/custom", query: { tok: "1", x: "é &" } });
      const { socket, handshake } = await server.observed({ ev: "connection", socket: client.id });
      assert.equal(socket, `/custom#${main.id}`);
      assert.deepEqual(handshake.auth, { tok: "1", x: "é &" });
      assert.equal(handshake.query.tok, undefined);
      assert.deepEqual(await asked(client, "echo", 1), [1]);
      assert.deepEqual(await asked(client, "rooms"), [[socket]]);
      client.disconnect();
      assert.equal((await server.observed({ ev: "disconnect", socket })).reason, "client namespace disconnect");
      assert.deepEqual(await asked(main, "echo", 2), [2]);
    });

    it("V3-11 a refusal is told by its data, or by its message", async () => {
      const main = await join();
      const refused = async (nsp) => {
        const client = make_older_client(server, { manager: main.io, nsp });
        return (await wait_for_event(client, "error"))[0];
      };
      assert.deepEqual(await refused("/refuse"), { code: "E_REFUSED", n: 7 });
      assert.equal(await refused("/refuse-plain"), "refused without data");
      assert.deepEqual(await refused("/nope"), { message: "Invalid namespace" });
      assert.deepEqual(await asked(main, "echo", "still here"), ["still here"]);
    });

    it("SK-18 SK-20 both sides may leave", async () => {
      const client = await join();
      const socket = client.id;
      const left = wait_for_event(client, "disconnect");
      await server.control({ do: "disconnect", socket, close: false });
      assert.deepEqual(await left, ["io server disconnect"]);
      const other = await join();
      const second = other.id;
      other.disconnect();
      const { reason } = await server.observed({ ev: "disconnect", socket: second });
      assert.equal(reason, "client namespace disconnect");
    });

    it("ACK-01 ACK-05 the server asks and is answered", async () => {
      const client = await join();
      const socket = client.id;
      client.on("q", (a, answer) => answer(a + 1, Buffer.from([9])));
      await server.control({ do: "emit", socket, event: "q", args: [1], ack: true, tag: "t", flags: { timeout: 5000 } });
      const { err, args } = await server.observed({ ev: "ack", tag: "t" });
      assert.equal(err, null);
      assert.deepEqual(args, [2, { $binary: "CQ==" }]);
    });
  });
}

describe("older and newer clients together", () => {
  const server = use_server({ allow_eio3: true });

  it("V3-09 RM-04 a room of both gets every broadcast, text and binary", async () => {
    const events = ["news"];
    const older = await connect_older(server, { events });
    const polling = await connect_older(server, { events, ...transports.polling });
    const newer = await connect(server);
    const all = [older, polling, newer];
    for (const one of all) await asked(one, "join", "mixed");
    const target = { do: "emit", to: ["mixed"], event: "news" };
    await server.control({ ...target, args: ["€", { x: 1 }] });
    for (const one of all) assert.deepEqual(await got(one, "news"), ["€", { x: 1 }]);
    await server.control({ ...target, args: [{ $binary: "AQID" }] });
    for (const one of all) assert.deepEqual(Buffer.from((await got(one, "news"))[0]), Buffer.from([1, 2, 3]));
    await server.control({ ...target, args: ["others"], except: [older.id] });
    for (const one of [polling, newer]) assert.deepEqual(await got(one, "news"), ["others"]);
    await server.control({ ...target, to: [older.id], args: ["alone"] });
    assert.deepEqual(await got(older, "news"), ["alone"]);
    newer.emit("say_to", older.id, "news", "from the newer one");
    assert.deepEqual(await got(older, "news"), ["from the newer one"]);
    older.emit("say_to", "mixed", "news", "from the older one");
    for (const one of [polling, newer]) assert.deepEqual(await got(one, "news"), ["from the older one"]);
  });

  it("UT-01 UT-03 ACK-07 utility methods know both", async () => {
    const older = await connect_older(server);
    const newer = await connect(server);
    older.on("q", (answer) => answer("older"));
    newer.on("q", (answer) => answer("newer"));
    const { sockets } = await server.control({ do: "fetch_sockets" });
    assert.deepEqual(sockets.map(({ id }) => id).sort(), [older.id, newer.id].sort());
    await server.control({ do: "sockets_join", in: [older.id], rooms: ["chosen"] });
    assert.deepEqual((await asked(older, "rooms"))[0], [older.id, "chosen"].sort());
    await server.control({ do: "emit", event: "q", ack: true, tag: "all", flags: { timeout: 5000 } });
    const { err, responses } = await server.observed({ ev: "ack", tag: "all" });
    assert.equal(err, null);
    assert.deepEqual(responses.sort(), ["newer", "older"]);
  });
});

describe("the heartbeat of older clients", () => {
  const server = use_server({ ...brisk, allow_eio3: true });

  for (const [name, how] of Object.entries(transports)) {
    it(`HB-10 V3-07 the client pings, and stays, over ${name}`, async () => {
      const client = await connect_older(server, how);
      const { socket, conn } = await server.observed({ ev: "connection", socket: client.id });
      for (let n = 0; n < 4; n++) await server.observed({ ev: "engine_heartbeat", sid: conn });
      assert.equal(client.connected, true);
      assert.deepEqual(await server.all_observed({ ev: "disconnect", socket }), []);
    });
  }

  it("HB-10 a client that does not ping is given up after interval and timeout together", async () => {
    const client = await connect_older(server);
    const socket = client.id;
    client.io.engine.ping = () => {};
    client.io.engine.onHeartbeat = () => {};
    clearTimeout(client.io.engine.pingIntervalTimer);
    clearTimeout(client.io.engine.pingTimeoutTimer);
    client.io.reconnection(false);
    await sleep(brisk.ping_interval);
    const { reason } = await server.observed({ ev: "disconnect", socket });
    assert.equal(reason, "ping timeout");
  });
});

describe("older clients that nobody asked for", () => {
  const server = use_server();

  it("V3-01 are refused", async () => {
    const client = make_older_client(server, { reconnection: false });
    await wait_for_event(client, "connect_error");
    const { code, context } = await server.observed({ ev: "connection_error" });
    assert.equal(code, 5);
    assert.deepEqual(context, { protocol: 3 });
  });
});
