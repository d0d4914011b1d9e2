// CP-01, CP-03: which coding a polling answer gets, and that it can be read.
#include "wire/http_coding.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace socketio::wire {
namespace {

std::string_view choice(std::string_view field) {
  return to_string(preferred_coding(read_accept_encoding(field)));
}

TEST(HttpCoding, the_client_chooses) {
  struct {
    const char *field, *chosen;
  } const table[] = {
      {"", "identity"},
      {"gzip", "gzip"},
      {"deflate", "deflate"},
      {"GZip", "gzip"},
      {"x-gzip", "gzip"},
      {"gzip, deflate, br", "gzip"},
      {"deflate, gzip", "deflate"},
      {"gzip;q=0.5, deflate;q=0.6", "deflate"},
      {"deflate;q=0.5,gzip;q=0.5", "deflate"},
      {"gzip ; q=0.001", "gzip"},
      {"gzip;q=0", "identity"},
      {"gzip;q=0, deflate", "deflate"},
      {"br", "identity"},
      {"identity", "identity"},
      {"identity, gzip", "gzip"},
      {"identity;q=1, gzip;q=0.5", "identity"},
      {"identity;q=0, gzip;q=0.5", "gzip"},
      {"*", "gzip"},
      {"*;q=0", "identity"},
      {"*, gzip;q=0", "deflate"},
      {"*;q=0.5, deflate;q=0.4", "gzip"},
      {"*, deflate", "deflate"},
      {"deflate;q=0, *;q=0.1", "gzip"},
      {"gzip;q=nonsense", "gzip"},
      {"gzip;level=9;q=0", "identity"},
      {" , ,gzip", "gzip"},
      {"gzip2, deflated", "identity"},
  };
  for (const auto& [field, chosen] : table) EXPECT_EQ(choice(field), chosen) << field;
}

TEST(HttpCoding, any_field_gets_an_answer) {
  const std::string field = "gzip;q=0.5, *;q=0, identity;q=1";
  for (std::size_t length = 0; length < field.size(); ++length) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = field.substr(0, length);
      changed += static_cast<char>(byte);
      static_cast<void>(choice(changed));
    }
  }
}

// Reads what a browser would: gzip, or zlib's format, which is what "deflate" means there.
std::string decoded(const std::string& body) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 32), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(HttpCoding, bodies_can_be_read) {
  for (const int level : {-1, 1, 9}) {
    http_coder coder({.level = level, .mem_level = 4, .window_bits = 10});
    for (const std::size_t size : {0u, 1u, 1024u, 500'000u}) {
      const std::string body(size, 'x');
      const std::string gzip = coder.encode(content_coding::gzip, body);
      const std::string deflate = coder.encode(content_coding::deflate, body);
      EXPECT_TRUE(gzip.starts_with("\x1f\x8b"));
      EXPECT_FALSE(deflate.starts_with("\x1f\x8b"));
      EXPECT_EQ(decoded(gzip), body);
      EXPECT_EQ(decoded(deflate), body);
      coder.release();
    }
  }
}

}  // namespace
}  // namespace socketio::wire
