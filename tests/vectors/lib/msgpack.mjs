// MessagePack as socket.io-msgpack-parser reads and writes it, with notepack.io 2.2 (PK-18 to PK-20).
import { random_from } from "./random.mjs";

const buffer = (...bytes) => Buffer.from(bytes);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const many = (n, one = (i) => i) => Array.from({ length: n }, (_, i) => one(i));

// What ours makes of a value: dates are text, members that are undefined are not there.
function plain(value) {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof ArrayBuffer) return { $binary: base64(Buffer.from(value)) };
  if (ArrayBuffer.isView(value) && !Buffer.isBuffer(value)) return { $binary: base64(Buffer.from(value.buffer)) };
  if (Buffer.isBuffer(value)) return { $binary: base64(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, plain(v)]));
}

// Both sides write the same bytes.
const same = [
  null, true, false, 0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 53 - 1,
  -1, -32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53), 0.5, -0.1, 1e-7, 5e-324, 123.456,
  "", "a", "a".repeat(31), "a".repeat(32), "é".repeat(16), "a".repeat(255), "a".repeat(256), "a".repeat(65536), "€ 😀 \u0000",
  [], [[]], many(15), many(16), {}, { a: 1 }, Object.fromEntries(many(15, (i) => [`k${i}`, i])),
  Object.fromEntries(many(16, (i) => [`k${i}`, i])), { "": { "": null } }, [1, [2, { a: [3, "x"] }], false],
  buffer(), buffer(1, 2, 3), Buffer.alloc(255, 1), Buffer.alloc(256, 2), Buffer.alloc(65536, 3), ["b", buffer(9), { x: buffer() }],
];

const one_way = [
  undefined, [undefined, 1], { a: undefined, b: 1 }, new Date(0), new Date(1700000000123), new Date(-1), new Date(-62198755200000),
  new Date(8.64e15), new Date(-8.64e15), new Date(253402300800000), [new Date("2024-02-29T23:59:59.999Z")],
  new Uint8Array([1, 2, 3]).buffer, new Uint8Array([1, 2, 3]), new Uint16Array([1, 2]), new Float64Array(40), new ArrayBuffer(70000),
  new ArrayBuffer(300),
];

const raw = [
  "ca3f800000", "ca3fc00000", "cb3ff8000000000000", "cb4000000000000000", "cf0000000000000001", "d3ffffffffffffffff", "d301", "cc05",
  "cd0005", "ce00000005", "d005", "d10005", "d200000005", "d90161", "da000161", "db0000000161", "dc0001c0", "dd00000001c0",
  "de0001a161c0", "df00000001a161c0", "81a161d40000", "d40000", "d40007", "d4ff07", "d5010102", "d60501020304", "d8" + "05" + "00".repeat(16),
  "d705" + "00".repeat(8), "c70205aabb", "c7020001aa", "c8000205aabb", "c8000200aabb", "c90000000205aabb", "c90000000200aabb", "c401ff",
  "c50001ff", "c600000001ff", "82a16101a16102", "8105c0", "81ffc0", "d7007fffffffffffffff", "d7000000000000000000", "a3ff41fe",
  "9f" + "01".repeat(15), "a2c328",
];

// Cut off, or more than one, or nothing at all.
const broken = [
  "", "c1", "91", "92c0", "81", "81a161", "a161ff", "c0c0", "d9", "d905", "d90561", "da00", "db000000", "dbffffffff61", "c4", "c405", "c6ffffffff",
  "dc", "dc00", "dcffff", "ddffffffff", "dfffffffff", "c7", "c702", "c70205", "c70205aa", "d4", "d400", "d7", "d700", "d70000", "ca", "ca00", "cb",
  "cc", "cd00", "ce000000", "cf", "d0", "d1", "d2", "d3", "d8", "d805", "81c0c0", "8190c0", "81cb3ff8000000000000c0", "81c3c0",
];

const decodes = (msgpack, bytes) => {
  try {
    return { value: plain(msgpack.decode(bytes)) };
  } catch {
    return { error: true };
  }
};

