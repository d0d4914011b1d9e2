#include "integration/raw_socket.hpp"

#include <stdexcept>

namespace socketio::test {
namespace {

// The text between `"sid":"` and the next quote.
std::string sid_in(std::string_view packet) {
  const auto at = packet.find("\"sid\":\"");
  if (at == packet.npos) throw std::runtime_error("no sid in: " + std::string(packet));
  const auto begin = at + 7;
  return std::string(packet.substr(begin, packet.find('"', begin) - begin));
}

}  // namespace

raw_websocket::raw_websocket(std::uint16_t port, int receive_buffer, bool join)
    : peer(port, receive_buffer) {
  open(join);
}

void raw_websocket::open(bool join) {
  if (peer.open_websocket("/socket.io/?EIO=4&transport=websocket") != 101)
    throw std::runtime_error("the handshake was refused");
  handshake = peer.read_frame().payload;
  if (!join) return;
  peer.send(text_frame("40"));
  sid = sid_in(read());
}

std::string raw_websocket::read() {
  for (;;) {
    const raw_frame frame = peer.read_frame();
    if (!frame || frame.opcode == 8) return {};
    if (frame.payload == "2") {
      peer.send(text_frame("3"));
      continue;
    }
    if (frame.payload.starts_with('4')) return frame.payload.substr(1);
  }
}

raw_polling::raw_polling(std::uint16_t port) : peer(port) {
  peer.send(get("/socket.io/?EIO=4&transport=polling"));
  session = sid_in(peer.read_response().body);
  send("40");
  poll();
}

void raw_polling::send(std::string_view packets) {
  peer.send(post("/socket.io/?EIO=4&transport=polling&sid=" + session, packets));
  if (peer.read_response().status != 200) throw std::runtime_error("the packets were refused");
}

std::string raw_polling::poll() {
  peer.send(get("/socket.io/?EIO=4&transport=polling&sid=" + session));
  const auto answer = peer.read_response();
  return answer.status == 200 ? answer.body : std::string();
}

}  // namespace socketio::test
