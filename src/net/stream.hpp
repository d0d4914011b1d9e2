// A connected byte stream: read what is there, write what fits, wait for more. This is the seam
// where TLS goes: a stream that encrypts has the same four verbs, and the connections above do not
// change. Nothing here is virtual; the cost of a call is the cost of the system call.
//
// Waiting holds the connection: the shared_ptr given to wait_*() lives until the completion has
// run, so that a connection which waits needs no other owner. close() ends every wait; what
// completes afterwards must look at its own state first and do nothing.
#pragma once

#include "net/loop_impl.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <memory>
#include <span>
#include <sys/socket.h>
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

  // Takes the ownership of a connected, non-blocking socket; if it cannot (is_open() says so), the
  // descriptor stays the caller's.
  stream(loop& shard, const asio::ip::tcp& protocol, int descriptor) : socket_(context_of(shard)) {
    boost::system::error_code ignored;
    socket_.assign(protocol, descriptor, ignored);
  }
  stream(stream&&) noexcept = default;

  bool is_open() const noexcept { return socket_.is_open(); }

  // Zero bytes without an error: the peer has finished sending.
  transfer read_some(std::span<char> into) noexcept {
    for (;;) {
      const auto got = ::recv(handle(), into.data(), into.size(), MSG_DONTWAIT);
      if (got >= 0) return {static_cast<std::size_t>(got), 0};
      if (errno != EINTR) return {0, errno};
    }
  }
  // One piece is the common case, and send() is the cheaper call.
  transfer write_some(std::span<iovec> pieces) noexcept {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
      const auto put = pieces.size() == 1
                           ? ::send(handle(), pieces[0].iov_base, pieces[0].iov_len, flags)
                           : ::sendmsg(handle(), &message, flags);
      if (put >= 0) return {static_cast<std::size_t>(put), 0};
      if (errno != EINTR) return {0, errno};
    }
  }

  // Calls self->on_readable() or self->on_writable() when there is a reason to try; at most one of
  // each may be awaited.
  template <class Connection>
  void wait_readable(std::shared_ptr<Connection> self) {
    socket_.async_wait(asio::socket_base::wait_read,
                       [self = std::move(self)](const boost::system::error_code&) {
                         self->shard().internals().begin_turn();
                         self->on_readable();
                       });
  }
  template <class Connection>
  void wait_writable(std::shared_ptr<Connection> self) {
    socket_.async_wait(asio::socket_base::wait_write,
                       [self = std::move(self)](const boost::system::error_code&) {
                         self->shard().internals().begin_turn();
                         self->on_writable();
                       });
  }
  // Ends the waits; the completions run nevertheless.
  void cancel_waits() noexcept {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  void shut_down_writing() noexcept { ::shutdown(handle(), SHUT_WR); }
  void close() noexcept {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  int handle() noexcept { return socket_.native_handle(); }

  asio::basic_stream_socket<asio::ip::tcp, loop::impl::executor_type> socket_;
};

}  // namespace socketio::net
