// HTTP long-polling on the wire: what each request is answered, overlaps, aborts, closing.
// Rows HS-13..HS-26, HS-30, HS-31 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, transports } from "./lib/client.mjs";
import { open_polling, open_ws_session, polling_path, record_separator as rs, upgrade } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { format_request, http, open_tcp } from "./lib/tcp.mjs";

describe("polling requests", () => {
  const server = use_server();

  async function joined() {
    const session = await open_polling(server);
    session.socket = await session.join();
    return session;
  }

  const ends_with = (session, reason) => server.observed({ ev: "disconnect", socket: session.socket, reason });

  async function is_gone(session) {
    const response = await session.get();
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 1, message: "Session ID unknown" });
  }

  it("HS-13 a GET waits for packets and carries all that there are", async () => {
    const session = await joined();
    const get = await session.start_get();
    const emit = (event) => ({ do: "emit", socket: session.socket, event });
    await server.control({ do: "batch", actions: [emit("one"), emit("two")] });
    let packets = (await get.read_response()).text.split(rs);
    // Whether the first packet leaves alone or with the second is the server's choice; the order is not.
    if (packets.length === 1) packets.push(await session.next());
    assert.deepEqual(packets, ['42["one"]', '42["two"]']);
    await session.leave();
  });

  it("HS-13 K-04 headers of a poll", async () => {
    const session = await joined();
    await session.post('42["echo","€"]');
    const response = await session.get();
    assert.equal(response.status, 200);
    assert.equal(response.text, '42["echo","€"]');
    assert.equal(response.headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(response.headers["content-length"], String(response.body.length));
    assert.equal(response.headers["cache-control"], "no-store");
    await session.leave();
  });

  it("HS-14 DM-17 K-05 a second GET is refused, the first is told to close, the session ends", async () => {
    const session = await joined();
    const first = await session.start_get();
    await server.all_observed({}); // The first GET has arrived: the server has answered something later.
    const second = await session.get();
    assert.equal(second.status, 400);
    assert.equal(second.text, "");
    const response = await first.read_response();
    assert.equal(response.status, 200);
    assert.equal(response.text, "1");
    await ends_with(session, "transport error");
    await is_gone(session);
  });

  it("HS-15 K-04 a POST is answered ok", async () => {
    const session = await joined();
    const response = await session.post('42["note",1]');
    assert.equal(response.status, 200);
    assert.equal(response.headers["content-type"], "text/html");
    assert.equal(response.headers["content-length"], "2");
    assert.equal(response.headers["cache-control"], "no-store");
    assert.equal(response.text, "ok");
    await server.observed({ ev: "note", socket: session.socket, args: [1] });
    await session.leave();
  });

  it("HS-15 a POST may be chunked anywhere, even inside a character", async () => {
    const session = await joined();
    const body = Buffer.from('42["note","€😀"]');
    const tcp = await open_tcp(server.port);
    const headers = { "transfer-encoding": "chunked", "content-type": "text/plain" };
    tcp.write(format_request({ method: "POST", path: polling_path(session.sid), headers }));
    for (const byte of body) tcp.write(Buffer.concat([Buffer.from("1\r\n"), Buffer.of(byte), Buffer.from("\r\n")]));
    tcp.write("0\r\n\r\n");
    assert.equal((await tcp.read_response()).text, "ok");
    await server.observed({ ev: "note", socket: session.socket, args: ["€😀"] });
    tcp.destroy();
    await session.leave();
  });

  it("HS-15 the official client may flush as many packets at once as fit into the announced size", async () => {
    const client = await connect(server, transports.polling);
    const count = 20_000;
    for (let i = 0; i < count; ++i) client.emit("ack_never", i);
    await client.timeout(8000).emitWithAck("note", "the last one");
    assert.equal(client.connected, true);
    assert.equal((await server.all_observed({ ev: "disconnect", socket: client.id })).length, 0);
  });

  it("HS-16 a second POST is refused and ends the session", async () => {
    const session = await joined();
    const first = await open_tcp(server.port);
    first.write(format_request({
      method: "POST", path: polling_path(session.sid), headers: { "content-length": 10 }, body: "42",
    }));
    await server.all_observed({});
    const second = await session.post('42["note"]');
    assert.equal(second.status, 400);
    assert.equal(second.text, "");
    await ends_with(session, "transport error");
    await is_gone(session);
    first.destroy();
  });

  it("HS-17 an octet stream is refused and ends the session", async () => {
    const session = await joined();
    const response = await session.post("42[]", { "content-type": "application/octet-stream" });
    assert.equal(response.status, 400);
    await ends_with(session, "transport error");
    await is_gone(session);
  });

  it("HS-17 any other content type is text", async () => {
    const session = await joined();
    for (const type of ["application/json", "text/html", "application/x-www-form-urlencoded", ""]) {
      assert.equal((await session.post(`42["note","${type}"]`, { "content-type": type })).text, "ok");
      await server.observed({ ev: "note", socket: session.socket, args: [type] });
    }
    await session.leave();
  });

  it("HS-18 other methods are answered 500 and harm nothing", async () => {
    const session = await joined();
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await http(server.port, { method, path: polling_path(session.sid) });
      assert.equal(response.status, 500, method);
      assert.equal(response.text, "");
    }
    await session.post('42["echo","alive"]');
    assert.equal(await session.next(), '42["echo","alive"]');
    await session.leave();
  });

  it("HS-19 DM-17 an aborted GET ends the session", async () => {
    const session = await joined();
    const get = await session.start_get();
    await server.all_observed({});
    get.destroy();
    await ends_with(session, "transport error");
    await is_gone(session);
  });

  it("HS-19 an aborted POST ends the session", async () => {
    const session = await joined();
    const post = await open_tcp(server.port);
    post.write(format_request({
      method: "POST", path: polling_path(session.sid), headers: { "content-length": 100 }, body: "42",
    }));
    await server.all_observed({});
    post.destroy();
    await ends_with(session, "transport error");
    await is_gone(session);
  });

  it("HS-20 binary travels as b and base64, packets are joined by the record separator", async () => {
    const session = await joined();
    await session.post(`451-["echo",{"_placeholder":true,"num":0}]${rs}bAQIDBA==${rs}42["echo","next"]`);
    const packets = [await session.next(), await session.next(), await session.next()];
    assert.deepEqual(packets, ['451-["echo",{"_placeholder":true,"num":0}]', "bAQIDBA==", '42["echo","next"]']);
    await session.leave();
  });

  it("HS-21 DM-10 Q-38 a bad packet in a POST ends the session with a parse error", async () => {
    const session = await joined();
    const response = await session.post(`42["note","before"]${rs}x${rs}42["note","after"]`);
    assert.equal(response.status, 200);
    assert.equal(response.text, "ok");
    await ends_with(session, "parse error");
    await is_gone(session);
    assert.deepEqual(await server.all_observed({ ev: "note", args: ["after"] }), []);
  });

  it("HS-22 K-05 a client that leaves releases its own poll with a noop", async () => {
    const session = await joined();
    const get = await session.start_get();
    await server.all_observed({});
    assert.equal((await session.post("1")).text, "ok");
    assert.equal((await get.read_response()).text, "6");
    await ends_with(session, "transport close");
    await is_gone(session);
  });

  it("HS-23 DM-04 K-05 a close by the server answers the waiting poll", async () => {
    const session = await joined();
    const get = await session.start_get();
    await server.all_observed({});
    await server.control({ do: "conn_close", socket: session.socket });
    assert.equal((await get.read_response()).text, "1");
    await ends_with(session, "forced close");
    await is_gone(session);
  });

  it("HS-23 without a waiting poll the close is told to the next one", async () => {
    const session = await joined();
    await server.control({ do: "conn_close", socket: session.socket });
    const response = await session.get();
    assert.equal(response.text, `6${rs}1`);
    await ends_with(session, "forced close");
    await is_gone(session);
  });

  it("HS-24 old Internet Explorers are asked not to filter", async () => {
    for (const agent of ["Mozilla/5.0 (compatible;MSIE 9.0)", "Mozilla/5.0 (Trident/7.0; rv:11.0)"]) {
      const session_path = { path: polling_path(), headers: { "user-agent": agent } };
      const response = await http(server.port, session_path);
      assert.equal(response.headers["x-xss-protection"], "0");
    }
    const { headers } = await http(server.port, { path: polling_path(), headers: { "user-agent": "Firefox" } });
    assert.equal(headers["x-xss-protection"], undefined);
  });

  it("HS-26 polling after the upgrade is a transport mismatch", async () => {
    const session = await joined();
    const ws = await upgrade(session);
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    for (const response of [await session.get(), await session.post("2")]) {
      assert.equal(response.status, 400);
      assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
    }
    const context = { name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: "websocket" };
    await server.observed({ ev: "connection_error", code: 3, context });
    ws.destroy();
    await ends_with(session, "transport close");
  });

  it("HS-30 what is sent to a closing or closed session is dropped in silence", async () => {
    const session = await joined();
    const emit = { do: "emit", socket: session.socket, event: "late" };
    await server.control({ do: "batch", actions: [{ do: "conn_close", socket: session.socket }, emit] });
    assert.equal((await session.get()).text, `6${rs}1`);
    await ends_with(session, "forced close");
    await server.control(emit);
  });

  it("HS-31 a graceful close delivers what was sent before it", async () => {
    const session = await joined();
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    for (const id of [session.socket, socket]) {
      const emit = { do: "emit", socket: id, event: "last words" };
      await server.control({ do: "batch", actions: [emit, { do: "conn_close", socket: id }] });
    }
    assert.equal(await session.next(), '42["last words"]');
    assert.equal(await session.next(), "6");
    assert.equal(await session.next(), "1");
    await ends_with(session, "forced close");
    assert.equal(await ws.next(), '42["last words"]');
    assert.equal(await ws.closed(), 1005);
  });
});
