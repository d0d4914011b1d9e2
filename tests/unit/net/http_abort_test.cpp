// HTTP connections that break off at every stage, and the end of the listener: everybody is told
// once, nothing is called afterwards, and no descriptor stays open (HS-19).
#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace socketio::test {
namespace {

using net::body_outcome;
using exchange_ptr = std::shared_ptr<net::exchange>;

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  while (::readdir(directory)) ++count;
  ::closedir(directory);
  return count;
}

class HttpAbort : public server_fixture {
 protected:
  // Keeps every request, says what happens to it.
  HttpAbort() {
    handler = [this](exchange_ptr request) {
      request->on_aborted([this] { events.put("gone"); });
      held.push_back(request);
      events.put("came");
    };
  }
  void TearDown() override {
    stop_listening();
    on_shard([this] { held.clear(); });
    EXPECT_TRUE(events.empty());
    server_fixture::TearDown();
  }
  void read_held_body() {
    on_shard([this] {
      held.back()->read_body(1000, [this](body_outcome outcome) {
        events.put(outcome == body_outcome::aborted ? "aborted" : "other");
      });
    });
  }

  std::vector<exchange_ptr> held;  // of the shard
  mailbox<std::string> events;
};

TEST_F(HttpAbort, HS19_a_pending_request_is_told_that_the_client_closed) {
  serve();
  raw_client client(port);
  client.send(get("/poll"));
  EXPECT_EQ(events.take(), "came");
  client.close();
  EXPECT_EQ(events.take(), "gone");
  EXPECT_TRUE(all_connections_end());
  on_shard([this] {
    EXPECT_FALSE(held[0]->answered());
    held[0]->respond(http_response::text(200, "too late"));
  });
}

TEST_F(HttpAbort, HS19_a_pending_request_is_told_of_a_reset) {
  serve();
  raw_client client(port);
  client.send(get("/poll"));
  EXPECT_EQ(events.take(), "came");
  client.reset();
  EXPECT_EQ(events.take(), "gone");
  EXPECT_TRUE(all_connections_end());
}

TEST_F(HttpAbort, a_reset_is_noticed_although_bytes_of_the_next_request_wait) {
  limits.pipelined_max = 1;
  serve();
  raw_client client(port);
  client.send(get("/poll") + get("/next"));
  EXPECT_EQ(events.take(), "came");
  client.reset();
  EXPECT_EQ(events.take(), "gone");
}

TEST_F(HttpAbort, every_pipelined_request_is_told) {
  serve();
  raw_client client(port);
  client.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(events.take(), "came");
  client.close();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(events.take(), "gone");
}

TEST_F(HttpAbort, HS19_a_body_that_breaks_off_is_aborted) {
  serve();
  raw_client client(port);
  const std::string whole = post("/data", "0123456789");
  client.send(whole.substr(0, whole.size() - 5));
  EXPECT_EQ(events.take(), "came");
  read_held_body();
  client.close();
  EXPECT_EQ(events.take(), "aborted");
  EXPECT_EQ(events.take(), "gone");
  EXPECT_TRUE(all_connections_end());
}

TEST_F(HttpAbort, a_head_that_breaks_off_leaves_nothing) {
  serve();
  const std::string bytes = get("/");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    raw_client client(port);
    client.send(bytes.substr(0, cut));
    cut % 2 == 0 ? client.close() : client.reset();
  }
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().requests_total, 0u);
}

TEST_F(HttpAbort, whoever_asks_after_the_end_is_told_too) {
  serve();
  raw_client client(port);
  client.send(post("/data", "body"));
  EXPECT_EQ(events.take(), "came");
  client.close();
  EXPECT_EQ(events.take(), "gone");
  bool inside = false;
  on_shard([&] {
    inside = true;
    held[0]->on_aborted([&] {
      EXPECT_FALSE(inside);
      events.put("late");
    });
    inside = false;
  });
  EXPECT_EQ(events.take(), "late");
  read_held_body();
  EXPECT_EQ(events.take(), "aborted");
}

TEST_F(HttpAbort, an_answer_that_is_under_way_is_finished_for_a_client_that_only_stops_sending) {
  handler = [](exchange_ptr request) {
    request->respond(http_response::text(200, std::string(more_than_the_kernel_takes, 'x')));
  };
  serve();
  raw_client client(port, slow_reader);
  client.send(get("/"));
  client.finish_sending();
  EXPECT_EQ(client.read_response().body.size(), more_than_the_kernel_takes);
  EXPECT_TRUE(client.sees_end());
}

TEST_F(HttpAbort, the_service_may_cut_the_connection) {
  serve();
  raw_client client(port);
  client.send(get("/1") + get("/2"));
  EXPECT_EQ(events.take(), "came");
  EXPECT_EQ(events.take(), "came");
  on_shard([this] {
    held[0]->abort();
    EXPECT_TRUE(held[0]->answered());
  });
  EXPECT_EQ(events.take(), "gone");  // the other one
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(all_connections_end());
}

