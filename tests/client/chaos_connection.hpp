// One connection through a chaos_proxy: two directions, each with its plan. See chaos.hpp.
#pragma once

#include "client/chaos_plan.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace socketio::test {

using chaos_clock = std::chrono::steady_clock;

// A descriptor of its own.
class chaos_socket {
 public:
  explicit chaos_socket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  ~chaos_socket() { close(); }
  chaos_socket(const chaos_socket&) = delete;
  chaos_socket& operator=(const chaos_socket&) = delete;
  int get() const noexcept { return descriptor_; }
  void close() noexcept;
  void reset() noexcept;      // RST
  void finish() noexcept;     // FIN; still readable
  void be_prompt() noexcept;  // non-blocking, and nothing waits for more to send

 private:
  int descriptor_;
};

class chaos_connection {
 public:
  // What happens is told to `decided`; it says whether a cut may happen.
  using judge = std::function<bool(const chaos_connection&, bool to_target, std::uint64_t byte,
                                   const decision&)>;
  chaos_connection(std::uint64_t number, int client, int target, const chaos_options& options,
                   judge decided);

  std::uint64_t number() const noexcept { return number_; }
  int client() const noexcept { return client_.get(); }
  int target() const noexcept { return target_.get(); }
  // What poll() shall wait for; 0: nothing.
  short client_events(bool frozen) const noexcept;
  short target_events(bool frozen) const noexcept;

  // Moves what can be moved. Asks to be called again at wake_at(), if not before.
  void pump(chaos_clock::time_point now, chaos_counters& counters);
  std::optional<chaos_clock::time_point> wake_at() const noexcept { return wake_at_; }
  bool over() const noexcept { return over_; }

  void calm() noexcept;
  void cut(bool reset) noexcept;

 private:
  struct direction {
    direction(chaos_socket& source, chaos_socket& destination, chaos_plan planned, bool forth)
        : from(source), to(destination), plan(planned), to_target(forth) {}
    chaos_socket& from;
    chaos_socket& to;
    chaos_plan plan;
    bool to_target;
    std::string kept{};
    std::uint64_t passed = 0;
    chaos_clock::time_point resume_at{}, hold_until{};
    std::size_t hold_bytes = 0, trickle_left = 0;
    bool ended = false;     // nothing more comes
    bool finished = false;  // and the other side knows
    bool lost = false;      // what comes is thrown away
    bool blocked = false;   // the destination takes no more now
  };
  void read(direction& way) noexcept;
  void write(direction& way, chaos_clock::time_point now, std::uint64_t& counted);
  bool waits(direction& way, chaos_clock::time_point now) noexcept;
  void suffer(direction& way, chaos_clock::time_point now);
  void wake(chaos_clock::time_point when) noexcept;
  bool wants_more(const direction& way) const noexcept;

  std::uint64_t number_;
  chaos_socket client_, target_;
  judge decided_;
  direction forth_, back_;
  bool hole_ = false, over_ = false;
  std::optional<chaos_clock::time_point> wake_at_;
};

}  // namespace socketio::test
