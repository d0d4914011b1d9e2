// Every published weakness of the official packages, and of the WebSocket library below them, tried against this server:
// the packet or request that it was about, and then whether others are still served.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { hostile } from "./lib/hostile.mjs";
import { open_polling, open_ws_session, polling_path, upgrade, ws_path } from "./lib/raw.mjs";
import { impatient, use_server } from "./lib/server.mjs";
import { http, open_tcp } from "./lib/tcp.mjs";
import { frame, opcode, open_ws, upgrade_request } from "./lib/ws.mjs";

describe("published weaknesses", () => {
  const server = use_server(impatient);

  async function joined() {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join();
    return ws;
  }

  /** The packets end the connection, and only this one. */
  async function closed_by(...packets) {
    const ws = await joined();
    for (const packet of packets) typeof packet === "string" ? ws.send(packet) : ws.send_binary(packet);
    await ws.closed();
    await server.observed({ ev: "disconnect", socket: ws.socket });
  }

  hostile(server, "CVE-2026-33151 ER-13 more attachments are announced than anybody needs", () =>
    closed_by('4599999999-["x",{"_placeholder":true,"num":0}]'));

  hostile(server, "GHSA-2m8v-j782-fhvr Q-04 no attachments are announced", () => closed_by('450-["x"]'));

  hostile(server, "CVE-2026-48779 a message of very many very small fragments", async () => {
    // Made first, because that takes longer than a heartbeat waits on a busy machine.
    const begin = frame({ op: opcode.text, payload: "4", fin: false });
    const pieces = Array.from({ length: 20_000 }, () => frame({ op: 0, payload: "2", fin: false }));
    const ws = await joined();
    ws.tcp.write(Buffer.concat([begin, ...pieces]));
    await ws.closed();
    await server.observed({ ev: "disconnect", socket: ws.socket, reason: "transport error" });
  });

  hostile(server, "CVE-2024-38355 SK-12 an event called error that nobody listens to", async () => {
    const ws = await joined();
    ws.send('42["error","x"]');
    ws.send('42["echo","alive"]');
    assert.equal(await ws.next_message(), '42["echo","alive"]');
    ws.destroy();
  });

  for (const name of ['{"toString":"x"}', "null", "[]", "true", '{"length":1}']) {
    hostile(server, `CVE-2023-32695 PK-04 an event called ${name}`, () => closed_by(`42[${name}]`));
  }

  for (const num of ['"splice"', '"constructor"', '"__proto__"', "-1", "1", "1e9", "0.5", "null", "{}"]) {
    hostile(server, `CVE-2022-2421 PK-10 a placeholder numbered ${num}`, () =>
      closed_by(`451-["x",{"_placeholder":true,"num":${num}}]`, Buffer.of(1)));
  }

  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    hostile(server, `CVE-2023-31125 ER-01 a transport called ${name}`, async () => {
      const path = `/socket.io/?EIO=4&transport=${name}`;
      const plain = await http(server.port, { path });
      assert.equal(plain.status, 400);
      assert.equal(JSON.parse(plain.text).code, 0);
      const tcp = await open_tcp(server.port);
      tcp.write(upgrade_request(path));
      assert.equal((await tcp.read_response()).status, 400);
      tcp.destroy();
    });
    hostile(server, `CVE-2023-31125 ER-02 a session called ${name}`, async () => {
      const response = await http(server.port, { path: polling_path(name) });
      assert.deepEqual([response.status, JSON.parse(response.text).code], [400, 1]);
    });
  }

  hostile(server, "CVE-2022-41940 an upgrade that is reset at once", async () => {
    const session = await open_polling(server);
    await session.join();
    for (const path of [ws_path(), ws_path(session.sid), ws_path("unknown"), "/elsewhere", "/socket.io/?EIO=3"]) {
      const tcp = await open_tcp(server.port);
      tcp.write(upgrade_request(path));
      tcp.reset();
    }
    await session.leave();
  });

  hostile(server, "CVE-2022-21676 a broken frame on a connection that is upgrading", async () => {
    const session = await open_polling(server);
    await session.join();
    const ws = await open_ws(server.port, ws_path(session.sid));
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    ws.send_frame({ op: opcode.text, payload: "5", rsv: 7 });
    await ws.closed();
    await session.post('42["echo","still polling"]');
    for (;;) {
      const packet = await session.next();
      if (packet === "6") continue; // Polls are released while an upgrade is under way.
      assert.equal(packet, '42["echo","still polling"]');
      break;
    }
    await session.leave();
  });

  hostile(server, "CVE-2022-21676 a broken frame right behind the upgrade", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    const ws = await upgrade(session);
    ws.tcp.write(Buffer.of(0xff, 0xff, 0xff, 0xff));
    await ws.closed();
    await server.observed({ ev: "disconnect", socket, reason: "transport error" });
  });

  hostile(server, "CVE-2020-36048 CVE-2020-36049 a POST of very many packets", async () => {
    const session = await open_polling(server);
    const socket = await session.join();
    const response = await session.post("4".concat("\x1e4".repeat(400_000)));
    assert.ok([200, 413].includes(response.status), response.status_line);
    await server.observed({ ev: "disconnect", socket });
  });

  hostile(server, "CVE-2020-28481 HD-01 other origins get no permission by default", async () => {
    const headers = { origin: "http://elsewhere.example" };
    const response = await http(server.port, { path: polling_path(), headers });
    assert.equal(response.status, 200);
    assert.equal(response.headers["access-control-allow-origin"], undefined);
    const sid = JSON.parse(response.text.slice(1)).sid;
    await http(server.port, { method: "POST", path: polling_path(sid), body: "1" });
  });

  hostile(server, "CVE-2024-37890 an upgrade with very many headers", async () => {
    const headers = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`x${i}`, "1"]));
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request(ws_path(), headers));
    const response = await tcp.read_response();
    assert.ok([101, 431].includes(response.status), response.status_line);
    tcp.destroy();
  });

  hostile(server, "CVE-2021-32640 WS-05 sub-protocols made of spaces", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(upgrade_request(ws_path(), { "sec-websocket-protocol": `a${" ".repeat(12_000)}b` }));
    const response = await tcp.read_response();
    assert.ok([101, 400].includes(response.status), response.status_line);
    tcp.destroy();
  });
});
