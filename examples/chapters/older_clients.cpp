// Older clients: those of Socket.IO 2 and of today in the same room.
#include "serve.hpp"

int main(int argc, char** argv) {
  auto options = options_from(argc, argv);
  options.allow_eio3 = true;
  socketio::server io(options);

  // What an older client says about itself stands behind the name of the namespace; see
  // docs/older-clients.md.
  io.of("/chat").use([](const socketio::socket& who) -> std::optional<socketio::connect_error> {
    if (who.handshake().auth["token"] == socketio::value("secret")) return std::nullopt;
    return socketio::connect_error("who are you?");
  });

  io.of("/chat").on_connection([&io](const socketio::socket& who) {
    const auto revision = who.handshake().query["EIO"];
    std::printf("%s speaks revision %s\n", std::string(who.id()).c_str(),
                std::string(revision == "4" ? "4" : "3").c_str());
    who.join("lobby");
    who.on("say",
           [&io](const std::string& text) { io.of("/chat").to("lobby").emit("said", text); });
  });

  return serve(io);
}
