#include "server/admin/pages.hpp"

#include "core/socket.hpp"

#include <utility>

namespace socketio::admin {
namespace {

constexpr milliseconds look_again_after{2'000};

}  // namespace

value::array features_of(const context& of) {
  value::array all;
  if (!of.options.readonly)
    for (const char* name :
         {"EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"})
      all.emplace_back(name);
  all.emplace_back("AGGREGATED_EVENTS");
  if (of.development) all.emplace_back("ALL_EVENTS");
  return all;
}

void pages::add(const std::shared_ptr<core::socket>& who) {
  if (!who->connected()) return;  // a listener before this one did not want it
  page& made = pages_[who.get()];
  made.socket = who;
  socketio::socket(who).emit("config", value::map({{"supportedFeatures", features_of(of_)}}));
  if (of_.development) tell_all_sockets(made);
}

bool pages::admits(core::socket& to, std::span<const wire::frame> group) {
  const auto found = pages_.find(&to);
  if (found == pages_.end()) return true;  // just coming
  page& whose = found->second;
  if (whose.waiting) {
    keep(whose, group);
    return false;
  }
  if (to.queued_bytes() <= of_.page_bytes_max) return true;
  fall_behind(whose);
  return false;
}

void pages::keep(page& of, std::span<const wire::frame> group) {
  std::size_t bytes = 0;
  for (const wire::frame& one : group) bytes += one.size();
  if (of.kept_bytes + bytes > of_.page_bytes_max / 2) return fall_behind(of);
  of.kept_bytes += bytes;
  of.kept.emplace_back(group.begin(), group.end());
}

pages::page* pages::find(const std::weak_ptr<core::socket>& whose) {
  const auto still = whose.lock();
  const auto found = still ? pages_.find(still.get()) : pages_.end();
  return found == pages_.end() ? nullptr : &found->second;
}

void pages::tell_all_sockets(page& to) {
  to.waiting = true;
  gather_([this, whose = std::weak_ptr(to.socket)](value::array all) {
    if (page* const still = find(whose)) on_gathered(*still, std::move(all));
  });
}

void pages::on_gathered(page& to, value::array all) {
  const auto alive = to.socket;
  to.waiting = false;
  to.kept_bytes = 0;
  const auto kept = std::exchange(to.kept, {});
  socketio::socket(alive).emit("all_sockets", value(std::move(all)));
  for (const auto& group : kept) alive->deliver(group, {});
}

// In production mode there is nothing to make up for: the next sums come soon.
void pages::fall_behind(page& which) {
  if (std::exchange(which.behind, true) || !of_.development) return;
  of_.after(shard_, look_again_after,
            [this, whose = std::weak_ptr(which.socket)] { look_again(whose); });
}

void pages::all_fall_behind() {
  for (auto& [socket, one] : pages_) fall_behind(one);
}

void pages::look_again(const std::weak_ptr<core::socket>& whose) {
  page* const still = find(whose);
  if (!still) return;
  if (still->waiting || still->socket->queued_bytes() > of_.page_bytes_max / 2)
    return of_.after(shard_, look_again_after, [this, whose] { look_again(whose); });
  still->behind = false;
  tell_all_sockets(*still);
}

}  // namespace socketio::admin
