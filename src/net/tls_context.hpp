// What a listener that speaks TLS has: the certificates of the moment, made from the options, and
// the place where they are replaced while it listens.
//
// openssl_context.cpp implements it; when the library is built without OpenSSL, tls_none.cpp says
// so instead. Tested by tests/unit/net/tls_options_test.cpp.
#pragma once

#include "socketio/tls.hpp"

#include <memory>
#include <mutex>

namespace socketio::net {

class tls_session;

// Immutable; any thread. It lives as long as a handshake that has begun with it.
class tls_context {
 public:
  virtual ~tls_context() = default;
  // nullptr when there is no memory for it.
  virtual std::unique_ptr<tls_session> accept() const = 0;
};

// Reads the files. Throws what socketio/tls.hpp says.
std::shared_ptr<const tls_context> make_tls_context(const tls_options& options);

// Any thread. Asked once per connection.
class tls_source {
 public:
  explicit tls_source(tls_options options);

  std::shared_ptr<const tls_context> current() const;
  // From now on; what they throw leaves everything as it was.
  void replace(tls_options options);
  void reload();  // reads the same files again

  // As long as it lives: what is replaced are certificates and how handshakes are done.
  const std::chrono::milliseconds handshake_timeout;
  const std::size_t handshakes_max;

 private:
  void replace_here(tls_options options);

  std::mutex replacing_;  // one after the other; guards options_
  tls_options options_;
  mutable std::mutex mutex_;  // guards current_
  std::shared_ptr<const tls_context> current_;
};

}  // namespace socketio::net
