// Who may come, and how many: origins, upgrades that were not offered, proxies, limits per address;
// and how long a quiet connection may stay.
#include "integration/raw_socket.hpp"
#include "integration/running_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace socketio::test {
namespace {

using namespace std::chrono_literals;

const std::string polling = "/socket.io/?EIO=4&transport=polling";
const std::string websocket = "/socket.io/?EIO=4&transport=websocket";

raw_response ask(std::uint16_t port, const std::string& path, std::string_view headers = "") {
  raw_client peer(port);
  peer.send(get(path, headers));
  return peer.read_response();
}

std::string upgrade(const std::string& path, const std::string& headers = "") {
  return get(path,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 headers);
}

raw_response ask_upgrade(std::uint16_t port, const std::string& path,
                         const std::string& headers = "") {
  raw_client peer(port);
  peer.send(upgrade(path, headers));
  return peer.read_response();
}

std::string sid_of(const raw_response& opened) {
  const auto at = opened.body.find("\"sid\":\"") + 7;
  return opened.body.substr(at, opened.body.find('"', at) - at);
}

// ---- origins

// Q-25, Q-02
TEST(AllowedOrigins, RefuseHandshakesAndUpgradesOfOthers) {
  server_options options;
  options.allowed_origins = {"https://app.example", "http://localhost:8080"};
  running_server server(options);
  std::vector<std::string> names;  // of the shard
  server.io.engine().on_connection_error = [&](const http_request&, const connection_error& why) {
    names.push_back(*why.context["name"].as_string());
  };
  server.start();
  const std::uint16_t port = server.io.port();
  const std::string_view foreign = "Origin: https://evil.example\r\n";
  const std::string refusal = R"({"code":4,"message":"Origin not allowed"})";
  for (const auto& refused :
       {ask(port, polling, foreign), ask_upgrade(port, websocket, std::string(foreign))}) {
    EXPECT_EQ(refused.status, 403u);
    EXPECT_EQ(refused.headers.at("content-type"), "application/json");
    EXPECT_EQ(refused.body, refusal);
  }
  for (const std::string_view mine :
       {"", "Origin: https://app.example\r\n", "Origin: HTTPS://App.example\r\n",
        "Origin: http://localhost:8080\r\n"}) {
    EXPECT_EQ(ask(port, polling, mine).status, 200u) << mine;
    EXPECT_EQ(ask_upgrade(port, websocket, std::string(mine)).status, 101u) << mine;
  }
  for (const std::string_view other : {"Origin: http://app.example\r\n", "Origin: null\r\n",
                                       "Origin: https://app.example.evil\r\n", "Origin: \r\n"})
    EXPECT_EQ(ask(port, polling, other).status, 403u) << other;
  const std::string session = polling + "&sid=" + sid_of(ask(port, polling));
  EXPECT_EQ(
      ask_upgrade(port, websocket + session.substr(polling.size()), std::string(foreign)).status,
      403u);
  EXPECT_EQ(server.counters().origins_refused, 7u);
  EXPECT_EQ(server.counters().refused[4], 7u);
  server.stop();
  EXPECT_EQ(names, std::vector<std::string>(7, "ORIGIN_NOT_ALLOWED"));
}

// Q-26, OP-13
TEST(UnofferedUpgrades, AreRefusedOnlyWhenAskedFor) {
  for (const bool refused : {false, true}) {
    server_options options;
    options.allow_upgrades = false;
    options.refuse_unoffered_upgrades = refused;
    running_server server(options);
    server.start();
    const std::uint16_t port = server.io.port();
    const std::string sid = sid_of(ask(port, polling));
    EXPECT_EQ(ask_upgrade(port, websocket + "&sid=" + sid).status, refused ? 400u : 101u);
    EXPECT_EQ(ask_upgrade(port, websocket).status, 101u) << "a session of its own is no upgrade";
    EXPECT_EQ(server.counters().refused[3], refused ? 1u : 0u);
    raw_client peer(port);
    peer.send(post(polling + "&sid=" + sid, "40"));
    EXPECT_EQ(peer.read_response().body, "ok") << "the session goes on";
  }
}

// ---- proxies

// HD-15, SD-50
TEST(TrustedProxies, GiveTheAddressAndTheProtocolOfTheHandshake) {
  for (const bool trusted : {false, true}) {
    server_options options;
    if (trusted) options.trusted_proxies = {"127.0.0.0/8"};
    running_server server(options);
    std::promise<std::pair<handshake, http_request>> seen;
    server.io.on_connection([&](const socket& who) {
      seen.set_value({who.handshake(), who.request()});
    });
    server.io.get("/who", [](const http_request& request) {
      return http_response::text(200, request.remote_address + (request.secure ? " secure" : ""));
    });
    server.start();
    const std::string headers =
        "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\nX-Forwarded-Proto: http, https\r\n";
    raw_client peer(server.io.port());
    peer.send(upgrade(websocket, headers));
    ASSERT_EQ(peer.read_response().status, 101u);
    peer.send(text_frame("40"));
    const auto [shaken, request] = seen.get_future().get();
    EXPECT_EQ(shaken.address, trusted ? "192.0.2.7" : "127.0.0.1");
    EXPECT_EQ(shaken.secure, trusted);
    EXPECT_EQ(request.remote_address, shaken.address);
    EXPECT_EQ(request.secure, trusted);
    EXPECT_EQ(ask(server.io.port(), "/who", headers).body,
              trusted ? "192.0.2.7 secure" : "127.0.0.1");
  }
}

// ---- limits per address

std::string from(int client) {
  return "X-Forwarded-For: 192.0.2." + std::to_string(client) + "\r\n";
}

class PerAddress : public testing::TestWithParam<unsigned> {
 protected:
  static server_options options() {
    server_options options;
    options.threads = GetParam();
    options.trusted_proxies = {"127.0.0.1"};
    options.max_connections_per_address = 2;
    options.ping_interval = 50ms;
    options.ping_timeout = 50ms;
    options.close_timeout = 50ms;
    return options;
  }
  bool empty() {
    return server_.becomes([](const auto& now) { return now.sessions == 0; });
  }
  // Both places of this client are free: it gets exactly two sessions.
  void expect_free(int client) {
    raw_client one(port()), two(port()), three(port());
    one.send(upgrade(websocket, from(client)));
    EXPECT_EQ(one.read_response().status, 101u);
    two.send(upgrade(websocket, from(client)));
    EXPECT_EQ(two.read_response().status, 101u);
    three.send(upgrade(websocket, from(client)));
    EXPECT_EQ(three.read_response().status, 429u);
  }
  std::uint16_t port() const { return server_.io.port(); }
  running_server server_{options()};
};

INSTANTIATE_TEST_SUITE_P(Shards, PerAddress, testing::Values(1u, 3u));

TEST_P(PerAddress, MoreAreRefusedWith429) {
  server_.start();
  raw_client one(port()), two(port());
  one.send(upgrade(websocket, from(1)));
  EXPECT_EQ(one.read_response().status, 101u);
  EXPECT_EQ(ask(port(), polling, from(1)).status, 200u);
  for (const auto& refused :
       {ask(port(), polling, from(1)), ask_upgrade(port(), websocket, from(1))}) {
    EXPECT_EQ(refused.status, 429u);
    EXPECT_EQ(refused.body, R"({"code":4,"message":"Too many connections"})");
  }
  EXPECT_EQ(ask(port(), polling, from(2)).status, 200u) << "somebody else";
  EXPECT_EQ(server_.counters().addresses_refused, 2u);
  EXPECT_EQ(server_.counters().refused[4], 2u);
}

// Every way in which a session can end, or not even begin, twice: whatever is not given back is
// missing afterwards.
class Endings : public PerAddress {
 protected:
  using client = std::unique_ptr<raw_client>;
  client open(int i, const std::string& more = "") {
    auto peer = std::make_unique<raw_client>(port());
    peer->send(upgrade(websocket + more, from(i)));
    EXPECT_EQ(peer->read_response().status, 101u);
    return peer;
  }
  std::string open_polling(int i) {
    return polling + "&sid=" + sid_of(ask(port(), polling, from(i)));
  }

