// Event handlers behind one virtual call: decodes the arguments of a packet into the parameter
// types of the user's callable, runs it, and turns what it returns into the acknowledgement. No
// tree is built on the way.
//
// A callable may take, in this order: the socket (`socket`, `socket&`, `const socket&`; of a client
// `client_socket`), its arguments, a last ack<...>. A missing argument fits optional parameters
// only; surplus arguments are ignored, as in JavaScript. `rest` takes what is left as values. What
// a handler returns is the acknowledgement: nothing (no answer), a value, a std::tuple (several
// values), a result<T>, or a task of these.
#pragma once

#include "socketio/ack.hpp"
#include "socketio/detail/exceptions.hpp"
#include "socketio/detail/function_traits.hpp"
#include "socketio/result.hpp"
#include "socketio/task.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace socketio {

class socket;
class client_socket;

namespace detail {

struct argument_mismatch {
  std::size_t index = 0;  // counted from 0, the event name not included
  kind got = kind::null;
  bool missing = false;
  std::string wanted;  // name_for_clients<T>()
};

// One incoming event on its way to the handlers.
class event_call {
 public:
  event_call(const socket& to, std::string_view event, input packet_arguments, bool asked) noexcept
      : event_call(static_cast<const void*>(&to), event, packet_arguments, asked) {}
  event_call(const client_socket& to, std::string_view event, input packet_arguments,
             bool asked) noexcept
      : event_call(static_cast<const void*>(&to), event, packet_arguments, asked) {}
  virtual ~event_call() = default;

  // Of the type that it was made with: a handler of the other type was refused by on().
  template <class Socket>
  const Socket& self() const noexcept {
    return *static_cast<const Socket*>(self_);
  }
  // Of a client: its lowest bit says that no callback may begin any more. Looked at behind the
  // arguments, because reading those may take a while.
  const std::atomic<std::uint32_t>* gate = nullptr;
  bool may_begin() const noexcept {
    return !gate || (gate->load(std::memory_order_acquire) & 1) == 0;
  }

  std::string_view name;
  input arguments;  // the whole array; the name is its first element
  bool wants_ack;
  argument_mismatch mismatch;  // filled when a handler refuses

  virtual void send(payload& answer) = 0;  // at once; the first answer counts
  virtual void send_error(std::string_view code, std::string_view message) = 0;
  virtual std::shared_ptr<ack_slot> slot() = 0;  // for later; never nullptr

  // Notes the mismatch; always false.
  bool refuse(std::size_t index, kind got, bool missing, std::string wanted);

