// From polling to WebSocket: probe, commit, and everything that may go wrong or overlap on the way.
// Rows WS-09..WS-15, HB-11 and the quirks of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, got, transports, upgraded } from "./lib/client.mjs";
import { open_polling, record_separator as rs, upgrade, ws_path } from "./lib/raw.mjs";
import { brisk, mended, use_server } from "./lib/server.mjs";
import { open_ws, refused_upgrade } from "./lib/ws.mjs";

async function joined(server) {
  const session = await open_polling(server);
  session.socket = await session.join();
  return session;
}

const candidate = (server, session) => open_ws(server.port, ws_path(session.sid));
const emit = (session, event) => ({ do: "emit", socket: session.socket, event });

describe("upgrade", () => {
  const server = use_server({ upgrade_timeout: 1500 });

  const ends_with = (session, reason) => server.observed({ ev: "disconnect", socket: session.socket, reason });

  async function still_polls(session) {
    await session.post('42["echo","unharmed"]');
    assert.equal(await session.next(), '42["echo","unharmed"]');
    await session.leave();
  }

  it("WS-10 WS-11 probe, noop for the waiting poll, commit", async () => {
    const session = await joined(server);
    const get = await session.start_get();
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    await server.observed({ ev: "engine_upgrading", sid: session.sid, transport: "websocket" });
    assert.equal((await get.read_response()).text, "6");
    ws.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid, transport: "websocket" });
    ws.send('42["echo","over websocket"]');
    assert.equal(await ws.next(), '42["echo","over websocket"]');
    ws.destroy();
    await ends_with(session, "transport close");
  });

  it("WS-10 every poll during the upgrade is released with a noop", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    assert.equal((await session.get()).text, "6");
    ws.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    ws.destroy();
  });

  it("WS-11 a second probe is answered again", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    for (let i = 0; i < 2; ++i) {
      ws.send("2probe");
      assert.equal(await ws.next(), "3probe");
    }
    ws.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    ws.destroy();
  });

  it("WS-11 the commit is accepted without a probe and flushes what waited", async () => {
    const session = await joined(server);
    await server.control(emit(session, "waiting"));
    const ws = await candidate(server, session);
    ws.send("5");
    assert.equal(await ws.next(), '42["waiting"]');
    ws.destroy();
  });

  it("WS-12 a wrong probe closes the candidate only", async () => {
    for (const wrong of ["2", "2other", "3probe", '42["note"]', "1", ""]) {
      const session = await joined(server);
      const ws = await candidate(server, session);
      ws.send(wrong);
      assert.equal(await ws.closed(), 1005, wrong);
      await still_polls(session);
    }
  });

  it("WS-12 a candidate that goes away harms nothing, and another may come", async () => {
    const session = await joined(server);
    const first = await candidate(server, session);
    first.send("2probe");
    assert.equal(await first.next(), "3probe");
    first.destroy();
    let second;
    for (let i = 0; i < 50 && !second; ++i) { // The server may learn of the first one's end a moment later.
      const ws = await candidate(server, session);
      ws.send("2probe");
      if ((await ws.next_frame()).text === "3probe") second = ws;
      else ws.destroy();
    }
    second.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    second.destroy();
    await ends_with(session, "transport close");
  });

  it("WS-13 a candidate that does nothing is closed in time, the session keeps polling", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    assert.equal(await ws.closed(), 1005);
    await still_polls(session);
  });

  it("WS-13 the candidate ends with its session", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    await session.leave();
    await ends_with(session, "transport close");
    assert.ok([1005, 1006].includes(await ws.closed()));
  });

  it("WS-14 a close that was asked for while polling is done after the switch", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    const actions = [emit(session, "last"), { do: "conn_close", socket: session.socket }];
    await server.control({ do: "batch", actions });
    ws.send("5");
    await ends_with(session, "forced close");
    assert.equal(await ws.closed(), 1005);
  });

  it("WS-15 data goes over polling until the commit and over the WebSocket after it", async () => {
    const session = await joined(server);
    const ws = await candidate(server, session);
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    await server.control(emit(session, "before"));
    let packet = await session.next();
    while (packet === "6") packet = await session.next();
    assert.equal(packet, '42["before"]');
    await server.control(emit(session, "waits for the commit"));
    ws.send("5");
    assert.equal(await ws.next(), '42["waits for the commit"]');
    await server.control(emit(session, "after"));
    assert.equal(await ws.next(), '42["after"]');
    ws.destroy();
  });

  it("WS-15 the official client loses and doubles nothing while it upgrades", async () => {
    for (let round = 0; round < 5; ++round) {
      const client = await connect(server, transports.upgrade);
      const stream = Array.from({ length: 40 }, (_, i) => i);
      for (const i of stream) {
        client.emit("echo", i);
        await server.control({ do: "emit", socket: client.id, event: "pushed", args: [i] });
      }
      await upgraded(client);
      for (const i of stream) {
        assert.deepEqual(await got(client, "echo"), [i]);
        assert.deepEqual(await got(client, "pushed"), [i]);
      }
      client.disconnect();
    }
  });

  it("WS-09 a second candidate is closed while the first is under way, and after the upgrade", async () => {
    const session = await joined(server);
    const first = await candidate(server, session);
    first.send("2probe");
    assert.equal(await first.next(), "3probe");
    const second = await candidate(server, session);
    assert.equal(await second.closed(), 1005);
    first.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    const third = await candidate(server, session);
    assert.equal(await third.closed(), 1005);
    first.send('42["echo","unharmed"]');
    assert.equal(await first.next(), '42["echo","unharmed"]');
    first.destroy();
  });

  it("WS-09 ER-08 an upgrade of an unknown session is refused before the 101", async () => {
    const response = await refused_upgrade(server.port, ws_path("unknown"));
    assert.equal(response.status, 400);
    assert.equal(response.text, "Session ID unknown");
  });

  it("Q-01 ER-09 an unsupported revision is refused before the 101",
    mended("it answers 101 and then writes an HTTP 400 into the WebSocket stream"), async () => {
      const response = await refused_upgrade(server.port, "/socket.io/?EIO=3&transport=websocket");
      assert.equal(response.status, 400);
    });

  it("Q-13 the waiting poll is released at once when the probe comes",
    mended("it releases the poll 100 ms after the probe"), async () => {
      const session = await joined(server);
      const get = await session.start_get();
      const ws = await candidate(server, session);
      const start = Date.now();
      ws.send("2probe");
      assert.equal((await get.read_response()).text, "6");
      for (let i = 0; i < 9; ++i) assert.equal((await session.get()).text, "6");
      assert.ok(Date.now() - start < 900, `ten polls took ${Date.now() - start} ms`);
      ws.destroy();
    });
});

describe("upgrade and heartbeat", () => {
  const server = use_server(brisk);

  it("HB-11 an upgrade cancels the wait for a pong", async () => {
    const session = await joined(server);
    let packets = [];
    while (!packets.includes("2")) packets = (await session.get()).text.split(rs);
    const ws = await upgrade(session); // The pong never comes, but within the timeout the transport changes.
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    ws.send("3");
    assert.equal(await ws.next(), "2");
    ws.send("3");
    assert.equal(await ws.next(), "2");
    ws.destroy();
  });

  it("Q-12 a peer that never answers again after the upgrade is noticed",
    mended("it neither pings nor times out any more when the pong was lost in the upgrade"), async () => {
      const session = await joined(server);
      let packets = [];
      while (!packets.includes("2")) packets = (await session.get()).text.split(rs);
      const ws = await upgrade(session);
      await server.observed({ ev: "disconnect", socket: session.socket, reason: "ping timeout" });
      await ws.closed();
    });
});
