// Who may come in how often, and that nobody may any more.
#include "server/shard.hpp"

namespace socketio {

// SD-25. The address is that of the client, as the trusted proxies say it; see http_connection.
void server::impl::shard::hook_limits(net::engine_hooks& to) {
  const core::limit_rules* const rules = server_.hub_options.limits.get();
  if (!rules || !rules->handshakes.limits()) return;
  to.limit_handshake = [this, rules](const http_request& request) -> std::optional<duration> {
    const time_point now = loop->now();
    const std::string_view address = request.remote_address;
    const auto buckets = server_.buckets_by_address.of(address);
    if (!buckets) return std::nullopt;
    const duration wait = buckets->handshakes.take(rules->handshakes, 1, now);
    if (wait == duration::zero()) return std::nullopt;
    hub.counters()
        .limited[static_cast<std::size_t>(limit_kind::handshakes)]
                [static_cast<std::size_t>(limit_action::refuse)]
        .add();
    limited_untold_++;
    if (limited_told_at_ != time_point::min() && now - limited_told_at_ < std::chrono::seconds(1))
      return wait;
    limited_told_at_ = now;
    rate_limited what;
    what.limit = limit_kind::handshakes;
    what.action = limit_action::refuse;
    what.address = address;
    what.retry_after = std::chrono::ceil<milliseconds>(wait);
    what.count = std::exchange(limited_untold_, 0);
    hub.guard("on_rate_limited", [&] { server_.report_limited(what); });
    return wait;
  };
}

void server::impl::shard::refuse_newcomers(bool stop_listening) {
  if (engine) engine->refuse_handshakes();
  if (listener && stop_listening) listener->stop_accepting();
}

}  // namespace socketio
