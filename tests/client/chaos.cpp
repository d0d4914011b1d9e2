// See chaos.hpp: the thread that accepts, polls and forwards.
#include "client/chaos.hpp"

#include "client/chaos_connection.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace socketio::test {
namespace {

void must(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int listening() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  must(descriptor >= 0, "socket");
  const sockaddr_in address = loopback(0);
  must(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
       "bind");
  must(::listen(descriptor, 1024) == 0, "listen");
  return descriptor;
}

// On loopback this takes no time, unless the target does not accept and has no room for one more.
// -1: nobody listens.
int connected(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{5, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in address = loopback(port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

}  // namespace

class chaos_proxy::worker {
 public:
  worker(std::uint16_t target, const chaos_options& options)
      : target_(target),
        options_(options),
        listener_(listening()),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    must(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~worker() {
    change([this] { stopped_ = true; });
    thread_.join();
    for (auto& one : connections_) one->cut(true);
  }

  // Everything below the lock; the thread looks again afterwards.
  template <class Function>
  void change(Function what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
  }

  std::uint16_t port_ = 0;
  std::uint16_t target_;
  chaos_options options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<chaos_connection>> connections_;
  chaos_counters counters_;
  std::vector<std::string> decisions_;
  bool stopped_ = false, refusing_ = false, frozen_ = false;

 private:
  void run();
  void accept_all();
  void admit(int client);
  bool decide(const chaos_connection& of, bool to_target, std::uint64_t byte, const decision& what);
  int timeout(chaos_clock::time_point now) const;

  chaos_socket listener_, wake_;
  std::thread thread_;
};

void chaos_proxy::worker::run() {
  std::vector<pollfd> waiting;
  while (true) {
    int wait = -1;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      waiting.assign({{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}});
      // A descriptor without a wish would be reported when it hangs up, again and again.
      const auto add = [&](int descriptor, short events) {
        waiting.push_back({events == 0 ? -1 : descriptor, events, 0});
      };
      for (const auto& one : connections_) {
        add(one->client(), one->client_events(frozen_));
        add(one->target(), one->target_events(frozen_));
      }
      wait = timeout(chaos_clock::now());
    }
    ::poll(waiting.data(), waiting.size(), wait);
    std::uint64_t ignored;
    static_cast<void>(::read(wake_.get(), &ignored, sizeof ignored));
    const std::lock_guard lock(mutex_);
    accept_all();
    if (frozen_) continue;
    for (const auto& one : connections_) one->pump(chaos_clock::now(), counters_);
    std::erase_if(connections_, [](const auto& one) { return one->over(); });
  }
}

int chaos_proxy::worker::timeout(chaos_clock::time_point now) const {
  if (frozen_) return -1;
  int least = -1;
  for (const auto& one : connections_) {
    if (!one->wake_at()) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*one->wake_at() - now).count();
    const int bounded = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
    least = least < 0 ? bounded : std::min(least, bounded);
  }
  return least;
}

void chaos_proxy::worker::accept_all() {
  while (true) {
    const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    admit(client);
  }
}

void chaos_proxy::worker::admit(int client) {
  const std::uint64_t number = ++counters_.connections;
  const bool planned = options_.refuse_percent > 0 && counters_.cuts() < options_.cuts_max &&
                       chaos_plan(options_, number, true).refuses();
  if (refusing_ || planned) {
    ++counters_.refused;
    decisions_.push_back("connection " + std::to_string(number) + ": refused");
    return chaos_socket(client).reset();
  }
  const int target = connected(target_);
  if (target < 0) {
    ++counters_.unreachable;
    return chaos_socket(client).reset();
  }
  connections_.push_back(std::make_unique<chaos_connection>(
      number, client, target, options_,
      [this](const chaos_connection& of, bool to_target, std::uint64_t byte, const decision& what) {
        return decide(of, to_target, byte, what);
      }));
}

bool chaos_proxy::worker::decide(const chaos_connection& of, bool to_target, std::uint64_t byte,
                                 const decision& what) {
  if (what.cuts() && counters_.cuts() >= options_.cuts_max) return false;
  switch (what.what) {
    case harm::delay: ++counters_.delays; break;
    case harm::trickle: ++counters_.trickles; break;
    case harm::hold: ++counters_.holds; break;
    case harm::finish: ++counters_.finished; break;
    case harm::reset: ++counters_.resets; break;
    case harm::truncate: ++counters_.truncated; break;
    case harm::black_hole: ++counters_.black_holes; break;
  }
  decisions_.push_back("connection " + std::to_string(of.number()) +
                       (to_target ? ", to the target, byte " : ", from the target, byte ") +
                       std::to_string(byte) + ": " + to_text(what));
  return true;
}

chaos_proxy::chaos_proxy(std::uint16_t target, chaos_options options)
    : worker_(std::make_unique<worker>(target, options)) {}
chaos_proxy::~chaos_proxy() = default;

std::uint16_t chaos_proxy::port() const noexcept { return worker_->port_; }

void chaos_proxy::calm() {
  worker_->change([this] {
    worker_->options_.every = 0;
    worker_->options_.refuse_percent = 0;
    for (auto& one : worker_->connections_) one->calm();
  });
}

void chaos_proxy::cut_all(bool reset) {
  worker_->change([this, reset] {
    for (auto& one : worker_->connections_) one->cut(reset);
  });
}

void chaos_proxy::refuse(bool all) {
  worker_->change([this, all] { worker_->refusing_ = all; });
}
void chaos_proxy::freeze(bool all) {
  worker_->change([this, all] { worker_->frozen_ = all; });
}

std::size_t chaos_proxy::open_connections() const {
  const std::lock_guard lock(worker_->mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(worker_->connections_, [](const auto& one) { return !one->over(); }));
}

chaos_counters chaos_proxy::counters() const {
  const std::lock_guard lock(worker_->mutex_);
  return worker_->counters_;
}

std::vector<std::string> chaos_proxy::decisions() const {
  const std::lock_guard lock(worker_->mutex_);
  return worker_->decisions_;
}

std::string chaos_proxy::log() const {
  std::string out = "chaos with seed " + std::to_string(worker_->options_.seed) + ":\n";
  for (const std::string& one : decisions()) out += "  " + one + "\n";
  return out;
}

}  // namespace socketio::test
