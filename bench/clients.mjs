#!/usr/bin/env node
// What a message costs a client: CPU time of the whole process (user and system) per event that is sent and acknowledged,
// of the command `socketio bench` and of the official client on Node.js, in turn against the same server, in rounds. A
// figure is the smallest of the rounds, because whatever else happens on the machine only adds to it.
//
//   scripts/build release socketio_command bench_server
//   bench/clients.mjs                                 # ROUNDS=3 SECONDS_EACH=3
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS_EACH ?? 3);
const server_program = here("../build/release/bench/bench_server");
const ours = here("../build/release/bin/socketio");

async function output_of(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (more) => (text += more));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return JSON.parse(text);
}

const scenarios = [
  { connections: 100, window: 1, bytes: 32 },
  { connections: 100, window: 10, bytes: 32 },
  { connections: 100, window: 1, bytes: 1024 },
  { connections: 100, window: 10, bytes: 1024 },
  { connections: 1, window: 1, bytes: 32 },
];

const clients = {
  ours: (url, { connections, window, bytes }) =>
    output_of(ours, ["bench", url, "-c", connections, "-w", window, "-s", bytes, "-d", seconds, "--json"].map(String)),
  node: (url, scenario) => output_of(process.execPath, [here("peers/node/client.mjs"), url, JSON.stringify({ ...scenario, seconds })]),
};

const server = spawn(server_program, [], { stdio: ["pipe", "pipe", "inherit"] });
const [first] = await once(createInterface({ input: server.stdout }), "line");
const url = `http://127.0.0.1:${first.replace("listening ", "")}`;
const best = scenarios.map(() => ({}));
for (let round = 1; round <= rounds; round++)
  for (const [i, scenario] of scenarios.entries())
    for (const [name, run] of Object.entries(clients)) {
      const { cpu_us } = await run(url, scenario);
      best[i][name] = Math.min(best[i][name] ?? Infinity, cpu_us);
      process.stderr.write(`round ${round}: ${JSON.stringify(scenario)} ${name} ${cpu_us.toFixed(2)} us\n`);
    }
server.kill();

console.log("| CPU of the client per event and answer, us | ours | Node | ours / Node |");
console.log("| --- | ---: | ---: | ---: |");
for (const [i, { connections, window, bytes }] of scenarios.entries()) {
  const { ours: mine, node } = best[i];
  console.log(`| ${connections} connections, window ${window}, ${bytes} B | ${mine.toFixed(2)} | ${node.toFixed(2)} | ${(mine / node).toFixed(2)} |`);
}
