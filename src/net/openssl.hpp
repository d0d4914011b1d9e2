// What the files that talk to OpenSSL share: owners of its objects, and what it says.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace socketio::net::openssl {

struct free_it {
  void operator()(SSL_CTX* one) const noexcept { SSL_CTX_free(one); }
  void operator()(SSL* one) const noexcept { SSL_free(one); }
  void operator()(BIO* one) const noexcept { BIO_free_all(one); }
  void operator()(X509* one) const noexcept { X509_free(one); }
  void operator()(EVP_PKEY* one) const noexcept { EVP_PKEY_free(one); }
};
template <class T>
using owned = std::unique_ptr<T, free_it>;

// The reasons that stand in the thread's queue of errors, the first one first; empties it.
std::string reasons();

}  // namespace socketio::net::openssl
