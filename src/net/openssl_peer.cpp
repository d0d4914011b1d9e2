// What is shown of a client's certificate. A name that contains NUL means to deceive: it is left
// out.
#include "net/openssl_session.hpp"
#include "socketio/tls.hpp"

#include <openssl/x509v3.h>

#include <array>

namespace socketio::net {
namespace {

std::string text_of(const X509_NAME* name) {
  const openssl::owned<BIO> out(BIO_new(BIO_s_mem()));
  if (!out) return {};
  X509_NAME_print_ex(out.get(), name, 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string text_of(const ASN1_STRING* of) {
  const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(of));
  return {bytes, static_cast<std::size_t>(ASN1_STRING_length(of))};
}

std::string address_of(const ASN1_OCTET_STRING* of) {
  const unsigned char* const bytes = ASN1_STRING_get0_data(of);
  const int length = ASN1_STRING_length(of);
  std::string text;
  if (length == 4) {
    for (int i = 0; i < 4; ++i) text += (i ? "." : "") + std::to_string(bytes[i]);
  } else if (length == 16) {
    char group[8];
    for (int i = 0; i < 16; i += 2) {
      std::snprintf(group, sizeof group, i ? ":%x" : "%x", bytes[i] << 8 | bytes[i + 1]);
      text += group;
    }
  }
  return text;
}

// Empty for the kinds that are not shown.
std::string text_of(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS: return "DNS:" + text_of(name.d.dNSName);
    case GEN_EMAIL: return "email:" + text_of(name.d.rfc822Name);
    case GEN_URI: return "URI:" + text_of(name.d.uniformResourceIdentifier);
    case GEN_IPADD: return "IP:" + address_of(name.d.iPAddress);
    default: return {};
  }
}

std::vector<std::string> alt_names_of(X509& certificate) {
  std::vector<std::string> found;
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    std::string text = text_of(*sk_GENERAL_NAME_value(names, i));
    if (!text.empty() && text.find('\0') == text.npos) found.push_back(std::move(text));
  }
  GENERAL_NAMES_free(names);
  return found;
}

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned bytes = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &bytes);
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (i) text += ':';
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace

std::shared_ptr<const peer_certificate> describe(X509& certificate) {
  return std::make_shared<const peer_certificate>(peer_certificate{
      text_of(X509_get_subject_name(&certificate)), text_of(X509_get_issuer_name(&certificate)),
      alt_names_of(certificate), fingerprint_of(certificate)});
}

}  // namespace socketio::net
