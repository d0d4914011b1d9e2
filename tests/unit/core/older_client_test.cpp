// Clients of revision 3: the join without a CONNECT, their ids, the query behind a namespace, and
// what they are told when they are refused (spec section 1.7).
#include "core/older_client.hpp"

#include "unit/core/core_script.hpp"

namespace socketio::core_testing {
namespace {

namespace older = core::older;
using strings = std::vector<std::string>;

// V3-10
TEST(OlderClient, a_namespace_ends_at_its_query) {
  for (const auto& [asked, name, auth] : std::vector<std::array<std::string_view, 3>>{
           {"/a", "/a", ""},
           {"/a?", "/a", ""},
           {"/a?tok=1", "/a", R"({"tok":"1"})"},
           {"/a?tok=1&tok=2&x", "/a", R"({"tok":"2","x":""})"},
           {"/a?t%C3%A9=%22+b", "/a", R"({"té":"\" b"})"},
           {"/a?x=1#y", "/a", R"({"x":"1"})"},
           {"/a#x?y=1", "/a", ""},
           {"/?x=1", "/", R"({"x":"1"})"},
       }) {
    EXPECT_EQ(older::nsp_of(asked), name) << asked;
    EXPECT_EQ(older::auth_of(asked), auth) << asked;
  }
}

// V3-08, V3-09, SK-01
TEST(OlderClient, is_in_the_main_namespace_at_once) {
  house home;
  int connections = 0;
  home.of().on_connection([&](const socket& who) {
    connections++;
    EXPECT_EQ(who.id(), "the-session");
    EXPECT_EQ(who.rooms(), strings{"the-session"});
    EXPECT_TRUE(who.connected());
    EXPECT_EQ(who.handshake().auth, value(value::object{}));
  });
  connection& peer = home.connect_older();
  EXPECT_EQ(peer.all(), strings{"0"});
  EXPECT_EQ(connections, 1);
  home.find("the-session").on("add", [](int a, int b) { return a + b; });
  EXPECT_EQ(peer.asks(R"(21["add",1,2])"), "31[3]");
  peer.says("0");
  EXPECT_EQ(peer.closed_with().what, cause::duplicate_connect);
}

// V3-08, V3-09, V3-10
TEST(OlderClient, other_namespaces_tell_their_name_in_the_id) {
  house home;
  home.of("/a");
  connection& peer = home.connect_older();
  peer.all();
  EXPECT_EQ(peer.asks("0/a?tok=1&x=%20y,"), "0/a,");
  const socket who = home.find("/a#the-session", "/a");
  ASSERT_TRUE(who.connected());
  EXPECT_EQ(who.handshake().auth, value::map({{"tok", "1"}, {"x", " y"}}));
  EXPECT_EQ(who.handshake().query["EIO"], "3");
  EXPECT_EQ(who.handshake().query["tok"], "");
  who.on("echo", [](const rest& all) { return all.all; });
  EXPECT_EQ(peer.asks(R"(2/a,7["echo",1])"), "3/a,7[[1]]");
  EXPECT_EQ(peer.asks(R"(2/a?tok=1,8["echo",1])"), "3/a,8[[1]]") << "the query is no part of it";
  peer.says("1/a,");
  EXPECT_FALSE(who.connected());
  EXPECT_FALSE(peer.closed());
}

// NS-08: a query is a part of the name for everybody else.
TEST(OlderClient, a_query_is_split_off_for_nobody_else) {
  house home;
  home.of("/a");
  EXPECT_EQ(home.connect().asks("0/a?tok=1,"), R"(4/a?tok=1,{"message":"Invalid namespace"})");
  EXPECT_EQ(home.connect_older().all(), strings{"0"});
}

// V3-11
TEST(OlderClient, is_told_the_data_of_a_refusal_or_the_message) {
  house home;
  home.of("/rej").use([](const socket& who) -> std::optional<connect_error> {
    const std::string kind = *who.handshake().auth["kind"].as_string();
    if (kind == "data") return connect_error("no", value::map({{"q", 1}}));
    if (kind == "text") return connect_error("no", value("because"));
    if (kind == "zero") return connect_error("no", value(0));
    if (kind == "null") return connect_error("no", value());
    if (kind == "empty") return connect_error("no", value(""));
    if (kind == "false") return connect_error("no", value(false));
    return connect_error("no2");
  });
  connection& peer = home.connect_older();
  peer.all();
  EXPECT_EQ(peer.asks("0/rej?kind=plain"), R"(4/rej,"no2")");
  EXPECT_EQ(peer.asks("0/rej?kind=data"), R"(4/rej,{"q":1})");
  EXPECT_EQ(peer.asks("0/rej?kind=text"), R"(4/rej,"because")");
  for (const char* none : {"zero", "null", "empty", "false"})
    EXPECT_EQ(peer.asks("0/rej?kind=" + std::string(none)), R"(4/rej,"no")") << none;
  EXPECT_EQ(peer.asks("0/nope?x=1"), R"(4/nope,{"message":"Invalid namespace"})");
  EXPECT_FALSE(peer.closed());
}

// V3-08: "/" may refuse, and may take its time.
TEST(OlderClient, waits_for_the_middlewares_of_the_main_namespace) {
  house home;
  std::vector<next_fn> waiting;
  home.of().use([&](const socket&, const next_fn& next) { waiting.push_back(next); });
  connection& late = home.connect_older();
  EXPECT_EQ(late.all(), strings{});
  waiting.at(0)();
  EXPECT_EQ(late.all(), strings{"0"});
  connection& refused = home.connect_older();
  waiting.at(1)("go away");
  EXPECT_EQ(refused.all(), strings{R"(4"go away")"});
  EXPECT_FALSE(refused.closed());
}

// V3-09: rooms, `except` and remote sockets know the socket by the id that it has.
TEST(OlderClient, can_be_met_in_the_room_of_its_id) {
  house home;
  connection& peer = home.connect_older();
  const socket who = home.find("the-session");
  auto [other, someone] = home.welcome();
  peer.all();
  home.of().to("the-session").emit("x", 1);
  EXPECT_EQ(peer.all(), strings{R"(2["x",1])"});
  who.broadcast().emit("y");
  EXPECT_EQ(peer.all(), strings{}) << "the sender is left out";
  EXPECT_EQ(other.all(), strings{R"(2["y"])"});
  someone.to("the-session").emit("z");
  EXPECT_EQ(peer.all(), strings{R"(2["z"])"});
  home.of().fetch_sockets([&](const std::vector<remote_socket>& all) {
    ASSERT_EQ(all.size(), 2u);
    const auto found = std::ranges::find(all, "the-session", &remote_socket::id);
    ASSERT_NE(found, all.end());
    EXPECT_EQ(found->rooms, strings{"the-session"});
    found->join("more");
  });
  EXPECT_EQ(who.rooms(), (strings{"the-session", "more"}));
  who.leave("the-session");
  home.of().to("the-session").emit("x", 2);
  EXPECT_EQ(peer.all(), strings{});
  EXPECT_EQ(who.rooms(), strings{"more"});
}

// The limits of rooms do not count its own.
TEST(OlderClient, may_join_as_many_rooms_as_anybody) {
  hub_options few;
  few.rooms_per_socket_max = 1;
  few.room_name_bytes_max = 5;
  house home(few);
  home.connect_older();
  const socket who = home.find("the-session");
  who.join("a");
  who.join("b");
  EXPECT_EQ(who.rooms(), (strings{"the-session", "a"}));
}

TEST(OlderClient, answers_broadcasts_under_its_own_name) {
  house home;
  connection& peer = home.connect_older();
  connection& silent = home.connect();
  const std::string silent_id = silent.join();
  peer.all();
  std::vector<std::string> missing;
  std::size_t answered = 0;
  home.of().timeout(10ms).emit("q", [&](const broadcast_answers<int>& all) {
    answered = all.answers.size();
    missing = all.missing;
  });
  EXPECT_EQ(peer.next(), R"(20["q"])");
  peer.says("30[1]");
  home.wait(20ms);
  EXPECT_EQ(answered, 1u);
  EXPECT_EQ(missing, strings{silent_id});
  home.of().timeout(10ms).emit("q",
                               [&](const broadcast_answers<int>& all) { missing = all.missing; });
  home.wait(20ms);
  EXPECT_EQ(std::ranges::count(missing, "the-session"), 1);
}

}  // namespace
}  // namespace socketio::core_testing
