// What the requests of a polling session are answered. Rows HS-13 to HS-24, HS-26, HS-31, ER-10.
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::net::testing {
namespace {

class EnginePolling : public engine_fixture {};

TEST_F(EnginePolling, HS13_a_get_waits_for_what_is_sent_and_carries_all_of_one_turn) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  who.send("one");
  who.send("two");
  EXPECT_FALSE(poll->answer) << "answered when the turn ends";
  turn();
  EXPECT_EQ(poll->text(),
            "4one\x1e"
            "4two");
  EXPECT_EQ(poll->status(), 200u);
  EXPECT_EQ(poll->header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(poll->header("cache-control"), "no-store");
  who.send("three");
  EXPECT_EQ(get(who.sid)->text(), "4three") << "what waits is answered at once";
  EXPECT_GT(who.drained, 0);
}

TEST_F(EnginePolling, HS14_a_second_get_is_refused_and_ends_the_session) {
  auto& who = open_polling();
  const auto first = get(who.sid), second = get(who.sid);
  EXPECT_EQ(second->status(), 400u);
  EXPECT_EQ(second->text(), "");
  EXPECT_EQ(first->status(), 200u);
  EXPECT_EQ(first->text(), "1");
  EXPECT_EQ(who.last(), "closed transport error");
  EXPECT_EQ(who.why.what, cause::overlapping_poll);
  EXPECT_EQ(get(who.sid)->text(), R"({"code":1,"message":"Session ID unknown"})");
  expect_no_state_left();
}

TEST_F(EnginePolling, HS15_a_post_is_answered_ok_after_its_packets_were_handled) {
  auto& who = open_polling();
  const auto request = post(who.sid);
  EXPECT_TRUE(request->reading());
  EXPECT_EQ(request->body_max, options.max_http_buffer_size);
  who.reaction = [&request](recording_sink&, const std::string&) { EXPECT_FALSE(request->answer); };
  request->body(
      "4one\x1e"
      "bAQI=");
  EXPECT_EQ(who.log, (std::vector<std::string>{"message one", "binary \x01\x02"}));
  EXPECT_EQ(request->status(), 200u);
  EXPECT_EQ(request->text(), "ok");
  EXPECT_EQ(request->header("Content-Type"), "text/html");
  EXPECT_EQ(request->header("cache-control"), "no-store");
}

TEST_F(EnginePolling, HS16_a_second_post_is_refused_and_the_first_is_cut) {
  auto& who = open_polling();
  const auto first = post(who.sid), second = post(who.sid);
  EXPECT_EQ(second->status(), 400u);
  EXPECT_TRUE(first->cut);
  EXPECT_EQ(who.why.what, cause::overlapping_data);
  EXPECT_EQ(who.log.size(), 1u);
  expect_no_state_left();
}

TEST_F(EnginePolling, HS17_an_octet_stream_is_refused_and_other_types_are_text) {
  auto& who = open_polling();
  for (const char* type :
       {"text/plain;charset=UTF-8", "application/json", "application/octet-stream; x=y", ""}) {
    const auto request = post(who.sid, {{"Content-Type", type}});
    request->body("4x");
    EXPECT_EQ(request->text(), "ok") << type;
  }
  const auto request = post(who.sid, {{"Content-Type", "application/octet-stream"}});
  EXPECT_EQ(request->status(), 400u);
  EXPECT_FALSE(request->reading());
  EXPECT_EQ(who.why.what, cause::bad_content_type);
  expect_no_state_left();
}

TEST_F(EnginePolling, HS18_other_methods_are_answered_500_and_harm_nothing) {
  auto& who = open_polling();
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}) {
    const auto request = ask(method, polling(who.sid));
    EXPECT_EQ(request->status(), 500u) << method;
    EXPECT_EQ(request->text(), "");
  }
  EXPECT_EQ(post(who.sid, "4alive")->text(), "ok");
}

TEST_F(EnginePolling, HS19_aborted_requests_end_the_session) {
  auto& by_get = open_polling();
  get(by_get.sid)->lose();
  EXPECT_EQ(by_get.why.what, cause::poll_aborted);
  auto& by_post = open_polling();
  post(by_post.sid)->lose();
  EXPECT_EQ(by_post.why.what, cause::data_aborted);
  for (const auto* sink : {&by_get, &by_post}) EXPECT_EQ(sink->last(), "closed transport error");
  expect_no_state_left();
}

