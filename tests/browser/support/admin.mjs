// The server of the Admin UI under test, the page in a browser, and a crowd to look at.
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { startServer } from "./chat_server.mjs";

const reference = fileURLToPath(new URL("../reference_admin_server.mjs", import.meta.url));
export const artifacts = fileURLToPath(new URL("../../../artifacts/browser/", import.meta.url));
export const uiPackage = fileURLToPath(new URL("../node_modules/@socket.io/admin-ui", import.meta.url));
const { hashSync } = createRequire(import.meta.url)("bcryptjs");
export const isReference = !process.env.SOCKETIO_ADMIN_SERVER;
export const account = { username: "ann", password: "correct horse" };

/** The executable of SOCKETIO_ADMIN_SERVER, or the official server with @socket.io/admin-ui. */
export function startAdminServer() {
  mkdirSync(artifacts, { recursive: true });
  const executable = process.env.SOCKETIO_ADMIN_SERVER;
  const [command, args] = executable ? [executable, ["0", uiPackage]] : [process.execPath, [reference, "0", uiPackage]];
  if (executable && !existsSync(executable)) throw new Error(`there is no ${executable}`);
  return startServer(command, args, { ADMIN_PASSWORD_HASH: hashSync(account.password, 6) });
}

/** Raw WebSocket clients of the main namespace, each with its id and what it was told. */
export class Crowd {
  static async open(port, count) {
    const crowd = new Crowd();
    crowd.members = [];
    for (let i = 0; i < count; i += 50) { // the kernel lets so many wait
      crowd.members.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, () => join(port)))));
    }
    return crowd;
  }

  member(id) {
    return this.members.find((one) => one.id === id);
  }

  close() {
    for (const { ws } of this.members) ws.terminate();
  }
}

function join(port) {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const member = { ws, id: undefined, heard: [], wake: () => {} };
    member.ask = (ack_id, event) => {
      ws.send(`42${ack_id}["${event}"]`);
      return member.hears((text) => text.startsWith(`43${ack_id}`));
    };
    member.hears = async (match) => {
      for (;;) {
        const found = member.heard.find(match);
        if (found) return found;
        await new Promise((wake) => (member.wake = wake));
      }
    };
    ws.on("error", reject);
    ws.on("message", (bytes) => {
      const text = String(bytes);
      if (text === "2") return ws.send("3");
      if (text.startsWith("0")) return ws.send("40");
      if (text.startsWith("40")) {
        member.id = JSON.parse(text.slice(2)).sid;
        return resolve(member);
      }
      member.heard.push(text);
      member.wake();
    });
  });
}
