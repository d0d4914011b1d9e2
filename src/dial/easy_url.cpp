// URLs and request headers. See easy.hpp.
#include "base/text.hpp"
#include "dial/easy.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <new>

namespace socketio::dial {
namespace {

struct url_deleter {
  void operator()(CURLU* one) const noexcept { curl_url_cleanup(one); }
};
using url_handle = std::unique_ptr<CURLU, url_deleter>;

std::string part_of(const url_handle& from, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(from.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copied(text);
  curl_free(text);
  return copied;
}

}  // namespace

std::variant<target, failure> read_url(const std::string& url, bool websocket) {
  const auto wrong = [&](const std::string& why) {
    return failure{trouble::bad_url, "\"" + url.substr(0, 200) + "\": " + why};
  };
  const url_handle parsed(curl_url());
  if (!parsed) throw std::bad_alloc();
  const CURLUcode code =
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return wrong(lower_case(curl_url_strerror(code)));
  std::string scheme = part_of(parsed, CURLUPART_SCHEME);
  if (websocket && scheme == "ws") scheme = "http";
  if (websocket && scheme == "wss") scheme = "https";
  if (scheme != "http" && scheme != "https")
    return wrong(websocket ? "the scheme must be ws, wss, http or https"
                           : "the scheme must be http or https");
  target to;
  to.secure = scheme == "https";
  curl_url_set(parsed.get(), CURLUPART_SCHEME, scheme.c_str(), 0);
  curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);
  to.host = part_of(parsed, CURLUPART_HOST);
  if (to.host.empty()) return wrong("there is no host");
  const std::string port = part_of(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  to.place = to.host + ":" + port;
  to.authority = port == (to.secure ? "443" : "80") ? to.host : to.place;
  to.path = part_of(parsed, CURLUPART_PATH);
  if (const std::string query = part_of(parsed, CURLUPART_QUERY); !query.empty())
    to.path += "?" + query;
  const auto breaks = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  if (std::ranges::any_of(to.path, breaks)) return wrong("a blank or a control character in it");
  to.user = part_of(parsed, CURLUPART_USER, CURLU_URLDECODE);
  to.password = part_of(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
  to.url = part_of(parsed, CURLUPART_URL);
  return to;
}

std::optional<failure> check_headers(const header_fields& fields) {
  for (const auto& [name, value] : fields) {
    if (!is_token(name))
      return failure{trouble::bad_url, "\"" + name.substr(0, 200) + "\" is no name of a header"};
    if (!is_field_text(value))
      return failure{trouble::bad_url, "the value of header " + name + " has a control character"};
  }
  return std::nullopt;
}

header_list::~header_list() { curl_slist_free_all(static_cast<curl_slist*>(list_)); }

void header_list::add(const std::string& line) {
  auto* const longer = curl_slist_append(static_cast<curl_slist*>(list_), line.c_str());
  if (!longer) throw std::bad_alloc();
  list_ = longer;
}

// libcurl takes "name:" for the wish not to send it, and "name;" for an empty value.
void header_list::add(const std::string& name, const std::string& value) {
  add(trimmed(value).empty() ? name + ";" : name + ": " + value);
}

}  // namespace socketio::dial
