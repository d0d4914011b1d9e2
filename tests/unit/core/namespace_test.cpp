// Joining a namespace: middlewares of every form, what they may do, and what happens when somebody
// leaves meanwhile. Rows NS-01, NS-03, NS-09 to NS-14, RM-04, SV-08, Q-03, Q-30.
#include "unit/core/core_script.hpp"

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

const std::string refused_plain = R"(4{"message":"no"})";

TEST(Namespace, NS01_NS03_is_unknown_until_it_is_named) {
  house home;
  connection& peer = home.connect();
  EXPECT_EQ(peer.asks("0/late,"), R"(4/late,{"message":"Invalid namespace"})");
  EXPECT_EQ(home.of("late").name(), "/late");
  EXPECT_NE(peer.join("/late"), "");
  EXPECT_FALSE(peer.closed());
}

TEST(Namespace, SV08_the_server_is_told_of_new_ones) {
  house home;
  strings names;
  home.inside().new_namespace.add(next_listener_id(),
                                  [&](const auto& made) { names.push_back(made->name()); });
  home.of("/a");
  home.of("/a");
  std::thread([&] { home.of("b"); }).join();
  home.turn();
  EXPECT_EQ(names, (strings{"/a", "/b"}));
}

TEST(Namespace, NS09_RM04_the_handler_sees_a_connected_socket_in_its_own_room) {
  house home;
  strings seen;
  home.of().on_connection([&](const socket& who) {
    seen.push_back(std::string(who.id()) + (who.connected() ? " connected" : ""));
    EXPECT_EQ(who.rooms(), (strings{std::string(who.id())}));
    who.emit("welcome");
  });
  connection& peer = home.connect();
  peer.says("0");
  const auto packets = peer.all();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_TRUE(packets[0].starts_with(R"(0{"sid":")"));
  EXPECT_EQ(packets[1], R"(2["welcome"])");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(packets[0], R"(0{"sid":")" + seen[0].substr(0, 20) + R"("})");
}

TEST(Namespace, SK02_SK03_the_handshake_tells_what_is_known) {
  house home;
  home.inside().wall_clock = [] {
    return std::chrono::system_clock::time_point(1'000'000'000'123ms);
  };
  connection& peer = home.connect("/socket.io/?EIO=4&a=1&a=b%20c",
                                  {{"X-One", "1"}, {"Origin", "http://x"}, {"X-Empty", ""}});
  const auto who = home.find(peer.join("/", R"({"token":[1,"two"]})"));
  const auto known = who.handshake();
  EXPECT_EQ(known.headers["x-one"], "1");
  EXPECT_TRUE(known.headers.contains("x-empty"));
  EXPECT_EQ(known.headers.size(), 3u);
  EXPECT_TRUE(known.xdomain);
  EXPECT_FALSE(known.secure);
  EXPECT_EQ(known.address, "192.0.2.7");
  EXPECT_EQ(known.url, "/socket.io/?EIO=4&a=1&a=b%20c");
  EXPECT_EQ(known.query["a"], "b c");
  EXPECT_EQ(known.issued_ms, 1'000'000'000'123);
  EXPECT_EQ(known.time, "Sun Sep 09 2001 01:46:40 GMT+0000 (Coordinated Universal Time)");
  EXPECT_EQ(known.auth, value::map({{"token", value::list({1, "two"})}}));
  EXPECT_EQ(who.connection_id(), "the-session");
  EXPECT_EQ(who.transport(), "websocket");
  const auto other = home.welcome().socket;
  EXPECT_EQ(other.handshake().auth, value(value::object()));
  EXPECT_FALSE(other.handshake().xdomain);
}

// ---- middlewares

struct suspension {
  std::vector<std::coroutine_handle<>>* waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> who) const { waiting->push_back(who); }
  void await_resume() const noexcept {}
};
task<> think(std::vector<std::coroutine_handle<>>* waiting) { co_await suspension{waiting}; }

