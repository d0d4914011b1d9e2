// Adapters of one's own, and two servers that are joined by one: what the interface must carry.
// Rows RM-05, RM-07, OP-03, NS-17, NS-18, AD-01, AD-03, AD-05 to AD-07, SS-01 to SS-06, UT-01 to
// UT-05.
#include "socketio/adapter.hpp"

#include "unit/core/core_script.hpp"

#include <map>
#include <stdexcept>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

// ---- one that counts

struct counts {
  std::map<std::string, int> of;
  bool throws_in_init = false;
  bool throws_in_rooms = false;
};

struct counting_adapter final : socketio::adapter {
  counting_adapter(const adapter_context& context, counts& of_all)
      : adapter(context), all(of_all) {}

  void note(const char* what) { all.of[what]++; }
  void init() override {
    note("init");
    if (all.throws_in_init) throw std::runtime_error("no network");
  }
  void close(std::function<void()> closed) override { note("close"), adapter::close(closed); }
  void note_rooms(const char* what) {
    note(what);
    if (all.throws_in_rooms) throw std::runtime_error(what);
  }
  void add_all(const socket& who, std::span<const std::string> rooms) override {
    note_rooms("add_all"), adapter::add_all(who, rooms);
  }
  void del(const socket& who, std::string_view room) override {
    note_rooms("del"), adapter::del(who, room);
  }
  void del_all(const socket& who) override { note_rooms("del_all"), adapter::del_all(who); }
  bool broadcast(const broadcast_packet& what, const broadcast_options& to) override {
    note("broadcast");
    last = std::string(what.arguments);
    return adapter::broadcast(what, to);
  }
  void broadcast_with_ack(const broadcast_packet& what, const broadcast_options& to,
                          const std::shared_ptr<answer_collector>& answers) override {
    note("broadcast_with_ack"), adapter::broadcast_with_ack(what, to, answers);
  }
  void sockets(const broadcast_options& of,
               std::function<void(std::vector<std::string>)> done) override {
    note("sockets"), adapter::sockets(of, done);
  }
  void fetch_sockets(
      const broadcast_options& of,
      std::function<void(std::error_code, std::vector<remote_socket>)> done) override {
    note("fetch_sockets"), adapter::fetch_sockets(of, done);
  }
  void add_sockets(const broadcast_options& of, std::span<const std::string> rooms) override {
    note("add_sockets"), adapter::add_sockets(of, rooms);
  }
  void del_sockets(const broadcast_options& of, std::span<const std::string> rooms) override {
    note("del_sockets"), adapter::del_sockets(of, rooms);
  }
  void disconnect_sockets(const broadcast_options& of, bool close) override {
    note("disconnect_sockets"), adapter::disconnect_sockets(of, close);
  }
  void server_side_emit(const broadcast_packet& what,
                        std::shared_ptr<server_answers> answers) override {
    note("server_side_emit"), adapter::server_side_emit(what, answers);
  }

  counts& all;
  std::string last;
};

std::function<std::unique_ptr<socketio::adapter>(const adapter_context&)> counting(counts& all) {
  return [&all](const adapter_context& of) { return std::make_unique<counting_adapter>(of, all); };
}

