// The bytes of the client side, written by hand so that no code of the library is measured with
// itself: the WebSocket handshake and frames (RFC 6455), and where HTTP heads end.
// Engine.IO and Socket.IO packets are short enough to stand as literals where they are sent.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace load::wire {

enum class opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct frame {
  opcode type = opcode::text;
  std::string_view payload;  // points into the parsed bytes
  std::size_t bytes = 0;     // header and payload
};

// The first frame in `bytes`, or nothing if it is not complete. Ends the process on a frame that
// no server may send (masked, fragmented, reserved bits).
std::optional<frame> parse_frame(std::string_view bytes);

// Appends one masked frame whose payload is all `parts` in a row.
void append_frame(std::string& out, opcode type, std::initializer_list<std::string_view> parts,
                  std::uint32_t mask);

// A WebSocket handshake for the Engine.IO endpoint; a session id makes it an upgrade.
std::string upgrade_request(std::string_view sid = {});

// An HTTP polling request; without a session id it opens a session, with a body it is a POST.
std::string polling_request(std::string_view sid = {}, std::string_view body = {});

// True if `head` is a well-formed answer to `upgrade_request`.
bool accepts_upgrade(std::string_view head);

struct response {
  int status = 0;
  std::string_view body;
  std::size_t bytes = 0;  // head and body
};

// The first HTTP response in `bytes`, or nothing if it is not complete.
std::optional<response> parse_response(std::string_view bytes);

// The packets of a polling body but for pings, which a server may send whenever it likes. Empty if
// there was nothing else, and then one polls again.
std::string without_pings(std::string_view body);

// The value of "sid" in an Engine.IO open packet or a Socket.IO CONNECT packet.
std::string_view find_sid(std::string_view packet);

}  // namespace load::wire
