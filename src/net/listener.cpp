// See listener.hpp. Tested by tests/unit/net/http_test.cpp and tls_handshake_test.cpp.
#include "net/listener.hpp"

#include "net/http_connection.hpp"
#include "net/tls_handshake.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

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
constexpr int backlog = 4096;

std::error_code to_std(const boost::system::error_code& error) noexcept {
  return {error.value(), std::generic_category()};
}

// No names are looked up: that takes its time, and what a name stands for may change.
asio::ip::address address_of(const std::string& host, boost::system::error_code& error) {
  return asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
}

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

using acceptor = asio::basic_socket_acceptor<tcp, loop::impl::executor_type>;

// Binds and listens.
boost::system::error_code open(acceptor& acceptor_, const tcp::endpoint& endpoint, bool shared) {
  boost::system::error_code error;
  const auto step = [&error](auto&& call) {
    if (!error) call();
  };
  step([&] { acceptor_.open(endpoint.protocol(), error); });
  step([&] { acceptor_.set_option(asio::socket_base::reuse_address(true), error); });
  step([&] {
    // "::" takes IPv4 as well, as it does in Node.
    if (endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
  });
  step([&] {
    const int on = 1;
    const int descriptor = acceptor_.native_handle();
    if (shared && ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      error.assign(errno, boost::system::system_category());
    }
  });
  step([&] { acceptor_.bind(endpoint, error); });
  step([&] { acceptor_.listen(backlog, error); });
  step([&] { acceptor_.native_non_blocking(true, error); });
  return error;
}

}  // namespace

class listener::impl : public std::enable_shared_from_this<listener::impl>, private timer {
 public:
  impl(loop& shard, http_service& service, http_limits limits, tls_source* tls)
      : environment(shard, service, limits, tls), acceptor_(context_of(shard)) {
    environment.handshakes.on_over = [this] {
      if (std::exchange(full_, false)) watch();
    };
  }

  std::error_code listen(const std::string& host, std::uint16_t port, sharing with);
  std::uint16_t port() const noexcept {
    boost::system::error_code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }
  void close() noexcept {
    cancel();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  bool adopt(loose_stream& connection, const sockaddr_storage& address, socklen_t length,
             std::string_view received);

  http_environment environment;

 private:
  void welcome(loose_stream connection, const sockaddr_storage& address, socklen_t length);
  bool is_full() const noexcept {
    return environment.tls && environment.handshakes.under_way >= environment.tls->handshakes_max;
  }
  void watch();
  void accept();
  void on_expired(time_point) override { watch(); }

  asio::basic_socket_acceptor<tcp, loop::impl::executor_type> acceptor_;
  tcp protocol_ = tcp::v4();
  bool full_ = false;  // of handshakes: nobody is accepted before one is over
};

std::error_code listener::impl::listen(const std::string& host, std::uint16_t port, sharing with) {
  boost::system::error_code error;
  const auto address = address_of(host, error);
  if (error) return std::make_error_code(std::errc::invalid_argument);
  const tcp::endpoint endpoint(address, port);
  protocol_ = endpoint.protocol();
  if (with == sharing::first && port != 0) {
    acceptor alone(acceptor_.get_executor());
    error = open(alone, endpoint, false);
  }
  if (!error) error = open(acceptor_, endpoint, with != sharing::nobody);
  if (error) {
    close();
    return to_std(error);
  }
  watch();
  return {};
}

void listener::impl::watch() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_wait(asio::socket_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         self->environment.shard.internals().begin_turn();
                         if (!error) self->accept();
                       });
}

void listener::impl::accept() {
  for (int i = 0; i < accepts_per_turn_max && acceptor_.is_open(); ++i) {
    full_ = is_full();
    if (full_) return;
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int descriptor =
        ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&address), &length,
                  SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      welcome(loose_stream(descriptor), address, length);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return environment.shard.timers().arm(*this,
                                            environment.shard.now() + pause_without_descriptors);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    // Whatever else went wrong concerns that one connection, which is gone already (accept(2),
    // "Error handling").
  }
  watch();
}

void listener::impl::welcome(loose_stream connection, const sockaddr_storage& address,
                             socklen_t length) {
  if (!environment.tls) {
    adopt(connection, address, length, {});
    return;
  }
  connection.tls = environment.tls->current()->accept();
  if (!connection.tls) return;
  send_without_delay(connection.descriptor);
  stream peer(environment.shard, connection);
  if (!peer.is_open()) return;
  ++environment.counters.accepted_total;
  peer_address from = readable(address, length);
  std::make_shared<tls_handshake>(environment, std::move(peer), std::move(from.text), from.port)
      ->start();
}

bool listener::impl::adopt(loose_stream& connection, const sockaddr_storage& address,
                           socklen_t length, std::string_view received) {
  send_without_delay(connection.descriptor);
  stream peer(environment.shard, connection);
  if (!peer.is_open()) return false;
  ++environment.counters.accepted_total;
  peer_address from = readable(address, length);
  std::make_shared<http_connection>(environment, std::move(peer), std::move(from.text), from.port)
      ->start(received);
  return true;
}

bool is_bindable(const std::string& host) {
  boost::system::error_code error;
  address_of(host, error);
  return !error;
}

listener::listener(loop& shard, http_service& service, http_limits limits, tls_source* tls)
    : impl_(std::make_shared<impl>(shard, service, limits, tls)) {}

listener::~listener() {
  impl_->close();
  impl_->environment.open.cut_all();
}

std::error_code listener::listen(const std::string& host, std::uint16_t port, sharing with) {
  return impl_->listen(host, port, with);
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
  return impl_->adopt(connection, address, length, received);
}
void listener::close_idle_connections() { impl_->environment.open.cut_idle(); }
void listener::close_connections() { impl_->environment.open.cut_all(); }

const http_counters& listener::counters() const noexcept { return impl_->environment.counters; }
std::size_t listener::connections() const noexcept { return impl_->environment.open.size(); }

}  // namespace socketio::net
