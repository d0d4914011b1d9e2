// How a client reaches a server: TLS, proxies, addresses. Names and defaults are those of the
// official client where it has them; what is beyond is marked "ours".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace socketio {

// TLS as a client (CM-31). The server's certificate and its host name are verified unless `verify`
// is false. Certificates and keys are the name of a file or the PEM text itself: what contains
// "-----BEGIN" is text.
struct client_tls_options {
  bool verify = true;  // rejectUnauthorized; false lets anybody listen in
  std::string authorities =
      {};  // who may have signed the server's certificate; empty: the system's
  std::string certificate = {};  // ours, if the server asks for one
  std::string key = {};
  std::string key_password = {};
  // The server's public key must be one of these: "sha256//" and base64 of the SHA-256 of its
  // SubjectPublicKeyInfo. In addition to verifying.
  std::vector<std::string> pinned_keys = {};
  bool tls1_3_only = false;
  std::string ciphers = {};  // of TLS 1.2, as `openssl ciphers` names them; empty: the library's
  std::string cipher_suites = {};  // of TLS 1.3
};

enum class ip_family : std::uint8_t { any, v4, v6 };

// How connections are made, whatever goes over them.
struct dial_options {
  client_tls_options tls = {};
  // "http://[user:password@]host:port", "https://...", "socks5://..." (names are resolved here),
  // "socks5h://..." (by the proxy). Empty: no proxy; the environment is not asked.
  std::string proxy = {};
  std::string local_address = {};  // to connect from: an address or the name of an interface
  std::string unix_socket = {};    // ours: connect to this path instead of to the host of the URL
  ip_family family = ip_family::any;
  // How long IPv6 has before IPv4 is tried beside it (RFC 8305).
  std::chrono::milliseconds happy_eyeballs_delay{200};
};

}  // namespace socketio
