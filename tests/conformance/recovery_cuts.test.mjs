// A thousand broken connections. The unmodified official clients talk to the server through a proxy
// that cuts every connection somewhere: after any number of bytes, in either direction, during the
// handshake, the upgrade, CONNECT, in the middle of a frame; or only on the client's side, so that
// the server does not notice. Meanwhile events of all kinds go out. Whatever happens: every client
// is recovered each time, and has got every event exactly once and in order.
//
// SOCKETIO_CUTS: how many in all; SOCKETIO_SEED: where to begin. A failure prints the seed.
// Rows CR-02, CR-05, CR-07 to CR-09, CR-11, CR-14, ACK-15, VO-04, K-01, Q-07, Q-08.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { connect as connect_tcp, createServer } from "node:net";
import { describe, it } from "node:test";
import { make_client, transports } from "./lib/client.mjs";
import { is_reference, use_server } from "./lib/server.mjs";
import { reset_socket } from "./lib/tcp.mjs";
import { sleep, within } from "./lib/wait.mjs";

const cuts_wanted = Number(process.env.SOCKETIO_CUTS ?? 1000);
const first_seed = Number(process.env.SOCKETIO_SEED ?? 1);
const shards = Number(process.env.SOCKETIO_THREADS ?? 1);
const msgpack = createRequire(import.meta.url)("socket.io-msgpack-parser");
const clients = 9; // three of each transport

