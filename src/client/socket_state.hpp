// One namespace of a server, as the client has it: what the public handle `client_socket` points
// to. Spec rows CS-01 to CS-27; the reference is socket.io-client 4.8.4, build/cjs/socket.js.
//
// Alive as long as a handle exists; without its manager it is only an answer to questions.
// Reactor only, except the listeners and what stands under "any thread".
// The files: socket_state.cpp (the life of it), socket_sending.cpp, socket_receiving.cpp.
// Tested by tests/unit/client/socket_*test.cpp.
#pragma once

#include "client/acks.hpp"
#include "client/listener_table.hpp"
#include "client/offline_buffer.hpp"
#include "client/retry_queue.hpp"
#include "socketio/client_socket.hpp"
#include "wire/socket_packet.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::dial {
class reactor;
}

namespace socketio::client_side {

class manager_state;
class socket_state;
// What other threads see of a manager: bytes that the connection has not taken, and those of
// emits on their way from other threads.
struct traffic {
  std::atomic<std::size_t> queued{0}, posted{0};
};
enum class sending : std::uint8_t;

// The place of an event on its way from another thread, as long as it lives.
class admission {
 public:
  admission(std::shared_ptr<socket_state> where, std::size_t bytes);
  ~admission();
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

 private:
  const std::shared_ptr<socket_state> where_;
  const std::size_t bytes_;
};

class socket_state : public std::enable_shared_from_this<socket_state> {
 public:
  socket_state(manager_state& of, std::string nsp, socket_options options);
  ~socket_state();

  // ---- command
  void connect();
  void disconnect();
  // False when it was refused. `answer` is settled exactly once, whatever happens. `admitted`: by
  // an admission, no limit of bytes refuses it any more.
  bool emit(detail::payload& what, const detail::emit_flags& flags,
            std::unique_ptr<detail::ack_receiver> answer, bool admitted = false);
  void send_answer(std::uint64_t ack_id, detail::payload& what);
  void send_error_answer(std::uint64_t ack_id, std::string_view code, std::string_view message);
  void set_auth(auth_source what) { auth_ = std::move(what); }
  void clear_buffers(errc why);
  void finish();  // disconnect(), and nothing waits any more

  // ---- told by the manager
  void on_open();
  void on_packet(const wire::packet& packet);
  void on_error(const connect_failure& why);
  void on_close(const client_disconnect& why);
  void on_drained() { send_next(false); }
  void forget_manager();  // it is gone: nothing is told any more

  // ---- any thread
  const std::string& nsp() const noexcept { return nsp_; }
  const std::shared_ptr<executor>& shard() const noexcept { return shard_; }
  const std::shared_ptr<outlet>& out() const noexcept { return out_; }
  std::string id() const;  // nothing, once its manager has ended
  bool connected() const noexcept { return connected_.load(std::memory_order_acquire); }
  bool active() const noexcept { return active_.load(std::memory_order_acquire); }
  bool recovered() const noexcept { return recovered_.load(std::memory_order_acquire); }
  bool ended() const noexcept { return out_->closed(); }
  // Whether an event of so many bytes has room where it goes, and its place there.
  std::unique_ptr<admission> admit(std::size_t bytes);
  std::vector<buffered_event> buffered() const;
  std::size_t buffered_bytes() const;
  void remove_listener(listener_id id);

  listener_list<std::shared_ptr<detail::handler>> events;
  signal<> connects;
  signal<const client_disconnect&> disconnects;
  signal<const connect_failure&> connect_errors;
  signal<std::string_view, std::string_view> invalid;
  signal<std::string_view, const values&> any, any_outgoing;

 private:
  class incoming;
  class attempt;

  // socket_state.cpp
  void leave();
  void send_connect(std::uint64_t number, const value& data);
  void on_connected(const input& payload);
  void on_refused(const input& payload);
  void end(client_disconnect why);
  void on_sent_away(std::string description);
  // socket_sending.cpp
  bool is_online();
  void look_at_queue();
  sending send_now(detail::payload& what, const detail::emit_flags& flags,
                   std::unique_ptr<answer_sink>& answer, bool admitted);
  bool keep(detail::payload& what, const detail::emit_flags& flags,
            std::unique_ptr<answer_sink> answer, bool admitted);
  bool refuse(std::unique_ptr<answer_sink> answer, errc why);
  bool queue(detail::payload& what, const detail::emit_flags& flags,
             std::unique_ptr<answer_sink> answer, bool admitted);
  void send_next(bool again);
  void send_buffered();
  sending send_event(detail::payload& what, std::optional<std::uint64_t> id, bool compress);
  void tell_outgoing(detail::payload& what);
  void watch_age();
  // socket_receiving.cpp
  void on_event(const input& arguments, std::optional<std::uint64_t> id);
  void deliver(const input& arguments, std::optional<std::uint64_t> id);
  void dispatch(const input& arguments, std::optional<std::uint64_t> id);
  void deliver_received();
  void note_offset(const input& arguments, std::optional<std::uint64_t> id);

  friend class admission;
  struct age_timer final : timer {
    explicit age_timer(socket_state& who) : of(who) {}
    void on_expired(time_point) override;
    socket_state& of;
  };

  const std::string nsp_;
  const std::shared_ptr<executor> shard_;
  const std::shared_ptr<outlet> out_;
  manager_state* manager_;
  const std::shared_ptr<traffic> traffic_;
  const std::size_t send_queue_bytes_max_, offline_buffer_bytes_max_;
  std::atomic<std::size_t> posted_{0};  // of traffic_, what is ours
  std::atomic<bool> looking_{false};
  const socket_options options_;
  auth_source auth_;

  std::atomic<bool> connected_{false}, active_{false}, recovered_{false};
  mutable std::mutex id_mutex_;
  std::string id_;  // under id_mutex_
  std::string pid_, last_offset_;
  std::uint64_t connect_number_ = 0;  // what an auth function answers for an earlier one is void

  ack_table acks_;
  offline_buffer buffer_;
  retry_queue retries_;
  std::uint64_t retry_number_ = 0;
  age_timer age_timer_;

  struct received {
    value arguments;
    std::optional<std::uint64_t> id;
  };
  std::deque<received> received_;  // before CONNECT (CS-12)
  std::size_t received_bytes_ = 0;
};

}  // namespace socketio::client_side
