// The texts of socketio/client_errors.hpp; those of reasons are the official client's (CS-05).
#include "socketio/client_errors.hpp"

namespace socketio {

std::string_view to_string(client_reason why) noexcept {
  switch (why) {
    case client_reason::io_server_disconnect: return "io server disconnect";
    case client_reason::io_client_disconnect: return "io client disconnect";
    case client_reason::ping_timeout: return "ping timeout";
    case client_reason::transport_close: return "transport close";
    case client_reason::transport_error: return "transport error";
    case client_reason::parse_error: return "parse error";
    case client_reason::forced_close: return "forced close";
  }
  return "unknown";
}

std::string_view to_string(connect_cause what) noexcept {
  switch (what) {
    case connect_cause::none: return "none";
    case connect_cause::bad_url: return "bad_url";
    case connect_cause::resolve: return "resolve";
    case connect_cause::connect: return "connect";
    case connect_cause::proxy: return "proxy";
    case connect_cause::tls: return "tls";
    case connect_cause::timeout: return "timeout";
    case connect_cause::http_status: return "http_status";
    case connect_cause::closed: return "closed";
    case connect_cause::lost: return "lost";
    case connect_cause::protocol: return "protocol";
    case connect_cause::too_big: return "too_big";
    case connect_cause::no_transport: return "no_transport";
    case connect_cause::older_server: return "older_server";
    case connect_cause::refused: return "refused";
    case connect_cause::auth: return "auth";
  }
  return "unknown";
}

}  // namespace socketio
