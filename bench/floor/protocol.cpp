// What the floor server understands of HTTP, WebSocket, Engine.IO and Socket.IO: just enough.

#include "server.hpp"

#include <cstdio>
#include <cstring>

namespace floor_server {
namespace {

constexpr std::string_view accepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

constexpr std::string_view limits =
    "\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}";

void unmask(char* data, std::size_t size, const char* mask) {
  std::uint32_t narrow;
  std::memcpy(&narrow, mask, 4);
  const std::uint64_t key = narrow | static_cast<std::uint64_t>(narrow) << 32;
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + at, 8);
    word ^= key;
    std::memcpy(data + at, &word, 8);
  }
  for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ mask[at % 4]);
}

// "<prefix>" at the front of `arguments`; leaves what follows it, without the closing bracket.
bool take_event(std::string_view& arguments, std::string_view prefix) {
  if (!arguments.starts_with(prefix)) return false;
  arguments = arguments.substr(prefix.size(), arguments.size() - prefix.size() - 1);
  return true;
}

}  // namespace

std::size_t server::on_request(connection& from, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  from.upgraded = true;
  const auto offset = static_cast<std::uint32_t>(arena_.size());
  arena_.append(accepted);
  send(from, {offset, static_cast<std::uint32_t>(accepted.size())});
  char sid[24];
  std::snprintf(sid, sizeof sid, "%020llu", static_cast<unsigned long long>(++sids_));
  reply(from, {"0{\"sid\":\"", sid, limits});
  return end + 4;
}

std::size_t server::on_frames(connection& from, char* data, std::size_t size) {
  std::size_t used = 0;
  while (size - used >= 6 && !from.closing) {
    char* const frame = data + used;
    const std::size_t left = size - used;
    std::size_t header = 6;
    std::uint64_t length = static_cast<unsigned char>(frame[1]) & 0x7F;
    if (length >= 126) {
      header = length == 126 ? 8 : 14;
      if (left < header) break;
      length = 0;
      for (std::size_t at = 2; at < header - 4; ++at) {
        length = length << 8 | static_cast<unsigned char>(frame[at]);
      }
    }
    if (left - header < length) break;
    unmask(frame + header, length, frame + header - 4);
    used += header + length;
    const std::string_view payload(frame + header, length);
    if ((frame[0] & 0x0F) == 8) {
      const slice answer = begin_frame(length, 0x88);
      arena_.append(payload);
      send(from, answer);
      from.closing = true;
    } else {
      on_packet(from, payload);
    }
  }
  return used;
}

void server::on_packet(connection& from, std::string_view packet) {
  if (packet.starts_with("42")) {
    const std::size_t bracket = packet.find('[');
    return on_event(from, packet.substr(2, bracket - 2), packet.substr(bracket));
  }
  if (packet != "40") return;
  char sid[24];
  std::snprintf(sid, sizeof sid, "%020llu", static_cast<unsigned long long>(++sids_));
  reply(from, {"40{\"sid\":\"", sid, "\"}"});
}

void server::on_event(connection& from, std::string_view id, std::string_view arguments) {
  if (take_event(arguments, "[\"echo\",")) return reply(from, {"43", id, "[", arguments, "]"});
  if (take_event(arguments, "[\"broadcast\",")) return send_message(all_, arguments);
  if (take_event(arguments, "[\"room\",")) return send_message(*from.room, arguments);
  if (take_event(arguments, "[\"join\",")) {
    join(from, arguments);
    reply(from, {"43", id, "[]"});
  }
}

void server::join(connection& from, std::string_view name) {
  members& room = rooms_[std::string(name)];
  from.room = &room;
  from.place_in_room = static_cast<std::uint32_t>(room.size());
  room.push_back(&from);
}

server::slice server::begin_frame(std::size_t payload_bytes, unsigned char first_byte) {
  const auto offset = static_cast<std::uint32_t>(arena_.size());
  arena_.push_back(static_cast<char>(first_byte));
  const unsigned length_bytes = payload_bytes < 126 ? 0 : payload_bytes < 65'536 ? 2 : 8;
  arena_.push_back(static_cast<char>(length_bytes == 0   ? payload_bytes
                                     : length_bytes == 2 ? 126
                                                         : 127));
  for (unsigned left = length_bytes; left > 0; --left) {
    arena_.push_back(static_cast<char>(payload_bytes >> (8 * (left - 1))));
  }
  return {offset, static_cast<std::uint32_t>(arena_.size() - offset + payload_bytes)};
}

// Slices that lie next to each other become one.
void server::send(connection& to, slice what) {
  if (to.first_slice == 0) {
    dirty_.push_back(&to);
    to.first_slice = static_cast<std::uint32_t>(slices_.size());
  } else {
    slice& last = slices_[to.last_slice];
    if (last.offset + last.size == what.offset) {
      last.size += what.size;
      return;
    }
    last.next = static_cast<std::uint32_t>(slices_.size());
  }
  to.last_slice = static_cast<std::uint32_t>(slices_.size());
  slices_.push_back(what);
}

void server::reply(connection& to, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  const slice frame = begin_frame(size);
  for (const std::string_view part : parts) arena_.append(part);
  send(to, frame);
}

void server::send_message(const members& to, std::string_view payload) {
  constexpr std::string_view head = "42[\"message\",";
  const slice frame = begin_frame(head.size() + payload.size() + 1);
  arena_.append(head).append(payload).append("]");
  for (connection* const each : to) {
    if (each->upgraded) send(*each, frame);
  }
}

}  // namespace floor_server
