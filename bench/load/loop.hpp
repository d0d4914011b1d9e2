// The event loop of the load generator: level-triggered epoll, one thread, one receive buffer.
// It knows nothing of protocols; `connection` and `polling` are its sources.

#pragma once

#include "clock.hpp"
#include "fail.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <sys/epoll.h>

namespace load {

// Something with a descriptor that the loop watches.
class source {
 public:
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~source() = default;
};

class event_loop {
 public:
  explicit event_loop(std::uint64_t seed);
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  ~event_loop();

  // Closing the descriptor removes it; an event already fetched for it is dropped by `forget`.
  void watch(int fd, source& target, std::uint32_t events);
  void rewatch(int fd, source& target, std::uint32_t events);
  void forget(source& target);

  void turn(nanoseconds timeout);
  void run_for(nanoseconds duration);

  // Runs until `done()`, and ends the process if that takes longer than `limit`.
  template <class Predicate>
  void run_until(Predicate done, nanoseconds limit, const char* what) {
    const nanoseconds deadline = now() + limit;
    while (!done()) {
      if (now() > deadline) fail("gave up waiting for %s", what);
      turn(100 * millisecond);
    }
  }

  char* buffer() { return buffer_.get(); }
  static constexpr std::size_t buffer_bytes = 512 * 1024;

  // A mask key for a frame (xorshift64*): different for every frame, repeatable by the seed.
  std::uint32_t next_mask();

  // A TCP connection to 127.0.0.1 that is being established without blocking. If the process ends
  // it is reset, so that tens of thousands of ports do not stay in TIME_WAIT after each run. It
  // comes from 127.0.0.1 + `neighbour`: an address has 28,000 ports, and when half of them are
  // taken the kernel searches long for the next.
  static int connect_to(std::uint16_t port, std::uint32_t neighbour = 0);

 private:
  int epoll_ = -1;
  std::uint64_t random_;
  int ready_ = 0;
  std::array<epoll_event, 1024> events_{};
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(buffer_bytes);
};

}  // namespace load
