// Whatever a session is doing: when its peer dies at that moment, it closes exactly once and
// nothing is left of it. Each scenario runs once per step, and the peer dies instead of taking this
// step.
#include "unit/engine/session_script.hpp"

#include <gtest/gtest.h>

namespace socketio::engine::testing {
namespace {

using scenario = std::function<void(session_script&)>;

void check_every_death(transport first, const scenario& run) {
  for (int step = 0;; ++step) {
    SCOPED_TRACE("the peer dies at step " + std::to_string(step));
    session_script script(brisk_options(), first);
    script.die_at(step);
    bool died = false;
    try {
      run(script);
    } catch (const peer_died&) {
      died = true;
    }
    script.lose_everything();
    script.expect_no_state_left();
    script.send("too late").expect_outcome(send_queue::outcome::closed);
    script.forget_output();
    if (!died) {
      EXPECT_GT(step, 3) << "the scenario has hardly any steps";
      return;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Death, while_polling) {
  check_every_death(transport::polling, [](session_script& script) {
    script.get()
        .get()
        .begin_post()
        .send("a")
        .get()
        .finish_post(
            "4b\x1e"
            "4c")
        .send("d");
    script.wait(300ms).get().post("3").begin_post().send_with_attachments("51-[]", {"x"}).get();
    script.finish_post("bAQ==").post_too_big().get();
  });
}

TEST(Death, while_upgrading) {
  check_every_death(transport::polling, [](session_script& script) {
    script.get().get().candidate().send("a").get().candidate_says("2probe").begin_post();
    script.finish_post("4b").send("c").candidate_says("2probe").get().candidate_says("5").send("d");
    script.receive("4e").wait(300ms).receive("3").send("f");
  });
}

TEST(Death, while_a_first_candidate_fails_and_a_second_one_succeeds) {
  check_every_death(transport::polling, [](session_script& script) {
    script.get().candidate().candidate_says("2probe").candidate_gone().get().candidate();
    script.candidate_says("4wrong").candidate().wait(250ms).candidate_says("5").receive("4x");
  });
}

TEST(Death, over_websocket) {
  check_every_death(transport::websocket, [](session_script& script) {
    script.receive("4a").send("b").stop_reading().send("c").wait(300ms).receive("3").read_on();
    script.receive_binary("d").receive("6").wait(300ms).receive("4e");
  });
}

TEST(Death, while_a_graceful_close_waits) {
  check_every_death(transport::polling, [](session_script& script) {
    script.get().begin_post().send("a").close().candidate().get().candidate_says("2probe").wait(
        100ms);
    script.get();
  });
}

TEST(Death, while_a_close_waits_for_the_upgrade) {
  check_every_death(transport::polling, [](session_script& script) {
    script.get().candidate().candidate_says("2probe").send("a").close().candidate_says("5");
  });
}

}  // namespace
}  // namespace socketio::engine::testing
