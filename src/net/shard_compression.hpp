// What one shard keeps for compressing: the streams for polling answers and those of the WebSocket
// extension. None exists before it is needed, and what was not needed for a while goes again.
//
// Shard only. Tested by tests/unit/net/compression_test.cpp.
#pragma once

#include "base/counter.hpp"
#include "base/executor.hpp"
#include "base/timer_wheel.hpp"
#include "engine/options.hpp"
#include "socketio/http.hpp"
#include "wire/http_coding.hpp"
#include "wire/permessage_deflate.hpp"

#include <memory>
#include <optional>

namespace socketio::net {

// Written by the shard, read by any thread.
struct http_compression_counters {
  counter answers, plain_bytes, bytes;  // compressed ones, before and after
};

class shard_compression final : private timer {
 public:
  // Both must outlive it; what workspace() gave out may live longer.
  shard_compression(executor& shard, const engine::options& options);
  ~shard_compression() override;

  // Compresses the body of an answer if the options and the client want it (CP-01), and says so in
  // its headers. The packets in the body want it already.
  void encode(http_response& answer, const http_request& to);
  // For a WebSocket that may agree on permessage-deflate; nullptr: none does.
  std::shared_ptr<wire::deflate_workspace> workspace();

  const http_compression_counters& http_counters() const noexcept { return http_counters_; }
  const wire::deflate_counters* deflate_counters() const noexcept {
    return workspace_ ? &workspace_->counters() : nullptr;
  }

 private:
  void look_later();
  void on_expired(time_point) override;

  executor& shard_;
  const engine::options& options_;
  std::optional<wire::http_coder> coder_;
  bool coded_ = false;  // since it was looked last
  http_compression_counters http_counters_;
  std::shared_ptr<wire::deflate_workspace> workspace_;
};

}  // namespace socketio::net
