// The official servers as child processes: they start, answer, obey, and come back on their port.
#include "client/node_server.hpp"

#include "support/raw_client.hpp"
#ifdef SOCKETIO_TESTS_HAVE_TLS
#include "support/tls_client.hpp"
#endif

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

namespace socketio::test {
namespace {

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  if (at == text.npos) return "";
  const auto from = at + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

// One session over polling, each request on a connection of its own.
class polling_session {
 public:
  explicit polling_session(std::uint16_t port) : port_(port), handshake(ask(get(path()))) {
    sid_ = between(handshake.body, "\"sid\":\"", "\"");
  }
  void say(std::string_view packets) { EXPECT_EQ(ask(post(path(), packets)).body, "ok"); }
  // Polls until that has come, or the session is gone.
  std::string poll_until(std::string_view what) {
    std::string all;
    while (all.find(what) == all.npos) {
      const std::string some = ask(get(path())).body;
      if (some.empty()) return all;
      all += some;
    }
    return all;
  }

 private:
  std::string path() const {
    return "/socket.io/?EIO=4&transport=polling" + (sid_.empty() ? "" : "&sid=" + sid_);
  }
  raw_response ask(const std::string& request) const {
    raw_client peer(port_);
    peer.send(request);
    return peer.read_response();
  }
  std::uint16_t port_;
  std::string sid_;

