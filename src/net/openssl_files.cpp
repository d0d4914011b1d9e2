#include "net/openssl_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace socketio::net::openssl {
namespace {

std::string contents_of(const std::string& file, const std::string& name) {
  const auto fail = [&name](int error) {
    throw std::system_error(error != 0 ? error : EIO, std::generic_category(), "tls: " + name);
  };
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"),
                                                           std::fclose);
  if (!in) fail(errno);
  std::string text;
  char chunk[4096];
  while (const std::size_t got = std::fread(chunk, 1, sizeof chunk, in.get()))
    text.append(chunk, got);
  if (std::ferror(in.get())) fail(errno);
  return text;
}

owned<BIO> reader_of(const std::string& text) {
  return owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask on the terminal. An empty password is none.
struct secret {
  const std::string& password;
  bool asked = false;

  static int tell(char* into, int size, int, void* self) {
    auto& of = *static_cast<secret*>(self);
    of.asked = true;
    if (of.password.empty() || of.password.size() > static_cast<std::size_t>(size)) return -1;
    of.password.copy(into, of.password.size());
    return static_cast<int>(of.password.size());
  }
};

}  // namespace

std::string reasons() {
  std::string all;
  while (const unsigned long code = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(code);
    const std::string text = reason ? reason : "error " + std::to_string(code);
    if (all.find(text) != all.npos) continue;
    all += (all.empty() ? "" : ", ") + text;
  }
  return all.empty() ? "no reason given" : all;
}

pem::pem(std::string_view what, const std::string& given) : name(what) {
  if (given.find("-----BEGIN") != given.npos) {
    name += " (a PEM text)";
    text = given;
  } else {
    if (given.empty()) refuse("is missing");
    name += " \"" + given + '"';
    text = contents_of(given, name);
  }
}

void pem::refuse(const std::string& why) const {
  throw std::invalid_argument("tls: " + name + ": " + why);
}

std::vector<owned<X509>> certificates_of(const pem& from) {
  ERR_clear_error();
  const auto in = reader_of(from.text);
  std::vector<owned<X509>> found;
  while (owned<X509> next{PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)})
    found.push_back(std::move(next));
  // The end of the text is an error too, and the only right one.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!ended) from.refuse(reasons());
  ERR_clear_error();
  if (found.empty()) from.refuse("there is no certificate in it");
  return found;
}

owned<EVP_PKEY> key_of(const pem& from, const std::string& password) {
  ERR_clear_error();
  const auto in = reader_of(from.text);
  secret known{password};
  owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, secret::tell, &known));
  if (key) return key;
  const std::string why = reasons();
  if (!known.asked) from.refuse("there is no private key in it: " + why);
  from.refuse(password.empty() ? "it is encrypted, and no key_password is given"
                               : "key_password does not open it: " + why);
}

}  // namespace socketio::net::openssl
