#include "support/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace socketio::test {
namespace {

using certificate_ptr = std::shared_ptr<X509>;
using key_ptr = std::shared_ptr<EVP_PKEY>;

key_ptr make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

template <class Write>
std::string pem_of(Write write) {
  const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free_all);
  write(out.get());
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
}

std::string pem_of(EVP_PKEY* key, std::string password) {
  return pem_of([&](BIO* out) {
    PEM_write_bio_PrivateKey(out, key, password.empty() ? nullptr : EVP_aes_128_cbc(),
                             reinterpret_cast<unsigned char*>(password.data()),
                             static_cast<int>(password.size()), nullptr, nullptr);
  });
}

void extend(X509* certificate, X509* issuer, int what, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str());
  if (!made) throw std::runtime_error("no such extension: " + text);
  X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
}

certificate_ptr begin(EVP_PKEY* key, const std::string& name, int from_days, int to_days) {
  constexpr long day = 24 * 3600;
  certificate_ptr made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), to_days * day);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

std::string fingerprint_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  X509_digest(certificate, EVP_sha256(), digest, &bytes);
  std::string text;
  char pair[4];
  for (unsigned i = 0; i < bytes; ++i) {
    std::snprintf(pair, sizeof pair, i ? ":%02X" : "%02X", digest[i]);
    text += pair;
  }
  return text;
}

}  // namespace

struct test_authority::inside {
  key_ptr key = make_key();
  certificate_ptr certificate;
  std::string pem;
};

test_authority::test_authority(const std::string& name) : inside_(std::make_shared<inside>()) {
  auto& made = inside_->certificate = begin(inside_->key.get(), name, -1, 30);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  extend(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(made.get(), inside_->key.get(), EVP_sha256());
  inside_->pem = pem_of(made.get());
}

const std::string& test_authority::certificate() const noexcept { return inside_->pem; }

issued_certificate test_authority::issue(const certificate_wish& wish) const {
  const key_ptr key = make_key();
  const auto made = begin(key.get(), wish.common_name, wish.valid_from_days, wish.valid_to_days);
  X509* const issuer = inside_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  std::string names;
  for (const std::string& one : wish.alt_names) names += (names.empty() ? "" : ",") + one;
  if (!names.empty()) extend(made.get(), issuer, NID_subject_alt_name, names);
  X509_sign(made.get(), inside_->key.get(), EVP_sha256());
  return {pem_of(made.get()), pem_of(key.get(), wish.key_password), fingerprint_of(made.get())};
}

}  // namespace socketio::test
