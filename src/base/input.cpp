// The part of socketio/input.hpp that is not inline.
#include "socketio/input.hpp"

namespace socketio {

std::string_view to_string(kind what) noexcept {
  switch (what) {
    case kind::null: return "null";
    case kind::boolean: return "boolean";
    case kind::integer: return "integer";
    case kind::number: return "number";
    case kind::string: return "string";
    case kind::binary: return "binary";
    case kind::array: return "array";
    case kind::object: return "object";
  }
  return "unknown";
}

}  // namespace socketio
