// Every way to add and remove a listener, of sockets and namespaces. Rows SV-04, SV-05, SK-09,
// SK-13, SK-14, NS-01.
#include "unit/core/core_script.hpp"

#include <stdexcept>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

template <class Of>
struct Listeners : ::testing::Test {
  house home;
  guest who = home.welcome();
  strings calls;
  Of of() {
    if constexpr (std::is_same_v<Of, socket>)
      return who.socket;
    else
      return home.of();
  }
  auto note(const char* what) {
    return [this, what] { calls.emplace_back(what); };
  }
  strings heard(const char* packet = R"(2["x"])") {
    calls.clear();
    who.peer.says(packet);
    return calls;
  }
};
using both = ::testing::Types<socket, socketio::nsp>;
TYPED_TEST_SUITE(Listeners, both);

// SV-04
TYPED_TEST(Listeners, on_once_and_prepend) {
  this->of().on("x", this->note("second"));
  this->of().once("x", this->note("third, once"));
  this->of().prepend("x", this->note("first"));
  EXPECT_EQ(this->heard(), (strings{"first", "second", "third, once"}));
  EXPECT_EQ(this->heard(), (strings{"first", "second"}));
}

TYPED_TEST(Listeners, off_in_its_three_forms) {
  const auto id = this->of().on("x", this->note("a"));
  this->of().on("x", this->note("b"));
  this->of().on("y", this->note("c"));
  this->of().off(id);
  EXPECT_EQ(this->heard(), (strings{"b"}));
  this->of().off("x");
  EXPECT_EQ(this->heard(), (strings{}));
  EXPECT_EQ(this->heard(R"(2["y"])"), (strings{"c"}));
  this->of().off();
  EXPECT_EQ(this->heard(R"(2["y"])"), (strings{}));
}

// A handler that puts another one in front moves itself; it must not run twice.
TYPED_TEST(Listeners, prepend_while_handlers_run) {
  bool added = false;
  this->of().on("x", [&] {
    this->calls.emplace_back("a");
    if (!std::exchange(added, true)) this->of().prepend("x", this->note("new"));
  });
  this->of().on("x", this->note("b"));
  EXPECT_EQ(this->heard(), (strings{"a", "b"}));
  EXPECT_EQ(this->heard(), (strings{"new", "a", "b"}));
}

TYPED_TEST(Listeners, once_may_remove_and_add_itself) {
  std::function<void()> again = [&] {
    this->calls.emplace_back("x");
    if (this->calls.size() < 2) this->of().once("x", [&] { again(); });
  };
  this->of().once("x", [&] { again(); });
  EXPECT_EQ(this->heard(), (strings{"x"}));
  EXPECT_EQ(this->heard(), (strings{"x"}));
}

TEST(SocketListeners, SK13_SK14_they_are_counted) {
  house home;
  const auto who = home.welcome().socket;
  EXPECT_EQ(who.listeners_any(), 0u);
  const auto any = [](std::string_view, const values&) {};
  const auto id = who.on_any(any);
  who.prepend_any(any);
  who.on_any_outgoing(any);
  who.prepend_any_outgoing(any);
  EXPECT_EQ(who.listeners_any(), 2u);
  EXPECT_EQ(who.listeners_any_outgoing(), 2u);
  who.off(id);
  EXPECT_EQ(who.listeners_any(), 1u);
  who.off_any();
  EXPECT_EQ(who.listeners_any(), 0u);
  EXPECT_EQ(who.listeners_any_outgoing(), 2u);
  who.off_any_outgoing();
  EXPECT_EQ(who.listeners_any_outgoing(), 0u);
  who.on("x", [] {});
  who.once("x", [] {});
  EXPECT_EQ(who.listener_count("x"), 2u);
  EXPECT_EQ(who.listener_count("y"), 0u);
  std::thread([&] { EXPECT_THROW(who.listeners_any(), std::logic_error); }).join();
  who.disconnect();
  EXPECT_EQ(who.listener_count("x"), 0u);
  EXPECT_EQ(socket().listeners_any(), 0u);
}

TEST(NamespaceListeners, NS01_once_connection) {
  house home;
  strings calls;
  home.of().on_connection([&](const socket&) { calls.emplace_back("always"); });
  const auto never = home.of().once_connection([&](const socket&) { FAIL() << "removed"; });
  home.of().once_connection([&](const socket&) { calls.emplace_back("once"); });
  home.of().off(never);
  home.welcome();
  home.welcome();
  EXPECT_EQ(calls, (strings{"always", "once", "always"}));
}

// SK-09, SV-05
TEST(Chains, send_and_write_are_the_message_event_everywhere) {
  house home;
  auto a = home.welcome(), b = home.welcome();
  b.socket.join("r");
  const auto main = home.of();
  main.send(1);
  main.write(2);
  main.to("r").write(3);
  a.socket.write(4);
  a.socket.compress(false).write(5);
  a.socket.to("r").send(6);
  EXPECT_EQ(a.peer.all(), (strings{R"(2["message",1])", R"(2["message",2])", R"(2["message",4])",
                                   R"(2["message",5])"}));
  EXPECT_EQ(b.peer.all(), (strings{R"(2["message",1])", R"(2["message",2])", R"(2["message",3])",
                                   R"(2["message",6])"}));
}

// SV-05, BR-01: every call of a namespace begins a chain, and every call of a chain goes on with
// it.
TEST(Chains, every_call_begins_one_and_goes_on_with_it) {
  house home;
  auto a = home.welcome(), b = home.welcome();
  b.socket.join("r");
  const auto main = home.of();
  const broadcast_operator begins[] = {main.to("r"),
                                       main.in("r"),
                                       main.except("nobody").to("r"),
                                       main.local().to("r"),
                                       main.volatile_().to("r"),
                                       main.compress(false).to("r"),
                                       main.timeout(1s).to("r"),
                                       a.socket.to("r"),
                                       a.socket.in("r"),
                                       a.socket.except("nobody"),
                                       a.socket.local(),
                                       a.socket.broadcast(),
                                       a.socket.volatile_().to("r"),
                                       a.socket.timeout(1s).broadcast()};
  for (const auto& one : begins) {
    one.local().volatile_().compress(true).timeout(1s).except("other").in("r").emit("x");
    EXPECT_EQ(b.peer.all(), (strings{R"(2["x"])"}));
    EXPECT_TRUE(a.peer.all().empty());
    int found = 0;
    one.fetch_sockets([&](const auto& all) { found = static_cast<int>(all.size()); });
    EXPECT_EQ(found, 1);
  }
  // BR-01: the one it was made from is as before.
  const auto base = main.to("r");
  base.except("r").emit("nobody");
  base.emit("y");
  EXPECT_EQ(b.peer.all(), (strings{R"(2["y"])"}));
}

// RM-06: any text, and nothing but text.
TEST(Rooms, their_names_are_texts_of_any_kind) {
  house home;
  auto [peer, who] = home.welcome();
  using namespace std::string_literals;
  for (const std::string& name : {""s, "1"s, "\0"s, "r\u00f6\u00f6m"s, "__proto__"s, "#"s}) {
    who.join(name);
    EXPECT_EQ(home.of().room_size(name), 1u) << name;
    home.of().to(name).emit("x");
    EXPECT_EQ(peer.all().size(), 1u) << name;
    who.leave(name);
    EXPECT_EQ(home.of().room_size(name), 0u) << name;
  }
}

}  // namespace
}  // namespace socketio::core_testing