// RM-05, RM-07, OP-03
TEST(Adapter, one_of_ones_own_sees_everything_that_happens) {
  counts all;
  {
    house home;
    home.names().options.make_adapter = counting(all);
    const auto chat = home.of("/chat");
    auto [peer, who] = home.welcome("/chat");
    EXPECT_EQ(all.of, (std::map<std::string, int>{{"init", 1}, {"add_all", 1}}));
    who.join("r");
    who.leave("r");
    chat.emit("x", 1);
    EXPECT_EQ(static_cast<counting_adapter&>(chat.adapter()).last, R"(["x",1])");
    EXPECT_EQ(peer.next(), R"(2/chat,["x",1])");
    who.to("r").emit("x");
    int answered = 0;
    chat.emit("q",
              [&](std::error_code, const std::vector<int>& answers) { answered += answers.at(0); });
    EXPECT_EQ(peer.next(), R"(2/chat,0["q"])");
    peer.says("3/chat,0[7]");
    EXPECT_EQ(answered, 7);
    chat.fetch_sockets([](const auto& found) { EXPECT_EQ(found.size(), 1u); });
    chat.all_sockets([](const auto& found) { EXPECT_EQ(found.size(), 1u); });
    chat.sockets_join("s");
    chat.sockets_leave("s");
    chat.server_side_emit("y");
    chat.disconnect_sockets();
    EXPECT_FALSE(who.connected());
    EXPECT_EQ(all.of, (std::map<std::string, int>{{"init", 1},
                                                  {"add_all", 3},
                                                  {"del", 2},
                                                  {"del_all", 1},
                                                  {"broadcast", 2},
                                                  {"broadcast_with_ack", 1},
                                                  {"fetch_sockets", 1},
                                                  {"sockets", 1},
                                                  {"add_sockets", 1},
                                                  {"del_sockets", 1},
                                                  {"disconnect_sockets", 1},
                                                  {"server_side_emit", 1}}));
    home.close();
    EXPECT_EQ(all.of["close"], 1);
  }
}

// NS-18
TEST(Adapter, what_init_throws_is_reported_and_ignored) {
  counts all;
  all.throws_in_init = true;
  house home;
  home.names().options.make_adapter = counting(all);
  EXPECT_NE(home.welcome("/x" + std::string(home.of("/x").name().substr(2))).socket.id(), "");
  EXPECT_EQ(home.errors, (strings{"adapter init: no network"}));
  home.errors.clear();
}

TEST(Adapter, what_it_throws_about_rooms_is_reported_and_leaves_nothing_behind) {
  counts all;
  house home;
  home.names().options.make_adapter = counting(all);
  home.of("/x").use([](const socket&, const next_fn& next) { next(); });
  const auto first = home.welcome("/x").socket;
  first.join("room");
  all.throws_in_rooms = true;
  first.join("another");
  first.leave("room");
  const auto second = home.welcome("/x").socket;
  EXPECT_TRUE(second.connected());
  EXPECT_EQ(home.errors, (strings{"adapter: add_all", "adapter: del", "adapter: add_all"}));
  first.disconnect();
  second.disconnect();
  EXPECT_EQ(home.errors.size(), 5u);
  home.errors.clear();
  all.throws_in_rooms = false;
  const auto third = home.welcome("/x").socket;
  home.of("/x").to("room").emit("nobody");  // walks over what is left of the room
  EXPECT_TRUE(third.connected());
}

// RM-05: each child has its own, and it ends with the child.
TEST(Adapter, children_of_a_parent_have_one_too) {
  counts all;
  house home;
  home.names().options.make_adapter = counting(all);
  home.names().options.cleanup_empty_children = true;
  const auto parent = home.parent_of_pattern([](std::string_view name) { return name != "/"; });
  auto a = home.welcome("/a");
  parent.emit("x");
  EXPECT_EQ(all.of["init"], 1);
  EXPECT_EQ(all.of["broadcast"], 1) << "by way of the child's adapter";
  a.peer.hang_up();
  EXPECT_EQ(all.of["close"], 1);
}

TEST(Adapter, a_factory_that_fails_refuses_the_client_and_tells_the_server) {
  house home;
  home.names().options.make_adapter =
      [](const adapter_context&) -> std::unique_ptr<socketio::adapter> { return nullptr; };
  home.parent([](std::string_view) { return true; });
  EXPECT_EQ(home.connect().asks("0/x,"), R"(4/x,{"message":"Invalid namespace"})");
  EXPECT_EQ(home.errors, (strings{"adapter: server_options::adapter has made no adapter"}));
  home.errors.clear();
  EXPECT_THROW(home.of("/y"), std::logic_error);
}

