// tls_context with OpenSSL: one SSL_CTX for the clients that name no host, and one per host, which
// the name that a client says chooses (SNI). All are alike but for their certificates, so that it
// does not matter with which of them a session began.
#pragma once

#include "net/openssl.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace socketio::net {

class openssl_context final : public tls_context,
                              public std::enable_shared_from_this<openssl_context> {
 public:
  explicit openssl_context(const tls_options& options);

  std::unique_ptr<tls_session> accept() const override;

 private:
  void add(const tls_host& host, const tls_options& options);
  SSL_CTX* context_for(std::string name) const;
  static int choose_host(SSL* ssl, int*, void* self) noexcept;

  openssl::owned<SSL_CTX> default_;
  std::vector<openssl::owned<SSL_CTX>> others_;
  std::unordered_map<std::string, SSL_CTX*> by_name_;  // "chat.example", "*.example"
};

}  // namespace socketio::net
