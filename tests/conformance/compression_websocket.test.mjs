// permessage-deflate (RFC 7692) with the official client and with hand-made frames.
// Rows CP-05..CP-08, OP-14, VO-05, ER-11, WS-18, Q-05 of the behaviour specification.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { deflateRawSync, inflateRawSync, constants } from "node:zlib";
import { WebSocket } from "ws";
import { connect, got, upgraded } from "./lib/client.mjs";
import { open_polling, open_ws_session, ws_path } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";
import { opcode, open_ws, refused_upgrade } from "./lib/ws.mjs";

const offer = "permessage-deflate; client_max_window_bits";
const tail = Buffer.of(0, 0, 0xff, 0xff);
const deflate = (data) => deflateRawSync(Buffer.from(data), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
const inflate = (data) => inflateRawSync(Buffer.concat([data, tail]), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
const extension = (ws) => ws.response.headers["sec-websocket-extensions"];
const parameters = (value) => value.split(";").map((one) => one.trim()).sort();

const open = (server, offered = offer) =>
  open_ws_session(server, "", offered === undefined ? {} : { "sec-websocket-extensions": offered });
async function joined(server, offered) {
  const ws = await open(server, offered);
  ws.socket = await ws.join();
  return ws;
}
const compressed = (payload, more = {}) => ({ op: opcode.text, rsv: 4, payload: deflate(payload), ...more });
async function gone(server, ws, reason) {
  await server.observed({ ev: "disconnect", socket: ws.socket, reason });
}
const leave = async (server, ws) => {
  ws.destroy();
  await gone(server, ws, "transport close");
};

const message = (n) => JSON.stringify(Array.from({ length: n }, (_, i) => ({ id: i, name: `name ${i % 7}`, ok: i % 2 === 0 })));

// Every combination of what both sides want; the client compresses everything.
const yes_no = [true, false];
for (const server_alone of yes_no) {
  for (const client_alone of yes_no) {
    describe(`permessage-deflate, server ${server_alone ? "without" : "with"} context, client ${client_alone ? "without" : "with"}`, () => {
      const server = use_server({
        per_message_deflate: { threshold: 100, server_no_context_takeover: server_alone, client_no_context_takeover: client_alone },
      });

      for (const first of ["websocket", "polling"]) {
        it(`CP-05 CP-06 CP-07 the official client that begins with ${first} sends and receives`, async () => {
          const client = await connect(server, {
            transports: first === "websocket" ? ["websocket"] : ["polling", "websocket"], perMessageDeflate: { threshold: 10 },
          });
          await upgraded(client);
          const { ws } = client.io.engine.transport;
          const negotiated = ws._extensions["permessage-deflate"];
          assert.ok(negotiated, "the extension is agreed upon");
          assert.equal(negotiated.params.server_no_context_takeover === true, server_alone);
          assert.equal(negotiated.params.client_no_context_takeover === true, client_alone);
          for (let round = 0; round < 3; round++) {
            for (const n of [0, 1, 3, 30, 3000]) {
              const sent = message(n);
              client.emit("echo", sent, Buffer.from(sent), n);
              const [text, bytes, number] = await got(client, "echo");
              assert.equal(text, sent);
              assert.deepEqual(Buffer.from(bytes), Buffer.from(sent));
              assert.equal(number, n);
            }
          }
          client.disconnect();
        });
      }

      it("CP-06 many messages in a row arrive whole and in order", async () => {
        const client = await connect(server, { perMessageDeflate: { threshold: 10 } });
        const actions = Array.from({ length: 200 }, (_, i) => ({ do: "emit", socket: client.id, event: "n", args: [i, message(i % 40)] }));
        await server.control({ do: "batch", actions });
        for (let i = 0; i < 200; i++) assert.deepEqual(await got(client, "n"), [i, message(i % 40)]);
        client.disconnect();
      });

      it("CP-05 the answer holds what both want", async () => {
        const ws = await open_ws(server.port, ws_path(), { "sec-websocket-extensions": offer });
        const flags = [...(client_alone ? ["client_no_context_takeover"] : []), ...(server_alone ? ["server_no_context_takeover"] : [])];
        assert.deepEqual(parameters(extension(ws)), [...flags, "permessage-deflate"].sort());
        ws.destroy();
      });
    });
  }
}

describe("permessage-deflate on the wire", () => {
  const server = use_server({
    max_http_buffer_size: 100_000, per_message_deflate: { server_no_context_takeover: true, client_no_context_takeover: true },
  });

  it("CP-05 offers are answered, in their order", async () => {
    for (const [offered, answer] of [
      ["permessage-deflate; client_max_window_bits=10", ["client_max_window_bits=10"]],
      ["permessage-deflate; server_max_window_bits=11", ["server_max_window_bits=11"]],
      ["x-webkit-deflate-frame, permessage-deflate", []],
      ["permessage-deflate; server_max_window_bits=9, permessage-deflate", ["server_max_window_bits=9"]],
    ]) {
      const ws = await open(server, offered);
      assert.deepEqual(parameters(extension(ws)),
        [...answer, "client_no_context_takeover", "permessage-deflate", "server_no_context_takeover"].sort());
      ws.destroy();
    }
  });

  it("CP-05 without an offer there is no extension", async () => {
    const ws = await joined(server, "x-webkit-deflate-frame");
    assert.equal(extension(ws), undefined);
    await server.control({ do: "emit", event: "big", args: ["x".repeat(3000)] });
    assert.equal((await ws.next_frame()).rsv, 0);
    ws.send_frame(compressed('42["echo",1]'));
    assert.equal(await ws.closed(), 1002);
    await gone(server, ws, "transport error");
  });

  it("CP-05 an offer that is wrong is declined, not the handshake", mended("refuses the handshake"), async () => {
    for (const offered of [
      "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=8",
      "permessage-deflate; client_no_context_takeover=1", "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
    ]) {
      const ws = await open(server, offered);
      assert.equal(extension(ws), undefined, offered);
      ws.destroy();
    }
    const ws = await open(server, "permessage-deflate; unknown, permessage-deflate; server_max_window_bits=12");
    assert.match(extension(ws), /server_max_window_bits=12/);
    ws.destroy();
  });

  it("CP-05 what is no list of extensions fails the handshake", async () => {
    for (const offered of ["permessage-deflate;", "=", 'permessage-deflate; a="b']) {
      const response = await refused_upgrade(server.port, ws_path(), { "sec-websocket-extensions": offered });
      assert.equal(response.status, 400, offered);
    }
  });

  it("CP-06 messages from the threshold on are compressed, control packets are not", async () => {
    const ws = await joined(server);
    const overhead = '42["e",""]'.length;
    for (const [length, rsv] of [[10, 0], [1023 - overhead, 0], [1024 - overhead, 4], [50_000, 4]]) {
      await server.control({ do: "emit", socket: ws.socket, event: "e", args: ["x".repeat(length)] });
      const got = await ws.next_frame();
      assert.deepEqual([got.op, got.fin, got.rsv, got.masked], [opcode.text, true, rsv, false]);
      assert.equal(rsv ? inflate(got.payload) : got.text, `42["e","${"x".repeat(length)}"]`);
    }
    await server.control({ do: "emit", socket: ws.socket, event: "e", args: [{ $binary: Buffer.alloc(2000).toString("base64") }] });
    assert.equal(await ws.next(), '451-["e",{"_placeholder":true,"num":0}]');
    const { op, rsv, payload } = await ws.next_frame();
    assert.deepEqual([op, rsv], [opcode.binary, 4]);
    assert.equal(inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH }).length, 2000);
    await leave(server, ws);
  });

  it("Q-05 VO-05 compress(false) is honoured", mended("WebSockets ignore it"), async () => {
    const ws = await joined(server);
    const big = "x".repeat(3000);
    for (const [fields, rsv] of [
      [{ socket: ws.socket, flags: { compress: false } }, 0], [{ socket: ws.socket }, 4],
      [{ flags: { compress: false } }, 0], [{ flags: { compress: true } }, 4],
    ]) {
      await server.control({ do: "emit", event: "e", args: [big], ...fields });
      assert.equal((await ws.next_frame()).rsv, rsv, JSON.stringify(fields));
    }
    await leave(server, ws);
  });

  it("CP-06 compressed messages in fragments, with control frames between, and empty ones", async () => {
    const ws = await joined(server);
    const payload = deflate('42["note","fragments"]');
    ws.send_frame({ op: opcode.text, rsv: 4, fin: false, payload: payload.subarray(0, 3) });
    ws.send_frame({ op: opcode.ping, payload: "between" });
    ws.send_frame({ op: opcode.continuation, fin: false, payload: "" });
    for (const byte of payload.subarray(3)) ws.send_frame({ op: opcode.continuation, fin: false, payload: Buffer.of(byte) });
    ws.send_frame({ op: opcode.continuation, payload: "" });
    assert.equal((await ws.next_frame()).op, opcode.pong);
    await server.observed({ ev: "note", socket: ws.socket, args: ["fragments"] });
    ws.send('42["note","plain"]'); // not compressed, which is allowed
    await server.observed({ ev: "note", socket: ws.socket, args: ["plain"] });
    ws.send_frame(compressed('451-["note",{"_placeholder":true,"num":0}]'));
    ws.send_frame({ op: opcode.binary, rsv: 4, payload: Buffer.of(0) });
    await server.observed({ ev: "note", socket: ws.socket, args: [{ $binary: "" }] });
    await leave(server, ws);
  });

  it("CP-08 ER-11 what inflates beyond the limit ends the connection with 1009", async () => {
    for (const size of [100_001, 50_000_000]) {
      const ws = await joined(server);
      ws.send_frame({ op: opcode.binary, rsv: 4, payload: deflate(Buffer.alloc(size)) });
      assert.equal(await ws.closed(), 1009, `${size}`);
      await gone(server, ws, "transport error");
    }
    const ws = await joined(server);
    const text = "x".repeat(100_000 - '42["echo",""]'.length);
    ws.send_frame(compressed(`42["echo","${text}"]`));
    assert.equal(inflate((await ws.next_frame()).payload), `42["echo","${text}"]`);
    await leave(server, ws);
  });

  it("CP-06 WS-19 the bit stands on the first frame of a message, and nowhere else", async () => {
    for (const frames of [
      [{ op: opcode.ping, rsv: 4, payload: "x" }],
      [{ op: opcode.close, rsv: 4 }],
      [{ op: opcode.text, fin: false, payload: "4" }, { op: opcode.continuation, rsv: 4, payload: "2" }],
      [{ op: opcode.text, rsv: 6, payload: deflate("4") }],
    ]) {
      const ws = await joined(server);
      for (const one of frames) ws.send_frame(one);
      assert.equal(await ws.closed(), 1002);
      await gone(server, ws, "transport error");
    }
  });

  it("CP-06 nonsense, and text that is none after inflation, end it with 1007", async () => {
    for (const payload of [Buffer.of(7, 7, 7), deflate(Buffer.of(0x34, 0xff))]) {
      const ws = await joined(server);
      ws.send_frame({ op: opcode.text, rsv: 4, payload });
      assert.equal(await ws.closed(), 1007);
      await gone(server, ws, "transport error");
    }
  });

  it("WS-18 CP-06 one broadcast for those who inflate, those who do not, and those who poll", async () => {
    const deflating = await Promise.all([joined(server), joined(server), joined(server, "permessage-deflate; server_max_window_bits=10")]);
    const plain = await joined(server, "none");
    const polling = await open_polling(server);
    await polling.join();
    const text = "€".repeat(1000);
    for (let round = 0; round < 3; round++) {
      await server.control({ do: "emit", event: "all", args: [text, { $binary: Buffer.alloc(5000, "ab").toString("base64") }] });
      const head = `451-["all","${text}",{"_placeholder":true,"num":0}]`;
      for (const ws of deflating) {
        const [first, second] = [await ws.next_frame(), await ws.next_frame()];
        assert.deepEqual([first.rsv, second.rsv], [4, 4]);
        assert.equal(inflate(first.payload), head);
        assert.equal(inflate(second.payload), "ab".repeat(2500));
      }
      assert.equal(await plain.next(), head);
      assert.equal((await plain.next()).toString(), "ab".repeat(2500));
      assert.equal(await polling.next(), head);
      assert.equal(await polling.next(), `b${Buffer.alloc(5000, "ab").toString("base64")}`);
    }
    for (const ws of [...deflating, plain]) await leave(server, ws);
    await polling.leave();
  });

  it("CP-05 WS-09 a candidate of an upgrade agrees on it, too", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    const ws = await open_ws(server.port, ws_path(session.sid), { "sec-websocket-extensions": offer });
    assert.match(extension(ws), /^permessage-deflate/);
    ws.send_frame(compressed("2probe"));
    assert.equal(await ws.next(), "3probe");
    ws.send_frame(compressed("5"));
    ws.send_frame(compressed('42["echo","' + "z".repeat(2000) + '"]'));
    const frame = await ws.next_frame();
    assert.equal(frame.rsv, 4);
    assert.equal(inflate(frame.payload), '42["echo","' + "z".repeat(2000) + '"]');
    ws.socket = socket;
    await leave(server, ws);
  });

  it("WS-02 CP-06 a client without binary gets base64, compressed or not", { skip: is_reference && "its base64 is of the compressed size" }, async () => {
    const ws = await open_ws_session(server, "&b64=1", { "sec-websocket-extensions": offer });
    ws.socket = await ws.join();
    await server.control({ do: "emit", event: "e", args: ["x".repeat(2000), { $binary: Buffer.alloc(3000).toString("base64") }] });
    assert.equal(inflate((await ws.next_frame()).payload), `451-["e","${"x".repeat(2000)}",{"_placeholder":true,"num":0}]`);
    const second = await ws.next_frame();
    assert.deepEqual([second.op, second.rsv], [opcode.text, 4]);
    assert.equal(inflate(second.payload), `b${Buffer.alloc(3000).toString("base64")}`);
    await leave(server, ws);
  });
});

