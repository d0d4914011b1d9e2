// The official Admin UI for this server: example_admin 3000 node_modules/@socket.io/admin-ui, and
// then http://127.0.0.1:3000/admin/. The password's hash comes from the environment.
#include "serve.hpp"
#include <socketio/admin.hpp>

#include <exception>

int main(int argc, char** argv) try {
  socketio::server io(options_from(argc, argv));

  // [instrument]
  const char* hash = std::getenv("ADMIN_PASSWORD_HASH");  // "$2y$10$...", of htpasswd -nbBC 10
  socketio::admin::instrument(io, {.auth = socketio::admin::basic_auth{"ann", hash ? hash : ""}});
  // [/instrument]
  // [page]
  if (argc > 2) socketio::admin::serve_ui(io, "/admin/", argv[2]);
  // [/page]

  io.on("join", [](const socketio::socket& from, std::string room) { from.join(room); });
  io.on("rooms", [](const socketio::socket& from) { return from.rooms(); });
  return serve(io);
} catch (const std::invalid_argument& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
