// The upgrade of a client's session from polling to WebSocket (WS-10 to WS-15, CM-27): step by
// step, and in every order in which the network can do its part: no packet is lost, none comes
// twice, and each side sees the other's in order.
#include "client_script.hpp"

#include <deque>
#include <random>

namespace socketio::engine {
namespace {

using namespace std::chrono_literals;

// WS-15
TEST(ClientSessionUpgrade, WS_15_PausesPollingBeforeItMovesOn) {
  client_script script;
  script.open().forget().answer(plain_handshake).expect({"opened", "open candidate", "get"});
  script.opened(candidate).expect({"send candidate 2probe"});
  EXPECT_TRUE(script.session.writable()) << "polling goes on";
  script.send("a").flush().expect({"post 4a"}).send("b");
  script.hear("3probe", candidate).expect({});
  EXPECT_TRUE(script.session.upgrading());
  EXPECT_FALSE(script.session.writable());
  script.flush().posted().expect({});
  script.answer("4last~6");
  script.expect({"message last", "upgraded", "promote", "send main 5", "batch 4b"});
  EXPECT_EQ(script.session.kind(), transport::websocket);
  EXPECT_TRUE(script.session.websocket_works());
  script.drained().expect({"drained"}).hear("4x").expect({"message x"});
}

// What was sent by POST before is also said to be with the transport.
TEST(ClientSessionUpgrade, SaysThatEverythingIsSentWhenItIs) {
  client_script post_first;
  post_first.open_polling().opened(candidate).send("a").flush().hear("3probe", candidate).forget();
  post_first.posted().answer("6");
  post_first.expect({"upgraded", "promote", "send main 5", "drained"});
  client_script get_first;
  get_first.open_polling().opened(candidate).send("a").flush().hear("3probe", candidate).forget();
  get_first.answer("6").expect({}).posted();
  get_first.expect({"upgraded", "promote", "send main 5", "drained"});
  client_script failed;
  failed.open_polling().opened(candidate).send("a").flush().hear("3probe", candidate).forget();
  failed.posted().lost(candidate).expect({"upgrade_failed: probe error", "drained"});
}

// CM-27: at each step
TEST(ClientSessionUpgrade, CM_27_GoesOnPollingWhenItFails) {
  for (int steps = 0; steps <= 2; ++steps) {
    SCOPED_TRACE(steps);
    client_script script;
    script.open_polling();
    if (steps >= 1) script.opened(candidate);
    if (steps >= 2) script.hear("3probe", candidate);
    script.send("x").forget().lost(candidate, {connect_cause::connect, "nobody there"});
    if (steps < 2) script.flush();
    script.expect({"upgrade_failed: probe error", "post 4x"});
    EXPECT_FALSE(script.session.websocket_works());
    script.answer("4y").expect({"message y", "get"}).posted().expect({"drained"});
    script.lost(candidate).hear("3probe", candidate).opened(candidate).expect({});
  }
}

// ... also when polling had stopped already for its sake
TEST(ClientSessionUpgrade, CM_27_PollsAgain) {
  client_script script;
  script.open_polling().opened(candidate).send("a").flush().hear("3probe", candidate);
  script.answer("6").forget().lost(candidate);
  script.expect({"upgrade_failed: probe error", "get"}).posted().expect({"drained"});
}

TEST(ClientSessionUpgrade, RefusesAWrongAnswerToTheProbe) {
  const std::pair<const char*, bool> wrong[] = {
      {"3", false}, {"3prob", false}, {"4x", false}, {"", false}, {"3probe", true}};
  for (const auto& [text, binary] : wrong) {
    client_script script;
    script.open_polling().opened(candidate).forget().hear(text, candidate, binary);
    script.expect({"upgrade_failed: probe error", "close candidate"});
    EXPECT_FALSE(script.session.upgrading());
  }
}

// Polling may fail while the probe is on its way; the candidate goes with it.
TEST(ClientSessionUpgrade, EndsWithPolling) {
  for (int steps = 0; steps <= 2; ++steps) {
    client_script script;
    script.open_polling();
    if (steps >= 1) script.opened(candidate);
    if (steps >= 2) script.hear("3probe", candidate);
    script.forget();
    script.session.on_poll_failed({connect_cause::lost, "x"});
    script.drain().expect(
        {"failed: xhr poll error", "close candidate", "post_last 1", "closed: transport error"});
    script.expect_over();
  }
  client_script closed;
  closed.open_polling().opened(candidate).forget().answer("1");
  closed.expect({"cancel", "close candidate", "cancel", "closed: transport close"});
}

// ---- all orders

// A server and the two ways between it and a session. Each step is one thing that one of them does
// next; whoever runs the world chooses.
class world {
 public:
  enum class step : std::uint8_t {
    server_emits,
    client_emits,
    client_flushes,
    answer,
    post_arrives,
    post_answered,
    opens,
    probed,
    probe_answered,
    to_server,
    to_client,
    drains,
    breaks,
    closes
  };

