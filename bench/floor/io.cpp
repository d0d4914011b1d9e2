// The descriptors of the floor server: accept, read into the one buffer, one write per turn.

#include "server.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace floor_server {
namespace {

constexpr std::size_t buffer_bytes = 512 * 1024;
char buffer[buffer_bytes];

void watch(int epoll, int fd, void* target, std::uint32_t events, int operation) {
  epoll_event event{.events = events, .data = {.ptr = target}};
  if (epoll_ctl(epoll, operation, fd, &event) != 0) std::perror("epoll_ctl"), std::abort();
}

}  // namespace

server::server()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 4096) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    std::perror("listen"), std::exit(1);
  }
  port_ = ntohs(address.sin_port);
  watch(epoll_, listener_, &listener_, EPOLLIN, EPOLL_CTL_ADD);
  watch(epoll_, STDIN_FILENO, nullptr, EPOLLIN, EPOLL_CTL_ADD);
  slices_.emplace_back();
}

void server::run() {
  for (;;) {
    const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), -1);
    for (int at = 0; at < count; ++at) {
      const epoll_event& event = events_[static_cast<std::size_t>(at)];
      if (event.data.ptr == nullptr) return;
      if (event.data.ptr == &listener_)
        accept_all();
      else
        on_events(*static_cast<connection*>(event.data.ptr), event.events);
    }
    flush_all();
    dropped_.clear();
  }
}

void server::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* const created = new connection;
    created->fd = fd;
    created->place = static_cast<std::uint32_t>(all_.size());
    all_.push_back(created);
    watch(epoll_, fd, created, EPOLLIN, EPOLL_CTL_ADD);
  }
}

void server::on_events(connection& from, std::uint32_t events) {
  if (from.fd < 0) return;
  if (events & EPOLLOUT) {
    from.blocked = false;
    watch(epoll_, from.fd, &from, EPOLLIN, EPOLL_CTL_MOD);
    if (from.first_slice == 0) flush(from);
  }
  if (!(events & ~EPOLLOUT)) return;
  const std::size_t kept = from.rest.size();
  std::memcpy(buffer, from.rest.data(), kept);
  const ssize_t count = recv(from.fd, buffer + kept, buffer_bytes - kept, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return drop(from);
  const std::size_t size = kept + static_cast<std::size_t>(count);
  const std::size_t used =
      from.upgraded ? on_frames(from, buffer, size) : on_request(from, {buffer, size});
  from.rest.assign(buffer + used, size - used);
}

void server::drop(connection& gone) {
  close(gone.fd);
  gone.fd = -1;
  all_[gone.place] = all_.back();
  all_[gone.place]->place = gone.place;
  all_.pop_back();
  if (gone.room != nullptr) {
    (*gone.room)[gone.place_in_room] = gone.room->back();
    (*gone.room)[gone.place_in_room]->place_in_room = gone.place_in_room;
    gone.room->pop_back();
  }
  dropped_.emplace_back(&gone);
}

void server::flush_all() {
  for (connection* const each : dirty_) {
    if (each->fd >= 0) flush(*each);
    each->first_slice = 0;
  }
  dirty_.clear();
  slices_.resize(1);
  arena_.clear();
}

// Sends the backlog and this turn's slices in one write; keeps a copy of what was not taken.
void server::flush(connection& to) {
  if (to.blocked) {
    for (std::uint32_t at = to.first_slice; at != 0; at = slices_[at].next) {
      to.backlog.append(arena_, slices_[at].offset, slices_[at].size);
    }
    return;
  }
  std::array<iovec, 64> parts;
  std::uint32_t at = to.first_slice;
  do {
    std::size_t count = 0;
    if (!to.backlog.empty()) parts[count++] = {to.backlog.data(), to.backlog.size()};
    for (; at != 0 && count < parts.size(); at = slices_[at].next) {
      parts[count++] = {arena_.data() + slices_[at].offset, slices_[at].size};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = count == 1
                             ? ::send(to.fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                             : sendmsg(to.fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return drop(to);
    std::size_t left = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    std::string unsent;
    for (std::size_t part = 0; part < count; ++part) {
      const std::size_t done = std::min(left, parts[part].iov_len);
      left -= done;
      unsent.append(static_cast<char*>(parts[part].iov_base) + done, parts[part].iov_len - done);
    }
    to.backlog.swap(unsent);
  } while (at != 0 && to.backlog.empty());
  if (!to.backlog.empty()) {
    for (; at != 0; at = slices_[at].next) {
      to.backlog.append(arena_, slices_[at].offset, slices_[at].size);
    }
    to.blocked = true;
    watch(epoll_, to.fd, &to, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  } else if (to.closing) {
    shutdown(to.fd, SHUT_WR);
  }
}

}  // namespace floor_server
