// What the suite of the Socket.IO protocol (revision 5) asks of every server, told again by behaviour: CONNECT and its
// refusals, DISCONNECT, events and acknowledgements with and without binary, packets that are none.
// Row XC-02 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { open_ws_session } from "./lib/raw.mjs";
import { impatient, use_server } from "./lib/server.mjs";

const placeholder = (num) => ({ _placeholder: true, num });

describe("the protocol suite of Socket.IO", () => {
  const server = use_server({ ...impatient, cors: { origin: "*" } });

  async function joined(nsp) {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join(nsp);
    return ws;
  }

  describe("CONNECT", () => {
    const cases = [
      ["the main namespace", "40", "/", {}],
      ["the main namespace with a payload", '40{"token":"123"}', "/", { token: "123" }],
      ["a custom namespace", "40/custom,", "/custom", {}],
      ["a custom namespace with a payload", '40/custom,{"token":"abc"}', "/custom", { token: "abc" }],
    ];
    for (const [what, packet, nsp, auth] of cases) {
      it(`XC-02 ${what} is joined`, async () => {
        const ws = await open_ws_session(server);
        ws.send(packet);
        const answer = await ws.next_message();
        const head = nsp === "/" ? "40" : `40${nsp},`;
        assert.equal(answer.slice(0, head.length), head);
        const { sid, ...rest } = JSON.parse(answer.slice(head.length));
        assert.deepEqual(rest, {});
        const seen = await server.observed({ ev: "connection", nsp, socket: sid });
        assert.deepEqual(seen.handshake.auth, auth);
      });
    }

    for (const payload of ["", '{"token":"abc"}']) {
      it(`XC-02 an unknown namespace is refused, payload ${payload || "none"}`, async () => {
        const ws = await open_ws_session(server);
        ws.send(`40/random,${payload}`);
        assert.equal(await ws.next_message(), '44/random,{"message":"Invalid namespace"}');
      });
    }

    it("XC-02 whoever begins with something else is closed", async () => {
      const ws = await open_ws_session(server);
      ws.send("4abc");
      await ws.closed();
    });

    it("XC-02 whoever joins nothing is closed", async () => {
      const ws = await open_ws_session(server);
      await ws.closed();
    });
  });

  describe("DISCONNECT", () => {
    it("XC-02 K-07 the main namespace is left, the connection stays", async () => {
      const ws = await joined();
      ws.send("41");
      await server.observed({ ev: "disconnect", socket: ws.socket, reason: "client namespace disconnect" });
      assert.equal(await ws.next(), "2");
    });

    it("XC-02 a custom namespace is left, the other one stays", async () => {
      const ws = await joined();
      const custom = await ws.join("/custom");
      ws.send("41/custom,");
      await server.observed({ ev: "disconnect", socket: custom, reason: "client namespace disconnect" });
      ws.send('42["echo","still here"]');
      assert.equal(await ws.next_message(), '42["echo","still here"]');
    });
  });

  describe("messages", () => {
    it("XC-02 plain events", async () => {
      const ws = await joined();
      ws.send('42["echo",1,"2",{"3":[true]}]');
      assert.equal(await ws.next_message(), '42["echo",1,"2",{"3":[true]}]');
    });

    it("XC-02 binary events", async () => {
      const ws = await joined();
      const packet = `452-${JSON.stringify(["echo", placeholder(0), { file: placeholder(1) }])}`;
      ws.send(packet);
      ws.send_binary(Buffer.of(1, 2, 3));
      ws.send_binary(Buffer.of(4, 5, 6));
      assert.equal(await ws.next_message(), packet);
      assert.deepEqual(await ws.next_message(), Buffer.of(1, 2, 3));
      assert.deepEqual(await ws.next_message(), Buffer.of(4, 5, 6));
    });

    it("XC-02 plain events with an acknowledgement", async () => {
      const ws = await joined();
      ws.send('42456["echo",1,"2",{"3":[false]}]');
      assert.equal(await ws.next_message(), '43456[1,"2",{"3":[false]}]');
    });

    it("XC-02 binary events with an acknowledgement", async () => {
      const ws = await joined();
      ws.send(`452-789${JSON.stringify(["echo", placeholder(0), { file: placeholder(1) }])}`);
      ws.send_binary(Buffer.of(1, 2, 3));
      ws.send_binary(Buffer.of(4, 5, 6));
      assert.equal(await ws.next_message(), `462-789${JSON.stringify([placeholder(0), { file: placeholder(1) }])}`);
      assert.deepEqual(await ws.next_message(), Buffer.of(1, 2, 3));
      assert.deepEqual(await ws.next_message(), Buffer.of(4, 5, 6));
    });

    const broken = { "an unknown type": "4abc", "a payload that is no list": "42{}", "an id that is none": '42abc["echo",1]' };
    for (const [what, packet] of Object.entries(broken)) {
      it(`XC-02 K-09 ${what} closes the connection`, async () => {
        const ws = await joined();
        ws.send(packet);
        await ws.closed();
      });
    }
  });
});
