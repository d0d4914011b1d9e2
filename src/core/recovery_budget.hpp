// What the namespaces of one shard may keep together for recovery, and who has to give something up
// when there is too much: an account that holds most. An account is that of a namespace that the
// application has named, or of a parent, with all its children: peers can make as many children as
// they like, and still they only push out each other, as long as others hold less than they.
//
// What holds most is known but for a factor of two, for the price of a few instructions per event:
// holders stand in lists by the number of bits of their amount, and change the list only when that
// changes. So whoever holds less than half of what the greatest one has never gives up anything.
//
// Shard only. Tested by tests/unit/core/recovery_budget_test.cpp.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>

namespace socketio::core {

template <class Of>
class by_size {
 public:
  // One holder, at first of nothing. It outlives what it holds.
  class holder {
   public:
    explicit holder(Of& of) : of_(of), out_{this}, in_(out_.begin()) {}
    ~holder() { assert(amount_ == 0); }
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    std::size_t amount() const noexcept { return amount_; }

   private:
    friend by_size;
    Of& of_;
    std::size_t amount_ = 0;
    std::list<holder*> out_;  // where its node is while it holds nothing: no list ever allocates
    typename std::list<holder*>::iterator in_;
  };

  void set(holder& one, std::size_t amount) noexcept {
    const auto before = static_cast<std::size_t>(std::bit_width(one.amount_));
    const auto after = static_cast<std::size_t>(std::bit_width(amount));
    sum_ += amount - one.amount_;  // or less: modulo 2^64
    one.amount_ = amount;
    if (before == after) [[likely]]
      return;
    auto& from = before == 0 ? one.out_ : lists_[before - 1];
    auto& to = after == 0 ? one.out_ : lists_[after - 1];
    to.splice(to.end(), from, one.in_);
    if (before != 0 && from.empty()) used_ &= ~bit(before - 1);
    if (after != 0) used_ |= bit(after - 1);
  }
  std::size_t sum() const noexcept { return sum_; }
  Of& most() const noexcept {  // when there is anything
    return lists_[static_cast<std::size_t>(std::bit_width(used_)) - 1].front()->of_;
  }

 private:
  static constexpr std::uint64_t bit(std::size_t place) noexcept {
    return std::uint64_t{1} << place;
  }
  std::array<std::list<holder*>, std::numeric_limits<std::size_t>::digits> lists_;
  std::uint64_t used_ = 0;  // which of them are not empty
  std::size_t sum_ = 0;
};

class recovery;
struct kept_session;

struct recovery_account {
  std::list<kept_session*> by_age;  // those that wait, who left first comes first
  by_size<recovery_account>::holder sessions{*this}, session_bytes{*this}, log_bytes{*this};
  by_size<recovery> logs;  // of its namespaces
};

struct recovery_budget {
  by_size<recovery_account> sessions, session_bytes, log_bytes;
};

}  // namespace socketio::core
