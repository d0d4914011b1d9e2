// Where a server listens: several addresses, IPv6, Unix-domain sockets, while it runs and before;
// and the end of a server that never did.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <stdlib.h>
#include <sys/stat.h>

namespace socketio::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string first_request = get("/socket.io/?EIO=4&transport=polling");

class Listening : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "socketio-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = name + "/io.sock";
  }
  void TearDown() override { fs::remove_all(folder_); }

  template <class Where>
  static unsigned status_at(const Where& where) {
    raw_client peer(where);
    peer.send(first_request);
    return peer.read_response().status;
  }

  fs::path folder_;
  std::string file_;
};

// SV-02
TEST_F(Listening, AtSeveralAddressesAtTheSameTime) {
  running_server server;
  ASSERT_FALSE(server.io.listen("127.0.0.1:0"));
  ASSERT_FALSE(server.io.listen(":0"));  // the host of the options
  server.start();                        // and the port of the options
  ASSERT_FALSE(server.io.listen("127.0.0.1:0")) << "while it runs";
  const auto all = server.io.addresses();
  ASSERT_EQ(all.size(), 4u);
  std::set<int> ports;
  for (const std::string& one : all) {
    ASSERT_TRUE(one.starts_with("127.0.0.1:")) << one;
    const int port = std::stoi(one.substr(10));
    ports.insert(port);
    EXPECT_EQ(status_at(static_cast<std::uint16_t>(port)), 200u);
  }
  EXPECT_EQ(ports.size(), 4u);
  EXPECT_TRUE(ports.contains(server.io.port()));
  EXPECT_EQ(std::stoi(all.front().substr(10)), server.io.port()) << "port() is the first";
}

TEST_F(Listening, WhatIsTakenOrNoAddressIsAnError) {
  running_server server;
  server.start();
  EXPECT_EQ(server.io.listen(), std::errc::already_connected);
  EXPECT_EQ(server.io.listen(server.io.addresses().front()), std::errc::address_in_use);
  for (const char* const none : {"", "3000", "::1", "example.org:80", "unix:", "127.0.0.1:x"})
    EXPECT_EQ(server.io.listen(none), std::errc::invalid_argument) << none;
  EXPECT_EQ(server.io.addresses().size(), 1u);
  server.stop();
  EXPECT_EQ(server.io.listen("127.0.0.1:0"), std::errc::operation_canceled);
}

TEST_F(Listening, AtIpv6) {
  running_server server;
  if (server.io.listen("[::1]:0")) GTEST_SKIP() << "this machine has no IPv6";
  std::promise<std::string> address;
  server.io.on_connection([&](const socket& who) { address.set_value(who.handshake().address); });
  server.start();
  const std::string where = server.io.addresses().front();
  EXPECT_TRUE(where.starts_with("[::1]:"));
  raw_client peer(where);
  ASSERT_EQ(peer.open_websocket("/socket.io/?EIO=4&transport=websocket"), 101u);
  peer.send(text_frame("40"));
  EXPECT_EQ(address.get_future().get(), "::1");
  EXPECT_EQ(status_at(where), 200u);
  EXPECT_TRUE(server.io.addresses().back().starts_with("127.0.0.1:")) << "and at IPv4 beside it";
}

// SV-01, SV-06: what the constructor was given is what counts, and can be asked for.
TEST_F(Listening, TheServerKnowsItsOptions) {
  const socketio::server usual;
  EXPECT_EQ(usual.options().path, "/socket.io");
  EXPECT_EQ(usual.options().port, 3000);
  const socketio::server chosen(
      {.port = 0, .path = "/chat/", .serve_client = false, .connect_timeout = 7s});
  EXPECT_EQ(chosen.options().path, "/chat");
  EXPECT_TRUE(chosen.matches("/chat/?EIO=4"));
  EXPECT_FALSE(chosen.matches("/chat?EIO=4"));
  EXPECT_FALSE(chosen.options().serve_client);
  EXPECT_EQ(chosen.options().connect_timeout, 7s);
  EXPECT_THROW(socketio::server({.path = "chat"}), std::invalid_argument);
}

// A Unix-domain socket has no ports to share: all shards accept from the same one.
TEST_F(Listening, AtAUnixDomainSocket) {
  for (const unsigned threads : {1u, 3u}) {
    server_options options;
    options.threads = threads;
    options.unix_socket_mode = 0600;
    options.close_timeout = 50ms;
    running_server server(options);
    std::promise<socketio::handshake> seen;
    server.io.on_connection([&](const socket& who) { seen.set_value(who.handshake()); });
    server.start();
    ASSERT_FALSE(server.io.listen("unix:" + file_));
    EXPECT_EQ(server.io.addresses().back(), "unix:" + file_);
    struct stat file {};
    ASSERT_EQ(::stat(file_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(status_at("unix:" + file_), 200u);
    raw_client peer("unix:" + file_);
    ASSERT_EQ(peer.open_websocket("/socket.io/?EIO=4&transport=websocket"), 101u);
    peer.send(text_frame("40"));
    EXPECT_EQ(seen.get_future().get().address, "");
    server.stop();
    EXPECT_FALSE(fs::exists(file_));
  }
}

TEST_F(Listening, TheHostOfTheOptionsMayBeAUnixDomainSocket) {
  socketio::server server({.host = "unix:" + file_, .port = 0});
  server.serve_health();
  ASSERT_FALSE(server.listen());
  EXPECT_EQ(server.port(), 0);
  std::thread runner([&] { server.run(); });
  EXPECT_EQ(status_at("unix:" + file_), 200u);
  raw_client probe("unix:" + file_);
  probe.send(get("/readyz"));
  EXPECT_EQ(probe.read_response().status, 200u);
  server.close();
  runner.join();
  EXPECT_FALSE(fs::exists(file_));
}

// A server that is killed leaves its file; the next one takes the place.
TEST_F(Listening, TheFileOfADeadServerIsReplacedAndThatOfALivingOneIsNot) {
  running_server first;
  first.start();
  ASSERT_FALSE(first.io.listen("unix:" + file_));
  running_server second;
  second.start();
  EXPECT_EQ(second.io.listen("unix:" + file_), std::errc::address_in_use);
  EXPECT_EQ(status_at("unix:" + file_), 200u);
  fs::create_hard_link(file_, file_ + "2");  // survives the close, as after a crash
  first.stop();
  ASSERT_TRUE(fs::exists(file_ + "2"));
  ASSERT_FALSE(second.io.listen("unix:" + file_ + "2"));
  EXPECT_EQ(status_at("unix:" + file_ + "2"), 200u);
}

// SV-09, SV-10
TEST_F(Listening, AServerThatNeverListenedCloses) {
  bool done = false;
  socketio::server never({.host = "127.0.0.1", .port = 0});
  never.close([&] { done = true; });
  never.run();
  EXPECT_TRUE(done);
  EXPECT_EQ(never.listen("127.0.0.1:0"), std::errc::operation_canceled);
  EXPECT_EQ(never.port(), 0);
  EXPECT_TRUE(never.addresses().empty());
  { socketio::server destroyed_at_once({.port = 0}); }
}

TEST_F(Listening, WhatWasBoundAndNeverServedIsLetGo) {
  {
    socketio::server bound({.host = "127.0.0.1", .port = 0});
    ASSERT_FALSE(bound.listen("unix:" + file_));
    EXPECT_TRUE(fs::exists(file_));
  }
  EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace socketio::test
