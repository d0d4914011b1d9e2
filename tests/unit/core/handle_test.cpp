// Handles stay valid for ever: after the disconnect, on other threads, and when the server is gone.
// Calls from other threads arrive in their order.
#include "unit/core/core_script.hpp"

#include <atomic>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

// Every call that a handle has; none may do any harm, whatever has happened to its socket.
void call_everything(const socket& who) {
  EXPECT_FALSE(who.connected());
  EXPECT_FALSE(static_cast<bool>(who));
  EXPECT_FALSE(who.emit("x", 1));
  EXPECT_FALSE(who.send("x"));
  EXPECT_FALSE(who.volatile_().compress(false).timeout(1s).emit("x"));
  int settled = 0;
  EXPECT_FALSE(who.emit(
      "x", [&](std::error_code error) { settled += error == errc::disconnected ? 1 : 100; }));
  EXPECT_FALSE(who.timeout(1s).emit("x", [&](result<int> answer) { settled += answer ? 100 : 1; }));
  EXPECT_EQ(settled, 2);
  who.join({"a", "b"});
  who.leave("a");
  who.disconnect();
  who.disconnect(true);
  who.close_connection();
  who.off("x");
  who.off(who.on("x", [] {}));
  who.once("x", [](int) {});
  who.on_any([](std::string_view, const values&) {});
  who.on_any_outgoing([](std::string_view, const values&) {});
  who.off_any();
  who.off_any_outgoing();
  who.on_disconnect([](const disconnect_reason&) { FAIL() << "too late"; });
  who.on_disconnecting([](const disconnect_reason&) { FAIL() << "too late"; });
  who.on_error([](std::string_view) {});
  who.use([](event_packet&, const next_fn&) {});
  EXPECT_TRUE(who.rooms().empty());
  EXPECT_EQ(who.transport(), "");
  EXPECT_EQ(who.queued_bytes(), 0u);
}

TEST(Handle, after_the_disconnect_calls_do_nothing_and_say_so) {
  socket who;
  {
    house home;
    guest of = home.welcome();
    who = of.socket;
    const std::string id(who.id());
    of.peer.hang_up();
    call_everything(who);
    who.to("r").emit("x");
    who.broadcast().emit("x");
    EXPECT_EQ(who.id(), id);
    EXPECT_EQ(who.nsp_name(), "/");
    EXPECT_EQ(who.connection_id(), "the-session");
    EXPECT_EQ(who.handshake().address, "192.0.2.7");
    who.data() = 5;
    EXPECT_EQ(who.data(), value(5));
    EXPECT_EQ(of.peer.next(), "");
  }
  SCOPED_TRACE("the server is gone");
  call_everything(who);
  who.to("r").emit("x");
  EXPECT_EQ(who.nsp_name(), "/");
}

TEST(Handle, of_nobody) {
  const socket nobody;
  call_everything(nobody);
  nobody.broadcast().emit("x");
  EXPECT_EQ(nobody.id(), "");
  EXPECT_EQ(nobody.connection_id(), "");
  EXPECT_EQ(nobody.nsp_name(), "");
  EXPECT_THROW(nobody.data(), std::logic_error);
  EXPECT_EQ(nobody, socket());
}

TEST(Handle, of_a_namespace_whose_server_is_gone) {
  house home;
  const auto main = home.of();
  home.burn_down();
  EXPECT_FALSE(main.emit("x"));
  EXPECT_FALSE(main.to("r").except("s").emit("x"));
  int ends = 0;
  main.emit("x", [&](std::error_code error, const values&) {
    ends += error == errc::disconnected ? 1 : 100;
  });
  main.fetch_sockets(
      [&](const std::vector<remote_socket>& none) { ends += none.empty() ? 10 : 1000; });
  EXPECT_EQ(ends, 11);
  main.sockets_join("r");
  main.sockets_leave("r");
  main.disconnect_sockets(true);
  main.use([](const socket&) {});
  main.on("x", [] {});
  main.off("x");
  main.off(main.on_connection([](const socket&) {}));
  EXPECT_EQ(main.name(), "/");
  EXPECT_TRUE(main.local_sockets().empty());
  EXPECT_EQ(main.room_size("r"), 0u);
}

TEST(Handle, calls_from_another_thread_take_effect_in_their_order) {
  house home;
  auto [peer, who] = home.welcome();
  strings outcomes;
  std::thread([&, who = who] {
    EXPECT_TRUE(
        who.emit("first", std::string("a text that is gone when it is sent"), binary("bytes")));
    who.join("r");
    home.of().to("r").emit("second");
    who.timeout(100ms).emit("third", [&](std::error_code error, int n) {
      outcomes.push_back(error ? error.message() : std::to_string(n));
    });
    home.of().timeout(100ms).emit("fourth", [&](std::error_code error, const values&) {
      outcomes.push_back(error.message());
    });
    who.on("x", [] { return 5; });
    who.leave("r");
    home.of().fetch_sockets([&](const std::vector<remote_socket>& all) {
      outcomes.push_back(std::to_string(all.size()));
    });
  }).join();
  EXPECT_EQ(peer.next(), "") << "not before the shard runs";
  home.turn();
  EXPECT_EQ(
      peer.all(),
      (strings{
          R"(51-["first","a text that is gone when it is sent",{"_placeholder":true,"num":0}])",
          "<binary>bytes", R"(2["second"])", R"(20["third"])", R"(21["fourth"])"}));
  EXPECT_EQ(peer.asks(R"(27["x"])"), "37[5]");
  peer.says("30[3]");
  home.wait(100ms);
  EXPECT_EQ(outcomes, (strings{"1", "3", "operation has timed out"}));
}

