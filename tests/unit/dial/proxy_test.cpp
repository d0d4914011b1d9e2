// Ways to the server: HTTP and SOCKS proxies, which work or refuse at any step; Unix sockets, local
// addresses, families of addresses, and name servers that do not answer.
#include "dial/http_client.hpp"
#include "support/name_service.hpp"
#include "unit/dial/proxies.hpp"
#include "unit/dial/websocket_fixture.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A name server that does not answer, for one name: libcurl asks the C library, and finds us.
namespace {
struct slow_names {
  std::mutex mutex;
  std::condition_variable changed;
  bool answers = false;
  int asked = 0, answered = 0;
};
slow_names& slow() {
  static slow_names one;
  return one;
}
}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** out) {
  using socketio::test::next_getaddrinfo;
  if (!name || std::string_view(name) != "slow.invalid")
    return next_getaddrinfo(name, service, hints, out);
  std::unique_lock lock(slow().mutex);
  ++slow().asked;
  slow().changed.wait(lock, [] { return slow().answers; });
  ++slow().answered;
  slow().changed.notify_all();
  return EAI_NONAME;
}

namespace socketio::test {
namespace {

using dial::http_answer;
using dial::http_outcome;
using dial::trouble;

class Proxy : public websocket_fixture {
 protected:
  http_outcome get(const std::string& url) {
    dial::http_client client(loop, options);
    std::optional<http_outcome> told;
    client.start({.url = url}, [&](http_outcome outcome) { told = std::move(outcome); });
    EXPECT_TRUE(turn_until(loop, [&] { return told.has_value(); }));
    return told ? std::move(*told) : dial::failure{};
  }
  std::string body_of(const std::string& url) {
    const auto outcome = get(url);
    if (const auto* const answer = std::get_if<http_answer>(&outcome)) return answer->body;
    return std::get<dial::failure>(outcome).detail;
  }
  // A WebSocket opens, and a message comes back.
  ::testing::AssertionResult echoes(const std::string& url) {
    socket.reset();
    sink = {};
    dial({.url = url});
    if (const auto opened = opens(); !opened) return opened;
    socket->send_text("hello");
    if (!hears(1)) return ::testing::AssertionFailure() << "no echo";
    return ::testing::AssertionSuccess();
  }
  std::string proxy_at(const raw_server& proxy, const std::string& scheme) {
    return scheme + "127.0.0.1:" + std::to_string(proxy.port());
  }
  static std::string at(const raw_server& server, const std::string& host,
                        const std::string& scheme) {
    return scheme + "://" + host + ":" + std::to_string(server.port());
  }

  raw_server echo{[](peer& one) {
    const std::string request = one.read_head();
    if (header_of(request, "upgrade").empty())
      return one.send(response("200 OK", "", "from the server"));
    one.accept(request);
    for (seen_frame seen; (seen = one.read_frame()).opcode == 1;) one.send_text(seen.payload);
  }};
  proxy_log log;
};

// ---- HTTP

TEST_F(Proxy, a_websocket_goes_through_a_tunnel_and_a_request_as_itself) {
  raw_server proxy(http_proxy({.log = &log}));
  options.proxy = proxy_at(proxy, "http://");
  EXPECT_TRUE(echoes(at(echo, "a.host.far.away", "ws")));
  EXPECT_EQ(body_of(at(echo, "a.host.far.away", "http") + "/x"), "by the proxy");
  const std::string place = "a.host.far.away:" + std::to_string(echo.port());
  EXPECT_EQ(log.all(),
            (std::vector<std::string>{"CONNECT " + place, "GET http://" + place + "/x"}));
  socket.reset();
}

TEST_F(Proxy, an_http_proxy_hears_name_and_password) {
  raw_server proxy(http_proxy({.credentials = "ann:s@t"}));
  options.proxy = proxy_at(proxy, "http://ann:s%40t@");
  EXPECT_TRUE(echoes(echo.url("ws")));
  EXPECT_EQ(body_of(echo.url()), "by the proxy");
  options.proxy = proxy_at(proxy, "http://ann:wrong@");
  const auto why = failure_of({.url = echo.url("ws")});
  EXPECT_EQ(why.what, trouble::proxy);
  EXPECT_EQ(why.status, 407u);
  EXPECT_EQ(why.detail,
            "HTTP proxy " + proxy_at(proxy, "") +
                " answered 407 instead of connecting to 127.0.0.1:" + std::to_string(echo.port()))
      << "and without the password";
}

TEST_F(Proxy, what_an_http_proxy_refuses_is_told) {
  raw_server forbids(http_proxy({.refusal = "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"}));
  options.proxy = proxy_at(forbids, "http://");
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).what, trouble::proxy);
  EXPECT_EQ(sink.why->status, 403u);
  EXPECT_EQ(std::get<dial::failure>(get(echo.url("https"))).status, 403u)
      << "https needs a tunnel too";
  raw_server finds_nobody(http_proxy({}));
  options.proxy = proxy_at(finds_nobody, "http://");
  EXPECT_EQ(failure_of({.url = "ws://127.0.0.1:" + std::to_string(unused_port())}).status, 502u);
}