TEST(Namespace, NS11_middlewares_of_every_form_run_in_order) {
  house home;
  const auto main = home.of();
  strings calls;
  std::vector<next_fn> waiting;
  std::vector<std::coroutine_handle<>> thinking;
  const auto note = [&](const char* what, const socket& who) {
    calls.push_back(what + std::string(who.connected() ? " connected" : ""));
  };
  main.use([&](const socket& who, const next_fn& next) { note("next", who), next(); });
  main.use([&](const socket& who) { note("void", who); });
  main.use([&](const socket& who) -> std::optional<connect_error> {
    return note("optional", who), std::nullopt;
  });
  main.use([&](socket who) -> task<> {
    note("task begins", who);
    co_await think(&thinking);
    note("task ends", who);
  });
  main.use([&](socket who) -> task<std::optional<connect_error>> {
    note("task of optional", who);
    co_return std::nullopt;
  });
  main.use(
      [&](const socket& who, const next_fn& next) { note("later", who), waiting.push_back(next); });
  main.on_connection([&](const socket& who) { note("connection", who); });
  connection& peer = home.connect();
  EXPECT_EQ(peer.join(), "");
  EXPECT_EQ(calls.back(), "task begins");
  thinking.at(0).resume();
  EXPECT_EQ(calls.back(), "later");
  std::thread([&] { waiting.at(0)(); }).join();
  EXPECT_EQ(calls.back(), "later");
  home.turn();
  EXPECT_EQ(calls, (strings{"next", "void", "optional", "task begins", "task ends",
                            "task of optional", "later", "connection connected"}));
}

TEST(Namespace, NS11_a_middleware_refuses_in_every_form) {
  const std::pair<const char*, std::function<void(const socketio::nsp&)>> forms[] = {
      {"text",
       [](const auto& of) { of.use([](const socket&, const next_fn& next) { next("no"); }); }},
      {"error",
       [](const auto& of) {
         of.use([](const socket&, const next_fn& next) { next(connect_error("no")); });
       }},
      {"returned",
       [](const auto& of) {
         of.use([](const socket&) -> std::optional<connect_error> { return connect_error("no"); });
       }},
      {"thrown", [](const auto& of) { of.use([](const socket&) { throw connect_error("no"); }); }},
      {"thrown beside next",
       [](const auto& of) {
         of.use([](const socket&, const next_fn&) { throw connect_error("no"); });
       }},
      {"thrown by a task",
       [](const auto& of) {
         of.use([](socket) -> task<> {
           throw connect_error("no");
           co_return;
         });
       }},
      {"returned by a task",
       [](const auto& of) {
         of.use(
             [](socket) -> task<std::optional<connect_error>> { co_return connect_error("no"); });
       }},
  };
  for (const auto& [name, install] : forms) {
    SCOPED_TRACE(name);
    house home;
    install(home.of());
    home.of().use([](const socket&) { FAIL() << "the one before has refused"; });
    home.of().on_connection([](const socket&) { FAIL(); });
    home.of().on_disconnect(
        [](const socket&, const disconnect_reason&) { FAIL() << "it never was connected"; });
    connection& peer = home.connect();
    EXPECT_EQ(peer.asks("0"), refused_plain);
    EXPECT_EQ(home.counters().refused_total.get(), 1u);
    EXPECT_FALSE(peer.closed());
    EXPECT_EQ(peer.asks("0"), refused_plain) << "it may try again";
  }
}

TEST(Namespace, NS11_a_refusal_carries_data) {
  house home;
  home.of().use([](const socket&) { throw connect_error("no", value::map({{"code", 7}})); });
  EXPECT_EQ(home.connect().asks("0"), R"(4{"message":"no","data":{"code":7}})");
}

TEST(Namespace, Q30_any_other_exception_refuses_without_telling_why) {
  for (const bool coroutine : {false, true}) {
    house home;
    if (coroutine)
      home.of().use([](socket) -> task<> {
        throw std::runtime_error("a secret");
        co_return;
      });
    else
      home.of().use([](const socket&) { throw std::runtime_error("a secret"); });
    EXPECT_EQ(home.connect().asks("0"), R"(4{"message":"internal error"})");
    EXPECT_EQ(home.errors, (strings{"middleware: a secret"}));
    home.errors.clear();
  }
}

TEST(Namespace, Q30_the_first_call_of_next_counts) {
  house home;
  int joined = 0;
  home.of().on_connection([&](const socket&) { joined++; });
  home.of().use([](const socket&, const next_fn& next) {
    next();
    next();
    next("too late");
    throw connect_error("much too late");
  });
  EXPECT_NE(home.connect().join(), "");
  EXPECT_EQ(joined, 1);
}

TEST(Namespace, NS12_what_a_middleware_does_to_the_socket_stays) {
  house home;
  home.of().use([](const socket& who) {
    who.join("early");
    who.emit("early", 1);
    who.data() = "kept";
    who.on("x", [] { return "a handler of the middleware"; });
  });
  connection& peer = home.connect();
  peer.says("0");
  EXPECT_EQ(peer.next(), R"(2["early",1])");
  EXPECT_TRUE(peer.next().starts_with("0{"));
  const auto who = home.of().local_sockets().at(0);
  EXPECT_EQ(who.rooms().size(), 2u);
  EXPECT_EQ(who.data(), value("kept"));
  EXPECT_EQ(peer.asks(R"(21["x"])"), R"(31["a handler of the middleware"])");
}

