// Scripted connections for the driver of Engine.IO sessions: a virtual shard, exchanges and
// WebSockets that do what the test says, and a sink that writes down what it is told. No socket, no
// real clock: each I/O step is a call, so that each can fail in turn.
#pragma once

#include "base/executor.hpp"
#include "net/engine_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::net::testing {

using namespace std::chrono_literals;

// One shard with a clock that only the test moves.
class virtual_shard final : public executor {
 public:
  bool post(std::function<void()> work) override {
    if (stopped) return false;
    posted_.push_back(std::move(work));
    return true;
  }
  bool on_thread() const noexcept override { return true; }
  time_point now() const noexcept override { return now_; }
  timer_wheel& timers() noexcept override { return wheel_; }

  void run_posted();
  void advance(duration time, const std::function<void()>& end_of_turn);
  bool stopped = false;

 private:
  time_point now_{std::chrono::hours(1)};
  timer_wheel wheel_{now_};
  std::deque<std::function<void()>> posted_;
};

class counting_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) override {
    for (auto& byte : out) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0;
};

class fake_websocket final : public websocket {
 public:
  void set_sink(websocket_sink* sink) override { sink_ = sink; }
  void tell_flushed(bool wanted) override { tells_flushed_ = wanted; }
  wire::permessage_deflate* extension() const noexcept override { return deflate.get(); }
  void set_queue(engine::send_queue* queue) override { queue_ = queue; }
  void flush_later() override { dirty_ = true; }
  void write_now() override {}
  void pause_reading(time_point until) override { paused_until_ = std::max(paused_until_, until); }
  void send_text(std::string_view text) override { sent.emplace_back(text); }
  void close(bool after_queue, std::optional<std::uint16_t> code, std::string_view text) override;
  void abort() override;

  // ---- what the peer and the kernel do
  void receive(std::string_view text);
  void receive_binary(std::string_view bytes);
  void resume(time_point now);  // hands out what came during a pause, if that is over
  void lose(reason why = reason::transport_close, cause what = cause::connection_lost);
  void flush();
  std::string next();  // the next packet that was written; binary with the prefix "<binary>"

  std::deque<std::string> sent;
  std::unique_ptr<wire::permessage_deflate> deflate;
  bool reads = true;
  bool closed = false;  // by us, with a close frame
  bool cut = false;     // by us, without one
  bool lost = false;
  bool open() const noexcept { return !closed && !cut && !lost; }

 private:
  struct message {
    bool binary;
    std::string data;
  };
  void receive(message what);
  void write(engine::send_queue& queue);
  time_point paused_until_{};
  std::deque<message> unread_;
  websocket_sink* sink_ = nullptr;
  bool tells_flushed_ = false;
  engine::send_queue* queue_ = nullptr;
  bool dirty_ = false;
};

class fake_exchange final : public exchange {
 public:
  http_request& request() noexcept override { return request_; }
  http_headers& extra_headers() noexcept override { return extra_; }
  void read_body(std::size_t bytes_max, std::function<void(body_outcome)> done) override;
  void respond(http_response response) override;
  void on_aborted(std::function<void()> gone) override;
  void abort() override;
  bool answered() const noexcept override { return answer.has_value() || cut || accepted; }
  std::shared_ptr<websocket> accept_websocket(const websocket_limits& limits) override;

  // ---- what the peer does
  void body(std::string text);  // arrives as a whole
  void body_too_big();
  void lose();  // the connection ends
  bool reading() const noexcept { return static_cast<bool>(body_done_); }

  std::optional<http_response> answer;
  std::shared_ptr<fake_websocket> accepted;
  websocket_limits limits;
  std::optional<wire::deflate_parameters> agreed;  // by an accepted WebSocket
  std::size_t body_max = 0;
  bool valid_websocket = true;
  bool cut = false, lost = false;
  unsigned status() const { return answer ? answer->status : 0; }
  std::string text() const { return answer ? answer->body : "<no answer>"; }
  std::string_view header(std::string_view name) const {
    return answer && answer->headers.contains(name) ? answer->headers[name] : extra_[name];
  }

 private:
  void finish_body(body_outcome outcome);
  http_request request_;
  http_headers extra_;
  std::function<void(body_outcome)> body_done_;
  std::function<void()> gone_;
};

class recording_sink final : public session_sink {
 public:
  explicit recording_sink(engine_session& of) : session(&of), sid(of.sid()) {}
  void on_message(engine::message_kind format, std::string_view data) override;
  void on_upgrading() override { note("upgrading"); }
  void on_upgraded() override { note("upgraded"); }
  void on_heartbeat() override { note("heartbeat"); }
  void on_drained() override { ++drained; }
  bool hears_drained() const override { return true; }
  void on_server_leaves() override {
    if (leaves) leaves(*this);
  }
  void on_closed(const disconnect_reason& why) override;

  engine_session* session;  // nullptr after on_closed
  std::string sid;
  std::vector<std::string> log;
  disconnect_reason why;
  int drained = 0;
  std::function<void(recording_sink&)> leaves;
  // Called for each entry of the log, with the session still valid.
  std::function<void(recording_sink&, const std::string& entry)> reaction;

  void send(std::string_view text, wire::frame_class kind = wire::frame_class::event);
  std::string last() const { return log.empty() ? "" : log.back(); }

 private:
  void note(std::string entry);
};

class engine_fixture : public ::testing::Test {
 protected:
  engine_fixture();
  ~engine_fixture() override;

  void start() { server.emplace(shard, random, options, cors ? &*cors : nullptr, hooks); }
  // Requests, all to the default path. `query` without EIO=4; it is added unless there is one.
  fake_exchange* ask(std::string method, std::string query, bool upgrade = false,
                     http_headers headers = {}, bool valid_websocket = true);
  fake_exchange* get(const std::string& sid) { return ask("GET", polling(sid)); }
  fake_exchange* post(const std::string& sid, http_headers headers = {}) {
    return ask("POST", polling(sid), false, std::move(headers));
  }
  fake_exchange* post(const std::string& sid, std::string body);
  fake_websocket* candidate(const std::string& sid) {
    return ask("GET", "transport=websocket&sid=" + sid, true)->accepted.get();
  }
  static std::string polling(const std::string& sid) { return "transport=polling&sid=" + sid; }
  recording_sink& open_polling();
  recording_sink& open_websocket();
  fake_websocket* upgrade(recording_sink& who);

  void turn();  // the turn of the loop ends
  void wait(duration time);
  void lose_everything();  // every connection that is open ends
  void expect_no_state_left();

  virtual_shard shard;
  counting_random random;
  engine::options options;
  std::optional<wire::deflate_parameters> agreed;  // by WebSockets from now on
  std::optional<cors_options> cors;
  engine_hooks hooks;
  std::optional<engine_server> server;
  std::deque<std::shared_ptr<fake_exchange>> exchanges;
  std::deque<std::shared_ptr<fake_websocket>> websockets;
  std::vector<std::shared_ptr<void>> finished;  // kept for tests that still look at them
  std::deque<std::unique_ptr<recording_sink>> sinks;
  std::function<void(recording_sink&, const std::string& entry)>
      reaction;  // of sinks that open from now on
};

}  // namespace socketio::net::testing
