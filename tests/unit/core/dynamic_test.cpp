// Namespaces that clients make: parents, what decides, what children inherit, and how they go.
// Rows NS-02 to NS-07, NS-15, NS-16, NS-18, SV-07, SV-08, Q-03, Q-28.
#include "unit/core/core_script.hpp"

#include <stdexcept>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

std::string invalid(const std::string& name) {
  return "4" + name + R"(,{"message":"Invalid namespace"})";
}

const auto starts_with = [](std::string_view prefix) {
  return [prefix](std::string_view name) { return name.starts_with(prefix); };
};

// NS-02, NS-03
TEST(Dynamic, a_client_makes_what_a_parent_allows_and_nothing_else) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/room-"));
  connection& peer = home.connect();
  EXPECT_EQ(peer.asks("0/other,"), invalid("/other"));
  EXPECT_NE(peer.join("/room-1"), "");
  EXPECT_EQ(home.of("/room-1").local_sockets().size(), 1u);
  EXPECT_EQ(parent.children().size(), 1u);
  EXPECT_EQ(parent.children().at(0).name(), "/room-1");
}

// NS-02
TEST(Dynamic, the_parent_itself_is_not_reachable) {
  house home;
  const auto parent = home.parent([](std::string_view) { return false; });
  ASSERT_TRUE(parent.name().starts_with("/_"));
  const std::string name(parent.name());
  EXPECT_EQ(home.connect().asks("0" + name + ","), invalid(name));
}

