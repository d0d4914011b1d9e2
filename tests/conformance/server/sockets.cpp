// The handlers of every socket (CONTRACT.md, section 3), and what is observed of it (section 5).
#include "server/program.hpp"

#include <cctype>
#include <stdexcept>

using socketio::ack;
using socketio::disconnect_reason;
using socketio::rest;
using socketio::socket;
using socketio::values;

namespace conformance {
namespace {

value::object about(const socket& who, value::object more = {}) {
  value::object fields{{"nsp", who.nsp_name()}, {"socket", who.id()}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

value handshake_of(const socket& who) {
  const auto from = who.handshake();
  value::object headers, query;
  for (const auto& [name, text] : from.headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers.emplace_back(lower, text);
  }
  for (const auto& [name, text] : from.query) query.emplace_back(name, text);
  return value::map({{"headers", headers},
                     {"time", from.time},
                     {"address", from.address},
                     {"xdomain", from.xdomain},
                     {"secure", from.secure},
                     {"issued", from.issued_ms},
                     {"url", from.url},
                     {"query", query},
                     {"auth", from.auth}});
}

void watch(program& of, const socket& who) {
  who.on_any([&of, who](std::string_view event, const values& arguments, bool wants_ack) {
    of.record("any", about(who, {{"event", event}, {"args", arguments}, {"ack", wants_ack}}));
  });
  who.on_any_outgoing([&of, who](std::string_view event, const values& arguments) {
    of.record("any_outgoing", about(who, {{"event", event}, {"args", arguments}}));
  });
  who.use([&of, who](socketio::event_packet& packet, const socketio::next_fn& next) {
    of.record("use", about(who, {{"event", packet.name}, {"args", packet.arguments}}));
    if (packet.name == "blocked")
      next("blocked by a middleware");
    else
      next();
  });
}

void observe(program& of, const socket& who) {
  who.on_disconnecting([&of, who](const disconnect_reason& why) {
    of.record("disconnecting",
              about(who, {{"reason", why.text()}, {"rooms", sorted(who.rooms())}}));
  });
  who.on_disconnect([&of, who](const disconnect_reason& why) {
    of.record("disconnect", about(who, {{"reason", why.text()},
                                        {"connected", who.connected()},
                                        {"rooms", sorted(who.rooms())}}));
  });
  who.on_error([&of, who](std::string_view message) {
    of.record("error", about(who, {{"message", message}}));
  });
}

void add_handlers(program& of, const socket& who) {
  who.on("echo", [](const socket& from, const rest& arguments, const ack<rest>& answer) {
    if (answer)
      answer(arguments);
    else
      from.emit("echo", arguments);
  });
  who.on("note", [&of](const socket& from, const rest& arguments, const ack<>& answer) {
    of.record("note", about(from, {{"args", arguments.all}}));
    answer();
  });
  who.on("message", [&of](const socket& from, const rest& arguments) {
    of.record("message", about(from, {{"args", arguments.all}}));
  });
  who.on("join", [](const socket& from, const value& rooms) {
    if (rooms.as_array())
      from.join(strings_of(rooms));
    else if (rooms.as_string())
      from.join(*rooms.as_string());
    return sorted(from.rooms());
  });
  who.on("leave", [](const socket& from, const std::string& room) {
    from.leave(room);
    return sorted(from.rooms());
  });
  who.on("rooms", [](const socket& from) { return sorted(from.rooms()); });
  who.on("data", [](const socket& from, const value& data, const ack<>& answer) {
    from.data() = data;
    answer();
  });
  who.on("data_set",
         [](const socket& from, const std::string& key, const value& what, const ack<>& answer) {
           from.data()[key] = what;
           answer();
         });
  who.on("ack_twice", [](const ack<std::string>& answer) {
    answer("first");
    answer("second");
  });
  who.on("ack_never", [] {});
  who.on("say_to", [](const socket& from, const std::string& room, const std::string& event,
                      const rest& arguments) { from.to(room).emit(event, arguments); });
  who.on("leave_me", [](const socket& from, bool close) { from.disconnect(close); });
  who.on("throw", [] { throw std::runtime_error("thrown by a handler"); });
}

}  // namespace

void on_connection(program& of, const socket& who) {
  {
    const std::lock_guard lock(of.mutex);
    of.known.insert_or_assign(std::string(who.id()), who);
  }
  value::object fields{
      {"conn", who.connection_id()},    {"transport", who.transport()},
      {"connected", who.connected()},   {"rooms", sorted(who.rooms())},
      {"handshake", handshake_of(who)}, {"user", user_of(who)},
      {"recovered", who.recovered()},   {"recovery", to_string(who.recovery().what)}};
  if (who.recovered()) fields.emplace_back("data", who.data());
  of.record("connection", about(who, std::move(fields)));
  observe(of, who);
  if (who.nsp_name() == "/watched") watch(of, who);
  add_handlers(of, who);
}

}  // namespace conformance
