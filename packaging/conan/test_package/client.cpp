// Nobody is there to talk to: that the attempt fails is what shall be heard.
#include <socketio/client.hpp>

#include <cstdio>

int main() {
  socketio::event_loop loop;
  socketio::client socket("http://127.0.0.1:1", {.loop = loop});
  socket.on_connect_error([&](const socketio::connect_failure& why) {
    std::printf("%s: %s\n", why.message.c_str(), why.description.c_str());
    loop.stop();
  });
  loop.run();
}
