// Older clients: those of Socket.IO 2 and of today in the same room.
#include "serve.hpp"

int main(int argc, char** argv) {
  // [allowing]
  auto options = options_from(argc, argv);
  options.allow_eio3 = true;
  socketio::server io(options);
  // [/allowing]

  // What an older client says about itself stands behind the name of the namespace; see
  // docs/older-clients.md.
  // [query]
  io.of("/chat").use([](const socketio::socket& who) -> std::optional<socketio::connect_error> {
    if (who.handshake().auth["token"] == socketio::value("secret")) return std::nullopt;
    return socketio::connect_error("who are you?");
  });
  // [/query]

  io.of("/chat").on_connection([&io](const socketio::socket& who) {
    const bool older = who.handshake().query["EIO"] != "4";
    std::printf("%s speaks revision %d\n", std::string(who.id()).c_str(), older ? 3 : 4);
    who.join("lobby");
    who.on("say",
           [&io](const std::string& text) { io.of("/chat").to("lobby").emit("said", text); });
    who.on("show", [&io](const std::string& name, const socketio::binary& picture) {
      io.of("/chat").to("lobby").emit("shown", name, picture);
    });
  });

  return serve(io);
}
