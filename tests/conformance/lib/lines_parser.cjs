// A parser of one's own (PK-17): each packet is one line of JSON, bytes as {"$binary":"<base64>"}. Its counterpart is
// server/lines_parser.cpp.
const Emitter = require("node:events");

function to_line(value) {
  if (value instanceof ArrayBuffer) return { $binary: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    return { $binary: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (Array.isArray(value)) return value.map(to_line);
  if (value === null || typeof value !== "object" || typeof value.toJSON === "function") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, to_line(v)]));
}

function from_line(value) {
  if (Array.isArray(value)) return value.map(from_line);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$binary === "string") return Buffer.from(value.$binary, "base64");
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, from_line(v)]));
}

class Encoder {
  encode({ type, nsp, id, data }) {
    return [JSON.stringify(to_line({ type, nsp, id, data })) + "\n"];
  }
}

class Decoder extends Emitter {
  add(line) {
    if (typeof line !== "string" || !line.endsWith("\n")) throw new Error("not a line");
    this.emit("decoded", from_line(JSON.parse(line)));
  }
  destroy() {}
}

module.exports = { protocol: 5, Encoder, Decoder };
