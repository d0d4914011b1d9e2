// JSON on the wire. Reading: short flat arrays, which most events are, are read in place
// (json_flat.hpp); for everything else simdjson's DOM parses and validates the whole text in one
// pass onto a flat tape (no allocation once the parser is warm) and `input` walks that tape.
// Writing: a small
// writer, because it must produce what JSON.stringify produces and collect binary arguments on the
// way.
//
// Two things that JavaScript accepts and simdjson refuses are repaired in a slow second try
// (json_repair.hpp): integers beyond 64 bits become floating point, and lone surrogate
// escapes become U+FFFD. Tested by tests/unit/wire/json_reader_test.cpp and json_output_test.cpp,
// fuzzed by fuzz/json_fuzz.cpp.
#pragma once

#include "socketio/input.hpp"
#include "socketio/output.hpp"
#include "socketio/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::wire {

// Parses one text at a time; what it handed out is valid until the next parse. One per thread; not
// thread-safe.
class json_reader {
 public:
  explicit json_reader(std::size_t depth_max = 256);
  ~json_reader();
  json_reader(const json_reader&) = delete;
  json_reader& operator=(const json_reader&) = delete;

  // `text` must outlive the inputs. With `attachments`, objects
  // {"_placeholder":true,"num":n} are binary; an index out of range is
  // wire_errc::illegal_attachments. The attachments must outlive the inputs. A text may use one
  // attachment again and again; whoever reads it makes a copy each time, so that the bytes of all
  // uses together have a limit: beyond it is wire_errc::attachments_too_big.
  result<input> parse(std::string_view text, std::span<const std::string> attachments = {},
                      std::size_t attachment_bytes_max = static_cast<std::size_t>(-1));
  // Lets go of what a long text needed, some seven bytes for each of its own. What was handed out
  // is not valid any more.
  void trim() noexcept;
  // Keeps `owner`, such as the attachments, alive until the next parse.
  void keep(std::shared_ptr<const void> owner) noexcept;

 private:
  class document;
  std::unique_ptr<document> document_;
};

// Appends JSON to a buffer. Binary values become placeholders, and their bytes are collected in
// order (PK-07).
class json_output final : public output {
 public:
  // Appends to `text`; `attachments` receives views of the binary arguments, valid as long as the
  // arguments are.
  json_output(std::string& text, std::vector<std::span<const std::byte>>& attachments) noexcept
      : text_(text), attachments_(attachments) {}

  void null() override;
  void boolean(bool value) override;
  void integer(std::int64_t value) override;
  void unsigned_integer(std::uint64_t value) override;
  // The shortest form, as JavaScript prints it: 1e21, 0.1, -0 as 0.
  void number(double value) override;
  void string(std::string_view value) override;
  void binary(std::span<const std::byte> value) override;
  void begin_array(std::size_t size) override;
  void end_array() override;
  void begin_object(std::size_t size) override;
  void key(std::string_view name) override;
  void end_object() override;

 private:
  void separate();
  std::string& text_;
  std::vector<std::span<const std::byte>>& attachments_;
  bool first_ = true;  // no comma before the next value
};

}  // namespace socketio::wire
