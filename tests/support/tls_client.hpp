// raw_client over TLS: OpenSSL works on memory, and the test decides how the sealed bytes travel.
#pragma once

#include "support/raw_client.hpp"
#include "support/test_certificates.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace socketio::test {

struct tls_client_options {
  std::string authorities = {};  // PEM; empty: whoever answers is trusted
  std::string host = "localhost";
  int max_version = TLS1_3_VERSION;
  std::string protocols = {};  // ALPN in wire format
  issued_certificate shown = {};
  std::shared_ptr<SSL_SESSION> resumed = {};
  int receive_buffer = 0;
};

class tls_client : public raw_client {
 public:
  // Connects, and does not shake hands yet.
  explicit tls_client(std::uint16_t port, const tls_client_options& options = {});

  // True when the handshake succeeded, as far as the client can know.
  bool shake_hands();
  // What the handshake's first flight is, without sending it.
  std::string hello();
  // Reads the server's flight; what the client says to it, without sending it. Empty: none came.
  std::string answer_to_hello();
  // Sealed and not sent: for raw_send().
  std::string sealed(std::string_view bytes);
  void raw_send(std::string_view wire) { raw_client::transmit(wire); }
  void close_notify();

  SSL* ssl() const noexcept { return ssl_.get(); }
  // Subject's common name of the server's certificate.
  std::string server_name() const;
  std::string why() const { return why_; }  // of a failure: the alert or what is wrong
  bool got_close_notify() const noexcept;
  bool was_resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
  // After something was read: TLS 1.3 sends tickets behind the handshake.
  std::shared_ptr<SSL_SESSION> session() const;
  // Whatever OpenSSL wants to send.
  std::string take_output();

 private:
  void transmit(std::string_view bytes) override { raw_send(sealed(bytes)); }
  std::string received(std::string_view wire) override;
  bool read_flight();  // whatever has come, for OpenSSL

  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
  std::string why_;
};

}  // namespace socketio::test
