// Socket.IO packets (PK-01 to PK-14). Buffers stand in the files as {"$binary":"<base64>"}.
import { mutated, random_from } from "./random.mjs";

const buffer = (...bytes) => Buffer.from(bytes);
const hidden = (_, value) =>
  value?.type === "Buffer" && Array.isArray(value.data)
    ? { $binary: Buffer.from(value.data).toString("base64") }
    : value;
const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value), hidden));

const [connect, disconnect, event, ack, connect_error] = [0, 1, 2, 3, 4];

const packets = [
  { type: connect, nsp: "/" },
  { type: connect, nsp: "/admin", data: { token: "1" } },
  { type: connect, nsp: "/", data: { sid: "abc" } },
  { type: disconnect, nsp: "/" },
  { type: disconnect, nsp: "/admin" },
  { type: event, nsp: "/", data: ["a", 1, {}] },
  { type: event, nsp: "/", data: ["a", 1, {}], id: 12 },
  { type: event, nsp: "/", data: ["a"], id: 0 },
  { type: event, nsp: "/a-b.c/d", data: ["x"], id: 9007199254740991 },
  { type: event, nsp: "/", data: ["€ 😀", "\u2028\u0000\"\\/\b\f\n\r\t\x7f", null, true, false, [], [[]], { "": {} }] },
  { type: event, nsp: "/", data: ["n", 0, -0, -1, 1.5, 1e21, 1e-7, 123456789012345680000, 5e-324, 1.7976931348623157e308] },
  { type: event, nsp: "/", data: ["n", NaN, Infinity, -Infinity] },
  { type: event, nsp: "/a", data: ["b", buffer(1), { x: [buffer(2)] }], id: 0 },
  { type: event, nsp: "/", data: ["b", buffer(), { y: { z: buffer(1, 2, 3) }, a: buffer(255) }, buffer(0)] },
  { type: event, nsp: "/", data: ["b", ...Array.from({ length: 12 }, (_, i) => buffer(i))] },
  { type: ack, nsp: "/", data: [], id: 1 },
  { type: ack, nsp: "/z", data: [buffer(9)], id: 7 },
  { type: ack, nsp: "/", data: ["ok", { a: [1, 2, 3] }], id: 3 },
  { type: connect_error, nsp: "/", data: { message: "no", data: { c: 1 } } },
  { type: connect_error, nsp: "/nope", data: { message: "Invalid namespace" } },
];

const placeholder = (n) => `{"_placeholder":true,"num":${n}}`;
const many = (n) => Array.from({ length: n }, (_, i) => placeholder(i)).join(",");

// Each is a list of messages; strings are text, buffers are attachments.
const messages = [
  ["0"], ["0{}"], ['0{"token":"1"}'], ["0/admin,"], ["0/admin"], ['0/admin,{"a":1}'], ["0/admin?x=1,"], ["0/,"], ["0/"],
  ["0[]"], ["0null"], ['0"x"'], ["01"], ["0{"], ["0/admin,[]"],
  ["1"], ["1/admin,"], ["1/admin"], ["1{}"], ["1null"], ["1[]"],
  ['2["a"]'], ['2["a",1,{}]'], ['212["a",1,{}]'], ['2/a,["x"]'], ['2/a,7["x"]'], ["2[]"], ["2{}"], ["2null"], ["2[null]"],
  ["2[true]"], ["2[1]"], ["2[1.5,2]"], ["2[{}]"], ["2[[]]"], ['2"a"'], ["2["], ['2["a"'], ['2["a"]x'], ['2["a",]'],
  ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error", "Connect", "ping"].map(
    (name) => [`2["${name}"]`],
  ),
  ['2["\\u0063onnect"]'], ['2["a","\\ud83d\\ude00"]'], ['200["a"]'], ['20["a"]'], ['2007["a"]'], ['29007199254740991["a"]'],
  ['2-1["a"]'], ['2+1["a"]'], ['2a["a"]'], ['21/a,["x"]'], [`2["a",${placeholder(0)}]`], [`2["a",${placeholder(5)}]`],
  ["3"], ["31[]"], ["31[1,2]"], ["3/a,1[]"], ["3[]"], ["31{}"], ["31null"], ['31"x"'], ["31"],
  ["4"], ["4{}"], ['4"no"'], ['4{"message":"no"}'], ['4/nope,{"message":"Invalid namespace"}'], ["41"], ["4[]"], ["4null"],
  ["7"], ["8"], ["9"], ["a"], ["-"], ["/"], ['"2"'], ["\u0000"],
  [`51-["b",${placeholder(0)}]`, buffer(1, 2, 3)],
  [`52-/a,0["b",${placeholder(0)},{"x":[${placeholder(1)}]}]`, buffer(1), buffer(2)],
  [`52-["b",${placeholder(1)},${placeholder(0)},${placeholder(1)}]`, buffer(1), buffer(2)],
  [`61-/z,7[${placeholder(0)}]`, buffer(9)],
  ["61-[]", buffer(9)], ["61-1", buffer(9)], [`51-["b"]`, buffer(9)],
  [`510-["b",${many(10)}]`, ...Array.from({ length: 10 }, (_, i) => buffer(i))],
  [`511-["b",${many(11)}]`], ['5100-["b"]'], ['5["b"]'], ['50-["b"]'], ['50-["b"]', buffer(1)], ['5-["b"]'], ['5-1-["b"]'], ['51["b"]'],
  ['5x-["b"]'], ["5"], ["51"], ["6"], ["60-[]"], ["61"], ['501-["b"]', buffer(1)], ['599999999999999999999-["b"]'],
  [`51-["b",${placeholder(0)}]`, '2["a"]'], [`51-["b",${placeholder(0)}]`, "0"],
  [buffer(1)], ['2["a"]', buffer(1)], [`51-["b",${placeholder(0)}]`, buffer(1), buffer(2)],
  [`51-["b",${placeholder(1)}]`, buffer(1)], [`51-["b",${placeholder(-1)}]`, buffer(1)],
  ['51-["b",{"_placeholder":true}]', buffer(1)], ['51-["b",{"_placeholder":true,"num":"0"}]', buffer(1)],
  ['51-["b",{"_placeholder":true,"num":null}]', buffer(1)], ['51-["b",{"num":0,"_placeholder":true,"more":[1]}]', buffer(1)],
  ['51-["b",{"_placeholder":false,"num":0}]', buffer(1)], ['51-["b",{"_placeholder":1,"num":0}]', buffer(1)],
  ['51-["b",{"_placeholder":false,"_placeholder":true,"num":7,"num":0}]', buffer(1)],
  ['51-["b",{"_placeholder":true,"num":0.0}]', buffer(1)],
  [`51-["b",{"deep":[[{"x":${placeholder(0)}}]]}]`, buffer()],
  [`51-[${placeholder(0)}]`, buffer(1)], [`51-${placeholder(0)}`, buffer(1)], ['51-["connect"]'],
  [`51-["b",${placeholder(0)}]`, buffer(1), '2["after"]'],
];

