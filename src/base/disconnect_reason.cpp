// The texts of socketio/disconnect_reason.hpp. Applications and dashboards compare them, so they
// never change: the reasons are those of the official server (SK-20, K-10), the causes are ours.
#include "socketio/disconnect_reason.hpp"

namespace socketio {

static_assert(reason_count == static_cast<std::size_t>(reason::server_namespace_disconnect) + 1);

std::string_view to_string(reason why) noexcept {
  switch (why) {
    case reason::transport_error: return "transport error";
    case reason::transport_close: return "transport close";
    case reason::forced_close: return "forced close";
    case reason::ping_timeout: return "ping timeout";
    case reason::parse_error: return "parse error";
    case reason::server_shutting_down: return "server shutting down";
    case reason::forced_server_close: return "forced server close";
    case reason::client_namespace_disconnect: return "client namespace disconnect";
    case reason::server_namespace_disconnect: return "server namespace disconnect";
  }
  return "unknown";
}

std::string_view to_string(cause what) noexcept {
  switch (what) {
    case cause::none: return "none";
    case cause::closed_by_peer: return "closed_by_peer";
    case cause::connection_lost: return "connection_lost";
    case cause::poll_aborted: return "poll_aborted";
    case cause::data_aborted: return "data_aborted";
    case cause::no_pong: return "no_pong";
    case cause::client_disconnect: return "client_disconnect";
    case cause::overlapping_poll: return "overlapping_poll";
    case cause::overlapping_data: return "overlapping_data";
    case cause::bad_content_type: return "bad_content_type";
    case cause::bad_heartbeat_direction: return "bad_heartbeat_direction";
    case cause::malformed_engine_packet: return "malformed_engine_packet";
    case cause::malformed_frame: return "malformed_frame";
    case cause::invalid_utf8: return "invalid_utf8";
    case cause::message_too_big: return "message_too_big";
    case cause::too_many_fragments: return "too_many_fragments";
    case cause::malformed_packet: return "malformed_packet";
    case cause::too_many_attachments: return "too_many_attachments";
    case cause::packet_before_connect: return "packet_before_connect";
    case cause::duplicate_connect: return "duplicate_connect";
    case cause::connect_timeout: return "connect_timeout";
    case cause::payload_too_many_packets: return "payload_too_many_packets";
    case cause::json_too_deep: return "json_too_deep";
    case cause::attachments_too_big: return "attachments_too_big";
    case cause::attachments_timeout: return "attachments_timeout";
    case cause::too_many_namespaces: return "too_many_namespaces";
    case cause::rate_limited: return "rate_limited";
    case cause::slow_consumer: return "slow_consumer";
    case cause::server_disconnect: return "server_disconnect";
    case cause::server_close: return "server_close";
    case cause::connection_close: return "connection_close";
    case cause::close_timeout: return "close_timeout";
    case cause::replaced: return "replaced";
  }
  return "unknown";
}

}  // namespace socketio
