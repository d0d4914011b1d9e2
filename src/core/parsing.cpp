// See parsing.hpp. Tested by tests/unit/core/parser_test.cpp.
#include "core/parsing.hpp"

#include "wire/json.hpp"
#include "wire/msgpack.hpp"

#include <algorithm>
#include <limits>

namespace socketio::core {

// Its depth is at most the number of its brackets, and one for what stands inside.
value tree_of(std::string_view json, std::span<const std::string> attachments) {
  const auto depth = std::ranges::count_if(json, [](char c) { return c == '{' || c == '['; });
  wire::json_reader reader(static_cast<std::size_t>(depth) + 1);
  const auto parsed = reader.parse(json, attachments);
  return parsed ? value::from(*parsed) : value();
}

value tree_of(std::string_view json, std::span<const std::span<const std::byte>> attachments) {
  std::vector<std::string> blocks;
  for (const auto& bytes : attachments)
    blocks.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return tree_of(json, blocks);
}

void encode_by(const parser& by, packet_type type, std::string_view nsp,
               std::optional<std::uint64_t> id, std::string_view payload,
               std::span<const std::span<const std::byte>> attachments, wire::frame_class kind,
               std::vector<wire::frame>& group, wire::compression how) {
  packet what{type, std::string(nsp.empty() ? "/" : nsp), id, std::nullopt};
  if (!payload.empty()) what.data = tree_of(payload, attachments);
  bool first = true;
  for (const parser::message& part : by.encode(what)) {
    group.push_back(wire::frame::of({part.binary ? "" : "4", part.bytes}, kind,
                                    {.binary = part.binary, .attachment = !first, .how = how}));
    first = false;
  }
}

std::string kept_auth(const std::optional<value>& data) {
  std::string kept;
  if (data && data->as_object() && !data->as_object()->empty()) wire::append_msgpack(*data, kept);
  return kept;
}

value auth_tree(std::string_view kept) {
  if (kept.empty()) return value::object{};
  if (static_cast<unsigned char>(kept.front()) < 0x80) return tree_of(kept);
  constexpr auto any = std::numeric_limits<std::size_t>::max();
  const auto decoded = wire::decode_msgpack(kept, {any, any});
  return decoded ? *decoded : value(value::object{});
}

}  // namespace socketio::core
