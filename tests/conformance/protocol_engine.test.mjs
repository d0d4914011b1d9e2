// What the suite of the Engine.IO protocol (revision 4) asks of every server, told again by behaviour: a session
// over each transport, messages, heartbeats, the close, the upgrade. Its server echoes engine messages; here the
// event `echo` of the Socket.IO server above the engine does.
// Row XC-02 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { engine_path, open_polling, open_ws_session, polling_path, record_separator, upgrade, ws_path } from "./lib/raw.mjs";
import { impatient, use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";
import { open_ws, refused_upgrade } from "./lib/ws.mjs";

const echo = (...args) => `42${JSON.stringify(["echo", ...args])}`;

describe("the protocol suite of Engine.IO", () => {
  const server = use_server({ ...impatient, cors: { origin: "*" } });
  const limits = { pingInterval: impatient.ping_interval, pingTimeout: impatient.ping_timeout, maxPayload: 1_000_000 };

  async function polling() {
    const session = await open_polling(server);
    session.socket = await session.join();
    return session;
  }

  async function websocket() {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join();
    return ws;
  }

  const is_unknown = async (session) => assert.equal((await session.get()).status, 400);
  const request = (query, method = "GET") => http(server.port, { method, path: `${engine_path}?${query}` });

  describe("handshake", () => {
    it("XC-02 polling opens a session and tells its terms", async () => {
      const { response, open } = await open_polling(server);
      assert.equal(response.text[0], "0");
      const { sid, ...rest } = open;
      assert.equal(typeof sid, "string");
      assert.deepEqual(rest, { upgrades: ["websocket"], ...limits });
    });

    it("XC-02 WebSocket opens a session that has nothing to upgrade to", async () => {
      const { sid, ...rest } = (await open_ws_session(server)).open;
      assert.equal(typeof sid, "string");
      assert.deepEqual(rest, { upgrades: [], ...limits });
    });

    for (const query of ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"]) {
      it(`XC-02 polling with ${query} is refused`, async () => assert.equal((await request(query)).status, 400));
    }

    for (const method of ["POST", "PUT"]) {
      it(`XC-02 a handshake is no ${method}`, async () => {
        assert.equal((await request("EIO=4&transport=polling", method)).status, 400);
      });
    }

    for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]) {
      it(`XC-02 an upgrade with ${query} is refused`, async () => {
        const answer = await refused_upgrade(server.port, `${engine_path}?${query}`);
        // The original completes the upgrade of an unsupported revision, to end it at once (ER-09, Q-01).
        assert.ok([101, 400].includes(answer.status), answer.status_line);
      });
    }
  });

  describe("messages", () => {
    it("XC-02 polling carries one packet and several", async () => {
      const session = await polling();
      assert.equal((await session.post(echo("hello"))).text, "ok");
      assert.equal(await session.next(), echo("hello"));
      assert.equal((await session.post([echo("a"), echo("b"), echo("c")].join(record_separator))).text, "ok");
      for (const text of ["a", "b", "c"]) assert.equal(await session.next(), echo(text));
    });

    it("XC-02 polling carries binary as base64", async () => {
      const session = await polling();
      const packets = ['451-["echo",{"_placeholder":true,"num":0}]', "bAQIDBA=="];
      assert.equal((await session.post(packets.join(record_separator))).text, "ok");
      assert.deepEqual([await session.next(), await session.next()], packets);
    });

    it("XC-02 a payload that is none ends a polling session", async () => {
      const session = await polling();
      await session.post("abc");
      await is_unknown(session);
    });

    it("XC-02 two polls at once end a polling session", async () => {
      const session = await polling();
      const first = await session.start_get();
      await server.all_observed({}); // The first poll has arrived.
      assert.equal((await session.get()).status, 400);
      assert.equal((await first.read_response()).text, "1");
      await is_unknown(session);
    });

    it("XC-02 WebSocket carries text and binary as they are", async () => {
      const ws = await websocket();
      ws.send(echo("hello"));
      assert.equal(await ws.next_message(), echo("hello"));
      ws.send('451-["echo",{"_placeholder":true,"num":0}]');
      ws.send_binary(Buffer.of(1, 2, 3, 4));
      assert.equal(await ws.next_message(), '451-["echo",{"_placeholder":true,"num":0}]');
      assert.deepEqual(await ws.next_message(), Buffer.of(1, 2, 3, 4));
    });

    it("XC-02 a packet that is none ends a WebSocket session", async () => {
      const ws = await websocket();
      ws.send("abc");
      await ws.closed();
    });
  });

  describe("heartbeat", () => {
    it("XC-02 whoever answers the pings stays, over polling", async () => {
      const session = await polling();
      for (let i = 0; i < 3; i++) {
        assert.equal((await session.get()).text, "2");
        assert.equal((await session.post("3")).text, "ok");
      }
    });

    it("XC-02 whoever does not answer goes, over polling", async () => {
      const session = await polling();
      assert.equal((await session.get()).text, "2");
      await server.observed({ ev: "disconnect", socket: session.socket, reason: "ping timeout" });
      await is_unknown(session);
    });

    it("XC-02 whoever answers the pings stays, over WebSocket", async () => {
      const ws = await websocket();
      for (let i = 0; i < 3; i++) {
        assert.equal(await ws.next(), "2");
        ws.send("3");
      }
    });

    it("XC-02 whoever does not answer goes, over WebSocket", async () => {
      const ws = await websocket();
      await ws.closed();
      await server.observed({ ev: "disconnect", socket: ws.socket, reason: "ping timeout" });
    });
  });

  describe("close", () => {
    it("XC-02 a polling client closes: its poll ends with a noop, its id is unknown", async () => {
      const session = await polling();
      const poll = await session.start_get();
      await server.all_observed({}); // The poll has arrived.
      assert.equal((await session.post("1")).text, "ok");
      assert.equal((await poll.read_response()).text, "6");
      await is_unknown(session);
    });

    it("XC-02 a WebSocket client closes", async () => {
      const ws = await websocket();
      ws.send("1");
      await ws.closed();
    });
  });

  describe("upgrade", () => {
    it("XC-02 a session moves from polling to WebSocket", async () => {
      const ws = await upgrade(await polling());
      ws.send(echo("hello"));
      assert.equal(await ws.next_message(), echo("hello"));
    });

    it("XC-02 polling the session after it is refused", async () => {
      const session = await polling();
      const ws = await upgrade(session);
      ws.send(echo("there")); // Its answer shows that the upgrade is done.
      assert.equal(await ws.next_message(), echo("there"));
      assert.equal((await http(server.port, { path: polling_path(session.sid) })).status, 400);
    });

    it("XC-02 another WebSocket of the session after it is closed", async () => {
      const session = await polling();
      const ws = await upgrade(session);
      ws.send(echo("there"));
      assert.equal(await ws.next_message(), echo("there"));
      const second = await open_ws(server.port, ws_path(session.sid));
      await second.closed();
    });
  });
});
