// A vector of frames with room for one inside: what a connection has queued is nearly always one
// frame, and a block of its own for that would be a cache line and an allocation more for each.
// Frames are one pointer each, so they may be moved as bytes.
//
// Tested by tests/unit/engine/frame_list_test.cpp.
#pragma once

#include "wire/frame.hpp"

#include <cassert>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace socketio::engine {

class frame_list {
 public:
  frame_list() noexcept {}
  frame_list(const frame_list&) = delete;
  frame_list& operator=(const frame_list&) = delete;
  ~frame_list() {
    clear();
    shrink();
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  wire::frame* data() noexcept { return capacity_ == 1 ? &inside_ : outside_; }
  const wire::frame* data() const noexcept { return capacity_ == 1 ? &inside_ : outside_; }
  wire::frame& operator[](std::size_t at) noexcept { return data()[at]; }
  const wire::frame& operator[](std::size_t at) const noexcept { return data()[at]; }
  wire::frame* begin() noexcept { return data(); }
  wire::frame* end() noexcept { return data() + size_; }

  void push_back(const wire::frame& added) {
    if (size_ == capacity_) grow();
    new (data() + size_) wire::frame(added);
    ++size_;
  }
  // Lets the frames from `first` on go; the room remains.
  void truncate(std::size_t first) noexcept {
    std::destroy(begin() + first, end());
    size_ = static_cast<std::uint32_t>(first);
  }
  void clear() noexcept { truncate(0); }
  // Gives the room back. There must be no frame.
  void shrink() noexcept {
    assert(empty());
    if (capacity_ == 1) return;
    ::operator delete(outside_);
    capacity_ = 1;
  }
  void swap(frame_list& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow() {
    const std::uint32_t room = capacity_ * 2;
    auto* const larger = static_cast<wire::frame*>(::operator new(room * sizeof(wire::frame)));
    std::memcpy(static_cast<void*>(larger), data(), size_ * sizeof(wire::frame));
    if (capacity_ > 1) ::operator delete(outside_);
    outside_ = larger;
    capacity_ = room;
  }

  union {
    wire::frame inside_;    // when the capacity is one
    wire::frame* outside_;  // otherwise
    void* bytes_ = nullptr;
  };
  static_assert(sizeof(wire::frame) == sizeof(void*));
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 1;
};

}  // namespace socketio::engine
