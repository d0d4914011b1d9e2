// Connection state recovery of one namespace on one shard (CR-01 to CR-14): the log of what was
// sent, the sessions of those who may come back, and how one of them goes on.
//
// The order of one client's events is the order of its shard's log: every event that can be missed,
// to one socket or to many, takes the next number when it is queued, on the shard, and what has a
// number carries it as its offset. So an offset says how far the client has come in the stream of
// one shard, and nothing needs a lock. A session lives where its socket was; when the client comes
// back on another shard, the session and what it has missed move there first (recovery_move.cpp),
// and go on in the other stream.
//
// A number is not enough: a client that got nothing for long has an old one, or none, and the log
// may have given up events of that age, none of which were for it. What was sent before the last
// heartbeat that the client can have answered has arrived. That is `certain_after` before the
// disconnect at most, and the log keeps everything that is younger.
//
// Shard only. Tested by tests/unit/core/recovery_test.cpp and recovery_model_test.cpp with a
// virtual clock, by tests/conformance/recovery*.test.mjs with the official client.
#pragma once

#include "core/offset.hpp"
#include "core/recovery_budget.hpp"
#include "core/recovery_log.hpp"
#include "core/recovery_session.hpp"
#include "engine/send_queue.hpp"
#include "socketio/adapter.hpp"
#include "socketio/detail/payload.hpp"
#include "socketio/disconnect_reason.hpp"
#include "socketio/input.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace socketio::core {

