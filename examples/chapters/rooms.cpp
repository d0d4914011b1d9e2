// Rooms: a socket may be in any number of them; only the server knows.
#include "serve.hpp"

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  io.on_create_room([](std::string_view room) {
    std::printf("room %.*s\n", static_cast<int>(room.size()), room.data());
  });

  io.on_connection([&io](socketio::socket socket) {
    socket.on("join", [socket](std::string room) {
      socket.join(room);
      return socket.rooms();  // its own id is one of them
    });
    socket.on("leave", [socket](std::string room) {
      socket.leave(room);
      return socket.rooms();
    });
    socket.on("say", [socket](std::string room, std::string text) {
      socket.to(room).emit("said", room, text);
    });
    socket.on("whisper",
              [&io](std::string id, std::string text) { io.to(id).emit("whispered", text); });
    socket.on("count", [&io](std::string room) { return io.room_size(room); });
    socket.on_disconnecting([socket](const socketio::disconnect_reason& why) {
      for (const std::string& room : socket.rooms()) socket.to(room).emit("left", room, why.text());
    });
  });

  return serve(io);
}
