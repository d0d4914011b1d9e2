// The bridge to Asio, for programs that have an io_context of their own: clients live on it, and
// acknowledgements are asynchronous operations with any completion token. Header-only, and the only
// header here that names Asio: Boost's, or the standalone one with SOCKETIO_STANDALONE_ASIO.
//
//   asio::io_context context;
//   socketio::event_loop loop;
//   socketio::asio_driver driver(context.get_executor(), loop);
//   socketio::client socket("https://chat.example", {.loop = loop});
//   ...
//   asio::co_spawn(context, [&]() -> asio::awaitable<void> {
//     auto answer = co_await socketio::async_emit_with_ack<std::string>(
//         socket.timeout(5s), "question", 42, asio::use_awaitable);   // result<std::string>
//   }, asio::detached);
//   context.run();
//
// Needs Linux and an executor whose work does not run at the same time: an io_context with one
// thread, or a strand. Callbacks of the clients run there. The context outlives the clients.
#pragma once

#include "socketio/client_socket.hpp"
#include "socketio/event_loop.hpp"

#ifdef SOCKETIO_STANDALONE_ASIO
#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/system_executor.hpp>
#else
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_executor.hpp>
#endif

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace socketio {

namespace detail {
#ifdef SOCKETIO_STANDALONE_ASIO
namespace asio = ::asio;
#else
namespace asio = ::boost::asio;
#endif
}  // namespace detail

// Polls a loop whenever it has something to do, as long as this exists. Destroy it on the executor,
// or when nobody runs that. The loop must not be run elsewhere meanwhile.
class asio_driver {
 public:
  asio_driver(detail::asio::any_io_executor on, event_loop loop)
      : inside_(std::make_shared<inside>(std::move(on), std::move(loop))) {
    detail::asio::dispatch(inside_->readable.get_executor(), [one = inside_] {
      if (!one->ended) one->turn();
    });
  }
  ~asio_driver() { inside_->end(); }
  asio_driver(const asio_driver&) = delete;
  asio_driver& operator=(const asio_driver&) = delete;

 private:
  // Waits hold it; it ends them.
  struct inside : std::enable_shared_from_this<inside> {
    inside(const detail::asio::any_io_executor& on, event_loop of)
        : loop(std::move(of)), readable(on, loop.native_handle()), due(on) {}
    ~inside() { readable.release(); }

    // Goes on also where posted work throws, which comes out of the context's run().
    void turn() {
      struct at_end {
        inside& of;
        ~at_end() {
          if (!of.ended) of.arm();
        }
      };
      const at_end behind{*this};
      loop.poll();
    }
    void arm() {
      if (!waiting) wait();
      const auto next = loop.deadline();
      if (next == armed) return;
      armed = next;
      if (!next) {
        due.cancel();
        return;
      }
      due.expires_at(*next);
      due.async_wait([one = shared_from_this()](const auto& error) {
        if (error || one->ended) return;
        one->armed.reset();
        one->turn();
      });
    }
    void wait() {
      waiting = true;
      readable.async_wait(detail::asio::posix::descriptor_base::wait_read,
                          [one = shared_from_this()](const auto& error) {
                            one->waiting = false;
                            if (!error && !one->ended) one->turn();
                          });
    }
    // The descriptor stays the loop's.
    void end() {
      ended = true;
      due.cancel();
      readable.cancel();
    }

    event_loop loop;
    detail::asio::posix::stream_descriptor readable;
    detail::asio::steady_timer due;
    std::optional<std::chrono::steady_clock::time_point> armed;
    bool waiting = false;
    bool ended = false;
  };
  std::shared_ptr<inside> inside_;
};

namespace detail {

// Takes the outcome of an acknowledgement to the executor of a completion handler, which has work
// until then. What is never settled, because its client is gone, is errc::disconnected.
template <class R, class Handler>
class asio_receiver final : public ack_receiver {
 public:
  explicit asio_receiver(Handler handler)
      : handler_(std::move(handler)), work_(asio::get_associated_executor(handler_)) {}
  ~asio_receiver() override {
    if (!done_) on_failure(errc::disconnected);
  }
  asio_receiver(const asio_receiver&) = delete;
  asio_receiver& operator=(const asio_receiver&) = delete;
  void on_answer(const input& arguments) override { complete(decode_answer<R>(arguments)); }
  void on_failure(errc why) override { complete(why); }

 private:
  void complete(result<R> outcome) {
    done_ = true;
    auto run = [handler = std::move(handler_), outcome = std::move(outcome)]() mutable {
      std::move(handler)(std::move(outcome));
    };
    // Without an executor of its own it runs where the client's callbacks do, and not on threads of
    // Asio's.
    if constexpr (std::is_same_v<asio::associated_executor_t<Handler>, asio::system_executor>)
      run();
    else
      asio::post(work_.get_executor(), std::move(run));
    work_.reset();
  }
  Handler handler_;
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
  bool done_ = false;
};

}  // namespace detail

// emit_with_ack() as an asynchronous operation: the completion signature is void(result<R>). The
// last argument is the completion token. It ends by the answer, a timeout() or the connection's
// end, not by a cancellation slot. `to` is a client_socket, or one with flags.
template <class R = value, class To, class... ArgsAndToken>
auto async_emit_with_ack(const To& to, std::string_view event, ArgsAndToken&&... rest) {
  static_assert(sizeof...(rest) > 0, "the last argument is a completion token");
  detail::check_event_name(event);
  auto all = std::forward_as_tuple(std::forward<ArgsAndToken>(rest)...);
  constexpr std::size_t count = sizeof...(rest) - 1;
  auto kept = detail::without_last(
      [&](const auto&... arguments) { return detail::keep_event(event, arguments...); }, all,
      std::make_index_sequence<count>());
  return detail::asio::async_initiate<std::tuple_element_t<count, std::tuple<ArgsAndToken...>>,
                                      void(result<R>)>(
      [target = to.target(), kept](auto handler) {
        using receiver = detail::asio_receiver<R, decltype(handler)>;
        auto answer = std::make_unique<receiver>(std::move(handler));
        detail::with_kept(*kept,
                          [&](detail::payload& what) { emit_to(target, what, std::move(answer)); });
      },
      std::get<count>(all));
}

}  // namespace socketio
