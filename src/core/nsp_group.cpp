#include "core/nsp_group.hpp"

#include "core/hub.hpp"
#include "core/namespaces.hpp"
#include "core/parent.hpp"
#include "core/socket.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace socketio::core {

nsp_group::nsp_group(std::span<hub* const> hubs, std::string name)
    : name_(std::move(name)),
      deflates_(hubs.front()->options().deflates),
      parts_open_(static_cast<unsigned>(hubs.size())) {
  if (hubs.front()->options().recovery)
    recovery_ = std::make_unique<recovery_registry>(
        hubs.front()->run(), static_cast<unsigned>(hubs.size()), hubs.front()->gone_sessions());
  for (hub* const one : hubs) parts_.push_back(std::make_unique<nsp>(*one, *this));
}

nsp_group::~nsp_group() = default;

void nsp_group::use(std::unique_ptr<socketio::adapter> one) {
  plain_ = !one;
  adapter_ = one ? std::move(one) : std::make_unique<socketio::adapter>(adapter_context{this});
}

nsp& nsp_group::home() const noexcept {
  for (const auto& part : parts_)
    if (part->shard()->on_thread()) return *part;
  return *parts_.front();
}

shard_set nsp_group::reach(std::span<const std::string> rooms_named) const {
  if (!spread()) return only(0);
  if (rooms_named.empty()) return populated_.load(std::memory_order_acquire) | expecting();
  shard_set reached = 0;
  for (const std::string& name : rooms_named) {
    reached |= rooms.shards_of(name);
    // The room of a socket's own id is not in the directory: the id tells the shard.
    if (name.size() != session_id::length) continue;
    if (const unsigned shard = session_id(name).shard(); shard < size()) reached |= only(shard);
  }
  return reached;
}

// Those where somebody may come back, for recovery.
shard_set nsp_group::expecting() const noexcept {
  shard_set all = 0;
  if (!recovery_) return all;
  for (unsigned shard = 0; shard < size(); shard++)
    if (recovery_->expects(shard)) all |= only(shard);
  return all;
}

void nsp_group::set_populated(unsigned shard, bool is) noexcept {
  if (is)
    populated_.fetch_or(only(shard), std::memory_order_acq_rel);
  else
    populated_.fetch_and(~only(shard), std::memory_order_acq_rel);
}

std::size_t nsp_group::sockets_count() const {
  std::size_t count = 0;
  for (const auto& part : parts_) {
    const std::lock_guard lock(part->membership());
    count += part->connected().size();
  }
  return count;
}

bool nsp_group::first_call(listener_id once) {
  if (!spread()) return true;
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(called_once_, once) != called_once_.end()) return false;
  called_once_.push_back(once);
  return true;
}

// ---- coming and going

namespace {
constexpr std::int64_t gone = std::numeric_limits<std::int64_t>::min() / 2;
}

bool nsp_group::count_in() noexcept {
  std::int64_t now = visitors_.load(std::memory_order_acquire);
  do {
    if (now < 0) return false;
  } while (!visitors_.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel));
  return true;
}

// Whoever was the last puts a mark that nobody passes any more; he who comes meanwhile is faster.
void nsp_group::count_out() {
  std::int64_t left = visitors_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left != 0 || !visitors_.compare_exchange_strong(left, gone, std::memory_order_acq_rel))
    return;
  vanishes_from_->remove(*this);
}

// ---- the end

void nsp_group::on_part_closed() {
  if (parts_open_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  try {
    adapter_->close([self = shared_from_this()] { self->on_adapter_closed(); });
  } catch (...) {  // a failure is not waited for (SV-09)
    on_adapter_closed();
  }
}

void nsp_group::on_adapter_closed() {
  std::function<void()> told;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    told = std::move(when_closed_);
  }
  if (told) told();
}

void nsp_group::when_closed(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      when_closed_ = std::move(done);
      return;
    }
  }
  done();
}

}  // namespace socketio::core
