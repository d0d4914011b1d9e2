// How sockets leave, and that they may do so inside every kind of handler: the way out is gone
// once, completely, and nothing that still runs is pulled away from under it. Rows SK-18 to SK-22,
// SV-09, SV-12, PK-15.
#include "unit/core/core_script.hpp"

namespace socketio::core_testing {
namespace {

using strings = std::vector<std::string>;

// Notes what happens to a socket.
void note_ways_out(const socket& who, strings& notes) {
  who.on_disconnecting([&notes, who](const disconnect_reason& why) {
    notes.push_back("disconnecting: " + std::string(why.text()) + ", " +
                    std::to_string(who.rooms().size()) + " rooms" + (who.connected() ? "" : "!"));
  });
  who.on_disconnect([&notes, who](const disconnect_reason& why) {
    notes.push_back("disconnect: " + std::string(why.text()) + ", " +
                    std::to_string(who.rooms().size()) + " rooms" + (who.connected() ? "!" : ""));
  });
}

strings way_out(const std::string& why, int rooms = 1) {
  return {"disconnecting: " + why + ", " + std::to_string(rooms) + " rooms",
          "disconnect: " + why + ", 0 rooms"};
}

TEST(Disconnect, SK18_SK19_the_server_disconnects_one_namespace) {
  house home;
  auto [peer, who] = home.welcome();
  home.of("/other");
  const auto other = home.find(peer.join("/other"), "/other");
  strings notes;
  note_ways_out(who, notes);
  who.join({"a", "b"});
  who.disconnect();
  EXPECT_EQ(peer.all(), (strings{"1"}));
  EXPECT_EQ(notes, way_out("server namespace disconnect", 3));
  who.disconnect();
  who.disconnect(true);
  EXPECT_EQ(notes.size(), 2u) << "gone is gone";
  EXPECT_TRUE(other.connected());
  EXPECT_FALSE(peer.closed());
}

TEST(Disconnect, SK18_or_all_namespaces_and_the_connection) {
  house home;
  auto [peer, who] = home.welcome();
  home.of("/other");
  const auto other = home.find(peer.join("/other"), "/other");
  strings notes, others;
  note_ways_out(who, notes);
  note_ways_out(other, others);
  who.disconnect(true);
  home.turn();
  EXPECT_EQ(peer.all(), (strings{"1", "1/other,"}));
  EXPECT_EQ(notes, way_out("server namespace disconnect"));
  EXPECT_EQ(others, way_out("server namespace disconnect"));
  EXPECT_TRUE(peer.closed());
}

TEST(Disconnect, SK22_the_client_leaves_one_namespace_and_may_come_back) {
  house home;
  auto [peer, who] = home.welcome();
  strings notes;
  note_ways_out(who, notes);
  peer.says("1");
  EXPECT_EQ(notes, way_out("client namespace disconnect"));
  EXPECT_EQ(peer.next(), "");
  EXPECT_NE(peer.join(), "");
}

TEST(Disconnect, DM04_a_closed_connection_tells_its_sockets_when_it_has_ended) {
  for (const bool polling : {false, true}) {
    house home;
    auto [peer, who] = home.welcome();
    peer.closes_at_once = !polling;
    strings notes;
    note_ways_out(who, notes);
    who.close_connection();
    EXPECT_TRUE(notes.empty()) << "not inside the call";
    home.turn();
    if (polling) {
      EXPECT_TRUE(who.connected()) << "until the client fetches the close";
      peer.hang_up();
    }
    EXPECT_EQ(notes, way_out("forced close"));
  }
}

TEST(Disconnect, SV12_DM13_what_comes_before_the_namespace_or_twice_ends_the_connection) {
  for (const bool polling : {false, true}) {
    for (const char* packet :
         {"0", R"(2/unknown,["x"])", "1/unknown,", R"(4{"message":"no"})", R"(3/unknown,1[])"}) {
      house home;
      auto [peer, who] = home.welcome();
      peer.closes_at_once = !polling;
      strings notes;
      note_ways_out(who, notes);
      peer.says(packet);
      EXPECT_EQ(notes, way_out(polling ? "forced server close" : "forced close")) << packet;
      EXPECT_EQ(peer.closed(), !polling);
    }
  }
}

TEST(Disconnect,
     PK15_DM08_a_malformed_packet_is_an_error_for_every_socket_and_ends_the_connection) {
  house home;
  auto [peer, who] = home.welcome();
  home.of("/other");
  const auto other = home.find(peer.join("/other"), "/other");
  strings notes;
  for (const auto& one : {who, other})
    one.on_error([&notes, one](std::string_view what) {
      notes.push_back(std::string(one.nsp_name()) + (what.empty() ? "" : " error"));
    });
  note_ways_out(who, notes);
  peer.says("2[");
  EXPECT_EQ(notes.size(), 4u);
  EXPECT_EQ(strings(notes.begin(), notes.begin() + 2), (strings{"/ error", "/other error"}));
  EXPECT_EQ(strings(notes.begin() + 2, notes.end()), way_out("forced close"));
  EXPECT_EQ(peer.closed_with().what, cause::malformed_packet);
}

TEST(Disconnect, SV09_the_end_of_the_server_sends_no_packet) {
  house home;
  auto [peer, who] = home.welcome();
  strings notes;
  note_ways_out(who, notes);
  home.inside().close();
  EXPECT_EQ(notes, way_out("server shutting down"));
  EXPECT_EQ(peer.next(), "");
  EXPECT_FALSE(who.emit("x"));
  EXPECT_FALSE(home.of("/").emit("x"));
}

// Q-38: the reason stays the official one; what was wrong stands beside it.
TEST(Disconnect, Q38_K10_a_packet_that_cannot_be_read_is_a_forced_close_that_says_why) {
  house home;
  auto [peer, who] = home.welcome();
  std::vector<std::string> told;
  who.on_error([&](std::string_view what) { told.emplace_back(what); });
  who.on_disconnect([&](const disconnect_reason& why) {
    EXPECT_EQ(why.why, reason::forced_close);
    EXPECT_EQ(why.text(), "forced close");
    EXPECT_EQ(why.what, cause::malformed_packet);
    told.push_back(why.detail);
  });
  peer.says("2[broken");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0], "");
  EXPECT_EQ(told[0], told[1]);
}