// NS-02: the forms of the function, and what it is told.
TEST(Dynamic, functions_of_every_form_decide) {
  std::vector<allow_fn> later;
  std::vector<std::string> told;
  const std::pair<const char*, std::function<parent_nsp(house&)>> forms[] = {
      {"name",
       [&](house& home) {
         return home.parent([&](std::string_view n) {
           told.emplace_back(n);
           return n == "/yes";
         });
       }},
      {"name and auth",
       [&](house& home) {
         return home.parent([&](const std::string& n, const value& auth) {
           told.push_back(n + auth.to_string());
           return n == "/yes";
         });
       }},
      {"next",
       [&](house& home) {
         return home.parent([&](std::string_view n, const value& auth, const allow_fn& next) {
           told.push_back(std::string(n) + auth.to_string());
           next(n == "/yes");
         });
       }},
      {"coroutine",
       [&](house& home) {
         return home.parent([](std::string n, value auth) -> task<bool> {
           co_return n == "/yes" && auth.contains("t");
         });
       }},
      {"later", [&](house& home) {
         return home.parent(
             [&](std::string_view, const value&, const allow_fn& next) { later.push_back(next); });
       }}};
  for (const auto& [form, make] : forms) {
    SCOPED_TRACE(form);
    house home;
    make(home);
    connection& peer = home.connect();
    const bool waits = std::string_view(form) == "later";
    const auto answer = [&](bool allow) {
      if (!waits) return;
      EXPECT_EQ(peer.next(), "");
      std::thread([&] { later.back()(allow); }).join();
      EXPECT_EQ(peer.next(), "") << "another thread must not touch the shard";
      home.turn();
    };
    peer.says("0/no,");
    answer(false);
    EXPECT_EQ(peer.next(), invalid("/no"));
    peer.says(R"(0/yes,{"t":1})");
    answer(true);
    EXPECT_TRUE(peer.next().starts_with(R"(0/yes,{"sid":")"));
    EXPECT_EQ(home.of("/yes").local_sockets().at(0).handshake().auth, value::map({{"t", 1}}));
  }
  EXPECT_EQ(told, (strings{"/no", "/yes", "/no{}", R"(/yes{"t":1})", "/no{}", R"(/yes{"t":1})"}));
}

// NS-02, V3-10, UT-04: what an older client says behind the name is its auth.
TEST(Dynamic, older_clients_make_them_too) {
  house home;
  strings told;
  home.parent([&](const std::string& name, const value& auth) {
    told.push_back(name + auth.to_string());
    return name == "/room";
  });
  connection& peer = home.connect_older();
  peer.all();
  EXPECT_EQ(peer.asks("0/room?t=1,"), "0/room,");
  EXPECT_EQ(peer.asks("0/no?t=1"), invalid("/no"));
  EXPECT_EQ(told, (strings{R"(/room{"t":"1"})", R"(/no{"t":"1"})"}));
  strings ids;
  home.of("/room").all_sockets([&](const strings& all) { ids = all; });
  EXPECT_EQ(ids, strings{"/room#the-session"});
}

// NS-03
TEST(Dynamic, parents_are_asked_in_order_and_the_first_that_allows_wins) {
  house home;
  strings asked;
  const auto ask = [&](const char* who, bool answer) {
    return home.parent([&asked, who, answer](std::string_view) {
      asked.emplace_back(who);
      return answer;
    });
  };
  ask("one", false);
  home.parent([&](std::string_view) -> bool {
    asked.emplace_back("throws");
    throw std::runtime_error("no idea");
  });
  home.parent([&](std::string) -> task<bool> {
    asked.emplace_back("throws later");
    throw std::runtime_error("no idea either");
    co_return true;
  });
  const auto right = ask("two", true);
  ask("three", true);
  std::string joined;
  right.on_connection([&](const socket& who) { joined = who.nsp_name(); });
  EXPECT_NE(home.connect().join("/x"), "");
  EXPECT_EQ(asked, (strings{"one", "throws", "throws later", "two"}));
  EXPECT_EQ(joined, "/x");
  EXPECT_EQ(home.errors, (strings{"namespace check: no idea", "namespace check: no idea either"}));
  home.errors.clear();
}

// Q-30: of next() the first call counts.
TEST(Dynamic, an_answer_counts_once) {
  house home;
  home.parent([](std::string_view, const value&, const allow_fn& next) {
    next(false);
    next(true);
  });
  int second = 0;
  home.parent([&](std::string_view) { return second++, false; });
  EXPECT_EQ(home.connect().asks("0/x,"), invalid("/x"));
  EXPECT_EQ(second, 1);
}

// NS-04
TEST(Dynamic, what_came_into_being_meanwhile_is_used) {
  house home;
  std::vector<allow_fn> waiting;
  const auto parent = home.parent(
      [&](std::string_view, const value&, const allow_fn& next) { waiting.push_back(next); });
  parent.on_connection([](const socket&) { FAIL() << "this is not the parent's child"; });
  connection& peer = home.connect();
  peer.says("0/late,");
  int here = 0;
  home.of("/late").on_connection([&](const socket&) { here++; });
  waiting.at(0)(true);
  EXPECT_TRUE(peer.next().starts_with("0/late,{"));
  EXPECT_EQ(here, 1);
  EXPECT_TRUE(parent.children().empty());
}

// Q-03, SV-12: while a name is being decided, the client may ask for other names and for nothing
// else.
TEST(Dynamic, a_second_connect_while_it_is_decided_ends_the_connection) {
  for (const char* packet : {"0/x,", R"(2/x,["e"])", "1/x,"}) {
    SCOPED_TRACE(packet);
    house home;
    std::vector<allow_fn> waiting;
    home.parent(
        [&](std::string_view, const value&, const allow_fn& next) { waiting.push_back(next); });
    connection& peer = home.connect();
    peer.says("0/x,").says("0/y,");
    EXPECT_FALSE(peer.closed());
    peer.says(packet);
    EXPECT_TRUE(peer.closed());
    for (const auto& next : waiting) next(true);
    home.turn();
    EXPECT_EQ(home.counters().connects_total.get(), 0u);
    EXPECT_EQ(peer.next(), "");
  }
}

// NS-13
TEST(Dynamic, whoever_leaves_while_it_is_decided_leaves_nothing) {
  std::vector<allow_fn> waiting;
  {
    house home;
    const auto parent = home.parent(
        [&](std::string_view, const value&, const allow_fn& next) { waiting.push_back(next); });
    home.connect().says("0/x,").hang_up();
    waiting.at(0)(true);
    home.turn();
    EXPECT_TRUE(parent.children().empty());
    home.connect().says("0/x,");
  }
  waiting.at(1)(true);  // the house is gone
}

// NS-05
TEST(Dynamic, what_the_server_names_belongs_to_a_pattern_but_not_to_a_function) {
  house home;
  const auto by_function = home.parent([](std::string_view) { return true; });
  const auto by_pattern = home.parent_of_pattern(starts_with("/room-"));
  int connections = 0;
  by_pattern.on_connection([&](const socket&) { connections++; });
  home.of("room-1");
  home.of("/elsewhere");
  EXPECT_TRUE(by_function.children().empty());
  ASSERT_EQ(by_pattern.children().size(), 1u);
  home.welcome("/room-1");
  EXPECT_EQ(connections, 1);
}

// NS-06
TEST(Dynamic, children_begin_with_what_the_parent_has_at_that_moment) {
  strings calls;  // outlives the house, whose end is a disconnect
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/"));
  const auto note = [&calls](const char* what) { calls.emplace_back(what); };
  parent.use([&](const socket&) { note("middleware"); });
  parent.on_connection([&](const socket&) { note("connection"); });
  parent.on("event", [&] { note("event"); });
  parent.on_disconnect([&](const socket&, const disconnect_reason&) { note("disconnect"); });
  parent.on_create_room([&](std::string_view) { note("room"); });
  auto [peer, who] = home.welcome("/child");
  parent.use([&](const socket&) { note("late"); });
  parent.on_connection([&](const socket&) { note("late"); });
  parent.on("event", [&] { note("late"); });
  peer.says(R"(2/child,["event"])");
  home.welcome("/child");
  peer.says("1/child,");
  EXPECT_EQ(calls, (strings{"middleware", "room", "connection", "event", "middleware", "room",
                            "connection", "disconnect"}));
  calls.clear();
  home.welcome("/other");
  EXPECT_EQ(calls, (strings{"middleware", "late", "room", "connection", "late"}));
}

// NS-06: also what a child adds is its own.
TEST(Dynamic, children_do_not_share_what_they_add) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/"));
  int heard = 0;
  parent.once("event", [&] { heard++; });
  auto a = home.welcome("/a");
  home.of("/a").on_connection([&](const socket&) { FAIL(); });
  auto b = home.welcome("/b");
  a.peer.says(R"(2/a,["event"])").says(R"(2/a,["event"])");
  b.peer.says(R"(2/b,["event"])");
  EXPECT_EQ(heard, 2) << "once in each child";
}

