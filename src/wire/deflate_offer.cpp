// See deflate_offer.hpp. Section numbers are of RFC 7692.
#include "wire/deflate_offer.hpp"

#include "wire/extension_list.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace socketio::wire {
namespace {

constexpr int largest = 15;

// The parameters as they stand in the answer.
struct answered {
  bool server_no_context_takeover = false, client_no_context_takeover = false;
  std::optional<int> server_max_window_bits, client_max_window_bits;
};

// Enters a parameter; unlike in an offer, a size of window has a value.
std::error_code enter(const extension_list::parameter& what, answered& into) {
  const auto flag = [&what](bool& where) -> std::error_code {
    if (what.value || std::exchange(where, true)) return wire_errc::bad_extension_parameter;
    return {};
  };
  const auto bits = [&what](std::optional<int>& where) -> std::error_code {
    if (where || !(where = read_window_bits(what.value))) return wire_errc::bad_extension_parameter;
    return {};
  };
  if (what.name == "server_no_context_takeover") return flag(into.server_no_context_takeover);
  if (what.name == "client_no_context_takeover") return flag(into.client_no_context_takeover);
  if (what.name == "server_max_window_bits") return bits(into.server_max_window_bits);
  if (what.name == "client_max_window_bits") return bits(into.client_max_window_bits);
  return wire_errc::unknown_extension_parameter;
}

// Without being asked a server may say that it takes over nothing, that we must not, and that its
// window is smaller; of our window it may speak because the offer does (7.1.1 and 7.1.2).
result<deflate_parameters> compared(const answered& answer, const deflate_offer& offer) {
  if (offer.server_no_context_takeover && !answer.server_no_context_takeover)
    return wire_errc::extension_offer_ignored;
  if (offer.server_max_window_bits < largest) {
    if (!answer.server_max_window_bits) return wire_errc::extension_offer_ignored;
    if (*answer.server_max_window_bits > offer.server_max_window_bits)
      return wire_errc::window_beyond_offer;
  }
  if (answer.client_max_window_bits.value_or(0) > offer.client_max_window_bits)
    return wire_errc::window_beyond_offer;
  return deflate_parameters{
      answer.server_no_context_takeover,
      answer.client_no_context_takeover || offer.client_no_context_takeover,
      answer.server_max_window_bits.value_or(largest),
      answer.client_max_window_bits.value_or(offer.client_max_window_bits),
  };
}

}  // namespace

std::string offer_header(const deflate_offer& offer) {
  std::string out = "permessage-deflate";
  if (offer.server_no_context_takeover) out += "; server_no_context_takeover";
  if (offer.client_no_context_takeover) out += "; client_no_context_takeover";
  if (offer.server_max_window_bits < largest)
    out += "; server_max_window_bits=" + std::to_string(offer.server_max_window_bits);
  out += "; client_max_window_bits";
  if (offer.client_max_window_bits < largest)
    out += '=' + std::to_string(offer.client_max_window_bits);
  return out;
}

// What is wrong first in the text is reported, but nothing counts before the whole list was read.
result<deflate_parameters> accept_answer(std::string_view header, const deflate_offer& offer) {
  extension_list list(header);
  answered answer;
  std::size_t found = 0;
  std::error_code wrong;
  while (const auto name = list.next_extension()) {
    const bool ours = *name == "permessage-deflate";
    if (!wrong && !ours) wrong = wire_errc::extension_not_offered;
    if (!wrong && ++found > 1) wrong = wire_errc::extension_twice;
    while (const auto parameter = list.next_parameter())
      if (!wrong) wrong = enter(*parameter, answer);
  }
  if (list.malformed() || (!wrong && found == 0)) return wire_errc::bad_extension_list;
  if (wrong) return wrong;
  return compared(answer, offer);
}

}  // namespace socketio::wire
