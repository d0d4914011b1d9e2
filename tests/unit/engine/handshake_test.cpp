// Which requests Engine.IO takes, and what the others are answered. Rows HS-04 to HS-09, ER-01 to
// ER-08, ER-16, Q-01.
#include "engine/handshake.hpp"

#include <gtest/gtest.h>

namespace socketio::engine {
namespace {

http_request request_of(std::string method, std::string query, bool upgrade = false) {
  http_request made;
  made.method = std::move(method);
  made.target = "/socket.io/?" + query;
  made.path = "/socket.io/";
  made.query = http_query(query);
  made.upgrade = upgrade;
  return made;
}

std::optional<refusal> verify_request(const http_request& request, session_facts session = {},
                                      const options& with = {}) {
  return verify(request, read_parameters(request), session, with);
}

struct row {
  const char* method;
  const char* query;
  bool upgrade;
  session_facts session;
  int code;  // -1: accepted
  const char* context;
};

TEST(Handshake, HS06_ER01_to_ER04_verifies_in_the_official_order) {
  const session_facts none, polling{true, transport::polling},
      websocket{true, transport::websocket};
  const row rows[] = {
      {"GET", "EIO=4&transport=polling", false, none, -1, ""},
      {"GET", "EIO=4&transport=polling&sid=", false, none, -1, ""},
      {"GET", "EIO=4&transport=websocket", true, none, -1, ""},
      {"GET", "EIO=4&transport=polling", true, none, -1, ""},  // WS-16: refused after the 101
      {"GET", "EIO=4", false, none, 0, ""},
      {"GET", "EIO=4&transport=", false, none, 0, "transport="},
      {"GET", "EIO=4&transport=tube", false, none, 0, "transport=tube"},
      {"GET", "EIO=4&transport=webtransport", false, none, 0, "transport=webtransport"},
      {"GET", "EIO=4&transport=constructor", false, none, 0, "transport=constructor"},
      {"POST", "EIO=3&transport=tube&sid=x", false, none, 0, "transport=tube"},
      {"POST", "EIO=3&transport=polling&sid=x", false, none, 1, "sid=x"},
      {"GET", "EIO=4&transport=websocket&sid=x", true, none, 1, "sid=x"},
      {"POST", "EIO=3&transport=polling", false, none, 2, "method=POST"},
      {"OPTIONS", "EIO=4&transport=polling", false, none, 2, "method=OPTIONS"},
      {"HEAD", "EIO=4&transport=polling", false, none, 2, "method=HEAD"},
      {"GET", "EIO=3&transport=websocket", false, none, 3, "name=TRANSPORT_HANDSHAKE_ERROR"},
      {"GET", "EIO=4&transport=polling&sid=x", false, polling, -1, ""},
      {"POST", "EIO=4&transport=polling&sid=x", false, polling, -1, ""},
      {"PUT", "EIO=4&transport=polling&sid=x", false, polling, -1,
       ""},  // HS-18: answered 500 later
      {"GET", "EIO=4&transport=websocket&sid=x", true, polling, -1, ""},
      {"GET", "EIO=4&transport=websocket&sid=x", true, websocket, -1,
       ""},  // WS-09: closed after the 101
      {"GET", "EIO=4&transport=websocket&sid=x", false, polling, 3,
       "name=TRANSPORT_MISMATCH transport=websocket previousTransport=polling"},
      {"POST", "EIO=4&transport=polling&sid=x", false, websocket, 3,
       "name=TRANSPORT_MISMATCH transport=polling previousTransport=websocket"},
      {"GET", "EIO=3&transport=polling&sid=x", false, polling, 3,
       "name=PROTOCOL_MISMATCH protocol=3 previousProtocol=4"},
      {"GET", "transport=websocket&sid=x", true, polling, 3,
       "name=PROTOCOL_MISMATCH protocol=3 previousProtocol=4"},
  };
  for (const row& each : rows) {
    SCOPED_TRACE(std::string(each.method) + " " + each.query);
    const auto why =
        verify_request(request_of(each.method, each.query, each.upgrade), each.session);
    EXPECT_EQ(why ? static_cast<int>(why->code) : -1, each.code);
    EXPECT_EQ(why ? why->context : "", each.context);
    if (why) {
      EXPECT_EQ(why->message, message_of(why->code));
    }
  }
}

TEST(Handshake, HS06_a_transport_that_is_switched_off_is_unknown) {
  options only_polling, only_websocket;
  only_polling.websocket = false;
  only_websocket.polling = false;
  const auto polling = request_of("GET", "EIO=4&transport=polling");
  const auto websocket = request_of("GET", "EIO=4&transport=websocket", true);
  EXPECT_FALSE(verify_request(polling, {}, only_polling));
  EXPECT_FALSE(verify_request(websocket, {}, only_websocket));
  EXPECT_EQ(verify_request(websocket, {}, only_polling)->code, handshake_error::unknown_transport);
  EXPECT_EQ(verify_request(polling, {}, only_websocket)->code, handshake_error::unknown_transport);
  EXPECT_FALSE(is_upgrade(websocket, only_polling));
  EXPECT_TRUE(is_upgrade(websocket, only_websocket));
}

TEST(Handshake, ER16_control_characters_in_origin_are_refused_before_the_sid_is_looked_at) {
  for (int byte = 0; byte < 256; ++byte) {
    auto request = request_of("GET", "EIO=4&transport=polling&sid=unknown");
    request.headers.add("Origin", std::string("http://x") + static_cast<char>(byte));
    const auto why = verify_request(request);
    const bool illegal = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code, illegal ? handshake_error::bad_request : handshake_error::unknown_sid)
        << byte;
    if (illegal) {
      EXPECT_EQ(why->details.front().second, "INVALID_ORIGIN");
    }
  }
}

TEST(Handshake, HS05_reads_the_parameters) {
  const auto revision = [](const char* query) {
    return read_parameters(request_of("GET", query)).revision;
  };
  EXPECT_EQ(revision("EIO=4"), revision::four);
  EXPECT_EQ(revision("EIO=3&EIO=4"), revision::four);  // HS-04
  for (const char* three : {"", "EIO=3", "EIO=5", "EIO=04", "EIO=", "EIO=4x", "eio=4"}) {
    EXPECT_EQ(revision(three), revision::three) << three;
  }
  EXPECT_TRUE(read_parameters(request_of("GET", "b64=1")).text_only);
  EXPECT_TRUE(read_parameters(request_of("GET", "b64=false")).text_only);
  EXPECT_FALSE(read_parameters(request_of("GET", "b64=")).text_only);
  const auto named = request_of("GET", "sid=abc&t=x");
  EXPECT_EQ(read_parameters(named).sid, "abc");
}

TEST(Handshake, ER06_Q01_only_revision_4_is_served) {
  EXPECT_FALSE(verify_revision(read_parameters(request_of("GET", "EIO=4")), {}));
  const auto why = verify_revision(read_parameters(request_of("GET", "EIO=3")), {});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, handshake_error::unsupported_protocol_version);
  EXPECT_EQ(why->context, "protocol=3");
}

