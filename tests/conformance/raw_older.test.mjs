// Engine.IO revision 3 by hand, byte for byte. Rows V3-01..V3-08, V3-10, V3-13, HS-05, HS-17, HS-23, HB-10, K-14.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { older_path, open_older_polling, encode_payload } from "./lib/raw_older.mjs";
import { polling_path, open_polling, ws_path } from "./lib/raw.mjs";
import { is_reference, use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";
import { open_ws, refused_upgrade } from "./lib/ws.mjs";

const euro = '42["echo","€😀"]';

async function open_older_ws(server, extra = "") {
  const ws = await open_ws(server.port, older_path("websocket", undefined, extra));
  ws.open = JSON.parse((await ws.next()).slice(1));
  ws.sid = ws.open.sid;
  return ws;
}

describe("revision 3 by hand", () => {
  const server = use_server({ allow_eio3: true });

  it("V3-01 V3-02 V3-07 HS-05 OP-18 the handshake, also without EIO", async () => {
    for (const query of ["EIO=3&transport=polling", "transport=polling", "EIO=5&transport=polling"]) {
      const { status, headers, text } = await http(server.port, { path: `/socket.io/?${query}` });
      assert.equal(status, 200);
      assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
      const [, length, rest] = /^(\d+):(.*)$/s.exec(text);
      const open = JSON.parse(rest.slice(1, Number(length)));
      assert.deepEqual(Object.keys(open), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
      assert.deepEqual(open.upgrades, ["websocket"]);
    }
  });

  it("V3-08 K-14 a bare 40 comes without being asked for", async () => {
    const polling = await open_older_polling(server);
    assert.equal(await polling.next(), "40");
    const ws = await open_older_ws(server);
    assert.equal(await ws.next(), "40");
    assert.deepEqual(ws.open.upgrades, []);
  });

  it("V3-02 K-14 lengths are UTF-16 code units", async () => {
    const session = await open_older_polling(server);
    assert.equal(await session.next(), "40");
    assert.equal((await session.post(`16:${euro}`)).text, "ok");
    assert.equal(await session.next(), euro);
    assert.equal(session.response.text, `16:${euro}`);
  });

  it("V3-03 HS-17 binary payloads, both ways", async () => {
    const session = await open_older_polling(server);
    assert.equal(await session.next(), "40");
    const packets = ['451-["echo",{"_placeholder":true,"num":0},"€"]', { binary: Buffer.from([1, 2, 3]) }];
    const answer = await session.post_binary(encode_payload(packets, true));
    assert.equal(answer.status, 200);
    assert.equal(await session.next(), packets[0]);
    assert.equal(session.response.headers["content-type"], "application/octet-stream");
    assert.deepEqual(await session.next(), packets[1]);
    const text = packets[0];
    const size = Buffer.byteLength(text);
    const expected = Buffer.from([0, Math.floor(size / 10), size % 10, 255, ...Buffer.from(text), 1, 4, 255, 4, 1, 2, 3]);
    if (session.response.body.length === expected.length) assert.deepEqual(session.response.body, expected);
  });

  it("V3-05 with b64 binary is base64 behind its type", async () => {
    const session = await open_older_polling(server, "&b64=1");
    assert.equal(await session.next(), "40");
    const payload = '46:451-["echo",{"_placeholder":true,"num":0},"€"]6:b4AQID';
    assert.equal((await session.post(payload)).text, "ok");
    assert.equal(await session.next(), '451-["echo",{"_placeholder":true,"num":0},"€"]');
    assert.deepEqual(await session.next(), { binary: Buffer.from([1, 2, 3]) });
    assert.match(session.response.text, /6:b4AQID$/);
  });

  it("V3-04 binary over WebSocket begins with its type", async () => {
    const ws = await open_older_ws(server);
    assert.equal(await ws.next(), "40");
    ws.send('451-["echo",{"_placeholder":true,"num":0}]');
    ws.send_binary(Buffer.from([4, 1, 2, 3]));
    assert.equal(await ws.next(), '451-["echo",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await ws.next(), Buffer.from([4, 1, 2, 3]));
  });

  it("V3-05 WS-02 or is base64 behind its type, when the client asked for text", async () => {
    const ws = await open_older_ws(server, "&b64=1");
    assert.equal(await ws.next(), "40");
    ws.send('451-["echo",{"_placeholder":true,"num":0}]');
    ws.send("b4AQID");
    assert.equal(await ws.next(), '451-["echo",{"_placeholder":true,"num":0}]');
    assert.equal(await ws.next(), "b4AQID");
  });

  it("HB-10 V3-07 a ping is answered, a pong ends the session", async () => {
    const ws = await open_older_ws(server);
    assert.equal(await ws.next(), "40");
    ws.send("2");
    assert.equal(await ws.next(), "3");
    ws.send("2probe");
    assert.equal(await ws.next(), "3");
    ws.send("3");
    assert.equal(await ws.closed(), 1005);
    await server.observed({ ev: "engine_close", sid: ws.sid, reason: "transport error" });
  });

  it("V3-06 HS-21 what cannot be read is a parse error", async () => {
    for (const bad of ["x", "1:", "9:4", "1:x", "2:41:9", "", "310:6"]) {
      const session = await open_older_polling(server);
      assert.equal((await session.post(bad)).status, 200);
      await server.observed({ ev: "engine_close", sid: session.sid, reason: "parse error" });
    }
    const session = await open_older_polling(server);
    assert.equal((await session.post_binary(Buffer.from([0, ...Array(400).fill(1)]))).status, 200);
    await server.observed({ ev: "engine_close", sid: session.sid, reason: "parse error" });
  });

  it("V3-13 the other revision cannot go on with a session", async () => {
    const older = await open_older_polling(server);
    const newer = await open_polling(server);
    const requests = [
      [polling_path(older.sid), { protocol: 4, previousProtocol: 3 }], [older_path("polling", newer.sid), { protocol: 3, previousProtocol: 4 }],
    ];
    for (const [path, context] of requests) {
      const before = (await server.all_observed({ ev: "connection_error" })).length;
      const { status, text } = await http(server.port, { path });
      assert.equal(status, 400);
      assert.deepEqual(JSON.parse(text), { code: 3, message: "Bad request" });
      const observed = await server.all_observed({ ev: "connection_error" });
      assert.equal(observed.length, before + 1);
      assert.deepEqual(observed.at(-1).context, { name: "PROTOCOL_MISMATCH", ...context });
    }
    assert.equal((await refused_upgrade(server.port, ws_path(older.sid))).status, 400);
    assert.equal((await refused_upgrade(server.port, older_path("websocket", newer.sid))).status, 400);
  });

  it("WS-10 WS-11 WS-15 an upgrade by hand, with binary queued", async () => {
    const session = await open_older_polling(server);
    assert.equal(await session.next(), "40");
    const ws = await open_ws(server.port, older_path("websocket", session.sid));
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    const [socket] = [session.sid];
    await server.control({ do: "emit", socket, event: "b", args: [{ $binary: "AQID" }] });
    ws.send("5");
    assert.equal(await ws.next(), '451-["b",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await ws.next(), Buffer.from([4, 1, 2, 3]));
  });

  it("HS-22 HS-23 closing over polling", async () => {
    const session = await open_older_polling(server);
    assert.equal(await session.next(), "40");
    await session.post("1:1");
    await server.observed({ ev: "engine_close", sid: session.sid, reason: "transport close" });
    const closed = await open_older_polling(server);
    assert.equal(await closed.next(), "40");
    await server.control({ do: "conn_close", socket: closed.sid });
    assert.deepEqual(await closed.get(), ["6", "1"]);
  });

  it("V3-10 V3-08 a query behind a namespace", async () => {
    const ws = await open_older_ws(server);
    assert.equal(await ws.next(), "40");
    ws.send("40/custom?tok=1,");
    assert.equal(await ws.next(), "40/custom,");
    const { handshake } = await server.observed({ ev: "connection", socket: `/custom#${ws.sid}` });
    assert.deepEqual(handshake.auth, { tok: "1" });
    ws.send("40/nope?x=1");
    assert.equal(await ws.next(), '44/nope,{"message":"Invalid namespace"}');
  });

  it("SV-12 asking for the main namespace once more ends the connection", async () => {
    const ws = await open_older_ws(server);
    assert.equal(await ws.next(), "40");
    ws.send("40");
    assert.equal(await ws.closed(), 1005);
  });
});

describe("revision 3 from another origin", () => {
  const server = use_server({ allow_eio3: true, cors: { origin: "https://example.org", credentials: true } });

  it("V3-12 HD-01 gets the CORS headers that it relies on", async () => {
    const headers = { origin: "https://example.org" };
    const { headers: got } = await http(server.port, { path: older_path("polling"), headers });
    assert.equal(got["access-control-allow-origin"], "https://example.org");
    assert.equal(got["access-control-allow-credentials"], "true");
    const preflight = await http(server.port, { method: "OPTIONS", path: older_path("polling"), headers });
    assert.equal(preflight.status, 204);
  });
});

describe("ids of the application in revision 3", () => {
  const server = use_server({ allow_eio3: true, generate_id: true });

  it("V3-09 HS-11 are those of the sockets, whatever their length", async () => {
    for (const id of ["short", "exactly-20-character", "a-name-that-is-much-longer-than-twenty-characters"]) {
      const ws = await open_older_ws(server, `&id=${id}`);
      assert.equal(await ws.next(), "40");
      assert.equal(ws.sid, id);
      const { rooms } = await server.control({ do: "socket", socket: id });
      assert.deepEqual(rooms, [id]);
      await server.control({ do: "emit", to: [id], event: "hello" });
      assert.equal(await ws.next(), '42["hello"]');
      ws.send("40/custom,");
      assert.equal(await ws.next(), "40/custom,");
      await server.control({ do: "emit", nsp: "/custom", to: [`/custom#${id}`], event: "hello" });
      assert.equal(await ws.next(), '42/custom,["hello"]');
      await server.control({ do: "emit", except: [id], event: "others" });
      await server.control({ do: "emit", to: [id], event: "after" });
      assert.equal(await ws.next(), '42["after"]');
    }
  });
});

describe("revision 3 that is not allowed", () => {
  const server = use_server();

  it("V3-01 ER-06 is refused", async () => {
    const { status, text } = await http(server.port, { path: older_path("polling") });
    assert.equal(status, 400);
    assert.deepEqual(JSON.parse(text), { code: 5, message: "Unsupported protocol version" });
    // Node writes its answer into the WebSocket.
    if (!is_reference) assert.equal((await refused_upgrade(server.port, older_path("websocket"))).status, 400);
  });

  it("HS-17 revision 4 takes no binary payload", async () => {
    const session = await open_polling(server);
    assert.equal((await session.post("4", { "content-type": "application/octet-stream" })).status, 400);
    await server.observed({ ev: "engine_close", sid: session.sid, reason: "transport error" });
  });
});