describe("permessage-deflate with context", () => {
  const server = use_server({ per_message_deflate: { server_no_context_takeover: false, client_no_context_takeover: false } });

  it("Q-05 CP-06 the threshold counts here, too", mended("everything is compressed"), async () => {
    const ws = await joined(server);
    for (const [length, rsv] of [[10, 0], [1000, 0], [2000, 4], [10, 0]]) {
      await server.control({ do: "emit", socket: ws.socket, event: "e", args: ["x".repeat(length)] });
      assert.equal((await ws.next_frame()).rsv, rsv, `${length}`);
    }
    await leave(server, ws);
  });

  it("CP-05 CP-06 a message refers to those before it", mended("everything is compressed, also what this test cannot read"), async () => {
    const ws = await joined(server);
    const noise = Array.from({ length: 1500 }, (_, i) => String.fromCharCode(33 + ((i * 7919 + (i * i) % 83) % 90))).join("");
    const sizes = [];
    for (let i = 0; i < 3; i++) {
      await server.control({ do: "emit", socket: ws.socket, event: "e", args: [noise] });
      sizes.push((await ws.next_frame()).payload.length);
    }
    assert.ok(sizes[1] < sizes[0] / 5 && sizes[2] < sizes[0] / 5, `${sizes}`);
    await leave(server, ws);
  });
});

