// From accept() to the finished handshake: who comes in, with which certificate, and what becomes
// of those who do not.
#include "socketio/tls.hpp"
#include "unit/net/tls_fixture.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <sys/socket.h>

namespace socketio::test {
namespace {

class TlsHandshake : public tls_fixture {};

// SK-02, SD-32
TEST_F(TlsHandshake, ARequestOverTlsIsSecure) {
  serve_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto options = trusting();
    options.max_version = version;
    tls_client peer(port, options);
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    EXPECT_EQ(SSL_version(peer.ssl()), version);
    EXPECT_TRUE(works(peer));
    const auto request = requests.take();
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->secure);
    EXPECT_EQ(request->remote_address, "127.0.0.1");
    EXPECT_EQ(request->client_certificate, nullptr);
  }
  EXPECT_EQ(counters().tls_handshakes_total, 2u);
  EXPECT_EQ(counters().tls_failed_total, 0u);
}

// The request is in the segment that ends the handshake, so that no further edge tells of it.
TEST_F(TlsHandshake, WhatComesWithTheEndOfTheHandshakeIsRead) {
  serve_tls();
  tls_client peer(port, trusting());
  peer.raw_send(peer.hello());
  std::string last;
  while (!SSL_is_init_finished(peer.ssl())) {
    char chunk[4096];
    const auto got = ::recv(peer.descriptor(), chunk, sizeof chunk, 0);
    ASSERT_GT(got, 0);
    BIO_write(SSL_get_rbio(peer.ssl()), chunk, static_cast<int>(got));
    SSL_do_handshake(peer.ssl());
    last = peer.take_output();
  }
  peer.raw_send(last + peer.sealed(get("/one") + get("/two")));
  EXPECT_EQ(peer.read_response().body, "/one");
  EXPECT_EQ(peer.read_response().body, "/two");
}

TEST_F(TlsHandshake, OldVersionsAreRefused) {
  tls_options options = localhost_options();
  options.min_version = tls_version::tls1_3;
  serve_tls(options);
  for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION}) {
    auto client = trusting();
    client.max_version = version;
    tls_client peer(port, client);
    EXPECT_FALSE(peer.shake_hands());
    EXPECT_EQ(peer.why(), "tlsv1 alert protocol version");
  }
  EXPECT_TRUE(eventually([this] { return counters().tls_failed_total == 2u; }));
}

// ---- whoever does not speak TLS

TEST_F(TlsHandshake, PlainHttpIsToldSo) {
  serve_tls();
  raw_client peer(port);
  peer.send(get("/"));
  const auto answer = peer.read_response();
  EXPECT_EQ(answer.status, 400u);
  EXPECT_EQ(answer.body, "this port speaks HTTPS, not plain HTTP");
  EXPECT_TRUE(peer.sees_end());
  peer.close();
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_failed_total, 1u);
  EXPECT_TRUE(requests.empty());
}

TEST_F(TlsHandshake, GarbageIsShutOut) {
  serve_tls();
  const std::string ssl3_hello("\x16\x03\x00\x00\x2d\x01\x00\x00\x29\x03\x00", 11);
  const std::string inputs[] = {
      "\x01\x02\x03\x04\x05garbage", std::string(100'000, '\xff'),
      ssl3_hello + std::string(34, 'r') + std::string("\0\x02\0\x2f\1\0", 6),
      std::string("\x16\x03\x01\xff\xff", 5)};
  for (const std::string& garbage : inputs) {
    raw_client peer(port);
    peer.send(garbage);
    peer.read_to_end();  // an alert, or nothing
    EXPECT_TRUE(peer.sees_end());
  }
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_failed_total, std::size(inputs));
}

TEST_F(TlsHandshake, HalfAHelloAndSilenceIsNotWaitedForLong) {
  tls_options options = localhost_options();
  options.handshake_timeout = milliseconds(100);
  serve_tls(options);
  tls_client half(port), silent(port);
  const std::string hello = half.hello();
  half.raw_send(hello.substr(0, hello.size() / 2));
  EXPECT_TRUE(half.sees_end());
  EXPECT_TRUE(silent.sees_end());
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_failed_total, 2u);
}