TEST_F(EnginePolling, HS19_the_end_of_an_answered_request_is_no_news) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  who.send("x");
  turn();
  poll->lose();
  post(who.sid, "4y")->lose();
  turn();
  EXPECT_EQ(who.last(), "message y");
}

TEST_F(EnginePolling, HS21_a_bad_packet_is_answered_ok_and_ends_the_session) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  EXPECT_EQ(post(who.sid,
                 "4before\x1e"
                 "x\x1e"
                 "4after")
                ->text(),
            "ok");
  EXPECT_EQ(who.log, (std::vector<std::string>{"message before", "closed parse error"}));
  EXPECT_EQ(who.why.what, cause::malformed_engine_packet);
  EXPECT_EQ(poll->text(), "1");
  EXPECT_EQ(get(who.sid)->text(), R"({"code":1,"message":"Session ID unknown"})");
  expect_no_state_left();
}

TEST_F(EnginePolling, HS22_a_client_that_leaves_releases_its_own_poll) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  EXPECT_EQ(post(who.sid, "1")->text(), "ok");
  EXPECT_EQ(poll->text(), "6");
  EXPECT_EQ(who.last(), "closed transport close");
  expect_no_state_left();
}

TEST_F(EnginePolling, HS23_a_close_answers_the_waiting_get_or_waits_for_the_next_one) {
  options.ping_interval = milliseconds(60'000);  // the heartbeat would end it earlier
  auto& waiting = open_polling();
  const auto poll = get(waiting.sid);
  waiting.session->close(reason::forced_close, cause::connection_close, "");
  EXPECT_EQ(waiting.session->state(), engine::session::state::closed);
  EXPECT_TRUE(waiting.log.empty()) << "never inside the call";
  turn();
  EXPECT_EQ(poll->text(), "1");
  EXPECT_EQ(waiting.last(), "closed forced close");

  auto& idle = open_polling();
  idle.session->close(reason::forced_close, cause::connection_close, "");
  EXPECT_EQ(idle.session->state(), engine::session::state::closing);
  turn();
  EXPECT_TRUE(idle.log.empty());
  EXPECT_EQ(get(idle.sid)->text(),
            "6\x1e"
            "1");
  EXPECT_EQ(idle.last(), "closed forced close");

  auto& absent = open_polling();
  absent.session->close(reason::forced_close, cause::connection_close, "");
  wait(30s);
  EXPECT_EQ(absent.last(), "closed forced close");
  EXPECT_EQ(absent.why.what, cause::close_timeout);
  expect_no_state_left();
}

TEST_F(EnginePolling, HS23_a_close_cuts_the_post_whose_body_is_not_complete) {
  auto& who = open_polling();
  const auto data = post(who.sid);
  who.session->close(reason::forced_close, cause::connection_close, "");
  turn();
  EXPECT_TRUE(data->cut);
  EXPECT_TRUE(who.log.empty()) << "the close waits for its GET";
  EXPECT_EQ(get(who.sid)->text(),
            "6\x1e"
            "1");
  expect_no_state_left();
}

TEST_F(EnginePolling, HS24_old_internet_explorers_are_asked_not_to_filter) {
  for (const char* agent :
       {"Mozilla/5.0 (compatible;MSIE 9.0)", "Mozilla/5.0 (Trident/7.0; rv:11.0)"}) {
    const auto first = ask("GET", "transport=polling", false, {{"User-Agent", agent}});
    EXPECT_EQ(first->header("X-XSS-Protection"), "0");
  }
}

TEST_F(EnginePolling, HS26_after_the_upgrade_polling_is_a_mismatch) {
  auto& who = open_polling();
  upgrade(who);
  for (const auto& request : {get(who.sid), post(who.sid)}) {
    EXPECT_EQ(request->text(), R"({"code":3,"message":"Bad request"})");
  }
  EXPECT_EQ(server->counters().refused_total[3], 2u);
}

TEST_F(EnginePolling, HS31_a_graceful_close_delivers_what_was_sent_before_it) {
  auto& who = open_polling();
  who.send("last words");
  who.session->close(reason::forced_close, cause::connection_close, "");
  turn();
  EXPECT_EQ(get(who.sid)->text(), "4last words");
  EXPECT_TRUE(who.log.empty());
  EXPECT_EQ(get(who.sid)->text(),
            "6\x1e"
            "1");
  EXPECT_EQ(who.last(), "closed forced close");
  expect_no_state_left();
}

TEST_F(EnginePolling, ER10_a_body_over_the_limit_gets_413_and_the_session_lives_on) {
  auto& who = open_polling();
  const auto request = post(who.sid);
  request->body_too_big();
  EXPECT_EQ(request->status(), 413u);
  EXPECT_EQ(request->text(), "");
  EXPECT_EQ(post(who.sid, "4fine")->text(), "ok");
  EXPECT_EQ(who.last(), "message fine");
}

TEST_F(EnginePolling, requests_of_the_turn_in_which_a_session_closed_find_it_unknown) {
  auto& who = open_polling();
  who.session->close(reason::forced_close, cause::server_close, "", /*discard=*/true);
  EXPECT_EQ(get(who.sid)->text(), R"({"code":1,"message":"Session ID unknown"})");
  EXPECT_EQ(ask("GET", "transport=websocket&sid=" + who.sid, true)->text(), "Session ID unknown");
  turn();
  expect_no_state_left();
}

TEST_F(EnginePolling, a_handler_may_answer_and_close_inside_the_post_that_brought_its_message) {
  auto& who = open_polling();
  const auto poll = get(who.sid);
  who.reaction = [](recording_sink& sink, const std::string& entry) {
    if (entry != "message hello") return;
    sink.send("bye");
    sink.session->close(reason::forced_close, cause::connection_close, "");
    EXPECT_NE(sink.session, nullptr);
  };
  EXPECT_EQ(post(who.sid,
                 "4hello\x1e"
                 "4ignored")
                ->text(),
            "ok");
  EXPECT_EQ(poll->text(), "4bye");
  EXPECT_EQ(who.log, (std::vector<std::string>{"message hello"}));
  EXPECT_EQ(get(who.sid)->text(),
            "6\x1e"
            "1");
  expect_no_state_left();
}

TEST_F(EnginePolling, an_application_may_send_and_close_while_a_session_opens) {
  const auto on_session = hooks.on_session;
  bool discard = false;
  hooks.on_session = [&](engine_session& opened, const http_request& request) {
    session_sink* const sink = on_session(opened, request);
    sinks.back()->send("welcome");
    opened.close(reason::forced_close, cause::connection_close, "", discard);
    return sink;
  };
  const auto polite = ask("GET", "transport=polling");
  EXPECT_TRUE(
      polite->text().ends_with("\x1e"
                               "4welcome"))
      << polite->text();
  EXPECT_EQ(get(sinks.back()->sid)->text(),
            "6\x1e"
            "1");
  const auto websocket = ask("GET", "transport=websocket", true);
  turn();
  EXPECT_EQ(websocket->accepted->next().substr(0, 2), "0{");
  EXPECT_EQ(websocket->accepted->next(), "4welcome");
  EXPECT_TRUE(websocket->accepted->closed);
  discard = true;
  EXPECT_EQ(ask("GET", "transport=polling")->status(), 400u);
  turn();
  expect_no_state_left();
}

TEST_F(EnginePolling, a_session_without_a_sink_lives_and_dies_all_the_same) {
  hooks.on_session = nullptr;
  const auto opened = ask("GET", "transport=polling");
  const std::string sid = opened->text().substr(9, 20);
  EXPECT_EQ(post(sid, "4nobody listens")->text(), "ok");
  wait(500ms);
  EXPECT_EQ(server->counters().sessions, 0u);
}

// ---- pauses (SD-26): the answer to the POST waits

TEST_F(EnginePolling, a_post_is_answered_when_reading_goes_on) {
  auto& who = open_polling();
  who.reaction = [this](recording_sink& sink, const std::string&) {
    sink.session->pause_reading(shard.now() + 100ms);
  };
  const auto request = post(who.sid, "4one");
  EXPECT_EQ(who.last(), "message one");
  wait(99ms);
  EXPECT_FALSE(request->answer);
  wait(2ms);
  EXPECT_EQ(request->text(), "ok");
  who.reaction = nullptr;
  EXPECT_EQ(post(who.sid, "4two")->text(), "ok") << "at once again";
}

TEST_F(EnginePolling, a_pause_outlives_the_heartbeat) {
  auto& who = open_polling();
  who.reaction = [this](recording_sink& sink, const std::string& entry) {
    if (entry == "message one") sink.session->pause_reading(shard.now() + 10min);
  };
  const auto request = post(who.sid, "4one");
  for (int i = 0; i < 9; i++) {
    wait(1min);
    get(who.sid);  // its pings are taken, but the pong cannot be posted
  }
  EXPECT_FALSE(request->answer);
  EXPECT_EQ(who.last(), "message one") << "it is not given up";
  wait(61s);
  EXPECT_EQ(request->text(), "ok");
  wait(2min);
  EXPECT_EQ(who.last(), "closed ping timeout");
}

TEST_F(EnginePolling, a_post_that_waits_is_answered_when_the_session_ends_or_upgrades) {
  for (const bool upgrades : {false, true}) {
    auto& who = open_polling();
    who.reaction = [this](recording_sink& sink, const std::string& entry) {
      if (entry == "message one") sink.session->pause_reading(shard.now() + 10min);
    };
    const auto request = post(who.sid, "4one");
    EXPECT_FALSE(request->answer);
    if (upgrades) {
      upgrade(who);
    } else {
      who.session->close(reason::forced_close, cause::connection_close, "", /*discard=*/true);
      turn();
    }
    EXPECT_EQ(request->text(), "ok") << upgrades;
  }
}

// HS-16
TEST_F(EnginePolling, a_second_post_during_a_pause_ends_the_session) {
  auto& who = open_polling();
  who.reaction = [this](recording_sink& sink, const std::string& entry) {
    if (entry == "message one") sink.session->pause_reading(shard.now() + 10min);
  };
  const auto first = post(who.sid, "4one");
  const auto second = post(who.sid);
  EXPECT_EQ(second->status(), 400u);
  EXPECT_EQ(first->text(), "ok") << "it was handled";
  EXPECT_EQ(who.why.what, cause::overlapping_data);
}

// ---- drains (Q-37)

TEST_F(EnginePolling, whoever_has_something_queued_is_not_let_go) {
  auto& idle = open_polling();
  auto& busy = open_polling();
  std::vector<std::string> told;
  idle.leaves = busy.leaves = [&told](recording_sink& sink) { told.push_back(sink.sid); };
  busy.send("one");
  turn();
  EXPECT_EQ(server->let_go(10), 1u);
  EXPECT_EQ(told, (std::vector<std::string>{idle.sid}));
  EXPECT_EQ(server->let_go(10), 0u) << "told once";
  EXPECT_EQ(server->queues().bytes, server->queues().largest);
  EXPECT_EQ(server->queues().sessions, 1u);
  EXPECT_EQ(get(busy.sid)->text(), "4one");
  EXPECT_EQ(server->queues().bytes, 0u);
  EXPECT_EQ(server->let_go(10), 1u);
  EXPECT_EQ(ask("GET", "transport=polling")->status(), 503u) << "nobody comes in";
}

TEST_F(EnginePolling, SD25_a_handshake_that_is_too_much_is_told_when_to_come_back) {
  int asked = 0;
  hooks.limit_handshake = [&asked](const http_request&) -> std::optional<duration> {
    if (asked++ % 2 == 0) return std::nullopt;
    return duration(1500ms);
  };
  auto& who = open_polling();
  const auto refused = ask("GET", "transport=polling");
  EXPECT_EQ(refused->status(), 429u);
  EXPECT_EQ(refused->header("Retry-After"), "2");
  EXPECT_EQ(refused->text(), R"({"message":"too many handshakes","retryAfter":2})");
  EXPECT_EQ(post(who.sid, "4one")->text(), "ok") << "who is in is not asked";
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace socketio::net::testing
