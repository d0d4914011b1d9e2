// Acknowledgements both ways, their timeouts, and those of broadcasts.
// Rows ACK-01..ACK-11 and the quirk Q-06 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect, transports } from "./lib/client.mjs";
import { open_ws_session } from "./lib/raw.mjs";
import { is_reference, mended, use_server } from "./lib/server.mjs";

const timed_out = "operation has timed out";

describe("acknowledgements of the server", () => {
  const server = use_server();

  it("ACK-02 any number of arguments, none at all, binary or not", async () => {
    const client = await connect(server);
    const answer = (...args) => new Promise((resolve) => client.emit("echo", ...args, (...got) => resolve(got)));
    assert.deepEqual(await answer(), []);
    assert.deepEqual(await answer(1), [1]);
    assert.deepEqual(await answer(1, "two", null, [3]), [1, "two", null, [3]]);
    assert.deepEqual(await answer(Buffer.of(1), "x", { y: Buffer.of(2) }), [Buffer.of(1), "x", { y: Buffer.of(2) }]);
  });

  it("ACK-02 an empty acknowledgement is an empty list, a second call is ignored", async () => {
    const ws = await open_ws_session(server);
    await ws.join();
    ws.send('425["note"]');
    assert.equal(await ws.next(), "435[]");
    ws.send('426["ack_twice"]');
    assert.equal(await ws.next(), '436["first"]');
    ws.send('42["echo","no second one"]');
    assert.equal(await ws.next(), '42["echo","no second one"]');
  });

  it("ACK-05 the official client's own timeout", async () => {
    const client = await connect(server);
    await assert.rejects(client.timeout(50).emitWithAck("ack_never"), { message: timed_out });
    assert.equal(await client.timeout(3000).emitWithAck("echo", 1), 1);
  });

  it("ACK-06 an event that nobody handles is never acknowledged", async () => {
    const ws = await open_ws_session(server);
    await ws.join();
    ws.send('421["nobody listens"]');
    ws.send('422["echo"]');
    assert.equal(await ws.next(), "432[]");
  });
});

