// See wire.hpp. The key of the handshake is the one of RFC 6455, section 1.3: a server computes its
// answer all the same, and the floor server may know it by heart.

#include "wire.hpp"

#include "fail.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <strings.h>

namespace load::wire {
namespace {

constexpr std::string_view endpoint = "/socket.io/?EIO=4&transport=";
constexpr std::string_view accept_of_the_key = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// The value of a header line, found whatever its case; empty if there is none.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t line = head.find("\r\n"); line != head.npos; line = head.find("\r\n", line)) {
    line += 2;
    const std::string_view rest = head.substr(line);
    if (rest.size() <= name.size() || rest[name.size()] != ':') continue;
    if (strncasecmp(rest.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = rest.substr(name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

void apply_mask(char* data, std::size_t size, std::uint32_t mask) {
  const std::uint64_t wide = mask | static_cast<std::uint64_t>(mask) << 32;
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + at, 8);
    word ^= wide;
    std::memcpy(data + at, &word, 8);
  }
  char key[4];
  std::memcpy(key, &mask, 4);
  for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ key[at % 4]);
}

}  // namespace

std::optional<frame> parse_frame(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if ((byte(0) & 0xF0) != 0x80) fail("a fragmented or extended frame from the server");
  if (byte(1) & 0x80) fail("a masked frame from the server");
  std::size_t header_bytes = 2;
  std::uint64_t size = byte(1);
  if (size >= 126) {
    const std::size_t length_bytes = size == 126 ? 2 : 8;
    header_bytes += length_bytes;
    if (bytes.size() < header_bytes) return std::nullopt;
    size = 0;
    for (std::size_t at = 2; at < header_bytes; ++at) size = size << 8 | byte(at);
  }
  if (bytes.size() - header_bytes < size) return std::nullopt;
  return frame{static_cast<opcode>(byte(0) & 0x0F), bytes.substr(header_bytes, size),
               header_bytes + size};
}

void append_frame(std::string& out, opcode type, std::initializer_list<std::string_view> parts,
                  std::uint32_t mask) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  out.push_back(static_cast<char>(0x80 | static_cast<unsigned>(type)));
  const unsigned length_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  const std::size_t short_length = length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127;
  out.push_back(static_cast<char>(0x80 | short_length));
  for (unsigned left = length_bytes; left > 0; --left) {
    out.push_back(static_cast<char>(size >> (8 * (left - 1))));
  }
  out.append(reinterpret_cast<const char*>(&mask), sizeof mask);
  const std::size_t payload = out.size();
  for (const std::string_view part : parts) out.append(part);
  apply_mask(out.data() + payload, size, mask);
}

std::string upgrade_request(std::string_view sid) {
  std::string request = "GET ";
  request.append(endpoint).append("websocket");
  if (!sid.empty()) request.append("&sid=").append(sid);
  request.append(
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return request;
}

std::string polling_request(std::string_view sid, std::string_view body) {
  std::string request = body.empty() ? "GET " : "POST ";
  request.append(endpoint).append("polling");
  if (!sid.empty()) request.append("&sid=").append(sid);
  request.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n");
  if (!body.empty()) {
    request.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n");
  }
  return request.append("\r\n").append(body);
}

bool accepts_upgrade(std::string_view head) {
  return head.starts_with("HTTP/1.1 101 ") &&
         header(head, "Sec-WebSocket-Accept") == accept_of_the_key;
}

std::optional<response> parse_response(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return std::nullopt;
  const std::string_view head = bytes.substr(0, end + 4);
  const std::string_view length = header(head, "Content-Length");
  std::size_t size = 0;
  const auto parsed = std::from_chars(length.data(), length.data() + length.size(), size);
  if (length.empty() || parsed.ec != std::errc{}) fail("a response without Content-Length");
  if (bytes.size() - head.size() < size) return std::nullopt;
  int status = 0;
  std::from_chars(bytes.data() + std::strlen("HTTP/1.1 "), bytes.data() + head.size(), status);
  return response{status, bytes.substr(head.size(), size), head.size() + size};
}

std::string without_pings(std::string_view body) {
  constexpr char separator = '\x1e';
  std::string rest;
  while (!body.empty()) {
    const std::string_view packet = body.substr(0, body.find(separator));
    body.remove_prefix(std::min(packet.size() + 1, body.size()));
    if (packet == "2") continue;
    if (!rest.empty()) rest.push_back(separator);
    rest.append(packet);
  }
  return rest;
}

std::string_view find_sid(std::string_view packet) {
  constexpr std::string_view key = "\"sid\":\"";
  const std::size_t at = packet.find(key);
  if (at == packet.npos) fail("no sid in %.*s", static_cast<int>(packet.size()), packet.data());
  const std::string_view value = packet.substr(at + key.size());
  return value.substr(0, value.find('"'));
}

}  // namespace load::wire
