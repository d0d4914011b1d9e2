// The TLS handshakes of a listener, in the order in which they were last heard of: when there are
// too many, whoever has said nothing for the longest time goes first. Shard only.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <functional>
#include <list>

namespace socketio::net {

class tls_handshake;

class handshakes_under_way {
 public:
  struct entry {
    tls_handshake* who;
    time_point heard;
  };
  using place = std::list<entry>::iterator;

  place begin(tls_handshake& who, time_point now) { return all_.insert(all_.end(), {&who, now}); }
  void hear(place of, time_point now) noexcept {
    of->heard = now;
    all_.splice(all_.end(), all_, of);
  }
  void end(place of) {
    all_.erase(of);
    if (on_end) on_end();
  }

  std::size_t size() const noexcept { return all_.size(); }
  const entry& quietest() const noexcept { return all_.front(); }  // not of none

  // How many steps belong to one turn: the time of the loop tells one from the next.
  bool may_step(time_point turn, unsigned most) noexcept {
    if (turn_ != turn) steps_ = 0;
    turn_ = turn;
    return steps_++ < most;
  }

  std::function<void()> on_end;

 private:
  std::list<entry> all_;
  time_point turn_{};
  unsigned steps_ = 0;
};

}  // namespace socketio::net
