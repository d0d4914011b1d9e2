// A tiny raw WebSocket client (RFC 6455) that sends exactly what it is told, right or wrong.
import { randomBytes } from "node:crypto";
import { format_request, open_tcp } from "./tcp.mjs";

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function upgrade_request(path, headers = {}) {
  return format_request({
    path,
    headers: {
      connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...headers,
    },
  });
}

/** Opens a WebSocket; throws with the response attached when the server answers something else than 101. */
export async function open_ws(port, path, headers) {
  const tcp = await open_tcp(port);
  tcp.write(upgrade_request(path, headers));
  const response = await tcp.read_response();
  if (response.status !== 101) {
    tcp.destroy();
    throw Object.assign(new Error(`no upgrade: ${response.status_line} ${response.text}`), { response });
  }
  return new RawWebSocket(tcp, response);
}

/** Resolves with the HTTP response to an upgrade request that the server is expected to refuse. */
export async function refused_upgrade(port, path, headers) {
  try {
    const ws = await open_ws(port, path, headers);
    ws.destroy();
    return ws.response;
  } catch (error) {
    if (error.response) return error.response;
    throw error;
  }
}

/** Builds a frame; every field can be set to something illegal. `length` announces a length that is not true. */
export function frame({ op, payload = "", fin = true, rsv = 0, masked = true, length, wide = false }) {
  const data = Buffer.from(payload);
  const size = length ?? data.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | op];
  const mask_bit = masked ? 0x80 : 0;
  if (wide || size > 0xffff) {
    const extended = Buffer.alloc(8);
    extended.writeBigUInt64BE(BigInt(size));
    head.push(mask_bit | 127, ...extended);
  } else if (size > 125) {
    head.push(mask_bit | 126, size >> 8, size & 0xff);
  } else {
    head.push(mask_bit | size);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.from(head), key, data.map((byte, i) => byte ^ key[i % 4])]);
}

export class RawWebSocket {
  constructor(tcp, response) {
    this.tcp = tcp;
    this.response = response;
  }

  send(text) {
    this.tcp.write(frame({ op: opcode.text, payload: text }));
  }

  send_binary(bytes) {
    this.tcp.write(frame({ op: opcode.binary, payload: bytes }));
  }

  send_frame(fields) {
    this.tcp.write(frame(fields));
  }

  close(code) {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.send_frame({ op: opcode.close, payload });
  }

  destroy() {
    this.tcp.destroy();
  }

  /** The next frame of the server, control frames included: `{op, fin, rsv, masked, payload, text}`. */
  next_frame(ms) {
    return this.tcp.read(parse_frame, "a WebSocket frame", ms);
  }

  /** The payload of the next data frame: a string or a Buffer. Fails if the server closes first. */
  async next(ms) {
    const got = await this.next_frame(ms);
    if (got.op === opcode.text) return got.text;
    if (got.op === opcode.binary) return got.payload;
    throw new Error(`expected a message, got opcode ${got.op} ${got.payload.toString("hex")}`);
  }

  /** Skips engine pings, which may come at any time. */
  async next_message(ms) {
    for (;;) {
      const got = await this.next(ms);
      if (got !== "2") return got;
    }
  }

  /**
   * Skips everything up to the end of the connection. Resolves with the status code of the server's close frame:
   * 1005 when it has none, 1006 when the connection ended without such a frame.
   */
  async closed(ms) {
    for (;;) {
      const got = await this.tcp.read(frame_or_end, "a close frame or the end of the connection", ms);
      if (got === "end") return 1006;
      if (got.op !== opcode.close) continue;
      this.destroy();
      return got.payload.length < 2 ? 1005 : got.payload.readUInt16BE(0);
    }
  }
}

function frame_or_end(data, ended) {
  return parse_frame(data) ?? (ended ? ["end", 0] : undefined);
}

function parse_frame(data) {
  if (data.length < 2) return undefined;
  let size = data[1] & 0x7f;
  let at = 2;
  if (size === 126) {
    if (data.length < 4) return undefined;
    size = data.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (data.length < 10) return undefined;
    size = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  if (data.length < at + size) return undefined;
  const payload = data.subarray(at, at + size);
  const value = {
    op: data[0] & 0x0f, fin: data[0] >= 0x80, rsv: (data[0] >> 4) & 7, masked: data[1] >= 0x80,
    payload, text: payload.toString("utf8"),
  };
  return [value, at + size];
}
