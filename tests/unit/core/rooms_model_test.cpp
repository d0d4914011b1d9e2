// Rooms and broadcasts against models that are too simple to be wrong: a map of sets, and a loop
// over everybody. Random operations with a fixed seed; a failure prints the step. Rows RM-01 to
// RM-05, BR-02 to BR-05, UT-01 to UT-05.
#include "unit/core/core_script.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;
using members = std::map<std::string, std::set<std::string>>;  // room -> ids

// A namespace with some clients, and the rooms in which they should be.
class rooms_model {
 public:
  explicit rooms_model(unsigned seed) : dice_(seed) {
    const auto main = home_.of();
    main.on_create_room([this](std::string_view room) {
      EXPECT_TRUE(heard_.emplace(room, std::set<std::string>()).second)
          << room << " was there already";
    });
    main.on_join_room([this](std::string_view room, std::string_view id) {
      EXPECT_TRUE(heard_[std::string(room)].emplace(id).second)
          << id << " was in " << room << " already";
    });
    main.on_leave_room([this](std::string_view room, std::string_view id) {
      EXPECT_EQ(heard_[std::string(room)].erase(std::string(id)), 1u)
          << id << " was not in " << room;
    });
    main.on_delete_room([this](std::string_view room) {
      EXPECT_TRUE(heard_.at(std::string(room)).empty()) << room << " has members";
      heard_.erase(std::string(room));
    });
    for (int i = 0; i < 6; i++) come();
  }

  void step() {
    switch (upto(10)) {
      case 0: come(); break;
      case 1: go(); break;
      case 2:
      case 3: join(); break;
      case 4:
      case 5: leave(); break;
      case 6: join_many(); break;
      case 7: leave_many(); break;
      default: broadcast(); break;
    }
  }

  void check() {
    EXPECT_EQ(heard_, model_) << "what the room events said";
    for (const guest& one : guests_) {
      const auto rooms = one.socket.rooms();
      const std::set<std::string> names(rooms.begin(), rooms.end());
      EXPECT_EQ(names.size(), rooms.size()) << "a room was listed twice";
      EXPECT_EQ(names, rooms_of(id_of(one)));
    }
    strings names = home_.of().room_names();
    for (const auto& [room, ids] : model_) {
      EXPECT_EQ(home_.of().room_size(room), ids.size()) << room;
      EXPECT_EQ(fetch(home_.of().in(room)), ids) << room;
    }
    EXPECT_EQ(home_.of().room_size("never"), 0u);
  }

 private:
  static std::string id_of(const guest& one) { return std::string(one.socket.id()); }
  int upto(int n) { return static_cast<int>(dice_() % static_cast<unsigned>(n)); }

  // A few rooms that everybody uses; now and then the id of a socket, which is a room, too.
  std::string any_room() {
    if (upto(6) == 0 && !guests_.empty())
      return id_of(guests_[static_cast<std::size_t>(upto(static_cast<int>(guests_.size())))]);
    return "room " + std::to_string(upto(6));
  }
  strings some_rooms(int most) {
    strings some;
    for (int n = upto(most + 1); n > 0; n--) some.push_back(any_room());
    return some;
  }
  guest& anybody() {
    return guests_[static_cast<std::size_t>(upto(static_cast<int>(guests_.size())))];
  }

  std::set<std::string> rooms_of(const std::string& id) const {
    std::set<std::string> rooms;
    for (const auto& [room, ids] : model_)
      if (ids.contains(id)) rooms.insert(room);
    return rooms;
  }
  void put(const std::string& id, const strings& rooms) {
    for (const auto& room : rooms) model_[room].insert(id);
  }
  void take(const std::string& id, const std::string& room) {
    if (const auto found = model_.find(room); found != model_.end()) {
      found->second.erase(id);
      if (found->second.empty()) model_.erase(found);
    }
  }

  // ---- what may happen

  void come() {
    if (guests_.size() >= 12) return;
    guests_.push_back(home_.welcome());
    put(id_of(guests_.back()), {id_of(guests_.back())});
  }
  void go() {
    if (guests_.size() <= 3) return;
    const auto index = static_cast<std::size_t>(upto(static_cast<int>(guests_.size())));
    const std::string id = id_of(guests_[index]);
    if (upto(2) == 0)
      guests_[index].peer.hang_up();
    else
      guests_[index].socket.disconnect();
    for (const auto& room : rooms_of(id)) take(id, room);
    EXPECT_TRUE(guests_[index].socket.rooms().empty());
    gone_.push_back(guests_[index].socket);
    gone_.back().join("room 0");  // does nothing any more
    // guest has a reference and cannot be assigned: everybody else moves to a new list
    std::vector<guest> rest;
    for (std::size_t i = 0; i < guests_.size(); i++)
      if (i != index) rest.push_back(guests_[i]);
    guests_.swap(rest);
  }
  void join() {
    const guest& one = anybody();
    const strings rooms = some_rooms(3);
    one.socket.join(rooms);
    put(id_of(one), rooms);
  }
  void leave() {
    const guest& one = anybody();
    const std::string room = any_room();
    one.socket.leave(room);
    take(id_of(one), room);
  }

