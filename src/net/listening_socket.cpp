// See listening_socket.hpp.
#include "net/listening_socket.hpp"

#include "base/http_text.hpp"
#include "net/ip_address.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace socketio::net {
namespace {

constexpr int backlog = 4096;
constexpr std::string_view unix_prefix = "unix:";

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

std::string_view numeric(std::string_view host) noexcept {
  return host == "localhost" ? "127.0.0.1" : host;
}

class open_descriptor {
 public:
  explicit open_descriptor(int number) noexcept : number_(number) {}
  open_descriptor(const open_descriptor&) = delete;
  open_descriptor& operator=(const open_descriptor&) = delete;
  ~open_descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

int new_socket(int family) noexcept {
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool set(int descriptor, int level, int option, int value) noexcept {
  return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

// ---- TCP

struct tcp_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* any() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

std::optional<tcp_address> tcp_address_of(const listen_address& where) {
  const std::string_view host = numeric(where.host);
  const auto ip = ip_address::parse(host);
  if (!ip) return std::nullopt;
  tcp_address out;
  if (host.find(':') == host.npos) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(where.port);
    std::memcpy(&to.sin_addr, ip->bytes.data() + 12, 4);
    std::memcpy(&out.storage, &to, out.length = sizeof to);
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(where.port);
    std::memcpy(&to.sin6_addr, ip->bytes.data(), 16);
    std::memcpy(&out.storage, &to, out.length = sizeof to);
  }
  return out;
}

std::uint16_t bound_port(int descriptor) noexcept {
  tcp_address bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(descriptor, bound.any(), &bound.length) != 0) return 0;
  if (bound.storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(bound.storage).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound.storage).sin_port);
}

// "::" takes IPv4 as well, as it does in Node.
std::error_code open_tcp(listen_address where, bool shared, listening_socket& out) {
  auto to = tcp_address_of(where);
  if (!to) return std::make_error_code(std::errc::invalid_argument);
  open_descriptor made(new_socket(to->storage.ss_family));
  const int descriptor = made.get();
  if (descriptor < 0) return last_error();
  if (!set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)) return last_error();
  if (to->storage.ss_family == AF_INET6 && !set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0))
    return last_error();
  if (shared && !set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) return last_error();
  if (::bind(descriptor, to->any(), to->length) != 0) return last_error();
  if (::listen(descriptor, backlog) != 0) return last_error();
  where.port = bound_port(descriptor);
  out = listening_socket(made.release(), std::move(where));
  return {};
}

std::error_code open_tcp_for_all(listen_address where, std::size_t shards,
                                 std::vector<listening_socket>& out) {
  if (shards > 1 && where.port != 0) {  // somebody else may share it, if his sockets allow it
    listening_socket alone;
    if (const auto error = open_tcp(where, false, alone)) return error;
  }
  for (std::size_t i = 0; i < shards; ++i) {
    if (const auto error = open_tcp(where, shards > 1, out.emplace_back())) return error;
    where.port = out.back().address().port;
  }
  return {};
}

// ---- Unix-domain sockets

std::optional<sockaddr_un> unix_address_of(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path || path.find('\0') != path.npos)
    return std::nullopt;
  std::memcpy(to.sun_path, path.data(), path.size());
  return to;
}

template <class Call>
int with(const sockaddr_un& to, Call call) {
  return call(reinterpret_cast<const sockaddr*>(&to), static_cast<socklen_t>(sizeof to));
}

