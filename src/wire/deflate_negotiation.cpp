// See deflate_negotiation.hpp. A reader of the grammar (RFC 6455, section 9.1), and above it what
// the parameters mean.
#include "wire/deflate_negotiation.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace socketio::wire {
namespace {

// extension-list = 1#( token *( ";" token [ "=" ( token | quoted-string ) ] ) )
class extension_list {
 public:
  explicit extension_list(std::string_view text) noexcept : rest_(text) {}

  bool malformed() const noexcept { return malformed_; }
  // The name of the next extension; nullopt at the end, or when there is none.
  std::optional<std::string_view> next_extension() {
    skip_spaces();
    // An empty element of a list says nothing (RFC 9110, section 5.6.1).
    while (take(',')) skip_spaces();
    if (rest_.empty()) return std::nullopt;
    return token();
  }

  struct parameter {
    std::string_view name;
    std::optional<std::string> value;
  };
  // The next parameter of that extension; nullopt behind the last.
  std::optional<parameter> next_parameter() {
    if (malformed_) return std::nullopt;
    skip_spaces();
    if (rest_.empty() || rest_.front() == ',') return std::nullopt;
    if (!take(';')) return fail();
    skip_spaces();
    const auto name = token();
    if (!name) return std::nullopt;
    skip_spaces();
    if (!take('=')) return parameter{*name, std::nullopt};
    skip_spaces();
    if (take('"')) return quoted(*name);
    const auto value = token();
    if (!value) return std::nullopt;
    return parameter{*name, std::string(*value)};
  }

 private:
  static bool is_token(char c) noexcept {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alphanumeric || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != rest_npos);
  }
  static constexpr std::size_t rest_npos = std::string_view::npos;

  std::nullopt_t fail() noexcept {
    malformed_ = true;
    return std::nullopt;
  }
  bool take(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() noexcept {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }
  std::optional<std::string_view> token() noexcept {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_token);
    const std::string_view found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    if (found.empty()) return fail();
    rest_.remove_prefix(found.size());
    return found;
  }
  // Behind its first quote. What it says must be a token, too.
  std::optional<parameter> quoted(std::string_view name) {
    std::string value;
    while (!take('"')) {
      take('\\');
      if (rest_.empty() || !is_token(rest_.front())) return fail();
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    if (value.empty()) return fail();
    return parameter{name, std::move(value)};
  }

  std::string_view rest_;
  bool malformed_ = false;
};

// One offer of permessage-deflate; nullopt as a number: the parameter stands there without a value.
struct offer {
  bool valid = true;
  bool server_no_context_takeover = false, client_no_context_takeover = false;
  std::optional<int> server_max_window_bits;
  bool client_may_choose = false;  // client_max_window_bits stands there
  std::optional<int> client_max_window_bits;
};

// "8" to "15" without leading zeros (section 7.1.2).
std::optional<int> window_bits(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  for (int bits = 8; bits <= 15; ++bits)
    if (*value == std::to_string(bits)) return bits;
  return std::nullopt;
}

// Enters a parameter; false when it may not stand there.
bool enter(const extension_list::parameter& what, offer& into) {
  const auto flag = [&what](bool& where) { return !what.value && !std::exchange(where, true); };
  if (what.name == "server_no_context_takeover") return flag(into.server_no_context_takeover);
  if (what.name == "client_no_context_takeover") return flag(into.client_no_context_takeover);
  if (what.name == "server_max_window_bits") {
    if (into.server_max_window_bits) return false;
    into.server_max_window_bits = window_bits(what.value);
    return into.server_max_window_bits.has_value();
  }
  if (what.name != "client_max_window_bits" || std::exchange(into.client_may_choose, true))
    return false;
  into.client_max_window_bits = window_bits(what.value);
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
