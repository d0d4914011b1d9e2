// The names that events may have: what emit() and on() refuse, of servers and of clients.
#include "socketio/event.hpp"

#include <stdexcept>
#include <string>

namespace socketio::detail {

void check_event_name(std::string_view name) {
  if (is_reserved(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is a reserved event name");
}

void check_handled_event(std::string_view name, bool of_namespace) {
  const bool joins = name == "connect" || (of_namespace && name == "connection");
  if (!joins && !is_reserved(name)) return;
  const std::string text = "on(\"" + std::string(name) + "\") would never be called: ";
  if (joins) throw std::invalid_argument(text + "call on_connection() of the server or namespace");
  if (name == "disconnect") throw std::invalid_argument(text + "call on_disconnect()");
  if (name == "disconnecting") throw std::invalid_argument(text + "call on_disconnecting()");
  throw std::invalid_argument(text + "Socket.IO reserves the name, clients cannot send it");
}

void check_client_event(std::string_view name) {
  if (!is_reserved(name)) return;
  const std::string text = "on(\"" + std::string(name) + "\") would never be called: ";
  if (name == "connect" || name == "disconnect" || name == "connect_error")
    throw std::invalid_argument(text + "call on_" + std::string(name) + "()");
  throw std::invalid_argument(text + "Socket.IO reserves the name, servers cannot send it");
}

}  // namespace socketio::detail
