// An incoming event on its way to the handlers: who is called, in which order, and what may happen
// meanwhile. Rows SK-10 to SK-14, Q-31, PK-05.
#include "unit/core/core_script.hpp"

#include <optional>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

TEST(Dispatch, SK13_catch_all_listeners_come_first_then_middlewares_then_handlers_in_their_order) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.on("x", [&] { calls.push_back("first handler"); });
  who.use([&](event_packet&, const next_fn& next) { calls.push_back("first middleware"), next(); });
  who.on_any(
      [&](std::string_view event, const values&) { calls.push_back("any " + std::string(event)); });
  who.use(
      [&](event_packet&, const next_fn& next) { calls.push_back("second middleware"), next(); });
  who.prepend_any([&](std::string_view, const values&) { calls.push_back("prepended"); });
  who.on("x", [&] { calls.push_back("second handler"); });
  peer.says(R"(2["x"])");
  EXPECT_EQ(calls, (strings{"prepended", "any x", "first middleware", "second middleware",
                            "first handler", "second handler"}));
}

TEST(Dispatch, handlers_of_the_socket_win_over_those_of_the_namespace) {
  house home;
  const auto main = home.of();
  strings calls;
  main.on("x", [&](const socket& from, int n) {
    calls.push_back("nsp " + std::to_string(n) + (from.connected() ? "" : "!"));
  });
  auto [peer, who] = home.welcome();
  peer.says(R"(2["x",1])");
  const auto id = who.on("x", [&](int n) { calls.push_back("socket " + std::to_string(n)); });
  peer.says(R"(2["x",2])");
  who.off(id);
  peer.says(R"(2["x",3])");
  main.off("x");
  peer.says(R"(2["x",4])");
  EXPECT_EQ(calls, (strings{"nsp 1", "socket 2", "nsp 3"}));
}

TEST(Dispatch, a_handler_may_remove_itself_and_those_behind_it) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  listener_id first = 0, third = 0;
  first = who.on("x", [&, who = who] {
    calls.push_back("first");
    who.off(first);
    who.off(third);
  });
  who.on("x", [&] { calls.push_back("second"); });
  third = who.on("x", [&] { calls.push_back("third"); });
  peer.says(R"(2["x"])").says(R"(2["x"])");
  EXPECT_EQ(calls, (strings{"first", "second", "second"}));
}

TEST(Dispatch, a_handler_may_remove_all_handlers_of_its_event) {
  house home;
  auto [peer, who] = home.welcome();
  int calls = 0;
  auto kept = std::make_shared<std::string>("what a handler captured");
  const std::weak_ptr<std::string> watched = kept;
  who.on("x", [&, kept, who = who] {
    who.off("x");
    calls += static_cast<int>(kept->size());  // the handler outlives its own removal
  });
  kept.reset();
  who.on("x", [&] { calls = -1; });
  peer.says(R"(2["x"])").says(R"(2["x"])");
  EXPECT_EQ(calls, 23);
  EXPECT_TRUE(watched.expired());
}

TEST(Dispatch, handlers_that_a_handler_adds_are_for_the_next_event) {
  house home;
  auto [peer, who] = home.welcome();
  int added = 0;
  who.on("x", [&, who = who] {
    for (int i = 0; i < 100; i++)
      who.on("x", [&] { added++; });  // the list of handlers moves in memory
    who.emit("still here");
  });
  peer.says(R"(2["x"])");
  EXPECT_EQ(added, 0);
  peer.says(R"(2["x"])");
  EXPECT_EQ(added, 100);
}

TEST(Dispatch, once_is_over_before_its_handler_runs) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.once("x", [&, who = who] {
    calls.push_back("once");
    who.once("x", [&] { calls.push_back("again"); });
  });
  who.once("x", [&] { calls.push_back("the other"); });
  peer.says(R"(2["x"])").says(R"(2["x"])").says(R"(2["x"])");
  EXPECT_EQ(calls, (strings{"once", "the other", "again"}));
}

TEST(Dispatch, once_may_be_removed_before_and_while_it_runs) {
  house home;
  auto [peer, who] = home.welcome();
  int calls = 0;
  who.off(who.once("x", [&] { calls += 100; }));
  listener_id id = 0;
  id = who.once("x", [&, who = who] {
    calls++;
    who.off(id);
  });
  peer.says(R"(2["x"])").says(R"(2["x"])");
  EXPECT_EQ(calls, 1);
}

