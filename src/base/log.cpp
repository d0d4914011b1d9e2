#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace socketio {
namespace {

constexpr std::array<std::string_view, debug_names> names{
    "engine",           "engine:socket",     "engine:polling",      "engine:ws",
    "socket.io:server", "socket.io:client",  "socket.io:namespace", "socket.io:socket",
    "socket.io-parser", "socket.io-adapter",
};

// Glob with '*' alone: what follows the last star is tried at every place.
bool fits(std::string_view pattern, std::string_view name) noexcept {
  std::size_t at = 0, in = 0, star = pattern.npos, tried = 0;
  while (in < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      tried = in;
    } else if (at < pattern.size() && pattern[at] == name[in]) {
      at++, in++;
    } else if (star != pattern.npos) {
      at = star + 1;
      in = ++tried;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') at++;
  return at == pattern.size();
}

}  // namespace

// All loggers of the process, and what debug::enable() has said for them.
struct all_loggers {
  static all_loggers& get() {
    static all_loggers of;
    return of;
  }
  void enable(std::string_view what) {
    const std::lock_guard lock(mutex);
    said = true;
    patterns = what;
    for (logger* one = first; one; one = one->next_) one->select(patterns);
  }

  std::mutex mutex;  // guards what follows
  logger* first = nullptr;
  std::string patterns;
  bool said = false;
};

std::string_view to_string(debug_name which) noexcept {
  return names[static_cast<std::size_t>(which)];
}

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
  }
  return "error";
}

bool debug_selects(std::string_view patterns, std::string_view name) noexcept {
  constexpr std::string_view between = ", \t\r\n";
  bool selected = false;
  while (!patterns.empty()) {
    const std::size_t end = std::min(patterns.find_first_of(between), patterns.size());
    std::string_view one = patterns.substr(0, end);
    patterns.remove_prefix(end == patterns.size() ? end : end + 1);
    if (one.starts_with('-')) {
      if (fits(one.substr(1), name)) return false;
    } else if (!one.empty()) {
      selected = selected || fits(one, name);
    }
  }
  return selected;
}

logger::logger(log_sink to, log_level least, std::string patterns,
               std::chrono::system_clock::time_point (*time)())
    : least_(least), sink_(std::move(to)), patterns_(std::move(patterns)), time_(time) {
  all_loggers& list = all_loggers::get();
  const std::lock_guard lock(list.mutex);
  next_ = std::exchange(list.first, this);
  select(list.patterns);
}

logger::~logger() {
  all_loggers& list = all_loggers::get();
  const std::lock_guard lock(list.mutex);
  for (logger** at = &list.first; *at; at = &(*at)->next_)
    if (*at == this) {
      *at = next_;
      return;
    }
}

const std::shared_ptr<const logger>& logger::silent() {
  static const auto nobody = std::make_shared<const logger>();
  return nobody;
}

void logger::set_sink(log_sink to, log_level least) {
  sink_ = std::move(to);
  least_ = least;
}

void logger::select(std::string_view of_all) noexcept {
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < debug_names; i++)
    if (debug_selects(of_all, names[i]) || debug_selects(patterns_, names[i])) bits |= 1u << i;
  debugs_.store(bits, std::memory_order_relaxed);
}

void logger::say(log_level level, std::string_view name, std::string_view message,
                 std::initializer_list<log_field> fields) const noexcept {
  if (!sink_) return;
  try {
    log_record what{level, name, message, {fields.begin(), fields.size()}, {}};
    if (time_) what.time = time_();
    sink_(what);
  } catch (...) {  // a log that cannot be written has nobody left to tell
  }
}

void enable_debug_from_environment(std::string_view patterns) {
  all_loggers& list = all_loggers::get();
  {
    const std::lock_guard lock(list.mutex);
    if (list.said) return;
  }
  list.enable(patterns);
}

namespace debug {

void enable(std::string_view patterns) { all_loggers::get().enable(patterns); }
void disable() { enable({}); }

}  // namespace debug
}  // namespace socketio
