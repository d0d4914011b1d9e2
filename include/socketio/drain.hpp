// How a server leaves without being missed: nobody new comes in, what has begun is finished, and
// then the clients are sent away bit by bit, so that they do not all come back to the next server
// in the same moment.
#pragma once

#include "socketio/value.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace socketio {

struct drain_options {
  // An event of this name tells every socket of every namespace at the beginning; none when empty.
  std::string notice_event = {};
  value notice = {};  // its argument; none when it is null
  // How long it waits for acknowledgements that clients owe us or we owe them.
  std::chrono::milliseconds grace{5'000};
  // Then so many sessions are closed at a time, of all shards together, and so long after that the
  // next: more or less by this part of the interval, by chance. A session is closed when what is
  // queued for it has gone.
  std::size_t batch_size = 100;
  std::chrono::milliseconds batch_interval{100};
  double jitter = 0.2;  // 0 to 1
  // When run() returns at the latest, and whoever is left is cut off. Of this time the last
  // server_options::close_timeout, or half of it, is for those.
  std::chrono::milliseconds deadline{30'000};
  // By default the port stays open, so that clients over polling, probes and whoever reads the
  // metrics reach the server while it drains; new clients are answered 503. True: it is closed at
  // once, for another process that listens to the same port.
  bool stop_listening = false;
};

}  // namespace socketio
