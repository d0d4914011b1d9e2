// Hostile Socket.IO packets: deep, huge, contradictory, incomplete, and mutated at random from a fixed seed.
// Rows PK-01..PK-15, ER-13, SV-12 from the hostile side.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { hostile } from "./lib/hostile.mjs";
import { open_ws_session } from "./lib/raw.mjs";
import { impatient, mended, use_server } from "./lib/server.mjs";

describe("hostile Socket.IO packets", () => {
  const server = use_server(impatient);

  async function joined() {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join();
    return ws;
  }

  /** Sends a packet to an event that nobody handles; the connection may end or live, the server must live. */
  async function survives(...packets) {
    const ws = await joined();
    for (const packet of packets) typeof packet === "string" ? ws.send(packet) : ws.send_binary(packet);
    ws.send('42["note","behind"]');
    await Promise.race([
      server.observed({ ev: "note", socket: ws.socket, args: ["behind"] }).catch(() => {}),
      server.observed({ ev: "disconnect", socket: ws.socket }),
    ]);
    ws.destroy();
  }

  const depth = 100_000;
  const shapes = {
    "deep lists": `42["x",${"[".repeat(depth)}${"]".repeat(depth)}]`,
    "deep objects": `42["x",${'{"a":'.repeat(depth)}1${"}".repeat(depth)}]`,
    "deep lists without end": `42["x",${"[".repeat(depth)}`,
    "ten thousand arguments": `42["x"${",1".repeat(10_000)}]`,
    "a hundred thousand keys": `42["x",{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join()}}]`,
    "a number of 100 KB": `42["x",${"9".repeat(100_000)}]`,
    "an exponent of 1000 digits": `42["x",1e${"9".repeat(1000)}]`,
    "an event name of 500 KB": `42["${"x".repeat(500_000)}"]`,
    "the same key twice": '42["x",{"a":1,"a":2}]',
    "an ack id of 1000 digits": `42${"9".repeat(1000)}["x"]`,
    "an ack of an ack id beyond 64 bits": '4399999999999999999999999["x"]',
    "many escapes": `42["x","${"\\u0000\\\\\\\"".repeat(20_000)}"]`,
    "a namespace without end": `42/${"n".repeat(100_000)}`,
    "only digits": `4${"2".repeat(1000)}`,
  };
  for (const [what, packet] of Object.entries(shapes)) {
    hostile(server, `lives through ${what}`, () => survives(packet));
  }

  hostile(server, "lives through half a million arguments", () => survives(`42["x"${",1".repeat(490_000)}]`),
    mended("it ends the process: the arguments do not fit on its stack"));

  hostile(server, "deep placeholders and missing attachments", async () => {
    const holder = '{"_placeholder":true,"num":0}';
    const nested = `${"[".repeat(5000)}${holder}${"]".repeat(5000)}`;
    await survives(`451-["x",${nested}]`, Buffer.of(1));
    await survives('451-["x"]', Buffer.of(1)); // Announces an attachment that no placeholder names.
    await survives(`451-["x",{"_placeholder":true}]`, Buffer.of(1));
    await survives(`451-["x",{"_placeholder":"true","num":"0"}]`, Buffer.of(1));
    await survives(`451-["x",{"_placeholder":true,"num":0.5}]`, Buffer.of(1));
    await survives(`451-[${holder}]`, Buffer.of(1)); // The name of the event is binary.
    await survives(`461-0[${holder}]`, Buffer.of(1));
    await survives(`461-[${holder}]`, Buffer.of(1));
  });

  hostile(server, "a client that leaves while attachments are missing", async () => {
    const ws = await joined();
    ws.send('453-["note",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]');
    ws.send_binary(Buffer.of(1));
    ws.destroy();
    await server.observed({ ev: "disconnect", socket: ws.socket, reason: "transport close" });
  });

  hostile(server, "hundreds of unknown namespaces", async () => {
    const ws = await joined();
    for (let i = 0; i < 300; ++i) ws.send(`40/unknown-${i},`);
    for (let i = 0; i < 300; ++i) {
      assert.equal(await ws.next_message(), `44/unknown-${i},{"message":"Invalid namespace"}`);
    }
    ws.destroy();
  });

  hostile(server, "joining and leaving hundreds of times", async () => {
    const ws = await open_ws_session(server);
    const ids = new Set();
    for (let i = 0; i < 100; ++i) {
      const socket = await ws.join("/custom");
      ids.add(socket);
      ws.send("41/custom,");
      await server.observed({ ev: "disconnect", socket });
    }
    assert.equal(ids.size, 100);
    ws.destroy();
  });

  hostile(server, "connecting twice ends the connection", async () => {
    const ws = await joined();
    ws.send("40");
    assert.equal(await ws.closed(), 1005);
    await server.observed({ ev: "disconnect", socket: ws.socket, reason: "forced close" });
  });

  hostile(server, "packets that were valid before a few of their bytes changed", async () => {
    const random = generator(20_260_521);
    const valid = [
      "40", '40/custom,{"token":"1"}', "41", '42["note",1,{"a":[true,null,"€"]}]', '4212["echo",1]', "431[]",
      '42/custom,["note"]', '451-["note",{"_placeholder":true,"num":0}]', '44{"message":"x"}', "2", "3", "6",
    ];
    for (let round = 0; round < 150; ++round) {
      const ws = await joined();
      for (let i = 0; i < 6; ++i) ws.send(mutate(valid[random(valid.length)], random));
      if (random(2)) ws.send_binary(Buffer.from(mutate("bytes", random)));
      ws.destroy();
    }
  });
});

/** A small generator (mulberry32): the same attack in every run. */
function generator(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(text, random) {
  const letters = [...text];
  for (let n = 1 + random(3); n > 0; --n) {
    const at = random(letters.length + 1);
    const kind = random(3);
    const letter = '0123456789[]{}",:-/\\xé\u0000'[random(24)];
    if (kind === 0) letters.splice(at, 1);
    else if (kind === 1) letters.splice(at, 0, letter);
    else letters[Math.min(at, letters.length - 1)] = letter;
  }
  return letters.join("");
}
