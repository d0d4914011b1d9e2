// TLS as a client, for requests and WebSockets: who is trusted, what is shown, which versions; and
// that sealed WebSockets lose nothing between libcurl's buffers and ours.
#include "dial/http_client.hpp"
#include "unit/dial/proxies.hpp"
#include "unit/dial/tls_peer.hpp"
#include "unit/dial/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace socketio::test {
namespace {

using dial::http_answer;
using dial::http_outcome;
using dial::trouble;

class temporary_file {
 public:
  explicit temporary_file(const std::string& text)
      : path_(::testing::TempDir() + "dial_" + std::to_string(::getpid()) + "_" +
              std::to_string(++made_) + ".pem") {
    std::ofstream(path_) << text;
  }
  ~temporary_file() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

class Tls : public websocket_fixture {
 protected:
  Tls() { options.tls.authorities = authority().certificate(); }

  http_outcome get(const std::string& url) {
    dial::http_client client(loop, options);
    std::optional<http_outcome> told;
    client.start({.url = url}, [&](http_outcome outcome) { told = std::move(outcome); });
    EXPECT_TRUE(turn_until(loop, [&] { return told.has_value(); }));
    return told ? std::move(*told) : dial::failure{};
  }
  // "200", or why not.
  std::string outcome_of(const std::string& url) {
    const auto outcome = get(url);
    if (const auto* const answer = std::get_if<http_answer>(&outcome))
      return std::to_string(answer->status);
    const auto& why = std::get<dial::failure>(outcome);
    EXPECT_EQ(why.what, trouble::tls) << why.detail;
    return why.detail;
  }
  // Both ways of dialing must see the same.
  void expect_both(const raw_server& server, const std::string& detail) {
    EXPECT_EQ(outcome_of(server.url("https")), detail);
    const auto why = failure_of({.url = server.url("wss")});
    EXPECT_EQ(why.what, trouble::tls);
    EXPECT_EQ(why.detail, detail);
  }

