// The library without TLS: whoever asks for it is told at construction. Tested by
// tests/unit/net/tls_none_test.cpp.
#include "net/tls_context.hpp"

#include <stdexcept>

namespace socketio::net {

std::shared_ptr<const tls_context> make_tls_context(const tls_options&) {
  throw std::invalid_argument(
      "tls: this library was built without TLS; build it with OpenSSL and -DSOCKETIO_TLS=ON");
}

}  // namespace socketio::net
