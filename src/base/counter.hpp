// A number that one shard changes and any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace socketio {

// Load and store instead of a locked instruction: there is one writer.
class counter {
 public:
  counter() = default;
  counter(const counter& other) noexcept : value_(other.get()) {}
  counter& operator=(const counter&) = delete;

  void add(std::uint64_t n = 1) noexcept { value_.store(get() + n, std::memory_order_relaxed); }
  void sub(std::uint64_t n = 1) noexcept { value_.store(get() - n, std::memory_order_relaxed); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

  counter& operator++() noexcept { return add(), *this; }
  counter& operator--() noexcept { return sub(), *this; }
  counter& operator+=(std::uint64_t n) noexcept { return add(n), *this; }
  operator std::uint64_t() const noexcept { return get(); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace socketio
