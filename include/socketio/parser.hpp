// Parsers: how Socket.IO packets are written into the messages of a connection (PK-17). The
// built-in one writes JSON. Another one is set as server_options::parser, and clients must use its
// counterpart:
//
//   server io({.parser = socketio::msgpack_parser()});      // C++
//   io(url, { parser: require("socket.io-msgpack-parser") })  // JavaScript
//
// Or write your own: a class that derives from `parser`. Handlers, acknowledgements, rooms and so
// on are the same with every parser.
#pragma once

#include "socketio/result.hpp"
#include "socketio/value.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

enum class packet_type : std::uint8_t { connect, disconnect, event, ack, connect_error };

// A Socket.IO packet, with its binary where it belongs. Value type.
struct packet {
  packet_type type = packet_type::connect;
  std::string nsp = "/";
  // Of an event that wants an acknowledgement, and of that acknowledgement.
  std::optional<std::uint64_t> id;
  // connect: an object or nothing; disconnect: nothing; event: an array that begins with the name;
  // ack: an array; connect_error: an object or a string.
  std::optional<value> data;
  friend bool operator==(const packet&, const packet&) = default;
};

// Is `data` what the type asks for, and is the name of an event not reserved (PK-21)?
bool is_valid(const packet& what) noexcept;

class parser {
 public:
  // One message of the connection. Text must be UTF-8.
  struct message {
    bool binary = false;
    std::string bytes;
  };

  // Of one connection, and used on its shard only.
  class decoder {
   public:
    virtual ~decoder() = default;
    // The next message: a packet, or nothing when more messages belong to it. After an error, or an
    // exception, which is reported to server::on_error(), the connection is closed (PK-15). A
    // packet whose data is not what its type asks for is an error too. What is kept of earlier
    // messages is yours to limit: a message has at most max_http_buffer_size bytes.
    virtual result<std::optional<packet>> add(std::string_view bytes, bool binary) = 0;
    // Does a packet lack messages? Then they must come within
    // server_options::attachments_timeout.
    virtual bool waiting() const noexcept { return false; }
  };

  virtual ~parser() = default;
  // The messages of a packet, in order; at least one. Called once per packet, however many clients
  // it is sent to; by several shards at the same time, in the middle of sending: it uses no socket
  // and no namespace. What it throws is reported to server::on_error(), and the packet is not sent.
  virtual std::vector<message> encode(const packet& what) const = 0;
  // A decoder for a new connection; by several shards at the same time.
  virtual std::unique_ptr<decoder> make_decoder() const = 0;
};

struct msgpack_limits {
  std::size_t depth_max = 256;         // of arrays and maps in each other
  std::size_t elements_max = 500'000;  // values of one packet, and keys
};

// The counterpart of the npm package socket.io-msgpack-parser 3: each packet is one binary message,
// binary included (PK-18 to PK-20). Dates arrive as text, as with JSON; see docs/parsers.md. Throws
// std::invalid_argument when the limits cannot work.
std::shared_ptr<const parser> msgpack_parser(const msgpack_limits& limits = {});

}  // namespace socketio
