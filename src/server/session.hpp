// Joins one Engine.IO session (net) with one Socket.IO client (core): messages go up, packets go
// down. It owns the client and itself: it is made when the session opens and ends with on_closed().
// Shard only.
#pragma once

#include "core/client.hpp"
#include "core/link.hpp"
#include "net/engine_server.hpp"
#include "server/session_ids.hpp"
#include "socketio/engine.hpp"

namespace socketio {

class session final : public net::session_sink, public core::link {
 public:
  // Everything given must outlive the session. `ids`: where its id is entered; nullptr: nowhere.
  session(net::engine_session& below, core::hub& above, const engine_hooks& hooks,
          const http_request& request, session_ids* ids);

 private:
  // ---- told by the engine
  void on_message(engine::message_kind format, std::string_view data) override;
  void on_upgrading() override;
  void on_upgraded() override;
  void on_heartbeat() override;
  void on_closed(const disconnect_reason& why) override;

  // ---- asked by core
  engine::send_queue::outcome send(std::span<const wire::frame> group) override {
    const auto outcome = below_.send(group);
    client_.info()->set_queued_bytes(below_.queued_bytes());
    return outcome;
  }
  bool writable() const noexcept override { return below_.writable(); }
  std::size_t queued_bytes() const noexcept override { return below_.queued_bytes(); }
  std::string_view transport() const noexcept override {
    return engine::to_string(below_.transport());
  }
  std::string_view sid() const noexcept override { return below_.sid(); }
  bool close(reason why, cause what, std::string detail) override;

  net::engine_session& below_;
  const engine_hooks& hooks_;
  core::client client_;
  session_ids* ids_;
};

}  // namespace socketio
