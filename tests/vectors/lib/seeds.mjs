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

// The first byte of an offer chooses our options; of a message, whether there is a context (fuzz/inflate_fuzz.cpp).
function inflate_seeds({ negotiated, messages }) {
  const offers = negotiated.map(({ offer }, n) => Buffer.concat([Buffer.of(2 * (n % 128)), Buffer.from(offer)]));
  const series = messages.map(({ list, takeover }) => {
    const parts = list.slice(0, 6).map(({ deflated }) => Buffer.from(deflated, "hex"));
    return Buffer.concat([Buffer.of(takeover ? 3 : 1), ...parts.map((bytes) => Buffer.concat([Buffer.of(bytes.length & 255, bytes.length >> 8), bytes]))]);
  });
  return [...offers, ...series];
}

// A payload of revision 3 behind a byte that says whether it is binary.
const older = ({ text, base64 }) =>
  text === undefined ? Buffer.concat([Buffer.of(1), Buffer.from(base64, "base64")]) : Buffer.from("\0" + text);

export function write_seeds({ engine, engine_v3, msgpack, socket, frames, json, deflated }) {
  write("engine_packet", [...engine.decoded, ...engine.encoded].map(({ text }) => Buffer.from(text)));
  write("payload", [...engine.split, ...engine.joined].map(({ text }) => Buffer.from(text)));
  const { text, binary, decoded, decoded_binary } = engine_v3;
  write("payload_v3", [...text, ...binary, ...decoded, ...decoded_binary].map(older).filter(({ length }) => length < 1000));
  const all = [...msgpack.same, ...msgpack.one_way, ...msgpack.raw, ...msgpack.broken, ...msgpack.packets];
  write("msgpack", all.map(({ base64 }) => Buffer.from(base64, "base64")).filter(({ length }) => length < 400));
  write("json", [...json.parsed, ...json.repaired].map(({ text }) => Buffer.from("\u0002" + text)));
  write("socket_packet", [...socket.decoded, ...socket.differing].map(({ messages }) => Buffer.from(messages.map(bytes_of).join("\u001e"))));
  write("ws_frame", [...frames.received.filter(({ bytes }) => bytes.length < 400), ...frames.random.slice(0, 30)].map(
    ({ bytes }, n) => Buffer.from((n % 256).toString(16).padStart(2, "0") + bytes, "hex")));
  write("ws_client", [...frames.from_server.filter(({ bytes }) => bytes.length < 400), ...frames.from_server_random.slice(0, 30)].map(
    ({ bytes }, n) => Buffer.from((n % 256).toString(16).padStart(2, "0") + bytes, "hex")));
  write("inflate", inflate_seeds(deflated));
  write("deflate_offer", deflated.answered.map(({ answer }, n) => Buffer.concat([Buffer.of(n), Buffer.from(answer)])));
  write("deflate", deflated.messages.map(({ list }, n) =>
    Buffer.concat([Buffer.of(n), ...list.slice(0, 6).map(({ plain }) => Buffer.concat([Buffer.of(plain.length / 2 & 255, plain.length / 2 >> 8), Buffer.from(plain, "hex")]))])));
}
