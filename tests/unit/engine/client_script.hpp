// A client_session on a script: what the transports heard is fed, and what came out of it is
// compared, line by line. Time moves when the script says so.
#pragma once

#include "engine/client_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio::engine {

using lines = std::vector<std::string>;
using enum websocket_place;

inline constexpr std::string_view plain_handshake =
    R"(0{"sid":"S","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":40})";

class client_script {
 public:
  explicit client_script(client_options options = {}, bool websocket_first = false)
      : options_(std::move(options)), session(options_, websocket_first, 7) {}

  client_script& open() {
    session.open(1'763'798'400'000);
    return drain();
  }
  // Opened, over polling, and not upgraded.
  client_script& open_polling(std::string_view handshake = plain_handshake) {
    return open().answer(handshake).forget();
  }
  client_script& open_websocket(std::string_view handshake = plain_handshake) {
    open();
    session.on_websocket_open(main);
    drain();
    return hear(handshake).forget();
  }
  // '~' stands for the separator of records.
  client_script& answer(std::string_view body, unsigned status = 200) {
    std::string bytes(body);
    for (char& each : bytes)
      if (each == '~') each = '\x1e';
    session.on_answer(status, std::move(bytes), now);
    return drain();
  }
  client_script& posted(unsigned status = 200) {
    session.on_posted(status);
    return drain();
  }
  client_script& hear(std::string_view text, websocket_place where = main, bool binary = false) {
    session.on_websocket_message(where, binary, text, now);
    return drain();
  }
  client_script& opened(websocket_place where) {
    session.on_websocket_open(where);
    return drain();
  }
  client_script& lost(websocket_place where,
                      transport_failure why = {connect_cause::lost, "gone"}) {
    session.on_websocket_closed(where, std::move(why));
    return drain();
  }
  client_script& drained() {
    session.on_websocket_drained(main);
    return drain();
  }
  client_script& send(std::string_view text) {
    const auto one = wire::frame::text({"4", text}, wire::frame_class::event);
    accepted = session.send({&one, 1});
    return drain();
  }
  client_script& send_binary(std::string_view bytes) {
    const auto one = wire::frame::binary(bytes, wire::frame_class::event);
    accepted = session.send({&one, 1});
    return drain();
  }
  client_script& flush() {
    session.flush();
    return drain();
  }
  client_script& close() {
    session.close(now);
    return drain();
  }
  client_script& wait(milliseconds time) {
    now += time;
    session.on_time(now);
    return drain();
  }
  // What happened since the last call: events in this order, and actions in this order. The driver
  // hears the events first.
  client_script& expect(const lines& wanted) {
    EXPECT_EQ(events_first(told), events_first(wanted));
    return forget();
  }
  client_script& forget() {
    told.clear();
    return *this;
  }
  // It is over, and nothing is left.
  void expect_over() {
    EXPECT_EQ(session.current(), client_session::state::closed);
    EXPECT_EQ(session.queued_bytes(), 0u);
    EXPECT_FALSE(session.next_timeout());
    EXPECT_FALSE(session.writable());
    EXPECT_FALSE(session.waits_for_flush());
    EXPECT_FALSE(send("late").accepted);
    answer("4late").posted().hear("4late").hear("3probe", candidate).drained().flush().close();
    session.on_poll_failed({});
    session.on_post_failed({});
    session.abort(client_reason::parse_error, {});
    opened(main).opened(candidate).lost(main).lost(candidate).wait(std::chrono::hours(1));
    expect({});
  }

  client_script& drain() {
    for (;;) {
      if (const auto event = session.poll_event())
        told.push_back(text_of(*event));
      else if (auto action = session.poll_action())
        told.push_back(text_of(*action));
      else
        return *this;
    }
  }

 private:
  static lines events_first(lines list) {
    std::stable_partition(list.begin(), list.end(), [](const std::string& each) {
      for (const char* event :
           {"opened", "message ", "binary ", "ping", "upgrade", "drained", "failed: ", "closed: "})
        if (each.starts_with(event)) return true;
      return false;
    });
    return list;
  }
  static std::string visible(std::string_view from) {
    std::string text(from);
    for (char& each : text)
      if (each == '\x1e') each = '~';
    return text;
  }
  // The texts are those of the floor above.
  static std::string reason_of(client_reason why) {
    switch (why) {
      case client_reason::ping_timeout: return "ping timeout";
      case client_reason::transport_close: return "transport close";
      case client_reason::transport_error: return "transport error";
      case client_reason::parse_error: return "parse error";
      case client_reason::forced_close: return "forced close";
      case client_reason::io_server_disconnect:
      case client_reason::io_client_disconnect: break;
    }
    return "?";
  }
  std::string text_of(const client_event& event) {
    using kind = client_event::kind;
    failure = event.failure;
    switch (event.what) {
      case kind::opened: return "opened";
      case kind::message: return (event.binary ? "binary " : "message ") + std::string(event.data);
      case kind::ping: return "ping";
      case kind::upgraded: return "upgraded";
      case kind::upgrade_failed: return "upgrade_failed: " + event.text;
      case kind::drained: return "drained";
      case kind::failed: return "failed: " + event.text;
      case kind::closed: return "closed: " + reason_of(event.why);
    }
    return "?";
  }
  std::string text_of(const client_action& action) {
    using kind = client_action::kind;
    const std::string where = action.place == main ? "main" : "candidate";
    if (!action.query.empty()) queries.push_back(action.query);
    switch (action.what) {
      case kind::get: return "get";
      case kind::post: return "post " + visible(action.body);
      case kind::cancel_requests: return "cancel";
      case kind::open_websocket: return "open " + where;
      case kind::send_text: return "send " + where + ' ' + action.body;
      case kind::send_batch: {
        std::string text = "batch";
        for (const wire::frame& each : session.take_batch())
          (text += each.is_binary() ? " binary:" : " ") += each.packet();
        return text;
      }
      case kind::promote: return "promote";
      case kind::close_websocket: return "close " + where;
      case kind::post_last: return "post_last " + visible(action.body);
    }
    return "?";
  }

  const client_options options_;

 public:
  client_session session;
  time_point now{std::chrono::hours(1)};
  lines told, queries;
  transport_failure failure;
  bool accepted = false;
};

}  // namespace socketio::engine
