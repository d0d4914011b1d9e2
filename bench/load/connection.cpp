// See connection.hpp.

#include "connection.hpp"

#include <charconv>

namespace load {
namespace {

constexpr std::uint32_t connections_per_address = 8'000;

}  // namespace

void connection::open(std::uint16_t port) {
  upgrades_ = false;
  start(port, {});
}

void connection::open_upgrade(std::uint16_t port, std::string_view sid) {
  upgrades_ = true;
  start(port, sid);
}

void connection::start(std::uint16_t port, std::string_view sid) {
  next_id = 0;
  next_ack = 0;
  phase_ = phase::handshaking;
  connect(port, index / connections_per_address);
  out_ = wire::upgrade_request(sid);
}

void connection::send(std::initializer_list<std::string_view> parts) {
  wire::append_frame(out_, wire::opcode::text, parts, loop_.next_mask());
}

void connection::send_event_with_ack(std::uint32_t id, std::string_view arguments) {
  char digits[16];
  char* const end = std::to_chars(digits, digits + sizeof digits, id).ptr;
  send({"42", {digits, static_cast<std::size_t>(end - digits)}, arguments});
}

void connection::finish_upgrade() {
  send({"5"});
  phase_ = phase::ready;
}

void connection::leave() {
  send({"41"});
  wire::append_frame(out_, wire::opcode::close, {}, loop_.next_mask());
  phase_ = phase::leaving;
}

std::size_t connection::on_bytes(std::string_view bytes) {
  std::size_t used = phase_ == phase::handshaking ? on_handshake(bytes) : 0;
  if (phase_ == phase::handshaking) return used;
  while (const auto frame = wire::parse_frame(bytes.substr(used))) {
    used += frame->bytes;
    if (frame->type == wire::opcode::text) {
      on_text(frame->payload);
    } else if (phase_ != phase::leaving) {
      fail("an unexpected frame of type %d", static_cast<int>(frame->type));
    }
  }
  return used;
}

std::size_t connection::on_handshake(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  const std::string_view head = bytes.substr(0, end + 4);
  if (!wire::accepts_upgrade(head)) {
    fail("a refused handshake: %.*s", static_cast<int>(head.size()), head.data());
  }
  phase_ = upgrades_ ? phase::probing : phase::opening;
  if (upgrades_) send({"2probe"});
  return head.size();
}

void connection::on_text(std::string_view packet) {
  const auto unexpected = [&] {
    fail("an unexpected packet: %.*s", static_cast<int>(packet.size()), packet.data());
  };
  if (packet == "2") return send({"3"});
  switch (phase_) {
    case phase::opening:
      if (!packet.starts_with("0{")) unexpected();
      phase_ = phase::joining;
      return send({"40"});
    case phase::joining:
      if (!packet.starts_with("40{")) unexpected();
      phase_ = phase::ready;
      return owner_.on_ready(*this);
    case phase::probing:
      if (packet != "3probe") unexpected();
      return owner_.on_ready(*this);
    case phase::ready:
      if (!packet.starts_with('4')) unexpected();
      return owner_.on_packet(*this, packet.substr(1));
    case phase::leaving: return;
    case phase::closed:
    case phase::handshaking: unexpected();
  }
}

void connection::on_end() {
  if (phase_ != phase::leaving) fail("the server closed connection %u", index);
  phase_ = phase::closed;
  close();
  owner_.on_left(*this);
}

}  // namespace load
