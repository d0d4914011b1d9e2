// See tree_bytes.hpp.
#include "client/tree_bytes.hpp"

namespace socketio::client_side {

std::size_t tree_bytes(const value& of) noexcept {
  std::size_t bytes = sizeof of;
  if (const auto* const text = of.as_string()) bytes += text->capacity();
  if (const auto* const blob = of.as_binary()) bytes += blob->bytes().size();
  if (const auto* const all = of.as_array()) {
    bytes += (all->capacity() - all->size()) * sizeof of;
    for (const value& each : *all) bytes += tree_bytes(each);
  }
  if (const auto* const all = of.as_object()) {
    bytes += (all->capacity() - all->size()) * sizeof(value::member);
    for (const auto& [name, each] : *all) bytes += sizeof name + name.capacity() + tree_bytes(each);
  }
  return bytes;
}

}  // namespace socketio::client_side
