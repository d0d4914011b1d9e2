// The WebSocket connection behind net/websocket.hpp, from the 101 to the closed descriptor.
//
// Reading: frames are decoded in the shard's receive buffer; only an incomplete frame is copied
// aside, and what is behind the messages that one turn may hand out: nothing more is read until the
// next turns have handed out that. Writing: the frames of the attached queue and, between them, the
// few frames of our own (the 101, pongs, the close frame), once per turn with one gather write.
//
// What an idle connection does not need lives in `extras`, which exist only while something is
// incomplete, blocked or closing. Tested by tests/unit/net/websocket_test.cpp.
#pragma once

#include "net/loop.hpp"
#include "net/registry.hpp"
#include "net/stream.hpp"
#include "net/websocket.hpp"
#include "wire/ws_frame.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace socketio::net {

class websocket_connection final : public websocket,
                                   public flushable,
                                   public tracked,
                                   public std::enable_shared_from_this<websocket_connection> {
 public:
  // `output` is written first: the 101. `extension`: what it has agreed upon, if anything.
  websocket_connection(registry* list, stream peer, const websocket_limits& limits,
                       std::string output, std::unique_ptr<wire::permessage_deflate> extension);
  ~websocket_connection() override;

  // Bytes that arrived behind the handshake; they are read when the turn ends, when the sink has
  // been set.
  void adopt_input(std::string_view bytes);
  loop& shard() noexcept { return stream_.shard(); }

  void set_sink(websocket_sink* sink) override { sink_ = sink; }
  void tell_flushed(bool wanted) override { tells_flushed_ = wanted; }
  wire::permessage_deflate* extension() const noexcept override { return decoder_.extension(); }
  void set_queue(engine::send_queue* queue) override;
  void flush_later() override;
  void write_now() override;
  void send_text(std::string_view text) override;
  void pause_reading(time_point until) override;
  bool reading_paused() const noexcept override { return pace_ == pace::paused; }
  void close(bool after_queue, std::optional<std::uint16_t> code, std::string_view text) override;
  void abort() override;

  // For the poller and the loop.
  void on_readable() override;
  void on_writable() override;
  void flush() override;

 private:
  enum class stage : std::uint8_t {
    open,
    closing,    // our close frame is queued or sent, the peer's is awaited
    answering,  // the peer's close frame is answered; nothing more is read
    failing,    // the peer broke the protocol: what it sends is thrown away
    closed,
  };
  // How what comes is read.
  enum class pace : std::uint8_t {
    free,
    backlog,  // complete frames wait in the input for the next turn, and come first
    paused,   // not at all, see pause_reading()
  };
  struct extras;
  extras& more();
  void drop_extras_if_idle() noexcept;

  void read(int messages);
  std::span<char> decode(std::span<char> bytes, int& messages);
  void decode_input(int& messages);
  void take_backlog();
  void keep_rest(std::span<const char> rest, int messages);
  void begin_backlog();
  void keep_incomplete(std::span<const char> rest);
  void on_event(const wire::ws_event& event);
  void on_peer_close(const wire::ws_event& event);
  void on_violation(const wire::ws_event& event);
  void on_slow_control();
  void lost(int error);
  void resume_reading();
  void watch();

  void detach_queue();
  void take_over_queue();
  void start_closing(stage next);
  bool write();
  bool write_single();
  void wait_until_writable();
  void prepare_pong();
  bool has_output() const noexcept;
  std::size_t gather(std::span<iovec> out) const noexcept;
  void consume(std::size_t bytes) noexcept;
  void after_output();

  void tell_closed(reason why, cause what, std::string detail);
  void end();
  void cut() override;

  websocket_sink* sink_ = nullptr;
  engine::send_queue* queue_ = nullptr;
  std::unique_ptr<extras> extras_;
  wire::ws_decoder decoder_;
  stream stream_;
  std::uint32_t close_timeout_ms_;
  stage stage_ = stage::open;
  pace pace_ = pace::free;
  bool reading_ : 1 = false;  // a wait for readability is pending
  bool blocked_ : 1 = false;  // a wait for writability is pending
  bool write_failed_ : 1 = false;
  bool tells_flushed_ : 1 = false;
  // By the poller, from the first wait until end(): then the loop need not keep it to flush it. So
  // nothing here may let the poller disown the stream, or move it away, while stage_ is not closed.
  bool kept_ : 1 = false;
};

}  // namespace socketio::net