 public:
  raw_response handshake;
};

TEST(NodeServer, version_4_answers_a_handshake_over_polling) {
  node_server server;
  EXPECT_TRUE(server.version().starts_with("4.")) << server.version();
  polling_session session(server.port());
  EXPECT_EQ(session.handshake.status, 200u);
  EXPECT_TRUE(session.handshake.body.starts_with("0{\"sid\":\""));
  server.wait_for("open");
  session.say("40{\"a\":1}");
  EXPECT_NE(session.poll_until("[\"auth\",{\"a\":1}]").find("40{\"sid\":\""), std::string::npos);
  session.say("420[\"anything\",1,\"two\"]");
  EXPECT_NE(session.poll_until("430").find("430[1,\"two\"]"), std::string::npos);
  const value seen = server.wait_for("event", [](const value& one) {
    const std::string* name = one["event"].as_string();
    return name && *name == "anything";
  });
  EXPECT_EQ(seen["args"], value::list({1, "two"}));
}

TEST(NodeServer, version_3_does_too) {
  node_server server(value::map({{"version", 3}}));
  EXPECT_EQ(server.version(), "3.1.2");
  polling_session session(server.port());
  session.say("40");
  EXPECT_NE(session.poll_until("\"auth\"").find("40{\"sid\":\""), std::string::npos);
  session.say("42[\"message\",\"hello\"]");
  EXPECT_NE(session.poll_until("message-back").find("42[\"message-back\",\"hello\"]"),
            std::string::npos);
}

TEST(NodeServer, obeys_commands_and_says_what_is_wrong) {
  node_server server;
  polling_session session(server.port());
  session.say("40");
  const std::string id = between(session.poll_until("\"auth\""), "40{\"sid\":\"", "\"");
  server.command(value::map({{"cmd", "emit"}, {"event", "hello"}, {"args", value::list({7})}}));
  EXPECT_NE(session.poll_until("hello").find("42[\"hello\",7]"), std::string::npos);
  const value stats = server.command("stats");
  EXPECT_EQ(stats["sessions"], value(1));
  EXPECT_EQ(stats["sockets"]["/"], value(1));
  EXPECT_EQ(stats["transports"]["polling"], value(1));
  EXPECT_THROW(server.command("nonsense"), std::runtime_error);
  EXPECT_THROW(server.command(value::map({{"cmd", "ask"}, {"event", "x"}, {"to", "nobody"}})),
               std::runtime_error);
  server.command(value::map({{"cmd", "disconnect"}, {"to", id}}));
  EXPECT_EQ(server.wait_for("disconnect")["id"], value(id));
  EXPECT_NE(session.poll_until("41").find("41"), std::string::npos);
  EXPECT_THROW(server.wait_for("disconnect", {}, std::chrono::milliseconds(1)), std::runtime_error);
}

TEST(NodeServer, bytes_travel_in_commands_and_observations) {
  node_server server;
  polling_session session(server.port());
  session.say("40");
  session.poll_until("\"auth\"");
  server.command(value::map(
      {{"cmd", "emit"}, {"event", "blob"}, {"args", value::list({wire_bytes("\x01\xFF")})}}));
  EXPECT_NE(session.poll_until("blob").find("451-[\"blob\",{\"_placeholder\":true,\"num\":0}]\x1E"
                                            "bAf8="),
            std::string::npos);
  session.say(
      "451-[\"blob\",{\"_placeholder\":true,\"num\":0}]\x1E"
      "bAf8=");
  const value seen = server.wait_for("event");
  EXPECT_EQ(seen["args"], value::list({wire_bytes("\x01\xFF")}));
}

TEST(NodeServer, options_reach_the_server) {
  node_server server(value::map({
      {"ping_interval", 12'345},
      {"ping_timeout", 5'432},
      {"max_http_buffer_size", 4'321},
      {"transports", value::list({"polling"})},
      {"cookie", value::map({{"name", "io"}})},
      {"path", "/socket.io"},
  }));
  const raw_response handshake = polling_session(server.port()).handshake;
  EXPECT_NE(handshake.body.find("\"pingInterval\":12345"), std::string::npos) << handshake.body;
  EXPECT_NE(handshake.body.find("\"pingTimeout\":5432"), std::string::npos);
  EXPECT_NE(handshake.body.find("\"maxPayload\":4321"), std::string::npos);
  EXPECT_NE(handshake.body.find("\"upgrades\":[]"), std::string::npos);
  EXPECT_TRUE(handshake.headers.at("set-cookie").starts_with("io="));
  server.command(value::map({{"cmd", "refuse"}, {"text", "closed today"}}));
  raw_client refused(server.port());
  refused.send(get("/socket.io/?EIO=4&transport=polling", "Connection: close\r\n"));
  const std::string answer = refused.read_to_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << answer;
  EXPECT_NE(answer.find("closed today"), std::string::npos) << answer;
}

TEST(NodeServer, listens_on_ipv6_and_on_a_path) {
  node_server six(value::map({{"host", "::1"}}));
  EXPECT_EQ(six.url("/admin"), "http://[::1]:" + std::to_string(six.port()) + "/admin");
  raw_client peer("[::1]:" + std::to_string(six.port()));
  peer.send(get("/socket.io/?EIO=4&transport=polling"));
  EXPECT_EQ(peer.read_response().status, 200u);

  const std::string path = "/tmp/socketio-client-test-" + std::to_string(::getpid());
  node_server local(value::map({{"unix", path}}));
  raw_client neighbour("unix:" + path);
  neighbour.send(get("/socket.io/?EIO=4&transport=polling"));
  EXPECT_EQ(neighbour.read_response().status, 200u);
}

#ifdef SOCKETIO_TESTS_HAVE_TLS
TEST(NodeServer, speaks_tls_with_a_certificate_of_the_test) {
  const test_authority authority;
  const issued_certificate issued = authority.issue();
  node_server server(
      value::map({{"tls", value::map({{"cert", issued.certificate}, {"key", issued.key}})}}));
  EXPECT_TRUE(server.url().starts_with("https://127.0.0.1:"));
  tls_client client(server.port(), {.authorities = authority.certificate()});
  ASSERT_TRUE(client.shake_hands()) << client.why();
  client.send(get("/socket.io/?EIO=4&transport=polling"));
  EXPECT_EQ(client.read_response().status, 200u);
  server.command("kill-transports");
  EXPECT_TRUE(client.sees_end());
}
#endif

TEST(NodeServer, is_killed_and_comes_back_on_its_port) {
  node_server server;
  const std::uint16_t port = server.port();
  raw_client idle(port);
  polling_session before(port);
  EXPECT_EQ(before.handshake.status, 200u);
  server.kill();
  EXPECT_FALSE(server.running());
  EXPECT_TRUE(idle.sees_end());
  EXPECT_THROW(raw_client{port}, std::runtime_error);
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(polling_session(port).handshake.status, 200u);
  server.restart();
  EXPECT_EQ(polling_session(port).handshake.status, 200u);
  server.stop();
  EXPECT_THROW(server.command("stats"), std::exception);
}

TEST(NodeServer, resets_its_connections_when_it_is_told_to) {
  node_server server;
  raw_client one(server.port());
  polling_session session(server.port());
  server.command("kill-transports");
  EXPECT_TRUE(one.sees_end());
}

TEST(NodeServer, an_end_is_noticed) {
  node_server server;
  EXPECT_THROW(server.command("exit"), std::runtime_error);
  server.restart();
  EXPECT_EQ(polling_session(server.port()).handshake.status, 200u);
}

TEST(NodeServer, options_that_cannot_work_are_an_error) {
  EXPECT_THROW(node_server(value::map({{"version", 5}})), std::runtime_error);
}

}  // namespace
}  // namespace socketio::test
