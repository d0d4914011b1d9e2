#!/usr/bin/env node
// Makes tests/vectors/*.json, and from them the seeds of fuzz/corpus: what the published npm packages read and write, for the C++ tests to
// compare with (tests/unit/wire/*_vectors_test.cpp). Run after an upgrade of the packages:
//
//   npm ci --prefix tests/vectors && node scripts/make_vectors.mjs
//
// The same input gives the same files: everything random comes from a generator with a fixed seed.
// Where we differ on purpose, the case carries `ours`, which then is what the C++ test expects.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflate } from "../tests/vectors/lib/deflate.mjs";
import { engine_packets } from "../tests/vectors/lib/engine_packets.mjs";
import { engine_packets_v3 } from "../tests/vectors/lib/engine_packets_v3.mjs";
import { json_texts } from "../tests/vectors/lib/json_texts.mjs";
import { msgpack_values } from "../tests/vectors/lib/msgpack.mjs";
import { socket_packets } from "../tests/vectors/lib/socket_packets.mjs";
import { write_seeds } from "../tests/vectors/lib/seeds.mjs";
import { ws_frames } from "../tests/vectors/lib/ws_frames.mjs";

const folder = new URL("../tests/vectors/", import.meta.url);
const require = createRequire(new URL("package.json", folder));
const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, folder))).version;

async function write(name, packages, cases) {
  const made_with = Object.fromEntries([["node", process.version], ...packages.map((p) => [p, version(p)])]);
  const lines = Object.entries(cases).map(
    ([key, list]) => `  ${JSON.stringify(key)}: [\n${list.map((one) => "    " + JSON.stringify(one)).join(",\n")}\n  ]`,
  );
  const text = `{\n  "made_with": ${JSON.stringify(made_with)},\n${lines.join(",\n")}\n}\n`;
  JSON.parse(text);
  writeFileSync(new URL(`${name}.json`, folder), text);
  const counts = Object.entries(cases).map(([key, list]) => `${list.length} ${key}`);
  console.log(`${name}.json: ${counts.join(", ")}`);
}

const engine = await engine_packets(require("engine.io-parser"));
const engine_v3 = engine_packets_v3(require(fileURLToPath(new URL("node_modules/engine.io/build/parser-v3/index.js", folder))));
const msgpack = msgpack_values(require("notepack.io"), require("socket.io-msgpack-parser"));
const socket = socket_packets(require("socket.io-parser"));
const frames = await ws_frames(require("ws"));
const json = json_texts();
const deflated = await deflate(require("ws"));
await write("engine_packets", ["engine.io-parser"], engine);
await write("engine_packets_v3", ["engine.io"], engine_v3);
await write("msgpack", ["notepack.io", "socket.io-msgpack-parser"], msgpack);
await write("socket_packets", ["socket.io-parser"], socket);
await write("ws_frames", ["ws"], frames);
await write("json_texts", [], json);
await write("deflate", ["ws"], deflated);
write_seeds({ engine, engine_v3, msgpack, socket, frames, json, deflated });
