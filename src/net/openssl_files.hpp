// Certificates, keys and authorities: from a file or from PEM text to OpenSSL's objects. Whatever
// is wrong is thrown with the name of the file.
#pragma once

#include "net/openssl.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace socketio::net::openssl {

// A PEM text and how errors call it.
struct pem {
  // `what`: the name of the option. `given`: PEM text or the name of a file.
  pem(std::string_view what, const std::string& given);

  [[noreturn]] void refuse(const std::string& why) const;

  std::string name;  // certificate "/etc/ssl/chain.pem"
  std::string text;
};

// At least one.
std::vector<owned<X509>> certificates_of(const pem& from);
owned<EVP_PKEY> key_of(const pem& from, const std::string& password);

}  // namespace socketio::net::openssl
