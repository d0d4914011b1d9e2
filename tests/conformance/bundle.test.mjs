// The client bundle that the server serves to browsers: files, headers, caching, compression.
// Rows BU-01..BU-08 and the quirk Q-24 of the behaviour specification.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import vm from "node:vm";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { mended, use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";

const require = createRequire(import.meta.url);
const dist = join(dirname(require.resolve("socket.io-client/package.json")), "dist");
const names = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"];
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

describe("client bundle", () => {
  const server = use_server();
  const get = (path, headers) => http(server.port, { path, headers });

  for (const name of names.flatMap((n) => [n, `${n}.map`])) {
    it(`BU-01 BU-03 BU-08 BU-09 serves ${name} as npm has it`, async () => {
      const response = await get(`/socket.io/${name}?version=1`);
      assert.equal(response.status, 200);
      assert.equal(digest(response.body), digest(readFileSync(join(dist, name))));
      const type = name.endsWith(".map") ? "application/json" : "application/javascript";
      assert.equal(response.headers["content-type"], `${type}; charset=utf-8`);
      assert.equal(response.headers["cache-control"], "public, max-age=0");
      assert.match(response.headers.etag, /^"\d+\.\d+\.\d+"$/);
      assert.equal(response.headers["content-encoding"], undefined);
    });
  }

  it("BU-02 an unknown file falls to the engine, another path to the application", async () => {
    for (const name of ["other.js", "socket.io.js.map.map", "socket.io.css", "../socket.io.js", "Socket.io.js"]) {
      const response = await get(`/socket.io/${name}`);
      assert.equal(response.status, 400, name);
      assert.deepEqual(JSON.parse(response.text), { code: 0, message: "Transport unknown" });
    }
    assert.equal((await get("/elsewhere/socket.io.js")).status, 404);
  });

  it("BU-04 a browser that has the file gets 304 and no body", async () => {
    const { headers } = await get("/socket.io/socket.io.js");
    for (const tag of [headers.etag, `W/${headers.etag}`]) {
      const response = await get("/socket.io/socket.io.js", { "if-none-match": tag });
      assert.equal(response.status, 304);
      assert.equal(response.text, "");
    }
    for (const tag of ['"0.0.0"', headers.etag.slice(1, -1), ""]) {
      assert.equal((await get("/socket.io/socket.io.js", { "if-none-match": tag })).status, 200);
    }
  });

  it("Q-24 BU-04 If-None-Match may be a list or a star", mended("it compares the whole header"), async () => {
    const { headers } = await get("/socket.io/socket.io.js");
    for (const tags of [`"x", ${headers.etag}`, `W/"y",W/${headers.etag} , "z"`, "*"]) {
      assert.equal((await get("/socket.io/socket.io.js", { "if-none-match": tags })).status, 304, tags);
    }
  });

  const decode = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };
  const plain = digest(readFileSync(join(dist, "socket.io.js")));

  it("BU-05 gzip for those who take it", async () => {
    for (const accept of ["gzip", "gzip, deflate;q=0.5", "x, gzip;q=0.1"]) {
      const response = await get("/socket.io/socket.io.js", { "accept-encoding": accept });
      assert.equal(response.headers["content-encoding"], "gzip", accept);
      assert.equal(digest(gunzipSync(response.body)), plain);
    }
  });

  it("BU-05 never an encoding that the client does not take, and always the same bytes", async () => {
    const table = {
      "br": ["br"], "deflate": ["deflate"], "gzip, deflate, br, zstd": ["gzip", "deflate", "br"],
      "identity": [], "gzip;q=0": [], "": [], "br;q=0, gzip;q=0": [], "zstd": [],
    };
    for (const [accept, allowed] of Object.entries(table)) {
      const { status, headers, body } = await get("/socket.io/socket.io.js", { "accept-encoding": accept });
      assert.equal(status, 200);
      const encoding = headers["content-encoding"];
      if (encoding) assert.ok(allowed.includes(encoding), `${accept} -> ${encoding}`);
      assert.equal(digest(encoding ? decode[encoding](body) : body), plain);
    }
  });

  it("Q-24 caches are told that the encoding varies", mended("it sends no Vary"), async () => {
    for (const accept of ["gzip", "identity"]) {
      const { headers } = await get("/socket.io/socket.io.js", { "accept-encoding": accept });
      assert.match(headers.vary, /Accept-Encoding/i);
    }
  });

  it("BU-08 the bundle defines io", async () => {
    const { text } = await get("/socket.io/socket.io.min.js");
    const page = { setTimeout, clearTimeout, URL, WebSocket: class {}, location: new URL(server.url) };
    vm.runInNewContext(text, page);
    assert.equal(typeof page.io, "function");
    assert.equal(typeof page.io.Manager, "function");
  });
});

describe("client bundle switched off or moved", () => {
  const off = use_server({ serve_client: false });
  const moved = use_server({ path: "/chat/" });

  it("BU-07 without serve_client the files reach the engine", async () => {
    assert.equal((await http(off.port, { path: "/socket.io/socket.io.js" })).status, 400);
  });

  it("BU-01 the files move with the path", async () => {
    assert.equal((await http(moved.port, { path: "/chat/socket.io.js" })).status, 200);
    assert.equal((await http(moved.port, { path: "/socket.io/socket.io.js" })).status, 404);
  });
});

describe("client bundle and CORS", () => {
  const server = use_server({ cors: { origin: "https://page.example" } });

  it("BU-06 the same CORS rules, whatever the method", async () => {
    for (const method of ["GET", "POST"]) {
      const response = await http(server.port, { method, path: "/socket.io/socket.io.js", body: "" });
      assert.equal(response.status, 200);
      assert.equal(response.headers["access-control-allow-origin"], "https://page.example");
    }
  });
});