TEST(Dispatch, PK05_a_number_is_a_name_too) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.on("7", [&](std::string_view text) { calls.emplace_back(text); });
  who.on("1.5", [&](std::string_view text) { calls.emplace_back(text); });
  peer.says(R"(2[7,"seven"])").says(R"(2[1.5,"one and a half"])");
  EXPECT_EQ(calls, (strings{"seven", "one and a half"}));
}

TEST(Dispatch, SK10_events_of_a_socket_that_has_left_are_ignored) {
  house home;
  auto [peer, who] = home.welcome();
  int calls = 0;
  who.on("x", [&, who = who] {
    calls++;
    who.disconnect();
  });
  who.on("x", [&] { calls += 100; });  // not called: the one before has disconnected
  peer.says(R"(2["x"])");
  EXPECT_EQ(calls, 1);
}

// ---- arguments

TEST(Dispatch, arguments_that_do_not_fit_never_reach_the_handler) {
  house home;
  const auto main = home.of();
  strings invalid;
  main.on_invalid([&](const socket& from, const invalid_arguments& what) {
    invalid.push_back(what.text() + (from.connected() ? "" : "!"));
  });
  auto [peer, who] = home.welcome();
  int calls = 0;
  who.on("x", [&](const std::string&, std::uint8_t) { calls++; });
  peer.says(R"(2["x",1,2])").says(R"(2["x","a"])").says(R"(2["x","a",256])");
  EXPECT_EQ(peer.next(), "") << "nobody asked for an answer";
  EXPECT_EQ(
      peer.asks(R"(27["x",null,2])"),
      R"(37[{"error":{"code":"invalid_arguments","message":"argument 1 of \"x\": expected string, got null"}}])");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(home.counters().invalid_arguments.get(), 4u);
  EXPECT_EQ(invalid,
            (strings{R"(argument 1 of "x": expected string, got integer)",
                     R"(argument 2 of "x": expected integer from 0 to 255, but it is missing)",
                     R"(argument 2 of "x": expected integer from 0 to 255, got integer)",
                     R"(argument 1 of "x": expected string, got null)"}));
  peer.says(R"(2["x","a",255,"surplus",{}])");
  EXPECT_EQ(calls, 1);
}

TEST(Dispatch, a_handler_whose_arguments_fit_runs_beside_one_whose_do_not) {
  house home;
  auto [peer, who] = home.welcome();
  who.on("x", [](const std::string&) { return "text"; });
  who.on("x", [](int) { return "number"; });
  EXPECT_EQ(peer.says(R"(21["x",5])").all(), (strings{R"(31["number"])"}));
  EXPECT_EQ(peer.says(R"(22["x","a"])").all(), (strings{R"(32["text"])"}));
  EXPECT_EQ(home.counters().invalid_arguments.get(), 2u);
  EXPECT_EQ(peer.says(R"(23["x",null])").all(),
            (strings{R"(33[{"error":{"code":"invalid_arguments","message":)"
                     R"("argument 1 of \"x\": expected string, got null"}}])"}))
      << "nobody answered: the first error";
}

TEST(Dispatch, an_error_answers_only_when_no_other_handler_does_or_may_do_later) {
  house home;
  auto [peer, who] = home.welcome();
  std::vector<ack<int>> kept;
  who.on("throws first", []() -> int { throw std::runtime_error("thrown"); });
  who.on("throws first", [] { return 2; });
  who.on("kept", [](int) {});
  who.on("kept", [&](const std::string&, const ack<int>& answer) { kept.push_back(answer); });
  who.on("dropped", [](int) {});
  who.on("dropped", [](const std::string&, const ack<int>&) {});
  EXPECT_EQ(peer.says(R"(21["throws first"])").all(), (strings{"31[2]"}));
  EXPECT_EQ(peer.says(R"(22["kept","a"])").all(), strings());
  kept.at(0)(5);
  EXPECT_EQ(peer.all(), (strings{"32[5]"}));
  EXPECT_EQ(peer.says(R"(23["dropped","a"])").all().size(), 1u) << "nobody can answer any more";
  EXPECT_EQ(home.errors, (strings{"throws first: thrown"}));
  home.errors.clear();
}

TEST(Dispatch, a_handler_that_returns_a_task_may_add_handlers_before_it) {
  house home;
  auto [peer, who] = home.welcome();
  const auto answer = [](int n) -> task<int> { co_return n; };
  who.on("x", [&, who = who](int n) {
    for (int i = 0; i < 100; i++) who.on("y", [] {});  // the list of handlers moves in memory
    return answer(n);
  });
  EXPECT_EQ(peer.asks(R"(21["x",5])"), "31[5]");
}

