// Every option of the server that belongs to its HTTP surface does what it says. Rows OP-01..OP-23 of the
// behaviour specification; OP-17 stands in cookie.test.mjs.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { open_polling, open_ws_session, polling_path, upgrade, ws_path } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { http, open_tcp } from "./lib/tcp.mjs";
import { open_ws, refused_upgrade, upgrade_request } from "./lib/ws.mjs";

const error_of = (response) => JSON.parse(response.text);

describe("the options' defaults", () => {
  const server = use_server();

  it("OP-01 OP-02 OP-08 OP-09 OP-11 OP-13 OP-16 OP-21 of the handshake and the browser's client", async () => {
    const { open, packets, response } = await open_polling(server);
    assert.deepEqual({ ...open, sid: "" },
      { sid: "", upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 });
    assert.deepEqual(packets, []);
    assert.equal(response.headers["access-control-allow-origin"], undefined);
    assert.equal((await http(server.port, { path: "/socket.io/socket.io.js" })).status, 200);
  });
});

describe("the option path", () => {
  const server = use_server({ path: "/deep/er" });
  it("OP-01 moves the engine and the browser's client", async () => {
    const get = async (path) => (await http(server.port, { path })).status;
    assert.equal(await get("/deep/er/?EIO=4&transport=polling"), 200);
    assert.equal(await get("/deep/er/socket.io.js"), 200);
    assert.equal(await get("/socket.io/?EIO=4&transport=polling"), 404);
    assert.equal(await get("/socket.io/socket.io.js"), 404);
  });
});

describe("the option serve_client", () => {
  const server = use_server({ serve_client: false });
  it("OP-02 off: the file is a request like any other", async () => {
    const response = await http(server.port, { path: "/socket.io/socket.io.js" });
    assert.equal(response.status, 400);
    assert.equal(error_of(response).code, 0);
  });
});

describe("the option connect_timeout", () => {
  const server = use_server({ connect_timeout: 150 });
  it("OP-05 ends who joins no namespace in time, over both transports", async () => {
    const ws = await open_ws_session(server);
    const closed = await server.observed({ ev: "engine_close", sid: ws.sid });
    assert.equal(closed.reason, "forced close");
    const session = await open_polling(server);
    assert.equal((await session.get()).text, "1");
    await server.observed({ ev: "engine_close", sid: session.sid });
  });
});

describe("the options of the heartbeat", () => {
  const server = use_server({ ping_interval: 100, ping_timeout: 150 });
  it("OP-08 OP-09 a ping after the interval, the end after the timeout", async () => {
    const begin = Date.now();
    const ws = await open_ws_session(server);
    assert.deepEqual([ws.open.pingInterval, ws.open.pingTimeout], [100, 150]);
    assert.equal(await ws.next(), "2");
    assert.ok(Date.now() - begin >= 95, `a ping after ${Date.now() - begin} ms`);
    assert.equal((await server.observed({ ev: "engine_close", sid: ws.sid })).reason, "ping timeout");
    assert.ok(Date.now() - begin >= 245, `the end after ${Date.now() - begin} ms`);
  });
});

describe("the option upgrade_timeout", () => {
  const server = use_server({ upgrade_timeout: 100 });
  it("OP-10 a candidate that does not commit in time is closed, and the session goes on", async () => {
    const session = await open_polling(server);
    const ws = await open_ws(server.port, ws_path(session.sid));
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    assert.equal(await ws.closed(), 1005);
    await session.join();
  });
});

describe("the option max_http_buffer_size", () => {
  const server = use_server({ max_http_buffer_size: 50 });
  it("OP-11 is announced, and limits both transports", async () => {
    const session = await open_polling(server);
    assert.equal(session.open.maxPayload, 50);
    assert.equal((await session.post("4" + "x".repeat(50))).status, 413);
    const ws = await open_ws_session(server);
    ws.send("4" + "x".repeat(50));
    await server.observed({ ev: "engine_close", sid: ws.sid, reason: "transport error" });
    await session.leave();
  });
});

describe("the option transports: websocket alone", () => {
  const server = use_server({ transports: ["websocket"] });
  it("OP-12 polling is unknown", async () => {
    const response = await http(server.port, { path: polling_path() });
    assert.deepEqual(error_of(response), { code: 0, message: "Transport unknown" });
    const ws = await open_ws_session(server);
    await ws.join();
    ws.destroy();
  });
});

describe("the option transports: polling alone", () => {
  const server = use_server({ transports: ["polling"] });
  it("OP-12 websocket is neither offered nor known", async () => {
    const session = await open_polling(server);
    assert.deepEqual(session.open.upgrades, []);
    const refused = await refused_upgrade(server.port, ws_path());
    assert.equal(refused.status, 400);
  });
});

describe("the option allow_upgrades", () => {
  const server = use_server({ allow_upgrades: false });
  it("OP-13 off: none is offered, and whoever does it all the same may", async () => {
    const session = await open_polling(server);
    assert.deepEqual(session.open.upgrades, []);
    const ws = await upgrade(session);
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    ws.destroy();
  });
});

describe("the option cors", () => {
  const server = use_server({ cors: {} });
  it("OP-16 on: every response has the headers", async () => {
    const response = await http(server.port, { path: polling_path(), headers: { origin: "https://a.example" } });
    assert.equal(response.headers["access-control-allow-origin"], "*");
  });
});

describe("the options allow_request and initial_packet", () => {
  const server = use_server({ allow_request: true, initial_packet: "hello" });
  it("OP-19 a handshake may be refused, over both transports", async () => {
    const refused = await http(server.port, { path: polling_path(undefined, "&deny=never") });
    assert.equal(refused.status, 403);
    assert.deepEqual(error_of(refused), { code: 4, message: "never" });
    assert.equal((await refused_upgrade(server.port, ws_path(undefined, "&deny=never"))).text, "never");
  });

  it("OP-21 the initial packet follows the handshake, over both transports", async () => {
    assert.deepEqual((await open_polling(server)).packets, ["4hello"]);
    const ws = await open_ws_session(server);
    assert.equal(await ws.next(), "4hello");
    ws.destroy();
  });
});

describe("the option destroy_upgrade_timeout", () => {
  const server = use_server({ destroy_upgrade_timeout: 100 });
  it("OP-22 an upgrade for another path ends after it", async () => {
    const begin = Date.now();
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request("/other"));
    await tcp.until_closed();
    assert.equal(tcp.data.length, 0);
    assert.ok(Date.now() - begin >= 95);
  });
});

describe("the option destroy_upgrade", () => {
  const server = use_server({ destroy_upgrade: false, destroy_upgrade_timeout: 50 });
  it("OP-22 off: it stays", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request("/other"));
    await assert.rejects(tcp.until_closed(300));
    tcp.destroy();
  });
});

describe("the option add_trailing_slash", () => {
  const server = use_server({ add_trailing_slash: false });
  it("OP-23 off: the path needs no slash", async () => {
    const path = "/socket.io?EIO=4&transport=polling";
    const { status, text } = await http(server.port, { path });
    assert.equal(status, 200);
    const { sid } = JSON.parse(text.slice(1));
    assert.equal((await http(server.port, { method: "POST", path: `${path}&sid=${sid}`, body: "1" })).text, "ok");
  });
});
