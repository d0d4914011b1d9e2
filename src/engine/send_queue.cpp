// The queue behind every session; see send_queue.hpp for its laws.
// Tested by tests/unit/engine/send_queue_test.cpp.
#include "engine/send_queue.hpp"

#include "base/base64.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace socketio::engine {
namespace {

using wire::frame;
using wire::frame_class;

constexpr std::size_t sweep_from = 32;     // empty places that are not worth a sweep
constexpr std::size_t keep_capacity = 32;  // frames whose room an idle queue may keep

// Attachments follow the first frame of their packet.
bool continues_group(const frame& next) noexcept { return next.attachment(); }

// Everything in a queue is within limits that fit.
std::uint32_t count_of(std::size_t bytes) noexcept { return static_cast<std::uint32_t>(bytes); }

}  // namespace

frame as(binary_form form, const frame& source) {
  if (!source.is_binary() || source.is_deflated() || form == binary_form::plain) return source;
  using wire::compression;
  const auto how = source.may_be_compressed() ? compression::wanted : compression::unwanted;
  if (form == binary_form::typed) {
    return frame::of({"\4", source.packet()}, source.kind(),
                     {.binary = true, .attachment = source.attachment(), .how = how});
  }
  std::string text;
  append_base64(source.packet(), text);
  return frame::of({form == binary_form::base64 ? "b" : "b4", text}, source.kind(),
                   {.binary = false, .attachment = source.attachment(), .how = how});
}

send_queue::outcome send_queue::push(std::span<const frame> frames, const queue_limits& limits) {
  assert(limits.bytes_max <= queue_bytes_max_max);  // 32 bits count what is queued
  if (frames.empty()) return outcome::queued;
  const frame_class kind = frames.front().kind();
  std::size_t size = 0;
  for (const frame& next : frames) size += next.size();

  const std::size_t acks = bytes_of(frame_class::ack);
  const std::size_t counted = acks + bytes_of(frame_class::event);
  const bool fits = size <= limits.bytes_max && counted <= limits.bytes_max - size;
  switch (kind) {
    case frame_class::control:
      if (size > queue_bytes_max_max) return outcome::overflow;
      if (bytes_of(kind) > 0 && bytes_of(kind) + size > control_bytes_max) return outcome::overflow;
      break;
    case frame_class::ack:
      if (fits) break;
      if (limits.policy == overflow_policy::close) return outcome::overflow;
      if (acks + size > limits.bytes_max) return outcome::overflow;
      // Acknowledgements alone are within the limit: events make room, or the queue stays below
      // twice the limit.
      if (limits.policy == overflow_policy::drop_oldest)
        drop_oldest(counted + size - limits.bytes_max);
      break;
    case frame_class::event: {
      if (fits) break;
      if (limits.policy == overflow_policy::close) return outcome::overflow;
      const std::size_t droppable = bytes_of(kind) - begun_bytes();
      if (limits.policy == overflow_policy::drop_newest ||
          counted - droppable + size > limits.bytes_max) {
        ++dropped_groups_;
        dropped_bytes_ += count_of(size);
        return outcome::dropped;
      }
      drop_oldest(counted + size - limits.bytes_max);
      break;
    }
  }
  for (const frame& next : frames) frames_.push_back(next);
  bytes_of(kind) += count_of(size);
  return outcome::queued;
}

// Has a part of the first group left already?
bool send_queue::begun() const noexcept {
  return !empty() && (offset_ != 0 || continues_group(frames_[head_]));
}

// Bytes of events that belong to a group of which a part has left.
std::size_t send_queue::begun_bytes() const noexcept {
  if (!begun() || frames_[head_].kind() != frame_class::event) return 0;
  std::size_t bytes = frames_[head_].size() - offset_;
  for (std::size_t at = head_ + 1; at < frames_.size(); ++at) {
    if (!frames_[at] || !continues_group(frames_[at])) break;
    bytes += frames_[at].size();
  }
  return bytes;
}

// Drops whole groups of events from the front until `needed` bytes are free or nothing droppable is
// left.
void send_queue::drop_oldest(std::size_t needed) {
  std::size_t at = std::max(head_, drop_from_);
  if (at == head_ && begun()) {
    do ++at;
    while (at < frames_.size() && frames_[at] && continues_group(frames_[at]));
  }
  while (needed > 0 && at < frames_.size()) {
    if (!frames_[at] || frames_[at].kind() != frame_class::event) {
      ++at;
      continue;
    }
    std::size_t freed = 0;
    do {
      freed += frames_[at].size();
      frames_[at] = frame();
      ++empty_places_;
      ++at;
    } while (at < frames_.size() && frames_[at] && continues_group(frames_[at]));
    bytes_of(frame_class::event) -= count_of(freed);
    dropped_bytes_ += count_of(freed);
    ++dropped_groups_;
    needed -= std::min(needed, freed);
  }
  drop_from_ = static_cast<std::uint32_t>(at);
  while (head_ < frames_.size() && !frames_[head_]) ++head_;
  sweep();
}

