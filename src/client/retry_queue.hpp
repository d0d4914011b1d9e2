// Events of a socket with `retries` (CS-13, CS-14): one at a time is under way, and the next one
// follows when it was acknowledged or has failed for good. An attempt that the connection took away
// is repeated on the next one. Reactor only.
//
// With retry_keys each event carries a text behind its arguments, the same in each attempt, by
// which a server knows what it has seen.
//
// Tested by tests/unit/client/retry_queue_test.cpp.
#pragma once

#include "client/acks.hpp"
#include "client/offline_buffer.hpp"
#include "socketio/detail/payload.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace socketio::client_side {

class retry_queue {
 public:
  struct item {
    std::uint64_t number = 0;
    std::shared_ptr<const detail::kept_event> event;
    detail::emit_flags flags;
    std::unique_ptr<answer_sink> answer;  // nullptr: nobody asked
    std::size_t bytes = 0;
    time_point since{};
    bool keyed = false;  // the last argument is ours
    unsigned attempts = 0;
    bool under_way = false;
  };

  // What is sent in one attempt.
  struct attempt {
    std::uint64_t number = 0;
    std::shared_ptr<const detail::kept_event> event;
    detail::emit_flags flags;
  };

  // `timed`: attempts have a time when the event itself says none.
  retry_queue(unsigned retries, bool timed) noexcept : retries_(retries), timed_(timed) {}

  // ---- reactor
  void push(item what);
  // What is to be sent now, if anything. `again`: also what is under way, on a connection that is
  // gone.
  std::optional<attempt> next(bool again);
  // The attempt of `number` has ended. An item that is done leaves the queue before its answer is
  // told; then next() may have something.
  void on_answer(std::uint64_t number, const input& arguments);
  void on_failure(std::uint64_t number, errc why);
  void give_up(std::uint64_t number, errc why);  // whatever attempts are left
  std::optional<item> pop();

  // ---- any thread
  std::size_t bytes() const;
  void look(time_point now, std::vector<buffered_event>& list) const;

 private:
  bool is_first(std::uint64_t number) const noexcept {
    return !items_.empty() && items_.front().number == number;
  }

  const unsigned retries_;
  const bool timed_;
  mutable std::mutex mutex_;  // guards what follows, for whoever is not the reactor
  std::deque<item> items_;
  std::size_t bytes_ = 0;
};

// The event with `key` as its last argument.
std::shared_ptr<const detail::kept_event> with_key(const detail::kept_event& event,
                                                   std::string_view key);

}  // namespace socketio::client_side
