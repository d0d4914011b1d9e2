// broadcast_operator: who gets an event, built by chaining, as in Socket.IO's own API (BR-01 to
// BR-09):
//
//   io.to("room 1").to("room 2").except("room 3").emit("news", item);
//
// Value type; each call returns a new operator. The union of the rooms receives, each socket at
// most once; no room means everybody of the namespace. All calls may be made on any thread.
#pragma once

#include "socketio/detail/payload.hpp"
#include "socketio/detail/receivers.hpp"
#include "socketio/event.hpp"
#include "socketio/handshake.hpp"
#include "socketio/value.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace socketio {

namespace core {
class nsp;
class socket;
}  // namespace core

class broadcast_operator;

// One or several room names, as arguments of to(), in(), except(), join() and so on.
class room_list {
 public:
  room_list(const char* room);
  room_list(std::string_view room);
  room_list(std::string room);
  room_list(std::initializer_list<std::string> rooms);
  room_list(std::vector<std::string> rooms);
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
};

// A socket as fetch_sockets() returns it: a snapshot, and what can be done to it from afar (UT-01,
// UT-02).
struct remote_socket {
  std::string id;
  socketio::handshake handshake;
  std::vector<std::string> rooms;
  value data;

  // The operator that reaches just this socket.
  broadcast_operator target() const;
  // A last argument that is a callback, as for socket::emit(), gets its answer: 10 s are waited for
  // it, or what timeout() says.
  template <class... Args>
  bool emit(std::string_view event, const Args&... args) const;
  class with_timeout;
  with_timeout timeout(std::chrono::milliseconds limit) const;
  // co_await who.emit_with_ack<int>("question", x) -> result<int>
  template <class R = value, class... Args>
  detail::ack_awaiter<R> emit_with_ack(std::string_view event, const Args&... args) const;
  void join(const room_list& rooms_to_join) const;
  void leave(const room_list& rooms_to_leave) const;
  void disconnect(bool close = false) const;

  std::shared_ptr<core::nsp> nsp;  // internal
};

namespace detail {

struct broadcast_target {
  std::shared_ptr<core::nsp> nsp;
  std::vector<std::string> rooms;
  std::vector<std::string> except;
  emit_flags flags;
};

// Implemented in src/core; any thread.
bool broadcast(const broadcast_target& to, payload& what);
void broadcast_with_ack(const broadcast_target& to, payload& what,
                        std::unique_ptr<broadcast_receiver> answers);
// The same for one socket, so that there is one answer.
void ask_one(const broadcast_target& to, payload& what, std::unique_ptr<ack_receiver> answer);
void fetch_sockets(const broadcast_target& of,
                   std::function<void(std::vector<remote_socket>)> done);
void all_sockets(const broadcast_target& of, std::function<void(std::vector<std::string>)> done);
void sockets_join(const broadcast_target& which, std::vector<std::string> rooms);
void sockets_leave(const broadcast_target& which, std::vector<std::string> rooms);
void disconnect_sockets(const broadcast_target& which, bool close);

}  // namespace detail

class broadcast_operator {
 public:
  explicit broadcast_operator(detail::broadcast_target target);

  // Adds rooms to the union.
  broadcast_operator to(const room_list& rooms) const;
  broadcast_operator in(const room_list& rooms) const;
  // Leaves out whoever is in one of these rooms.
  broadcast_operator except(const room_list& rooms) const;
  // Only sockets of this process.
  broadcast_operator local() const;
  // Sockets whose transport cannot take it at this instant are skipped (VO-01).
  broadcast_operator volatile_() const;
  broadcast_operator compress(bool on) const;
  // How long to wait for acknowledgements; 10 s when not said.
  broadcast_operator timeout(std::chrono::milliseconds limit) const;

