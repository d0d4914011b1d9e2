// The inside of engine_server: the table of sessions, and what happens between two turns of the
// loop.
#pragma once

#include "net/engine_live_session.hpp"
#include "net/engine_server.hpp"
#include "net/shard_compression.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::net {

class engine_server::impl {
 public:
  impl(executor& shard, random_source& random, const engine::options& options,
       const cors_options* cors, engine_hooks hooks, unsigned shard_index);
  ~impl();

  void handle(std::shared_ptr<exchange> request);
  void close_all(reason why, cause what);
  void refuse_handshakes() noexcept { closing_ = true; }
  std::size_t let_go(std::size_t most);
  queue_totals queues() const noexcept;

  // ---- for live_session
  executor& shard() noexcept { return shard_; }
  time_point now() const noexcept { return shard_.now(); }
  const engine::options& options() const noexcept { return options_; }
  const engine_hooks& hooks() const noexcept { return hooks_; }
  engine_counters& counters() noexcept { return counters_; }
  shard_compression& compression() noexcept { return compression_; }
  // Empty between two calls.
  std::vector<wire::frame>& scratch_group() noexcept { return group_; }
  // Takes the 101 with its headers. nullptr: the exchange was answered otherwise.
  std::shared_ptr<websocket> accept(exchange& request);
  // `who` has something to drain at the end of the turn.
  void drain_later(live_session& who);
  // Takes the session out of the table and destroys it when no call of it is under way any more.
  void retire(live_session& who);
  // Keeps an exchange or a WebSocket alive until no call of it is under way any more.
  void release_later(std::shared_ptr<void> done);

 private:
  // Finds sessions by the id that peers know, without a second copy of it.
  struct by_sid {
    using is_transparent = void;
    std::size_t operator()(std::string_view sid) const noexcept {
      return std::hash<std::string_view>{}(sid);
    }
    std::size_t operator()(const live_session* who) const noexcept { return (*this)(who->sid()); }
    bool operator()(const live_session* a, const live_session* b) const noexcept { return a == b; }
    bool operator()(std::string_view sid, const live_session* who) const noexcept {
      return sid == who->sid();
    }
    bool operator()(const live_session* who, std::string_view sid) const noexcept {
      return sid == who->sid();
    }
  };
  // Outlives the server in callbacks that may come later; `server` is null then.
  struct anchor {
    impl* server;
  };
  struct admission;

  bool answer_cors(exchange& request);
  void verify(std::shared_ptr<exchange> request);
  live_session* find(std::string_view sid) const;
  void refuse(exchange& request, const engine::refusal& why);
  static void refuse_closing(exchange& request);
  static void refuse_for_now(exchange& request, duration wait);
  std::shared_ptr<admission> wait_for_answer(const std::shared_ptr<exchange>& request);
  void admit(std::shared_ptr<exchange> request);
  void on_admitted(std::shared_ptr<exchange> request);
  void name_now(std::shared_ptr<exchange> request);
  void name_later(std::shared_ptr<exchange> request);
  void refuse_name(exchange& request, std::string why);
  void open(std::shared_ptr<exchange> request, std::string sid);
  void free_id(std::string_view sid);  // that the application gave, and that no session has
  void open_polling(std::shared_ptr<exchange> request, std::string sid);
  void open_websocket(exchange& request, std::string sid);
  live_session& add(std::unique_ptr<live_session> made, const http_request& request);
  void end_turn_later();
  void end_turn();

  executor& shard_;
  id_generator ids_;
  const engine::options& options_;
  const cors_options* cors_;
  engine_hooks hooks_;
  engine_counters counters_;
  shard_compression compression_;
  std::vector<wire::frame> group_;
  boost::unordered_flat_set<live_session*, by_sid, by_sid> sessions_;
  std::vector<live_session*> to_drain_;
  std::vector<live_session*>
      draining_;  // the ones of the turn that ends; a member to keep its room
  std::vector<std::unique_ptr<live_session>> retired_;
  std::vector<std::shared_ptr<void>> released_;
  std::vector<live_session*> leaving_;  // of let_go(); a member to keep its room
  bool end_of_turn_posted_ = false;
  bool closing_ = false;  // nobody comes in any more
  std::shared_ptr<anchor> anchor_;
};

inline const logger& live_session::log() const noexcept { return *server_.shard().log; }

}  // namespace socketio::net
