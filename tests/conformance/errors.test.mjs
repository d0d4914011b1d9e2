// What the engine refuses, with which code, and the limits on sizes.
// Rows ER-01..ER-16 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { open_polling, open_ws_session, polling_path, record_separator, ws_path } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { format_request, http, open_tcp } from "./lib/tcp.mjs";
import { opcode } from "./lib/ws.mjs";

const unknown_session = { code: 1, message: "Session ID unknown" };

describe("engine errors", () => {
  const server = use_server();

  async function assert_refused(request, status, body, context) {
    const response = await http(server.port, request);
    assert.equal(response.status, status);
    assert.deepEqual(JSON.parse(response.text), body);
    assert.equal(response.text, JSON.stringify(body), "the keys stand in this order");
    assert.equal(response.headers["content-type"], "application/json");
    assert.equal(response.headers["cache-control"], undefined);
    await server.observed({ ev: "connection_error", ...body, context });
  }

  it("ER-01 ER-07 unknown transport", async () => {
    for (const transport of ["", "tube", "webtransport", "__proto__", "constructor"]) {
      const request = { path: `/socket.io/?EIO=4&transport=${transport}` };
      await assert_refused(request, 400, { code: 0, message: "Transport unknown" }, { transport });
    }
    const none = { path: "/socket.io/?EIO=4" };
    await assert_refused(none, 400, { code: 0, message: "Transport unknown" }, {});
  });

  it("ER-02 ER-07 unknown session", async () => {
    await assert_refused({ path: polling_path("x") }, 400, unknown_session, { sid: "x" });
    await assert_refused({ method: "POST", path: polling_path("y"), body: "40" }, 400, unknown_session, { sid: "y" });
  });

  it("ER-03 ER-07 bad handshake method", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const body = { code: 2, message: "Bad handshake method" };
      await assert_refused({ method, path: polling_path(), body: "" }, 400, body, { method });
    }
  });

  it("ER-04 ER-07 bad request", async () => {
    const body = { code: 3, message: "Bad request" };
    const { sid } = await open_polling(server);
    const mismatch = { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" };
    await assert_refused({ path: ws_path(sid) }, 400, body, mismatch);
    await assert_refused({ path: ws_path() }, 400, body, { name: "TRANSPORT_HANDSHAKE_ERROR" });
  });

  it("ER-06 ER-07 unsupported protocol version", async () => {
    const body = { code: 5, message: "Unsupported protocol version" };
    await assert_refused({ path: "/socket.io/?EIO=3&transport=polling" }, 400, body, { protocol: 3 });
  });

  it("ER-08 a refused upgrade is answered in plain text and the connection ends", async () => {
    const tcp = await open_tcp(server.port);
    const headers = {
      connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    tcp.write(format_request({ path: "/socket.io/?EIO=4&transport=tube", headers }));
    const response = await tcp.read_response();
    assert.equal(response.status, 400);
    assert.equal(response.headers.connection.toLowerCase(), "close");
    assert.match(response.headers["content-type"], /^text\/html/);
    assert.equal(response.text, "Transport unknown");
    await tcp.until_closed();
  });

  it("ER-16 control characters in Origin are refused", async () => {
    for (const bad of ["\x01", "\x7f", "a\x00b"]) {
      const tcp = await open_tcp(server.port);
      tcp.write(format_request({ path: polling_path(), headers: { origin: `http://x${bad}` } }));
      assert.equal((await tcp.read_response()).status, 400);
      tcp.destroy();
    }
    const fine = await http(server.port, { path: polling_path(), headers: { origin: "http://a\tb" } });
    assert.equal(fine.status, 200);
  });

  it("ER-14 the engine's reasons are the official ones", async () => {
    const close = async (body, reason) => {
      const session = await open_polling(server);
      await session.post(body);
      if (reason === "forced close") assert.equal((await session.get()).text, `6${record_separator}1`);
      await server.observed({ ev: "engine_close", sid: session.sid, reason });
    };
    await close("1", "transport close");
    await close("2", "transport error");
    await close("x", "parse error");
    await close("47", "forced close");
  });
});

describe("size limits", () => {
  const limit = 200;
  const server = use_server({ max_http_buffer_size: limit });
  const note_of_size = (size) => `42["note","${"x".repeat(size - 13)}"]`;

  it("ER-10 DM-12 K-20 a body over the limit gets 413 and the session lives on", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    for (const size of [limit + 1, 100_000]) {
      const response = await session.post(note_of_size(size));
      assert.equal(response.status, 413);
      assert.equal(response.text, "");
    }
    assert.equal((await session.post(note_of_size(limit))).status, 200);
    await server.observed({ ev: "note", socket });
    const { length } = await server.all_observed({ ev: "note", socket });
    assert.equal(length, 1);
  });

  it("ER-10 the limit counts bytes, not characters", async () => {
    const session = await open_polling(server);
    await session.join();
    assert.equal((await session.post(`42["note","${"€".repeat(66)}"]`)).status, 413);
    assert.equal((await session.post(`42["note","${"€".repeat(62)}"]`)).status, 200);
  });

  it("ER-10 a chunked body over the limit gets 413 without being read to its end", async () => {
    const session = await open_polling(server);
    await session.join();
    const tcp = await open_tcp(server.port);
    const headers = { "transfer-encoding": "chunked" };
    tcp.write(format_request({ method: "POST", path: polling_path(session.sid), headers }));
    tcp.write(`200\r\n${"x".repeat(0x200)}\r\n`);
    assert.equal((await tcp.read_response()).status, 413);
    tcp.destroy();
  });

  it("ER-11 DM-11 a message over the limit closes the WebSocket with 1009", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    ws.send(note_of_size(limit));
    await server.observed({ ev: "note", socket });
    ws.send(note_of_size(limit + 1));
    assert.equal(await ws.closed(), 1009);
    await server.observed({ ev: "disconnect", socket, reason: "transport error" });
  });

  it("ER-11 the limit holds for the sum of the fragments", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    ws.send_frame({ op: opcode.text, payload: "x".repeat(limit - 50), fin: false });
    ws.send_frame({ op: 0, payload: "x".repeat(51), fin: false });
    assert.equal(await ws.closed(), 1009);
    await server.observed({ ev: "disconnect", socket, reason: "transport error" });
  });

  it("ER-11 the header of a frame alone is enough to refuse it", async () => {
    for (const length of [limit + 1, 2 ** 31, 2 ** 40]) {
      const ws = await open_ws_session(server);
      const socket = await ws.join();
      ws.send_frame({ op: opcode.binary, length });
      assert.equal(await ws.closed(), 1009);
      await server.observed({ ev: "disconnect", socket, reason: "transport error" });
    }
  });

  it("ER-13 ten attachments are accepted, eleven are too many", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const holders = Array.from({ length: 10 }, (_, num) => ({ _placeholder: true, num }));
    ws.send(`4510-${JSON.stringify(["n", ...holders.slice(0, 1)])}`);
    for (let i = 0; i < 10; ++i) ws.send_binary(Buffer.of(i));
    ws.send('42["note"]');
    await server.observed({ ev: "note", socket });
    ws.send('4511-["note"]');
    assert.equal(await ws.closed(), 1005);
    await server.observed({ ev: "disconnect", socket, reason: "forced close" });
  });
});
