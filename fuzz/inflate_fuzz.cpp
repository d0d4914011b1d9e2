// What a client may send of permessage-deflate: offers in the handshake, and compressed messages.
// The first byte chooses. Even: the rest is an offer, whose answer must be one that the RFC allows.
// Odd: compressed messages, each behind its length in two bytes; none gives more than the limit,
// and what the decoder says does not depend on how frames are cut.
#include "law.hpp"
#include "wire/permessage_deflate.hpp"
#include "wire/ws_frame.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {
namespace {

using wire::deflate_answer;

void negotiate(unsigned choice, std::string_view offer) {
  deflate_options ours;
  ours.server_no_context_takeover = choice & 2;
  ours.client_no_context_takeover = choice & 4;
  if (choice & 8) ours.server_max_window_bits = 12;
  if (choice & 16) ours.client_max_window_bits = 11;
  const deflate_answer answer = wire::negotiate_deflate(offer, ours);
  if (answer.what != deflate_answer::kind::accepted)
    return fuzz::law(answer.header.empty(), "who declines says nothing");
  const auto& agreed = answer.agreed;
  fuzz::law(offer.find("permessage-deflate") != offer.npos, "only what was offered is accepted");
  fuzz::law(
      agreed.server_window_bits >= 9 && agreed.server_window_bits <= ours.server_max_window_bits,
      "we keep to our own limit");
  fuzz::law(
      agreed.client_window_bits >= 8 && agreed.client_window_bits <= ours.client_max_window_bits,
      "the client keeps to ours");
  fuzz::law(agreed.server_no_context_takeover || !ours.server_no_context_takeover,
            "we take over nothing when we do not want to");
  // The answer is an offer that is answered in the same way.
  const deflate_answer again = wire::negotiate_deflate(answer.header, ours);
  const bool may_choose = answer.header.find("client_max_window_bits") != std::string::npos;
  if (!may_choose && ours.client_max_window_bits < 15) return;
  fuzz::law(again.header == answer.header, "the answer says what was agreed upon");
}

std::string client_frame(unsigned first, std::string_view payload) {
  char header[10];
  const std::size_t length = wire::write_ws_header(wire::ws_opcode::text, payload.size(), header);
  header[0] = static_cast<char>(first);
  header[1] = static_cast<char>(header[1] | 0x80);
  return std::string(header, length).append(4, '\0').append(payload);
}

std::vector<std::string> receive(const std::string& bytes, std::size_t piece, bool context,
                                 std::size_t limit) {
  const auto workspace = std::make_shared<wire::deflate_workspace>(deflate_options{});
  wire::ws_decoder decoder({.message_bytes_max = limit},
                           std::make_unique<wire::permessage_deflate>(
                               workspace, wire::deflate_parameters{!context, !context, 15, 15}));
  std::vector<std::string> said;
  std::string kept;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    kept += bytes.substr(at, piece);
    std::span<char> buffer(kept);
    while (true) {
      const auto event = decoder.feed(buffer);
      if (event.what == wire::ws_event::kind::need_more) break;
      fuzz::law(event.data.size() <= std::max<std::size_t>(limit, 125),
                "nothing is over the limit");
      said.push_back(std::to_string(event.code).append(event.data));
      if (event.what == wire::ws_event::kind::failed) return said;
    }
    kept = std::string(buffer.data(), buffer.size());
  }
  return said;
}

void inflate(unsigned choice, std::string_view rest) {
  const bool context = choice & 2;
  const std::size_t limit = choice & 4 ? 100'000 : 200;
  std::string whole, fragments;
  while (rest.size() >= 2) {
    const auto length = static_cast<std::uint8_t>(rest[0]) | static_cast<std::uint8_t>(rest[1])
                                                                 << 8;
    rest.remove_prefix(2);
    const std::string_view message = rest.substr(0, static_cast<std::size_t>(length));
    rest.remove_prefix(message.size());
    constexpr unsigned fin = 0x80, rsv1 = 0x40, binary = 2;
    whole += client_frame(fin | rsv1 | binary, message);
    fragments += client_frame(rsv1 | binary, message.substr(0, message.size() / 2));
    fragments += client_frame(fin, message.substr(message.size() / 2));
  }
  const auto said = receive(whole, SIZE_MAX, context, limit);
  fuzz::law(receive(whole, 1 + choice / 8, context, limit) == said, "in pieces is the same");
  fuzz::law(receive(fragments, SIZE_MAX, context, limit) == said, "in fragments is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1)
    inflate(data[0], rest);
  else
    negotiate(data[0], rest);
  return 0;
}

}  // namespace socketio
