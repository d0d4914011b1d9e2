// See house.hpp.
#include "house.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chat {
namespace {

constexpr std::array<const char*, 3> permanent_rooms{"garden", "lobby", "workshop"};

bool is_permanent(const std::string& room) noexcept {
  return std::ranges::find(permanent_rooms, room) != permanent_rooms.end();
}

message to_message(const guest& from, draft what, std::int64_t now_ms) {
  return {std::move(what.id),   from.nickname,        now_ms,
          std::move(what.text), std::move(what.room), std::move(what.to),
          std::move(what.image)};
}

// Keeps the newest pictures that fit; a message whose picture goes keeps its text and the picture's
// measures.
void drop_old_pictures(std::vector<message>& history) {
  std::size_t bytes = 0;
  for (auto each = history.rbegin(); each != history.rend(); ++each) {
    if (!each->image || !each->image->data) continue;
    bytes += each->image->data->size();
    if (bytes > history_image_bytes_max) each->image->data.reset();
  }
}

}  // namespace

house::house() {
  for (const char* name : permanent_rooms) rooms_.try_emplace(name);
}

std::vector<room_summary> house::rooms() const {
  std::vector<room_summary> all;
  for (const auto& [name, room] : rooms_) all.push_back({name, room.members.size()});
  return all;
}

std::vector<std::string> house::online() const {
  std::vector<std::string> nicknames;
  for (const auto& [folded_name, person] : people_) nicknames.push_back(person.nickname);
  std::ranges::sort(nicknames);
  return nicknames;
}

std::vector<std::string> house::members(const std::string& room) const {
  std::vector<std::string> nicknames;
  if (const auto found = rooms_.find(room); found != rooms_.end())
    for (const auto& [nickname, connections] : found->second.members) nicknames.push_back(nickname);
  return nicknames;
}

std::optional<fault> house::join(guest& who, const join_request& request) {
  const std::string_view nickname = trimmed(request.nickname);
  if (!valid_nickname(nickname)) return fault::bad_nickname;
  if (!valid_room(request.room)) return fault::bad_room;
  const auto holder = people_.find(folded(nickname));
  const bool is_new = holder == people_.end();
  if (!is_new && holder->second.key != who.key) return fault::nickname_taken;
  if (is_new && people_.size() >= people_max) return fault::full;
  if (!rooms_.contains(request.room) && rooms_.size() >= rooms_max) return fault::too_many_rooms;

  // In before out: who stays does not go to zero in between, and nobody is told of a change that is
  // none.
  const guest before = who;
  who.nickname = is_new ? std::string(nickname) : holder->second.nickname;
  who.room = request.room;
  enter(who);
  exit(before);
  return std::nullopt;
}

void house::leave(guest& who) {
  exit(who);
  who.nickname.clear();
  who.room.clear();
}

changes house::take_changes() { return std::exchange(changes_, {}); }

std::variant<house::posted, fault> house::post(const guest& who, draft what, std::int64_t now_ms) {
  if (const auto why = fault_of(what)) return *why;
  if (who.room.empty() || what.room != who.room) return fault::not_in_room;
  std::vector<message>& history = rooms_.at(who.room).history;
  const auto known = std::ranges::find(history, what.id, &message::id);
  if (known != history.end()) return posted{*known, true};

  what.to.reset();
  message stored = to_message(who, std::move(what), now_ms);
  history.push_back(stored);
  if (history.size() > limit.history) history.erase(history.begin());
  drop_old_pictures(history);
  return posted{std::move(stored), false};
}

std::variant<message, fault> house::whisper(const guest& who, draft what,
                                            std::int64_t now_ms) const {
  if (const auto why = fault_of(what)) return *why;
  if (who.nickname.empty()) return fault::not_joined;
  const auto receiver = people_.find(folded(what.to.value_or("")));
  if (receiver == people_.end()) return fault::offline;
  what.room.reset();
  what.to = receiver->second.nickname;
  return to_message(who, std::move(what), now_ms);
}

void house::enter(const guest& who) {
  identity& self =
      people_.try_emplace(folded(who.nickname), identity{who.nickname, who.key}).first->second;
  if (self.connections++ == 0) changes_.online = true;
  if (rooms_[who.room].members[who.nickname]++ == 0) changes_.rooms.insert(who.room);
}

void house::exit(const guest& who) {
  if (who.nickname.empty()) return;
  const auto self = people_.find(folded(who.nickname));
  if (--self->second.connections == 0) {
    people_.erase(self);
    changes_.online = true;
  }
  auto& members = rooms_.at(who.room).members;
  if (--members[who.nickname] > 0) return;
  members.erase(who.nickname);
  changes_.rooms.insert(who.room);
  if (members.empty() && !is_permanent(who.room)) rooms_.erase(who.room);
}

}  // namespace chat
