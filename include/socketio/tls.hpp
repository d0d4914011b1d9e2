// TLS: what a listener needs to speak HTTPS and WSS, and what it tells of a client that has shown
// a certificate. Built in with OpenSSL (SOCKETIO_TLS=ON, the default); without it the constructor
// of `server` refuses server_options::tls with std::invalid_argument.
//
//   socketio::server io({.port = 443, .tls = socketio::tls_options{
//       .certificate = "/etc/ssl/fullchain.pem", .key = "/etc/ssl/privkey.pem"}});
//
// Every certificate, key and list of authorities is either the name of a file or the PEM text
// itself: what contains "-----BEGIN" is text. What is wrong with them is said at once, with the
// name of the file and OpenSSL's words: std::system_error when a file cannot be read,
// std::invalid_argument for everything else (a key of another certificate, one that has expired or
// is not valid yet, an unknown cipher). docs/tls.md shows it all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace socketio {

enum class tls_version : std::uint8_t { tls1_2, tls1_3 };

// Whether a client has to prove who it is. A certificate that is shown and was not signed by
// tls_options::client_authorities is refused in any case.
enum class client_certificates : std::uint8_t {
  none,     // not asked for
  request,  // asked for; who has none comes in without
  require,  // who has none is refused
};

// A certificate for some host names (SNI, RFC 6066, section 3).
struct tls_host {
  std::vector<std::string> names;  // "chat.example", or "*.example" for one label more
  std::string certificate;         // the server's first, then those between it and the root
  std::string key;
  std::string key_password = {};
};

struct tls_options {
  // For clients that name no host, or one that `hosts` does not know.
  std::string certificate;  // the server's first, then those between it and the root
  std::string key;
  std::string key_password = {};  // of an encrypted key
  std::vector<tls_host> hosts = {};

  // As Mozilla recommends for servers of today ("intermediate"): forward secrecy and authenticated
  // encryption only; the client chooses. Names as `openssl ciphers` knows them, joined by colons.
  tls_version min_version = tls_version::tls1_2;
  std::string ciphers =  // of TLS 1.2
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
  std::string cipher_suites =  // of TLS 1.3
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  std::string curves = "X25519:P-256:P-384";

  client_certificates client = client_certificates::none;
  std::string client_authorities = {};  // who may have signed them; needed unless `none`

  // Clients come back with a shorter handshake, on any shard. The keys of the tickets live until
  // the certificates are replaced, and are of this process.
  bool session_tickets = true;

  // From accepting a connection to the end of its handshake.
  std::chrono::milliseconds handshake_timeout{10'000};
  // Handshakes that a shard has under way. While there are so many, further connections wait in the
  // kernel to be accepted, until one is over, or has not been heard of for a second: that one ends.
  std::size_t handshakes_max = 1'000;
};

// The certificate that a client has shown, checked against the authorities.
struct peer_certificate {
  std::string subject;  // RFC 2253, in UTF-8: "CN=alice,O=Example"
  std::string issuer;
  // Its subjectAltName: "DNS:alice.example", "email:a@example", "URI:spiffe://...", "IP:192.0.2.1".
  std::vector<std::string> alt_names;
  std::string fingerprint;  // SHA-256 as `openssl x509 -fingerprint -sha256` prints it: "AB:CD:..."
};

}  // namespace socketio
