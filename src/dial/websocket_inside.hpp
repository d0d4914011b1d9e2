// The inside of dial::websocket: its life is in websocket.cpp, the opening handshake in
// websocket_handshake.cpp, reading in websocket_input.cpp, writing in websocket_output.cpp.
//
// Whoever is called back may destroy the websocket: every way in holds the inside until it is out.
#pragma once

#include "dial/line.hpp"
#include "dial/random.hpp"
#include "dial/websocket.hpp"
#include "wire/ws_frame.hpp"

#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace socketio::dial {

struct websocket::inside final : line_user, flushable, timer, std::enable_shared_from_this<inside> {
  enum class stage : std::uint8_t {
    connecting,  // libcurl is at it
    shaking,     // the request is under way, or its answer
    open,
    leaving,  // the close frame is under way; what still comes is thrown away until the peer ends
              // it
    over,
  };

  // Those that leave live here, whoever made them.
  struct leaving_ones final : reactor::attachment {
    ~leaving_ones() override;
    std::list<std::shared_ptr<inside>> all;
  };

  inside(reactor& reactor_of_ours, const dial_options& chosen, websocket_request request,
         websocket_sink& told);
  ~inside() override { end(); }

  // ---- life
  void begin();
  void leave();
  void end() noexcept;
  void tell_closed(failure why);
  void lost(const std::string& why);
  void on_line_open() override;
  void on_line_failed(failure why) override;
  void on_line_ready(bool readable, bool writable) override;
  void on_expired(time_point due) override;

  // ---- handshake
  std::string request_text();
  std::size_t take_head(std::string_view bytes);  // how many of them were the head
  std::optional<failure> check_answer(unsigned status, const http_headers& headers);
  std::optional<failure> agree_on_deflate(const http_headers& headers);
  void refuse(failure why);

  // ---- input
  void read();
  void take(std::span<char> bytes, int& messages);
  std::span<char> decode(std::span<char> bytes, int& messages);
  void decode_input(int& messages);
  void keep(std::span<const char> rest, bool for_later);
  void on_event(const wire::ws_event& event);
  void on_peer_close(const wire::ws_event& event);
  void on_violation(const wire::ws_event& event);
  void read_on_later();

  // ---- output
  void flush() override;
  void write();
  void drained();

  reactor& on;
  const dial_options options;
  const websocket_request asked;
  websocket_sink* sink;
  std::function<void()> left;  // told at the end
  line connection;
  stage now = stage::connecting;
  target to;
  std::optional<failure> early;  // what was wrong from the beginning
  std::string key;
  websocket_opened opened;
  std::optional<wire::ws_decoder> decoder;

  std::string input;            // the front of something incomplete, or a backlog
  std::size_t input_begin = 0;  // of a backlog, what was handed out already
  bool backlog = false;         // complete messages wait in the input for the next turn
  bool more_inside = false;     // libcurl may have more, and no descriptor will tell
  std::uint64_t full_turn = 0;  // the turn that could not take more

  mask_source masks;
  std::string output;  // what is offered to the connection; it stays where it is until it is taken
  std::size_t written = 0;
  std::string next;  // what is sent meanwhile
  std::optional<std::string> pong;
  bool blocked = false;
  bool write_failed = false;
  bool tells_drained = false;
  std::list<std::shared_ptr<inside>>::iterator place;  // among those that leave
  bool listed = false;
};

}  // namespace socketio::dial
