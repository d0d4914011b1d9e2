// The floor: the least a server can do to answer bench/load, written straight on epoll.
//
// It knows the load's requests by heart: the handshake has one answer, an event is found by
// comparing bytes, an acknowledgement copies the payload without looking at it, and nothing is
// checked that the load does not get wrong. What it costs is the kernel and one WebSocket layer,
// which no server can avoid; the distance to it is what a real server adds.
//
// The four rules that make it the floor: one receive buffer; all complete frames that have come
// are handled before anything is written; one gather write per connection and turn; a broadcast
// is encoded once. Everything sent in one turn lies in one arena, and a connection has a chain of
// slices of it, so that an idle connection owns no memory but itself.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <unordered_map>
#include <vector>

namespace floor_server {

struct connection;

// Members in no order; each knows its place, so that leaving costs nothing.
using members = std::vector<connection*>;

struct connection {
  int fd = -1;
  bool upgraded = false;
  bool closing = false;
  bool blocked = false;     // waits for EPOLLOUT to send its backlog
  std::uint32_t place = 0;  // in the list of all
  std::uint32_t place_in_room = 0;
  members* room = nullptr;
  std::uint32_t first_slice = 0;  // of what this turn sends; 0 is none
  std::uint32_t last_slice = 0;
  std::string rest;     // an incomplete frame
  std::string backlog;  // what the kernel did not take
};

class server {
 public:
  server();
  std::uint16_t port() const { return port_; }
  void run();  // until standard input ends

 private:
  struct slice {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t next = 0;
  };

  void accept_all();
  void on_events(connection& from, std::uint32_t events);
  void drop(connection& gone);

  std::size_t on_request(connection& from, std::string_view bytes);
  std::size_t on_frames(connection& from, char* data, std::size_t size);
  void on_packet(connection& from, std::string_view packet);
  void on_event(connection& from, std::string_view id, std::string_view arguments);
  void join(connection& from, std::string_view name);

  slice begin_frame(std::size_t payload_bytes, unsigned char first_byte = 0x81);
  void send(connection& to, slice what);
  void reply(connection& to, std::initializer_list<std::string_view> parts);
  void send_message(const members& to, std::string_view payload);
  void flush_all();
  void flush(connection& to);

  int epoll_ = -1;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t sids_ = 0;
  members all_;
  std::unordered_map<std::string, members> rooms_;
  std::array<epoll_event, 1024> events_{};

  std::string arena_;
  std::vector<slice> slices_;
  members dirty_;
  std::vector<std::unique_ptr<connection>> dropped_;  // freed when the turn is over
};

}  // namespace floor_server
