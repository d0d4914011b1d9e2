// See tls_session.hpp. Tested by tests/unit/net/tls_stream_test.cpp.
#include "net/tls_session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace socketio::net {
namespace {

constexpr std::size_t record_bytes = 16 * 1024;
// Beyond one record only what TLS itself says stands here. A peer that provokes more without
// reading it is not read until it does.
constexpr std::size_t unsent_bytes_max = 64 * 1024;
// How often the socket is read for one piece of what the peer says: OpenSSL takes a record's size
// each time. A thousand new keys are in it, ten milliseconds.
constexpr unsigned receives_max = 2;

// Walks over pieces and offers as much as one record may hold. A small piece is copied to those
// that follow it: a record for each would cost 22 bytes and a seal.
class cursor {
 public:
  explicit cursor(std::span<const iovec> over) noexcept : pieces_(over) {}

  std::string_view next(std::span<char> together) const noexcept {
    if (pieces_.empty()) return {};
    const std::string_view first = rest_of_first();
    if (pieces_.size() == 1 || first.size() >= together.size())
      return first.substr(0, record_bytes);
    std::size_t filled = 0;
    for (std::size_t i = 0; i < pieces_.size() && filled < together.size(); ++i) {
      const std::string_view piece = i == 0 ? first : text(pieces_[i]);
      const std::size_t part = std::min(piece.size(), together.size() - filled);
      std::memcpy(together.data() + filled, piece.data(), part);
      filled += part;
    }
    return {together.data(), filled};
  }
  void skip(std::size_t bytes) noexcept {
    while (!pieces_.empty() && bytes >= rest_of_first().size()) {
      bytes -= rest_of_first().size();
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
    offset_ += bytes;
  }

 private:
  static std::string_view text(const iovec& piece) noexcept {
    return {static_cast<const char*>(piece.iov_base), piece.iov_len};
  }
  std::string_view rest_of_first() const noexcept { return text(pieces_[0]).substr(offset_); }

  std::span<const iovec> pieces_;
  std::size_t offset_ = 0;
};

}  // namespace

void tls_session::attach(poller& ready, poller::slot_index slot, int descriptor) noexcept {
  ready_ = &ready;
  slot_ = slot;
  descriptor_ = descriptor;
  // The kernel tells what is in the socket, and nobody what is decrypted already.
  ready_->has_read(slot_, !over_ && !has_decrypted());
}

void tls_session::forget_connection() noexcept {
  connection_ = nullptr;
  reader_waits_ = writer_waits_ = false;
}

// ---- reading

transfer tls_session::read(std::span<char> into) noexcept {
  emptied_ = false;  // whatever was so: perhaps something has come
  std::size_t total = 0;
  while (!over_ && total < into.size()) {
    std::size_t got = 0;
    receives_ = 0;
    last_ = decrypt(into.subspan(total), got);
    total += got;
    if (last_ != outcome::ok) break;
  }
  over_ = last_ == outcome::end || last_ == outcome::failed;
  read_wants_write_ = last_ == outcome::wants_write;
  ready_->has_read(slot_, last_ == outcome::wants_read && emptied_);
  if (total > 0) return {total, 0};  // how it ends is told by the next call
  return over_ ? ended_with(last_) : transfer{0, EAGAIN};
}

transfer tls_session::ended_with(outcome what) noexcept {
  if (what == outcome::end) return {};
  if (error_ != 0) return {0, error_};
  return {0, end_of_input_ ? truncated : EPROTO};
}

transfer tls_session::receive(std::span<char> into) noexcept {
  if (emptied_ || receives_ == receives_max) return {0, EAGAIN};
  ++receives_;
  const transfer got = read_raw(into);
  emptied_ = got.bytes < into.size();
  if (got.error && !got.would_block()) error_ = got.error;
  end_of_input_ = got.bytes == 0 && got.error == 0;
  return got;
}

transfer tls_session::read_raw(std::span<char> into) noexcept {
  for (;;) {
    const auto got = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (got >= 0) return {static_cast<std::size_t>(got), 0};
    if (errno != EINTR) return {0, errno};
  }
}

// ---- writing

transfer tls_session::write(std::span<const iovec> pieces) noexcept {
  if (!flush()) return {0, error_ != 0 ? error_ : EAGAIN};
  std::array<char, record_bytes> together;
  cursor rest(pieces);
  std::size_t total = 0;
  while (unsent_.empty()) {
    const std::string_view next = rest.next(together);
    if (next.empty()) break;
    std::size_t taken = 0;
    emptied_ = false;
    receives_ = 0;
    const outcome how = encrypt(next, taken);
    total += taken;
    if (how == outcome::ok) {
      rest.skip(taken);
      continue;
    }
    write_wants_read_ = how == outcome::wants_read;
    if (write_wants_read_) ready_->has_read(slot_, emptied_);
    if (how == outcome::failed && total == 0) return {0, error_ != 0 ? error_ : EPROTO};
    return {total, EAGAIN};
  }
  return {total, 0};
}

// What the kernel takes now.
std::size_t tls_session::put(std::string_view bytes) noexcept {
  std::size_t total = 0;
  while (total < bytes.size() && error_ == 0) {
    const auto taken = ::send(descriptor_, bytes.data() + total, bytes.size() - total,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken >= 0) {
      total += static_cast<std::size_t>(taken);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  return total;
}

tls_session::outcome tls_session::send(std::string_view bytes) noexcept {
  if (error_ != 0) return outcome::failed;
  if (unsent_.size() > unsent_bytes_max) return outcome::wants_write;
  const bool first = unsent_.empty();
  if (first) bytes.remove_prefix(put(bytes));
  if (error_ != 0) return outcome::failed;
  if (bytes.empty()) return outcome::ok;
  unsent_.append(bytes);
  if (first) wait_for_room();
  return outcome::ok;
}

bool tls_session::flush() noexcept {
  if (!unsent_.empty()) {
    sent_ += put(std::string_view(unsent_).substr(sent_));
    if (sent_ < unsent_.size() && error_ == 0) {
      wait_for_room();
      return false;
    }
    unsent_ = {};
    sent_ = 0;
  }
  if (error_ == 0 && std::exchange(shuts_down_, false)) ::shutdown(descriptor_, SHUT_WR);
  return error_ == 0;
}

// While nobody keeps it, nobody can be told: whoever does then flushes first.
void tls_session::wait_for_room() noexcept {
  if (ready_->owned(slot_)) ready_->wait_writable(slot_, descriptor_);
}

void tls_session::shut_down_writing() noexcept {
  say_goodbye();
  shuts_down_ = true;
  flush();
}

// ---- waiting

void tls_session::wait_readable() {
  reader_waits_ = true;
  if (!read_wants_write_) ready_->wait_readable(slot_);
}

// With nothing unsent it is either reading that must come first, or what was unsent is gone since
// the caller was told to wait: then it is told in the next turn, in the same way.
void tls_session::wait_writable() {
  writer_waits_ = true;
  if (!unsent_.empty()) return;
  if (!write_wants_read_) ready_->has_read(slot_, false);
  ready_->wait_readable(slot_);
}

void tls_session::read_in_next_turn() {
  ready_->has_read(slot_, false);
  if (reader_waits_) ready_->wait_readable(slot_);
}

void tls_session::on_readable() {
  if (writer_waits_ && unsent_.empty()) {
    writer_waits_ = write_wants_read_ = false;
    read_in_next_turn();
    return connection_->on_writable();
  }
  if (!reader_waits_ || read_wants_write_) return ready_->has_read(slot_, false);
  reader_waits_ = false;
  connection_->on_readable();
}

void tls_session::on_writable() {
  if (!flush() && error_ == 0) return;
  if (std::exchange(read_wants_write_, false)) read_in_next_turn();
  if (!std::exchange(writer_waits_, false)) return;
  connection_->on_writable();
}

// ---- the handshake

tls_session::progress tls_session::shake_hands() noexcept {
  emptied_ = false;
  receives_ = 0;
  const outcome how = handshake();
  read_wants_write_ = how == outcome::wants_write;
  // What came behind the handshake may be here already.
  ready_->has_read(
      slot_, emptied_ && (how == outcome::wants_read || (how == outcome::ok && !has_decrypted())));
  if (how == outcome::ok) return progress::done;
  return how == outcome::wants_read || how == outcome::wants_write ? progress::waits
                                                                   : progress::failed;
}

transfer tls_session::discard(std::span<char> into) noexcept {
  const transfer got = read_raw(into);
  ready_->has_read(slot_, got.bytes < into.size());
  return got;
}

}  // namespace socketio::net
