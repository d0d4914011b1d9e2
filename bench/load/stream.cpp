// See stream.hpp.

#include "stream.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace load {

void stream::connect(std::uint16_t port, std::uint32_t neighbour) {
  out_.clear();
  rest_.clear();
  fd_ = event_loop::connect_to(port, neighbour);
  wants_write_ = true;  // the first write waits until the connection stands
  loop_.watch(fd_, *this, EPOLLIN | EPOLLOUT);
}

// What is still open at the end of a run is reset (see event_loop::connect_to).
stream::~stream() {
  if (is_open()) ::close(fd_);
}

void stream::close() {
  if (fd_ < 0) return;
  loop_.forget(*this);
  // A reset would be an error to the server, and errors cost: Node spends as much on one as on half
  // a handshake.
  const linger none{};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  ::close(fd_);
  fd_ = -1;
}

void stream::on_events(std::uint32_t events) {
  if (events & EPOLLOUT) {
    loop_.rewatch(fd_, *this, EPOLLIN);
    wants_write_ = false;
  }
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    while (read_once()) {
    }
  }
  if (is_open()) flush();
}

// Returns true if there may be more to read.
bool stream::read_once() {
  char* const buffer = loop_.buffer();
  const std::size_t kept = rest_.size();
  std::memcpy(buffer, rest_.data(), kept);
  const std::size_t room = event_loop::buffer_bytes - kept;
  if (room == 0) fail("a message larger than the receive buffer");
  const ssize_t count = recv(fd_, buffer + kept, room, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count < 0 && errno != ECONNRESET) fail("receive: %s", std::strerror(errno));
  if (count <= 0) {
    on_end();
    return false;
  }
  const std::size_t size = kept + static_cast<std::size_t>(count);
  const std::size_t used = on_bytes({buffer, size});
  rest_.assign(buffer + used, size - used);
  return static_cast<std::size_t>(count) == room;
}

void stream::flush() {
  if (out_.empty() || wants_write_) return;
  const ssize_t count = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != ECONNRESET && errno != EPIPE) {
    fail("send: %s", std::strerror(errno));
  }
  // After a reset the next read reports the end; nothing more can be written.
  if (count < 0 && errno != EAGAIN) return out_.clear();
  out_.erase(0, count < 0 ? 0 : static_cast<std::size_t>(count));
  if (out_.empty()) return;
  wants_write_ = true;
  loop_.rewatch(fd_, *this, EPOLLIN | EPOLLOUT);
}

}  // namespace load
