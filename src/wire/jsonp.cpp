// See jsonp.hpp. The facts are those of engine.io 6.6.11, build/transports/polling-jsonp.js.
#include "wire/jsonp.hpp"

#include "base/text.hpp"
#include "base/url.hpp"
#include "wire/json.hpp"

#include <algorithm>

namespace socketio::wire {
namespace {

// JSON that is JavaScript too: before ES2019 these two ended a line inside a string.
void append_script_string(std::string_view text, std::string& out) {
  std::string json;
  std::vector<std::span<const std::byte>> none;
  json_output(json, none).string(text);
  std::string_view rest = json;
  for (std::size_t at; (at = rest.find("\xe2\x80")) != rest.npos;) {
    const bool separator = rest.substr(at + 2, 1) == "\xa8" || rest.substr(at + 2, 1) == "\xa9";
    out += rest.substr(0, at);
    if (separator)
      out += rest[at + 2] == '\xa8' ? "\\u2028" : "\\u2029";
    else
      out += rest.substr(at, 2);
    rest.remove_prefix(at + (separator ? 3 : 2));
  }
  out += rest;
}

// The client has escaped line breaks, because a form would change them: an "n" behind one backslash
// is a line break, and behind several there is one backslash too many.
std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t backslashes = 0;  // right before here, in `out`
  for (const char c : text) {
    if (c == 'n' && backslashes > 0) {
      out.pop_back();
      out += backslashes == 1 ? '\n' : 'n';
    } else {
      out += c;
    }
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return out;
}

}  // namespace

std::string jsonp_script(std::string_view j, std::string_view payload) {
  std::string out = "___eio[";
  std::ranges::copy_if(j, std::back_inserter(out), is_digit);
  out += "](";
  append_script_string(payload, out);
  return out += ");";
}

std::optional<std::string> jsonp_payload(std::string_view body) {
  std::optional<std::string_view> found;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view field = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    if (form_decode(field.substr(0, equals)) != "d") continue;
    if (found) return std::nullopt;
    found = field.substr(std::min(equals + 1, field.size()));
  }
  if (!found) return std::nullopt;
  return unescaped(form_decode(*found));
}

}  // namespace socketio::wire