  // The last argument may be a callback (std::error_code, std::vector<R>) or
  // (broadcast_answers<R>), which makes it an emit with acknowledgement.
  //
  // True: the broadcast was made, or is on its way to the shards; how many it reaches it does not
  // say, nor whether a send queue took it. False: at least one shard does not take it, because it
  // has stopped or because too many events of other threads wait there (posted_bytes_max); the
  // sockets of the other shards get it all the same. With a callback always true, because that is
  // told: errc::refused when a shard had too many events waiting, whose sockets were not asked and
  // are not among the missing. Throws std::invalid_argument for reserved event names.
  template <class... Args>
  bool emit(std::string_view event, const Args&... args) const {
    if constexpr (detail::last_is_callback<Args...>::value) {
      return detail::without_last(
          [&](const auto&... first) {
            return emit_and_collect(event, std::get<sizeof...(Args) - 1>(std::tie(args...)),
                                    first...);
          },
          std::tie(args...), std::make_index_sequence<sizeof...(Args) - 1>());
    } else {
      detail::check_event_name(event);
      detail::payload encoded;
      detail::payload::event(encoded, event, args...);
      return detail::broadcast(target_, encoded);
    }
  }
  template <detail::event_name Name, class... P, class... Args>
  bool emit(const event<Name, P...>&, const Args&... args) const {
    return emit_declared<Name>(typename event<Name, P...>::parts::arguments{}, args...);
  }
  template <class... Args>
  bool send(const Args&... args) const {
    return emit("message", args...);
  }
  template <class... Args>
  bool write(const Args&... args) const {  // the same
    return emit("message", args...);
  }

  // co_await io.to("room").timeout(5s).emit_with_ack<int>("question", x) -> broadcast_answers<int>
  template <class R = value, class... Args>
  detail::broadcast_awaiter<R> emit_with_ack(std::string_view event, const Args&... args) const {
    detail::check_event_name(event);
    auto kept = detail::keep_event(event, args...);
    return detail::broadcast_awaiter<R>(
        [target = target_, kept](std::unique_ptr<detail::broadcast_receiver> answers) {
          detail::with_kept(*kept, [&](detail::payload& what) {
            detail::broadcast_with_ack(target, what, std::move(answers));
          });
        });
  }

  // The matching sockets: by callback on the shard, or co_await.
  void fetch_sockets(std::function<void(std::vector<remote_socket>)> done) const;
  detail::value_awaiter<std::vector<remote_socket>> fetch_sockets() const;
  // Their ids only (UT-04).
  void all_sockets(std::function<void(std::vector<std::string>)> done) const;
  detail::value_awaiter<std::vector<std::string>> all_sockets() const;
  void sockets_join(const room_list& rooms) const;
  void sockets_leave(const room_list& rooms) const;
  void disconnect_sockets(bool close = false) const;

 private:
  template <class Callback, class... Args>
  bool emit_and_collect(std::string_view event, const Callback& callback,
                        const Args&... args) const {
    detail::check_event_name(event);
    detail::payload encoded;
    detail::payload::event(encoded, event, args...);
    detail::broadcast_with_ack(target_, encoded, detail::make_broadcast_receiver(callback));
    return true;
  }
  template <detail::event_name Name, class... P, class... Args>
  bool emit_declared(detail::types<P...>, const Args&... args) const {
    static_assert(sizeof...(Args) == sizeof...(P),
                  "this event was declared with another number of arguments");
    if constexpr (sizeof...(Args) == sizeof...(P))
      static_assert((std::is_convertible_v<const Args&, P> && ...),
                    "these arguments are not those of the declared event");
    return emit(Name.view(), static_cast<const P&>(args)...);
  }

  detail::broadcast_target target_;
};

// A remote socket with the time that an answer may take.
class remote_socket::with_timeout {
 public:
  explicit with_timeout(detail::broadcast_target to) noexcept : to_(std::move(to)) {}

