// Engine.IO and Socket.IO by hand: sessions over raw polling requests and raw WebSockets.
import { format_request, http, open_tcp } from "./tcp.mjs";
import { open_ws } from "./ws.mjs";

export const engine_path = "/socket.io/";
export const record_separator = "\x1e";

export const polling_path = (sid, extra = "") =>
  `${engine_path}?EIO=4&transport=polling${sid ? `&sid=${sid}` : ""}${extra}`;
export const ws_path = (sid, extra = "") =>
  `${engine_path}?EIO=4&transport=websocket${sid ? `&sid=${sid}` : ""}${extra}`;

/** Opens a polling session; `open` is the parsed handshake. */
export async function open_polling(server, extra = "") {
  const response = await http(server.port, { path: polling_path(undefined, extra) });
  if (response.status !== 200) throw new Error(`handshake: ${response.status_line} ${response.text}`);
  const [open, ...packets] = response.text.split(record_separator);
  return new PollingSession(server, JSON.parse(open.slice(1)), response, packets);
}

export class PollingSession {
  constructor(server, open, response, packets) {
    this.server = server;
    this.open = open;
    this.sid = open.sid;
    this.response = response;
    this.packets = packets;
  }

  get(ms) {
    return http(this.server.port, { path: polling_path(this.sid) }, ms);
  }

  /** A GET that stays open: resolves when the request is on its way, `.read_response()` gives the answer. */
  async start_get() {
    const tcp = await open_tcp(this.server.port);
    tcp.write(format_request({ path: polling_path(this.sid) }));
    return tcp;
  }

  post(body, headers = { "content-type": "text/plain;charset=UTF-8" }) {
    return http(this.server.port, { method: "POST", path: polling_path(this.sid), headers, body });
  }

  /** Polls until a packet other than a ping comes; keeps the rest for later. */
  async next(ms) {
    for (;;) {
      const packet = this.packets.shift();
      if (packet === undefined) {
        const response = await this.get(ms);
        if (response.status !== 200) throw new Error(`poll: ${response.status_line} ${response.text}`);
        this.packets.push(...response.text.split(record_separator));
      } else if (packet !== "2") {
        return packet;
      }
    }
  }

  /** Joins a namespace; resolves with the socket's id. */
  async join(nsp = "/", auth) {
    await this.post(connect_packet(nsp, auth));
    return sid_of(await this.next());
  }

  /** Ends the session as a leaving client does. */
  leave() {
    return this.post("1");
  }
}

export const connect_packet = (nsp = "/", auth) =>
  `40${nsp === "/" ? "" : `${nsp},`}${auth === undefined ? "" : JSON.stringify(auth)}`;

const sid_of = (packet) => JSON.parse(packet.slice(packet.indexOf("{"))).sid;

/** Opens a WebSocket session without polling; `ws.open` is the parsed handshake. */
export async function open_ws_session(server, extra = "", headers) {
  const ws = await open_ws(server.port, ws_path(undefined, extra), headers);
  ws.open = JSON.parse((await ws.next()).slice(1));
  ws.sid = ws.open.sid;
  ws.join = async (nsp, auth) => {
    ws.send(connect_packet(nsp, auth));
    return sid_of(await ws.next_message());
  };
  return ws;
}

/** Probes and commits the upgrade of a polling session that has no request under way. */
export async function upgrade(session) {
  const ws = await open_ws(session.server.port, ws_path(session.sid));
  ws.send("2probe");
  const answer = await ws.next();
  if (answer !== "3probe") throw new Error(`the probe was answered ${answer}`);
  ws.send("5");
  ws.sid = session.sid;
  return ws;
}
