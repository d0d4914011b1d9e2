// SD-44, SD-45: what a scraper and a probe see of a server, over real HTTP.
#include "integration/metrics_text.hpp"
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace socketio::test {
namespace {

using std::chrono::milliseconds;

raw_response ask(running_server& server, std::string_view path) {
  raw_client client(server.io.port());
  client.send(get(path, "Connection: close\r\n"));
  return client.read_response();
}

metrics_text scrape(running_server& server) {
  const raw_response answer = ask(server, "/metrics");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return metrics_text(answer.body);
}

// Every series of docs/metrics.md, with its type and its help, and no other.
TEST(Metrics, AreThoseOfTheDocumentation) {
  running_server server;
  const metrics_text text(server.io.metrics());
  EXPECT_GE(text.all.size(), 30u);
  std::ifstream file(SOCKETIO_SOURCE_DIR "/docs/metrics.md");
  std::set<std::string> documented;
  static const std::regex row(R"(\| `([a-z_]+)` \| (counter|gauge|histogram) \| (.*?) \|( .*\|)?)");
  for (std::string line; std::getline(file, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, row)) continue;
    const std::string name = parts[1];
    ASSERT_TRUE(text.all.count(name)) << name << " is documented and not exported";
    EXPECT_EQ(text.all.at(name).type, parts[2]) << name;
    EXPECT_EQ(text.all.at(name).help, parts[3]) << name;
    documented.insert(name);
  }
  for (const auto& [name, one] : text.all)
    EXPECT_TRUE(documented.count(name))
        << "| `" << name << "` | " << one.type << " | " << one.help << " |";
}

TEST(Metrics, CountWhatHappens) {
  server_options options;
  options.threads = 2;
  running_server server(options);
  server.io.serve_metrics();
  server.io.on("echo", [](const std::string& text) { return text; });
  server.io.on("fail", []() -> bool { throw std::runtime_error("on purpose"); });
  server.io.on_error([](std::exception_ptr, std::string_view) {});
  server.io.on_connection([](socket who) { who.join("a room"); });
  server.start();

  raw_websocket one(server.io.port());
  raw_polling two(server.io.port());
  one.peer.send(text_frame(R"(427["echo","x"])"));
  EXPECT_EQ(one.read(), R"(37["x"])");
  one.peer.send(text_frame(R"(428["fail"])"));
  EXPECT_NE(one.read(), "");
  one.peer.send(text_frame(R"(429["echo",1])"));
  EXPECT_NE(one.read(), "");
  one.peer.send(text_frame(R"(4399[])"));
  one.peer.send(text_frame(R"(421["echo","y"])"));
  EXPECT_EQ(one.read(), R"(31["y"])");
  EXPECT_EQ(ask(server, "/socket.io/?EIO=4&transport=nothing").status, 400u);

  const metrics_text now = scrape(server);
  EXPECT_EQ(now[R"(socketio_sessions{transport="websocket"})"], 1);
  EXPECT_EQ(now[R"(socketio_sessions{transport="polling"})"], 1);
  EXPECT_EQ(now["socketio_sessions_opened_total"], 2);
  EXPECT_EQ(now["socketio_sockets"], 2);
  EXPECT_EQ(now["socketio_namespaces"], 1);
  EXPECT_GE(now["socketio_rooms"], 1);
  EXPECT_LE(now["socketio_rooms"], 2) << "once per shard that has members";
  EXPECT_EQ(now[R"(socketio_handshakes_refused_total{code="0",reason="unknown_transport"})"], 1);
  EXPECT_EQ(now[R"(socketio_events_total{direction="in"})"], 4);
  EXPECT_EQ(now[R"(socketio_acks_total{direction="out"})"], 4);
  EXPECT_EQ(now["socketio_acks_unknown_total"], 1);
  EXPECT_EQ(now["socketio_handler_exceptions_total"], 1);
  EXPECT_EQ(now["socketio_invalid_arguments_total"], 1);
  EXPECT_EQ(now["socketio_draining"], 0);
  EXPECT_EQ(now["socketio_shards"], 2);
  EXPECT_EQ(now["socketio_build_info{version=\"" SOCKETIO_VERSION "\"}"], 1);
  EXPECT_GE(now[R"(socketio_messages_total{direction="in"})"], 6);
  EXPECT_GT(now[R"(socketio_message_bytes_total{direction="out"})"], 50);
  EXPECT_GT(now["process_resident_memory_bytes"], 1e6);
  EXPECT_GE(now["process_open_fds"], 5);

  one.peer.send(text_frame("41"));
  one.peer.close();
  ASSERT_TRUE(server.becomes([](const server_counters& of) { return of.sessions == 1; }));
  const metrics_text later = scrape(server);
  EXPECT_EQ(later[R"(socketio_disconnects_total{reason="client namespace disconnect"})"], 1);
  EXPECT_EQ(later[R"(socketio_closes_total{cause="connection_lost"})"], 1);
  EXPECT_EQ(later["socketio_sockets"], 1);
}

// The sample is one of 64 on average, and the first event is in it.
TEST(Metrics, HandlersAreTimedInASample) {
  running_server server;
  server.io.serve_metrics();
  server.io.on("work", [] {
    std::this_thread::sleep_for(milliseconds(3));
    return true;
  });
  server.io.on("echo", [](int n) { return n; });
  server.start();
  raw_websocket client(server.io.port());
  client.peer.send(text_frame(R"(420["work"])"));
  EXPECT_EQ(client.read(), "30[true]");
  constexpr int events = 6400;
  for (int i = 1; i <= events; i++)
    client.peer.send(text_frame("42" + std::to_string(i) + "[\"echo\",1]"));
  for (int i = 1; i <= events; i++) ASSERT_NE(client.read(), "");
  const metrics_text now = scrape(server);
  EXPECT_GE(now[R"(socketio_handler_seconds_sum{shard="0"})"], 0.003);
  const double count = now[R"(socketio_handler_seconds_count{shard="0"})"];
  EXPECT_GT(count, events / 128);
  EXPECT_LT(count, events / 32);
}

// A handler of half a second is seen in the lag, and in nothing that the loop does otherwise.
TEST(Metrics, TheLagOfALoopIsSeen) {
  server_options options;
  options.blocked_after = milliseconds(0);
  running_server server(options);
  server.io.serve_metrics();
  server.start();
  const auto slow = [&] {
    const metrics_text now = scrape(server);
    return now[R"(socketio_loop_lag_seconds_count{shard="0"})"] -
           now[R"(socketio_loop_lag_seconds_bucket{shard="0",le="0.25"})"];
  };
  const auto late = slow();
  server.ask([] {  // longer than from one beat to the next, so that one is late by 500 ms at least
    std::this_thread::sleep_for(milliseconds(1500));
    return 0;
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (slow() <= late && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_GT(slow(), late);
}

// A shard that is busy does not hold up the scrape of another one for ever.
TEST(Metrics, ABlockedShardCostsTheScrapeHalfASecond) {
  server_options options;
  options.threads = 2;
  options.blocked_after = milliseconds(0);
  running_server server(options);
  server.io.serve_metrics();
  std::promise<void> go_on;
  std::atomic<bool> blocked{false};
  server.io.on("block", [&] {
    blocked = true;
    go_on.get_future().wait();
  });
  server.start();
  raw_websocket client(server.io.port());
  client.emit(R"(["block"])");
  while (!blocked) std::this_thread::yield();
  // Which shard a connection comes to, the kernel decides.
  raw_response answer;
  for (int i = 0; i < 64 && !answer; i++) {
    raw_client other(server.io.port());
    other.send(get("/metrics", "Connection: close\r\n"));
    if (other.sees_silence(1500)) continue;
    answer = other.read_response();
  }
  go_on.set_value();
  ASSERT_EQ(answer.status, 200u);
  EXPECT_GT(metrics_text(answer.body).all.size(), 30u);
}

// SD-45
TEST(Health, SaysSoAndSaysWhyNot) {
  running_server server;
  server.io.serve_health();
  std::atomic<int> trouble{0};
  server.io.on_ready_check("database", [&trouble]() -> std::optional<std::string> {
    if (trouble == 1) return "no connection";
    if (trouble == 2) throw std::runtime_error("on purpose");
    return std::nullopt;
  });
  server.io.on_error([](std::exception_ptr, std::string_view) {});
  server.start();
  const raw_response alive = ask(server, "/healthz");
  EXPECT_EQ(alive.status, 200u);
  EXPECT_EQ(alive.headers.at("content-type"), "application/json");
  EXPECT_EQ(alive.body.rfind(R"({"status":"ok","uptime":)", 0), 0u) << alive.body;
  EXPECT_EQ(ask(server, "/readyz").status, 200u);
  trouble = 1;
  const raw_response busy = ask(server, "/readyz");
  EXPECT_EQ(busy.status, 503u);
  EXPECT_EQ(busy.body, R"({"status":"not ready","reason":"database: no connection"})");
  trouble = 2;
  EXPECT_EQ(ask(server, "/readyz").body,
            R"({"status":"not ready","reason":"database: the check failed"})");
  trouble = 0;
  EXPECT_EQ(ask(server, "/readyz").status, 200u);
  EXPECT_EQ(ask(server, "/healthz").status, 200u);
}

}  // namespace
}  // namespace socketio::test
