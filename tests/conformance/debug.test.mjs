// DEBUG, as the official packages obey it: the same names, selected in the same way, in lines of the same shape.
// Row XC-01 of the behaviour specification.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { connect, make_client, transports, upgraded } from "./lib/client.mjs";
import { open_ws_session } from "./lib/raw.mjs";
import { mended, start_server } from "./lib/server.mjs";
import { wait_for_event } from "./lib/wait.mjs";

const names = [
  "engine", "engine:polling", "engine:socket", "engine:transport", "engine:ws", "socket.io-parser",
  "socket.io:broadcast-operator", "socket.io:client", "socket.io:namespace", "socket.io:parent-namespace",
  "socket.io:server", "socket.io:socket",
];
const line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S+) ./;

/** What a server says in a life in which everything happens once; the lines of other packages left out. */
async function life(t, DEBUG) {
  const server = await start_server(t, { dynamic: true }, { DEBUG });
  const client = await connect(server, transports.upgrade);
  await upgraded(client);
  await client.emitWithAck("join", "room");
  await client.emitWithAck("echo", 1);
  client.emit("ack_never");
  const child = await connect(server, { nsp: "/dynamic-101", manager: client.io });
  const stranger = make_client(server, { nsp: "/unknown" });
  await wait_for_event(stranger, "connect_error");
  await server.control({ do: "emit", to: ["room"], event: "question", ack: true, tag: "asked", flags: { timeout: 20 } });
  await server.observed({ ev: "ack", tag: "asked" });
  client.disconnect();
  child.disconnect();
  stranger.disconnect();
  await server.observed({ ev: "disconnect", socket: await server.observed({ ev: "connection", nsp: "/" }).then((o) => o.socket) });
  await stopped(server);
  return server.stderr.split("\n").filter((text) => text !== "");
}

/** Stops it, and waits for the last of its lines. */
async function stopped(server) {
  const ended = once(server.process.stderr, "close");
  await server.stop();
  await ended;
}

const names_in = (lines) =>
  [...new Set(lines.map((text) => line.exec(text)?.[1]).filter((name) => /^(engine|socket\.io)/.test(name ?? "")))].sort();

describe("debug", () => {
  it("XC-01 DEBUG=* names every part that has something to say", async (t) => {
    assert.deepEqual(names_in(await life(t, "*")), names);
  });

  it("XC-01 DEBUG=socket.io:* selects, and - takes away", async (t) => {
    const lines = await life(t, "socket.io:*,-socket.io:client");
    const expected = names.filter((name) => name.startsWith("socket.io:") && name !== "socket.io:client");
    assert.deepEqual(names_in(lines), expected);
  });

  it("XC-01 without DEBUG nothing is said", async (t) => {
    assert.deepEqual(await life(t, ""), []);
  });

  it("XC-01 what peers send is no line of its own, and commands no terminal",
    mended("engine:polling and engine:ws print what comes as it is"), async (t) => {
    const server = await start_server(t, {}, { DEBUG: "*" });
    const evil = "x\n2026-01-01T00:00:00.000Z engine forged\r\x1b[2J\x9b2J\u2028\u202e";
    const ws = await open_ws_session(server);
    await ws.join();
    ws.send(`42${JSON.stringify([evil, 1])}`);
    ws.send(`40/${evil},`);
    ws.send(`42/${evil},["x"]`);
    await server.observed({ ev: "engine_close" });
    await stopped(server);
    for (const text of server.stderr.split("\n").slice(0, -1)) {
      assert.match(text, line);
      assert.doesNotMatch(text, /^\S+ engine forged/);
      assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
    }
    assert.match(server.stderr, /forged/);
  });
});
