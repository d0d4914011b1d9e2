// See multi.hpp, and https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket".
#include "dial/multi.hpp"

#include "dial/easy.hpp"

#include <cerrno>
#include <curl/curl.h>
#include <new>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace socketio::dial {

struct multi::inside final : timer, std::enable_shared_from_this<inside> {
  // A descriptor of libcurl's, from the first wish for it until there is none any more. Sockets
  // that never got a connection libcurl 7.88 closes without a word (cf_socket_close), and their
  // number may be somebody else's before it takes its wish back.
  struct socket final : watcher {
    socket(inside& owner, int number) : of(owner), descriptor(number) {}
    ~socket() override { leave(); }
    void wish(CURL* of_whom, bool reads, bool writes) {
      whose = of_whom;
      if (watched) {
        of.on.change(descriptor, reads, writes);
      } else {
        of.on.watch(descriptor, *this, reads, writes);
        watched = true;
        of.sockets.insert_or_assign(descriptor, this);
      }
      read = reads;
      write = writes;
    }
    void leave() noexcept {
      if (!std::exchange(watched, false)) return;
      of.sockets.erase(descriptor);
      of.on.unwatch(descriptor);
    }
    void on_ready(bool readable, bool writable) override {
      of.act(descriptor, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
    }
    inside& of;
    const int descriptor;
    CURL* whose = nullptr;
    bool watched = false, read = false, write = false;
  };

  inside(reactor& reactor_of_ours, long connections_kept)
      : on(reactor_of_ours), handle(curl_multi_init()) {
    if (!handle) throw std::bad_alloc();
    curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, connections_kept);
    curl_multi_setopt(handle, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~inside() override { close(); }

  void close() noexcept {
    if (!handle) return;
    curl_multi_cleanup(std::exchange(handle, nullptr));
    cancel();
  }

  static int on_socket(CURL* whose, curl_socket_t descriptor, int wish, void* user,
                       void* assigned) {
    auto& of = *static_cast<inside*>(user);
    auto* known = static_cast<socket*>(assigned);
    if (wish == CURL_POLL_REMOVE) {
      delete known;
      return 0;
    }
    const bool read = wish != CURL_POLL_OUT, write = wish != CURL_POLL_IN;
    try {
      if (known) {
        known->wish(whose, read, write);
      } else {
        auto made = std::make_unique<socket>(of, descriptor);
        made->wish(whose, read, write);
        curl_multi_assign(of.handle, descriptor, made.release());
      }
    } catch (const std::exception&) {  // no memory, or the kernel refuses: the transfer fails
      return -1;
    }
    return 0;
  }

  // Who has the number of one that was closed without a word has its wishes, too: libcurl says
  // nothing when they are the same.
  static curl_socket_t on_open(void* user, curlsocktype, curl_sockaddr* where) {
    auto& of = *static_cast<inside*>(user);
    const int made = ::socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
    of.socket_errno = made < 0 ? errno : 0;
    const auto stale = of.sockets.find(made);
    if (made < 0 || stale == of.sockets.end()) return made < 0 ? CURL_SOCKET_BAD : made;
    socket& one = *stale->second;
    try {
      one.leave();
      one.wish(nullptr, one.read, one.write);  // whose it is, libcurl says when it wants another
    } catch (const std::exception&) {
      ::close(made);
      return CURL_SOCKET_BAD;
    }
    return made;
  }

  static int on_close(void* user, curl_socket_t descriptor) {
    auto& of = *static_cast<inside*>(user);
    if (const auto found = of.sockets.find(descriptor); found != of.sockets.end())
      found->second->leave();
    return ::close(descriptor);
  }

  // Before libcurl closes what it asked for.
  void forget_sockets_of(CURL* whose) noexcept {
    for (auto each = sockets.begin(); each != sockets.end();) {
      socket& one = *(each++)->second;
      if (one.whose == whose) one.leave();
    }
  }

  static int on_timer(CURLM*, long ms, void* user) {
    auto& of = *static_cast<inside*>(user);
    if (ms < 0)
      of.cancel();
    else
      of.on.timers().arm(of, of.on.exact_now() + milliseconds(ms));
    return 0;
  }

  void on_expired(time_point) override { act(CURL_SOCKET_TIMEOUT, 0); }

  // Whoever is told may destroy everything.
  void act(int descriptor, int what) {
    if (!handle) return;
    const auto self = shared_from_this();
    int running = 0, left = 0;
    curl_multi_socket_action(handle, descriptor, what, &running);
    while (handle) {
      const CURLMsg* const message = curl_multi_info_read(handle, &left);
      if (!message) return;
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      char* who = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &who);
      reinterpret_cast<transfer*>(who)->on_transfer_done(static_cast<int>(code));
    }
  }

  reactor& on;
  std::unordered_map<int, socket*> sockets;
  CURLM* handle;
  int socket_errno = 0;
};

multi::multi(reactor& on, long connections_kept)
    : inside_(std::make_shared<inside>(on, connections_kept)) {}
multi::~multi() { inside_->close(); }

void multi::add(easy& what, transfer& who) {
  curl_easy_setopt(what.handle(), CURLOPT_PRIVATE, &who);
  curl_easy_setopt(what.handle(), CURLOPT_OPENSOCKETFUNCTION, &inside::on_open);
  curl_easy_setopt(what.handle(), CURLOPT_OPENSOCKETDATA, inside_.get());
  curl_easy_setopt(what.handle(), CURLOPT_CLOSESOCKETFUNCTION, &inside::on_close);
  curl_easy_setopt(what.handle(), CURLOPT_CLOSESOCKETDATA, inside_.get());
  if (curl_multi_add_handle(inside_->handle, what.handle()) != CURLM_OK) throw std::bad_alloc();
}

int multi::socket_errno() const noexcept { return inside_->socket_errno; }

void multi::remove(easy& what) noexcept {
  inside_->forget_sockets_of(what.handle());
  curl_multi_remove_handle(inside_->handle, what.handle());
}

}  // namespace socketio::dial
