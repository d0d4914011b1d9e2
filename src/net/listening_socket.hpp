// Where a server listens, and the sockets that do it: TCP over IPv4 and IPv6, and Unix-domain
// sockets. Binding needs no loop, so that all shards of a server get their sockets, or none does,
// before anybody accepts.
//
// A Unix-domain socket is a file that outlives whoever made it. One that nobody listens to any more
// is replaced; one that is alive, or no socket at all, is left alone (address_in_use). Two
// processes that find the same dead file at the same time lock its folder, so that one of them
// wins.
//
// Any thread. Tested by tests/unit/net/listening_socket_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <utility>
#include <vector>

namespace socketio::net {

struct listen_address {
  std::string host = {};  // "127.0.0.1", "::1", "localhost" (127.0.0.1)
  std::uint16_t port = 0;
  std::string path = {};  // of a Unix-domain socket; then host and port mean nothing

  // "127.0.0.1:3000", "[::1]:3000", ":3000" (`host` is as given), "unix:/path".
  static std::optional<listen_address> parse(std::string_view text, std::string_view host);
  // The host of the options, with their port.
  static listen_address of(std::string_view host, std::uint16_t port);
  bool is_bindable() const;  // an address and no name, a path that fits
  std::string text() const;
};

class listening_socket {
 public:
  listening_socket() = default;
  listening_socket(int descriptor, listen_address address) noexcept
      : descriptor_(descriptor), address_(std::move(address)) {}
  listening_socket(listening_socket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        address_(std::move(other.address_)),
        device_(other.device_),
        file_(std::exchange(other.file_, 0)) {}
  listening_socket& operator=(listening_socket other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(address_, other.address_);
    std::swap(device_, other.device_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~listening_socket() { close(); }

  int descriptor() const noexcept { return descriptor_; }
  const listen_address& address() const noexcept { return address_; }  // with the bound port
  // Removes the file too, if this is who made it, and nobody has replaced it since.
  void close() noexcept;
  void own_file() noexcept;  // of the path that was just bound

 private:
  int descriptor_ = -1;
  listen_address address_;
  dev_t device_ = 0;
  ino_t file_ = 0;  // 0: somebody else's
};

// One socket for each of `shards`, which the kernel chooses among (SO_REUSEPORT), or which accept
// from the same one (a Unix-domain socket). No other process shares the port. `mode`: the
// permissions of the file.
std::error_code open_listening_sockets(const listen_address& where, std::size_t shards,
                                       std::optional<unsigned> mode,
                                       std::vector<listening_socket>& out);

}  // namespace socketio::net
