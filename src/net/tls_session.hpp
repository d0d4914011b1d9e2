// One connection's TLS: stands between its socket and the connection, which sees the verbs of a
// plain stream. The sockets' side is here; what encrypts is behind the virtual functions
// (openssl_session.hpp). Shard only, and it moves between shards with its connection.
//
// Reading decrypts until the caller's buffer is full or nothing is left in the socket, so that a
// short read means what it means without TLS: the next byte is a new edge.
//
// What TLS itself has to say (new keys, negotiations that are refused) is dealt with inside of
// decrypt() and handshake(), which end when the socket is empty. A peer that says nothing else
// could keep the shard busy with it for ever; so they get little of the socket at a time, and the
// rest is read in the next turn.
//
// Writing takes what it is given: bytes that were encrypted cannot be taken back, and the queue
// that they come from may change before the kernel has room. So what the kernel does not take of a
// record waits here, as it would wait in the kernel; nothing more is encrypted before it is gone.
// That is one record (16 KiB) and what TLS itself has to say.
//
// Waiting: the poller tells this object, which tells the connection. Reading may have to write
// first (an answer to a key update while the kernel is full), and writing may have to read first
// (the rest of such a message): then the wait is for the other direction, and the caller sees only
// EAGAIN. In one call of the poller the connection is told one thing, last: it may have ended this
// object.
//
// Tested by tests/unit/net/tls_stream_test.cpp.
#pragma once

#include "net/poll_target.hpp"
#include "net/poller.hpp"
#include "net/transfer.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace socketio {
struct peer_certificate;
}

namespace socketio::net {

class tls_session : public poll_target {
 public:
  virtual ~tls_session() = default;

  // Where it is watched; again after it has moved to another shard.
  void attach(poller& ready, poller::slot_index slot, int descriptor) noexcept;
  // Who is told from now on, when the poller keeps it.
  void stand_before(poll_target& connection) noexcept { connection_ = &connection; }
  void forget_connection() noexcept;

  // ---- the verbs of a stream
  transfer read(std::span<char> into) noexcept;
  transfer write(std::span<const iovec> pieces) noexcept;
  void wait_readable();
  void wait_writable();
  // Encrypted bytes wait for the kernel.
  bool has_unsent() const noexcept { return !unsent_.empty() && error_ == 0; }
  bool flush() noexcept;  // false: they still do
  // Tells the peer that nothing follows, behind everything that was written.
  void shut_down_writing() noexcept;
  virtual void say_goodbye() noexcept = 0;  // close_notify, once, if it makes sense

  // ---- the handshake
  enum class progress : std::uint8_t { done, waits, failed };
  progress shake_hands() noexcept;
  virtual std::string_view problem() const noexcept = 0;  // why it failed
  virtual bool spoke_http() const noexcept = 0;           // the peer, instead of TLS
  // Reading was put off: the next wait for it is answered in the next turn.
  void come_back() noexcept { ready_->has_read(slot_, false); }
  // Past TLS, when it has failed.
  transfer discard(std::span<char> into) noexcept;
  void write_raw(std::string_view bytes) noexcept { send(bytes); }

  // The peer's certificate; nullptr: it has shown none.
  virtual std::shared_ptr<const peer_certificate> peer() const = 0;

 protected:
  enum class outcome : std::uint8_t { ok, wants_read, wants_write, end, failed };

  // ---- what encrypts
  virtual outcome handshake() noexcept = 0;
  virtual outcome decrypt(std::span<char> into, std::size_t& got) noexcept = 0;
  virtual outcome encrypt(std::string_view bytes, std::size_t& taken) noexcept = 0;
  virtual bool has_decrypted() const noexcept = 0;  // something that came is still inside

  // ---- its way to the socket
  // Zero bytes without an error: the end. EAGAIN without a system call when the last read was
  // short, or this was asked often enough.
  transfer receive(std::span<char> into) noexcept;
  outcome send(std::string_view bytes) noexcept;  // ok, wants_write, or failed
  bool failed() const noexcept { return error_ != 0; }
  bool at_end_of_input() const noexcept { return end_of_input_; }

 private:
  void on_readable() override;
  void on_writable() override;
  void read_in_next_turn();
  transfer ended_with(outcome what) noexcept;
  transfer read_raw(std::span<char> into) noexcept;
  std::size_t put(std::string_view bytes) noexcept;
  void wait_for_room() noexcept;

  poller* ready_ = nullptr;
  poll_target* connection_ = nullptr;
  std::string unsent_;  // encrypted, from sent_ on
  std::size_t sent_ = 0;
  poller::slot_index slot_ = poller::none;
  int descriptor_ = -1;
  int error_ = 0;               // of the socket; nothing works any more
  unsigned char receives_ = 0;  // since the last call of what decrypts
  bool emptied_ = false;        // the socket, since the last call from outside
  bool end_of_input_ = false;
  bool over_ = false;  // reading: with what last_ says
  bool reader_waits_ = false;
  bool writer_waits_ = false;
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
  bool shuts_down_ = false;  // when everything is sent
  outcome last_ = outcome::ok;
};

}  // namespace socketio::net