TEST_F(Proxy, an_http_proxy_that_ends_after_any_byte_is_told) {
  const std::string whole = "HTTP/1.1 200 There you are\r\n\r\n";
  std::size_t bytes = 0;
  raw_server proxy([&](peer& one) {
    one.read_head();
    one.send(std::string_view(whole).substr(0, bytes));
  });
  options.proxy = proxy_at(proxy, "http://");
  for (; bytes <= whole.size(); ++bytes) {
    const auto why = failure_of({.url = echo.url("ws")});
    EXPECT_TRUE(why.what == trouble::lost || why.what == trouble::proxy) << bytes << why.detail;
    EXPECT_FALSE(sink.opened);
  }
  EXPECT_EQ(loop.watched(), 0u);
}

TEST_F(Proxy, a_proxy_that_is_not_there_is_told) {
  const std::string place = "127.0.0.1:" + std::to_string(unused_port());
  for (const std::string scheme : {"http://", "socks5://"}) {
    options.proxy = scheme + place;
    const auto why = failure_of({.url = echo.url("ws")});
    EXPECT_EQ(why.what, trouble::proxy);
    EXPECT_EQ(why.detail, "connect to proxy " + place + " refused");
  }
  options.proxy = "http://nobody.invalid:80";
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).detail, "no address of proxy nobody.invalid:80");
  options.proxy = "gopher://127.0.0.1:1";
  EXPECT_NE(failure_of({.url = echo.url("ws")}).detail, "");
}

TEST_F(Proxy, the_environment_is_not_asked) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(unused_port());
  ::setenv("http_proxy", nobody.c_str(), 1);
  ::setenv("all_proxy", nobody.c_str(), 1);
  EXPECT_EQ(body_of(echo.url()), "from the server");
  EXPECT_TRUE(echoes(echo.url("ws")));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  raw_server proxy(http_proxy({}));
  ::setenv("no_proxy", "*", 1);
  options.proxy = proxy_at(proxy, "http://");
  EXPECT_EQ(body_of(echo.url()), "by the proxy");
  ::unsetenv("no_proxy");
}

// ---- SOCKS

TEST_F(Proxy, socks_proxies_hear_addresses_or_names) {
  raw_server proxy(socks_proxy({.log = &log}));
  const std::string port = std::to_string(echo.port());
  options.proxy = proxy_at(proxy, "socks5h://");
  EXPECT_TRUE(echoes("ws://a.host.far.away:" + port));
  EXPECT_EQ(body_of("http://a.host.far.away:" + port), "from the server");
  options.proxy = proxy_at(proxy, "socks5://");
  options.family = ip_family::v4;
  EXPECT_TRUE(echoes("ws://localhost:" + port));
  EXPECT_EQ(log.all(),
            (std::vector<std::string>{"name a.host.far.away:" + port,
                                      "name a.host.far.away:" + port, "v4 127.0.0.1:" + port}));
  socket.reset();
}

TEST_F(Proxy, a_socks_proxy_hears_name_and_password) {
  raw_server proxy(socks_proxy({.user = "ann", .password = "secret"}));
  options.proxy = proxy_at(proxy, "socks5h://ann:secret@");
  EXPECT_TRUE(echoes(echo.url("ws")));
  const std::string begin = "SOCKS proxy " + proxy_at(proxy, "") + ": no connection to " +
                            echo.url("ws").substr(5) + ": ";
  options.proxy = proxy_at(proxy, "socks5h://ann:wrong@");
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).detail, begin + "it refuses our name and password");
  EXPECT_EQ(sink.why->what, trouble::proxy);
  socket.reset();
}

TEST_F(Proxy, what_a_socks_proxy_refuses_is_told) {
  const std::vector<std::pair<unsigned char, std::string>> all{{1, "it failed"},
                                                               {2, "it does not allow that"},
                                                               {3, "the network is unreachable"},
                                                               {4, "the host is unreachable"},
                                                               {5, "connection refused"},
                                                               {6, "the host is too far away"}};
  for (const auto& [reply, words] : all) {
    raw_server proxy(socks_proxy({.reply = reply}));
    options.proxy = proxy_at(proxy, "socks5h://");
    const auto why = failure_of({.url = echo.url("ws")});
    EXPECT_EQ(why.what, trouble::proxy);
    EXPECT_TRUE(why.detail.ends_with(": " + words)) << why.detail;
  }
}

