// The official Socket.IO server on Node.js, with plain default settings.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { announce, install } from "../handlers.mjs";

const http = createServer();
install(new Server(http));
http.listen(0, "127.0.0.1", () => announce(http.address().port));
