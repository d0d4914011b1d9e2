// A request's head as text, for whoever takes it over. Tested by tests/unit/net/http_test.cpp.
#include "net/http.hpp"

namespace socketio::net {

// Never longer than what came, or a head just within the limit would be beyond it elsewhere: no
// spaces that need not be.
std::string to_head(const http_request& request) {
  std::string text = request.method + " " + request.target;
  text += request.version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) text += name + ':' + value + "\r\n";
  return text += "\r\n";
}

}  // namespace socketio::net