/** Small numbers from a seed, the same on every machine. */
function dice_of(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Passes so many bytes of a connection, and no more. */
class CuttingProxy {
  constructor(port, dice) {
    this.dice = dice;
    this.cuts = 0;
    this.cutting = true;
    this.sockets = new Set();
    this.listener = createServer((client) => this.#join(client, connect_tcp({ port, host: "127.0.0.1", noDelay: true })));
  }

  async start() {
    await new Promise((resolve) => this.listener.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.listener.address().port}`;
    return this;
  }

  stop() {
    this.listener.close();
    for (const one of this.sockets) one.destroy();
  }

  // Where it breaks: in the HTTP requests, around CONNECT, or in the middle of the conversation.
  #plan() {
    const bytes = [() => 1 + this.dice(600), () => 100 + this.dice(1200), () => 400 + this.dice(8000)][this.dice(3)]();
    return { bytes, direction: ["to_server", "to_client"][this.dice(2)], half_open: this.dice(4) === 0 };
  }

  #join(client, server) {
    const plan = this.#plan();
    const passed = { to_server: 0, to_client: 0 };
    let over = false;
    for (const one of [client, server]) {
      this.sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => {});
      one.on("close", () => this.sockets.delete(one));
    }
    const cut = () => {
      over = true;
      this.cuts++;
      reset_socket(client);
      if (!plan.half_open) reset_socket(server); // else the server believes that the client is there
    };
    const pass = (direction, from, to) => {
      from.on("data", (bytes) => {
        if (over) return;
        const left = this.cutting && direction === plan.direction ? plan.bytes - passed[direction] : Infinity;
        passed[direction] += bytes.length;
        if (bytes.length < left) return void to.write(bytes);
        const rest = Math.max(left, 0);
        if (rest === 0) return cut();
        to.write(bytes.subarray(0, rest), () => over || cut()); // They have left us before the end.
      });
      from.on("end", () => over || to.end());
      from.on("close", () => over || to.destroy());
    };
    pass("to_server", client, server);
    pass("to_client", server, client);
  }
}

/** A client with everything that it got, and what it should have got. */
class Guest {
  constructor(proxy, number, parser) {
    const kind = Object.values(transports)[number % 3];
    this.name = `client ${number} (${kind.transports.join(" and ")})`;
    this.room = `room ${number % 4}`;
    this.wanted = [];
    this.got = [];
    this.may_come_twice = new Set(); // It keeps what came before a CONNECT that did not come.
    this.connects = [];
    // The client's manager does not hear of a WebSocket that ends between the upgrade and the handshake: it
    // waits for its timeout.
    this.client = make_client(proxy, { ...kind, ...(parser && { parser }), timeout: 2000, reconnectionDelay: 1, reconnectionDelayMax: 20, randomizationFactor: 0 });
    for (const event of ["e", "binary"]) this.client.on(event, (number) => this.got.push(number));
    this.client.on("question", (number, answer) => answer(number));
    this.client.on("connect", () => this.connects.push(this.client.recovered));
    this.client.io.on("close", () => {
      for (const [, number] of this.client.receiveBuffer) this.may_come_twice.add(number);
    });
  }

  // `in_order`: from one shard everything comes in the order in which it was sent; from several, what one call sent.
  check(replay_after_connect, batch_of) {
    if (replay_after_connect) assert.equal(this.may_come_twice.size, 0, "events came before CONNECT");
    const seen = new Set();
    const once = this.got.filter((number) => {
      if (seen.has(number)) return !this.may_come_twice.has(number);
      return seen.add(number);
    });
    const missing = this.wanted.filter((number) => !seen.has(number));
    assert.deepEqual(missing.slice(0, 5), [], `${this.name} has lost ${missing.length} of ${this.wanted.length}`);
    assert.equal(once.length, seen.size, `${this.name} got something twice`);
    if (shards === 1) {
      assert.deepEqual(once, this.wanted, `${this.name}: the order`);
    } else {
      const by_batch = (list) => Object.groupBy?.(list, batch_of) ?? list.reduce((all, n) => ((all[batch_of(n)] ??= []).push(n), all), {});
      assert.deepEqual({ ...by_batch(once) }, { ...by_batch(this.wanted) }, `${this.name}: the order of what one call sent`);
    }
    assert.equal(this.connects[0], false);
    const lost = this.connects.slice(1).filter((recovered) => !recovered).length;
    assert.equal(lost, 0, `${this.name} was not recovered ${lost} times of ${this.connects.length - 1}`);
  }
}

const runs = [
  { title: "missed events first", replay_after_connect: false },
  { title: "CONNECT first", replay_after_connect: true },
  { title: "CONNECT first, MessagePack", replay_after_connect: true, parser: "msgpack" },
];

for (const [index, { title: what, replay_after_connect, parser }] of runs.entries()) {
  const title = `recovery when connections break anywhere, ${what}`;
  describe(title, { skip: is_reference ? "the original loses some" : false }, () => {
    const server = use_server({
      connection_state_recovery: { replay_after_connect }, ping_interval: 2000, ping_timeout: 3000, connect_timeout: 10_000,
      ...(parser && { parser }),
    });

    it("CR-08 CR-09 nothing is lost, nothing comes twice, and everybody is recovered", { timeout: 280_000 }, async () => {
      const seed = first_seed + 1000 * index;
      try {
        await run(server, seed, replay_after_connect, parser && msgpack);
      } catch (error) {
        error.message = `SOCKETIO_SEED=${seed}: ${error.message}`;
        throw error;
      }
    });
  });
}

async function run(server, seed, replay_after_connect, parser) {
  const dice = dice_of(seed);
  const proxy = await new CuttingProxy(server.port, dice).start();
  proxy.cutting = false;
  const guests = [];
  try {
    for (let i = 0; i < clients; i++) guests.push(new Guest(proxy, i, parser));
    await Promise.all(guests.map(({ client }) => within(new Promise((resolve) => client.once("connect", resolve)), "connect")));
    for (const guest of guests) {
      guest.id = guest.client.id;
      await server.control({ do: "join", socket: guest.id, rooms: [guest.room] });
    }
    await server.all_observed({});
    proxy.cutting = true;
    const batches = await talk(server, proxy, guests, dice);
    proxy.cutting = false;
    // An event to everybody, when nothing is cut any more: who has it has everything.
    await server.control({ do: "emit", event: "e", args: ["end"] });
    for (const guest of guests) guest.wanted.push("end");
    const complete = () => guests.every((guest) => guest.client.connected && new Set(guest.got).size >= guest.wanted.length);
    for (let i = 0; i < 6000 && !complete(); i++) await sleep(10);
    for (const guest of guests) guest.check(replay_after_connect, (number) => batches.get(number));
    const reasons = (await server.all_observed({ ev: "connection", recovered: false })).map(({ recovery }) => recovery);
    assert.deepEqual(reasons.filter((reason) => reason !== "not_asked"), []);
    const recovered = guests.reduce((sum, guest) => sum + guest.connects.length - 1, 0);
    assert.ok(recovered > proxy.cuts / 10, `only ${recovered} recoveries: the test must test something`);
  } finally {
    for (const { client } of guests) client.disconnect();
    proxy.stop();
  }
}

// Events of all kinds, some at a time, until there were enough cuts.
async function talk(server, proxy, guests, dice) {
  let number = 0;
  const batches = new Map();
  const any = () => guests[dice(guests.length)];
  for (let batch = 0; proxy.cuts < cuts_wanted / runs.length; batch++) {
    const actions = [];
    for (let i = 1 + dice(8); i > 0; i--) {
      const guest = any();
      const want = (who) => {
        number++;
        batches.set(number, batch);
        for (const one of guests) if (who(one)) one.wanted.push(number);
        return number;
      };
      const filler = "x".repeat(dice(5) === 0 ? dice(400) : dice(20));
      actions.push([
        () => ({ event: "e", args: [want(() => true), filler] }),
        () => ({ event: "e", args: [want((one) => one === guest), filler], socket: guest.id }),
        () => ({ event: "e", args: [want((one) => one === guest)], to: [guest.id] }),
        () => ({ event: "e", args: [want((one) => one.room === guest.room), filler], to: [guest.room] }),
        () => ({ event: "e", args: [want((one) => one.room !== guest.room), filler], except: [guest.room] }),
        () => ({ event: "binary", args: [want(() => true), { $binary: Buffer.from(filler).toString("base64") }, filler] }),
        () => ({ event: "volatile", args: [filler], flags: { volatile: true } }),
        () => ({ event: "volatile", socket: guest.id, flags: { volatile: true } }),
        () => ({ event: "question", args: [batch], socket: guest.id, ack: true, flags: { timeout: 1000 }, tag: "q" }),
      ][dice(9)]());
    }
    await server.control({ do: "batch", actions: actions.map((fields) => ({ do: "emit", ...fields })) });
    const { client } = any();
    if (client.connected) client.emit("note", batch, Buffer.alloc(dice(300)));
    await sleep(dice(3));
  }
  return batches;
}