  // `of_server`, `of_client`: how many messages there will be.
  world(int of_server, int of_client, bool may_break, bool may_close)
      : session_(options_, false, 1),
        from_server_(of_server),
        from_client_(of_client),
        may_break_(may_break),
        may_close_(may_close) {
    session_.open(0);
    drain();
    getting_ = false;
    session_.on_answer(200, std::string(plain_handshake), now_);
    drain();
  }

  std::vector<step> possible() const {
    std::vector<step> list;
    const auto can = [&](step what, bool really) {
      if (really) list.push_back(what);
    };
    can(step::server_emits, from_server_ > 0 && !closed_);
    can(step::client_emits, from_client_ > 0 && !closing_);
    can(step::client_flushes, session_.waits_for_flush());
    // While it probes the server answers at once, with nothing if need be; here at most once more
    // than needed.
    can(step::answer,
        getting_ && (!for_client_.empty() || (probed_ && (answered_ || !spare_answer_))));
    can(step::post_arrives, post_ && !post_read_);
    can(step::post_answered, post_ && post_read_);
    can(step::opens, candidate_ == socket::opening);
    can(step::probed, candidate_ == socket::open && probe_sent_ && !probed_);
    can(step::probe_answered, candidate_ == socket::open && probed_ && !answered_);
    can(step::to_server, !socket_to_server_.empty());
    can(step::to_client, main_ && !socket_to_client_.empty());
    can(step::drains, main_ && writing_);
    can(step::breaks, may_break_ && candidate_ != socket::none);
    can(step::closes, may_close_ && !closing_ && from_client_ == 0);
    return list;
  }

  void take(step what) {
    switch (what) {
      case step::server_emits:
        --from_server_;
        send_to_client(std::to_string(++server_sent_));
        break;
      case step::client_emits: {
        --from_client_;
        const auto one =
            wire::frame::text({"4", std::to_string(++client_sent_)}, wire::frame_class::event);
        ASSERT_TRUE(session_.send({&one, 1}));
        break;
      }
      case step::client_flushes: session_.flush(); break;
      case step::answer: {
        std::string body;
        spare_answer_ = spare_answer_ || for_client_.empty();
        while (!for_client_.empty()) {
          if (!body.empty()) body += '\x1e';
          body += '4' + for_client_.front();
          for_client_.pop_front();
        }
        getting_ = false;
        session_.on_answer(200, body.empty() ? "6" : body, now_);
        break;
      }
      case step::post_arrives: read_post(); break;
      case step::post_answered:
        post_ = false;
        session_.on_posted(200);
        break;
      case step::opens:
        candidate_ = socket::open;
        session_.on_websocket_open(websocket_place::candidate);
        break;
      case step::probed: probed_ = true; break;
      case step::probe_answered:
        answered_ = true;
        session_.on_websocket_message(websocket_place::candidate, false, "3probe", now_);
        break;
      case step::to_server: reach_server(); break;
      case step::to_client: {
        heard_ = '4' + socket_to_client_.front();  // valid until the next feed
        socket_to_client_.pop_front();
        session_.on_websocket_message(main, false, heard_, now_);
        break;
      }
      case step::drains:
        writing_ = false;
        session_.on_websocket_drained(main);
        break;
      case step::breaks:
        candidate_ = socket::none;
        probed_ = false;
        session_.on_websocket_closed(websocket_place::candidate, {connect_cause::lost, "cut"});
        break;
      case step::closes:
        closing_ = true;
        session_.close(now_);
        break;
    }
    drain();
  }

  void check() const {
    EXPECT_EQ(client_heard_, closing_ ? client_heard_ : server_sent_);
    EXPECT_EQ(server_heard_, client_sent_);
    EXPECT_TRUE(in_order_);
    EXPECT_EQ(closed_, closing_) << "a close comes to an end, and nothing else ends it";
    if (!closing_ && !may_break_) {
      EXPECT_EQ(session_.kind(), transport::websocket);
    }
    EXPECT_EQ(session_.queued_bytes(), 0u);
    EXPECT_EQ(drained_, client_sent_ > 0) << "behind the last message it says that all was sent";
  }

 private:
  enum class socket : std::uint8_t { none, opening, open };

