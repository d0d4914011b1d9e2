#include "core/parent.hpp"

#include "core/delivery.hpp"

#include <stdexcept>

namespace socketio::core {

bool parent::matches(std::string_view name) const noexcept {
  if (!pattern_) return false;
  try {
    return pattern_(name);
  } catch (...) {
    group_->home().report(std::current_exception(), "namespace pattern");
    return false;
  }
}

std::vector<std::shared_ptr<nsp_group>> parent::children() const {
  std::vector<std::shared_ptr<nsp_group>> list;
  const std::lock_guard lock(mutex_);
  for (const auto& [address, child] : children_)
    if (auto alive = child.lock()) list.push_back(std::move(alive));
  return list;
}

void parent::add(const std::shared_ptr<nsp_group>& child) {
  const std::lock_guard lock(mutex_);
  children_.emplace(child.get(), child);
}

void parent::remove(const nsp_group& child) {
  const std::lock_guard lock(mutex_);
  children_.erase(&child);
}

// ---- its adapter

std::vector<std::shared_ptr<nsp_group>> parent_adapter::children() const {
  const auto whose = whose_.lock();
  return whose ? whose->children() : std::vector<std::shared_ptr<nsp_group>>();
}

template <class Work>
void parent_adapter::each_child(Work&& work) const {
  for (const auto& child : children()) work(child->adapter());
}

bool parent_adapter::broadcast(const broadcast_packet& what, const broadcast_options& to) {
  bool accepted = true;
  each_child([&](adapter& child) { accepted &= child.broadcast(what, to); });
  return accepted;
}

void parent_adapter::sockets(const broadcast_options&,
                             std::function<void(std::vector<std::string>)>) {
  throw std::logic_error("all_sockets() is not supported on parent namespaces");
}

void parent_adapter::fetch_sockets(
    const broadcast_options&, std::function<void(std::error_code, std::vector<remote_socket>)>) {
  throw std::logic_error("fetch_sockets() is not supported on parent namespaces");
}

void parent_adapter::add_sockets(const broadcast_options& which,
                                 std::span<const std::string> rooms) {
  each_child([&](adapter& child) { child.add_sockets(which, rooms); });
}
void parent_adapter::del_sockets(const broadcast_options& which,
                                 std::span<const std::string> rooms) {
  each_child([&](adapter& child) { child.del_sockets(which, rooms); });
}
void parent_adapter::disconnect_sockets(const broadcast_options& which, bool close) {
  each_child([&](adapter& child) { child.disconnect_sockets(which, close); });
}

}  // namespace socketio::core