// AD-01, SS-03, SS-05
TEST(Adapter, the_one_in_memory_has_no_other_servers) {
  house home;
  std::size_t count = 0;
  home.of().adapter().server_count([&](std::error_code, std::size_t n) { count = n; });
  EXPECT_EQ(count, 1u);
  int told = 0;
  home.of().on_server_side("x", [] { FAIL() << "it is for the others"; });
  home.of().server_side_emit("x", 1);
  home.of().server_side_emit("x", 1, [&](std::error_code error, const std::vector<value>& answers) {
    EXPECT_FALSE(error);
    EXPECT_TRUE(answers.empty());
    told++;
  });
  EXPECT_EQ(told, 1);
  [](socketio::nsp main, int& out) -> detail::detached {
    const auto answers = co_await main.server_side_emit_with_ack<int>("x");
    EXPECT_FALSE(answers.error);
    EXPECT_TRUE(answers.answers.empty());
    out++;
  }(home.of(), told);
  EXPECT_EQ(told, 2);
}

// SS-01
TEST(Adapter, names_that_are_reserved_between_servers_throw) {
  house home;
  for (const char* name : {"connect", "connection", "new_namespace"}) {
    EXPECT_THROW(home.of().server_side_emit(name), std::invalid_argument);
    EXPECT_THROW(home.of().server_side_emit_with_ack(name), std::invalid_argument);
    EXPECT_THROW(home.of().on_server_side(name, [] {}), std::invalid_argument);
  }
  EXPECT_NO_THROW(home.of().server_side_emit("disconnect")) << "reserved for sockets only";
}

// ---- two that are joined by a cable

struct cable_adapter;
struct cable {
  std::vector<cable_adapter*> ends;
  bool cut = false;
};

struct cable_adapter final : socketio::adapter {
  cable_adapter(const adapter_context& of, cable& at) : adapter(of), line(at) {}
  void init() override { line.ends.push_back(this); }
  void close(std::function<void()> closed) override {
    std::erase(line.ends, this);
    waiting.reset();  // it holds the namespace, which holds this
    closed();
  }
  std::vector<cable_adapter*> others(const detail::emit_flags& flags = {}) const {
    std::vector<cable_adapter*> list;
    for (cable_adapter* one : line.ends)
      if (one != this && one->nsp_name() == nsp_name() && !flags.is_local) list.push_back(one);
    return list;
  }
  void server_count(std::function<void(std::error_code, std::size_t)> done) override {
    done({}, others().size() + 1);
  }
  bool broadcast(const broadcast_packet& what, const broadcast_options& to) override {
    for (cable_adapter* one : others(to.flags)) one->adapter::broadcast(what, to);
    return adapter::broadcast(what, to);
  }
  void broadcast_with_ack(const broadcast_packet& what, const broadcast_options& to,
                          const std::shared_ptr<answer_collector>& answers) override {
    const auto asked = others(to.flags);
    answers->expect_servers(asked.size());
    for (cable_adapter* one : asked) {
      if (line.cut) {
        answers->on_server_asked(0);
        answers->on_server_lost(0);
        continue;
      }
      one->ask_here(
          what, to, [answers](std::size_t clients) { answers->on_server_asked(clients); },
          [answers](value first) { answers->on_server_answer(std::move(first)); });
    }
    adapter::broadcast_with_ack(what, to, answers);
  }
  void fetch_sockets(
      const broadcast_options& of,
      std::function<void(std::error_code, std::vector<remote_socket>)> done) override {
    const auto all = std::make_shared<std::vector<remote_socket>>();
    const auto take = [all](std::error_code, std::vector<remote_socket> some) {
      for (auto& one : some) all->push_back(std::move(one));
    };
    for (cable_adapter* one : others(of.flags)) one->adapter::fetch_sockets(of, take);
    adapter::fetch_sockets(of, take);
    done({}, std::move(*all));
  }
  void add_sockets(const broadcast_options& of, std::span<const std::string> rooms) override {
    for (cable_adapter* one : others(of.flags)) one->adapter::add_sockets(of, rooms);
    adapter::add_sockets(of, rooms);
  }
  void disconnect_sockets(const broadcast_options& of, bool close) override {
    for (cable_adapter* one : others(of.flags)) one->adapter::disconnect_sockets(of, close);
    adapter::disconnect_sockets(of, close);
  }
  void server_side_emit(const broadcast_packet& what,
                        std::shared_ptr<server_answers> answers) override {
    const auto asked = others();
    const auto left = std::make_shared<std::size_t>(asked.size());
    for (cable_adapter* one : asked)
      one->deliver_server_side(what, answers ? [answers, left](value what_it_said) {
        answers->answer("the other one", std::move(what_it_said));
        if (--*left == 0) answers->end();
      }
                                             : std::function<void(value)>());
    waiting = answers;
  }

