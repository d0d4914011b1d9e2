// How permessage-deflate is agreed upon in the opening handshake (RFC 7692, sections 5 and 7.1): a
// client offers the extension, perhaps several times with different parameters; the first offer
// that we can accept is answered. Pure functions.
//
// An offer with a parameter that is unknown, that stands there twice or has a wrong value is
// declined, as the RFC says. JS differs: `ws` 8.23, lib/permessage-deflate.js, refuses the whole
// handshake because of one such offer, and when it accepts none.
//
// Tested by tests/unit/wire/deflate_negotiation_test.cpp against vectors of `ws`, fuzzed by
// fuzz/inflate_fuzz.cpp.
#pragma once

#include "socketio/compression.hpp"

#include <string>
#include <string_view>

namespace socketio::wire {

// What both sides keep to.
struct deflate_parameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_window_bits = 15;
  int client_window_bits = 15;
};

struct deflate_answer {
  enum class kind {
    declined,   // nothing was offered that we can accept
    accepted,   // `agreed` holds, and the client is told `header`
    malformed,  // no list of extensions at all (RFC 6455, section 9.1): the handshake fails
  };
  kind what = kind::declined;
  deflate_parameters agreed{};
  std::string header{};  // the value of Sec-WebSocket-Extensions
};

// `offered` is the value of Sec-WebSocket-Extensions; of several fields, all of them joined by
// commas.
deflate_answer negotiate_deflate(std::string_view offered, const deflate_options& ours);

}  // namespace socketio::wire
