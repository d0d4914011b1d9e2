// See openssl_context.hpp. Tested by tests/unit/net/tls_options_test.cpp.
#include "net/openssl_context.hpp"

#include "base/text.hpp"
#include "net/openssl_files.hpp"
#include "net/openssl_session.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <stdexcept>

namespace socketio::net {
namespace {

using openssl::owned;
using openssl::pem;
using openssl::reasons;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("tls: " + what + ": " + reasons());
}

void check_time(const pem& from, const X509& certificate) {
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) from.refuse("it has expired");
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0)
    from.refuse("it is not valid yet");
}

void use_certificate(SSL_CTX& context, const std::string& certificate, const std::string& key_given,
                     const std::string& password) {
  const pem chain("certificate", certificate);
  const pem key("key", key_given);
  auto certificates = openssl::certificates_of(chain);
  const auto private_key = openssl::key_of(key, password);
  check_time(chain, *certificates.front());
  if (X509_check_private_key(certificates.front().get(), private_key.get()) != 1)
    key.refuse("it does not belong to " + chain.name + ": " + reasons());
  if (SSL_CTX_use_certificate(&context, certificates.front().get()) != 1) chain.refuse(reasons());
  if (SSL_CTX_use_PrivateKey(&context, private_key.get()) != 1) key.refuse(reasons());
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    if (SSL_CTX_add0_chain_cert(&context, certificates[i].get()) != 1) chain.refuse(reasons());
    static_cast<void>(certificates[i].release());
  }
}

void ask_clients(SSL_CTX& context, const tls_options& options) {
  if (options.client == client_certificates::none) return;
  const pem authorities("client_authorities", options.client_authorities);
  for (const auto& each : openssl::certificates_of(authorities)) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), each.get()) != 1 ||
        SSL_CTX_add_client_CA(&context, each.get()) != 1)
      authorities.refuse(reasons());
  }
  const bool needed = options.client == client_certificates::require;
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
}

// RFC 7301, section 3.2: whoever speaks something else only is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length,
                    const unsigned char* offered, unsigned int bytes, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(out), length, ours,
                                          sizeof ours - 1, offered, bytes);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// What all hosts have in common.
owned<SSL_CTX> make_context(const tls_options& options) {
  ERR_clear_error();
  owned<SSL_CTX> made(SSL_CTX_new(TLS_server_method()));
  if (!made) refuse("OpenSSL");
  SSL_CTX& context = *made;
  const bool newest = options.min_version == tls_version::tls1_3;
  SSL_CTX_set_min_proto_version(&context, newest ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (SSL_CTX_set_cipher_list(&context, options.ciphers.c_str()) != 1)
    refuse("ciphers is \"" + options.ciphers + '"');
  if (SSL_CTX_set_ciphersuites(&context, options.cipher_suites.c_str()) != 1)
    refuse("cipher_suites is \"" + options.cipher_suites + '"');
  if (SSL_CTX_set1_groups_list(&context, options.curves.c_str()) != 1)
    refuse("curves is \"" + options.curves + '"');
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections own no buffers; what was encrypted is taken (see tls_session.hpp); a short
  // record costs one recv and not two.
  SSL_CTX_set_mode(&context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(&context, 1);
  // Tickets instead of a table, which would be shared by all shards and need a limit.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>("socketio"), 8);
  if (!options.session_tickets) {
    SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(&context, 0);
  }
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
  ask_clients(context, options);
  return made;
}

// "*." at the front or nowhere, and something behind it.
bool is_host_pattern(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && name.find_first_of("*/: ") == name.npos && name.front() != '.';
}

}  // namespace

std::shared_ptr<const tls_context> make_tls_context(const tls_options& options) {
  return std::make_shared<const openssl_context>(options);
}

openssl_context::openssl_context(const tls_options& options) : default_(make_context(options)) {
  use_certificate(*default_, options.certificate, options.key, options.key_password);
  for (const tls_host& each : options.hosts) add(each, options);
  SSL_CTX_set_tlsext_servername_callback(default_.get(), choose_host);
  SSL_CTX_set_tlsext_servername_arg(default_.get(), this);
}

void openssl_context::add(const tls_host& host, const tls_options& options) {
  if (host.names.empty()) throw std::invalid_argument("tls: a host without names");
  SSL_CTX* const made = others_.emplace_back(make_context(options)).get();
  use_certificate(*made, host.certificate, host.key, host.key_password);
  for (const std::string& name : host.names) {
    if (!is_host_pattern(name))
      throw std::invalid_argument("tls: host \"" + name +
                                  "\" is not a name such as \"a.example\" or \"*.example\"");
    if (!by_name_.emplace(lower_case(name), made).second)
      throw std::invalid_argument("tls: host \"" + name + "\" is there twice");
  }
}

// A wildcard stands for exactly one label (RFC 6125, section 6.4.3).
SSL_CTX* openssl_context::context_for(std::string name) const {
  if (name.ends_with('.')) name.pop_back();
  name = lower_case(name);
  if (const auto exact = by_name_.find(name); exact != by_name_.end()) return exact->second;
  const auto dot = name.find('.');
  if (dot == name.npos || dot == 0) return nullptr;
  const auto wild = by_name_.find('*' + name.substr(dot));
  return wild != by_name_.end() ? wild->second : nullptr;
}

// A name that nobody knows gets the certificate of the others: the client decides.
int openssl_context::choose_host(SSL* ssl, int*, void* self) noexcept {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* const found = static_cast<const openssl_context*>(self)->context_for(name);
  if (!found) return SSL_TLSEXT_ERR_NOACK;
  return SSL_set_SSL_CTX(ssl, found) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::unique_ptr<tls_session> openssl_context::accept() const {
  openssl::owned<SSL> made(SSL_new(default_.get()));
  if (!made) return nullptr;
  return openssl_session::make(std::move(made), shared_from_this());
}

}  // namespace socketio::net