std::size_t send_queue::gather(std::span<iovec> out, bool only_first) const noexcept {
  if (only_first && offset_ == 0) return 0;
  std::size_t pieces = 0;
  std::size_t skip = offset_;
  for (std::size_t at = head_; at < frames_.size() && pieces < out.size(); ++at) {
    if (!frames_[at]) continue;
    const std::string_view bytes = frames_[at].wire().substr(std::exchange(skip, 0));
    out[pieces++] = iovec{const_cast<char*>(bytes.data()), bytes.size()};
    if (only_first) break;
  }
  return pieces;
}

void send_queue::consume(std::size_t bytes) noexcept {
  if (bytes == this->bytes()) {  // all of it
    bytes_ = {};
    offset_ = 0;
    head_ = static_cast<std::uint32_t>(frames_.size());
    return sweep();
  }
  while (bytes > 0) {
    assert(!empty());
    const std::size_t left = frames_[head_].size() - offset_;
    if (bytes < left) {
      bytes_of(frames_[head_].kind()) -= count_of(bytes);
      offset_ += count_of(bytes);
      return;
    }
    bytes -= left;
    pop();
  }
}

std::size_t send_queue::take_payload(std::string& payload, std::size_t bytes_max,
                                     wire::payload_format format, bool* may_be_compressed) {
  assert(!inside_frame());
  std::size_t packets = 0;
  bool wanted = false;
  while (!empty()) {
    const frame& next = frames_[head_];
    const std::size_t separator = payload.empty() ? 0 : 1;
    const std::size_t size = wire::record_bytes(format, next.packet(), next.is_binary());
    if (packets > 0 && payload.size() + separator + size > bytes_max) break;
    wire::append_record(format, next.packet(), next.is_binary(), payload);
    ++packets;
    wanted |= next.may_be_compressed();
    pop();
  }
  if (may_be_compressed) *may_be_compressed = wanted;
  return packets;
}

bool send_queue::has_binary() const noexcept {
  for (std::size_t at = head_; at < frames_.size(); ++at)
    if (frames_[at].is_binary()) return true;
  return false;
}

void send_queue::convert(binary_form form) {
  for (std::size_t at = head_; at < frames_.size(); ++at) {
    if (!frames_[at] || !frames_[at].is_binary()) continue;
    frame converted = as(form, frames_[at]);
    bytes_of(converted.kind()) += count_of(converted.size());
    bytes_of(converted.kind()) -= count_of(frames_[at].size());
    frames_[at] = std::move(converted);
  }
}

// Removes the first frame.
void send_queue::pop() noexcept {
  bytes_of(frames_[head_].kind()) -= count_of(frames_[head_].size()) - std::exchange(offset_, 0);
  frames_[head_] = frame();
  ++empty_places_;
  do ++head_;
  while (head_ < frames_.size() && !frames_[head_]);
  sweep();
}

// Gives the empty places back when nothing is queued or when they are the majority.
void send_queue::sweep() noexcept {
  if (empty()) {
    frames_.clear();
    if (frames_.capacity() > keep_capacity) frames_.shrink();
  } else if (empty_places_ > sweep_from && empty_places_ > frames_.size() / 2) {
    const auto kept =
        std::remove_if(frames_.begin(), frames_.end(), [](const frame& place) { return !place; });
    frames_.truncate(static_cast<std::size_t>(kept - frames_.begin()));
  } else {
    return;
  }
  head_ = empty_places_ = drop_from_ = 0;
}

void send_queue::clear() noexcept {
  frames_.clear();
  frames_.shrink();
  bytes_ = {};
  head_ = empty_places_ = drop_from_ = 0;
  offset_ = 0;
}

void send_queue::drop_unsent() noexcept {
  if (offset_ == 0) return clear();
  frames_.truncate(head_ + 1);
  bytes_ = {};
  bytes_of(frames_[head_].kind()) = count_of(frames_[head_].size()) - offset_;
  empty_places_ = head_;
  drop_from_ = 0;
}

void send_queue::swap(send_queue& other) noexcept {
  frames_.swap(other.frames_);
  std::swap(head_, other.head_);
  std::swap(empty_places_, other.empty_places_);
  std::swap(drop_from_, other.drop_from_);
  std::swap(offset_, other.offset_);
  std::swap(bytes_, other.bytes_);
  std::swap(dropped_groups_, other.dropped_groups_);
  std::swap(dropped_bytes_, other.dropped_bytes_);
}

}  // namespace socketio::engine
