// The connection of a manager for real: an Engine.IO session, the HTTP requests of its polling and
// its WebSockets. Spec rows CM-22 to CM-36. Reactor only.
//
// Everything that comes in goes to the session, and whatever it says is done by drive(), which is
// the only one that calls the sink: that may send, close or destroy this meanwhile.
//
// Whether the server has read what was sent: over polling the answer to the POST says so, and over
// a WebSocket the pong to a ping behind it. Official servers ignore events that they read together
// with the DISCONNECT behind them (socket.io, Socket.dispatch(): events are handed out a tick
// later), which is why the last words of a connection wait for that.
//
// One answer to a poll may have millions of messages. A turn hands out some of them; until the
// last one has been, nothing that could end the session is fed: it would come before them.
//
// The files: engine_connection.cpp (its life), engine_transports.cpp. Tested by tests/client
// against official servers.
#pragma once

#include "client/connection.hpp"
#include "dial/http_client.hpp"
#include "dial/reactor.hpp"
#include "dial/websocket.hpp"
#include "engine/client_session.hpp"
#include "socketio/client_options.hpp"
#include "wire/cookie_jar.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace socketio::client_side {

// What all connections of a manager share.
struct connection_surroundings {
  std::shared_ptr<dial::reactor> shard;
  client_options options;
  socketio::dial_options how;
  bool secure = false;
  std::string authority;  // "example.org:443"
  std::string login;      // "Basic ..." of the URL, or nothing
  std::function<std::uint64_t()> seed;
  std::int64_t (*wall_ms)() = nullptr;  // since 1970
  bool websocket_worked = false;        // CM-25
};

// The end has three parts: until the server has read what was sent, until the last words are with
// the system, and the good-bye. None of them may last for ever, which is what 0 would mean below.
inline milliseconds third_of(milliseconds close_timeout) {
  return std::max(close_timeout / 3, milliseconds(1));
}

class engine_connection final : public connection, private dial::flushable {
 public:
  engine_connection(std::shared_ptr<connection_surroundings> in, const connection_facts& with,
                    connection_sink& sink);
  ~engine_connection() override;

  bool send(std::span<const wire::frame> group) override;
  void when_read(std::function<void()> told) override;
  void close(std::vector<wire::frame> last, std::function<void(bool)> ended) override;
  void hurry() override;
  void abort(client_reason why, std::string description) override;
  bool writable() const noexcept override { return session_.writable(); }
  bool ping_expired() const noexcept override;
  std::size_t queued_bytes() const noexcept override;
  bool all_read() const noexcept override { return read_ >= sent_; }
  const std::string& sid() const noexcept override { return session_.sid(); }
  std::string_view transport() const noexcept override { return to_string(session_.kind()); }

 private:
  // One WebSocket, and what it hears.
  struct place final : dial::websocket_sink {
    place(engine_connection& of, engine::websocket_place which) : owner(of), where(which) {}
    void on_websocket_open(const dial::websocket_opened& how) override;
    void on_websocket_message(bool binary, std::string_view data) override;
    void on_websocket_drained() override;
    void on_websocket_pong(std::string_view data) override;
    void on_websocket_closed(dial::failure why) override;
    engine_connection& owner;
    engine::websocket_place where;
    std::unique_ptr<dial::websocket> socket;
  };
  struct deadline_timer final : timer {
    explicit deadline_timer(engine_connection& of) : owner(of) {}
    void on_expired(time_point due) override;
    engine_connection& owner;
  };

  void drive();
  void tell(const engine::client_event& event);
  void perform(engine::client_action& action);
  void flush() override;
  void get(std::string query);
  void post(std::string query, std::string body, bool last);
  void open_websocket(engine::websocket_place where, const std::string& query);
  void on_got(dial::http_outcome outcome);
  void on_posted(dial::http_outcome outcome);
  void take_cookies(const http_headers& from);
  dial::http_call call(std::string method, const std::string& query);
  name_value_list headers();
  std::string url(const std::string& query) const;
  void drive_later();
  void note_sent(std::span<const wire::frame> group) noexcept;
  void ask();
  void on_read(std::uint64_t number);
  void say_goodbye();
  void watch_deadline();
  void end_if_over();

  const std::shared_ptr<connection_surroundings> in_;
  const engine::client_options options_;
  const connection_facts with_;
  connection_sink* sink_;  // nullptr: closing
  engine::client_session session_;
  dial::http_client http_;
  std::uint64_t getting_ = 0, posting_ = 0, last_post_ = 0;
  std::unique_ptr<place> main_, candidate_;
  wire::cookie_jar cookies_;
  deadline_timer timer_{*this};
  std::function<void(bool)> ended_;
  // Events and answers to them are numbered: what was sent last, the one that is asked about, the
  // one that a ping under way stands behind, and the last one that the server is known to have
  // read.
  std::uint64_t sent_ = 0, asked_about_ = 0, pinged_ = 0, read_ = 0;
  std::function<void()> told_read_;
  std::vector<wire::frame> last_words_;  // wait for that
  time_point patience_ends_ = time_point::max();
  std::optional<connect_failure> failed_;  // of the transport, until it has ended
  std::optional<dial::http_outcome> posted_meanwhile_;
  bool opened_ = false, driving_ = false;
  int leaving_ = 0;      // WebSockets that say good-bye
  bool behind_ = false;  // messages of a poll wait for the next turn
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace socketio::client_side
