// What the server has to say, through one door: exceptions that nobody else hears of, handlers that
// block, limits that were reached, the steps of a drain, and the debug lines that DEBUG asks for
// (XC-01). Each is a record with a level, a name, a message that is always the same, and fields
// with what differs, so that a machine can read it too.
//
//   options.log = socketio::json_log(std::clog);   // a line of JSON per record
//   options.debug = "engine*,socket.io:*";         // beside what the environment's DEBUG says
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace socketio {

enum class log_level : std::uint8_t { debug, info, warning, error };
std::string_view to_string(log_level level) noexcept;  // "debug", "info", ...

// What is longer is cut: peers write some of it.
inline constexpr std::size_t log_text_bytes_max = 1024;

// One value of a record: a text or a whole number.
struct log_field {
  log_field(std::string_view field, std::string_view what) noexcept : name(field), text(what) {}
  template <std::integral Number>
  log_field(std::string_view field, Number what) noexcept
      : name(field), number(static_cast<std::int64_t>(what)), is_number(true) {}

  std::string_view name;
  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;
};

// Valid during the call of the sink; whoever keeps something of it copies it.
struct log_record {
  log_level level = log_level::info;
  std::string_view name;     // of debug lines as the official packages call it, else "socketio"
  std::string_view message;  // for people
  std::span<const log_field> fields;
  std::chrono::system_clock::time_point time;
};

// Called on whatever thread has something to say, by several at the same time when there are
// several shards. What it throws is dropped.
using log_sink = std::function<void(const log_record&)>;

// Writes each record as one line of JSON: {"time":"...","level":"...","name":"...","message":"..."}
// and the fields behind. Any thread; the stream must outlive the server, and nobody else may write
// to it meanwhile.
log_sink json_log(std::ostream& to);

// What json_log() writes, without the end of the line. Bytes that are no UTF-8 become U+FFFD, and
// what a terminal or a reader of lines may obey (control characters, also those of C1, U+2028,
// U+2029 and what turns the direction of writing) is escaped.
std::string to_json(const log_record& what);

// Debug lines of all servers of this process, those that exist and those to come, as the npm
// package `debug` does it: names with "*" for anything, separated by commas or spaces, with "-" in
// front for what is left out. The environment's DEBUG is read when the first server is made. Any
// thread.
namespace debug {

void enable(std::string_view patterns);  // replaces what was said before, also by DEBUG
void disable();

}  // namespace debug
}  // namespace socketio
