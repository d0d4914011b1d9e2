// Errors that the application sees in a result<T>.
#pragma once

#include <system_error>

namespace socketio {

enum class errc {
  timed_out = 1,       // "operation has timed out", the text of the official client and server
  disconnected = 2,    // the socket was or became disconnected before the answer, or the server
                       // closed; of a broadcast: some client could not be asked, or left
  invalid_answer = 3,  // the acknowledgement does not fit the asked type
  refused = 4,         // not sent: the send queue or the list of pending acknowledgements is full,
                       // too many events of other threads wait for the shard, or a volatile event
                       // met a transport that could not take it; of a broadcast: some shard had too
                       // many waiting, and its sockets were not asked
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), category()};
}

}  // namespace socketio

template <>
struct std::is_error_code_enum<socketio::errc> : std::true_type {};
