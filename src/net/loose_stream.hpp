// A connection that no shard watches: what is accepted, and what travels to another shard. With TLS
// its session goes along, on which nobody works meanwhile.
#pragma once

#include <memory>

namespace socketio::net {

class tls_session;

struct loose_stream {
  explicit loose_stream(int owned) noexcept;
  loose_stream(int owned, std::unique_ptr<tls_session> over) noexcept;
  loose_stream(loose_stream&& other) noexcept;
  ~loose_stream();  // closes it, if nobody has taken it

  int descriptor;                    // -1: taken
  std::unique_ptr<tls_session> tls;  // nullptr: plain
};

}  // namespace socketio::net