  static void answer(peer& one) {
    if (!one.read_head().empty()) one.send(response("200 OK", "", "sealed"));
  }
};

// ---- who is trusted

TEST_F(Tls, whoever_our_authority_has_signed_is_trusted) {
  std::string protocols, name;
  raw_server server(
      [&](peer& one) {
        protocols = dynamic_cast<tls_peer&>(one).protocols();
        name = dynamic_cast<tls_peer&>(one).server_name();
        answer(one);
      },
      tls({.shown = local_certificate()}));
  EXPECT_EQ(outcome_of(server.url("https")), "200");
  EXPECT_EQ(protocols, "http/1.1");
  EXPECT_EQ(outcome_of("https://localhost:" + std::to_string(server.port())), "200");
  EXPECT_EQ(name, "localhost");
  const temporary_file file(authority().certificate());
  options.tls.authorities = file.path();
  EXPECT_EQ(outcome_of(server.url("https")), "200");
}

TEST_F(Tls, others_are_refused_unless_verifying_is_off) {
  raw_server server(answer, tls({.shown = local_certificate()}));
  options.tls.authorities = {};  // the system's
  expect_both(server,
              "TLS: certificate of 127.0.0.1 refused: unable to get local issuer certificate");
  options.tls.authorities = test_authority("another").certificate();
  expect_both(server,
              "TLS: certificate of 127.0.0.1 refused: unable to get local issuer certificate");
  options.tls.verify = false;
  EXPECT_EQ(outcome_of(server.url("https")), "200");
}

TEST_F(Tls, a_certificate_of_another_host_or_another_time_is_refused) {
  raw_server other(answer, tls({.shown = authority().issue({.alt_names = {"DNS:example.com"}})}));
  EXPECT_NE(outcome_of(other.url("https")).find("certificate of 127.0.0.1 refused: "),
            std::string::npos);
  EXPECT_NE(failure_of({.url = other.url("wss")}).detail.find("subject name"), std::string::npos)
      << sink.why->detail;
  raw_server expired(
      answer,
      tls({.shown = authority().issue(
               {.alt_names = {"IP:127.0.0.1"}, .valid_from_days = -3, .valid_to_days = -1})}));
  expect_both(expired, "TLS: certificate of 127.0.0.1 refused: certificate has expired");
}

TEST_F(Tls, a_pinned_key_must_be_the_servers) {
  raw_server server(answer, tls({.shown = local_certificate()}));
  const std::string wrong = pin_of(authority().issue());
  options.tls.pinned_keys = {wrong, pin_of(local_certificate())};
  EXPECT_EQ(outcome_of(server.url("https")), "200");
  options.tls.pinned_keys = {wrong};
  expect_both(server, "TLS: public key of 127.0.0.1 is none of tls.pinned_keys");
  options.tls.verify = false;
  expect_both(server, "TLS: public key of 127.0.0.1 is none of tls.pinned_keys");
}

// ---- what is shown

TEST_F(Tls, our_certificate_is_shown_when_it_is_asked_for) {
  std::string name;
  raw_server server(
      [&](peer& one) {
        name = dynamic_cast<tls_peer&>(one).client_name();
        answer(one);
      },
      tls({.shown = local_certificate(), .client_authorities = authority().certificate()}));
  const auto ours = authority().issue({.common_name = "ann"});
  options.tls.certificate = ours.certificate;
  options.tls.key = ours.key;
  EXPECT_EQ(outcome_of(server.url("https")), "200");
  EXPECT_EQ(name, "ann");
  const auto locked = authority().issue({.common_name = "bob", .key_password = "secret"});
  const temporary_file certificate(locked.certificate), key(locked.key);
  options.tls.certificate = certificate.path();
  options.tls.key = key.path();
  options.tls.key_password = "secret";
  EXPECT_EQ(outcome_of(server.url("https")), "200");
  EXPECT_EQ(name, "bob");
  options.tls.key_password = "wrong";
  EXPECT_NE(outcome_of(server.url("https")), "200");
}

// In TLS 1.3 the server says so when we believe that everything is done.
TEST_F(Tls, a_server_that_misses_our_certificate_says_so_in_any_version) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    raw_server server(answer, tls({.shown = local_certificate(),
                                   .client_authorities = authority().certificate(),
                                   .max_version = version}));
    const std::string why = outcome_of(server.url("https"));
    EXPECT_NE(
        why.find(version == TLS1_2_VERSION ? "alert handshake failure" : "certificate required"),
        std::string::npos)
        << why;
  }
}

TEST_F(Tls, files_that_are_not_there_are_told) {
  raw_server server(answer, tls({.shown = local_certificate()}));
  options.tls.authorities = "/nowhere/at-all.pem";
  EXPECT_NE(outcome_of(server.url("https")).find("/nowhere/at-all.pem"), std::string::npos);
  options.tls.authorities = authority().certificate();
  options.tls.certificate = options.tls.key = "/nowhere/either.pem";
  EXPECT_NE(outcome_of(server.url("https")), "200");
}

// ---- versions and ciphers

