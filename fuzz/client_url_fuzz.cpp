// URLs of a client: one that is accepted names a host that is safe in a request, and its parts,
// written as a URL again, mean the same. Queries are decoded as they were encoded.
#include "base/client_url.hpp"

#include "law.hpp"

#include <cstdint>
#include <string>

namespace socketio {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const query_pairs pairs = decode_query(text);
  fuzz::law(decode_query(encode_query(pairs)) == pairs, "a query is decoded as it was encoded");

  const auto url = parse_client_url(text);
  if (!url) return 0;
  fuzz::law(!url->host.empty() && url->port != 0, "there is a host and a port");
  fuzz::law(url->host.find_first_of(" /?#@[]\r\n\t\\") == std::string::npos, "it is only a host");
  fuzz::law(url->path.starts_with('/'), "a path is absolute");
  fuzz::law(url->secure == url->scheme.ends_with("s") || url->scheme == "ws", "secure is secure");
  std::string again = url->scheme + "://";
  if (!url->user.empty() || !url->password.empty())
    again +=
        percent_encode_component(url->user) + ":" + percent_encode_component(url->password) + "@";
  again += url->authority() + url->path;
  if (!url->query.empty()) again += "?" + encode_query(url->query);
  if (!url->fragment.empty()) again += "#" + url->fragment;
  if (again.size() > url_bytes_max) return 0;
  const auto other = parse_client_url(again);
  fuzz::law(other.has_value(), "what was accepted is accepted again");
  fuzz::law(other->origin() == url->origin() && other->path == url->path &&
                other->query == url->query && other->user == url->user &&
                other->password == url->password && other->fragment == url->fragment,
            "and means the same");
  return 0;
}

}  // namespace socketio
