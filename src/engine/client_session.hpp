// One Engine.IO session seen from the client, as a state machine without I/O or clock: what the
// transports heard goes in, events for the application and actions for the transports come out.
// Spec rows CM-22 to CM-36, HB-07 to HB-09, WS-15; the reference is engine.io-client 6.6.8,
// build/cjs/socket.js and transports.
//
// As in engine::session: feed `on_*`, command, drain `poll_*`, ask. After every feed or command the
// driver drains events and actions until both are empty. What is sent waits for the driver's
// flush(): over polling at the end of a turn, so that the messages of a turn are one POST; a
// WebSocket takes them at any time and does the same below.
//
// There are two places for a WebSocket: `main`, and the candidate of an upgrade, which becomes the
// main one when polling has stopped (WS-15): nothing is sent or read twice.
//
// A view in an event is valid until the next feed.
// The files: client_session.cpp (open, handshake, heartbeat, send), client_polling.cpp,
// client_upgrade.cpp, client_close.cpp. Tested by tests/unit/engine/client_session_test.cpp.
#pragma once

#include "engine/client_options.hpp"
#include "socketio/client_errors.hpp"
#include "wire/frame.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::engine {

// What a transport says of its end, or of one request.
struct transport_failure {
  connect_cause what = connect_cause::none;
  std::string detail;
  unsigned status = 0;           // of an HTTP answer
  std::uint16_t close_code = 0;  // of a WebSocket, when the peer said one
};

enum class websocket_place : std::uint8_t { main, candidate };

struct client_event {
  enum class kind : std::uint8_t {
    opened,          // the handshake is done
    message,         // `data`; `binary`
    ping,            // of the server; it is answered (HB-08)
    upgraded,        // the transport is now websocket
    upgrade_failed,  // `failure`; polling goes on (CM-27)
    drained,         // everything that was sent is with the transport
    failed,          // it could not be opened: `failure`; `closed` follows
    closed,          // once, last: `why` and `failure`
  };
  kind what;
  bool binary = false;
  std::string_view data{};
  client_reason why = client_reason::transport_close;
  transport_failure failure{};
  std::string text{};  // the official text of what failed: "xhr poll error"
};

struct client_action {
  enum class kind : std::uint8_t {
    get,              // a poll, at path?`query`
    post,             // `body`
    cancel_requests,  // GET and POST
    open_websocket,   // at path?`query`
    send_text,        // `body` on the WebSocket at `place`
    send_batch,       // what take_batch() gives, on the main WebSocket
    promote,          // the candidate is the main WebSocket from now on
    close_websocket,  // at `place`: a close frame behind what was sent
    post_last,        // `body` says good-bye; nobody waits for the answer
  };
  kind what;
  websocket_place place = websocket_place::main;
  std::string query{};
  std::string body{};
};

class client_session {
 public:
  enum class state : std::uint8_t { opening, open, closing, closed };

  // `options` must outlive it. `websocket_first`: the last connection ended on a WebSocket
  // (CM-25). `seed` makes the stamps of requests.
  client_session(const client_options& options, bool websocket_first, std::uint64_t seed);
  client_session(const client_session&) = delete;
  client_session& operator=(const client_session&) = delete;

  // ---- feed
  void on_answer(unsigned status, std::string body, time_point now);  // to the GET
  void on_poll_failed(transport_failure why);
  void on_posted(unsigned status);
  void on_post_failed(transport_failure why);
  void on_websocket_open(websocket_place where);
  void on_websocket_message(websocket_place where, bool binary, std::string_view data,
                            time_point now);
  void on_websocket_drained(websocket_place where);
  void on_websocket_closed(websocket_place where, transport_failure why);
  // What was due by `due` expires.
  void on_time(time_point due);
  // The same for what nearly everything is, a message on the main WebSocket: `data` becomes its
  // payload. False: it was not looked at, feed it to on_websocket_message().
  bool take_message(bool binary, std::string_view& data) const noexcept {
    if (kind_ != transport::websocket || state_ != state::open || !websocket_open_) return false;
    if (binary) return true;
    if (data.empty() || data.front() != '4') return false;
    data.remove_prefix(1);
    return true;
  }

