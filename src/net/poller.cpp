// See poller.hpp. Tested by tests/unit/net/poller_test.cpp.
#include "net/poller.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace socketio::net {
namespace {

// A connection reads a quarter of a megabyte per turn; a peer with more than two of them unread is
// not waited for.
constexpr std::size_t turns_to_empty_a_socket = 8;
constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t can_read = EPOLLIN | ended;
constexpr std::uint32_t can_write = EPOLLOUT | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t always = EPOLLIN | EPOLLRDHUP | EPOLLET;

int make_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return made;
}

}  // namespace

poller::poller(boost::asio::io_context& context, calls to)
    : context_(context),
      on_ready_(std::move(to.on_ready)),
      begin_turn_(std::move(to.begin_turn)),
      between_(std::move(to.between)),
      epoll_(context, make_epoll()) {
  watch();
}

// Connections may come back here while they are let go.
poller::~poller() {
  for (const auto& some : chunks_) {
    for (std::size_t i = 0; i < chunk; ++i) {
      if (some[i].owner) leaving_.push_back(std::move(some[i].owner));
    }
  }
  while (!leaving_.empty()) leaving_.pop_back();
}

// ---- slots

poller::slot_index poller::add(int descriptor) noexcept {
  if (free_.empty()) {
    const auto first = static_cast<slot_index>(chunks_.size() * chunk);
    chunks_.push_back(std::make_unique<slot[]>(chunk));
    free_.reserve(chunks_.size() * chunk);  // so that remove() cannot fail
    for (slot_index i = chunk; i-- > 0;) free_.push_back(first + i);
  }
  const slot_index which = free_.back();
  epoll_event wanted{};
  wanted.events = always;
  wanted.data.u64 = std::uint64_t{at(which).generation} << 32 | which;
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &wanted) != 0) return none;
  free_.pop_back();
  new_ = true;
  return which;
}

void poller::remove(slot_index which, int descriptor) noexcept {
  epoll_event ignored{};
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, &ignored);
  slot& gone = at(which);
  let_go(gone);
  const auto next = static_cast<std::uint16_t>(gone.generation + 1);
  gone = slot{};
  gone.generation = next;
  free_.push_back(which);
}

void poller::own(slot_index which, poll_target& who, std::shared_ptr<void> owner) noexcept {
  at(which).target = &who;
  at(which).owner = std::move(owner);
}

void poller::disown(slot_index which) noexcept {
  slot& of = at(which);
  let_go(of);
  of.waits_to_read = of.waits_to_write = false;
}

// Whoever asks for this stands in a call of the connection itself.
void poller::let_go(slot& of) noexcept {
  if (!of.owner) return;
  if (leaving_.empty()) {
    boost::asio::post(context_, [this] {
      begin_turn_();
      const auto gone = std::exchange(leaving_, {});
    });
  }
  leaving_.push_back(std::move(of.owner));
  of.target = nullptr;
}

// ---- waits

void poller::wait_readable(slot_index which) {
  slot& of = at(which);
  of.waits_to_read = true;
  if (!of.readable && of.emptied && !of.finished) return;
  if (again_.empty()) {
    boost::asio::post(context_, [this] {
      begin_turn_();
      run_again();
    });
  }
  again_.push_back({which, of.generation});
}

void poller::wait_writable(slot_index which, int descriptor) noexcept {
  slot& of = at(which);
  of.waits_to_write = true;
  if (std::exchange(of.watches_writing, true)) return;
  epoll_event wanted{};
  wanted.events = always | EPOLLOUT;
  wanted.data.u64 = std::uint64_t{of.generation} << 32 | which;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &wanted);
}

// ---- readiness

void poller::watch() {
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;
                      on_ready_();
                      watch();
                    });
}

std::size_t poller::ask() noexcept {
  const int count = ::epoll_wait(epoll_.native_handle(), batch_.data(), events_max, 0);
  batch_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  full_batch_ = count == events_max;
  new_ = false;
  return batch_count_;
}

void poller::tell_batch() {
  for (std::size_t i = 0; i < batch_count_; ++i) {
    const std::uint64_t name = batch_[i].data.u64;
    tell({static_cast<slot_index>(name), static_cast<std::uint16_t>(name >> 32)}, batch_[i].events);
    between_();
  }
}

std::size_t poller::batches_for_all() const noexcept {
  const std::size_t watched = chunks_.size() * chunk - free_.size();
  return watched / events_max + 1;
}

std::size_t poller::batches_max() const noexcept {
  return batches_for_all() + turns_to_empty_a_socket;
}

void poller::run_again() {
  for (const due& whom : std::exchange(again_, {})) {
    if (at(whom.which).generation != whom.generation) continue;
    tell(whom, EPOLLIN);
    between_();
  }
}

void poller::tell(due whom, std::uint32_t events) {
  slot& of = at(whom.which);
  if (of.generation != whom.generation) return;
  if (events & ended) of.finished = true;
  if (events & can_read) {
    if (std::exchange(of.waits_to_read, false)) {
      of.readable = false;
      of.target->on_readable();
      if (of.generation != whom.generation) return;
    } else {
      of.readable = true;
    }
  }
  if (events & can_write && std::exchange(of.waits_to_write, false)) of.target->on_writable();
}

}  // namespace socketio::net
