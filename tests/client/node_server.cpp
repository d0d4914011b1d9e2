// See node_server.hpp.
#include "client/node_server.hpp"

#include "base/base64.hpp"
#include "wire/json.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace socketio::test {
namespace {

using std::chrono::steady_clock;

void must(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

std::string text_of(const value& object, std::string_view key) {
  const std::string* text = object[key].as_string();
  return text ? *text : std::string();
}

}  // namespace

value wire_bytes(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return value::map({{"$binary", text}});
}

node_server::node_server(value options) : options_(std::move(options)) { start(); }

node_server::~node_server() { stop(); }

std::string node_server::url(std::string_view path, std::string_view scheme) const {
  std::string host = text_of(options_, "host");
  if (host.empty()) host = "127.0.0.1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  if (scheme.empty()) scheme = options_.contains("tls") ? "https" : "http";
  return std::string(scheme) + "://" + host + ":" + std::to_string(port_) + std::string(path);
}

// A port that was ours may be taken for a moment, by a connection that somebody makes or that has
// not ended yet.
void node_server::start() {
  const auto deadline = steady_clock::now() + patience;
  while (true) {
    spawn();
    try {
      if (wait_until_ready()) return;
    } catch (...) {
      reap(true);
      throw;
    }
    reap(true);
    if (steady_clock::now() > deadline) throw std::runtime_error("the node server does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// stdin is a socket and not a pipe, so that writing to a server that is gone raises no signal.
void node_server::spawn() {
  int input[2], output[2];
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) == 0, "socketpair");
  must(pipe2(output, O_CLOEXEC) == 0, "pipe2");
  if (port_ != 0) options_["port"] = std::int64_t{port_};
  {
    const std::lock_guard lock(mutex_);
    ended_ = false;
    ready_ = nullptr;
  }
  std::string node = SOCKETIO_NODE, script = SOCKETIO_SOURCE_DIR "/tests/client/node_server.mjs";
  std::string options = options_.to_string();
  char* const arguments[] = {node.data(), script.data(), options.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  const int error = posix_spawn(&child_, node.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[1]);
  ::close(output[1]);
  if (error != 0) {
    child_ = -1;
    ::close(input[0]);
    ::close(output[0]);
    throw std::system_error(error, std::generic_category(), "cannot start " SOCKETIO_NODE);
  }
  input_ = input[0];
  reader_ = std::thread([this, from = output[0]] { read_lines(from); });
}

// False: it has ended because somebody else has its port.
bool node_server::wait_until_ready() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return !ready_.is_null() || ended_; }))
    throw std::runtime_error("the node server says nothing");
  if (!ready_.is_null()) {
    if (const auto* port = ready_["port"].as_integer()) port_ = static_cast<std::uint16_t>(*port);
    version_ = text_of(ready_, "version");
    return true;
  }
  if (!observations_.empty() && text_of(observations_.back(), "code") == "EADDRINUSE") return false;
  throw std::runtime_error("the node server has ended; what it said is above");
}

void node_server::read_lines(int from) {
  std::string kept;
  char buffer[65'536];
  while (true) {
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    kept.append(buffer, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = kept.find('\n', begin)) != kept.npos; begin = end + 1)
      take_line(std::string_view(kept).substr(begin, end - begin));
    kept.erase(0, begin);
  }
  ::close(from);
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void node_server::take_line(std::string_view line) {
  wire::json_reader reader;
  const auto parsed = reader.parse(line);
  value said = parsed ? value::from(*parsed)
                      : value::map({{"ev", "unreadable"}, {"line", std::string(line)}});
  const std::lock_guard lock(mutex_);
  if (said.contains("ev"))
    observations_.push_back(std::move(said));
  else if (said.contains("id"))
    answers_.push_back(std::move(said));
  else
    ready_ = std::move(said);
  changed_.notify_all();
}

value node_server::command(value what) {
  std::unique_lock lock(mutex_);
  const std::int64_t id = ++last_id_;
  what["id"] = id;
  std::string line = what.to_string() + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t sent = ::send(input_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    must(sent > 0, "the node server has ended");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  const auto answer = [&] {
    return std::ranges::find_if(answers_, [id](const value& one) {
      const std::int64_t* of = one["id"].as_integer();
      return of && *of == id;
    });
  };
  changed_.wait_for(lock, patience, [&] { return answer() != answers_.end() || ended_; });
  const auto found = answer();
  if (found == answers_.end()) throw std::runtime_error("the node server does not answer: " + line);
  value got = std::move(*found);
  answers_.erase(found);
  if (const bool* ok = got["ok"].as_bool(); !ok || !*ok)
    throw std::runtime_error("the node server refuses " + line + text_of(got, "error"));
  return got;
}

value node_server::wait_for(const std::string& ev, const std::function<bool(const value&)>& fits,
                            std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  auto place = std::ranges::find(handed_out_, ev, &std::pair<std::string, std::size_t>::first);
  if (place == handed_out_.end()) place = handed_out_.insert(place, {ev, 0});
  const std::size_t kind = static_cast<std::size_t>(place - handed_out_.begin());
  const value* found = nullptr;
  const bool came = changed_.wait_for(lock, within, [&] {
    std::size_t& next = handed_out_[kind].second;
    while (next < observations_.size()) {
      const value& one = observations_[next++];
      if (text_of(one, "ev") != ev || (fits && !fits(one))) continue;
      found = &one;
      return true;
    }
    return false;
  });
  if (!came) throw std::runtime_error("the node server did not say: " + ev);
  return *found;
}

std::size_t node_server::count(std::string_view ev) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      observations_, [ev](const value& one) { return text_of(one, "ev") == ev; }));
}

void node_server::kill() { reap(true); }
void node_server::stop() { reap(false); }

void node_server::reap(bool by_force) {
  if (child_ <= 0) return;
  if (by_force) ::kill(child_, SIGKILL);
  ::close(input_);
  input_ = -1;
  {
    // The end of its output is the end of the process.
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return ended_; })) ::kill(child_, SIGKILL);
  }
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  reader_.join();
  child_ = -1;
}

}  // namespace socketio::test
