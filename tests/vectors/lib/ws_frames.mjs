// WebSocket frames: what the server and the client of `ws` write, and what each makes of the other's bytes
// (RFC 6455; WS-06, WS-19, ER-11).
import { random_from } from "./random.mjs";

const message_bytes_max = 300;
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A masked client frame; `first`, `second` and `length_bytes` override what the sender would write. */
function client_frame(ws, { opcode, payload = "", fin = true, mask = "37fa213d", rsv = 0, masked = true, length_bytes }) {
  const data = Buffer.from(payload);
  if (length_bytes === undefined && masked) {
    const parts = ws.Sender.frame(data, {
      fin, opcode, mask: true, readOnly: true, rsv1: false, generateMask: (out) => Buffer.from(mask, "hex").copy(out),
    });
    const frame = Buffer.concat(parts);
    frame[0] |= rsv << 4;
    return frame;
  }
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(data.length));
  if (length_bytes === 8) head.push(bit | 127, ...length);
  else if (length_bytes === 2) head.push(bit | 126, ...length.subarray(6));
  else head.push(bit | data.length);
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const key = Buffer.from(mask, "hex");
  return Buffer.concat([Buffer.from(head), key, data.map((byte, i) => byte ^ key[i % 4])]);
}

async function receive(ws, bytes, isServer = true) {
  const receiver = new ws.Receiver({ isServer, maxPayload: message_bytes_max });
  const events = [];
  const hex = (data) => Buffer.from(data).toString("hex");
  receiver.on("message", (data, binary) => events.push({ kind: "message", binary, data: hex(data) }));
  receiver.on("ping", (data) => events.push({ kind: "ping", data: hex(data) }));
  receiver.on("pong", (data) => events.push({ kind: "pong", data: hex(data) }));
  receiver.on("conclude", (code, reason) => events.push({ kind: "close", code, data: hex(reason) }));
  await new Promise((done) => {
    receiver.on("error", (error) => {
      const status = Object.getOwnPropertySymbols(error).find((one) => one.description === "status-code");
      events.push({ kind: "failed", code: error[status], message: error.message });
      done();
    });
    receiver.write(bytes, () => setImmediate(done));
  });
  return events;
}

const close_payload = (code, reason = "") => {
  const out = Buffer.alloc(2 + Buffer.byteLength(reason));
  out.writeUInt16BE(code);
  out.write(reason, 2);
  return out;
};

function named_inputs(ws, masked = true) {
  const frame = (opcode, payload, more = {}) => client_frame(ws, { opcode, payload, masked, ...more });
  const { continuation, text, binary, close, ping, pong } = opcodes;
  const euro = Buffer.from("€");
  return {
    "a text": frame(text, "Hello"),
    "an empty text": frame(text, ""),
    "an empty binary": frame(binary, ""),
    "a binary": frame(binary, Buffer.from([0, 255, 128, 1])),
    "text with every length of UTF-8": frame(text, "aé€😀"),
    "125 bytes": frame(text, "x".repeat(125)),
    "126 bytes": frame(text, "x".repeat(126)),
    "127 bytes": frame(text, "x".repeat(127)),
    "the limit": frame(binary, "x".repeat(message_bytes_max)),
    "one byte over the limit": frame(binary, "x".repeat(message_bytes_max + 1)),
    "over the limit with fragments": Buffer.concat([frame(text, "x".repeat(200), { fin: false }), frame(continuation, "x".repeat(101))]),
    "at the limit with fragments": Buffer.concat([frame(text, "x".repeat(200), { fin: false }), frame(continuation, "x".repeat(100))]),
    "a length of 2^63": Buffer.from("81ff800000000000000000000000", "hex"),
    "a length of 2^53": Buffer.from("81ff002000000000000000000000", "hex"),
    "a length in two bytes that fits in seven bits": frame(text, "Hello", { length_bytes: 2 }),
    "a length in eight bytes that fits in seven bits": frame(text, "Hello", { length_bytes: 8 }),
    "two fragments": Buffer.concat([frame(text, "Hel", { fin: false }), frame(continuation, "lo")]),
    "three binary fragments": Buffer.concat([
      frame(binary, "a", { fin: false }), frame(continuation, "", { fin: false }), frame(continuation, "b"),
    ]),
    "a character across fragments": Buffer.concat([frame(text, euro.subarray(0, 1), { fin: false }), frame(continuation, euro.subarray(1))]),
    "a character that the last fragment does not finish": Buffer.concat([
      frame(text, euro.subarray(0, 1), { fin: false }), frame(continuation, euro.subarray(1, 2)),
    ]),
    "control frames between fragments": Buffer.concat([
      frame(text, "Hel", { fin: false }), frame(ping, "p"), frame(pong, "q"), frame(continuation, "lo"), frame(text, "next"),
    ]),
    "a close between fragments": Buffer.concat([frame(text, "Hel", { fin: false }), frame(close, close_payload(1000))]),
    "a continuation without a beginning": frame(continuation, "x"),
    "a text inside a fragmented text": Buffer.concat([frame(text, "a", { fin: false }), frame(text, "b")]),
    "a binary inside a fragmented text": Buffer.concat([frame(text, "a", { fin: false }), frame(binary, "b", { fin: false })]),
    "text that is not UTF-8": frame(text, Buffer.from([0x61, 0xff])),
    "text with a surrogate": frame(text, Buffer.from([0xed, 0xa0, 0x80])),
    "binary that is not UTF-8": frame(binary, Buffer.from([0x61, 0xff])),
    "an empty ping": frame(ping, ""),
    "a ping of 125 bytes": frame(ping, "x".repeat(125)),
    "a ping of 126 bytes": frame(ping, "x".repeat(126)),
    "a fragmented ping": frame(ping, "x", { fin: false }),
    "an unasked pong": frame(pong, "x"),
    [masked ? "an unmasked frame" : "a masked frame"]: frame(text, "Hello", { masked: !masked }),
    "rsv1": frame(text, "x", { rsv: 4 }),
    "rsv2": frame(text, "x", { rsv: 2 }),
    "rsv3": frame(text, "x", { rsv: 1 }),
    "rsv1 on a ping": frame(ping, "x", { rsv: 4 }),
    "rsv1 on a continuation": Buffer.concat([frame(text, "a", { fin: false }), frame(continuation, "b", { rsv: 4 })]),
    ...Object.fromEntries([3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, frame(opcode, "x")])),
    "a close without code": frame(close, ""),
    "a close with half a code": frame(close, Buffer.from([3])),
    "a close with a reason": frame(close, close_payload(1001, "going €")),
    "a close with a reason that is not UTF-8": frame(close, Buffer.from([3, 232, 255])),
    "a close of 125 bytes": frame(close, close_payload(1000, "x".repeat(123))),
    "a close of 126 bytes": frame(close, close_payload(1000, "x".repeat(124))),
    ...Object.fromEntries(
      [0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999,
        3000, 3999, 4000, 4999, 5000, 65535].map((code) => [`close ${code}`, frame(close, close_payload(code))]),
    ),
    "a mask of zeros": frame(text, "Hello", { mask: "00000000" }),
    "half a frame": frame(text, "Hello").subarray(0, 8),
    "a frame and a half": Buffer.concat([frame(text, "Hello"), frame(text, "World").subarray(0, 5)]),
  };
}