  cable& line;
  std::shared_ptr<server_answers> waiting;
};

struct linked_house : house {
  explicit linked_house(cable& line) {
    names().options.make_adapter = [&line](const adapter_context& of) {
      return std::make_unique<cable_adapter>(of, line);
    };
  }
};

struct Cluster : ::testing::Test {
  cable line;
  linked_house one{line}, two{line};
  socketio::nsp here = one.of("/n"), there = two.of("/n");
};

// AD-03, BR-05
TEST_F(Cluster, an_event_reaches_the_sockets_of_both_unless_it_is_local) {
  auto a = one.welcome("/n");
  auto b = two.welcome("/n");
  b.socket.join("r");
  here.emit("x");
  here.to("r").emit("y");
  here.local().emit("z");
  one.of("/other").emit("not of this namespace");
  EXPECT_EQ(a.peer.all(), (strings{R"(2/n,["x"])", R"(2/n,["z"])"}));
  EXPECT_EQ(b.peer.all(), (strings{R"(2/n,["x"])", R"(2/n,["y"])"}));
  std::size_t servers = 0;
  here.adapter().server_count([&](std::error_code, std::size_t n) { servers = n; });
  EXPECT_EQ(servers, 2u);
}

// AD-07, ACK-07
TEST_F(Cluster, a_question_gathers_the_answers_of_both) {
  auto a = one.welcome("/n");
  auto b = two.welcome("/n");
  std::vector<int> got;
  std::error_code error = errc::refused;
  here.emit("q", [&](std::error_code why, std::vector<int> answers) {
    error = why;
    got = std::move(answers);
  });
  const auto answer = [](connection& to, const char* what) {
    const std::string question = to.next();  // 2/n,<id>["q"]
    const std::string id = question.substr(4, question.find('[') - 4);
    to.says("3/n," + id + what);
  };
  answer(b.peer, "[2,\"of the first only\"]");
  EXPECT_TRUE(got.empty());
  answer(a.peer, "[1]");
  EXPECT_EQ(got, (std::vector<int>{2, 1}));
  EXPECT_FALSE(error);
}

TEST_F(Cluster, a_server_that_is_lost_is_not_waited_for) {
  line.cut = true;
  std::error_code error;
  here.emit("q", [&](std::error_code why, const std::vector<int>&) { error = why; });
  EXPECT_EQ(error, errc::disconnected);
}

// ACK-08
TEST_F(Cluster, a_client_of_the_other_server_that_is_silent_is_waited_for_until_the_timeout) {
  auto b = two.welcome("/n");
  std::error_code error;
  here.timeout(1s).emit("q", [&](std::error_code why, const std::vector<int>&) { error = why; });
  EXPECT_FALSE(error);
  one.wait(3s);
  EXPECT_EQ(error, errc::timed_out);
  two.wait(30s);  // and its server forgets the question
}

