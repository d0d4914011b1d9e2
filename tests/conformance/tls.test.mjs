// HTTPS and WSS with the official client and with Node's and OpenSSL's own: certificates of the test's own authority.
// Rows SK-02, SD-32, CM-31 of the behaviour specification.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Agent, request } from "node:https";
import { after, describe, it } from "node:test";
import { connect as tls_connect } from "node:tls";
import { connect, got, make_client, transports, upgraded } from "./lib/client.mjs";
import { Authority } from "./lib/certificates.mjs";
import { is_reference, use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const authority = new Authority("servers");
const clients = new Authority("clients");
const alice = clients.issue("alice", "DNS:alice.example");
after(() => [authority, clients].forEach((one) => one.remove()));

const ours_only = is_reference ? { skip: "an option of ours" } : {};

function use_secure_server(tls = {}) {
  const server = use_server({ tls: { ...authority.issue("first"), ...tls } });
  server.trust = { ca: authority.certificate, servername: "localhost" };
  return server;
}

/** A TLS connection by hand; resolves when its handshake is done. */
function dial(server, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = tls_connect({ port: server.port, host: "127.0.0.1", ...server.trust, ...options });
    socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  });
}

const get = (server, path, options = {}) =>
  new Promise((resolve, reject) => {
    request({ port: server.port, host: "127.0.0.1", path, agent: false, ...server.trust, ...options }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (s) => (text += s)).on("end", () => resolve({ status: res.statusCode, text }));
    }).on("error", reject).end();
  });

describe("the official client over TLS", () => {
  const server = use_secure_server();
  const secure = (options) => ({ ca: authority.certificate, ...options });

  for (const [name, how] of Object.entries(transports)) {
    it(`SK-02 SD-32 ${name}`, async () => {
      const client = await connect(server, secure(how));
      if (name === "upgrade") await upgraded(client);
      const { handshake } = await server.observed({ ev: "connection", socket: client.id });
      assert.equal(handshake.secure, true);
      assert.equal(handshake.address.replace("::ffff:", ""), "127.0.0.1");
      const text = "x".repeat(200_000);
      assert.equal(await client.emitWithAck("echo", text), text);
      const bytes = Buffer.alloc(300_000, 7);
      assert.deepEqual(await client.emitWithAck("echo", bytes), bytes);
      await server.control({ do: "emit", event: "news", args: ["n".repeat(100_000)] });
      assert.equal((await got(client, "news"))[0].length, 100_000);
    });
  }

  it("CM-31 a client that does not know the authority does not connect", async () => {
    const client = make_client(server, { reconnection: false });
    const [error] = await wait_for_event(client, "connect_error");
    assert.match(error.description.message, /certificate/);
  });

  it("SD-32 200 sessions poll and upgrade, and none is lost", { timeout: 120_000 }, async () => {
    const all = [];
    for (let i = 0; i < 200; i += 20) {
      const some = Array.from({ length: 20 }, () => connect(server, secure({ ...transports.upgrade, reconnection: false })));
      all.push(...(await Promise.all(some)));
    }
    const lost = [];
    for (const client of all) client.on("disconnect", (why) => lost.push(why));
    await Promise.all(all.map((client) => client.emitWithAck("join", "everybody")));
    await Promise.all(all.map(upgraded));
    const answers = await Promise.all(all.map((client, i) => client.emitWithAck("echo", i)));
    assert.deepEqual(answers, all.map((_, i) => i));
    await server.control({ do: "emit", to: ["everybody"], event: "news", args: [1] });
    await Promise.all(all.map((client) => got(client, "news")));
    assert.deepEqual(lost, []);
    assert.deepEqual((await server.counters()).transports, { polling: 0, websocket: 200 });
  });

  it("SD-32 a new certificate is shown to new connections, and old ones live on", async () => {
    const client = await connect(server, secure());
    const old = await dial(server);
    assert.equal(old.getPeerCertificate().subject.CN, "first");
    await server.control({ do: "set_tls", tls: authority.issue("second") });
    const fresh = await dial(server);
    assert.equal(fresh.getPeerCertificate().subject.CN, "second");
    assert.equal(await client.emitWithAck("echo", "still here"), "still here");
    old.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert.match(String(await wait_for_event(old, "data")), /^HTTP\/1.1 404 /);
    for (const socket of [old, fresh]) socket.destroy();
    assert.equal(await (await connect(server, secure())).emitWithAck("echo", "hello"), "hello");
  });
});

