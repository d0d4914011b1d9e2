// SD-44, SD-45: what a scraper and a probe see of a server, over real HTTP.
#include "integration/metrics_text.hpp"
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <set>
#include <vector>

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

// A life in which everything happens that is counted: afterwards no counter of the documentation is
// still 0, and what waited has gone.
class EverythingHappens : public testing::Test {
 protected:
  static server_options options() {
    server_options options;
    options.allowed_origins = {"https://app.example"};
    options.trusted_proxies = {"127.0.0.0/8"};
    options.max_connections_per_address = 1;  // but for those that no proxy names
    options.send_queue_bytes_max = 40'000;
    options.send_queue_overflow = overflow::drop_newest;
    options.posted_bytes_max = 100'000;
    options.rooms_per_socket_max = 1;
    options.dynamic_namespaces_max = 0;
    options.blocked_after = milliseconds(10);
    options.log = [](const log_record&) {};
    options.rate_limits.events = {{"limited", {.per_second = 0.01, .burst = 1}}};
    options.rate_limits.handshakes = {.per_second = 1'000};
    return options;
  }
  // One session per address is allowed: every client has one of its own.
  std::string next_address() {
    return "X-Forwarded-For: 192.0.2." + std::to_string(++addresses_) + "\r\n";
  }
  unsigned ask(std::string_view path, const std::string& headers) {
    raw_client peer(server_.io.port());
    peer.send(get(path, headers + "Connection: close\r\n"));
    return peer.read_response().status;
  }
  void open(raw_client& peer) {
    ASSERT_EQ(peer.open_websocket("/socket.io/?EIO=4&transport=websocket", next_address()), 101u);
    EXPECT_EQ(peer.read_frame().payload[0], '0');
    peer.send(text_frame("40"));
    EXPECT_EQ(peer.read_frame().payload.substr(0, 2), "40");
  }
  static std::string exchange(raw_client& peer, const std::string& packet) {
    peer.send(text_frame(packet));
    return peer.read_frame().payload;
  }
  void requests_are_refused();
  void events_of(raw_client& peer);
  void upgrades();
  void queues_overflow();

  running_server server_{options()};
  std::vector<socket> sockets_;  // of the shard
  int addresses_ = 0;
};

void EverythingHappens::requests_are_refused() {
  const std::string polling = "/socket.io/?EIO=4&transport=polling";
  EXPECT_EQ(ask(polling, next_address() + "Origin: https://evil.example\r\n"), 403u);
  const std::string twice = next_address();
  EXPECT_EQ(ask(polling, twice), 200u);
  EXPECT_EQ(ask(polling, twice), 429u);
  raw_client garbage(server_.io.port());
  garbage.send("no request\r\n\r\n");
  EXPECT_EQ(garbage.read_response().status, 400u);
}

void EverythingHappens::events_of(raw_client& peer) {
  EXPECT_EQ(exchange(peer, R"(420["echo",1])"), "430[1]");
  EXPECT_EQ(exchange(peer, R"(421["echo","x"])").substr(0, 13), R"(431[{"error":)") << "no number";
  EXPECT_EQ(exchange(peer, R"(422["limited"])"), "432[true]");
  EXPECT_NE(exchange(peer, R"(423["limited"])").find("rate_limited"), std::string::npos);
  EXPECT_EQ(exchange(peer, R"(424["rooms"])"), "434[true]");
  EXPECT_EQ(exchange(peer, R"(425["block"])"), "435[true]");
  for (int i = 0; i < 12; i++) EXPECT_NE(exchange(peer, R"(426["fail"])"), "");
  EXPECT_EQ(exchange(peer, "40/unknown,").substr(0, 11), "44/unknown,");
  EXPECT_EQ(exchange(peer, "40/dynamic-1,").substr(0, 13), "44/dynamic-1,");
  peer.send(text_frame("4377[]"));  // nobody asked
  std::promise<void> late;
  sockets_.at(0).timeout(milliseconds(1)).emit("question", [&late](std::error_code error, int) {
    EXPECT_EQ(error, errc::timed_out);
    late.set_value();
  });
  EXPECT_NE(peer.read_frame().payload, "");
  late.get_future().get();
  std::promise<void> answered;
  sockets_.at(0).emit("question", [&answered](std::error_code, int) { answered.set_value(); });
  const std::string question = peer.read_frame().payload;
  peer.send(text_frame("43" + question.substr(2, question.find('[') - 2) + "[1]"));
  answered.get_future().get();
  EXPECT_TRUE(server_.becomes([](const server_counters& of) { return of.handlers_blocked > 0; }));
}

void EverythingHappens::upgrades() {
  raw_client polling(server_.io.port());
  const std::string address = next_address();
  polling.send(get("/socket.io/?EIO=4&transport=polling", address));
  const std::string body = polling.read_response().body;
  const auto at = body.find("\"sid\":\"") + 7;
  const std::string sid = body.substr(at, body.find('"', at) - at);
  raw_client candidate(server_.io.port());
  ASSERT_EQ(candidate.open_websocket("/socket.io/?EIO=4&transport=websocket&sid=" + sid, address),
            101u);
  EXPECT_EQ(exchange(candidate, "2probe"), "3probe");
  candidate.send(text_frame("5"));
  ASSERT_TRUE(server_.becomes([](const server_counters& of) { return of.upgrades == 1; }));
}

// A polling client that does not poll, and an event of another thread that is too long to wait.
void EverythingHappens::queues_overflow() {
  raw_polling idle(server_.io.port());
  ASSERT_TRUE(server_.becomes([](const server_counters& of) { return of.connects == 2; }));
  const std::string block(10'000, 'x');
  server_.ask([&] {
    for (int i = 0; i < 8; i++) sockets_.back().emit("block", block);
    return sockets_.back().volatile_().emit("block", block);
  });
  EXPECT_FALSE(sockets_.back().emit("block", std::string(200'000, 'x')));
  const metrics_text now = scrape(server_);
  EXPECT_GT(now["socketio_send_queue_bytes"], 20'000);
  EXPECT_LE(now["socketio_send_queue_bytes"], 40'000);
  EXPECT_EQ(now["socketio_send_queue_bytes"], now["socketio_send_queue_largest_bytes"]);
  EXPECT_EQ(now["socketio_send_queue_sessions"], 1);
  EXPECT_GT(now[R"(socketio_messages_dropped_total{reason="slow_consumer"})"], 0);
  EXPECT_EQ(now[R"(socketio_messages_dropped_total{reason="volatile"})"], 1);
  EXPECT_EQ(now[R"(socketio_messages_dropped_total{reason="posted_bytes_max"})"], 1);
  EXPECT_NE(idle.poll(), "");
  const metrics_text later = scrape(server_);
  EXPECT_EQ(later["socketio_send_queue_bytes"], 0);
  EXPECT_EQ(later["socketio_send_queue_sessions"], 0);
}

TEST_F(EverythingHappens, AndEveryCounterMoves) {
  server_.io.serve_metrics();
  server_.io.on("echo", [](int n) { return n; });
  server_.io.on("limited", [] { return true; });
  server_.io.of(pattern("^/dynamic-\\d+$"));
  server_.io.on("fail", []() -> bool { throw std::runtime_error("on purpose"); });
  server_.io.on("rooms", [](const socket& who) {
    who.join("one");
    who.join("two");
    return true;
  });
  server_.io.on("block", [] {
    std::this_thread::sleep_for(milliseconds(100));
    return true;
  });
  server_.io.on_connection([this](const socket& who) { sockets_.push_back(who); });
  server_.start();
  requests_are_refused();
  std::optional<raw_client> peer(std::in_place, server_.io.port());
  open(*peer);
  events_of(*peer);
  upgrades();
  queues_overflow();

  const metrics_text now = scrape(server_);
  EXPECT_EQ(now["socketio_acks_pending"], 0);
  EXPECT_EQ(now[R"(socketio_acks_failed_total{reason="timed_out"})"], 1);
  EXPECT_EQ(now[R"(socketio_rate_limited_total{limit="event",action="error_acknowledgement"})"], 1);
  EXPECT_EQ(now["socketio_handler_exceptions_total"], 12);
  EXPECT_EQ(now["socketio_log_records_left_out_total"], 2) << "10 per second";
  EXPECT_GE(now["socketio_rate_limit_addresses"], 4);
  sockets_.at(0).emit("question", [](std::error_code, int) {});
  EXPECT_NE(peer->read_frame().payload, "");
  EXPECT_EQ(scrape(server_)["socketio_acks_pending"], 1);
  peer.reset();  // dies inside the acknowledgement
  ASSERT_TRUE(server_.becomes([](const server_counters& of) { return of.acks_disconnected == 1; }));
  EXPECT_EQ(scrape(server_)["socketio_acks_pending"], 0);

  drain_options how;
  how.batch_interval = milliseconds(1);
  how.deadline = milliseconds(500);
  std::promise<void> over;
  server_.io.drain(how, [&over] { over.set_value(); });
  over.get_future().get();
  const metrics_text end(server_.io.metrics());
  // The first two in the next tests; TLS in tls_test.cpp.
  const std::set<std::string> elsewhere{"socketio_http_connections_refused_total",
                                        "socketio_recoveries_total",
                                        "socketio_tls_handshakes_total"};
  for (const auto& [name, one] : end.all)
    if (one.type == "counter" && !elsewhere.count(name)) {
      EXPECT_GT(end.sum(name), 0) << name;
    }
  for (const std::string name : {"socketio_sessions", "socketio_sockets", "socketio_acks_pending"})
    EXPECT_EQ(end.sum(name), 0) << name;
}

TEST(Metrics, CountRefusedConnections) {
  server_options options;
  options.max_http_connections_per_address = 2;
  running_server server(options);
  server.start();
  raw_client one(server.io.port()), two(server.io.port()), three(server.io.port());
  EXPECT_TRUE(three.sees_end());
  EXPECT_EQ(metrics_text(server.io.metrics())["socketio_http_connections_refused_total"], 1);
}

TEST(Metrics, CountRecoveries) {
  server_options options;
  options.connection_state_recovery.emplace();
  running_server server(options);
  server.start();
  raw_websocket one(server.io.port(), 0, false);
  one.peer.send(text_frame("40"));
  const std::string connect = one.read();
  const auto at = connect.find(R"("pid":")");
  ASSERT_NE(at, connect.npos) << connect;
  const std::string pid = connect.substr(at + 7, 20);
  server.io.emit("news", "for later");
  EXPECT_NE(one.read(), "");
  one.peer.close();
  ASSERT_TRUE(server.becomes([](const server_counters& of) { return of.sessions == 0; }));
  const metrics_text away(server.io.metrics());
  EXPECT_EQ(away["socketio_recovery_sessions"], 1);
  EXPECT_EQ(away["socketio_recovery_log_events"], 1);
  EXPECT_GT(away["socketio_recovery_log_bytes"], 20);
  raw_websocket again(server.io.port(), 0, false);
  again.peer.send(text_frame(R"(40{"pid":")" + pid + R"("})"));
  EXPECT_NE(again.read(), "");
  const metrics_text now(server.io.metrics());
  EXPECT_EQ(now[R"(socketio_recoveries_total{outcome="not_asked"})"], 1);
  EXPECT_EQ(now[R"(socketio_recoveries_total{outcome="recovered"})"], 1);
  EXPECT_EQ(now["socketio_recovery_sessions"], 0);
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
