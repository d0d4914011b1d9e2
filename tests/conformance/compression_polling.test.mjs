// Compressed polling answers. Rows CP-01..CP-04, OP-15, VO-05 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, inflateSync } from "node:zlib";
import { Fetch } from "engine.io-client";
import { connect, got } from "./lib/client.mjs";
import { open_polling, polling_path } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";

const decode = { gzip: gunzipSync, deflate: inflateSync };
const text = "x".repeat(5000);

/** Polls once with these headers until a message comes. */
async function poll(session, headers) {
  for (;;) {
    const response = await http(session.server.port, { path: polling_path(session.sid), headers });
    if (response.status !== 200) throw new Error(response.status_line);
    const coding = response.headers["content-encoding"];
    response.plain = (coding ? decode[coding](response.body) : response.body).toString();
    if (response.plain !== "2") return response;
  }
}

async function joined(server) {
  const session = await open_polling(server);
  session.socket = await session.join();
  session.emit = (fields) => server.control({ do: "emit", event: "e", socket: session.socket, ...fields });
  return session;
}

describe("polling answers with the defaults", () => {
  const server = use_server();

  it("CP-01 OP-15 are compressed as the client prefers", async () => {
    const session = await joined(server);
    for (const [accepts, coding] of [
      ["gzip", "gzip"], ["deflate", "deflate"], ["gzip, deflate", "gzip"], ["deflate, gzip", "deflate"],
      ["gzip, deflate, br", "gzip"], ["gzip;q=0.5, deflate;q=0.8", "deflate"], ["gzip;q=0, deflate", "deflate"],
      ["GZIP", "gzip"], ["*", "gzip"], ["br", undefined], ["identity", undefined], ["gzip;q=0", undefined], ["*;q=0", undefined],
      [undefined, undefined],
    ]) {
      await session.emit({ args: [text] });
      const response = await poll(session, accepts === undefined ? {} : { "accept-encoding": accepts });
      assert.equal(response.headers["content-encoding"], coding, String(accepts));
      assert.equal(response.plain, `42["e","${text}"]`);
      if (coding) assert.ok(response.body.length < 100);
    }
    await session.leave();
  });

  it("CP-01 the threshold counts bytes of the whole payload", async () => {
    const session = await joined(server);
    const overhead = '42["e",""]'.length;
    for (const [length, compressed] of [[1024 - overhead - 1, false], [1024 - overhead, true]]) {
      await session.emit({ args: ["y".repeat(length)] });
      const response = await poll(session, { "accept-encoding": "gzip" });
      assert.equal(response.headers["content-encoding"] === "gzip", compressed, `${length}`);
      assert.equal(response.plain.length, length + overhead);
    }
    // Characters of three bytes.
    await session.emit({ args: ["€".repeat(400)] });
    assert.equal((await poll(session, { "accept-encoding": "gzip" })).headers["content-encoding"], "gzip");
    await session.leave();
  });

  it("CP-02 the answer says what it is", async () => {
    const session = await joined(server);
    await session.emit({ args: [text] });
    const { headers } = await poll(session, { "accept-encoding": "gzip" });
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(headers["cache-control"], "no-store");
    assert.ok(headers["transfer-encoding"] === "chunked" || headers["content-length"] !== undefined);
    await session.leave();
  });

  it("CP-02 and that it depends on what was accepted", mended("no Vary"), async () => {
    const session = await joined(server);
    for (const accepts of ["gzip", "identity"]) {
      await session.emit({ args: [text] });
      assert.equal((await poll(session, { "accept-encoding": accepts })).headers.vary, "Accept-Encoding");
    }
    await session.emit({ args: ["short"] });
    assert.equal((await poll(session, { "accept-encoding": "gzip" })).headers.vary, undefined);
    await session.leave();
  });

  it("CP-01 a client that would rather have no coding gets none", mended("identity is not weighed"), async () => {
    const session = await joined(server);
    await session.emit({ args: [text] });
    const response = await poll(session, { "accept-encoding": "identity, gzip;q=0.5" });
    assert.equal(response.headers["content-encoding"], undefined);
    await session.leave();
  });

  it("CP-04 VO-05 compress(false) turns it off for a packet, and one packet that wants it is enough", async () => {
    const session = await joined(server);
    const off = { flags: { compress: false } };
    await session.emit({ args: [text], ...off });
    assert.equal((await poll(session, { "accept-encoding": "gzip" })).headers["content-encoding"], undefined);
    await server.control({ do: "emit", event: "e", args: [text], flags: { compress: false } });
    assert.equal((await poll(session, { "accept-encoding": "gzip" })).headers["content-encoding"], undefined);
    await server.control({ do: "emit", event: "e", args: [text], flags: { compress: true } });
    assert.equal((await poll(session, { "accept-encoding": "gzip" })).headers["content-encoding"], "gzip");
    await session.emit({ args: [text], ...off });
    await session.emit({ args: ["small, and wants it"] });
    const both = await poll(session, { "accept-encoding": "gzip" });
    assert.equal(both.plain, `42["e","${text}"]\x1e42["e","small, and wants it"]`);
    assert.equal(both.headers["content-encoding"], "gzip");
    await session.leave();
  });

  it("CP-01 the official client with fetch and with XHR reads all of it", async () => {
    for (const transport of [Fetch, "polling"]) {
      const client = await connect(server, { transports: [transport] });
      for (const length of [10, 1100, 100_000]) {
        const sent = "€uro ".repeat(length / 5);
        client.emit("echo", sent, Buffer.from(sent));
        const [echo, bytes] = await got(client, "echo");
        assert.equal(echo, sent);
        assert.deepEqual(Buffer.from(bytes), Buffer.from(sent));
      }
      client.disconnect();
    }
  });

  it("CP-01 the answer to a POST is never compressed", async () => {
    const session = await joined(server);
    const response = await session.post(`42["note","${text}"]`, { "content-type": "text/plain", "accept-encoding": "gzip" });
    assert.equal(response.headers["content-encoding"], undefined);
    assert.equal(response.text, "ok");
    await session.leave();
  });
});

describe("polling answers with options", () => {
  const off = use_server({ http_compression: false });
  const stored = use_server({ http_compression: { level: 0 } });
  const small = use_server({ http_compression: { threshold: 10, level: 9, mem_level: 1, window_bits: 9 } });

  it("CP-01 OP-15 false turns it off", async () => {
    const session = await joined(off);
    await session.emit({ args: [text] });
    const { headers } = await poll(session, { "accept-encoding": "gzip" });
    assert.equal(headers["content-encoding"], undefined);
    assert.equal(headers.vary, undefined);
    await session.leave();
  });

  it("CP-03 threshold and numbers for zlib", async () => {
    const session = await joined(small);
    await session.emit({ args: ["ab"] });
    assert.equal((await poll(session, { "accept-encoding": "deflate" })).headers["content-encoding"], "deflate");
    await session.emit({ args: ["ab"] });
    const response = await poll(session, { "accept-encoding": "gzip" });
    assert.equal(response.plain, '42["e","ab"]');
    if (!is_reference) assert.equal(Number(response.headers["content-length"]), response.body.length);
    await session.leave();
  });

  it("CP-03 level 0 packs and does not compress", async () => {
    const session = await joined(stored);
    await session.emit({ args: [text] });
    const response = await poll(session, { "accept-encoding": "gzip" });
    assert.equal(response.plain, `42["e","${text}"]`);
    assert.ok(response.body.length > text.length);
    await session.leave();
  });
});
