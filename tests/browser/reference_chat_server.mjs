// The chat's server in Node.js with the original `socket.io`: the same contract (examples/chat/README.md), the same
// command line and the same page as the C++ example. The tests run against it when SOCKETIO_CHAT_SERVER is not set;
// what they expect of the C++ server is therefore what the original does.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import { Chat, limits, refusal, validKey } from "./reference_chat_state.mjs";

const { values: flags } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "3000" },
    public: { type: "string", default: fileURLToPath(new URL("../../examples/chat/public", import.meta.url)) },
  },
});

const mimeTypes = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };

const http = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://x");
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  try {
    if (!/^[a-z_]+\.[a-z]+$/.test(name)) throw new Error("not one of our files");
    const body = await readFile(join(flags.public, name));
    response.writeHead(200, { "Content-Type": `${mimeTypes[extname(name)]}; charset=utf-8`, "Cache-Control": "no-cache" });
    response.end(body);
  } catch {
    response.writeHead(404).end("not found\n");
  }
});

const io = new Server(http);
const chat = new Chat();
const roomOf = (room) => `room:${room}`;
const connectionsOf = (nickname) => `user:${nickname}`;

io.use((socket, next) => {
  if (validKey(socket.handshake.auth.key)) return next();
  next(Object.assign(new Error("the handshake has no valid key"), { data: { code: "bad_key" } }));
});

function announce(changed) {
  for (const room of changed.rooms) io.to(roomOf(room)).emit("members", { room, members: chat.members(room) });
  if (changed.rooms.length > 0) io.emit("rooms", chat.rooms());
  if (changed.online) io.emit("online", chat.online());
}

function leaveRooms(socket, { nickname, room }) {
  if (!nickname) return;
  socket.leave(roomOf(room));
  socket.leave(connectionsOf(nickname));
}

io.on("connection", (socket) => {
  const who = { key: socket.handshake.auth.key };
  // A client may leave the acknowledgement out; then there is nobody to answer.
  const on = (event, handler) => socket.on(event, (argument, ack) => {
    const answer = typeof argument === "function" ? argument : ack;
    handler(argument, typeof answer === "function" ? answer : () => {});
  });

  socket.emit("welcome", { limits, rooms: chat.rooms() });

  on("join", (request, ack) => {
    const before = { ...who };
    const result = chat.join(who, request);
    if (result.error) return ack(result);
    leaveRooms(socket, before);
    socket.join([roomOf(who.room), connectionsOf(who.nickname)]);
    const { nickname, room } = who;
    ack({ nickname, room, history: chat.history(room), members: chat.members(room), online: chat.online() });
    announce(result.changed);
  });

  on("leave", (_, ack) => {
    leaveRooms(socket, who);
    announce(chat.leave(who));
    ack({});
  });

  on("message", (draft, ack) => {
    const result = chat.post(who, draft);
    if (result.error) return ack(result);
    if (!result.repeated) socket.to(roomOf(who.room)).emit("message", result.message);
    ack({ message: result.message });
  });

  on("private message", (draft, ack) => {
    const result = chat.whisper(who, draft);
    if (result.error) return ack(result);
    const { message } = result;
    const receiver = connectionsOf(message.to);
    io.to(receiver).timeout(3000).emit("private message", message, (_, answers) => {
      if (!answers?.includes(true)) return ack(refusal("offline"));
      socket.to(connectionsOf(message.from)).except(receiver).emit("private message", message);
      ack({ message });
    });
  });

  on("typing", (notice) => {
    if (!who.room || notice?.room !== who.room || typeof notice.active !== "boolean") return;
    const { nickname, room } = who;
    socket.to(roomOf(room)).volatile.emit("typing", { room, nickname, active: notice.active });
  });

  socket.on("disconnect", () => announce(chat.leave(who)));
});

http.listen(Number(flags.port), flags.host, () => {
  console.log(`chat (Node.js reference) on http://${flags.host}:${http.address().port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close(() => process.exit(0)));