TEST(Namespace, BR04_a_socket_in_its_middlewares_gets_no_broadcast) {
  house home;
  std::vector<next_fn> waiting;
  home.of().use(
      [&](const socket& who, const next_fn& next) { who.join("r"), waiting.push_back(next); });
  connection& peer = home.connect();
  peer.says("0");
  home.of().emit("x");
  home.of().to("r").emit("x");
  home.of().fetch_sockets(
      [](const std::vector<remote_socket>& found) { EXPECT_TRUE(found.empty()); });
  EXPECT_EQ(peer.next(), "");
  waiting.at(0)();
  home.of().to("r").emit("x");
  EXPECT_EQ(peer.all().size(), 2u);
}

TEST(Namespace, Q03_SV12_nothing_else_may_come_while_a_middleware_thinks) {
  for (const char* packet : {"0", R"(2["x"])", "1", "30[]"}) {
    house home;
    std::vector<next_fn> waiting;
    home.of().use([&](const socket&, const next_fn& next) { waiting.push_back(next); });
    connection& peer = home.connect();
    peer.says("0").says(packet);
    EXPECT_TRUE(peer.closed()) << packet;
    waiting.at(0)();
    home.turn();
    EXPECT_EQ(peer.next(), "");
  }
}

TEST(Namespace, NS13_whoever_leaves_during_the_middlewares_is_cleaned_up_in_silence) {
  for (const char* how : {"hangs up", "server closes", "house burns"}) {
    SCOPED_TRACE(how);
    std::vector<next_fn> waiting;
    std::vector<std::coroutine_handle<>> thinking;
    const auto captured = std::make_shared<int>(0);
    int settled = 0;
    socket kept;
    {
      house home;
      home.of().on_disconnect([](const socket&, const disconnect_reason&) { FAIL(); });
      home.of().use([&](const socket& who, const next_fn& next) {
        kept = who;
        who.join("r");
        who.on("x", [captured, who] {});
        who.timeout(10s).emit("question",
                              [&](std::error_code error) { settled += error ? 1 : 100; });
        waiting.push_back(next);
      });
      connection& peer = home.connect();
      peer.says("0");
      EXPECT_EQ(captured.use_count(), 2);
      if (how == std::string("hangs up"))
        peer.hang_up();
      else if (how == std::string("server closes"))
        home.close();
      else
        home.burn_down();
      EXPECT_EQ(captured.use_count(), 1);
      EXPECT_EQ(settled, 1);
      EXPECT_TRUE(kept.rooms().empty());
      waiting.at(0)();
    }
    waiting.at(0)("much too late");
    EXPECT_FALSE(kept.connected());
    EXPECT_FALSE(kept.emit("x"));
  }
}

TEST(Namespace, NS13_a_coroutine_that_outlives_its_client_ends_in_silence) {
  house home;
  std::vector<std::coroutine_handle<>> thinking;
  bool ended = false;
  home.of().use([&](socket who) -> task<> {
    co_await think(&thinking);
    EXPECT_FALSE(who.connected());
    ended = true;
  });
  connection& peer = home.connect();
  peer.says("0").hang_up();
  thinking.at(0).resume();
  EXPECT_TRUE(ended);
}

TEST(Namespace, NS11_a_middleware_that_is_added_meanwhile_is_for_the_next_client) {
  house home;
  int calls = 0;
  home.of().use([&](const socket&) { home.of().use([&](const socket&) { calls++; }); });
  EXPECT_NE(home.connect().join(), "");
  EXPECT_EQ(calls, 0);
  EXPECT_NE(home.connect().join(), "");
  EXPECT_EQ(calls, 1);
}

TEST(Namespace, NS14_namespaces_share_a_connection_and_nothing_else) {
  house home;
  home.of("/other");
  connection& peer = home.connect();
  const auto main = home.find(peer.join());
  const auto other = home.find(peer.join("/other"), "/other");
  EXPECT_NE(main.id(), other.id());
  EXPECT_EQ(main.connection_id(), other.connection_id());
  main.join("r");
  home.of("/other").to("r").emit("nobody");
  home.of("/other").to(main.id()).emit("nobody");
  EXPECT_EQ(peer.next(), "");
  peer.says("1/other,");
  EXPECT_TRUE(main.connected());
  EXPECT_FALSE(other.connected());
}

}  // namespace
}  // namespace socketio::core_testing
