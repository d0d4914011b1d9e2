// The first inputs of the fuzz targets (fuzz/corpus/<target>/seed-...), made of the vectors.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";

function write(target, inputs) {
  const folder = new URL(`../../../fuzz/corpus/${target}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.startsWith("seed-")) rmSync(new URL(name, folder));
  const different = [...new Map(inputs.map((bytes) => [bytes.toString("hex"), bytes])).values()];
  different.forEach((bytes, n) => writeFileSync(new URL(`seed-${String(n).padStart(3, "0")}`, folder), bytes));
  console.log(`fuzz/corpus/${target}: ${different.length} seeds`);
}

const bytes_of = (message) => (typeof message === "string" ? message : "b" + Buffer.from(message.$binary, "base64").toString("latin1"));

export function write_seeds({ engine, socket, frames, json }) {
  write("engine_packet", [...engine.decoded, ...engine.encoded].map(({ text }) => Buffer.from(text)));
  write("payload", [...engine.split, ...engine.joined].map(({ text }) => Buffer.from(text)));
  write("json", [...json.parsed, ...json.repaired].map(({ text }) => Buffer.from("\u0002" + text)));
  write("socket_packet", [...socket.decoded, ...socket.differing].map(({ messages }) => Buffer.from(messages.map(bytes_of).join("\u001e"))));
  write("ws_frame", [...frames.received.filter(({ bytes }) => bytes.length < 400), ...frames.random.slice(0, 30)].map(
    ({ bytes }, n) => Buffer.from((n % 256).toString(16).padStart(2, "0") + bytes, "hex")));
}
