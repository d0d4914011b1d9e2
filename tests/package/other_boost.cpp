// A program with a Boost of its own, of another version than any that this library knows: the names
// are those of Asio, what they name is laid out otherwise. It is linked with the client, and both
// work, because no Boost is in the client.
#include <socketio/client.hpp>

#include <array>
#include <cstdio>

namespace boost {
namespace asio {
class io_context {
 public:
  io_context();
  ~io_context();
  std::size_t run();
  static int version();

 private:
  std::array<char, 3> another_layout_{'a', 'b', 'c'};
};
io_context::io_context() { std::puts("another io_context"); }
io_context::~io_context() = default;
std::size_t io_context::run() { return another_layout_.size(); }
int io_context::version() { return 107400; }

namespace detail {
class scheduler {
 public:
  virtual ~scheduler();
  virtual int run(int& error);
  int another = 5;
};
scheduler::~scheduler() = default;
int scheduler::run(int& error) { return error = another; }
}  // namespace detail
}  // namespace asio
}  // namespace boost

int main(int, char** argv) {
  boost::asio::io_context context;
  boost::asio::detail::scheduler scheduler;
  socketio::event_loop loop;
  socketio::client socket(argv[1], {.loop = loop});
  int status = 1;
  socket.on_connect([&] {
    socket.emit("echo", 42, [&](socketio::result<int> answer) {
      int error = 0;
      const bool works = answer && context.run() == 3 && scheduler.run(error) == 5;
      if (works) std::printf("acknowledged %d\n", *answer);
      status = works ? 0 : 1;
      loop.stop();
    });
  });
  loop.run();
  return status;
}