// NS-07
TEST(Dynamic, what_a_parent_emits_reaches_all_its_children) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  auto a = home.welcome("/c1");
  auto b = home.welcome("/c2");
  auto main = home.welcome();
  b.socket.join("r");
  parent.emit("x");
  parent.to("r").emit("y");
  parent.except("r").emit("z");
  EXPECT_EQ(a.peer.all(), (strings{R"(2/c1,["x"])", R"(2/c1,["z"])"}));
  EXPECT_EQ(b.peer.all(), (strings{R"(2/c2,["x"])", R"(2/c2,["y"])"}));
  EXPECT_TRUE(main.peer.all().empty());
}

TEST(Dynamic, NS07_a_parent_asks_nobody) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  auto a = home.welcome("/c1");
  int told = 0;
  parent.emit("x", [&](std::error_code error, const std::vector<value>& answers) {
    EXPECT_FALSE(error);
    EXPECT_TRUE(answers.empty());
    told++;
  });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(a.peer.next(), "");
  const auto message_of = [](const auto& call) {
    try {
      call();
    } catch (const std::logic_error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_EQ(message_of([&] { parent.fetch_sockets([](const auto&) {}); }),
            "fetch_sockets() is not supported on parent namespaces");
  EXPECT_EQ(message_of([&] { parent.all_sockets([](const auto&) {}); }),
            "all_sockets() is not supported on parent namespaces");
}

// NS-07: ours; the official one reaches nobody.
TEST(Dynamic, a_parent_makes_the_sockets_of_its_children_join_leave_and_go) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  auto a = home.welcome("/c1");
  auto b = home.welcome("/c2");
  parent.sockets_join("r");
  EXPECT_EQ(a.socket.rooms().size(), 2u);
  parent.in("r").sockets_leave("r");
  EXPECT_EQ(b.socket.rooms().size(), 1u);
  parent.disconnect_sockets();
  EXPECT_FALSE(a.socket.connected());
  EXPECT_FALSE(b.socket.connected());
}

