// How a server leaves in order (SD-46, Q-37): nobody comes in, what has begun is finished, the
// sessions are closed batch by batch, and then the server closes. It runs on the first shard, in
// steps of its timers; what the other shards count it reads, and what they have to do it posts.
//
//   waiting  -- no acknowledgement is owed, or `grace` is over -->  closing
//   closing  -- no session is left, or the deadline comes ------->  server::close()
//
// Tested by tests/integration/drain_test.cpp and tests/examples/drain.test.mjs.
#pragma once

#include "server/server_impl.hpp"
#include "socketio/drain.hpp"

#include <functional>
#include <memory>

namespace socketio {

class server::impl::drain_run : public std::enable_shared_from_this<drain_run> {
 public:
  drain_run(impl& of, drain_options how);

  // On the first shard.
  void begin();

 private:
  void tell_sockets();
  void step_later(duration pause);
  void step();
  void close_batch();
  duration next_pause();
  void finish(const char* why);
  std::uint64_t owed() const;
  std::uint64_t sessions() const;

  impl& server_;
  drain_options how_;
  time_point began_, grace_end_, force_at_;
  time_point next_batch_;
  time_point told_at_;
  std::size_t first_shard_ = 0;  // of the next batch
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace socketio
