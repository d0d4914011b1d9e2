// HTTPS and WSS through the public API: what handlers know of it, replaced certificates, shards.
#include "socketio/tls.hpp"

#include "../src/base/sanitizers.hpp"  // sees only the public headers
#include "integration/secure_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace socketio::test {
namespace {

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

// A session that asks each question on a connection of its own, so that the kernel spreads them
// over the shards, and then moves to a WebSocket.
class wandering_session {
 public:
  explicit wandering_session(std::uint16_t port) : port_(port) {
    sid_ = between(ask(get(path())).body, "\"sid\":\"", "\"");
    joined = say("40") && between(poll(), "40{\"sid\":\"", "\"").size() == 20;
  }
  bool say(const std::string& packets) { return ask(post(path(), packets)).body == "ok"; }
  std::string poll() { return ask(get(path())).body; }
  bool upgrade() {
    websocket = dial(port_);
    if (websocket->open_websocket("/socket.io/?EIO=4&transport=websocket&sid=" + sid_) != 101)
      return false;
    websocket->send(text_frame("2probe"));
    if (websocket->read_frame().payload != "3probe") return false;
    websocket->send(text_frame("5"));
    return true;
  }

  bool joined = false;
  std::unique_ptr<tls_client> websocket;

 private:
  std::string path() const {
    return "/socket.io/?EIO=4&transport=polling" + (sid_.empty() ? "" : "&sid=" + sid_);
  }
  raw_response ask(const std::string& request) const {
    const auto peer = dial(port_);
    peer->send(request);
    return peer->read_response();
  }

  std::uint16_t port_;
  std::string sid_;
};

// SK-02: over polling and WebSocket.
TEST(Tls, HandlersKnowThatItIsSecureAndWhoTheClientIs) {
  const test_authority clients("clients");
  const auto alice = clients.issue({.common_name = "alice", .alt_names = {"DNS:a", "URI:urn:a"}});
  tls_options tls = options_for(authority().issue());
  tls.client = client_certificates::request;
  tls.client_authorities = clients.certificate();
  running_server server(secured(tls));
  server.io.on("who", [](const socket& from) {
    const auto known = from.handshake();
    std::string answer = known.secure ? "secure" : "plain";
    if (!known.client_certificate) return answer;
    answer += " " + known.client_certificate->subject + " " + known.client_certificate->issuer;
    for (const auto& name : known.client_certificate->alt_names) answer += " " + name;
    return answer + " " + known.client_certificate->fingerprint + " " +
           std::string(known.headers["host"]) + known.url;
  });
  server.io.get("/who", [](const http_request& request) {
    const auto& shown = request.client_certificate;
    return http_response::text(200, request.secure && shown ? shown->subject : "nobody");
  });
  server.start();
  auto options = trusting();
  const auto ask = [&](tls_client& peer) {
    EXPECT_EQ(peer.open_websocket("/socket.io/?EIO=4&transport=websocket"), 101u);
    peer.send(text_frame("40") + text_frame(R"(420["who"])"));
    peer.read_frame();
    peer.read_frame();
    return peer.read_frame().payload;
  };
  EXPECT_EQ(ask(*dial(server.io.port(), options)), R"(430["secure"])");
  options.shown = alice;
  EXPECT_EQ(ask(*dial(server.io.port(), options)),
            R"(430["secure CN=alice CN=clients DNS:a URI:urn:a )" + alice.fingerprint +
                R"( localhost/socket.io/?EIO=4&transport=websocket"])");
  const auto peer = dial(server.io.port(), options);
  peer->send(get("/who"));
  EXPECT_EQ(peer->read_response().body, "CN=alice");
}

