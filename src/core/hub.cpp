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
  if (options.recovery) {
    run_ = run_of(ids_.next());
    recovery_budget_ = std::make_unique<core::recovery_budget>();
    gone_ = std::make_shared<core::gone_sessions>();
  }
  all_.add(*this);
}

hub::~hub() { close(); }

void hub::timing::begin(hub& of) noexcept {
  of_ = &of;
  since_ = of.shard().exact_now();
  of.timed_state_ = of.timed_state_ * 1664525 + 1013904223;
  of.until_timed_ = 1 + (of.timed_state_ >> 25);  // 1 to 128
}

void hub::timing::end() const noexcept {
  of_->counters_.handler_time.observe(of_->shard().exact_now() - since_);
}

std::shared_ptr<nsp> hub::of(std::string_view name) {
  const std::string full = name.starts_with('/') ? std::string(name) : "/" + std::string(name);
  return all_.of(full)->shared_part(index_);
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

void hub::encode_event(std::string_view nsp, std::string_view arguments, std::string_view tail,
                       std::span<const std::span<const std::byte>> attachments,
                       std::vector<wire::frame>& group, wire::compression how) {
  if (!options_.parser) return wire::encode_event(nsp, arguments, tail, attachments, group, how);
  std::string whole(arguments.substr(0, arguments.size() - 1));
  encode_by_parser(packet_type::event, nsp, std::nullopt, whole += tail, attachments,
                   wire::frame_class::event, group, how);
}

// Namespaces are looked up for every client: each is asked for once.
nsp* hub::find(std::string_view name) {
  const auto found = known_.find(name);
  if (found != known_.end() && !found->second->group().vanished()) return found->second.get();
  const auto group = all_.find(name);
  if (!group || closed_) return nullptr;
  return &know(*group);
}

nsp& hub::know(nsp_group& entered) {
  const auto part = entered.shared_part(index_);
  part->begin();
  known_.insert_or_assign(part->name(), part);
  return *part;
}

void hub::forget(const nsp& gone) {
  const auto found = known_.find(gone.name());
  if (found != known_.end() && found->second.get() == &gone) known_.erase(found);
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
