// The limits of recovery, each reached, and who recovers in another way or not at all: other
// parsers, clients of revision 3.
#include "socketio/parser.hpp"
#include "unit/core/recovery_script.hpp"

#include <stdexcept>

namespace socketio::core_testing {
namespace {

struct SmallRecovery : Recovery {
  SmallRecovery()
      : Recovery({.log_bytes_max = 4096,
                  .sessions_max = 2,
                  .rooms_left_max = 3,
                  .replay_bytes_max = 1000}) {}
};

// CR-12
TEST_F(SmallRecovery, a_log_that_is_too_small_says_so) {
  memory me;
  come(me).hang_up();
  for (int i = 0; i < 100; i++) home_.of().emit("event", i);
  EXPECT_LE(inside().log().bytes(), 4096u);
  EXPECT_EQ(home_.counters().recovery_log_bytes.get(), inside().log().bytes());
  EXPECT_EQ(why_not(me), outcome::log_overflow);
}

TEST_F(SmallRecovery, the_one_that_is_away_for_the_longest_is_given_up) {
  memory one, two, three;
  come(one).hang_up();
  home_.wait(1s);
  come(two).hang_up();
  home_.wait(1s);
  come(three).hang_up();
  EXPECT_EQ(inside().sessions(), 2u);
  EXPECT_EQ(why_not(one), outcome::evicted);
  come_back(two);
  EXPECT_TRUE(last_.recovered());
  come_back(three);
  EXPECT_TRUE(last_.recovered());
}

TEST_F(SmallRecovery, more_than_the_send_queue_takes_is_not_sent) {
  memory me;
  come(me).hang_up();
  home_.of().emit("large", std::string(990, 'x'));
  EXPECT_EQ(why_not(me), outcome::too_much_missed);
}

TEST_F(SmallRecovery, who_leaves_too_many_rooms_is_not_guessed_at) {
  memory me, quiet;
  connection& peer = come(me);
  for (int i = 0; i < 10; i++) {
    last_.join("room " + std::to_string(i));
    home_.of().emit("event");
    last_.leave("room " + std::to_string(i));
  }
  read(peer, quiet);
  peer.hang_up();
  memory late = me;
  late.offset = quiet.offset;
  EXPECT_EQ(why_not(me), outcome::log_overflow) << "it has got none of them";
  connection& other = come(me);
  for (int i = 0; i < 10; i++) {
    last_.join("room");
    home_.of().emit("event");
    last_.leave("room");
  }
  read(other, me);
  other.hang_up();
  come_back(me);
  EXPECT_TRUE(last_.recovered()) << "it has got all of them";
}

// A client of two namespaces comes back to both in one turn: what it has missed in the first is in
// the queue when it is about the second.
struct TwoNamespaces : Recovery {
  TwoNamespaces() : Recovery({.replay_bytes_max = 1000}) {
    home_.of("/chat").on_connection([this](const socket& who) { chat_ = who; });
  }
  // Joins both, or comes back to both; what it got.
  strings come_to_both(connection& peer) {
    peer.says("0" + (main_.pid.empty() ? "" : main_.auth()));
    peer.says("0/chat," + (other_.pid.empty() ? "" : other_.auth()));
    strings seen;
    for (const std::string& packet : peer.all()) {
      const std::string head = packet.substr(0, packet.find_first_of("{["));
      seen.push_back(head);
      memory& one = head.ends_with("/chat,") ? other_ : main_;
      if (packet.starts_with('0')) one.pid = packet.substr(packet.find("pid") + 6, 20);
    }
    return seen;
  }
  connection& with_a_queue(engine::overflow_policy what) {
    connection& peer = home_.connect();
    peer.queue_bytes_max = 1000;
    peer.overflow = what;
    return peer;
  }
  void both_miss(std::size_t bytes) {
    home_.of().emit("missed", std::string(bytes, 'x'));
    home_.of("/chat").emit("missed", std::string(bytes, 'x'));
  }
  memory main_, other_;
  socket chat_;
};

TEST_F(TwoNamespaces, what_is_in_the_queue_already_leaves_less_room_for_a_replay) {
  for (const auto policy : {engine::overflow_policy::close, engine::overflow_policy::drop_newest}) {
    connection& first = with_a_queue(policy);
    come_to_both(first);
    first.hang_up();
    both_miss(600);
    connection& back = with_a_queue(policy);
    EXPECT_EQ(come_to_both(back), (strings{"2", "0", "0/chat,"}));
    EXPECT_FALSE(back.closed());
    EXPECT_TRUE(last_.recovered());
    EXPECT_FALSE(chat_.recovered());
    EXPECT_EQ(chat_.recovery().what, outcome::too_much_missed);
    back.says("1").says("1/chat,");
    main_ = other_ = memory();
  }
}

TEST_F(TwoNamespaces, both_go_on_when_both_fit) {
  connection& first = with_a_queue(engine::overflow_policy::close);
  come_to_both(first);
  first.hang_up();
  both_miss(300);
  EXPECT_EQ(come_to_both(with_a_queue(engine::overflow_policy::close)),
            (strings{"2", "0", "2/chat,", "0/chat,"}));
  EXPECT_TRUE(last_.recovered());
  EXPECT_TRUE(chat_.recovered());
}

// What listeners of rooms send comes between the last look at the queue and the replay.
TEST_F(TwoNamespaces, a_replay_that_does_not_fit_any_more_ends_the_session) {
  for (const auto policy : {engine::overflow_policy::close, engine::overflow_policy::drop_newest}) {
    connection& first = with_a_queue(policy);
    come_to_both(first);
    chat_.join("red");
    first.hang_up();
    both_miss(350);
    const auto filler = home_.of("/chat").on_create_room([this](std::string_view room) {
      if (room == "red") last_.emit("late", std::string(200, 'x'));
    });
    connection& back = with_a_queue(policy);
    EXPECT_EQ(come_to_both(back)[0], "2");
    home_.turn();
    EXPECT_TRUE(back.closed());
    EXPECT_EQ(back.closed_with().what, cause::slow_consumer);
    connection& again = with_a_queue(policy);
    come_to_both(again);
    EXPECT_FALSE(again.closed()) << "it goes on as a new client, and not round and round";
    EXPECT_EQ(chat_.recovery().what, outcome::too_much_missed);
    EXPECT_FALSE(chat_.recovery().detail.empty());
    again.says("1").says("1/chat,");
    main_ = other_ = memory();
    home_.of("/chat").off(filler);
  }
}

// Some hundred of many thousands: the others are given up, the oldest first, and are told so.
TEST_F(Recovery, thousands_of_sessions_take_bounded_memory) {
  core::recovery_limits limits;
  limits.sessions_max = 500;
  house home(with_recovery(limits));
  socket last;
  home.of().on_connection([&](const socket& who) { last = who; });
  std::vector<memory> all(5'000);
  for (memory& one : all) {
    connection& peer = home.connect();
    peer.says("0");
    last.join("room");
    last.emit("hello");
    read(peer, one);
    peer.hang_up();
    ASSERT_LE(home.counters().recovery_sessions.get(), 500u);
  }
  const auto& inside = *home.of().impl()->recovery();
  EXPECT_EQ(inside.sessions(), 500u);
  EXPECT_LE(inside.session_bytes(), 500u * 400u);
  home.of().to("room").emit("news");
  memory again;
  for (std::size_t i = 0; i < all.size(); i += 333) {
    connection& peer = home.connect();
    peer.says("0" + all[i].auth());
    const bool kept = i >= 4'500;
    EXPECT_EQ(read(peer, again), kept ? (strings{R"(2["news"])", "connect"}) : strings{"connect"});
    EXPECT_EQ(last.recovery().what, kept ? outcome::recovered : outcome::evicted) << i;
    if (!kept) {
      EXPECT_NE(last.recovery().detail.find("at most 500 sessions"), std::string::npos);
    }
    peer.says("1");
  }
}

struct FewBytes : Recovery {
  FewBytes() : Recovery({.session_bytes_max = 4096}) {}
};

TEST_F(FewBytes, long_names_of_rooms_count) {
  memory large, small;
  come(large);
  for (int i = 0; i < 20; i++) last_.join(std::to_string(i) + std::string(200, 'r'));
  last_.close_connection();
  home_.turn();
  EXPECT_EQ(inside().sessions(), 1u);
  EXPECT_GT(inside().session_bytes(), 4096u);
  come(small).hang_up();
  EXPECT_EQ(inside().sessions(), 1u);
  EXPECT_EQ(why_not(large), outcome::evicted);
  come_back(small);
  EXPECT_TRUE(last_.recovered());
  EXPECT_EQ(inside().session_bytes(), 0u);
}

// CR-08: whatever a stranger says, it is a new client, and nobody else is harmed.
TEST_F(Recovery, forged_ids_and_offsets_do_no_harm) {
  memory me, again;
  come(me).hang_up();
  home_.of().emit("missed");
  const std::string run = me.pid.substr(0, 4);
  for (const std::string& auth : strings{
           R"({"pid":null})",
           R"({"pid":{}})",
           R"({"pid":["a"]})",
           R"({"pid":""})",
           R"({"pid":true,"offset":false})",
           R"({"offset":"x"})",
           R"({"pid":")" + std::string(100'000, 'x') + R"("})",
           R"({"pid":")" + run + R"(AAAAAAAAAAAAAAAA","offset":")" + run + R"(AAAAAAAAA"})",
           R"({"pid":"\u0000\u0000\u0000\u0000AAAAAAAAAAAAAAAA"})",
       }) {
    memory stranger;
    connection& peer = come(stranger, auth);
    EXPECT_FALSE(last_.recovered()) << auth;
    EXPECT_NE(stranger.pid, me.pid);
    peer.says("1");
  }
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["missed"])", "connect"}));
}

// An offset of another place is none of this session's: it is replayed from its beginning.
TEST_F(Recovery, an_offset_of_another_shard_says_nothing) {
  memory me, again;
  connection& peer = come(me);
  last_.emit("1");
  read(peer, me);
  peer.hang_up();
  me.offset[4] = 'B';
  EXPECT_EQ(read(come_back(me), again), (strings{R"(2["1"])", "connect"}));
}

TEST_F(Recovery, offsets_that_are_no_text_of_ours_are_refused_with_a_reason) {
  for (const std::string& bad :
       strings{"0", "x", std::string(13, ' '), std::string(100'000, 'A')}) {
    memory me;
    come(me).hang_up();
    me.offset = bad;
    EXPECT_EQ(why_not(me), outcome::bad_offset) << bad.substr(0, 20);
  }
}

// ---- MessagePack, and a parser that fails

// As MessagePack, but it fails for events of the name "fail".
class failing_parser final : public parser {
 public:
  std::vector<message> encode(const packet& what) const override {
    if (what.data && what.data->as_array() && (*what.data)[std::size_t{0}] == value("fail"))
      throw std::runtime_error("cannot encode");
    return below_->encode(what);
  }
  std::unique_ptr<decoder> make_decoder() const override { return below_->make_decoder(); }

 private:
  std::shared_ptr<const parser> below_ = msgpack_parser();
};

hub_options with_parser() {
  hub_options out = with_recovery();
  out.parser = std::make_shared<failing_parser>();
  return out;
}

struct RecoveryOfPackets : ::testing::Test {
  RecoveryOfPackets() {
    home.of().on_connection([this](const socket& who) { last = who; });
  }
  connection& come(std::optional<value> auth = std::nullopt) {
    connection& peer = home.connect();
    peer.says_binary(
        coder->encode({packet_type::connect, "/", std::nullopt, std::move(auth)})[0].bytes);
    return peer;
  }
  std::vector<packet> read(connection& peer) {
    std::vector<packet> seen;
    const auto decoder = coder->make_decoder();
    constexpr std::string_view prefix = "<binary>";
    for (const std::string& one : peer.all()) {
      auto decoded = decoder->add(std::string_view(one).substr(prefix.size()), true);
      if (decoded && *decoded) seen.push_back(std::move(**decoded));
    }
    return seen;
  }

  std::shared_ptr<const parser> coder = msgpack_parser();
  house home{with_parser()};
  socket last;
};

// CR-02, CR-05, CR-09: the offset is the last argument, and bytes stay bytes.
TEST_F(RecoveryOfPackets, goes_on_with_message_pack) {
  connection& peer = come();
  last.join("red");
  last.emit("seen", binary("bytes"));
  const auto first = read(peer);
  ASSERT_EQ(first.size(), 2u);
  const value pid = (*first[0].data)["pid"], sid = (*first[0].data)["sid"];
  const value offset = (*first[1].data)[2];
  ASSERT_TRUE(offset.as_string());
  peer.hang_up();
  home.of().to("red").emit("missed", binary("more"), 7);
  home.of().except("red").emit("not for it");
  home.of().volatile_().emit("not kept");
  connection& back = come(value::map({{"pid", pid}, {"offset", offset}}));
  const auto missed = read(back);
  ASSERT_EQ(missed.size(), 2u);
  EXPECT_EQ((*missed[0].data)[0], value("missed"));
  EXPECT_EQ((*missed[0].data)[1], value(binary("more")));
  EXPECT_EQ((*missed[0].data)[2], value(7));
  EXPECT_EQ(missed[1].type, packet_type::connect);
  EXPECT_EQ((*missed[1].data)["sid"], sid);
  EXPECT_EQ((*missed[1].data)["pid"], pid);
  EXPECT_TRUE(last.recovered());
  EXPECT_EQ(last.handshake().auth["offset"], offset);
}

// Q-07
TEST_F(RecoveryOfPackets, volatile_events_cannot_spoil_the_offset) {
  connection& peer = come();
  last.emit("a");
  last.volatile_().emit("v", "text");
  home.of().volatile_().emit("v", 1);
  const auto seen = read(peer);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ((*seen[2].data)[2], (*seen[1].data)[1]);
  EXPECT_EQ(seen[3].data->as_array()->size(), 2u);
}

TEST_F(RecoveryOfPackets, what_the_parser_cannot_write_is_not_kept) {
  connection& peer = come();
  read(peer);
  EXPECT_FALSE(last.emit("fail"));
  EXPECT_FALSE(last.volatile_().emit("fail"));
  home.of().emit("fail");
  EXPECT_EQ(home.errors.size(), 3u);
  home.errors.clear();
  EXPECT_EQ(home.of().impl()->recovery()->log().size(), 0u);
  EXPECT_EQ(read(peer).size(), 0u);
  last.emit("works");
  EXPECT_EQ(read(peer).size(), 1u);
}

// ---- namespaces that go away when they are empty

// CR-08, NS-15: as long as somebody may come back, they are not.
TEST_F(Recovery, a_dynamic_namespace_waits_for_those_who_may_come_back) {
  home_.names().options.cleanup_empty_children = true;
  const auto parent = home_.parent([](std::string_view, const value&) { return true; });
  memory me, again;
  const auto join = [&](const std::string& auth) -> connection& {
    return home_.connect().says("0/dynamic," + auth);
  };
  connection& peer = join("");
  const std::string packet = peer.next();
  me.pid = packet.substr(packet.find("pid") + 6, 20);
  peer.hang_up();
  home_.turn();
  ASSERT_EQ(parent.children().size(), 1u);
  home_.of("/dynamic").emit("missed");
  connection& back = join(me.auth());
  EXPECT_EQ(back.all().size(), 2u);
  back.says("1/dynamic,");
  home_.turn();
  EXPECT_TRUE(parent.children().empty()) << "left on purpose: nobody comes back";
  connection& third = join("");
  third.hang_up();
  EXPECT_EQ(parent.children().size(), 1u);
  home_.wait(121s);
  home_.turn();
  EXPECT_TRUE(parent.children().empty()) << "too late";
}

// ---- revision 3

// V3-08, CR-01: such a client never hears of a private id, and cannot ask for a session.
TEST_F(Recovery, older_clients_are_not_recovered_and_are_told_why) {
  connection& peer = home_.connect_older();
  EXPECT_EQ(peer.all(), strings{"0"});
  EXPECT_FALSE(last_.recovered());
  EXPECT_EQ(last_.recovery().what, outcome::older_client);
  EXPECT_NE(last_.recovery().detail, "");
  last_.join("red");
  last_.leave("red");
  last_.emit("to one", 1);
  EXPECT_EQ(peer.all(), strings{R"(2["to one",1])"});
  home_.of().emit("to all", 1);
  EXPECT_EQ(peer.all().size(), 1u) << "with an offset, as everybody's";
  const socket old = last_;
  peer.hang_up();
  EXPECT_EQ(inside().sessions(), 0u);
  EXPECT_FALSE(old.emit("nobody will come for this"));
  EXPECT_EQ(home_.counters().recoveries[static_cast<int>(outcome::older_client)].get(), 1u);
}

TEST_F(Recovery, older_clients_cannot_take_the_session_of_another) {
  home_.of("/a").on_connection([this](const socket& who) { last_ = who; });
  memory me;
  connection& peer = home_.connect();
  peer.says("0/a,");
  const std::string packet = peer.next();
  me.pid = packet.substr(packet.find("pid") + 6, 20);
  peer.hang_up();
  connection& older = home_.connect_older();
  older.all();
  EXPECT_EQ(older.asks("0/a?pid=" + me.pid + "&offset=,"), "0/a,");
  EXPECT_EQ(last_.recovery().what, outcome::older_client);
  EXPECT_EQ(home_.of("/a").impl()->recovery()->sessions(), 1u);
}

}  // namespace
}  // namespace socketio::core_testing