TEST(Tls, WhatIsWrongIsSaidByTheConstructor) {
  const auto refusal = [](tls_options tls) {
    try {
      server io(secured(std::move(tls)));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  tls_options right = options_for(authority().issue());
  tls_options wrong = right;
  wrong.handshake_timeout = std::chrono::milliseconds(0);
  EXPECT_EQ(refusal(wrong),
            "server_options: tls.handshake_timeout is 0 ms, at least 1 ms is needed");
  wrong = right;
  wrong.handshakes_max = 0;
  EXPECT_EQ(refusal(wrong), "server_options: tls.handshakes_max is 0, at least 1 is needed");
  wrong = right;
  wrong.key = authority().issue().key;
  EXPECT_NE(refusal(wrong).find("does not belong to"), std::string::npos);
  EXPECT_EQ(refusal(right), "");
  server plain;
  EXPECT_THROW(plain.reload_certificates(), std::logic_error);
  EXPECT_THROW(plain.set_tls(right), std::logic_error);
  EXPECT_THROW(plain.reload_certificates_on_signals(), std::logic_error);
}

TEST(Tls, ItsHandshakesAreCounted) {
  running_server server(secured());
  server.start();
  const auto good = dial(server.io.port());
  raw_client bad(server.io.port());
  bad.send(get("/"));
  EXPECT_EQ(bad.read_response().status, 400u);
  EXPECT_TRUE(server.becomes([](const server_counters& now) {
    return now.tls_handshakes == 1 && now.tls_handshakes_failed == 1;
  }));
}

// An adopted connection was decrypted by somebody else, or never encrypted.
TEST(Tls, APlainAndASecureServerAndAnAdoptedConnectionLiveInOneProcess) {
  running_server secure(secured()), plain;
  const auto secure_or_not = [](const http_request& request) {
    return http_response::text(200, request.secure ? "secure" : "plain");
  };
  for (auto* const each : {&secure, &plain}) {
    each->io.get("/", secure_or_not);
    each->start();
  }
  const auto over_tls = dial(secure.io.port());
  over_tls->send(get("/"));
  EXPECT_EQ(over_tls->read_response().body, "secure");
  raw_client over_tcp(plain.io.port());
  over_tcp.send(get("/"));
  EXPECT_EQ(over_tcp.read_response().body, "plain");
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  secure.io.adopt(pair[0], get("/"));
  char chunk[4096];
  const auto got = ::recv(pair[1], chunk, sizeof chunk, 0);
  ASSERT_GT(got, 0);
  EXPECT_TRUE(std::string(chunk, static_cast<std::size_t>(got)).ends_with("plain"));
  ::close(pair[1]);
}

// ---- replacement

class TlsFiles : public testing::Test {
 protected:
  TlsFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    tls.certificate = folder_ / "chain.pem";
    tls.key = folder_ / "key.pem";
    write("one");
  }
  ~TlsFiles() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name) {
    const auto made = authority().issue({.common_name = name});
    std::ofstream(tls.certificate) << made.certificate;
    std::ofstream(tls.key) << made.key;
  }
  static std::string shown_by(const running_server& server) {
    return dial(server.io.port())->server_name();
  }

  tls_options tls;

 private:
  std::filesystem::path folder_;
};

// SD-32
TEST_F(TlsFiles, CertificatesAreReplacedWithoutDroppingAConnection) {
  running_server server(secured(tls, 2));
  server.io.get("/", [](const http_request&) { return http_response::text(200, "still here"); });
  server.start();
  const auto old = dial(server.io.port());
  EXPECT_EQ(old->server_name(), "one");
  write("two");
  EXPECT_EQ(shown_by(server), "one");
  server.io.reload_certificates();
  EXPECT_EQ(shown_by(server), "two");
  std::filesystem::remove(tls.key);
  EXPECT_THROW(server.io.reload_certificates(), std::system_error);
  EXPECT_EQ(shown_by(server), "two");
  server.io.set_tls(options_for(authority().issue({.common_name = "three"})));
  EXPECT_EQ(shown_by(server), "three");
  EXPECT_THROW(server.io.set_tls({}), std::invalid_argument);
  EXPECT_EQ(shown_by(server), "three");
  old->send(get("/"));
  EXPECT_EQ(old->read_response().body, "still here");
}

