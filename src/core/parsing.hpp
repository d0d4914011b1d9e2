// Between the JSON that core works with and the packets of another parser (server_options::parser;
// docs/adr/0012). Arguments are encoded as JSON in any case, before it is known where they go; what
// is sent is made of that, once per packet.
#pragma once

#include "socketio/parser.hpp"
#include "wire/socket_packet.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

// What we wrote, or decoded before, as a tree. With a reader of its own, because we may stand
// inside the dispatch of an incoming packet. A text that is no JSON is null.
value tree_of(std::string_view json, std::span<const std::string> attachments = {});
value tree_of(std::string_view json, std::span<const std::span<const std::byte>> attachments);

// Appends the frames that `by` makes of a packet; `payload` is JSON text or empty. Throws what `by`
// throws.
void encode_by(const parser& by, packet_type type, std::string_view nsp,
               std::optional<std::uint64_t> id, std::string_view payload,
               std::span<const std::span<const std::byte>> attachments, wire::frame_class kind,
               std::vector<wire::frame>& group, wire::compression how);

// What is kept of CONNECT: JSON as it came, or MessagePack when another parser has read it, so that
// binary in it is not lost. JSON never begins with such a byte.
std::string kept_auth(const std::optional<value>& data);
value auth_tree(std::string_view kept);

}  // namespace socketio::core
