// A TCP proxy on 127.0.0.1 that harms what it forwards, as a bad network does, and as a seed says:
// bytes come late, one by one, or not at all, and connections end in the middle of anything.
//
//   chaos_proxy chaos(server.port(), {.seed = 7, .every = 500, .reset = 1, .delay = 3});
//   client io("http://127.0.0.1:" + std::to_string(chaos.port()));
//   ...
//   EXPECT_TRUE(fine) << chaos.log();
//
// What happens to a connection is a plan by byte positions: after how many bytes of each direction
// which harm follows. It depends on the seed, the number of the connection (in the order in which
// they were accepted) and the direction alone, and not on how the kernel cuts the bytes; only how
// many connections there are, and what travels on them, is the peers' doing. So the same seed does
// the same harm to the same bytes, and the log of a failure names the seed to try again.
//
// Plain code with one thread and poll(); for tests only. Any thread may call anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace socketio::test {

// All of it off: a proxy that forwards. The harms have weights: how often each is chosen,
// relative to the others.
struct chaos_options {
  std::uint64_t seed = 1;
  std::size_t every = 0;     // bytes of a direction between two harms, on average; 0: none at all
  std::size_t unharmed = 0;  // bytes of each direction that pass before the first one
  unsigned delay = 0;        // nothing more passes for a while
  unsigned trickle = 0;      // the next bytes are written one by one
  unsigned hold = 0;         // bytes are held back until more have come, or for a while
  unsigned finish = 0;       // the connection ends, with FIN on both sides
  unsigned reset = 0;        // it ends with RST
  unsigned truncate = 0;     // this direction ends (FIN), what else comes in it is lost
  unsigned black_hole = 0;   // nothing passes any more, in both directions; nothing ends
  unsigned refuse_percent = 0;  // of connections: accepted and reset at once
  std::chrono::milliseconds delay_max{50};
  std::size_t trickle_max = 64;     // bytes
  std::size_t cuts_max = SIZE_MAX;  // finish, reset, truncate, black_hole and refusals together
};

struct chaos_counters {
  std::size_t connections = 0, refused = 0, unreachable = 0;  // unreachable: the target said no
  std::size_t delays = 0, trickles = 0, holds = 0;
  std::size_t finished = 0, resets = 0, truncated = 0, black_holes = 0;
  std::uint64_t bytes_to_target = 0, bytes_from_target = 0;
  std::size_t cuts() const { return refused + finished + resets + truncated + black_holes; }
};

class chaos_proxy {
 public:
  // To 127.0.0.1 and that port.
  explicit chaos_proxy(std::uint16_t target, chaos_options options = {});
  ~chaos_proxy();  // resets what is open
  chaos_proxy(const chaos_proxy&) = delete;
  chaos_proxy& operator=(const chaos_proxy&) = delete;

  std::uint16_t port() const noexcept;
  // From now on only forwards, also on connections that are open; black holes stay.
  void calm();
  // Ends all that are open now: with RST, or with FIN.
  void cut_all(bool reset = true);
  // New connections are reset at once, until it is false again.
  void refuse(bool all);
  // Nothing passes on connections that are open and on new ones, until it is false again.
  void freeze(bool all);

  std::size_t open_connections() const;
  chaos_counters counters() const;
  // The seed, and a line for each decision: "connection 3, to the target, byte 1234: reset".
  std::string log() const;
  std::vector<std::string> decisions() const;

 private:
  class worker;
  std::unique_ptr<worker> worker_;
};

}  // namespace socketio::test
