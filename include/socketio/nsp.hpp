// nsp: a namespace (the word itself is a keyword). A cheap handle; namespaces live as long as the
// server. Any thread unless a comment says "shard only". Handlers and middlewares run on the shard
// of the socket they are for.
#pragma once

#include "socketio/broadcast.hpp"
#include "socketio/detail/plain_function.hpp"
#include "socketio/socket.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class adapter;

// Arguments that did not fit a handler's parameters: it was not called, and the client got an error
// acknowledgement when it had asked for one.
struct invalid_arguments {
  std::string event;
  std::size_t index = 0;  // of the argument, counted from 0
  kind got = kind::null;
  bool missing = false;
  std::string
      wanted;  // as JavaScript calls it: "string", "array of number", "object with id, price"
  std::string text() const;
};

namespace detail {

using namespace_middleware = std::function<void(const socket&, next_fn)>;

listener_id add_handler(const std::shared_ptr<core::nsp>& to, std::string_view event,
                        std::shared_ptr<handler> what, handler_place where = {});
listener_id add_server_side_handler(const std::shared_ptr<core::nsp>& to, std::string_view event,
                                    std::shared_ptr<handler> what, bool once);
// Throws std::invalid_argument for the names that are reserved between servers (SS-01).
void check_server_side_event(std::string_view name);
void server_side_emit(const std::shared_ptr<core::nsp>& from, payload& what,
                      std::unique_ptr<broadcast_receiver> answers);
void run_middleware_task(socket from, task<void> work, next_fn next);
void run_middleware_task(socket from, task<std::optional<connect_error>> work, next_fn next);

// Which of its forms a middleware has; `none` has told the compiler why.
enum class middleware_form { none, with_next, returning, coroutine };
template <class F>
consteval middleware_form form_of_middleware() {
  constexpr bool known = one_signature<F>;
  static_assert(known, "a middleware needs one signature: no auto parameters");
  if constexpr (known) {
    using returned = result_of<F>;
    constexpr bool with_next = std::is_invocable_r_v<void, F&, const socket&, next_fn>;
    constexpr bool alone = std::is_invocable_v<F&, const socket&>;
    constexpr bool decides =
        std::is_void_v<returned> || std::is_convertible_v<returned, std::optional<connect_error>>;
    constexpr bool decides_later = std::is_same_v<returned, task<void>> ||
                                   std::is_same_v<returned, task<std::optional<connect_error>>>;
    static_assert(with_next || alone,
                  "a middleware takes (const socket&) or (const socket&, next_fn)");
    static_assert(!with_next || std::is_void_v<returned>,
                  "a middleware that takes next calls it, and returns nothing");
    static_assert(!alone || decides || decides_later,
                  "a middleware returns nothing, std::optional<connect_error>, or a task of these");
    if constexpr (with_next && std::is_void_v<returned>) {
      return middleware_form::with_next;
    } else if constexpr (alone && decides) {
      return middleware_form::returning;
    } else if constexpr (alone && decides_later) {
      static_assert(
          !std::is_reference_v<std::tuple_element_t<0, parameters_of<F>>>,
          "a coroutine middleware must take the socket by value: a reference ends with the call");
      return middleware_form::coroutine;
    }
  }
  return middleware_form::none;
}

// The four forms of a middleware: (socket, next_fn), or (socket) returning nothing (throw
// connect_error to refuse), std::optional<connect_error>, or a task of either.
template <class F>
namespace_middleware make_middleware(F&& function) {
  constexpr middleware_form form = form_of_middleware<std::decay_t<F>>();
  if constexpr (form == middleware_form::none) {
    return {};
  } else if constexpr (form == middleware_form::with_next) {
    return std::forward<F>(function);
  } else {
    // Shared, because a coroutine refers to the captures of its lambda.
    auto alive = std::make_shared<std::decay_t<F>>(std::forward<F>(function));
    return [alive](const socket& from, next_fn next) {
      if constexpr (form == middleware_form::coroutine) {
        run_middleware_task(from, (*alive)(from),
                            next_fn([alive, next](std::optional<connect_error> why) {
                              if (why)
                                next(std::move(*why));
                              else
                                next();
                            }));
      } else if constexpr (std::is_void_v<result_of<F>>) {
        (*alive)(from);
        next();
      } else {
        if (std::optional<connect_error> why = (*alive)(from))
          next(std::move(*why));
        else
          next();
      }
    };
  }
}

}  // namespace detail

