// io.engine() as C++ sees it: hooks that answer from other threads, messages as they pass, counts,
// the first request, and the cookie's own encoding.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

const std::string polling = "/socket.io/?EIO=4&transport=polling";

raw_response ask(std::uint16_t port, const std::string& path) {
  raw_client peer(port);
  peer.send(get(path));
  return peer.read_response();
}

// Each answers on a thread of its own.
class workers {
 public:
  ~workers() { join(); }
  template <class Work>
  void add(Work work) {
    const std::lock_guard guard(lock_);
    all_.emplace_back(std::move(work));
  }
  void join() {
    for (std::thread& one : std::exchange(all_, {})) one.join();
  }

 private:
  std::mutex lock_;
  std::vector<std::thread> all_;
};

server_options of_three_shards() {
  server_options options;
  options.threads = 3;
  return options;
}

// HD-13
TEST(EngineHooks, AllowRequestMayAnswerFromAnyThread) {
  workers answering;
  running_server server(of_three_shards());
  server.io.engine().allow_request = [&](const http_request& request, auto decide) {
    const bool refused = request.query.contains("refused");
    answering.add([refused, decide] {
      decide(refused ? std::optional<std::string>("not you") : std::nullopt);
      decide(std::nullopt);
    });
  };
  server.start();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(server.io.port(), polling).status, 200u);
    EXPECT_EQ(ask(server.io.port(), polling + "&refused").status, 403u);
  }
  server.stop();
  answering.join();
}

// HS-11
TEST(EngineHooks, GenerateIdLaterMayAnswerFromAnyThread) {
  workers answering;
  running_server server(of_three_shards());
  server.io.engine().generate_id_later = [&](const http_request& request,
                                             std::function<void(result<std::string>)> give) {
    const std::string id(request.query["id"]);
    answering.add([id, give] {
      if (id == "none") return give(std::make_error_code(std::errc::timed_out));
      give(id);
      give(std::string("a second one"));
    });
  };
  server.start();
  const std::uint16_t port = server.io.port();
  for (int i = 0; i < 10; ++i) {
    const std::string id = "chosen-" + std::to_string(i);
    EXPECT_NE(ask(port, polling + "&id=" + id).body.find("\"sid\":\"" + id + "\""),
              std::string::npos);
    EXPECT_EQ(ask(port, polling + "&id=" + id).status, 400u) << "it is in use, on whatever shard";
    EXPECT_EQ(ask(port, polling + "&id=none").status, 400u);
    raw_client peer(port);
    peer.send(post(polling + "&sid=" + id, "40"));
    EXPECT_EQ(peer.read_response().body, "ok") << "every shard knows where it is";
  }
  EXPECT_EQ(ask(port, polling).status, 200u) << "the usual id";
  server.stop();
  answering.join();
}

TEST(EngineHooks, AnIdThatCameTooLateIsFreeAgain) {
  running_server server;
  std::vector<std::function<void(result<std::string>)>> waiting;  // of the shard
  server.io.engine().generate_id_later = [&](const http_request& request,
                                             std::function<void(result<std::string>)> give) {
    if (!request.query.contains("wait")) return give(std::string("the-id"));
    waiting.push_back(std::move(give));
  };
  server.start();
  {
    raw_client peer(server.io.port());
    peer.send(get(polling + "&wait"));
    while (server.ask([&] { return waiting.empty(); })) std::this_thread::yield();
  }
  EXPECT_TRUE(server.becomes([](const auto& now) { return now.http_connections == 0; }));
  server.ask([&] { return waiting.front()(std::string("the-id")), 0; });
  EXPECT_EQ(ask(server.io.port(), polling).status, 200u);
  server.stop();
}

TEST(EngineHooks, WhatGenerateIdLaterThrowsRefuses) {
  running_server server;
  std::vector<std::string> places;  // of the shard
  server.io.on_error(
      [&](std::exception_ptr, std::string_view where) { places.emplace_back(where); });
  server.io.engine().generate_id_later = [](const http_request&,
                                            const std::function<void(result<std::string>)>&) {
    throw std::runtime_error("no id");
  };
  server.start();
  EXPECT_EQ(ask(server.io.port(), polling).status, 400u);
  server.stop();
  EXPECT_EQ(places, std::vector<std::string>{"generate_id_later"});
}

// HS-29
TEST(EngineHooks, MessagesAreSeenAsTheyPass) {
  running_server server({.close_timeout = std::chrono::milliseconds(50)});
  std::vector<std::string> log;  // of the shard
  const auto note = [&log](const char* way) {
    return [&log, way](std::string_view, bool binary, std::string_view message) {
      log.push_back(way + (binary ? std::to_string(message.size()) + " bytes"
                                  : std::string(message.substr(0, 22))));
    };
  };
  server.io.engine().on_message = note("in ");
  server.io.engine().on_packet_create = note("out ");
  server.io.on("echo", [](const socket& from, const value& what) { from.emit("echo", what); });
  server.start();
  raw_websocket client(server.io.port());
  client.emit(R"(["echo","a"])");
  EXPECT_EQ(client.read(), R"(2["echo","a"])");
  client.peer.send(text_frame(R"(451-["echo",{"_placeholder":true,"num":0}])") +
                   client_frame(0x82, "123"));
  EXPECT_NE(client.read(), "");
  server.stop();
  const std::vector<std::string> expected = {"in 0",
                                             "out 0{\"sid\":\"" + client.sid.substr(0, 13),
                                             R"(in 2["echo","a"])",
                                             R"(out 2["echo","a"])",
                                             R"(in 51-["echo",{"_placehol)",
                                             "in 3 bytes",
                                             R"(out 51-["echo",{"_placehol)",
                                             "out 3 bytes"};
  EXPECT_EQ(log, expected);
}

