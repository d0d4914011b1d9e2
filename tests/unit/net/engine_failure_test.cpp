// Every I/O step failing in turn: a scenario is a list of steps on scripted connections; it runs
// once per step, and at that step everything that is connected is lost instead. Afterwards every
// session has closed exactly once, every counter is back at zero, no timer is armed and nobody
// holds a connection.
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::net::testing {
namespace {

class EngineFailure : public engine_fixture {
 protected:
  using steps = std::vector<std::function<void()>>;

  void check_every_failure(const std::function<steps()>& scenario) {
    const std::size_t count = scenario().size();
    for (std::size_t failing = 0; failing <= count && !HasFailure(); ++failing) {
      SCOPED_TRACE("everything is lost at step " + std::to_string(failing));
      sinks.clear();
      server.reset();
      start();
      const steps all = scenario();
      for (std::size_t i = 0; i < failing; ++i) {
        all[i]();
        if (i % 2 == 0) turn();  // some steps share a turn
      }
      lose_everything();
      expect_no_state_left();
    }
  }

  recording_sink& who(std::size_t index = 0) { return *sinks.at(index); }
  const std::string& sid(std::size_t index = 0) { return sinks.at(index)->sid; }

  fake_exchange* data = nullptr;
  fake_websocket* peer = nullptr;
};

TEST_F(EngineFailure, of_a_polling_session) {
  check_every_failure([this] {
    return steps{
        [this] { open_polling(); },
        [this] { get(sid()); },
        [this] { data = post(sid(), http_headers{}); },
        [this] { who().send("one"); },
        [this] {
          data->body(
              "4two\x1e"
              "4three");
        },
        [this] { get(sid()); },
        [this] { who().send("four"), get(sid()); },
        [this] { wait(300ms); },
        [this] { post(sid(), "3"); },
        [this] { data = post(sid(), http_headers{}); },
        [this] { data->body_too_big(); },
        [this] {
          if (who().session)
            who().session->close(reason::forced_close, cause::connection_close, "");
        },
        [this] { get(sid()); },
    };
  });
}

TEST_F(EngineFailure, of_an_upgrade) {
  check_every_failure([this] {
    return steps{
        [this] { open_polling(); },
        [this] { get(sid()); },
        [this] { peer = candidate(sid()); },
        [this] { who().send("one"); },
        [this] { data = post(sid(), http_headers{}); },
        [this] { peer->receive("2probe"); },
        [this] { data->body("4two"); },
        [this] { get(sid()); },
        [this] { who().send("three"); },
        [this] { peer->receive("5"); },
        [this] { who().send("four"); },
        [this] { peer->receive("4five"); },
        [this] { peer->reads = false, who().send("six"); },
    };
  });
}

TEST_F(EngineFailure, of_a_close_that_overtakes_an_upgrade) {
  check_every_failure([this] {
    return steps{
        [this] { open_polling(); },
        [this] { peer = candidate(sid()); },
        [this] { peer->receive("2probe"); },
        [this] { who().send("one"); },
        [this] { who().session->close(reason::forced_close, cause::connection_close, ""); },
        [this] { peer->receive("5"); },
    };
  });
}

TEST_F(EngineFailure, of_several_sessions_that_talk_to_each_other) {
  reaction = [this](recording_sink& from, const std::string& entry) {
    for (const auto& other : sinks) {
      if (other.get() != &from) other->send(from.sid + entry);
    }
  };
  check_every_failure([this] {
    return steps{
        [this] { open_polling(), open_polling(); },
        [this] { open_websocket(), get(sid(0)); },
        [this] { get(sid(1)); },
        [this] { websockets.back()->receive("4hello"); },
        [this] {
          post(sid(0),
               "4hi\x1e"
               "1");
        },
        [this] { websockets.back()->receive("x"); },
        [this] { post(sid(1), "4anybody?"); },
    };
  });
}

TEST_F(EngineFailure, of_a_websocket) {
  check_every_failure([this] {
    return steps{
        [this] { open_websocket(); },
        [this] { websockets.back()->receive("4one"); },
        [this] { who().send("two"); },
        [this] { websockets.back()->receive_binary("three"); },
        [this] { wait(300ms); },
        [this] { websockets.back()->receive("3"); },
        [this] { websockets.back()->reads = false; },
        [this] { who().send("four"); },
        [this] { who().session->close(reason::forced_close, cause::connection_close, ""); },
    };
  });
}

TEST_F(EngineFailure, of_a_handshake_that_waits_for_the_application) {
  std::vector<std::function<void(std::optional<std::string>)>> answers;
  hooks.allow_request = [&answers](const http_request&, auto answer) { answers.push_back(answer); };
  check_every_failure([this, &answers] {
    answers.clear();
    return steps{
        [this] { ask("GET", "transport=polling"); },
        [this] { ask("GET", "transport=websocket", true); },
        [&answers] { answers.at(0)(std::nullopt); },
        [this, &answers] {
          answers.at(1)(std::nullopt);
          if (exchanges.at(1)->accepted) websockets.push_back(exchanges.at(1)->accepted);
        },
    };
  });
}

}  // namespace
}  // namespace socketio::net::testing
