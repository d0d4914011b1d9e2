// What the parts of the conformance server share: the server, the observations, and every socket
// ever seen. It has no logic of its own (CONTRACT.md): each function below is the public API, put
// into JSON.
#pragma once

#include "socketio/parser.hpp"
#include "socketio/server.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace conformance {

using socketio::value;

struct program {
  explicit program(const value& given_options);

  // Prints an observation (CONTRACT.md, section 5) at once.
  void record(std::string_view event, value::object fields);
  // A socket that an action names; throws when it was never seen.
  socketio::socket socket_of(const value& id) const;

  value options;
  mutable std::recursive_mutex
      mutex;  // guards the two below and the output: the server may have several shards
  std::map<std::string, socketio::socket, std::less<>> known;   // disconnected ones too
  std::map<std::string, socketio::next_fn, std::less<>> gates;  // sockets that wait in /gate
  socketio::server io;
  std::optional<socketio::parent_nsp> parent;  // with the option `dynamic`

 private:
  long observed_ = 0;
};

// server/options.cpp: the options of the command line, and the hooks that some of them ask for.
socketio::server_options options_from(const value& given);
socketio::tls_options tls_from(const value& given);
void install_hooks(program& of);
// server/lines_parser.cpp: the parser that the options name; nullptr for the built-in one.
std::shared_ptr<const socketio::parser> parser_named(const value& name);
// server/admin.cpp: the Admin UI, if the options ask for it.
void add_admin(program& of);

// server/surface.cpp: what of them concerns HTTP requests.
socketio::cookie_options cookie_from(const value& given);
void add_cors_functions(const value& given, socketio::cors_options& cors);
void add_middlewares(program& of);
void add_header_hooks(program& of);
value user_of(const socketio::socket& who);  // what a middleware attached; null: nothing

// server/namespaces.cpp: makes a namespace, or finds it, and sets the usual handlers.
socketio::nsp open_namespace(program& of, std::string_view name);
void open_all_namespaces(program& of);
void open_parents(program& of);

// server/sockets.cpp: the handler of `connection`.
void on_connection(program& of, const socketio::socket& who);

// server/actions.cpp: runs one action of the control channel; `answer` gets its extra fields.
// Throws what the library throws, and for unknown sockets.
void run_action(program& of, const value& action, const std::function<void(value)>& answer);

// server/target.cpp: the operator that an action describes (CONTRACT.md, section 4).
struct target {
  target(program& of, const value& action);
  std::optional<socketio::flagged_socket> one;       // `socket`
  std::optional<socketio::broadcast_operator> many;  // everything else
};

// ---- small change
std::vector<std::string> strings_of(const value& list);
value sorted(std::vector<std::string> names);

}  // namespace conformance
