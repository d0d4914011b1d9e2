// Engine.IO packets and polling payloads of revision 3 (V3-02 to V3-06), by engine.io's own parser for older clients.
import { mutated, random_from } from "./random.mjs";

const buffer = (...bytes) => Buffer.from(bytes);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

const packets = [
  { type: "open", data: '{"sid":"abc"}' }, { type: "close" }, { type: "ping" }, { type: "ping", data: "probe" },
  { type: "pong" }, { type: "message", data: "hello" }, { type: "message", data: '2["euro","€😀"]' },
  { type: "message", data: "€ 😀 \u2028 \u0000 é \u{10FFFF} \uFFFF \u07FF \u0800" }, { type: "upgrade" }, { type: "noop" },
];
const binaries = [buffer(), buffer(1), buffer(1, 2, 3), buffer(0, 255, 254, 62, 63), Buffer.alloc(300, 7)].map(
  (data) => ({ type: "message", data }));
const long = { type: "message", data: "x".repeat(12345) };

const groups = [
  [], [packets[0]], packets, [...packets, ...binaries], binaries, [binaries[1], packets[5]], [packets[7], binaries[2], packets[7]],
  [long, packets[1]], [long, binaries[4]],
];

const payloads = [
  "0:", "1:6", "1:61:1", "6:4hello2:2p", "6:b4AQID", "2:b4", "16:42[\"euro\",\"€😀\"]", "0:1:6", "00001:6", "2:4€2:4é3:4😀",
  "1:7", "1:9", "1:x", "", ":", "1", "12", "6", "x:6", "-1:6", "1:", "2:6", "5:4abc", "6:4abc", "3:4😀4", "2:4😀", "1:61", "1:6x", "1:6:",
  "99999999999999999999:6", "18446744073709551616:6", "1.5:6", "b4AQ", "1:b", "2:b9", "2:bx", "4:b4*Q",
  { text: "0x1:6", ours: [{ error: true }], differs: "a number for JavaScript" },
  { text: "1e0:6", ours: [{ error: true }], differs: "a number for JavaScript" },
  { text: " 1:6", ours: [{ error: true }], differs: "a number for JavaScript" },
  { text: "1:6 1:6", ours: [{ type: "noop", data: "" }, { error: true }], differs: "a number for JavaScript" },
  { text: "1.0:6", ours: [{ error: true }], differs: "a number for JavaScript" },
  { text: "4:b4*Q", ours: [{ error: true }], differs: "what is not base64 is skipped there" },
  { text: "1:b", ours: [{ error: true }], differs: "a type that does not exist" },
  { text: "2:b9", ours: [{ error: true }], differs: "a type that does not exist" },
  { text: "2:bx", ours: [{ error: true }], differs: "a type that does not exist" },
  { text: "2:4😀", ours: [{ error: true }], differs: "half a character" },
];

const digits = (n) => [...String(n)].map(Number);
const record = (kind, bytes, length = bytes.length) => [kind, ...digits(length), 255, ...bytes];
const text_record = (text) => record(0, Buffer.from(text));

const binary_payloads = [
  [...text_record("4hello")], record(1, [4, 1, 2, 3]), [...text_record("451-[\"bin\"]"), ...record(1, [4, 1, 2, 3]), ...text_record("2")],
  [...text_record("4€😀")], record(1, [4]), record(1, [2]), [...record(0, Buffer.from("6")), ...record(0, Buffer.from("1"))],
  [0, 0, 0, 1, 255, 0x36], record(1, Array(300).fill(4)),
  { bytes: text_record("7"), ours: [{ error: true }], differs: "as there" },
  { bytes: record(1, [7]), ours: [{ error: true }], differs: "a type that does not exist is ignored there" },
  { bytes: record(1, []), ours: [{ error: true }], differs: "no type is ignored there" },
  { bytes: text_record(""), ours: [{ error: true }], differs: "as there" },
  { bytes: [], ours: [{ error: true }], differs: "no payload at all is no error there" },
  { bytes: record(1, [4, 1], 3), ours: [{ error: true }], differs: "what is cut off is taken for less there" },
  { bytes: record(0, [0x34], 2), ours: [{ error: true }], differs: "what is cut off is taken for less there" },
  { bytes: [0, 1], ours: [{ error: true }], differs: "as there, at the end" },
  { bytes: [0], ours: [{ error: true }], differs: "as there, at the end" },
  { bytes: [0, 255, 0x36], ours: [{ error: true }], differs: "no length is none there" },
  { bytes: [2, 1, 255, 4], ours: [{ error: true }], differs: "what is not 0 is binary there" },
  { bytes: [0, 10, 255, ...Array(10).fill(0x34)], ours: [{ error: true }], differs: "the digit 10" },
  { bytes: [0, ...Array(400).fill(1), 255], ours: [{ error: true }], differs: "as there" },
  { bytes: [0, 1, 255, 0xff], ours: [{ error: true }], differs: "as there: no such type" },
];

const plain = (packet) =>
  packet.type === "error"
    ? { error: true }
    : Buffer.isBuffer(packet.data)
      ? { type: packet.type ?? "?", binary: packet.data.toString("base64") }
      : { type: packet.type, data: packet.data ?? "" };

export function engine_packets_v3(parser) {
  const encode = (list, binary) => {
    let out;
    parser.encodePayload(list, binary, (payload) => (out = payload));
    return out;
  };
  const decode = (payload) => {
    const out = [];
    parser.decodePayload(payload, undefined, (packet) => (out.push(plain(packet)), packet.type !== "error"));
    return out;
  };
  const with_binary = (list) => list.some(({ data }) => Buffer.isBuffer(data));

  const text = groups.map((list) => ({ packets: list.map(plain), text: encode(list, false) }));
  const binary = groups.filter(with_binary).map((list) => ({ packets: list.map(plain), base64: base64(encode(list, true)) }));
  const decoded = payloads.map((one) => {
    const { text, ...ours } = typeof one === "string" ? { text: one } : one;
    return { text, packets: decode(text), ...ours };
  }).filter(({ text, ours }, at, all) => ours || !all.some((other) => other.ours && other.text === text));
  const decoded_binary = binary_payloads.map((one) => {
    const { bytes, ...ours } = Array.isArray(one) ? { bytes: one } : one;
    return { base64: base64(bytes), packets: decode(Buffer.from(bytes)), ...ours };
  });
  // Digits that mutations make into other numbers of JavaScript are left out: there we differ on purpose.
  const random = random_from(9);
  const mutations = [];
  while (mutations.length < 300) {
    const source = encode(random.pick(groups.slice(0, 4)), false);
    const changed = mutated(random, source, [..."0123456:bé😀"]);
    if (!changed.isWellFormed() || /b[^0-6]|:b$|b4[A-Za-z0-9+/=]*[^A-Za-z0-9+/=]/.test(changed)) continue;
    const packets = decode(changed);
    if (packets.some(({ data }) => data && !data.isWellFormed())) continue;
    mutations.push({ text: changed, packets });
  }
  const encoded = [...packets, ...binaries].map((packet) => {
    let with_type, as_text;
    parser.encodePacket(packet, true, false, (out) => (with_type = out));
    parser.encodePacket(packet, false, false, (out) => (as_text = out));
    return { ...plain(packet), text: as_text, ...(Buffer.isBuffer(with_type) ? { base64: base64(with_type) } : {}) };
  });
  return { encoded, text, binary, decoded, decoded_binary, random: mutations };
}
