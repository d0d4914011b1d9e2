// io.engine().use(): what JavaScript's middlewares do is proved by the conformance suite; here is
// the rest: other threads, exceptions, whoever never answers, and the end of the server.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <stdexcept>
#include <thread>
#include <vector>

namespace socketio::test {
namespace {

const std::string path = "/socket.io/?EIO=4&transport=polling";
const std::string upgrade =
    get("/socket.io/?EIO=4&transport=websocket",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

raw_response ask(running_server& server, const std::string& request) {
  raw_client peer(server.io.port());
  peer.send(request);
  return peer.read_response();
}

// HD-10
TEST(EngineMiddleware, NextAndEndMayBeCalledFromAnyThread) {
  server_options options;
  options.threads = 3;
  running_server server(options);
  std::mutex lock;
  std::vector<std::thread> workers;
  server.io.engine().use([&](http_request& request, const http_reply& reply, next_fn next) {
    const std::lock_guard guard(lock);
    workers.emplace_back([&request, reply, next] {  // it is all ours until next()
      const std::string what(request.query["what"]);
      reply.set("x-what", what);
      request.custom.set(what);
      if (what == "end") return reply.end(http_response::text(401, "no"));
      if (what == "fail") return next("no");
      next();
      next("too late");
      reply.end(http_response::text(500, "too late"));
    });
  });
  server.start();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(server, get(path + "&what=end")).status, 401u);
    EXPECT_EQ(ask(server, get(path + "&what=fail")).status, 400u);
    const auto opened = ask(server, get(path + "&what=go"));
    EXPECT_EQ(opened.status, 200u);
    EXPECT_EQ(opened.headers.at("x-what"), "go");
  }
  server.stop();
  for (std::thread& one : workers) one.join();
}

// HD-10: JavaScript ends the process here.
TEST(EngineMiddleware, WhatItThrowsIsReportedAndRefuses) {
  running_server server;
  std::vector<std::string> places;  // of the shard
  server.io.on_error(
      [&](std::exception_ptr, std::string_view where) { places.emplace_back(where); });
  server.io.engine().use([](http_request& request, const http_reply& reply, next_fn next) {
    if (request.query.contains("after_next")) next();
    if (request.query.contains("after_end")) reply.end(http_response::text(204, ""));
    throw std::runtime_error("thrown by a middleware");
  });
  server.start();
  EXPECT_EQ(ask(server, get(path)).body, R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(ask(server, get(path + "&after_next")).status, 200u);
  EXPECT_EQ(ask(server, get(path + "&after_end")).status, 204u);
  EXPECT_EQ(ask(server, upgrade).status, 400u);
  server.stop();
  EXPECT_EQ(places, std::vector<std::string>(4, "engine middleware"));
}

// HD-10
TEST(EngineMiddleware, WhoeverForgetsToAnswerAnswers500) {
  running_server server;
  std::thread worker;
  server.io.engine().use([&](http_request& request, const http_reply&, next_fn next) {
    if (!request.query.contains("elsewhere")) return;
    worker = std::thread([next] {});
  });
  server.start();
  EXPECT_EQ(ask(server, get(path)).status, 500u);
  EXPECT_EQ(ask(server, get(path + "&elsewhere")).status, 500u);
  EXPECT_EQ(ask(server, upgrade).status, 500u);
  server.stop();
  worker.join();
}

// HD-11, Q-02
TEST(EngineMiddleware, AnUpgradeThatIsEndedIsAnsweredAndClosed) {
  running_server server;
  server.io.engine().use([](http_request& request, const http_reply& reply, next_fn) {
    reply.set("www-authenticate", "Basic");
    reply.end(http_response::text(401, "who are you?"));
    reply.set("x-too-late", "1");
    EXPECT_FALSE(request.target.empty()) << "it is there until the middleware returns";
  });
  server.start();
  raw_client peer(server.io.port());
  peer.send(upgrade);
  const auto answer = peer.read_response();
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(answer.headers.at("www-authenticate"), "Basic");
  EXPECT_FALSE(answer.has("x-too-late"));
  EXPECT_TRUE(peer.sees_end());
}

TEST(EngineMiddleware, AStatusThatIsNoneIsAnsweredWith500) {
  running_server server;
  server.io.on_error([](std::exception_ptr, std::string_view) {});
  server.io.engine().use([](http_request&, const http_reply& reply, next_fn) {
    reply.end(http_response::text(101, "?"));
  });
  server.start();
  EXPECT_EQ(ask(server, get(path)).status, 500u);
}

// HD-12: with the idiom of JavaScript an empty id goes past the middleware, and is a handshake for
// the engine.
TEST(EngineMiddleware, HandshakeOnlyIsNotFooledByAnEmptyId) {
  running_server server;
  int seen = 0;  // of the shard
  server.io.engine().use(handshake_only([&](http_request&, const http_reply& reply, next_fn) {
    ++seen;
    reply.end(http_response::text(401, ""));
  }));
  server.start();
  EXPECT_EQ(ask(server, get(path + "&sid=")).status, 401u);
  EXPECT_EQ(ask(server, get(path)).status, 401u);
  EXPECT_EQ(ask(server, get(path + "&sid=unknown")).status, 400u);
  server.stop();
  EXPECT_EQ(seen, 2);
}

TEST(EngineMiddleware, OfTwoValuesOfAHeaderTheAnswersOwnCounts) {
  running_server server;
  server.io.engine().use([](http_request&, const http_reply& reply, next_fn next) {
    reply.set("Content-Type", "text/strange");
    reply.add("Set-Cookie", "a=1");
    reply.add("Set-Cookie", "b=2");
    EXPECT_EQ(reply.get("set-cookie"), "a=1");
    EXPECT_EQ(reply.get("x-none"), std::nullopt);
    next();
  });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get(path, "Connection: close\r\n"));
  const std::string all = peer.read_to_end();
  EXPECT_EQ(all.find("text/strange"), all.npos);
  EXPECT_NE(all.find("Content-Type: text/plain"), all.npos);
  EXPECT_NE(all.find("Set-Cookie: a=1"), all.npos);
  EXPECT_NE(all.find("Set-Cookie: b=2"), all.npos);
}

// The body is read after the middlewares, and is not lost while they wait.
TEST(EngineMiddleware, APostWaitsForThemWithItsBody) {
  running_server server;
  std::deque<next_fn> waiting;  // of the shard
  server.io.engine().use([&](http_request& request, const http_reply&, next_fn next) {
    if (request.method != "POST") return next();
    waiting.push_back(next);
  });
  server.start();
  const std::string body = ask(server, get(path)).body;
  const auto at = body.find("\"sid\":\"") + 7;
  const std::string sid = body.substr(at, body.find('"', at) - at);
  raw_client peer(server.io.port());
  peer.send(post(path + "&sid=" + sid, "40"));
  while (server.ask([&] { return waiting.empty(); })) std::this_thread::yield();
  EXPECT_TRUE(peer.sees_silence());
  server.ask([&] { return waiting.front()(), 0; });
  EXPECT_EQ(peer.read_response().body, "ok");
  EXPECT_TRUE(server.becomes([](const auto& now) { return now.sockets == 1; }));
}

TEST(EngineMiddleware, NextAfterTheClientHasLeftOpensNothing) {
  running_server server;
  std::deque<next_fn> waiting;  // of the shard
  server.io.engine().use(
      [&](http_request&, const http_reply&, next_fn next) { waiting.push_back(next); });
  server.start();
  {
    raw_client peer(server.io.port());
    peer.send(get(path));
    while (server.ask([&] { return waiting.empty(); })) std::this_thread::yield();
  }
  EXPECT_TRUE(server.becomes([](const auto& now) { return now.http_connections == 0; }));
  server.ask([&] { return waiting.front()(), 0; });
  EXPECT_EQ(server.counters().sessions_opened, 0u);
}

TEST(EngineMiddleware, NextMayComeAfterTheEndOfTheServer) {
  std::vector<next_fn> kept;
  std::vector<http_reply> replies;
  {
    running_server server({.close_timeout = std::chrono::milliseconds(20)});
    std::atomic<int> asked = 0;
    server.io.engine().use([&](http_request&, const http_reply& reply, next_fn next) {
      kept.push_back(next);
      replies.push_back(reply);
      ++asked;
    });
    server.start();
    raw_client peer(server.io.port()), second(server.io.port());
    peer.send(get(path));
    second.send(get(path));
    while (asked < 2) std::this_thread::yield();
    server.stop();
    kept[0]();
  }
  kept[1]();
  replies[1].end(http_response::text(200, "too late"));
}

}  // namespace
}  // namespace socketio::test
