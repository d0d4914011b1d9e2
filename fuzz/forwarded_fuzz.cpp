// Header fields of proxies: nobody but a trusted proxy is believed, and what is believed is an
// address.
#include "law.hpp"
#include "net/listening_socket.hpp"
#include "net/trusted_proxies.hpp"

namespace socketio {
namespace {

void check(std::string_view field, std::string_view value, proxy_header by) {
  http_request request;
  request.headers.add(std::string(field), std::string(value));
  request.headers.add("X-Forwarded-Proto", std::string(value));
  request.remote_address = "192.0.2.1";
  const net::trusted_proxies proxies({"10.0.0.0/8", "fd00::/8"}, by);
  proxies.apply(request);
  fuzz::law(request.remote_address == "192.0.2.1" && !request.secure, "a stranger is not believed");
  request.remote_address = "10.0.0.1";
  proxies.apply(request);
  fuzz::law(net::ip_address::parse(request.remote_address).has_value(), "a client has an address");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  check("X-Forwarded-For", value, proxy_header::x_forwarded);
  check("Forwarded", value, proxy_header::forwarded);
  static_cast<void>(net::ip_network::parse(value));
  static_cast<void>(net::listen_address::parse(value, "::1"));
  return 0;
}

}  // namespace socketio
