// An official Socket.IO server (node_server.mjs) as a child process: started in the constructor,
// ended in the destructor, killed and started again on its port when a test wants that.
//
//   node_server server(value::map({{"version", 4}, {"ping_interval", 300}}));
//   client io(server.url());
//   server.command(value::map({{"cmd", "emit"}, {"event", "hello"}}));
//   server.wait_for("disconnect");
//
// Options, commands and observations are described in node_server.mjs and node/commands.mjs. Every
// wait has a deadline; what did not happen by then, or a server that ends by itself, throws
// std::runtime_error, which fails the test. Any thread may call anything but start, stop and kill.
#pragma once

#include "socketio/value.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace socketio::test {

// How bytes are written in commands and observations: {"$binary":"<base64>"}.
value wire_bytes(std::string_view bytes);

class node_server {
 public:
  // Long, because the machine may be busy: only a test that fails waits for it.
  static constexpr std::chrono::seconds patience{30};

  explicit node_server(value options = value::map({}));
  ~node_server();
  node_server(const node_server&) = delete;
  node_server& operator=(const node_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  const std::string& version() const noexcept { return version_; }
  // "http://127.0.0.1:1234/admin": the scheme follows from the options, or is the one given.
  std::string url(std::string_view path = "/", std::string_view scheme = "") const;

  // Sends a command and waits for its answer; throws what the server says when it says no.
  value command(value what);
  // The same by name: command("close").
  value command(const char* name) { return command(value::map({{"cmd", name}})); }

  // The next observation of that kind for which `fits` is true, behind the last one that was handed
  // out for this kind.
  value wait_for(const std::string& ev, const std::function<bool(const value&)>& fits = {},
                 std::chrono::milliseconds within = patience);
  // How many of that kind there were so far, whoever waited for them.
  std::size_t count(std::string_view ev) const;

  void kill();   // SIGKILL: what it had to say is lost, its connections are reset
  void stop();   // it exits by itself
  void start();  // after one of them; on the port it had before
  void restart() {
    kill();
    start();
  }
  bool running() const noexcept { return child_ > 0; }

 private:
  void spawn();
  bool wait_until_ready();
  void read_lines(int from);
  void take_line(std::string_view line);
  void reap(bool by_force);

  value options_;
  std::uint16_t port_ = 0;
  std::string version_;
  pid_t child_ = -1;
  int input_ = -1;
  std::thread reader_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<value> observations_, answers_;
  std::vector<std::pair<std::string, std::size_t>> handed_out_;  // per kind: what to look at next
  value ready_;
  bool ended_ = false;
  std::int64_t last_id_ = 0;
};

}  // namespace socketio::test
