// Cross-origin headers: on polls, on errors, on the 101 and on preflight requests.
// Rows HD-01..HD-06 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { polling_path, ws_path } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";
import { open_ws } from "./lib/ws.mjs";

const page = "https://page.example";
const allow_origin = "access-control-allow-origin";

function describe_cors(title, cors, tests) {
  describe(title, () => {
    const server = use_server(cors === undefined ? {} : { cors });
    const ask = (method, headers = {}, path = polling_path()) =>
      http(server.port, { method, path, headers: { origin: page, ...headers } });
    tests(server, ask);
  });
}

const vary = (response) => (response.headers.vary ?? "").split(/, */).filter((x) => x !== "");

describe_cors("without the cors option", undefined, (server, ask) => {
  it("HD-01 there are no CORS headers, and OPTIONS is a bad handshake", async () => {
    const { names } = await ask("GET");
    assert.deepEqual(names.filter((n) => /^access-control/i.test(n)), []);
    const preflight = await ask("OPTIONS");
    assert.equal(preflight.status, 400);
    assert.deepEqual(JSON.parse(preflight.text), { code: 2, message: "Bad handshake method" });
  });
});

describe_cors("cors with defaults", {}, (server, ask) => {
  it("HD-02 HD-03 every origin is allowed", async () => {
    const response = await ask("GET");
    assert.equal(response.headers[allow_origin], "*");
    assert.deepEqual(vary(response), []);
    assert.equal(response.headers["access-control-allow-credentials"], undefined);
  });

  it("HD-02 HD-05 the preflight lists the usual methods", async () => {
    const response = await ask("OPTIONS", { "access-control-request-method": "POST" });
    assert.equal(response.status, 204);
    assert.equal(response.headers["content-length"], "0");
    assert.equal(response.headers[allow_origin], "*");
    assert.equal(response.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
    assert.equal(response.headers["access-control-max-age"], undefined);
  });

  it("HD-04 the preflight reflects the headers that the page wants to send", async () => {
    const response = await ask("OPTIONS", { "access-control-request-headers": "x-token,content-type" });
    assert.equal(response.headers["access-control-allow-headers"], "x-token,content-type");
    assert.ok(vary(response).includes("Access-Control-Request-Headers"), response.headers.vary);
  });

  it("HD-05 the preflight is answered before anything is verified", async () => {
    for (const path of [polling_path("unknown"), "/socket.io/?transport=tube", "/socket.io/"]) {
      assert.equal((await ask("OPTIONS", {}, path)).status, 204);
    }
  });

  it("HD-06 errors carry the headers too, so that the page can read them", async () => {
    const response = await ask("GET", {}, polling_path("unknown"));
    assert.equal(response.status, 400);
    assert.equal(response.headers[allow_origin], "*");
  });

  it("HD-06 the 101 response and the client bundle carry them", async () => {
    const ws = await open_ws(server.port, ws_path(), { origin: page });
    assert.equal(ws.response.headers[allow_origin], "*");
    const bundle = await ask("GET", {}, "/socket.io/socket.io.js");
    assert.equal(bundle.status, 200);
    assert.equal(bundle.headers[allow_origin], "*");
  });
});

describe_cors("cors with one origin", { origin: "https://only.example", credentials: true }, (server, ask) => {
  it("HD-03 a fixed origin is always named, whoever asks", async () => {
    for (const origin of ["https://only.example", page]) {
      const response = await ask("GET", { origin });
      assert.equal(response.status, 200, "the server itself blocks nobody");
      assert.equal(response.headers[allow_origin], "https://only.example");
      assert.deepEqual(vary(response), ["Origin"]);
    }
  });

  it("HD-04 credentials are allowed when asked for", async () => {
    assert.equal((await ask("GET")).headers["access-control-allow-credentials"], "true");
    assert.equal((await ask("OPTIONS")).headers["access-control-allow-credentials"], "true");
  });
});

describe_cors("cors with a list of origins", { origin: ["https://a.example", page] }, (server, ask) => {
  it("HD-03 an origin of the list is reflected, another gets no header, both vary", async () => {
    const listed = await ask("GET");
    assert.equal(listed.headers[allow_origin], page);
    assert.deepEqual(vary(listed), ["Origin"]);
    for (const origin of ["https://evil.example", `${page}.evil.example`, page.slice(0, -1)]) {
      const other = await ask("GET", { origin });
      assert.equal(other.status, 200);
      assert.equal(other.headers[allow_origin], undefined);
      assert.deepEqual(vary(other), ["Origin"]);
    }
  });
});

describe_cors("cors with details", {
  origin: true, methods: ["GET", "POST"], allowed_headers: ["x-one", "x-two"],
  exposed_headers: ["x-seen", "x-too"], max_age: 600,
}, (server, ask) => {
  it("HD-03 true reflects whoever asks", async () => {
    const response = await ask("GET");
    assert.equal(response.headers[allow_origin], page);
    assert.deepEqual(vary(response), ["Origin"]);
  });

  it("HD-04 exposed headers stand on every response", async () => {
    assert.equal((await ask("GET")).headers["access-control-expose-headers"], "x-seen,x-too");
  });

  it("HD-04 HD-05 methods, allowed headers and age stand on the preflight", async () => {
    const { status, headers } = await ask("OPTIONS", { "access-control-request-headers": "x-other" });
    assert.equal(status, 204);
    assert.equal(headers["access-control-allow-methods"], "GET,POST");
    assert.equal(headers["access-control-allow-headers"], "x-one,x-two");
    assert.equal(headers["access-control-max-age"], "600");
  });
});

describe_cors("cors with a function of the origin", { judge: true }, (server, ask) => {
  it("HD-02 HD-03 an origin that it allows is reflected", async () => {
    const response = await ask("GET");
    assert.equal(response.headers[allow_origin], page);
    assert.ok(vary(response).includes("Origin"));
  });

  it("HD-02 another one is served without any header", async () => {
    const response = await ask("GET", { origin: "https://elsewhere.test" });
    assert.equal(response.status, 200);
    assert.equal(response.headers[allow_origin], undefined);
    assert.deepEqual(vary(response), []);
    assert.equal((await ask("OPTIONS", { origin: "https://elsewhere.test" })).status, 400);
  });

  it("HD-04 when it fails, the request is refused with code 3", async () => {
    const response = await ask("GET", { origin: "https://broken.example" });
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
    await server.observed({ ev: "connection_error", code: 3, context: { name: "MIDDLEWARE_FAILURE" } });
    await assert.rejects(open_ws(server.port, ws_path(), { origin: "https://broken.example" }), (error) =>
      error.response.status === 400 && error.response.text === "Bad request");
  });
});

describe_cors("cors with a function of the request", { delegate: true }, (server, ask) => {
  it("HD-02 each request has options of its own", async () => {
    assert.equal((await ask("GET", {}, polling_path(undefined, "&open"))).headers[allow_origin], "*");
    assert.equal((await ask("GET")).headers[allow_origin], "https://closed.example");
    assert.equal((await ask("OPTIONS", {}, polling_path(undefined, "&open"))).status, 204);
  });

  it("HD-04 when it fails, the request is refused with code 3", async () => {
    const response = await ask("GET", {}, polling_path(undefined, "&broken"));
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { code: 3, message: "Bad request" });
  });
});