TEST(Dispatch, missing_arguments_fit_optional_parameters_and_values) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.on("x", [&](std::optional<int> a, const value& b, const rest& others) {
    calls.push_back((a ? std::to_string(*a) : "none") + " " + b.to_string() + " " +
                    text_of(others.all));
  });
  peer.says(R"(2["x"])").says(R"(2["x",1])").says(R"(2["x",null,{"a":1},2,[3]])");
  EXPECT_EQ(calls, (strings{"none null []", "1 null []", R"(none {"a":1} [2,[3]])"}));
}

// ---- exceptions

TEST(Dispatch, Q31_an_exception_is_reported_answered_and_harms_nobody) {
  house home;
  auto [peer, who] = home.welcome();
  int calls = 0;
  who.on("x", [](int) { throw std::runtime_error("thrown"); });
  who.on("x", [&](int) { calls++; });
  EXPECT_EQ(peer.asks(R"(21["x",5])"),
            R"(31[{"error":{"code":"internal_error","message":"the handler failed"}}])");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(home.errors, (strings{"x: thrown"}));
  home.errors.clear();
  who.on_any([](std::string_view, const values&) { throw 5; });
  peer.says(R"(2["nobody listens"])");
  EXPECT_EQ(home.errors, (strings{"on_any: not an exception"}));
  home.errors.clear();
  EXPECT_TRUE(who.connected());
  EXPECT_EQ(home.counters().handler_exceptions.get(), 2u);
}

// ---- catch-all listeners

TEST(Dispatch, SK13_a_catch_all_listener_knows_whether_an_answer_was_asked_for) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.on_any([&](std::string_view event, const values& all, bool wants_ack) {
    calls.push_back(std::string(event) + text_of(all) + (wants_ack ? "?" : ""));
  });
  peer.says(R"(2["a",1])").says(R"(29["b",{"c":[null]}])");
  who.off_any();
  peer.says(R"(2["unheard"])");
  EXPECT_EQ(calls, (strings{"a[1]", R"(b[{"c":[null]}]?)"}));
}

TEST(Dispatch, SK14_outgoing_listeners_see_events_and_broadcasts_but_no_answers) {
  house home;
  const auto main = home.of();
  auto [peer, who] = home.welcome();
  strings calls;
  who.on_any_outgoing([&](std::string_view event, const values& all) {
    calls.push_back(std::string(event) + text_of(all));
  });
  who.prepend_any_outgoing([&](std::string_view, const values&) { calls.push_back("-"); });
  who.on("x", [](int n) { return n; });
  peer.says(R"(21["x",5])");
  who.emit("one", binary("ab"), 2);
  main.emit("all", true);
  peer.can_write = false;
  who.volatile_().emit("dropped");
  main.volatile_().emit("dropped too");
  EXPECT_EQ(calls, (strings{"-", R"(one[{"$binary":2},2])", "-", "all[true]", "-", "dropped[]", "-",
                            "dropped too[]"}));
  who.off_any_outgoing();
  who.emit("unseen");
  EXPECT_EQ(calls.size(), 8u);
}

TEST(Dispatch, SK14_outgoing_listeners_see_events_however_deep) {
  house home;
  auto [peer, who] = home.welcome();
  value deep;
  for (int i = 0; i < 300; i++) deep = value::list({std::move(deep)});
  values seen;
  who.on_any_outgoing([&](std::string_view, const values& all) { seen.push_back(all.at(0)); });
  who.emit("x", deep);
  home.of().emit("x", deep);
  EXPECT_EQ(seen, (values{deep, deep}));
}

TEST(Dispatch, SK12_an_event_named_error_is_an_error) {
  house home;
  auto [peer, who] = home.welcome();
  strings calls;
  who.on_error([&](std::string_view what) { calls.emplace_back(what); });
  who.on("error", [&](const value& what) { calls.push_back("handler " + what.to_string()); });
  peer.says(R"(2["error","odd"])").says(R"(2["error",{"code":1}])").says(R"(2["error"])");
  EXPECT_EQ(calls, (strings{"odd", R"(handler "odd")", R"({"code":1})", R"(handler {"code":1})",
                            "null", "handler null"}));
}

}  // namespace
}  // namespace socketio::core_testing
