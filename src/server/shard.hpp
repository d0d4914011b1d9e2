// One shard of a server: a thread's loop, the connections that it accepted or took over, their
// Engine.IO sessions and its part of every namespace. Shards share the options, the hooks and
// routes of the application, and the names of the namespaces; everything else is their own.
//
// Shard only, except loop, elsewhere_of() and what says "any thread".
#pragma once

#include "base/histogram.hpp"
#include "core/hub.hpp"
#include "net/engine_server.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/random.hpp"
#include "server/server_impl.hpp"
#include "server/session.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace socketio {

class server::impl::shard final : public net::http_service {
 public:
  shard(server::impl& server, unsigned index);
  ~shard() override;

  // Once, when the hooks of the application are known.
  void prepare();
  // Runs the loop until the server has closed. The calling thread becomes the shard's.
  void run();
  void accept_from(net::listening_socket from, bool secure);
  void adopt(net::loose_stream connection, std::string_view received);
  void set_timeout(time_point due, std::function<void()> work);
  // SV-09: the shard's part of close(); `done` is called on the shard when nothing is left.
  void close(std::function<void()> done);
  void add_counters(server_counters& to) const;  // any thread
  // Any thread: engine and listener are there.
  bool prepared() const noexcept { return prepared_.load(std::memory_order_acquire); }

  // ---- operations (shard_pulse.cpp, shard_limits.cpp)
  void refuse_newcomers(bool stop_listening);
  void measure();                               // what a walk through all sessions tells
  std::size_t session_count() const noexcept {  // any thread
    return prepared() ? static_cast<std::size_t>(engine->counters().sessions) : 0;
  }
  duration since_last_beat(time_point now) const noexcept;  // any thread

  const unsigned index;
  const std::shared_ptr<net::loop> loop;
  net::system_random random;
  core::hub hub;
  std::unique_ptr<traffic_meter> meter;  // set before prepare(); nullptr: nobody wants to know
  std::unique_ptr<net::engine_server> engine;
  std::unique_ptr<net::listener> listener;
  // Written by the shard, read by any thread.
  struct {
    counter queued_bytes, queued_sessions, largest_queue, rooms;  // when it was last measured
    time_histogram lag;
    std::atomic<time_point::rep> last_beat{0};
  } measured;

 private:
  struct beat final : timer {
    explicit beat(shard& owner) : of(owner) {}
    void on_expired(time_point) override;
    void arm(time_point when);
    shard& of;
    time_point due;
    unsigned count = 0;
  };
  void begin_beating();
  void hook_limits(net::engine_hooks& to);
  struct one_shot;
  struct answerable;

  void on_request(std::shared_ptr<net::exchange> request) override;
  handover elsewhere(const http_request& head) override;
  bool serve_bundle(net::exchange& request);
  void serve_route(std::shared_ptr<net::exchange> request);
  void leave_upgrade(std::shared_ptr<net::exchange> request);
  // shard_hooks.cpp
  net::engine_hooks engine_hooks_for_net();
  void on_refused(const http_request& request, const engine::refusal& why);
  void hook_headers(net::engine_hooks& out);
  void hook_allow_request(net::engine_hooks& out);
  void hook_ids(net::engine_hooks& out);
  void hook_addresses(net::engine_hooks& out);

  void await_last_connections(time_point deadline, std::function<void()> done);

  server::impl& server_;
  std::unique_ptr<const session::context> sessions_;
  std::unordered_map<one_shot*, std::unique_ptr<one_shot>> timeouts_;
  struct {
    counter origins, addresses;
  } refused_;
  std::atomic<bool> prepared_{false};
  bool closing_ = false;
  beat beat_{*this};
  std::uint64_t limited_untold_ = 0;  // handshakes
  time_point limited_told_at_ = time_point::min();
};

template <class Work>
bool server::impl::on_shard(Work&& work) {
  return on(here(), std::forward<Work>(work));
}

template <class Work>
bool server::impl::on_first(Work&& work) {
  return on(first(), std::forward<Work>(work));
}

template <class Work>
bool server::impl::on(shard& where, Work&& work) {
  if (!where.loop->on_thread())
    return where.loop->post([&where, work = std::forward<Work>(work)]() mutable { work(where); });
  work(where);
  return true;
}

}  // namespace socketio