// HS-29. A hook is no part of the sending that it is told of: it may send as well.
TEST(EngineHooks, WhatIsSeenMaySend) {
  running_server server({.close_timeout = std::chrono::milliseconds(50)});
  std::vector<socket> sockets;  // of the shard
  server.io.on_connection([&sockets](const socket& who) { sockets.push_back(who); });
  server.io.on("direct", [](const socket& from) { from.emit("secret"); });
  server.io.on("room", [&server](const socket& from) {
    from.join("room");
    server.io.to("room").emit("secret");
  });
  server.io.engine().on_packet_create = [&](std::string_view, bool, std::string_view message) {
    if (message == R"(2["secret"])") {
      sockets.back().emit("noticed", 1);
      server.io.emit("noticed", 2);
    }
    if (message == R"(2["noticed",2])") sockets.back().disconnect(true);
  };
  server.start();
  raw_websocket first(server.io.port()), second(server.io.port());
  for (const char* way : {"direct", "room"}) {
    raw_websocket last(server.io.port());
    first.emit(std::string("[\"") + way + "\"]");
    EXPECT_EQ(first.read(), R"(2["secret"])");
    EXPECT_EQ(first.read(), R"(2["noticed",2])");
    EXPECT_EQ(second.read(), R"(2["noticed",2])");
    EXPECT_EQ(last.read(), R"(2["noticed",1])");
    EXPECT_EQ(last.read(), R"(2["noticed",2])");
    EXPECT_EQ(last.read(), "1");
  }
}

// HS-28, SV-03
TEST(EngineHooks, ClientsAreCountedOnAllShards) {
  running_server server(of_three_shards());
  EXPECT_EQ(server.io.engine().clients_count(), 0u);
  server.start();
  std::vector<std::unique_ptr<raw_websocket>> clients;
  for (std::size_t i = 1; i <= 10; ++i) {
    clients.push_back(std::make_unique<raw_websocket>(server.io.port()));
    EXPECT_EQ(server.io.engine().clients_count(), i);
  }
  clients.clear();
  EXPECT_TRUE(server.becomes([&](const auto&) { return server.io.engine().clients_count() == 0; }));
}

// HD-14
TEST(EngineHooks, TheFirstRequestIsKeptWithWhatWasAttached) {
  struct user {
    std::string name;
  };
  struct unused {};
  running_server server;
  server.io.engine().use([](http_request& request, const http_reply&, next_fn next) {
    if (const auto name = request.query.find("name")) {
      request.custom.set(user{"nobody"});
      request.custom.set(user{std::string(*name)});
      request.custom.set(7);
    }
    next();
  });
  std::vector<http_request> seen;  // of the shard
  std::vector<custom_fields> shaken;
  server.io.on_connection([&](const socket& who) {
    seen.push_back(who.request());
    shaken.push_back(who.handshake().custom);
  });
  server.start();
  for (const std::string name : {"&name=ann%20b&x=1", ""}) {
    raw_client peer(server.io.port());
    ASSERT_EQ(peer.open_websocket("/socket.io/?EIO=4&transport=websocket" + name,
                                  "X-Mine: Yes\r\nCookie: a=b\r\n"),
              101u);
    peer.send(text_frame("40"));
    peer.read_frame();
    peer.read_frame();
  }
  server.stop();
  ASSERT_EQ(seen.size(), 2u);
  const http_request& first = seen[0];
  EXPECT_EQ(first.method, "GET");
  EXPECT_EQ(first.target, "/socket.io/?EIO=4&transport=websocket&name=ann%20b&x=1");
  EXPECT_EQ(first.path, "/socket.io/");
  EXPECT_EQ(first.query["name"], "ann b");
  EXPECT_EQ(first.headers["x-mine"], "Yes");
  EXPECT_EQ(first.headers["cookie"], "a=b");
  EXPECT_EQ(first.remote_address, "127.0.0.1");
  EXPECT_TRUE(first.upgrade);
  EXPECT_FALSE(first.secure);
  for (const custom_fields* one :
       std::initializer_list<const custom_fields*>{&first.custom, &shaken[0]}) {
    ASSERT_TRUE(one->get<user>());
    EXPECT_EQ(one->get<user>()->name, "ann b");
    EXPECT_EQ(*one->get<int>(), 7);
    EXPECT_FALSE(one->get<unused>());
  }
  EXPECT_TRUE(seen[1].custom.empty());
  EXPECT_TRUE(shaken[1].empty());
  EXPECT_TRUE(socket().request().custom.empty()) << "of nobody";
}

// HD-08
TEST(EngineHooks, TheCookieMayBeEncodedInOnesOwnWay) {
  server_options options;
  options.cookie.emplace();
  options.cookie->encode = [](std::string_view sid) {
    if (sid.ends_with("bad")) return std::string("not; possible");
    return "signed." + std::string(sid);
  };
  running_server server(options);
  server.io.engine().generate_id = [](const http_request& request) -> std::optional<std::string> {
    return std::string(request.query["id"]);
  };
  std::vector<std::string> places;  // of the shard
  server.io.on_error(
      [&](std::exception_ptr, std::string_view where) { places.emplace_back(where); });
  server.start();
  EXPECT_EQ(ask(server.io.port(), polling + "&id=mine").headers.at("set-cookie"),
            "io=signed.mine; Path=/; HttpOnly; SameSite=Lax");
  const auto without = ask(server.io.port(), polling + "&id=bad");
  EXPECT_EQ(without.status, 200u);
  EXPECT_FALSE(without.has("set-cookie"));
  server.stop();
  EXPECT_EQ(places, std::vector<std::string>{"cookie"});
}

}  // namespace
}  // namespace socketio::test
