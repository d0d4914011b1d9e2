// Hostile WebSocket frames: everything that RFC 6455 forbids, and peers that stop in the middle.
// Rows WS-19, ER-11, SK-21 from the hostile side; the close codes are those of RFC 6455, section 7.4.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { hostile } from "./lib/hostile.mjs";
import { open_ws_session, ws_path } from "./lib/raw.mjs";
import { impatient, mended, use_server } from "./lib/server.mjs";
import { open_tcp } from "./lib/tcp.mjs";
import { frame, opcode, RawWebSocket, upgrade_request } from "./lib/ws.mjs";

describe("hostile WebSocket frames", () => {
  const server = use_server({ ...impatient, max_http_buffer_size: 100_000 });
  const { text, binary, ping, pong, close } = opcode;

  async function joined() {
    const ws = await open_ws_session(server);
    ws.socket = await ws.join();
    return ws;
  }

  /** Sends frames; expects the close code, and that the socket's user is told of a transport error. */
  async function refused(frames, code, reason = "transport error") {
    const ws = await joined();
    for (const fields of frames) ws.send_frame(fields);
    const got = await ws.closed();
    assert.ok([code].flat().includes(got), `close code ${got} instead of ${code} for ${JSON.stringify(frames[0])}`);
    await server.observed({ ev: "disconnect", socket: ws.socket, reason });
  }

  const valid = '42["note"]';
  const protocol_errors = {
    "an unmasked text": [{ op: text, payload: valid, masked: false }],
    "an unmasked control frame": [{ op: ping, masked: false }],
    "reserved bit 1": [{ op: text, payload: valid, rsv: 4 }],
    "reserved bit 2": [{ op: text, payload: valid, rsv: 2 }],
    "reserved bit 3": [{ op: binary, payload: valid, rsv: 1 }],
    "a reserved bit in a control frame": [{ op: ping, rsv: 4 }],
    "a fragmented ping": [{ op: ping, fin: false }],
    "a fragmented close": [{ op: close, fin: false }],
    "a ping of 126 bytes": [{ op: ping, payload: "x".repeat(126) }],
    "a pong of 65536 bytes": [{ op: pong, payload: "x".repeat(65_536) }],
    "a close of 126 bytes": [{ op: close, payload: Buffer.concat([Buffer.of(3, 232), Buffer.alloc(124, 120)]) }],
    "a continuation of nothing": [{ op: 0, payload: valid }],
    "a continuation after the end": [{ op: pong }, { op: 0, payload: valid, fin: false }],
    "a text inside a text": [{ op: text, payload: "42", fin: false }, { op: text, payload: valid }],
    "a binary inside a text": [{ op: text, payload: "42", fin: false }, { op: binary, payload: valid }],
    "a close frame of one byte": [{ op: close, payload: "x" }],
  };
  for (const [what, frames] of Object.entries(protocol_errors)) {
    hostile(server, `WS-19 refuses ${what}`, () => refused(frames, 1002));
  }

  for (const op of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    hostile(server, `WS-19 refuses opcode ${op}`, () => refused([{ op, payload: "x" }], 1002));
  }

  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
    hostile(server, `WS-19 refuses the close code ${code}`, () =>
      refused([{ op: close, payload: Buffer.of(code >> 8, code & 0xff) }], 1002));
  }

  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999]) {
    hostile(server, `WS-19 returns the close code ${code}`, () =>
      refused([{ op: close, payload: Buffer.of(code >> 8, code & 0xff) }], code, "transport close"));
  }

  hostile(server, "WS-19 a close frame without a code is answered without a code", () =>
    refused([{ op: close }], 1005, "transport close"));

  const bad_texts = {
    "a lone continuation byte": [0x80], "an overlong slash": [0xc0, 0xaf], "an overlong zero": [0xe0, 0x80, 0x80],
    "half a surrogate pair": [0xed, 0xa0, 0x80], "beyond the last character": [0xf4, 0x90, 0x80, 0x80],
    "a cut euro sign": [0xe2, 0x82], "five bytes": [0xf8, 0x88, 0x80, 0x80, 0x80], "0xff": [0xff],
  };
  for (const [what, bytes] of Object.entries(bad_texts)) {
    const payload = Buffer.concat([Buffer.from("42"), Buffer.from(bytes)]);
    hostile(server, `WS-19 refuses text with ${what}`, () => refused([{ op: text, payload }], 1007));
    hostile(server, `WS-19 refuses text with ${what}, byte by byte`, () =>
      refused([
        { op: text, payload: payload.subarray(0, 1), fin: false },
        ...[...payload.subarray(1)].map((byte) => ({ op: 0, payload: Buffer.of(byte), fin: false })),
        { op: 0, payload: "" },
      ], 1007));
  }

  hostile(server, "WS-19 refuses a close reason that is not UTF-8", () =>
    refused([{ op: close, payload: Buffer.of(3, 232, 0xc3, 0x28) }], 1007));

  hostile(server, "ER-11 refuses lengths beyond every limit by the header alone", async () => {
    for (const length of [100_001, 2 ** 32, 2 ** 53 + 2, 2 ** 62]) {
      await refused([{ op: binary, length, wide: true }], [1009, 1002]);
    }
    const negative = await joined();
    negative.tcp.write(Buffer.of(0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4));
    assert.ok([1002, 1009].includes(await negative.closed()));
  });

  hostile(server, "ER-11 refuses many small fragments that are too much together", () =>
    refused([
      { op: binary, payload: Buffer.alloc(1000), fin: false },
      ...Array.from({ length: 101 }, () => ({ op: 0, payload: Buffer.alloc(1000), fin: false })),
    ], 1009));

  hostile(server, "WS-19 takes a message byte by byte", async () => {
    const ws = await joined();
    await ws.tcp.write_slowly(frame({ op: text, payload: '42["echo","slow"]' }));
    assert.equal(await ws.next_message(), '42["echo","slow"]');
    ws.destroy();
  });

  hostile(server, "a peer may vanish at any byte of a frame", async () => {
    const whole = frame({ op: text, payload: `42["note","${"x".repeat(200)}"]` });
    for (const cut of [0, 1, 2, 3, 4, 5, 7, 8, 9, 100, whole.length - 1, whole.length]) {
      const ws = await joined();
      ws.tcp.write(whole.subarray(0, cut));
      if (cut % 2) ws.destroy();
      else ws.tcp.reset();
      await server.observed({ ev: "disconnect", socket: ws.socket });
    }
  });

  hostile(server, "a flood of pings is answered in order", async () => {
    const ws = await joined();
    const count = 500;
    const pings = Array.from({ length: count }, (_, i) => frame({ op: ping, payload: String(i) }));
    ws.tcp.write(Buffer.concat(pings));
    let last = -1; // RFC 6455, section 5.5.3: only the latest of several pings needs an answer.
    while (last < count - 1) {
      const got = await ws.next_frame();
      if (got.op !== pong) continue; // The engine's own ping.
      assert.ok(Number(got.text) > last, `${got.text} after ${last}`);
      last = Number(got.text);
    }
    ws.destroy();
  });

  hostile(server, "frames after the close frame are ignored", async () => {
    const ws = await joined();
    const last = frame({ op: close, payload: Buffer.of(3, 232) });
    ws.tcp.write(Buffer.concat([last, frame({ op: text, payload: '42["note","late"]' })]));
    assert.equal(await ws.closed(), 1000);
    await server.observed({ ev: "disconnect", socket: ws.socket, reason: "transport close" });
    assert.deepEqual(await server.all_observed({ ev: "note", socket: ws.socket }), []);
  });

  hostile(server, "bytes that are pipelined behind the upgrade request are frames", async () => {
    const tcp = await open_tcp(server.port);
    tcp.write(Buffer.concat([upgrade_request(ws_path()), frame({ op: text, payload: "40" })]));
    const ws = new RawWebSocket(tcp, await tcp.read_response());
    assert.match(await ws.next_message(), /^0\{/);
    assert.match(await ws.next_message(), /^40\{/);
    ws.send('42["echo",1]');
    assert.equal(await ws.next_message(), '42["echo",1]');
    ws.destroy();
  }, mended("it loses them while it makes the session"));
});
