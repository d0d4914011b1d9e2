// How a client's session ends: asked to, in every state (CM-36), and because a transport fails at
// any step (CM-24, CM-34, CM-35).
#include "client_script.hpp"

#include <functional>

namespace socketio::engine {
namespace {

using namespace std::chrono_literals;

client_options only(transport which) {
  client_options made;
  made.transports = {which};
  return made;
}

// ---- close()

// CM-36
TEST(ClientSessionClose, BeforeAnythingWasOpened) {
  client_script polling(only(transport::polling));
  polling.open().forget().close().expect({"cancel", "closed: forced close"});
  polling.expect_over();
  client_script websocket(only(transport::websocket));
  websocket.open().forget().close().expect({"close main", "closed: forced close"});
  websocket.expect_over();
  client_script open(only(transport::websocket));
  open.open().opened(main).forget().send("lost").close();
  open.expect({"close main", "closed: forced close"});
}

// CM-36: a POST says it, and nothing else is under way
TEST(ClientSessionClose, CM_36_OverPolling) {
  client_script script(only(transport::polling));
  script.open_polling().close().expect({"post_last 1", "closed: forced close"});
  script.expect_over();
}

// CM-36: behind what was sent
TEST(ClientSessionClose, CM_36_BehindWhatWasSent) {
  client_script polling(only(transport::polling));
  polling.open_polling().send("a").close().expect({"post 4a"});
  EXPECT_FALSE(polling.send("b").accepted);
  polling.answer("4more").expect({"message more", "get"});
  polling.posted().expect({"drained", "post_last 1", "closed: forced close"});
  polling.expect_over();

  client_script websocket(only(transport::websocket));
  websocket.open_websocket().send("a").close().expect({"batch 4a"});
  websocket.drained().expect({"drained", "close main", "closed: forced close"});
  websocket.expect_over();

  client_script direct(only(transport::websocket));
  direct.open_websocket();
  ASSERT_TRUE(direct.session.send_directly());
  direct.close().expect({}).drained().expect({"drained", "close main", "closed: forced close"});
}

// ... in as many requests as it takes
TEST(ClientSessionClose, CM_36_BehindSeveralRequests) {
  client_script script(only(transport::polling));
  const std::string big(60, 'x');
  script.open_polling().send(big).send("y").close().expect({"post 4" + big}).posted();
  script.expect({"post 4y"}).posted().expect({"drained", "post_last 1", "closed: forced close"});
}

// A peer that takes nothing does not keep us.
TEST(ClientSessionClose, TakesAsLongAsTheOptionSays) {
  auto options = only(transport::polling);
  options.close_timeout = 100ms;
  client_script polling(options);
  polling.open_polling().send("a").close().forget().wait(99ms).expect({});
  polling.wait(1ms).expect({"cancel", "closed: forced close"});
  polling.expect_over();
  options.transports = {transport::websocket};
  client_script websocket(options);
  websocket.open_websocket().send("a").close().forget().wait(100ms);
  websocket.expect({"close main", "closed: forced close"});
}

TEST(ClientSessionClose, TwiceIsOnce) {
  client_script script(only(transport::polling));
  script.open_polling().send("a").close().forget().close().expect({});
  script.posted().close().expect({"drained", "post_last 1", "closed: forced close"});
}

// CM-36: not in the middle of an upgrade
TEST(ClientSessionClose, CM_36_WaitsForARunningUpgrade) {
  client_script script;
  script.open_polling().opened(candidate).hear("3probe", candidate).send("a").forget();
  script.close().expect({});
  script.answer("6").expect({"upgraded", "promote", "send main 5", "batch 4a"});
  script.drained().expect({"drained", "close main", "closed: forced close"});
  script.expect_over();
}

// ... which may fail
TEST(ClientSessionClose, CM_36_AfterAnUpgradeThatFailed) {
  client_script script;
  script.open_polling().opened(candidate).hear("3probe", candidate).close().forget();
  script.lost(candidate).expect(
      {"upgrade_failed: probe error", "post_last 1", "closed: forced close"});
  script.expect_over();
}

// One that has only begun is given up.
TEST(ClientSessionClose, GivesUpAProbe) {
  for (const bool probing : {false, true}) {
    client_script script;
    script.open_polling();
    if (probing) script.opened(candidate);
    script.forget().close();
    script.expect({"close candidate", "post_last 1", "closed: forced close"});
    script.expect_over();
  }
}

TEST(ClientSessionClose, AbortEndsItNow) {
  client_script script(only(transport::polling));
  script.open_polling().send("a").flush().send("b").forget();
  script.session.abort(client_reason::parse_error, {connect_cause::none, "why"});
  script.drain().expect({"cancel", "closed: parse error"});
  EXPECT_EQ(script.failure.detail, "why");
  script.expect_over();
}

// ---- transports that fail

struct step {
  const char* name;
  transport with;
  std::function<void(client_script&)> reach;
  std::function<void(client_script&)> fail;
  lines wanted;
};

const transport_failure broken{connect_cause::lost, "broken"};
const transport_failure refused{connect_cause::http_status, "status 403", 403};

std::vector<step> every_step() {
  const auto polling = transport::polling, websocket = transport::websocket;
  const auto open = [](client_script& to) { to.open(); };
  const auto shaken = [](client_script& to) { to.open_polling(); };
  const auto posting = [](client_script& to) { to.open_polling().send("x").flush(); };
  const auto poll_fails = [](client_script& to) { to.session.on_poll_failed(broken); };
  const auto post_fails = [](client_script& to) { to.session.on_post_failed(broken); };
  const lines poll_error = {"failed: xhr poll error", "post_last 1", "closed: transport error"};
  const lines first_error = {"failed: xhr poll error", "cancel", "closed: transport error"};
  const lines post_error = {"failed: xhr post error", "post_last 1", "closed: transport error"};
  const lines socket_error = {"failed: websocket error", "close main", "closed: transport error"};
  const lines socket_close = {"close main", "closed: transport close"};
  return {
      {"the first GET", polling, open, poll_fails, first_error},
      {"its status", polling, open, [](auto& to) { to.answer("no", 400); }, first_error},
      {"no status at all", polling, open, [](auto& to) { to.answer("", 204); }, first_error},
      {"a later GET", polling, shaken, poll_fails, poll_error},
      {"its status", polling, shaken, [](auto& to) { to.answer("no", 502); }, poll_error},
      {"a GET beside a POST",
       polling,
       posting,
       poll_fails,
       {"failed: xhr poll error", "cancel", "closed: transport error"}},
      {"a POST", polling, posting, post_fails, post_error},
      {"its status", polling, posting, [](auto& to) { to.posted(413); }, post_error},
      {"a POST behind close()", polling, [](auto& to) { to.open_polling().send("x").close(); },
       post_fails, post_error},
      {"a WebSocket that is refused", websocket, open, [](auto& to) { to.lost(main, refused); },
       socket_error},
      {"one without an answer", websocket, open,
       [](auto& to) {
         to.lost(main, {connect_cause::connect, "nobody"});
       },
       socket_error},
      {"one that ends before the handshake", websocket, [](auto& to) { to.open().opened(main); },
       [](auto& to) {
         to.lost(main, {connect_cause::closed, "code 1000"});
       },
       socket_error},
      {"one that is lost before the handshake", websocket, [](auto& to) { to.open().opened(main); },
       [](auto& to) { to.lost(main); }, socket_error},
      {"a WebSocket that is lost", websocket, [](auto& to) { to.open_websocket(); },
       [](auto& to) { to.lost(main); }, socket_close},
      {"one that the server closes", websocket, [](auto& to) { to.open_websocket(); },
       [](auto& to) {
         to.lost(main, {connect_cause::closed, "code 1001"});
       },
       socket_close},
      {"one that speaks no WebSocket", websocket, [](auto& to) { to.open_websocket(); },
       [](auto& to) {
         to.lost(main, {connect_cause::protocol, "bad frame"});
       },
       socket_error},
      {"one that says too much", websocket, [](auto& to) { to.open_websocket(); },
       [](auto& to) {
         to.lost(main, {connect_cause::too_big, "too big"});
       },
       socket_error},
      {"one that is lost behind close()", websocket,
       [](auto& to) { to.open_websocket().send("x").close(); }, [](auto& to) { to.lost(main); },
       socket_close},
  };
}

// CM-34, CM-35: every transport, at every step
TEST(ClientSessionClose, CM_34_SaysWhichTransportFailed) {
  const lines socket_error = {"failed: websocket error", "close main", "closed: transport error"};
  for (const step& each : every_step()) {
    SCOPED_TRACE(each.name);
    client_script script(only(each.with));
    each.reach(script);
    script.forget();
    each.fail(script);
    script.drain().expect(each.wanted);
    EXPECT_FALSE(script.session.websocket_works() && each.wanted == socket_error);
    script.expect_over();
  }
}

// CM-34: the status and the server's words
TEST(ClientSessionClose, CM_34_KeepsStatusAndWords) {
  client_script script(only(transport::polling));
  script.open().answer(R"({"code":0})", 400);
  EXPECT_EQ(script.failure.what, connect_cause::http_status);
  EXPECT_EQ(script.failure.status, 400u);
  EXPECT_EQ(script.failure.detail, R"(status 400: {"code":0})");
}

// CM-35
TEST(ClientSessionClose, CM_35_DescribesTheCloseOfAWebSocket) {
  client_script script(only(transport::websocket));
  script.open_websocket().lost(main, {connect_cause::closed, "code 1001"});
  EXPECT_EQ(script.failure.detail, "websocket connection closed: code 1001");
}

// ---- the next transport

client_options all_transports(transport first, transport second) {
  client_options made;
  made.transports = {first, second};
  made.try_all_transports = true;
  return made;
}

// CM-24
TEST(ClientSessionClose, CM_24_TriesTheNextTransport) {
  client_script to_websocket(all_transports(transport::polling, transport::websocket));
  to_websocket.open().forget().answer("no", 502).expect({"cancel", "open main"});
  to_websocket.opened(main).hear(plain_handshake).expect({"opened"});
  to_websocket.lost(main).expect({"close main", "closed: transport close"});

  client_script to_polling(all_transports(transport::websocket, transport::polling));
  to_polling.open().forget().send("x").lost(main, refused).expect({"close main", "get"});
  to_polling.answer(plain_handshake).expect({"opened", "get"});  // it does not try it again
  to_polling.flush().expect({"post 4x"});

  client_script none(all_transports(transport::polling, transport::websocket));
  none.open().forget().answer("no", 502).lost(main, refused);
  none.expect(
      {"cancel", "open main", "failed: websocket error", "close main", "closed: transport error"});
  none.expect_over();
}

// CM-24: a handshake that makes no sense is a failure of the transport, too
TEST(ClientSessionClose, CM_24_AlsoBehindANonsensicalHandshake) {
  for (const char* wrong : {"0{}~4x", "4x", R"(0{"sid":"S"})"}) {
    client_script script(all_transports(transport::polling, transport::websocket));
    script.open().forget().answer(wrong).expect({"cancel", "open main"});
    script.opened(main).hear(plain_handshake).expect({"opened"});
  }
  // The same transport again: one request, not two.
  client_script again(all_transports(transport::polling, transport::polling));
  again.open().forget().answer("4x").expect({"cancel", "get"});
  again.answer(plain_handshake).expect({"opened", "get"});
}

// CM-24: an open session is not tried again
TEST(ClientSessionClose, CM_24_OnlyWhileOpening) {
  client_script script(all_transports(transport::polling, transport::websocket));
  script.open_polling(R"(0{"sid":"S","pingInterval":1,"pingTimeout":1})").answer("no", 502);
  script.expect({"failed: xhr poll error", "post_last 1", "closed: transport error"});
}

}  // namespace
}  // namespace socketio::engine
