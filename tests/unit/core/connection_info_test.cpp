// What is kept of a handshake comes back as it was, whatever of it is stored as one byte.
#include "core/connection_info.hpp"

#include "socketio/tls.hpp"

#include <gtest/gtest.h>

namespace socketio::core {
namespace {

http_request request_for(std::string target, http_headers headers = {}) {
  http_request request;
  request.method = "GET";
  request.target = std::move(target);
  request.remote_address = "127.0.0.1";
  request.headers = std::move(headers);
  return request;
}

TEST(ConnectionInfo, targets_come_back_whether_they_are_usual_or_not) {
  for (const char* target :
       {"/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=4&transport=websocket&token=1",
        "/socket.io/?EIO=4&transport=polling&t=PxYz", "/socket.io/?EIO=4&transport=webs", "/", "",
        "/other/?EIO=4&transport=websocket"}) {
    const connection_info info(request_for(target), "sid");
    EXPECT_EQ(info.url(), target);
    EXPECT_EQ(info.sid(), "sid");
    EXPECT_EQ(info.address(), "127.0.0.1");
    EXPECT_TRUE(info.headers().empty());
  }
}

TEST(ConnectionInfo, headers_keep_their_order_and_values_and_lose_their_capitals) {
  const http_headers given{{"Host", "127.0.0.1:3000"},
                           {"Connection", "Upgrade"},
                           {"Upgrade", "websocket"},
                           {"X-Mine", "websocket"},
                           {"Cookie", "a=1"},
                           {"Cookie", "Upgrade"},
                           {"Empty", ""},
                           {"X-Tab", "\t13"},
                           {"Accept", "UPGRADE"},
                           {"Sec-WebSocket-Version", "13"}};
  const connection_info info(request_for("/socket.io/?EIO=4&transport=websocket", given), "s");
  const http_headers back = info.headers();
  ASSERT_EQ(back.size(), given.size());
  auto at = back.begin();
  for (const auto& [name, value] : given) {
    EXPECT_EQ(at->second, value) << name;
    ++at;
  }
  EXPECT_EQ(back.begin()->first, "host");
  EXPECT_EQ((back.begin() + 3)->first, "x-mine");
  EXPECT_EQ(back["Sec-WebSocket-Version"], "13");
}

TEST(ConnectionInfo, a_certificate_comes_back_between_the_target_and_the_headers) {
  http_request request = request_for("/socket.io/?EIO=4&transport=polling", {{"Host", "a"}});
  EXPECT_EQ(connection_info(request, "s").client_certificate(), nullptr);
  for (const auto& names : {std::vector<std::string>{}, {"DNS:a", "URI:urn:a"}}) {
    request.client_certificate = std::make_shared<const peer_certificate>(
        peer_certificate{"", "CN=the issuer", names, "AB:CD"});
    const connection_info info(request, "s");
    const auto back = info.client_certificate();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->subject, "");
    EXPECT_EQ(back->issuer, "CN=the issuer");
    EXPECT_EQ(back->alt_names, names);
    EXPECT_EQ(back->fingerprint, "AB:CD");
    EXPECT_EQ(info.headers()["host"], "a");
    EXPECT_EQ(info.url(), request.target);
  }
}

// HD-14. Who has no custom fields pays for none: the block is as large as before there were any.
TEST(ConnectionInfo, keeps_custom_fields_only_when_there_are_some) {
  static_assert(sizeof(connection_info) <= 24);
  http_request request;
  request.target = "/socket.io/?EIO=4&transport=polling&a=b";
  request.remote_address = "192.0.2.1";
  request.secure = true;
  request.headers = {{"Host", "h"}, {"Upgrade", "WebSocket"}};
  const connection_info without(request, "sid");
  EXPECT_TRUE(without.custom().empty());

  const auto shared = std::make_shared<int>(7);
  request.custom.set(shared);
  request.custom.set(std::string("text"));
  {
    const connection_info with(request, "sid");
    request.custom = {};
    EXPECT_EQ(shared.use_count(), 2);
    EXPECT_EQ(*with.custom().get<std::string>(), "text");
    EXPECT_EQ(*with.custom().get<std::shared_ptr<int>>(), shared);
    const http_request again = with.request();
    EXPECT_EQ(again.target, request.target);
    EXPECT_EQ(again.path, "/socket.io/");
    EXPECT_EQ(again.query["a"], "b");
    EXPECT_EQ(again.headers["HOST"], "h");
    EXPECT_EQ(again.remote_address, "192.0.2.1");
    EXPECT_TRUE(again.secure);
    EXPECT_TRUE(again.upgrade);
    EXPECT_EQ(*again.custom.get<std::string>(), "text");
    EXPECT_EQ(with.sid(), "sid");
    EXPECT_EQ(with.url(), request.target);
  }
  EXPECT_EQ(shared.use_count(), 1);
}

}  // namespace
}  // namespace socketio::core
