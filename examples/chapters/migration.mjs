// The JavaScript half of docs/guide/migration.md: the same server as migration.cpp, for the official
// package. tests/examples runs both and asks them the same things.
import { createRequire } from "node:module";

const { Server } = createRequire(new URL("../../tests/conformance/package.json", import.meta.url))("socket.io");
const port = Number(process.argv[2]);

// [making]
const io = new Server(port, {
  pingInterval: 10_000,
  maxHttpBufferSize: 100_000,
  transports: ["polling", "websocket"],
  cors: { origin: ["https://app.example"], credentials: true },
});
// [/making]

// [middleware]
io.use((socket, next) => {
  const { name } = socket.handshake.auth;
  if (!name) {
    const error = new Error("name yourself");
    error.data = { code: "NO_NAME" };
    return next(error);
  }
  socket.data.name = name;
  next();
});
// [/middleware]

// [connection]
io.on("connection", (socket) => {
  socket.emit("hello", socket.id);
  socket.on("chat message", (text) => {
    socket.broadcast.emit("chat message", socket.data.name, text);
  });
});
// [/connection]

io.on("connection", (socket) => {
  // [answering]
  socket.on("add", (a, b, callback) => {
    callback(a + b);
  });
  socket.on("order", ({ item, count = 1 }, callback) => {
    if (count > 10) return callback({ error: "too many" });
    callback({ number: 7, item });
  });
  // [/answering]

  // [asking]
  socket.on("ask me", async () => {
    try {
      const age = await socket.timeout(200).emitWithAck("your age?");
      socket.emit("so old", age);
    } catch {
      socket.emit("no answer");
    }
  });
  // [/asking]

  // [callback]
  socket.on("ask again", () => {
    socket.timeout(200).emit("your age?", (error, age) => {
      if (error) socket.emit("no answer");
      else socket.emit("so old", age);
    });
  });
  // [/callback]

  // [everybody]
  socket.on("vote", async (question, callback) => {
    let answers;
    try {
      answers = await io.timeout(300).emitWithAck("vote", question);
    } catch (error) {
      answers = error.responses;
    }
    callback(answers.filter((yes) => yes).length);
  });
  // [/everybody]

  // [rooms]
  socket.on("join", (room) => {
    socket.join(room);
    socket.to(room).emit("joined", socket.data.name);
  });
  socket.on("say", (rooms, text) => {
    io.to(rooms[0]).to(rooms[1]).except("deaf").emit("said", text);
  });
  socket.on("position", (x, y) => {
    socket.volatile.to("players").emit("position", x, y);
  });
  socket.on("who", async (room, callback) => {
    const sockets = await io.in(room).fetchSockets();
    callback(sockets.map((one) => one.data.name));
  });
  // [/rooms]

  // [events]
  socket.use(([event, ...args], next) => {
    if (event === "forbidden") return next(new Error("not this one"));
    next();
  });
  socket.on("error", (error) => socket.emit("refused", error.message));
  socket.onAny((event, ...args) => {
    if (event === "count me") socket.emit("counted", args.length);
  });
  // [/events]

  // [failing]
  socket.on("fail", async (callback) => {
    try {
      throw new Error("no luck");
    } catch (error) {
      console.log(`fail: ${error.message}`);
      callback({ error: { code: "internal_error" } });
    }
  });
  // [/failing]

  // [leaving]
  socket.on("disconnecting", (reason) => {
    for (const room of socket.rooms) socket.to(room).emit("left", socket.data.name, reason);
  });
  socket.on("disconnect", (reason) => {
    console.log(`gone: ${reason}`);
  });
  // [/leaving]
});

// [namespaces]
const admin = io.of("/admin");
admin.on("connection", (socket) => {
  socket.on("kick", (id) => io.in(id).disconnectSockets(true));
});
// [/namespaces]

// [shutdown]
process.on("SIGTERM", () => io.close());
// [/shutdown]

io.httpServer.on("listening", () => console.log(`listening on http://127.0.0.1:${io.httpServer.address().port}/`));
