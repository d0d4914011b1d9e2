// HTTP/1.1 as a client sees it: what a request becomes, what an answer looks like, the order of
// answers, bodies. http_limits_test.cpp has what is refused, http_abort_test.cpp what breaks off.
#include "unit/net/server_fixture.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace socketio::test {
namespace {

using net::body_outcome;
using exchange_ptr = std::shared_ptr<net::exchange>;

class Http : public server_fixture {
 protected:
  Http() {
    handler = [this](exchange_ptr request) { answer_like_an_echo(std::move(request)); };
  }
  // The body with method and path in front of it.
  void answer_like_an_echo(exchange_ptr request) {
    net::exchange& asked = *request;
    asked.read_body(1'000'000, [request](body_outcome outcome) {
      if (outcome != body_outcome::complete) return;
      const http_request& what = request->request();
      request->respond(http_response::text(200, what.method + " " + what.path + " " + what.body));
    });
  }
};

TEST_F(Http, a_request_arrives_with_everything_it_said) {
  mailbox<http_request> seen;
  handler = [&seen](exchange_ptr request) {
    seen.put(request->request());
    request->respond(http_response::text(200, ""));
  };
  serve();
  raw_client client(port);
  client.send(get("/a%20b/?x=1&y=%26&x=2", "X-Thing:  spaced \r\nx-thing: again\r\n"));
  const auto request = seen.take();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->target, "/a%20b/?x=1&y=%26&x=2");
  EXPECT_EQ(request->path, "/a b/");
  EXPECT_EQ(request->query["x"], "2");
  EXPECT_EQ(request->query["y"], "&");
  EXPECT_EQ(request->headers["X-THING"], "spaced");
  EXPECT_EQ(request->version, 11u);
  EXPECT_EQ(request->remote_address, "127.0.0.1");
  EXPECT_NE(request->remote_port, 0);
  EXPECT_FALSE(request->secure);
  EXPECT_FALSE(request->upgrade);
}

TEST_F(Http, a_target_in_absolute_form_has_the_same_path) {
  serve();
  raw_client client(port);
  client.send("GET http://localhost/deep/path?q HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET /deep/path ");
  client.send("GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "GET / ");
}

TEST_F(Http, what_follows_sees_only_the_origin_form) {
  handler = [](std::shared_ptr<net::exchange> asked) {
    const http_request& request = asked->request();
    asked->respond(http_response::text(200, request.target + " " + request.path + " " +
                                                std::string(request.headers["Host"]) + " " +
                                                std::string(request.query["a"])));
  };
  serve();
  raw_client client(port);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"http://a:80/socket.io/?a=1", "/socket.io/?a=1 /socket.io/ a:80 1"},
      {"HTTPS://u:p@a/x", "/x /x a "},
      {"http://a?a=2", "/?a=2 / a 2"},
      {"/x?a=http://a/y", "/x?a=http://a/y /x localhost http://a/y"},
      {"*", "* * localhost "}};
  for (const auto& [target, seen] : expected) {
    client.send("OPTIONS " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.read_response().body, seen) << target;
  }
}

TEST_F(Http, an_answer_carries_length_date_and_connection) {
  serve();
  raw_client client(port);
  client.send(get("/"));
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, "GET / ");
  EXPECT_EQ(response.headers.at("content-length"), "6");
  EXPECT_EQ(response.headers.at("connection"), "keep-alive");
  const std::string date = response.headers.at("date");
  EXPECT_EQ(date.size(), 29u) << date;
  EXPECT_TRUE(date.ends_with(" GMT")) << date;
}

TEST_F(Http, a_connection_is_kept_for_many_requests) {
  serve();
  raw_client client(port);
  for (int i = 0; i < 100; ++i) {
    client.send(post("/" + std::to_string(i), "body"));
    ASSERT_EQ(client.read_response().body, "POST /" + std::to_string(i) + " body");
  }
  EXPECT_EQ(counters().accepted_total, 1u);
  EXPECT_EQ(counters().requests_total, 100u);
}

TEST_F(Http, requests_may_come_byte_by_byte) {
  serve();
  raw_client client(port);
  client.send_byte_by_byte(post("/slow", "abc") + get("/next"));
  EXPECT_EQ(client.read_response().body, "POST /slow abc");
  EXPECT_EQ(client.read_response().body, "GET /next ");
}

