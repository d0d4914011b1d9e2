// Which texts can be offsets of recovery (CR-04, Q-07). A server with recovery appends one to each
// event, and only to those; but any event may end with a text, and whoever takes that for an offset
// loses the session with the next disconnect. So only what the known adapters make is taken:
//
//   in memory        Date.now() as digits of yeast, perhaps with a counter: "Q7z9UqI", "Q7z9UqI.1"
//   Redis streams    "1763798400000-0"
//   MongoDB          24 hexadecimal digits
//   this server      13 characters, of which the first four are those of the private id
//
// Those with a time must be of about now: "message" is a date of 2074.
#pragma once

#include <cstdint>
#include <string_view>

namespace socketio::client_side {

bool is_plausible_offset(std::string_view text, std::string_view pid, std::int64_t now_ms) noexcept;

}  // namespace socketio::client_side
