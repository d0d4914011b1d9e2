#include "core/client_limits.hpp"

#include <array>
#include <utility>

namespace socketio {

std::string_view to_string(limit_action what) noexcept {
  constexpr std::array<std::string_view, core::limit_actions> names{
      "drop", "error_acknowledgement", "delay", "disconnect", "refuse"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view to_string(limit_kind what) noexcept {
  constexpr std::array<std::string_view, core::limit_kinds> names{
      "messages", "bytes", "address_messages", "address_bytes", "event", "connects", "handshakes"};
  return names[static_cast<std::size_t>(what)];
}

}  // namespace socketio

namespace socketio::core {
namespace {

limit_rules::rule rule_of(const rate_limit& from) {
  return {token_rate(from.per_second, from.burst), from.action};
}

}  // namespace

limit_rules::limit_rules(const rate_limits& from)
    : messages(rule_of(from.messages)),
      bytes(rule_of(from.bytes)),
      address_messages(rule_of(from.address_messages)),
      address_bytes(rule_of(from.address_bytes)),
      connects(from.connects.per_second, from.connects.burst),
      handshakes(from.handshakes.per_second, from.handshakes.burst) {
  for (const event_limit& one : from.events)
    if (one.limit.per_second > 0) events.push_back({rule_of(one.limit), one.event});
}

bool limit_rules::any_of_clients() const noexcept {
  return messages.rate.limits() || bytes.rate.limits() || address_messages.rate.limits() ||
         address_bytes.rate.limits() || connects.limits() || !events.empty();
}

bool limit_rules::any_of_addresses() const noexcept {
  return address_messages.rate.limits() || address_bytes.rate.limits() || handshakes.limits();
}

client_limits::client_limits(const limit_rules& rules, std::shared_ptr<address_buckets> of_address)
    : rules_(rules), of_address_(std::move(of_address)), events_(rules.events.size()) {}

// True when the packet must not be served. What is only delayed is remembered in `found`, the
// longest delay of all.
template <class Bucket>
bool client_limits::exceeds(Bucket& bucket, const limit_rules::rule& rule, double tokens,
                            limit_kind kind, time_point now,
                            std::optional<excess>& found) const noexcept {
  if (!rule.rate.limits()) return false;
  const bool on_credit = rule.action == limit_action::delay;
  const duration wait = on_credit ? bucket.take_on_credit(rule.rate, tokens, now)
                                  : bucket.take(rule.rate, tokens, now);
  if (wait == duration::zero()) return false;
  if (on_credit) {
    if (!found || found->wait < wait) found = excess{kind, rule.action, wait};
    return false;
  }
  found = excess{kind, rule.action, wait};
  return true;
}

std::optional<client_limits::excess> client_limits::on_event(std::string_view name,
                                                             time_point now) noexcept {
  std::optional<excess> found;
  for (std::size_t i = 0; i < events_.size(); i++)
    if (rules_.events[i].event == name &&
        exceeds(events_[i], rules_.events[i], 1, limit_kind::event, now, found)) {
      bytes_ = 0;
      return found;
    }
  return on_message(now, found);
}

std::optional<client_limits::excess> client_limits::on_ack(time_point now) noexcept {
  return on_message(now, std::nullopt);
}

std::optional<client_limits::excess> client_limits::on_message(
    time_point now, std::optional<excess> found) noexcept {
  const auto bytes = static_cast<double>(std::exchange(bytes_, 0));
  if (exceeds(messages_, rules_.messages, 1, limit_kind::messages, now, found) ||
      exceeds(all_bytes_, rules_.bytes, bytes, limit_kind::bytes, now, found) || !of_address_ ||
      exceeds(of_address_->messages, rules_.address_messages, 1, limit_kind::address_messages, now,
              found))
    return found;
  exceeds(of_address_->bytes, rules_.address_bytes, bytes, limit_kind::address_bytes, now, found);
  return found;
}

std::optional<client_limits::excess> client_limits::on_connect(time_point now) noexcept {
  bytes_ = 0;
  if (!rules_.connects.limits()) return std::nullopt;
  const duration wait = connects_.take(rules_.connects, 1, now);
  if (wait == duration::zero()) return std::nullopt;
  return excess{limit_kind::connects, limit_action::refuse, wait};
}

std::uint64_t client_limits::tell(time_point now) noexcept {
  untold_++;
  if (told_at_ != time_point::min() && now - told_at_ < std::chrono::seconds(1)) return 0;
  told_at_ = now;
  return std::exchange(untold_, 0);
}

}  // namespace socketio::core
