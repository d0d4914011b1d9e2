// The events of one namespace on one shard, as they were sent, for those who may have missed them
// (CR-02, CR-12). Numbered from 1 without gaps; the number is what the offset of an event says.
//
// An entry holds the frames that were sent, by reference: an event is encoded once, sent once to
// everybody who is there, and again as it is to whoever comes back. An event for one socket, which
// is what most are, takes an entry of 40 bytes and no other memory than the frame. What is for
// rooms, has attachments or crossed from one shard to another has a second block.
//
// Bounded by bytes and by age. So the log has everything from a number on, or says why not: the
// number of its first entry, and when the newest one that it gave up was made, tell both at once,
// however long nothing has been sent. Shard only.
//
// Tested by tests/unit/core/recovery_log_test.cpp, against a model.
#pragma once

#include "base/clock.hpp"
#include "base/session_id.hpp"
#include "core/offset.hpp"
#include "wire/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::core {

// Where a broadcast comes from that other shards get too: its number among these, in the order in
// which they were made, and the shard that made it.
struct crossing {
  static constexpr unsigned from_outside = std::numeric_limits<unsigned>::max();  // no shard at all
  std::uint64_t number = 0;  // 0: it does not cross
  unsigned from = from_outside;
};

// A socket's time in a room, in numbers of events: what has a number from `joined` up to, but not
// including, `left` found it in there.
struct room_stay {
  static constexpr std::uint64_t open = std::numeric_limits<std::uint64_t>::max();
  std::string room;
  std::uint64_t joined = 0, left = open;
};

// Whom a logged event was for, compared with one socket (CR-14). JS differs: a room counts only for
// the time in which the socket was in it.
class addressee {
 public:
  // Broadcasts are for it from number `from` on.
  addressee(const session_id& id, bool in_own_room, std::uint64_t from,
            std::span<const room_stay> stays);
  bool was_in(std::string_view room, std::uint64_t number) const noexcept;
  const session_id& id() const noexcept { return id_; }
  std::uint64_t from() const noexcept { return from_; }

 private:
  session_id id_;
  bool in_own_room_;
  std::uint64_t from_;
  std::vector<const room_stay*> by_name_;
};

class recovery_log {
 public:
  struct limits {
    std::size_t bytes_max = 0;
    milliseconds age_max{0};
  };
  // What an entry has beyond the frame of a unicast without attachments.
  struct more {
    std::vector<wire::frame> attachments;
    std::vector<std::string> rooms, except;
    crossing way;
    // Of what has moved here: the offset that it was sent with.
    std::optional<offset> sent_as;
  };
  struct entry {
    wire::frame first;
    std::unique_ptr<const more> rest;
    session_id to = nobody();  // of a unicast
    std::uint32_t made_ms = 0;

    bool unicast() const noexcept { return to != nobody(); }
    std::size_t frame_bytes() const noexcept;
    bool is_for(const addressee& who, std::uint64_t number) const noexcept;
    void append_frames(std::vector<wire::frame>& to_group) const;
  };
  // Whether everything from a number on is here.
  enum class gap : std::uint8_t { none, aged, overflowed };
  struct place {
    std::uint64_t from = 0;
    gap missing = gap::none;
  };

  explicit recovery_log(const limits& of) : limits_(of) {}

  // ---- feed
  void append(std::span<const wire::frame> group, const session_id& to, time_point now,
              const std::optional<offset>& sent_as = std::nullopt);
  void append(std::span<const wire::frame> group, std::span<const std::string> rooms,
              std::span<const std::string> except, crossing way, time_point now);
  void expire(time_point now);
  void give_up_first(time_point now) noexcept;  // for want of bytes; when there is one
  void give_up_all(time_point now) noexcept;    // nobody will ask
  void clear() noexcept;
  // As if as many events had come and aged: for tests of what lives long.
  void skip_to(std::uint64_t number) noexcept;

  // ---- ask
  std::uint64_t next() const noexcept { return first_ + count_; }  // the number of what comes next
  std::uint64_t first() const noexcept { return first_; }          // that is still here, or next()
  std::size_t size() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::optional<time_point> next_expiry(time_point now) const noexcept;
  // Where to begin for someone who has everything before `from`, and for certain also everything
  // that was made before `received`.
  place since(std::uint64_t from, time_point received) const noexcept;
  const entry& at(std::uint64_t number) const noexcept {
    return ring_[static_cast<std::size_t>(number) & (ring_.size() - 1)];
  }
  template <class Visit>
  void each(std::uint64_t from, Visit&& visit) const {
    for (std::uint64_t number = std::max(from, first_); number < next(); number++)
      visit(number, at(number));
  }
  // What an entry counts for, beyond its frames.
  static std::size_t overhead(const entry& of) noexcept;

 private:
  static session_id nobody() noexcept { return session_id(); }
  static std::uint32_t ms_of(time_point when) noexcept;
  static time_point made(const entry& of, time_point now) noexcept;
  void push(entry&& one, time_point now);
  void drop_first(gap why, time_point now) noexcept;
  void grow();

  limits limits_;
  std::vector<entry> ring_;  // a power of two of places, a number's is its low bits
  std::uint64_t first_ = 1;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  time_point newest_dropped_ = time_point::min();
  std::uint64_t overflowed_before_ = 0;  // numbers below it were given up for want of bytes
};

}  // namespace socketio::core