TEST_F(Tls, versions_and_ciphers_can_be_chosen) {
  std::string cipher;
  const auto tell = [&](peer& one) {
    cipher = dynamic_cast<tls_peer&>(one).cipher();
    answer(one);
  };
  raw_server old(tell, tls({.shown = local_certificate(), .max_version = TLS1_2_VERSION}));
  raw_server current(tell, tls({.shown = local_certificate()}));
  options.tls.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  EXPECT_EQ(outcome_of(old.url("https")), "200");
  EXPECT_EQ(cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  options.tls.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
  EXPECT_EQ(outcome_of(current.url("https")), "200");
  EXPECT_EQ(cipher, "TLS_CHACHA20_POLY1305_SHA256");
  options.tls.tls1_3_only = true;
  EXPECT_EQ(outcome_of(current.url("https")), "200");
  EXPECT_NE(outcome_of(old.url("https")).find("protocol version"), std::string::npos);
  options.tls.cipher_suites = "TLS_OF_MY_OWN";
  EXPECT_NE(outcome_of(current.url("https")).find("TLS_OF_MY_OWN"), std::string::npos);
}

TEST_F(Tls, who_does_not_speak_tls_or_leaves_is_told) {
  raw_server plain([](peer& one) {
    one.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    one.sees_end();
  });
  EXPECT_NE(outcome_of(plain.url("https")).find("wrong version number"), std::string::npos);
  raw_server leaves([](peer& one) { one.read_exactly(100); });
  EXPECT_NE(failure_of({.url = leaves.url("wss")}).detail, "");
  EXPECT_EQ(sink.why->what, trouble::tls) << sink.why->detail;
  raw_server resets([](peer& one) {
    one.read_exactly(100);
    one.reset();
  });
  EXPECT_EQ(failure_of({.url = resets.url("wss")}).what, trouble::tls) << sink.why->detail;
  EXPECT_EQ(loop.watched(), 0u);
}

// ---- with proxies

TEST_F(Tls, goes_through_the_tunnel_of_a_proxy) {
  raw_server server(
      [](peer& one) {
        const std::string request = one.read_head();
        if (header_of(request, "upgrade").empty()) return one.send(response("200 OK", "", "x"));
        one.accept(request);
        one.send_text(one.read_frame().payload);
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  proxy_log log;
  raw_server proxy(http_proxy({.log = &log}));
  options.proxy = proxy.url();
  EXPECT_EQ(outcome_of(server.url("https")), "200");
  dial({.url = server.url("wss")});
  ASSERT_TRUE(opens());
  socket->send_text("through");
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(sink.messages, std::vector<std::string>{"t:through"});
  EXPECT_EQ(log.all(), std::vector<std::string>(2, "CONNECT " + server.url().substr(7)));
  socket.reset();
}

// The proxy is spoken to by TLS, and what goes through it is plain: still every byte is sealed.
TEST_F(Tls, a_proxy_can_have_a_certificate_too) {
  raw_server proxy(
      [](peer& one) {
        const std::string request = one.read_head();
        if (request.empty()) return;  // it does not trust us
        EXPECT_TRUE(request.starts_with("CONNECT a.host:80 "));
        one.send("HTTP/1.1 200 Yes\r\n\r\n");
        one.accept_websocket();  // as if it were the host behind it
        one.send_text(one.read_frame().payload);
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  options.proxy = proxy.url("https");
  dial({.url = "ws://a.host/"});
  ASSERT_TRUE(opens());
  socket->send_text("sealed as far as the proxy");
  ASSERT_TRUE(hears(1));
  options.tls.authorities = test_authority("another").certificate();
  EXPECT_EQ(failure_of({.url = "ws://a.host/"}).what, trouble::tls);
}

// ---- sealed WebSockets

TEST_F(Tls, sealed_messages_of_all_sizes_go_both_ways_in_order) {
  const std::vector<std::size_t> sizes{0, 1, 126, 16'384, 65'536, 3'000'000};
  raw_server server(
      [&](peer& one) {
        one.accept_websocket();
        for (const std::size_t size : sizes) {
          EXPECT_EQ(one.read_frame().payload, std::string(size, 'c'));
          one.send_frame(0x82, std::string(size, 's'));
        }
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  dial({.url = server.url("wss")});
  ASSERT_TRUE(opens());
  for (const std::size_t size : sizes)
    socket->send(wire::frame::binary(std::string(size, 'c'), wire::frame_class::event));
  ASSERT_TRUE(hears(sizes.size()));
  for (std::size_t i = 0; i < sizes.size(); ++i)
    EXPECT_EQ(sink.messages[i], "b:" + std::string(sizes[i], 's'));
  EXPECT_GE(sink.drained, 1);
  socket.reset();
}

// Thousands of messages in one record: the descriptor says nothing of what OpenSSL has already.
TEST_F(Tls, what_is_unsealed_and_not_handed_out_needs_no_more_bytes) {
  constexpr std::size_t total = 60'000;
  raw_server server(
      [](peer& one) {
        one.accept_websocket();
        std::string frames;
        for (std::size_t i = 0; i < total; ++i) frames += "\x81\x01x";
        one.send(frames);
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  sink.keeps_messages = false;
  dial({.url = server.url("wss")});
  ASSERT_TRUE(hears(total));
  const auto turns = loop.turn();
  turn_for(loop, milliseconds(20));
  EXPECT_LT(loop.turn() - turns, 10u) << "it spins";
  EXPECT_EQ(sink.count, total);
  socket.reset();
}

TEST_F(Tls, a_megabyte_is_read_in_several_turns_without_loss) {
  const std::string block(5'000'000, 'm');
  raw_server server(
      [&](peer& one) {
        one.accept_websocket();
        one.send_frame(0x82, block);
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  dial({.url = server.url("wss")});
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(sink.messages[0].size(), block.size() + 2);
  socket.reset();
}

TEST_F(Tls, a_peer_that_does_not_read_makes_a_sealed_one_wait) {
  std::atomic<bool> may_read{false};
  raw_server server(
      [&](peer& one) {
        one.accept_websocket();
        while (!may_read) std::this_thread::yield();
        for (int i = 0; i < 20; ++i)
          EXPECT_EQ(one.read_frame().payload, std::string(1'000'000, static_cast<char>('a' + i)));
        one.send_text("all");
        one.sees_end();
      },
      tls({.shown = local_certificate()}));
  dial({.url = server.url("wss")});
  ASSERT_TRUE(opens());
  for (int i = 0; i < 20; ++i) {
    socket->send(wire::frame::binary(std::string(1'000'000, static_cast<char>('a' + i)),
                                     wire::frame_class::event));
    loop.poll();
  }
  turn_for(loop, milliseconds(20));
  EXPECT_GT(socket->queued_bytes(), 1'000'000u);
  may_read = true;
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(socket->queued_bytes(), 0u);
  socket.reset();
}

TEST_F(Tls, sealed_ones_end_in_the_same_ways) {
  int round = 0;
  raw_server server(
      [&](peer& one) {
        const std::string request = one.read_head();
        const int now = round;
        one.accept(request);
        one.send_text("last");
        if (now == 0) dynamic_cast<tls_peer&>(one).say_goodbye();
        if (now == 2) one.reset();
        if (now == 3) {
          one.send_frame(0x88, "\x03\xE8");
          EXPECT_EQ(one.read_frame().code(), 1000u);
        }
      },
      tls({.shown = local_certificate()}));
  for (; round < 4; ++round) {
    const auto why = failure_of({.url = server.url("wss")});
    EXPECT_EQ(why.what, round == 3 ? trouble::closed : trouble::lost)
        << round << ": " << why.detail;
    EXPECT_TRUE(turn_until(loop, [&] { return loop.watched() == 0; })) << "the answer has left";
    if (round == 2) continue;  // a reset takes with it what was not read
    EXPECT_EQ(sink.messages, std::vector<std::string>{"t:last"}) << round;
  }
}

// Nothing raises SIGPIPE, which would end the program of our user.
TEST_F(Tls, writing_to_a_sealed_one_that_was_reset_is_lost_without_a_signal) {
  std::atomic<bool> gone{false};
  raw_server server(
      [&](peer& one) {
        one.accept_websocket();
        one.reset();
        gone = true;
      },
      tls({.shown = local_certificate()}));
  sink.reaction = [&](const std::string& what) {
    if (what != "open") return;
    while (!gone) std::this_thread::yield();
    for (int i = 0; i < 3; ++i) {
      socket->send_text("into the void");
      std::this_thread::sleep_for(milliseconds(5));
    }
  };
  dial({.url = server.url("wss")});
  EXPECT_EQ(failure().what, trouble::lost);
}

TEST_F(Tls, sealed_ones_close_behind_what_was_sent) {
  std::vector<seen_frame> seen;
  std::atomic<bool> ended{false};
  raw_server server(
      [&](peer& one) {
        one.accept_websocket();
        for (int i = 0; i < 2; ++i) seen.push_back(one.read_frame());
        one.send_frame(0x88, "");
        dynamic_cast<tls_peer&>(one).say_goodbye();
        ended = one.sees_end();
      },
      tls({.shown = local_certificate()}));
  dial({.url = server.url("wss")});
  ASSERT_TRUE(opens());
  socket->send_text("last words");
  socket->close(1001);
  socket.reset();
  ASSERT_TRUE(turn_until(loop, [&] { return ended.load() && loop.watched() == 0; }));
  EXPECT_EQ(seen[0].payload, "last words");
  EXPECT_EQ(seen[1].code(), 1001u);
}

}  // namespace
}  // namespace socketio::test
