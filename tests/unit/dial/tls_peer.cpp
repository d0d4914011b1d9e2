// See tls_peer.hpp.
#include "unit/dial/tls_peer.hpp"

#include "base/base64.hpp"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <csignal>

namespace socketio::test {
namespace {

std::shared_ptr<BIO> reader_of(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all};
}
std::shared_ptr<X509> certificate_of(const std::string& pem) {
  return {PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

int choose_http(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
                unsigned in_bytes, void*) {
  static const unsigned char ours[] = "\x08http/1.1";
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_bytes, ours,
                                           sizeof ours - 1, in, in_bytes);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

// OpenSSL writes without asking for no signal; in this thread none is wanted.
tls_peer::tls_peer(int descriptor, SSL_CTX* context) : peer(descriptor), ssl_(SSL_new(context)) {
  sigset_t pipes;
  sigemptyset(&pipes);
  sigaddset(&pipes, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
  SSL_set_fd(ssl_, descriptor);
  shook_hands_ = SSL_accept(ssl_) == 1;
}
tls_peer::~tls_peer() { SSL_free(ssl_); }

// Whom we have refused must read why: closing on what he has sent would be a reset.
ssize_t tls_peer::receive_some(char* into, std::size_t bytes) {
  if (shook_hands_) return SSL_read(ssl_, into, static_cast<int>(bytes));
  while (peer::receive_some(into, bytes) > 0) {
  }
  return 0;
}
ssize_t tls_peer::send_some(const char* from, std::size_t bytes) {
  return shook_hands_
             ? SSL_write(ssl_, from, static_cast<int>(std::min<std::size_t>(bytes, 1 << 30)))
             : 0;
}
void tls_peer::say_goodbye() { SSL_shutdown(ssl_); }

std::string tls_peer::protocols() const {
  const unsigned char* chosen = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl_, &chosen, &bytes);
  return {reinterpret_cast<const char*>(chosen), bytes};
}
std::string tls_peer::server_name() const {
  const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name ? name : "";
}
std::string tls_peer::client_name() const {
  const std::shared_ptr<X509> shown(SSL_get1_peer_certificate(ssl_), X509_free);
  char name[100] = "";
  if (shown)
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name,
                              sizeof name);
  return name;
}
std::string tls_peer::cipher() const { return SSL_get_cipher_name(ssl_); }

raw_server::maker tls(const tls_server_options& options) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(reader_of(options.shown.key).get(), nullptr, nullptr, nullptr),
      EVP_PKEY_free);
  SSL_CTX_use_certificate(context.get(), certificate_of(options.shown.certificate).get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  SSL_CTX_set_min_proto_version(context.get(), options.min_version);
  SSL_CTX_set_max_proto_version(context.get(), options.max_version);
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_http, nullptr);
  if (!options.client_authorities.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()),
                        certificate_of(options.client_authorities).get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return [context](int accepted) { return std::make_unique<tls_peer>(accepted, context.get()); };
}

const issued_certificate& local_certificate() {
  static const issued_certificate made =
      authority().issue({.alt_names = {"IP:127.0.0.1", "DNS:localhost"}});
  return made;
}

std::string pin_of(const issued_certificate& what) {
  unsigned char* bytes = nullptr;
  const int size =
      i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate_of(what.certificate).get()), &bytes);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(bytes, static_cast<std::size_t>(size), digest);
  OPENSSL_free(bytes);
  std::string text = "sha256//";
  append_base64({reinterpret_cast<const char*>(digest), sizeof digest}, text);
  return text;
}

}  // namespace socketio::test
