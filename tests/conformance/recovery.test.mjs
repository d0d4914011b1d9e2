// Connection state recovery: what travels, who is let back in, and what the client makes of it.
// Rows CR-01 to CR-14, ACK-15, VO-04, NS-10, NS-12, OP-06, K-01, K-02, Q-07 to Q-09.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRequire } from "node:module";
import { connect, connect_older, got, make_client, transports, upgraded } from "./lib/client.mjs";
import { start_proxy } from "./lib/proxy.mjs";
import { open_polling, open_ws_session } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";
import { sleep, wait_for_event } from "./lib/wait.mjs";

const msgpack = createRequire(import.meta.url)("socket.io-msgpack-parser");
const threads = Number(process.env.SOCKETIO_THREADS ?? 1);

// A shard that did not get the action learns of it a moment later.
const one_shard = { skip: threads > 1 ? "the order is that of one shard" : false };

async function join_raw(server, auth, nsp = "/") {
  const ws = await open_ws_session(server);
  ws.send(`40${nsp === "/" ? "" : `${nsp},`}${auth ? JSON.stringify(auth) : ""}`);
  return ws;
}
const connect_of = (packet) => JSON.parse(packet.slice(packet.indexOf("{")));
const offset_of = (packet) => JSON.parse(packet.slice(packet.indexOf("["))).at(-1);

/** Loses its connection as a phone in a tunnel does, and waits until it is back. */
async function lose_connection(client, meanwhile = async () => {}) {
  const gone = wait_for_event(client, "disconnect");
  const back = wait_for_event(client, "connect");
  client.io.engine.close();
  await gone;
  await meanwhile();
  await back;
}

