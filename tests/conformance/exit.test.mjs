// The end of the program while everything is going on: stdin ends, and the server goes away at once, with status 0.
// Under the sanitizers (see HACKING.md) the same status says that it leaked nothing.
import { describe, it } from "node:test";
import { connect, make_client, transports } from "./lib/client.mjs";
import { open_polling, open_ws_session, ws_path } from "./lib/raw.mjs";
import { mended, start_server } from "./lib/server.mjs";
import { format_request, open_tcp } from "./lib/tcp.mjs";
import { open_ws } from "./lib/ws.mjs";

/** Clients of every kind, in the middle of whatever a client may be in the middle of. */
async function busy_server(t) {
  const server = await start_server(t);
  for (const kind of Object.values(transports)) {
    const client = await connect(server, { ...kind, reconnection: false });
    await client.emitWithAck("join", ["a", "b"]);
    const ask = { do: "emit", event: "never answered", flags: { timeout: 60_000 }, tag: "ask" };
    for (const ack of [true, "await"]) {
      await server.control({ ...ask, socket: client.id, ack });
      await server.control({ ...ask, to: ["a"], ack });
    }
  }
  make_client(server, { nsp: "/gate", reconnection: false });
  await server.observed({ ev: "middleware", nsp: "/gate" });
  const ws = await open_ws_session(server);
  await ws.join();
  ws.send('452-["note",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'); // One block is still to come.
  ws.send_binary(Buffer.of(1));
  ws.send_frame({ op: 1, payload: "42[", fin: false });
  const polling = await open_polling(server);
  await polling.join();
  await polling.start_get();
  const upgrading = await open_polling(server);
  const candidate = await open_ws(server.port, ws_path(upgrading.sid));
  candidate.send("2probe");
  await candidate.next();
  const closing = await open_polling(server);
  await server.control({ do: "conn_close", socket: await closing.join() });
  const half = await open_tcp(server.port);
  half.write(format_request({ method: "POST", path: "/socket.io/?EIO=4", headers: { "content-length": 100 } }).slice(0, -4));
  return server;
}

describe("the end of the program", () => {
  it("K-07 stdin ends while clients connect, wait, upgrade and ask", async (t) => {
    await (await busy_server(t)).stop();
  });

  it("SV-09 stdin ends after the server was closed", mended("it waits for whoever does not finish its request"), async (t) => {
    const server = await busy_server(t);
    await server.control({ do: "close" });
    await server.observed({ ev: "closed" });
    await server.stop();
  });

  it("SV-09 stdin ends while the server closes", async (t) => {
    const server = await busy_server(t);
    await server.control({ do: "close" });
    await server.stop();
  });
});
