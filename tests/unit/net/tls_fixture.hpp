// A listener with a certificate for localhost. For the tests of TLS.
#pragma once

#include "net/tls_context.hpp"
#include "support/tls_trust.hpp"
#include "unit/net/server_fixture.hpp"

#include <memory>
#include <string>
#include <utility>

namespace socketio::test {

inline tls_options localhost_options() {
  static const issued_certificate shown = authority().issue();
  return options_for(shown);
}

inline std::unique_ptr<net::tls_source> source_of(tls_options options) {
  return std::make_unique<net::tls_source>(std::move(options));
}

// A listener that answers every request with its path.
class tls_fixture : public server_fixture {
 protected:
  tls_fixture() {
    handler = [this](std::shared_ptr<net::exchange> request) {
      requests.put(request->request());
      request->respond(http_response::text(200, request->request().path));
    };
  }
  void serve_tls(tls_options options = localhost_options()) {
    tls = source_of(std::move(options));
    serve();
  }
  // A request over it is answered.
  ::testing::AssertionResult works(tls_client& peer) {
    peer.send(get("/works"));
    const auto answer = peer.read_response();
    if (answer.body == "/works") return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << answer.status << ' ' << answer.body << peer.why();
  }

  mailbox<http_request> requests;
};

}  // namespace socketio::test
