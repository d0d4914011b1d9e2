// The conversation that every server must answer alike before anything is measured. Sections:
// `basic` is what the scenarios need and what even the floor server can; `json` and `polling` need
// a real server. bench/run compares the transcripts line by line.

#include "check_client.hpp"
#include "scenarios.hpp"

namespace load {
namespace {

void check_basics(std::uint16_t port, transcript& log) {
  log.section("basic");
  check_client alice(port, log, "alice");
  check_client bob(port, log, "bob");
  check_client carol(port, log, "carol");
  alice.handshake();
  bob.handshake();
  carol.handshake();

  alice.ask(R"(420["echo","hello"])");
  alice.ask(R"(421["echo",""])");
  alice.ask("42123456[\"echo\",\"" + std::string(1'024, 'x') + "\"]");
  alice.ask("422[\"echo\",\"" + std::string(70'000, 'y') + "\"]");
  alice.send(R"(423["echo","one"])");
  alice.send(R"(424["echo","two"])");
  alice.receive();
  alice.receive();

  bob.send(R"(42["broadcast","to all"])");
  for (check_client* each : {&alice, &bob, &carol}) each->receive();

  alice.ask(R"(425["join","r1"])");
  bob.ask(R"(420["join","r1"])");
  carol.ask(R"(420["join","r2"])");
  alice.send(R"(42["room","to the first room"])");
  alice.receive();
  bob.receive();
  carol.send(R"(42["room","to the second room"])");
  carol.receive();
  bob.close_and_expect_end();

  // A server that had sent anything more would have it answered here out of turn.
  alice.ask(R"(426["echo","last"])");
  carol.ask(R"(421["echo","last"])");
  alice.send("41");
  alice.close_and_expect_end();
  carol.ask(R"(422["echo","still here"])");
}

void check_json(std::uint16_t port, transcript& log) {
  log.section("json");
  check_client alice(port, log, "alice");
  alice.handshake();
  alice.ask("420[\"echo\",\"gr\xC3\xBC\xC3\x9F dich \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x8E\x89\"]");
  alice.ask(R"(421["echo","escaped: \"quote\" \\ \/ \n \t \u00e9 \ud83c\udf89 \u0001"])");
  alice.ask(R"(422["echo-json",{"a":1,"b":[true,false,null],"c":{"d":{"e":[[],{}]}},"":"x"}])");
  alice.ask(R"(423["echo-json",[ 0 , -1, 1.5, 9007199254740991, "1" ]])");
  alice.ask(R"(424["echo-json",null])");
  alice.ask(R"(425["echo-json","plain"])");
  alice.send(R"(42["nobody listens",{"to":"this"}])");
  alice.ask(R"(426["echo","last"])");
}

void check_polling(std::uint16_t port, transcript& log) {
  log.section("polling");
  check_client http(port, log, "http");
  check_client socket(port, log, "socket");
  const std::string sid(wire::find_sid(http.request({}, {})));
  http.request(sid, "40");
  http.request(sid, {});
  http.request(sid, R"(420["echo","by polling"])");
  http.request(sid, {});
  http.send_request(sid);
  socket.upgrade(sid);
  socket.ask("2probe");
  http.receive_response(sid);
  socket.send("5");
  socket.ask(R"(421["echo","by WebSocket"])");
  socket.send("41");
  socket.close_and_expect_end();
}

}  // namespace

void run_check(event_loop&, const settings& settings, result& result) {
  transcript log;
  check_basics(settings.port, log);
  check_json(settings.port, log);
  check_polling(settings.port, log);
  result.add("transcript", log.lines());
}

void run_check_basic(event_loop&, const settings& settings, result& result) {
  transcript log;
  check_basics(settings.port, log);
  result.add("transcript", log.lines());
}

}  // namespace load
