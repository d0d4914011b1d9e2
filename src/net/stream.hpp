// A connected byte stream: read what is there, write what fits, wait for more. With TLS it has the
// same verbs, and the connections above do not know: each verb asks one pointer, which the
// processor predicts. Else nothing here is virtual; the cost of a call is the cost of the system
// call.
//
// Waiting holds the connection: from the first wait until close() or cancel_waits() it needs no
// other owner. No call comes after close().
#pragma once

#include "base/sanitizers.hpp"
#include "net/loop_impl.hpp"
#include "net/loose_stream.hpp"
#include "net/tls_session.hpp"
#include "net/transfer.hpp"

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
  explicit stream(loop& shard) noexcept : shard_(&shard), slot_(poller::none) {}  // not open
  // Takes the ownership of a connected, non-blocking socket, if it can be watched: else is_open()
  // is false and it remains the caller's.
  stream(loop& shard, int descriptor) noexcept : shard_(&shard), slot_(ready().add(descriptor)) {
    if (is_open()) descriptor_ = descriptor;
  }
  stream(loop& shard, loose_stream& from) noexcept : stream(shard, from.descriptor) {
    if (!is_open()) return;
    from.descriptor = -1;
    tls_ = std::move(from.tls);
    if (tls_) tls_->attach(ready(), slot_, descriptor_);
  }
  stream(stream&& other) noexcept
      : shard_(other.shard_),
        slot_(std::exchange(other.slot_, poller::none)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        tls_(std::move(other.tls_)) {}
  ~stream() { close(); }

  loop& shard() const noexcept { return *shard_; }
  bool is_open() const noexcept { return slot_ != poller::none; }
  tls_session* tls() const noexcept { return tls_.get(); }  // nullptr: plain

  // Zero bytes without an error: the peer has finished sending.
  transfer read_some(std::span<char> into) noexcept {
    if (tls_) [[unlikely]]
      return tls_->read(into);
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
    if (tls_) [[unlikely]] {
      const iovec only{const_cast<char*>(piece.data()), piece.size()};
      return tls_->write({&only, 1});
    }
    return repeat([&] { return send(descriptor_, piece.data(), piece.size(), write_flags); });
  }
  transfer write_some(std::span<iovec> pieces) noexcept {
    if (pieces.size() == 1)
      return write_some({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
    if (tls_) [[unlikely]]
      return tls_->write(pieces);
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return repeat([&] { return ::sendmsg(descriptor_, &message, write_flags); });
  }
  // Something that was written has not reached the kernel: not the time to end the connection
  // (wait_writable() tells when it has).
  bool has_unsent() const noexcept { return tls_ && tls_->has_unsent(); }
  // Nothing follows: TLS says so. False when that or something before it is unsent.
  bool say_goodbye() noexcept {
    if (tls_) tls_->say_goodbye();
    return !has_unsent();
  }

  // Whoever waits is called in the next turn, as if the last read had not emptied the socket.
  void read_again() noexcept { ready().has_read(slot_, false); }

  // Calls self.on_readable() or self.on_writable() once, when there is a reason to try.
  template <class Connection>
  void wait_readable(Connection& self) {
    own(self);
    if (tls_) [[unlikely]]
      return tls_->wait_readable();
    ready().wait_readable(slot_);
  }
  template <class Connection>
  void wait_writable(Connection& self) {
    own(self);
    if (tls_) [[unlikely]]
      return tls_->wait_writable();
    ready().wait_writable(slot_, descriptor_);
  }
  // By the poller, since the first wait.
  bool is_kept() const noexcept { return is_open() && ready().owned(slot_); }
  // Ends the waits and lets the connection go: the stream gets another one.
  void cancel_waits() noexcept {
    ready().disown(slot_);
    if (tls_) tls_->forget_connection();
  }

  // It is the caller's again, and no part of it is looked at here any more.
  loose_stream release() noexcept {
    ready().remove(std::exchange(slot_, poller::none), descriptor_);
    if (tls_) tls_->forget_connection();
    return loose_stream(std::exchange(descriptor_, -1), std::move(tls_));
  }
  void shut_down_writing() noexcept {
    if (tls_) return tls_->shut_down_writing();
    ::shutdown(descriptor_, SHUT_WR);
  }
  void close() noexcept {
    if (!is_open()) return;
    if (tls_) [[unlikely]]
      tls_->say_goodbye();
    ready().remove(std::exchange(slot_, poller::none), descriptor_);
    ::close(std::exchange(descriptor_, -1));
    tls_.reset();
  }

 private:
  template <class Connection>
  void own(Connection& self) {
    if (ready().owned(slot_)) return;
    if (tls_) [[unlikely]] {
      tls_->stand_before(self);
      ready().own(slot_, *tls_, self.shared_from_this());
      tls_->flush();
    } else {
      ready().own(slot_, self, self.shared_from_this());
    }
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
  std::unique_ptr<tls_session> tls_;
};

}  // namespace socketio::net
