// The form of a JSONP client: what it carries is found, whatever it is, and an answer with it stays
// one string in one call.
#include "wire/jsonp.hpp"

#include "law.hpp"

#include <algorithm>

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto payload = wire::jsonp_payload(body);
  if (!payload) return 0;
  fuzz::law(payload->size() <= 3 * body.size(), "a form is hardly longer than what it carries");
  const std::string script = wire::jsonp_script(body, *payload);
  const auto begin = script.find("](\"");
  fuzz::law(script.starts_with("___eio[") && script.ends_with("\");") && begin != script.npos,
            "a script is a call");
  const std::string_view text = std::string_view(script).substr(begin + 3);
  std::size_t end = 0;
  while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  fuzz::law(end + 3 == text.size(), "of one string");
  fuzz::law(std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' '; }), "on one line");
  fuzz::law(text.find("\xe2\x80\xa8") == text.npos && text.find("\xe2\x80\xa9") == text.npos,
            "in old JavaScript too");
  return 0;
}

}  // namespace socketio
