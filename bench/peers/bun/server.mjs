// The official Socket.IO server on Bun, with Bun's own engine and plain default settings.

import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { announce, install } from "../handlers.mjs";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
install(io);
const listener = Bun.serve({ port: 0, hostname: "127.0.0.1", ...engine.handler() });
announce(listener.port);
