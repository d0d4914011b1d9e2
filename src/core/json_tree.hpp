// What we wrote, or decoded before, as a tree.
#pragma once

#include "socketio/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

// Null when it is no JSON. With a reader of its own: the caller may stand inside the dispatch of an
// incoming packet.
value tree_of(std::string_view json, std::span<const std::string> attachments = {});

std::vector<std::string> copies_of(std::span<const std::span<const std::byte>> attachments);

}  // namespace socketio::core
