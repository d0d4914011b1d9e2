// Engine.IO packets and polling payloads, revision 4 (WS-01, WS-02, HS-20).
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const buffer = (...bytes) => Buffer.from(bytes);

const packets = [
  { type: "open", data: '{"sid":"abc"}' },
  { type: "close" },
  { type: "ping" },
  { type: "ping", data: "probe" },
  { type: "pong" },
  { type: "pong", data: "probe" },
  { type: "message", data: "hello" },
  { type: "message", data: "" },
  { type: "message", data: "€ 😀 \u2028 \u0000" },
  { type: "message", data: '2["a",1]' },
  { type: "upgrade" },
  { type: "noop" },
];
const binaries = [buffer(), buffer(1), buffer(1, 2), buffer(1, 2, 3), buffer(1, 2, 3, 4), buffer(0, 255, 254, 62, 63)];

const texts = [
  "", "0", "1", "2", "2probe", "3", "3probe", "4", "4hello", "4\u001e", "5", "6", "6x", "7", "9", "a", "-", "\u0000", " ",
  "b", "bAQIDBA==", "bAQIDBA", "bAQ==", "bAQ", "b-_-_", "b+/+/", "b AQ ID\nBA= =",
  { text: "bA", ours: { error: "bad base64" }, differs: "half a byte: dropped there" },
  { text: "bAQ*I", ours: { error: "bad base64" }, differs: "characters that are not base64: skipped there" },
  { text: "bAQ==AQ==", ours: { error: "bad base64" }, differs: "padding in the middle: the end there" },
];

const payloads = [
  "", "4a", "4a\u001e4b", "4hello\u001e2\u001ebAQIDBA==\u001e2probe", "4a\u001e", "\u001e4a", "4a\u001e\u001e4b", "4a\u001ex\u001e4b",
  "\u001e", "bAQ==\u001ebAg==", "6\u001e1", "4€\u001e4😀",
];

const plain = (packet) =>
  packet.type === "error"
    ? { error: packet.data }
    : Buffer.isBuffer(packet.data)
      ? { type: packet.type, binary: packet.data.toString("base64") }
      : { type: packet.type, data: packet.data ?? "" };

export async function engine_packets(parser) {
  const encode = (packet, binary) => new Promise((done) => parser.encodePacket(packet, binary, done));
  const encode_payload = (list) => new Promise((done) => parser.encodePayload(list, done));

  const encoded = [];
  for (const packet of packets) encoded.push({ ...plain(packet), text: await encode(packet, true) });
  for (const data of binaries) {
    encoded.push({ type: "message", binary: base64(data), text: await encode({ type: "message", data }, false) });
  }
  const decoded = texts.map((one) => {
    const { text, ...ours } = typeof one === "string" ? { text: one } : one;
    return { text, packet: plain(parser.decodePacket(text)), ...ours };
  });
  const all = [...packets.slice(0, 9), ...binaries.map((data) => ({ type: "message", data }))];
  const joined = [{ packets: all.map(plain), text: await encode_payload(all) }];
  const split = payloads.map((text) => ({ text, packets: parser.decodePayload(text).map(plain) }));
  return { encoded, decoded, joined, split };
}
