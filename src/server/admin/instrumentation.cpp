#include "server/admin/instrumentation.hpp"

#include "core/socket.hpp"
#include "server/admin/all_sockets.hpp"
#include "server/admin/commands.hpp"
#include "server/shard.hpp"

#include <cstdlib>
#include <stdexcept>

namespace socketio::admin {
namespace {

bool is_development(std::optional<mode> said) {
  if (said) return *said == mode::development;
  const char* const environment = std::getenv("NODE_ENV");
  return !environment || !*environment || std::string_view(environment) == "development";
}

void check_limit(const char* name, std::size_t value, std::size_t least) {
  if (value < least)
    throw std::invalid_argument(std::string("instrument: ") + name + " is " +
                                std::to_string(value) + ", it must be at least " +
                                std::to_string(least));
}

instrument_options checked(instrument_options given) {
  if (given.namespace_name.empty() || given.namespace_name == "/")
    throw std::invalid_argument("instrument: namespace_name is \"" + given.namespace_name +
                                "\": the pages need a namespace of their own");
  if (std::holds_alternative<std::monostate>(given.auth))
    throw std::invalid_argument(
        "the `auth` option must be specified or explicitly set to `false`: basic_auth or no_auth");
  check_limit("page_bytes_max", given.page_bytes_max, 1'024);
  check_limit("sockets_max", given.sockets_max, 1);
  check_limit("event_bytes_max", given.event_bytes_max, 256);
  check_limit("logins_waiting_max", given.logins_waiting_max, 1);
  return given;
}

}  // namespace

void instrumentation::install(server& io, instrument_options options) {
  server::impl& inside = *io.impl_;
  if (inside.instrumentation) throw std::logic_error("instrument() was called twice");
  if (inside.first().listener)
    throw std::logic_error("instrument() has to be called before listen() and run()");
  inside.instrumentation = std::make_shared<instrumentation>(io, std::move(options));
}

instrumentation::instrumentation(server& io, instrument_options options) {
  of_.options = checked(std::move(options));
  of_.development = is_development(of_.options.mode);
  of_.page_bytes_max = std::min(of_.options.page_bytes_max, io.options().send_queue_bytes_max / 2);
  if (const auto* const account = std::get_if<basic_auth>(&of_.options.auth)) {
    auto store = of_.options.store ? of_.options.store : std::make_shared<memory_store>();
    login_ = std::make_shared<login>(*account, std::move(store), of_.options);
  }
  know_shards(io);
  let_pages_in();
  add_commands(of_);
  measure(io);
  if (of_.development) watch(io);
}

void instrumentation::know_shards(server& io) {
  server::impl& inside = *io.impl_;
  for (const auto& one : inside.shards) of_.hubs.push_back(&one->hub);
  of_.namespaces = &inside.namespaces;
  of_.group = io.of(of_.options.namespace_name).impl()->group().shared_from_this();
  of_.after = [&inside](unsigned shard, milliseconds delay, std::function<void()> work) {
    server::impl::shard& there = *inside.shards[shard];
    there.set_timeout(deadline_after(there.loop->exact_now(), delay), std::move(work));
  };
}

void instrumentation::let_pages_in() {
  for (unsigned shard = 0; shard < of_.hubs.size(); shard++) {
    pages_.push_back(std::make_unique<pages>(of_, shard, [this, shard](auto done) {
      gather_sockets(of_, watchers_, shard, std::move(done));
    }));
    of_.group->part(shard).broadcast_gate = pages_.back().get();
  }
  const socketio::nsp all = of_.pages();
  // Weak, because whoever waits for his password keeps the middlewares, also on its thread, which
  // must not be the one that ends the login.
  if (login_)
    all.use([by = std::weak_ptr(login_)](const socket& who, next_fn next) {
      if (const auto still = by.lock()) still->check(who, next);
    });
  all.on_connection(
      [this](const socket& who) { pages_[who.impl()->of().index()]->add(who.impl()); });
  all.on_disconnect([this](const socket& who, const disconnect_reason&) {
    pages_[who.impl()->of().index()]->remove(*who.impl());
  });
}

void instrumentation::measure(server& io) {
  server::impl& inside = *io.impl_;
  std::vector<const traffic_meter*> meters;
  for (const auto& one : inside.shards) {
    one->meter = std::make_unique<traffic_meter>();
    meters.push_back(one->meter.get());
  }
  const auto look = [this] {
    const bool lost = of_.lost.exchange(false);
    for (std::size_t i = 0; i < watchers_.size(); i++)
      of_.hubs[i]->shard().post([this, i, lost] {
        watchers_[i].look_at_data();
        if (lost) pages_[i]->all_fall_behind();
      });
  };
  stats_ = std::make_unique<stats>(
      of_, std::move(meters), [&inside] { return inside.counters(); }, look);
  inside.first().loop->post([this] { stats_->begin(); });
}

void instrumentation::watch(server& io) {
  watchers_.reserve(of_.hubs.size());
  for (unsigned shard = 0; shard < of_.hubs.size(); shard++) {
    watcher& by = watchers_.emplace_back(of_, shard);
    of_.hubs[shard]->on_begun = [&by](core::nsp& part) { by.begin(part); };
    io.impl_->shards[shard]->meter->on_upgraded = [&by](core::client& who) { by.on_upgraded(who); };
  }
}

void instrument(server& io, instrument_options options) {
  instrumentation::install(io, std::move(options));
}

}  // namespace socketio::admin
