// What a client may make the server keep has a limit, and a test that reaches it.
#include "core/connection_info.hpp"
#include "unit/core/core_script.hpp"

#include <clocale>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

// ---- rooms

TEST(Limits, the_rooms_of_a_socket_are_counted) {
  hub_options modest;
  modest.rooms_per_socket_max = 3;
  house home(modest);
  auto [peer, who] = home.welcome();
  auto [other_peer, other] = home.welcome();
  strings told;
  who.on_error([&](std::string_view what) { told.emplace_back(what); });
  who.join({"a", "b", "c", "d"});
  who.join("a");
  who.join(who.id());
  EXPECT_EQ(who.rooms(), (strings{std::string(who.id()), "a", "b", "c"}));
  EXPECT_EQ(told, (strings{"one more room, the limit is 3: not joined"}));
  EXPECT_EQ(home.counters().rooms_refused.get(), 1u);
  EXPECT_EQ(home.of().room_names().size(), 3u);
  other.join("d");
  who.leave("b");
  who.join("d");
  EXPECT_EQ(who.rooms(), (strings{std::string(who.id()), "a", "c", "d"}));
  who.join("e");
  EXPECT_EQ(home.counters().rooms_refused.get(), 2u);
}

TEST(Limits, the_name_of_a_room_is_not_endless) {
  hub_options modest;
  modest.room_name_bytes_max = 5;
  house home(modest);
  auto [peer, who] = home.welcome();
  strings told;
  who.on_error([&](std::string_view what) { told.emplace_back(what); });
  who.join({"12345", "123456"});
  EXPECT_EQ(who.rooms(), (strings{std::string(who.id()), "12345"}));
  EXPECT_EQ(told, (strings{"a room with a name of 6 bytes, the limit is 5: not joined"}));
  EXPECT_EQ(home.counters().rooms_refused.get(), 1u);
}

TEST(Limits, rooms_keep_their_order_whatever_was_left_between) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other_peer, other] = home.welcome();
  const auto name = [](int i) { return "room " + std::to_string(i); };
  for (int i = 0; i < 1'000; i++) {
    who.join(name(i));
    other.join(name(999 - i));
  }
  strings expected{std::string(who.id())};
  for (int i = 0; i < 1'000; i++) {
    if (i % 7 == 3)
      expected.push_back(name(i));
    else
      who.leave(name(i));
  }
  who.join(name(0));
  expected.push_back(name(0));
  EXPECT_EQ(who.rooms(), expected);
  EXPECT_EQ(other.rooms().size(), 1'001u);
  strings left;
  home.of().on_leave_room(
      [&](std::string_view room, std::string_view) { left.emplace_back(room); });
  peer.hang_up();
  EXPECT_EQ(left, expected);
  EXPECT_EQ(home.of().room_size(name(3)), 1u);
  other_peer.hang_up();
  EXPECT_TRUE(home.of().room_names().empty());
}

// ---- attachments

