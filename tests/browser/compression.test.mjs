// Chromium and a server that compresses (examples/chapters/compression.cpp): it offers permessage-deflate and
// reads what it gets, over polling as over WebSocket (CP-01, CP-05, CP-06).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.mjs";

const folder = process.env.SOCKETIO_EXAMPLES;
const skip = !folder && "SOCKETIO_EXAMPLES names no folder with the example programs";
let browser, program, url;

before(async () => {
  if (skip) return;
  program = spawn(path.join(folder, "example_compression"), ["0"], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: program.stdout });
  const [line] = await once(lines, "line");
  url = line.match(/http:\S+/)[0];
  browser = await launch();
});

after(async () => {
  await browser?.close();
  program?.kill("SIGTERM");
  if (program) assert.equal((await once(program, "exit"))[0], 0);
});

for (const transport of ["websocket", "polling"]) {
  test(`CP-01 CP-05 CP-06 a browser reads compressed messages over ${transport}`, { skip, timeout: 60_000 }, async () => {
    const page = await (await browser.newContext()).newPage();
    const codings = [];
    let extensions;
    page.on("response", (response) => codings.push(response.headers()["content-encoding"]));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    devtools.on("Network.webSocketHandshakeResponseReceived", ({ response }) => {
      extensions = Object.entries(response.headers).find(([name]) => name.toLowerCase() === "sec-websocket-extensions")?.[1];
    });
    await page.goto(`${url}socket.io/socket.io.js`); // any page of the same origin
    await page.addScriptTag({ url: `${url}socket.io/socket.io.js` });
    const got = await page.evaluate(async (only) => {
      const socket = io({ transports: [only] });
      const next = (event) => new Promise((resolve) => socket.once(event, resolve));
      const heard = Promise.all([next("report"), next("noise"), next("news")]);
      socket.emit("report", 500);
      const texts = await heard;
      const sent = "x".repeat(5000); // compressed by the browser, where that was agreed upon
      socket.emit("ignored", sent);
      const savings = await socket.emitWithAck("savings");
      socket.disconnect();
      return { lengths: texts.map((one) => one.length), same: texts.every((one) => one === texts[0]), savings };
    }, transport);
    assert.ok(got.same);
    assert.ok(got.lengths[0] > 10_000);
    if (transport === "websocket") {
      assert.match(extensions ?? "", /^permessage-deflate; server_no_context_takeover; client_no_context_takeover/);
      assert.ok(got.savings >= 2);
    } else {
      assert.ok(codings.includes("gzip"), `${codings}`);
    }
    await page.context().close();
  });
}
