// The arguments of one outgoing packet while they are encoded, and the flags of an emit. Internal:
// emit() and ack use it.
#pragma once

#include "socketio/codec.hpp"
#include "socketio/error.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::detail {

struct emit_flags {
  bool is_volatile = false;
  bool is_local = false;
  bool compress = true;
  std::optional<std::chrono::milliseconds> timeout;
};

// Borrows buffers of the current thread, so that encoding allocates nothing in steady state. Binary
// arguments are referred to, not copied: they must outlive the payload.
class payload {
 public:
  struct buffers;

  payload();
  ~payload();
  payload(const payload&) = delete;
  payload& operator=(const payload&) = delete;

  template <class... Args>
  static void event(payload& to, std::string_view name, const Args&... args) {
    to.begin((1 + ... + count(args)));
    to.out().string(name);
    (to.add(args), ...);
    to.end();
  }
  template <class... Args>
  static void answer(payload& to, const Args&... args) {
    to.begin((0 + ... + count(args)));
    (to.add(args), ...);
    to.end();
  }

  void begin(std::size_t elements);
  output& out() noexcept;
  void end();
  std::string_view text() const noexcept;
  std::span<const std::span<const std::byte>> attachments() const noexcept;
  void restore(const struct kept_event& from);

 private:
  // How many arguments an argument stands for.
  template <class T>
  static std::size_t count(const T& argument) noexcept {
    if constexpr (std::same_as<T, rest>)
      return argument.all.size();
    else
      return 1;
  }
  template <class T>
  void add(const T& argument) {
    if constexpr (std::same_as<T, rest>) {
      for (const value& one : argument.all) one.write(out());
    } else {
      encode(out(), argument);
    }
  }

  buffers* buffers_;
};

// An encoded event that outlives the call: for what is sent later or on another thread.
struct kept_event {
  std::string text;
  std::vector<binary> attachments;
};
std::shared_ptr<const kept_event> keep(const payload& what);
// Calls `use` with a payload that stands for the kept event.
void with_kept(const kept_event& kept, const std::function<void(payload&)>& use);

template <class... Args>
std::shared_ptr<const kept_event> keep_event(std::string_view name, const Args&... args) {
  payload encoded;
  payload::event(encoded, name, args...);
  return keep(encoded);
}

// Receives the outcome of an acknowledgement, exactly once, on the shard.
class ack_receiver {
 public:
  virtual ~ack_receiver() = default;
  virtual void on_answer(const input& arguments) = 0;  // the array of the ACK packet
  virtual void on_failure(errc why) = 0;
};

// The same for a broadcast.
class broadcast_receiver {
 public:
  virtual ~broadcast_receiver() = default;
  // All shards have asked: so many clients of this server. Answers may have come before.
  virtual void on_asked(std::size_t /*clients*/) {}
  virtual void on_answer(std::string_view socket_id,
                         const input& arguments) = 0;  // once per socket
  // Last call. `missing`: the sockets that did not answer; empty code: all did.
  virtual void on_end(std::error_code why, std::vector<std::string> missing) = 0;
};

}  // namespace socketio::detail
