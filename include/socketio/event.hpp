// Events declared once, for both directions: misuse then does not compile.
//
//   inline constexpr socketio::event<"message:send", std::string, socketio::ack<receipt>>
//   message_send; socket.on(message_send, [](std::string text) -> receipt { ... });
//   socket.emit(message_received, message);
#pragma once

#include <cstddef>
#include <string_view>

namespace socketio {

template <class... Answer>
class ack;

namespace detail {

template <std::size_t N>
struct event_name {
  char text[N]{};
  consteval event_name(const char (&from)[N]) {
    for (std::size_t i = 0; i < N; i++) text[i] = from[i];
  }
  constexpr std::string_view view() const noexcept { return {text, N - 1}; }
};

template <class... T>
struct types {};

// Splits the declared parameters into arguments and the answer.
template <class Arguments, class... Rest>
struct event_parts {
  using arguments = Arguments;
  using answer = types<>;
  static constexpr bool acknowledged = false;
};
template <class... Done, class Next, class... Rest>
struct event_parts<types<Done...>, Next, Rest...> : event_parts<types<Done..., Next>, Rest...> {};
template <class... Done, class... Answer>
struct event_parts<types<Done...>, ack<Answer...>> {
  using arguments = types<Done...>;
  using answer = types<Answer...>;
  static constexpr bool acknowledged = true;
};

// Throws std::invalid_argument for a reserved event name (BR-07, CS-11).
void check_event_name(std::string_view name);
// Throws std::invalid_argument when a handler of that name would never be called, and says what to
// call instead. Only a namespace's "connection" is nobody's event: clients may send one.
void check_handled_event(std::string_view name, bool of_namespace);
// The same for the handlers of a client.
void check_client_event(std::string_view name);

// The names that only the library itself may use (SK-08).
inline constexpr std::string_view reserved_names[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
constexpr bool is_reserved(std::string_view name) noexcept {
  for (const std::string_view reserved : reserved_names)
    if (name == reserved) return true;
  return false;
}

}  // namespace detail

// `Parameters` are the arguments' types; a last ack<...> says what the receiver answers.
template <detail::event_name Name, class... Parameters>
struct event {
  static_assert(!detail::is_reserved(Name.view()), "this event name is reserved by Socket.IO");
  using parts = detail::event_parts<detail::types<>, Parameters...>;
  static constexpr std::string_view name() noexcept { return Name.view(); }
};

}  // namespace socketio
