// The client's half of agreeing on permessage-deflate (RFC 7692, sections 5 and 7.1): what is
// offered, and whether the server's answer is one to that offer. Pure functions. The server's half
// is deflate_negotiation.hpp.
//
// Tested by tests/unit/wire/deflate_offer_test.cpp against vectors of the npm package `ws`, fuzzed
// by fuzz/deflate_offer_fuzz.cpp.
#pragma once

#include "socketio/result.hpp"
#include "wire/deflate_negotiation.hpp"
#include "wire/error.hpp"

#include <string>
#include <string_view>

namespace socketio::wire {

// By default as `ws` offers it: everything is the server's to choose.
struct deflate_offer {
  // The server must not refer to its earlier messages; an answer without it is refused.
  bool server_no_context_takeover = false;
  // We will not refer to ours, whatever the server says.
  bool client_no_context_takeover = false;
  // 9 to 15. Below 15 the server must keep to it: an answer without it, or with more, is refused.
  int server_max_window_bits = 15;
  // 9 to 15: the largest window we will use. The server may ask for less.
  int client_max_window_bits = 15;
};

// The value of Sec-WebSocket-Extensions in the request.
std::string offer_header(const deflate_offer& offer);

// What both sides keep to. `header` is the value of Sec-WebSocket-Extensions in the answer; of
// several fields, all of them joined by commas. Ask only when there is such a field: without one
// the server has declined. On an error the connection must be failed (RFC 6455, section 4.1).
//
// An answer may say client_window_bits = 8, with which zlib cannot write: then our messages travel
// as they are (permessage_deflate::deflate).
result<deflate_parameters> accept_answer(std::string_view header, const deflate_offer& offer);

}  // namespace socketio::wire
