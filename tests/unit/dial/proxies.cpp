// See proxies.hpp.
#include "unit/dial/proxies.hpp"

#include "base/base64.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace socketio::test {
namespace {

// Every host is this one.
int connect_here(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0) return made;
  ::close(made);
  return -1;
}

bool pump(int from, int to) {
  char bytes[16'384];
  const auto got = ::recv(from, bytes, sizeof bytes, 0);
  for (ssize_t sent = 0; sent < got;) {
    const auto put = ::send(to, bytes + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (put <= 0) return false;
    sent += put;
  }
  return got > 0;
}

// Until one of them ends.
void relay(peer& client, std::uint16_t port, const std::string& welcome,
           const std::string& refusal) {
  const int there = connect_here(port);
  if (there < 0) return client.send(refusal);
  client.send(welcome);
  const std::string early = client.take_received();
  ::send(there, early.data(), early.size(), MSG_NOSIGNAL);
  pollfd both[2] = {{client.descriptor(), POLLIN, 0}, {there, POLLIN, 0}};
  bool goes_on = true;
  while (goes_on && ::poll(both, 2, 10'000) > 0) {
    if (both[0].revents) goes_on = pump(client.descriptor(), there);
    if (goes_on && both[1].revents) goes_on = pump(there, client.descriptor());
  }
  ::close(there);
}

std::uint16_t port_in(const std::string& text) {
  return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

std::string basic(const std::string& credentials) {
  std::string text = "Basic ";
  append_base64(credentials, text);
  return text;
}

}  // namespace

raw_server::script http_proxy(http_proxy_script how) {
  return [how](peer& client) {
    const std::string head = client.read_head();
    const std::string request = head.substr(0, head.find(" HTTP/"));
    if (how.log) how.log->put(request);
    if (!how.credentials.empty() &&
        header_of(head, "Proxy-Authorization") != basic(how.credentials))
      return client.send("HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n");
    if (!how.refusal.empty()) return client.send(how.refusal);
    if (request.starts_with("CONNECT "))
      return relay(client, port_in(request), "HTTP/1.1 200 There you are\r\n\r\n",
                   "HTTP/1.1 502 Nobody there\r\nContent-Length: 0\r\n\r\n");
    client.send(response("200 OK", "", "by the proxy"));
  };
}

raw_server::script socks_proxy(socks_proxy_script how) {
  return [how](peer& client) mutable {
    const auto answer = [&](std::string bytes) {
      const auto part = std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(how.bytes));
      client.send(bytes.substr(0, part));
      how.bytes -= static_cast<int>(part);
      return part == bytes.size() && how.bytes > 0;
    };
    const std::string greeting = client.read_exactly(2);
    if (greeting.size() < 2) return;
    client.read_exactly(static_cast<unsigned char>(greeting[1]));
    if (!answer(how.user.empty() ? std::string("\x05\x00", 2) : "\x05\x02")) return;
    if (!how.user.empty()) {
      client.read_exactly(1);
      const auto text = [&] {
        return client.read_exactly(static_cast<unsigned char>(client.read_exactly(1)[0]));
      };
      const std::string user = text(), password = text();
      const bool right = user == how.user && password == how.password;
      if (!answer(right ? std::string("\x01\x00", 2) : "\x01\x01") || !right) return;
    }
    const std::string request = client.read_exactly(4);
    if (request.size() < 4) return;
    std::string place;
    if (request[3] == 1) {
      char text[INET_ADDRSTRLEN];
      place = std::string("v4 ") +
              ::inet_ntop(AF_INET, client.read_exactly(4).data(), text, sizeof text);
    } else {
      place = "name " + client.read_exactly(static_cast<unsigned char>(client.read_exactly(1)[0]));
    }
    const std::string port = client.read_exactly(2);
    const auto number = static_cast<std::uint16_t>(static_cast<unsigned char>(port[0]) << 8 |
                                                   static_cast<unsigned char>(port[1]));
    if (how.log) how.log->put(place + ":" + std::to_string(number));
    std::string reply = std::string("\x05\x00\x00\x01\x7F\x00\x00\x01\x00\x50", 10);
    std::string refusal = reply;
    refusal[1] = 5;
    if (how.bytes < 10 || how.reply != 0) {
      reply[1] = static_cast<char>(how.reply);
      answer(reply);
      return;
    }
    relay(client, number, reply, refusal);
  };
}

}  // namespace socketio::test
