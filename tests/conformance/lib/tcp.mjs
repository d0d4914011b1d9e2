// A raw TCP connection that can be fed any bytes and read as HTTP/1.1 responses or as it comes.
// Used wherever a well-behaved HTTP client would refuse to send what the test must send.
import { connect } from "node:net";
import { deadline_ms, sleep, within } from "./wait.mjs";

const open_connections = new Set();

/** Whatever a test leaves open is destroyed after it. */
export function destroy_connections() {
  for (const tcp of open_connections) tcp.destroy();
  open_connections.clear();
}

export async function open_tcp(port) {
  const connection = new TcpConnection(connect({ port, host: "127.0.0.1", noDelay: true }));
  open_connections.add(connection);
  const connected = new Promise((resolve, reject) => connection.socket.once("connect", resolve).once("error", reject));
  await within(connected, "a TCP connection");
  return connection;
}

/** Ends a connection with RST. Node leaks a handle, and then never exits, when a socket that is ending is reset. */
export function reset_socket(socket) {
  if (socket.connecting || socket.destroyed || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export class TcpConnection {
  constructor(socket) {
    this.socket = socket;
    this.data = Buffer.alloc(0);
    this.ended = false;
    this.wake = () => {};
    socket.on("data", (chunk) => {
      this.data = Buffer.concat([this.data, chunk]);
      this.wake();
    });
    socket.on("error", () => {}); // A reset is one of the answers a server may give to garbage.
    this.closed = new Promise((resolve) => {
      const done = () => {
        this.ended = true;
        this.wake();
        resolve();
      };
      socket.on("end", done).on("close", done);
    });
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  /** One byte per packet: the slowest peer there is. */
  async write_slowly(bytes) {
    for (const byte of Buffer.from(bytes)) {
      this.socket.write(Buffer.of(byte));
      await sleep(0);
    }
  }

  destroy() {
    this.socket.destroy();
  }

  reset() {
    reset_socket(this.socket);
  }

  until_closed(ms = deadline_ms) {
    return within(this.closed, () => `the server to close; received so far: ${this.data.toString("latin1")}`, ms);
  }

  /** Waits until `parse(data)` gives something else than undefined: `[value, bytes used]`. */
  async read(parse, what, ms = deadline_ms) {
    const found = (async () => {
      for (;;) {
        const result = parse(this.data, this.ended);
        if (result !== undefined) {
          this.data = this.data.subarray(result[1]);
          return result[0];
        }
        if (this.ended) throw new Error(`closed before ${what}; left: ${this.data.toString("latin1")}`);
        await new Promise((resolve) => (this.wake = resolve));
      }
    })();
    return within(found, () => `${what}; received so far: ${this.data.toString("latin1")}`, ms);
  }

  read_response(ms) {
    return this.read(parse_response, "an HTTP response", ms);
  }
}

/** Sends raw text or a described request on a connection of its own; resolves with the response. */
export async function http(port, request, ms) {
  const tcp = await open_tcp(port);
  tcp.write(typeof request === "string" || Buffer.isBuffer(request) ? request : format_request(request));
  try {
    return await tcp.read_response(ms);
  } finally {
    tcp.destroy();
  }
}

export function format_request({ method = "GET", path = "/", headers = {}, body }) {
  const all = { host: "127.0.0.1", ...headers };
  if (body !== undefined && all["transfer-encoding"] === undefined) {
    all["content-length"] ??= Buffer.byteLength(body);
  }
  const lines = Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"),
    Buffer.from(body ?? ""),
  ]);
}

function parse_response(data, ended) {
  const head_end = data.indexOf("\r\n\r\n");
  if (head_end < 0) return undefined;
  const [status_line, ...lines] = data.toString("latin1", 0, head_end).split("\r\n");
  const headers = {};
  const names = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    names.push(line.slice(0, colon));
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const response = { status: Number(status_line.split(" ")[1]), status_line, headers, names };
  const body = parse_body(response, data.subarray(head_end + 4), ended);
  if (body === undefined) return undefined;
  response.body = body[0];
  response.text = body[0].toString("utf8");
  return [response, head_end + 4 + body[1]];
}

function parse_body({ status, headers }, rest, ended) {
  if (status === 101 || status === 204 || status === 304) return [Buffer.alloc(0), 0];
  if (headers["transfer-encoding"] === "chunked") return parse_chunks(rest);
  if (headers["content-length"] !== undefined) {
    const length = Number(headers["content-length"]);
    return rest.length < length ? undefined : [rest.subarray(0, length), length];
  }
  return ended ? [rest, rest.length] : undefined;
}

function parse_chunks(rest) {
  const parts = [];
  for (let at = 0; ; ) {
    const line_end = rest.indexOf("\r\n", at);
    if (line_end < 0) return undefined;
    const size = parseInt(rest.toString("latin1", at, line_end), 16);
    const start = line_end + 2;
    if (rest.length < start + size + 2) return undefined;
    if (size === 0) return [Buffer.concat(parts), start + 2];
    parts.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}