// Each byte is progress, and none of them buys time.
TEST_F(TlsHandshake, AHelloThatDripsHasTheSameDeadline) {
  tls_options options = localhost_options();
  options.handshake_timeout = milliseconds(150);
  serve_tls(options);
  tls_client peer(port);
  const std::string hello = peer.hello();
  for (std::size_t i = 0; i + 1 < hello.size() && peer.sees_silence(10); ++i)
    peer.raw_send(hello.substr(i, 1));
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_failed_total, 1u);
}

// A record that never ends is a request that never comes.
TEST_F(TlsHandshake, HalfARecordAndSilenceIsNotWaitedForLong) {
  limits.head_timeout = milliseconds(100);
  serve_tls();
  tls_client peer(port, trusting());
  ASSERT_TRUE(peer.shake_hands()) << peer.why();
  const std::string record = peer.sealed(get("/"));
  peer.raw_send(record.substr(0, record.size() / 2));
  EXPECT_TRUE(peer.sees_end());
  EXPECT_TRUE(all_connections_end());
  EXPECT_TRUE(requests.empty());
}

// Wherever a handshake is left, by the client's FIN or its RST, nothing of it stays behind.
TEST_F(TlsHandshake, WhoeverLeavesInTheMiddleIsForgotten) {
  serve_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto options = trusting();
    options.max_version = version;
    for (const bool rudely : {false, true}) {
      for (std::size_t cut = 0;; cut += 23) {
        tls_client peer(port, options);
        const std::string hello = peer.hello();
        peer.raw_send(hello.substr(0, cut));
        rudely ? peer.reset() : peer.close();
        if (cut >= hello.size()) break;  // with the server's own flight under way
      }
    }
  }
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_handshakes_total, 0u);
  tls_client next(port, trusting());
  ASSERT_TRUE(next.shake_hands()) << next.why();
  EXPECT_TRUE(works(next));
}

// The same for what the client says after the server: its last flight is cut anywhere.
TEST_F(TlsHandshake, WhoeverLeavesBeforeItsLastWordIsForgotten) {
  serve_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto options = trusting();
    options.max_version = version;
    for (std::size_t cut = 0, bytes = 1; cut < bytes; cut += 7) {
      tls_client peer(port, options);
      peer.raw_send(peer.hello());
      const std::string last = peer.answer_to_hello();
      ASSERT_FALSE(last.empty()) << peer.why();
      bytes = last.size();
      peer.raw_send(last.substr(0, cut));
      peer.close();
    }
  }
  EXPECT_TRUE(all_connections_end());
  EXPECT_EQ(counters().tls_handshakes_total, 0u);
}

TEST_F(TlsHandshake, HandshakesUnderWayAreLimited) {
  tls_options options = localhost_options();
  options.handshakes_max = 2;
  serve_tls(options);
  std::deque<tls_client> silent;
  for (int i = 0; i < 2; ++i) silent.emplace_back(port);
  ASSERT_TRUE(eventually([this] { return connections() == 2; }));
  tls_client third(port, trusting());
  third.raw_send(third.hello());
  EXPECT_TRUE(third.sees_silence());
  EXPECT_EQ(counters().accepted_total, 2u);
  silent.pop_front();  // one of them gives up
  EXPECT_TRUE(third.shake_hands()) << third.why();
  EXPECT_TRUE(works(third));
  EXPECT_TRUE(silent.front().shake_hands()) << silent.front().why();
}

// Whoever says nothing does not keep others out for as long as a handshake may take.
TEST_F(TlsHandshake, SilentOnesMakeRoomForOthers) {
  tls_options options = localhost_options();
  options.handshakes_max = 2;
  options.handshake_timeout = std::chrono::hours(1);
  serve_tls(options);
  tls_client silent(port), half(port, trusting());
  ASSERT_TRUE(eventually([this] { return connections() == 2; }));
  half.raw_send(half.hello());
  ASSERT_NE(half.answer_to_hello(), "");
  tls_client third(port, trusting());
  EXPECT_TRUE(third.shake_hands()) << third.why();
  EXPECT_TRUE(silent.sees_end());
  tls_client fourth(port, trusting()), fifth(port, trusting());
  EXPECT_TRUE(fourth.shake_hands()) << fourth.why();
  EXPECT_TRUE(fifth.shake_hands()) << fifth.why();
  EXPECT_TRUE(works(third));
}

