// The official server with the official Admin UI, as examples/chapters/admin.cpp: what the tests expect is what it does.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { Server } from "socket.io";

const { instrument } = createRequire(import.meta.url)("@socket.io/admin-ui");
const [, , port, folder] = process.argv;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png" };

const http = createServer(async (request, response) => {
  const name = request.url.replace(/^\/admin\//, "").split("?")[0] || "index.html";
  try {
    const body = await readFile(path.join(folder, "ui/dist", path.normalize(`/${name}`)));
    response.writeHead(200, { "content-type": types[path.extname(name)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
const io = new Server(http);
instrument(io, { mode: "development", auth: { type: "basic", username: "ann", password: process.env.ADMIN_PASSWORD_HASH } });
io.on("connection", (socket) => {
  socket.on("join", (room) => socket.join(room));
  socket.on("rooms", (ack) => ack([...socket.rooms]));
});
http.listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}/`));
process.on("SIGTERM", () => process.exit(0));