TEST(Handle, a_call_from_another_thread_that_comes_too_late_settles) {
  strings outcomes;
  house home;
  auto [peer, who] = home.welcome();
  std::thread([&, who = who] {
    who.emit("x", [&](std::error_code error) { outcomes.push_back(error.message()); });
    home.of().emit(
        "x", [&](std::error_code error, const values&) { outcomes.push_back(error.message()); });
    home.of().fetch_sockets(
        [&](const std::vector<remote_socket>&) { outcomes.push_back("fetched"); });
  }).join();
  peer.hang_up();
  EXPECT_EQ(outcomes, (strings{"socket has been disconnected", "Success", "fetched"}))
      << "to nobody";
  outcomes.clear();
  const auto main = home.of();
  std::thread([&, who = who] {
    main.emit("x",
              [&](std::error_code error, const values&) { outcomes.push_back(error.message()); });
    main.fetch_sockets([&](const std::vector<remote_socket>&) { outcomes.push_back("fetched"); });
    who.emit("x", [&](std::error_code error) { outcomes.push_back(error.message()); });
  }).join();
  home.shard->stop();  // what was posted never runs
  EXPECT_EQ(outcomes,
            (strings{"socket has been disconnected", "fetched", "socket has been disconnected"}));
  outcomes.clear();
  std::thread([&, who = who] {
    EXPECT_FALSE(
        who.emit("x", [&](std::error_code error) { outcomes.push_back(error.message()); }));
    main.emit("x",
              [&](std::error_code error, const values&) { outcomes.push_back(error.message()); });
  }).join();
  EXPECT_EQ(outcomes, strings(2, "socket has been disconnected"));
}

TEST(Handle, many_threads_may_use_one_socket) {
  house home;
  auto [peer, who] = home.welcome();
  constexpr int threads = 4, calls = 200;
  std::atomic<int> settled{0}, running{threads};
  std::vector<std::thread> crew;
  for (int i = 0; i < threads; i++)
    crew.emplace_back([&, who = who] {
      for (int n = 0; n < calls; n++) {
        who.emit("x", n, [&](std::error_code) { settled++; });
        who.join("r" + std::to_string(n % 7));
        home.of().to("r0").emit("y");
        static_cast<void>(who.connected());
        static_cast<void>(who.handshake());
        if (n % 50 == 0) static_cast<void>(home.of("/made by " + std::to_string(n)));
      }
      running--;
    });
  while (running > 0) home.turn();
  for (auto& one : crew) one.join();
  home.turn();
  EXPECT_EQ(settled, 0);
  peer.hang_up();
  EXPECT_EQ(settled, threads * calls);
}

// What JavaScript developers write first: it must not compile to silence.
TEST(Handle, listeners_that_would_never_be_called_are_refused) {
  house home;
  auto [peer, who] = home.welcome();
  const auto complaint = [](const auto& listen) -> std::string {
    try {
      listen();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const auto of_socket = [&, who = who](std::string_view event) {
    const std::string text = complaint([&] { who.on(event, [] {}); });
    EXPECT_EQ(complaint([&] { who.once(event, [] {}); }), text);
    return text;
  };
  const auto of_namespace = [&](std::string_view event) {
    return complaint([&] { home.of().on(event, [] {}); });
  };
  const auto never = [](const std::string& event, const std::string& instead) {
    return "on(\"" + event + "\") would never be called: " + instead;
  };
  for (const auto& [event, instead] : std::vector<std::pair<std::string, std::string>>{
           {"connect", "call on_connection() of the server or namespace"},
           {"disconnect", "call on_disconnect()"},
           {"disconnecting", "call on_disconnecting()"},
           {"connect_error", "Socket.IO reserves the name, clients cannot send it"},
           {"newListener", "Socket.IO reserves the name, clients cannot send it"},
           {"removeListener", "Socket.IO reserves the name, clients cannot send it"}}) {
    EXPECT_EQ(of_socket(event), never(event, instead));
    EXPECT_EQ(of_namespace(event), never(event, instead));
  }
  EXPECT_EQ(of_namespace("connection"),
            never("connection", "call on_connection() of the server or namespace"));
  EXPECT_THROW(socket().on("disconnect", [] {}), std::invalid_argument) << "a handle of nobody";
  // Clients may send these.
  for (const char* event : {"connection", "error", "message", "ping", ""})
    EXPECT_EQ(of_socket(event), "") << event;
  for (const char* event : {"error", "message"}) EXPECT_EQ(of_namespace(event), "") << event;
}

}  // namespace
}  // namespace socketio::core_testing
