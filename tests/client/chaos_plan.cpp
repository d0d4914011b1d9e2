// See chaos_plan.hpp.
#include "client/chaos_plan.hpp"

#include <array>
#include <utility>

namespace socketio::test {
namespace {

// splitmix64: good enough to look random, and the same everywhere.
std::uint64_t mixed(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9;
  x ^= x >> 27;
  x *= 0x94D049BB133111EB;
  return x ^ x >> 31;
}
constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;

std::array<std::pair<harm, unsigned>, 7> weights_of(const chaos_options& options) {
  return {{{harm::delay, options.delay},
           {harm::trickle, options.trickle},
           {harm::hold, options.hold},
           {harm::finish, options.finish},
           {harm::reset, options.reset},
           {harm::truncate, options.truncate},
           {harm::black_hole, options.black_hole}}};
}

}  // namespace

std::string to_text(const decision& what) {
  const std::string bytes = std::to_string(what.bytes), wait = std::to_string(what.wait.count());
  switch (what.what) {
    case harm::delay: return "nothing for " + wait + " ms";
    case harm::trickle: return bytes + " bytes one by one";
    case harm::hold: return "held back until there are " + bytes + " bytes, or for " + wait + " ms";
    case harm::finish: return "both sides get FIN";
    case harm::reset: return "both sides get RST";
    case harm::truncate: return "the rest is lost, and FIN";
    case harm::black_hole: return "nothing passes any more";
  }
  return "";
}

chaos_plan::chaos_plan(const chaos_options& options, std::uint64_t connection, bool to_target)
    : options_(options),
      state_(mixed(mixed(options.seed) + 2 * connection + to_target)),
      weights_(0) {
  for (const auto& [what, weight] : weights_of(options)) weights_ += weight;
  if (options.every > 0 && weights_ > 0) next_at_ = options.unharmed + below(2 * options.every);
}

std::uint64_t chaos_plan::random() noexcept { return mixed(state_ += golden); }

bool chaos_plan::refuses() { return below(100) < options_.refuse_percent; }

// Everything is drawn, whatever it is needed for, so that one more option changes no plan.
decision chaos_plan::take() {
  decision out;
  std::uint64_t which = below(weights_);
  out.bytes = 1 + below(options_.trickle_max);
  out.wait =
      std::chrono::milliseconds(below(static_cast<std::uint64_t>(options_.delay_max.count()) + 1));
  next_at_ += 1 + below(2 * options_.every);
  for (const auto& [what, weight] : weights_of(options_)) {
    out.what = what;
    if (which < weight) break;
    which -= weight;
  }
  return out;
}

}  // namespace socketio::test