  // ---- command
  void open(std::int64_t stamp_ms);
  // Whole packets: text frames, and their attachments behind them. False: it is closing or closed.
  bool send(std::span<const wire::frame> group);
  void flush();
  // The same for the main WebSocket, when nothing waits: true, and the caller hands the group to
  // it.
  bool send_directly() noexcept {
    if (kind_ != transport::websocket || state_ != state::open || !websocket_open_ ||
        !queue_.empty() || options_.force_base64)
      return false;
    writing_ = true;
    told_drained_ = false;
    return true;
  }
  void close(time_point now);  // behind what was sent (CM-36)
  void abort(client_reason why, transport_failure what);

  // ---- drain
  std::optional<client_event> poll_event();
  std::optional<client_action> poll_action();
  // After send_batch: the frames to send; they leave the queue.
  std::vector<wire::frame> take_batch();

  // ---- ask
  state current() const noexcept { return state_; }
  const std::string& sid() const noexcept { return sid_; }
  transport kind() const noexcept { return kind_; }
  bool upgrading() const noexcept { return upgrade_ == upgrade_stage::pausing; }
  // Something sent now would leave with this turn (VO-03).
  bool writable() const noexcept;
  // With what a POST under way carries.
  std::size_t queued_bytes() const noexcept { return queued_bytes_ + posted_bytes_; }
  // More of the last answer is to be handed out by poll_event().
  bool takes_records() const noexcept { return taking_records_; }
  // flush() has something to do: an answer to a ping, for one.
  bool waits_for_flush() const noexcept {
    if (queue_.empty() || sid_.empty() || upgrading() || state_ == state::closed) return false;
    return kind_ == transport::polling ? !posting_ : websocket_open_;
  }
  // No ping came in time: what is sent would go nowhere (HB-09).
  bool ping_expired(time_point now) const noexcept { return now > ping_deadline_; }
  std::optional<time_point> next_timeout() const noexcept;
  milliseconds ping_interval() const noexcept { return ping_interval_; }
  milliseconds ping_timeout() const noexcept { return ping_timeout_; }
  std::size_t max_payload() const noexcept { return max_payload_; }
  const std::vector<std::string>& offered_upgrades() const noexcept { return offered_; }
  // Whether the last thing known is that a WebSocket works (CM-25).
  bool websocket_works() const noexcept { return websocket_works_; }

 private:
  enum class upgrade_stage : std::uint8_t {
    none,     // not tried yet, over, or given up
    opening,  // of the candidate
    probing,  // "2probe" is sent
    pausing,  // probed: polling ends (WS-15)
  };

  // client_session.cpp
  void start(transport with);
  void on_packet(std::string_view text, time_point now);
  void on_handshake(std::string_view json, time_point now);
  void opened(time_point now);
  void on_ping(time_point now);
  void message(bool binary, std::string_view data);
  std::string query(transport of, bool with_sid);
  void act(client_action what) { actions_.push_back(std::move(what)); }
  void tell(client_event what) { events_.push_back(std::move(what)); }
  // client_polling.cpp
  void poll();
  void take_records(time_point now);
  void after_records();
  std::string next_payload();
  // client_upgrade.cpp
  void begin_upgrade();
  void on_candidate_message(bool binary, std::string_view data);
  void give_up_candidate(std::string text);
  void finish_upgrade_if_paused();
  // client_close.cpp
  void fail(std::string text, transport_failure why);
  void end(client_reason why, transport_failure what);
  void close_transport();
  void close_if_drained();
  void drained();

  const client_options& options_;
  std::vector<transport> transports_;
  state state_ = state::opening;
  transport kind_ = transport::polling;
  std::string sid_;
  std::vector<std::string> offered_;
  milliseconds ping_interval_{0}, ping_timeout_{0};
  std::size_t max_payload_ = 0;
  time_point ping_deadline_ = time_point::max();
  time_point close_deadline_ = time_point::max();
  std::int64_t stamp_ms_ = 0;
  std::uint64_t seed_;

  std::deque<wire::frame> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t posted_bytes_ = 0;  // of the frames that the POST under way carries

  bool polling_ = false;         // a GET is under way
  bool posting_ = false;         // a POST is
  bool websocket_open_ = false;  // the main one
  bool writing_ = false;         // and it has not taken everything
  bool told_drained_ = true;
  bool websocket_works_;
  upgrade_stage upgrade_ = upgrade_stage::none;

  std::string body_;          // of the last answer
  std::string_view records_;  // of it, what is not looked at yet
  bool taking_records_ = false;
  time_point records_at_{};
  std::string decoded_;  // from base64

  std::deque<client_event> events_;
  std::deque<client_action> actions_;
};

}  // namespace socketio::engine