  void send_to_client(std::string text) {
    (upgraded_ ? socket_to_client_ : for_client_).push_back(std::move(text));
  }
  void read_post() {
    post_read_ = true;
    for (std::string_view rest = post_body_; !rest.empty();) {
      const auto end = std::min(rest.find('\x1e'), rest.size());
      arrive(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  void reach_server() {
    const std::string text = socket_to_server_.front();
    socket_to_server_.pop_front();
    if (text != "5") return arrive(text);
    upgraded_ = true;
    for (; !for_client_.empty(); for_client_.pop_front())
      socket_to_client_.push_back(for_client_.front());
  }
  void arrive(std::string_view packet) {
    in_order_ = in_order_ && packet == "4" + std::to_string(++server_heard_);
  }
  void drain() {
    using kind = client_action::kind;
    for (;;) {
      if (const auto event = session_.poll_event()) {
        in_order_ = in_order_ && !closed_;
        if (event->what == client_event::kind::message)
          in_order_ = in_order_ && event->data == std::to_string(++client_heard_);
        if (event->what == client_event::kind::closed) closed_ = true;
        if (event->what == client_event::kind::drained) drained_ = true;
        continue;
      }
      const auto action = session_.poll_action();
      if (!action) break;
      switch (action->what) {
        case kind::get:
          in_order_ = in_order_ && !getting_ && !main_;
          getting_ = true;
          break;
        case kind::post:
          in_order_ = in_order_ && !post_ && !main_;
          post_ = true;
          post_read_ = false;
          post_body_ = action->body;
          drained_ = false;
          break;
        case kind::post_last: in_order_ = in_order_ && !post_ && !main_; break;
        case kind::cancel_requests: getting_ = false; break;
        case kind::open_websocket: candidate_ = socket::opening; break;
        case kind::send_text:
          if (action->body == "2probe")
            probe_sent_ = true;
          else
            socket_to_server_.push_back(action->body);
          break;
        case kind::send_batch:
          in_order_ = in_order_ && main_;
          for (const auto& each : session_.take_batch())
            socket_to_server_.emplace_back(each.packet());
          writing_ = true;
          drained_ = false;
          break;
        case kind::promote:
          in_order_ = in_order_ && candidate_ == socket::open && !getting_ && !post_;
          main_ = true;
          candidate_ = socket::none;
          break;
        case kind::close_websocket: candidate_ = socket::none; break;
      }
    }
  }

  const client_options options_{};
  client_session session_;
  time_point now_{1h};
  int from_server_, from_client_;
  const bool may_break_, may_close_;
  int server_sent_ = 0, client_sent_ = 0, server_heard_ = 0, client_heard_ = 0;
  std::deque<std::string> for_client_, socket_to_server_, socket_to_client_;
  std::string post_body_, heard_;
  bool getting_ = false, post_ = false, post_read_ = false;
  bool spare_answer_ = false, probe_sent_ = false, probed_ = false, answered_ = false,
       upgraded_ = false;
  bool main_ = false, writing_ = false, closing_ = false, closed_ = false, drained_ = false;
  bool in_order_ = true;
  socket candidate_ = socket::none;
};

// The choices of one run; the next one differs in the last that has an alternative left.
class all_orders {
 public:
  std::size_t choose(std::size_t of) {
    if (at_ == taken_.size()) taken_.push_back({0, of});
    return taken_[at_++].first;
  }
  bool next() {
    at_ = 0;
    while (!taken_.empty() && taken_.back().first + 1 == taken_.back().second) taken_.pop_back();
    if (taken_.empty()) return false;
    ++taken_.back().first;
    return true;
  }

 private:
  std::vector<std::pair<std::size_t, std::size_t>> taken_;
  std::size_t at_ = 0;
};

// WS-15: one message each way, every order there is
TEST(ClientSessionUpgrade, WS_15_LosesNothingInAnyOrder) {
  all_orders orders;
  std::size_t count = 0;
  do {
    world one(1, 1, false, false);
    for (auto list = one.possible(); !list.empty(); list = one.possible())
      one.take(list[orders.choose(list.size())]);
    one.check();
    ++count;
  } while (orders.next() && !testing::Test::HasFailure());
  EXPECT_GT(count, 200u);
  RecordProperty("orders", std::to_string(count));
}

// WS-15, CM-27, CM-36: more messages, a candidate that breaks, a close; orders drawn by a seed
TEST(ClientSessionUpgrade, WS_15_LosesNothingInManyOrders) {
  for (unsigned seed = 0; seed < 4'000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const int messages = 1 + static_cast<int>(seed % 4);
    world one(messages, messages, seed & 4, seed & 8);
    for (auto list = one.possible(); !list.empty(); list = one.possible())
      one.take(list[random() % list.size()]);
    one.check();
  }
}

}  // namespace
}  // namespace socketio::engine
