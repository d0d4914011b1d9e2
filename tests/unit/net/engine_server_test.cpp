// Who may come in, and what everybody else is answered. Rows HS-06 to HS-12, HS-28, HD-01 to HD-06,
// HD-09, HD-13, WS-04, WS-16, ER-01 to ER-08, Q-01.
#include "net/engine_server_impl.hpp"
#include "unit/net/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace socketio::net::testing {
namespace {

class EngineServer : public engine_fixture {};

TEST_F(EngineServer, HS07_HS13_a_polling_handshake_is_answered_with_the_open_packet) {
  const auto request = ask("GET", "transport=polling");
  EXPECT_EQ(request->status(), 200u);
  EXPECT_EQ(
      request->text(),
      "0{\"sid\":\"" + sinks.front()->sid +
          R"(","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})");
  EXPECT_EQ(request->header("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_EQ(request->header("cache-control"), "no-store");
  EXPECT_FALSE(request->answer->headers.contains("X-XSS-Protection"));
  EXPECT_EQ(sinks.front()->sid.size(), 20u);
}

TEST_F(EngineServer, HS07_a_websocket_handshake_sends_the_open_packet_first) {
  options.max_http_buffer_size = 1234;
  const auto request = ask("GET", "transport=websocket", true);
  ASSERT_TRUE(request->accepted);
  EXPECT_EQ(request->limits.message_bytes_max, 1234u);
  sinks.front()->send("hello");
  turn();
  EXPECT_EQ(request->accepted->next(),
            "0{\"sid\":\"" + sinks.front()->sid +
                R"(","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1234})");
  EXPECT_EQ(request->accepted->next(), "4hello");
}

TEST_F(EngineServer, ER01_to_ER07_refusals_are_json_and_counted_and_reported) {
  std::vector<engine::refusal> reported;
  hooks.on_refused = [&reported](const http_request&, const engine::refusal& why) {
    reported.push_back(why);
  };
  const auto polling = open_polling().sid;
  struct {
    const char* method;
    std::string query;
    const char* body;
  } rows[] = {
      {"GET", "transport=tube", R"({"code":0,"message":"Transport unknown"})"},
      {"GET", "transport=polling&sid=x", R"({"code":1,"message":"Session ID unknown"})"},
      {"PUT", "transport=polling", R"({"code":2,"message":"Bad handshake method"})"},
      {"GET", "transport=websocket&sid=" + polling, R"({"code":3,"message":"Bad request"})"},
      {"GET", "EIO=3&transport=polling", R"({"code":5,"message":"Unsupported protocol version"})"},
  };
  for (const auto& row : rows) {
    const auto request = ask(row.method, row.query);
    EXPECT_EQ(request->status(), 400u) << row.query;
    EXPECT_EQ(request->text(), row.body);
    EXPECT_EQ(request->header("Content-Type"), "application/json");
    EXPECT_EQ(request->header("cache-control"), "");
  }
  ASSERT_EQ(reported.size(), std::size(rows));
  EXPECT_EQ(reported[1].context, "sid=x");
  for (const unsigned code : {0u, 1u, 2u, 3u, 5u})
    EXPECT_EQ(server->counters().refused_total[code], 1u);
  EXPECT_EQ(server->counters().opened_total, 1u);
}

TEST_F(EngineServer, ER08_Q01_an_upgrade_is_refused_before_the_101) {
  for (const char* query :
       {"transport=tube", "transport=websocket&sid=x", "EIO=3&transport=websocket"}) {
    const auto request = ask("GET", query, true);
    EXPECT_FALSE(request->accepted) << query;
    EXPECT_EQ(request->status(), 400u);
    EXPECT_EQ(request->header("Connection"), "close");
    EXPECT_EQ(request->header("Content-Type"), "text/html");
    EXPECT_NE(request->text().front(), '{');
  }
}

TEST_F(EngineServer, WS16_an_upgrade_that_names_polling_is_closed_after_the_101) {
  const auto fresh = ask("GET", "transport=polling", true);
  ASSERT_TRUE(fresh->accepted);
  EXPECT_TRUE(fresh->accepted->closed);
  const auto known = ask("GET", polling(open_polling().sid), true);
  ASSERT_TRUE(known->accepted);
  EXPECT_TRUE(known->accepted->closed);
  EXPECT_EQ(server->counters().sessions, 1u);
}

TEST_F(EngineServer, HS06_without_the_websocket_transport_an_upgrade_is_an_ordinary_request) {
  options.websocket = false;
  const auto refused = ask("GET", "transport=websocket", true);
  EXPECT_EQ(refused->text(), R"({"code":0,"message":"Transport unknown"})");
  EXPECT_EQ(ask("GET", "transport=polling", true)->status(), 200u);
}

TEST_F(EngineServer, WS19_a_handshake_that_is_no_websocket_opens_nothing) {
  const auto request = ask("GET", "transport=websocket", true, {}, /*valid_websocket=*/false);
  EXPECT_EQ(request->status(), 400u);
  EXPECT_TRUE(sinks.empty());
  auto& who = open_polling();
  ask("GET", "transport=websocket&sid=" + who.sid, true, {}, /*valid_websocket=*/false);
  const auto poll = get(who.sid);
  EXPECT_FALSE(poll->answer) << "the session goes on";
}

// ---- ids

TEST_F(EngineServer, HS10_ids_differ_and_name_their_sessions) {
  const auto first = open_polling().sid, second = open_polling().sid, third = open_websocket().sid;
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  post(second, "4for the second");
  EXPECT_TRUE(sinks[0]->log.empty());
  EXPECT_EQ(sinks[1]->last(), "message for the second");
}

TEST_F(EngineServer, HS11_an_id_of_the_application_may_have_any_length) {
  std::string id;
  hooks.generate_id = [&id](const http_request&) { return id; };
  for (const char* chosen :
       {"short", "exactly-20-characters", "a very long one with \"quotes\" and spaces"}) {
    id = chosen;
    auto& who = open_polling();
    EXPECT_EQ(who.sid, chosen);
    EXPECT_EQ(who.session->id().view().size(), 20u);
  }
  id = "twenty-characters-ok";
  auto& twenty = open_polling();
  EXPECT_EQ(twenty.session->id().view(), id);
  EXPECT_EQ(post("short", "4x")->text(), "ok");
  EXPECT_EQ(sinks[0]->last(), "message x");
  id = "";
  EXPECT_EQ(open_polling().sid.size(), 20u);
}

TEST_F(EngineServer, HS11_a_generator_that_fails_or_repeats_itself_refuses_the_handshake) {
  std::vector<std::string> contexts;
  hooks.on_refused = [&contexts](const http_request&, const engine::refusal& why) {
    contexts.push_back(why.context);
  };
  hooks.generate_id = [](const http_request& request) {
    if (request.query.contains("fail")) throw std::runtime_error("no ids today");
    return std::string("always the same");
  };
  auto& first = open_polling();
  for (const bool upgrade : {false, true}) {
    const std::string transport = upgrade ? "transport=websocket" : "transport=polling";
    EXPECT_EQ(ask("GET", transport, upgrade)->status(), 400u);
    EXPECT_EQ(ask("GET", transport + "&fail=1", upgrade)->status(), 400u);
  }
  ASSERT_EQ(contexts.size(), 4u);
  EXPECT_EQ(contexts[0], "name=ID_GENERATION_ERROR error=the id is in use");
  EXPECT_EQ(contexts[1], "name=ID_GENERATION_ERROR error=no ids today");
  EXPECT_EQ(post(first.sid, "4alive")->text(), "ok");
}

// ---- allow_request

TEST_F(EngineServer, HD13_ER05_the_application_may_refuse_a_handshake_and_only_that) {
  int asked = 0;
  hooks.allow_request = [&asked](const http_request& request, auto answer) {
    ++asked;
    if (request.query.contains("deny")) return answer(std::string(request.query["deny"]));
    answer(std::nullopt);
  };
  const auto denied = ask("GET", "EIO=3&transport=polling&deny=not+today");
  EXPECT_EQ(denied->status(), 403u) << "before the revision is looked at";
  EXPECT_EQ(denied->text(), R"({"code":4,"message":"not today"})");
  EXPECT_EQ(ask("GET", "transport=polling&deny=")->text(), R"({"code":4,"message":"Forbidden"})");
  const auto upgrade = ask("GET", "transport=websocket&deny=no", true);
  EXPECT_EQ(upgrade->status(), 400u);
  EXPECT_EQ(upgrade->text(), "no");
  EXPECT_EQ(asked, 3);
  auto& who = open_polling();
  EXPECT_EQ(asked, 4);
  post(who.sid, "4x");
  ask("GET", "transport=tube");
  EXPECT_EQ(asked, 4);
}

TEST_F(EngineServer, HD13_the_answer_may_come_later_twice_or_to_nobody) {
  std::vector<std::function<void(std::optional<std::string>)>> answers;
  hooks.allow_request = [&answers](const http_request&, auto answer) { answers.push_back(answer); };
  const auto late = ask("GET", "transport=polling");
  EXPECT_FALSE(late->answer);
  answers[0](std::nullopt);
  EXPECT_EQ(late->status(), 200u);
  answers[0](std::nullopt);
  answers[0]("changed my mind");
  EXPECT_EQ(server->counters().opened_total, 1u);

  const auto gone = ask("GET", "transport=polling");
  gone->lose();
  answers[1](std::nullopt);
  EXPECT_EQ(server->counters().opened_total, 1u) << "no session for a peer that has gone";

  ask("GET", "transport=polling");
  server.reset();
  answers[2](std::nullopt);  // the server has gone
}

// ---- headers

TEST_F(EngineServer, HD09_headers_of_the_application_once_per_session_and_for_every_response) {
  hooks.on_initial_headers = [](http_headers& headers, const http_request&) {
    headers.add("x-initial", "1");
  };
  hooks.on_headers = [](http_headers& headers, const http_request&) {
    headers.add("x-always", "1");
  };
  const auto first = ask("GET", "transport=polling");
  EXPECT_EQ(first->header("x-initial"), "1");
  EXPECT_EQ(first->header("x-always"), "1");
  auto& who = *sinks.back();
  const auto poll = get(who.sid);
  const auto posted = post(who.sid, "4x");
  who.send("y");
  turn();
  for (const auto& later : {poll, posted}) {
    EXPECT_EQ(later->header("x-initial"), "");
    EXPECT_EQ(later->header("x-always"), "1");
  }
  const auto candidate = ask("GET", "transport=websocket&sid=" + who.sid, true);
  EXPECT_EQ(candidate->extra_headers()["x-initial"], "");
  EXPECT_EQ(candidate->extra_headers()["x-always"], "1");
  const auto websocket = ask("GET", "transport=websocket", true);
  EXPECT_EQ(websocket->extra_headers()["x-initial"], "1");
  EXPECT_EQ(websocket->extra_headers()["x-always"], "1");
  EXPECT_EQ(ask("GET", "transport=tube")->header("x-always"), "");
}

TEST_F(EngineServer, HD01_without_the_option_there_is_no_cors_and_OPTIONS_is_a_bad_handshake) {
  const auto request =
      ask("OPTIONS", "transport=polling", false, {{"Origin", "https://page.example"}});
  EXPECT_EQ(request->text(), R"({"code":2,"message":"Bad handshake method"})");
  EXPECT_TRUE(request->extra_headers().empty());
}

TEST_F(EngineServer, HD05_a_preflight_is_answered_before_anything_is_verified) {
  cors.emplace();
  for (const char* query : {"transport=polling&sid=x", "transport=tube", "EIO=3"}) {
    const auto request = ask("OPTIONS", query, false, {{"Origin", "https://page.example"}});
    EXPECT_EQ(request->status(), 204u);
    EXPECT_EQ(request->header("Content-Length"), "0");
    EXPECT_EQ(request->text(), "");
    EXPECT_EQ(request->header("Access-Control-Allow-Origin"), "*");
  }
  EXPECT_TRUE(ask("OPTIONS", "transport=websocket", true)->cut);
}

TEST_F(EngineServer, HD06_cors_stands_on_polls_on_errors_and_on_the_101) {
  cors.emplace();
  const http_headers page{{"Origin", "https://page.example"}};
  for (const auto& request :
       {ask("GET", "transport=polling", false, page), ask("GET", "transport=tube", false, page),
        ask("GET", "transport=websocket", true, page), ask("GET", "transport=tube", true, page)}) {
    EXPECT_EQ(request->header("Access-Control-Allow-Origin"), "*") << request->request().target;
  }
}

// ---- the end

TEST_F(EngineServer, SV09_close_all_ends_every_session_and_tells_who_can_be_told) {
  auto& idle = open_polling();
  auto& waiting = open_polling();
  auto& websocket = open_websocket();
  const auto poll = get(waiting.sid);
  websocket.send("shutting down");
  server->close_all(reason::server_shutting_down, cause::server_close);
  EXPECT_TRUE(idle.log.empty()) << "never inside the call";
  turn();
  for (const auto* sink : {&idle, &waiting, &websocket}) {
    EXPECT_EQ(sink->last(), "closed server shutting down");
    EXPECT_EQ(sink->why.what, cause::server_close);
  }
  EXPECT_EQ(poll->text(), "1");
  EXPECT_EQ(websockets.back()->next(), "4shutting down");
  EXPECT_TRUE(websockets.back()->closed);
  expect_no_state_left();
}

TEST_F(EngineServer, after_close_all_nobody_comes_in) {
  std::vector<std::function<void(std::optional<std::string>)>> waiting;
  hooks.allow_request = [&](const http_request&, auto decide) { waiting.push_back(decide); };
  const auto early = ask("GET", "transport=polling");
  ASSERT_EQ(waiting.size(), 1u);
  server->close_all(reason::forced_close, cause::server_close);
  waiting[0](std::nullopt);
  for (const auto& request :
       {early, ask("GET", "transport=polling"), ask("GET", "transport=websocket", true)}) {
    EXPECT_EQ(request->status(), 503u);
    EXPECT_EQ(request->header("Connection"), "close");
  }
  EXPECT_EQ(waiting.size(), 1u) << "the application is not asked any more";
  EXPECT_EQ(server->counters().opened_total, 0u);
  expect_no_state_left();
}

TEST_F(EngineServer, a_server_that_goes_away_cuts_what_is_left_and_touches_it_no_more) {
  auto& waiting = open_polling();
  open_websocket();
  auto& upgrading = open_polling();
  const auto poll = get(waiting.sid);
  const auto data = post(waiting.sid);
  const auto half = candidate(upgrading.sid);
  server.reset();
  EXPECT_TRUE(poll->cut);
  EXPECT_TRUE(data->cut);
  EXPECT_TRUE(half->cut);
  EXPECT_TRUE(websockets.front()->cut);
  turn();
  wait(10s);
  poll->lose();
  half->receive("2probe");
  for (const auto& request : exchanges) EXPECT_EQ(request.use_count(), 1);
  EXPECT_EQ(shard.timers().size(), 0u);
}

TEST_F(EngineServer, a_stopped_shard_refuses_work_and_nothing_crashes) {
  auto& who = open_websocket();
  shard.stopped = true;
  who.session->close(reason::forced_close, cause::connection_close, "");
  server.reset();
}

TEST(EngineMemory, a_connection_costs_the_driver_little) {
  // The whole budget of an idle WebSocket is 3 KiB of resident memory; this is the part of driver
  // and state machine.
  EXPECT_LE(sizeof(live_session), 336u);
}

}  // namespace
}  // namespace socketio::net::testing
