// A blocking client for the check: it writes what it is told, and notes what comes back in a
// transcript in which session ids, the only thing that differs by right, have names.

#pragma once

#include "loop.hpp"
#include "wire.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace load {

class transcript {
 public:
  // Later lines show `name` wherever `sid` appears. The ids of a session and of its socket have
  // the same name, because some servers make no difference.
  void name_sid(std::string_view sid, std::string_view name);
  void section(std::string_view name) { section_ = name; }
  void note(std::string_view what, std::string_view bytes);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::string section_;
  std::vector<std::pair<std::string, std::string>> names_;
  std::vector<std::string> lines_;
};

class check_client {
 public:
  check_client(std::uint16_t port, transcript& log, std::string name);
  check_client(const check_client&) = delete;
  check_client& operator=(const check_client&) = delete;
  ~check_client();

  void handshake();                    // WebSocket, open packet, CONNECT
  void upgrade(std::string_view sid);  // WebSocket for a session that polls
  void send(std::string_view packet);
  void close_and_expect_end();
  std::string receive();                                             // one packet, noted
  void ask(std::string_view packet);                                 // send and receive
  std::string request(std::string_view sid, std::string_view body);  // HTTP, noted
  void send_request(std::string_view sid);
  std::string receive_response(std::string_view sid);

 private:
  std::string note_response(int status, const std::string& body);
  void write_all(std::string_view bytes);
  bool read_more();  // false at the end of the stream
  std::string receive_frame(wire::opcode wanted);
  void expect_upgrade(std::string_view sid);

  int fd_;
  transcript& log_;
  std::string name_;
  std::string in_;
  event_loop masks_{1};
};

}  // namespace load
