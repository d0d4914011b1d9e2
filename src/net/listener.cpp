// See listener.hpp. Tested by tests/unit/net/http_test.cpp and tls_handshake_test.cpp.
#include "net/listener.hpp"

#include "net/http_connection.hpp"
#include "net/tls_handshake.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace socketio::net {
namespace {

using asio::ip::tcp;

// How many connections are accepted per turn before others get their chance.
constexpr int accepts_per_turn_max = 64;
// When the process has no descriptor left, accepting again at once would only burn the processor.
constexpr milliseconds pause_without_descriptors{100};
// When there are too many handshakes, whoever has said nothing for so long goes for another one.
constexpr milliseconds silence_max{1'000};

struct peer_address {
  std::string text;
  std::uint16_t port = 0;
};

// Empty for what has no such address, a Unix-domain socket.
peer_address readable(const sockaddr_storage& address, socklen_t length) {
  tcp::endpoint peer;
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return {};
  if (length > peer.capacity()) return {};
  std::memcpy(peer.data(), &address, length);
  peer.resize(length);
  boost::asio::ip::address ip = peer.address();
  return {ip.to_string(), peer.port()};
}

void send_without_delay(int descriptor) noexcept {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

class listener::impl : public std::enable_shared_from_this<listener::impl> {
 public:
  class door;
  impl(loop& shard, http_service& service, http_limits limits, peer_limit* peers, tls_source* tls)
      : environment(shard, service, limits, peers, tls) {
    environment.handshakes.on_end = [this] { on_handshake_over(); };
  }

  void accept_from(listening_socket from, bool secure);
  std::uint16_t port() const noexcept;
  void close() noexcept;

  // Is there room for another handshake? Whoever is silent for long enough makes it.
  bool has_room();
  // When that may be so, and it is not so yet.
  time_point room_at() const noexcept {
    return environment.handshakes.quietest().heard + silence_max;
  }
  // Comes in over TLS, which is still to begin.
  void welcome(loose_stream connection, const sockaddr_storage& address, socklen_t length);
  // False: it is still the caller's.
  bool adopt(loose_stream& connection, const sockaddr_storage& address, socklen_t length,
             std::string_view received, bool even_if_full);

  http_environment environment;

 private:
  struct arrival;
  arrival arrive(loose_stream& connection, const sockaddr_storage& address, socklen_t length,
                 bool even_if_full);
  void on_handshake_over();

  std::vector<std::shared_ptr<door>> doors_;
};

// One socket that listens. A wait that is under way holds it and looks whether it is still open.
class listener::impl::door final : public std::enable_shared_from_this<door>, private timer {
 public:
  door(impl& of, listening_socket from, bool secure)
      : of_(&of),
        socket_(std::move(from)),
        waiting_(context_of(of.environment.shard)),
        secure_(secure) {
    // Watched only; it stays ours.
    boost::system::error_code ignored;
    waiting_.assign(socket_.descriptor(), ignored);
  }
  const listen_address& address() const noexcept { return socket_.address(); }
  void watch();
  void on_handshake_over() {
    if (!std::exchange(full_, false)) return;
    cancel();
    watch();
  }
  void close() noexcept {
    of_ = nullptr;
    cancel();
    if (waiting_.is_open()) waiting_.release();
    socket_.close();
  }

 private:
  void accept();
  void on_expired(time_point) override {
    full_ = false;
    watch();
  }

  impl* of_;  // nullptr: closed
  listening_socket socket_;
  asio::posix::basic_stream_descriptor<loop::impl::executor_type> waiting_;
  const bool secure_;
  bool full_ = false;  // of handshakes: nobody is accepted before one is over
};

void listener::impl::door::watch() {
  if (!of_) return;
  waiting_.async_wait(asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (!self->of_) return;
                        self->of_->environment.shard.internals().begin_turn();
                        if (!error) self->accept();
                      });
}

void listener::impl::door::accept() {
  // Whoever is accepted may end the listener.
  const auto alive = of_->shared_from_this();
  for (int i = 0; i < accepts_per_turn_max && of_; ++i) {
    full_ = secure_ && !of_->has_room();
    if (full_) return of_->environment.shard.timers().arm(*this, of_->room_at());
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int descriptor = ::accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address),
                                     &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      loose_stream accepted(descriptor);
      if (secure_)
        of_->welcome(std::move(accepted), address, length);
      else
        of_->adopt(accepted, address, length, {}, /*even_if_full=*/false);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      loop& shard = of_->environment.shard;
      return shard.timers().arm(*this, shard.now() + pause_without_descriptors);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    // Whatever else went wrong concerns that one connection, which is gone already (accept(2),
    // "Error handling").
  }
  watch();
}

void listener::impl::accept_from(listening_socket from, bool secure) {
  doors_.push_back(std::make_shared<door>(*this, std::move(from), secure));
  doors_.back()->watch();
}

bool listener::impl::has_room() {
  if (environment.handshakes.size() < environment.tls->handshakes_max) return true;
  if (environment.shard.exact_now() < room_at()) return false;
  environment.handshakes.quietest().who->give_up();
  return true;
}

void listener::impl::on_handshake_over() {
  for (const auto& one : doors_) one->on_handshake_over();
}

void listener::impl::close() noexcept {
  for (const auto& one : std::exchange(doors_, {})) one->close();
}

std::uint16_t listener::impl::port() const noexcept {
  for (const auto& one : doors_)
    if (one->address().path.empty()) return one->address().port;
  return 0;
}

// A connection that may come in, and from where. `peer` is not open when it may not.
struct listener::impl::arrival {
  stream peer;
  peer_address from;
  bool counted;
};

listener::impl::arrival listener::impl::arrive(loose_stream& connection,
                                               const sockaddr_storage& address, socklen_t length,
                                               bool even_if_full) {
  peer_address from = readable(address, length);
  peer_limit* peers = environment.peers;
  if (peers && peers->except && peers->except->trusts(from.text)) peers = nullptr;
  if (peers && !peers->counts.enter(from.text, even_if_full)) {
    ++environment.counters.refused_total;
    return {stream(environment.shard), {}, false};
  }
  send_without_delay(connection.descriptor);
  stream peer(environment.shard, connection);
  if (!peer.is_open()) {
    if (peers) peers->counts.leave(from.text);
  } else {
    ++environment.counters.accepted_total;
  }
  return {std::move(peer), std::move(from), peers != nullptr};
}

void listener::impl::welcome(loose_stream connection, const sockaddr_storage& address,
                             socklen_t length) {
  connection.tls = environment.tls->current()->accept();
  if (!connection.tls) return;
  arrival one = arrive(connection, address, length, /*even_if_full=*/false);
  if (!one.peer.is_open()) return;
  std::make_shared<tls_handshake>(environment, std::move(one.peer), std::move(one.from.text),
                                  one.from.port, one.counted)
      ->start();
}

bool listener::impl::adopt(loose_stream& connection, const sockaddr_storage& address,
                           socklen_t length, std::string_view received, bool even_if_full) {
  arrival one = arrive(connection, address, length, even_if_full);
  if (!one.peer.is_open()) return false;
  std::make_shared<http_connection>(environment, std::move(one.peer), std::move(one.from.text),
                                    one.from.port, one.counted)
      ->start(received);
  return true;
}

listener::listener(loop& shard, http_service& service, http_limits limits, peer_limit* peers,
                   tls_source* tls)
    : impl_(std::make_shared<impl>(shard, service, limits, peers, tls)) {}

listener::~listener() {
  impl_->close();
  impl_->environment.open.cut_all();
}

std::error_code listener::listen(const std::string& host, std::uint16_t port) {
  std::vector<listening_socket> opened;
  const auto error =
      open_listening_sockets(listen_address::of(host, port), 1, std::nullopt, opened);
  if (!error) accept_from(std::move(opened.front()), impl_->environment.tls != nullptr);
  return error;
}

void listener::accept_from(listening_socket from, bool secure) {
  impl_->accept_from(std::move(from), secure);
}
std::uint16_t listener::port() const noexcept { return impl_->port(); }
void listener::stop_accepting() { impl_->close(); }
bool listener::adopt(loose_stream& connection, std::string_view received) {
  const int descriptor = connection.descriptor;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return false;
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0) return false;
  return impl_->adopt(connection, address, length, received, /*even_if_full=*/true);
}
void listener::close_idle_connections() { impl_->environment.open.cut_idle(); }
void listener::close_connections() { impl_->environment.open.cut_all(); }

const http_counters& listener::counters() const noexcept { return impl_->environment.counters; }
std::size_t listener::connections() const noexcept { return impl_->environment.open.size(); }

}  // namespace socketio::net
