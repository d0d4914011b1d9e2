// The upgrade in every order. Two properties, each over many random schedules:
//
// A client that follows the protocol, over a network that delays each of its connections as it
// likes, receives every message of the server exactly once and in order, and so does the server
// (WS-15).
//
// Whatever a client does instead: what arrives is a duplicate-free part of what was sent, in order,
// `closed` comes exactly once, nothing follows it, and no state is left.
//
// Payloads that are handed out over several turns: tests/unit/net/engine_upgrade_test.cpp.
//
// A failing seed is printed; run it alone with --gtest_filter and the loop bounds changed.
#include "engine/session.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace socketio::engine {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> split(std::string_view payload) {
  std::vector<std::string> records;
  for (;;) {
    const std::size_t end = payload.find('\x1e');
    records.emplace_back(payload.substr(0, end));
    if (end == payload.npos) return records;
    payload.remove_prefix(end + 1);
  }
}

// The server's side: a session and what the driver does for it. Everything that it says goes into
// three streams.
struct server_side {
  options with;
  time_point now{std::chrono::hours(1)};
  std::unique_ptr<session> core;
  std::vector<std::string> got;          // messages
  std::deque<std::string> responses;     // to GETs
  std::deque<std::string> on_candidate;  // "3probe", "<close>"
  std::deque<std::string> on_websocket;  // packets, "<close>"
  bool post_cut = false;
  int closed = 0, opened = 0;
  bool promoted = false, websocket_open = false, candidate_open = false;

  server_side() {
    with.ping_interval = 50ms;
    with.ping_timeout = 100'000ms;  // the schedules are slow, nobody shall die of it
    with.upgrade_timeout = 100'000ms;
    core = std::make_unique<session>(with, "sid", transport::polling, false, now);
    drain();
  }

  void drain() {
    for (;;) {
      if (const auto what = core->poll_event()) {
        EXPECT_EQ(closed, 0) << "nothing follows closed";
        if (what->what == event::kind::opened) ++opened;
        if (what->what == event::kind::closed) ++closed;
        if (what->what == event::kind::message) got.emplace_back(what->data);
      } else if (const auto next = core->poll_action()) {
        perform(*next);
      } else {
        break;
      }
    }
    if (websocket_open) write();
  }

  void perform(action what) {
    switch (what) {
      case action::answer_poll:
        responses.emplace_back();
        core->take_poll_payload(responses.back());
        break;
      case action::abort_data: post_cut = true; break;
      case action::send_probe_reply: on_candidate.emplace_back("3probe"); break;
      case action::promote_candidate:
        promoted = websocket_open = true;
        candidate_open = false;
        break;
      case action::close_candidate:
        on_candidate.emplace_back("<close>");
        candidate_open = false;
        break;
      case action::close_websocket:
        write();
        on_websocket.emplace_back("<close>");
        websocket_open = false;
        break;
    }
  }

  void write() {
    if (core->outgoing().empty()) return;
    std::string payload;
    core->outgoing().take_payload(payload, 1'000'000'000);
    for (auto& record : split(payload)) on_websocket.push_back(std::move(record));
    core->on_flushed(now);
    while (core->poll_event()) {
    }
  }

  void send(const std::string& text) {
    const auto frame = wire::frame::text({"4", text}, wire::frame_class::event);
    core->send({&frame, 1}, now);
    drain();
  }
};

// A client that follows the protocol, and the network between: each member that ends in `_way` is
// bytes under way.
class correct_client {
 public:
  explicit correct_client(unsigned seed) : random_(seed) {}

  void run() {
    for (int i = 0; i < 2000 && !finished(); ++i) {
      step();
      if (::testing::Test::HasFailure()) return;
    }
    settle();
    EXPECT_EQ(server_.got, sent_);
    EXPECT_EQ(got_, server_sent_);
    EXPECT_EQ(server_.opened, 1);
    EXPECT_EQ(server_.closed, 0);
    end();
  }

 private:
  static constexpr int messages = 25;

  bool finished() const {
    return sent_.size() == messages && server_sent_.size() == messages && upgraded_ &&
           server_.got.size() == messages && got_.size() == messages;
  }
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  void step() {
    switch (random_() % 10) {
      case 0: talk(); break;
      case 1: server_talks(); break;
      case 2: poll(); break;
      case 3: deliver_get(); break;
      case 4: deliver_response(); break;
      case 5: post(); break;
      case 6: deliver_post(); break;
      case 7: upgrade(); break;
      case 8: deliver_to_server(); break;
      case 9: deliver_to_client(); break;
    }
    if (chance(10)) {
      server_.now += milliseconds(random_() % 60);
      server_.core->on_timeout(server_.now);
      server_.drain();
    }
  }

