// An authority of the test's own, and the certificates that it signs: made anew for each run, so
// that nothing secret is checked in and nothing expires.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace socketio::test {

struct certificate_wish {
  std::string common_name = "localhost";
  std::vector<std::string> alt_names = {"DNS:localhost"};  // as OpenSSL writes them
  int valid_from_days = -1;                                // from today
  int valid_to_days = 1;
  std::string key_password = {};
};

struct issued_certificate {
  std::string certificate;  // PEM
  std::string key;
  std::string fingerprint;  // as `openssl x509 -fingerprint -sha256` prints it
};

class test_authority {
 public:
  explicit test_authority(const std::string& name = "an authority of the tests");
  issued_certificate issue(const certificate_wish& wish = {}) const;
  const std::string& certificate() const noexcept;  // PEM

 private:
  struct inside;
  std::shared_ptr<inside> inside_;
};

}  // namespace socketio::test
