// What can be sent to one peer: emit() in its forms, for the sockets of a server and of a client.
//
// `Derived` has target(), and for the type of that there is, in this namespace,
//   bool emit_to(const target&, payload&, std::unique_ptr<ack_receiver>);
#pragma once

#include "socketio/detail/payload.hpp"
#include "socketio/detail/receivers.hpp"
#include "socketio/event.hpp"

#include <concepts>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace socketio::detail {

template <class Derived>
class emits {
 public:
  // Sends an event. The last argument may be a callback for the acknowledgement: (std::error_code,
  // R...), (R...) or (result<R>); it is called exactly once, with the answer or one of errc:
  // timed_out, disconnected, refused (it was not sent), invalid_answer (the answer is not an R...).
  // A callback without an error parameter is only called with an answer that fits.
  //
  // Of a server: false when the event was not sent, because the socket is disconnected, its send
  // queue or list of pending acknowledgements is full, or a volatile event cannot go out at this
  // instant. On another thread than the shard's the event is on its way there: false only when the
  // server has stopped, or too many events of other threads wait for the shard (posted_bytes_max).
  // Of a client: see client_socket. Throws std::invalid_argument for the six reserved names (SK-08,
  // CS-11).
  template <class... Args>
  bool emit(std::string_view event, const Args&... args) const {
    check_event_name(event);
    if constexpr (last_is_callback<Args...>::value) {
      using callback = std::decay_t<std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>>;
      auto answer = std::make_unique<callback_receiver<callback>>(
          std::get<sizeof...(Args) - 1>(std::tie(args...)));
      return without_last(
          [&](const auto&... first) {
            payload encoded;
            payload::event(encoded, event, first...);
            return emit_to(to_target(), encoded, std::move(answer));
          },
          std::tie(args...), std::make_index_sequence<sizeof...(Args) - 1>());
    } else {
      payload encoded;
      payload::event(encoded, event, args...);
      return emit_to(to_target(), encoded, nullptr);
    }
  }
  template <event_name Name, class... P, class... Args>
  bool emit(const event<Name, P...>&, const Args&... args) const {
    using parts = typename event<Name, P...>::parts;
    return emit_declared<Name, parts::acknowledged>(typename parts::arguments{}, args...);
  }
  // emit("message", ...), as in SK-09 and CS-19.
  template <class... Args>
  bool send(const Args&... args) const {
    return emit("message", args...);
  }

  // co_await socket.timeout(5s).emit_with_ack<reply>("question", x) -> result<reply>; R may be
  // void, or a std::tuple or `rest` of all arguments of the answer.
  template <class R = value, class... Args>
  ack_awaiter<R> emit_with_ack(std::string_view event, const Args&... args) const {
    check_event_name(event);
    auto kept = keep_event(event, args...);
    return ack_awaiter<R>([target = to_target(), kept](std::unique_ptr<ack_receiver> answer) {
      with_kept(*kept, [&](payload& what) { emit_to(target, what, std::move(answer)); });
    });
  }

 private:
  auto to_target() const { return static_cast<const Derived*>(this)->target(); }

  template <event_name Name, bool Acknowledged, class... P, class... Args>
  bool emit_declared(types<P...>, const Args&... args) const {
    static_assert(
        sizeof...(Args) == sizeof...(P) || (Acknowledged && sizeof...(Args) == sizeof...(P) + 1),
        "this event was declared with another number of arguments");
    if constexpr (sizeof...(Args) == sizeof...(P)) {
      static_assert((std::is_convertible_v<const Args&, P> && ...),
                    "these arguments are not those of the declared event");
      return emit(Name.view(), static_cast<const P&>(args)...);
    } else {
      return without_last(
          [&](const auto&... first) {
            return emit(Name.view(), static_cast<const P&>(first)...,
                        std::get<sizeof...(P)>(std::tie(args...)));
          },
          std::tie(args...), std::make_index_sequence<sizeof...(P)>());
    }
  }
};

}  // namespace socketio::detail