  void talk() {
    if (sent_.size() == messages) return;
    sent_.push_back("c" + std::to_string(sent_.size()));
    outbox_.push_back("4" + sent_.back());
  }
  void server_talks() {
    if (server_sent_.size() == messages) return;
    server_sent_.push_back("s" + std::to_string(server_sent_.size()));
    server_.send(server_sent_.back());
  }

  // ---- polling: one GET and one POST at a time, none while paused
  void poll() {
    if (get_ != request::none || paused_ || upgraded_) return;
    get_ = request::under_way;
  }
  void deliver_get() {
    if (get_ != request::under_way) return;
    ASSERT_EQ(server_.core->on_poll(server_.now), session::verdict::accepted);
    get_ = request::arrived;
    server_.drain();
  }
  void deliver_response() {
    if (get_ != request::arrived || server_.responses.empty()) return;
    get_ = request::none;
    for (const auto& packet : split(server_.responses.front())) receive(packet);
    server_.responses.pop_front();
  }
  void post() {
    if (post_ != request::none || paused_ || upgraded_ || upgrading_probed_ || outbox_.empty())
      return;
    for (const auto& packet : outbox_) body_ += (body_.empty() ? "" : "\x1e") + packet;
    outbox_.clear();
    post_ = request::under_way;
  }
  void deliver_post() {
    if (post_ == request::under_way) {
      ASSERT_EQ(server_.core->on_data_begin(server_.now), session::verdict::accepted);
      post_ = request::arrived;
    } else if (post_ == request::arrived) {
      server_.core->on_data(body_, server_.now);
      server_.drain();
      post_ = request::answered;
    } else if (post_ == request::answered) {
      body_.clear();
      post_ = request::none;
    }
  }

  // ---- the upgrade
  void upgrade() {
    if (upgraded_ || !opened_) return;
    if (!candidate_) {
      ASSERT_EQ(server_.core->on_candidate(server_.now), session::verdict::accepted);
      server_.candidate_open = candidate_ = true;
      to_server_.emplace_back("2probe");
    } else if (!paused_ && chance(30) &&
               server_.candidate_open) {  // the network loses this candidate
      server_.candidate_open = candidate_ = upgrading_probed_ = false;
      to_server_.clear();
      server_.on_candidate.clear();
      server_.core->on_candidate_closed(server_.now);
      server_.drain();
    } else if (paused_ && get_ == request::none && post_ == request::none && !committed_) {
      committed_ = upgraded_ = true;
      to_server_.emplace_back("5");
    }
    if (upgraded_) {
      for (auto& packet : outbox_) to_server_.push_back(std::move(packet));
      outbox_.clear();
    }
  }
  void deliver_to_server() {
    if (upgraded_) {
      for (auto& packet : outbox_) to_server_.push_back(std::move(packet));
      outbox_.clear();
    }
    if (to_server_.empty()) return;
    const std::string packet = std::move(to_server_.front());
    to_server_.pop_front();
    if (server_.promoted) {
      server_.core->on_message(message_kind::text, packet, server_.now);
    } else {
      server_.core->on_candidate_message(message_kind::text, packet, server_.now);
    }
    server_.drain();
  }
  void deliver_to_client() {
    if (!server_.on_candidate.empty()) {
      EXPECT_EQ(server_.on_candidate.front(), "3probe");
      server_.on_candidate.pop_front();
      upgrading_probed_ = paused_ = true;
    } else if (!server_.on_websocket.empty()) {
      EXPECT_TRUE(upgraded_);
      receive(server_.on_websocket.front());
      server_.on_websocket.pop_front();
    }
  }

  void receive(const std::string& packet) {
    ASSERT_FALSE(packet.empty());
    if (packet[0] == '0') opened_ = true;
    if (packet[0] == '2') outbox_.emplace_back("3");
    if (packet[0] == '4') got_.push_back(packet.substr(1));
    EXPECT_NE(packet, "1");
  }

  // Everything under way arrives.
  void settle() {
    while (sent_.size() < messages) talk();
    while (server_sent_.size() < messages) server_talks();
    for (int i = 0; i < 200; ++i) {
      poll(), deliver_get(), deliver_response(), post(), deliver_post(), upgrade(),
          deliver_to_server(), deliver_to_client();
      if (::testing::Test::HasFailure()) return;
    }
  }
  void end() {
    server_.core->close(reason::forced_close, cause::connection_close, "", true, server_.now);
    server_.drain();
    EXPECT_EQ(server_.closed, 1);
    EXPECT_FALSE(server_.core->next_timeout());
    EXPECT_FALSE(server_.websocket_open);
    EXPECT_FALSE(server_.core->poll_action());
  }

  enum class request { none, under_way, arrived, answered };
  std::mt19937 random_;
  server_side server_;
  std::vector<std::string> sent_, server_sent_, got_;
  std::deque<std::string> outbox_, to_server_;
  std::string body_;
  request get_ = request::none, post_ = request::none;
  bool opened_ = false, candidate_ = false, upgrading_probed_ = false, paused_ = false,
       committed_ = false, upgraded_ = false;
};

TEST(UpgradeProperty, WS15_a_correct_client_loses_and_doubles_nothing_in_any_order) {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    correct_client(seed).run();
    if (HasFailure()) return;
  }
}

