// Encoding of arguments into buffers that the thread keeps. Encoding may nest (a codec that emits),
// therefore a small stack of buffers per thread.
#include "socketio/detail/payload.hpp"

#include "wire/json.hpp"

namespace socketio::detail {

struct payload::buffers {
  std::string text;
  std::vector<std::span<const std::byte>> attachments;
  std::optional<wire::json_output> out;
};

namespace {

constexpr std::size_t kept_buffers_max = 8;
constexpr std::size_t kept_bytes_max = 256 * 1024;  // a larger buffer is not kept

std::vector<std::unique_ptr<payload::buffers>>& idle_buffers() {
  thread_local std::vector<std::unique_ptr<payload::buffers>> idle;
  return idle;
}

}  // namespace

payload::payload() {
  auto& idle = idle_buffers();
  if (idle.empty()) {
    buffers_ = new buffers;
    return;
  }
  buffers_ = idle.back().release();
  idle.pop_back();
  buffers_->text.clear();
  buffers_->attachments.clear();
}

payload::~payload() {
  std::unique_ptr<buffers> done(buffers_);
  auto& idle = idle_buffers();
  if (idle.size() < kept_buffers_max && done->text.capacity() <= kept_bytes_max)
    idle.push_back(std::move(done));
}

void payload::begin(std::size_t elements) {
  buffers_->out.emplace(buffers_->text, buffers_->attachments);
  buffers_->out->begin_array(elements);
}
output& payload::out() noexcept { return *buffers_->out; }
void payload::end() { buffers_->out->end_array(); }
std::string_view payload::text() const noexcept { return buffers_->text; }
std::span<const std::span<const std::byte>> payload::attachments() const noexcept {
  return buffers_->attachments;
}

std::shared_ptr<const kept_event> keep(const payload& what) {
  auto kept = std::make_shared<kept_event>();
  kept->text = what.text();
  for (const auto& bytes : what.attachments()) kept->attachments.emplace_back(bytes);
  return kept;
}

void with_kept(const kept_event& kept, const std::function<void(payload&)>& use) {
  payload again;
  again.restore(kept);
  use(again);
}

void payload::restore(const kept_event& from) {
  buffers_->text = from.text;
  for (const binary& bytes : from.attachments) buffers_->attachments.push_back(bytes.bytes());
}

}  // namespace socketio::detail
