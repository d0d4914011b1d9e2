// A loop for clients that you run yourself, instead of the thread that each of them has by default:
// in a thread of yours, beside the loop of a toolkit, once per frame of a game.
//
//   socketio::event_loop loop;
//   socketio::client socket("https://chat.example", {.loop = loop});
//   loop.run();                       // or, where something else runs: loop.poll()
//
// Callbacks of clients on a loop run inside run() and poll(), and nowhere else. It may have any
// number of clients. The handle is cheap to copy; the loop lives as long as one of them or a
// client on it. See docs/client.md for Qt and Asio.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace socketio {

namespace client_side {
class driven_loop;
}

class event_loop {
 public:
  // Throws std::system_error when the system has no descriptor left.
  event_loop();

  // Until stop(); may be called again, clients are as they were left. Throws std::logic_error when
  // it runs already, on whatever thread, and what work threw that was posted.
  void run() const;
  void stop() const noexcept;  // any thread; also before run(), which then returns at once
  // What can be done now, without waiting; for the loops of others. Throws what posted work threw.
  void poll() const;
  // For these: readable when poll() has something to do (for poll(2), epoll, QSocketNotifier,
  // boost::asio::posix::stream_descriptor). Stays the loop's.
  int native_handle() const noexcept;
  // When poll() is to be called even if nothing is readable; nothing: not before then. Ask after
  // each poll(), on its thread.
  std::optional<std::chrono::steady_clock::time_point> deadline() const;
  // Runs `work` inside run() or poll(), in the order of the calls; any thread. Dropped when the
  // loop ends before.
  void post(std::function<void()> work) const;

  const std::shared_ptr<client_side::driven_loop>& impl() const noexcept {
    return impl_;
  }  // internal

 private:
  std::shared_ptr<client_side::driven_loop> impl_;
};

}  // namespace socketio