// Far more than are dealt with in one turn, and all at once.
TEST_F(TlsHandshake, ManyHandshakesAtOnceAllEnd) {
  serve_tls();
  std::deque<tls_client> peers;
  for (int i = 0; i < 60; ++i) {
    peers.emplace_back(port, trusting());
    peers.back().raw_send(peers.back().hello());
  }
  for (auto& peer : peers) {
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    EXPECT_TRUE(works(peer));
  }
  EXPECT_EQ(counters().tls_handshakes_total, peers.size());
}

TEST_F(TlsHandshake, AServerThatStopsCutsThem) {
  serve_tls();
  tls_client silent(port), half(port);
  half.raw_send(half.hello().substr(0, 20));
  ASSERT_TRUE(eventually([this] { return connections() == 2; }));
  stop_listening();
  EXPECT_TRUE(silent.sees_end());
  EXPECT_TRUE(half.sees_end());
}

// ---- ALPN, SNI

TEST_F(TlsHandshake, OnlyHttp11IsSpoken) {
  serve_tls();
  auto options = trusting();
  options.protocols = "\x02h2\x08http/1.1";
  tls_client both(port, options);
  ASSERT_TRUE(both.shake_hands()) << both.why();
  const unsigned char* chosen = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &bytes);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), bytes), "http/1.1");
  options.protocols = "\x02h2";
  tls_client other(port, options);
  EXPECT_FALSE(other.shake_hands());
  EXPECT_EQ(other.why(), "tlsv1 alert no application protocol");
}

TEST_F(TlsHandshake, TheNameThatTheClientSaysChoosesTheCertificate) {
  const auto host = [](std::vector<std::string> names, const std::string& common_name) {
    const auto made = authority().issue({.common_name = common_name});
    return tls_host{std::move(names), made.certificate, made.key};
  };
  tls_options options = localhost_options();
  options.hosts = {host({"a.example", "*.a.example"}, "a"), host({"x.a.example"}, "x")};
  serve_tls(options);
  const std::pair<const char*, const char*> expected[] = {{"a.example", "a"},
                                                          {"A.Example", "a"},
                                                          {"b.a.example", "a"},
                                                          {"x.a.example", "x"},
                                                          {"c.b.a.example", "localhost"},
                                                          {"other.example", "localhost"},
                                                          {"", "localhost"},
                                                          {"example", "localhost"}};
  for (const auto& [name, shown] : expected) {
    tls_client peer(port, {.host = name});
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    EXPECT_EQ(peer.server_name(), shown) << name;
    EXPECT_TRUE(works(peer));
  }
}

// ---- certificates of clients

class TlsClientCertificates : public tls_fixture {
 protected:
  void serve_asking(client_certificates how) {
    tls_options options = localhost_options();
    options.client = how;
    options.client_authorities = clients_.certificate();
    options.hosts = {{{"sni.example"}, options.certificate, options.key}};
    serve_tls(options);
  }
  static tls_client_options showing(const issued_certificate& what,
                                    const char* host = "localhost") {
    auto options = trusting();
    options.shown = what;
    options.host = host;
    if (options.host != "localhost") options.authorities.clear();
    return options;
  }

  test_authority clients_{"the authority of the clients"};
  issued_certificate alice_ =
      clients_.issue({.common_name = "älice",
                      .alt_names = {"DNS:alice.example", "email:alice@example",
                                    "URI:spiffe://x/alice", "IP:192.0.2.1", "IP:2001:db8::1"}});
  issued_certificate stranger_ = authority().issue({.common_name = "mallory"});
};

TEST_F(TlsClientCertificates, WhatIsShownIsTold) {
  serve_asking(client_certificates::require);
  for (const char* host : {"localhost", "sni.example"}) {
    tls_client peer(port, showing(alice_, host));
    ASSERT_TRUE(peer.shake_hands()) << peer.why();
    EXPECT_TRUE(works(peer));
    const auto request = requests.take();
    ASSERT_TRUE(request && request->client_certificate);
    const peer_certificate& shown = *request->client_certificate;
    EXPECT_EQ(shown.subject, "CN=älice");
    EXPECT_EQ(shown.issuer, "CN=the authority of the clients");
    EXPECT_EQ(shown.fingerprint, alice_.fingerprint);
    EXPECT_EQ(shown.alt_names, (std::vector<std::string>{"DNS:alice.example", "email:alice@example",
                                                         "URI:spiffe://x/alice", "IP:192.0.2.1",
                                                         "IP:2001:db8:0:0:0:0:0:1"}));
  }
}

