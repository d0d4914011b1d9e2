// Broadcasting: any chain of to, except, local, volatile_, timeout; encoded once, sent to each
// socket at most once.
#include "serve.hpp"

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  io.on_connection([&io](socketio::socket socket) {
    socket.on("join", [socket](std::vector<std::string> rooms) { socket.join(rooms); });
    socket.on("all", [&io](std::string text) { io.emit("news", text); });
    socket.on("others", [socket](std::string text) { socket.broadcast().emit("news", text); });
    socket.on("union", [&io](std::string text) { io.to("a").to("b").emit("news", text); });
    socket.on("a without b",
              [&io](std::string text) { io.to("a").except("b").emit("news", text); });
    socket.on("position",
              [socket](int x, int y) { socket.to("a").volatile_().emit("position", x, y); });

    socket.on("who is in", [&io](std::string room, socketio::ack<std::vector<std::string>> done) {
      io.in(room).fetch_sockets([done](std::vector<socketio::remote_socket> found) {
        std::vector<std::string> ids;
        ids.reserve(found.size());
        for (const auto& one : found) ids.push_back(one.id);
        done(ids);
      });
    });
    socket.on("move", [&io](std::string from, std::string to) {
      io.in(from).sockets_join(to);
      io.in(from).sockets_leave(from);
    });
    socket.on("clear", [&io](std::string room) { io.in(room).disconnect_sockets(); });
  });

  return serve(io);
}
