// What HTTP refuses: malformed and ambiguous requests, heads and bodies over the limit, peers that
// are too slow. After each, nothing is left and others are served.
#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::test {
namespace {

using net::body_outcome;
using exchange_ptr = std::shared_ptr<net::exchange>;

class HttpLimits : public server_fixture {
 protected:
  HttpLimits() {
    limits.linger_timeout = milliseconds(100);
    handler = [this](exchange_ptr request) {
      ++requests;
      net::exchange& asked = *request;
      asked.read_body(body_max, [this, request](body_outcome outcome) {
        outcomes.put(outcome);
        if (outcome == body_outcome::complete) request->respond(http_response::text(200, "ok"));
        if (outcome == body_outcome::too_big) request->respond(http_response::text(413, ""));
      });
    };
  }
  // `bytes` are refused with `status`, and the connection is closed.
  void expect_refusal(const std::string& bytes, unsigned status) {
    SCOPED_TRACE(bytes.substr(0, 200));
    raw_client client(port);
    client.send(bytes);
    const auto response = client.read_response();
    EXPECT_EQ(response.status, status) << response.body;
    if (!response) return;
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_TRUE(client.sees_end());
  }
  void expect_service_goes_on() {
    EXPECT_TRUE(all_connections_end());
    raw_client client(port);
    client.send(get("/"));
    EXPECT_EQ(client.read_response().status, 200u);
  }

