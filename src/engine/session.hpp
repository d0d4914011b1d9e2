// One Engine.IO session as a state machine without I/O or clock: what the transports saw goes in,
// events for the application and actions for the transports come out. Spec sections 1.1 to 1.4; the
// reference is engine.io 6.6.11, build/socket.js and build/transports.
//
// In revision 3 (spec section 1.7) three things are otherwise: the client pings and the server
// answers, payloads are put together in another way, and binary over WebSocket has a type.
//
// Four kinds of members, in this order: feed `on_*`, command, drain `poll_*`, ask. Inputs never
// call back out. After every feed or command the driver drains: poll_event() until empty (between
// two events the application may send or close), then poll_action() until empty, and again until
// both are: answering a poll may drain the queue.
//
// Views handed to on_data() and on_message() must stay valid until poll_event() has returned
// nullopt: packets are decoded one by one while events are drained, nothing is copied.
//
// Not thread-safe, not movable: one driver owns it.
// The files: session.cpp (open, send, drain), polling.cpp, upgrade.cpp, heartbeat.cpp, close.cpp.
// Tested by tests/unit/engine/session_*_test.cpp, fuzzed by fuzz/session_fuzz.cpp.
#pragma once

#include "base/clock.hpp"
#include "engine/options.hpp"
#include "engine/send_queue.hpp"
#include "socketio/disconnect_reason.hpp"
#include "wire/engine_packet.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::engine {

enum class message_kind : std::uint8_t { text, binary };

struct event {
  enum class kind : std::uint8_t {
    opened,     // exactly once, first
    message,    // `data` is the payload without the packet type; valid until the next poll_event()
    heartbeat,  // a pong arrived
    upgrading,  // the candidate was probed
    upgraded,   // the transport is now websocket
    drained,    // the queue was handed to the transport completely
    closed,     // exactly once, last; `why` of the session says the reason
  };
  kind what;
  message_kind format = message_kind::text;
  std::string_view data{};
};

// What take_poll_payload() made.
struct poll_payload {
  message_kind format;  // text, unless a client of revision 3 takes binary
  bool compressed;      // of a packet in it it was wanted that it be compressed (CP-01)
};

enum class action : std::uint8_t {
  answer_poll,        // respond 200 to the pending GET with take_poll_payload()
  abort_data,         // the POST being read must be cut (the session closed meanwhile)
  send_probe_reply,   // send the text "3probe" on the candidate
  promote_candidate,  // the candidate is the websocket from now on; write the queue to it
  close_candidate,    // close frame without status on the candidate (WS-06)
  close_websocket,    // close frame without status, after what the queue still holds
};

class session {
 public:
  enum class state : std::uint8_t {
    opening,  // until `opened` was polled
    open,
    closing,  // a polling client is yet to fetch the close
    closed,   // `closed` was or will be polled; nothing follows but actions
  };
  enum class verdict : std::uint8_t { accepted, refused };

  // `options` must outlive the session. A session that starts with websocket advertises no upgrades
  // (HS-07). `text_only`: the client asked for base64 (b64, WS-02); in revision 4 polling is text
  // in any case.
  session(const options& options, std::string_view sid, transport first, bool text_only,
          time_point now, revision spoken = revision::four);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // ---- feed: polling
  verdict on_poll(time_point now);  // a GET arrived; refused = overlap: answer 400 to it (HS-14)
  void on_poll_aborted(time_point now);  // the client gave up the pending GET (HS-19)
  verdict on_data_begin(
      time_point now);  // the head of a POST arrived; refused = overlap: answer 400 (HS-16)
  // Its whole body; then drain, then answer "ok" (HS-15, HS-21). Binary: of revision 3 only.
  void on_data(std::string_view body, time_point now, message_kind format = message_kind::text);
  void on_data_refused(time_point now);  // the body was too big (413, the session lives on: ER-10)
  void on_data_aborted(time_point now);  // the client gave up the POST (HS-19)
  void on_bad_content_type(time_point now);  // binary POST in revision 4: answer 400 (HS-17)

  // ---- feed: websocket
  void on_message(message_kind format, std::string_view data, time_point now);
  // The same for what nearly everything is, a message on an open session with nothing else to
  // tell: it is handed back at once instead of through poll_event(). False: it was not looked at
  // and nothing has changed, feed it to on_message(). Afterwards drain only if has_news(). It moves
  // no deadline earlier, so that the caller need not look at next_timeout().
  bool take_message(message_kind format, std::string_view& data, time_point now);
  void on_websocket_closed(reason why, cause what, std::string detail, time_point now);
  void on_flushed(time_point now);  // the queue was written completely

  // ---- feed: the candidate of an upgrade
  verdict on_candidate(time_point now, bool text_only = false);  // refused: close it (WS-09)
  void on_candidate_message(message_kind format, std::string_view data, time_point now);
  void on_candidate_closed(time_point now);

  // Late, early and repeated calls are harmless. What was due by `due` expires: a peer is not given
  // up for want of an answer that may have come since then. What begins, begins now.
  void on_timeout(time_point now, time_point due);
  void on_timeout(time_point now) { on_timeout(now, now); }

