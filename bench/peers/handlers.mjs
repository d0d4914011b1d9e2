// The handlers that every JavaScript peer runs; bench/peers/socketio/main.cpp has the same in C++
// and bench/floor/ just enough of them. bench/load checks that all of them give the same answers.
// With --three-per-socket each socket has the first three only, to measure what three cost.

const three = process.argv.includes("--three-per-socket");

export function install(io) {
  io.on("connection", (socket) => {
    socket.on("echo", (payload, ack) => ack(payload));
    socket.on("echo-json", (payload, ack) => ack(payload));
    socket.on("broadcast", (payload) => io.emit("message", payload));
    if (three) return;
    let room = "";
    socket.on("join", (name, ack) => {
      room = name;
      socket.join(name);
      ack();
    });
    socket.on("room", (payload) => io.to(room).emit("message", payload));
  });
}

// bench/run reads the port from the first line and ends the server by closing its input.
export function announce(port) {
  console.log(`listening ${port}`);
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}
