// Hostile polling: malformed payloads, overlapping and aborted requests, upgrades out of order.
// Rows HS-14..HS-21, WS-09..WS-12, ER-10 from the hostile side.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { hostile } from "./lib/hostile.mjs";
import { open_polling, polling_path, record_separator as rs, ws_path } from "./lib/raw.mjs";
import { impatient, use_server } from "./lib/server.mjs";
import { format_request, open_tcp } from "./lib/tcp.mjs";
import { open_ws, opcode } from "./lib/ws.mjs";

describe("hostile polling", () => {
  const server = use_server({ ...impatient, max_http_buffer_size: 100_000 });

  async function joined() {
    const session = await open_polling(server);
    session.socket = await session.join();
    return session;
  }

  const bodies = {
    "nothing": ["", "parse error"],
    "an unknown type": ["9", "parse error"],
    "a letter": ["x", "parse error"],
    "a lone separator": [rs, "parse error"],
    "a separator at the end": [`3${rs}`, "parse error"],
    "a separator at the start": [`${rs}3`, "parse error"],
    "two separators": [`3${rs}${rs}3`, "parse error"],
    "a ping": ["2", "transport error"],
    "bad UTF-8": [Buffer.from([0x34, 0x32, 0x5b, 0x22, 0xc3, 0x28, 0x22]), "forced close"],
    "zero bytes": [Buffer.alloc(100), "parse error"],
    "an attachment that nobody waits for": ["bAQID", "forced close"],
    "broken JSON": ["42[", "forced close"],
    "an empty message": ["4", "forced close"],
  };
  for (const [what, [body, reason]] of Object.entries(bodies)) {
    hostile(server, `a payload of ${what} ends its session`, async () => {
      const session = await joined();
      assert.equal((await session.post(body)).text, "ok");
      if (reason === "forced close") await session.get();
      await server.observed({ ev: "disconnect", socket: session.socket, reason });
    });
  }

  hostile(server, "engine packets that make no sense here are ignored", async () => {
    const session = await joined();
    await session.post(["0", '0{"sid":"x"}', "5", "6", "3", "3probe"].join(rs));
    await session.post('42["echo","unharmed"]');
    assert.equal(await session.next(), '42["echo","unharmed"]');
    await session.leave();
  });

  hostile(server, "wrong base64 is no more than wrong bytes", async () => {
    const session = await joined();
    await session.post(`451-["note",{"_placeholder":true,"num":0}]${rs}b!!*?=`);
    await session.leave();
  });

  hostile(server, "thirty thousand packets in one payload", async () => {
    const session = await joined();
    assert.equal((await session.post(Array(30_000).fill("3").join(rs))).text, "ok");
    await session.post('42["echo","unharmed"]');
    assert.equal(await session.next(), '42["echo","unharmed"]');
    await session.leave();
  });

  hostile(server, "many overlapping polls", async () => {
    const session = await joined();
    const gets = await Promise.all(Array.from({ length: 5 }, () => session.start_get()));
    const answers = await Promise.all(gets.map((tcp) => tcp.read_response()));
    assert.equal(answers.filter((r) => r.status === 400).length, 4);
    await server.observed({ ev: "disconnect", socket: session.socket, reason: "transport error" });
  });

  hostile(server, "many overlapping posts", async () => {
    const session = await joined();
    const head = { method: "POST", path: polling_path(session.sid), headers: { "content-length": 10 }, body: "4" };
    const posts = await Promise.all(Array.from({ length: 5 }, () => open_tcp(server.port)));
    for (const tcp of posts) tcp.write(format_request(head));
    await server.observed({ ev: "disconnect", socket: session.socket, reason: "transport error" });
    for (const tcp of posts) tcp.destroy();
  });

  hostile(server, "a poll and a post that are both aborted", async () => {
    for (const first of ["get", "post"]) {
      const session = await joined();
      const get = await session.start_get();
      const post = await open_tcp(server.port);
      const headers = { "content-length": 100 };
      post.write(format_request({ method: "POST", path: polling_path(session.sid), headers, body: "42" }));
      await server.all_observed({});
      for (const tcp of first === "get" ? [get, post] : [post, get]) tcp.reset();
      await server.observed({ ev: "disconnect", socket: session.socket, reason: "transport error" });
    }
  });

  hostile(server, "a poll that is aborted while it is being answered", async () => {
    for (let i = 0; i < 20; ++i) {
      const session = await joined();
      const get = await session.start_get();
      const emit = server.control({ do: "emit", socket: session.socket, event: "x", args: ["y".repeat(50_000)] });
      get.reset();
      await emit;
    }
  });

  hostile(server, "a body that is announced and never sent", async () => {
    const session = await joined();
    const tcp = await open_tcp(server.port);
    const headers = { "content-length": 50 };
    tcp.write(format_request({ method: "POST", path: polling_path(session.sid), headers, body: "" }));
    await server.observed({ ev: "disconnect", socket: session.socket, reason: "ping timeout" });
    tcp.destroy();
  });

  hostile(server, "packets before the namespace is joined end the session", async () => {
    const bodies = ['42["note"]', "41", '430["x"]', '44{"message":"x"}', '451-["x",{"_placeholder":true,"num":0}]'];
    for (const body of bodies) {
      const session = await open_polling(server);
      await session.post(body);
      if (body.startsWith("45")) await session.post("bAQID");
      await session.get();
      await server.observed({ ev: "engine_close", sid: session.sid });
    }
  });

  hostile(server, "requests for a session that is gone", async () => {
    const session = await joined();
    await session.leave();
    for (const response of [await session.get(), await session.post("40"), await session.post("1")]) {
      assert.equal(response.status, 400);
    }
  });

  hostile(server, "someone else's upgrade packets are only a failed probe", async () => {
    for (const packet of ["2probe2", "5x", "\u0000", "40", "6", Buffer.of(5), Buffer.from("5")]) {
      const session = await joined();
      const ws = await open_ws(server.port, ws_path(session.sid));
      if (typeof packet === "string") ws.send(packet);
      else ws.send_binary(packet);
      if (packet !== "5x") { // A commit may carry what it likes.
        await ws.closed();
        await session.post('42["echo","unharmed"]');
        assert.equal(await session.next(), '42["echo","unharmed"]');
        await session.leave();
      }
      ws.destroy();
    }
  });

  hostile(server, "a candidate that breaks the WebSocket protocol harms only itself", async () => {
    const session = await joined();
    const ws = await open_ws(server.port, ws_path(session.sid));
    ws.send_frame({ op: opcode.text, payload: "2probe", masked: false });
    await ws.closed();
    await session.post('42["echo","unharmed"]');
    assert.equal(await session.next(), '42["echo","unharmed"]');
    await session.leave();
  });

  hostile(server, "a hundred probes in a row", async () => {
    const session = await joined();
    const ws = await open_ws(server.port, ws_path(session.sid));
    for (let i = 0; i < 100; ++i) ws.send("2probe");
    for (let i = 0; i < 100; ++i) assert.equal(await ws.next(), "3probe");
    ws.send("5");
    await server.observed({ ev: "engine_upgrade", sid: session.sid });
    ws.destroy();
  });

  hostile(server, "a session that ends at every step of its upgrade", async () => {
    const steps = [[], ["2probe"], ["2probe", "5"], ["5"]];
    for (const packets of steps) {
      for (const end of ["post", "websocket", "both"]) {
        const session = await joined();
        const ws = await open_ws(server.port, ws_path(session.sid));
        for (const packet of packets) ws.send(packet);
        if (end !== "websocket") await session.leave();
        if (end !== "post") ws.destroy();
        if (end === "websocket") await session.leave();
        ws.destroy();
        await server.observed({ ev: "disconnect", socket: session.socket });
      }
    }
  });
});
