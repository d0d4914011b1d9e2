// See raw_client.hpp.
#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace socketio::test {
namespace {

constexpr int patience_ms = 5'000;

}  // namespace

raw_client::raw_client(std::uint16_t port, int receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer != 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(descriptor_);
    throw std::runtime_error("cannot connect to the server under test");
  }
}

raw_client::raw_client(const std::string& address) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.starts_with("unix:")) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.copy(to.sun_path, sizeof to.sun_path - 1, 5);
    std::memcpy(&storage, &to, length = sizeof to);
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    const auto bracket = address.find(']');
    to.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(bracket + 2))));
    ::inet_pton(AF_INET6, address.substr(1, bracket - 1).c_str(), &to.sin6_addr);
    std::memcpy(&storage, &to, length = sizeof to);
  }
  descriptor_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    ::close(descriptor_);
    throw std::runtime_error("cannot connect to " + address);
  }
}

raw_client::~raw_client() { close(); }

void raw_client::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

// Errors are not reported: whoever sends to a closed connection looks at what it reads.
void raw_client::transmit(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t raw_client::send_until_full(std::string_view bytes, int patience) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    pollfd ready{descriptor_, POLLOUT, 0};
    if (::poll(&ready, 1, patience) <= 0) break;
    const auto sent = ::send(descriptor_, bytes.data() + total, bytes.size() - total,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  return total;
}

// Without delay each byte is its own segment; the server may still see several at once, which is
// why tests of cutting do not depend on it.
void raw_client::send_byte_by_byte(std::string_view bytes) {
  for (const char& byte : bytes) {
    send({&byte, 1});
    std::this_thread::yield();
  }
}

void raw_client::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

void raw_client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

// False when nothing came or the connection ended.
bool raw_client::fill(int timeout_ms) {
  pollfd ready{descriptor_, POLLIN, 0};
  while (!ended_ && ::poll(&ready, 1, timeout_ms) > 0) {
    std::array<char, 65536> chunk;
    const auto got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    ended_ = got <= 0;
    if (ended_) break;
    const std::string text = received({chunk.data(), static_cast<std::size_t>(got)});
    received_.append(text);
    if (!text.empty()) return true;
  }
  return false;
}

std::string raw_client::read_exactly(std::size_t bytes) {
  while (received_.size() < bytes && fill(patience_ms)) {
  }
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, taken.size());
  return taken;
}

std::string raw_client::read_to_end() {
  while (fill(patience_ms)) {
  }
  return std::exchange(received_, {});
}

std::string raw_client::take_received() { return std::exchange(received_, {}); }

bool raw_client::sees_end() {
  while (fill(patience_ms)) {
  }
  return ended_ && received_.empty();
}

bool raw_client::sees_silence(int for_ms) { return received_.empty() && !fill(for_ms) && !ended_; }

raw_response raw_client::read_response(bool head_only) {
  while (received_.find("\r\n\r\n") == std::string::npos) {
    if (!fill(patience_ms)) return {};
  }
  const auto end = received_.find("\r\n\r\n");
  const std::string head = received_.substr(0, end + 2);
  received_.erase(0, end + 4);
  raw_response response;
  response.status = static_cast<unsigned>(std::stoul(head.substr(9, 3)));
  for (auto at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
    const auto colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string& value = response.headers[name];
    if (!value.empty()) value += ", ";
    value += head.substr(colon + 2, head.find("\r\n", at) - colon - 2);
  }
  if (!head_only && response.has("content-length")) {
    response.body = read_exactly(std::stoul(response.headers["content-length"]));
  }
  return response;
}

raw_frame raw_client::read_frame() {
  const std::string head = read_exactly(2);
  if (head.size() < 2) return {};
  std::uint64_t length = static_cast<std::uint8_t>(head[1]) & 0x7F;
  const std::string extended = read_exactly(length == 126 ? 2 : length == 127 ? 8 : 0);
  if (!extended.empty()) length = 0;
  for (const char byte : extended) length = length << 8 | static_cast<std::uint8_t>(byte);
  raw_frame frame;
  frame.opcode = static_cast<std::uint8_t>(head[0]) & 0x0F;
  frame.payload = read_exactly(length);
  if (frame.payload.size() < length) return {};
  return frame;
}

unsigned raw_client::open_websocket(std::string_view path, std::string_view more_headers) {
  std::string headers =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  headers.append(more_headers);
  send(get(path, headers));
  return read_response().status;
}

std::string get(std::string_view path, std::string_view more_headers) {
  std::string request("GET ");
  request.append(path).append(" HTTP/1.1\r\nHost: localhost\r\n").append(more_headers);
  return request.append("\r\n");
}

std::string post(std::string_view path, std::string_view body) {
  std::string request("POST ");
  request.append(path).append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: ");
  return request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

std::string client_frame(unsigned first_byte, std::string_view payload, bool masked) {
  std::string frame(1, static_cast<char>(first_byte));
  const auto flag = static_cast<unsigned>(masked ? 0x80 : 0);
  const std::size_t size = payload.size();
  const auto push = [&frame](std::uint64_t byte) { frame += static_cast<char>(byte & 0xFF); };
  if (size < 126) {
    push(flag | size);
  } else {
    const int bytes = size < 65536 ? 2 : 8;
    push(flag | (bytes == 2 ? 126u : 127u));
    for (int i = bytes - 1; i >= 0; --i) push(static_cast<std::uint64_t>(size) >> (8 * i));
  }
  constexpr std::string_view mask("\x12\x34\x56\x78");
  if (!masked) return frame.append(payload);
  frame.append(mask);
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

}  // namespace socketio::test
