#include "core/hub.hpp"

#include "core/nsp_group.hpp"
#include "core/parsing.hpp"
#include "core/socket.hpp"

namespace socketio::core {

hub::hub(std::shared_ptr<executor> shard, random_source& random, const hub_options& options,
         namespaces& all, unsigned index)
    : wall_clock([] { return std::chrono::system_clock::time_point(); }),
      shard_(std::move(shard)),
      options_(options),
      reader_(options.json_depth_max),
      ids_(random, index),
      all_(all),
      index_(index) {
  shard_->running.describe_event = &socket::describe_event;
  all_.add(*this);
}

hub::~hub() { close(); }

std::shared_ptr<nsp> hub::of(std::string_view name) {
  const std::string full = name.starts_with('/') ? std::string(name) : "/" + std::string(name);
  bool made = false;
  const auto group = all_.of(full, made);
  if (made) announce(group);
  return group->shared_part(index_);
}

void hub::encode_by_parser(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                           std::string_view payload,
                           std::span<const std::span<const std::byte>> attachments,
                           wire::frame_class kind, std::vector<wire::frame>& group,
                           wire::compression how) {
  const std::size_t before = group.size();
  bool encoded = false;
  const auto encode = [&] {
    encode_by(*options_.parser, type, nsp, id, payload, attachments, kind, group, how);
    encoded = true;
  };
  guard("parser", encode, nsp);
  if (!encoded) group.resize(before);
}

// Each adapter on its shard, and then on the first one those who listen for namespaces.
void hub::announce(const std::shared_ptr<nsp_group>& made) {
  made->each(made->everywhere(), [&made](nsp& part, unsigned shard) {
    const auto begin = [alive = made->shared_part(shard)] {
      if (alive->owner()) alive->adapter().init();
    };
    if (part.shard()->on_thread())
      begin();
    else
      part.shard()->post(begin);
  });
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

// Namespaces are few and looked up for every client: each is asked for once.
nsp* hub::find(std::string_view name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second.get();
  const auto group = all_.find(name);
  if (!group || closed_) return nullptr;
  return known_.emplace(std::string(name), group->shared_part(index_)).first->second.get();
}

void hub::close() {
  if (std::exchange(closed_, true)) return;
  for (const auto& one : all_.close_all()) one->part(index_).close();
  known_.clear();
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
