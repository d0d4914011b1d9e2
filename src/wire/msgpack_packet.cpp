// See msgpack_packet.hpp; and the parser that is made of it.
#include "wire/msgpack_packet.hpp"

#include "socketio/event.hpp"
#include "wire/msgpack.hpp"

#include <cmath>
#include <stdexcept>

namespace socketio {
namespace wire {
namespace {

// 2.0 is an integer, too, for JavaScript.
std::optional<std::int64_t> integer_of(const value& what) noexcept {
  if (const auto* found = what.as_integer()) return *found;
  const auto* found = what.as_number();
  if (!found || *found != std::trunc(*found) || !(std::abs(*found) < 0x1p63)) return std::nullopt;
  return static_cast<std::int64_t>(*found);
}

bool is_text(const value* what) noexcept { return what && what->as_string(); }
bool is_object(const value* what) noexcept { return what && what->as_object(); }
bool is_array(const value* what) noexcept { return what && what->as_array(); }

}  // namespace

bool has_valid_data(const socketio::packet& what) noexcept {
  const value* const data = what.data ? &*what.data : nullptr;
  switch (what.type) {
    case packet_type::connect: return !data || is_object(data);
    case packet_type::disconnect: return !data;
    case packet_type::event:
    case packet_type::ack: return is_array(data);
    case packet_type::connect_error: return is_text(data) || is_object(data);
  }
  return false;
}

std::string encode_msgpack_packet(const socketio::packet& what) {
  std::string out;
  out += static_cast<char>(0x80 | (2 + (what.data ? 1 : 0) + (what.id ? 1 : 0)));
  const auto member = [&out](const char* name, const value& of) {
    append_msgpack(name, out);
    append_msgpack(of, out);
  };
  member("type", static_cast<int>(what.type));
  if (what.data) member("data", *what.data);
  if (what.id) member("id", *what.id);
  member("nsp", what.nsp);
  return out;
}

result<socketio::packet> decode_msgpack_packet(std::string_view bytes,
                                               const msgpack_limits& limits) {
  auto decoded = decode_msgpack(bytes, limits);
  if (!decoded) return decoded.error();
  if (!decoded->as_object()) return wire_errc::unknown_packet_type;
  value& fields = *decoded;
  socketio::packet read;
  const auto type = integer_of(std::as_const(fields)["type"]);
  if (!type || *type < 0 || *type > static_cast<int>(packet_type::connect_error))
    return wire_errc::unknown_packet_type;
  read.type = static_cast<packet_type>(*type);
  const auto* nsp = std::as_const(fields)["nsp"].as_string();
  if (!nsp) return wire_errc::invalid_namespace;
  read.nsp = *nsp;
  if (fields.contains("id")) {
    const auto id = integer_of(std::as_const(fields)["id"]);
    if (!id || *id < 0) return wire_errc::illegal_id;
    read.id = static_cast<std::uint64_t>(*id);
  }
  if (fields.contains("data")) read.data = std::move(fields["data"]);
  if (!has_valid_data(read)) return wire_errc::invalid_payload;
  return read;
}

namespace {

class msgpack final : public parser {
 public:
  explicit msgpack(const msgpack_limits& limits) : limits_(limits) {}
  std::vector<message> encode(const socketio::packet& what) const override {
    return {{true, encode_msgpack_packet(what)}};
  }
  std::unique_ptr<decoder> make_decoder() const override;

 private:
  const msgpack_limits limits_;
};

// Has no memory: each message is a packet.
class msgpack_decoder final : public parser::decoder {
 public:
  explicit msgpack_decoder(const msgpack_limits& limits) : limits_(limits) {}
  result<std::optional<socketio::packet>> add(std::string_view bytes, bool binary) override {
    if (!binary) return wire_errc::invalid_msgpack;
    auto decoded = decode_msgpack_packet(bytes, limits_);
    if (!decoded) return decoded.error();
    return std::optional(std::move(*decoded));
  }

 private:
  const msgpack_limits& limits_;  // of the parser, which outlives its decoders
};

std::unique_ptr<parser::decoder> msgpack::make_decoder() const {
  return std::make_unique<msgpack_decoder>(limits_);
}

}  // namespace
}  // namespace wire

bool is_valid(const packet& what) noexcept {
  if (!wire::has_valid_data(what)) return false;
  if (what.type != packet_type::event) return true;
  const value& name = (*what.data)[std::size_t{0}];
  if (const auto* text = name.as_string()) return !detail::is_reserved(*text);
  return name.as_integer() || name.as_number();
}

std::shared_ptr<const parser> msgpack_parser(const msgpack_limits& limits) {
  const auto check = [](const char* name, std::size_t given, std::size_t least, std::size_t most) {
    if (given >= least && given <= most) return;
    throw std::invalid_argument("msgpack_limits: " + std::string(name) + " is " +
                                std::to_string(given) + ", possible are " + std::to_string(least) +
                                " to " + std::to_string(most));
  };
  check("depth_max", limits.depth_max, 2, 10'000);  // values are read recursively
  check("elements_max", limits.elements_max, 16, 2'147'483'647);
  return std::make_shared<const wire::msgpack>(limits);
}

}  // namespace socketio
