// One Socket.IO client on a WebSocket, in the default namespace. It goes through
//   handshaking -> opening -> joining -> ready -> leaving -> closed      (WebSocket from the start)
//   handshaking -> probing -> ready -> leaving -> closed                 (upgrade of a session)
// and ends the process on any answer that does not belong there.

#pragma once

#include "stream.hpp"
#include "wire.hpp"

#include <cstdint>
#include <string_view>

namespace load {

class connection;

// What a scenario hears from its connections.
class listener {
 public:
  virtual ~listener() = default;

  // The namespace is joined, or the probe of an upgrade was answered.
  virtual void on_ready(connection& from) = 0;

  // A Socket.IO packet, without the Engine.IO type: 43… for an acknowledgement arrives as 3….
  virtual void on_packet(connection& from, std::string_view packet) = 0;

  // The server has closed the connection after `leave`.
  virtual void on_left(connection& from) = 0;
};

class connection final : public stream {
 public:
  connection(event_loop& loop, listener& owner, std::uint32_t index)
      : stream(loop), index(index), owner_(owner) {}

  void open(std::uint16_t port);
  void open_upgrade(std::uint16_t port, std::string_view sid);
  void finish_upgrade();  // "5", once the poll has been released

  // A packet in parts, with both type digits. Leaves with the next flush.
  void send(std::initializer_list<std::string_view> parts);
  void send_event_with_ack(std::uint32_t id, std::string_view arguments);

  // The namespace's DISCONNECT and the WebSocket's Close, as `socket.disconnect()` does it.
  void leave();

  const std::uint32_t index;   // its place in the scenario
  std::uint32_t next_id = 0;   // of the next event with acknowledgement
  std::uint32_t next_ack = 0;  // servers answer in order

 private:
  enum class phase : std::uint8_t {
    closed,
    handshaking,
    opening,
    probing,
    joining,
    ready,
    leaving
  };

  std::size_t on_bytes(std::string_view bytes) override;
  void on_end() override;
  std::size_t on_handshake(std::string_view bytes);
  void on_text(std::string_view packet);
  void start(std::uint16_t port, std::string_view sid);

  listener& owner_;
  phase phase_ = phase::closed;
  bool upgrades_ = false;
};

}  // namespace load
