// libcurl on a reactor: it says which descriptors it waits for and when it wants to be called, the
// reactor does so. One of these keeps its connections for its own transfers.
//
// Nothing of ours is called inside of libcurl but what collects bytes: whoever is told about the
// end of a transfer may start, remove and destroy whatever it likes.
#pragma once

#include "dial/reactor.hpp"

#include <memory>

namespace socketio::dial {

class easy;

class transfer {
 public:
  virtual void on_transfer_done(int code) = 0;  // libcurl's; it has not been removed yet
  virtual ~transfer() = default;
};

class multi {
 public:
  // Keeps so many connections that rest. Throws std::bad_alloc.
  multi(reactor& on, long connections_kept);
  ~multi();  // everything that was added has been removed
  multi(const multi&) = delete;
  multi& operator=(const multi&) = delete;

  void add(easy& what, transfer& who);  // throws std::bad_alloc; nothing is called inside
  void remove(easy& what) noexcept;     // also of one that is done
  // Why there was no descriptor for the last connection that was tried, as errno; 0: there was.
  int socket_errno() const noexcept;

 private:
  struct inside;
  std::shared_ptr<inside> inside_;  // shared with the call that is going on
};

}  // namespace socketio::dial
