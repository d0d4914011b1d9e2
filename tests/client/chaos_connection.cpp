// See chaos_connection.hpp.
#include "client/chaos_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace socketio::test {
namespace {

constexpr std::size_t kept_bytes_max = 256 * 1024;

}  // namespace

void chaos_socket::close() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void chaos_socket::reset() noexcept {
  const linger at_once{1, 0};
  if (descriptor_ >= 0) ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void chaos_socket::finish() noexcept {
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_WR);
}

void chaos_socket::be_prompt() noexcept {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

chaos_connection::chaos_connection(std::uint64_t number, int client, int target,
                                   const chaos_options& options, judge decided)
    : number_(number),
      client_(client),
      target_(target),
      decided_(std::move(decided)),
      forth_(client_, target_, chaos_plan(options, number, true), true),
      back_(target_, client_, chaos_plan(options, number, false), false) {
  client_.be_prompt();
  target_.be_prompt();
}

bool chaos_connection::wants_more(const direction& way) const noexcept {
  return !hole_ && !way.ended && way.kept.size() < kept_bytes_max;
}

short chaos_connection::client_events(bool frozen) const noexcept {
  if (frozen || hole_) return 0;
  return static_cast<short>((wants_more(forth_) ? POLLIN : 0) | (back_.blocked ? POLLOUT : 0));
}

short chaos_connection::target_events(bool frozen) const noexcept {
  if (frozen || hole_) return 0;
  return static_cast<short>((wants_more(back_) ? POLLIN : 0) | (forth_.blocked ? POLLOUT : 0));
}

void chaos_connection::wake(chaos_clock::time_point when) noexcept {
  wake_at_ = std::min(wake_at_.value_or(when), when);
}

void chaos_connection::pump(chaos_clock::time_point now, chaos_counters& counters) {
  wake_at_.reset();
  for (direction* way : {&forth_, &back_}) {
    if (over_ || hole_) return;
    read(*way);
    if (over_ || hole_) return;
    write(*way, now, way->to_target ? counters.bytes_to_target : counters.bytes_from_target);
    if (over_ || hole_) return;
    if (way->ended && way->kept.empty() && !std::exchange(way->finished, true)) way->to.finish();
  }
  over_ = forth_.finished && back_.finished && forth_.ended && back_.ended;
}

void chaos_connection::read(direction& way) noexcept {
  char buffer[16'384];
  while (wants_more(way)) {
    const ssize_t count = ::recv(way.from.get(), buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0) return cut(true);  // a reset is passed on
    if (count == 0) way.ended = true;
    if (count > 0 && !way.lost) way.kept.append(buffer, static_cast<std::size_t>(count));
  }
}

// Is there a reason to write nothing now? Also when there is nothing.
bool chaos_connection::waits(direction& way, chaos_clock::time_point now) noexcept {
  if (way.kept.empty()) return true;
  if (now < way.resume_at) {
    wake(way.resume_at);
    return true;
  }
  if (way.hold_bytes == 0) return false;
  if (way.kept.size() < way.hold_bytes && now < way.hold_until && !way.ended) {
    wake(way.hold_until);
    return true;
  }
  way.hold_bytes = 0;
  return false;
}

void chaos_connection::write(direction& way, chaos_clock::time_point now, std::uint64_t& counted) {
  way.blocked = false;
  while (!waits(way, now)) {
    if (way.passed == way.plan.next_at()) {
      suffer(way, now);
      if (over_ || hole_ || way.lost) return;
      continue;
    }
    std::size_t size = static_cast<std::size_t>(
        std::min<std::uint64_t>(way.kept.size(), way.plan.next_at() - way.passed));
    if (way.trickle_left > 0) size = 1;
    const ssize_t count = ::send(way.to.get(), way.kept.data(), size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      way.blocked = true;
      return;
    }
    if (count < 0) return cut(true);
    way.kept.erase(0, static_cast<std::size_t>(count));
    way.passed += static_cast<std::uint64_t>(count);
    counted += static_cast<std::uint64_t>(count);
    // The next byte in the next turn, so that whoever reads has time to see this one alone.
    if (way.trickle_left > 0 && --way.trickle_left > 0) return wake(now);
  }
}

void chaos_connection::suffer(direction& way, chaos_clock::time_point now) {
  const decision what = way.plan.take();
  if (!decided_(*this, way.to_target, way.passed, what)) return;
  switch (what.what) {
    case harm::delay: way.resume_at = now + what.wait; break;
    case harm::trickle: way.trickle_left = what.bytes; break;
    case harm::hold:
      way.hold_bytes = what.bytes;
      way.hold_until = now + what.wait;
      break;
    case harm::finish: cut(false); break;
    case harm::reset: cut(true); break;
    case harm::truncate:
      way.kept.clear();
      way.lost = way.finished = true;
      way.to.finish();
      break;
    case harm::black_hole: hole_ = true; break;
  }
}

void chaos_connection::calm() noexcept {
  for (direction* way : {&forth_, &back_}) {
    way->plan.calm();
    way->resume_at = {};
    way->hold_bytes = way->trickle_left = 0;
  }
}

// With FIN the connection stays until both peers have finished, too: closing while there is
// something to read would send RST.
void chaos_connection::cut(bool reset) noexcept {
  hole_ = false;
  if (reset) {
    client_.reset();
    target_.reset();
    over_ = true;
    return;
  }
  for (direction* way : {&forth_, &back_}) {
    way->kept.clear();
    way->lost = true;
    if (!std::exchange(way->finished, true)) way->to.finish();
  }
}

}  // namespace socketio::test
