// WebSocket frames, RFC 6455: reads them, unmasks in place, joins fragments, checks everything the
// RFC asks for; and writes the unmasked ones of a server. What a client writes is in ws_client.hpp.
//
// feed() looks at a mutable buffer and takes complete frames off its front. What is incomplete
// stays with the caller, who keeps it (and only it) until more bytes arrive: an idle connection
// owns no buffer. Only a fragmented message is collected inside.
//
// With permessage-deflate (RFC 7692) messages are inflated here, too, when they are complete, and
// everything that is said about messages is said about the inflated ones, their limit included.
//
// Tested by tests/unit/wire/ws_frame_test.cpp (also cut at every byte), fuzzed by
// fuzz/ws_frame_fuzz.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace socketio::wire {

enum class ws_opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// Status codes of a close frame that matter here (RFC 6455, section 7.4.1).
enum class ws_close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  internal_error = 1011,
};
// Whether a peer may send this code (1004 to 1006, 1015 and unassigned ones may not stand in a
// frame).
bool is_sendable_close_code(std::uint16_t code) noexcept;

struct ws_limits {
  std::size_t message_bytes_max = 1'000'000;
  std::size_t fragments_max = 1024;
};

// What feed() found. Views are valid until the next feed() or until the buffer changes.
struct ws_event {
  enum class kind : std::uint8_t { need_more, message, ping, pong, close, failed };
  kind what = kind::need_more;
  bool binary = false;  // of a message
  // message, ping, pong: the payload; close: the reason text; failed: what was wrong
  std::string_view data{};
  // close: the peer's code (1005 when none); failed: what to close with
  std::uint16_t code = 0;
  // failed because a message was too big or had too many fragments: the numbers, else 0. How big a
  // compressed message would have been is not known: then `got` is 0.
  std::size_t got = 0, limit = 0;
  bool inflating = false;  // a message that was compressed, or failed because of one
};

class permessage_deflate;

// Whose end of the connection this is: a server refuses frames that are not masked, a client those
// that are (RFC 6455, section 5.1).
enum class ws_side : std::uint8_t { server, client };

class ws_decoder {
 public:
  explicit ws_decoder(ws_limits limits, ws_side side = ws_side::server) noexcept;
  // For a connection that has agreed on the extension; nullptr as without it. The decoder keeps
  // what belongs to it in both directions, because here it costs nothing where there is none.
  ws_decoder(ws_limits limits, std::unique_ptr<permessage_deflate> extension,
             ws_side side = ws_side::server);
  permessage_deflate* extension() const noexcept;

  // Takes the next frame off the front of `buffer` (which shrinks), unmasking in place. Call until
  // need_more or failed. After `failed` or `close` nothing more may be fed.
  ws_event feed(std::span<char>& buffer);
  // How many bytes are missing, at least, for the frame that stands at the front of an incomplete
  // buffer; for reserving. Ask only after feed() said need_more: then the length has been checked
  // against the limits.
  static std::size_t frame_bytes(std::span<const char> buffer,
                                 ws_side side = ws_side::server) noexcept;
  // Between the fragments of a message.
  bool inside_message() const noexcept;

 private:
  struct frame_head;
  // Of one message; freed by the feed() after the last of them. With the extension it stays.
  struct fragments;
  template <ws_side side>
  static ws_event read_head(std::span<const char> buffer, frame_head& head) noexcept;
  ws_event check(const frame_head& head) const noexcept;
  ws_event on_data_frame(const frame_head& head, std::string_view payload);
  ws_event inflated(bool binary, std::string_view payload);
  void begin_next() noexcept;
  template <ws_side side>
  ws_event take_frame(std::span<char>& buffer, bool& taken);
  struct fragments_deleter {
    void operator()(fragments*) const noexcept;
  };
  // Together as large as ws_limits: the side must not make a connection larger.
  std::size_t message_bytes_max_;
  std::uint32_t fragments_max_;
  ws_side side_;
  std::unique_ptr<fragments, fragments_deleter> partial_;
};

// Appends a server frame (FIN, unmasked) to `out`.
void append_ws_frame(ws_opcode opcode, std::string_view payload, std::string& out);
// A close frame; without a code it is empty (WS-06). The reason is cut to the 123 bytes there is
// room for.
void append_ws_close(std::optional<std::uint16_t> code, std::string_view reason, std::string& out);
// Writes the header of a server frame and returns its length, at most 10.
std::size_t write_ws_header(ws_opcode opcode, std::size_t payload_bytes, char* out) noexcept;
// XORs the mask over `data`, starting at phase `offset` of the mask.
void unmask(std::span<char> data, std::uint32_t mask, std::size_t offset = 0) noexcept;

// The value of Sec-WebSocket-Accept for a key (section 4.2.2).
std::string ws_accept_value(std::string_view key);

}  // namespace socketio::wire
