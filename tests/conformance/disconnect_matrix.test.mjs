// Every way in which a connection ends, and what each side reports: the table of section 1.30.
// Rows DM-01..DM-17, SV-09, SV-12, SK-21, PK-16 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, make_client, transports } from "./lib/client.mjs";
import { start_proxy } from "./lib/proxy.mjs";
import { open_polling, open_ws_session, polling_path } from "./lib/raw.mjs";
import { brisk, start_server, use_server } from "./lib/server.mjs";
import { http } from "./lib/tcp.mjs";
import { wait_for_event } from "./lib/wait.mjs";
import { frame, opcode } from "./lib/ws.mjs";

const kinds = ["polling", "websocket"];

describe("disconnect matrix", () => {
  const server = use_server({ max_http_buffer_size: 2000 });
  const silent = use_server(brisk); // For the rows that only time can end.
  const patient = use_server({ ...brisk, ping_timeout: 5000 }); // Where pings must not end it before.

  /**
   * Connects, triggers, and checks what the server and the client report, and whether the client comes back.
   * `trigger` gets the client and the proxy that it is connected through.
   */
  async function matrix({ at = server, kind, trigger, on_server, on_client, reconnects }) {
    const proxy = await start_proxy(at.port);
    try {
      const client = await connect({ url: proxy.url }, transports[kind]);
      const { id } = client;
      await at.observed({ ev: "connection", socket: id });
      const left = wait_for_event(client, "disconnect");
      const back = reconnects ? wait_for_event(client, "connect") : undefined;
      await trigger(client, proxy);
      const [reason, details] = await left;
      assert.ok([on_client].flat().includes(reason), `the client says ${reason}`);
      const seen = await at.observed({ ev: "disconnect", socket: id });
      assert.ok([on_server].flat().includes(seen.reason), `the server says ${seen.reason}`);
      assert.equal(client.active, reconnects);
      await back;
      if (reconnects) assert.notEqual(client.id, id);
      assert.equal((await at.all_observed({ ev: "disconnect", socket: id })).length, 1);
      return details;
    } finally {
      proxy.stop();
    }
  }

  for (const kind of kinds) {
    it(`DM-01 client disconnect over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.disconnect(),
        on_server: "client namespace disconnect", on_client: "io client disconnect", reconnects: false,
      }));

    for (const close of [false, true]) {
      it(`DM-02 server disconnect(${close}) over ${kind}`, () =>
        matrix({
          kind, trigger: (client) => server.control({ do: "disconnect", socket: client.id, close }),
          on_server: "server namespace disconnect", on_client: "io server disconnect", reconnects: false,
        }));
    }

    it(`DM-04 the server closes the session over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => server.control({ do: "conn_close", socket: client.id }),
        on_server: "forced close", on_client: "transport close", reconnects: true,
      }));

    it(`DM-08 K-09 K-10 bad Socket.IO packet from the client over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.io.engine.write('2["broken'),
        on_server: "forced close", on_client: "transport close", reconnects: true,
      }));

    it(`DM-10 bad Engine.IO packet from the client over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => write_garbage(server, client, kind),
        on_server: "parse error", on_client: ["transport close", "transport error"], reconnects: true,
      }));

    it(`DM-13 SV-12 a second CONNECT for the same namespace over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.io.engine.write("0"),
        on_server: ["forced close", "forced server close"], on_client: "transport close", reconnects: true,
      }));

    it(`DM-13 SV-12 a packet for a namespace that was not joined over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.io.engine.write('2/custom,["x"]'),
        on_server: ["forced close", "forced server close"], on_client: "transport close", reconnects: true,
      }));

    it(`SV-12 a CONNECT_ERROR from the client over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.io.engine.write('4{"message":"no"}'),
        on_server: ["forced close", "forced server close"], on_client: "transport close", reconnects: true,
      }));

    it(`DM-16 the client closes its engine over ${kind}`, () =>
      matrix({
        kind, trigger: (client) => client.io.engine.close(),
        on_server: "transport close", on_client: "forced close", reconnects: true,
      }));
  }

  it("DM-05 the network is cut", () =>
    matrix({
      kind: "websocket", trigger: (_, proxy) => proxy.cut(),
      on_server: ["transport close", "transport error"], on_client: "transport close", reconnects: true,
    }));

  it("DM-06 the client's pongs are lost", () =>
    matrix({
      at: silent, kind: "websocket",
      trigger: async (client, proxy) => {
        proxy.block("to_server");
        client.once("disconnect", () => (proxy.blocked.to_server = false));
      },
      on_server: "ping timeout", on_client: "transport close", reconnects: true,
    }));

  it("DM-07 the server's pings are lost", () =>
    matrix({
      at: silent, kind: "websocket",
      trigger: async (client, proxy) => {
        proxy.block("to_client");
        client.once("disconnect", () => (proxy.blocked.to_client = false));
      },
      on_server: ["transport close", "ping timeout"], on_client: "ping timeout", reconnects: true,
    }));

  it("DM-09 PK-16 bad Socket.IO packet from the server", () =>
    matrix({
      kind: "websocket", trigger: (_, proxy) =>
        proxy.inject(frame({ op: opcode.text, payload: '42["broken', masked: false })),
      on_server: "transport close", on_client: "parse error", reconnects: true,
    }));

  it("DM-11 a WebSocket message that is too big", async () => {
    const details = await matrix({
      kind: "websocket", trigger: (client) => client.emit("note", "x".repeat(3000)),
      on_server: "transport error", on_client: "transport close", reconnects: true,
    });
    assert.equal(details.context.code, 1009);
  });

  it("DM-12 a POST that is too big", async () => {
    const details = await matrix({
      kind: "polling", trigger: (client) => client.emit("note", "x".repeat(3000)),
      on_server: "transport close", on_client: "transport error", reconnects: true,
    });
    assert.equal(details.description, 413);
  });

  for (const kind of kinds) {
    it(`DM-14 a client that joins no namespace in time over ${kind}`, async () => {
      const session = kind === "polling" ? await open_polling(patient) : await open_ws_session(patient);
      const keep_alive = (packet) => packet === "2" && (session.post ? session.post("3") : session.send("3"));
      const start = Date.now();
      if (kind === "polling") {
        let text = "";
        while (text !== "1" && !text.endsWith("\x1e1")) {
          const got = await session.get();
          assert.equal(got.status, 200, got.text); // or it would be asked for ever
          text = got.text;
          await keep_alive(text);
        }
      } else {
        for (let got = await session.next_frame(); got.op !== opcode.close; got = await session.next_frame()) {
          keep_alive(got.text);
        }
      }
      assert.ok(Date.now() - start >= brisk.connect_timeout - 50, `${Date.now() - start} ms`);
      const { reason } = await patient.observed({ ev: "engine_close", sid: session.sid });
      assert.ok(["forced close", "forced server close"].includes(reason), reason);
    });
  }

  it("DM-15 a refused client hears connect_error only, and does not come back", async () => {
    for (const nsp of ["/refuse", "/unknown"]) {
      const client = make_client(server, { nsp });
      let left = false;
      client.on("disconnect", () => (left = true));
      await wait_for_event(client, "connect_error");
      await server.idle(); // The client closes a connection that it has no more use for.
      assert.deepEqual([left, client.active, client.connected], [false, false, false]);
    }
    assert.deepEqual(await server.all_observed({ ev: "disconnect", nsp: "/refuse" }), []);
  });

  it("DM-17 a poll of the client's overlaps with another", () =>
    matrix({
      kind: "polling", trigger: (client) => http(server.port, { path: polling_path(client.io.engine.id) }),
      on_server: "transport error", on_client: ["transport error", "transport close"], reconnects: true,
    }));
});

/** An engine packet of no known type, behind the back of the official client. */
async function write_garbage(server, client, kind) {
  const { transport, id } = client.io.engine;
  if (kind === "websocket") return transport.ws.send("x");
  return http(server.port, { method: "POST", path: `/socket.io/?EIO=4&transport=polling&sid=${id}`, body: "x" });
}

describe("closing the server", () => {
  it("SV-09 DM-03 K-07 everybody is told the official way, nothing says DISCONNECT, the port is free", async (t) => {
    const server = await start_server(t);
    const clients = await Promise.all(kinds.map((kind) => connect(server, { ...transports[kind], nsp: "/custom" })));
    const ws = await open_ws_session(server);
    const polling = await open_polling(server);
    const sockets = [...clients.map((c) => c.id), await ws.join(), await polling.join()];
    const get = await polling.start_get();
    await server.all_observed({});
    const leaving = clients.map((c) => wait_for_event(c, "disconnect"));
    await server.control({ do: "emit", event: "discarded or delivered" });
    await server.control({ do: "close" });
    for (const socket of sockets) {
      await server.observed({ ev: "disconnecting", socket, reason: "server shutting down" });
      await server.observed({ ev: "disconnect", socket, reason: "server shutting down" });
    }
    for (const [i, left] of leaving.entries()) {
      assert.equal((await left)[0], "transport close");
      assert.equal(clients[i].active, true, "it will try again");
      clients[i].disconnect();
    }
    const texts = [];
    for (let got = await ws.next_frame(); got.op !== opcode.close; got = await ws.next_frame()) texts.push(got.text);
    assert.deepEqual(texts.filter((t) => t.startsWith("41")), []);
    ws.destroy();
    const { text } = await get.read_response();
    assert.ok(!text.includes("41"), text);
    get.destroy();
    await server.observed({ ev: "closed" });
    await assert.rejects(http(server.port, { path: "/" }), { code: "ECONNREFUSED" });
    await server.stop();
  });
});
