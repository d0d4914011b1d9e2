// Core without sockets, clock or threads: a shard whose time moves when the test says so,
// connections whose other end is the test, and the hub between them. Handles are those of the
// public API.
//
//   house at_home;
//   auto [peer, who] = at_home.welcome();
//   who.on("add", [](int a, int b) { return a + b; });
//   EXPECT_EQ(peer.asks(R"(21["add",1,2])"), "31[3]");
//
// At its end a house checks that nobody is left in it: no socket, no pending acknowledgement.
#pragma once

#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/link.hpp"
#include "core/nsp_group.hpp"
#include "core/parent.hpp"
#include "socketio/nsp.hpp"
#include "support/counting_random.hpp"
#include "support/virtual_shard.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace socketio::core_testing {

using namespace std::chrono_literals;
using core::hub, core::hub_counters, core::hub_options, core::next_listener_id;

using testing_support::counting_random;
using testing_support::virtual_shard;

class house;

// One connection: the test is the client at its other end.
class connection final : private core::link {
 public:
  connection(house& at, std::string_view target, const http_headers& headers,
             engine::revision spoken = engine::revision::four);
  ~connection() override { hang_up(); }

  // ---- what the client does; a turn of the shard follows
  connection& says(std::string_view packet);
  connection& says_binary(std::string_view bytes);
  void hang_up(reason why = reason::transport_close);
  std::string join(std::string_view nsp = "/",
                   std::string_view auth = "");  // the id of the new socket; "" if refused
  // The next packet that arrived, and whatever arrived since the last look. Binary has the prefix
  // "<binary>".
  std::string next();
  std::vector<std::string> all();
  std::string asks(std::string_view packet) { return says(packet).next(); }

  bool closed() const noexcept { return closed_; }
  const disconnect_reason& closed_with() const noexcept { return why_; }

  bool can_write = true;       // the transport takes volatile packets
  bool closes_at_once = true;  // false: an idle polling client, which has to fetch the close
  engine::send_queue::outcome outcome = engine::send_queue::outcome::queued;
  // What was not read yet is in a queue with this limit; 0: in one without end, that is empty.
  std::size_t queue_bytes_max = 0;
  engine::overflow_policy overflow = engine::overflow_policy::close;
  bool keep_packets = true;  // false: for tests that count allocations
  std::uint64_t packets = 0;
  time_point paused_until;  // reading was

 private:
  engine::send_queue::outcome send(std::span<const wire::frame> group) override;
  bool writable() const noexcept override { return can_write && !closing_; }
  std::size_t queued_bytes() const noexcept override { return queued_; }
  engine::send_queue::outcome queue(std::span<const wire::frame> group);
  std::string_view transport() const noexcept override {
    return closes_at_once ? "websocket" : "polling";
  }
  std::string_view sid() const noexcept override { return "the-session"; }
  void pause_reading(time_point until) override { paused_until = until; }
  engine::revision spoken() const noexcept override { return spoken_; }
  bool close(reason why, cause what, std::string detail) override;

  house& house_;
  engine::revision spoken_;
  std::deque<std::string> arrived_;
  disconnect_reason why_;
  std::size_t queued_ = 0;  // of arrived_, with a limit
  bool closing_ = false, closed_ = false;
  core::client client_;
};

struct guest {
  connection& peer;
  socketio::socket socket;
};

class house {
 public:
  explicit house(hub_options with = {});
  ~house();

  socketio::nsp of(std::string_view name = "/") { return socketio::nsp(hub_->of(name)); }
  // As server::of() for functions and for regular expressions.
  template <class Check>
  parent_nsp parent(Check check, std::function<bool(std::string_view)> pattern = {}) {
    const auto made =
        all_.add_parent(detail::make_namespace_check(std::move(check)), std::move(pattern));
    return parent_nsp(made->group().shared_part(0));
  }
  parent_nsp parent_of_pattern(const std::function<bool(std::string_view)>& pattern) {
    return parent([pattern](std::string_view name) { return pattern(name); }, pattern);
  }
  connection& connect(std::string_view target = "/socket.io/?EIO=4",
                      const http_headers& headers = {});
  connection& connect_older();                // of revision 3: it is in "/" at once
  guest welcome(std::string_view nsp = "/");  // a new connection that has joined
  socketio::socket find(std::string_view id, std::string_view nsp = "/");

  void turn() { shard->run(); }
  void wait(milliseconds time) { shard->advance(time); }
  void close();      // as io.close(): the hub, then every connection
  void burn_down();  // the hub is gone, handles are not
  hub& inside() { return *hub_; }
  core::namespaces& names() { return all_; }
  hub_counters& counters() { return hub_->counters(); }

  std::shared_ptr<virtual_shard> shard = std::make_shared<virtual_shard>();
  std::vector<std::string>
      errors;  // "where: what" of exceptions that were reported; the test takes what it expects

 private:
  hub_options options_;
  counting_random random_;
  core::namespaces all_;
  std::unique_ptr<hub> hub_;
  std::vector<std::unique_ptr<connection>> connections_;
};

// A value as text, for comparisons.
inline std::string text_of(const values& list) { return value(value::array(list)).to_string(); }

}  // namespace socketio::core_testing
