// A raw_server that speaks TLS: blocking OpenSSL on each connection.
#pragma once

#include "support/tls_trust.hpp"
#include "unit/dial/raw_server.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace socketio::test {

struct tls_server_options {
  issued_certificate shown = {};
  std::string client_authorities = {};  // PEM; not empty: a client's certificate is required
  int min_version = TLS1_2_VERSION, max_version = TLS1_3_VERSION;
};

class tls_peer final : public peer {
 public:
  tls_peer(int descriptor, SSL_CTX* context);
  ~tls_peer() override;
  bool shook_hands() const noexcept { return shook_hands_; }
  std::string protocols() const;    // ALPN, as the client listed them: "http/1.1"
  std::string server_name() const;  // as the client wants it
  std::string client_name() const;  // the common name in the client's certificate
  std::string cipher() const;
  void say_goodbye();  // close_notify

 private:
  ssize_t receive_some(char* into, std::size_t bytes) override;
  ssize_t send_some(const char* from, std::size_t bytes) override;
  SSL* ssl_;
  bool shook_hands_;
};

raw_server::maker tls(const tls_server_options& options);
// The authority of all tests, for 127.0.0.1 and localhost.
const issued_certificate& local_certificate();
std::string pin_of(const issued_certificate& what);  // for client_tls_options::pinned_keys

}  // namespace socketio::test
