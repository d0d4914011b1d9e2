// Parsers: MessagePack instead of JSON, and a parser of one's own around it.
#include "serve.hpp"
#include <socketio/parser.hpp>

#include <atomic>

// [own]
// Counts the bytes that go out. What it does not know about, it leaves to the parser inside.
class counted final : public socketio::parser {
 public:
  // Once for each packet, however many clients it goes to; by several shards at the same time.
  std::vector<message> encode(const socketio::packet& what) const override {
    auto messages = inside_->encode(what);
    for (const message& one : messages) bytes += one.bytes.size();
    return messages;
  }
  std::unique_ptr<decoder> make_decoder() const override { return inside_->make_decoder(); }

  mutable std::atomic<std::size_t> bytes{0};

 private:
  const std::shared_ptr<const socketio::parser> inside_ = socketio::msgpack_parser();
};
// [/own]

int main(int argc, char** argv) {
  const auto by = std::make_shared<const counted>();
  // [choosing]
  auto options = options_from(argc, argv);
  options.parser = socketio::msgpack_parser();
  // [/choosing]
  options.parser = by;
  socketio::server io(options);

  io.on("shout", [&io](const socketio::socket&, const std::string& text) {
    io.emit("shouted", text, socketio::binary(text));
  });
  io.on("bytes", [by] { return by->bytes.load(); });

  return serve(io);
}
