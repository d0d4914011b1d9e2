#include "core/hub.hpp"

#include "core/nsp.hpp"

namespace socketio::core {

hub::hub(std::shared_ptr<executor> shard, random_source& random, const hub_options& options)
    : wall_clock([] { return std::chrono::system_clock::time_point(); }),
      shard_(std::move(shard)),
      options_(options),
      reader_(options.json_depth_max),
      ids_(random) {}

hub::~hub() { close(); }

std::shared_ptr<nsp> hub::of(std::string_view name) {
  std::string full = name.starts_with('/') ? std::string(name) : "/" + std::string(name);
  std::unique_lock lock(mutex_);
  if (const auto found = nsps_.find(full); found != nsps_.end()) return found->second;
  auto made = std::make_shared<nsp>(*this, full);
  if (closed_) {  // whoever asks for it now gets one on which nothing happens any more
    made->close();
    return made;
  }
  nsps_.emplace(std::move(full), made);
  lock.unlock();
  if (shard_->on_thread())
    announce(made);
  else
    shard_->post([this, made] { announce(made); });
  return made;
}

void hub::announce(const std::shared_ptr<nsp>& made) {
  made->adapter().init();
  if (made->name() != "/")
    new_namespace.call([this](auto&& run) { guard("on_new_namespace", run); }, made);
}

std::shared_ptr<nsp> hub::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = nsps_.find(name);
  return found == nsps_.end() ? nullptr : found->second;
}

void hub::close() {
  std::unique_lock lock(mutex_);
  if (std::exchange(closed_, true)) return;
  const auto nsps = std::exchange(nsps_, {});
  lock.unlock();
  for (const auto& [name, one] : nsps) one->close();
}

void hub::report(std::exception_ptr what, std::string_view where) noexcept {
  counters_.handler_exceptions.add();
  try {
    if (on_exception) on_exception(what, where);
  } catch (...) {  // an error handler that throws has nobody left to tell
  }
}

listener_id next_listener_id() noexcept {
  static std::atomic<listener_id> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace socketio::core
