// A TCP stream on the event loop: bytes are read into the loop's one buffer, and only what does
// not make a whole message is kept per stream; what is sent in one turn leaves in one write.

#pragma once

#include "loop.hpp"

#include <string>
#include <string_view>

namespace load {

class stream : public source {
 public:
  explicit stream(event_loop& loop) : loop_(loop) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  virtual ~stream();

  void connect(std::uint16_t port, std::uint32_t neighbour = 0);

  // Ends the stream as a client does that has nothing more to say.
  void close();
  bool is_open() const { return fd_ >= 0; }

  // Writes what `out_` holds. Needed after sends from outside of `on_bytes`.
  void flush();

 protected:
  // Takes whole messages from the front of `bytes` and returns how many bytes they were. Must not
  // close this stream.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;

  // The peer ended or reset the stream. May close it and connect again.
  virtual void on_end() = 0;

  event_loop& loop_;
  std::string out_;

 private:
  void on_events(std::uint32_t events) final;
  bool read_once();

  int fd_ = -1;
  bool wants_write_ = false;
  std::string rest_;
};

}  // namespace load
