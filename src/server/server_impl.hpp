// The inside of socketio::server: what its shards share, and what is done to all of them.
#pragma once

#include "core/hub.hpp"
#include "engine/options.hpp"
#include "net/address_counts.hpp"
#include "net/listener.hpp"
#include "net/signals.hpp"
#include "net/tls_context.hpp"
#include "net/trusted_proxies.hpp"
#include "server/address_table.hpp"
#include "server/session_ids.hpp"
#include "server/watchdog.hpp"
#include "socketio/drain.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace socketio {

class prometheus_text;

class server::impl final : public std::enable_shared_from_this<server::impl> {
 public:
  class shard;
  class drain_run;

  explicit impl(server_options given);
  ~impl();

  std::error_code listen();
  std::error_code listen(std::string_view address);
  std::vector<std::string> addresses() const;
  void run();
  void close(std::function<void()> done);
  void shut_down();
  bool matches(std::string_view target) const noexcept;
  net::tls_source& tls_or_throw() const;
  server_counters counters() const;
  static detail::detached run_task(std::weak_ptr<impl> of, task<> work);
  void report(std::exception_ptr what, std::string_view where) noexcept;
  // Any thread: told on the calling shard, else posted to the first; to nobody when it has stopped.
  void report_on_shard(std::exception_ptr what, std::string_view where) noexcept;
  void report_blocked(unsigned index, const activity::call& what, bool over) noexcept;

  // ---- operations (operations.cpp, metrics.cpp, health.cpp, drain.cpp)
  void limit(event_limit what);
  void report_limited(const rate_limited& what);
  std::string metrics() const;  // any thread
  http_response health() const;
  http_response readiness();
  std::string unready();
  void answer_scrape(respond_function respond);
  void drain(drain_options how, std::function<void()> done);
  void on_drain_signal(const drain_options& how);
  bool is_leaving() const noexcept { return leaving_; }  // any thread

  shard& first() const noexcept { return *shards.front(); }
  shard& here() const noexcept;  // that of the calling thread, else the first
  shard& next_for_adoption() noexcept;
  // Runs `work(shard&)` at once on the calling shard, else posted to the first. False: never.
  template <class Work>
  bool on_shard(Work&& work);
  // The same, but always on the first.
  template <class Work>
  bool on_first(Work&& work);

  std::shared_ptr<logger> log;
  server_options options;
  engine::options engine_options;
  core::hub_options hub_options;
  engine_hooks hooks;
  router routes;
  std::function<void(std::exception_ptr, std::string_view)> on_exception;
  std::function<void(const blocked_handler&)> on_blocked;
  std::function<void(const rate_limited&)> on_limited;
  std::vector<std::pair<std::string, std::function<std::optional<std::string>()>>> ready_checks;
  const std::string prefix;  // what a target must begin with: "/socket.io/"

  const std::unique_ptr<net::tls_source> tls;  // nullptr: nobody comes over TLS
  session_ids ids;                             // when the application generates them
  const net::trusted_proxies proxies;
  net::address_counts sessions_by_address;
  net::peer_limit peers;
  std::shared_ptr<void> instrumentation;  // of the Admin UI, if it is there; outlives the shards
  core::namespaces namespaces;
  address_table buckets_by_address;
  std::vector<std::unique_ptr<shard>> shards;
  std::unique_ptr<net::signal_watch> signals, drain_signals, reload_signals;
  const time_point began = clock::now();
  std::atomic<std::uint64_t> drained{0};  // sessions, by a drain
  // How long the last bytes have when it closes; zero: somebody is in a hurry.
  std::atomic<milliseconds> cut_after;
  std::atomic<std::uint16_t> port{0};  // the first that is bound

 private:
  void when_closed(std::function<void()> done);  // on the first shard
  void add_shard_metrics(prometheus_text& out) const;
  template <class Work>
  static bool on(shard& where, Work&& work);
  template <class Judge>
  void guard_cors(Judge& judge, const char* name);
  void guard_cors(cors_options& cors);
  bool on_any_shard() const noexcept;
  void prepare();
  void run_one_by_one();
  template <class Where>
  std::error_code listen_somewhere(Where where);
  std::error_code listen_here(const net::listen_address& where);
  std::unique_ptr<watchdog> watch() noexcept;
  void close_shards();
  void await_adapters(std::function<void()> closed);
  void on_shard_closed();

  std::atomic<bool> leaving_{false};  // it drains or closes
  std::atomic<unsigned> adopted_{0};
  std::atomic<std::uint64_t> handlers_blocked_{0}, turns_blocked_{0};
  std::mutex running_;  // held while the loops run
  mutable std::mutex addresses_lock_;
  std::vector<std::string> addresses_;
  // Of the first shard:
  bool listens_as_configured_ = false;
  std::vector<std::function<void()>> closed_listeners_;
  std::size_t shards_left_ = 0;
  bool draining_ = false;
  bool closing_ = false;
  bool closed_ = false;  // guarded by running_ for whoever is not on the shard
};

}  // namespace socketio