TEST(Disconnect, SK24_a_client_that_joins_nothing_in_time_is_closed) {
  hub_options brisk;
  brisk.connect_timeout = 500ms;
  house home(brisk);
  connection& silent = home.connect();
  connection& joined = home.connect();
  joined.join();
  joined.says("1");
  home.wait(499ms);
  EXPECT_FALSE(silent.closed());
  home.wait(1ms);
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(silent.closed_with().what, cause::connect_timeout);
  home.wait(1000ms);
  EXPECT_FALSE(joined.closed()) << "it has joined once";
}

TEST(Disconnect, whoever_has_too_many_namespaces_is_closed) {
  hub_options modest;
  modest.namespaces_per_client_max = 3;
  house home(modest);
  connection& greedy = home.connect();
  for (const char* name : {"/a", "/b", "/c", "/d"}) home.of(name);
  for (const char* name : {"/a", "/b", "/c"}) EXPECT_NE(greedy.join(name), "");
  greedy.says("0/d,");
  EXPECT_TRUE(greedy.closed());
}

TEST(Disconnect, what_handlers_captured_goes_with_the_socket_though_handles_stay) {
  house home;
  auto [peer, who] = home.welcome();
  const auto captured = std::make_shared<int>(0);
  who.on("x", [captured, who = who] {});
  who.on_disconnect([captured, who = who](const disconnect_reason&) {});
  who.on_any([captured, who = who](std::string_view, const values&) {});
  who.use([captured, who = who](event_packet&, const next_fn& next) { next(); });
  EXPECT_EQ(captured.use_count(), 5);
  peer.hang_up();
  EXPECT_EQ(captured.use_count(), 1);
  who.on("x", [captured] {});
  EXPECT_EQ(captured.use_count(), 1) << "nothing is registered any more";
}

// ---- leaving inside every kind of handler

using leave_fn = std::function<void()>;

struct place {
  const char* name;
  // Sets up `leave` to be called inside some handler of the guest, and makes that happen.
  std::function<void(house&, guest&, const leave_fn&)> visit;
};