  struct selection {
    broadcast_operator op;
    std::set<std::string> ids;  // whom the model selects
    strings rooms, except;
  };
  selection select_some() {
    const bool from_socket = upto(3) == 0;
    const guest& from = anybody();
    selection some{from_socket ? from.socket.broadcast() : home_.of().everybody(),
                   {},
                   some_rooms(3),
                   some_rooms(2)};
    for (const auto& room : some.rooms)
      some.op = upto(2) == 0 ? some.op.to(room) : some.op.in(room);
    some.op = some.op.except(some.except);
    if (upto(4) == 0) some.op = some.op.local();
    for (const guest& one : guests_) {
      const auto rooms = rooms_of(id_of(one));
      const auto in_any = [&](const strings& of) {
        return std::ranges::any_of(of, [&](const auto& room) { return rooms.contains(room); });
      };
      // "Without the sender" is the room of its id: whoever else has joined that is left out, too.
      if (from_socket && rooms.contains(id_of(from))) continue;
      if ((some.rooms.empty() || in_any(some.rooms)) && !in_any(some.except))
        some.ids.insert(id_of(one));
    }
    return some;
  }
  std::set<std::string> fetch(const broadcast_operator& op) {
    std::set<std::string> ids;
    op.fetch_sockets([&](const std::vector<remote_socket>& found) {
      for (const auto& one : found) {
        EXPECT_TRUE(ids.insert(one.id).second) << one.id << " was selected twice";
        EXPECT_EQ(std::set<std::string>(one.rooms.begin(), one.rooms.end()), rooms_of(one.id));
      }
    });
    return ids;
  }
  void join_many() {
    const selection some = select_some();
    const strings rooms = some_rooms(2);
    some.op.sockets_join(rooms);
    for (const auto& id : some.ids) put(id, rooms);
  }
  void leave_many() {
    const selection some = select_some();
    const strings rooms = some_rooms(2);
    some.op.sockets_leave(rooms);
    for (const auto& id : some.ids)
      for (const auto& room : rooms) take(id, room);
  }
  void broadcast() {
    const selection some = select_some();
    some.op.emit("x", events_++);
    std::set<std::string> reached;
    for (const guest& one : guests_) {
      const auto packets = one.peer.all();
      EXPECT_LE(packets.size(), 1u) << "each socket gets it once";
      if (!packets.empty()) reached.insert(id_of(one));
    }
    EXPECT_EQ(reached, some.ids);
    EXPECT_EQ(fetch(some.op), some.ids);
  }

  std::mt19937 dice_;
  members model_, heard_;  // before the house: its end is heard, too
  house home_;
  std::vector<guest> guests_;
  std::vector<socket> gone_;
  int events_ = 0;
};

TEST(Rooms, RM01_BR02_any_sequence_of_operations_agrees_with_a_map_of_sets) {
  for (unsigned seed = 1; seed <= 10; seed++) {
    rooms_model model(seed);
    for (int step = 0; step < 400; step++) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
      model.step();
      if (step % 5 == 0) model.check();
      if (::testing::Test::HasFailure()) return;
    }
    model.check();
  }
}

TEST(Rooms, SK05_are_left_in_the_order_in_which_they_were_joined) {
  strings events;
  house home;
  auto [peer, who] = home.welcome();
  home.of().on_leave_room(
      [&](std::string_view room, std::string_view) { events.emplace_back(room); });
  const std::string id(who.id());
  who.join({"a", "b", "c", "d"});
  who.leave("b");
  EXPECT_EQ(who.rooms(), (strings{id, "a", "c", "d"}));
  peer.hang_up();
  EXPECT_EQ(events, (strings{"b", id, "a", "c", "d"}));
}

TEST(Rooms, RM02_RM03_a_listener_that_joins_again_keeps_the_room_alive) {
  strings events;
  house home;
  auto [peer, who] = home.welcome();
  const auto main = home.of();
  who.join("r");
  main.on_create_room(
      [&](std::string_view room) { events.push_back("create " + std::string(room)); });
  main.on_delete_room(
      [&](std::string_view room) { events.push_back("delete " + std::string(room)); });
  const auto back = main.on_leave_room([&, who = who](std::string_view room, std::string_view) {
    events.push_back("leave " + std::string(room));
    who.join(room);
  });
  who.leave("r");
  EXPECT_EQ(events, (strings{"leave r"}));
  EXPECT_EQ(main.room_size("r"), 1u);
  main.off(back);
  who.leave("r");
  EXPECT_EQ(events, (strings{"leave r", "delete r"}));
}

