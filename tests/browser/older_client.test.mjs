// The client of Socket.IO 2 in a real browser, which takes binary over polling as it is (V3-03), unlike the same client
// in Node.js; against the example `older_clients`, which stands beside the chat.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./support/browser.mjs";

const chat = process.env.SOCKETIO_CHAT_SERVER;
const client = fileURLToPath(new URL("../conformance/node_modules/socket.io-client-v2/dist/socket.io.js", import.meta.url));

async function start_example() {
  const child = spawn(path.join(path.dirname(chat), "example_older_clients"), ["0"], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const bytes of child.stdout.iterator({ destroyOnReturn: false })) {
    output += bytes;
    const address = /listening on (http\S+)\//.exec(output);
    if (address) return { child, url: address[1] };
  }
  throw new Error(`the example ended: ${output}`);
}

test("V3-03 V3-04 V3-05 V3-12 an older client in a browser", { skip: chat ? false : "there is no Node.js reference" }, async (t) => {
  const { child, url } = await start_example();
  child.stdout.resume();
  const browser = await launch();
  t.after(async () => {
    await browser.close();
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  const page = await browser.newPage();
  const types = new Set();
  page.on("response", (response) => types.add(response.headers()["content-type"]));
  await page.goto(`${url}/socket.io/socket.io.js`);
  await page.setContent("<p>a page of the same origin</p>");
  await page.addScriptTag({ path: client });
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const got = await page.evaluate(
      (how) => new Promise((resolve, reject) => {
        const socket = globalThis.io("/chat?token=secret", { transports: how, forceNew: true });
        for (const event of ["error", "connect_error"]) socket.on(event, reject);
        socket.on("connect", () => socket.emit("show", "€😀", new Uint8Array([1, 2, 255]).buffer));
        socket.on("shown", (name, bytes) => {
          resolve([name, [...new Uint8Array(bytes)]]);
          socket.disconnect();
        });
      }),
      transports,
    );
    assert.deepEqual(got, ["€😀", [1, 2, 255]], transports.join());
    if (transports.length === 1 && transports[0] === "polling") assert.ok(types.has("application/octet-stream"), [...types].join());
  }
});