TEST(Handshake, ER07_errors_are_json_with_status_400) {
  const char* const bodies[] = {
      R"({"code":0,"message":"Transport unknown"})",
      R"({"code":1,"message":"Session ID unknown"})",
      R"({"code":2,"message":"Bad handshake method"})",
      R"({"code":3,"message":"Bad request"})",
      R"({"code":4,"message":"Forbidden"})",
      R"({"code":5,"message":"Unsupported protocol version"})",
  };
  for (int code = 0; code < 6; ++code) {
    const http_response answer =
        refuse(make_refusal(static_cast<handshake_error>(code), {}), false);
    EXPECT_EQ(answer.status, code == 4 ? 403u : 400u);
    EXPECT_EQ(answer.body, bodies[code]);
    EXPECT_EQ(answer.headers["Content-Type"], "application/json");
    EXPECT_FALSE(answer.headers.contains("cache-control"));
  }
}

TEST(Handshake, ER05_a_refusal_by_the_application_carries_its_message) {
  EXPECT_EQ(refuse(forbid("not \"you\"\n"), false).body, R"({"code":4,"message":"not \"you\"\n"})");
  EXPECT_EQ(refuse(forbid(""), false).body, R"({"code":4,"message":"Forbidden"})");
}

TEST(Handshake, ER08_upgrades_are_refused_in_plain_text_and_always_with_400) {
  const http_response answer = refuse(forbid("not today"), true);
  EXPECT_EQ(answer.status, 400u);
  EXPECT_EQ(answer.body, "not today");
  EXPECT_EQ(answer.headers["Connection"], "close");
  EXPECT_EQ(answer.headers["Content-Type"], "text/html");
}

TEST(Handshake, HS07_HS08_HS09_the_open_packet_lists_its_keys_in_the_official_order) {
  options with;
  EXPECT_EQ(
      open_packet("x", transport::polling, with),
      R"(0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  with.ping_interval = milliseconds(1);
  with.ping_timeout = milliseconds(2);
  with.max_http_buffer_size = 3;
  EXPECT_EQ(open_packet("x", transport::websocket, with),
            R"(0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":2,"maxPayload":3})");
  with.allow_upgrades = false;
  EXPECT_NE(open_packet("x", transport::polling, with).find(R"("upgrades":[])"), std::string::npos);
  with.allow_upgrades = true;
  with.websocket = false;
  EXPECT_NE(open_packet("x", transport::polling, with).find(R"("upgrades":[])"), std::string::npos);
}

TEST(Handshake, HS11_an_id_of_the_application_cannot_break_the_open_packet) {
  EXPECT_TRUE(open_packet("a\"b\\", transport::polling, {}).starts_with(R"(0{"sid":"a\"b\\",)"));
}

}  // namespace
}  // namespace socketio::engine
