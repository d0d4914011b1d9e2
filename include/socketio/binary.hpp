// A block of bytes as an argument of an event: what JavaScript sees as Buffer, ArrayBuffer or
// Uint8Array. Value type. As a handler parameter use `binary` (a copy to keep) or `std::span<const
// std::byte>` (valid during the call).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

class binary {
 public:
  binary() = default;
  explicit binary(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}
  explicit binary(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit binary(std::string_view bytes)
      : binary(std::as_bytes(std::span<const char>(bytes.data(), bytes.size()))) {}

  const std::byte* data() const noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  // The same bytes for functions that take characters.
  std::string_view view() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  friend bool operator==(const binary&, const binary&) = default;

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace socketio
