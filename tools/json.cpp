#include "tools/json.hpp"

#include "base/base64.hpp"
#include "wire/json.hpp"

#include <span>
#include <vector>

namespace socketio::tools {
namespace {

constexpr std::string_view binary_key = "$binary";

value with_binary(value from) {
  if (const auto* members = from.as_object()) {
    if (members->size() == 1 && members->front().first == binary_key) {
      std::string bytes;
      const std::string* text = members->front().second.as_string();
      if (text && append_decoded_base64(*text, bytes)) return binary(std::string_view(bytes));
    }
    value::object made;
    for (const auto& [name, content] : *members) made.emplace_back(name, with_binary(content));
    return made;
  }
  if (const auto* elements = from.as_array()) {
    value::array made;
    for (const value& each : *elements) made.push_back(with_binary(each));
    return made;
  }
  return from;
}

value without_binary(const value& from) {
  if (const auto* bytes = from.as_binary()) {
    std::string text;
    append_base64(bytes->view(), text);
    return value::map({{std::string(binary_key), value(text)}});
  }
  if (const auto* members = from.as_object()) {
    value::object made;
    for (const auto& [name, content] : *members) made.emplace_back(name, without_binary(content));
    return made;
  }
  if (const auto* elements = from.as_array()) {
    value::array made;
    for (const value& each : *elements) made.push_back(without_binary(each));
    return made;
  }
  return from;
}

}  // namespace

std::optional<value> parse_json(std::string_view text) {
  wire::json_reader reader;
  const std::string kept(text);
  const auto parsed = reader.parse(kept);
  if (!parsed) return std::nullopt;
  return with_binary(value::from(*parsed));
}

value parse_argument(std::string_view text) {
  auto parsed = parse_json(text);
  return parsed ? std::move(*parsed) : value(text);
}

std::string to_json(const value& what) {
  std::string text;
  std::vector<std::span<const std::byte>> none;
  wire::json_output out(text, none);
  without_binary(what).write(out);
  return text;
}

}  // namespace socketio::tools
