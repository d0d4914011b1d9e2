// Whom the kernel watches for a reactor. See reactor.hpp.
//
// libcurl closes descriptors before it says that it does not want them any more, and the next one
// may have the same number: so the kernel is told what is wanted, whatever it knows.
#include "dial/reactor_inside.hpp"

#include <cerrno>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace socketio::dial {

// Level triggered, the kernel tells the end of a peer also to who wants nothing: he is taken out.
void reactor::inside::tell_kernel(int descriptor, watched_one& about) {
  epoll_event wanted{};
  wanted.events = (about.read ? EPOLLIN | EPOLLRDHUP : 0u) | (about.write ? EPOLLOUT : 0u);
  wanted.data.u64 = std::uint64_t{about.generation} << 32 | static_cast<std::uint32_t>(descriptor);
  if (!about.read && !about.write) {
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, descriptor, &wanted);
    about.known = false;
    return;
  }
  int operation = about.known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  int outcome = ::epoll_ctl(epoll.get(), operation, descriptor, &wanted);
  if (outcome != 0 && (errno == ENOENT || errno == EEXIST)) {
    operation = errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    outcome = ::epoll_ctl(epoll.get(), operation, descriptor, &wanted);
  }
  if (outcome != 0) throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  about.known = true;
}

void reactor::watch(int descriptor, watcher& who, bool read, bool write) {
  auto& all = inside_->watched;
  if (++inside_->generations == 0) ++inside_->generations;  // 0 is the bell
  const auto place = all.insert_or_assign(
      descriptor, inside::watched_one{&who, inside_->generations, read, write, false});
  try {
    inside_->tell_kernel(descriptor, place.first->second);
  } catch (...) {
    all.erase(place.first);
    throw;
  }
}

void reactor::change(int descriptor, bool read, bool write) {
  const auto found = inside_->watched.find(descriptor);
  if (found == inside_->watched.end()) return;
  auto& about = found->second;
  if (about.read == read && about.write == write && about.known == (read || write)) return;
  about.read = read;
  about.write = write;
  inside_->tell_kernel(descriptor, about);
}

// A descriptor that libcurl has closed without a word may be another thread's already. The kernel
// knows that this is not the one we mean (ENOENT); the thread sanitizer, which sees epoll_ctl() but
// not this, would take it for a race.
void reactor::unwatch(int descriptor) noexcept {
  if (inside_->watched.erase(descriptor) == 0) return;
  epoll_event ignored{};
  ::syscall(SYS_epoll_ctl, inside_->epoll.get(), EPOLL_CTL_DEL, descriptor, &ignored);
}

std::size_t reactor::watched() const noexcept { return inside_->watched.size(); }

}  // namespace socketio::dial
