// permessage-deflate at work (RFC 7692): what the connections of a shard share, and what one of
// them keeps.
//
// Without context takeover a message is compressed alone, so that one stream of the workspace
// serves everybody in turn, and the compressed form of a broadcast is the same for everybody: it is
// made once and hangs on the frame (wire/frame_variants.hpp). A connection with context takeover
// has a stream of its own, made at the first message. The workspace knows them in the order of
// their last use and lets go of those that rest, which the peer does not notice: the next message
// refers to nothing before it. What reads for a peer that takes over its context cannot be let go,
// because the peer may refer to what it sent an hour ago.
//
// A client has the same with the roles swapped: its messages keep to what was agreed for client_*,
// those that it reads to server_*. Its workspace is that of its thread.
//
// Shard only. Tested by tests/unit/wire/permessage_deflate_test.cpp.
#pragma once

#include "base/clock.hpp"
#include "base/counter.hpp"
#include "socketio/compression.hpp"
#include "wire/deflate.hpp"
#include "wire/deflate_negotiation.hpp"
#include "wire/frame.hpp"
#include "wire/ws_frame.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::wire {

// Written by the shard, read by any thread. "Before" and "after" are what the application sees and
// what travels, without the heads of frames.
struct deflate_counters {
  counter deflated;                            // messages compressed; a broadcast is one
  counter deflated_from_bytes;                 // of these, before
  counter deflated_to_bytes;                   // and after
  counter sent, sent_plain_bytes, sent_bytes;  // compressed messages as often as they were queued
  counter received, received_bytes, received_plain_bytes;  // compressed messages of peers
};

class permessage_deflate;

// What the connections of a shard share.
class deflate_workspace {
 public:
  explicit deflate_workspace(const deflate_options& options) : options_(options) {}
  ~deflate_workspace();
  deflate_workspace(const deflate_workspace&) = delete;
  deflate_workspace& operator=(const deflate_workspace&) = delete;

  const deflate_options& options() const noexcept { return options_; }
  deflate_counters& counters() noexcept { return counters_; }
  const deflate_counters& counters() const noexcept { return counters_; }

  // Compresses a message alone. The view is valid until the next call of anything here.
  std::string_view deflate_alone(std::string_view message, int window_bits);

  // Lets go the streams of connections that were not used since `before`, and what is shared if it
  // was not used since the last call. False when nothing is left.
  bool release_unused(time_point before);
  // How many streams of single connections there are.
  std::size_t contexts() const noexcept { return contexts_.size(); }

 private:
  friend class permessage_deflate;
  struct context {
    permessage_deflate* of;
    time_point used_at;
  };
  inflater& shared_inflater();

  const deflate_options options_;
  deflate_counters counters_;
  std::list<context> contexts_;  // the one that rests longest first
  // One per size of window, at 9 to 15: nearly always the last.
  std::unique_ptr<deflater> alone_[7];
  std::unique_ptr<inflater> inflater_;
  std::string deflated_, inflated_;
  bool used_ = false;  // since the last release_unused()
};

// What one connection keeps of the extension, in both directions.
class permessage_deflate {
 public:
  permessage_deflate(std::shared_ptr<deflate_workspace> shared, const deflate_parameters& agreed,
                     ws_side side = ws_side::server);
  ~permessage_deflate();
  permessage_deflate(const permessage_deflate&) = delete;
  permessage_deflate& operator=(const permessage_deflate&) = delete;

  deflate_workspace& workspace() const noexcept { return *workspace_; }
  const deflate_parameters& agreed() const noexcept { return agreed_; }

  // One whole message of the peer. `plain` is valid until the next one of any connection of the
  // workspace.
  inflater::outcome inflate(std::string_view compressed, std::size_t bytes_max,
                            std::string_view& plain);
  // The frame to send instead: the same one where compressing is not wanted or not worth it (VO-05,
  // Q-05), or with a window that zlib cannot write (256 bytes). Frames must be sent in the order in
  // which they were given to it.
  frame deflate(const frame& message, time_point now);
  // Some of what deflate() returned will not arrive, or may not: the next message refers to nothing
  // before it.
  void forget_sent() noexcept;

 private:
  friend class deflate_workspace;
  frame deflate_in_context(const frame& message, time_point now);
  bool we_are_client() const noexcept { return side_ == ws_side::client; }
  // What was agreed for our messages.
  bool our_messages_alone() const noexcept {
    return we_are_client() ? agreed_.client_no_context_takeover
                           : agreed_.server_no_context_takeover;
  }
  int our_window_bits() const noexcept {
    return we_are_client() ? agreed_.client_window_bits : agreed_.server_window_bits;
  }
  // And for those of the peer.
  bool their_messages_alone() const noexcept {
    return we_are_client() ? agreed_.server_no_context_takeover
                           : agreed_.client_no_context_takeover;
  }
  int their_window_bits() const noexcept {
    return we_are_client() ? agreed_.server_window_bits : agreed_.client_window_bits;
  }

  std::shared_ptr<deflate_workspace> workspace_;
  deflate_parameters agreed_;
  const ws_side side_;                  // ours
  std::unique_ptr<inflater> inflater_;  // of a peer that takes over its context
  std::unique_ptr<deflater> deflater_;  // when we take over ours; with its place in contexts_
  std::list<deflate_workspace::context>::iterator place_;
};

}  // namespace socketio::wire
