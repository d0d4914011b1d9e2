#include "support/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

namespace socketio::test {
namespace {

std::shared_ptr<X509> certificate_of(const std::string& pem) {
  const std::shared_ptr<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                BIO_free_all);
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free};
}

void show(SSL* ssl, const issued_certificate& what) {
  if (what.certificate.empty()) return;
  const std::shared_ptr<BIO> in(BIO_new_mem_buf(what.key.data(), static_cast<int>(what.key.size())),
                                BIO_free_all);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free);
  SSL_use_certificate(ssl, certificate_of(what.certificate).get());
  SSL_use_PrivateKey(ssl, key.get());
}

std::string reason() {
  const unsigned long code = ERR_peek_error();
  const char* const text = ERR_reason_error_string(code);
  ERR_clear_error();
  return text ? text : "";
}

}  // namespace

tls_client::tls_client(std::uint16_t port, const tls_client_options& options)
    : raw_client(port, options.receive_buffer),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
  if (options.max_version < TLS1_2_VERSION) {
    SSL_CTX_set_min_proto_version(context_.get(), options.max_version);
    SSL_CTX_set_security_level(context_.get(), 0);
  }
  if (!options.authorities.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()),
                        certificate_of(options.authorities).get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
  ssl_ = {SSL_new(context_.get()), SSL_free};
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
  if (!options.host.empty()) {
    SSL_set_tlsext_host_name(ssl_.get(), options.host.c_str());
    if (!options.authorities.empty()) SSL_set1_host(ssl_.get(), options.host.c_str());
  }
  if (!options.protocols.empty())
    SSL_set_alpn_protos(ssl_.get(),
                        reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
  show(ssl_.get(), options.shown);
  if (options.resumed) SSL_set_session(ssl_.get(), options.resumed.get());
}

std::string tls_client::take_output() {
  char* text = nullptr;
  BIO* const out = SSL_get_wbio(ssl_.get());
  const long bytes = BIO_get_mem_data(out, &text);
  std::string all(text, static_cast<std::size_t>(bytes));
  BIO_reset(out);
  return all;
}

std::string tls_client::hello() {
  SSL_do_handshake(ssl_.get());
  return take_output();
}

bool tls_client::read_flight() {
  pollfd ready{descriptor(), POLLIN, 0};
  std::array<char, 4096> chunk;
  if (::poll(&ready, 1, 5'000) <= 0) return false;
  const auto got = ::recv(descriptor(), chunk.data(), chunk.size(), 0);
  if (got <= 0) {
    why_ = "the connection ended";
    return false;
  }
  BIO_write(SSL_get_rbio(ssl_.get()), chunk.data(), static_cast<int>(got));
  return true;
}

std::string tls_client::answer_to_hello() {
  std::string said;
  while (said.empty() && read_flight()) {
    SSL_do_handshake(ssl_.get());
    said = take_output();
  }
  return said;
}

bool tls_client::shake_hands() {
  for (;;) {
    const int done = SSL_do_handshake(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), done);
    raw_send(take_output());
    if (done == 1) return true;
    if (error != SSL_ERROR_WANT_READ) {
      why_ = reason();
      return false;
    }
    if (!read_flight()) return false;
  }
}

std::string tls_client::sealed(std::string_view bytes) {
  if (!bytes.empty()) SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  return take_output();
}

std::string tls_client::received(std::string_view wire) {
  if (!wire.empty())
    BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
  std::string all;
  std::array<char, 16384> chunk;
  for (;;) {
    const int got = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (got <= 0) {
      if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_SSL && why_.empty()) why_ = reason();
      ERR_clear_error();
      break;
    }
    all.append(chunk.data(), static_cast<std::size_t>(got));
  }
  if (std::string answers = take_output(); !answers.empty()) raw_send(answers);
  return all;
}

void tls_client::close_notify() {
  SSL_shutdown(ssl_.get());
  raw_send(take_output());
}

bool tls_client::got_close_notify() const noexcept {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string tls_client::server_name() const {
  const std::shared_ptr<X509> shown(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  if (!shown) return {};
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}

std::shared_ptr<SSL_SESSION> tls_client::session() const {
  return {SSL_get1_session(ssl_.get()), SSL_SESSION_free};
}

}  // namespace socketio::test
