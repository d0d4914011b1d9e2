// Events that were emitted while there was no connection (CS-10), in order, bounded by bytes. The
// reactor changes it; any thread may look.
//
// Tested by tests/unit/client/offline_buffer_test.cpp.
#pragma once

#include "base/clock.hpp"
#include "socketio/client_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace socketio::client_side {

class offline_buffer {
 public:
  struct waiting {
    std::shared_ptr<const detail::kept_event> event;
    std::optional<std::uint64_t> ack_id;
    bool compress = true;
    std::size_t bytes = 0;
    time_point since{};
  };

  explicit offline_buffer(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

  // ---- reactor
  bool has_room_for(std::size_t bytes) const noexcept {
    return bytes_ <= bytes_max_ && bytes <= bytes_max_ - bytes_;
  }
  void push(waiting what);
  std::optional<waiting> pop();
  void put_back(waiting first);  // what was popped last
  // Of an acknowledgement that is not waited for any more (ACK-13).
  void remove(std::uint64_t ack_id);
  std::optional<time_point> oldest() const;

  // ---- any thread
  std::size_t bytes() const;
  std::vector<buffered_event> look(time_point now) const;

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // guards what follows, for whoever is not the reactor
  std::deque<waiting> events_;
  std::size_t bytes_ = 0;
};

// As the application is shown it.
buffered_event describe(const detail::kept_event& event, milliseconds age, bool wants_ack);

}  // namespace socketio::client_side