// UT-01, UT-02, UT-03, AD-05, AD-06
TEST_F(Cluster, what_is_done_to_sockets_is_done_to_those_of_both) {
  auto a = one.welcome("/n");
  two.welcome("/n").peer.hang_up();  // both houses draw the same ids
  auto b = two.welcome("/n");
  b.socket.data() = "of b";
  here.sockets_join("r");
  std::vector<remote_socket> found;
  here.in("r")
      .except(std::string(a.socket.id()))
      .fetch_sockets([&](std::vector<remote_socket> all) { found = std::move(all); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, b.socket.id());
  EXPECT_EQ(found[0].data, value("of b"));
  EXPECT_EQ(found[0].rooms.size(), 2u);
  here.local().fetch_sockets([&](const auto& all) { EXPECT_EQ(all.size(), 1u); });
  here.local().disconnect_sockets();
  EXPECT_FALSE(a.socket.connected());
  EXPECT_TRUE(b.socket.connected());
  here.disconnect_sockets(true);
  EXPECT_FALSE(b.socket.connected());
}

// SS-01, SS-02, NS-17
TEST_F(Cluster, a_server_hears_what_others_emit_to_it) {
  strings heard;
  here.on_server_side("note", [&](const std::string& what) { heard.push_back("here " + what); });
  there.on_server_side("note", [&](const std::string& what, int n) {
    heard.push_back("there " + what + std::to_string(n));
  });
  here.server_side_emit("note", "a", 1);
  EXPECT_EQ(heard, (strings{"there a1"}));
  there.server_side_emit("note", "b", 2);
  EXPECT_EQ(heard, (strings{"there a1", "here b"}));
}

TEST_F(Cluster, SS02_it_answers_with_what_its_handler_returns) {
  there.on_server_side("add", [](int a, int b) { return a + b; });
  std::vector<int> got;
  here.server_side_emit("add", 1, 2, [&](std::error_code error, std::vector<int> answers) {
    EXPECT_FALSE(error);
    got = std::move(answers);
  });
  EXPECT_EQ(got, (std::vector<int>{3}));
}

// SS-06
TEST_F(Cluster, the_first_answer_counts_also_a_later_one_of_a_coroutine) {
  std::vector<ack<std::string, int>> waiting;
  there.on_server_side("q",
                       [&](const ack<std::string, int>& answer) { waiting.push_back(answer); });
  strings got;
  here.server_side_emit("q", [&](broadcast_answers<std::string> all) { got = all.answers; });
  EXPECT_TRUE(got.empty());
  waiting.at(0)("first", 1);
  waiting.at(0)("second", 2);
  EXPECT_EQ(got, (strings{"first"}));
  there.on_server_side("task", []() -> task<int> { co_return 5; });
  int five = 0;
  here.server_side_emit("task",
                        [&](std::error_code, const std::vector<int>& all) { five = all.at(0); });
  EXPECT_EQ(five, 5);
}

TEST_F(Cluster, SS06_several_handlers_and_one_that_is_called_once) {
  int once = 0, always = 0;
  const auto id = there.on_server_side("x", [&] { return always++, "a"; });
  there.once_server_side("x", [&] { return once++, "b"; });
  strings got;
  const auto ask = [&] {
    here.server_side_emit("x", [&](std::error_code, const strings& all) {
      got.insert(got.end(), all.begin(), all.end());
    });
  };
  ask(), ask();
  there.off(id);
  here.server_side_emit("x");
  EXPECT_EQ(once, 1);
  EXPECT_EQ(always, 2);
  EXPECT_EQ(got, (strings{"a", "a"}));
}

// SK-25: events between servers may be declared, too.
inline constexpr event<"sum", int, int, ack<int>> sum;
TEST_F(Cluster, events_between_servers_may_be_declared) {
  there.on_server_side(sum, [](int a, int b) { return a + b; });
  int got = 0;
  here.server_side_emit(sum, 1, 2,
                        [&](std::error_code, const std::vector<int>& all) { got = all.at(0); });
  EXPECT_EQ(got, 3);
  here.server_side_emit(sum, 1, 2);
}

// SS-04: how it is told is the adapter's.
TEST_F(Cluster, an_adapter_that_gives_up_says_who_is_missing) {
  std::optional<broadcast_answers<int>> outcome;
  here.server_side_emit("nobody listens", [&](broadcast_answers<int> all) { outcome = all; });
  EXPECT_FALSE(outcome);
  auto& own = static_cast<cable_adapter&>(here.adapter());
  own.waiting->answer("a", 1);
  own.waiting->end(errc::timed_out, {"b"});
  own.waiting->end();
  own.waiting->answer("c", 2);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error, errc::timed_out);
  EXPECT_EQ(outcome->answers, (std::vector<int>{1}));
  EXPECT_EQ(outcome->missing, (strings{"b"}));
  std::optional<std::error_code> why;
  here.server_side_emit("x", [&](std::error_code error, const std::vector<int>&) { why = error; });
  EXPECT_FALSE(why);
  own.waiting.reset();
  EXPECT_EQ(why, errc::disconnected) << "nobody can answer any more";
}