describe("acknowledgements of the client", () => {
  const server = use_server();
  let tags = 0;

  /** Lets the server ask; resolves with the observation of the settlement. */
  function ask(fields) {
    const tag = `ask-${++tags}`;
    const settled = server.control({ do: "emit", event: "ask", ack: true, tag, ...fields })
      .then(() => server.observed({ ev: "ack", tag }));
    return { tag, settled };
  }

  async function member(answer, options) {
    const client = await connect(server, options);
    client.on("ask", (...args) => answer?.(args.pop(), ...args));
    return client;
  }

  // With several shards ids count in steps: unique, but not dense.
  const skip = Number(process.env.SOCKETIO_THREADS ?? 1) > 1;
  it("ACK-01 ids count up from 0 for each namespace, shared by its sockets and broadcasts", { skip }, async () => {
    const fresh = await open_ws_session(server);
    const other = await open_ws_session(server);
    const [one, two, custom] = [await fresh.join(), await other.join(), await fresh.join("/custom")];
    const next_id = async (ws, action) => {
      await server.control({ do: "emit", event: "ask", ack: true, tag: "ids", flags: { timeout: 100 }, ...action });
      return /^42(?:\/custom,)?(\d+)\["ask"\]$/.exec(await ws.next())[1];
    };
    const ids = [await next_id(fresh, { socket: one }), await next_id(other, { socket: two })];
    ids.push(await next_id(fresh, {}), await next_id(fresh, { socket: one }));
    assert.deepEqual(ids, ["0", "1", "2", "3"]);
    assert.equal(await next_id(fresh, { socket: custom }), "0");
  });

  it("ACK-02 the callback gets all arguments, once", async () => {
    const client = await member((ack) => {
      ack(1, "two", Buffer.of(3));
      ack("again");
    });
    const { tag, settled } = ask({ socket: client.id });
    const { err, args } = await settled;
    assert.deepEqual([err, args], [null, [1, "two", { $binary: "Aw==" }]]);
    await client.emitWithAck("echo", 1);
    assert.equal((await server.all_observed({ ev: "ack", tag })).length, 1);
    await server.counts({ pending_acks: 0 });
  });

  it("ACK-04 acknowledgements that nobody waits for are ignored", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const { settled } = ask({ socket });
    const id = /^42(\d+)/.exec(await ws.next())[1];
    ws.send(`43999["unknown"]`);
    ws.send(`43["no id"]`);
    ws.send(`43${id}["good"]`);
    ws.send(`43${id}["again"]`);
    assert.deepEqual((await settled).args, ["good"]);
    ws.send('42["echo","unharmed"]');
    assert.equal(await ws.next(), '42["echo","unharmed"]');
  });

  it("ACK-04 a socket cannot answer for another", async () => {
    const [asked, liar] = [await open_ws_session(server), await open_ws_session(server)];
    const socket = await asked.join();
    await liar.join();
    const { settled } = ask({ socket });
    const id = /^42(\d+)/.exec(await asked.next())[1];
    liar.send(`43${id}["forged"]`);
    liar.send('42["echo",1]');
    await liar.next();
    asked.send(`43${id}["true"]`);
    assert.deepEqual((await settled).args, ["true"]);
  });

  it("ACK-05 a timeout settles with an error, a late answer is ignored", async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const { tag, settled } = ask({ socket, flags: { timeout: 50 } });
    const id = /^42(\d+)/.exec(await ws.next())[1];
    assert.equal((await settled).err, timed_out);
    await server.counts({ pending_acks: 0 });
    ws.send(`43${id}["too late"]`);
    ws.send('42["echo",1]');
    await ws.next();
    assert.equal((await server.all_observed({ ev: "ack", tag })).length, 1);
  });

  it("ACK-05 an answer in time arrives without an error", async () => {
    const client = await member((ack, question) => ack(`${question}?`, 2));
    const { err, args } = await ask({ socket: client.id, args: ["why"], flags: { timeout: 3000 } }).settled;
    assert.deepEqual([err, args], [null, ["why?", 2]]);
  });

  it("ACK-06 the awaitable form gives the first argument, or the error", async () => {
    const client = await member((ack, quiet) => quiet || ack("first", "second"));
    assert.deepEqual((await ask({ socket: client.id, ack: "await" }).settled).args, ["first"]);
    const silent = ask({ socket: client.id, args: [true], ack: "await", flags: { timeout: 50 } });
    assert.equal((await silent.settled).err, timed_out);
  });

  it("ACK-07 ACK-03 K-17 a broadcast gathers the first argument of each client", async () => {
    for (const [i, kind] of ["websocket", "polling", "upgrade"].entries()) {
      await member((ack) => ack({ i, bytes: Buffer.of(i) }, "ignored"), transports[kind]);
    }
    for (const ack of [true, "await"]) {
      const { err, responses } = await ask({ ack, flags: { timeout: 3000 } }).settled;
      assert.equal(err, null);
      const sorted = responses.sort((a, b) => a.i - b.i);
      assert.deepEqual(sorted, ["AA==", "AQ==", "Ag=="].map(($binary, i) => ({ i, bytes: { $binary } })));
    }
    await server.counts({ pending_acks: 0 });
  });

  it("ACK-07 answers stand in the order of their arrival", async () => {
    const [first, second] = [await open_ws_session(server), await open_ws_session(server)];
    await first.join();
    const socket = await second.join();
    const { settled } = ask({ flags: { timeout: 3000 } });
    const id = /^42(\d+)/.exec(await first.next())[1];
    await second.next();  // the question, which another shard may have asked later
    second.send(`43${id}["quick"]`);
    second.send('42["note"]');
    await server.observed({ ev: "note", socket });
    first.send(`43${id}["slow"]`);
    assert.deepEqual((await settled).responses, ["quick", "slow"]);
  });

  it("ACK-07 an answer without arguments counts", async () => {
    await member((ack) => ack());
    const { err, responses } = await ask({ flags: { timeout: 3000 } }).settled;
    assert.equal(err, null);
    assert.equal(responses.length, 1);
  });

  it("ACK-08 a broadcast that times out gives what it has", async () => {
    await member((ack) => ack("here"));
    await member();
    for (const ack of [true, "await"]) {
      const { err, responses } = await ask({ ack, flags: { timeout: 150 } }).settled;
      assert.equal(err, timed_out);
      assert.deepEqual(responses, ["here"]);
      await server.counts({ pending_acks: 0 });
    }
  });

  it("ACK-08 a late answer to a broadcast is ignored", async () => {
    const ws = await open_ws_session(server);
    await ws.join();
    const { tag, settled } = ask({ flags: { timeout: 50 } });
    const id = /^42(\d+)/.exec(await ws.next())[1];
    assert.deepEqual((await settled).responses, []);
    ws.send(`43${id}["late"]`);
    ws.send('42["echo",1]');
    await ws.next();
    assert.equal((await server.all_observed({ ev: "ack", tag })).length, 1);
  });

  it("ACK-09 Q-06 without a timeout a broadcast waits a reasonable time for its answers", async () => {
    const ws = await open_ws_session(server);
    await ws.join();
    const { settled } = ask({});
    const id = /^42(\d+)/.exec(await ws.next())[1];
    if (is_reference) { // Its timer of undefined milliseconds fires after one.
      assert.equal((await settled).err, timed_out);
      return;
    }
    ws.send('42["echo","meanwhile"]');
    await ws.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    ws.send(`43${id}["in time"]`);
    const { err, responses } = await settled;
    assert.deepEqual([err, responses], [null, ["in time"]]);
  });

  it("ACK-10 a broadcast to nobody completes at once", async () => {
    const { err, responses } = await ask({ to: ["empty room"], flags: { timeout: 60_000 } }).settled;
    assert.deepEqual([err, responses], [null, []]);
  });

  it("ACK-11 a client that leaves before it answers is missing in the end", async () => {
    await member((ack) => ack("stayed"));
    const gone = await member();
    const { id } = gone;
    const { settled } = ask({ flags: { timeout: 300 } });
    gone.once("ask", () => gone.disconnect());
    await server.observed({ ev: "disconnect", socket: id });
    const { err, responses } = await settled;
    assert.deepEqual(responses, ["stayed"]);
    assert.notEqual(err, null);
  });

  it("ACK-11 SK-23 acknowledgements of a lost connection are not kept",
    mended("it keeps them in the disconnected socket"), async () => {
      const ws = await open_ws_session(server);
      const socket = await ws.join();
      const asked = Array.from({ length: 5 }, () => ask({ socket, flags: { timeout: 60_000 } }));
      for (let i = 0; i < 5; ++i) await ws.next();
      await server.counts({ pending_acks: 5 });
      ws.destroy();
      for (const { settled } of asked) assert.match((await settled).err, /disconnect/);
      await server.idle();
    });
});
