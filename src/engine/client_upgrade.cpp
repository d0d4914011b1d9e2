// The WebSocket: as the transport from the beginning, and as what a polling session is upgraded to
// (WS-10 to WS-15, CM-26, CM-27). See client_session.hpp.
#include "engine/client_session.hpp"

#include <algorithm>
#include <utility>

namespace socketio::engine {

// ---- the main one

void client_session::on_websocket_open(websocket_place where) {
  if (state_ == state::closed) return;
  if (where == websocket_place::main) {
    websocket_open_ = true;
    return;  // the server says its handshake
  }
  if (upgrade_ != upgrade_stage::opening) return;
  upgrade_ = upgrade_stage::probing;
  act({.what = client_action::kind::send_text, .place = where, .body = "2probe"});
}

void client_session::on_websocket_message(websocket_place where, bool binary, std::string_view data,
                                          time_point now) {
  if (state_ == state::closed) return;
  if (where == websocket_place::candidate) return on_candidate_message(binary, data);
  if (!binary) return on_packet(data, now);
  if (sid_.empty())
    return fail("server error",
                {connect_cause::protocol, "the server did not begin with a handshake"});
  message(true, data);
}

void client_session::on_websocket_drained(websocket_place where) {
  if (where != websocket_place::main || !std::exchange(writing_, false)) return;
  flush();
  drained();
}

void client_session::on_websocket_closed(websocket_place where, transport_failure why) {
  if (state_ == state::closed) return;
  if (where == websocket_place::candidate)
    return give_up_candidate(why.detail.empty() ? "transport closed" : std::move(why.detail));
  // Whoever closes instead of a handshake has refused us.
  const bool was_open = std::exchange(websocket_open_, false) && state_ != state::opening;
  const bool closed = why.what == connect_cause::closed || why.what == connect_cause::lost;
  if (!was_open || !closed) return fail("websocket error", std::move(why));
  std::string said = std::move(why.detail);
  why.detail = "websocket connection closed";
  if (!said.empty()) (why.detail += ": ") += said;
  end(client_reason::transport_close, std::move(why));
}

// ---- the candidate

void client_session::begin_upgrade() {
  const bool possible = options_.upgrade && kind_ == transport::polling && state_ == state::open &&
                        std::ranges::find(offered_, "websocket") != offered_.end() &&
                        std::ranges::find(transports_, transport::websocket) != transports_.end();
  if (!possible) return;
  websocket_works_ = false;
  upgrade_ = upgrade_stage::opening;
  act({client_action::kind::open_websocket, websocket_place::candidate,
       query(transport::websocket, true)});
}

void client_session::on_candidate_message(bool binary, std::string_view data) {
  if (upgrade_ != upgrade_stage::probing) return;
  if (binary || data != "3probe") {
    act({client_action::kind::close_websocket, websocket_place::candidate});
    return give_up_candidate("the answer to the probe is wrong");
  }
  websocket_works_ = true;
  upgrade_ = upgrade_stage::pausing;
  finish_upgrade_if_paused();
}

// Both requests must have ended: what they carry comes before everything on the WebSocket.
void client_session::finish_upgrade_if_paused() {
  if (!upgrading() || polling_ || posting_) return;
  upgrade_ = upgrade_stage::none;
  kind_ = transport::websocket;
  websocket_open_ = true;
  act({client_action::kind::promote});
  act({.what = client_action::kind::send_text, .body = "5"});
  tell({client_event::kind::upgraded});
  flush();
  drained();
}

// Polling goes on (CM-27), also where it had stopped already.
void client_session::give_up_candidate(std::string text) {
  if (upgrade_ == upgrade_stage::none) return;
  const bool paused = upgrading();
  upgrade_ = upgrade_stage::none;
  websocket_works_ = false;
  client_event failed{client_event::kind::upgrade_failed};
  failed.text = "probe error";
  failed.failure = {connect_cause::protocol, std::move(text)};
  tell(std::move(failed));
  if (!paused) return;
  if (!polling_) poll();
  flush();
  drained();
}

}  // namespace socketio::engine
