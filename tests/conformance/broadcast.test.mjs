// Broadcasting: rooms, exceptions, scopes, and the methods that act on many sockets. Volatile: volatile.test.mjs.
// Rows BR-01..BR-08, RM-04, UT-01..UT-05 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { all_got, connect, transports } from "./lib/client.mjs";
import { use_server } from "./lib/server.mjs";

describe("broadcast", () => {
  const server = use_server();
  let rounds = 0;

  /** Four clients: a in r1, b in r1 and r2, c in r2, d in no room; over different transports. */
  async function crowd() {
    const places = { a: ["r1"], b: ["r1", "r2"], c: ["r2"], d: [] };
    const kinds = ["websocket", "polling", "upgrade", "websocket"];
    const entries = Object.entries(places).map(async ([name, rooms], i) => {
      const client = await connect(server, transports[kinds[i]]);
      if (rooms.length > 0) await client.emitWithAck("join", rooms);
      return [name, client];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Emits to each target in turn; answers which clients got it, and how often. */
  async function receivers(clients, targets) {
    const event = `x${++rounds}`;
    for (const [i, target] of targets.entries()) {
      await server.control({ do: "emit", event, args: [i], ...target });
    }
    const result = targets.map(() => "");
    for (const [name, client] of Object.entries(clients)) {
      for (const [i] of await all_got(client, event)) result[i] += name;
    }
    return result;
  }

  it("BR-02 BR-03 RM-04 targets are unions, exceptions are rooms, each socket gets it once", async () => {
    const all = await crowd();
    const { a, b } = all;
    const table = [
      [{}, "abcd"],
      [{ nsp: "/" }, "abcd"],
      [{ to: ["r1"] }, "ab"],
      [{ in: ["r1"] }, "ab"],
      [{ to: ["r1", "r2"] }, "abc"],
      [{ to: ["r1"], in: ["r2"] }, "abc"],
      [{ to: ["r1", "r1", b.id] }, "ab"],
      [{ to: ["nobody"] }, ""],
      [{ to: [a.id] }, "a"],
      [{ except: ["r1"] }, "cd"],
      [{ except: ["r1", "r2"] }, "d"],
      [{ to: ["r1"], except: ["r2"] }, "a"],
      [{ to: ["r1", "r2"], except: [b.id] }, "ac"],
      [{ to: [a.id], except: ["r1"] }, ""],
      [{ except: ["nobody"] }, "abcd"],
      [{ nsp: "/custom" }, ""],
      [{ from: a.id, to: ["r1"] }, "b"],
      [{ from: a.id, broadcast: true }, "bcd"],
      [{ from: a.id, broadcast: true, except: ["r2"] }, "d"],
      [{ from: a.id, to: ["r1"], except: ["r2"] }, ""],
    ];
    const seen = await receivers(all, table.map(([target]) => target));
    assert.deepEqual(seen, table.map(([, names]) => names));
  });

  it("BR-01 an operator that is derived from another does not change it", async () => {
    const all = await crowd();
    const forks = [
      { to: ["r1"], fork: { to: ["r2"] } },
      { to: ["r1"], fork: { except: ["r1"] } },
      { fork: { to: ["r1"] } },
      { fork: { except: ["r1"], flags: { volatile: true } } },
      { from: all.a.id, broadcast: true, fork: { to: ["r2"] } },
    ];
    assert.deepEqual(await receivers(all, forks), ["ab", "ab", "abcd", "abcd", "bcd"]);
  });

  it("BR-05 BR-08 local, compress and volatile in any combination reach everybody who can take it", async () => {
    const all = await crowd();
    delete all.b; // Polls, and so may miss a volatile packet.
    delete all.c;
    const targets = [
      { flags: { local: true } }, { flags: { compress: false } }, { flags: { compress: true, local: true } },
      { to: ["r1"], flags: { local: true, compress: false } },
    ];
    assert.deepEqual(await receivers(all, targets), ["ad", "ad", "ad", "a"]);
    assert.deepEqual(await receivers(all, [{ flags: { volatile: true, local: true } }]), ["ad"]);
  });

  it("BR-06 binary is broadcast to every transport", async () => {
    const all = await crowd();
    const args = [{ $binary: "AQID" }, { deep: [{ $binary: "" }] }];
    await server.control({ do: "emit", to: ["r1", "r2"], event: "bytes", args });
    const expected = [[Buffer.of(1, 2, 3), { deep: [Buffer.alloc(0)] }]];
    for (const name of ["a", "b", "c"]) assert.deepEqual(await all_got(all[name], "bytes"), expected);
    assert.deepEqual(await all_got(all.d, "bytes"), []);
  });

  it("BR-06 broadcasts, unicasts and broadcasts to rooms keep their order", async () => {
    const { a } = await crowd();
    const actions = Array.from({ length: 30 }, (_, i) => {
      const target = [{}, { to: ["r1"] }, { socket: a.id }][i % 3];
      const args = i % 5 === 0 ? [i, { $binary: "AA==" }] : [i];
      return { do: "emit", event: "x", args, ...target };
    });
    await server.control({ do: "batch", actions });
    const seen = (await all_got(a, "x")).map(([i]) => i);
    assert.deepEqual(seen, actions.map((_, i) => i));
  });

  it("BR-04 a socket that has left a room gets nothing more", async () => {
    const all = await crowd();
    await all.a.emitWithAck("leave", "r1");
    all.c.disconnect();
    delete all.c;
    assert.deepEqual(await receivers(all, [{ to: ["r1"] }, { to: ["r2"] }]), ["b", "b"]);
  });

  it("UT-01 UT-05 fetch_sockets filters as emit does", async () => {
    const all = await crowd();
    const names = Object.fromEntries(Object.entries(all).map(([name, client]) => [client.id, name]));
    const fetch = async (target) => {
      const { sockets } = await server.control({ do: "fetch_sockets", ...target });
      return sockets.map((s) => names[s.id]).sort().join("");
    };
    assert.equal(await fetch({}), "abcd");
    assert.equal(await fetch({ to: ["r1"] }), "ab");
    assert.equal(await fetch({ in: ["r1", "r2"], except: [all.b.id] }), "ac");
    assert.equal(await fetch({ flags: { local: true } }), "abcd");
    assert.equal(await fetch({ from: all.a.id, in: ["r1"] }), "b");
    assert.equal(await fetch({ nsp: "/custom" }), "");
    const { sockets } = await server.control({ do: "fetch_sockets", to: [all.b.id] });
    assert.deepEqual(sockets[0].rooms, [all.b.id, "r1", "r2"].sort());
  });

  it("UT-03 sockets_join and sockets_leave move whole groups", async () => {
    const all = await crowd();
    await server.control({ do: "sockets_join", in: ["r1"], except: ["r2"], rooms: ["vip", "club"] });
    await server.control({ do: "sockets_join", nsp: "/", in: ["r2"], rooms: ["vip"] });
    assert.deepEqual(await receivers(all, [{ to: ["vip"] }, { to: ["club"] }]), ["abc", "a"]);
    await server.control({ do: "sockets_leave", except: [all.c.id], rooms: ["vip", "r2"] });
    await server.control({ do: "sockets_leave", from: all.a.id, in: ["club"], rooms: ["club"] });
    const { rooms } = await server.control({ do: "namespace", nsp: "/" });
    assert.deepEqual([rooms.vip, rooms.r2], [[all.c.id], [all.c.id]]);
    assert.deepEqual(await receivers(all, [{ to: ["club"] }]), ["a"]);
  });

  it("UT-03 DM-02 disconnect_sockets ends whole groups, with or without their connections", async () => {
    const all = await crowd();
    const ids = Object.fromEntries(Object.entries(all).map(([name, client]) => [name, client.id]));
    const reason = "server namespace disconnect";
    await server.control({ do: "disconnect_sockets", in: ["r1"], except: ["r2"] });
    await server.observed({ ev: "disconnect", socket: ids.a, reason });
    await server.control({ do: "disconnect_sockets", in: ["r2"], close: true });
    for (const name of ["b", "c"]) await server.observed({ ev: "disconnect", socket: ids[name], reason });
    assert.equal(all.d.connected, true);
    await server.control({ do: "disconnect_sockets" });
    await server.observed({ ev: "disconnect", socket: ids.d, reason });
    await server.idle();
  });
});