  // What the clients do; the one of the address `i` does it alone.
  std::vector<std::function<void(int)>> endings() {
    return {
        [&](int i) { open(i)->reset(); },
        [&](int i) { open(i)->finish_sending(); },
        [&](int i) { open(i)->send(close_frame("")); },
        [&](int i) { open(i)->send("garbage that is no frame"); },
        [&](int i) {
          const client peer = open(i);  // the server disconnects it
          peer->send(text_frame("40") + text_frame("42[\"leave_me\"]"));
          EXPECT_TRUE(empty());
        },
        [&](int i) {
          const client peer = open(i);  // answers no ping
          EXPECT_TRUE(empty());
        },
        [&](int i) { open_polling(i); },  // polls no more
        [&](int i) {
          raw_client peer(port());
          peer.send(post(open_polling(i), "1"));
          EXPECT_EQ(peer.read_response().body, "ok");
        },
        [&](int i) {
          const std::string session = open_polling(i);  // two polls at the same time
          raw_client peer(port());
          peer.send(get(session) + get(session));
          peer.read_response();
        },
        [&](int i) { upgrade_from_elsewhere(i); },
        [&](int i) {
          raw_client peer(port());  // is counted, and then it is no WebSocket
          peer.send(get(websocket, "Upgrade: websocket\r\nConnection: Upgrade\r\n" + from(i)));
          EXPECT_EQ(peer.read_response().status, 400u);
        },
        [&](int i) { EXPECT_EQ(ask(port(), polling + "&no_id", from(i)).status, 400u); },
        [&](int i) {
          const client peer = open(i, "&id=the-same");
          EXPECT_EQ(ask(port(), polling + "&id=the-same", from(i)).status, 400u);
        },
    };
  }
  // It counts for the address that opened it.
  void upgrade_from_elsewhere(int i) {
    const std::string session = open_polling(i);
    raw_client peer(port());
    peer.send(upgrade(websocket + session.substr(polling.size()), from(99)));
    EXPECT_EQ(peer.read_response().status, 101u);
    peer.send(text_frame("2probe"));
    EXPECT_EQ(peer.read_frame().payload, "3probe");
    peer.send(text_frame("5"));
  }
};

INSTANTIATE_TEST_SUITE_P(Shards, Endings, testing::Values(1u, 3u));

TEST_P(Endings, GiveTheirPlacesBack) {
  server_.io.on("leave_me", [](const socket& who) { who.disconnect(true); });
  server_.io.engine().generate_id = [](const http_request& request) -> std::optional<std::string> {
    if (request.query.contains("no_id")) throw std::runtime_error("no id");
    const auto id = request.query.find("id");
    return id ? std::optional(std::string(*id)) : std::nullopt;
  };
  server_.start();
  const auto all = endings();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      SCOPED_TRACE(i);
      all[static_cast<std::size_t>(i)](i);
      ASSERT_TRUE(empty());
      expect_free(i);
      ASSERT_TRUE(empty());
    }
  }
}

