// One broadcast with acknowledgement (ACK-07 to ACK-11): collects answers until every client of
// every shard has answered or is gone, or until the timeout; ends exactly once with partial results
// and the silent sockets. JS differs: a socket that disconnects is reported at once as missing
// instead of being waited for.
//
// It lives on one shard, its home: where the broadcast was made, or the first one when that was no
// shard. What the others have to tell comes as posted work, and the shard that asked tells whom it
// asked before anybody can have answered.
#pragma once

#include "base/session_id.hpp"
#include "base/timer_wheel.hpp"
#include "core/nsp.hpp"
#include "core/receiver_in_transit.hpp"
#include "socketio/adapter.hpp"
#include "socketio/detail/payload.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace socketio::core {

class broadcast_ack final : public answer_collector,
                            public std::enable_shared_from_this<broadcast_ack>,
                            private timer {
 public:
  // `shards`: how many are going to call on_asked() or on_refused(), the servers of
  // expect_servers() not counted. When this is destroyed without having ended, because its home has
  // stopped, the receiver is told so.
  broadcast_ack(nsp& home, std::size_t shards,
                std::unique_ptr<detail::broadcast_receiver> receiver);

  // Home only.
  void start(milliseconds timeout);  // first of all; from now on the home keeps it
  void on_home_closed();

  // Any shard of the namespace.
  // So many more are going to call on_asked() or on_refused(); while another one still has to.
  void expect_shards(std::size_t count);
  // Once per shard: who was asked, and who could not be; or that nobody was.
  // `named`: those of them that are called otherwise than their id, in revision 3.
  using names = boost::unordered_flat_map<session_id, std::string, id_hash>;
  void on_asked(std::vector<session_id> waiting, std::vector<session_id> missing, names named = {});
  void on_refused(errc why);
  void on_answer(const session_id& from, const input& arguments);
  void on_gone(const session_id& who);  // disconnected without an answer

  // ---- answer_collector
  void expect_servers(std::size_t count) override;
  void on_server_asked(std::size_t clients) override;
  void on_server_answer(value first_argument) override;
  void on_server_lost(std::size_t answers_missing) override;

  std::uint64_t id() const noexcept { return id_; }  // once it is started, when there is one shard

 private:
  template <class Work>
  void at_home(Work work);
  void settle(const session_id& from, const input& arguments);
  void on_expired(time_point due) override;
  void check_complete();
  void end(std::error_code why);
  void forget_waiting();
  std::string_view name_of(const session_id& id) const noexcept;

  std::shared_ptr<nsp> home_;
  std::uint64_t id_;
  std::size_t shards_left_;       // and servers, of which it is not known yet whom they have asked
  std::int64_t remote_left_ = 0;  // answers of their clients; below zero: these were faster
  std::size_t asked_ = 0;         // clients of this server
  std::error_code failure_;       // of a shard that has asked nobody
  bool started_ = false;
  bool told_asked_ = false;
  bool ended_ = false;
  std::vector<std::string> gone_;
  boost::unordered_flat_set<session_id, id_hash> waiting_;
  names named_;
  receiver_in_transit<detail::broadcast_receiver> receiver_;
};

}  // namespace socketio::core
