// One TCP connection while it speaks HTTP/1.1 (RFC 9112): reads requests, hands each to the service
// with its head read and its body not yet, and writes the answers in the order of the requests.
//
// Requests behind an unanswered one are read ahead, up to a limit; then bytes are kept, up to a
// limit; then the connection stops reading and TCP slows the peer down. As long as it reads, it
// notices that the peer went away: a pending long poll is told at once.
//
// Answers are collected and written at the end of the turn. Every state has a deadline, except that
// of a service which has not answered yet: how long a poll may hang is the session's business.
//
// Tested by tests/unit/net/http_test.cpp.
#pragma once

#include "net/handshakes_under_way.hpp"
#include "net/http.hpp"
#include "net/http_exchange.hpp"
#include "net/http_parser.hpp"
#include "net/http_response.hpp"
#include "net/listener.hpp"
#include "net/output_queue.hpp"
#include "net/registry.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::net {

class websocket_connection;

// What the connections of a listener share. It outlives them: it cuts them when it dies.
struct http_environment {
  http_environment(loop& on, http_service& to, http_limits within, peer_limit* counted,
                   tls_source* secured)
      : shard(on), service(to), limits(within), peers(counted), tls(secured) {}

  loop& shard;
  http_service& service;
  http_limits limits;
  peer_limit* peers;  // nullptr: nobody counts
  tls_source* tls;    // nullptr: nobody comes over TLS
  handshakes_under_way handshakes;
  http_counters counters;
  http_date date;
  registry open;  // last, so that cutting finds the rest alive
};

class http_connection final : public flushable,
                              public tracked,
                              private timer,
                              public std::enable_shared_from_this<http_connection> {
 public:
  // `counted`: by the environment's peer_limit, which is told when this ends.
  http_connection(http_environment& environment, stream peer, std::string address,
                  std::uint16_t port, bool counted);

  // `received`: what somebody else has read from the connection already.
  void start(std::string_view received = {});
  loop& shard() noexcept { return shard_; }

  // For the poller and the loop.
  void on_readable() override;
  void on_writable() override;
  void flush() override;

  // For the exchanges.
  void read_body(http_exchange& asking, std::size_t bytes_max);
  void respond(http_exchange& answered, http_response response);
  void abort(http_exchange& asking);
  void drop(http_exchange& unanswered);
  std::shared_ptr<websocket> accept_websocket(http_exchange& asking,
                                              const websocket_limits& limits);

 private:
  // One request in the order of arrival.
  struct slot {
    http_exchange* exchange = nullptr;  // until answered
    bool keep_alive = true;
    bool answered = false;
    bool owes_continue = false;  // "100 Continue" is due when the slot is the first
    std::string head;            // the answer
    std::string body;
    std::size_t bytes() const noexcept { return head.size() + body.size(); }
  };
  enum class input : std::uint8_t {
    head,       // of the next request
    held,       // a head was handed up, its body waits for read_body()
    body,       // is being read for reader_, or for nobody
    upgrading,  // a handshake was handed up; what follows belongs to its answer
    moving,     // the connection goes to another shard when the answers before are written
    finished,   // nothing that arrives matters any more
  };
  enum class awaiting : std::uint8_t { nothing, request, head, body, writing, linger };
  enum class stage : std::uint8_t { open, lingering, closed };

  bool takes_input() const noexcept;
  std::size_t read_room() const noexcept;
  void take(std::string_view bytes);
  std::size_t process(std::string_view bytes);
  void keep(std::string_view rest);
  void on_head();
  bool move_elsewhere(const http_request& request);
  void move_if_due();
  void on_body();
  void on_failed();
  void on_end_of_input();
  void resume();
  void watch();

  slot* find(const http_exchange& exchange) noexcept;
  void answer(slot& which, http_response response, const http_headers& extra, bool head_only);
  bool is_body_small() const noexcept;
  void refuse(unsigned status, std::string_view text);
  void refuse_reader(unsigned status, std::string_view text);
  void advance();
  void abandon(std::vector<slot> slots);
  bool write();

  awaiting waits_for() const noexcept;
  milliseconds timeout_of(awaiting what) const noexcept;
  time_point limit_of(awaiting what) const noexcept;
  void arm_timer();
  void on_expired(time_point due) override;
  void finish_output();
  void leave_environment();
  void end();
  void cut() override;
  bool idle() const noexcept override;

  loop& shard_;
  http_environment* environment_;  // valid while not closed
  stream stream_;
  std::string remote_address_;
  std::uint16_t remote_port_;

  stage stage_ = stage::open;
  input input_ = input::head;
  awaiting armed_for_ = awaiting::nothing;
  bool reading_ = false;     // a wait for readability is pending
  bool blocked_ = false;     // a wait for writability is pending
  bool processing_ = false;  // the input is being parsed further up the stack
  const bool counted_;
  bool first_request_ = true;
  bool peer_finished_ = false;  // the peer closed its sending side
  bool closing_ = false;        // close when the output is written
  bool linger_ = false;         // the peer may still be sending when we close
  bool progress_ = false;       // since the timer was armed
  time_point request_limit_{};  // for the request that is being read
  time_point writing_limit_{};  // for the next of the output, and
  std::size_t taken_ = 0;       // how much of it the peer took since that was set

  std::string staged_;                              // bytes that could not be used yet
  std::unique_ptr<http_service::handover> moving_;  // while input_ says so, with
  std::string moving_head_;
  std::unique_ptr<http_parser> parser_;
  http_exchange* reader_ = nullptr;  // whose body is held or being read
  std::vector<slot> slots_;
  output_queue output_;
  std::size_t answered_bytes_ = 0;  // of slots, behind one that is not answered yet
  std::shared_ptr<websocket_connection> upgraded_;
};

}  // namespace socketio::net
