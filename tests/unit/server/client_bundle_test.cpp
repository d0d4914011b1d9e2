// The served browser client, rows BU-01 to BU-08 and Q-24, without a server: the conformance suite
// asks the same through sockets.
#include "server/client_bundle.hpp"

#include "server/client_bundle_data.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace socketio::web {
namespace {

http_request get(http_headers headers = {}) {
  http_request request;
  request.method = "GET";
  request.headers = std::move(headers);
  return request;
}

std::string gunzip(std::string_view bytes) {
  std::string out(2'000'000, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

const std::string quoted_version = "\"" + std::string(embedded_client_version()) + "\"";

class ClientBundle : public testing::Test {
 protected:
  void SetUp() override {
    if (embedded_client_files().empty()) GTEST_SKIP() << "built without the bundle";
  }
};

TEST_F(ClientBundle, BU01_exactly_the_eight_official_files_are_served) {
  for (const char* name :
       {"socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"}) {
    for (const std::string& file : {std::string(name), std::string(name) + ".map"}) {
      const auto answer = answer_client_bundle(get(), file);
      ASSERT_TRUE(answer) << file;
      EXPECT_EQ(answer->status, 200u) << file;
      EXPECT_GT(answer->body.size(), 10'000u) << file;
    }
  }
  EXPECT_EQ(embedded_client_files().size(), 8u);
}

TEST_F(ClientBundle, BU02_other_names_are_left_to_the_engine) {
  for (const char* name :
       {"", "socket.io", "socket.io.mjs", "socket.io.js.map.map", "/socket.io.js",
        "../package.json", "SOCKET.IO.JS", "socket.io.esm.js"}) {
    EXPECT_FALSE(answer_client_bundle(get(), name)) << name;
  }
}

TEST_F(ClientBundle, BU03_headers_are_the_official_ones) {
  const auto script = answer_client_bundle(get(), "socket.io.js");
  EXPECT_EQ(script->headers["Cache-Control"], "public, max-age=0");
  EXPECT_EQ(script->headers["Content-Type"], "application/javascript; charset=utf-8");
  EXPECT_EQ(script->headers["ETag"], quoted_version);
  const auto map = answer_client_bundle(get(), "socket.io.js.map");
  EXPECT_EQ(map->headers["Content-Type"], "application/json; charset=utf-8");
}

TEST_F(ClientBundle, BU04_Q24_a_known_version_is_answered_with_304) {
  for (const std::string& tags :
       {quoted_version, "W/" + quoted_version, "\"x\", " + quoted_version}) {
    const auto answer = answer_client_bundle(get({{"If-None-Match", tags}}), "socket.io.js");
    EXPECT_EQ(answer->status, 304u) << tags;
    EXPECT_TRUE(answer->body.empty());
    EXPECT_EQ(answer->headers["ETag"], quoted_version);
    EXPECT_EQ(answer->headers["Vary"], "Accept-Encoding");
  }
  EXPECT_EQ(answer_client_bundle(get({{"If-None-Match", "\"1.0.0\""}}), "socket.io.js")->status,
            200u);
}

TEST_F(ClientBundle, BU05_Q24_gzip_is_the_same_file_and_caches_are_told) {
  for (const embedded_file& file : embedded_client_files()) {
    const auto plain = answer_client_bundle(get(), file.name);
    const auto packed =
        answer_client_bundle(get({{"Accept-Encoding", "br, gzip, deflate"}}), file.name);
    EXPECT_FALSE(plain->headers.contains("Content-Encoding"));
    EXPECT_EQ(packed->headers["Content-Encoding"], "gzip");
    EXPECT_EQ(plain->headers["Vary"], "Accept-Encoding");
    EXPECT_EQ(packed->headers["Vary"], "Accept-Encoding");
    EXPECT_LT(packed->body.size(), plain->body.size() / 2) << file.name;
    EXPECT_EQ(gunzip(packed->body), plain->body) << file.name;
  }
}

TEST_F(ClientBundle, BU05_whoever_refuses_gzip_gets_the_plain_file) {
  const auto answer =
      answer_client_bundle(get({{"Accept-Encoding", "br, gzip;q=0"}}), "socket.io.js");
  EXPECT_FALSE(answer->headers.contains("Content-Encoding"));
}

TEST_F(ClientBundle, BU06_the_method_does_not_matter_and_CORS_is_not_decided_here) {
  http_request post = get({{"Origin", "http://example.com"}});
  post.method = "POST";
  const auto answer = answer_client_bundle(post, "socket.io.js");
  EXPECT_EQ(answer->status, 200u);
  EXPECT_FALSE(answer->headers.contains("Access-Control-Allow-Origin"));
}

TEST_F(ClientBundle, BU08_the_plain_bundle_defines_io) {
  const auto answer = answer_client_bundle(get(), "socket.io.js");
  EXPECT_NE(answer->body.find("global.io = factory()"), std::string::npos);
  EXPECT_EQ(answer->body.find('\0'), std::string::npos);
  EXPECT_NE(answer->body.find("Socket.IO v" + std::string(embedded_client_version())),
            std::string::npos);
}

}  // namespace
}  // namespace socketio::web
