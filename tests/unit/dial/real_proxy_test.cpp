// The same through proxies that others have written: microsocks and tinyproxy.
#include "dial/http_client.hpp"
#include "unit/dial/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <unistd.h>

namespace socketio::test {
namespace {

using dial::http_answer;
using dial::http_outcome;
using dial::trouble;

class RealProxy : public websocket_fixture {
 protected:
  void start_socks(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{SOCKETIO_MICROSOCKS, "-i", "127.0.0.1", "-p",
                                   std::to_string(port)};
    words.insert(words.end(), more.begin(), more.end());
    proxy.emplace(std::move(words), port);
  }
  void start_http(const std::string& more = "") {
    const std::string path =
        ::testing::TempDir() + "dial_tinyproxy_" + std::to_string(::getpid()) + ".conf";
    std::ofstream(path) << "Port " << port << "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                        << more;
    proxy.emplace(std::vector<std::string>{SOCKETIO_TINYPROXY, "-d", "-c", path}, port);
    ::unlink(path.c_str());
  }
  std::string at_proxy(const std::string& scheme) {
    return scheme + "127.0.0.1:" + std::to_string(port);
  }
  // Messages in both directions and a request, through the proxy.
  void expect_all_works() {
    socket.reset();
    sink = {};
    dial({.url = echo.url("ws")});
    ASSERT_TRUE(opens());
    const std::string much(300'000, 'x');
    socket->send_text("hello");
    socket->send_text(much);
    ASSERT_TRUE(hears(2));
    EXPECT_EQ(sink.messages, (std::vector<std::string>{"t:hello", "t:" + much}));
    dial::http_client client(loop, options);
    std::vector<http_outcome> told;
    for (int i = 0; i < 2; ++i) {
      client.start({.method = "POST", .url = echo.url(), .body = "body"},
                   [&](http_outcome outcome) { told.push_back(std::move(outcome)); });
    }
    ASSERT_TRUE(turn_until(loop, [&] { return told.size() == 2; }));
    for (const auto& one : told) {
      const auto* const answer = std::get_if<http_answer>(&one);
      ASSERT_TRUE(answer) << std::get<dial::failure>(one).detail;
      EXPECT_EQ(answer->body, "from the server");
    }
  }

  raw_server echo{[](peer& one) {
    const std::string request = one.read_head();
    if (header_of(request, "upgrade").empty()) {
      one.read_exactly(4);
      return one.send(response("200 OK", "", "from the server"));
    }
    one.accept(request);
    for (seen_frame seen; (seen = one.read_frame()).opcode == 1;) one.send_text(seen.payload);
  }};
  const std::uint16_t port = unused_port();
  std::optional<program> proxy;
};

TEST_F(RealProxy, microsocks) {
  start_socks();
  options.proxy = at_proxy("socks5://");
  expect_all_works();
  options.proxy = at_proxy("socks5h://");
  expect_all_works();
  const auto why = failure_of({.url = "ws://127.0.0.1:" + std::to_string(unused_port())});
  EXPECT_EQ(why.what, trouble::proxy);
  EXPECT_TRUE(why.detail.ends_with("connection refused")) << why.detail;
}

TEST_F(RealProxy, microsocks_with_a_password) {
  start_socks({"-u", "ann", "-P", "secret"});
  options.proxy = at_proxy("socks5h://ann:secret@");
  expect_all_works();
  for (const std::string who : {"ann:wrong@", ""}) {
    options.proxy = at_proxy("socks5h://" + who);
    const auto why = failure_of({.url = echo.url("ws")});
    EXPECT_EQ(why.what, trouble::proxy);
    EXPECT_TRUE(why.detail.ends_with("it refuses our name and password")) << why.detail;
  }
}

TEST_F(RealProxy, tinyproxy) {
  start_http();
  options.proxy = at_proxy("http://");
  expect_all_works();
  const auto why = failure_of({.url = "ws://127.0.0.1:" + std::to_string(unused_port())});
  EXPECT_EQ(why.what, trouble::proxy);
  EXPECT_EQ(why.status, 500u);
}

TEST_F(RealProxy, tinyproxy_with_a_password) {
  start_http("BasicAuth ann secret\n");
  options.proxy = at_proxy("http://ann:secret@");
  expect_all_works();
  options.proxy = at_proxy("http://ann:wrong@");
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).what, trouble::proxy);
  EXPECT_TRUE(sink.why->status == 401 || sink.why->status == 407) << sink.why->detail;
}

TEST_F(RealProxy, tinyproxy_that_connects_to_other_ports_only) {
  start_http("ConnectPort 443\n");
  options.proxy = at_proxy("http://");
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).status, 403u);
}

}  // namespace
}  // namespace socketio::test
