// The names of socketio/recovery.hpp: metric labels, which never change.
#include "socketio/recovery.hpp"

namespace socketio {

std::string_view to_string(recovery_outcome what) noexcept {
  switch (what) {
    case recovery_outcome::off: return "off";
    case recovery_outcome::not_asked: return "not_asked";
    case recovery_outcome::recovered: return "recovered";
    case recovery_outcome::unknown_session: return "unknown_session";
    case recovery_outcome::server_restarted: return "server_restarted";
    case recovery_outcome::expired: return "expired";
    case recovery_outcome::ended: return "ended";
    case recovery_outcome::evicted: return "evicted";
    case recovery_outcome::offset_gone: return "offset_gone";
    case recovery_outcome::log_overflow: return "log_overflow";
    case recovery_outcome::bad_offset: return "bad_offset";
    case recovery_outcome::too_much_missed: return "too_much_missed";
    case recovery_outcome::older_client: return "older_client";
  }
  return "unknown";
}

}  // namespace socketio
