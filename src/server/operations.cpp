// What an operator sets up: logs, limits, drains. See docs/operations.md.
#include "server/drain.hpp"
#include "server/server_impl.hpp"
#include "server/shard.hpp"
#include "server/validate_options.hpp"

namespace socketio {

void server::impl::limit(event_limit what) {
  validate_limit(what);
  options.rate_limits.events.push_back(std::move(what));
}

void server::impl::report_limited(const rate_limited& what) {
  if (on_limited) return on_limited(what);
  log->log(log_level::warning, "rate limited",
           {{"limit", to_string(what.limit)},
            {"action", to_string(what.action)},
            {"address", what.address},
            {"sid", what.sid},
            {"nsp", what.nsp},
            {"event", what.event},
            {"count", what.count},
            {"retry_after_ms", what.retry_after.count()}});
}

void server::impl::drain(drain_options how, std::function<void()> done) {
  validate_drain(how);
  leaving_ = true;  // at once: a probe must not find it ready any more
  const auto begin = [self = shared_from_this(), how = std::move(how), done](shard&) {
    if (done) self->when_closed(done);
    if (self->draining_ || self->closing_) return;
    self->draining_ = true;
    std::make_shared<drain_run>(*self, how)->begin();
  };
  if (!on_first(begin) && done) first().hub.guard("drain", done);
}

// On the first shard.
void server::impl::on_drain_signal(const drain_options& how) {
  if (!draining_ && !closing_) return drain(how, {});
  log->log(log_level::warning, "a second signal: what is left is cut", {});
  cut_after = milliseconds(0);
  close({});
}

// ---- the handle

void server::on_log(log_sink sink) {
  impl_->log->set_sink(std::move(sink), impl_->options.log_least);
}

void server::limit(std::string event, rate_limit how) { impl_->limit({std::move(event), how}); }

void server::on_rate_limited(std::function<void(const rate_limited&)> handler) {
  impl_->on_limited = std::move(handler);
}

void server::drain(drain_options how, std::function<void()> done) {
  impl_->drain(std::move(how), std::move(done));
}

void server::drain_on_signals(std::initializer_list<int> signals, drain_options how) {
  validate_drain(how);
  impl_->drain_signals = std::make_unique<net::signal_watch>(
      *impl_->first().loop, signals,
      [impl = impl_.get(), how = std::move(how)](int) { impl->on_drain_signal(how); });
}

}  // namespace socketio