describe("TLS by hand", () => {
  const server = use_secure_server();

  it("SD-32 versions, ALPN and tickets", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"]) {
      const socket = await dial(server, { maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
      assert.equal(socket.getProtocol(), version);
      assert.equal(socket.alpnProtocol, "http/1.1");
      socket.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (version === "TLSv1.3") await wait_for_event(socket, "session");
      const again = await dial(server, { maxVersion: version, session: socket.getSession() });
      assert.equal(again.isSessionReused(), true);
      for (const one of [socket, again]) one.destroy();
    }
    await assert.rejects(dial(server, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }));
  });

  it("SD-32 openssl s_client is content", () => {
    const ran = spawnSync("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", "localhost",
      "-verify_return_error", "-verify_hostname", "localhost", "-CAfile", authority.certificate_file, "-quiet"],
    { input: "GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", timeout: 20_000 });
    assert.match(String(ran.stdout), /^HTTP\/1.1 404 /, String(ran.stderr));
  });

  it("SD-32 keep-alive requests, one connection", async () => {
    const socket = await dial(server);
    for (let i = 0; i < 3; i++) {
      socket.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assert.match(String(await wait_for_event(socket, "data")), /^HTTP\/1.1 404 /);
    }
    socket.destroy();
  });
});

describe("several hosts at one address", () => {
  const chat = authority.issue("chat", "DNS:chat.example,DNS:*.chat.example");
  const server = use_secure_server({ hosts: [{ names: ["chat.example", "*.chat.example"], ...chat }] });
  const everything_is_here = (name, options, done) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);

  // The client checks that the certificate belongs to the name: with another one there would be no connection.
  it("SD-32 the official client is shown that of the name it asks for", async () => {
    for (const [host, name] of [["chat.example", "chat"], ["a.chat.example", "chat"], ["localhost", "first"]]) {
      for (const how of Object.values(transports)) {
        const agent = new Agent({ ca: authority.certificate, lookup: everything_is_here, keepAlive: false });
        const there = { url: `https://${host}:${server.port}` };
        const client = await connect(there, { agent, ca: authority.certificate, ...how });
        if (how === transports.upgrade) await upgraded(client);
        assert.equal(await client.emitWithAck("echo", host), host);
        client.disconnect();
      }
      const socket = await dial(server, { servername: host });
      assert.equal(socket.getPeerCertificate().subject.CN, name);
      socket.destroy();
    }
  });

  it("SD-32 a name that nobody knows gets the usual one, and the client decides", async () => {
    const socket = await dial(server, { servername: "else.example", rejectUnauthorized: false });
    assert.equal(socket.getPeerCertificate().subject.CN, "first");
    socket.destroy();
    await assert.rejects(dial(server, { servername: "else.example" }), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });
});

describe("certificates of clients", ours_only, () => {
  const server = use_secure_server({ client: "require", client_authorities: clients.certificate });
  server.trust = { ...server.trust, cert: alice.certificate, key: alice.key };
  const known = { ca: authority.certificate, cert: alice.certificate, key: alice.key };

  it("CM-31 SD-32 who shows one comes in, over both transports", async () => {
    for (const how of Object.values(transports)) {
      const client = await connect(server, { ...known, ...how });
      if (how === transports.upgrade) await upgraded(client);
      assert.equal(await client.emitWithAck("echo", "hello"), "hello");
    }
  });

  it("CM-31 SD-32 who shows none, or one of a stranger, stays out", async () => {
    const stranger = authority.issue("mallory");
    for (const shown of [{ cert: undefined, key: undefined }, { cert: stranger.certificate, key: stranger.key }]) {
      await assert.rejects(get(server, "/nothing", shown), /alert|unknown ca|certificate/i);
      const client = make_client(server, { ca: authority.certificate, ...shown, reconnection: false });
      await wait_for_event(client, "connect_error");
    }
  });
});