describe("recovery", () => {
  const server = use_server({ connection_state_recovery: {} });
  const emit = (fields) => server.control({ do: "emit", ...fields });

  it("CR-01 NS-10 CONNECT carries a private id of 20 characters", async () => {
    const ws = await join_raw(server);
    const { sid, pid, ...rest } = connect_of(await ws.next());
    assert.equal(pid.length, 20);
    assert.notEqual(pid, sid);
    assert.deepEqual(rest, {});
    assert.equal((await server.observed({ ev: "connection", socket: sid })).recovered, false);
  });

  it("CR-02 CR-03 K-02 ACK-15 VO-04 an event without acknowledgement has an offset, nothing else has", async () => {
    const ws = await join_raw(server);
    const { sid } = connect_of(await ws.next());
    await emit({ socket: sid, event: "one", args: [1] });
    const [event, one, offset, ...rest] = JSON.parse((await ws.next_message()).slice(2));
    assert.deepEqual([event, one, typeof offset, rest], ["one", 1, "string", []]);
    assert.match(offset, /^[0-9A-Za-z_.-]+$/);
    await emit({ event: "all", args: [{ $binary: "AQ==" }] });
    const binary = await ws.next_message();
    assert.match(binary, /^451-\["all",{"_placeholder":true,"num":0},"[^"]+"\]$/);
    assert.notEqual(offset_of(binary), offset);
    assert.deepEqual(await ws.next(), Buffer.of(1));
    await emit({ socket: sid, event: "question", ack: true, flags: { timeout: 50 }, tag: "q" });
    assert.match(await ws.next_message(), /^42\d+\["question"\]$/);
    await emit({ socket: sid, event: "v", args: [1], flags: { volatile: true } });
    assert.equal(await ws.next_message(), '42["v",1]');
    await emit({ event: "v", args: [2], flags: { volatile: true } });
    assert.equal(await ws.next_message(), '42["v",2]');
    await server.observed({ ev: "ack", tag: "q" });
  });

  it("CR-02 the answer to a client has none", async () => {
    const ws = await join_raw(server);
    await ws.next();
    ws.send('421["echo","a"]');
    assert.equal(await ws.next_message(), '431["a"]');
  });

  it("CR-05 CR-07 CR-08 CR-09 CR-14 K-01 what was missed comes before CONNECT, to the same id", async () => {
    const ws = await join_raw(server);
    const { sid, pid } = connect_of(await ws.next());
    await server.control({ do: "join", socket: sid, rooms: ["red", "green"] });
    ws.send('421["data",{"n":1}]');
    assert.equal(await ws.next_message(), "431[]");
    await emit({ socket: sid, event: "seen" });
    const offset = offset_of(await ws.next_message());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    await emit({ event: "missed1", args: [1] });
    await emit({ event: "missed2", args: [{ $binary: "Bw==" }], to: ["red"] });
    await emit({ event: "not for it", to: ["blue"] });
    await emit({ event: "not for it", to: ["red"], except: ["green"] });
    await emit({ event: "volatile", flags: { volatile: true } });
    await emit({ event: "missed3", to: [sid] });
    await server.all_observed({});
    const back = await join_raw(server, { pid, offset });
    assert.match(await back.next_message(), /^42\["missed1",1,"[^"]+"\]$/);
    assert.match(await back.next_message(), /^451-\["missed2",{"_placeholder":true,"num":0},"[^"]+"\]$/);
    assert.deepEqual(await back.next(), Buffer.of(7));
    assert.match(await back.next_message(), /^42\["missed3","[^"]+"\]$/);
    assert.deepEqual(connect_of(await back.next_message()), { sid, pid });
    const { recovered, rooms, data, handshake } = await server.observed({ ev: "connection", socket: sid, recovered: true });
    assert.equal(recovered, true);
    assert.deepEqual(rooms, [sid, "green", "red"].sort());
    assert.deepEqual(data, { n: 1 });
    assert.deepEqual(handshake.auth, { pid, offset });
    await emit({ event: "red", to: ["red"] });
    assert.match(await back.next_message(), /^42\["red","[^"]+"\]$/);
  });

  it("CR-08 whoever names no session of ours is a new client", async () => {
    for (const auth of [{ pid: "x".repeat(20), offset: "y" }, { pid: "short", offset: "y" }, { pid: 7, offset: 8 }]) {
      const ws = await join_raw(server, auth);
      const { sid, pid } = connect_of(await ws.next());
      assert.notEqual(pid, auth.pid);
      const seen = await server.observed({ ev: "connection", socket: sid });
      assert.equal(seen.recovered, false);
      if (!is_reference) assert.match(seen.recovery, /^(server_restarted|unknown_session|not_asked)$/);
    }
  });

  it("CR-06 leaving on purpose ends the session, a closed connection does not", async () => {
    for (const [leave, recovered] of [
      [(ws) => ws.send("41"), false],
      [(_, socket) => server.control({ do: "disconnect", socket }), false],
      [(ws) => ws.close(1000), true],
      [(_, socket) => server.control({ do: "conn_close", socket }), true],
      [(ws) => ws.send("2b is no packet"), true],
    ]) {
      const ws = await join_raw(server);
      const { sid, pid } = connect_of(await ws.next());
      await emit({ socket: sid, event: "seen" });
      const offset = offset_of(await ws.next_message());
      await leave(ws, sid);
      await server.observed({ ev: "disconnect", socket: sid });
      const back = await join_raw(server, { pid, offset });
      const answer = connect_of(await back.next_message());
      assert.equal(answer.sid === sid, recovered, String(leave));
      assert.equal(answer.pid === pid, recovered, String(leave));
    }
  });

  it("CR-11 the official client is recovered, and has what it missed before it connects", async () => {
    for (const kind of Object.values(transports)) {
      const client = await connect(server, kind);
      if (kind === transports.upgrade) await upgraded(client);
      const { id } = client;
      await emit({ socket: id, event: "seen", args: [{ $binary: "AQ==" }] });
      await got(client, "seen");
      const order = [];
      client.onAny((event, ...args) => order.push([event, args[0]]));
      client.on("connect", () => order.push("connect"));
      await lose_connection(client, async () => {
        await server.observed({ ev: "disconnect", socket: id });
        await emit({ event: "missed", args: [1] });
        await emit({ event: "missed", args: [2], to: [id] });
        await server.all_observed({});
      });
      assert.equal(client.recovered, true);
      assert.equal(client.id, id);
      assert.deepEqual(order, [["missed", 1], ["missed", 2], "connect"]);
    }
  });

  it("CR-05 sio 4733 it is recovered although it never received an event", mended("no offset, no recovery"), async () => {
    const client = await connect(server);
    const { id } = client;
    await lose_connection(client, async () => {
      await server.observed({ ev: "disconnect", socket: id });
      await emit({ event: "missed" });
    });
    assert.equal(client.recovered, true);
    assert.equal(client.id, id);
    await got(client, "missed");
  });

  it("sio 4880 it is recovered again and again, also after acknowledgements", async () => {
    const client = await connect(server);
    client.on("question", (answer) => answer("yes"));
    await emit({ socket: client.id, event: "seen" });
    await got(client, "seen");
    for (let i = 0; i < 5; i++) {
      const { id } = client;
      await lose_connection(client, async () => {
        await server.observed({ ev: "disconnect", socket: id });
        await emit({ event: "missed", args: [i] });
      });
      assert.equal(client.recovered, true);
      assert.equal((await got(client, "missed"))[0], i);
      await emit({ socket: id, event: "question", ack: true, flags: { timeout: 5000 }, tag: `q${i}` });
      assert.deepEqual((await server.observed({ ev: "ack", tag: `q${i}` })).args, ["yes"]);
      assert.equal(await client.emitWithAck("echo", "text at the end"), "text at the end");
    }
  });

  it("CR-04 Q-07 volatile events with texts at their ends do no harm", mended("they spoil the offset"), async () => {
    const client = await connect(server);
    const { id } = client;
    await emit({ socket: id, event: "seen" });
    await emit({ socket: id, event: "volatile", args: ["text"], flags: { volatile: true } });
    await got(client, "volatile");
    await emit({ event: "volatile", flags: { volatile: true } });
    await got(client, "volatile");
    await lose_connection(client, async () => {
      await server.observed({ ev: "disconnect", socket: id });
      await emit({ event: "missed" });
    });
    assert.equal(client.recovered, true);
    await got(client, "missed");
  });

  it("Q-08 who is back before the server noticed evicts himself", mended("two sockets share one id"), async () => {
    const ws = await join_raw(server);
    const { sid, pid } = connect_of(await ws.next());
    await emit({ socket: sid, event: "seen" });
    const offset = offset_of(await ws.next_message());
    const back = await join_raw(server, { pid, offset });
    assert.deepEqual(connect_of(await back.next_message()), { sid, pid });
    assert.equal((await server.observed({ ev: "disconnect", socket: sid })).reason, "transport close");
    assert.notEqual(await ws.closed(), undefined);
    assert.equal((await server.counters()).sockets, 1);
    await emit({ event: "once", to: [sid] });
    assert.match(await back.next_message(), /^42\["once"/);
  });

  it("Q-08 a polling client whose last request hangs comes back", mended("two sockets share one id"), async () => {
    const session = await open_polling(server);
    await session.post("40");
    const { sid, pid } = connect_of(await session.next());
    await session.start_get();
    const back = await open_polling(server);
    await back.post(`40${JSON.stringify({ pid })}`);
    assert.deepEqual(connect_of(await back.next()), { sid, pid });
    await server.observed({ ev: "disconnect", socket: sid });
  });

  it("ACK-15 a question that the connection took along is not asked again", mended("it waits for its timeout"), async () => {
    const client = await connect(server);
    const { id } = client;
    await emit({ socket: id, event: "seen" });
    await got(client, "seen");
    client.on("question", () => client.io.engine.close()); // instead of an answer
    const back = wait_for_event(client, "connect");
    await emit({ socket: id, event: "question", ack: true, flags: { timeout: 30_000 }, tag: "lost" });
    assert.ok((await server.observed({ ev: "ack", tag: "lost" })).err);
    await back;
    assert.equal(client.recovered, true);
    await emit({ event: "after" });
    await got(client, "after");
    assert.equal(client.inbox.seen.filter(({ event }) => event === "question").length, 1);
  });

  it("CR-08 forged private ids and offsets make a new client, and harm nobody", mended("says no reason"), async () => {
    const ws = await join_raw(server);
    const { sid, pid } = connect_of(await ws.next());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    await emit({ event: "missed" });
    await server.all_observed({});
    const run = pid.slice(0, 4);
    for (const auth of [
      { pid: null }, { pid: {} }, { pid: [pid] }, { pid: "" }, { pid: pid.slice(1) }, { pid: "x".repeat(100_000) },
      { pid: run + "A".repeat(16), offset: `${run}AAAAAAAAA` }, { pid: "\u0000".repeat(20) }, { offset: "x" }, { pid: `${pid} ` },
    ]) {
      const stranger = await join_raw(server, auth);
      const answer = connect_of(await stranger.next_message());
      assert.notEqual(answer.sid, sid);
      assert.equal((await server.observed({ ev: "connection", socket: answer.sid })).recovered, false);
      stranger.destroy();
    }
    const back = await join_raw(server, { pid });
    assert.match(await back.next_message(), /^42\["missed"/);
    assert.deepEqual(connect_of(await back.next_message()), { sid, pid });
    // An offset that nobody has sent yet ends the session: what the client has got, nobody can know.
    back.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    for (const [offset, why] of [["x".repeat(100_000), "bad_offset"], ["again", "bad_offset"]]) {
      const liar = await join_raw(server, { pid, offset });
      const now = connect_of(await liar.next_message());
      assert.equal((await server.observed({ ev: "connection", socket: now.sid })).recovery, why);
    }
  });

  it("CR-09 it comes back on any shard, and its session follows", mended("a session can be used twice"), async () => {
    let ws = await join_raw(server);
    const shards = new Set([ws.sid[16]]);
    const { sid, pid } = connect_of(await ws.next());
    await server.control({ do: "join", socket: sid, rooms: ["red"] });
    ws.send('421["data",{"n":2}]');
    assert.equal(await ws.next_message(), "431[]");
    let offset;
    for (let i = 0; i < 16; i++) {
      await emit({ event: "unread", args: [i], to: ["red"] });
      if (i % 2) {
        ws.destroy(); // else the server finds out when the client is back
        await server.observed({ ev: "disconnect", socket: sid });
      }
      await emit({ event: "missed", args: [i] });
      await emit({ event: "never", to: ["blue"] });
      ws = await join_raw(server, { pid, offset });
      shards.add(ws.sid[16]);
      const missed = [];
      for (let packet = await ws.next_message(); !packet.startsWith("40"); packet = await ws.next_message()) {
        missed.push(JSON.parse(packet.slice(2)));
        offset = missed.at(-1).at(-1);
      }
      const in_order = (event) => missed.filter(([name]) => name === event).map(([, n]) => n);
      assert.deepEqual([in_order("unread"), in_order("missed"), missed.length], [[i], [i], 2], `return ${i}`);
      const { rooms, data } = await server.observed({ ev: "connection", socket: sid, recovered: true });
      assert.deepEqual([rooms, data], [[sid, "red"].sort(), { n: 2 }]);
    }
    if (threads > 1) assert.ok(shards.size > 1, `only on shard ${[...shards]}`);
  });

  it("Q-09 NS-12 emits of a middleware arrive", mended("they are lost"), async () => {
    const client = await connect(server, { nsp: "/early" });
    assert.equal((await got(client, "early"))[0], 1);
    assert.equal((await got(client, "early"))[0], 2);
  });

  it("CR-10 middlewares are skipped", async () => {
    const ws = await join_raw(server, undefined, "/chain");
    const { sid, pid } = connect_of(await ws.next_message());
    await emit({ nsp: "/chain", event: "seen" });
    const offset = offset_of(await ws.next_message());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    const before = (await server.all_observed({ ev: "middleware", socket: sid })).length;
    const back = await join_raw(server, { pid, offset, stop: true }, "/chain");
    assert.equal(connect_of(await back.next_message()).sid, sid);
    const { rooms } = await server.observed({ ev: "connection", socket: sid, recovered: true });
    assert.deepEqual(rooms, [sid, "chain-room"].sort());
    assert.equal((await server.all_observed({ ev: "middleware", socket: sid })).length, before);
  });

  it("CR-09 each namespace of a connection for itself", async () => {
    const main = await connect(server);
    const custom = await connect(server, { nsp: "/custom", manager: main.io });
    const ids = [main.id, custom.id];
    await emit({ event: "seen" });
    await emit({ nsp: "/custom", event: "seen" });
    await Promise.all([got(main, "seen"), got(custom, "seen")]);
    const both = Promise.all([wait_for_event(main, "connect"), wait_for_event(custom, "connect")]);
    main.io.engine.close();
    for (const socket of ids) await server.observed({ ev: "disconnect", socket });
    await emit({ nsp: "/custom", event: "missed" });
    await both;
    assert.deepEqual([main.recovered, custom.recovered], [true, true]);
    assert.deepEqual([main.id, custom.id], ids);
    await got(custom, "missed");
  });

  it("CR-06 a dead network, noticed by neither side at first", one_shard, async () => {
    const proxy = await start_proxy(server.port);
    try {
      const client = make_client(proxy);
      await wait_for_event(client, "connect");
      const { id } = client;
      await emit({ socket: id, event: "seen" });
      await got(client, "seen");
      proxy.block("to_client");
      await emit({ event: "into the void" });
      await server.all_observed({});
      const back = wait_for_event(client, "connect");
      proxy.blocked.to_client = false;
      proxy.cut();
      await back;
      assert.equal(client.recovered, true);
      await got(client, "into the void");
    } finally {
      proxy.stop();
    }
  });
});

describe("recovery without skip_middlewares", () => {
  const server = use_server({ connection_state_recovery: { skip_middlewares: false } });

  it("CR-10 the middlewares run, and may refuse", async () => {
    const ws = await join_raw(server, undefined, "/chain");
    const { sid, pid } = connect_of(await ws.next_message());
    await server.control({ do: "emit", nsp: "/chain", event: "seen" });
    const offset = offset_of(await ws.next_message());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    const back = await join_raw(server, { pid, offset }, "/chain");
    assert.equal(connect_of(await back.next_message()).sid, sid);
    assert.equal((await server.all_observed({ ev: "middleware", socket: sid })).length, 6);
    back.destroy();
    await server.all_observed({});
    await server.observed({ ev: "disconnect", socket: sid });
    const refused = await join_raw(server, { pid, offset, stop: true }, "/chain");
    assert.equal(await refused.next_message(), '44/chain,{"message":"stopped"}');
  });
});

describe("recovery with MessagePack", () => {
  const server = use_server({ connection_state_recovery: {}, parser: "msgpack" });

  for (const [name, how] of Object.entries(transports)) {
    it(`CR-02 CR-09 CR-11 over ${name}: what was missed comes, bytes as bytes`, async () => {
      const client = await connect(server, { ...how, parser: msgpack });
      if (name === "upgrade") await upgraded(client);
      const { id } = client;
      await server.control({ do: "emit", socket: id, event: "seen" });
      await got(client, "seen");
      for (let i = 0; i < 3; i++) {
        await lose_connection(client, async () => {
          await server.observed({ ev: "disconnect", socket: id });
          await server.control({ do: "emit", event: "missed", args: [i, { $binary: "AQID" }] });
        });
        assert.equal(client.recovered, true);
        assert.equal(client.id, id);
        const [number, bytes] = await got(client, "missed");
        assert.equal(number, i);
        assert.deepEqual(Buffer.from(bytes), Buffer.of(1, 2, 3));
      }
    });
  }
});

describe("recovery and older clients", () => {
  const server = use_server({ connection_state_recovery: {}, allow_eio3: true });

  it("CR-01 V3-08 they are served, and come back as new ones", async () => {
    for (const how of Object.values(transports)) {
      const client = await connect_older(server, { ...how, events: ["seen", "missed", "now"], reconnectionDelay: 500, randomizationFactor: 0 });
      const { id } = client;
      const seen = await server.observed({ ev: "connection", socket: id });
      assert.equal(seen.recovered, false);
      if (!is_reference) assert.equal(seen.recovery, "older_client");
      await server.control({ do: "emit", socket: id, event: "seen", args: [1] });
      assert.equal((await got(client, "seen"))[0], 1);
      await lose_connection(client, async () => {
        await server.observed({ ev: "disconnect", socket: id });
        await server.control({ do: "emit", event: "missed" });
      });
      assert.notEqual(client.id, id);
      await server.control({ do: "emit", socket: client.id, event: "now", args: [{ $binary: "AQ==" }] });
      assert.deepEqual(Buffer.from((await got(client, "now"))[0]), Buffer.of(1));
      assert.equal(client.inbox.seen.filter(({ event }) => event === "missed").length, 0);
    }
  });
});

describe("recovery of many", { skip: is_reference ? "no limits there" : false }, () => {
  const server = use_server({ connection_state_recovery: { sessions_max: 50, log_bytes_max: 20_000 } });

  it("CR-08 CR-12 beyond the limits the oldest go, and are told so", async () => {
    const sessions = [];
    for (let i = 0; i < 120 * threads; i++) {
      const ws = await join_raw(server);
      sessions.push(connect_of(await ws.next()));
      const { sid } = sessions.at(-1);
      await server.observed({ ev: "connection", socket: sid }); // whoever comes back has the same id
      ws.destroy();
      await server.observed({ ev: "disconnect", socket: sid });
    }
    const counters = await server.counters();
    assert.ok(counters.recovery_sessions <= 50 * threads, `${counters.recovery_sessions} are kept`);
    const why = async ({ pid }) => {
      const ws = await join_raw(server, { pid });
      let packet = await ws.next_message();
      while (!packet.startsWith("40")) packet = await ws.next_message();
      return (await server.all_observed({ ev: "connection", socket: connect_of(packet).sid })).at(-1).recovery;
    };
    assert.equal(await why(sessions[0]), "evicted");
    assert.equal(await why(sessions.at(-1)), "recovered");
    for (let i = 0; i < 100; i++) await server.control({ do: "emit", event: "e", args: ["x".repeat(300)] });
    await server.all_observed({});
    assert.ok((await server.counters()).recovery_log_bytes <= 20_000 * threads);
    assert.equal(await why(sessions.at(-2)), "log_overflow");
  });
});

describe("recovery with short times", () => {
  const server = use_server({ connection_state_recovery: { max_disconnection_duration: 400 }, ping_interval: 300, ping_timeout: 300 });

  it("CR-08 OP-06 who comes too late is a new client", async () => {
    const ws = await join_raw(server);
    const { sid, pid } = connect_of(await ws.next());
    await server.control({ do: "emit", socket: sid, event: "seen" });
    const offset = offset_of(await ws.next_message());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    await sleep(500);
    const back = await join_raw(server, { pid, offset });
    const now = connect_of(await back.next_message());
    assert.notEqual(now.sid, sid);
    assert.notEqual(now.pid, pid);
    const { recovery } = await server.observed({ ev: "connection", socket: now.sid });
    if (!is_reference) assert.equal(recovery, "expired");
  });

  it("CR-12 sio 5282 a client that got nothing for longer than everything is kept", async () => {
    const client = await connect(server);
    const other = await connect(server);
    const { id } = client;
    await server.control({ do: "emit", socket: id, event: "seen" });
    await got(client, "seen");
    for (let i = 0; i < 25; i++) {
      await server.control({ do: "emit", socket: other.id, event: "for the other" });
      await sleep(100);
    }
    await lose_connection(client, async () => {
      await server.observed({ ev: "disconnect", socket: id });
      await server.control({ do: "emit", event: "missed" });
    });
    assert.equal(client.recovered, true);
    await got(client, "missed");
  });
});

describe("recovery with CONNECT first", { skip: is_reference ? "an option of ours" : false }, () => {
  const server = use_server({ connection_state_recovery: { replay_after_connect: true } });

  it("CR-09 what was missed comes right after CONNECT", async () => {
    const ws = await join_raw(server);
    const { sid, pid } = connect_of(await ws.next());
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: sid });
    await server.control({ do: "emit", event: "missed" });
    await server.all_observed({});
    const back = await join_raw(server, { pid });
    assert.deepEqual(connect_of(await back.next_message()), { sid, pid });
    assert.match(await back.next_message(), /^42\["missed","[^"]+"\]$/);
  });
});
