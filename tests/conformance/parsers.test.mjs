// Parsers other than JSON: socket.io-msgpack-parser, and one of the application, on both sides.
// Rows PK-17..PK-20, OP-04, K-13, Q-35.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { all_got, asked, connect, got, make_client, transports, upgraded } from "./lib/client.mjs";
import { open_ws_session, open_polling } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const require = createRequire(import.meta.url);
const notepack = require("notepack.io");
const parsers = { msgpack: require("socket.io-msgpack-parser"), lines: require("./lib/lines_parser.cjs") };

const bytes = (...list) => Buffer.from(list);
// Bytes of any kind, so that they can be compared.
function plain(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}

const arguments_of_all_kinds = [
  null, true, false, 0, -1, 127, 128, 255, 65536, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1, 0.5, -1e-7, 2 ** 62, "", "hello", "€ 😀 \u0000 \u2028",
  "x".repeat(300), [], [[1], []], {}, { a: { b: [1, { c: null }] } }, Array.from({ length: 300 }, (_, i) => i),
  bytes(), bytes(0, 1, 255), { deep: [{ bytes: bytes(1, 2, 3) }] }, Buffer.alloc(70_000, 7),
];

for (const [name, parser] of Object.entries(parsers)) {
  for (const [transport, how] of Object.entries(transports)) {
    describe(`the parser ${name} over ${transport}`, () => {
      const server = use_server({ parser: name });
      const join = (options) => connect(server, { ...how, parser, ...options });

      it("PK-17 PK-18 OP-04 joins, with what it says about itself", async () => {
        const client = await join({ auth: { token: "1", n: 1.5, key: bytes(7) } });
        const { handshake, connected } = await server.observed({ ev: "connection", socket: client.id });
        assert.equal(connected, true);
        assert.deepEqual(handshake.auth, { token: "1", n: 1.5, key: { $binary: "Bw==" } });
        const silent = await join();
        const { handshake: nothing } = await server.observed({ ev: "connection", socket: silent.id });
        assert.deepEqual(nothing.auth, {});
      });

      it("PK-18 PK-20 values of all kinds go both ways", async () => {
        const client = await join();
        if (transport === "upgrade") await upgraded(client);
        for (const one of arguments_of_all_kinds) assert.deepEqual(plain(await asked(client, "echo", one, "end")), [one, "end"]);
        client.emit("echo", ...arguments_of_all_kinds);
        assert.deepEqual(plain(await got(client, "echo")), arguments_of_all_kinds);
      });

      it("PK-20 Q-35 what JSON has no words for arrives as if it were JSON", async () => {
        const client = await join();
        const date = new Date("2024-02-29T12:34:56.789Z");
        await asked(client, "note", date, { at: date }, [undefined], new Uint8Array([1, 2]).buffer);
        const { args } = await server.observed({ ev: "note", socket: client.id });
        assert.deepEqual(args, [date.toISOString(), { at: date.toISOString() }, [null], { $binary: "AQI=" }]);
      });

      it("ACK-01 ACK-03 ACK-07 both sides ask and answer", async () => {
        const client = await join();
        client.on("q", (n, answer) => answer(n + 1, bytes(9)));
        const ask = { do: "emit", event: "q", args: [1], ack: true, flags: { timeout: 5000 } };
        await server.control({ ...ask, socket: client.id, tag: "one" });
        assert.deepEqual((await server.observed({ ev: "ack", tag: "one" })).args, [2, { $binary: "CQ==" }]);
        await server.control({ ...ask, tag: "all" });
        assert.deepEqual((await server.observed({ ev: "ack", tag: "all" })).responses, [2]);
        assert.deepEqual(await asked(client, "ack_twice"), ["first"]);
      });

      it("NS-03 NS-11 namespaces, and those that refuse", async () => {
        const main = await join();
        const other = make_client(server, { manager: main.io, nsp: "/custom" });
        await wait_for_event(other, "connect");
        assert.deepEqual(await asked(other, "echo", bytes(1)).then(plain), [bytes(1)]);
        const refused = async (nsp) => {
          return (await wait_for_event(make_client(server, { manager: main.io, nsp }), "connect_error"))[0];
        };
        const error = await refused("/refuse");
        assert.equal(error.message, "refused");
        assert.deepEqual(error.data, { code: "E_REFUSED", n: 7 });
        assert.equal((await refused("/refuse-plain")).message, "refused without data");
        assert.equal((await refused("/nope")).message, "Invalid namespace");
        other.disconnect();
        await server.observed({ ev: "disconnect", nsp: "/custom", reason: "client namespace disconnect" });
        assert.deepEqual(await asked(main, "echo", 1), [1]);
      });

      it("BR-02 BR-06 rooms and broadcasts", async () => {
        const [a, b, c] = [await join(), await join(), await join()];
        for (const one of [a, b]) await asked(one, "join", "room");
        await server.control({ do: "emit", to: ["room"], event: "news", args: [{ $binary: "AQID" }, "€"] });
        for (const one of [a, b]) assert.deepEqual(plain(await got(one, "news")), [bytes(1, 2, 3), "€"]);
        assert.deepEqual(await all_got(c, "news"), []);
        a.emit("say_to", "room", "said", 1);
        assert.deepEqual(await got(b, "said"), [1]);
        await server.control({ do: "disconnect_sockets", in: ["room"] });
        for (const one of [a, b]) if (one.connected) await wait_for_event(one, "disconnect");
      });

      it("SK-10 SK-11 SK-14 catch-alls and middlewares", async () => {
        const client = await join({ nsp: "/watched" });
        client.emit("note", bytes(1), "x");
        const seen = { socket: client.id, event: "note", args: [{ $binary: "AQ==" }, "x"] };
        await server.observed({ ev: "any", ...seen });
        await server.observed({ ev: "use", ...seen });
        await server.control({ do: "emit", socket: client.id, event: "out", args: [{ $binary: "AQ==" }] });
        await server.observed({ ev: "any_outgoing", socket: client.id, event: "out", args: [{ $binary: "AQ==" }] });
        assert.deepEqual(plain(await got(client, "out")), [bytes(1)]);
      });
    });
  }
}

