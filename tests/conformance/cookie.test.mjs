// The cookie with the session id, and the events that change headers.
// Rows HD-07..HD-09 and OP-17 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { open_polling, open_ws_session, polling_path, upgrade } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";

const cookie_of = (response) => response.headers["set-cookie"];

describe("without the cookie option", () => {
  const server = use_server();
  it("HD-07 OP-17 no cookie is set", async () => {
    assert.equal(cookie_of((await open_polling(server)).response), undefined);
  });
});

describe("the default cookie", () => {
  const server = use_server({ cookie: true });

  it("HD-07 HD-08 OP-17 stands on the first polling response", async () => {
    const { sid, response } = await open_polling(server);
    assert.equal(cookie_of(response), `io=${sid}; Path=/; HttpOnly; SameSite=Lax`);
  });

  it("HD-08 stands on no other response", async () => {
    const session = await open_polling(server);
    assert.equal(cookie_of(await session.post("40")), undefined);
    assert.equal(cookie_of(await session.get()), undefined);
    assert.equal(cookie_of((await upgrade(session)).response), undefined);
    assert.equal(cookie_of(await http(server.port, { path: polling_path("unknown") })), undefined);
  });

  it("HD-08 WS-04 K-19 a session that starts on WebSocket gets none", async () => {
    const ws = await open_ws_session(server);
    assert.equal(cookie_of(ws.response), undefined);
    ws.destroy();
  });
});

describe("a cookie with every attribute", () => {
  const server = use_server({
    cookie: {
      name: "sticky", path: "/chat", domain: "example.org", max_age: 3600, expires: Date.UTC(2030, 0, 2, 3, 4, 5),
      http_only: false, secure: true, partitioned: true, priority: "high", same_site: "none",
    },
  });
  it("HD-08 writes them as the original does", async () => {
    const { sid, response } = await open_polling(server);
    assert.equal(cookie_of(response),
      `sticky=${sid}; Max-Age=3600; Domain=example.org; Path=/chat; Expires=Wed, 02 Jan 2030 03:04:05 GMT; ` +
      "Secure; Partitioned; Priority=High; SameSite=None");
  });
});

describe("a cookie with other attributes", () => {
  const server = use_server({ cookie: { path: false, same_site: true, priority: "low" } });
  it("HD-08 what is false is left out, and SameSite true is strict", async () => {
    const { sid, response } = await open_polling(server);
    assert.equal(cookie_of(response), `io=${sid}; HttpOnly; Priority=Low; SameSite=Strict`);
  });
});

describe("the events that change headers", () => {
  const server = use_server({ headers: true, cookie: true });

  it("HD-09 HS-28 initial_headers once, headers for every response of the transport", async () => {
    const session = await open_polling(server);
    assert.equal(session.response.headers["x-initial"], "yes");
    assert.equal(session.response.headers["x-always"], "GET");
    assert.match(cookie_of(session.response), /^io=/);
    const posted = await session.post("40");
    assert.equal(posted.headers["x-initial"], undefined);
    assert.equal(posted.headers["x-always"], "POST");
    assert.equal((await session.get()).headers["x-always"], "GET");
    const ws = await upgrade(session);
    assert.equal(ws.response.headers["x-initial"], undefined);
    assert.equal(ws.response.headers["x-always"], "GET");
  });

  it("HD-09 the 101 of a new session has both", async () => {
    const ws = await open_ws_session(server);
    assert.equal(ws.response.headers["x-initial"], "yes");
    assert.equal(ws.response.headers["x-always"], "GET");
    ws.destroy();
  });
});