// The calls that a namespace and the server (for its main namespace) share.
class namespace_api : public broadcasts<namespace_api> {
 public:
  // A client joined, after all middlewares: `connection` and `connect` are one event here.
  listener_id on_connection(detail::plain_function<void(socket)> handler) const;
  listener_id once_connection(detail::plain_function<void(socket)> handler) const;

  // Handlers for events of all sockets of the namespace: a hundred thousand sockets cost no closure
  // each. Names that JavaScript reserves and "connection" throw std::invalid_argument: what they
  // stand for are calls such as on_connection() and on_disconnect().
  template <class F>
  listener_id on(std::string_view event, F&& handler) const {
    detail::check_handled_event(event, true);
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)));
  }
  template <detail::event_name Name, class... P, class F>
  listener_id on(const event<Name, P...>&, F&& handler) const {
    detail::check_handler<event<Name, P...>, F>();
    return on(Name.view(), std::forward<F>(handler));
  }
  // Called for the first such event of any socket, then gone.
  template <class F>
  listener_id once(std::string_view event, F&& handler) const {
    detail::check_handled_event(event, true);
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)),
                               {.once = true});
  }
  // Before the handlers that are there.
  template <class F>
  listener_id prepend(std::string_view event, F&& handler) const {
    detail::check_handled_event(event, true);
    return detail::add_handler(impl_, event, detail::make_handler(std::forward<F>(handler)),
                               {.first = true});
  }
  void off() const;                        // all handlers of events
  void off(std::string_view event) const;  // those of that event
  void off(listener_id id) const;
  listener_id on_disconnect(
      std::function<void(const socket&, const disconnect_reason&)> handler) const;
  listener_id on_disconnecting(
      std::function<void(const socket&, const disconnect_reason&)> handler) const;
  listener_id on_invalid(
      std::function<void(const socket&, const invalid_arguments&)> handler) const;

  // Adds a middleware: see detail::make_middleware for its forms. Middlewares run in order; the
  // first error ends the chain and becomes CONNECT_ERROR. A thrown connect_error is an error with
  // its text; any other exception is reported to on_error of the server and refused with "internal
  // error".
  template <class F>
  void use(F&& middleware) const {
    add_middleware(detail::make_middleware(std::forward<F>(middleware)));
  }

  // ---- between the servers of a cluster (SS-01 to SS-06)
  // To the same namespace of all other servers, which without an adapter for a cluster are none. A
  // last argument that is a callback (std::error_code, std::vector<R>) or (broadcast_answers<R>)
  // gets one answer per server, on the shard; without other servers at once, and none. "connect",
  // "connection" and "new_namespace" throw std::invalid_argument.
  template <class... Args>
  void server_side_emit(std::string_view event, const Args&... args) const {
    detail::check_server_side_event(event);
    detail::payload encoded;
    if constexpr (detail::last_is_callback<Args...>::value) {
      auto answers =
          detail::make_broadcast_receiver(std::get<sizeof...(Args) - 1>(std::tie(args...)));
      detail::without_last(
          [&](const auto&... first) { detail::payload::event(encoded, event, first...); },
          std::tie(args...), std::make_index_sequence<sizeof...(Args) - 1>());
      detail::server_side_emit(impl_, encoded, std::move(answers));
    } else {
      detail::payload::event(encoded, event, args...);
      detail::server_side_emit(impl_, encoded, nullptr);
    }
  }
  template <detail::event_name Name, class... P, class... Args>
  void server_side_emit(const event<Name, P...>&, const Args&... args) const {
    using parts = typename event<Name, P...>::parts;
    emit_declared<Name, parts::acknowledged>(typename parts::arguments{}, args...);
  }
  // co_await io.server_side_emit_with_ack<int>("how many?") -> broadcast_answers<int>
  template <class R = value, class... Args>
  detail::broadcast_awaiter<R> server_side_emit_with_ack(std::string_view event,
                                                         const Args&... args) const {
    detail::check_server_side_event(event);
    auto kept = detail::keep_event(event, args...);
    return detail::broadcast_awaiter<R>(
        [from = impl_, kept](std::unique_ptr<detail::broadcast_receiver> answers) {
          detail::with_kept(*kept, [&](detail::payload& what) {
            detail::server_side_emit(from, what, std::move(answers));
          });
        });
  }
  // For what another server has emitted so. Handlers as for on(), without a socket, on the first
  // shard; the answer is what they return, or the first value given to their ack. Arguments that do
  // not fit are reported to on_error() of the server.
  template <class F>
  listener_id on_server_side(std::string_view event, F&& handler) const {
    return add_server_side(event, std::forward<F>(handler), false);
  }
  template <detail::event_name Name, class... P, class F>
  listener_id on_server_side(const event<Name, P...>&, F&& handler) const {
    detail::check_handler<event<Name, P...>, F>();
    return on_server_side(Name.view(), std::forward<F>(handler));
  }
  template <class F>
  listener_id once_server_side(std::string_view event, F&& handler) const {
    return add_server_side(event, std::forward<F>(handler), true);
  }

  // How it reaches everybody; see <socketio/adapter.hpp>.
  socketio::adapter& adapter() const noexcept;

  // Room events (RM-02, RM-03): only on real changes.
  listener_id on_create_room(std::function<void(std::string_view room)> handler) const;
  listener_id on_delete_room(std::function<void(std::string_view room)> handler) const;
  listener_id on_join_room(
      std::function<void(std::string_view room, std::string_view id)> handler) const;
  listener_id on_leave_room(
      std::function<void(std::string_view room, std::string_view id)> handler) const;

  // Of all shards, at this instant: the connected sockets; how many are in a room; all rooms but
  // the sockets' own. Any thread.
  std::vector<socket> local_sockets() const;
  std::size_t room_size(std::string_view room) const;
  std::vector<std::string> room_names() const;

  broadcast_operator everybody() const {
    return broadcast_operator(detail::broadcast_target{impl_, {}, {}, {}});
  }
  const std::shared_ptr<core::nsp>& impl() const noexcept { return impl_; }  // internal

 protected:
  explicit namespace_api(std::shared_ptr<core::nsp> impl) noexcept : impl_(std::move(impl)) {}

 private:
  template <detail::event_name Name, bool Acknowledged, class... P, class... Args>
  void emit_declared(detail::types<P...>, const Args&... args) const {
    static_assert(
        sizeof...(Args) == sizeof...(P) || (Acknowledged && sizeof...(Args) == sizeof...(P) + 1),
        "this event was declared with another number of arguments");
    if constexpr (sizeof...(Args) == sizeof...(P)) {
      static_assert((std::is_convertible_v<const Args&, P> && ...),
                    "these arguments are not those of the declared event");
      server_side_emit(Name.view(), static_cast<const P&>(args)...);
    } else {
      detail::without_last(
          [&](const auto&... first) {
            server_side_emit(Name.view(), static_cast<const P&>(first)...,
                             std::get<sizeof...(P)>(std::tie(args...)));
          },
          std::tie(args...), std::make_index_sequence<sizeof...(P)>());
    }
  }
  template <class F>
  listener_id add_server_side(std::string_view event, F&& handler, bool once) const {
    static_assert(!detail::takes_socket<F>(), "a server has no socket: nobody could give it one");
    detail::check_server_side_event(event);
    return detail::add_server_side_handler(impl_, event,
                                           detail::make_handler(std::forward<F>(handler)), once);
  }
  void add_middleware(detail::namespace_middleware middleware) const;
  std::shared_ptr<core::nsp> impl_;
};

class nsp : public namespace_api {
 public:
  explicit nsp(std::shared_ptr<core::nsp> impl) noexcept : namespace_api(std::move(impl)) {}
  std::string_view name() const noexcept;
};

}  // namespace socketio