TEST_F(TlsFiles, ASignalReplacesThem) {
  running_server server(secured(tls));
  std::promise<std::string> failed;
  server.io.on_error([&](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      failed.set_value(std::string(where) + ": " + error.what());
    }
  });
  server.io.reload_certificates_on_signals({SIGHUP});
  server.start();
  EXPECT_EQ(shown_by(server), "one");
  write("two");
  std::raise(SIGHUP);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (shown_by(server) != "two") ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  std::ofstream(tls.certificate) << "nothing";
  std::raise(SIGHUP);
  EXPECT_EQ(failed.get_future().get(), "reload_certificates: tls: certificate \"" +
                                           tls.certificate + "\": there is no certificate in it");
  EXPECT_EQ(shown_by(server), "two");
}

TEST_F(TlsFiles, TheyAreReplacedWhileMayComeIn) {
  running_server server(secured(tls, 4));
  server.start();
  std::atomic<bool> stop{false};
  std::thread replacing([&] {
    for (int i = 0; i < 30; ++i) {
      if (i % 2)
        server.io.set_tls(tls);
      else
        server.io.reload_certificates();
    }
    stop = true;
  });
  int came_in = 0;
  while (!stop || came_in < 20) came_in += dial(server.io.port()) != nullptr;
  replacing.join();
}

// ---- shards

