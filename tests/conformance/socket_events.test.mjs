// Events of a socket on the server: names, order of listeners and middlewares, catch-all listeners, flags, mistakes.
// Rows SK-07..SK-17 and the quirk Q-31 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all_got, connect, got } from "./lib/client.mjs";
import { open_polling, open_ws_session } from "./lib/raw.mjs";
import { mended, use_server } from "./lib/server.mjs";

const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

describe("events of a socket", () => {
  const server = use_server();

  it("SK-07 SK-08 BR-07 the six reserved names cannot be emitted", async () => {
    const client = await connect(server);
    for (const event of reserved) {
      for (const target of [{ socket: client.id }, { nsp: "/" }, { to: ["x"] }, { from: client.id, broadcast: true }]) {
        const answer = await server.try_control({ do: "emit", event, ...target });
        assert.deepEqual(answer, { ok: false, error: `"${event}" is a reserved event name` });
      }
    }
  });

  it("SK-08 other names that look special are ordinary events", async () => {
    const client = await connect(server);
    for (const event of ["error", "connection", "message", "ping", "__proto__", "toString", ""]) {
      await server.control({ do: "emit", socket: client.id, event, args: [event] });
      assert.deepEqual(await got(client, event), [event]);
    }
  });

  it("SK-09 send is an event named message, both ways", async () => {
    const client = await connect(server);
    await server.control({ do: "send", socket: client.id, args: ["to one", 1] });
    await server.control({ do: "send", args: ["to all"] });
    assert.deepEqual(await got(client, "message"), ["to one", 1]);
    assert.deepEqual(await got(client, "message"), ["to all"]);
    client.send("from the client", 2);
    await server.observed({ ev: "message", socket: client.id, args: ["from the client", 2] });
  });

  it("SK-10 SK-13 K-12 catch-all listeners come first, then middlewares, then the handler", async () => {
    const client = await connect(server, { nsp: "/watched" });
    await client.emitWithAck("note", 1, Buffer.of(2));
    client.emit("nobody listens", "x");
    await server.observed({ ev: "use", socket: client.id, event: "nobody listens" });
    const args = [1, { $binary: "Ag==" }];
    const kinds = ["any", "use", "note"];
    const seen = (await server.all_observed({ socket: client.id })).filter((x) => kinds.includes(x.ev));
    assert.deepEqual(seen.map(({ ev, event, args, ack }) => [ev, event, args, ack]), [
      ["any", "note", args, true], ["use", "note", args, undefined], ["note", undefined, args, undefined],
      ["any", "nobody listens", ["x"], false], ["use", "nobody listens", ["x"], undefined],
    ]);
  });

  it("SK-11 a socket middleware's error stops the event, which only the server notices", async () => {
    const client = await connect(server, { nsp: "/watched" });
    client.emit("blocked", 1);
    const { message } = await server.observed({ ev: "error", socket: client.id });
    assert.equal(message, "blocked by a middleware");
    await client.emitWithAck("note", "still connected");
    assert.deepEqual(client.inbox.seen, []);
  });

  it("SK-12 an event of the client's that is named error is an error event", async () => {
    const client = await connect(server);
    client.emit("error", "odd");
    await server.observed({ ev: "error", socket: client.id });
    assert.deepEqual(await client.emitWithAck("echo", 1), 1);
  });

  it("SK-14 outgoing catch-all listeners see emits and broadcasts, but no acknowledgements", async () => {
    const client = await connect(server, { nsp: "/watched" });
    const args = [{ $binary: "AQ==" }, 2];
    await server.control({ do: "emit", socket: client.id, event: "one", args, ack: true, tag: "outgoing" });
    await server.control({ do: "emit", nsp: "/watched", event: "all", args });
    await server.control({ do: "emit", nsp: "/watched", to: [client.id], event: "room", args });
    await client.emitWithAck("note", "the acknowledgement is not seen");
    const seen = await server.all_observed({ ev: "any_outgoing", socket: client.id });
    assert.deepEqual(seen.map((x) => [x.event, x.args]), [["one", args], ["all", args], ["room", args]]);
  });

  it("SK-14 outgoing catch-all listeners see volatile packets that are dropped", async () => {
    const session = await open_polling(server);
    const socket = await session.join("/watched");
    await server.control({ do: "emit", nsp: "/watched", flags: { volatile: true }, event: "dropped" });
    await server.observed({ ev: "any_outgoing", socket, event: "dropped" });
  });

  it("SK-16 UT-05 a broadcast from a socket leaves it out, also when it names itself", async () => {
    const [a, b] = [await connect(server), await connect(server)];
    for (const c of [a, b]) await c.emitWithAck("join", "r");
    const from = (fields) => server.control({ do: "emit", from: a.id, event: "x", ...fields });
    await from({ broadcast: true, args: [1] });
    await from({ to: ["r"], args: [2] });
    await from({ to: [a.id], args: [3] });
    await from({ in: ["r"], flags: { local: true }, args: [4] });
    await from({ except: ["nobody"], args: [5] });
    a.emit("say_to", "r", "x", 6);
    await a.emitWithAck("echo", 0);
    assert.deepEqual(await all_got(b, "x"), [[1], [2], [4], [5], [6]]);
    assert.deepEqual(await all_got(a, "x"), []);
    const { sockets } = await server.control({ do: "fetch_sockets", from: a.id, in: ["r"] });
    assert.deepEqual(sockets.map((s) => s.id), [b.id]);
  });

  it("SK-17 flags count for one emit only", async () => {
    const session = await open_polling(server); // Without a waiting poll a volatile packet is dropped.
    const socket = await session.join();
    const emit = (event, flags) => ({ do: "emit", socket, event, flags });
    const actions = [emit("dropped", { volatile: true, compress: false }), emit("kept")];
    await server.control({ do: "batch", actions });
    assert.equal(await session.next(), '42["kept"]');
  });

  it("Q-31 an exception in a handler is reported and harms nobody", mended("it ends the process"), async () => {
    const client = await connect(server);
    client.emit("throw");
    const { message } = await server.observed({ ev: "handler_error" });
    assert.match(message, /thrown by a handler/);
    assert.equal(await client.emitWithAck("echo", "alive"), "alive");
  });

  it("Q-31 arguments that do not fit never reach the handler; whoever asked for an answer gets an error",
    mended("it hands over whatever comes"), async () => {
      const ws = await open_ws_session(server);
      const socket = await ws.join();
      const misfits = { leave_me: [["x"], [], [null], [[true]]], say_to: [[5], ["room"], [{}, "event"]] };
      for (const [event, lists] of Object.entries(misfits)) {
        for (const args of lists) {
          ws.send(`42${JSON.stringify([event, ...args])}`); // Nobody waits for an answer to this one.
          ws.send(`427${JSON.stringify([event, ...args])}`);
          const reply = await ws.next();
          assert.match(reply, /^437\[\{"error":\{"code":"invalid_arguments","message":"argument \d of /);
          assert.doesNotMatch(reply, /std::|basic_string/, "types are called as JavaScript calls them");
        }
      }
      assert.deepEqual(await server.all_observed({ ev: "disconnect", socket }), []);
    });
});