TEST_F(HttpAbort, the_service_may_cut_inside_the_request) {
  handler = [](exchange_ptr request) { request->abort(); };
  serve();
  raw_client client(port);
  client.send(get("/1") + get("/2"));
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(counters().requests_total, 1u);
}

TEST_F(HttpAbort, telling_one_request_may_destroy_the_others) {
  handler = [this](exchange_ptr request) {
    request->on_aborted([this] {
      events.put("gone");
      held.clear();
    });
    held.push_back(std::move(request));
    events.put("came");
  };
  serve();
  raw_client client(port);
  client.send(get("/1") + get("/2"));
  EXPECT_EQ(events.take(), "came");
  EXPECT_EQ(events.take(), "came");
  client.close();
  EXPECT_EQ(events.take(), "gone");
  EXPECT_EQ(events.take(), "gone");
}

// ---- the end of the listener

TEST_F(HttpAbort, close_connections_cuts_requests_at_every_stage) {
  serve();
  raw_client idle(port);
  raw_client head(port);
  raw_client pending(port);
  raw_client body(port);
  pending.send(get("/"));
  EXPECT_EQ(events.take(), "came");
  const std::string whole = post("/", "0123456789");
  body.send(whole.substr(0, whole.size() - 5));
  EXPECT_EQ(events.take(), "came");
  read_held_body();
  head.send("GET /");
  EXPECT_TRUE(eventually([this] { return connections() == 4; }));
  on_shard([this] {
    listener().close_connections();
    EXPECT_EQ(listener().connections(), 0u);
  });
  EXPECT_EQ(events.take(), "aborted");
  EXPECT_EQ(events.take(), "gone");
  EXPECT_EQ(events.take(), "gone");
  for (raw_client* client : {&idle, &head, &pending, &body}) EXPECT_TRUE(client->sees_end());
}

TEST_F(HttpAbort, exchanges_outlive_the_listener_without_harm) {
  serve();
  raw_client client(port);
  client.send(get("/") + post("/", "body"));
  EXPECT_EQ(events.take(), "came");
  EXPECT_EQ(events.take(), "came");
  stop_listening();
  EXPECT_EQ(events.take(), "gone");
  EXPECT_EQ(events.take(), "gone");
  on_shard([this] {
    held[0]->respond(http_response::text(200, "nobody reads this"));
    held[1]->abort();
    EXPECT_EQ(held[1]->accept_websocket({}), nullptr);
  });
  EXPECT_TRUE(client.sees_end());
}

TEST_F(HttpAbort, the_listener_may_be_destroyed_inside_a_request) {
  serve();
  handler = [this](exchange_ptr request) {
    stop_listening_here();
    request->respond(http_response::text(200, "nobody reads this"));
    events.put("survived");
  };
  raw_client client(port);
  client.send(get("/1") + get("/2"));
  EXPECT_EQ(events.take(), "survived");
  EXPECT_TRUE(client.sees_end());
}

TEST(Net, nothing_stays_open_whatever_the_stage_in_which_the_loop_ends) {
  const std::size_t before = open_descriptors();
  std::weak_ptr<net::exchange> exchange;
  {
    class holding : public net::http_service {
     public:
      void on_request(std::shared_ptr<net::exchange> request) override {
        held = std::move(request);
        arrived.put(0);
      }
      std::shared_ptr<net::exchange> held;
      mailbox<int> arrived;
    } service;
    shard_thread thread;
    auto listening = std::make_unique<net::listener>(thread.shard(), service, net::http_limits{});
    const std::uint16_t port = thread.on_shard([&] {
      EXPECT_FALSE(listening->listen("127.0.0.1", 0));
      return listening->port();
    });
    raw_client pending(port);
    raw_client head(port);
    raw_client idle(port);
    head.send("GET");
    pending.send(get("/"));
    ASSERT_TRUE(service.arrived.take());
    exchange = service.held;
    thread.stop();      // with everything in flight,
    listening.reset();  // then the listener, on the thread that owns the stopped loop
    service.held.reset();
  }
  EXPECT_TRUE(exchange.expired());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(HttpAbort, without_descriptors_accepting_pauses_and_resumes) {
  handler = [](exchange_ptr request) { request->respond(http_response::text(200, "ok")); };
  serve();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<int> hoard;
  const rlimit tight{static_cast<rlim_t>(open_descriptors() + 16), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (int copy; (copy = ::dup(0)) >= 0;) hoard.push_back(copy);
  ::close(hoard.back());
  hoard.pop_back();
  raw_client client(port);  // took the last one; the server cannot accept
  client.send(get("/"));
  EXPECT_TRUE(client.sees_silence(20));
  const auto spent = [] {
    rusage now{};
    ::getrusage(RUSAGE_SELF, &now);
    return (now.ru_utime.tv_sec + now.ru_stime.tv_sec) * 1'000'000 + now.ru_utime.tv_usec +
           now.ru_stime.tv_usec;
  };
  const auto at_first = spent();
  EXPECT_TRUE(client.sees_silence(250));
  EXPECT_LT(spent() - at_first, 125'000) << "the loop spins";
  for (const int copy : hoard) ::close(copy);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.read_response().body, "ok");
}

}  // namespace
}  // namespace socketio::test
