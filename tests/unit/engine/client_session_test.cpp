// A client's session over polling and over WebSocket: the handshake, the heartbeat, what is sent,
// and what is wrong (CM-22 to CM-34, CM-40, HB-07 to HB-09). Upgrades and ends have files of their
// own.
#include "client_script.hpp"

namespace socketio::engine {
namespace {

using namespace std::chrono_literals;

client_options with_transports(std::vector<transport> list) {
  client_options made;
  made.transports = std::move(list);
  return made;
}
const auto websocket_only = with_transports({transport::websocket});
const auto polling_only = with_transports({transport::polling});

std::string without_stamp(std::string query) {
  const auto at = query.find("&t=");
  if (at == std::string::npos) return query;
  const auto end = query.find('&', at + 1);
  return query.erase(at, end == std::string::npos ? end : end - at);
}

// ---- the handshake

// CM-22, CM-23: the first transport shakes hands, the others are upgraded to
TEST(ClientSession, BeginsWithTheFirstTransport) {
  client_script polling;
  polling.open().expect({"get"}).answer(plain_handshake);
  polling.expect({"opened", "open candidate", "get"});
  EXPECT_EQ(polling.session.sid(), "S");
  EXPECT_EQ(polling.session.ping_interval(), 300ms);
  EXPECT_EQ(polling.session.ping_timeout(), 200ms);
  EXPECT_EQ(polling.session.max_payload(), 40u);

  client_script websocket(with_transports({transport::websocket, transport::polling}));
  websocket.open().expect({"open main"}).opened(main).expect({}).hear(plain_handshake);
  websocket.expect({"opened"});
  EXPECT_TRUE(websocket.session.websocket_works());
}

// CM-23
TEST(ClientSession, WithoutATransportThereIsNoConnection) {
  client_script script(with_transports({}));
  script.open().expect({"failed: No transports available", "cancel", "closed: transport error"});
  EXPECT_EQ(script.failure.what, connect_cause::no_transport);
  script.expect_over();
}

// CM-23: the server does not offer it; or we do not want it (CM-26)
TEST(ClientSession, CM_26_ProbesOnlyWhatBothWant) {
  client_script silent;
  silent.open().answer(R"(0{"sid":"S","upgrades":[],"pingInterval":1,"pingTimeout":1})");
  silent.expect({"get", "opened", "get"});
  client_options never;
  never.upgrade = false;
  client_script(never).open().answer(plain_handshake).expect({"get", "opened", "get"});
  client_script(polling_only).open().answer(plain_handshake).expect({"get", "opened", "get"});
}

// CM-25
TEST(ClientSession, CM_25_BeginsWithTheWebSocketThatWorkedLast) {
  client_script(client_options(), true).open().expect({"open main"});
  client_script(polling_only, true).open().expect({"get"});
}

// CM-40, Q-32: the attempt fails, whatever the server says instead of a handshake
TEST(ClientSession, CM_40_RefusesMalformedHandshakes) {
  const lines wrong = {
      "",
      "4hello",
      "0",
      "0{",
      "0[]",
      "0null",
      "0{}",
      R"(0{"sid":7,"pingInterval":1,"pingTimeout":1})",
      R"(0{"sid":"","pingInterval":1,"pingTimeout":1})",
      R"(0{"sid":"S","pingTimeout":1})",
      R"(0{"sid":"S","pingInterval":1})",
      R"(0{"sid":"S","pingInterval":0,"pingTimeout":1})",
      R"(0{"sid":"S","pingInterval":1,"pingTimeout":-1})",
      R"(0{"sid":"S","pingInterval":"1","pingTimeout":1})",
      R"(0{"sid":"S","pingInterval":1e99,"pingTimeout":1})",
      R"(0{"sid":"S","pingInterval":9007199254740991,"pingTimeout":1})",
      R"(0{"sid":")" + std::string(257, 's') + R"(","pingInterval":1,"pingTimeout":1})",
      "7",
      "<html>",
      "1",
      "~"};
  for (const std::string& text : wrong) {
    SCOPED_TRACE(text);
    client_script polling;
    polling.open().forget().answer(text);
    polling.expect({"failed: server error", "cancel", "closed: transport error"});
    EXPECT_EQ(polling.failure.what, connect_cause::protocol);
    EXPECT_TRUE(polling.session.sid().empty()) << "nothing was opened";
    polling.expect_over();
    if (text == "~") continue;
    client_script websocket(websocket_only);
    websocket.open().opened(main).forget().hear(text);
    websocket.expect({"failed: server error", "close main", "closed: transport error"});
    websocket.expect_over();
  }
}

TEST(ClientSession, BeginsNoWebSocketSessionWithBytes) {
  client_script script(websocket_only);
  script.open().opened(main).forget().hear("x", main, true);
  script.expect({"failed: server error", "close main", "closed: transport error"});
}

TEST(ClientSession, TakesWhatStandsBehindTheHandshake) {
  client_script script(polling_only);
  script.open().answer(std::string(plain_handshake) + "~40{}~bAQI=~2");
  script.expect({"get", "opened", "message 0{}", "binary \x01\x02", "ping", "get"});
  script.flush().expect({"post 3"});
}

// ---- queries

// CM-28
TEST(ClientSession, CM_28_AsksWithTheOfficialQueries) {
  client_options options;
  options.query = {{"a", "1 2"}, {"EIO", "3"}, {"sid", "mine"}, {"transport", "x"}};
  client_script script(options);
  script.open().answer(plain_handshake).send("x").flush();
  ASSERT_EQ(script.queries.size(), 4u);
  EXPECT_TRUE(script.queries[0].starts_with("a=1%202&EIO=4&transport=polling&t="))
      << script.queries[0];
  EXPECT_EQ(script.queries[1], "a=1%202&EIO=4&transport=websocket&sid=S");
  EXPECT_TRUE(script.queries[2].starts_with("a=1%202&EIO=4&transport=polling&sid=S&t="));
  EXPECT_NE(script.queries[2], script.queries[3]) << "each request is another one";
  EXPECT_EQ(script.queries[0].substr(script.queries[0].find("&t=") + 3).size(), 8u);
}

// CM-28
TEST(ClientSession, CM_28_StampsWhatItIsToldTo) {
  client_options never;
  never.timestamp_requests = false;
  client_script without(never);
  without.open().answer(plain_handshake);
  EXPECT_EQ(without.queries, (lines{"EIO=4&transport=polling", "EIO=4&transport=websocket&sid=S",
                                    "EIO=4&transport=polling&sid=S"}));
  auto always = websocket_only;
  always.timestamp_requests = true;
  always.timestamp_param = "now";
  client_script with(always);
  with.open();
  EXPECT_TRUE(with.queries[0].starts_with("EIO=4&transport=websocket&now=")) << with.queries[0];
}

// CM-28: over polling the handshake says it, a WebSocket always, or the server forgets it
TEST(ClientSession, ForceBase64SaysSoAndSendsText) {
  client_options options;
  options.force_base64 = true;
  client_script script(options);
  script.open().answer(plain_handshake);
  ASSERT_EQ(script.queries.size(), 3u);
  EXPECT_EQ(without_stamp(script.queries[0]), "EIO=4&transport=polling&b64=1");
  EXPECT_EQ(script.queries[1], "EIO=4&transport=websocket&sid=S&b64=1");
  EXPECT_EQ(without_stamp(script.queries[2]), "EIO=4&transport=polling&sid=S");

  options.transports = {transport::websocket};
  client_script websocket(options);
  websocket.open_websocket().send_binary("\x01\x02").send("x").flush().expect({"batch bAQI= 4x"});
  EXPECT_FALSE(websocket.session.send_directly());
  EXPECT_EQ(websocket.queries[0], "EIO=4&transport=websocket&b64=1");
  websocket.hear("bAQI=").expect({"binary \x01\x02"});
}

// ---- the heartbeat

// HB-07: only pings count
TEST(ClientSession, HB_07_EndsWhenNoPingComes) {
  client_script script(websocket_only);
  script.open_websocket();
  script.wait(499ms).hear("4data").expect({"message data"});
  script.wait(1ms).expect({"close main", "closed: ping timeout"});
  EXPECT_EQ(script.failure.detail, "no ping for 500 ms");
  script.expect_over();
}

// HB-07, over polling: the server is told
TEST(ClientSession, HB_07_EndsOverPollingToo) {
  client_script script(polling_only);
  script.open_polling().wait(400ms).answer("4x").forget().wait(100ms);
  script.expect({"post_last 1", "closed: ping timeout"});
  script.expect_over();
}

// HB-08
TEST(ClientSession, HB_08_AnswersPings) {
  client_script websocket(websocket_only);
  websocket.open_websocket().wait(400ms).hear("2").expect({"ping", "batch 3"});
  websocket.wait(499ms).hear("2probe").expect({"ping", "batch 3"});
  websocket.wait(500ms).expect({"close main", "closed: ping timeout"});

  client_script polling(polling_only);
  polling.open_polling().wait(400ms).answer("2~4x").expect({"ping", "message x", "get"});
  EXPECT_TRUE(polling.session.waits_for_flush());
  polling.send("y").flush().expect({"post 3~4y"});
}

// HB-09
TEST(ClientSession, HB_09_KnowsThatAPingIsOverdueBeforeTheTimerDoes) {
  client_script script(websocket_only);
  script.open_websocket();
  EXPECT_FALSE(script.session.ping_expired(script.now + 500ms));
  EXPECT_TRUE(script.session.ping_expired(script.now + 501ms));
  script.now += 400ms;
  script.hear("2");
  EXPECT_FALSE(script.session.ping_expired(script.now + 500ms));
  EXPECT_EQ(script.session.next_timeout(), script.now + 500ms);
}

// ---- sending

TEST(ClientSession, SendsNothingBeforeTheHandshake) {
  client_script polling(polling_only);
  polling.open().send("early").flush().expect({"get"});
  EXPECT_TRUE(polling.accepted);
  EXPECT_FALSE(polling.session.writable());
  polling.answer(plain_handshake).flush().expect({"opened", "get", "post 4early"});
  polling.posted().expect({"drained"});

  client_script websocket(websocket_only);
  websocket.open().opened(main).send("early").flush().forget().hear(plain_handshake);
  websocket.flush().expect({"opened", "batch 4early"}).drained().expect({"drained"});
}

TEST(ClientSession, OverPollingOneRequestAtATime) {
  client_script script(polling_only);
  script.open_polling();
  EXPECT_TRUE(script.session.writable());
  script.send("a").send_binary("\x01");
  EXPECT_FALSE(script.session.writable());
  script.flush().expect({"post 4a~bAQ=="});
  script.send("c").flush().send("d").expect({});
  EXPECT_FALSE(script.session.writable());
  script.posted().expect({"post 4c~4d"}).posted().expect({"drained"});
  EXPECT_TRUE(script.session.writable());
  EXPECT_EQ(script.session.queued_bytes(), 0u);
}

// What a request carries has left only when it is answered.
TEST(ClientSession, CountsWhatARequestCarries) {
  client_script script(polling_only);
  script.open_polling().send("0123456789").flush();
  EXPECT_GE(script.session.queued_bytes(), 10u);
  script.posted();
  EXPECT_EQ(script.session.queued_bytes(), 0u);
  script.send("0123456789").flush();
  script.session.on_post_failed({connect_cause::lost, "x"});
  script.drain();
  EXPECT_EQ(script.session.queued_bytes(), 0u);
}

// CM-33: as much as the server takes in one body, but at least one packet
TEST(ClientSession, CM_33_CutsPostsWhereTheServerSays) {
  client_script script(polling_only);
  script.open_polling();  // maxPayload 40
  const std::string big(60, 'x'), half(18, 'h');
  script.send(half).send(half).send("y").flush();
  script.expect({"post 4" + half + "~4" + half}).posted().expect({"post 4y"});
  script.posted().forget().send(half).send(half + "!!").flush().expect({"post 4" + half});
  script.posted().expect({"post 4" + half + "!!"}).posted().forget();
  script.send(big).send("y").flush().expect({"post 4" + big});
  script.posted().expect({"post 4y"}).posted().forget();
  script.send_binary(std::string(29, 'b')).send("y").flush();  // 1 + 40 characters
  EXPECT_EQ(script.told.front().size(), 5 + 41u);
  client_script unlimited(polling_only);
  unlimited.open_polling(R"(0{"sid":"S","pingInterval":1,"pingTimeout":1,"maxPayload":0})");
  unlimited.send(big).send(big).flush().expect({"post 4" + big + "~4" + big});
}

TEST(ClientSession, AWebSocketTakesMoreAtAnyTime) {
  client_script script(websocket_only);
  script.open_websocket();
  EXPECT_TRUE(script.session.writable());
  script.send("a").send_binary("\x01").flush().expect({"batch 4a binary:\x01"});
  EXPECT_FALSE(script.session.writable());
  script.send("b").flush().expect({"batch 4b"});
  script.drained().expect({"drained"}).drained().expect({});
  EXPECT_TRUE(script.session.writable());
}

TEST(ClientSession, SendsDirectlyWhenNothingWaits) {
  client_script script(websocket_only);
  script.open();
  EXPECT_FALSE(script.session.send_directly());
  script.opened(main).hear(plain_handshake).forget();
  EXPECT_TRUE(script.session.send_directly());
  EXPECT_FALSE(script.session.writable());
  EXPECT_TRUE(script.session.send_directly());
  script.drained().expect({"drained"}).send("first");
  EXPECT_FALSE(script.session.send_directly()) << "it would overtake";
  script.flush().forget().close();
  EXPECT_FALSE(script.session.send_directly());

  client_script polling(polling_only);
  polling.open_polling();
  EXPECT_FALSE(polling.session.send_directly());
}

// ---- receiving

TEST(ClientSession, TakesAMessageTheShortWay) {
  client_script script(websocket_only);
  std::string_view text = "4x";
  EXPECT_FALSE(script.session.take_message(false, text));
  script.open_websocket();
  ASSERT_TRUE(script.session.take_message(false, text));
  EXPECT_EQ(text, "x");
  for (std::string_view other : {"", "2", "3probe", "1", "bAQI=", "7"})
    EXPECT_FALSE(script.session.take_message(false, other)) << other;
  std::string_view bytes = "anything";
  EXPECT_TRUE(script.session.take_message(true, bytes));
  script.close();
  EXPECT_FALSE(script.session.take_message(false, text));
}

TEST(ClientSession, IgnoresPacketsThatMeanNothingToAClient) {
  client_script script(websocket_only);
  script.open_websocket().hear("3").hear("5").hear("6").hear(plain_handshake).hear("1").expect({});
  client_script polling(polling_only);
  polling.open_polling().answer("6~3~5").expect({"get"});
}

// What is no packet ends it, and what stands behind is not looked at.
TEST(ClientSession, EndsWhenTheServerSaysNonsense) {
  for (const char* wrong : {"4a~x~4b", "4a~~4b", "4a~b!~4b", "4a~7~4b"}) {
    client_script script(polling_only);
    script.open_polling().answer(wrong);
    script.expect({"message a", "failed: server error", "post_last 1", "closed: transport error"});
    EXPECT_EQ(script.failure.what, connect_cause::protocol);
    script.expect_over();
  }
  client_script websocket(websocket_only);
  websocket.open_websocket().hear("x");
  websocket.expect({"failed: server error", "close main", "closed: transport error"});
}

// Between two packets of one answer the application may close the session.
TEST(ClientSession, TellsOnePacketAtATime) {
  client_script script(polling_only);
  script.open_polling();
  script.session.on_answer(200,
                           "4a\x1e"
                           "4b",
                           script.now);
  const auto first = script.session.poll_event();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->data, "a");
  script.session.abort(client_reason::parse_error, {});
  script.drain().expect({"post_last 1", "closed: parse error"});
}

TEST(ClientSession, NoticesTheCloseOfTheServerOverPolling) {
  client_script script(polling_only);
  script.open_polling().send("x").flush().forget().answer("4a~1~4b");
  script.expect({"message a", "cancel", "cancel", "closed: transport close"});
  EXPECT_EQ(script.failure.detail, "transport closed by the server");
  script.expect_over();
}

}  // namespace
}  // namespace socketio::engine