  std::size_t body_max = 1'000;
  std::atomic<int> requests{0};
  mailbox<body_outcome> outcomes;
};

// ---- malformed

TEST_F(HttpLimits, what_is_no_http_is_answered_with_400) {
  serve();
  for (const std::string& bytes : std::vector<std::string>{
           "nonsense\r\n\r\n", "GET\r\n\r\n", "G@T / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n: no name\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
           std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29),
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
    expect_refusal(bytes, 400);
  }
  EXPECT_EQ(counters().bad_requests_total, 9u);
  EXPECT_EQ(requests, 0);
  expect_service_goes_on();
}

TEST_F(HttpLimits, versions_other_than_1_0_and_1_1_are_refused) {
  serve();
  expect_refusal("GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505);
  expect_refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST_F(HttpLimits, a_request_without_a_single_host_is_refused) {
  serve();
  expect_refusal("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refusal("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
  EXPECT_EQ(requests, 0);
}

TEST_F(HttpLimits, a_body_whose_end_is_ambiguous_is_refused) {
  serve();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::string length = "Content-Length: 4\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  expect_refusal(head + length + chunked + "\r\n0\r\n\r\n", 400);
  expect_refusal(head + chunked + length + "\r\n0\r\n\r\n", 400);
  expect_refusal(head + length + length + "\r\nbody", 400);
  expect_refusal(head + length + "Content-Length: 5\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length: 4, 4\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length: -4\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length: +4\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length: 0x4\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length: 99999999999999999999999\r\n\r\nbody", 400);
  expect_refusal(head + "Content-Length:\r\n\r\n", 400);
  expect_refusal(head + chunked + chunked + "\r\n0\r\n\r\n", 400);
  expect_refusal(head + "Transfer-Encoding: gzip\r\n\r\n", 501);
  expect_refusal(head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
  expect_refusal(head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501);
  expect_refusal("POST / HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", 400);
  EXPECT_EQ(requests, 0);
  expect_service_goes_on();
}

TEST_F(HttpLimits, malformed_chunks_end_the_request) {
  serve();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body : std::vector<std::string>{"x\r\n", "3\r\nabcd\r\n0\r\n\r\n",
                                                          "-1\r\n", "11111111111111111\r\n"}) {
    expect_refusal(head + body, 400);
    EXPECT_EQ(outcomes.take(), body_outcome::aborted);
  }
  expect_service_goes_on();
}

TEST_F(HttpLimits, a_refusal_comes_behind_the_answers_to_earlier_requests) {
  serve();
  raw_client client(port);
  client.send(get("/") + "nonsense\r\n\r\n" + get("/"));
  EXPECT_EQ(client.read_response().status, 200u);
  EXPECT_EQ(client.read_response().status, 400u);
  EXPECT_TRUE(client.sees_end());
}

// ---- sizes

TEST_F(HttpLimits, a_head_over_the_limit_is_answered_with_431) {
  limits.header_bytes_max = 1000;
  serve();
  const auto head_of = [](std::size_t bytes) {
    const std::string around = get("/", "X: \r\n");
    return get("/", "X: " + std::string(bytes - around.size(), 'x') + "\r\n");
  };
  expect_refusal(head_of(1001), 431);
  expect_refusal(head_of(5000), 431);
  expect_refusal("GET /" + std::string(5000, 'x'), 431);                 // not even a complete line
  expect_refusal("GET / HTTP/1.1\r\nX: " + std::string(990, 'x'), 431);  // will not end in time
  raw_client client(port);
  client.send(head_of(1000));
  EXPECT_EQ(client.read_response().status, 200u);
  client.send_byte_by_byte(head_of(1001));
  EXPECT_EQ(client.read_response().status, 431u);
}

TEST_F(HttpLimits, ER10_a_body_over_the_limit_is_told_to_the_service) {
  serve();
  expect_refusal(post("/", std::string(1001, 'x')), 413);
  EXPECT_EQ(outcomes.take(), body_outcome::too_big);
  // By the length alone, by the sum of chunks.
  expect_refusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413);
  EXPECT_EQ(outcomes.take(), body_outcome::too_big);
  const std::string chunk = "1f5\r\n" + std::string(501, 'x') + "\r\n";
  expect_refusal("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk,
                 413);
  EXPECT_EQ(outcomes.take(), body_outcome::too_big);
  expect_service_goes_on();
}

TEST_F(HttpLimits, a_body_of_exactly_the_limit_is_accepted) {
  serve();
  raw_client client(port);
  client.send(post("/", std::string(1000, 'x')));
  EXPECT_EQ(client.read_response().status, 200u);
}

TEST_F(HttpLimits, a_client_that_sends_a_huge_body_still_reads_the_refusal) {
  limits.linger_timeout = milliseconds(5'000);
  serve();
  raw_client client(port);
  client.send(post("/", std::string(5'000'000, 'x')));
  EXPECT_EQ(client.read_response().status, 413u);
}

TEST_F(HttpLimits, an_endless_chunk_header_is_refused) {
  limits.header_bytes_max = 1000;
  serve();
  expect_refusal(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x'),
      400);
}

// ---- slowness

TEST_F(HttpLimits, a_slow_head_is_answered_with_408) {
  limits.head_timeout = milliseconds(50);
  serve();
  raw_client client(port);
  client.send("GET / HT");
  EXPECT_EQ(client.read_response().status, 408u);
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(counters().bad_requests_total, 1u);
  expect_service_goes_on();
}

TEST_F(HttpLimits, a_head_that_trickles_in_does_not_buy_time) {
  limits.head_timeout = milliseconds(100);
  serve();
  raw_client client(port);
  const time_point begin = clock::now();
  client.send("GET / HTTP/1.1\r\nX: ");
  while (clock::now() - begin < milliseconds(300) && client.sees_silence(10)) client.send("x");
  EXPECT_EQ(client.read_response().status, 408u);
}

TEST_F(HttpLimits, a_connection_that_never_asks_anything_is_closed) {
  limits.head_timeout = milliseconds(50);
  serve();
  raw_client client(port);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(all_connections_end());
}

TEST_F(HttpLimits, an_idle_connection_is_closed_after_the_keep_alive_timeout) {
  limits.keep_alive_timeout = milliseconds(50);
  serve();
  raw_client client(port);
  for (int i = 0; i < 2; ++i) {
    client.send(get("/"));
    EXPECT_EQ(client.read_response().status, 200u);
  }
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(counters().bad_requests_total, 0u);
}

TEST_F(HttpLimits, an_unanswered_request_is_not_idle) {
  limits.head_timeout = limits.body_timeout = limits.keep_alive_timeout = milliseconds(20);
  exchange_ptr pending;
  handler = [&](exchange_ptr request) { pending = std::move(request); };
  serve();
  raw_client client(port);
  client.send(get("/poll"));
  EXPECT_TRUE(client.sees_silence(100));
  on_shard([&] {
    pending->respond(http_response::text(200, "at last"));
    pending.reset();
  });
  EXPECT_EQ(client.read_response().body, "at last");
}

TEST_F(HttpLimits, a_body_that_stops_coming_is_answered_with_408) {
  limits.body_timeout = milliseconds(50);
  serve();
  raw_client client(port);
  const std::string whole = post("/", "complete");
  client.send(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(outcomes.take(), body_outcome::aborted);
  EXPECT_EQ(client.read_response().status, 408u);
  EXPECT_TRUE(client.sees_end());
  expect_service_goes_on();
}

TEST_F(HttpLimits, a_body_that_trickles_in_does_not_buy_time) {
  limits.request_timeout = milliseconds(100);
  serve();
  for (const std::string& head : {post("/", std::string(1'000, 'x')).substr(0, 70),
                                  std::string("POST / HTTP/1.1\r\nHost: x\r\n"
                                              "Transfer-Encoding: chunked\r\n\r\n3e8\r\n")}) {
    raw_client client(port);
    const time_point begin = clock::now();
    client.send(head);
    while (clock::now() - begin < milliseconds(2'000) && client.sees_silence(10)) client.send("x");
    EXPECT_EQ(outcomes.take(), body_outcome::aborted);
    EXPECT_EQ(client.read_response().status, 408u);
  }
  expect_service_goes_on();
}

// The next request on the same connection has a time of its own.
TEST_F(HttpLimits, the_time_of_a_request_begins_with_its_first_byte) {
  limits.request_timeout = milliseconds(200);
  serve();
  raw_client client(port);
  const time_point begin = clock::now();
  while (clock::now() - begin < milliseconds(400)) {
    const std::string whole = post("/", "complete");
    client.send(whole.substr(0, whole.size() - 1));
    ASSERT_TRUE(client.sees_silence(50));
    client.send(whole.substr(whole.size() - 1));
    ASSERT_EQ(client.read_response().status, 200u);
  }
}

// What is answered behind an unanswered request counts like what waits to be written.
TEST_F(HttpLimits, answers_that_wait_for_an_earlier_one_are_bounded) {
  constexpr int pipelined = 15;
  exchange_ptr first;  // of the shard
  handler = [&](exchange_ptr request) {
    if (requests++ == 0)
      first = std::move(request);
    else
      request->respond(http_response::text(200, std::string(200'000, 'x')));
  };
  serve();
  raw_client client(port);
  std::string all;
  for (int i = 0; i < pipelined; ++i) all += get("/");
  client.send(all);
  EXPECT_TRUE(eventually([this] { return requests >= 3; }));
  EXPECT_TRUE(client.sees_silence());
  EXPECT_EQ(requests, 3) << "400,000 bytes wait";
  on_shard([&] { std::exchange(first, nullptr)->respond(http_response::text(200, "at last")); });
  EXPECT_EQ(client.read_response().body, "at last");
  for (int i = 1; i < pipelined; ++i) EXPECT_EQ(client.read_response().body.size(), 200'000u) << i;
}

TEST_F(HttpLimits, a_peer_that_does_not_read_its_answer_is_cut) {
  limits.body_timeout = milliseconds(50);
  handler = [](exchange_ptr request) {
    request->respond(http_response::text(200, std::string(more_than_the_kernel_takes, 'x')));
  };
  serve();
  raw_client client(port, slow_reader);
  client.send(get("/"));
  EXPECT_TRUE(eventually([this] { return counters().requests_total == 1; }));
  EXPECT_TRUE(all_connections_end());
}

TEST_F(HttpLimits, a_peer_that_takes_its_answer_in_crumbs_is_cut) {
  limits.request_timeout = milliseconds(100);
  handler = [](exchange_ptr request) {
    request->respond(http_response::text(200, std::string(more_than_the_kernel_takes, 'x')));
  };
  serve();
  raw_client client(port, slow_reader);
  client.send(get("/"));
  EXPECT_TRUE(eventually([this] { return counters().requests_total == 1; }));
  EXPECT_TRUE(eventually([&] { return client.read_exactly(1).empty() || connections() == 0; }));
}

TEST_F(HttpLimits, a_slow_peer_has_that_time_for_each_piece) {
  constexpr std::size_t size = 2 * more_than_the_kernel_takes;
  limits.request_timeout = milliseconds(500);
  handler = [](exchange_ptr request) {
    request->respond(http_response::text(200, std::string(size, 'x')));
  };
  serve();
  raw_client client(port, slow_reader);
  client.send(get("/"));
  for (std::size_t left = size; left > 0;) {  // takes about a second
    const std::size_t got = client.read_exactly(std::min<std::size_t>(left, 65'536)).size();
    ASSERT_GT(got, 0u) << left;
    left -= got;
    std::this_thread::sleep_for(milliseconds(5));
  }
}

TEST_F(HttpLimits, a_refused_peer_that_never_closes_is_cut) {
  serve();
  raw_client client(port);
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 400u);
  EXPECT_TRUE(all_connections_end());  // the client still holds its end open
}

}  // namespace
}  // namespace socketio::test
