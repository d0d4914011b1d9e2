// What is wrong with certificates and keys is said at construction, with the name of the file and
// OpenSSL's words.
#include "unit/net/tls_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

namespace socketio::test {
namespace {

class TlsOptions : public testing::Test {
 protected:
  TlsOptions() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TlsOptions() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::string named(const std::string& name) { return '"' + (folder_ / name).string() + '"'; }

  // What the exception says; empty when there is none.
  template <class Exception = std::invalid_argument>
  static std::string refusal(const tls_options& options) {
    try {
      net::make_tls_context(options);
      return {};
    } catch (const Exception& error) {
      return error.what();
    }
  }

  const issued_certificate right_ = authority().issue();

 private:
  std::filesystem::path folder_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// SD-32
TEST_F(TlsOptions, FilesAndTextsAreTakenAlike) {
  tls_options options;
  options.certificate = file("chain.pem", right_.certificate + authority().certificate());
  options.key = file("key.pem", right_.key);
  EXPECT_EQ(refusal(options), "");
  options.certificate = right_.certificate;
  EXPECT_EQ(refusal(options), "");
}

TEST_F(TlsOptions, AMissingFileIsASystemErrorWithItsName) {
  tls_options options = options_for(right_);
  options.key = "/nowhere/key.pem";
  try {
    net::make_tls_context(options);
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(std::string(error.what()),
              "tls: key \"/nowhere/key.pem\": No such file or directory");
  }
  options.key = "/";  // a folder
  EXPECT_TRUE(has(refusal<std::system_error>(options), "key \"/\": Is a directory"));
}

TEST_F(TlsOptions, WhatIsMissingIsNamed) {
  EXPECT_EQ(refusal({}), "tls: certificate: is missing");
  tls_options options = options_for(right_);
  options.key = "";
  EXPECT_EQ(refusal(options), "tls: key: is missing");
  options = options_for(right_);
  options.client = client_certificates::request;
  EXPECT_EQ(refusal(options), "tls: client_authorities: is missing");
}

TEST_F(TlsOptions, GarbageIsNamed) {
  tls_options options = options_for(right_);
  options.certificate = file("empty.pem", "");
  EXPECT_EQ(refusal(options),
            "tls: certificate " + named("empty.pem") + ": there is no certificate in it");
  std::string broken = right_.certificate;
  broken[broken.size() / 2] = broken[broken.size() / 2] == 'A' ? 'B' : 'A';
  broken.insert(40, "!");
  options.certificate = file("broken.pem", broken);
  EXPECT_TRUE(has(refusal(options), "tls: certificate " + named("broken.pem") + ": bad base64"))
      << refusal(options);
  options = options_for(right_);
  options.key = file("cert-as-key.pem", right_.certificate);
  EXPECT_TRUE(
      has(refusal(options), "key " + named("cert-as-key.pem") + ": there is no private key in it"))
      << refusal(options);
}

TEST_F(TlsOptions, AKeyOfAnotherCertificateIsRefused) {
  tls_options options = options_for(right_);
  options.certificate = file("chain.pem", right_.certificate);
  options.key = file("other.pem", authority().issue().key);
  EXPECT_EQ(refusal(options), "tls: key " + named("other.pem") +
                                  ": it does not belong to certificate " + named("chain.pem") +
                                  ": key values mismatch");
}

TEST_F(TlsOptions, TheTimeOfACertificateIsLookedAt) {
  certificate_wish wish;
  wish.valid_from_days = -10;
  wish.valid_to_days = -1;
  tls_options options = options_for(authority().issue(wish));
  EXPECT_EQ(refusal(options), "tls: certificate (a PEM text): it has expired");
  wish.valid_from_days = 1;
  wish.valid_to_days = 2;
  options = options_for(authority().issue(wish));
  EXPECT_EQ(refusal(options), "tls: certificate (a PEM text): it is not valid yet");
}

TEST_F(TlsOptions, AnEncryptedKeyNeedsItsPasswordAndNoTerminal) {
  certificate_wish wish;
  wish.key_password = "sesame";
  tls_options options = options_for(authority().issue(wish));
  EXPECT_EQ(refusal(options),
            "tls: key (a PEM text): it is encrypted, and no key_password is given");
  options.key_password = "open";
  EXPECT_TRUE(has(refusal(options), "key_password does not open it")) << refusal(options);
  options.key_password = "sesame";
  EXPECT_EQ(refusal(options), "");
}

TEST_F(TlsOptions, UnknownNamesAreRefused) {
  const auto with = [](auto change) {
    tls_options options = localhost_options();
    change(options);
    return refusal(options);
  };
  EXPECT_TRUE(
      has(with([](auto& o) { o.ciphers = "NONSENSE"; }), "ciphers is \"NONSENSE\": no cip"));
  EXPECT_TRUE(has(with([](auto& o) { o.cipher_suites = "TLS_X"; }), "cipher_suites is \"TLS_X\""));
  EXPECT_TRUE(has(with([](auto& o) { o.curves = "P-1"; }), "curves is \"P-1\""));
  const auto host = [&](std::vector<std::string> names) {
    return with([&](auto& o) { o.hosts = {{std::move(names), o.certificate, o.key}}; });
  };
  EXPECT_EQ(host({"a.example", "*.b.example"}), "");
  EXPECT_EQ(host({}), "tls: a host without names");
  for (const char* wrong : {"", "*", "*.", "a.*.b", "*a.b", "https://a", "a:443", ".a"})
    EXPECT_TRUE(has(host({wrong}), "is not a name such as")) << wrong;
  EXPECT_EQ(host({"a.b", "A.B"}), "tls: host \"A.B\" is there twice");
}

// What cannot be replaced stays.
TEST_F(TlsOptions, AFailedReplacementChangesNothing) {
  tls_options options = options_for(right_);
  options.certificate = file("chain.pem", right_.certificate);
  net::tls_source source(options);
  const auto before = source.current();
  file("chain.pem", "nothing");
  EXPECT_THROW(source.reload(), std::invalid_argument);
  EXPECT_EQ(source.current(), before);
  EXPECT_THROW(source.replace({}), std::invalid_argument);
  EXPECT_EQ(source.current(), before);
  file("chain.pem", right_.certificate);  // and reload() still knows the right options
  source.reload();
  EXPECT_NE(source.current(), before);
}

}  // namespace
}  // namespace socketio::test
