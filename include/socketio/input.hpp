// input: one value of a received packet, read in place. It is what handlers' parameters are decoded
// from: no tree is built. The bytes behind it may be JSON (wire/json) or MessagePack or a value;
// the reader does not care.
//
// Valid only during the call that hands it out. Cheap to copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socketio {

enum class kind : std::uint8_t { null, boolean, integer, number, string, binary, array, object };
std::string_view to_string(kind what) noexcept;

class input;

namespace detail {

// A place in a source: two words whose meaning only the source knows.
struct node {
  std::uint64_t a = 0, b = 0;
};
struct cursor {
  node at, end;
  bool members = false;  // of an object
};

// Where inputs read from. Every call must be given a node of this source.
class input_source {
 public:
  virtual ~input_source() = default;
  virtual kind type(node at) const noexcept = 0;
  // Each returns false when the value is of another kind or does not fit; `out` is then untouched.
  virtual bool get(node at, bool& out) const noexcept = 0;
  virtual bool get(node at, std::int64_t& out)
      const noexcept = 0;  // also of numbers without a fraction, like 3.0
  virtual bool get(node at, std::uint64_t& out) const noexcept = 0;
  virtual bool get(node at, double& out) const noexcept = 0;  // of integers too
  virtual bool get_string(node at, std::string_view& out) const noexcept = 0;
  virtual bool get_binary(node at, std::string_view& out) const noexcept = 0;
  // Array elements or object members in order. `open` is false when `at` is neither; `next` is
  // false at the end. `key` is set for object members.
  virtual bool open(node at, cursor& where) const noexcept = 0;
  virtual bool next(cursor& where, node& element, std::string_view& key) const noexcept = 0;
};

}  // namespace detail

class input {
 public:
  input() = default;  // null
  input(const detail::input_source* source, detail::node at) noexcept : source_(source), at_(at) {}

  kind type() const noexcept { return source_ ? source_->type(at_) : kind::null; }
  template <class T>
  bool get(T& out) const noexcept {
    return source_ && source_->get(at_, out);
  }
  bool get_string(std::string_view& out) const noexcept {
    return source_ && source_->get_string(at_, out);
  }
  bool get_binary(std::string_view& out) const noexcept {
    return source_ && source_->get_binary(at_, out);
  }

  // Walks the elements of an array or the members of an object.
  class walk {
   public:
    explicit walk(const input& of) noexcept : source_(of.source_) {
      open_ = source_ && source_->open(of.at_, where_);
    }
    // The next element; false at the end, and at once when the value is neither array nor object.
    bool next(input& element) noexcept {
      std::string_view ignored;
      return next(ignored, element);
    }
    bool next(std::string_view& key, input& element) noexcept {
      detail::node at;
      if (!open_ || !source_->next(where_, at, key)) return false;
      element = input(source_, at);
      return true;
    }

   private:
    const detail::input_source* source_;
    detail::cursor where_{};
    bool open_ = false;
  };

 private:
  const detail::input_source* source_ = nullptr;
  detail::node at_{};
};

}  // namespace socketio
