// The inside of dial::reactor: its life and what is posted are in reactor.cpp, its turns in
// reactor_turns.cpp, descriptors in reactor_descriptors.cpp.
//
// A turn that goes on holds the inside, not the reactor: behind each call to somebody else it asks
// whether the reactor is `gone`, and then touches nothing more.
#pragma once

#include "dial/reactor.hpp"

#include <atomic>
#include <mutex>
#include <span>
#include <sys/epoll.h>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace socketio::dial {

class file_descriptor {
 public:
  explicit file_descriptor(int owned) noexcept : owned_(owned) {}
  ~file_descriptor();
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  int get() const noexcept { return owned_; }

 private:
  int owned_;
};

struct reactor::inside {
  inside(reactor& of, std::size_t posted_bytes_max);

  void run();
  void once(bool may_wait);
  void leave() noexcept;

  // ---- what was posted
  post_outcome post(std::function<void()> work, std::size_t bytes);
  std::vector<std::function<void()>> take_posted();
  void perform(std::vector<std::function<void()>> batch);
  void run_posted();
  void finish();
  void wake() noexcept;
  bool on_thread() const noexcept;

  // ---- turns
  void turn(bool may_wait);
  int patience(bool may_wait, time_point asked) const noexcept;
  void tell(std::span<const epoll_event> ready);
  void expire_timers(time_point asked);
  void flush_dirty();
  bool behind(time_point asked) noexcept;
  void forget(flushable& what) noexcept;

  // ---- descriptors
  struct watched_one {
    watcher* who;
    std::uint32_t generation;  // so that nobody hears what was meant for his predecessor
    bool read, write;
    bool known;  // to the kernel
  };
  void tell_kernel(int descriptor, watched_one& about);

  reactor* owner;
  bool gone = false;
  const file_descriptor epoll;
  const file_descriptor bell;  // an eventfd: it can be read when something was posted
  std::unordered_map<int, watched_one> watched;
  std::uint32_t generations = 0;
  std::vector<epoll_event> ready;

  time_point now;
  timer_wheel wheel;
  std::uint64_t turns = 0;
  bool in_turn = false;
  bool unread = false;
  int turns_behind = 0;
  time_point behind_since;
  std::vector<flushable*> dirty, flushing;
  std::vector<std::function<void()>> put_off;
  std::unique_ptr<char[]> buffer;
  std::unique_ptr<attachment> attached;

  std::atomic<bool> stopping{false};
  std::atomic<bool> posted_waits{false};
  std::atomic<std::thread::id> thread{};  // none: nobody runs it

  const std::size_t posted_bytes_max;
  std::size_t performed_bytes = 0;  // of the batch that is performed
  std::mutex mutex;                 // guards what follows
  std::vector<std::function<void()>> posted;
  std::size_t waiting_bytes = 0;  // what is performed counts until it is done
  bool ending = false;            // only the thread itself may still post
  bool finished = false;          // nobody
};

}  // namespace socketio::dial