// SV-08
TEST(Dynamic, the_server_is_told_of_children_before_their_first_client) {
  house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  strings events;
  home.inside().new_namespace.add(next_listener_id(), [&](const auto& made) {
    events.push_back("new " + std::string(made->name()));
    socketio::nsp(made).on_connection([&](const socket&) { events.emplace_back("own"); });
  });
  parent.on_connection([&](const socket&) { events.emplace_back("inherited"); });
  home.welcome("/c1");
  home.welcome("/c1");
  EXPECT_EQ(events, (strings{"new /c1", "inherited", "own", "inherited", "own"}));
}

// ---- limits (Q-21)

TEST(Dynamic, a_name_that_is_too_long_is_not_looked_at) {
  hub_options limits;
  limits.namespace_name_bytes_max = 8;
  house home(limits);
  strings asked;
  home.parent([&](std::string_view name) { return asked.emplace_back(name), true; });
  connection& peer = home.connect();
  EXPECT_EQ(peer.asks("0/12345678,"), invalid("/12345678"));
  EXPECT_NE(peer.join("/1234567"), "");
  EXPECT_EQ(asked, (strings{"/1234567"}));
  home.of("/the-server-may-name-what-it-likes");
  EXPECT_NE(peer.join("/the-server-may-name-what-it-likes"), "");
}

TEST(Dynamic, clients_make_no_more_than_the_limit) {
  house home;
  home.names().options.dynamic_max = 2;
  home.parent_of_pattern(starts_with("/c"));
  connection& peer = home.connect();
  EXPECT_NE(peer.join("/c1"), "");
  EXPECT_NE(peer.join("/c2"), "");
  EXPECT_EQ(peer.asks("0/c3,"), R"(4/c3,{"message":"Too many namespaces"})");
  EXPECT_FALSE(peer.closed());
  EXPECT_EQ(home.counters().namespaces_refused.get(), 1u);
  EXPECT_NE(home.connect().join("/c1"), "") << "what is there may be joined";
  home.of("/c4");
  EXPECT_NE(peer.join("/c4"), "") << "the server itself is not limited";
}

TEST(Dynamic, names_that_are_being_decided_count_as_joined) {
  hub_options limits;
  limits.namespaces_per_client_max = 2;
  house home(limits);
  home.parent([](std::string_view, const value&, const allow_fn&) {});
  connection& peer = home.connect();
  peer.says("0/a,").says("0/b,");
  EXPECT_FALSE(peer.closed());
  peer.says("0/c,");
  EXPECT_EQ(peer.closed_with().what, cause::too_many_namespaces);
}

TEST(Dynamic, the_connect_timeout_runs_while_a_name_is_decided) {
  house home;
  home.parent([](std::string_view, const value&, const allow_fn&) {});
  connection& peer = home.connect();
  peer.says("0/a,");
  home.wait(hub_options().connect_timeout + 1s);
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(peer.closed_with().what, cause::connect_timeout);
}

// ---- cleanup

struct clean_house : house {
  clean_house() { names().options.cleanup_empty_children = true; }
};

TEST(Dynamic, NS15_an_empty_child_goes_and_comes_back_anew) {
  clean_house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  int made = 0;
  home.inside().new_namespace.add(next_listener_id(), [&](const auto&) { made++; });
  auto a = home.welcome("/c1");
  auto b = home.welcome("/c1");
  const auto old = home.of("/c1");
  a.peer.says("1/c1,");
  EXPECT_EQ(parent.children().size(), 1u) << "somebody is still there";
  b.peer.hang_up();
  EXPECT_TRUE(parent.children().empty());
  EXPECT_EQ(made, 1);
  EXPECT_FALSE(old.emit("x")) << "the handle is one of a namespace that is closed";
  auto again = home.welcome("/c1");
  EXPECT_EQ(made, 2);
  home.of("/c1").emit("y");
  EXPECT_EQ(again.peer.next(), R"(2/c1,["y"])");
}

