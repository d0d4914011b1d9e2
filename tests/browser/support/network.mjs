// A network that can fail: a TCP proxy between a browser and the server.
//   cut()      breaks every connection and refuses new ones
//   swallow()  lets the browser's bytes through and loses the server's: what is sent arrives, no answer comes back
//   restore()  lets everything through again
//   leadTo()   takes new connections to another port
import { once } from "node:events";
import net from "node:net";

export async function startNetwork(targetPort) {
  const pairs = new Set();
  let mode = "open";

  const server = net.createServer((browser) => {
    if (mode === "cut") return browser.resetAndDestroy();
    const upstream = net.connect(targetPort, "127.0.0.1");
    const pair = { browser, upstream };
    pairs.add(pair);
    const end = () => {
      browser.destroy();
      upstream.destroy();
      pairs.delete(pair);
    };
    browser.on("data", (bytes) => upstream.write(bytes));
    upstream.on("data", (bytes) => mode === "swallow" || browser.write(bytes));
    for (const socket of [browser, upstream]) socket.on("error", end).on("close", end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const breakAll = () => pairs.forEach(({ browser, upstream }) => {
    browser.resetAndDestroy();
    upstream.resetAndDestroy();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    cut() {
      mode = "cut";
      breakAll();
    },
    swallow() {
      mode = "swallow";
    },
    restore() {
      mode = "open";
    },
    leadTo(port) {
      targetPort = port;
    },
    async stop() {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
