// Who pings whom, when, and what silence leads to.
// Rows HB-01..HB-09 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, got, transports } from "./lib/client.mjs";
import { start_proxy } from "./lib/proxy.mjs";
import { open_polling, open_ws_session } from "./lib/raw.mjs";
import { brisk, use_server } from "./lib/server.mjs";
import { sleep, wait_for_event } from "./lib/wait.mjs";

// Timers fire hardly early (node's by a millisecond), but on a busy machine as late as it likes.
const early_ms = 5;
const late_ms = 1000;

describe("heartbeat", () => {
  const server = use_server(brisk);
  const { ping_interval, ping_timeout } = brisk;

  async function joined() {
    const opened = Date.now(); // Before the server starts to count.
    const ws = await open_ws_session(server);
    ws.opened = opened;
    ws.socket = await ws.join();
    return ws;
  }

  const ends_with = (ws, reason) => server.observed({ ev: "disconnect", socket: ws.socket, reason });

  function assert_about(actual, expected) {
    const fits = actual >= expected - early_ms && actual <= expected + late_ms;
    assert.ok(fits, `${actual} ms instead of about ${expected} ms`);
  }

  it("HB-01 HB-02 the server pings one interval after the handshake, and after each pong", async () => {
    const ws = await joined();
    assert.equal(await ws.next(), "2");
    assert_about(Date.now() - ws.opened, ping_interval);
    await sleep(100); // The client takes its time: the next ping counts from the pong, not from the ping.
    ws.send("3");
    const pong = Date.now();
    await server.observed({ ev: "engine_heartbeat", sid: ws.sid });
    assert.equal(await ws.next(), "2");
    assert_about(Date.now() - pong, ping_interval);
  });

  it("HB-01 a ping from the client is the wrong direction", async () => {
    const ws = await joined();
    ws.send("2");
    assert.equal(await ws.closed(), 1005);
    await ends_with(ws, "transport error");
  });

  it("HB-01 a ping from a polling client is the wrong direction too", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    assert.equal((await session.post("2")).text, "ok");
    await server.observed({ ev: "disconnect", socket, reason: "transport error" });
  });

  it("HB-03 DM-06 a ping that is not answered in time ends the session", async () => {
    const ws = await joined();
    assert.equal(await ws.next(), "2");
    const ping = Date.now();
    assert.equal(await ws.closed(), 1005);
    assert_about(Date.now() - ping, ping_timeout);
    await ends_with(ws, "ping timeout");
  });

  it("HB-04 the first packet after a ping extends the wait once, later ones do not", async () => {
    const ws = await joined();
    assert.equal(await ws.next(), "2");
    await sleep(100);
    ws.send('42["note"]');
    const first = Date.now();
    const talking = setInterval(() => ws.send('42["note"]'), 40);
    assert.equal(await ws.closed(), 1005);
    clearInterval(talking);
    assert_about(Date.now() - first, ping_timeout);
    await ends_with(ws, "ping timeout");
  });

  it("HB-05 a pong that nobody asked for restarts the interval", async () => {
    const ws = await joined();
    await sleep(150);
    ws.send("3");
    const pong = Date.now();
    assert.equal(await ws.next(), "2");
    assert_about(Date.now() - pong, ping_interval);
  });

  it("HB-06 a ping waits for the poll like any packet", async () => {
    const session = await open_polling(server);
    assert.equal((await session.get()).text, "2");
    assert.equal((await session.post("3")).text, "ok");
    await server.observed({ ev: "engine_heartbeat", sid: session.sid });
    await sleep(ping_interval + 50);
    assert.equal((await session.get()).text, "2");
  });

  it("HB-06 a client that does not poll times out", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    await server.observed({ ev: "disconnect", socket, reason: "ping timeout" });
    assert.equal(JSON.parse((await session.get()).text).code, 1);
  });

  for (const name of ["polling", "websocket"]) {
    it(`HB-01 HB-08 the official client answers and reports pings over ${name}`, async () => {
      const client = await connect(server, transports[name]);
      for (let i = 0; i < 3; ++i) await wait_for_event(client.io, "ping");
      client.emit("echo", "alive");
      assert.deepEqual(await got(client, "echo"), ["alive"]);
    });
  }

  it("HB-07 DM-07 the client gives up when no ping comes, whatever it sends itself", async () => {
    const proxy = await start_proxy(server.port);
    const start = Date.now();
    const client = await connect({ url: proxy.url }, { reconnection: false });
    await server.observed({ ev: "connection", socket: client.id });
    const { id } = client;
    proxy.block("to_client");
    const talking = setInterval(() => client.emit("note"), 50);
    const [reason] = await wait_for_event(client, "disconnect");
    clearInterval(talking);
    assert.equal(reason, "ping timeout");
    assert_about(Date.now() - start, ping_interval + ping_timeout);
    const { reason: seen } = await server.observed({ ev: "disconnect", socket: id });
    assert.ok(["transport close", "ping timeout"].includes(seen), seen);
    proxy.stop();
  });

  it("HB-09 a client that slept over its deadline reconnects and loses nothing that it sends", async () => {
    const client = await connect(server);
    client.io.engine._pingTimeoutTime = Date.now() - 1; // What a suspended laptop wakes up with.
    const gone = wait_for_event(client, "disconnect");
    client.emit("echo", "sent too late");
    assert.deepEqual((await gone)[0], "ping timeout");
    assert.deepEqual(await got(client, "echo"), ["sent too late"]);
  });
});