// The churn of many: places are taken and given back on all shards at the same time.
TEST_P(PerAddress, ChurnLeavesNothingBehind) {
  server_.start();
  std::vector<std::thread> clients;
  for (int client = 1; client <= 4; ++client)
    clients.emplace_back([&, client] {
      for (int i = 0; i < 40; ++i) {
        raw_client peer(port());
        peer.send(upgrade(websocket, from(client % 2)));
        const unsigned status = peer.read_response().status;
        EXPECT_TRUE(status == 101 || status == 429) << status;
        if (i % 2) peer.reset();
      }
    });
  for (std::thread& one : clients) one.join();
  ASSERT_TRUE(empty());
  expect_free(0);
  ASSERT_TRUE(empty());
  expect_free(1);
}

// ---- connections that speak HTTP

TEST(HttpConnections, OfOnePeerAreLimited) {
  server_options options;
  options.max_http_connections_per_address = 3;
  options.close_timeout = 50ms;
  running_server server(options);
  server.start();
  const std::uint16_t port = server.io.port();
  const auto quiet = [&](std::size_t n) {
    return server.becomes([n](const auto& now) { return now.http_connections == n; });
  };
  raw_client one(port), two(port);
  ASSERT_TRUE(quiet(2));
  {
    raw_websocket upgraded(port);  // speaks HTTP no more, but is there
    ASSERT_TRUE(quiet(3));
    raw_client three(port);
    ASSERT_TRUE(quiet(4));
    raw_client four(port);
    EXPECT_TRUE(four.sees_end());
    EXPECT_EQ(server.counters().http_connections_refused, 1u);
    three.close();
    ASSERT_TRUE(quiet(3));
  }
  ASSERT_TRUE(quiet(2));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask(port, polling).status, 200u);
    ASSERT_TRUE(quiet(2));
  }
}

