// Compression through the driver: polling answers, and what a session with permessage-deflate
// queues. Rows CP-01, CP-04, CP-06, VO-05, WS-02, Q-05, V3-04, V3-05.
#include "unit/net/engine_fixture.hpp"
#include "wire/deflate.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <tuple>

namespace socketio::net::testing {
namespace {

constexpr wire::deflate_parameters alone{true, true, 15, 15};
constexpr wire::deflate_parameters with_context{false, false, 15, 15};

wire::frame text(std::string_view what, wire::compression how = wire::compression::wanted) {
  return wire::frame::text({"4", what}, wire::frame_class::event, how);
}

class Compression : public engine_fixture {
 protected:
  // A poll that is answered with these frames.
  fake_exchange* polled(recording_sink& who, const std::vector<wire::frame>& frames,
                        const char* accepts) {
    for (const auto& frame : frames) who.session->send({&frame, 1});
    return ask("GET", polling(who.sid), false, {{"Accept-Encoding", accepts}});
  }
  const std::string long_text = std::string(2000, 'x');
};

TEST_F(Compression, CP_01_an_answer_from_the_threshold_on_is_compressed_as_the_client_likes) {
  options.http_compression.emplace();
  auto& who = open_polling();
  const auto big = polled(who, {text(long_text)}, "gzip");
  EXPECT_EQ(big->header("Content-Encoding"), "gzip");
  EXPECT_EQ(big->header("Vary"), "Accept-Encoding");
  EXPECT_EQ(big->header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_LT(big->text().size(), 60u);
  EXPECT_EQ(polled(who, {text(long_text)}, "deflate")->header("Content-Encoding"), "deflate");
  const auto plain = polled(who, {text(long_text)}, "br");
  EXPECT_EQ(plain->text(), "4" + long_text);
  EXPECT_EQ(plain->header("Content-Encoding"), "");
  EXPECT_EQ(plain->header("Vary"), "Accept-Encoding");
  const auto small = polled(who, {text("x")}, "gzip");
  EXPECT_EQ(small->text(), "4x");
  EXPECT_EQ(small->header("Vary"), "");
  const std::string at = std::string(1023, 'y');  // and the type of the packet
  EXPECT_EQ(polled(who, {text(at)}, "gzip")->header("Content-Encoding"), "gzip");
  EXPECT_EQ(polled(who, {text(at.substr(1))}, "gzip")->header("Content-Encoding"), "");
  EXPECT_EQ(server->http_compression().answers.get(), 3u);
  EXPECT_EQ(server->http_compression().plain_bytes.get(), 2 * 2001u + 1024u);
  EXPECT_LT(server->http_compression().bytes.get(), 200u);
}

TEST_F(Compression, CP_04_VO_05_of_the_packets_of_an_answer_one_must_want_it) {
  options.http_compression.emplace();
  auto& who = open_polling();
  const auto unwanted = text(long_text, wire::compression::unwanted);
  EXPECT_EQ(polled(who, {unwanted, unwanted}, "gzip")->header("Content-Encoding"), "");
  EXPECT_EQ(polled(who, {unwanted, text("a")}, "gzip")->header("Content-Encoding"), "gzip");
  EXPECT_EQ(polled(who, {text("a"), unwanted}, "gzip")->header("Content-Encoding"), "gzip");
  EXPECT_EQ(polled(who, {unwanted}, "gzip")->header("Content-Encoding"), "");
}

TEST_F(Compression, CP_01_off_nothing_is_compressed) {
  auto& who = open_polling();
  const auto answer = polled(who, {text(long_text)}, "gzip");
  EXPECT_EQ(answer->header("Content-Encoding"), "");
  EXPECT_EQ(answer->header("Vary"), "");
}

TEST_F(Compression, what_is_kept_for_compressing_goes_when_nobody_needs_it) {
  options.http_compression.emplace();
  options.per_message_deflate.emplace();
  agreed = with_context;
  auto& polls = open_polling();
  polled(polls, {text(long_text)}, "gzip");
  auto& who = open_websocket();
  const auto message = text(long_text);
  who.session->send({&message, 1});
  auto& workspace = websockets.back()->deflate->workspace();
  EXPECT_EQ(workspace.contexts(), 1u);
  for (int i = 0; i < 100; ++i) {  // pings must be answered meanwhile
    wait(250ms);
    if (websockets.back()->open()) websockets.back()->receive("3");
  }
  EXPECT_EQ(workspace.contexts(), 0u);
  EXPECT_TRUE(websockets.back()->open());
  who.session->send({&message, 1});
  EXPECT_EQ(workspace.contexts(), 1u);
  lose_everything();
  websockets.front()->deflate.reset();
  for (const auto& request : exchanges) request->limits = {};
  wait(60s);
  EXPECT_EQ(shard.timers().size(), 0u) << "nobody looks any more";
}

TEST_F(Compression, CP_06_the_queue_counts_what_travels) {
  options.per_message_deflate.emplace();
  options.queue.bytes_max = 1000;
  agreed = alone;
  auto& who = open_websocket();
  auto& peer = *websockets.back();
  peer.reads = false;
  const auto message = text(long_text);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(who.session->send({&message, 1}), engine::send_queue::outcome::queued);
  EXPECT_LT(who.session->queued_bytes(), 1000u);
  EXPECT_EQ(server->counters().bytes_out.get(), who.session->queued_bytes());
  peer.reads = true;
  turn();
  wire::inflater client(15);
  for (int i = 0; i < 20; ++i) {
    std::string got;
    ASSERT_EQ(client.message(peer.next(), 10'000, got), wire::inflater::outcome::complete);
    ASSERT_EQ(got, "4" + long_text);
  }
  EXPECT_EQ(server->deflate()->sent.get(), 20u);
  EXPECT_EQ(server->deflate()->sent_plain_bytes.get(), 20 * 2001u);
}

TEST_F(Compression, CP_05_a_websocket_that_agreed_on_nothing_gets_plain_frames) {
  options.per_message_deflate.emplace();
  auto& who = open_websocket();
  who.send(long_text);
  turn();
  EXPECT_EQ(websockets.back()->next(), "4" + long_text);
  EXPECT_EQ(server->deflate()->sent.get(), 0u);
}

TEST_F(Compression, WS_09_a_session_compresses_once_it_is_upgraded) {
  options.per_message_deflate.emplace();
  agreed = alone;
  auto& who = open_polling();
  fake_websocket* const peer = candidate(who.sid);
  peer->receive("2probe");
  EXPECT_EQ(peer->next(), "3probe");
  who.send(long_text);  // while polling
  peer->receive("5");
  who.send(long_text);
  turn();
  EXPECT_EQ(peer->next(), "4" + long_text);
  EXPECT_LT(peer->next().size(), 60u);
}

// What it gets of binary, of 3,000 bytes and of 3, with and without compression.
TEST_F(Compression, WS_02_V3_04_V3_05_binary_gets_its_form_and_is_compressed_then) {
  options.per_message_deflate.emplace();
  options.allow_eio3 = true;
  const std::string zeros(3000, '\0'), as_text(4000, 'A');
  const auto binary = [](std::string_view bytes) {
    return wire::frame::binary(bytes, wire::frame_class::event);
  };
  const std::vector<wire::frame> group{text(long_text), binary(zeros), binary("\1\2\3")};
  for (const auto& takeover : {alone, with_context}) {
    agreed = takeover;
    for (const auto& [query, big, small] : {
             std::tuple{"EIO=4&transport=websocket", "<binary>" + zeros, "<binary>\1\2\3"},
             std::tuple{"EIO=4&transport=websocket&b64=1", "b" + as_text, "bAQID"},
             std::tuple{"EIO=3&transport=websocket", "<binary>\4" + zeros, "<binary>\4\1\2\3"},
             std::tuple{"EIO=3&transport=websocket&b64=1", "b4" + as_text, "b4AQID"},
         }) {
      ask("GET", query, true);
      turn();
      auto& peer = *websockets.back();
      peer.next();
      sinks.back()->session->send(group);
      turn();
      wire::inflater client(15);
      const auto inflated = [&](std::string got) {
        EXPECT_LT(got.size(), 60u) << query;
        const std::string mark = got.starts_with("<binary>") ? "<binary>" : "";
        std::string plain;
        EXPECT_EQ(client.message(got.substr(mark.size()), 10'000, plain),
                  wire::inflater::outcome::complete);
        return mark + plain;
      };
      EXPECT_EQ(inflated(peer.next()), "4" + long_text);
      EXPECT_EQ(inflated(peer.next()), big) << query;
      EXPECT_EQ(peer.next(), small) << query;
    }
  }
}

// With context a message may refer to those before it; a queue that drops must not leave one that
// refers to what was dropped. The peer reads now and then, and can read all that it gets.
TEST_F(Compression, whatever_a_queue_drops_the_peer_can_inflate_the_rest) {
  std::mt19937 dice(7692);
  const auto below = [&dice](unsigned n) { return static_cast<unsigned>(dice() % n); };
  for (const auto policy :
       {engine::overflow_policy::drop_oldest, engine::overflow_policy::drop_newest}) {
    server.reset();
    options.per_message_deflate.emplace();
    options.queue = {4000, policy};
    agreed = with_context;
    auto* who = &open_websocket();
    wire::inflater client(15);
    std::string noise(1500, '\0');
    for (char& c : noise) c = static_cast<char>('!' + below(90));
    std::set<std::string> said;
    int got = 0;
    for (int round = 0; round < 500; ++round) {
      if (!who->session) {  // acknowledgements alone were too much for the queue
        who = &open_websocket();
        client.forget();
      }
      auto& peer = *websockets.back();
      peer.reads = below(2) == 0;
      for (unsigned n = below(6); n > 0 && who->session; --n) {
        // Each is made of pieces that others have, too.
        std::string message;
        while (message.size() < 1100) message += noise.substr(below(1000), 100 + below(400));
        said.insert("4" + message);
        said.insert(message);
        const auto kind = below(8) == 0 ? wire::frame_class::ack : wire::frame_class::event;
        const std::vector<wire::frame> group{wire::frame::text({"4", message}, kind),
                                             wire::frame::binary(message, kind)};
        who->session->send(std::span(group).first(1 + below(2)));
      }
      turn();
      if (!who->session) continue;
      for (std::string next = peer.next(); next != "<nothing>"; next = peer.next()) {
        if (next == "2") continue;
        if (next.starts_with("<binary>")) next.erase(0, 8);
        std::string plain;
        ASSERT_EQ(client.message(next, 10'000, plain), wire::inflater::outcome::complete);
        ASSERT_GT(plain.size(), 1000u);
        ASSERT_TRUE(said.contains(plain)) << plain.size();
        ++got;
      }
    }
    EXPECT_GT(got, 50);
    EXPECT_GT(server->counters().dropped_messages.get(), 50u);
    lose_everything();
  }
}

}  // namespace
}  // namespace socketio::net::testing