function random_input(ws, random, masked = true) {
  const frames = [];
  for (let n = 1 + random.below(5); n > 0; n--) {
    const opcode = random.chance(12) ? random.below(16) : random.pick([0, 0, 1, 1, 2, 9, 10]);
    const payload = Buffer.from(Array.from({ length: random.pick([0, 1, 2, 5, 8, 13, 130]) }, () =>
      random.chance(60) ? 0x80 + random.below(128) : 0x20 + random.below(0x5f)));
    const mask = Buffer.from([0, 0, 0, 0].map(() => random.below(256))).toString("hex");
    frames.push(client_frame(ws, {
      opcode, payload: opcode === opcodes.close && payload.length > 1 ? close_payload(1000, "bye") : payload, mask,
      fin: random.below(3) > 0, rsv: random.chance(40) ? 1 + random.below(7) : 0, masked,
    }));
  }
  const bytes = Buffer.concat(frames);
  if (random.chance(8)) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  return random.chance(8) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/** Whole frames of a client, or their head and how they end when they are long. */
function masked_frames(ws) {
  const out = [];
  const payload_of = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 255));
  for (const opcode of Object.values(opcodes)) {
    for (const length of opcode >= 8 ? [0, 2, 125] : [0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001]) {
      for (const rsv1 of opcode === opcodes.text || opcode === opcodes.binary ? [false, true] : [false]) {
        const mask = "0180ff42";
        const parts = ws.Sender.frame(payload_of(length), {
          fin: true, opcode, mask: true, readOnly: true, rsv1, generateMask: (to) => Buffer.from(mask, "hex").copy(to),
        });
        const bytes = Buffer.concat(parts).toString("hex");
        out.push({ opcode, length, rsv1, mask, begin: bytes.slice(0, 400), end: bytes.slice(-400), bytes: bytes.length / 2 });
      }
    }
  }
  return out;
}

export async function ws_frames(ws) {
  const headers = [];
  for (const [name, opcode] of Object.entries(opcodes)) {
    for (const length of opcode >= 8 ? [0, 2, 125] : [0, 1, 125, 126, 127, 65535, 65536, 70000]) {
      const data = Buffer.alloc(length);
      const parts = ws.Sender.frame(data, { fin: true, opcode, mask: false, readOnly: false, rsv1: false });
      headers.push({ name, opcode, length, header: parts[0].toString("hex") });
    }
  }
  const received = [];
  for (const [name, bytes] of Object.entries(named_inputs(ws))) {
    received.push({ name, bytes: bytes.toString("hex"), events: await receive(ws, bytes) });
  }
  const random = [];
  const source = random_from(6455);
  for (let n = 0; n < 400; n++) {
    const bytes = random_input(ws, source);
    random.push({ bytes: bytes.toString("hex"), events: await receive(ws, bytes) });
  }
  // The other way round: what a client makes of a server's bytes.
  const from_server = [];
  for (const [name, bytes] of Object.entries(named_inputs(ws, false))) {
    from_server.push({ name, bytes: bytes.toString("hex"), events: await receive(ws, bytes, false) });
  }
  const from_server_random = [];
  const other = random_from(5536);
  for (let n = 0; n < 200; n++) {
    const bytes = random_input(ws, other, false);
    from_server_random.push({ bytes: bytes.toString("hex"), events: await receive(ws, bytes, false) });
  }
  return { limits: [{ message_bytes_max }], headers, received, random, masked: masked_frames(ws), from_server, from_server_random };
}
