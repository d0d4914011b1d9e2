// The C++ half of docs/guide/migration.md: the same server as migration.mjs.
#include "serve.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

using namespace std::chrono_literals;

// [structs]
struct order {
  std::string item;
  std::optional<int> count;
};
struct receipt {
  int number = 0;
  std::string item;
};
// [/structs]

void answer_and_ask(socketio::server& io, socketio::socket socket) {
  // [answering]
  socket.on("add", [](int a, int b) { return a + b; });
  socket.on("order", [](order what, socketio::ack<receipt> done) {
    if (what.count.value_or(1) > 10) return done.error("failed", "too many");
    done({7, what.item});
  });
  // [/answering]

  // [asking]
  socket.on("ask me", [socket]() -> socketio::task<> {
    const auto age = co_await socket.timeout(200ms).emit_with_ack<int>("your age?");
    if (age)
      socket.emit("so old", *age);
    else
      socket.emit("no answer");
  });
  // [/asking]

  // [callback]
  socket.on("ask again", [socket] {
    socket.timeout(200ms).emit("your age?", [socket](std::error_code error, int age) {
      if (error)
        socket.emit("no answer");
      else
        socket.emit("so old", age);
    });
  });
  // [/callback]

  // [everybody]
  socket.on("vote", [&io](std::string question) -> socketio::task<std::ptrdiff_t> {
    const auto all = co_await io.timeout(300ms).emit_with_ack<bool>("vote", question);
    co_return std::count(all.answers.begin(), all.answers.end(), true);
  });
  // [/everybody]
}

void use_rooms(socketio::server& io, socketio::socket socket) {
  // [rooms]
  socket.on("join", [socket](std::string room) {
    socket.join(room);
    socket.to(room).emit("joined", socket.data()["name"]);
  });
  socket.on("say", [&io](std::vector<std::string> rooms, std::string text) {
    io.to(rooms.at(0)).to(rooms.at(1)).except("deaf").emit("said", text);
  });
  socket.on("position",
            [socket](int x, int y) { socket.to("players").volatile_().emit("position", x, y); });
  socket.on("who", [&io](std::string room) -> socketio::task<socketio::values> {
    socketio::values names;
    for (const socketio::remote_socket& one : co_await io.in(room).fetch_sockets())
      names.push_back(one.data["name"]);
    co_return names;
  });
  // [/rooms]
}

void hear_of_everything(socketio::socket socket) {
  // [events]
  socket.use([](socketio::event_packet& packet, socketio::next_fn next) {
    if (packet.name == "forbidden") return next("not this one");
    next();
  });
  socket.on_error([socket](std::string_view error) { socket.emit("refused", error); });
  socket.on_any([socket](std::string_view event, const socketio::values& args) {
    if (event == "count me") socket.emit("counted", args.size());
  });
  // [/events]

  // [failing]
  socket.on("fail", []() -> int { throw std::runtime_error("no luck"); });
  // [/failing]

  // [leaving]
  socket.on_disconnecting([socket](const socketio::disconnect_reason& why) {
    for (const std::string& room : socket.rooms())
      socket.to(room).emit("left", socket.data()["name"], why.text());
  });
  socket.on_disconnect([](const socketio::disconnect_reason& why) {
    std::printf("gone: %s\n", std::string(why.text()).c_str());
  });
  // [/leaving]
}

void report_errors(socketio::server& io) {
  // [reported]
  io.on_error([](std::exception_ptr what, std::string_view where) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      std::printf("%s: %s\n", std::string(where).c_str(), error.what());
    } catch (...) {
    }
  });
  // [/reported]
}

int main(int argc, char** argv) {
  const std::uint16_t port = options_from(argc, argv).port;

  // [making]
  socketio::server io({
      .port = port,
      .ping_interval = 10s,
      .max_http_buffer_size = 100'000,
      .transports = {"polling", "websocket"},
      .cors = socketio::cors_options{.origins = {"https://app.example"}, .credentials = true},
  });
  // [/making]

  // [middleware]
  io.use([](const socketio::socket& socket) {
    const socketio::handshake from = socket.handshake();
    const std::string* name = from.auth["name"].as_string();
    if (!name)
      throw socketio::connect_error("name yourself", socketio::value::map({{"code", "NO_NAME"}}));
    socket.data()["name"] = *name;
  });
  // [/middleware]

  // [connection]
  io.on_connection([](socketio::socket socket) {
    socket.emit("hello", socket.id());
    socket.on("chat message", [socket](std::string text) {
      socket.broadcast().emit("chat message", socket.data()["name"], text);
    });
  });
  // [/connection]

  io.on_connection([&io](socketio::socket socket) {
    answer_and_ask(io, socket);
    use_rooms(io, socket);
    hear_of_everything(socket);
  });
  report_errors(io);

  // [namespaces]
  auto admin = io.of("/admin");
  admin.on("kick",
           [&io](const socketio::socket&, std::string id) { io.in(id).disconnect_sockets(true); });
  // [/namespaces]

  // [shutdown]
  io.close_on_signals({SIGTERM});
  if (const std::error_code error = io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  std::printf("listening on http://127.0.0.1:%u/\n", unsigned{io.port()});
  io.run();
  // [/shutdown]
}
