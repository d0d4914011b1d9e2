// See deflate_negotiation.hpp. The grammar is extension_list.hpp; here is what the parameters mean.
#include "wire/deflate_negotiation.hpp"

#include "wire/extension_list.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace socketio::wire {
namespace {

// One offer of permessage-deflate; nullopt as a number: the parameter stands there without a value.
struct offer {
  bool valid = true;
  bool server_no_context_takeover = false, client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  bool client_may_choose = false;  // client_max_window_bits stands there
  std::optional<int> client_max_window_bits;
};

// Enters a parameter; false when it may not stand there.
bool enter(const extension_list::parameter& what, offer& into) {
  const auto flag = [&what](bool& where) { return !what.value && !std::exchange(where, true); };
  if (what.name == "server_no_context_takeover") return flag(into.server_no_context_takeover);
  if (what.name == "client_no_context_takeover") return flag(into.client_no_context_takeover);
  if (what.name == "server_max_window_bits") {
    if (into.server_max_window_bits) return false;
    into.server_max_window_bits = read_window_bits(what.value);
    return into.server_max_window_bits.has_value();
  }
  if (what.name != "client_max_window_bits" || std::exchange(into.client_may_choose, true))
    return false;
  into.client_max_window_bits = read_window_bits(what.value);
  return !what.value || into.client_max_window_bits;
}

std::optional<deflate_answer> answer(const offer& to, const deflate_options& ours) {
  constexpr int largest = 15;
  // zlib cannot write with a window of 256 bytes.
  if (!to.valid || to.server_max_window_bits == 8) return std::nullopt;
  // A client that does not let us choose may use the largest window.
  if (!to.client_may_choose && ours.client_max_window_bits < largest) return std::nullopt;

  deflate_answer out{deflate_answer::kind::accepted};
  deflate_parameters& agreed = out.agreed;
  out.header = "permessage-deflate";
  agreed.server_no_context_takeover =
      ours.server_no_context_takeover || to.server_no_context_takeover;
  agreed.client_no_context_takeover =
      ours.client_no_context_takeover || to.client_no_context_takeover;
  agreed.server_window_bits =
      std::min(ours.server_max_window_bits, to.server_max_window_bits.value_or(largest));
  agreed.client_window_bits =
      std::min(ours.client_max_window_bits, to.client_max_window_bits.value_or(largest));
  if (agreed.server_no_context_takeover) out.header += "; server_no_context_takeover";
  if (agreed.client_no_context_takeover) out.header += "; client_no_context_takeover";
  if (to.server_max_window_bits || agreed.server_window_bits < largest)
    out.header += "; server_max_window_bits=" + std::to_string(agreed.server_window_bits);
  if (to.client_max_window_bits || agreed.client_window_bits < largest)
    out.header += "; client_max_window_bits=" + std::to_string(agreed.client_window_bits);
  return out;
}

}  // namespace

deflate_answer negotiate_deflate(std::string_view offered, const deflate_options& ours) {
  extension_list list(offered);
  deflate_answer first;
  while (const auto name = list.next_extension()) {
    offer one;
    while (const auto parameter = list.next_parameter())
      one.valid = enter(*parameter, one) && one.valid;
    // The whole list is read before any of it counts.
    if (*name != "permessage-deflate" || first.what == deflate_answer::kind::accepted) continue;
    if (auto accepted = answer(one, ours)) first = std::move(*accepted);
  }
  if (list.malformed()) return {deflate_answer::kind::malformed};
  return first;
}

}  // namespace socketio::wire
