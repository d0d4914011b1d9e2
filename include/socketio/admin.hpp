// The official Admin UI (@socket.io/admin-ui 0.5) for this server: who is connected, which rooms
// there are, what is sent; and what an administrator does about it (docs/admin.md; rows AU-01 to
// AU-05).
//
//   socketio::admin::instrument(io, {.auth = socketio::admin::basic_auth{"ann", hash}});
//   socketio::admin::serve_ui(io, "/admin/", "node_modules/@socket.io/admin-ui");
//
// The page is a client of the namespace "/admin". What it hears is left out when it does not keep
// up: it never costs the server more than page_bytes_max.
//
// Threads: call both before listen() and run(). In development mode the data() of sockets is read
// on their shards, every two seconds while a page is there: do not change it on other threads.
#pragma once

#include "socketio/server.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace socketio::admin {

// Everybody may come in. In JavaScript: auth: false.
struct no_auth {};
// Who knows the password of this hash: bcrypt, "$2b$10$..." (or $2a$, $2y$), of a cost up to 16.
// Hashing takes long by design; a thread of its own does it.
struct basic_auth {
  std::string username;
  std::string password;
};

// Development tells of every socket, room and event, which costs a message each; production sends
// sums every two seconds.
enum class mode : std::uint8_t { development, production };

// Who has logged in may come back with the id of the session that he was given, instead of the
// password. Called on any shard and thread, also by several at the same time.
class session_store {
 public:
  virtual ~session_store() = default;
  // `done` is called once, now or later and on any thread.
  virtual void exists(std::string_view id, std::function<void(bool)> done) = 0;
  virtual void save(std::string_view id) = 0;
};

// In memory, for as long as the server lives and `age` allows; of more than `limit` the oldest
// goes. The official one forgets nothing.
class memory_store final : public session_store {
 public:
  explicit memory_store(std::size_t limit = 1'000,
                        std::chrono::milliseconds age = std::chrono::hours(24));
  ~memory_store() override;
  void exists(std::string_view id, std::function<void(bool)> done) override;
  void save(std::string_view id) override;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

struct instrument_options {
  std::string namespace_name = "/admin";
  bool readonly = false;       // pages may look, and their commands are not there
  std::string server_id = {};  // what the page calls this server; empty: the name of the host
  // Has to be said (AU-02).
  std::variant<std::monostate, no_auth, basic_auth> auth = {};
  // Not said: production if the environment variable NODE_ENV is there and not "development"
  // (AU-03), as the other servers of a cluster have it.
  std::optional<admin::mode> mode = std::nullopt;
  std::shared_ptr<session_store> store = nullptr;  // none: a memory_store

  // ---- limits
  // What may wait for one page; beyond it events are left out, and the page is told of all sockets
  // anew when it has caught up. At most half of send_queue_bytes_max counts.
  std::size_t page_bytes_max = 2 * 1024 * 1024;
  // Sockets that a page is told of when it comes, if they fit in half of page_bytes_max. It hears
  // of others when they do something.
  std::size_t sockets_max = 10'000;
  std::size_t event_bytes_max = 16 * 1024;  // of one event's arguments; of more their size is shown
  // Passwords that may wait to be hashed; more are refused with "too many attempts".
  std::size_t logins_waiting_max = 16;
  // Wrong passwords of one address (an IPv6 address counts with its /64) within a minute, behind
  // which it is refused with "too many attempts" until the minute is over; 0: no limit. 10,000
  // addresses are remembered.
  std::size_t failed_logins_max = 10;
};

// Throws std::invalid_argument if the options cannot work, and std::logic_error when it comes too
// late or twice. Before listen() and run().
void instrument(server& io, instrument_options options);

// Serves the page below the path `prefix`, from the package's folder or its ui/dist: files are read
// when they are asked for, and nothing of them is part of this library. Throws
// std::invalid_argument when they are not there. Before run().
void serve_ui(server& io, std::string_view prefix, const std::string& folder);

}  // namespace socketio::admin
