// A connected byte stream: read what is there, write what fits, wait for more. This is the seam
// where TLS goes: a stream that encrypts has the same verbs, and the connections above do not
// change. Nothing here is virtual; the cost of a call is the cost of the system call.
//
// Waiting holds the connection: from the first wait until close() or cancel_waits() it needs no
// other owner. No call comes after close().
#pragma once

#include "base/sanitizers.hpp"
#include "net/loop_impl.hpp"

#include <cerrno>
#include <memory>
#include <span>
#include <string_view>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace socketio::net {

class stream {
 public:
  struct transfer {
    std::size_t bytes = 0;
    int error = 0;  // errno; EAGAIN means: wait
    bool would_block() const noexcept { return error == EAGAIN || error == EWOULDBLOCK; }
  };

  // Takes the ownership of a connected, non-blocking socket, if it can be watched: else is_open()
  // is false and the descriptor remains the caller's.
  stream(loop& shard, int descriptor) noexcept : shard_(&shard), slot_(ready().add(descriptor)) {
    if (is_open()) descriptor_ = descriptor;
  }
  stream(stream&& other) noexcept
      : shard_(other.shard_),
        slot_(std::exchange(other.slot_, poller::none)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~stream() { close(); }

  loop& shard() const noexcept { return *shard_; }
  bool is_open() const noexcept { return slot_ != poller::none; }

  // Zero bytes without an error: the peer has finished sending.
  transfer read_some(std::span<char> into) noexcept {
    for (;;) {
      const auto got = receive(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
      if (got >= 0) {
        const auto bytes = static_cast<std::size_t>(got);
        ready().has_read(slot_, bytes < into.size());
        return {bytes, 0};
      }
      if (errno == EINTR) continue;
      const int error = errno;
      ready().has_read(slot_, true);
      return {0, error};
    }
  }
  // One piece is the common case, and send() is the cheaper call.
  transfer write_some(std::string_view piece) noexcept {
    return repeat([&] { return send(descriptor_, piece.data(), piece.size(), write_flags); });
  }
  transfer write_some(std::span<iovec> pieces) noexcept {
    if (pieces.size() == 1)
      return write_some({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return repeat([&] { return ::sendmsg(descriptor_, &message, write_flags); });
  }

  // Whoever waits is called in the next turn, as if the last read had not emptied the socket.
  void read_again() noexcept { ready().has_read(slot_, false); }

  // Calls self.on_readable() or self.on_writable() once, when there is a reason to try.
  template <class Connection>
  void wait_readable(Connection& self) {
    own(self);
    ready().wait_readable(slot_);
  }
  template <class Connection>
  void wait_writable(Connection& self) {
    own(self);
    ready().wait_writable(slot_, descriptor_);
  }
  // By the poller, since the first wait.
  bool is_kept() const noexcept { return is_open() && ready().owned(slot_); }
  // Ends the waits and lets the connection go: the stream gets another one.
  void cancel_waits() noexcept { ready().disown(slot_); }

  // The descriptor is the caller's again.
  int release() noexcept {
    ready().remove(std::exchange(slot_, poller::none), descriptor_);
    return std::exchange(descriptor_, -1);
  }
  void shut_down_writing() noexcept { ::shutdown(descriptor_, SHUT_WR); }
  void close() noexcept {
    if (!is_open()) return;
    ready().remove(std::exchange(slot_, poller::none), descriptor_);
    ::close(std::exchange(descriptor_, -1));
  }

 private:
  template <class Connection>
  void own(Connection& self) {
    if (!ready().owned(slot_)) ready().own(slot_, self, self.shared_from_this());
  }

#if SOCKETIO_ANY_SANITIZER
  static long receive(int from, void* into, std::size_t bytes, int flags) noexcept {
    return ::recv(from, into, bytes, flags);
  }
  static long send(int to, const void* from, std::size_t bytes, int flags) noexcept {
    return ::send(to, from, bytes, flags);
  }
#else
  // recv() and send() without the C library: there they are places where a thread may be cancelled,
  // which costs two locked instructions each. Sanitizers see only the calls of the C library.
  static long receive(int from, void* into, std::size_t bytes, int flags) noexcept {
    return ::syscall(SYS_recvfrom, from, into, bytes, flags, nullptr, nullptr);
  }
  static long send(int to, const void* from, std::size_t bytes, int flags) noexcept {
    return ::syscall(SYS_sendto, to, from, bytes, flags, nullptr, 0);
  }
#endif

  static constexpr int write_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  template <class Call>
  static transfer repeat(Call call) noexcept {
    for (;;) {
      const auto put = call();
      if (put >= 0) return {static_cast<std::size_t>(put), 0};
      if (errno != EINTR) return {0, errno};
    }
  }

  poller& ready() const noexcept { return shard_->internals().ready; }

  loop* shard_;
  poller::slot_index slot_;
  int descriptor_ = -1;
};

}  // namespace socketio::net
