// Messages in and out of raw DEFLATE (RFC 1951) in the way that permessage-deflate wants them
// (RFC 7692, section 7.2): a message ends with an empty block, of which the last four bytes
// (00 00 ff ff) are not sent. zlib does the work; its type is not named here.
//
// Both directions keep what they have seen, so that the next message may refer to it, until
// forget(). All memory is allocated at construction and, for reading, at the first message.
//
// Tested by tests/unit/wire/deflate_test.cpp, fuzzed by fuzz/deflate_fuzz.cpp and inflate_fuzz.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace socketio::wire {

// The kinds of data that hold a deflated stream.
enum class deflate_format : std::uint8_t { raw, zlib, gzip };

class deflater {
 public:
  // Level and memory as zlib counts them; `window_bits` 9 to 15. Throws std::bad_alloc.
  deflater(deflate_format format, int level, int mem_level, int window_bits);

  // Appends the compressed message to `out`, without the four bytes.
  void add_message(std::string_view message, std::string& out);
  // Appends a whole stream of that content, and forgets it.
  void add_stream(std::string_view content, std::string& out);
  // What comes next refers to nothing before it.
  void forget() noexcept;

 private:
  struct stream;
  struct stream_deleter {
    void operator()(stream*) const noexcept;
  };
  std::unique_ptr<stream, stream_deleter> stream_;
};

class inflater {
 public:
  enum class outcome : std::uint8_t {
    complete,
    too_big,    // it is longer than the limit; `out` holds no more than that
    malformed,  // it is no DEFLATE, or not the whole of it
  };

  // Throws std::bad_alloc.
  explicit inflater(int window_bits);

  // Replaces `out` by the whole message, at most `bytes_max` bytes of it. It grows in steps, so
  // that neither a small message nor a bomb takes more than it needs. After anything but
  // `complete`, forget() before the next.
  outcome message(std::string_view compressed, std::size_t bytes_max, std::string& out);
  void forget() noexcept;

 private:
  struct stream;
  struct stream_deleter {
    void operator()(stream*) const noexcept;
  };
  outcome take(std::string_view input, std::size_t bytes_max, std::string& out, bool& ended);
  std::unique_ptr<stream, stream_deleter> stream_;
};

}  // namespace socketio::wire