 private:
  event_call(const void* self, std::string_view event, input packet_arguments, bool asked) noexcept
      : name(event), arguments(packet_arguments), wants_ack(asked), self_(self) {}
  const void* self_;
};

class handler {
 public:
  virtual ~handler() = default;
  // False: the arguments do not fit (call.mismatch says which), the user's function was not called.
  virtual bool invoke(const std::shared_ptr<handler>& self, event_call& call) = 0;
};

template <class T>
inline constexpr bool is_ack = false;
template <class... Answer>
inline constexpr bool is_ack<ack<Answer...>> = true;

template <class T>
inline constexpr bool is_view =
    std::is_same_v<T, std::string_view> || std::is_same_v<T, std::span<const std::byte>> ||
    std::is_same_v<T, input>;

template <class T>
bool decode_parameter(event_call& call, input::walk& walk, std::size_t& index, T& out) {
  if constexpr (is_ack<T>) {
    if (call.wants_ack) out = T(call.slot());
    return true;
  } else if constexpr (std::same_as<T, rest>) {
    take_rest(walk, out);
    return true;
  } else {
    input at;
    const bool present = walk.next(at);
    if ((present || is_optional<T> || std::same_as<T, value>)&&decode(at, out))
      return index++, true;
    return call.refuse(index, at.type(), !present, name_for_clients<T>());
  }
}

template <class R>
void answer_with(payload& encoded, const R& what) {
  if constexpr (tuple_like<R>) {
    std::apply([&](const auto&... each) { payload::answer(encoded, each...); }, what);
  } else {
    payload::answer(encoded, what);
  }
}

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

// Answers with what a handler returned; `to` is the call itself or the slot of a coroutine.
template <class To, class R>
void give_answer(To& to, const R& what) {
  if constexpr (is_result<R>) {
    if (!what) return to.send_error("failed", what.error().message());
    if constexpr (!std::same_as<R, result<void>>)
      give_answer(to, *what);
    else
      give_answer(to, std::tuple<>());
  } else {
    payload encoded;
    answer_with(encoded, what);
    to.send(encoded);
  }
}

// `alive` holds the lambda whose captures the coroutine refers to.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wsubobject-linkage"  // g++ 12 takes the frame for a type of this header
#endif
template <class R>
detached run_task([[maybe_unused]] std::shared_ptr<handler> alive, task<R> work,
                  std::shared_ptr<ack_slot> slot) {
  SOCKETIO_TRY {
    if constexpr (std::is_void_v<R>) {
      co_await work;
    } else {
      const R answer = co_await work;
      give_answer(*slot, answer);
    }
  }
  SOCKETIO_CATCH_ALL { slot->report(std::current_exception()); }
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// Its first parameter is the socket: that of a server, or of a client.
template <class F, class Socket>
consteval bool takes() {
  using all = parameters_of<F>;
  if constexpr (std::tuple_size_v<all> == 0)
    return false;
  else
    return std::same_as<std::decay_t<std::tuple_element_t<0, all>>, Socket>;
}
template <class F>
consteval bool takes_socket() {
  return takes<F, socket>() || takes<F, client_socket>();
}

template <class F>
class typed_handler final : public handler {
  static_assert(one_signature<F>,
                "a handler needs one signature: no generic lambda, no overloaded operator()");
  using all = parameters_of<F>;
  using returned = result_of<F>;

  static constexpr bool with_socket = takes_socket<F>();

  template <class Tuple>
  struct decayed;
  template <class... A>
  struct decayed<std::tuple<A...>> {
    using type = std::tuple<std::decay_t<A>...>;
    static constexpr bool has_view = ((is_view<std::decay_t<A>> || std::is_reference_v<A>) || ...);
  };
  // Behind `rest` there may be an ack only.
  template <class Tuple>
  struct checked;
  template <class... A>
  struct checked<std::tuple<A...>> {
    static constexpr bool can_be_made = (std::is_default_constructible_v<A> && ...);
    static constexpr bool rest_is_last = [] {
      bool seen = false, fine = true;
      ((fine = fine && (!seen || is_ack<A>), seen = seen || std::same_as<A, rest>), ...);
      return fine;
    }();
  };

  template <bool Skip, class Tuple>
  struct arguments_of {
    using type = Tuple;
  };
  template <class Tuple>
  struct arguments_of<true, Tuple> {
    using type = typename tail<Tuple>::type;
  };
  using declared = typename arguments_of<with_socket, all>::type;
  using arguments = typename decayed<declared>::type;
  static_assert(!takes_mutable_reference<declared>,
                "a handler takes its arguments by value or by const reference");
  static_assert(checked<arguments>::can_be_made,
                "a handler's parameters need default constructors: give the struct one, or its "
                "members initial values");
  static_assert(checked<arguments>::rest_is_last,
                "`rest` takes all arguments that are left: it must be the last parameter");
  static_assert(!(is_task<returned> && decayed<all>::has_view),
                "a coroutine handler must take values: views and references end with the call");

 public:
  explicit typed_handler(F function) : function_(std::move(function)) {}

  bool invoke(const std::shared_ptr<handler>& self, event_call& call) override {
    input::walk walk(call.arguments);
    input name;
    walk.next(name);
    arguments decoded{};
    std::size_t index = 0;
    const bool fits = std::apply(
        [&](auto&... each) { return (decode_parameter(call, walk, index, each) && ...); }, decoded);
    if (fits && call.may_begin()) run(self, call, decoded);
    return fits;
  }

 private:
  decltype(auto) call_user(event_call& call, arguments& decoded) {
    return std::apply(
        [&](auto&... each) -> returned {
          if constexpr (!with_socket) {
            return function_(std::move(each)...);
          } else {
            using first = std::tuple_element_t<0, all>;
            using type = std::decay_t<first>;
            if constexpr (std::same_as<first, type&>) {
              type from = call.template self<type>();  // complete by now
              return function_(from, std::move(each)...);
            } else {
              return function_(call.template self<type>(), std::move(each)...);
            }
          }
        },
        decoded);
  }

  void run(const std::shared_ptr<handler>& self, event_call& call, arguments& decoded) {
    if constexpr (is_task<returned>) {
      auto alive = self;  // the reference may dangle once user code has run
      auto work = call_user(call, decoded);
      run_task(std::move(alive), std::move(work), call.slot());
    } else if constexpr (std::is_void_v<returned>) {
      call_user(call, decoded);
    } else {
      const auto answer = call_user(call, decoded);
      if (call.wants_ack) give_answer(call, answer);
    }
  }

  F function_;
};

// `Other`: the socket of the other side, which nobody could give it.
template <class Other = client_socket, class F>
std::shared_ptr<handler> make_handler(F&& function) {
  static_assert(!takes<std::decay_t<F>, Other>(),
                "this handler takes the socket of the other side: handlers of a server take "
                "`socket`, those of a client `client_socket`");
  return std::make_shared<typed_handler<std::decay_t<F>>>(std::forward<F>(function));
}

}  // namespace detail
}  // namespace socketio
