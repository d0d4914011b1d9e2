#include "tools/runner.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace socketio::tools {

runner::runner() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

runner::~runner() { ::close(signals_); }

runner::end runner::run_until(const std::function<bool()>& done,
                              std::optional<std::chrono::milliseconds> within) {
  using clock = std::chrono::steady_clock;
  std::optional<clock::time_point> deadline;
  if (within) deadline = clock::now() + *within;
  while (true) {
    loop_.poll();
    if (done()) return end::done;
    if (asked_) return end::asked;
    auto next = loop_.deadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
    if (deadline && clock::now() >= *deadline) return end::late;
    const auto wait =
        next ? std::chrono::ceil<std::chrono::milliseconds>(*next - clock::now()).count() : -1;
    pollfd both[] = {{loop_.native_handle(), POLLIN, 0}, {signals_, POLLIN, 0}};
    const auto longest = std::min<std::int64_t>(wait, 60'000);
    ::poll(both, 2, next ? static_cast<int>(std::max<std::int64_t>(longest, 0)) : -1);
    signalfd_siginfo seen;
    if (both[1].revents & POLLIN && ::read(signals_, &seen, sizeof seen) > 0) asked_ = true;
  }
}

}  // namespace socketio::tools