// The npm package that clients in Node speak through, with everything that it can be told to ask for.
describe("permessage-deflate with the WebSocket client `ws`", () => {
  const server = use_server({
    per_message_deflate: { threshold: 0, server_no_context_takeover: false, client_no_context_takeover: false },
  });
  const wishes = [
    {}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true }, { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverMaxWindowBits: 9 }, { clientMaxWindowBits: 9 }, { serverMaxWindowBits: 12, clientMaxWindowBits: 10, serverNoContextTakeover: true },
  ];
  for (const wish of wishes) {
    it(`CP-05 CP-06 WS-19 is granted ${JSON.stringify(wish)}, and both understand each other`, { timeout: 30_000 }, async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${server.port}${ws_path()}`, { perMessageDeflate: { threshold: 0, ...wish } });
      const heard = [];
      let wake = () => {};
      ws.on("message", (data, binary) => { heard.push(binary ? data : data.toString()); wake(); });
      const next = async () => {
        while (!heard.length) await new Promise((resolve) => (wake = resolve));
        return heard.shift();
      };
      await once(ws, "open");
      const agreed = ws._extensions["permessage-deflate"].params;
      assert.equal(agreed.server_no_context_takeover ?? false, wish.serverNoContextTakeover ?? false);
      assert.equal(agreed.client_no_context_takeover ?? false, wish.clientNoContextTakeover ?? false);
      assert.equal(agreed.server_max_window_bits, wish.serverMaxWindowBits);
      if (wish.clientMaxWindowBits) assert.equal(agreed.client_max_window_bits, wish.clientMaxWindowBits);
      assert.match(await next(), /^0/);
      ws.send("40");
      assert.match(await next(), /^40/);
      for (const n of [1, 400, 30, 400, 2]) {
        const list = message(n);
        ws.send(`451-["echo",${list},{"_placeholder":true,"num":0}]`);
        ws.send(Buffer.from(list));
        assert.equal(await next(), `451-["echo",${list},{"_placeholder":true,"num":0}]`);
        assert.deepEqual(await next(), Buffer.from(list));
        for (const size of [1, 7]) { // in fragments
          ws.send(`42["echo",${list.slice(0, -1)}`, { fin: false });
          for (let i = 0; i < size; i++) ws.send(`,${i}`, { fin: false });
          ws.send("]]");
          assert.equal(await next(), `42["echo",${list.slice(0, -1)},${Array.from({ length: size }, (_, i) => i)}]]`);
        }
      }
      ws.close();
      await once(ws, "close");
    });
  }
});

describe("permessage-deflate off", () => {
  const server = use_server();

  it("OP-14 CP-05 by default nothing is agreed upon, whatever is offered", async () => {
    for (const offered of [offer, "permessage-deflate; unknown", ";;;"]) {
      const ws = await open(server, offered);
      assert.equal(extension(ws), undefined);
      ws.destroy();
    }
    const client = await connect(server, { perMessageDeflate: { threshold: 0 } });
    client.emit("echo", message(1000));
    assert.deepEqual(await got(client, "echo"), [message(1000)]);
    client.disconnect();
  });
});
