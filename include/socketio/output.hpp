// output: where the arguments of an event are written to. Implemented for JSON (wire/json);
// MessagePack and value trees fit behind the same calls. Arrays and objects announce their size
// first, because MessagePack needs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace socketio {

class output {
 public:
  virtual ~output() = default;
  virtual void null() = 0;
  virtual void boolean(bool value) = 0;
  virtual void integer(std::int64_t value) = 0;
  virtual void unsigned_integer(std::uint64_t value) = 0;
  virtual void number(
      double value) = 0;  // NaN and infinities become null, as in JSON.stringify (PK-13)
  virtual void string(std::string_view value) = 0;  // UTF-8; invalid sequences become U+FFFD
  virtual void binary(std::span<const std::byte> value) = 0;
  virtual void begin_array(std::size_t size) = 0;
  virtual void end_array() = 0;
  virtual void begin_object(std::size_t size) = 0;
  virtual void key(std::string_view name) = 0;
  virtual void end_object() = 0;
};

}  // namespace socketio
