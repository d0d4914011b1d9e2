// See loop.hpp.

#include "loop.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace load {

event_loop::event_loop(std::uint64_t seed)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), random_(seed * 0x9E3779B97F4A7C15u | 1) {
  if (epoll_ < 0) fail("epoll_create1: %s", std::strerror(errno));
  // The default slack of 50 us would delay every timed send by that much.
  prctl(PR_SET_TIMERSLACK, 1UL);
}

event_loop::~event_loop() { close(epoll_); }

void event_loop::watch(int fd, source& target, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll: %s", std::strerror(errno));
}

void event_loop::rewatch(int fd, source& target, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) fail("epoll: %s", std::strerror(errno));
}

void event_loop::forget(source& target) {
  for (int at = 0; at < ready_; ++at) {
    epoll_event& event = events_[static_cast<std::size_t>(at)];
    if (event.data.ptr == &target) event.data.ptr = nullptr;
  }
}

void event_loop::turn(nanoseconds timeout) {
  timeout = std::max<nanoseconds>(timeout, 0);
  const timespec wait{.tv_sec = timeout / second, .tv_nsec = timeout % second};
  ready_ = epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &wait, nullptr);
  if (ready_ < 0 && errno != EINTR) fail("epoll_pwait2: %s", std::strerror(errno));
  for (int at = 0; at < ready_; ++at) {
    const epoll_event& event = events_[static_cast<std::size_t>(at)];
    if (event.data.ptr != nullptr) static_cast<source*>(event.data.ptr)->on_events(event.events);
  }
  ready_ = 0;
}

void event_loop::run_for(nanoseconds duration) {
  const nanoseconds deadline = now() + duration;
  for (nanoseconds left = duration; left > 0; left = deadline - now()) turn(left);
}

std::uint32_t event_loop::next_mask() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return static_cast<std::uint32_t>(random_ * 0x2545F4914F6CDD1Du >> 32);
}

int event_loop::connect_to(std::uint16_t port, std::uint32_t neighbour) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", std::strerror(errno));
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (neighbour != 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + neighbour);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail("bind: %s", std::strerror(errno));
    }
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) fail("connect: %s", std::strerror(errno));
  return fd;
}

}  // namespace load
