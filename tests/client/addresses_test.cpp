// How a client gets to its server: Unix sockets, IPv6, names with addresses of both families of
// which one is dead (happy eyeballs), and proxies that others have written.
#include "client/journal.hpp"
#include "client/own_server.hpp"
#include "support/name_service.hpp"
#include "support/program.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace std::chrono_literals;

// A name with both addresses: libcurl asks the C library, and finds us. The two are looked up as
// numbers, so that the C library makes the list, and chained.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** out) {
  using socketio::test::next_getaddrinfo;
  if (!name || std::string_view(name) != "twofold.invalid")
    return next_getaddrinfo(name, service, hints, out);
  addrinfo *first = nullptr, *second = nullptr;
  if (const int failed = next_getaddrinfo("::1", service, hints, &first)) return failed;
  if (const int failed = next_getaddrinfo("127.0.0.1", service, hints, &second)) return failed;
  addrinfo* last = first;
  while (last->ai_next) last = last->ai_next;
  last->ai_next = second;
  *out = first;
  return 0;
}

namespace socketio::test {
namespace {

bool has_ipv6() {
  const int made = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 where{};
  where.sin6_family = AF_INET6;
  where.sin6_addr = in6addr_loopback;
  const bool has = ::bind(made, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  ::close(made);
  return has;
}

void answer(own_server& at) {
  at.io.on_connection([](socket who) { who.on("double", [](int n) { return 2 * n; }); });
}

// Connects over `transports`, asks, and gets an answer.
void expect_all_works(const std::string& url, client_options options) {
  const std::vector<std::vector<std::string>> ways = {
      {"polling"}, {"websocket"}, {"polling", "websocket"}};
  for (const auto& transports : ways) {
    options.transports = transports;
    journal log;
    client io(url, options);
    watch(io, log);
    watch(io.io(), log);
    io.emit("double", 21,
            [&](std::error_code why, int n) { log.note(why ? why.message() : std::to_string(n)); });
    EXPECT_TRUE(log.has("42")) << log.text();
    EXPECT_TRUE(transports.size() == 1 || log.has("upgrade websocket")) << log.text();
    io.stop();
  }
}

TEST(Addresses, UnixSocket) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("socketio-own-" + std::to_string(::getpid()) + ".sock");
  own_server at({.host = "unix:" + path.string()});
  answer(at);
  at.start();
  auto options = quick();
  options.unix_socket = path.string();
  expect_all_works("http://localhost", options);
}

TEST(Addresses, IPv6) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  own_server at({.host = "::1"});
  answer(at);
  at.start();
  expect_all_works(at.url("http", "[::1]"), quick());
}

// A port of ::1 that drops whoever knocks: its queue is full.
class silent_ipv6_port {
 public:
  explicit silent_ipv6_port(std::uint16_t port) {
    sockaddr_in6 where{};
    where.sin6_family = AF_INET6;
    where.sin6_port = htons(port);
    where.sin6_addr = in6addr_loopback;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    EXPECT_EQ(::bind(door_, address, sizeof where), 0);
    EXPECT_EQ(::listen(door_, 0), 0);
    for (const int each : guests_) static_cast<void>(::connect(each, address, sizeof where));
  }
  ~silent_ipv6_port() {
    for (const int each : guests_) ::close(each);
    ::close(door_);
  }
  silent_ipv6_port(const silent_ipv6_port&) = delete;
  silent_ipv6_port& operator=(const silent_ipv6_port&) = delete;

 private:
  static int made() { return ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  const int door_ = made();
  const std::vector<int> guests_ = {made(), made(), made()};
};

// RFC 8305
TEST(Addresses, ADeadFamilyHoldsUpNobody) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  own_server at;
  answer(at);
  at.start();
  const std::string url = at.url("http", "twofold.invalid");
  auto options = quick();
  options.timeout = std::nullopt;  // without happy eyeballs it is two minutes
  options.happy_eyeballs_delay = 1h;
  expect_all_works(url, options);  // nobody listens at ::1, so there is no need to wait
  options.happy_eyeballs_delay = 20ms;
  const silent_ipv6_port silent(at.io.port());
  expect_all_works(url, options);
  options.family = ip_family::v6;
  options.timeout = 200ms;
  options.reconnection = false;
  journal log;
  client io(url, options);
  watch(io, log);
  EXPECT_FALSE(log.find("connect_error").empty()) << log.text();
}

// ---- proxies

class Proxies : public testing::Test {
 protected:
  void SetUp() override {
    answer(at_);
    at_.start();
  }
  std::string through(const char* scheme) const {
    return scheme + std::string("127.0.0.1:") + std::to_string(port_);
  }
  own_server at_;
  const std::uint16_t port_ = unused_port();
};

#ifdef SOCKETIO_MICROSOCKS
TEST_F(Proxies, Socks) {
  const program proxy({SOCKETIO_MICROSOCKS, "-i", "127.0.0.1", "-p", std::to_string(port_), "-u",
                       "ada", "-P", "pw"},
                      port_);
  auto options = quick();
  for (const char* scheme : {"socks5://ada:pw@", "socks5h://ada:pw@"}) {
    options.proxy = through(scheme);
    expect_all_works(at_.url("http", "localhost"), options);
  }
  options.proxy = through("socks5://ada:wrong@");
  options.reconnection = false;
  journal log;
  client io(at_.url(), options);
  io.on_connect_error([&](const connect_failure& why) {
    log.note(why.what == connect_cause::proxy ? "proxy" : why.description);
  });
  EXPECT_TRUE(log.has("proxy")) << log.text();
}
#endif

#ifdef SOCKETIO_TINYPROXY
TEST_F(Proxies, Http) {
  const std::string path =
      testing::TempDir() + "client_tinyproxy_" + std::to_string(::getpid()) + ".conf";
  std::ofstream(path) << "Port " << port_ << "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n";
  const program proxy({SOCKETIO_TINYPROXY, "-d", "-c", path}, port_);
  auto options = quick();
  options.proxy = through("http://");
  expect_all_works(at_.url("http", "localhost"), options);
  ::unlink(path.c_str());
}
#endif

}  // namespace
}  // namespace socketio::test
