// tls_session with OpenSSL. Its BIO is the session itself: OpenSSL reads from and writes to the
// socket through receive() and send().
#pragma once

#include "net/openssl.hpp"
#include "net/tls_session.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace socketio::net {

class openssl_session final : public tls_session {
 public:
  // `context` is what `ssl` was made of. nullptr when there is no memory.
  static std::unique_ptr<tls_session> make(openssl::owned<SSL> ssl,
                                           std::shared_ptr<const void> context);

  void say_goodbye() noexcept override;
  std::string_view problem() const noexcept override { return problem_; }
  bool spoke_http() const noexcept override { return spoke_http_; }
  std::shared_ptr<const peer_certificate> peer() const override { return peer_; }

 private:
  openssl_session(openssl::owned<SSL> ssl, std::shared_ptr<const void> context) noexcept;

  outcome handshake() noexcept override;
  outcome decrypt(std::span<char> into, std::size_t& got) noexcept override;
  outcome encrypt(std::string_view bytes, std::size_t& taken) noexcept override;
  bool has_decrypted() const noexcept override { return SSL_has_pending(ssl_.get()) != 0; }
  outcome judge(int returned) noexcept;
  void note_problem();

  static const BIO_METHOD* way_to_the_socket();
  static int bio_read(BIO* bio, char* into, int bytes) noexcept;
  static int bio_write(BIO* bio, const char* from, int bytes) noexcept;
  static long bio_control(BIO* bio, int what, long, void*) noexcept;

  openssl::owned<SSL> ssl_;
  std::shared_ptr<const void> context_;  // until the handshake is done: it chooses the host
  std::shared_ptr<const peer_certificate> peer_;
  std::string problem_;
  bool spoke_http_ = false;
  bool broken_ = false;  // after an error nothing may be said any more
};

// What is shown of a certificate.
std::shared_ptr<const peer_certificate> describe(X509& certificate);

}  // namespace socketio::net
