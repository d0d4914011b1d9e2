// Plain HTTP beside Socket.IO, on the same port: routes, JSON answers, answers that come later,
// files, health.
#include "serve.hpp"

using namespace std::chrono_literals;
using socketio::http_request;
using socketio::http_response;

int main(int argc, char** argv) {
  socketio::server io(options_from(argc, argv));

  // [routes]
  io.get("/healthz", [](const http_request&) { return http_response::text(200, "ok\n"); });
  io.get("/users/:id", [](const http_request&, const socketio::route_parameters& parameters) {
    return http_response::json(200, R"({"id":")" + std::string(parameters["id"]) + R"("})");
  });
  io.post("/announce", [&io](const http_request& request) {
    io.emit("announcement", request.body);
    return http_response::text(202, "announced\n");
  });
  io.get("/later", [&io](const http_request&, socketio::respond_function respond) {
    io.set_timeout(20ms, [respond] { respond(http_response::text(200, "now\n")); });
  });
  // [/routes]
  io.get("/counters", [&io](const http_request&) {
    const auto now = io.counters();
    return http_response::json(200, R"({"sockets":)" + std::to_string(now.sockets) + "}");
  });
  if (argc > 2) io.serve_static("/", argv[2]);

  return serve(io);
}
