// The Socket.IO client: one socket and the connection that belongs to it. What `io(url, options)`
// is in JavaScript:
//
//   socketio::client socket("https://chat.example", {.auth = value::map({{"token", token}})});
//   socket.on_connect([&] { socket.emit("hello", "world"); });
//   socket.on("message", [](std::string from, std::string text) { ... });
//
// The path of the URL is the namespace. Several namespaces over one connection: `manager`.
// Works with servers of Socket.IO 3 and 4. Callbacks run on a thread of its own unless options say
// otherwise; destroying it is said at `manager`.
//
// Cheap to include: no third-party library reaches the user.
#pragma once

#include "socketio/client_socket.hpp"
#include "socketio/manager.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace socketio {

class client : public client_socket {
 public:
  // As the constructor of `manager`.
  explicit client(std::string_view url, client_options options = {});

  manager& io() noexcept { return manager_; }
  const manager& io() const noexcept { return manager_; }
  // See manager::stop().
  bool stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0)) {
    return manager_.stop(drain);
  }

 private:
  client(std::string_view url, client_options options, std::string nsp);

  manager manager_;
};

}  // namespace socketio
