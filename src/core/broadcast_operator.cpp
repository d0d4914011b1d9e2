// What of broadcast_operator, room_list and remote_socket need not be compiled by every user.
// Tested by tests/unit/core/broadcast_ack_test.cpp and tests/conformance.
#include "socketio/broadcast.hpp"

#include <utility>

namespace socketio {

room_list::room_list(const char* room) : names_{room} {}
room_list::room_list(std::string_view room) : names_{std::string(room)} {}
room_list::room_list(std::string room) { names_.push_back(std::move(room)); }
room_list::room_list(std::initializer_list<std::string> rooms) : names_(rooms) {}
room_list::room_list(std::vector<std::string> rooms) : names_(std::move(rooms)) {}

broadcast_operator::broadcast_operator(detail::broadcast_target target)
    : target_(std::move(target)) {}

broadcast_operator broadcast_operator::to(const room_list& rooms) const {
  broadcast_operator next(*this);
  next.target_.rooms.insert(next.target_.rooms.end(), rooms.names().begin(), rooms.names().end());
  return next;
}
broadcast_operator broadcast_operator::in(const room_list& rooms) const { return to(rooms); }
broadcast_operator broadcast_operator::except(const room_list& rooms) const {
  broadcast_operator next(*this);
  next.target_.except.insert(next.target_.except.end(), rooms.names().begin(), rooms.names().end());
  return next;
}
broadcast_operator broadcast_operator::local() const {
  broadcast_operator next(*this);
  next.target_.flags.is_local = true;
  return next;
}
broadcast_operator broadcast_operator::volatile_() const {
  broadcast_operator next(*this);
  next.target_.flags.is_volatile = true;
  return next;
}
broadcast_operator broadcast_operator::compress(bool on) const {
  broadcast_operator next(*this);
  next.target_.flags.compress = on;
  return next;
}
broadcast_operator broadcast_operator::timeout(std::chrono::milliseconds limit) const {
  broadcast_operator next(*this);
  next.target_.flags.timeout = limit;
  return next;
}

void broadcast_operator::fetch_sockets(std::function<void(std::vector<remote_socket>)> done) const {
  detail::fetch_sockets(target_, std::move(done));
}
detail::value_awaiter<std::vector<remote_socket>> broadcast_operator::fetch_sockets() const {
  return detail::value_awaiter<std::vector<remote_socket>>(
      [target = target_](std::function<void(std::vector<remote_socket>)> done) {
        detail::fetch_sockets(target, std::move(done));
      });
}
void broadcast_operator::all_sockets(std::function<void(std::vector<std::string>)> done) const {
  detail::all_sockets(target_, std::move(done));
}
detail::value_awaiter<std::vector<std::string>> broadcast_operator::all_sockets() const {
  return detail::value_awaiter<std::vector<std::string>>(
      [target = target_](std::function<void(std::vector<std::string>)> done) {
        detail::all_sockets(target, std::move(done));
      });
}
void broadcast_operator::sockets_join(const room_list& rooms) const {
  detail::sockets_join(target_, rooms.names());
}
void broadcast_operator::sockets_leave(const room_list& rooms) const {
  detail::sockets_leave(target_, rooms.names());
}
void broadcast_operator::disconnect_sockets(bool close) const {
  detail::disconnect_sockets(target_, close);
}

broadcast_operator remote_socket::target() const {
  return broadcast_operator(detail::broadcast_target{nsp, {id}, {}, {}});
}
void remote_socket::join(const room_list& rooms_to_join) const {
  target().sockets_join(rooms_to_join);
}
void remote_socket::leave(const room_list& rooms_to_leave) const {
  target().sockets_leave(rooms_to_leave);
}
void remote_socket::disconnect(bool close) const { target().disconnect_sockets(close); }

namespace detail {
namespace {

// The broadcast reaches one socket at most: its answer, or why there is none.
struct single_receiver final : broadcast_receiver {
  explicit single_receiver(std::unique_ptr<ack_receiver> whom) : to(std::move(whom)) {}
  void on_answer(std::string_view, const input& arguments) override {
    const auto once = std::move(to);
    if (once) once->on_answer(arguments);
  }
  void on_end(std::error_code why, std::vector<std::string>) override {
    const auto once = std::move(to);
    if (once) once->on_failure(why ? static_cast<errc>(why.value()) : errc::disconnected);
  }
  std::unique_ptr<ack_receiver> to;
};

}  // namespace

void ask_one(const broadcast_target& to, payload& what, std::unique_ptr<ack_receiver> answer) {
  broadcast_with_ack(to, what, std::make_unique<single_receiver>(std::move(answer)));
}

}  // namespace detail
}  // namespace socketio