  // ---- command
  // Queues one Socket.IO packet: a text frame and its attachments. Ignored (outcome closed) unless
  // open. `overflow` says that the session has closed itself (cause::slow_consumer).
  send_queue::outcome send(std::span<const wire::frame> group, time_point now);
  // Graceful: what is queued is sent first (HS-31). `discard` does not wait for the peer: a polling
  // session without a pending GET is closed at once; whoever has a way to be told is told in any
  // case.
  void close(reason why, cause what, std::string detail, bool discard, time_point now);

  // ---- drain
  [[nodiscard]] std::optional<event> poll_event();
  [[nodiscard]] std::optional<action> poll_action();
  // The body for action::answer_poll; appended to `body`, which is empty.
  poll_payload take_poll_payload(std::string& body);
  // What a websocket writes next; call on_flushed() when it is empty again.
  send_queue& outgoing() noexcept { return queue_; }

  // ---- ask
  state current() const noexcept { return state_; }
  revision spoken() const noexcept { return revision_; }
  transport current_transport() const noexcept { return transport_; }
  binary_form form() const noexcept { return binary_; }
  bool writable()
      const noexcept;  // nothing queued and the transport can take something (VO-01, WS-03)
  std::size_t queued_bytes() const noexcept { return queue_.bytes(); }
  const void* queued_frames() const noexcept { return queue_.storage(); }  // to be fetched ahead
  bool poll_pending() const noexcept { return poll_pending_; }
  // poll_event() or poll_action() would give something.
  bool has_news() const noexcept {
    return events_ != 0 || actions_ != 0 || input_kind_ != input::none ||
           (poll_pending_ && must_answer_poll());
  }
  // Something that was fed is not decoded to its end yet: what it is a view of must stay, and
  // poll_event() goes on with it.
  bool has_input() const noexcept { return input_kind_ != input::none; }
  bool upgrading() const noexcept { return candidate_ != candidate::none; }
  const disconnect_reason& why() const noexcept;  // valid once closing
  std::optional<time_point> next_timeout() const noexcept;

 private:
  // In revision 3 a ping of the client is awaited, always.
  enum class heartbeat : std::uint8_t {
    idle,
    awaiting_pong,
    awaiting_pong_extended,
    awaiting_ping
  };
  enum class candidate : std::uint8_t { none, connected, probed };
  enum class input : std::uint8_t { none, packet, payload };
  // What the pending GET is told behind the packets of the queue.
  enum class farewell : std::uint8_t { none, close, noop_and_close };

  bool has(event::kind what) const noexcept {
    return events_ & (1u << static_cast<unsigned>(what));
  }
  void raise(event::kind what) noexcept {
    events_ |= static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
  }
  bool take(event::kind what) noexcept;
  void request(action what) noexcept { actions_ |= bit(what); }
  void withdraw(action what) noexcept { actions_ &= static_cast<std::uint8_t>(~bit(what)); }
  static constexpr std::uint8_t bit(action what) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
  }

  static binary_form form_of(revision spoken, bool text_only) noexcept;
  void begin_input(input kind, message_kind format, std::string_view data);
  bool must_answer_poll() const noexcept;
  result<wire::engine_packet> next_packet();
  result<wire::engine_packet> next_packet_v3();
  std::optional<event> decode_next();
  std::optional<event> on_packet(const wire::engine_packet& packet);

  void on_heartbeat_expired();
  std::optional<event> on_heartbeat(bool ping);
  void on_ping();
  void on_pong();
  void send_heartbeat(const wire::frame& what);
  void await_ping();
  void extend_wait_for_pong();

  void promote();
  void drop_candidate() noexcept;

  std::string overflow_detail(std::span<const wire::frame> group) const;
  void remember(reason why, cause what, std::string detail);
  void fail(reason why, cause what, std::string detail);
  void on_close_expired();
  void finish();

  // What send() reads stands together: a broadcast meets none of it in the cache.
  const options& options_;
  transport transport_;
  state state_ = state::opening;
  binary_form binary_;  // of the current transport
  revision revision_;
  std::uint8_t events_ = 0;   // bit set of event::kind
  std::uint8_t actions_ = 0;  // bit set of action
  heartbeat heartbeat_ = heartbeat::idle;
  candidate candidate_ = candidate::none;
  input input_kind_ = input::none;
  message_kind input_format_ = message_kind::text;
  farewell farewell_ = farewell::none;
  bool candidate_text_only_ = false;
  bool poll_pending_ = false;
  bool reading_data_ = false;  // a POST whose body is not complete
  bool websocket_alive_;
  send_queue queue_;
  time_point now_;  // of the last feed or command

  struct undecoded {
    std::string_view rest;      // what is left to decode
    std::string storage;        // the decoded bytes of a base64 packet, while they are handed out
    std::uint32_t packets = 0;  // decoded from the payload
  };
  std::unique_ptr<undecoded> input_;  // until poll_event() has found nothing more
  std::unique_ptr<disconnect_reason> why_;
  time_point deadline_;  // of the heartbeat; of the close while closing
  time_point upgrade_deadline_{};
};

}  // namespace socketio::engine