describe("msgpack by hand", () => {
  const server = use_server({ parser: "msgpack" });
  const hex = (text) => Buffer.from(text.replaceAll(" ", ""), "hex");

  async function open() {
    const ws = await open_ws_session(server);
    ws.say = (packet) => ws.send_binary(notepack.encode(packet));
    ws.hear = async () => notepack.decode(await ws.next());
    return ws;
  }
  async function joined() {
    const ws = await open();
    ws.say({ type: 0, nsp: "/" });
    const { type, data, nsp } = await ws.hear();
    assert.deepEqual([type, nsp, Object.keys(data)[0]], [0, "/", "sid"]);
    return Object.assign(ws, { socket: data.sid });
  }

  it("PK-18 PK-20 K-13 the packets of the official client, byte for byte", async () => {
    const ws = await open();
    ws.send_binary(hex("83 a4 74797065 00 a4 64617461 d4 00 00 a3 6e7370 a1 2f"));
    const { type, data, nsp } = await ws.hear();
    assert.deepEqual({ type, nsp }, { type: 0, nsp: "/" });
    assert.match(data.sid, /^[\w-]{20}$/);
    assert.equal(data.pid, undefined);
    ws.send_binary(hex(
      "85 a474797065 02 a464617461 92 a46563686f 01 a76f7074696f6e73 81 a8636f6d7072657373 c3 a26964 00 a36e7370 a12f"));
    assert.deepEqual(await ws.hear(), { type: 3, id: 0, data: [1], nsp: "/" });
  });

  it("PK-18 over polling it is base64", async () => {
    const session = await open_polling(server);
    await session.post("b" + notepack.encode({ type: 0, nsp: "/" }).toString("base64"));
    const packet = await session.next();
    assert.equal(packet[0], "b");
    assert.equal(notepack.decode(Buffer.from(packet.slice(1), "base64")).type, 0);
  });

  it("PK-19 PK-15 what is no packet closes the connection", async () => {
    const wrong = [
      { type: 5, nsp: "/" }, { type: "2", nsp: "/", data: ["x"] }, { type: 2, data: ["x"] }, { type: 2, nsp: "/" }, { type: 2, nsp: "/", data: {} },
      { type: 1, nsp: "/", data: null }, { type: 2, nsp: "/", data: ["x"], id: "1" }, [], null,
    ];
    for (const packet of wrong) {
      const ws = await joined();
      ws.say(packet);
      assert.equal(await ws.closed(), 1005);
      await server.observed({ ev: "disconnect", socket: ws.socket, reason: "forced close" });
    }
    for (const bytes of [hex("c1"), hex("81"), Buffer.concat([notepack.encode({ type: 2, nsp: "/", data: ["x"] }), hex("c0")])]) {
      const ws = await joined();
      ws.send_binary(bytes);
      assert.equal(await ws.closed(), 1005);
    }
  });

  it("PK-19 names of events that are reserved elsewhere are heard by nobody", async () => {
    const ws = await joined();
    ws.say({ type: 2, nsp: "/", data: ["newListener", "x"] });
    ws.say({ type: 2, nsp: "/", data: ["echo", "still here"] });
    assert.deepEqual(await ws.hear(), { type: 2, nsp: "/", data: ["echo", "still here"] });
  });
});