TEST(Rooms, a_room_that_somebody_names_like_a_socket_stands_beside_that_sockets_own) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other_peer, other] = home.welcome();
  other.join(who.id());
  home.of().to(who.id()).emit("both");
  EXPECT_EQ(peer.all().size() + other_peer.all().size(), 2u);
  who.leave(who.id());
  home.of().to(who.id()).emit("the other only");
  EXPECT_EQ(peer.all().size(), 0u);
  EXPECT_EQ(other_peer.all().size(), 1u);
  peer.hang_up();
  home.of().to(who.id()).emit("still the other");
  EXPECT_EQ(other_peer.all().size(), 1u);
}

TEST(Rooms, a_listener_may_change_rooms_while_they_change) {
  house home;
  const auto main = home.of();
  auto [peer, who] = home.welcome();
  auto [other_peer, other] = home.welcome();
  who.join({"a", "b", "c"});
  other.join({"a", "b", "c"});
  main.on_leave_room(
      [other = other](std::string_view room, std::string_view) { other.leave(room); });
  main.on_delete_room([other = other](std::string_view room) {
    if (room == "a") other.join("d");
  });
  peer.hang_up();
  EXPECT_EQ(other.rooms(), (strings{std::string(other.id()), "d"}));
  EXPECT_EQ(main.room_names(), (strings{"d"}));
}

// ---- broadcasts

TEST(Broadcast, is_encoded_once_with_its_attachments) {
  house home;
  home.of("/other");
  auto [peer, who] = home.welcome();
  connection& second = home.connect();
  second.join("/other");
  home.of().emit("x", binary("ab"), value::map({{"deep", value::list({binary("c")})}}));
  EXPECT_EQ(
      peer.all(),
      (strings{R"(52-["x",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}])",
               "<binary>ab", "<binary>c"}));
  home.of("/other").emit("x", rest{{1, "two"}});
  EXPECT_EQ(second.all(), (strings{R"(2/other,["x",1,"two"])"}));
}

TEST(Broadcast, VO01_volatile_skips_whoever_cannot_take_it_now) {
  house home;
  auto [peer, who] = home.welcome();
  auto [busy_peer, busy] = home.welcome();
  busy_peer.can_write = false;
  home.of().volatile_().emit("x");
  EXPECT_EQ(peer.all().size(), 1u);
  EXPECT_EQ(busy_peer.all().size(), 0u);
  EXPECT_EQ(home.counters().volatile_dropped.get(), 1u);
}

TEST(Broadcast, BR01_an_operator_is_a_value) {
  house home;
  auto [peer, who] = home.welcome();
  const auto all = home.of().everybody();
  const auto nobody = all.to("empty");
  const auto not_him = all.except(who.id());
  all.emit("x");
  nobody.emit("y");
  not_him.emit("z");
  EXPECT_EQ(peer.all(), (strings{R"(2["x"])"}));
}

TEST(Broadcast, BR07_SK08_reserved_names_are_refused_with_the_name) {
  house home;
  auto [peer, who] = home.welcome();
  for (const char* name : {"connect", "connect_error", "disconnect", "disconnecting", "newListener",
                           "removeListener"}) {
    const auto refused = [&](const auto& emit) {
      try {
        emit();
        ADD_FAILURE() << name << " was accepted";
      } catch (const std::invalid_argument& error) {
        EXPECT_EQ(error.what(), "\"" + std::string(name) + "\" is a reserved event name");
      }
    };
    refused([&] { who.emit(name); });
    refused([&] { who.emit(name, [](int) {}); });
    refused([&] { static_cast<void>(who.emit_with_ack(name)); });
    refused([&] { home.of().emit(name, 1); });
    refused([&] { home.of().to("x").emit(name, [](std::error_code, const values&) {}); });
    refused([&] { static_cast<void>(home.of().emit_with_ack(name)); });
  }
  EXPECT_EQ(peer.next(), "");
}

TEST(Broadcast, UT02_a_fetched_socket_can_be_reached_moved_and_removed) {
  house home;
  auto [peer, who] = home.welcome();
  who.data() = "something";
  std::vector<remote_socket> found;
  home.of().fetch_sockets([&](std::vector<remote_socket> all) { found = std::move(all); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].data, value("something"));
  EXPECT_EQ(found[0].handshake.address, "192.0.2.7");
  found[0].emit("hello", 1);
  found[0].join("r");
  EXPECT_EQ(who.rooms().size(), 2u);
  found[0].leave("r");
  EXPECT_EQ(who.rooms().size(), 1u);
  found[0].disconnect();
  EXPECT_FALSE(who.connected());
  EXPECT_EQ(peer.all(), (strings{R"(2["hello",1])", "1"}));
  found[0].emit("gone");
}

}  // namespace
}  // namespace socketio::core_testing