const packets = [
  { type: 0, nsp: "/" }, { type: 0, data: undefined, nsp: "/" }, { type: 0, data: { token: "1", at: buffer(1) }, nsp: "/admin" },
  { type: 0, data: { sid: "abc", pid: undefined }, nsp: "/" }, { type: 1, nsp: "/a" }, { type: 2, data: ["x", 1], nsp: "/" },
  { type: 2, data: ["x", 1], options: { compress: true }, id: 0, nsp: "/" }, { type: 2, data: [], nsp: "/" }, { type: 2, data: ["connect"], nsp: "/" },
  { type: 2, data: ["b", buffer(1, 2), { y: new Uint8Array([3]) }], id: 7, nsp: "/z" }, { type: 3, id: 0, data: [1], nsp: "/" },
  { type: 3, data: [], nsp: "/" }, { type: 4, data: "no", nsp: "/" }, { type: 4, data: { message: "no" }, nsp: "/nope" },
  { type: 2, data: ["id"], id: 2 ** 53, nsp: "/" },
];
const wrong_packets = [
  { nsp: "/" }, { type: "2", nsp: "/", data: ["x"] }, { type: 5, nsp: "/", data: ["x"] }, { type: -1, nsp: "/" }, { type: 1.5, nsp: "/" },
  { type: null, nsp: "/" }, { type: 2, data: ["x"] }, { type: 2, data: ["x"], nsp: 1 }, { type: 2, data: ["x"], nsp: null },
  { type: 0, nsp: "/", data: null }, { type: 0, nsp: "/", data: [] }, { type: 0, nsp: "/", data: "x" }, { type: 0, nsp: "/", data: buffer(1) },
  { type: 1, nsp: "/", data: null }, { type: 1, nsp: "/", data: {} }, { type: 2, nsp: "/" }, { type: 2, nsp: "/", data: {} },
  { type: 2, nsp: "/", data: null }, { type: 3, nsp: "/" }, { type: 3, nsp: "/", data: "x" }, { type: 4, nsp: "/" }, { type: 4, nsp: "/", data: 1 },
  { type: 4, nsp: "/", data: [] }, { type: 2, nsp: "/", data: ["x"], id: "1" }, { type: 2, nsp: "/", data: ["x"], id: 0.5 },
  { type: 2, nsp: "/", data: ["x"], id: null },
];
const not_packets = [null, 1, "x", [], [2]];
const negative_id = { type: 2, nsp: "/", data: ["x"], id: -1 };

export function msgpack_values(msgpack, parser) {
  const write = (value) => base64(msgpack.encode(value));
  const random = random_from(11);
  const cuts = [];
  while (cuts.length < 200) {
    const source = msgpack.encode(random.pick([...same.slice(-12), ...one_way.slice(1, 8), ...packets]));
    if (source.length > 400) continue;
    const bytes = Buffer.from(source);
    for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    // What is cut off is taken for less there, and every key is made a text.
    cuts.push(base64(bytes));
  }
  const read = (value) => {
    const decoder = new parser.Decoder();
    let got;
    decoder.on("decoded", (packet) => (got = packet));
    try {
      decoder.add(msgpack.encode(value));
    } catch (error) {
      return { error: error instanceof TypeError ? "invalid packet type" : error.message };
    }
    return { type: got.type, nsp: got.nsp, id: got.id, data: got.data === undefined ? undefined : plain(got.data) };
  };
  return {
    same: same.map((value) => ({ value: plain(value), base64: write(value) })).filter(({ base64 }) => base64.length < 1000),
    long: [["a", 65536], ["a", 70000]].map(([one, times]) => ({ one, times, head: base64(msgpack.encode(one.repeat(times)).subarray(0, 6)) })),
    one_way: one_way.map((value) => ({ value: plain(value), base64: write(value) })).filter(({ base64 }) => base64.length < 1000),
    raw: raw.filter((hex) => hex !== "d301").map((hex) => ({ base64: base64(Buffer.from(hex, "hex")), ...decodes(msgpack, Buffer.from(hex, "hex")) })),
    broken: broken.map((hex) => ({ base64: base64(Buffer.from(hex, "hex")), hex })),
    garbled: cuts.map((bytes) => ({ base64: bytes })),
    packets: [...packets, ...wrong_packets, ...not_packets].map((value) => ({ base64: write(value), ...read(value) })),
    differing: [{ base64: write(negative_id), error: "illegal packet id", differs: "an id is not negative" }],
    sent: packets.filter(({ data }) => !Object.keys(Object(data)).includes("pid")).map(({ type, data, nsp, id }) =>
      ({ type, nsp, id, data: data === undefined ? undefined : plain(data), base64: base64(new parser.Encoder().encode({
        type, ...(data === undefined ? {} : { data: unviewed(data) }), ...(id === undefined ? {} : { id }), nsp })[0]) })),
  };
}

// Ours sends every kind of bytes as bin.
function unviewed(value) {
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer);
  if (Array.isArray(value)) return value.map(unviewed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, unviewed(v)]));
}
