// See permessage_deflate.hpp.
#include "wire/permessage_deflate.hpp"

#include "wire/frame_variants.hpp"

#include <cassert>
#include <utility>

namespace socketio::wire {
namespace {

constexpr int smallest_window = 9;
// What the buffers of a shard may keep from one message to the next.
constexpr std::size_t kept_bytes_max = 256 * 1024;

void tidy(std::string& buffer) {
  if (buffer.capacity() > kept_bytes_max) std::string().swap(buffer);
}

}  // namespace

// ---- what is shared

deflate_workspace::~deflate_workspace() { assert(contexts_.empty()); }

std::string_view deflate_workspace::deflate_alone(std::string_view message, int window_bits) {
  auto& stream = alone_[window_bits - smallest_window];
  if (!stream)
    stream = std::make_unique<deflater>(deflate_format::raw, options_.level, options_.mem_level,
                                        window_bits);
  tidy(deflated_);
  deflated_.clear();
  used_ = true;
  stream->add_message(message, deflated_);
  stream->forget();
  ++counters_.deflated;
  counters_.deflated_from_bytes += message.size();
  counters_.deflated_to_bytes += deflated_.size();
  return deflated_;
}

inflater& deflate_workspace::shared_inflater() {
  if (!inflater_) inflater_ = std::make_unique<inflater>(15);
  return *inflater_;
}

bool deflate_workspace::release_unused(time_point before) {
  while (!contexts_.empty() && contexts_.front().used_at <= before) {
    contexts_.front().of->deflater_.reset();
    contexts_.pop_front();
  }
  if (std::exchange(used_, false)) return true;
  for (auto& one : alone_) one.reset();
  inflater_.reset();
  std::string().swap(deflated_);
  std::string().swap(inflated_);
  return !contexts_.empty();
}

// ---- what one connection keeps

permessage_deflate::permessage_deflate(std::shared_ptr<deflate_workspace> shared,
                                       const deflate_parameters& agreed, ws_side side)
    : workspace_(std::move(shared)), agreed_(agreed), side_(side) {}

permessage_deflate::~permessage_deflate() {
  if (deflater_) workspace_->contexts_.erase(place_);
}

inflater::outcome permessage_deflate::inflate(std::string_view compressed, std::size_t bytes_max,
                                              std::string_view& plain) {
  std::string& out = workspace_->inflated_;
  tidy(out);
  workspace_->used_ = true;
  const bool alone = their_messages_alone();
  if (!alone && !inflater_) inflater_ = std::make_unique<inflater>(their_window_bits());
  inflater& stream = alone ? workspace_->shared_inflater() : *inflater_;
  const auto result = stream.message(compressed, bytes_max, out);
  if (alone) stream.forget();
  plain = out;
  if (result != inflater::outcome::complete) return result;
  deflate_counters& counters = workspace_->counters_;
  ++counters.received;
  counters.received_bytes += compressed.size();
  counters.received_plain_bytes += plain.size();
  return result;
}

frame permessage_deflate::deflate(const frame& message, time_point now) {
  const std::string_view plain = message.packet();
  if (!message.may_be_compressed() || plain.size() < workspace_->options_.threshold) return message;
  if (our_window_bits() < smallest_window) return message;
  frame out = our_messages_alone() ? deflated_variant(message, our_window_bits(), *workspace_)
                                   : deflate_in_context(message, now);
  if (!out.is_deflated()) return out;
  deflate_counters& counters = workspace_->counters_;
  ++counters.sent;
  counters.sent_plain_bytes += plain.size();
  counters.sent_bytes += out.packet().size();
  return out;
}

// Also when it is no smaller than before: what was compressed has entered the context, so that the
// peer must see it.
frame permessage_deflate::deflate_in_context(const frame& message, time_point now) {
  deflate_workspace& shared = *workspace_;
  auto& contexts = shared.contexts_;
  if (deflater_) {
    place_->used_at = now;
    contexts.splice(contexts.end(), contexts, place_);
  } else {
    deflater_ = std::make_unique<deflater>(deflate_format::raw, shared.options_.level,
                                           shared.options_.mem_level, our_window_bits());
    place_ = contexts.insert(contexts.end(), {this, now});
  }
  shared.used_ = true;
  tidy(shared.deflated_);
  shared.deflated_.clear();
  deflater_->add_message(message.packet(), shared.deflated_);
  ++shared.counters_.deflated;
  shared.counters_.deflated_from_bytes += message.packet().size();
  shared.counters_.deflated_to_bytes += shared.deflated_.size();
  return frame::deflated(shared.deflated_, message);
}

void permessage_deflate::forget_sent() noexcept {
  if (deflater_) deflater_->forget();
}

}  // namespace socketio::wire
