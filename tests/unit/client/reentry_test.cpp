// Code of the application inside of every callback does whatever a handle or a manager can do, also
// end everything. Nothing is touched that is gone (the address sanitizer looks on), there is never
// more than one connection, and whoever is still there can connect, and comes back when it is cut.
#include "client_home.hpp"

#include <functional>
#include <map>

namespace socketio::client_side {
namespace {

struct stage {
  explicit stage(client_options options) : home(std::move(options)), io(home.socket()) {}
  client_home home;
  client_socket io;
  bool over = false;
};
using work = std::function<void(stage&)>;

const std::map<std::string, work> actions = {
    {"disconnect", [](stage& of) { of.io.disconnect(); }},
    {"connect", [](stage& of) { of.io.connect(); }},
    {"disconnect and connect", [](stage& of) { of.io.disconnect().connect(); }},
    {"emit", [](stage& of) { of.io.emit("x", [](std::error_code) {}); }},
    {"off",
     [](stage& of) {
       of.io.off();
       of.io.off_any();
       of.io.off_any_outgoing();
     }},
    {"clear buffer", [](stage& of) { of.io.clear_buffer(); }},
    {"manager open",
     [](stage& of) {
       if (!of.over) of.home.manager->open();
     }},
    {"manager disconnect",
     [](stage& of) {
       if (!of.over) of.home.manager->disconnect();
     }},
    {"manager disconnect and open",
     [](stage& of) {
       if (of.over) return;
       of.home.manager->disconnect();
       of.home.manager->open();
     }},
    {"close connection",
     [](stage& of) {
       if (!of.over) of.home.manager->close_connection();
     }},
    {"network changed",
     [](stage& of) {
       if (!of.over) of.home.manager->network_changed();
     }},
    {"reconnection off and on",
     [](stage& of) {
       if (of.over) return;
       of.home.manager->set_reconnection(false);
       of.home.manager->set_reconnection(true);
     }},
    {"destroy everything",
     [](stage& of) {
       if (std::exchange(of.over, true)) return;
       of.home.manager->shut_down(nullptr);
       of.home.manager.reset();
       of.io = client_socket();
     }},
};

// How a callback is hung up, by name.
std::map<std::string, std::function<void(stage&, work)>> callbacks() {
  std::map<std::string, std::function<void(stage&, work)>> all;
  const auto quiet = [](stage& of, work what) { return [&of, what](const auto&...) { what(of); }; };
  all["connect"] = [=](stage& of, work what) { of.io.on_connect([&of, what] { what(of); }); };
  all["disconnect"] = [=](stage& of, work what) { of.io.on_disconnect(quiet(of, what)); };
  all["connect_error"] = [=](stage& of, work what) { of.io.on_connect_error(quiet(of, what)); };
  all["event"] = [=](stage& of, work what) {
    of.io.on("news", [&of, what](int) { what(of); });
    of.io.on("news", [&of](int) { of.home.note("second"); });
  };
  all["any"] = [=](stage& of, work what) { of.io.on_any(quiet(of, what)); };
  all["any_outgoing"] = [=](stage& of, work what) {
    of.io.on_any_outgoing(
        [&of, what, depth = std::make_shared<int>(0)](std::string_view, const values&) {
          if (++*depth == 1) what(of);
          --*depth;
        });
  };
  all["invalid"] = [=](stage& of, work what) {
    of.io.on("news", [](std::string) {});
    of.io.on_invalid(quiet(of, what));
  };
  all["acknowledgement"] = [=](stage& of, work what) {
    of.io.on_connect([&of, what] {
      if (of.io.impl()) of.io.emit("ask", [&of, what](std::error_code) { what(of); });
    });
  };
  all["auth"] = [=](stage& of, work what) {
    of.io.set_auth([&of, what](give_auth give) {
      what(of);
      give(value());
    });
  };
  const auto on_manager = [&](const char* name, auto list) {
    all[name] = [=](stage& of, work what) {
      ((*of.home.manager).*list)
          .add(
              9, {}, [&of, what](const auto&...) { what(of); }, false, false);
    };
  };
  on_manager("open", &manager_state::opens);
  on_manager("error", &manager_state::errors);
  on_manager("close", &manager_state::closes);
  on_manager("ping", &manager_state::pings);
  on_manager("reconnect_attempt", &manager_state::reconnect_attempts);
  on_manager("reconnect", &manager_state::reconnects);
  on_manager("reconnect_error", &manager_state::reconnect_errors);
  on_manager("reconnect_failed", &manager_state::reconnect_failures);
  on_manager("upgrade", &manager_state::upgrades);
  on_manager("upgrade_error", &manager_state::upgrade_errors);
  return all;
}

// A life with everything in it; each step is what a server or the time does, if it still can.
void live(stage& of) {
  const auto peer = [&]() -> far_end& { return of.home.peer(); };
  of.io.emit("early", 1);
  of.io.connect();
  peer().fails();
  of.home.shard->advance(1s);
  peer().fails();
  of.home.shard->advance(1s);
  for (int round = 0; round < 2; ++round) {
    peer().opens();
    peer().says(R"(2["news",1])");
    peer().says(R"(0{"sid":"s","pid":"pppppppppppppppppppp"})");
    peer().says(R"(21["news",2])");
    peer().says("30[]");
    peer().says("31[]");
    peer().pings();
    peer().upgrades();
    peer().fails_to_upgrade();
    peer().drains();
    peer().cuts();
    of.home.shard->advance(1s);
  }
  peer().opens();
  peer().says(R"(0{"sid":"s"})");
  peer().says("x");
  of.home.shard->advance(1s);
  peer().opens();
  peer().says(R"(4{"message":"no"})");
  peer().says("1");
  of.home.shard->advance(1s);
}

void check(stage& of) {
  std::size_t held = 0;
  for (std::size_t i = 0; i < of.home.attempts(); ++i) held += of.home.peer(i).is_held();
  EXPECT_LE(held, of.over ? 0u : 1u);
  if (of.over) return;
  // Let it alone now.
  of.io.impl()->connects.clear();
  of.io.impl()->disconnects.clear();
  of.io.impl()->connect_errors.clear();
  of.io.set_auth({});
  of.io.off();
  of.io.off_any();
  of.io.off_any_outgoing();
  of.home.manager->remove_listener(9);
  of.home.manager->disconnect();
  of.io.disconnect();
  EXPECT_EQ(of.io.emit("late"), true);
  of.io.connect();
  ASSERT_TRUE(of.home.peer().is_held());
  of.home.peer().opens();
  of.home.welcome();
  ASSERT_TRUE(of.io.connected());
  EXPECT_EQ(of.io.buffered_bytes(), 0u);
  const auto before = of.home.attempts();
  of.home.peer().cuts();
  of.home.shard->advance(500ms);
  ASSERT_EQ(of.home.attempts(), before + 1) << "it comes back";
  of.home.peer().opens();
  of.home.welcome();
  EXPECT_TRUE(of.io.connected());
}

TEST(Reentry, AnythingMayHappenInsideOfAnyCallback) {
  for (const auto& [callback, hang_up] : callbacks())
    for (const auto& [action, what] : actions) {
      SCOPED_TRACE(action + " inside of " + callback);
      auto options = client_home::quick();
      options.reconnection_attempts = callback == "reconnect_failed" ? 1 : 100;
      stage one(options);
      int depth = 0, times = 0;
      hang_up(one, [&](stage& of) {
        // Not for ever: what a callback does may call it again.
        if (depth > 2 || ++times > 50) return;
        ++depth;
        what(of);
        --depth;
      });
      live(one);
      EXPECT_GT(times, 0) << "it was called";
      check(one);
      if (testing::Test::HasFatalFailure()) return;
    }
}

// The same where an executor runs the callbacks, later.
TEST(Reentry, AnythingMayHappenInAnExecutor) {
  for (const auto& [callback, hang_up] : callbacks())
    for (const auto& [action, what] : actions) {
      SCOPED_TRACE(action + " inside of " + callback);
      auto options = client_home::quick();
      options.reconnection_attempts = callback == "reconnect_failed" ? 1 : 100;
      auto waiting = std::make_shared<std::vector<std::function<void()>>>();
      options.executor = [waiting](std::function<void()> run) {
        waiting->push_back(std::move(run));
      };
      stage one(options);
      int times = 0;
      hang_up(one, [&](stage& of) {
        if (++times <= 20) what(of);
      });
      const auto run_all = [&] {
        for (int i = 0; i < 100 && !waiting->empty(); ++i)
          for (const auto& each : std::exchange(*waiting, {})) each();
      };
      live(one);
      run_all();
      one.home.shard->advance(1s);
      run_all();
      waiting->clear();
    }
}

}  // namespace
}  // namespace socketio::client_side