TEST_F(Http, requests_may_be_cut_anywhere) {
  serve();
  const std::string bytes = post("/cut", "0123456789") + get("/next");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    raw_client client(port);
    client.send(bytes.substr(0, cut));
    on_shard([] {});  // what was sent before is most likely read now
    client.send(bytes.substr(cut));
    ASSERT_EQ(client.read_response().body, "POST /cut 0123456789") << "cut at " << cut;
    ASSERT_EQ(client.read_response().body, "GET /next ") << "cut at " << cut;
  }
}

TEST_F(Http, empty_lines_before_a_request_are_ignored) {
  serve();
  raw_client client(port);
  client.send("\r\n\r\n" + get("/"));
  EXPECT_EQ(client.read_response().status, 200u);
}

TEST_F(Http, connection_close_is_honoured) {
  serve();
  raw_client client(port);
  client.send(get("/", "Connection: close\r\n"));
  const auto response = client.read_response();
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_TRUE(client.sees_end());
  EXPECT_TRUE(all_connections_end());
}

TEST_F(Http, an_answer_may_close_the_connection) {
  handler = [](exchange_ptr request) {
    http_response response = http_response::text(400, "no");
    response.headers.set("Connection", "Close");
    request->respond(std::move(response));
  };
  serve();
  raw_client client(port);
  client.send(get("/"));
  EXPECT_EQ(client.read_response().headers.at("connection"), "close");
  EXPECT_TRUE(client.sees_end());
}

TEST_F(Http, http_1_0_closes_unless_it_asks_to_keep_the_connection) {
  serve();
  raw_client closes(port);
  closes.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closes.read_response().headers.at("connection"), "close");
  EXPECT_TRUE(closes.sees_end());

  raw_client keeps(port);
  keeps.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(keeps.read_response().headers.at("connection"), "keep-alive");
  keeps.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(keeps.read_response().body, "GET /2 ");
  EXPECT_TRUE(keeps.sees_end());
}

TEST_F(Http, head_gets_the_headers_of_get_without_the_body) {
  handler = [](exchange_ptr request) { request->respond(http_response::text(200, "12345")); };
  serve();
  raw_client client(port);
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_response(true).headers.at("content-length"), "5");
  client.send(get("/"));  // would fail if a body stood in between
  EXPECT_EQ(client.read_response().body, "12345");
}

TEST_F(Http, responses_without_content_have_no_length_and_no_body) {
  handler = [](exchange_ptr request) {
    http_response response;
    response.status = request->request().path == "/204" ? 204 : 304;
    response.body = "must not be sent";
    request->respond(std::move(response));
  };
  serve();
  raw_client client(port);
  for (const char* path : {"/204", "/304"}) {
    client.send(get(path));
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response.status, static_cast<unsigned>(std::stoul(path + 1)));
    EXPECT_FALSE(response.has("content-length"));
  }
  EXPECT_TRUE(client.sees_silence());
}