// A socket, and nobody listens to it.
bool is_abandoned(const sockaddr_un& to) {
  struct stat file {};
  if (::lstat(to.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const open_descriptor asking(new_socket(AF_UNIX));
  const int connected = with(to, [&](auto... at) { return ::connect(asking.get(), at...); });
  return connected != 0 && errno == ECONNREFUSED;
}

// Of the folder; -1 when somebody else keeps it.
int lock_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  open_descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int tries = 0; opened.get() >= 0 && tries < 100; ++tries) {
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return opened.release();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return -1;
}

// The lock is held from bind() to listen(), because meanwhile the socket looks like an abandoned
// one. Nobody can connect before listen(), so that the permissions are right from the beginning.
std::error_code open_unix(const listen_address& where, std::optional<unsigned> mode,
                          listening_socket& out) {
  const auto to = unix_address_of(where.path);
  if (!to) return std::make_error_code(std::errc::filename_too_long);
  const open_descriptor lock(lock_folder_of(where.path));
  const int descriptor = new_socket(AF_UNIX);
  if (descriptor < 0) return last_error();
  listening_socket made(descriptor, where);
  const auto bind = [&] {
    return with(*to, [&](auto... at) { return ::bind(descriptor, at...); }) == 0 ? std::error_code()
                                                                                 : last_error();
  };
  auto error = bind();
  if (error == std::errc::address_in_use && lock.get() >= 0 && is_abandoned(*to)) {
    if (::unlink(to->sun_path) != 0) return last_error();
    error = bind();
  }
  if (error) return error;
  made.own_file();
  if (mode && ::chmod(to->sun_path, static_cast<mode_t>(*mode)) != 0) return last_error();
  if (::listen(descriptor, backlog) != 0) return last_error();
  out = std::move(made);
  return {};
}

std::error_code open_unix_for_all(const listen_address& where, std::size_t shards,
                                  std::optional<unsigned> mode,
                                  std::vector<listening_socket>& out) {
  if (const auto error = open_unix(where, mode, out.emplace_back())) return error;
  while (out.size() < shards) {
    const int copy = ::fcntl(out.front().descriptor(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return last_error();
    out.emplace_back(copy, where);
  }
  return {};
}

}  // namespace

listen_address listen_address::of(std::string_view host, std::uint16_t port) {
  if (host.starts_with(unix_prefix)) return {.path = std::string(host.substr(unix_prefix.size()))};
  return {.host = std::string(host), .port = port};
}

std::optional<listen_address> listen_address::parse(std::string_view text, std::string_view host) {
  listen_address out;
  if (text.starts_with(unix_prefix)) {
    out = of(text, 0);
  } else {
    const auto colon = text.rfind(':');
    if (colon == text.npos || !read_number(text.substr(colon + 1), out.port)) return std::nullopt;
    std::string_view before = text.substr(0, colon);
    const bool brackets = before.starts_with('[') && before.ends_with(']');
    if (before.find(':') != before.npos && !brackets) return std::nullopt;  // "::1" has no port
    if (brackets) before = before.substr(1, before.size() - 2);
    if (brackets && before.find(':') == before.npos) return std::nullopt;
    out.host = before.empty() ? host : before;
  }
  return out.is_bindable() ? std::optional(out) : std::nullopt;
}

bool listen_address::is_bindable() const {
  return path.empty() ? ip_address::parse(numeric(host)).has_value()
                      : unix_address_of(path).has_value();
}

std::string listen_address::text() const {
  if (!path.empty()) return std::string(unix_prefix) + path;
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

void listening_socket::own_file() noexcept {
  struct stat file {};
  if (address_.path.empty() || ::lstat(address_.path.c_str(), &file) != 0) return;
  device_ = file.st_dev;
  file_ = file.st_ino;
}

void listening_socket::close() noexcept {
  if (descriptor_ < 0) return;
  struct stat file {};
  const bool ours = file_ != 0 && ::lstat(address_.path.c_str(), &file) == 0 &&
                    file.st_dev == device_ && file.st_ino == file_;
  if (ours) ::unlink(address_.path.c_str());
  ::close(std::exchange(descriptor_, -1));
}

std::error_code open_listening_sockets(const listen_address& where, std::size_t shards,
                                       std::optional<unsigned> mode,
                                       std::vector<listening_socket>& out) {
  out.clear();
  const auto error = where.path.empty() ? open_tcp_for_all(where, shards, out)
                                        : open_unix_for_all(where, shards, mode, out);
  if (error) out.clear();
  return error;
}

}  // namespace socketio::net
