// Middlewares of the engine: in order, on every request of the path, before anything is verified.
// Rows HD-10..HD-12, HD-14, HS-11 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect } from "./lib/client.mjs";
import { open_polling, open_ws_session, polling_path, ws_path, upgrade } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { http, open_tcp } from "./lib/tcp.mjs";
import { refused_upgrade, upgrade_request } from "./lib/ws.mjs";

describe("middlewares of the engine", () => {
  const server = use_server({ middlewares: true });
  const get = (path) => http(server.port, { path });

  it("HD-10 run in order, on every request", async () => {
    const session = await open_polling(server);
    const posted = await session.post("40");
    for (const { headers } of [session.response, posted, await session.get()]) {
      assert.equal(headers["x-order"], "1,2");
      assert.equal(headers["x-removed"], undefined);
    }
  });

  it("HD-10 run before verification: errors have their headers too", async () => {
    for (const path of [polling_path("unknown"), "/socket.io/?transport=tube", "/socket.io/?EIO=3&transport=polling"]) {
      const response = await get(path);
      assert.equal(response.status, 400);
      assert.equal(response.headers["x-order"], "1,2", path);
    }
  });

  it("HD-10 do not see other paths", async () => {
    assert.equal((await get("/other")).headers["x-order"], undefined);
    assert.equal((await get("/socket.io/socket.io.js")).headers["x-order"], undefined);
  });

  it("HD-11 their headers stand on the 101, of handshakes and of upgrades", async () => {
    const ws = await open_ws_session(server);
    assert.equal(ws.response.headers["x-order"], "1,2");
    assert.equal(ws.response.headers["x-removed"], undefined);
    assert.equal(ws.response.headers["x-handshake"], "yes");
    ws.destroy();
    const upgraded = await upgrade(await open_polling(server));
    assert.equal(upgraded.response.headers["x-order"], "1,2");
    assert.equal(upgraded.response.headers["x-handshake"], undefined);
  });

  it("HD-12 one of them is for handshakes only", async () => {
    const session = await open_polling(server);
    assert.equal(session.response.headers["x-handshake"], "yes");
    assert.equal((await session.post("40")).headers["x-handshake"], undefined);
  });

  it("HD-10 ER-04 next(error) is code 3, and nobody outside learns why", async () => {
    const response = await get(polling_path(undefined, "&mw=fail"));
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
    await server.observed({ ev: "connection_error", code: 3, context: { name: "MIDDLEWARE_FAILURE" } });
    const refused = await refused_upgrade(server.port, ws_path(undefined, "&mw=fail"));
    assert.equal(refused.status, 400);
    assert.equal(refused.text, "Bad request");
  });

  it("HD-10 next(error) for a known session leaves it alone", async () => {
    const session = await open_polling(server);
    assert.equal((await get(polling_path(session.sid, "&mw=fail"))).status, 400);
    await session.join();
  });

  it("HD-10 a middleware may answer itself", async () => {
    const response = await get(polling_path(undefined, "&mw=end"));
    assert.equal(response.status, 418);
    assert.equal(response.text, "ended by a middleware");
    assert.equal(response.headers["x-order"], "1");
  });

  it("HD-11 whoever ends an upgrade ends its connection", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request(ws_path(undefined, "&mw=end")));
    await tcp.until_closed();
    assert.doesNotMatch(tcp.data.toString("latin1"), /^HTTP\/1.1 101/);
  });

  it("HD-10 next() may come later, and pipelined requests keep their order", async () => {
    const session = await open_polling(server, "&mw=later");
    assert.equal(session.response.headers["x-order"], "1,2");
    const ws = await open_ws_session(server, "&mw=later");
    await ws.join();
    ws.destroy();
    const tcp = await open_tcp(server.port);
    const body = "40";
    tcp.write(
      `POST ${polling_path(session.sid, "&mw=later")} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n${body}` +
      `GET ${polling_path(session.sid)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal((await tcp.read_response()).text, "ok");
    assert.match((await tcp.read_response()).text, /^40/);
    tcp.destroy();
  });

  it("HD-10 a client that leaves meanwhile opens no session", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(`GET ${polling_path(undefined, "&mw=later")} HTTP/1.1\r\nHost: x\r\n\r\n`);
    tcp.destroy();
    await server.idle();
  });

  it("HD-14 what they attach to the first request reaches the sockets", async () => {
    const session = await open_polling(server, "&user=ann");
    const socket = await session.join();
    assert.equal((await server.observed({ ev: "connection", socket })).user, "ann");
    await connect(server, { nsp: "/custom", query: { user: "bob" }, transports: ["polling", "websocket"] });
    const seen = await server.observed({ ev: "connection", nsp: "/custom" });
    assert.equal(seen.user, "bob");
    const ws = await open_ws_session(server);
    assert.equal((await server.observed({ ev: "connection", socket: await ws.join() })).user, null);
    ws.destroy();
  });
});

describe("ids that take their time", () => {
  const server = use_server({ generate_id: "later" });

  it("HS-11 a promised id names the session, over both transports", async () => {
    assert.equal((await open_polling(server, "&id=promised")).sid, "promised");
    const ws = await open_ws_session(server, "&id=over-websocket");
    assert.equal(ws.sid, "over-websocket");
    await ws.join();
    ws.destroy();
    assert.match((await open_polling(server)).sid, /^[A-Za-z0-9_-]{20}$/);
  });

  it("HS-11 a promise that is broken refuses the handshake", async () => {
    const response = await http(server.port, { path: polling_path(undefined, "&id=reject") });
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
    await server.observed({ ev: "connection_error", code: 3, context: { name: "ID_GENERATION_ERROR" } });
  });
});
