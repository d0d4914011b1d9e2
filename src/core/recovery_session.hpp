// What is kept of a socket whose client may come back (CR-07), and what a socket carries to make
// that possible.
#pragma once

#include "base/session_id.hpp"
#include "base/timer_wheel.hpp"
#include "core/recovery_log.hpp"
#include "socketio/recovery.hpp"
#include "socketio/value.hpp"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace socketio::core {

class recovery;
class socket;

// What socket.data() refers to. The handles of the old socket and those of the recovered one share
// it, as in JavaScript: nothing is copied, and nothing read, which only the application may do.
struct shared_data {
  value what;
  std::atomic<std::uint32_t> references{1};

  struct releaser {
    void operator()(shared_data* of) const noexcept {
      if (of->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete of;
    }
  };
};
using data_reference = std::unique_ptr<shared_data, shared_data::releaser>;

// A client that asks for its session: the socket that it is going to be, and the shard where that
// waits for the answer.
struct recovery_question {
  session_id pid;
  std::string offset;
  bool has_offset = false;
  std::shared_ptr<socket> who;
  unsigned from = 0;
  unsigned hops = 0;  // from shard to shard, because the session was moved meanwhile
};

// Whose last event is number `number` of that shard, or a later one, has got everything that came
// before `before` in the stream where the session is now. Volatile events make that necessary: they
// carry the number of whatever was logged last, which need not be an event of this client.
struct landmark {
  unsigned shard = 0;
  std::uint64_t number = 0, before = 0;
};

// Where a session stands in the stream of its shard.
struct progress {
  // More of them only when stale connections of one client move its session around.
  static constexpr std::size_t landmarks_max = 16;
  std::uint64_t start = 0;       // what has a smaller number was before its time
  std::uint64_t own_from = 0;    // what stands between has moved here with it
  std::uint64_t exact_from = 0;  // rooms that were left before this number are forgotten
  // Broadcasts with a smaller number came before it was connected: only what was emitted to it
  // alone is its own then.
  std::uint64_t connected_from = 0;
  std::vector<landmark> landmarks;
  bool was_connected = false;  // since it is in this stream
};

struct session_record {
  session_id sid, pid;
  std::vector<room_stay> stays;
  bool in_own_room = true;
  data_reference data;
  progress at;
  time_point ended{}, until{};  // the disconnect, and when it is over
};

// Shard only. Expires by itself.
struct kept_session final : session_record, timer {
  kept_session(recovery& owner, session_record&& record)
      : session_record(std::move(record)), of(owner), bytes(size_of(*this)) {}
  void on_expired(time_point) override;

  // What it takes, about; what data() refers to is the application's.
  static std::size_t size_of(const session_record& record) noexcept {
    std::size_t sum = sizeof(kept_session) + record.at.landmarks.size() * sizeof(landmark);
    for (const room_stay& one : record.stays) sum += sizeof(room_stay) + one.room.size();
    return sum;
  }

  recovery& of;
  const std::size_t bytes;
  bool in_line = false;                    // waits, at `place` of its account
  bool moving = false;                     // to another shard
  std::uint64_t fence = 0;                 // what crossed up to then, has been posted here
  std::vector<recovery_question> waiting;  // until it has moved
  std::list<kept_session*>::iterator place;
};

// Of each socket when recovery is on. Shard only, except shown.
struct recovery_state {
  session_id pid;
  progress at;
  std::vector<room_stay> left;  // rooms that it has left
  // The session that it goes on with, until it is connected; and from which event on.
  std::unique_ptr<kept_session> claimed;
  std::uint64_t from = 0;
  // When it was found that all is there and fits: the log's next number, the room in the queue.
  std::uint64_t measured_at = 0;
  std::size_t measured_room = 0;
  bool given_up = false;  // its queue did not take what it has missed: it does not come back

  // What the application sees. It may change once, during the middlewares.
  recovery_result result, later;
  std::atomic<const recovery_result*> shown{&result};
};

}  // namespace socketio::core