const on_purpose = [
  { messages: ["2"], ours: { error: "invalid payload" }, differs: "Q-23: an event needs a name" },
  { messages: ["2/a"], ours: { error: "invalid payload" }, differs: "Q-23" },
  { messages: ["2/a,"], ours: { error: "invalid payload" }, differs: "Q-23" },
  { messages: ["51-", buffer(1)], ours: { error: "invalid payload" }, differs: "Q-23" },
  { messages: ['29007199254740993["a"]'], ours: { id: "9007199254740993" }, differs: "Q-22, PK-03: ids are whole" },
  { messages: ['218446744073709551615["a"]'], ours: { id: "18446744073709551615" }, differs: "Q-22" },
  { messages: ['218446744073709551616["a"]'], ours: { error: "illegal packet id" }, differs: "Q-22: beyond 64 bits" },
  { messages: ['2 ["a"]'], ours: { id: null }, differs: "a blank is the digit 0 there" },
  { messages: [' {}'], ours: { error: "unknown packet type" }, differs: "a blank is the type 0 there" },
  { messages: ['51e0-["a"]', buffer(1)], ours: { error: "illegal attachments" }, differs: "numbers other than digits" },
  { messages: ['51.0-["a"]', buffer(1)], ours: { error: "illegal attachments" }, differs: "numbers other than digits" },
  { messages: ['51-["a",{"_placeholder":true,"num":0.5}]', buffer(1)], ours: { error: "illegal attachments" }, differs: "undefined there" },
  { messages: ['2["a",1e400]'], ours: { error: "invalid payload" }, differs: "Infinity there, which no peer can say" },
];

/** The packets that come out, until the first error. */
function decode(parser, list) {
  const decoder = new parser.Decoder();
  const decoded = [];
  decoder.on("decoded", (packet) => {
    const { type, nsp, id, data } = packet;
    decoded.push({ type, nsp, id, data: plain(data) });
  });
  for (const one of list) {
    try {
      decoder.add(one);
    } catch (error) {
      return { packets: decoded, error: error.message };
    }
  }
  return { packets: decoded };
}

// Without the characters in whose treatment as part of a number we differ on purpose (see above).
const alphabet = [..."0123456/,-[]{}\":_abcnu\\"];

function* random_messages(parser) {
  const random = random_from(4);
  const encoder = new parser.Encoder();
  const sources = packets.filter((one) => (one.id ?? 0) < 1e9 && one.data?.[0] !== "n");
  for (let n = 0; n < 600; n++) {
    const encoded = encoder.encode(structuredClone_with_buffers(random.pick(sources)));
    const list = encoded.map((one) => (typeof one === "string" && !random.chance(4) ? mutated(random, one, alphabet) : one));
    const id = /^\d[^[{"]*?(\d{9,})/.exec(list[0]);
    if (id || /^[25](\d+-)?(\/[^,]*,?)?\d*$/.test(list[0])) continue;  // the two differences that mutations hit
    if (!list[0] || !list[0].isWellFormed()) continue;  // no message holds half a surrogate pair
    yield list.length > 1 && random.chance(5) ? list.slice(0, -1) : list;
  }
}

// The encoder replaces buffers in place.
function structuredClone_with_buffers(packet) {
  const copy = (value) =>
    Buffer.isBuffer(value) ? value
      : Array.isArray(value) ? value.map(copy)
        : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, copy(v)]))
          : value;
  return copy(packet);
}

export function socket_packets(parser) {
  const encoder = new parser.Encoder();
  const encoded = packets.map((packet) => {
    const { type, nsp, id, data } = packet;
    // Numbers as bits, because -0, NaN and the like cannot stand in a file of JSON.
    const numbers = data?.[0] === "n";
    return {
      type, nsp, id, data: numbers ? undefined : plain(data), doubles: numbers ? data.slice(1).map(bits) : undefined,
      frames: encoder.encode(structuredClone_with_buffers(packet)).map((one) => (typeof one === "string" ? one : plain(one))),
    };
  });
  const decoded = messages.map((list) => ({ messages: list.map(plain), ...decode(parser, list) }));
  const differing = on_purpose.map(({ messages: list, ...rest }) => ({
    messages: list.map(plain), ...decode(parser, list), ...rest,
  }));
  const random = [...random_messages(parser)].map((list) => ({ messages: list.map(plain), ...decode(parser, list) }));
  return { encoded, decoded, differing, random };
}

function bits(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString("hex");
}
