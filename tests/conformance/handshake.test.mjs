// The Engine.IO handshake from outside: paths, queries, the open packet, ids, the engine's own events.
// Rows HS-01..HS-12, HS-27..HS-29 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";
import { open_polling, open_ws_session, polling_path, record_separator } from "./lib/raw.mjs";

const handshake = "EIO=4&transport=polling";

describe("handshake of a default server", () => {
  const server = use_server();
  const get = (path) => http(server.port, { path });

  it("HS-01 serves /socket.io/ by default", async () => {
    assert.equal((await get(`/socket.io/?${handshake}`)).status, 200);
    assert.equal((await get(`/engine.io/?${handshake}`)).status, 404);
  });

  it("HS-02 K-11 matches its path by prefix and needs the slash", async () => {
    assert.equal((await get(`/socket.io/anything/at/all?${handshake}`)).status, 200);
    const without_slash = await get(`/socket.io?${handshake}`);
    assert.equal(without_slash.status, 404);
    assert.equal((await get(`/socket.ioo/?${handshake}`)).status, 404);
    assert.equal((await get(`/x/socket.io/?${handshake}`)).status, 404);
  });

  it("HS-03 HS-27 leaves other paths to the application, which answers 404 with an empty body", async () => {
    const other = await get("/other");
    assert.equal(other.status, 404);
    assert.equal(other.text, "");
    assert.equal((await get("/__counters")).status, 200);
  });

  it("HS-04 takes the last of duplicate query parameters and decodes them", async () => {
    const session = await open_polling(server, "&a=1&a=2&b=x%20y+z%2B%E2%82%AC&EIO=3&EIO=4");
    const socket = await session.join();
    const { handshake } = await server.observed({ ev: "connection", socket });
    assert.equal(handshake.query.a, "2");
    assert.equal(handshake.query.b, "x y z+€");
    assert.equal(handshake.query.EIO, "4");
  });

  it("HS-04 a query parameter cannot reach the prototype", async () => {
    const session = await open_polling(server, "&__proto__=1&constructor=2&toString=3");
    const socket = await session.join();
    const { handshake } = await server.observed({ ev: "connection", socket });
    assert.equal(handshake.query.constructor, "2");
    assert.equal(handshake.query.toString, "3");
  });

  it("HS-05 treats every EIO but 4 as revision 3 and ignores t", async () => {
    for (const eio of ["", "EIO=3&", "EIO=5&", "EIO=04&", "EIO=&"]) {
      const response = await get(`/socket.io/?${eio}transport=polling`);
      assert.equal(response.status, 400, eio);
      assert.deepEqual(JSON.parse(response.text), { code: 5, message: "Unsupported protocol version" });
    }
    assert.equal((await get(`/socket.io/?${handshake}&t=abc123`)).status, 200);
  });

  it("HS-06 verifies in a fixed order", async () => {
    const code = async (path, method) => JSON.parse((await http(server.port, { path, method })).text).code;
    assert.equal(await code("/socket.io/?EIO=3&transport=tube&sid=x", "POST"), 0, "transport before sid");
    assert.equal(await code("/socket.io/?EIO=3&transport=polling&sid=x", "POST"), 1, "sid before the method");
    assert.equal(await code("/socket.io/?EIO=3&transport=polling", "POST"), 2, "method before the revision");
    assert.equal(await code("/socket.io/?EIO=3&transport=websocket"), 3, "upgrade before the revision");
    assert.equal(await code("/socket.io/?EIO=3&transport=polling"), 5);
    assert.equal(await code("/socket.io/?EIO=4&transport=webtransport"), 0);
  });

  it("HS-06 refuses the other revision for a known session", async () => {
    const { sid } = await open_polling(server);
    const response = await get(`/socket.io/?EIO=3&transport=polling&sid=${sid}`);
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
    const context = { name: "PROTOCOL_MISMATCH", previousProtocol: 4, protocol: 3 };
    await server.observed({ ev: "connection_error", code: 3, context });
  });

  it("HS-07 HS-08 HS-13 answers with an open packet whose keys stand in the usual order", async () => {
    const response = await get(polling_path());
    assert.match(response.text, /^0\{/);
    const open = JSON.parse(response.text.slice(1));
    assert.deepEqual(Object.entries(open), [
      ["sid", open.sid],
      ["upgrades", ["websocket"]],
      ["pingInterval", 25000],
      ["pingTimeout", 20000],
      ["maxPayload", 1000000],
    ]);
    assert.equal(response.headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(response.headers["cache-control"], "no-store");
    assert.equal(Number(response.headers["content-length"]), response.body.length);
  });

  it("HS-07 a session that starts on WebSocket is offered no upgrade", async () => {
    const ws = await open_ws_session(server);
    assert.deepEqual(Object.keys(ws.open), ["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
    assert.deepEqual(ws.open.upgrades, []);
    ws.destroy();
  });

  it("HS-10 SK-01 K-15 ids are 20 URL-safe characters, all different, and sockets have ids of their own", async () => {
    const ids = new Set();
    for (let i = 0; i < 20; ++i) {
      const session = await open_polling(server);
      assert.match(session.sid, /^[A-Za-z0-9_-]{20}$/);
      ids.add(session.sid);
      if (i > 2) continue;
      const socket = await session.join();
      assert.match(socket, /^[A-Za-z0-9_-]{20}$/);
      ids.add(socket);
    }
    assert.equal(ids.size, 23);
  });

  it("HS-28 HS-29 tells the application of sessions that open and close and of refused requests", async () => {
    const { sid } = await open_polling(server);
    const opened = await server.observed({ ev: "engine_open", sid });
    assert.equal(opened.transport, "polling");
    await http(server.port, { path: polling_path("no-such-session") });
    const refused = await server.observed({ ev: "connection_error", code: 1, context: { sid: "no-such-session" } });
    assert.equal(refused.message, "Session ID unknown");
    await http(server.port, { method: "POST", path: polling_path(sid), body: "1" });
    const closed = await server.observed({ ev: "engine_close", sid });
    assert.equal(closed.reason, "transport close");
  });
});

describe("handshake options", () => {
  const server = use_server({
    path: "/custom/", ping_interval: 1234, ping_timeout: 567, max_http_buffer_size: 89,
    transports: ["polling"], initial_packet: "welcome", generate_id: true, allow_request: true,
  });

  const get = (query) => http(server.port, { path: `/custom/?${query}` });

  it("HS-01 HS-08 HS-09 HS-12 path, timing, size, transports and the initial packet", async () => {
    assert.equal((await http(server.port, { path: `/socket.io/?${handshake}` })).status, 404);
    const response = await get(handshake);
    const [open, initial, ...rest] = response.text.split(record_separator);
    const { sid, ...values } = JSON.parse(open.slice(1));
    assert.deepEqual(values, { upgrades: [], pingInterval: 1234, pingTimeout: 567, maxPayload: 89 });
    assert.equal(initial, "4welcome");
    assert.deepEqual(rest, []);
  });

  it("HS-06 a transport that is switched off is unknown", async () => {
    const response = await get("EIO=4&transport=websocket");
    assert.deepEqual(JSON.parse(response.text), { code: 0, message: "Transport unknown" });
  });

  it("HS-11 a generator of the application's names sessions and may fail", async () => {
    const named = await get(`${handshake}&id=chosen-by-the-app`);
    assert.equal(JSON.parse(named.text.split(record_separator)[0].slice(1)).sid, "chosen-by-the-app");
    const failed = await get(`${handshake}&id=reject`);
    assert.equal(failed.status, 400);
    assert.deepEqual(JSON.parse(failed.text), { code: 3, message: "Bad request" });
    await server.observed({ ev: "connection_error", code: 3, context: { name: "ID_GENERATION_ERROR" } });
  });

  it("ER-05 HS-06 K-03 a refused handshake gets 403 and the filter's message, before the revision is seen", async () => {
    const refused = await get("EIO=3&transport=polling&deny=not%20today");
    assert.equal(refused.status, 403);
    assert.deepEqual(JSON.parse(refused.text), { code: 4, message: "not today" });
    const plain = await get(`${handshake}&deny=`);
    assert.equal(plain.status, 403);
    assert.deepEqual(JSON.parse(plain.text), { code: 4, message: "Forbidden" });
  });

  it("ER-05 the filter is asked for handshakes only", async () => {
    const { sid } = JSON.parse((await get(handshake)).text.split(record_separator)[0].slice(1));
    const post = { method: "POST", path: `/custom/?${handshake}&sid=${sid}&deny=x`, body: "40" };
    assert.equal((await http(server.port, post)).status, 200);
  });
});

describe("handshake with other options", () => {
  const server = use_server({ add_trailing_slash: false, allow_upgrades: false });

  it("HS-01 without a trailing slash the bare path is served", async () => {
    assert.equal((await http(server.port, { path: `/socket.io?${handshake}` })).status, 200);
  });

  it("HS-09 a server that allows no upgrades offers none", async () => {
    const { text } = await http(server.port, { path: `/socket.io?${handshake}` });
    assert.deepEqual(JSON.parse(text.slice(1)).upgrades, []);
  });
});
