// Turns the outcome of an acknowledgement into what the user asked for: a callback's parameters or
// a co_await's result.
#pragma once

#include "socketio/detail/function_traits.hpp"
#include "socketio/detail/payload.hpp"
#include "socketio/result.hpp"
#include "socketio/task.hpp"

#include <coroutine>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace socketio {

// The answers to a broadcast with acknowledgement (ACK-07, ACK-08), also when not everybody
// answered.
template <class R>
struct broadcast_answers {
  std::vector<R> answers;            // the first argument of each answer, in the order of arrival
  std::error_code error;             // empty: everybody answered
  std::vector<std::string> missing;  // ids of the sockets that did not answer, or not with an R
};

namespace detail {

template <class R>
result<R> decode_answer(const input& arguments) {
  input::walk walk(arguments);
  if constexpr (std::is_void_v<R>) {
    return {};
  } else if constexpr (std::same_as<R, rest>) {
    rest out;
    take_rest(walk, out);
    return out;
  } else if constexpr (tuple_like<R>) {
    R out{};
    if (!decode_arguments(arguments, out)) return errc::invalid_answer;
    return out;
  } else {
    input first;
    walk.next(first);
    R out{};
    if (!decode(first, out)) return errc::invalid_answer;
    return out;
  }
}

template <class T>
inline constexpr bool can_be_made = std::is_void_v<T> || std::is_default_constructible_v<T>;
template <class... A>
inline constexpr bool can_be_made<std::tuple<A...>> = (can_be_made<A> && ...);

template <class Tuple>
struct decayed_tuple;
template <class... A>
struct decayed_tuple<std::tuple<A...>> {
  using type = std::tuple<std::decay_t<A>...>;
};

// Callbacks: (std::error_code, R...), (R...) or (result<R>). Without an error parameter, only
// answers arrive.
template <class F>
class callback_receiver final : public ack_receiver {
  using parameters = parameters_of<F>;
  template <class Tuple>
  struct shape {
    static constexpr bool wants_error = false;
    static constexpr bool wants_result = false;
    using arguments = Tuple;
  };
  template <class... A>
  struct shape<std::tuple<std::error_code, A...>> {
    static constexpr bool wants_error = true;
    static constexpr bool wants_result = false;
    using arguments = std::tuple<A...>;
  };
  template <class R>
  struct shape<std::tuple<result<R>>> {
    static constexpr bool wants_error = false;
    static constexpr bool wants_result = true;
    using arguments = R;
  };
  using form = shape<typename decayed_tuple<parameters>::type>;
  using arguments = typename form::arguments;
  static_assert(!is_task<result_of<F>>,
                "the callback of an acknowledgement is no coroutine: "
                "co_await emit_with_ack<R>() instead");
  static_assert(can_be_made<arguments>,
                "what an answer is decoded to needs a default constructor: "
                "give the struct one, or its members initial values");
  static_assert(!takes_mutable_reference<parameters>,
                "the callback of an acknowledgement takes its parameters by value or by const "
                "reference");

 public:
  explicit callback_receiver(F function) : function_(std::move(function)) {}

  void on_answer(const input& from) override {
    if constexpr (form::wants_result) {
      function_(decode_answer<arguments>(from));
    } else {
      arguments decoded{};
      if (!decode_arguments(from, decoded)) return on_failure(errc::invalid_answer);
      call({}, decoded);
    }
  }
  void on_failure(errc why) override {
    if constexpr (form::wants_result) {
      function_(result<arguments>(why));
    } else if constexpr (form::wants_error) {
      arguments nothing{};
      call(make_error_code(why), nothing);
    }
  }

 private:
  void call([[maybe_unused]] std::error_code error, arguments& decoded) {
    std::apply(
        [&](auto&... each) {
          if constexpr (form::wants_error)
            function_(error, std::move(each)...);
          else
            function_(std::move(each)...);
        },
        decoded);
  }
  F function_;
};

// A coroutine that suspends until somebody settles it, perhaps at once, perhaps on another thread
// before await_suspend() has returned. What is settled at once must not resume inside
// await_suspend(): a loop of such awaits would grow the stack. Elsewhere it resumes right there, on
// the thread that settles; the awaiter may be gone then, so that nobody may look at it afterwards.
// Hence the note of what is being started is not in the awaiter but on the stack of its thread.
class suspension {
 public:
  // For await_suspend(): runs `start`. False: settled already, go on.
  template <class Start>
  bool begin(std::coroutine_handle<> who, Start&& start) {
    waiting_ = who;
    starting note(this);
    start();
    return !note.settled;
  }
  // The outcome is there. Once; the coroutine may have ended when this returns.
  void settle() {
    for (starting* one = starting::innermost; one; one = one->outer)
      if (one->who == this) {
        one->settled = true;
        return;
      }
    waiting_.resume();
  }

 private:
  struct starting {
    explicit starting(const suspension* what) noexcept
        : who(what), outer(std::exchange(innermost, this)) {}
    ~starting() { innermost = outer; }
    starting(const starting&) = delete;
    starting& operator=(const starting&) = delete;

    const suspension* who;
    starting* outer;
    bool settled = false;
    static inline thread_local starting* innermost = nullptr;
  };
  std::coroutine_handle<> waiting_;
};

// co_await emit_with_ack<R>(...): exactly one of answer, timeout, disconnected.
template <class R>
class [[nodiscard]] ack_awaiter {
 public:
  // `start` sends the event and takes the receiver.
  explicit ack_awaiter(std::function<void(std::unique_ptr<ack_receiver>)> start)
      : start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  // Never inlined, because its locals must not end up in the coroutine, which may be gone before it
  // returns.
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {
    const auto start = std::move(start_);
    return suspension_.begin(waiting, [&] { start(std::make_unique<receiver>(*this)); });
  }
  result<R> await_resume() { return std::move(outcome_); }

