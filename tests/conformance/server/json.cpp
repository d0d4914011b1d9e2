// JSON by simdjson's DOM, and base64 for the bytes in it; only speed of writing matters here, not
// of running.
#include "server/json.hpp"

#include <simdjson.h>

#include <stdexcept>

using socketio::binary;
using socketio::value;

namespace conformance {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 3; j++)
      group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0);
    for (std::size_t j = 0; j < 4; j++)
      text += i + j <= bytes.size() ? alphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos)
      throw std::runtime_error("not base64: " + std::string(text));
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 255);
  }
  return bytes;
}

value from_dom(simdjson::dom::element from) {
  using simdjson::dom::element_type;
  switch (from.type()) {
    case element_type::NULL_VALUE: return {};
    case element_type::BOOL: return bool(from);
    case element_type::INT64: return std::int64_t(from);
    case element_type::UINT64: return static_cast<double>(std::uint64_t(from));
    case element_type::DOUBLE: return double(from);
    case element_type::STRING: return std::string_view(from);
    case element_type::ARRAY: {
      value::array list;
      for (const auto one : simdjson::dom::array(from)) list.push_back(from_dom(one));
      return list;
    }
    case element_type::OBJECT: {
      value::object members;
      for (const auto [name, one] : simdjson::dom::object(from))
        members.emplace_back(std::string(name), from_dom(one));
      if (members.size() == 1 && members[0].first == "$binary" && members[0].second.as_string())
        return binary(decode_base64(*members[0].second.as_string()));
      return members;
    }
  }
  return {};
}

value without_bytes(const value& from) {
  if (const auto* bytes = from.as_binary())
    return value::map({{"$binary", encode_base64(bytes->view())}});
  if (const auto* list = from.as_array()) {
    value::array copy;
    for (const value& one : *list) copy.push_back(without_bytes(one));
    return copy;
  }
  if (const auto* members = from.as_object()) {
    value::object copy;
    for (const auto& [name, one] : *members) copy.emplace_back(name, without_bytes(one));
    return copy;
  }
  return from;
}

}  // namespace

value parse_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root))
    throw std::runtime_error(simdjson::error_message(error));
  return from_dom(root);
}

std::string to_json(const value& what) { return without_bytes(what).to_string(); }

}  // namespace conformance