TEST_F(Proxy, a_socks_proxy_that_ends_after_any_byte_is_told) {
  for (int bytes = 0; bytes < 12; ++bytes) {
    raw_server proxy(socks_proxy({.bytes = bytes}));
    options.proxy = proxy_at(proxy, "socks5h://");
    const auto why = failure_of({.url = echo.url("ws")});
    EXPECT_EQ(why.what, trouble::proxy) << bytes << ": " << why.detail;
    EXPECT_FALSE(sink.opened);
  }
  raw_server no_proxy([](peer& one) { one.send("HTTP/1.1 400 What\r\n\r\n"); });
  options.proxy = proxy_at(no_proxy, "socks5h://");
  EXPECT_EQ(failure_of({.url = echo.url("ws")}).what, trouble::proxy) << sink.why->detail;
}

TEST_F(Proxy, a_proxy_that_is_silent_is_given_up_in_time) {
  raw_server silent([](peer& one) { one.read_until("something that never comes"); });
  options.proxy = proxy_at(silent, "socks5h://");
  EXPECT_EQ(failure_of({.url = echo.url("ws"), .handshake_timeout = milliseconds(50)}).what,
            trouble::timeout);
  EXPECT_EQ(loop.watched(), 0u);
}

// ---- addresses

TEST_F(Proxy, a_unix_socket_can_stand_for_the_host) {
  const std::string path = ::testing::TempDir() + "dial_" + std::to_string(::getpid()) + ".sock";
  ::unlink(path.c_str());
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(::listen(listening, 5), 0);
  std::thread serves([&] {
    peer one(::accept(listening, nullptr, nullptr));
    EXPECT_EQ(header_of(one.accept_websocket(), "host"), "some.name");
    one.send_text(one.read_frame().payload);
    one.sees_end();
  });
  options.unix_socket = path;
  EXPECT_TRUE(echoes("ws://some.name/"));
  socket.reset();
  serves.join();
  ::close(listening);
  ::unlink(path.c_str());
  const auto why = failure_of({.url = "ws://some.name/"});
  EXPECT_EQ(why.what, trouble::connect);
  EXPECT_NE(why.detail.find(path), std::string::npos) << why.detail;
}

TEST_F(Proxy, the_local_address_can_be_chosen) {
  std::string from;
  raw_server server([&](peer& one) {
    const std::string request = one.read_head();
    sockaddr_in who{};
    socklen_t bytes = sizeof who;
    ::getpeername(one.descriptor(), reinterpret_cast<sockaddr*>(&who), &bytes);
    one.send(response("200 OK", "", std::to_string(ntohl(who.sin_addr.s_addr) & 0xFF)));
  });
  options.local_address = "127.0.0.9";
  EXPECT_EQ(body_of(server.url()), "9");
  options.local_address = "192.0.2.1";  // not ours
  const auto outcome = get(server.url());
  EXPECT_EQ(std::get<dial::failure>(outcome).what, trouble::connect);
  EXPECT_NE(std::get<dial::failure>(outcome).detail.find("192.0.2.1"), std::string::npos)
      << std::get<dial::failure>(outcome).detail;
}

// localhost has both families, and the server one of them.
TEST_F(Proxy, the_family_of_addresses_can_be_chosen) {
  const std::string url = at(echo, "localhost", "http");
  EXPECT_EQ(body_of(url), "from the server");
  options.family = ip_family::v4;
  EXPECT_EQ(body_of(url), "from the server");
  options.family = ip_family::v6;
  EXPECT_NE(body_of(url), "from the server");
}

TEST_F(Proxy, an_ipv6_address_stands_in_brackets) {
  std::string host;
  raw_server server(
      [&](peer& one) {
        const std::string request = one.read_head();
        host = header_of(request, "host");
        one.accept(request);
        one.send_text(one.read_frame().payload);
        one.sees_end();
      },
      "::1");
  const std::string place = "[::1]:" + std::to_string(server.port());
  EXPECT_TRUE(echoes("ws://" + place));
  EXPECT_EQ(host, place);
  socket.reset();
}

TEST_F(Proxy, a_name_server_that_does_not_answer_holds_up_no_destructor) {
  const auto begin = clock::now();
  {
    dial::http_client client(loop, options);
    client.start({.url = "http://slow.invalid"}, [](const http_outcome&) { ADD_FAILURE(); });
    dial({.url = "ws://slow.invalid"});
    ASSERT_TRUE(turn_until(loop, [] {
      const std::lock_guard lock(slow().mutex);
      return slow().asked == 2;
    }));
    socket.reset();
  }
  EXPECT_LT(clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(loop.watched(), 0u);
  std::unique_lock lock(slow().mutex);
  slow().answers = true;
  slow().changed.notify_all();
  slow().changed.wait_for(lock, std::chrono::seconds(10), [] { return slow().answered == 2; });
  EXPECT_EQ(slow().answered, 2);
}

}  // namespace
}  // namespace socketio::test