// Anything may be fed at any time, as long as it could happen at all: an abort needs a request, a
// WebSocket message needs a WebSocket.
class wild_client {
 public:
  explicit wild_client(unsigned seed) : random_(seed) {}

  void run() {
    const unsigned steps = 5 + random_() % 60;
    for (unsigned i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    lose_everything();
    check();
  }

 private:
  std::string packet() {
    static constexpr const char* others[] = {"2probe", "5", "2", "3",      "1", "6",
                                             "0",      "x", "",  "2probe", "5"};
    if (random_() % 3 != 0) {
      sent_.push_back("c" + std::to_string(sent_.size()));
      return "4" + sent_.back();
    }
    return others[random_() % std::size(others)];
  }

  void step() {
    session& core = *server_.core;
    const time_point now = server_.now;
    const std::string one = packet(), two = packet();
    switch (random_() % 16) {
      case 0:
      case 1: core.on_poll(now); break;
      case 2:
        if (core.poll_pending() && random_() % 8 == 0) core.on_poll_aborted(now);
        break;
      case 3:
      case 4: reading_ |= core.on_data_begin(now) == session::verdict::accepted; break;
      case 5:
      case 6:
        if (std::exchange(reading_, false)) core.on_data(body_ = one + "\x1e" + two, now);
        break;
      case 7:
        if (random_() % 8 == 0 && std::exchange(reading_, false)) core.on_data_aborted(now);
        break;
      case 8:
      case 9:
        if (core.on_candidate(now) == session::verdict::accepted) server_.candidate_open = true;
        break;
      case 10:
        if (server_.candidate_open) {
          core.on_candidate_message(message_kind::text, random_() % 2 == 0 ? "2probe" : "5", now);
        }
        break;
      case 11:
        if (server_.candidate_open && random_() % 4 == 0) {
          server_.candidate_open = false;
          core.on_candidate_closed(now);
        }
        break;
      case 12:
        if (server_.websocket_open) core.on_message(message_kind::text, body_ = one, now);
        break;
      case 13:
      case 14:
        server_sent_.push_back("s" + std::to_string(server_sent_.size()));
        server_.send(server_sent_.back());
        break;
      case 15:
        if (random_() % 10 == 0) {
          core.close(reason::forced_close, cause::connection_close, "", random_() % 2 == 0, now);
        } else {
          server_.now += milliseconds(random_() % 200);
          core.on_timeout(server_.now);
        }
        break;
    }
    server_.drain();
    if (std::exchange(server_.post_cut, false)) reading_ = false;
  }

  void lose_everything() {
    session& core = *server_.core;
    if (core.poll_pending()) core.on_poll_aborted(server_.now);
    if (reading_) core.on_data_aborted(server_.now);
    if (server_.candidate_open) core.on_candidate_closed(server_.now);
    server_.drain();
    if (server_.websocket_open) {
      server_.websocket_open = false;
      core.on_websocket_closed(reason::transport_close, cause::connection_lost, "", server_.now);
    }
    server_.drain();
    while (const auto next = core.next_timeout()) {
      server_.now = std::max(server_.now, *next);
      core.on_timeout(server_.now);
      server_.drain();
    }
  }

  void check() {
    EXPECT_EQ(server_.opened, 1);
    EXPECT_EQ(server_.closed, 1);
    EXPECT_FALSE(server_.core->poll_event());
    EXPECT_FALSE(server_.core->poll_action());
    EXPECT_FALSE(server_.core->poll_pending());
    EXPECT_FALSE(server_.core->upgrading());
    expect_part(server_.got, sent_);
    std::vector<std::string> arrived;
    for (const auto* stream : {&server_.responses, &server_.on_websocket}) {
      for (const auto& payload : *stream) {
        if (payload == "<close>") continue;
        for (const auto& record : split(payload)) {
          if (record.starts_with('4')) arrived.push_back(record.substr(1));
        }
      }
    }
    expect_part(arrived, server_sent_);
  }

  // In order and without duplicates.
  static void expect_part(const std::vector<std::string>& part,
                          const std::vector<std::string>& whole) {
    auto at = whole.begin();
    for (const auto& each : part) {
      at = std::find(at, whole.end(), each);
      ASSERT_NE(at, whole.end()) << each << " is doubled or out of order";
      ++at;
    }
  }

  std::mt19937 random_;
  server_side server_;
  std::vector<std::string> sent_, server_sent_;
  std::string body_;
  bool reading_ = false;
};

TEST(UpgradeProperty, whatever_a_client_does_nothing_is_doubled_and_nothing_is_left) {
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    wild_client(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace socketio::engine
