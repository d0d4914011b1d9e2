// A TCP proxy between a client and the server: the network, with its faults on command.
import { connect, createServer } from "node:net";
import { reset_socket } from "./tcp.mjs";

export async function start_proxy(port) {
  const proxy = new Proxy_(port);
  await new Promise((resolve) => proxy.listener.listen(0, "127.0.0.1", resolve));
  proxy.port = proxy.listener.address().port;
  proxy.url = `http://127.0.0.1:${proxy.port}`;
  return proxy;
}

class Proxy_ {
  constructor(port) {
    this.pairs = new Set();
    this.stopped = false;
    this.blocked = { to_server: false, to_client: false };
    this.listener = createServer((client) => this.#join(client, connect({ port, host: "127.0.0.1", noDelay: true })));
  }

  /** Bytes in a blocked direction vanish; the connections stay up. */
  block(direction) {
    this.blocked[direction] = true;
  }

  /** Cuts all connections as a dead network does; new ones are accepted again. */
  cut() {
    for (const { client, server } of this.pairs) {
      reset_socket(client);
      reset_socket(server);
    }
    this.pairs.clear();
  }

  /** Writes bytes to every client as if the server had sent them. */
  inject(bytes) {
    for (const { client } of this.pairs) client.write(bytes);
  }

  stop() {
    this.stopped = true;
    this.cut();
    this.listener.close();
  }

  #join(client, server) {
    if (this.stopped) { // Was already waiting to be accepted.
      client.destroy();
      server.destroy();
      return;
    }
    const pair = { client, server };
    this.pairs.add(pair);
    client.setNoDelay(true);
    client.on("data", (bytes) => this.blocked.to_server || server.write(bytes));
    server.on("data", (bytes) => this.blocked.to_client || client.write(bytes));
    for (const [one, other] of [[client, server], [server, client]]) {
      one.on("error", () => {});
      one.on("end", () => other.end());
      one.on("close", () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }
}
