// What the namespaces of one shard share: the executor, options, the JSON reader, counters and
// error hooks. Shard only, except of() and what is read of the counters.
#pragma once

#include "base/counter.hpp"
#include "base/executor.hpp"
#include "base/histogram.hpp"
#include "base/session_id.hpp"
#include "core/client_limits.hpp"
#include "core/listeners.hpp"
#include "core/namespaces.hpp"
#include "core/offset.hpp"
#include "core/recovery.hpp"
#include "core/recovery_budget.hpp"
#include "core/recovery_registry.hpp"
#include "socketio/disconnect_reason.hpp"
#include "wire/json.hpp"
#include "wire/socket_packet.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

class nsp;
class nsp_group;
class client;

struct hub_options {
  milliseconds connect_timeout{45'000};
  milliseconds broadcast_ack_timeout{10'000};  // when timeout() was not said
  wire::packet_limits packets;
  std::size_t json_depth_max = 256;
  std::size_t pending_acks_max =
      10'000;  // per socket; beyond, an emit with ack fails with errc::refused
  std::size_t namespaces_per_client_max = 1'000;
  std::size_t rooms_per_socket_max = 10'000;  // its own room not counted
  std::size_t room_name_bytes_max = 512;
  std::size_t namespace_name_bytes_max = 256;      // of those that clients may make
  milliseconds attachments_timeout{30'000};        // between a packet and each of its attachments
  std::shared_ptr<const socketio::parser> parser;  // none: JSON
  std::optional<recovery_limits> recovery;         // none: connections are not recovered
  std::shared_ptr<const limit_rules> limits;       // nullptr: none
  std::string lagged_event;                        // see server_options
  bool deflates = false;  // broadcasts keep room for their compressed form (CP-06)
};

// Written by the shard, read by any thread.
struct hub_counters {
  counter clients, sockets;               // now
  counter connects_total, refused_total;  // of namespaces
  counter events_in, events_out, acks_in, acks_out;
  counter pending_acks;  // now
  counter acks_timed_out, acks_disconnected, acks_unknown;
  counter invalid_arguments, handler_exceptions, volatile_dropped;
  counter rooms_refused, namespaces_refused;
  counter disconnects[reason_count];  // by reason
  counter recoveries[recovery_outcomes];
  counter recovery_sessions, recovery_log_events, recovery_log_bytes;  // now
  counter limited[limit_kinds][limit_actions];
  time_histogram handler_time;  // of a sample, see hub::timing
};

class hub {
 public:
  // The hub of shard number `index`; `all` knows the hubs of all shards.
  hub(std::shared_ptr<executor> shard, random_source& random, const hub_options& options,
      namespaces& all, unsigned index = 0);
  ~hub();
  hub(const hub&) = delete;
  hub& operator=(const hub&) = delete;

  // Any thread. of() creates the namespace on first use and adds the leading slash (NS-01); after
  // close() it makes one that is closed already.
  std::shared_ptr<nsp> of(std::string_view name);
  // Shard only.
  nsp* find(std::string_view name);  // exact name; nullptr when there is none
  nsp& know(nsp_group& entered);     // what find() returns from now on
  void forget(const nsp& gone);
  namespaces& all() const noexcept { return all_; }

  // Every socket leaves with `server_shutting_down` and no packet (SV-09, K-07), adapters close,
  // acks settle.
  void close();

  // Runs user code: the one place where its exceptions end. `nsp`: the name of the namespace that
  // it is called for, if any.
  template <class Work>
  void guard(std::string_view where, Work&& work, std::string_view nsp = {}) noexcept {
    const activity::scope running(shard_->running_here(), {where, nsp});
    try {
      work();
    } catch (...) {
      report(std::current_exception(), where);
    }
  }
  void report(std::exception_ptr what, std::string_view where) noexcept;

  // Measures how long the handlers of an event run, of one event in 64 on average, in steps that no
  // pattern of the application follows: two looks at the clock would cost every event more than the
  // rest of its way through the hub.
  class timing {
   public:
    explicit timing(hub& of) noexcept {
      if (--of.until_timed_ == 0) [[unlikely]]
        begin(of);
    }
    ~timing() {
      if (of_) [[unlikely]]
        end();
    }
    timing(const timing&) = delete;
    timing& operator=(const timing&) = delete;

   private:
    void begin(hub& of) noexcept;
    void end() const noexcept;
    hub* of_ = nullptr;
    time_point since_;
  };

  // Appends the frames of a packet, for whoever it is sent to; `payload` is JSON text or empty.
  // None when the parser of the application failed, which is reported.
  void encode(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
              std::string_view payload, std::span<const std::span<const std::byte>> attachments,
              wire::frame_class kind, std::vector<wire::frame>& group,
              wire::compression how = wire::compression::wanted) {
    if (!options_.parser) [[likely]]
      return wire::encode_packet(type, nsp, id, payload, attachments, kind, group, how);
    encode_by_parser(type, nsp, id, payload, attachments, kind, group, how);
  }

  // An event without acknowledgement, for recovery: instead of the last character of its arguments,
  // which is their bracket, comes `tail`.
  void encode_event(std::string_view nsp, std::string_view arguments, std::string_view tail,
                    std::span<const std::span<const std::byte>> attachments,
                    std::vector<wire::frame>& group, wire::compression how);

  unsigned index() const noexcept { return index_; }
  executor& shard() const noexcept { return *shard_; }
  const std::shared_ptr<executor>& shared_shard() const noexcept { return shard_; }
  const hub_options& options() const noexcept { return options_; }
  wire::json_reader& reader() noexcept { return reader_; }
  id_generator& ids() noexcept { return ids_; }
  hub_counters& counters() noexcept { return counters_; }
  const hub_counters& counters() const noexcept { return counters_; }
  std::vector<wire::frame>& scratch_group() noexcept { return group_; }
  const run_name& run() const noexcept {
    return run_;
  }  // what the offsets of this process begin with
  core::recovery_budget& recovery_budget() noexcept { return *recovery_budget_; }
  // Of the first shard, for all namespaces.
  const std::shared_ptr<core::gone_sessions>& gone_sessions() const noexcept { return gone_; }

  std::function<void(std::exception_ptr, std::string_view where)>
      on_exception;  // set before the shard runs
  std::function<std::chrono::system_clock::time_point()> wall_clock;
  std::function<void(const rate_limited&)> on_rate_limited;
  std::function<std::shared_ptr<core::address_buckets>(std::string_view address)> address_buckets;
  callbacks<const std::shared_ptr<nsp>&> new_namespace;  // SV-08; of the first shard
  // The part of a namespace on this shard is about to have its first socket: for whoever watches
  // all of them. Set before the shard runs.
  std::function<void(nsp&)> on_begun;

 private:
  void encode_by_parser(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                        std::string_view payload,
                        std::span<const std::span<const std::byte>> attachments,
                        wire::frame_class kind, std::vector<wire::frame>& group,
                        wire::compression how);

  std::shared_ptr<executor> shard_;
  const hub_options& options_;
  wire::json_reader reader_;
  id_generator ids_;
  hub_counters counters_;
  std::vector<wire::frame> group_;
  namespaces& all_;
  unsigned index_;
  run_name run_{};
  std::unique_ptr<core::recovery_budget> recovery_budget_;  // with recovery, as the next one
  std::shared_ptr<core::gone_sessions> gone_;
  std::map<std::string, std::shared_ptr<nsp>, std::less<>> known_;  // what was looked up in all_
  bool closed_ = false;
  std::uint32_t until_timed_ = 1;  // the first is
  std::uint32_t timed_state_ = 1;
};

// The next listener id; any thread.
listener_id next_listener_id() noexcept;

}  // namespace socketio::core
