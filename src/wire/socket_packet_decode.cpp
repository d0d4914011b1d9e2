// The reading half of socket_packet.hpp. A text is taken apart from the left, as the grammar
// stands: type, attachments, namespace, id, and the rest is JSON, which is checked against the type
// (PK-04).
//
// JS differs (socket.io-parser 4.2.7): an id is a run of digits that fits 64 bits, not a double
// (PK-03), whitespace is not a digit, and an EVENT without payload is an error.
#include "base/text.hpp"
#include "socketio/event.hpp"
#include "wire/socket_packet.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace socketio::wire {
namespace {

// What stands before the JSON.
struct packet_head {
  packet_type type = packet_type::connect;
  std::size_t attachments = 0;
  std::string_view nsp = "/";
  std::optional<std::uint64_t> id;
  std::string_view json;
};

result<packet_type> type_of(char digit) noexcept {
  switch (digit) {
    case '0': return packet_type::connect;
    case '1': return packet_type::disconnect;
    case '2':
    case '5': return packet_type::event;
    case '3':
    case '6': return packet_type::ack;
    case '4': return packet_type::connect_error;
    default: return wire_errc::unknown_packet_type;
  }
}

// "<count>-" (PK-09). A count too big for its type is too many as well.
result<std::size_t> take_attachments(std::string_view& rest, std::size_t attachments_max) noexcept {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  const auto digits = static_cast<std::size_t>(end - rest.data());
  if (digits == 0 || digits == rest.size() || *end != '-') return wire_errc::illegal_attachments;
  if (error != std::errc{} || count > attachments_max) return wire_errc::too_many_attachments;
  if (count == 0) return wire_errc::illegal_attachments;
  rest.remove_prefix(digits + 1);
  return count;
}

result<packet_head> read_head(std::string_view text, const packet_limits& limits) noexcept {
  if (text.empty()) return wire_errc::unknown_packet_type;
  packet_head head;
  const auto type = type_of(text.front());
  if (!type) return type.error();
  head.type = *type;
  const bool binary = text.front() == '5' || text.front() == '6';
  text.remove_prefix(1);
  if (binary) {
    const auto count = take_attachments(text, limits.attachments_max);
    if (!count) return count.error();
    head.attachments = *count;
  }
  if (text.starts_with('/')) {  // up to the comma, or to the end (K-11)
    const std::size_t comma = std::min(text.find(','), text.size());
    head.nsp = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (!text.empty() && is_digit(text.front())) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{}) return wire_errc::illegal_id;
    head.id = id;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  head.json = text;
  return head;
}

std::error_code check_event_name(const input& payload) noexcept {
  input::walk arguments(payload);
  input name;
  if (!arguments.next(name)) return wire_errc::invalid_payload;
  const kind type = name.type();
  if (type == kind::integer || type == kind::number) return {};
  std::string_view text;
  if (!name.get_string(text)) return wire_errc::invalid_payload;
  return is_reserved_event(text) ? make_error_code(wire_errc::reserved_event) : std::error_code{};
}

std::error_code check_payload(const packet& decoded) noexcept {
  const kind type = decoded.payload.type();
  const auto require = [](bool valid) {
    return valid ? std::error_code{} : make_error_code(wire_errc::invalid_payload);
  };
  switch (decoded.type) {
    case packet_type::connect: return require(!decoded.has_payload || type == kind::object);
    case packet_type::disconnect: return require(!decoded.has_payload);
    case packet_type::event:
      if (type != kind::array) return wire_errc::invalid_payload;
      return check_event_name(decoded.payload);
    case packet_type::ack: return require(!decoded.has_payload || type == kind::array);
    case packet_type::connect_error:
      return require(!decoded.has_payload || type == kind::object || type == kind::string);
  }
  return wire_errc::unknown_packet_type;
}

result<packet> complete(const packet_head& head, json_reader& reader, const packet_limits& limits,
                        std::span<const std::string> attachments = {}) {
  packet decoded;
  decoded.type = head.type;
  decoded.nsp = head.nsp;
  decoded.id = head.id;
  decoded.has_binary = head.attachments != 0;
  decoded.has_payload = !head.json.empty();
  if (decoded.has_payload) {
    const auto payload = reader.parse(head.json, attachments, limits.attachment_bytes_max);
    if (!payload) return payload.error();
    decoded.json = head.json;
    decoded.payload = *payload;
  }
  if (const std::error_code error = check_payload(decoded)) return error;
  return decoded;
}

}  // namespace

// A packet whose attachments are still to come.
struct packet_decoder::pending {
  std::string text;  // what `head` points into
  packet_head head;
  std::vector<std::string> attachments;
  std::size_t attachment_bytes = 0;
};

packet_decoder::packet_decoder() = default;
packet_decoder::~packet_decoder() = default;
packet_decoder::packet_decoder(packet_decoder&&) noexcept = default;
packet_decoder& packet_decoder::operator=(packet_decoder&&) noexcept = default;

result<std::optional<packet>> packet_decoder::on_text(std::string_view text, json_reader& reader,
                                                      const packet_limits& limits) {
  if (pending_) return wire_errc::unexpected_text;
  const auto head = read_head(text, limits);
  if (!head) return head.error();
  const auto decoded = complete(*head, reader, limits);
  if (!decoded) return decoded.error();
  if (head->attachments == 0) return std::optional(*decoded);

  pending_ = std::make_unique<pending>();
  pending_->text = text;
  pending_->head = *read_head(pending_->text, limits);
  return std::optional<packet>();
}

std::pair<std::size_t, std::size_t> packet_decoder::progress() const noexcept {
  return {pending_->attachments.size(), pending_->head.attachments};
}

result<std::optional<packet>> packet_decoder::on_binary(std::string_view bytes, json_reader& reader,
                                                        const packet_limits& limits) {
  if (!pending_) return wire_errc::unexpected_binary;
  pending_->attachment_bytes += bytes.size();
  if (pending_->attachment_bytes > limits.attachment_bytes_max) {
    pending_.reset();
    return wire_errc::attachments_too_big;
  }
  pending_->attachments.emplace_back(bytes);
  if (pending_->attachments.size() < pending_->head.attachments) return std::optional<packet>();

  // The reader keeps what the packet points into, so that an idle connection holds nothing.
  const std::shared_ptr<const pending> done = std::move(pending_);
  const auto decoded = complete(done->head, reader, limits, done->attachments);
  if (!decoded) return decoded.error();
  reader.keep(done);
  return std::optional(*decoded);
}

bool is_reserved_event(std::string_view name) noexcept { return detail::is_reserved(name); }

}  // namespace socketio::wire
