#include "core/namespaces.hpp"

#include "core/nsp_group.hpp"

namespace socketio::core {

namespaces::namespaces() = default;
namespaces::~namespaces() = default;

std::shared_ptr<nsp_group> namespaces::of(std::string_view full_name, bool& made) {
  const std::lock_guard lock(mutex_);
  made = false;
  if (const auto found = all_.find(full_name); found != all_.end()) return found->second;
  auto group = std::make_shared<nsp_group>(hubs_, std::string(full_name));
  if (closed_) {
    group->each(group->everywhere(), [](nsp& part, unsigned) { part.close(); });
    return group;
  }
  made = true;
  all_.emplace(full_name, group);
  return group;
}

std::shared_ptr<nsp_group> namespaces::find(std::string_view full_name) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(full_name);
  return found == all_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<nsp_group>> namespaces::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<nsp_group>> all;
  for (const auto& [name, one] : all_) all.push_back(one);
  return all;
}

std::vector<std::shared_ptr<nsp_group>> namespaces::close_all() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  return list();
}

}  // namespace socketio::core
