// The server under test, ours: the C++ counterpart of reference_server.mjs. CONTRACT.md says what
// it does; it uses the public API only. Observations go to stdout, actions come in over its own
// HTTP routes, and it ends when stdin ends.
#include "server/json.hpp"
#include "server/program.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

using socketio::http_request;
using socketio::http_response;

namespace conformance {

program::program(const value& given_options)
    : options(given_options), io(options_from(given_options)) {
  install_hooks(*this);
  open_all_namespaces(*this);
  if (options["dynamic"] == value(true)) open_parents(*this);
  add_admin(*this);
  io.on_error([this](std::exception_ptr what, std::string_view) {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& error) {
      record("handler_error", {{"message", error.what()}});
    }
  });
}

void program::record(std::string_view event, value::object fields) {
  const std::lock_guard lock(mutex);
  value::object line{{"n", ++observed_}, {"ev", event}};
  line.insert(line.end(), fields.begin(), fields.end());
  std::printf("%s\n", to_json(line).c_str());
  std::fflush(stdout);
}

socketio::socket program::socket_of(const value& id) const {
  const std::lock_guard lock(mutex);
  const auto found = known.find(id.as_string() ? *id.as_string() : id.to_string());
  if (found == known.end()) throw std::runtime_error("unknown socket " + id.to_string());
  return found->second;
}

std::vector<std::string> strings_of(const value& list) {
  std::vector<std::string> strings;
  if (list.as_array())
    for (const value& one : *list.as_array())
      if (one.as_string()) strings.push_back(*one.as_string());
  return strings;
}

value sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return value::array(names.begin(), names.end());
}

namespace {

http_response json_answer(const value& body) { return http_response::json(200, to_json(body)); }

void control(program& of, const http_request& request, const socketio::respond_function& respond) {
  try {
    run_action(of, parse_json(request.body), [respond](const value& fields) {
      value::object body{{"ok", true}};
      if (fields.as_object())
        body.insert(body.end(), fields.as_object()->begin(), fields.as_object()->end());
      respond(json_answer(body));
    });
  } catch (const std::exception& error) {
    respond(json_answer(value::map({{"ok", false}, {"error", error.what()}})));
  }
}

value counters(const program& of) {
  const auto now = of.io.counters();
  return value::map({{"sessions", now.sessions},
                     {"transports", value::map({{"polling", now.sessions_polling},
                                                {"websocket", now.sessions_websocket}})},
                     {"sockets", now.sockets},
                     {"pending_acks", now.pending_acks},
                     {"recovery_sessions", now.recovery_sessions},
                     {"recovery_log_bytes", now.recovery_log_bytes}});
}

int run(const char* options) {
  program server(parse_json(options));
  server.io.post("/__control",
                 [&server](const http_request& request, socketio::respond_function respond) {
                   control(server, request, respond);
                 });
  server.io.get("/__counters",
                [&server](const http_request&) { return json_answer(counters(server)); });
  if (const auto error = server.io.listen()) {
    std::fprintf(stderr, "cannot listen: %s\n", error.message().c_str());
    return 1;
  }
  std::printf("listening %d\n", static_cast<int>(server.io.port()));
  std::fflush(stdout);
  // After an action `close` run() returns, but the program stays until stdin ends.
  std::jthread until_stdin_ends([&server] {
    while (std::getchar() != EOF) {
    }
    server.io.close();
  });
  server.io.run();
  return 0;
}

}  // namespace
}  // namespace conformance

int main(int argc, char** argv) {
  try {
    return conformance::run(argc > 1 ? argv[1] : "{}");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conformance server: %s\n", error.what());
    return 1;
  }
}
