// Why a request was not answered or a WebSocket did not open, or ended.
#pragma once

#include <cstdint>
#include <string>

namespace socketio::dial {

enum class trouble : std::uint8_t {
  bad_url,      // or another value of the caller that cannot be sent
  resolve,      // the name of the host is not known
  connect,      // no connection to the host, or to the proxy
  proxy,        // the proxy does not want to, or cannot
  tls,          // what was said instead of trust
  timeout,      // within the time that the caller gave
  http_status,  // a WebSocket was asked for and `status` came
  protocol,     // what came is not HTTP, or not WebSocket
  too_big,      // an answer or a message beyond its limit
  closed,       // the peer closed the WebSocket, `close_code` says how
  lost,         // the connection ended without a word
};

// `detail` is lower case but for names, one line, with the numbers and the words of whoever knows:
// "connect to 127.0.0.1:1 refused", "TLS: certificate of localhost refused: self-signed
// certificate".
struct failure {
  trouble what = trouble::lost;
  std::string detail = {};
  unsigned status = 0;           // of HTTP, also of a proxy that refuses
  std::uint16_t close_code = 0;  // of the peer's close frame; 1005: it had none
};

}  // namespace socketio::dial