TEST_F(Cluster, what_does_not_fit_a_handler_is_reported_and_answered_with_the_error) {
  there.on_server_side("x", [](int) { FAIL(); });
  there.on_server_side("y", []() -> int { throw std::runtime_error("broken"); });
  std::vector<value> got;
  const auto take = [&](std::error_code, const std::vector<value>& all) { got = all; };
  here.server_side_emit("x", "text", take);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0]["error"]["code"], value("invalid_arguments"));
  here.server_side_emit("y", take);
  EXPECT_EQ(got.at(0)["error"]["code"], value("internal_error"));
  here.server_side_emit("y");
  EXPECT_EQ(two.errors.size(), 3u);
  EXPECT_TRUE(two.errors.at(0).find("argument 1 of \"x\"") != std::string::npos);
  two.errors.clear();
}

// ---- one socket from afar

// UT-01, UT-05
TEST(FromAfar, the_filters_select_whom_is_fetched) {
  house home;
  auto a = home.welcome(), b = home.welcome(), c = home.welcome();
  a.socket.join("r"), b.socket.join({"r", "s"}), c.socket.join("s");
  const auto ids = [](const std::vector<remote_socket>& found) {
    strings list;
    for (const auto& one : found) list.push_back(one.id);
    std::ranges::sort(list);
    return list;
  };
  const auto expect = [&](const broadcast_operator& of, std::vector<const guest*> who) {
    strings wanted;
    for (const guest* one : who) wanted.emplace_back(one->socket.id());
    std::ranges::sort(wanted);
    strings fetched, named;
    of.fetch_sockets([&](const auto& found) { fetched = ids(found); });
    of.all_sockets([&](strings found) { named = std::move(found); });
    std::ranges::sort(named);
    EXPECT_EQ(fetched, wanted);
    EXPECT_EQ(named, wanted) << "UT-04";
  };
  const auto main = home.of();
  expect(main.everybody(), {&a, &b, &c});
  expect(main.in("r"), {&a, &b});
  expect(main.in("r").in("s"), {&a, &b, &c});
  expect(main.in("r").except("s"), {&a});
  expect(main.local().in("s"), {&b, &c});
  expect(a.socket.in("r"), {&b});
  expect(a.socket.broadcast(), {&b, &c});
  expect(main.in("nobody"), {});
}

// UT-02
TEST(FromAfar, one_socket_can_be_told_asked_and_moved) {
  house home;
  auto a = home.welcome(), b = home.welcome();
  remote_socket far;
  home.of().to(std::string(a.socket.id())).fetch_sockets([&](const auto& all) { far = all.at(0); });
  EXPECT_TRUE(far.emit("x", 1));
  EXPECT_EQ(a.peer.next(), R"(2["x",1])");
  EXPECT_EQ(b.peer.next(), "");
  int got = 0;
  far.emit("q", [&](std::error_code error, int answer) { got = error ? -1 : answer; });
  a.peer.next();
  a.peer.says("30[7]");
  EXPECT_EQ(got, 7) << "one answer, not a list";
  std::error_code why;
  far.timeout(1s).emit("q", [&](std::error_code error, int) { why = error; });
  home.wait(3s);
  EXPECT_EQ(why, errc::timed_out);
  result<int> outcome(0);
  [](remote_socket to, result<int>& out) -> detail::detached {
    out = co_await to.timeout(1s).emit_with_ack<int>("q");
  }(far, outcome);
  a.peer.says("32[8]");
  EXPECT_EQ(outcome.value_or(0), 8);
  [](remote_socket to, result<int>& out) -> detail::detached {
    out = co_await to.emit_with_ack<int>("q");
  }(far, outcome);
  a.peer.hang_up();
  EXPECT_EQ(outcome.error(), errc::disconnected);
  far.emit("q", [&](std::error_code error, int) { why = error; });
  EXPECT_EQ(why, errc::disconnected) << "nobody is there";

  home.of().to(std::string(b.socket.id())).fetch_sockets([&](const auto& all) { far = all.at(0); });
  far.join({"r", "s"});
  far.leave("r");
  EXPECT_EQ(b.socket.rooms().size(), 2u);
  far.disconnect(true);
  home.turn();
  EXPECT_FALSE(b.socket.connected());
  EXPECT_TRUE(b.peer.closed());
}

}  // namespace
}  // namespace socketio::core_testing
