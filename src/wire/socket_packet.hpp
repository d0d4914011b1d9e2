// Socket.IO packets, protocol revision 5 (https://socket.io/docs/v4/socket-io-protocol/; spec rows
// PK-01 to PK-14):
//   <type>[<attachments>-][<namespace>,][<id>][<json>]  and behind it one binary message per
//   attachment.
// Tested by tests/unit/wire/socket_packet_test.cpp against golden vectors from the npm package,
// fuzzed by fuzz/socket_packet_fuzz.cpp.
#pragma once

#include "socketio/parser.hpp"
#include "socketio/result.hpp"
#include "wire/error.hpp"
#include "wire/frame.hpp"
#include "wire/json.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::wire {

using socketio::packet_type;

struct packet_limits {
  std::size_t attachments_max = 10;                   // ER-13
  std::size_t attachment_bytes_max = 10 * 1'000'000;  // of all attachments of one packet
};

// A complete packet; views are valid until the decoder or the reader is used again, and as long as
// the decoded text is.
struct packet {
  packet_type type = packet_type::connect;
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;
  bool has_payload = false;
  std::string_view json;  // the text of the payload
  input payload;  // connect: null or object; connect_error: null, string or object; event: the
                  // whole array; ack: the array, or null when there was none
  bool has_binary = false;
};

// One per connection. Holds state only while attachments are awaited.
class packet_decoder {
 public:
  packet_decoder();
  ~packet_decoder();
  packet_decoder(packet_decoder&&) noexcept;
  packet_decoder& operator=(packet_decoder&&) noexcept;

  // A text message (without the Engine.IO type). nullopt: attachments are awaited. An error means
  // that the connection must be closed (PK-15). JSON is parsed with `reader`, shared by the shard.
  result<std::optional<packet>> on_text(std::string_view text, json_reader& reader,
                                        const packet_limits& limits);
  result<std::optional<packet>> on_binary(std::string_view bytes, json_reader& reader,
                                          const packet_limits& limits);
  // Attachments are awaited.
  bool reconstructing() const noexcept { return pending_ != nullptr; }
  // How many have come, and how many there will be; only while they are awaited.
  std::pair<std::size_t, std::size_t> progress() const noexcept;

 private:
  struct pending;
  std::unique_ptr<pending> pending_;
};

// Is this one of the six event names that only the library itself may use (PK-06, SK-08)?
bool is_reserved_event(std::string_view name) noexcept;

// Encodes a packet into frames: one text frame and one per attachment. `payload` is JSON text or
// empty. `type` is event or ack also when there are attachments: the digit on the wire follows from
// them.
void encode_packet(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                   std::string_view payload,
                   std::span<const std::span<const std::byte>> attachments, frame_class kind,
                   std::vector<frame>& group, compression how = compression::wanted);

// An event without acknowledgement whose arguments end in another way than `payload`: instead of
// its last character, which is the bracket, comes `tail`.
void encode_event(std::string_view nsp, std::string_view payload, std::string_view tail,
                  std::span<const std::span<const std::byte>> attachments,
                  std::vector<frame>& group, compression how);

}  // namespace socketio::wire
