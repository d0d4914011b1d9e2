// adapter: how what is emitted to a namespace reaches everybody, and who is in which room (RM-05,
// RM-07). Every namespace of a server has one. This class is the in-memory one: it knows the
// sockets of this server, on all its shards. An adapter of your own derives from it, is made by
// server_options::adapter, and calls the functions of this class for what concerns this server:
//
//   struct counting_adapter : socketio::adapter {
//     using adapter::adapter;
//     bool broadcast(const broadcast_packet& what, const broadcast_options& to) override {
//       count++;
//       return adapter::broadcast(what, to);   // to the sockets of this server
//     }
//   };
//
// An adapter of a cluster publishes in these functions first or afterwards, unless
// `to.flags.is_local`, and calls the same functions of this class, or deliver_server_side(), for
// what other servers have published (AD-03 to AD-07).
//
// Threads: "any thread" is called by whoever emits, also by several threads at the same time.
// Without a server_options::adapter nothing of this is called when something is emitted: the way to
// the shards is direct.
#pragma once

#include "socketio/broadcast.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace socketio {

class nsp;
class socket;

namespace core {
class nsp_group;
}

// Who is meant. Views: valid during the call.
struct broadcast_options {
  std::span<const std::string> rooms;   // the union; empty: everybody
  std::span<const std::string> except;  // rooms
  detail::emit_flags flags;
};

// An event, encoded once. Views: valid during the call.
struct broadcast_packet {
  std::string_view arguments;  // the JSON array, the event's name first; binary as placeholders
  std::span<const std::span<const std::byte>> attachments;
};

// Collects the answers to a broadcast with acknowledgement (ACK-07, AD-07). It ends by itself, by
// the timeout of the broadcast at the latest; those of this server's clients come by themselves.
// Any thread, in the order of the calls of each thread.
class answer_collector {
 public:
  virtual ~answer_collector() = default;
  // So many servers are going to be asked, each of which will tell how many clients it has asked.
  // Only inside adapter::broadcast_with_ack().
  virtual void expect_servers(std::size_t count) = 0;
  virtual void on_server_asked(std::size_t clients) = 0;
  virtual void on_server_answer(value first_argument) = 0;
  // A server is gone that would still have had so many answers to give: they are missing. One that
  // had not told its clients yet is on_server_asked(0) as well.
  virtual void on_server_lost(std::size_t answers_missing) = 0;
};

// Takes the answers of other servers to one event between servers (SS-02 to SS-04), for whoever
// emitted it. When it is destroyed without an end, that was errc::disconnected. Any thread.
class server_answers {
 public:
  server_answers(core::nsp_group& of, std::unique_ptr<detail::broadcast_receiver> to);  // internal
  void answer(std::string_view server, value what);
  // Once, when all have answered or none is waited for any more. `missing`: the servers that did
  // not answer.
  void end(std::error_code why = {}, std::vector<std::string> missing = {});

 private:
  struct state;
  std::shared_ptr<state> state_;
};

// What the factory is given, for the constructor of adapter.
struct adapter_context {
  core::nsp_group* group = nullptr;
};

class adapter {
 public:
  explicit adapter(const adapter_context& of) noexcept : group_(of.group) {}
  virtual ~adapter();
  adapter(const adapter&) = delete;
  adapter& operator=(const adapter&) = delete;

  std::string_view nsp_name() const noexcept;
  nsp of() const;  // not in the constructor

  // Before anybody uses the namespace, by whoever names it first. What it throws is reported to
  // on_error and ignored (NS-18).
  virtual void init() {}
  // No socket is left; `closed` is to be called once, by whatever thread: server::close() waits for
  // it, at most server_options::close_timeout. Called on a shard.
  virtual void close(std::function<void()> closed);
  // How many servers share the namespace, this one included: 1 (AD-01). Any thread.
  virtual void server_count(std::function<void(std::error_code, std::size_t)> done);

  // ---- membership; on the shard of the socket. What they throw is reported to on_error.
  virtual void add_all(const socket& who, std::span<const std::string> rooms);
  virtual void del(const socket& who, std::string_view room);
  virtual void del_all(const socket& who);

  // ---- to the sockets that `to` selects; any thread
  // False when a shard did not take it.
  virtual bool broadcast(const broadcast_packet& what, const broadcast_options& to);
  virtual void broadcast_with_ack(const broadcast_packet& what, const broadcast_options& to,
                                  const std::shared_ptr<answer_collector>& answers);
  virtual void sockets(const broadcast_options& of,
                       std::function<void(std::vector<std::string> ids)> done);
  // `done` is called on a shard, with an error and whatever was found when a server did not answer.
  virtual void fetch_sockets(const broadcast_options& of,
                             std::function<void(std::error_code, std::vector<remote_socket>)> done);
  virtual void add_sockets(const broadcast_options& which, std::span<const std::string> rooms);
  virtual void del_sockets(const broadcast_options& which, std::span<const std::string> rooms);
  virtual void disconnect_sockets(const broadcast_options& which, bool close);

  // ---- to the other servers; any thread
  // `answers` gets one answer per server; nullptr when nobody wants to know. There are no others
  // here: it ends at once, without an error (SS-03, SS-05).
  virtual void server_side_emit(const broadcast_packet& what,
                                std::shared_ptr<server_answers> answers);

 protected:
  // For what another server has emitted to the servers: the handlers of on_server_side() run on the
  // first shard. `answer` is called at most once (SS-06), or never; it may be empty. Any thread.
  void deliver_server_side(const broadcast_packet& what, std::function<void(value)> answer);
  // As broadcast_with_ack(), for a question of another server: `asked` is told how many clients
  // were asked here, then `answered` each of their answers, on a shard (AD-07). Any thread.
  void ask_here(const broadcast_packet& what, const broadcast_options& to,
                std::function<void(std::size_t clients)> asked,
                std::function<void(value first_argument)> answered);

 private:
  core::nsp_group* group_;
};

}  // namespace socketio
