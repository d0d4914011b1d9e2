#include "core/recovery_log.hpp"

#include <algorithm>
#include <chrono>

namespace socketio::core {

// ---- for whom

addressee::addressee(const session_id& id, bool in_own_room, std::uint64_t from,
                     std::span<const room_stay> stays)
    : id_(id), in_own_room_(in_own_room), from_(from) {
  by_name_.reserve(stays.size());
  for (const room_stay& one : stays) by_name_.push_back(&one);
  std::ranges::sort(by_name_, {},
                    [](const room_stay* one) -> const std::string& { return one->room; });
}

bool addressee::was_in(std::string_view room, std::uint64_t number) const noexcept {
  if (room == id_.view() && in_own_room_) return true;
  const auto name = [](const room_stay* one) -> std::string_view { return one->room; };
  for (auto at = std::ranges::lower_bound(by_name_, room, {}, name);
       at != by_name_.end() && (*at)->room == room; ++at)
    if ((*at)->joined <= number && number < (*at)->left) return true;
  return false;
}

bool recovery_log::entry::is_for(const addressee& who, std::uint64_t number) const noexcept {
  if (unicast()) return to == who.id();
  if (number < who.from()) return false;
  if (!rest) return true;
  const auto in = [&](const std::string& room) { return who.was_in(room, number); };
  if (std::ranges::any_of(rest->except, in)) return false;
  return rest->rooms.empty() || std::ranges::any_of(rest->rooms, in);
}

// ---- entries

std::size_t recovery_log::entry::frame_bytes() const noexcept {
  std::size_t sum = first.size();
  if (rest)
    for (const wire::frame& one : rest->attachments) sum += one.size();
  return sum;
}

void recovery_log::entry::append_frames(std::vector<wire::frame>& to_group) const {
  to_group.push_back(first);
  if (rest) to_group.insert(to_group.end(), rest->attachments.begin(), rest->attachments.end());
}

// The entry, the head of each frame's block, and about what the strings take.
std::size_t recovery_log::overhead(const entry& of) noexcept {
  constexpr std::size_t head = 24;
  std::size_t sum = sizeof(entry) + head;
  if (of.first.variants()) sum += of.frame_bytes();  // the compressed form of a broadcast
  if (!of.rest) return sum;
  sum += sizeof(more) + of.rest->attachments.size() * (head + sizeof(wire::frame));
  for (const auto* names : {&of.rest->rooms, &of.rest->except})
    for (const std::string& name : *names) sum += sizeof(name) + name.size();
  return sum;
}

// Milliseconds of 32 bits come round after 49 days: an entry lives for less, because age_max does
// and expire() is called in time.
std::uint32_t recovery_log::ms_of(time_point when) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count());
}
time_point recovery_log::made(const entry& of, time_point now) noexcept {
  return now - milliseconds(ms_of(now) - of.made_ms);
}

void recovery_log::append(std::span<const wire::frame> group, const session_id& to, time_point now,
                          const std::optional<offset>& sent_as) {
  entry one{group.front(), nullptr, to, ms_of(now)};
  if (group.size() > 1 || sent_as) {
    auto rest = std::make_unique<more>();
    rest->attachments.assign(group.begin() + 1, group.end());
    rest->sent_as = sent_as;
    one.rest = std::move(rest);
  }
  push(std::move(one), now);
}

void recovery_log::append(std::span<const wire::frame> group, std::span<const std::string> rooms,
                          std::span<const std::string> except, crossing way, time_point now) {
  entry one{group.front(), nullptr, nobody(), ms_of(now)};
  if (group.size() > 1 || !rooms.empty() || !except.empty() || way.number != 0) {
    auto rest = std::make_unique<more>();
    rest->attachments.assign(group.begin() + 1, group.end());
    rest->rooms.assign(rooms.begin(), rooms.end());
    rest->except.assign(except.begin(), except.end());
    rest->way = way;
    one.rest = std::move(rest);
  }
  push(std::move(one), now);
}

void recovery_log::push(entry&& one, time_point now) {
  expire(now);
  bytes_ += one.frame_bytes() + overhead(one);
  if (count_ == ring_.size()) grow();
  ring_[static_cast<std::size_t>(next()) & (ring_.size() - 1)] = std::move(one);
  count_++;
  while (bytes_ > limits_.bytes_max && count_ > 0) drop_first(gap::overflowed, now);
}

void recovery_log::grow() {
  std::vector<entry> larger(std::max<std::size_t>(16, ring_.size() * 2));
  for (std::uint64_t number = first_; number < next(); number++)
    larger[static_cast<std::size_t>(number) & (larger.size() - 1)] =
        std::move(ring_[static_cast<std::size_t>(number) & (ring_.size() - 1)]);
  ring_ = std::move(larger);
}

void recovery_log::drop_first(gap why, time_point now) noexcept {
  entry& gone = ring_[static_cast<std::size_t>(first_) & (ring_.size() - 1)];
  bytes_ -= gone.frame_bytes() + overhead(gone);
  newest_dropped_ = made(gone, now);
  gone = entry();
  first_++;
  count_--;
  if (why == gap::overflowed) overflowed_before_ = first_;
}

void recovery_log::expire(time_point now) {
  while (count_ > 0 && now - made(at(first_), now) > limits_.age_max) drop_first(gap::aged, now);
  if (count_ == 0) ring_ = std::vector<entry>();
}

void recovery_log::give_up_first(time_point now) noexcept { drop_first(gap::overflowed, now); }

// Should somebody ask all the same, it is gone, as if it were too old.
void recovery_log::give_up_all(time_point now) noexcept {
  while (count_ > 0) drop_first(gap::aged, now);
  ring_ = std::vector<entry>();
}

void recovery_log::clear() noexcept {
  first_ = next();
  count_ = bytes_ = 0;
  ring_ = std::vector<entry>();
}

void recovery_log::skip_to(std::uint64_t number) noexcept {
  clear();
  first_ = number;
}

// A millisecond later: an entry goes when it is older than age_max.
std::optional<time_point> recovery_log::next_expiry(time_point now) const noexcept {
  if (count_ == 0) return std::nullopt;
  return made(at(first_), now) + limits_.age_max + milliseconds(1);
}

// What is gone does no harm when it had been received: the newest of it is from before that time.
recovery_log::place recovery_log::since(std::uint64_t from, time_point received) const noexcept {
  if (from >= first_) return {from, gap::none};
  if (newest_dropped_ < received) return {first_, gap::none};
  return {first_, from < overflowed_before_ ? gap::overflowed : gap::aged};
}

}  // namespace socketio::core