TEST_F(Http, HD05_a_preflight_may_say_that_its_length_is_zero) {
  handler = [](exchange_ptr request) {
    http_response response;
    response.status = 204;
    response.headers.set("Content-Length", "0");
    request->respond(std::move(response));
  };
  serve();
  raw_client client(port);
  client.send("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_response().headers.at("content-length"), "0");
}

TEST_F(Http, header_fields_of_the_application_cannot_split_the_response) {
  handler = [](exchange_ptr request) {
    http_response response = http_response::text(200, "body");
    response.headers.add("X-Evil", "a\r\nSet-Cookie: stolen");
    response.headers.add("Bad Name", "a");
    response.headers.add("Content-Length", "9999");
    response.headers.add("Transfer-Encoding", "chunked");
    request->extra_headers().add("X-Extra", "yes");
    request->respond(std::move(response));
  };
  serve();
  raw_client client(port);
  client.send(get("/"));
  const auto response = client.read_response();
  EXPECT_FALSE(response.has("x-evil"));
  EXPECT_FALSE(response.has("set-cookie"));
  EXPECT_FALSE(response.has("bad name"));
  EXPECT_FALSE(response.has("transfer-encoding"));
  EXPECT_EQ(response.headers.at("x-extra"), "yes");
  EXPECT_EQ(response.body, "body");
}

// ---- connections of somebody else

TEST_F(Http, a_descriptor_that_cannot_be_taken_over_stays_open) {
  handler = [](exchange_ptr request) { request->respond(http_response::text(200, "")); };
  serve();
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  net::loose_stream first(pair[0]), again(pair[0]);
  EXPECT_TRUE(on_shard([&] { return listener().adopt(first, ""); }));
  EXPECT_EQ(first.descriptor, -1);
  EXPECT_FALSE(on_shard([&] { return listener().adopt(again, ""); })) << "it is taken already";
  EXPECT_EQ(std::exchange(again.descriptor, -1), pair[0]);
  EXPECT_NE(::fcntl(pair[0], F_GETFD), -1);
  ::close(pair[1]);
  EXPECT_TRUE(all_connections_end());
}

TEST_F(Http, a_unix_socket_has_no_address) {
  std::string address = "?";
  handler = [&](exchange_ptr request) {
    address = request->request().remote_address;
    request->respond(http_response::text(200, ""));
  };
  serve();
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  net::loose_stream given(pair[0]);
  EXPECT_TRUE(on_shard([&] { return listener().adopt(given, get("/")); }));
  EXPECT_TRUE(eventually([&] { return counters().requests_total == 1; }));
  EXPECT_EQ(on_shard([&] { return address; }), "");
  ::close(pair[1]);
}

// ---- pipelining

TEST_F(Http, pipelined_answers_keep_the_order_of_requests) {
  std::vector<exchange_ptr> waiting;  // of the shard
  mailbox<int> arrived;
  handler = [&](exchange_ptr request) {
    waiting.push_back(std::move(request));
    arrived.put(0);
  };
  serve();
  raw_client client(port);
  client.send(get("/0") + get("/1") + get("/2"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(arrived.take());
  on_shard([&waiting] {
    for (int i : {2, 0, 1}) {
      waiting[static_cast<std::size_t>(i)]->respond(http_response::text(200, std::to_string(i)));
    }
    waiting.clear();
  });
  for (const char* expected : {"0", "1", "2"}) EXPECT_EQ(client.read_response().body, expected);
}

TEST_F(Http, a_flood_of_pipelined_requests_is_read_ahead_only_to_the_limit) {
  limits.pipelined_max = 4;
  std::deque<exchange_ptr> waiting;  // of the shard
  handler = [&](exchange_ptr request) { waiting.push_back(std::move(request)); };
  serve();
  raw_client client(port);
  std::string flood;
  for (int i = 0; i < 5'000; ++i) flood += get("/" + std::to_string(i));
  std::thread sender([&] { client.send(flood); });
  EXPECT_TRUE(eventually([&] { return on_shard([&] { return waiting.size(); }) == 4; }));
  EXPECT_EQ(on_shard([&] { return waiting.size(); }), 4u);

  // Then everything is answered, in order, and nothing was lost.
  std::atomic<bool> done{false};
  std::thread answerer([&] {
    while (!done) {
      on_shard([&] {
        while (!waiting.empty()) {
          const exchange_ptr first = std::move(waiting.front());
          waiting.pop_front();
          first->respond(http_response::text(200, first->request().path));
        }
      });
    }
  });
  for (int i = 0; i < 5'000; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response) << i;
    ASSERT_EQ(response.body, "/" + std::to_string(i));
  }
  done = true;
  answerer.join();
  sender.join();
}

TEST_F(Http, requests_behind_an_answer_that_closes_are_told_that_they_are_gone) {
  std::vector<exchange_ptr> waiting;
  mailbox<std::string> events;
  handler = [&](exchange_ptr request) {
    const std::string path = request->request().path;
    request->on_aborted([&events, path] { events.put("gone " + path); });
    waiting.push_back(std::move(request));
    events.put("came " + path);
  };
  serve();
  raw_client client(port);
  client.send(get("/0") + get("/1"));
  EXPECT_EQ(events.take(), "came /0");
  EXPECT_EQ(events.take(), "came /1");
  on_shard([&waiting] {
    http_response last = http_response::text(200, "last");
    last.headers.set("Connection", "close");
    waiting[0]->respond(std::move(last));
  });
  EXPECT_EQ(events.take(), "gone /1");
  EXPECT_EQ(client.read_response().body, "last");
  EXPECT_TRUE(client.sees_end());
  on_shard([&waiting] { waiting.clear(); });
}

TEST_F(Http, large_answers_to_a_slow_reader_arrive_completely) {
  std::string big(more_than_the_kernel_takes, 'x');
  for (std::size_t i = 0; i < big.size(); i += 1000)
    big[i] = static_cast<char>('a' + i / 1000 % 26);
  handler = [&big](exchange_ptr request) { request->respond(http_response::text(200, big)); };
  serve();
  raw_client client(port, slow_reader);
  client.send(get("/1") + get("/2"));
  EXPECT_EQ(client.read_response().body, big);
  EXPECT_EQ(client.read_response().body, big);
}

// ---- bodies

TEST_F(Http, HS15_a_chunked_body_is_put_together) {
  serve();
  raw_client client(port);
  client.send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n");
  client.send_byte_by_byte("A;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "POST /c abc0123456789");
  client.send(get("/after"));
  EXPECT_EQ(client.read_response().body, "GET /after ");
}

TEST_F(Http, a_body_may_be_asked_for_later) {
  exchange_ptr pending;
  mailbox<int> arrived;
  handler = [&](exchange_ptr request) {
    pending = std::move(request);
    arrived.put(0);
  };
  serve();
  raw_client client(port);
  client.send(post("/later", "the body"));
  ASSERT_TRUE(arrived.take());
  on_shard([&] { answer_like_an_echo(std::exchange(pending, nullptr)); });
  EXPECT_EQ(client.read_response().body, "POST /later the body");
}

TEST_F(Http, expect_100_continue_is_answered_when_the_body_is_wanted) {
  exchange_ptr pending;
  mailbox<int> arrived;
  handler = [&](exchange_ptr request) {
    pending = std::move(request);
    arrived.put(0);
  };
  serve();
  raw_client client(port);
  client.send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(arrived.take());
  EXPECT_TRUE(client.sees_silence());
  on_shard([&] { answer_like_an_echo(std::exchange(pending, nullptr)); });
  EXPECT_EQ(client.read_response().status, 100u);
  client.send("ok");
  EXPECT_EQ(client.read_response().body, "POST /e ok");
}

TEST_F(Http, expect_100_continue_may_be_refused_without_the_body) {
  handler = [](exchange_ptr request) { request->respond(http_response::text(404, "no")); };
  serve();
  raw_client client(port);
  client.send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const auto response = client.read_response();
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_TRUE(client.sees_end());
}

TEST_F(Http, an_exchange_that_is_dropped_is_answered_with_500) {
  handler = [](exchange_ptr) {};
  serve();
  raw_client client(port);
  client.send(get("/dropped"));
  EXPECT_EQ(client.read_response().status, 500u);
}

TEST_F(Http, answering_twice_sends_one_answer) {
  handler = [](exchange_ptr request) {
    EXPECT_FALSE(request->answered());
    request->respond(http_response::text(200, "first"));
    EXPECT_TRUE(request->answered());
    request->respond(http_response::text(200, "second"));
  };
  serve();
  raw_client client(port);
  client.send(get("/"));
  EXPECT_EQ(client.read_response().body, "first");
  EXPECT_TRUE(client.sees_silence());
}

// ---- the listener

TEST_F(Http, a_port_that_is_taken_is_an_error_and_not_an_exception) {
  serve();
  const std::error_code error = on_shard([this] {
    net::listener second(shard(), *this, limits);
    return second.listen("127.0.0.1", port);
  });
  EXPECT_EQ(error, std::errc::address_in_use);
  const std::error_code bad = on_shard([this] {
    net::listener second(shard(), *this, limits);
    return second.listen("not an address", 0);
  });
  EXPECT_EQ(bad, std::errc::invalid_argument);
}

TEST(HttpHead, is_never_longer_than_what_came) {
  http_request request;
  request.method = "GET";
  request.target = "/a";
  request.headers = {{"Host", "h"}, {"a", "b"}};
  EXPECT_EQ(net::to_head(request), "GET /a HTTP/1.1\r\nHost:h\r\na:b\r\n\r\n");
}

TEST_F(Http, an_ipv6_listener_on_any_address_takes_ipv4_too) {
  serve();
  on_shard([this] { listener().stop_accepting(); });
  net::listener* both = nullptr;
  const std::uint16_t any = on_shard([&]() -> std::uint16_t {
    both = new net::listener(shard(), *this, limits);
    return both->listen("::", 0) ? 0 : both->port();
  });
  if (any != 0) {
    raw_client client(any);
    client.send(get("/"));
    EXPECT_EQ(client.read_response().status, 200u);
  }
  on_shard([both] { delete both; });
  if (any == 0) GTEST_SKIP() << "this machine has no IPv6";
}

TEST_F(Http, after_stop_accepting_open_connections_go_on) {
  serve();
  raw_client client(port);
  client.send(get("/1"));
  EXPECT_EQ(client.read_response().status, 200u);
  on_shard([this] { listener().stop_accepting(); });
  EXPECT_THROW(raw_client(port).send("x"), std::runtime_error);
  client.send(get("/2"));
  EXPECT_EQ(client.read_response().status, 200u);
}

}  // namespace
}  // namespace socketio::test
