// The application's own routes through the whole server: who answers, from which thread, and what
// happens to requests while the server closes.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace socketio::test {
namespace {

const std::string handshake = get("/socket.io/?EIO=4&transport=polling");

TEST(Routes, AnAnswerMayComeFromAnotherThreadOrNever) {
  running_server server;
  std::vector<std::thread> workers;  // of the shard
  server.io.get("/answered", [&](const http_request&, respond_function respond) {
    workers.emplace_back([respond = std::move(respond)] {
      respond(http_response::text(200, "from a worker"));
      respond(http_response::text(200, "once more"));
    });
  });
  server.io.get("/dropped", [&](const http_request&, respond_function respond) {
    workers.emplace_back([respond = std::move(respond)] {});
  });
  server.start();
  for (int i = 0; i < 20; ++i) {
    raw_client peer(server.io.port());
    peer.send(get("/answered") + get("/dropped") + get("/none"));
    EXPECT_EQ(peer.read_response().body, "from a worker");
    EXPECT_EQ(peer.read_response().status, 500u);
    EXPECT_EQ(peer.read_response().status, 404u);
  }
  server.stop();
  for (auto& worker : workers) worker.join();
}

TEST(Routes, AStatusThatIsNoneIsReportedAndAnsweredWith500) {
  running_server server;
  std::vector<std::string> reports;  // of the shard
  server.io.on_error([&](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      reports.push_back(std::string(where) + ": " + error.what());
    }
  });
  std::thread worker;  // of the shard
  for (const unsigned status : {0u, 100u, 101u, 199u, 600u, 99'999u, 200u, 599u})
    server.io.get("/" + std::to_string(status), [&, status](const http_request&) {
      return http_response::text(status, "as it is");
    });
  server.io.get("/elsewhere", [&](const http_request&, respond_function respond) {
    worker = std::thread([respond = std::move(respond)] { respond(http_response::text(1, "")); });
  });
  server.start();
  raw_client peer(server.io.port());
  for (const char* path : {"/0", "/100", "/101", "/199", "/600", "/99999", "/elsewhere"}) {
    peer.send(get(path));
    EXPECT_EQ(peer.read_response().status, 500u) << path;
  }
  peer.send(get("/200") + get("/599"));
  EXPECT_EQ(peer.read_response().body, "as it is");
  EXPECT_EQ(peer.read_response().status, 599u);
  server.stop();
  worker.join();
  ASSERT_EQ(reports.size(), 7u);
  EXPECT_EQ(reports[1], "route /100: the status of the response is 100, possible are 200 to 599");
}

TEST(Routes, ATargetInAbsoluteFormReachesTheEngineToo) {
  running_server server;
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("http://x/socket.io/?EIO=4&transport=polling"));
  EXPECT_EQ(peer.read_response().status, 200u);
}

TEST(Routes, AnAnswerMayOutliveTheServersLife) {
  running_server server;
  std::promise<respond_function> held;
  server.io.get("/", [&](const http_request&, respond_function respond) {
    held.set_value(std::move(respond));
  });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/"));
  respond_function respond = held.get_future().get();
  peer.close();
  server.stop();
  respond(http_response::text(200, "too late"));
  respond = nullptr;
}

// A request that waits for its answer keeps the server for close_timeout. Nobody comes in by that
// door.
TEST(Routes, WhileTheServerClosesNobodyComesIn) {
  running_server server;
  std::promise<respond_function> held;
  int opened = 0, closed = 0;
  server.io.engine().on_open = [&](std::string_view, std::string_view) { ++opened; };
  server.io.engine().on_close = [&](std::string_view, const disconnect_reason&) { ++closed; };
  server.io.get("/slow", [&](const http_request&, respond_function respond) {
    held.set_value(std::move(respond));
  });
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/slow"));
  const respond_function respond = held.get_future().get();
  server.io.close();
  EXPECT_TRUE(server.io.post([] {}));
  peer.send(handshake);
  respond(http_response::text(200, "slow"));
  EXPECT_EQ(peer.read_response().body, "slow");
  const auto refused = peer.read_response();
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(refused.headers.at("connection"), "close");
  EXPECT_TRUE(peer.sees_end());
  server.stop();
  EXPECT_EQ(opened, closed);
}

TEST(Routes, WhoeverIsAdmittedWhileTheServerClosesStaysOutside) {
  running_server server;
  std::promise<std::function<void(std::optional<std::string>)>> held;
  int opened = 0;
  server.io.engine().on_open = [&](std::string_view, std::string_view) { ++opened; };
  server.io.engine().allow_request = [&](const http_request&, auto decide) {
    held.set_value(std::move(decide));
  };
  server.start();
  raw_client peer(server.io.port());
  peer.send(handshake);
  const auto decide = held.get_future().get();
  server.io.close();
  server.io.post([&] { decide(std::nullopt); });
  EXPECT_EQ(peer.read_response().status, 503u);
  server.stop();
  EXPECT_EQ(opened, 0);
}

TEST(Routes, AnUpgradeForAnotherPathIsEndedOrLeftAlone) {
  const std::string upgrade = get("/mine",
                                  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  for (const bool destroyed : {true, false}) {
    server_options options;
    options.destroy_upgrade = destroyed;
    options.destroy_upgrade_timeout = std::chrono::milliseconds(10);
    options.close_timeout = std::chrono::milliseconds(20);
    running_server server(options);
    server.start();
    raw_client peer(server.io.port());
    peer.send(upgrade);
    if (destroyed) {
      EXPECT_TRUE(peer.sees_end());
    } else {
      EXPECT_TRUE(peer.sees_silence(100));
      server.stop();
      EXPECT_TRUE(peer.sees_end());
    }
  }
}

}  // namespace
}  // namespace socketio::test
