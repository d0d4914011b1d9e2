// One broadcast with acknowledgement (ACK-07 to ACK-11): collects answers until every client of
// every server has answered or is gone, or until the timeout; ends exactly once with partial
// results and the silent sockets. JS differs: a socket that disconnects is reported at once as
// missing instead of being waited for.
#pragma once

#include "base/session_id.hpp"
#include "base/timer_wheel.hpp"
#include "core/nsp.hpp"
#include "socketio/detail/payload.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace socketio::core {

class broadcast_ack final : public std::enable_shared_from_this<broadcast_ack>, private timer {
 public:
  broadcast_ack(nsp& of, std::uint64_t id, std::size_t servers,
                std::unique_ptr<detail::broadcast_receiver> receiver);
  void start(time_point deadline);

  // ---- told by the adapter and the sockets
  void on_client_count(std::size_t clients);  // once per server, before its answers
  // A socket of this process is about to be asked. False when it cannot be: then it counts as
  // missing.
  bool expect(const std::shared_ptr<socket>& who);
  void on_answer(const session_id& from, const input& arguments);
  void on_gone(const session_id& who);  // it could not be asked, or disconnected without an answer

  std::uint64_t id() const noexcept { return id_; }

 private:
  void on_expired(time_point now) override;
  void check_complete();
  void end(std::error_code why);

  std::shared_ptr<nsp> nsp_;
  std::uint64_t id_;
  std::size_t servers_left_;
  std::size_t expected_ = 0, settled_ = 0;
  bool ended_ = false;
  std::vector<std::string> gone_;
  boost::unordered_flat_map<session_id, std::weak_ptr<socket>, id_hash> waiting_;
  std::unique_ptr<detail::broadcast_receiver> receiver_;
  std::shared_ptr<broadcast_ack> self_;  // alive while the timer runs
};

}  // namespace socketio::core
