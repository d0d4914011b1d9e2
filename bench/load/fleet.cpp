// See fleet.hpp.

#include "fleet.hpp"

#include <charconv>

namespace load {

void fleet::open_to(std::uint32_t count) {
  constexpr std::uint32_t opening_max = 64;  // well below the backlog of any listener
  for (auto index = static_cast<std::uint32_t>(connections_.size()); index < count; ++index) {
    loop_.run_until([&] { return index - ready_ < opening_max; }, 30 * second, "handshakes");
    connections_.emplace_back(loop_, *this, index).open(settings_.port);
  }
  loop_.run_until([&] { return ready_ == count; }, 30 * second, "handshakes");
}

void fleet::on_ready(connection&) { ++ready_; }

void fleet::on_left(connection& from) { fail("connection %u has left", from.index); }

std::uint32_t expect_ack(std::string_view packet, std::string_view payload) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(packet.data() + 1, packet.data() + packet.size(), id);
  const std::string_view rest(end, static_cast<std::size_t>(packet.data() + packet.size() - end));
  const bool right = packet.starts_with('3') && error == std::errc{} &&
                     rest.size() == payload.size() + 2 && rest.starts_with('[') &&
                     rest.substr(1, payload.size()) == payload;
  if (!right) {
    fail("not an acknowledgement of the payload: %.*s", static_cast<int>(packet.size()),
         packet.data());
  }
  return id;
}

}  // namespace load
