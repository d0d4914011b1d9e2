// What a tree of values takes in memory. A text like "[[],[],[]]" becomes ten times as much: limits
// of what is kept as trees count this. Tested by tests/unit/client/tree_bytes_test.cpp.
#pragma once

#include "socketio/value.hpp"

#include <cstddef>

namespace socketio::client_side {

std::size_t tree_bytes(const value& of) noexcept;

}  // namespace socketio::client_side
