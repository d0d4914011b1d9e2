// Joins one Engine.IO session (net) with one Socket.IO client (core): messages go up, packets go
// down. It owns the client and itself: it is made when the session opens and ends with on_closed().
// Shard only.
#pragma once

#include "core/client.hpp"
#include "core/link.hpp"
#include "net/address_counts.hpp"
#include "net/engine_server.hpp"
#include "server/session_ids.hpp"
#include "server/traffic_meter.hpp"
#include "socketio/engine.hpp"

namespace socketio {

class session : public net::session_sink, public core::link {
 public:
  // What all sessions of a shard have in common.
  struct context {
    const engine_hooks& hooks;
    session_ids* ids;  // where their ids are entered; nullptr: nowhere
    net::address_counts& by_address;
    bool tells_lagged;               // there is a lagged_event
    traffic_meter* meter = nullptr;  // of observed sessions; nullptr: nobody wants to know
  };
  // Everything given must outlive the session.
  session(net::engine_session& below, core::hub& above, const context& of,
          const http_request& request);
  // Once, before anything comes in.
  void begin() { client_.begin(); }

 protected:
  // ---- told by the engine
  void on_message(engine::message_kind format, std::string_view data) override;
  void on_upgrading() override;
  void on_upgraded() override;
  void on_heartbeat() override;
  void on_dropped(std::uint32_t messages) override;
  void on_drained() override { tell_lagged(); }
  bool hears_drained() const override { return dropped_ > 0; }
  void on_server_leaves() override { client_.shut_down(); }
  void on_closed(const disconnect_reason& why) override;

  // ---- asked by core
  engine::send_queue::outcome send(std::span<const wire::frame> group) override {
    const auto outcome = below_.send(group);
    const std::size_t queued = below_.queued_bytes();
    if (told_queued_ || queued > small_queue_bytes) tell_queued(queued);
    return outcome;
  }
  void pause_reading(time_point until) override { below_.pause_reading(until); }
  void fetch_ahead(int step) const noexcept override { below_.fetch_ahead(step); }
  bool writable() const noexcept override { return below_.writable(); }
  std::size_t queued_bytes() const noexcept override { return below_.queued_bytes(); }
  std::string_view transport() const noexcept override {
    return engine::to_string(below_.transport());
  }
  std::string_view sid() const noexcept override { return below_.sid(); }
  engine::revision spoken() const noexcept override { return below_.spoken(); }
  bool close(reason why, cause what, std::string detail) override;

  const context& common() const noexcept { return of_; }
  core::client& client() noexcept { return client_; }

 private:
  // Other threads are told of a queue only when it is worth a word: the numbers stand in memory of
  // their own, which a broadcast would have to fetch for each connection.
  static constexpr std::size_t small_queue_bytes = 4096;
  void tell_queued(std::size_t bytes) noexcept {
    told_queued_ = bytes > small_queue_bytes;
    client_.info()->set_queued_bytes(bytes);
  }

  void tell_lagged();

  net::engine_session& below_;
  core::client client_;
  const context& of_;
  bool told_queued_ = false;
  std::uint32_t dropped_ = 0;  // messages that the client has not been told of
};

// One that tells the application of every message (HS-29), or the meter. A type of its own, so that
// the others do not even ask.
class observed_session final : public session {
 public:
  observed_session(net::engine_session& below, core::hub& above, const context& of,
                   const http_request& request);

 private:
  void on_upgraded() override;
  void on_closed(const disconnect_reason& why) override;
  void on_message(engine::message_kind format, std::string_view data) override;
  engine::send_queue::outcome send(std::span<const wire::frame> group) override;
  void tell_created(bool binary, std::string_view data);
};

}  // namespace socketio
