// One session that is connected to something: an engine::session, the transport that it uses now, a
// timer, and the application's sink. It feeds what the transports report, then drains: events to
// the sink, actions to the transports.
//
// Memory: this is what every idle connection costs, so what only a polling session needs hangs on
// one pointer, which goes away with the upgrade.
//
// Re-entrancy: a sink may send and close from inside any event. Such a call only changes the state
// machine; the drain that is under way, or one at the end of the turn, does the rest. A session
// that has closed leaves the table at once and is destroyed between two turns, when no call of it
// can be under way.
#pragma once

#include "base/session_id.hpp"
#include "base/timer_wheel.hpp"
#include "engine/session.hpp"
#include "net/engine_server.hpp"
#include "net/loop.hpp"
#include "net/websocket.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace socketio::net {

class live_session final : public engine_session, private websocket_sink, private timer {
 public:
  // `sid` is empty or what the application's generator gave. `over` is nullptr for a session that
  // begins with polling.
  live_session(engine_server::impl& server, const session_id& id, std::string sid,
               const engine::parameters& asked, std::shared_ptr<websocket> over);
  ~live_session() override;

  // ---- feed, from the server
  void start(const http_request& request);  // asks for the sink; once, before everything else
  void on_request(std::shared_ptr<exchange> request);
  void on_candidate(std::shared_ptr<websocket> candidate, bool text_only);
  // What of a payload is behind the messages of one turn is for the next one.
  void drain(int messages = messages_per_turn_max);
  void leave();  // the server is about to go away
  void cut();    // the server goes away: nobody is told

  // ---- engine_session
  const session_id& id() const noexcept override { return id_; }
  std::string_view sid() const noexcept override {
    return sid_ ? std::string_view(*sid_) : id_.view();
  }
  engine::revision spoken() const noexcept override { return session_.spoken(); }
  engine::transport transport() const noexcept override { return session_.current_transport(); }
  engine::session::state state() const noexcept override { return session_.current(); }
  bool writable() const noexcept override { return session_.writable(); }
  std::size_t queued_bytes() const noexcept override { return session_.queued_bytes(); }
  void fetch_ahead(int step) const noexcept override;
  engine::send_queue::outcome send(std::span<const wire::frame> group) override;
  void tell_drained(bool wanted) override;
  void pause_reading(time_point until) override;
  void close(reason why, cause what, std::string detail, bool discard) override;

 private:
  struct polling_side;
  struct held_post;
  struct candidate_side;

  const logger& log() const noexcept;
  [[gnu::cold, gnu::noinline]] void tell_message(const char* what, std::size_t bytes) const;
  [[gnu::cold, gnu::noinline]] void tell_closed() const;
  [[gnu::cold, gnu::noinline]] void tell_transport(std::string_view which,
                                                   std::string_view state) const;
  void make_room(std::span<const wire::frame> group);
  engine::send_queue::outcome enqueue(std::span<const wire::frame> group);
  engine::send_queue::outcome enqueue_deflated(std::span<const wire::frame> group);
  void take(engine::message_kind format, std::string_view data);
  void deliver(const engine::event& what);
  void perform(engine::action what);
  void on_rare_message();
  void rearm();
  void retire();
  void on_expired(time_point due) override;

  // engine_polling.cpp
  void on_get(std::shared_ptr<exchange> request);
  void on_post(std::shared_ptr<exchange> request);
  void on_body(body_outcome outcome);
  void take_body(http_request& request);
  void on_poll_gone();
  void answer_poll();
  void abort_data();
  void answer_data();
  http_response transport_response(std::string_view type, std::string body, const http_request& to,
                                   bool compressed = false) const;

  // engine_upgrade.cpp
  void promote_candidate();
  void close_candidate();
  void forget_candidate();
  void hold_candidate();

  // websocket_sink
  void on_websocket_message(bool binary, std::string_view data) override;
  void on_websocket_flushed() override;
  void on_websocket_closed(reason why, cause what, std::string detail) override;

  engine_server::impl& server_;
  session_sink* sink_ = nullptr;
  std::shared_ptr<websocket> websocket_;
  engine::session session_;
  std::shared_ptr<polling_side>
      polling_;  // shared with callbacks of exchanges, which look at its `owner` first
  std::unique_ptr<std::string> sid_;  // when it is not id_
  session_id id_;
  // Behind the 20 bytes of the id, where there is room.
  friend class engine_server::impl;
  bool waits_for_drain_ = false;  // owned by engine_server::impl
  bool draining_ : 1 = false;
  bool closed_ : 1 = false;             // the sink has been told
  bool retired_ : 1 = false;            // out of the table
  bool leaves_ : 1 = false;             // its sink was told that the server leaves
  bool websocket_closing_ : 1 = false;  // it ends by itself and must not be touched
  bool deflates_ : 1 = false;           // the WebSocket has agreed on permessage-deflate
};

// A POST that is answered when reading goes on; see pause_reading().
struct live_session::held_post final : timer {
  explicit held_post(polling_side& of) noexcept : side(of) {}
  void on_expired(time_point) override;

  polling_side& side;
  std::shared_ptr<exchange> data;  // nullptr: it is still being handled
  http_response answer;
};

// What the callbacks of exchanges share with the session.
struct live_session::polling_side {
  explicit polling_side(live_session& of) noexcept : owner(&of) {}
  ~polling_side();

  // Answers it now.
  void let_go();

  live_session* owner;             // nullptr: the session has closed or upgraded
  std::shared_ptr<exchange> poll;  // the pending GET
  std::shared_ptr<exchange> data;  // the POST whose body is being read
  std::shared_ptr<exchange> read;  // the one whose body is being decoded
  std::uint32_t polls = 0;  // counts them, so that a late callback of an earlier one is known
  std::uint32_t posts = 0;
  std::unique_ptr<held_post> held;  // one whose answer waits
  std::unique_ptr<candidate_side> candidate;
};

// The WebSocket of an upgrade that is under way.
struct live_session::candidate_side final : websocket_sink {
  candidate_side(live_session& of, std::shared_ptr<websocket> over)
      : owner(of), link(std::move(over)) {
    link->set_sink(this);
  }
  candidate_side(const candidate_side&) = delete;
  candidate_side& operator=(const candidate_side&) = delete;
  void on_websocket_message(bool binary, std::string_view data) override;
  void on_websocket_flushed() override {}
  void on_websocket_closed(reason why, cause what, std::string detail) override;

  live_session& owner;
  std::shared_ptr<websocket> link;
};

}  // namespace socketio::net
