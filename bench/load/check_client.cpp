// See check_client.hpp.

#include "check_client.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace load {

void transcript::name_sid(std::string_view sid, std::string_view name) {
  names_.emplace_back(sid, "<" + std::string(name) + ">");
}

void transcript::note(std::string_view what, std::string_view bytes) {
  std::string line = section_ + ": " + std::string(what) + " " + std::string(bytes);
  for (const auto& [sid, name] : names_) {
    for (std::size_t at = line.find(sid); at != line.npos; at = line.find(sid)) {
      line.replace(at, sid.size(), name);
    }
  }
  lines_.push_back(std::move(line));
}

check_client::check_client(std::uint16_t port, transcript& log, std::string name)
    : fd_(event_loop::connect_to(port)), log_(log), name_(std::move(name)) {
  pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
  if (poll(&ready, 1, 5'000) != 1) fail("cannot connect");
}

check_client::~check_client() { close(fd_); }

void check_client::handshake() {
  expect_upgrade({});
  const std::string open = receive_frame(wire::opcode::text);
  log_.name_sid(wire::find_sid(open), name_);
  log_.note(name_ + " <", open);
  send("40");
  const std::string connected = receive_frame(wire::opcode::text);
  log_.name_sid(wire::find_sid(connected), name_);
  log_.note(name_ + " <", connected);
}

void check_client::upgrade(std::string_view sid) { expect_upgrade(sid); }

void check_client::expect_upgrade(std::string_view sid) {
  write_all(wire::upgrade_request(sid));
  std::size_t end = in_.npos;
  while ((end = in_.find("\r\n\r\n")) == in_.npos) {
    if (!read_more()) fail("the server closed during the handshake");
  }
  if (!wire::accepts_upgrade(in_.substr(0, end + 4))) fail("a refused handshake: %s", in_.c_str());
  in_.erase(0, end + 4);
}

void check_client::send(std::string_view packet) {
  std::string frame;
  wire::append_frame(frame, wire::opcode::text, {packet}, masks_.next_mask());
  log_.note(name_ + " >", packet);
  write_all(frame);
}

std::string check_client::receive() {
  std::string packet = receive_frame(wire::opcode::text);
  log_.note(name_ + " <", packet);
  return packet;
}

void check_client::ask(std::string_view packet) {
  send(packet);
  receive();
}

void check_client::close_and_expect_end() {
  std::string frame;
  wire::append_frame(frame, wire::opcode::close, {"\x03\xE8"}, masks_.next_mask());
  write_all(frame);
  const std::string payload = receive_frame(wire::opcode::close);
  log_.note(name_ + " < close", payload == "\x03\xE8" ? "1000" : "with another code");
  while (read_more()) {
  }
  log_.note(name_ + " <", "end");
}

std::string check_client::request(std::string_view sid, std::string_view body) {
  log_.note(name_ + (body.empty() ? " GET" : " POST"), body);
  write_all(wire::polling_request(sid, body));
  return receive_response(sid);
}

void check_client::send_request(std::string_view sid) { write_all(wire::polling_request(sid)); }

std::string check_client::receive_response(std::string_view sid) {
  for (;;) {
    auto response = wire::parse_response(in_);
    while (!response) {
      if (!read_more()) fail("the server closed instead of a response");
      response = wire::parse_response(in_);
    }
    const std::string body = wire::without_pings(response->body);
    const int status = response->status;
    in_.erase(0, response->bytes);
    if (!body.empty()) return note_response(status, body);
    send_request(sid);
  }
}

std::string check_client::note_response(int status, const std::string& body) {
  if (body.find("\"sid\"") != body.npos) log_.name_sid(wire::find_sid(body), name_);
  log_.note(name_ + " " + std::to_string(status), body);
  return body;
}

std::string check_client::receive_frame(wire::opcode wanted) {
  for (;;) {
    auto frame = wire::parse_frame(in_);
    while (!frame) {
      if (!read_more()) fail("%s: the server closed instead of an answer", name_.c_str());
      frame = wire::parse_frame(in_);
    }
    const wire::opcode type = frame->type;
    std::string payload(frame->payload);
    in_.erase(0, frame->bytes);
    // When a server sends its pings is its own affair and no part of the transcript.
    if (type == wire::opcode::text && payload == "2") continue;
    if (type != wanted) fail("a frame of type %d", static_cast<int>(type));
    return payload;
  }
}

void check_client::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, 5'000) != 1) fail("%s: the server does not read", name_.c_str());
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) fail("send: %s", std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool check_client::read_more() {
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, 5'000) != 1) fail("%s: no answer within 5 s", name_.c_str());
  char buffer[65'536];
  const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
  if (count > 0) in_.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace load