// With TLS 1.3 the client learns of it when it reads: the alert must not be lost in a reset,
// although the server has not read the request.
TEST_F(TlsClientCertificates, WhoeverHasNoneIsRefusedWhenItIsRequired) {
  serve_asking(client_certificates::require);
  for (const auto& options : {trusting(), showing(stranger_), showing(stranger_, "sni.example")}) {
    tls_client peer(port, options);
    peer.shake_hands();
    peer.send(get("/"));
    EXPECT_FALSE(peer.read_response());
    EXPECT_EQ(peer.why(), options.shown.certificate.empty() ? "tlsv13 alert certificate required"
                                                            : "tlsv1 alert unknown ca");
    EXPECT_TRUE(peer.sees_end());
  }
  EXPECT_TRUE(requests.empty());
}

TEST_F(TlsClientCertificates, WhoeverHasNoneMayComeInWhenItIsRequested) {
  serve_asking(client_certificates::request);
  tls_client nobody(port, trusting()), alice(port, showing(alice_)),
      other(port, showing(stranger_));
  ASSERT_TRUE(nobody.shake_hands());
  EXPECT_TRUE(works(nobody));
  EXPECT_EQ(requests.take()->client_certificate, nullptr);
  ASSERT_TRUE(alice.shake_hands());
  EXPECT_TRUE(works(alice));
  EXPECT_NE(requests.take()->client_certificate, nullptr);
  other.shake_hands();
  EXPECT_FALSE(other.read_response());
  EXPECT_EQ(other.why(), "tlsv1 alert unknown ca");
}

// ---- tickets and replacement

TEST_F(TlsHandshake, ClientsComeBackWithATicket) {
  for (const bool tickets : {true, false}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      tls_options options = localhost_options();
      options.session_tickets = tickets;
      serve_tls(options);
      auto client = trusting();
      client.max_version = version;
      tls_client first(port, client);
      ASSERT_TRUE(first.shake_hands());
      EXPECT_TRUE(works(first));  // tickets are read on the way
      client.resumed = first.session();
      tls_client second(port, client);
      ASSERT_TRUE(second.shake_hands());
      EXPECT_EQ(second.was_resumed(), tickets);
      EXPECT_TRUE(works(second));
      TearDown();
    }
  }
}

TEST_F(TlsClientCertificates, AResumedSessionIsStillThatOfTheClient) {
  serve_asking(client_certificates::require);
  auto options = showing(alice_);
  tls_client first(port, options);
  ASSERT_TRUE(first.shake_hands());
  EXPECT_TRUE(works(first));
  requests.take();
  options.resumed = first.session();
  tls_client second(port, options);
  ASSERT_TRUE(second.shake_hands());
  ASSERT_TRUE(second.was_resumed());
  EXPECT_TRUE(works(second));
  EXPECT_EQ(requests.take()->client_certificate->subject, "CN=älice");
}

TEST_F(TlsHandshake, NewConnectionsSeeTheNewCertificateAndOldOnesLiveOn) {
  serve_tls();
  tls_client old(port, trusting()), begun(port, trusting());
  ASSERT_TRUE(old.shake_hands());
  EXPECT_TRUE(works(old));
  const std::string hello = begun.hello();
  begun.raw_send(hello.substr(0, 50));
  ASSERT_TRUE(eventually([this] { return connections() == 2; }));
  tls->replace(options_for(authority().issue({.common_name = "the new one"})));
  auto options = trusting();
  options.resumed = old.session();
  tls_client fresh(port, options);
  ASSERT_TRUE(fresh.shake_hands()) << fresh.why();
  EXPECT_EQ(fresh.server_name(), "the new one");
  EXPECT_FALSE(fresh.was_resumed());
  EXPECT_TRUE(works(fresh));
  EXPECT_TRUE(works(old));
  begun.raw_send(hello.substr(50));  // what has begun ends as it began
  ASSERT_TRUE(begun.shake_hands()) << begun.why();
  EXPECT_EQ(begun.server_name(), "localhost");
}

}  // namespace
}  // namespace socketio::test
