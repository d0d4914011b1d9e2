#include "core/json_tree.hpp"

#include "wire/json.hpp"

#include <algorithm>

namespace socketio::core {

// Its depth is at most the number of its brackets, and one for what stands inside.
value tree_of(std::string_view json, std::span<const std::string> attachments) {
  const auto depth = std::ranges::count_if(json, [](char c) { return c == '{' || c == '['; });
  wire::json_reader reader(static_cast<std::size_t>(depth) + 1);
  const auto parsed = reader.parse(json, attachments);
  return parsed ? value::from(*parsed) : value();
}

std::vector<std::string> copies_of(std::span<const std::span<const std::byte>> attachments) {
  std::vector<std::string> blocks;
  for (const auto& bytes : attachments)
    blocks.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return blocks;
}

}  // namespace socketio::core
