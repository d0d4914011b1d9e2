// Compression of what is sent: of polling answers (on by default, CP-01) and of WebSocket messages
// (off by default, CP-05; RFC 7692). Values that cannot work make the constructor of `server` throw
// std::invalid_argument. docs/compression.md says what each costs.
#pragma once

#include <chrono>
#include <cstddef>

namespace socketio {

// Polling answers, with gzip or deflate, whichever the client prefers.
struct http_compression_options {
  std::size_t threshold = 1024;  // bytes of an answer; smaller ones are sent as they are
  int level = -1;                // 0 (none) to 9 (smallest); -1 is zlib's default, which is 6
  int mem_level = 8;             // 1 to 9: how much memory compressing takes; 8 is 256 KiB a shard
  int window_bits = 15;          // 9 to 15: how far back it looks, as a power of two
};

// permessage-deflate, for clients that offer it. By default neither side refers to earlier messages
// ("no context takeover"): then a broadcast is compressed once for everybody, and a connection
// keeps no zlib memory.
struct deflate_options {
  std::size_t threshold = 1024;  // bytes of a message; smaller ones are sent as they are
  // False: messages of one connection are compressed with those before them in mind. It makes many
  // similar messages much smaller, costs 256 KiB a connection (release_after), and each member of a
  // room has its own compression of each message.
  bool server_no_context_takeover = true;
  // False: clients may do the same, which costs 40 KiB for each that does, as long as it stays.
  bool client_no_context_takeover = true;
  int server_max_window_bits = 15;  // 9 to 15; a client may ask for less
  // 8 to 15; below 15, a client that does not let it be chosen is not compressed.
  int client_max_window_bits = 15;
  int level = -1;     // as above
  int mem_level = 8;  // as above
  // What compresses is let go when it was not used for so long: of a connection whose messages
  // refer to earlier ones, and of a shard.
  std::chrono::milliseconds release_after{10'000};
};

}  // namespace socketio
