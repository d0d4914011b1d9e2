// A server made of a script: each connection gets a thread that does what the test says, byte by
// byte. And the loop of the client, turned by the test until something has happened.
#pragma once

#include "dial/reactor.hpp"
#include "support/program.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

namespace socketio::test {

// What a script and the test both look at is ordered by the bytes that go between them. The thread
// sanitizer does not know that of sockets: here it sees it.
void meet();

// Turns the loop until `holds`; false when that takes too long. It looks again after some
// milliseconds, because other threads may have made it true without a word to the loop.
template <class Predicate>
bool turn_until(dial::reactor& loop, Predicate holds,
                milliseconds patience = milliseconds(10'000)) {
  const auto end = clock::now() + patience;
  while (meet(), !holds()) {
    auto until = std::min(end, clock::now() + milliseconds(5));
    if (const auto due = loop.deadline()) until = std::min(until, *due);
    const auto left = std::chrono::ceil<milliseconds>(until - clock::now()).count();
    pollfd asked{loop.descriptor(), POLLIN, 0};
    ::poll(&asked, 1, static_cast<int>(std::max<milliseconds::rep>(left, 0)));
    loop.poll();
    meet();
    if (clock::now() > end) return holds();
  }
  return true;
}

// For a moment, to see that nothing happens.
inline void turn_for(dial::reactor& loop, milliseconds time) {
  turn_until(
      loop, [] { return false; }, time);
}

struct seen_frame {
  unsigned opcode = 255;  // 255: none came
  bool fin = false, rsv1 = false, masked = false;
  std::string payload;
  unsigned code() const;  // of a close frame
};

// One accepted connection, blocking, with a deadline for everything.
class peer {
 public:
  explicit peer(int descriptor);
  virtual ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  // Up to and with `end`; what came when the connection ended before.
  std::string read_until(std::string_view end);
  std::string read_head() { return read_until("\r\n\r\n"); }
  std::string read_exactly(std::size_t bytes);
  seen_frame read_frame();
  bool sees_end();  // nothing more comes
  void send(std::string_view bytes);
  void send_frame(unsigned first_byte, std::string_view payload);  // not masked
  void send_text(std::string_view text) { send_frame(0x81, text); }
  void finish();  // any thread: reading and sending end
  void finish_sending();
  void reset();  // RST
  // What answers the request for a WebSocket. A test that looks at the request must have it before.
  void accept(const std::string& request, std::string_view more_headers = "");
  // Reads the request, accepts it and returns it.
  std::string accept_websocket(std::string_view more_headers = "");
  int descriptor() const noexcept { return descriptor_; }
  std::string take_received() { return std::exchange(received_, {}); }

 protected:
  // tls_peer puts a cipher in between. As recv() and send() return it.
  virtual ssize_t receive_some(char* into, std::size_t bytes);
  virtual ssize_t send_some(const char* from, std::size_t bytes);

 private:
  bool fill();
  int descriptor_;
  std::string received_;
};
// The value of a header in a head; empty when it is not there.
std::string header_of(const std::string& head, std::string_view name);
std::string accept_of(const std::string& request);  // Sec-WebSocket-Accept
std::string response(std::string_view status_line, std::string_view headers, std::string_view body);

class raw_server {
 public:
  using script = std::function<void(peer&)>;
  // What accepted descriptors become.
  using maker = std::function<std::unique_ptr<peer>(int descriptor)>;
  explicit raw_server(script what, const std::string& address = "127.0.0.1");
  raw_server(script what, maker make, const std::string& address = "127.0.0.1");
  ~raw_server();  // ends its connections and waits for its threads

  std::uint16_t port() const noexcept { return port_; }
  std::string url(std::string_view scheme = "http") const;
  int accepted() const noexcept { return accepted_; }
  int ended() const noexcept { return ended_; }  // connections, closed
  void stop();

 private:
  void accept_all();
  void serve(int accepted);
  script what_;
  maker make_;
  std::uint16_t port_ = 0;
  int listening_;
  std::atomic<int> accepted_{0}, ended_{0};
  std::mutex mutex_;
  std::list<std::thread> threads_;
  std::list<peer*> open_;
  std::thread accepts_;
};

}  // namespace socketio::test