 private:
  // Whoever destroys it without an outcome must not leave the coroutine hanging.
  struct receiver final : ack_receiver {
    explicit receiver(ack_awaiter& of) : awaiter(&of) {}
    ~receiver() override {
      if (awaiter) on_failure(errc::disconnected);
    }
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;
    void on_answer(const input& arguments) override {
      ack_awaiter& to = *std::exchange(awaiter, nullptr);
      to.outcome_ = decode_answer<R>(arguments);
      to.suspension_.settle();
    }
    void on_failure(errc why) override {
      ack_awaiter& to = *std::exchange(awaiter, nullptr);
      to.outcome_ = why;
      to.suspension_.settle();
    }
    ack_awaiter* awaiter;
  };
  std::function<void(std::unique_ptr<ack_receiver>)> start_;
  suspension suspension_;
  result<R> outcome_{errc::disconnected};
};

// The sockets whose answers did not fit, which count as missing.
class unfit_answers {
 public:
  void add(std::string_view socket_id);
  void finish(std::error_code& error, std::vector<std::string>& missing) const;

 private:
  std::vector<std::string> sockets_;
};

// Collects the answers to a broadcast and hands them to `done(broadcast_answers<R>)`.
template <class R, class Done>
class collecting_receiver final : public broadcast_receiver {
 public:
  explicit collecting_receiver(Done done) : done_(std::move(done)) {}
  void on_answer(std::string_view socket_id, const input& arguments) override {
    input::walk walk(arguments);
    input first;
    walk.next(first);
    R out{};
    if (decode(first, out))
      collected_.answers.push_back(std::move(out));
    else
      unfit_.add(socket_id);
  }
  void on_end(std::error_code why, std::vector<std::string> missing) override {
    collected_.error = why;
    collected_.missing = std::move(missing);
    unfit_.finish(collected_.error, collected_.missing);
    done_(std::move(collected_));
  }

 private:
  Done done_;
  broadcast_answers<R> collected_;
  unfit_answers unfit_;
};

// A callback (std::error_code, std::vector<R>) or (broadcast_answers<R>) as a receiver. The first
// is what any other gets to hear.
template <class Parameters>
struct broadcast_callback {
  static_assert(unsupported<Parameters>,
                "the callback of a broadcast takes (std::error_code, std::vector<R>) or "
                "(broadcast_answers<R>): many clients answer");
  using answer = value;
  template <class F>
  static void call(F&, broadcast_answers<value>) {}
};
template <class R>
struct broadcast_callback<std::tuple<broadcast_answers<R>>> {
  using answer = R;
  template <class F>
  static void call(F& function, broadcast_answers<R> all) {
    function(std::move(all));
  }
};
template <class R>
struct broadcast_callback<std::tuple<std::error_code, std::vector<R>>> {
  using answer = R;
  template <class F>
  static void call(F& function, broadcast_answers<R> all) {
    function(all.error, std::move(all.answers));
  }
};
template <class F>
std::unique_ptr<broadcast_receiver> make_broadcast_receiver(const F& function) {
  static_assert(!is_task<result_of<F>>,
                "the callback of an acknowledgement is no coroutine: "
                "co_await emit_with_ack<R>() instead");
  using form = broadcast_callback<typename decayed_tuple<parameters_of<F>>::type>;
  using answer = typename form::answer;
  auto done = [function = F(function)](broadcast_answers<answer> all) mutable {
    form::call(function, std::move(all));
  };
  return std::make_unique<collecting_receiver<answer, decltype(done)>>(std::move(done));
}

template <class R>
class [[nodiscard]] broadcast_awaiter {
 public:
  explicit broadcast_awaiter(std::function<void(std::unique_ptr<broadcast_receiver>)> start)
      : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {  // as in ack_awaiter
    const auto start = std::move(start_);
    const auto done = [this](broadcast_answers<R> all) {
      outcome_ = std::move(all);
      suspension_.settle();
    };
    using receiver = collecting_receiver<R, decltype(done)>;
    return suspension_.begin(waiting, [&] { start(std::make_unique<receiver>(done)); });
  }
  broadcast_answers<R> await_resume() { return std::move(outcome_); }

 private:
  std::function<void(std::unique_ptr<broadcast_receiver>)> start_;
  suspension suspension_;
  broadcast_answers<R> outcome_;
};

// A value that arrives later, for fetch_sockets().
template <class T>
class [[nodiscard]] value_awaiter {
 public:
  explicit value_awaiter(std::function<void(std::function<void(T)>)> start)
      : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  [[gnu::noinline]] bool await_suspend(std::coroutine_handle<> waiting) {  // as in ack_awaiter
    const auto start = std::move(start_);
    return suspension_.begin(waiting, [&] {
      start([this](T what) {
        outcome_.emplace(std::move(what));
        suspension_.settle();
      });
    });
  }
  T await_resume() { return std::move(*outcome_); }

 private:
  std::function<void(std::function<void(T)>)> start_;
  suspension suspension_;
  std::optional<T> outcome_;
};

// The last of `Args` is a callback.
template <class... Args>
struct last_is_callback {
  using last = std::tuple_element_t<sizeof...(Args) - 1, std::tuple<Args...>>;
  static constexpr bool value = one_signature<last>;
};
template <>
struct last_is_callback<> {
  static constexpr bool value = false;
};

// Calls `use(first arguments..., callback)` with the callback as its last parameter split off.
template <class Use, class Tuple, std::size_t... I>
auto without_last(Use&& use, Tuple&& all, std::index_sequence<I...>) {
  return use(std::get<I>(std::forward<Tuple>(all))...);
}

}  // namespace detail
}  // namespace socketio
