// The HTTP below Socket.IO: middlewares, cookies, CORS, several addresses, and life behind a proxy.
#include "serve.hpp"

using socketio::http_reply;
using socketio::http_request;
using socketio::http_response;

struct user {
  std::string name;
};

socketio::server_options options_for(int argc, char** argv) {
  auto options = options_from(argc, argv);
  // [origins]
  socketio::cors_options cors;
  cors.origins = {"https://app.example", "https://admin.example"};
  cors.credentials = true;
  options.cors = cors;
  options.allowed_origins = cors.origins;  // what no browser can be talked out of
  // [/origins]
  options.cookie = socketio::cookie_options{.name = "sticky", .secure = true};
  // [proxies]
  options.trusted_proxies = {"127.0.0.1", "10.0.0.0/8", "unix:"};
  options.max_connections_per_address = 50;
  // [/proxies]
  return options;
}

int main(int argc, char** argv) {
  socketio::server io(options_for(argc, argv));

  io.engine().use([](http_request&, const http_reply& reply, socketio::next_fn next) {
    reply.set("X-Frame-Options", "DENY");
    next();
  });
  // [middleware]
  io.engine().use(socketio::handshake_only(
      [](http_request& request, const http_reply& reply, socketio::next_fn next) {
        const auto token = request.headers["Authorization"];
        if (token != "Bearer secret") return reply.end(http_response::text(401, "who are you?\n"));
        request.custom.set(user{"ann"});
        next();
      }));

  io.on_connection([](socketio::socket socket) {
    const auto who = socket.request().custom.get<user>();
    socket.emit("welcome", who->name, socket.handshake().address);
  });
  // [/middleware]

  io.engine().on_connection_error = [](const http_request& request,
                                       const socketio::connection_error& why) {
    std::printf("refused %s: %s\n", request.remote_address.c_str(), why.message.c_str());
  };
  io.engine().on_headers = [](socketio::http_headers& headers, const http_request&) {
    headers.set("X-Served-By", "node-7");
  };

  // [listen]
  if (argc > 2)
    if (const auto error = io.listen("unix:" + std::string(argv[2])))
      std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
  // [/listen]
  return serve(io);
}
