// Compressed HTTP bodies (RFC 9110, sections 8.4.1 and 12.5.3): which coding a client likes best,
// and the coding itself. Tested by tests/unit/wire/http_coding_test.cpp.
#pragma once

#include "socketio/compression.hpp"
#include "wire/deflate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::wire {

enum class content_coding : std::uint8_t { identity, gzip, deflate };
std::string_view to_string(content_coding coding) noexcept;

// The codings of an Accept-Encoding field that we know. An absent field accepts none of them.
struct accepted_codings {
  struct one {
    double weight = 0;   // 0: not acceptable
    bool named = false;  // not by "*"
    unsigned place = 0;  // in the field
  };
  one gzip, deflate;    // "x-gzip" is gzip
  double identity = 0;  // 0 when it is not named: acceptable, but nobody asked for it
};
// What makes no sense counts as if it were not there.
accepted_codings read_accept_encoding(std::string_view field) noexcept;

// What the client likes best; of several with the same weight, the one that stands first. No coding
// at all when that has more weight than any.
// JS differs: engine.io 6.6.11, build/transports/polling.js, never sees that identity is preferred.
content_coding preferred_coding(const accepted_codings& codings) noexcept;

// Compresses whole bodies, one after the other. The streams are made when they are first needed.
class http_coder {
 public:
  explicit http_coder(const http_compression_options& options) : options_(options) {}

  // `coding` is not identity.
  std::string encode(content_coding coding, std::string_view body);
  void release() noexcept;  // until the next body

 private:
  const http_compression_options options_;
  std::optional<deflater> gzip_, deflate_;
};

}  // namespace socketio::wire
