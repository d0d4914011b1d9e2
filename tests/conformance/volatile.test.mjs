// Volatile packets: dropped when the connection cannot take them at this instant.
// Rows VO-01, VO-02, BR-09 of the behaviour specification.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { open_polling, open_ws_session } from "./lib/raw.mjs";
import { use_server } from "./lib/server.mjs";

describe("volatile", () => {
  const server = use_server();
  // With several shards an action runs on another one than its target: nothing is in the same turn.
  const skip = Number(process.env.SOCKETIO_THREADS ?? 1) > 1;
  const emit = (fields) => ({ do: "emit", event: "x", flags: { volatile: true }, ...fields });

  it("VO-01 BR-09 a packet for a client without a waiting poll is dropped, others get it", async () => {
    const session = await open_polling(server);
    const ws = await open_ws_session(server);
    const socket = await session.join();
    await ws.join();
    await server.control(emit({ args: ["all"] }));
    await server.control(emit({ socket, args: ["one"] }));
    await server.control({ do: "emit", event: "reliable" });
    assert.equal(await session.next(), '42["reliable"]');
    assert.equal(await ws.next(), '42["x","all"]');
    assert.equal(await ws.next(), '42["reliable"]');
  });

  it("VO-01 a waiting poll takes it", { skip }, async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    const get = await session.start_get();
    await server.all_observed({});
    await server.control(emit({ socket, args: [1] }));
    assert.equal((await get.read_response()).text, '42["x",1]');
  });

  it("VO-02 of several in the same turn only the first is sent", { skip }, async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const actions = [1, 2, 3].map((i) => emit({ socket, args: [i] }));
    await server.control({ do: "batch", actions });
    await server.control({ do: "emit", socket, event: "end" });
    assert.equal(await ws.next(), '42["x",1]');
    assert.equal(await ws.next(), '42["end"]');
    const broadcasts = [4, 5].map((i) => emit({ args: [i] }));
    await server.control({ do: "batch", actions: broadcasts });
    await server.control({ do: "emit", socket, event: "end" });
    assert.equal(await ws.next(), '42["x",4]');
    assert.equal(await ws.next(), '42["end"]');
  });

  it("VO-01 after a reliable packet in the same turn the connection is busy", { skip }, async () => {
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    const actions = [{ do: "emit", socket, event: "reliable" }, emit({ socket }), { do: "emit", socket, event: "end" }];
    await server.control({ do: "batch", actions });
    assert.equal(await ws.next(), '42["reliable"]');
    assert.equal(await ws.next(), '42["end"]');
  });

  it("VO-01 a binary packet goes whole or not at all", { skip }, async () => {
    const args = [{ $binary: "AQ==" }, { $binary: "Ag==" }];
    const ws = await open_ws_session(server);
    const socket = await ws.join();
    await server.control({ do: "batch", actions: [emit({ socket, args }), emit({ socket, args })] });
    await server.control({ do: "emit", socket, event: "end" });
    assert.match(await ws.next(), /^452-/);
    assert.deepEqual([await ws.next(), await ws.next()], [Buffer.of(1), Buffer.of(2)]);
    assert.equal(await ws.next(), '42["end"]');
    const session = await open_polling(server);
    const polling = await session.join();
    await server.control(emit({ socket: polling, args }));
    await server.control({ do: "emit", socket: polling, event: "end" });
    assert.equal(await session.next(), '42["end"]');
  });
});