class nsp;
class recovery_registry;
// For all namespaces of a shard together, see recovery_budget.hpp: the bytes of logs, the sessions
// and their bytes.
struct recovery_limits {
  milliseconds kept_for{120'000};
  milliseconds certain_after{90'000};
  bool skip_middlewares = true;
  bool replay_after_connect = false;
  std::size_t log_bytes_max = 16 * 1024 * 1024;
  std::size_t sessions_max = 100'000;
  std::size_t session_bytes_max = 64 * 1024 * 1024;
  std::size_t rooms_left_max = 1'000;
  std::size_t replay_bytes_max = 4 * 1024 * 1024;  // what a send queue takes
};

// May the client of a socket that left for this reason come back (CR-06)?
bool is_recoverable(reason why) noexcept;

class recovery final : private timer {
 public:
  recovery(nsp& of, const recovery_limits& limits);
  ~recovery() override;

  // ---- sending
  // An event without acknowledgement to a socket that has a connection: it takes the next number.
  engine::send_queue::outcome emit(socket& to, const detail::payload& what, wire::compression how);
  // To one without: it is kept for its client, or reaches it under its new socket. False: nobody
  // will come for it.
  bool emit_to_absent(socket& to, detail::payload& what, const detail::emit_flags& flags);
  // Encodes a broadcast; what can be missed also takes the next number. An empty group: the parser
  // of the application has failed.
  void encode(const broadcast_packet& packet, const broadcast_options& options, const crossing& way,
              wire::compression how, std::vector<wire::frame>& group);
  // What a volatile event needs behind its arguments: a text there would become the client's
  // offset. Empty when there is none.
  std::string volatile_tail(std::string_view arguments) const;
  // Must a broadcast be logged that nobody who is connected here gets?
  bool awaits_anybody() const noexcept;
  void on_crossing(crossing way) noexcept;

  // ---- told by the namespace
  // A CONNECT: finds out what becomes of it, now or later, and then calls nsp::admit().
  void begin(const std::shared_ptr<socket>& who, std::string_view auth);
  bool skips_middlewares(const socket& who) const noexcept;
  // The middlewares of one that goes on are passed: the rooms that it comes into.
  std::vector<std::string> on_passed(socket& who);
  // It is in its rooms: sends what it has missed, before or after `send_connect`.
  template <class Send>
  void on_joined(socket& who, Send&& send_connect) {
    const bool fits = still_fits(who);
    if (fits && !limits_.replay_after_connect) replay(who);
    send_connect();
    if (fits && limits_.replay_after_connect) replay(who);
    settle(who);
  }
  void on_leaving(socket& who, reason why);  // its listeners have run, it is still in its rooms
  void on_dropped(socket& who);              // before it was connected
  void on_refused(socket& who);              // by a middleware
  void close();

  // ---- told by the adapter
  void on_left_room(socket& who, const std::string& room, std::uint64_t joined);

  // ---- told by other shards, see recovery_move.cpp
  struct package;
  void on_asked(const recovery_question& question);
  void on_answered(const recovery_question& question, const recovery_result& result);
  void on_package(package& what);

  const recovery_log& log() const noexcept { return log_; }
  std::size_t sessions() const noexcept { return kept_count_; }
  std::size_t session_bytes() const noexcept { return kept_bytes_; }
  const recovery_limits& limits() const noexcept { return limits_; }

 private:
  friend struct kept_session;
  // Of a private id: the socket that is here, or what is kept of it.
  struct entry {
    socket* live = nullptr;
    std::unique_ptr<kept_session> kept;
  };
  using entries = boost::unordered_flat_map<session_id, entry, std::hash<std::string_view>>;

  offset at(std::uint64_t number) const noexcept;
  // The offset that an entry was sent with, wherever that was.
  offset sent_as(const recovery_log::entry& one, std::uint64_t number) const noexcept;
  time_point now() const noexcept;
  recovery_registry& registry() const noexcept;
  static addressee addressee_of(const session_record& session);
  void on_appended();
  void on_expired(time_point due) override;  // of the log
  void count_log() noexcept;
  void on_somebody_gone() noexcept;

  void resume(const recovery_question& question);
  void decide(const std::shared_ptr<socket>& who, recovery_result result);
  kept_session* fetch(const session_id& pid);  // evicts the socket that is still here
  void evict(socket& old);
  recovery_result check(const session_record& session, const recovery_question& question,
                        std::uint64_t& from) const;
  void take(const std::shared_ptr<socket>& who, kept_session& session, std::uint64_t from);
  std::uint64_t behind(const session_record& session, const offset& last) const;
  recovery_result measure(const session_record& session, std::uint64_t from,
                          std::size_t room_in_queue) const;
  template <class Visit>
  void each_missed(const session_record& session, std::uint64_t from, Visit&& visit) const {
    const addressee me = addressee_of(session);
    log_.each(log_.since(from, session.ended - limits_.certain_after).from,
              [&](std::uint64_t number, const recovery_log::entry& one) {
                if (one.is_for(me, number)) visit(one, number);
              });
  }
  std::size_t room_for(const socket& who) const noexcept;
  bool has_changed(const socket& who) const noexcept;
  void remember_measure(socket& who) const noexcept;
  bool still_fits(socket& who);
  void replay(socket& who);
  void give_up(socket& who, std::string detail);
  void settle(socket& who);

  session_record capture(socket& who);
  void begin_keeping(session_record&& record);
  recovery_account& account();
  void wait(std::unique_ptr<kept_session> session);
  void count_waiting(std::size_t more_bytes) noexcept;
  void make_room(const kept_session& newest);
  void wait_no_longer(kept_session& session) noexcept;
  void drop(kept_session& session, recovery_outcome why);
  void end_keeping(const kept_session& session);
  void count_out(const kept_session& session) noexcept;
  recovery_result gone(const session_id& pid) const;  // what became of it, as far as is known
  void hold(const session_record& session, unsigned shard) const;
  void unhold(const session_record& session, unsigned shard) const;
  static std::vector<std::string> rooms_of(const session_record& session);

  // From shard to shard: a client that is faster than its session all the time.
  static constexpr unsigned hops_max = 8;
  bool is_on_its_way(const session_id& pid) const;
  void ask(recovery_question question, unsigned home);
  void answer(const recovery_question& question, const recovery_result& result);
  void move(kept_session& session, const recovery_question& question, std::uint64_t from);
  std::vector<landmark> landmarks_of(const progress& of,
                                     const std::vector<std::uint64_t>& numbers) const;
  void send_package(const recovery_question& question, std::uint64_t from);

  nsp& nsp_;
  const recovery_limits& limits_;
  recovery_log log_;
  entries entries_;
  std::shared_ptr<recovery_account> account_;  // our own or our parent's, from its first use
  by_size<recovery>::holder log_holder_{*this};
  std::size_t present_ = 0;  // sockets that may be missed one day
  // Sessions that wait, and those that are about to go on.
  std::size_t kept_count_ = 0, kept_bytes_ = 0;
  // Of what crosses, how far this shard has come: what came from others, and its own.
  std::uint64_t others_until_ = 0, own_until_ = 0;
  // Those who ask for a session that is being moved here.
  boost::unordered_flat_map<session_id, std::vector<recovery_question>, std::hash<std::string_view>>
      expecting_;
  std::size_t counted_events_ = 0, counted_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace socketio::core
