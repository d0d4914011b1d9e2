// Writes the heads of responses (RFC 9110, RFC 9112): the status line, the fields of the
// application, and those that are the server's business: Date, Connection and Content-Length.
// Tested by tests/unit/net/http_test.cpp.
#pragma once

#include "socketio/http.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace socketio::net {

// The Date field, rendered once per second.
class http_date {
 public:
  std::string_view at(std::time_t now);

 private:
  std::time_t rendered_at_ = -1;
  std::string text_;
};

struct response_facts {
  bool keep_alive = true;
  bool head_only = false;  // the answer to a HEAD request
  bool upgrade = false;    // the 101 of a WebSocket: neither length nor keep-alive
};

// Appends the head. Fields that would change where the message ends, or that contain line breaks,
// never pass.
void append_response_head(const http_response& response, const http_headers& extra,
                          const response_facts& facts, std::string_view date, std::string& out);

// True when a response of this status has no body, whatever the request (RFC 9110, section 6.4.1).
constexpr bool is_bodiless(unsigned status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace socketio::net
