// The one door for what is said: a logger per server, given to every floor as executor::log. It
// knows who wants to hear what; writing is the business of its sink, which the server floor sets.
//
// Debug lines cost nothing while nobody wants them: debugs() is a load and a test, and no argument
// is looked at before it. On the way of a message not even the way to the logger is taken, unless
// some logger of the process has something to say, and what says it is a function of its own, so
// that its fields take no room in the caller's frame.
//
//   if (shard.log->debugs(debug_name::engine)) [[unlikely]]
//     shard.log->debug(debug_name::engine, "session opened", {{"sid", sid}});
//   if (logger::anybody_debugs(debug_name::parser)) [[unlikely]]
//     tell_decoded(packet);
//
// Everything else is bounded, because peers decide how often it comes and what stands in it: so
// many records of one message per second, and so many bytes of a field. Messages are literals, and
// no field is called like a member of the record (time, level, name, message): JSON would have it
// twice.
//
// Tested by tests/unit/base/log_test.cpp.
#pragma once

#include "socketio/log.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace socketio {

// The names of XC-01 that this server has something to say under. tests/conformance/debug.test.mjs
// compares them with those of the official server.
enum class debug_name : std::uint8_t {
  engine,
  engine_socket,
  engine_transport,
  engine_polling,
  engine_ws,
  server,
  client,
  nsp,
  parent_nsp,
  socket,
  broadcast_operator,
  parser,
};
inline constexpr unsigned debug_names = 12;
std::string_view to_string(debug_name which) noexcept;  // "engine:socket"

// Does a list of patterns as DEBUG has them select the name? What begins with '-' takes away,
// wherever it stands.
bool debug_selects(std::string_view patterns, std::string_view name) noexcept;

class logger {
 public:
  // Says nothing.
  logger() = default;
  // `patterns`: which debug lines beside those of debug::enable(). `time` tells when it is. Of each
  // message `per_second_max` records are said per second; 0: all.
  logger(log_sink to, log_level least, std::string patterns,
         std::chrono::system_clock::time_point (*time)(), std::size_t per_second_max = 0);
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  // Of whoever has no server: says nothing.
  static const std::shared_ptr<const logger>& silent();

  // Before the shards run.
  void set_sink(log_sink to, log_level least);

  // ---- any thread
  static bool anybody_debugs(debug_name which) noexcept {
    return anybody_debugs_.load(std::memory_order_relaxed) & (1u << static_cast<unsigned>(which));
  }
  bool debugs(debug_name which) const noexcept {
    return debugs_.load(std::memory_order_relaxed) & (1u << static_cast<unsigned>(which));
  }
  void debug(debug_name which, std::string_view message,
             std::initializer_list<log_field> fields) const noexcept {
    say(log_level::debug, to_string(which), message, fields);
  }
  bool logs(log_level level) const noexcept { return sink_ && level >= least_; }
  void log(log_level level, std::string_view message,
           std::initializer_list<log_field> fields) const noexcept {
    std::uint64_t left_out = 0;
    if (logs(level) && admits(message, left_out)) say(level, "socketio", message, fields, left_out);
  }
  // Records that per_second_max kept back.
  std::uint64_t left_out() const noexcept { return left_out_.load(std::memory_order_relaxed); }

 private:
  struct window {
    std::chrono::sys_seconds second{};
    std::size_t said = 0;
    std::uint64_t left_out = 0;  // since one was said
  };
  friend struct all_loggers;
  void select(std::string_view of_all) noexcept;
  bool admits(std::string_view message, std::uint64_t& left_out) const noexcept;
  void say(log_level level, std::string_view name, std::string_view message,
           std::initializer_list<log_field> fields, std::uint64_t left_out = 0) const noexcept;

  static inline std::atomic<std::uint32_t> anybody_debugs_{0};
  std::atomic<std::uint32_t> debugs_{0};  // bit set of debug_name
  log_level least_ = log_level::error;
  log_sink sink_;
  std::string patterns_;
  std::chrono::system_clock::time_point (*time_)() = nullptr;
  logger* next_ = nullptr;  // of all that exist
  std::size_t per_second_max_ = 0;
  mutable std::atomic<std::uint64_t> left_out_{0};
  mutable std::mutex windows_lock_;
  mutable std::map<std::string_view, window> windows_;  // by message
};

// What DEBUG says, unless debug::enable() was called before.
void enable_debug_from_environment(std::string_view patterns);

// What a terminal or a file shows of a record, without the end of the line. Debug lines look as the
// npm package `debug` writes them: with colours for a terminal, where `since_last` is how long ago
// the last line of that name was; else with the date in front.
std::string to_text(const log_record& what, bool colours, std::chrono::milliseconds since_last);

}  // namespace socketio
