// Socket.IO packets on the wire: what is accepted, what is answered, what closes the connection.
// Rows PK-01..PK-16, SV-12, Q-04, Q-22, Q-23 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, transports } from "./lib/client.mjs";
import { open_polling, open_ws_session } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";

describe("packets", () => {
  const server = use_server();

  async function joined() {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join();
    return ws;
  }

  /** Sends frames (strings or Buffers) on a joined socket and expects that the connection ends. */
  async function closes(...frames) {
    const ws = await joined();
    for (const data of frames) typeof data === "string" ? ws.send(data) : ws.send_binary(data);
    assert.equal(await ws.closed(), 1005, `${frames}`);
    await server.observed({ ev: "disconnect", socket: ws.socket, reason: "forced close" });
  }

  async function echoes(sent, received = sent) {
    const ws = await joined();
    ws.send(sent);
    assert.equal(await ws.next(), received);
    ws.destroy();
  }

  it("PK-01 PK-02 a namespace other than / stands before a comma, also when nothing follows", async () => {
    const ws = await joined();
    ws.send("40/custom,");
    const reply = await ws.next();
    assert.match(reply, /^40\/custom,\{"sid":"[^"]{20}"\}$/);
    ws.send('42/custom,["echo",1]');
    assert.equal(await ws.next(), '42/custom,["echo",1]');
    ws.send('42/custom,7["echo",1]');
    assert.equal(await ws.next(), "43/custom,7[1]");
    const socket = JSON.parse(reply.slice(10)).sid;
    await server.control({ do: "disconnect", socket });
    assert.equal(await ws.next(), "41/custom,");
    ws.destroy();
  });

  it("PK-02 K-11 a CONNECT may end with the name of its namespace", async () => {
    const ws = await open_ws_session(server);
    ws.send("40/custom");
    assert.match(await ws.next(), /^40\/custom,\{"sid":/);
    ws.send("41/custom");
    await server.observed({ ev: "disconnect", nsp: "/custom", reason: "client namespace disconnect" });
    ws.destroy();
  });

  it("PK-03 ids are returned as numbers", async () => {
    await echoes('420["echo"]', "430[]");
    await echoes('42007["echo"]', "437[]");
    await echoes('429007199254740991["echo"]', "439007199254740991[]");
  });

  it("PK-03 Q-22 ids are whole up to 64 bits, and beyond them no ids",
    mended("ids beyond 2^53 are rounded, to infinity at last"), async () => {
      await echoes('429007199254740993["echo"]', "439007199254740993[]");
      await echoes('4218446744073709551615["echo"]', "4318446744073709551615[]");
      await closes('4218446744073709551616["echo"]');
    });

  const invalid = {
    "CONNECT with something else than an object": ["40/custom,[]", "40/custom,null", '40/custom,"x"', "40/custom,[1]"],
    "DISCONNECT with a payload": ["41{}", "41[]", "41null"],
    "EVENT without a list or a name": ["42{}", '42"x"', "42null", "42[]", "42[null]", "42[{}]", "42[true]", "42[[]]"],
    "ACK without a list": ["430{}", "430null", '430"x"'],
    "broken JSON": ['42["x"', '42["x",]', "42x", '42["x"]]', '42["\x01"]', "42[NaN]", '42["x" 1]', "42['x']"],
  };
  for (const [what, packets] of Object.entries(invalid)) {
    it(`PK-04 DM-08 ${what} closes the connection`, async () => {
      for (const packet of packets) await closes(packet);
    });
  }

  it("PK-05 Q-23 an EVENT without payload", async () => {
    if (!is_reference) return closes("42"); // The protocol asks for it; JS differs.
    const ws = await joined();
    ws.send("42");
    ws.send('42["echo","unharmed"]');
    assert.equal(await ws.next(), '42["echo","unharmed"]');
  });

  it("PK-05 a number is accepted as the name of an event", async () => {
    const ws = await joined();
    ws.send("42[7,8]");
    ws.send('42["echo","unharmed"]');
    assert.equal(await ws.next(), '42["echo","unharmed"]');
  });

  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    it(`PK-06 DM-08 the reserved event ${name} closes the connection`, () => closes(`42["${name}"]`));
  }

  it("PK-07 attachments are numbered depth first and follow in that order", async () => {
    const ws = await joined();
    const nested = { z: { $binary: "AA==" }, a: [1, { $binary: "AQ==" }, { deep: { $binary: "Ag==" } }] };
    const args = [nested, { $binary: "" }];
    await server.control({ do: "emit", socket: ws.socket, event: "bytes", args });
    const holder = (num) => ({ _placeholder: true, num });
    const expected = ["bytes", { z: holder(0), a: [1, holder(1), { deep: holder(2) }] }, holder(3)];
    assert.equal(await ws.next(), `454-${JSON.stringify(expected)}`);
    for (const bytes of [[0], [1], [2], []]) assert.deepEqual(await ws.next(), Buffer.from(bytes));
  });

  it("PK-09 Q-04 the number of attachments must be a number from 1 to 10", async () => {
    const lenient = is_reference ? [] : ["1e1", " 1", "0x1"]; // JS differs: whatever Number() takes will do.
    for (const count of ["", "0", "a", "1.5", "-1", "11", "99999999999999999999", ...lenient]) {
      await closes(`45${count}-["note",{"_placeholder":true,"num":0}]`);
    }
    await closes('451["note",{"_placeholder":true,"num":0}]');
    await closes("451");
  });

  it("PK-10 text while attachments are missing closes the connection", () =>
    closes('452-["note",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.of(1), '42["note"]'));

  it("PK-10 an attachment that nobody waits for closes the connection", () => closes(Buffer.of(1, 2, 3)));

  it("PK-10 a placeholder out of range closes the connection", async () => {
    for (const num of [1, -1, 2 ** 31, 1e300]) {
      await closes(`451-["note",{"_placeholder":true,"num":${num}}]`, Buffer.of(1));
    }
  });

  it("PK-11 a placeholder is data in a plain packet and an attachment in a binary one", async () => {
    const spoof = '["note",{"_placeholder":true,"num":0}]';
    const ws = await joined();
    ws.send(`42${spoof}`);
    await server.observed({ ev: "note", socket: ws.socket, args: [{ _placeholder: true, num: 0 }] });
    ws.send('451-["note",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]');
    ws.send_binary(Buffer.of(5));
    await server.observed({ ev: "note", socket: ws.socket, args: [{ $binary: "BQ==" }, { $binary: "BQ==" }] });
  });

  it("PK-12 ACK-03 a packet with attachments is an event or an ack like any other", async () => {
    const ws = await joined();
    ws.send('451-3["echo",{"_placeholder":true,"num":0}]');
    ws.send_binary(Buffer.of(1, 2));
    assert.equal(await ws.next(), '461-3[{"_placeholder":true,"num":0}]');
    assert.deepEqual(await ws.next(), Buffer.of(1, 2));
    await server.control({ do: "emit", socket: ws.socket, event: "ask", ack: true, tag: "binary ack" });
    const id = /^42(\d+)\["ask"\]$/.exec(await ws.next())[1];
    ws.send(`461-${id}[{"_placeholder":true,"num":0}]`);
    ws.send_binary(Buffer.of(9));
    const { args } = await server.observed({ ev: "ack", tag: "binary ack" });
    assert.deepEqual(args, [{ $binary: "CQ==" }]);
  });

  it("PK-13 JSON is taken and given as JavaScript does", async () => {
    await echoes('42["echo",  { "b" : 1.50 , "a" : [ ] } ]', '42["echo",{"b":1.5,"a":[]}]');
    await echoes('42["echo",{"__proto__":{"x":1},"constructor":null}]');
    await echoes('42["echo","\\u20ac\\ud83d\\ude00\\/\\u0041"]', '42["echo","€😀/A"]');
    await echoes('42["echo","\\u0000\\u001f\\n\\"\\\\"]');
    await echoes('42["echo",0,-1,1.5,0.000001,9007199254740991,-9007199254740991,true,false,null,""]');
  });

  it("PK-13 numbers keep their value", async () => {
    const numbers = [1e21, -1e-7, 1.7976931348623157e308, 5e-324, 0.1, 123456789.125, 4294967296];
    const ws = await joined();
    ws.send(`42${JSON.stringify(["echo", ...numbers])}`);
    assert.deepEqual(JSON.parse((await ws.next()).slice(2)), ["echo", ...numbers]);
  });

  it("PK-13 half of a surrogate pair, which JavaScript strings may hold, ends nothing", async () => {
    const ws = await joined();
    ws.send('42["echo","a\\ud83db"]');
    const [, text] = JSON.parse((await ws.next()).slice(2));
    assert.ok(["a\ud83db", "a\ufffdb"].includes(text), JSON.stringify(text));
  });

  it("PK-14 DM-08 an unknown type closes the connection", async () => {
    for (const packet of ["4", "47", "48", "49", "4x", "4 2[]", "4/"]) await closes(packet);
  });

  it("PK-15 K-09 every socket of the connection hears of the error before it ends", async () => {
    const ws = await joined();
    const other = await ws.join("/custom");
    ws.send("4nonsense");
    for (const socket of [ws.socket, other]) {
      const error = await server.observed({ ev: "error", socket });
      const end = await server.observed({ ev: "disconnect", socket, reason: "forced close" });
      assert.ok(error.n < end.n);
    }
  });

  it("PK-15 a polling client that misbehaves is told with its next poll", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    await session.post("4nonsense");
    assert.equal((await session.get()).text, "6\x1e1");
    await server.observed({ ev: "disconnect", socket, reason: "forced close" });
  });
});

describe("values through the official client", () => {
  const server = use_server();
  const values = [
    0, -1, 1.5, 1e21, true, false, null, "", "text", "€😀\u2028\u0000", "x".repeat(100_000),
    [], {}, [[[]]], { a: { b: [1, { c: null }] } }, Buffer.alloc(0), Buffer.of(1, 2, 3), Buffer.alloc(100_000, 7),
    [Buffer.of(1), { deep: [Buffer.of(2)] }, "between", Buffer.of(3)],
  ];
  for (const name of ["polling", "websocket", "upgrade"]) {
    it(`PK-07 PK-13 WS-15 HS-20 round trip over ${name}`, async () => {
      const client = await connect(server, transports[name]);
      for (const value of values) {
        assert.deepEqual(await client.timeout(4000).emitWithAck("echo", value), value);
        client.emit("echo", value, "and", value);
        const { args } = await client.inbox.take((x) => x.event === "echo", "the echo");
        assert.deepEqual(args, [value, "and", value]);
      }
    });
  }

  it("PK-07 PK-13 typed arrays become bytes, dates become text, undefined becomes null", async () => {
    const client = await connect(server);
    const bytes = Uint8Array.of(9, 8, 7, 6);
    const echo = (value) => client.timeout(4000).emitWithAck("echo", value);
    assert.deepEqual(await echo(bytes), Buffer.from(bytes));
    assert.deepEqual(await echo(bytes.buffer), Buffer.from(bytes));
    assert.deepEqual(await echo(new DataView(bytes.buffer)), Buffer.from(bytes));
    assert.equal(await echo(new Date(0)), "1970-01-01T00:00:00.000Z");
    assert.deepEqual(await echo([undefined, NaN, () => {}]), [null, null, null]);
    assert.deepEqual(await echo({ gone: undefined, stays: 1 }), { stays: 1 });
  });
});
