// The option `admin` (CONTRACT.md, section 2).
#include "socketio/admin.hpp"

#include "server/program.hpp"

namespace conformance {
namespace {

void read(const value& from, std::string& into) {
  if (from.as_string()) into = *from.as_string();
}
void read(const value& from, bool& into) {
  if (from.as_bool()) into = *from.as_bool();
}
void read(const value& from, std::size_t& into) {
  if (from.as_integer()) into = static_cast<std::size_t>(*from.as_integer());
}

}  // namespace

void add_admin(program& of) {
  const value& given = of.options["admin"];
  if (given.is_null()) return;
  socketio::admin::instrument_options options;
  read(given["namespace_name"], options.namespace_name);
  read(given["readonly"], options.readonly);
  read(given["server_id"], options.server_id);
  if (const std::string* mode = given["mode"].as_string())
    options.mode = *mode == "development" ? socketio::admin::mode::development
                                          : socketio::admin::mode::production;
  const value& auth = given["auth"];
  if (auth.as_object()) {
    socketio::admin::basic_auth who;
    read(auth["username"], who.username);
    read(auth["password"], who.password);
    options.auth = who;
  } else if (auth == value(false)) {
    options.auth = socketio::admin::no_auth();
  }
  read(given["page_bytes_max"], options.page_bytes_max);
  read(given["sockets_max"], options.sockets_max);
  read(given["event_bytes_max"], options.event_bytes_max);
  read(given["failed_logins_max"], options.failed_logins_max);
  socketio::admin::instrument(of.io, options);
}

}  // namespace conformance
