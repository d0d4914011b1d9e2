// A blocking TCP client that knows just enough HTTP and WebSocket to see what the server sends, and
// enough mischief to send what no client should. Every wait has a deadline, so that a test fails
// instead of hanging. For the tests of net and of the whole server.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace socketio::test {

struct raw_response {
  unsigned status = 0;                         // none came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  explicit operator bool() const { return status != 0; }
  bool has(const std::string& name) const { return headers.count(name) != 0; }
};

struct raw_frame {
  static constexpr unsigned none = 255;
  unsigned opcode = none;
  std::string payload;
  explicit operator bool() const { return opcode != none; }
  // Of a close frame; 0 when it has none.
  unsigned code() const {
    if (payload.size() < 2) return 0;
    return static_cast<unsigned>(static_cast<std::uint8_t>(payload[0])) << 8 |
           static_cast<std::uint8_t>(payload[1]);
  }
  std::string text() const { return payload.size() < 2 ? "" : payload.substr(2); }
};

// A client with a small receive buffer, and an amount that such a client and the send buffer of the
// server cannot hold (net.ipv4.tcp_wmem allows four megabytes).
inline constexpr int slow_reader = 65'536;
inline constexpr std::size_t more_than_the_kernel_takes = 6'000'000;

class raw_client {
 public:
  explicit raw_client(std::uint16_t port, int receive_buffer = 0);
  // Of "unix:/path" or "[::1]:80".
  explicit raw_client(const std::string& address);
  virtual ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(std::string_view bytes) { transmit(bytes); }
  // As many bytes as the kernel takes until it says no for `patience_ms`.
  std::size_t send_until_full(std::string_view bytes, int patience_ms = 200);
  void send_byte_by_byte(std::string_view bytes);
  void finish_sending();  // FIN
  void reset();           // RST
  void close();

  // What they return is false when the connection ended, or nothing came in time.
  raw_response read_response(bool head_only = false);
  raw_frame read_frame();
  std::string read_exactly(std::size_t bytes);
  std::string read_to_end();
  // True when the peer finishes (also by a reset) without sending anything more.
  bool sees_end();
  // True when nothing arrives and nothing ends for a moment.
  bool sees_silence(int for_ms = 50);

  // For a test that reads and writes itself from now on.
  int descriptor() const noexcept { return descriptor_; }
  std::string take_received();

  // GET with the handshake of RFC 6455; the status of the answer.
  unsigned open_websocket(std::string_view path = "/ws", std::string_view more_headers = "");

 protected:
  // How bytes of the test get onto the wire, and back: tls_client puts a cipher in between.
  virtual void transmit(std::string_view bytes);
  virtual std::string received(std::string_view wire) { return std::string(wire); }

 private:
  bool fill(int timeout_ms);
  int descriptor_;
  std::string received_;
  bool ended_ = false;
};

std::string get(std::string_view path, std::string_view more_headers = "");
std::string post(std::string_view path, std::string_view body);

// A frame as a client sends it. `first_byte` is FIN, reserved bits and opcode.
std::string client_frame(unsigned first_byte, std::string_view payload, bool masked = true);
inline std::string text_frame(std::string_view text) { return client_frame(0x81, text); }
inline std::string close_frame(std::string_view payload) { return client_frame(0x88, payload); }

}  // namespace socketio::test
