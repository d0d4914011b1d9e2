// The inside of socketio::server: one shard (loop, engine, hub, listener) and what decides who
// answers a request.
#pragma once

#include "core/hub.hpp"
#include "core/nsp.hpp"
#include "net/engine_server.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/random.hpp"
#include "net/signals.hpp"
#include "server/static_files.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace socketio {

class server::impl final : public net::http_service,
                           public std::enable_shared_from_this<server::impl> {
 public:
  explicit impl(server_options given);
  ~impl() override;

  std::error_code listen();
  void run();
  void close(std::function<void()> done);
  void shut_down();
  bool matches(std::string_view target) const noexcept;
  server_counters counters() const;
  bool adopt(int descriptor, std::string_view received);  // false: still the caller's
  void set_timeout(time_point due, std::function<void()> work);
  // Runs `work(impl&)` on the shard: at once when called there, else posted. False: never.
  template <class Work>
  bool on_shard(Work&& work) {
    if (!loop->on_thread())
      return loop->post([this, work = std::forward<Work>(work)]() mutable { work(*this); });
    work(*this);
    return true;
  }
  static detail::detached run_task(std::weak_ptr<impl> of, task<> work);
  void report(std::exception_ptr what, std::string_view where) noexcept;

  server_options options;
  engine::options engine_options;
  core::hub_options hub_options;
  engine_hooks hooks;
  router routes;
  std::function<void(std::exception_ptr, std::string_view)> on_exception;

  std::shared_ptr<net::loop> loop;
  net::system_random random;
  core::namespaces namespaces;
  core::hub hub;
  std::unique_ptr<net::engine_server> engine;
  std::unique_ptr<net::listener> listener;
  std::unique_ptr<net::signal_watch> signals;
  std::atomic<std::uint16_t> port{0};  // while or after it listens

 private:
  struct one_shot;
  struct answerable;

  void on_request(std::shared_ptr<net::exchange> request) override;
  bool serve_bundle(net::exchange& request);
  void serve_route(std::shared_ptr<net::exchange> request);
  void leave_upgrade(std::shared_ptr<net::exchange> request);
  net::engine_hooks engine_hooks_for_net();
  void guard_cors(std::function<bool(std::string_view)>& allow);
  void prepare();
  std::error_code listen_here();
  void close_on_shard();
  void await_last_connections(time_point deadline);

  std::string prefix_;  // what a target must begin with: "/socket.io/"
  std::unordered_map<one_shot*, std::unique_ptr<one_shot>> timeouts_;
  std::vector<std::function<void()>> closed_listeners_;
  bool closing_ = false;
  std::mutex running_;   // held while the loop runs
  bool closed_ = false;  // guarded by running_ for whoever is not on the shard
};

}  // namespace socketio
