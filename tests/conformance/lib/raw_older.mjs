// Sessions of Engine.IO revision 3 by hand. Payloads are put together and read by engine.io's own parser for older
// clients, so that ours is judged by the original.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { http } from "./tcp.mjs";

const require = createRequire(import.meta.url);
// Not one of the files that the package exports.
const parser = require(fileURLToPath(new URL("../node_modules/engine.io/build/parser-v3/index.js", import.meta.url)));

export const older_path = (transport, sid, extra = "") =>
  `/socket.io/?EIO=3&transport=${transport}${sid ? `&sid=${sid}` : ""}${extra}`;

/** Packets as "4text", binary as {binary: Buffer}; a payload is a string or a Buffer. */
export function decode_payload(payload) {
  const packets = [];
  parser.decodePayload(payload, undefined, ({ type, data }) => {
    if (Buffer.isBuffer(data)) packets.push({ binary: data });
    else packets.push((parser.packets[type] ?? type) + (data ?? ""));
  });
  return packets;
}

export function encode_payload(packets, binary = false) {
  const list = packets.map((one) =>
    typeof one === "string" ? { type: Object.keys(parser.packets)[one[0]], data: one.slice(1) || undefined }
      : { type: "message", data: one.binary });
  let out;
  parser.encodePayload(list, binary, (payload) => (out = payload));
  return out;
}

export async function open_older_polling(server, extra = "") {
  const session = new OlderPolling(server, extra);
  const [open, ...packets] = await session.get();
  session.open = JSON.parse(open.slice(1));
  session.sid = session.open.sid;
  session.packets = packets;
  return session;
}

export class OlderPolling {
  constructor(server, extra) {
    this.server = server;
    this.extra = extra;
  }

  path() {
    return older_path("polling", this.sid, this.extra);
  }

  /** One GET: its packets; `.response` keeps the answer. */
  async get() {
    this.response = await http(this.server.port, { path: this.path() });
    if (this.response.status !== 200) throw new Error(`poll: ${this.response.status_line} ${this.response.text}`);
    const { headers, body, text } = this.response;
    return decode_payload(headers["content-type"] === "application/octet-stream" ? body : text);
  }

  post(body, type = "text/plain;charset=UTF-8") {
    return http(this.server.port, { method: "POST", path: this.path(), headers: { "content-type": type }, body });
  }

  post_binary(body) {
    return this.post(body, "application/octet-stream");
  }

  /** Polls until a packet comes; keeps the rest for later. */
  async next() {
    while (this.packets.length === 0) this.packets.push(...(await this.get()));
    return this.packets.shift();
  }
}
