// See shard_compression.hpp.
#include "net/shard_compression.hpp"

#include <utility>

namespace socketio::net {
namespace {

// How often it is looked for what nobody needs any more.
milliseconds period_of(const engine::options& options) {
  const auto& deflate = options.per_message_deflate;
  return deflate ? deflate->release_after : deflate_options{}.release_after;
}

}  // namespace

shard_compression::shard_compression(executor& shard, const engine::options& options)
    : shard_(shard), options_(options) {
  if (options.http_compression) coder_.emplace(*options.http_compression);
  if (options.per_message_deflate)
    workspace_ = std::make_shared<wire::deflate_workspace>(*options.per_message_deflate);
}

shard_compression::~shard_compression() = default;

void shard_compression::encode(http_response& answer, const http_request& to) {
  if (!coder_ || answer.body.size() < options_.http_compression->threshold) return;
  answer.headers.append_to_list("Vary", "Accept-Encoding");
  const auto coding =
      wire::preferred_coding(wire::read_accept_encoding(to.headers["Accept-Encoding"]));
  if (coding == wire::content_coding::identity) return;
  answer.headers.add("Content-Encoding", std::string(wire::to_string(coding)));
  ++http_counters_.answers;
  http_counters_.plain_bytes += answer.body.size();
  answer.body = coder_->encode(coding, answer.body);
  http_counters_.bytes += answer.body.size();
  coded_ = true;
  look_later();
}

std::shared_ptr<wire::deflate_workspace> shard_compression::workspace() {
  if (workspace_) look_later();
  return workspace_;
}

void shard_compression::look_later() {
  if (!armed()) shard_.timers().arm(*this, shard_.exact_now() + period_of(options_));
}

// Looks again as long as there is something to let go, or somebody who may need something.
void shard_compression::on_expired(time_point) {
  bool again = false;
  if (coder_ && !std::exchange(coded_, false))
    coder_->release();
  else
    again = coder_.has_value();
  if (workspace_) {
    const bool left = workspace_->release_unused(shard_.now() - period_of(options_));
    again |= left || workspace_.use_count() > 1;
  }
  if (again) look_later();
}

}  // namespace socketio::net
