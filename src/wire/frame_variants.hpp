// The compressed forms of a frame that goes to many: each is made when the first connection asks
// for it, and hangs on the frame.
//
// Frames belong to one shard. A broadcast that goes to several has a frame on each; these share
// `deflated_messages`, so that one shard compresses and the others copy what it has made, or wait
// for it when they ask meanwhile. This is the only lock on the way of a broadcast: once per shard,
// not per member, and only when the extension is on (docs/adr/0017).
//
// Tested by tests/unit/wire/permessage_deflate_test.cpp.
#pragma once

#include "wire/frame.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {

class deflate_workspace;

// The compressed messages of one broadcast (of the text and of each attachment), for all shards.
// Any thread.
class deflated_messages {
 public:
  // The compressed form of message number `which`. The first who asks makes it, whoever else asks
  // waits. Valid as long as this is.
  std::string_view get(std::uint32_t which, int window_bits,
                       const std::function<std::string_view()>& make);

 private:
  struct made {
    std::uint32_t which;
    int window_bits;
    std::string bytes;
  };
  std::mutex mutex_;
  std::list<made> all_;  // nothing moves, and nothing changes once it is there
};

struct frame_variants {
  struct variant {
    bool known = false;
    frame made;  // empty: it would not be smaller
  };
  static constexpr int smallest_window = 9;
  std::array<variant, 7> by_window;  // of 9 to 15 bits
  std::shared_ptr<deflated_messages> elsewhere;
  std::uint32_t number = 0;  // there
};

// `message` compressed alone with that window; `message` itself when that is not smaller. Made at
// most once if the frame keeps its variants.
frame deflated_variant(const frame& message, int window_bits, deflate_workspace& with);

// Other shards send the same message: it is number `which` of `all`. The frame keeps its variants.
void share_variants(const frame& message, const std::shared_ptr<deflated_messages>& all,
                    std::uint32_t which);

}  // namespace socketio::wire
