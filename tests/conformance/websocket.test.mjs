// The WebSocket transport on the wire, driven by hand-made frames.
// Rows WS-01..WS-08, WS-16..WS-19 of the behaviour specification; RFC 6455.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { open_polling, open_ws_session, polling_path, ws_path } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { open_tcp } from "./lib/tcp.mjs";
import { open_ws, opcode, refused_upgrade, upgrade_request } from "./lib/ws.mjs";

describe("websocket sessions", () => {
  const server = use_server({ destroy_upgrade_timeout: 200 });

  async function joined(extra) {
    const ws = await open_ws_session(server, extra);
    ws.socket = await ws.join();
    return ws;
  }

  const ends_with = (ws, reason) => server.observed({ ev: "disconnect", socket: ws.socket, reason });

  async function leave(ws) {
    ws.destroy();
    await ends_with(ws, "transport close");
  }

  it("WS-04 the 101 response proves that the server speaks WebSocket", async () => {
    const ws = await open_ws(server.port, ws_path());
    const { headers } = ws.response;
    const key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    assert.equal(headers["sec-websocket-accept"], createHash("sha1").update(key).digest("base64"));
    assert.equal(headers.upgrade.toLowerCase(), "websocket");
    assert.equal(headers.connection.toLowerCase(), "upgrade");
    assert.equal(headers["set-cookie"], undefined);
    assert.equal(headers["sec-websocket-extensions"], undefined);
    ws.destroy();
  });

  it("WS-05 echoes the first sub-protocol that the client offers", async () => {
    const ws = await open_ws(server.port, ws_path(), { "sec-websocket-protocol": "first, second" });
    assert.equal(ws.response.headers["sec-websocket-protocol"], "first");
    ws.destroy();
  });

  it("WS-19 refuses an upgrade that is not a proper WebSocket handshake", async () => {
    for (const wrong of [
      { "sec-websocket-key": "" }, { "sec-websocket-key": "short" }, { "sec-websocket-version": "7" },
    ]) {
      const response = await refused_upgrade(server.port, ws_path(), wrong);
      assert.ok([400, 426].includes(response.status), `${JSON.stringify(wrong)} -> ${response.status_line}`);
    }
  });

  it("WS-01 one packet per message, binary without a type", async () => {
    const ws = await joined();
    ws.send('451-["echo",{"_placeholder":true,"num":0}]');
    ws.send_binary(Buffer.of(0, 1, 255));
    assert.equal(await ws.next(), '451-["echo",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await ws.next(), Buffer.of(0, 1, 255));
    await leave(ws);
  });

  it("WS-01 server frames are final, unmasked and without reserved bits", async () => {
    const ws = await joined();
    const text = "x".repeat(70_000);
    ws.send(`42["echo","${text}"]`);
    const { op, fin, rsv, masked, payload } = await ws.next_frame();
    assert.deepEqual({ op, fin, rsv, masked }, { op: opcode.text, fin: true, rsv: 0, masked: false });
    assert.equal(payload.length, text.length + 13);
    await leave(ws);
  });

  it("WS-02 a client without binary gets base64 text and may send it", async () => {
    const ws = await joined("&b64=1");
    ws.send('451-["echo",{"_placeholder":true,"num":0}]');
    ws.send("bAQIDBA==");
    assert.equal(await ws.next(), '451-["echo",{"_placeholder":true,"num":0}]');
    assert.equal(await ws.next(), "bAQIDBA==");
    await leave(ws);
  });

  it("WS-02 base64 text is accepted from any client", async () => {
    const ws = await joined();
    ws.send('451-["note",{"_placeholder":true,"num":0}]');
    ws.send("bAQIDBA==");
    await server.observed({ ev: "note", socket: ws.socket, args: [{ $binary: "AQIDBA==" }] });
    await leave(ws);
  });

  it("WS-06 DM-04 K-06 the server's close frame has no status code", async () => {
    const ws = await joined();
    await server.control({ do: "conn_close", socket: ws.socket });
    assert.equal(await ws.closed(), 1005);
    await ends_with(ws, "forced close");
  });

  it("WS-07 engine packets that make no sense over WebSocket are ignored", async () => {
    const ws = await joined();
    for (const packet of ["1", "0", "5", "6"]) ws.send(packet);
    ws.send('42["echo","still here"]');
    assert.equal(await ws.next_message(), '42["echo","still here"]');
    await leave(ws);
  });

  it("WS-08 an empty message is a parse error", async () => {
    const ws = await joined();
    ws.send("");
    assert.equal(await ws.closed(), 1005);
    await ends_with(ws, "parse error");
  });

  it("WS-19 fragments are joined, control frames may stand between them, pings are answered", async () => {
    const ws = await joined();
    const text = Buffer.from('42["echo","€😀"]');
    ws.send_frame({ op: opcode.text, payload: text.subarray(0, 12), fin: false }); // Cut inside the euro sign.
    ws.send_frame({ op: opcode.ping, payload: "are you there" });
    for (const byte of text.subarray(12)) ws.send_frame({ op: 0, payload: Buffer.of(byte), fin: false });
    ws.send_frame({ op: 0, payload: "" });
    const pong = await ws.next_frame();
    assert.deepEqual([pong.op, pong.text], [opcode.pong, "are you there"]);
    assert.equal(await ws.next(), '42["echo","€😀"]');
    await leave(ws);
  });

  it("WS-19 an unsolicited pong is ignored", async () => {
    const ws = await joined();
    ws.send_frame({ op: opcode.pong, payload: "nobody asked" });
    ws.send('42["echo",1]');
    assert.equal(await ws.next(), '42["echo",1]');
    await leave(ws);
  });

  it("WS-19 a close frame is answered in kind", async () => {
    const ws = await joined();
    ws.close(1000);
    assert.equal(await ws.closed(), 1000);
    await ends_with(ws, "transport close");
  });

  it("WS-19 a message may arrive byte by byte, with the handshake itself", async () => {
    const tcp = await open_tcp(server.port);
    await tcp.write_slowly(upgrade_request(ws_path()));
    assert.equal((await tcp.read_response()).status, 101);
    tcp.destroy();
  });

  it("WS-16 an upgrade request that names polling is closed right after the 101", async () => {
    const ws = await open_ws(server.port, polling_path());
    assert.equal(await ws.closed(), 1005);
  });

  it("WS-17 an upgrade that nobody handles is ended", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request("/somewhere/else"));
    await tcp.until_closed();
    tcp.destroy();
  });

  it("WS-18 a broadcast is the same valid frame for everybody", async () => {
    const members = await Promise.all([joined(), joined(), joined("&b64=1")]);
    const polling = await open_polling(server);
    await polling.join();
    const text = "€".repeat(100); // Needs the 16 bit length.
    await server.control({ do: "emit", event: "all", args: [text] });
    for (const ws of members) {
      const { op, fin, rsv, masked, text: got } = await ws.next_frame();
      assert.deepEqual({ op, fin, rsv, masked }, { op: opcode.text, fin: true, rsv: 0, masked: false });
      assert.equal(got, `42["all","${text}"]`);
    }
    assert.equal(await polling.next(), `42["all","${text}"]`);
    await server.control({ do: "emit", event: "bytes", args: [{ $binary: "AQID" }] });
    assert.deepEqual(await members[0].next(), '451-["bytes",{"_placeholder":true,"num":0}]');
    assert.deepEqual(await members[0].next(), Buffer.of(1, 2, 3));
    assert.deepEqual(await members[2].next(), '451-["bytes",{"_placeholder":true,"num":0}]');
    assert.equal(await members[2].next(), "bAQID");
    assert.equal(await polling.next(), '451-["bytes",{"_placeholder":true,"num":0}]');
    assert.equal(await polling.next(), "bAQID");
    for (const ws of members) await leave(ws);
    await polling.leave();
  });

  it("WS-03 large and many messages arrive whole and in order", async () => {
    const ws = await joined();
    const sizes = [0, 1, 125, 126, 65_535, 65_536, 300_000];
    const actions = sizes.map((n) => ({ do: "emit", socket: ws.socket, event: "size", args: ["y".repeat(n)] }));
    await server.control({ do: "batch", actions });
    for (const n of sizes) assert.equal((await ws.next()).length, n + 13);
    await leave(ws);
  });
});
