// The same load as `socketio bench`, by the official client: events with acknowledgements in flight on many connections, for
// some time. Prints one line of JSON: {"answers":..., "cpu_us":...}.
//
//   node client.mjs URL '{"connections":100,"window":1,"bytes":32,"seconds":5}'
import { io } from "socket.io-client";

const [url, text] = process.argv.slice(2);
const { connections, window, bytes, seconds } = JSON.parse(text);
const payload = "x".repeat(bytes);
let answers = 0, ended = false;

const sockets = Array.from({ length: connections }, () =>
  io(url, { forceNew: true, transports: ["websocket"], reconnection: false }));
await Promise.all(sockets.map((socket) => new Promise((resolve, reject) => {
  socket.on("connect", resolve);
  socket.on("connect_error", reject);
})));

const ask = (socket) => socket.emit("echo", payload, () => {
  if (ended) return;
  answers++;
  ask(socket);
});
for (const socket of sockets) for (let i = 0; i < window; i++) ask(socket);

// An engine that compiles at run time needs a moment to be as fast as it gets.
await new Promise((resolve) => setTimeout(resolve, 1_000));
answers = 0;
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
ended = true;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ answers, cpu_us: (user + system) / answers }));
process.exit(0);
