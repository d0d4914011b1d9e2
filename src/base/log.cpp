#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

namespace socketio {
namespace {

constexpr std::array<std::string_view, debug_names> names{
    "engine",
    "engine:socket",
    "engine:transport",
    "engine:polling",
    "engine:ws",
    "socket.io:server",
    "socket.io:client",
    "socket.io:namespace",
    "socket.io:parent-namespace",
    "socket.io:socket",
    "socket.io:broadcast-operator",
    "socket.io-parser",
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

bool is_long(const log_field& one) noexcept { return one.text.size() > log_text_bytes_max; }

// Not inside a character of UTF-8.
log_field cut(log_field one) noexcept {
  if (!is_long(one)) return one;
  std::size_t end = log_text_bytes_max;
  while (end > log_text_bytes_max - 3 && (static_cast<unsigned char>(one.text[end]) & 0xC0) == 0x80)
    end--;
  one.text = one.text.substr(0, end);
  return one;
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
    tell_everybody();
  }
  void tell_everybody() const noexcept {
    std::uint32_t bits = 0;
    for (const logger* one = first; one; one = one->next_)
      bits |= one->debugs_.load(std::memory_order_relaxed);
    logger::anybody_debugs_.store(bits, std::memory_order_relaxed);
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
               std::chrono::system_clock::time_point (*time)(), std::size_t per_second_max)
    : least_(least),
      sink_(std::move(to)),
      patterns_(std::move(patterns)),
      time_(time),
      per_second_max_(per_second_max) {
  all_loggers& list = all_loggers::get();
  const std::lock_guard lock(list.mutex);
  next_ = std::exchange(list.first, this);
  select(list.patterns);
  list.tell_everybody();
}

logger::~logger() {
  all_loggers& list = all_loggers::get();
  const std::lock_guard lock(list.mutex);
  for (logger** at = &list.first; *at; at = &(*at)->next_)
    if (*at == this) {
      *at = next_;
      break;
    }
  list.tell_everybody();
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

bool logger::admits(std::string_view message, std::uint64_t& left_out) const noexcept {
  if (per_second_max_ == 0 || !time_) return true;
  try {
    const auto second = std::chrono::floor<std::chrono::seconds>(time_());
    const std::lock_guard lock(windows_lock_);
    window& of = windows_[message];
    if (of.second != second) {
      of.second = second;
      of.said = 0;
    }
    if (of.said >= per_second_max_) {
      of.left_out++;
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    of.said++;
    left_out = std::exchange(of.left_out, 0);
    return true;
  } catch (...) {  // no memory
    return false;
  }
}

void logger::say(log_level level, std::string_view name, std::string_view message,
                 std::initializer_list<log_field> fields, std::uint64_t left_out) const noexcept {
  if (!sink_) return;
  try {
    log_record what{level, name, message, {fields.begin(), fields.size()}, {}};
    std::vector<log_field> bounded;
    if (left_out > 0 || std::ranges::any_of(fields, is_long)) {
      for (const log_field& one : fields) bounded.push_back(cut(one));
      if (left_out > 0) bounded.emplace_back("left_out", left_out);
      what.fields = bounded;
    }
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