  template <class... Args>
  bool emit(std::string_view event, const Args&... args) const {
    detail::check_event_name(event);
    detail::payload encoded;
    if constexpr (detail::last_is_callback<Args...>::value) {
      using callback = std::decay_t<std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>>;
      auto answer = std::make_unique<detail::callback_receiver<callback>>(
          std::get<sizeof...(Args) - 1>(std::tie(args...)));
      detail::without_last(
          [&](const auto&... first) { detail::payload::event(encoded, event, first...); },
          std::tie(args...), std::make_index_sequence<sizeof...(Args) - 1>());
      detail::ask_one(to_, encoded, std::move(answer));
      return true;
    } else {
      detail::payload::event(encoded, event, args...);
      return detail::broadcast(to_, encoded);
    }
  }
  template <class R = value, class... Args>
  detail::ack_awaiter<R> emit_with_ack(std::string_view event, const Args&... args) const {
    detail::check_event_name(event);
    auto kept = detail::keep_event(event, args...);
    return detail::ack_awaiter<R>([to = to_, kept](std::unique_ptr<detail::ack_receiver> answer) {
      detail::with_kept(
          *kept, [&](detail::payload& what) { detail::ask_one(to, what, std::move(answer)); });
    });
  }

 private:
  detail::broadcast_target to_;
};

inline remote_socket::with_timeout remote_socket::timeout(std::chrono::milliseconds limit) const {
  detail::broadcast_target to{nsp, {id}, {}, {}};
  to.flags.timeout = limit;
  return with_timeout(std::move(to));
}
template <class... Args>
bool remote_socket::emit(std::string_view event, const Args&... args) const {
  return with_timeout(detail::broadcast_target{nsp, {id}, {}, {}}).emit(event, args...);
}
template <class R, class... Args>
detail::ack_awaiter<R> remote_socket::emit_with_ack(std::string_view event,
                                                    const Args&... args) const {
  return with_timeout(detail::broadcast_target{nsp, {id}, {}, {}}).emit_with_ack<R>(event, args...);
}

// What a namespace and the server have in common with the operator: every call starts a new chain
// at all sockets.
template <class Derived>
class broadcasts {
 public:
  broadcast_operator to(const room_list& rooms) const { return start().to(rooms); }
  broadcast_operator in(const room_list& rooms) const { return start().to(rooms); }
  broadcast_operator except(const room_list& rooms) const { return start().except(rooms); }
  broadcast_operator local() const { return start().local(); }
  broadcast_operator volatile_() const { return start().volatile_(); }
  broadcast_operator compress(bool on) const { return start().compress(on); }
  broadcast_operator timeout(std::chrono::milliseconds limit) const {
    return start().timeout(limit);
  }
  template <class Event, class... Args>
  bool emit(const Event& event, const Args&... args) const {
    return start().emit(event, args...);
  }
  template <class... Args>
  bool send(const Args&... args) const {
    return start().send(args...);
  }
  template <class... Args>
  bool write(const Args&... args) const {
    return start().write(args...);
  }
  template <class R = value, class... Args>
  auto emit_with_ack(std::string_view event, const Args&... args) const {
    return start().template emit_with_ack<R>(event, args...);
  }
  void fetch_sockets(std::function<void(std::vector<remote_socket>)> done) const {
    start().fetch_sockets(std::move(done));
  }
  auto fetch_sockets() const { return start().fetch_sockets(); }
  void all_sockets(std::function<void(std::vector<std::string>)> done) const {
    start().all_sockets(std::move(done));
  }
  auto all_sockets() const { return start().all_sockets(); }
  void sockets_join(const room_list& rooms) const { start().sockets_join(rooms); }
  void sockets_leave(const room_list& rooms) const { start().sockets_leave(rooms); }
  void disconnect_sockets(bool close = false) const { start().disconnect_sockets(close); }

 private:
  broadcast_operator start() const { return static_cast<const Derived*>(this)->everybody(); }
};

}  // namespace socketio
