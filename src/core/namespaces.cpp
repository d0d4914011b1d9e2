#include "core/namespaces.hpp"

#include "core/hub.hpp"
#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "socketio/adapter.hpp"

#include <atomic>
#include <stdexcept>

namespace socketio::core {

namespaces::namespaces() = default;
namespaces::~namespaces() = default;

std::shared_ptr<nsp_group> namespaces::find(std::string_view full_name) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(full_name);
  return found == all_.end() || found->second->vanished() ? nullptr : found->second;
}

std::vector<std::shared_ptr<nsp_group>> namespaces::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<nsp_group>> found;
  for (const auto& [name, one] : all_)
    if (!one->vanished()) found.push_back(one);
  return found;
}

std::shared_ptr<nsp_group> namespaces::of(std::string_view full_name) {
  if (auto found = find(full_name)) return found;
  const auto from = parent_for(full_name);
  std::unique_lock making(making_);
  if (auto found = find(full_name)) return found;
  const newborn fresh = make(full_name, from, /*entered=*/false);
  making.unlock();
  if (!fresh.closed) announce(fresh.group);
  return fresh.group;
}

namespace {

void close_parts(nsp_group& all) {
  all.each(all.everywhere(), [&](nsp& part, unsigned shard) {
    const auto close = [alive = all.shared_part(shard)] { alive->close(); };
    if (part.shard()->on_thread() || !part.shard()->post(close)) close();
  });
}

}  // namespace

// Whoever learns of the group finds it complete: its adapter has been told to begin, and its parts
// have been asked to take over what the parent has, before anybody can ask them for something else.
// Whoever makes it to enter it is counted before others can come and go.
namespaces::newborn namespaces::make(std::string_view full_name, const std::shared_ptr<parent>& of,
                                     bool entered) {
  const auto group = std::make_shared<nsp_group>(hubs_, std::string(full_name));
  std::unique_ptr<adapter> own;
  if (options.make_adapter) {
    own = options.make_adapter({group.get()});
    if (!own) throw std::logic_error("server_options::adapter has made no adapter");
  }
  group->use(std::move(own));
  group->set_parent(of);
  if (of && options.cleanup_empty_children) group->vanish_when_empty(*this);
  if (entered) group->enter();
  group->home().guard("adapter init", [&] { group->adapter().init(); });
  if (of)
    group->each(group->everywhere(), [&](nsp& part, unsigned shard) {
      if (part.shard()->on_thread()) return part.begin();
      part.shard()->post([alive = group->shared_part(shard)] { alive->begin(); });
    });
  std::unique_lock lock(mutex_);
  if (closed_) {
    lock.unlock();
    close_parts(*group);
    return {group, true};
  }
  all_.insert_or_assign(std::string(full_name), group);
  if (!of) return {group, false};
  if (const logger& log = *group->home().shard()->log; log.debugs(debug_name::parent_nsp))
    log.debug(debug_name::parent_nsp, "child is made", {{"nsp", full_name}});
  children_++;
  of->add(group);
  return {group, false};
}

// SV-08, on the first shard.
void namespaces::announce(const std::shared_ptr<nsp_group>& made) {
  if (made->name() == "/") return;
  const auto tell = [made] {
    hub* const first = made->part(0).owner();
    if (!first) return;
    first->new_namespace.call([first](auto&& run) { first->guard("on_new_namespace", run); },
                              made->shared_part(0));
  };
  executor& shard = *made->part(0).shard();
  if (shard.on_thread())
    tell();
  else
    shard.post(tell);
}

// ---- parents

std::shared_ptr<parent> namespaces::add_parent(detail::namespace_check check,
                                               std::function<bool(std::string_view)> pattern) {
  static std::atomic<unsigned> made{0};
  const auto group = std::make_shared<nsp_group>(hubs_, "/_" + std::to_string(made.fetch_add(1)));
  auto reaches_children = std::make_unique<parent_adapter>(adapter_context{group.get()});
  parent_adapter& adapter = *reaches_children;
  group->use(std::move(reaches_children));
  const auto fresh = std::make_shared<parent>(group, std::move(check), std::move(pattern));
  adapter.serve(fresh);
  const std::lock_guard lock(mutex_);
  auto more = parents_ ? std::make_shared<parent_list>(*parents_) : std::make_shared<parent_list>();
  more->push_back(fresh);
  parents_ = std::move(more);
  if (closed_) close_parts(*group);
  return fresh;
}

std::shared_ptr<const namespaces::parent_list> namespaces::parents() const {
  const std::lock_guard lock(mutex_);
  return parents_;
}

// Patterns are code of the application: not under a lock.
std::shared_ptr<parent> namespaces::parent_for(std::string_view full_name) const {
  if (const auto all = parents())
    for (const auto& one : *all)
      if (one->matches(full_name)) return one;
  return nullptr;
}

namespaces::child namespaces::enter_child(std::string_view full_name,
                                          const std::shared_ptr<parent>& of) {
  std::unique_lock making(making_);
  if (auto found = find(full_name); found && found->enter())
    return {entry::allowed, std::move(found)};
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return {entry::closed, nullptr};
    if (children_ >= options.dynamic_max) return {entry::full, nullptr};
  }
  newborn fresh = make(full_name, of, /*entered=*/true);
  making.unlock();
  if (fresh.closed) return {entry::closed, nullptr};
  announce(fresh.group);
  return {entry::allowed, std::move(fresh.group)};
}

void namespaces::remove(nsp_group& vanished) {
  const auto alive = vanished.shared_from_this();
  {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(vanished.name());
    if (found != all_.end() && found->second == alive) all_.erase(found);
    children_--;
  }
  vanished.parent()->remove(vanished);
  // Later in any case: whoever was the last may still have something to tell its listeners.
  vanished.each(vanished.everywhere(), [&](nsp& part, unsigned shard) {
    part.shard()->post([gone = vanished.shared_part(shard)] {
      if (hub* const owner = gone->owner()) owner->forget(*gone);
      gone->close();
    });
  });
}

// ---- the end

std::vector<std::shared_ptr<nsp_group>> namespaces::close_all() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::vector<std::shared_ptr<nsp_group>> list;
  for (const auto& [name, one] : all_) list.push_back(one);
  if (parents_)
    for (const auto& one : *parents_) list.push_back(one->group().shared_from_this());
  return list;
}

void namespaces::when_closed(std::function<void()> done) {
  const auto all = close_all();
  if (all.empty()) return done();
  const auto left = std::make_shared<std::atomic<std::size_t>>(all.size());
  for (const auto& one : all)
    one->when_closed([left, done] {
      if (left->fetch_sub(1) == 1) done();
    });
}

}  // namespace socketio::core
