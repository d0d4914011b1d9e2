#!/usr/bin/env node
// What a broadcast costs the server with and without permessage-deflate: CPU time per delivery (user and system, all
// threads), bytes per delivery, and memory per idle connection that agreed on the extension. Both servers speak the
// contract of tests/conformance, so the same script drives them:
//
//   scripts/build release conformance_server
//   bench/compression.mjs build/release/tests/conformance/conformance_server
//   bench/compression.mjs node
//
// The clients are raw sockets that read frames and inflate nothing, in this process; what they cost is not counted.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = process.argv[2] ?? "node";
const clients_count = 200;
const seconds_each = Number(process.env.SECONDS_EACH ?? 5);
const ticks_per_second = Number(execFileSync("getconf", ["CLK_TCK"]));
const reference = fileURLToPath(new URL("../tests/conformance/reference_server.mjs", import.meta.url));

async function start(options) {
  const [command, args] = program === "node" ? [process.execPath, [reference]] : [program, []];
  const child = spawn(command, [...args, JSON.stringify({ ping_interval: 100_000, ...options })], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise((resolve) =>
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("listening ") && resolve(Number(line.slice(10)))));
  return { child, port };
}

const cpu_seconds = ({ child }) => {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks_per_second;
};
const resident_bytes = ({ child }) => Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]) * 4096;

function control({ port }, action) {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: "127.0.0.1", method: "POST", path: "/__control", headers: { "content-type": "application/json" } },
      (res) => res.resume().on("end", resolve));
    req.on("error", reject).end(JSON.stringify(action));
  });
}

/** A client that counts frames and bytes and keeps nothing. */
class Client {
  constructor(port, offer) {
    this.frames = this.bytes = 0;
    this.rest = Buffer.alloc(0);
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer ? `Sec-WebSocket-Extensions: ${offer}\r\n` : ""}\r\n`);
    this.joined = new Promise((resolve) => (this.on_frame = resolve));
    let open = false;
    this.socket.on("data", (chunk) => {
      this.bytes += chunk.length;
      this.rest = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
      if (!open) {
        const end = this.rest.indexOf("\r\n\r\n");
        if (end < 0) return;
        this.agreed = /sec-websocket-extensions/i.test(this.rest.toString("latin1", 0, end));
        this.rest = this.rest.subarray(end + 4);
        open = true;
        this.socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30])); // "40"
      }
      for (let size; (size = frame_size(this.rest)) && this.rest.length >= size; this.rest = this.rest.subarray(size)) {
        if (++this.frames === 2) this.on_frame();
      }
    });
  }
}

function frame_size(data) {
  if (data.length < 2) return 0;
  const length = data[1] & 0x7f;
  if (length < 126) return 2 + length;
  if (length === 126) return data.length < 4 ? 0 : 4 + data.readUInt16BE(2);
  return data.length < 10 ? 0 : 10 + Number(data.readBigUInt64BE(2));
}

/** About `size` bytes of JSON that looks like what applications send. */
function payload(size) {
  const rows = [];
  for (let i = 0; JSON.stringify(rows).length < size; i++) {
    rows.push({ id: 1000 + i, symbol: ["ACME", "INIT", "GLOB", "UMBR"][i % 4], price: Math.round(Math.sin(i) * 1e6) / 100, volume: (i * 7919) % 10_000, open: i % 3 === 0 });
  }
  return rows;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(size, name, options, offer) {
  const server = await start(options);
  await sleep(300);
  const empty = resident_bytes(server);
  const clients = Array.from({ length: clients_count }, () => new Client(server.port, offer));
  await Promise.all(clients.map((one) => one.joined));
  await sleep(300);
  const idle = (resident_bytes(server) - empty) / clients_count;
  const action = { do: "emit", event: "news", args: [payload(size)] };
  const total = () => clients.reduce((sum, one) => sum + one.frames, 0);
  const broadcast = async () => {
    const wanted = total() + clients_count;
    await control(server, action);
    while (total() < wanted) await new Promise(setImmediate);
  };
  for (let i = 0; i < 30; i++) await broadcast(); // warm
  const [cpu, frames, bytes, end] = [cpu_seconds(server), total(), clients.reduce((sum, one) => sum + one.bytes, 0), Date.now() + seconds_each * 1000];
  while (Date.now() < end) await broadcast();
  const delivered = total() - frames;
  const used = cpu_seconds(server) - cpu;
  const sent = clients.reduce((sum, one) => sum + one.bytes, 0) - bytes;
  const busy = (resident_bytes(server) - empty) / clients_count;
  console.log(`${program === "node" ? "node" : "ours"}  ${String(size).padStart(5)} B  ${name.padEnd(24)} ${clients[0].agreed ? "agreed" : "plain "}  ` +
    `${((used / delivered) * 1e6).toFixed(2).padStart(8)} us/delivery  ${(sent / delivered).toFixed(0).padStart(6)} B/delivery  ` +
    `${(idle / 1024).toFixed(1).padStart(7)} KiB/idle connection, ${(busy / 1024).toFixed(1)} after`);
  for (const one of clients) one.socket.destroy();
  server.child.stdin.end();
  await new Promise((resolve) => server.child.on("exit", resolve));
}

const offer = "permessage-deflate; client_max_window_bits";
for (const size of [1024, 8192]) {
  const flags = (value) => ({ server_no_context_takeover: value, client_no_context_takeover: value });
  await measure(size, "extension off", {}, offer);
  await measure(size, "on, client does not offer", { per_message_deflate: flags(true) }, undefined);
  await measure(size, "without context", { per_message_deflate: flags(true) }, offer);
  await measure(size, "with context", { per_message_deflate: flags(false) }, offer);
}