// A request or an upgrade may land on any shard, and takes its TLS along.
TEST(TlsShards, SessionsWanderAndNoneIsLost) {
  constexpr int sessions = 48;
  running_server server(secured(4));
  std::mutex mutex;
  std::set<std::thread::id> shards;
  server.io.on_connection([&](const socket&) {
    const std::lock_guard lock(mutex);
    shards.insert(std::this_thread::get_id());
  });
  server.io.on("echo", [](const std::string& text) { return text; });
  server.start();
  std::deque<wandering_session> all;
  for (int i = 0; i < sessions; ++i) {
    auto& one = all.emplace_back(server.io.port());
    ASSERT_TRUE(one.joined) << i;
  }
  EXPECT_EQ(shards.size(), 4u);
  for (auto& one : all) {
    ASSERT_TRUE(one.say(R"(420["echo","polled"])"));
    ASSERT_EQ(one.poll(), R"(430["polled"])");
  }
  for (auto& one : all) ASSERT_TRUE(one.upgrade());
  for (auto& one : all) one.websocket->send(text_frame(R"(421["echo","pushed"])"));
  for (auto& one : all) ASSERT_EQ(one.websocket->read_frame().payload, R"(431["pushed"])");
  server.io.emit("news", std::string(100'000, 'n'));
  for (auto& one : all) ASSERT_GT(one.websocket->read_frame().payload.size(), 100'000u);
  const auto now = server.counters();
  EXPECT_EQ(now.sessions_websocket, static_cast<std::uint64_t>(sessions));
  EXPECT_EQ(now.disconnects[0], 0u);
}

// Sessions that the kernel has spread over the shards.
std::vector<std::string> open_sessions(std::uint16_t port, int count) {
  std::vector<std::string> sids;
  for (int i = 0; i < count; ++i) {
    const auto peer = dial(port);
    peer->send(get("/socket.io/?EIO=4&transport=polling"));
    sids.push_back(between(peer->read_response().body, "\"sid\":\"", "\""));
  }
  return sids;
}

// One connection asks for sessions of all shards in turn: it is handed on and on.
TEST(TlsShards, AConnectionMayBeHandedOnAgainAndAgain) {
  running_server server(secured(4));
  server.start();
  const auto sids = open_sessions(server.io.port(), 24);
  const auto peer = dial(server.io.port());
  for (int round = 0; round < 3; ++round) {
    std::string requests;  // several in one record: the rest travels inside of TLS
    for (const auto& sid : sids)
      requests += post("/socket.io/?EIO=4&transport=polling&sid=" + sid, "3");
    peer->send(requests.substr(0, requests.size() / 2));
    peer->send(requests.substr(requests.size() / 2));
    for (std::size_t i = 0; i < sids.size(); ++i) ASSERT_EQ(peer->read_response().body, "ok") << i;
  }
  EXPECT_EQ(server.counters().sessions, sids.size());
}

// It leaves the shard when its answers have left the queue, which is before the kernel has them.
TEST(TlsShards, WhatTheKernelHasNotTakenMovesAlong) {
  running_server server(secured(4));
  server.io.get("/big", [](const http_request&) {
    return http_response::text(200, std::string(more_than_the_kernel_takes, 'b'));
  });
  server.start();
  auto slow = trusting();
  slow.receive_buffer = slow_reader;
  for (const auto& sid : open_sessions(server.io.port(), 8)) {
    const auto peer = dial(server.io.port(), slow);
    peer->send(get("/big") + post("/socket.io/?EIO=4&transport=polling&sid=" + sid, "3"));
    ASSERT_EQ(peer->read_response().body.size(), more_than_the_kernel_takes);
    ASSERT_EQ(peer->read_response().body, "ok");
  }
}

// ---- slow readers

TEST(Tls, ASlowReaderIsGivenUpAtTheLimitOfItsQueue) {
  server_options options = secured();
  options.send_queue_bytes_max = 256 * 1024;
  running_server server(std::move(options));
  std::promise<disconnect_reason> gone;
  server.io.on_connection([&](const socket& who) {
    who.on_disconnect([&](const disconnect_reason& why) { gone.set_value(why); });
  });
  server.start();
  auto slow = trusting();
  slow.receive_buffer = slow_reader;
  const auto peer = dial(server.io.port(), slow);
  ASSERT_EQ(peer->open_websocket("/socket.io/?EIO=4&transport=websocket"), 101u);
  peer->send(text_frame("40"));
  ASSERT_TRUE(server.becomes([](const server_counters& now) { return now.sockets == 1; }));
  const std::string text(100'000, 'x');
  for (std::size_t sent = 0; sent < more_than_the_kernel_takes + 1'000'000; sent += text.size())
    server.ask([&] { return server.io.emit("news", text), 0; });
  EXPECT_EQ(gone.get_future().get().what, cause::slow_consumer);
}

// ---- memory

// The clients are a process of their own, so that what is allocated here is the server's.
class idle_clients {
 public:
  explicit idle_clients(int count) {
    if (::pipe(orders_) != 0 || ::pipe(answers_) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) live(count);
  }
  ~idle_clients() {
    ::close(orders_[1]);
    ::waitpid(child_, nullptr, 0);
  }
  // Returns when they are all there.
  bool come_to(std::uint16_t port) {
    char done = 0;
    return ::write(orders_[1], &port, sizeof port) == sizeof port &&
           ::read(answers_[0], &done, 1) == 1 && done == 1;
  }

 private:
  [[noreturn]] void live(int count) {
    ::close(orders_[1]);
    std::uint16_t port = 0;
    std::deque<std::unique_ptr<tls_client>> peers;
    while (::read(orders_[0], &port, sizeof port) == sizeof port) {
      for (int i = 0; i < count; ++i) {
        auto& peer = *peers.emplace_back(dial(port));
        peer.open_websocket("/socket.io/?EIO=4&transport=websocket");
        peer.send(text_frame("40"));
        peer.read_frame();
        peer.read_frame();
      }
      const char done = 1;
      if (::write(answers_[1], &done, 1) != 1) break;
    }
    ::_exit(0);
  }
  int orders_[2], answers_[2];
  pid_t child_ = 0;
};

TEST(Tls, AnIdleConnectionHoldsLittle) {
  if (SOCKETIO_ANY_SANITIZER) GTEST_SKIP() << "a sanitizer has an allocator of its own";
  constexpr std::size_t count = 300;
  authority();
  idle_clients clients(count);
  running_server server(secured());
  server.start();
  ASSERT_TRUE(clients.come_to(server.io.port()));  // what is grown once
  const std::size_t before = ::mallinfo2().uordblks;
  ASSERT_TRUE(clients.come_to(server.io.port()));
  const std::size_t each = (::mallinfo2().uordblks - before) / count;
  std::printf("an idle WSS connection holds %zu bytes\n", each);
  EXPECT_LT(each, 16u * 1024);
  EXPECT_EQ(server.counters().sockets, 2 * count);
}

}  // namespace
}  // namespace socketio::test
