// The texts that wait to be written to a connection, as pieces of a gather write. What is written
// is let go of, also while the peer reads so slowly that something always waits. Tested by
// tests/unit/net/output_queue_test.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <sys/uio.h>
#include <utility>
#include <vector>

namespace socketio::net {

class output_queue {
 public:
  void push(std::string text) {
    if (text.empty()) return;
    bytes_ += text.size();
    texts_.push_back(std::move(text));
  }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t places() const noexcept { return texts_.size(); }  // also of what is written

  // As much as fits into `out`; how much of it.
  std::size_t gather(std::span<iovec> out) const noexcept {
    std::size_t count = 0;
    for (std::size_t i = first_; i < texts_.size() && count < out.size(); ++i) {
      const std::size_t skip = i == first_ ? offset_ : 0;
      out[count++] = {const_cast<char*>(texts_[i].data()) + skip, texts_[i].size() - skip};
    }
    return count;
  }
  void consume(std::size_t bytes) noexcept {
    bytes_ -= bytes;
    while (first_ < texts_.size() && bytes >= texts_[first_].size() - offset_) {
      bytes -= texts_[first_].size() - offset_;
      texts_[first_++] = {};
      offset_ = 0;
    }
    offset_ += bytes;
    if (first_ > written_max && first_ > texts_.size() / 2) forget_written();
    if (bytes_ == 0) forget_written();
  }
  // All of it as one text; nothing waits afterwards.
  std::string take() {
    std::string all;
    for (std::size_t i = first_; i < texts_.size(); ++i)
      all.append(texts_[i], i == first_ ? offset_ : 0);
    *this = {};
    return all;
  }

 private:
  static constexpr std::size_t written_max = 64;

  void forget_written() noexcept {
    texts_.erase(texts_.begin(), texts_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<std::string> texts_;  // [first_, size) waits
  std::size_t first_ = 0;
  std::size_t offset_ = 0;  // into the first of these
  std::size_t bytes_ = 0;
};

}  // namespace socketio::net
