// See raw_server.hpp.
#include "unit/dial/raw_server.hpp"

#include "base/text.hpp"
#include "wire/ws_frame.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace socketio::test {
namespace {

constexpr timeval patience{10, 0};

int listen_on(const std::string& address, std::uint16_t& port) {
  const bool v6 = address.find(':') != std::string::npos;
  const int made = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage where{};
  socklen_t bytes = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  where.ss_family = v6 ? AF_INET6 : AF_INET;
  if (v6)
    ::inet_pton(AF_INET6, address.c_str(), &reinterpret_cast<sockaddr_in6&>(where).sin6_addr);
  else
    ::inet_pton(AF_INET, address.c_str(), &reinterpret_cast<sockaddr_in&>(where).sin_addr);
  EXPECT_EQ(::bind(made, reinterpret_cast<sockaddr*>(&where), bytes), 0);
  EXPECT_EQ(::listen(made, 64), 0);
  ::getsockname(made, reinterpret_cast<sockaddr*>(&where), &bytes);
  port = ntohs(v6 ? reinterpret_cast<sockaddr_in6&>(where).sin6_port
                  : reinterpret_cast<sockaddr_in&>(where).sin_port);
  return made;
}

}  // namespace

void meet() {
  static std::mutex all;
  const std::lock_guard lock(all);
}

unsigned seen_frame::code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned>(static_cast<std::uint8_t>(payload[0])) << 8 |
         static_cast<std::uint8_t>(payload[1]);
}

// ---- peer

peer::peer(int descriptor) : descriptor_(descriptor) {
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}
peer::~peer() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ssize_t peer::receive_some(char* into, std::size_t bytes) {
  return ::recv(descriptor_, into, bytes, 0);
}
ssize_t peer::send_some(const char* from, std::size_t bytes) {
  return ::send(descriptor_, from, bytes, MSG_NOSIGNAL);
}

bool peer::fill() {
  char bytes[65'536];
  const auto got = descriptor_ < 0 ? 0 : receive_some(bytes, sizeof bytes);
  meet();
  if (got <= 0) return false;
  received_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::string peer::read_until(std::string_view end) {
  std::size_t found = 0;
  while ((found = received_.find(end)) == std::string::npos) {
    if (!fill()) return std::exchange(received_, {});
  }
  std::string text = received_.substr(0, found + end.size());
  received_.erase(0, text.size());
  return text;
}

std::string peer::read_exactly(std::size_t bytes) {
  while (received_.size() < bytes && fill()) {
  }
  std::string text = received_.substr(0, bytes);
  received_.erase(0, text.size());
  return text;
}

seen_frame peer::read_frame() {
  const std::string head = read_exactly(2);
  if (head.size() < 2) return {};
  seen_frame seen;
  const auto first = static_cast<std::uint8_t>(head[0]),
             second = static_cast<std::uint8_t>(head[1]);
  seen.fin = first & 0x80;
  seen.rsv1 = first & 0x40;
  seen.masked = second & 0x80;
  std::size_t length = second & 0x7F;
  if (length > 125) {
    const std::string more = read_exactly(length == 126 ? 2 : 8);
    length = 0;
    for (const char c : more) length = length << 8 | static_cast<std::uint8_t>(c);
  }
  const std::string mask = seen.masked ? read_exactly(4) : std::string(4, '\0');
  seen.payload = read_exactly(length);
  if (mask.size() < 4 || seen.payload.size() < length) return {};
  for (std::size_t i = 0; i < length; ++i)
    seen.payload[i] = static_cast<char>(seen.payload[i] ^ mask[i % 4]);
  seen.opcode = first & 0x0F;
  return seen;
}

bool peer::sees_end() {
  const bool more = !received_.empty() || fill();
  return !more;
}

void peer::send(std::string_view bytes) {
  meet();
  while (!bytes.empty()) {
    const auto put = send_some(bytes.data(), bytes.size());
    if (put <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void peer::send_frame(unsigned first_byte, std::string_view payload) {
  std::string frame;
  wire::append_ws_frame(wire::ws_opcode::text, payload, frame);
  frame[0] = static_cast<char>(first_byte);
  send(frame);
}

void peer::finish() { ::shutdown(descriptor_, SHUT_RDWR); }
void peer::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

void peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

void peer::accept(const std::string& request, std::string_view more_headers) {
  send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_of(request) + "\r\n" + std::string(more_headers) + "\r\n");
}

std::string peer::accept_websocket(std::string_view more_headers) {
  std::string request = read_head();
  accept(request, more_headers);
  return request;
}

std::string header_of(const std::string& head, std::string_view name) {
  std::string_view rest(head);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != line.npos && same_word(line.substr(0, colon), name))
      return std::string(trimmed(line.substr(colon + 1)));
  }
  return {};
}

std::string accept_of(const std::string& request) {
  return wire::ws_accept_value(header_of(request, "Sec-WebSocket-Key"));
}

std::string response(std::string_view status_line, std::string_view headers,
                     std::string_view body) {
  return "HTTP/1.1 " + std::string(status_line) + "\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// ---- server

raw_server::raw_server(script what, const std::string& address)
    : raw_server(
          std::move(what), [](int accepted) { return std::make_unique<peer>(accepted); }, address) {
}
raw_server::raw_server(script what, maker make, const std::string& address)
    : what_(std::move(what)),
      make_(std::move(make)),
      listening_(listen_on(address, port_)),
      accepts_([this] { accept_all(); }) {}

raw_server::~raw_server() {
  stop();
  {
    const std::lock_guard lock(mutex_);
    for (peer* const one : open_) one->finish();
  }
  for (auto& one : threads_) one.join();
}

void raw_server::stop() {
  if (!accepts_.joinable()) return;
  ::shutdown(listening_, SHUT_RDWR);
  accepts_.join();
  ::close(listening_);
}

void raw_server::accept_all() {
  while (true) {
    const int accepted = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return;
    ++accepted_;
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, accepted] { serve(accepted); });
  }
}

void raw_server::serve(int accepted) {
  std::unique_ptr<peer> one = make_(accepted);
  std::list<peer*>::iterator place;
  {
    const std::lock_guard lock(mutex_);
    place = open_.insert(open_.end(), one.get());
  }
  what_(*one);
  meet();
  {
    const std::lock_guard lock(mutex_);
    open_.erase(place);
  }
  one.reset();
  ++ended_;
}

std::string raw_server::url(std::string_view scheme) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_);
}

}  // namespace socketio::test