TEST(HttpConnections, OfATrustedProxyAreNot) {
  server_options options;
  options.max_http_connections_per_address = 1;
  options.trusted_proxies = {"127.0.0.1"};
  running_server server(options);
  server.start();
  raw_client one(server.io.port()), two(server.io.port());
  two.send(get(polling));
  EXPECT_EQ(two.read_response().status, 200u);
  EXPECT_EQ(server.counters().http_connections_refused, 0u);
}

// A session of one shard, asked for on another: its connection moves, and is counted once.
TEST(HttpConnections, AreCountedOnceWhenTheyMoveToAnotherShard) {
  server_options options;
  options.threads = 4;
  options.max_http_connections_per_address = 2;
  running_server server(options);
  server.start();
  const std::uint16_t port = server.io.port();
  const auto quiet = [&] {
    return server.becomes([](const auto& now) { return now.http_connections == 0; });
  };
  const std::string sid = sid_of(ask(port, polling));
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(quiet());
    raw_client peer(port);
    peer.send(post(polling + "&sid=" + sid, i == 0 ? "40" : "42[\"x\"]"));
    ASSERT_EQ(peer.read_response().body, "ok") << i;
  }
}

// ---- quiet connections

TEST(HttpConnections, AreClosedWhenTheyAreQuietForTooLong) {
  server_options options;
  options.http_keep_alive_timeout = 30ms;
  running_server server(options);
  server.start();
  raw_client peer(server.io.port());
  peer.send(get("/none"));
  EXPECT_EQ(peer.read_response().status, 404u);
  EXPECT_TRUE(peer.sees_end());
}

// A session that has gone, or a server that has restarted: the client learns it and may go on using
// the connection. What is large is not read for nothing.
TEST(HttpConnections, ASmallBodyForNobodyDoesNotCostTheConnection) {
  running_server server;
  server.start();
  raw_client peer(server.io.port());
  const std::string gone = polling + "&sid=gone";
  for (int i = 0; i < 3; ++i) {
    peer.send(post(gone, "4hello"));
    const auto refused = peer.read_response();
    EXPECT_EQ(refused.status, 400u);
    EXPECT_EQ(refused.body, R"({"code":1,"message":"Session ID unknown"})");
    EXPECT_NE(refused.headers.at("connection"), "close");
  }
  peer.send(post(gone, std::string(16 * 1024, 'x')) + get("/none") + post(gone, "") + get("/none"));
  for (const unsigned status : {400u, 404u, 400u, 404u})
    EXPECT_EQ(peer.read_response().status, status);
  // The body comes in its own time; what follows is a request again.
  const std::string late = post(gone, "12345");
  peer.send(late.substr(0, late.size() - 5));
  EXPECT_EQ(peer.read_response().status, 400u);
  peer.send_byte_by_byte("12345" + get("/none"));
  EXPECT_EQ(peer.read_response().status, 404u);

  peer.send(post(gone, std::string(16 * 1024 + 1, 'x')));
  EXPECT_EQ(peer.read_response().headers.at("connection"), "close");
  EXPECT_TRUE(peer.sees_end());
  for (const std::string_view more :
       {"Expect: 100-continue\r\nContent-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    raw_client other(server.io.port());
    other.send("POST " + gone + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n");
    EXPECT_EQ(other.read_response().headers.at("connection"), "close") << more;
  }
}

// The body that never comes.
TEST(HttpConnections, ABodyForNobodyHasADeadlineToo) {
  server_options options;
  options.http_request_timeout = 100ms;
  running_server server(options);
  server.start();
  raw_client peer(server.io.port());
  const std::string late = post(polling + "&sid=gone", "12345");
  peer.send(late.substr(0, late.size() - 5));
  EXPECT_EQ(peer.read_response().status, 400u);
  EXPECT_TRUE(peer.sees_end());
}

}  // namespace
}  // namespace socketio::test
