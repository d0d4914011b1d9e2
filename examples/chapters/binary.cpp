// Binary: bytes anywhere in the arguments, on the way in, on the way out and in acknowledgements.
#include "serve.hpp"

#include <map>
#include <span>

// [struct]
struct picture {
  std::string name;
  socketio::binary bytes;
};
// [/struct]

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));
  std::map<std::string, picture> gallery;

  io.on_connection([&](socketio::socket socket) {
    // [both]
    socket.on("upload", [&gallery](picture what) {
      const auto size = what.bytes.size();
      gallery[what.name] = std::move(what);
      return size;
    });
    socket.on("download", [&gallery](std::string name) -> std::optional<picture> {
      const auto found = gallery.find(name);
      if (found == gallery.end()) return std::nullopt;
      return found->second;
    });
    // [/both]
    // [span]
    // A span does not copy; it is valid during the call.
    socket.on("checksum", [](std::span<const std::byte> bytes) {
      unsigned sum = 0;
      for (const std::byte byte : bytes) sum = (sum + std::to_integer<unsigned>(byte)) % 65521;
      return sum;
    });
    // [/span]
    // [sending]
    socket.on("send me", [socket](std::string text) {
      const std::vector<std::byte> bytes(3, std::byte{7});
      socket.emit("for you", text, bytes, std::as_bytes(std::span(text)));
    });
    // [/sending]
  });

  return serve(io);
}
