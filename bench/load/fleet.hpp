// Connections that a scenario opens before it begins and keeps open to its end.

#pragma once

#include "connection.hpp"
#include "settings.hpp"

#include <deque>

namespace load {

class fleet : public listener {
 public:
  fleet(event_loop& loop, const settings& settings) : loop_(loop), settings_(settings) {}

  // Opens more of them, at most 64 handshakes at a time, and returns when all `count` are ready.
  void open_to(std::uint32_t count);
  void open_all() { open_to(settings_.connections); }

  void on_ready(connection& from) override;
  void on_left(connection& from) override;

 protected:
  event_loop& loop_;
  const settings& settings_;
  std::deque<connection> connections_;  // a deque, because connections stay where they are

 private:
  std::uint32_t ready_ = 0;
};

// The id of an acknowledgement packet ("3<id>[<payload>]"); ends the process if it is not one or
// does not carry `payload`.
std::uint32_t expect_ack(std::string_view packet, std::string_view payload);

}  // namespace load