task<> leave_in_a_coroutine(socket who, leave_fn leave) {
  static_cast<void>(co_await who.emit_with_ack<int>("question"));
  leave();
  static_cast<void>(co_await who.emit_with_ack<int>("another question"));
}

const place places[] = {
    {"handler",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on("x",
                    [leave, text = std::string("a text that must stay until the handler returns")] {
                      leave();
                      EXPECT_EQ(text.size(), 47u);
                    });
       of.peer.says(R"(21["x"])");
     }},
    {"handler that returns an answer",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on("x", [leave] { return leave(), 5; });
       of.peer.says(R"(21["x"])");
     }},
    {"handler that has answered",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on("x", [leave](const ack<int>& answer) {
         answer(1);
         leave();
         answer(2);
       });
       of.peer.says(R"(21["x"])");
     }},
    {"handler that does not fit, then throws",
     [](house& home, guest& of, const leave_fn& leave) {
       of.socket.on("x", [leave] {
         leave();
         throw std::runtime_error("thrown");
       });
       of.peer.says(R"(21["x"])");
       EXPECT_EQ(home.errors, (strings{"x: thrown"}));
       home.errors.clear();
     }},
    {"once",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.once("x", leave);
       of.peer.says(R"(2["x"])");
     }},
    {"handler of the namespace",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().on("x", [leave](const socket&, const std::string& text) {
         leave();
         EXPECT_EQ(text, "a text of the packet");
       });
       of.peer.says(R"(2["x","a text of the packet"])");
     }},
    {"on_any",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_any([leave](std::string_view, const values&) { leave(); });
       of.peer.says(R"(2["x"])");
     }},
    {"on_any_outgoing of an emit",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_any_outgoing([leave](std::string_view, const values&) { leave(); });
       of.socket.emit("x");
     }},
    {"on_any_outgoing of a question",
     [](house&, guest& of, const leave_fn& leave) {
       int settled = 0;
       of.socket.on_any_outgoing([leave](std::string_view, const values&) { leave(); });
       of.socket.emit("x", [&](std::error_code) { settled++; });
       of.peer.hang_up();
       EXPECT_EQ(settled, 1);
     }},
    {"on_any_outgoing of a broadcast",
     [](house& home, guest& of, const leave_fn& leave) {
       of.socket.on_any_outgoing([leave](std::string_view, const values&) { leave(); });
       home.of().emit("x");
     }},
    {"on_any_outgoing of a broadcast question",
     [](house& home, guest& of, const leave_fn& leave) {
       int settled = 0;
       of.socket.on_any_outgoing([leave](std::string_view, const values&) { leave(); });
       home.of().emit("x", [&](std::error_code, const std::vector<int>&) { settled++; });
       of.peer.hang_up();
       EXPECT_EQ(settled, 1);
     }},
    {"event middleware before next",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.use([leave](event_packet&, const next_fn& next) {
         leave();
         next();
       });
       of.peer.says(R"(2["x"])");
     }},
    {"event middleware after next",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.use([leave](event_packet&, const next_fn& next) {
         next();
         leave();
       });
       of.peer.says(R"(2["x"])");
     }},
    {"acknowledgement",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.emit("x", [leave](const std::string&) { leave(); });
       of.peer.says(R"(30["answer"])");
     }},
    {"acknowledgement that times out",
     [](house& home, guest& of, const leave_fn& leave) {
       of.socket.timeout(100ms).emit("x", [leave](std::error_code) { leave(); });
       home.wait(100ms);
     }},
    {"acknowledgement of a broadcast",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().emit("x", [leave](std::error_code, const std::vector<int>&) { leave(); });
       of.peer.says(R"(30[5])");
     }},
    {"broadcast that times out",
     [](house& home, guest&, const leave_fn& leave) {
       home.of().timeout(100ms).emit(
           "x", [leave](std::error_code, const std::vector<int>&) { leave(); });
       home.wait(100ms);
     }},
    {"coroutine",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on("x",
                    [leave](socket who) -> task<> { co_await leave_in_a_coroutine(who, leave); });
       of.peer.says(R"(21["x"])").says(R"(30[5])");
     }},
    {"create-room listener",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().on_create_room([leave](std::string_view room) {
         if (room == "r") leave();
       });
       of.socket.join({"r", "s"});
     }},
    {"join-room listener",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().on_join_room([leave](std::string_view, std::string_view) { leave(); });
       of.socket.join({"r", "s"});
     }},
    {"leave-room listener",
     [](house& home, guest& of, const leave_fn& leave) {
       of.socket.join({"r", "s"});
       home.of().on_leave_room([leave](std::string_view, std::string_view) { leave(); });
       of.socket.leave("r");
     }},
    {"delete-room listener",
     [](house& home, guest& of, const leave_fn& leave) {
       of.socket.join("r");
       home.of().on_delete_room([leave](std::string_view) { leave(); });
       of.socket.leave("r");
     }},
    {"on_error",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_error([leave](std::string_view) { leave(); });
       of.peer.says(R"(2["error"])");
     }},
    {"on_error of a malformed packet",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_error([leave](std::string_view) { leave(); });
       of.peer.says("no packet");
     }},
    {"on_invalid",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().on_invalid([leave](const socket&, const invalid_arguments&) { leave(); });
       of.socket.on("x", [](int) {});
       of.peer.says(R"(21["x"])");
     }},
    {"fetch_sockets",
     [](house& home, guest&, const leave_fn& leave) {
       home.of().fetch_sockets([leave](const std::vector<remote_socket>&) { leave(); });
     }},
    {"on_disconnecting",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_disconnecting([leave](const disconnect_reason&) { leave(); });
       of.socket.disconnect();
     }},
    {"on_disconnecting of the namespace",
     [](house& home, guest& of, const leave_fn& leave) {
       home.of().on_disconnecting([leave](const socket&, const disconnect_reason&) { leave(); });
       of.peer.says("1");
     }},
    {"on_disconnect",
     [](house&, guest& of, const leave_fn& leave) {
       of.socket.on_disconnect([leave](const disconnect_reason&) { leave(); });
       of.peer.hang_up();
     }},
};