describe_cors("cors that leaves the preflight to others", { preflight_continue: true }, (server, ask) => {
  it("HD-05 OPTIONS is a bad handshake, with its headers", async () => {
    const response = await ask("OPTIONS");
    assert.equal(response.status, 400);
    assert.equal(JSON.parse(response.text).code, 2);
    assert.equal(response.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
  });
});

describe_cors("cors for old browsers", { success_status: 200 }, (server, ask) => {
  it("HD-05 the status of the preflight can be chosen", async () => {
    assert.equal((await ask("OPTIONS")).status, 200);
  });
});

describe_cors("cors everywhere", { origin: ["https://page.example"] }, (server, ask) => {
  it("HD-06 on the 101, on errors, on the browser's client and its preflight", async () => {
    const ws = await open_ws(server.port, ws_path(), { origin: page });
    assert.equal(ws.response.headers[allow_origin], page);
    assert.ok(vary(ws.response).includes("Origin"));
    ws.destroy();
    const error = await ask("GET", {}, polling_path("unknown"));
    assert.equal(error.status, 400);
    assert.equal(error.headers[allow_origin], page);
    const bundle = await ask("GET", {}, "/socket.io/socket.io.js");
    assert.equal(bundle.headers[allow_origin], page);
    assert.ok(vary(bundle).includes("Origin"), bundle.headers.vary);
    assert.equal((await ask("OPTIONS", {}, "/socket.io/socket.io.js")).status, 204);
  });
});
