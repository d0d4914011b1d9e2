// Code of the application that throws where nobody expects it: it is reported, and the server goes
// on.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace socketio::test {
namespace {

// Remembers where exceptions were reported.
class errors {
 public:
  explicit errors(server& of) {
    of.on_error([this](std::exception_ptr, std::string_view where) {
      const std::lock_guard lock(mutex_);
      places_.emplace_back(where);
    });
  }
  std::vector<std::string> places() {
    const std::lock_guard lock(mutex_);
    return places_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> places_;
};

raw_response handshake(std::uint16_t port, std::string_view more_headers = "") {
  raw_client peer(port);
  peer.send(get("/socket.io/?EIO=4&transport=polling", more_headers));
  return peer.read_response();
}

TEST(Guard, AnOriginThatCannotBeJudgedIsNotAllowed) {
  server_options options;
  options.cors.emplace();
  options.cors->allow = [](std::string_view) -> bool { throw std::runtime_error("no idea"); };
  running_server server(options);
  errors seen(server.io);
  server.start();
  for (const std::string_view path :
       {"/socket.io/?EIO=4&transport=polling", "/socket.io/socket.io.js"}) {
    raw_client peer(server.io.port());
    peer.send(get(path, "Origin: https://example.org\r\n"));
    const auto answer = peer.read_response();
    EXPECT_EQ(answer.status, 200u);
    EXPECT_FALSE(answer.has("access-control-allow-origin"));
  }
  server.stop();
  EXPECT_EQ(seen.places(), (std::vector<std::string>{"cors.allow", "cors.allow"}));
}

TEST(Guard, PostedWorkThatThrowsTakesNothingElseWithIt) {
  running_server server;
  errors seen(server.io);
  server.start();
  int ran = 0;
  server.ask([&] {  // all of these are in one batch
    server.io.post([&] { ++ran; });
    server.io.post([] { throw 42; });
    server.io.post([&] { ++ran; });
    return true;
  });
  EXPECT_EQ(server.ask([&] { return ran; }), 2);
  server.stop();
  EXPECT_EQ(seen.places(), std::vector<std::string>{"post"});
}

TEST(Guard, WorkOfTheLastTurnMayThrow) {
  running_server server;
  errors seen(server.io);
  server.start();
  int ran = 0;
  server.io.close([&] {
    ++ran;
    server.io.post([&] {
      ++ran;
      server.io.post([] { throw std::runtime_error("late"); });
      server.io.post([&] { ++ran; });
    });
    throw std::runtime_error("done");
  });
  server.stop();
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(seen.places(), (std::vector<std::string>{"close", "post"}));
}

TEST(Guard, AnIdGeneratorMayThrowAnything) {
  running_server server;
  server.io.engine().generate_id = [](const http_request&) -> std::optional<std::string> {
    throw 42;
  };
  server.start();
  EXPECT_EQ(handshake(server.io.port()).status, 400u);
  EXPECT_EQ(server.counters().refused[3], 1u);
}

TEST(Guard, AnErrorHandlerMayThrow) {
  running_server server;
  int told = 0;
  server.io.on_error([&](std::exception_ptr, std::string_view) {
    ++told;
    throw std::runtime_error("and this one too");
  });
  server.io.get("/", [](const http_request&) -> http_response { throw 42; });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/"));
  EXPECT_EQ(peer.read_response().status, 500u);
  EXPECT_EQ(server.ask([&] { return told; }), 1);
  EXPECT_EQ(handshake(server.io.port()).status, 200u);
}

TEST(Guard, TheErrorHandlerOfRoutesMayThrow) {
  running_server server;
  server.io.routes().on_exception = [](const http_request&, std::exception_ptr) { throw 43; };
  server.io.get("/", [](const http_request&) -> http_response { throw 42; });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/"));
  EXPECT_EQ(peer.read_response().status, 500u);
}

}  // namespace
}  // namespace socketio::test