TEST(Limits, attachments_that_do_not_come_end_the_connection) {
  hub_options brisk;
  brisk.attachments_timeout = 100ms;
  house home(brisk);
  auto [peer, who] = home.welcome();
  const std::size_t timers = home.shard->timers().size();
  strings told;
  who.on_error([&](std::string_view what) { told.emplace_back(what); });
  int events = 0;
  who.on("x", [&](const value&) { events++; });
  peer.says(R"(52-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  home.wait(99ms);
  peer.says_binary("one");
  home.wait(99ms);
  EXPECT_FALSE(peer.closed()) << "each has its time";
  peer.says_binary("two");
  EXPECT_EQ(events, 1);
  EXPECT_EQ(home.shard->timers().size(), timers) << "whoever is idle has no timer";
  home.wait(1s);
  peer.says(R"(52-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  peer.says_binary("one");
  home.wait(100ms);
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(peer.closed_with().what, cause::attachments_timeout);
  EXPECT_EQ(peer.closed_with().detail, "attachment 2 of 2 did not come within 100 ms");
  EXPECT_EQ(told, (strings{"attachment 2 of 2 did not come within 100 ms"}));
}

TEST(Limits, one_attachment_cannot_be_used_without_end) {
  hub_options modest;
  modest.packets.attachment_bytes_max = 1'000;
  house home(modest);
  auto [peer, who] = home.welcome();
  std::size_t bytes = 0;
  who.on_any([&](std::string_view, const values& all) {
    for (const value& one : all) bytes += one.as_binary()->size();
  });
  const auto event = [](int uses) {
    std::string text = R"(51-["x")";
    for (int i = 0; i < uses; i++) text += R"(,{"_placeholder":true,"num":0})";
    return text + "]";
  };
  peer.says(event(10)).says_binary(std::string(100, 'a'));
  EXPECT_EQ(bytes, 1'000u) << "PK-11: it may be used more than once";
  peer.says(event(11)).says_binary(std::string(100, 'a'));
  EXPECT_EQ(bytes, 1'000u);
  EXPECT_EQ(peer.closed_with().what, cause::attachments_too_big);
  EXPECT_EQ(peer.closed_with().detail, "attachments too big, the limit is 1000 bytes");
}

// ---- causes

TEST(Limits, each_has_a_cause_of_its_own) {
  const std::string deep = "2" + std::string(9, '[') + std::string(9, ']');
  const struct {
    strings packets;
    cause expected;
    const char* detail;
  } table[] = {
      {{deep}, cause::json_too_deep, "json nested too deeply, the limit is 8"},
      {{"53-[1]"}, cause::too_many_attachments, "too many attachments, the limit is 2"},
      {{R"(51-["x",{"_placeholder":true,"num":0}])", "<binary>123456"},
       cause::attachments_too_big,
       "attachments too big, the limit is 5 bytes"},
      {{"0/a,", "0/b,"}, cause::too_many_namespaces, "more than 2 namespaces on one connection"},
      {{"0"}, cause::duplicate_connect, "\"/\" is joined already"},
      {{"2["}, cause::malformed_packet, "invalid json"},
  };
  for (const auto& [packets, expected, detail] : table) {
    hub_options modest;
    modest.json_depth_max = 8;
    modest.packets = {.attachments_max = 2, .attachment_bytes_max = 5};
    modest.namespaces_per_client_max = 2;
    house home(modest);
    home.of("/a");
    home.of("/b");
    connection& peer = home.welcome().peer;
    for (const std::string& one : packets) {
      if (one.starts_with("<binary>"))
        peer.says_binary(one.substr(8));
      else
        peer.says(one);
    }
    EXPECT_EQ(peer.closed_with().what, expected) << detail;
    EXPECT_EQ(peer.closed_with().detail, detail);
  }
}

// ---- what is kept of a client

TEST(Handshake, auth_is_seen_by_middlewares_and_as_deep_as_it_came) {
  house home;
  value seen;
  home.of().use([&](const socket& who) { seen = who.handshake().auth; });
  std::string nested = "1";
  for (int i = 0; i < 200; i++) nested = "[" + nested + "]";
  connection& peer = home.connect();
  const auto who = home.find(peer.join("/", R"({"a":)" + nested + R"(,"lone":"\ud800","a2":2})"));
  EXPECT_EQ(seen["a2"], value(2));
  EXPECT_EQ(seen["lone"], value("\uFFFD"));
  EXPECT_EQ(seen["a"].to_string(), nested);
  EXPECT_EQ(who.handshake().auth, seen);
}

TEST(Handshake, its_time_is_that_of_JavaScript_in_any_locale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"C", "de_DE.UTF-8", "fr_FR.UTF-8"}) {
    if (!std::setlocale(LC_ALL, locale)) continue;
    const std::pair<std::int64_t, const char*> table[] = {
        {0, "Thu Jan 01 1970 00:00:00"},
        {951'825'599'999, "Tue Feb 29 2000 11:59:59"},
        {1'000'000'000'123, "Sun Sep 09 2001 01:46:40"},
        {1'798'761'599'000, "Thu Dec 31 2026 23:59:59"},
        {-1, "Wed Dec 31 1969 23:59:59"},
    };
    for (const auto& [ms, text] : table)
      EXPECT_EQ(core::javascript_date(ms),
                std::string(text) + " GMT+0000 (Coordinated Universal Time)");
  }
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace
}  // namespace socketio::core_testing