TEST(Dynamic, NS15_the_last_disconnect_is_still_told) {
  clean_house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  strings events;
  parent.on_disconnect([&](const socket& who, const disconnect_reason&) {
    events.push_back("parent's " + std::string(who.nsp_name()));
  });
  auto [peer, who] = home.welcome("/c1");
  who.on_disconnect([&](const disconnect_reason&) { events.emplace_back("own"); });
  peer.hang_up();
  EXPECT_EQ(events, (strings{"own", "parent's /c1"}));
}

TEST(Dynamic, NS15_a_child_whose_only_client_was_refused_goes_too) {
  clean_house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  parent.use([](const socket&) { throw connect_error("no"); });
  connection& peer = home.connect();
  EXPECT_EQ(peer.asks("0/c1,"), R"(4/c1,{"message":"no"})");
  EXPECT_TRUE(parent.children().empty());
  EXPECT_EQ(peer.asks("0/c1,"), R"(4/c1,{"message":"no"})");
}

TEST(Dynamic, NS15_what_is_static_stays_and_so_does_everything_by_default) {
  for (const bool cleans : {false, true}) {
    house home;
    home.names().options.cleanup_empty_children = cleans;
    const auto parent = home.parent_of_pattern(starts_with("/c"));
    home.of("/static").on("x", [] { return 1; });
    home.welcome("/static").peer.hang_up();
    home.welcome("/c1").peer.hang_up();
    EXPECT_EQ(home.welcome("/static").peer.asks(R"(2/static,1["x"])"), "3/static,1[1]");
    EXPECT_EQ(parent.children().size(), cleans ? 0u : 1u);
  }
}

TEST(Dynamic, Q28_whoever_is_in_his_middlewares_keeps_the_child) {
  clean_house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  std::vector<next_fn> waiting;
  parent.use([&](const socket&, const next_fn& next) { waiting.push_back(next); });
  connection& first = home.connect();
  connection& second = home.connect();
  first.says("0/c1,");
  waiting.at(0)();
  second.says("0/c1,");
  first.hang_up();
  waiting.at(1)();
  EXPECT_TRUE(second.next().starts_with("0/c1,{"));
  home.of("/c1").emit("x");
  EXPECT_EQ(second.next(), R"(2/c1,["x"])");
  EXPECT_EQ(parent.children().size(), 1u);
}

TEST(Dynamic, NS15_a_place_becomes_free_with_the_child) {
  clean_house home;
  home.names().options.dynamic_max = 1;
  home.parent_of_pattern(starts_with("/c"));
  for (int i = 0; i < 5; i++) {
    auto one = home.welcome("/c" + std::to_string(i));
    EXPECT_EQ(home.connect().asks("0/cx,"), R"(4/cx,{"message":"Too many namespaces"})");
    one.peer.hang_up();
  }
}

TEST(Dynamic, NS15_in_the_turn_between_both_exist) {
  clean_house home;
  const auto parent = home.parent_of_pattern(starts_with("/c"));
  connection& other = home.connect();
  int connections = 0;
  parent.on_connection([&](const socket&) { connections++; });
  parent.on_disconnect([&](const socket&, const disconnect_reason&) {
    // The last one is going: the child has vanished, and its parts are not closed yet.
    if (connections == 1) other.join("/c1");
  });
  home.welcome("/c1").peer.hang_up();
  EXPECT_EQ(connections, 2);
  home.of("/c1").emit("x");
  EXPECT_EQ(other.next(), R"(2/c1,["x"])");
}

// ---- the end

TEST(Dynamic, SV09_children_and_what_they_captured_end_with_the_server) {
  const auto captured = std::make_shared<int>(0);
  std::vector<std::string> reasons;
  {
    house home;
    const auto parent = home.parent_of_pattern(starts_with("/c"));
    parent.on_connection([captured](const socket&) {});
    parent.on_disconnect([&, captured](const socket&, const disconnect_reason& why) {
      reasons.emplace_back(to_string(why.why));
    });
    home.welcome("/c1");
    home.close();
    EXPECT_EQ(captured.use_count(), 1) << "of the parent, too";
  }
  EXPECT_EQ(reasons, (strings{"server shutting down"}));
}

}  // namespace
}  // namespace socketio::core_testing
