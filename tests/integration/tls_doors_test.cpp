// TLS beside what else a listener has: several addresses, Unix-domain sockets, trusted proxies,
// limits per address.
#include "integration/secure_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace socketio::test {
namespace {

const std::string websocket = "/socket.io/?EIO=4&transport=websocket";

class TlsDoors : public testing::Test {
 protected:
  TlsDoors() {
    std::string pattern = (std::filesystem::temp_directory_path() / "doors-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    file = folder_ / "socket";
  }
  ~TlsDoors() override { std::filesystem::remove_all(folder_); }

  // The server tells clients how it sees them.
  static void start(running_server& server) {
    server.io.on("who", [](const socket& from) {
      const handshake seen = from.handshake();
      return (seen.secure ? "secure " : "plain ") + seen.address;
    });
    server.start();
  }
  // How it sees who comes with these headers.
  static std::string seen_by_the_server(raw_client& peer, const std::string& headers = "") {
    EXPECT_EQ(peer.open_websocket(websocket, headers), 101u);
    peer.send(text_frame("40") + text_frame(R"(420["who"])"));
    peer.read_frame();  // the open packet
    peer.read_frame();  // the namespace
    const std::string answer = peer.read_frame().payload;
    return answer.substr(0, answer.size() - 2).substr(5);
  }

  std::string file;

 private:
  std::filesystem::path folder_;
};

server_options trusting_proxies(server_options options, std::vector<std::string> proxies) {
  options.trusted_proxies = std::move(proxies);
  return options;
}

// SD-32: every TCP address speaks TLS and shows the same certificates, also after a reload.
TEST_F(TlsDoors, EveryTcpAddressIsBehindTls) {
  for (const unsigned threads : {1u, 3u}) {
    running_server server(secured(threads));
    server.start();
    ASSERT_FALSE(server.io.listen("127.0.0.1:0"));
    const std::string added = server.io.addresses().back();
    const auto port = static_cast<std::uint16_t>(std::stoi(added.substr(added.rfind(':') + 1)));
    ASSERT_NE(port, server.io.port());
    for (const std::uint16_t each : {server.io.port(), port}) {
      EXPECT_EQ(dial(each)->server_name(), "localhost");
      raw_client plain(each);
      plain.send(get("/"));
      EXPECT_EQ(plain.read_response().status, 400u);
    }
    server.io.set_tls(options_for(authority().issue({.common_name = "new"})));
    for (const std::uint16_t each : {server.io.port(), port})
      EXPECT_EQ(dial(each)->server_name(), "new");
  }
}

// SK-02: whoever comes through a file of this machine needs no TLS, and is not told to have it.
TEST_F(TlsDoors, AUnixDomainSocketStaysPlain) {
  running_server server(secured(2));
  start(server);
  ASSERT_FALSE(server.io.listen("unix:" + file));
  raw_client plain("unix:" + file);
  EXPECT_EQ(seen_by_the_server(plain), "plain ");
}

// SK-02, SD-50: TLS may end at a proxy in front of the socket, which says so.
TEST_F(TlsDoors, AProxyAtAUnixDomainSocketMaySayThatItIsSecure) {
  running_server server(trusting_proxies(secured(), {"unix:"}));
  start(server);
  ASSERT_FALSE(server.io.listen("unix:" + file));
  raw_client proxied("unix:" + file);
  EXPECT_EQ(
      seen_by_the_server(proxied, "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"),
      "secure 192.0.2.7");
}

// A proxy that comes over TLS speaks of its client: what is between them is what counts.
TEST_F(TlsDoors, AProxyOverTlsSpeaksOfItsClient) {
  running_server server(trusting_proxies(secured(), {"127.0.0.1"}));
  start(server);
  const auto seen = [&](const std::string& headers) {
    return seen_by_the_server(*dial(server.io.port()), headers);
  };
  EXPECT_EQ(seen(""), "secure 127.0.0.1");
  EXPECT_EQ(seen("X-Forwarded-For: 192.0.2.7\r\n"), "secure 192.0.2.7");
  EXPECT_EQ(seen("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n"), "plain 192.0.2.7");
}

TEST_F(TlsDoors, NobodyElseMaySayThatHeIsNotSecure) {
  running_server server(secured());
  start(server);
  EXPECT_EQ(seen_by_the_server(*dial(server.io.port()), "X-Forwarded-Proto: http\r\n"),
            "secure 127.0.0.1");
}

// From the first byte on, and until it is over: a handshake is a place among those of its address.
TEST_F(TlsDoors, ConnectionsOfOneAddressAreLimitedFromTheirHandshakeOn) {
  server_options options = secured();
  options.max_http_connections_per_address = 2;
  running_server server(options);
  server.start();
  const std::uint16_t port = server.io.port();
  const auto there_are = [&](std::size_t n) {
    return server.becomes([n](const auto& now) { return now.http_connections == n; });
  };
  for (int round = 0; round < 3; ++round) {
    auto silent = std::make_unique<raw_client>(port);
    ASSERT_TRUE(there_are(1));
    auto second = dial(port);
    second->send(get("/"));
    EXPECT_EQ(second->read_response().status, 404u);
    raw_client third(port);
    EXPECT_TRUE(third.sees_end());
    EXPECT_EQ(server.counters().http_connections_refused, round + 1u);
    silent.reset();  // in the middle of its handshake
    ASSERT_TRUE(there_are(1));
    raw_client garbage(port);
    garbage.send(get("/"));
    EXPECT_EQ(garbage.read_response().status, 400u);
    garbage.close();
    ASSERT_TRUE(there_are(1));
    second->close_notify();
    second.reset();
    ASSERT_TRUE(there_are(0));
  }
}

}  // namespace
}  // namespace socketio::test