TEST(Disconnect, inside_every_kind_of_handler_it_happens_once_and_completely) {
  const std::pair<const char*, std::function<void(const socket&)>> ways[] = {
      {"disconnect", [](const socket& who) { who.disconnect(); }},
      {"disconnect(true)", [](const socket& who) { who.disconnect(true); }},
      {"close_connection", [](const socket& who) { who.close_connection(); }},
      {"both", [](const socket& who) { who.close_connection(), who.disconnect(true); }},
  };
  for (const place& where : places) {
    for (const auto& [how, leave] : ways) {
      SCOPED_TRACE(std::string(how) + " in " + where.name);
      house home;
      strings notes;
      int visits = 0;
      std::optional<guest> of = home.welcome();
      note_ways_out(of->socket, notes);
      const auto captured = std::make_shared<int>(0);
      of->socket.on("captured", [captured] {});
      where.visit(home, *of, [&visits, who = of->socket, leave = &leave] {
        visits++;
        (*leave)(who);
      });
      home.turn();
      EXPECT_GE(visits, 1);
      EXPECT_FALSE(of->socket.connected());
      ASSERT_EQ(notes.size(), 2u);
      EXPECT_TRUE(notes[0].starts_with("disconnecting: ") && notes[1].starts_with("disconnect: "));
      EXPECT_EQ(captured.use_count(), 1) << "handlers were not released";
      EXPECT_TRUE(home.of().local_sockets().empty());
      EXPECT_TRUE(home.of().room_names().empty());
    }
  }
}

TEST(Disconnect, inside_the_handler_of_somebody_else) {
  house home;
  auto [peer, who] = home.welcome();
  auto [other_peer, other] = home.welcome();
  strings notes;
  note_ways_out(other, notes);
  who.on("remove the other", [other = other] { other.disconnect(true); });
  home.of().on_disconnect([who = who](const socket& left, const disconnect_reason&) {
    if (left.id() != who.id()) who.disconnect();
  });
  peer.says(R"(2["remove the other"])");
  EXPECT_EQ(notes, way_out("server namespace disconnect"));
  EXPECT_FALSE(who.connected());
}

}  // namespace
}  // namespace socketio::core_testing
