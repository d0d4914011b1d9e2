// Starts one example program, connects official clients to it, and stops it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../conformance/package.json", import.meta.url));
const { io } = require("socket.io-client");
const older_io = require("socket.io-client-v2");
export const msgpack_parser = require("socket.io-msgpack-parser");

const folder = process.env.SOCKETIO_EXAMPLES;
if (!folder) throw new Error("SOCKETIO_EXAMPLES must name the folder of the example programs");

export class Example {
  static start(name, ...args) {
    return Example.run(path.join(folder, name), ["0", ...args]);
  }

  /** A program for the official server, of examples/chapters. */
  static start_node(file) {
    return Example.run(process.execPath, [fileURLToPath(new URL(`../../../examples/chapters/${file}`, import.meta.url)), "0"]);
  }

  static async run(command, args) {
    const example = new Example();
    example.lines = [];
    example.waiting = [];
    example.clients = [];
    example.process = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    example.exited = once(example.process, "exit");
    createInterface({ input: example.process.stdout }).on("line", (line) => {
      example.lines.push(line);
      for (const wait of example.waiting) wait();
    });
    example.url = (await example.line(/listening on (http\S+)\//))[1];
    return example;
  }

  // The first line of output that matches, now or later.
  async line(pattern) {
    for (;;) {
      for (const line of this.lines) {
        const match = line.match(pattern);
        if (match) return match;
      }
      await new Promise((resolve) => this.waiting.push(resolve));
    }
  }

  client(nsp = "/", options = {}) {
    const socket = io(this.url + nsp, { forceNew: true, transports: ["websocket"], reconnection: false, ...options });
    this.clients.push(socket);
    return socket;
  }

  // A client of Socket.IO 2.
  older_client(nsp = "/") {
    const socket = older_io(this.url + nsp, { forceNew: true, reconnection: false });
    this.clients.push(socket);
    return socket;
  }

  async connected(nsp, options) {
    const socket = this.client(nsp, options);
    await once(socket, "connect");
    return socket;
  }

  // Closes the clients and asks the program to stop; it must do so with status 0.
  async stop() {
    for (const socket of this.clients) socket.disconnect();
    this.process.kill("SIGTERM");
    const [code] = await this.exited;
    if (code !== 0) throw new Error(`the example ended with status ${code}`);
  }
}

// The arguments of the next event of that name.
export const next = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
