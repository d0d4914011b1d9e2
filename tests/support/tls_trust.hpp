// The authority that all tests of TLS share, a server that shows what it signed, and a client that
// trusts it.
#pragma once

#include "socketio/tls.hpp"
#include "support/test_certificates.hpp"
#include "support/tls_client.hpp"

namespace socketio::test {

// One for all tests: making keys takes its time.
inline const test_authority& authority() {
  static const test_authority made;
  return made;
}

inline tls_options options_for(const issued_certificate& shown) {
  tls_options options;
  options.certificate = shown.certificate;
  options.key = shown.key;
  return options;
}

inline tls_client_options trusting() {
  tls_client_options options;
  options.authorities = authority().certificate();
  return options;
}

}  // namespace socketio::test
