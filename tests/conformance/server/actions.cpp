// The actions of the control channel (CONTRACT.md, section 4): each is one call of the public API.
#include "server/program.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>

using socketio::rest;
using socketio::socket;

namespace conformance {
namespace {

using answer_fn = std::function<void(value)>;

value text_of(std::error_code error) { return error ? value(error.message()) : value(); }

bool flag(const value& what) { return what == value(true); }

// ---- emit

std::function<void(value, value)> settle(program& of, const value& tag, const char* what) {
  return [&of, tag, what](value error, value list) {
    of.record("ack", {{"tag", tag}, {"err", std::move(error)}, {what, std::move(list)}});
  };
}

socketio::task<> await_unicast(socketio::flagged_socket to, std::string event, rest arguments,
                               std::function<void(value, value)> done) {
  const auto answer = co_await to.emit_with_ack<value>(event, arguments);
  if (answer)
    done({}, value::list({*answer}));
  else
    done(text_of(answer.error()), value::array());
}

socketio::task<> await_broadcast(socketio::broadcast_operator to, std::string event, rest arguments,
                                 std::function<void(value, value)> done) {
  const auto all = co_await to.emit_with_ack<value>(event, arguments);
  done(text_of(all.error), all.answers);
}

void emit_to_one(program& of, const socketio::flagged_socket& to, const value& action) {
  const std::string& event = *action["event"].as_string();
  const rest arguments{action["args"].as_array() ? *action["args"].as_array() : socketio::values()};
  const auto done = settle(of, action["tag"], "args");
  if (action["ack"] == value("await"))
    of.io.start(await_unicast(to, event, arguments, done));
  else if (flag(action["ack"]))
    to.emit(event, arguments, [done](std::error_code error, const rest& answer) {
      done(text_of(error), answer.all);
    });
  else
    to.emit(event, arguments);
}

void emit_to_many(program& of, const socketio::broadcast_operator& to, const value& action) {
  const std::string& event = *action["event"].as_string();
  const rest arguments{action["args"].as_array() ? *action["args"].as_array() : socketio::values()};
  const auto done = settle(of, action["tag"], "responses");
  if (action["ack"] == value("await"))
    of.io.start(await_broadcast(to, event, arguments, done));
  else if (flag(action["ack"]))
    to.emit(event, arguments, [done](std::error_code error, const socketio::values& answers) {
      done(text_of(error), answers);
    });
  else
    to.emit(event, arguments);
}

void emit(program& of, const value& action) {
  const target to(of, action);
  if (to.one)
    emit_to_one(of, *to.one, action);
  else
    emit_to_many(of, *to.many, action);
}

void send(program& of, const value& action) {
  const target to(of, action);
  const rest arguments{action["args"].as_array() ? *action["args"].as_array() : socketio::values()};
  if (to.one)
    to.one->send(arguments);
  else
    to.many->send(arguments);
}

// ---- asking

value describe(const socket& who) {
  return value::map({{"id", who.id()},
                     {"nsp", who.nsp_name()},
                     {"connected", who.connected()},
                     {"rooms", sorted(who.rooms())},
                     {"data", who.data()},
                     {"conn", who.connection_id()},
                     {"transport", who.transport()}});
}

value describe(const std::vector<socketio::remote_socket>& sockets) {
  value::array list;
  for (const auto& one : sockets)
    list.push_back(value::map({{"id", one.id}, {"rooms", sorted(one.rooms)}, {"data", one.data}}));
  return value::map({{"sockets", list}});
}

// Rooms from the adapter, and those that sockets are in by their own id, which the adapter does not
// list.
value describe(const socketio::nsp& of) {
  std::vector<std::string> ids, rooms = of.room_names();
  for (const socket& one : of.local_sockets()) {
    ids.emplace_back(one.id());
    if (of.room_size(one.id()) > 0 && std::ranges::count(rooms, one.id()) == 0)
      rooms.emplace_back(one.id());
  }
  value::object members;
  for (const std::string& room : rooms) {
    std::vector<std::string> in_room;
    for (const socket& one : of.local_sockets())
      if (std::ranges::count(one.rooms(), room) > 0) in_room.emplace_back(one.id());
    members.emplace_back(room, sorted(in_room));
  }
  return value::map({{"name", of.name()}, {"sockets", sorted(ids)}, {"rooms", members}});
}

// ---- the rest

void emit_to_servers(program& of, const value& action) {
  const rest arguments{action["args"].as_array() ? *action["args"].as_array() : socketio::values()};
  const auto* nsp = action["nsp"].as_string();
  of.io.of(nsp ? *nsp : "/").server_side_emit(*action["event"].as_string(), arguments);
}

void open_gate(program& of, const value& action) {
  std::unique_lock lock(of.mutex);
  const auto waiting = of.gates.extract(*action["socket"].as_string());
  lock.unlock();
  if (waiting.empty()) return;
  if (action["error"].as_string())
    waiting.mapped()(*action["error"].as_string());
  else
    waiting.mapped()();
}

// Actions that are done when they return, without anything to tell but what they return.
value run_now(program& of, const value& action) {
  const std::string& what = *action["do"].as_string();
  if (what == "emit") return emit(of, action), value();
  if (what == "send") return send(of, action), value();
  if (what == "server_side_emit") return emit_to_servers(of, action), value();
  if (what == "mark") return of.record("mark", {{"tag", action["tag"]}}), value();
  if (what == "socket") return describe(of.socket_of(action["socket"]));
  if (what == "join")
    return of.socket_of(action["socket"]).join(strings_of(action["rooms"])), value();
  if (what == "leave") {
    for (const auto& room : strings_of(action["rooms"])) of.socket_of(action["socket"]).leave(room);
    return {};
  }
  if (what == "disconnect")
    return of.socket_of(action["socket"]).disconnect(flag(action["close"])), value();
  if (what == "conn_close") return of.socket_of(action["socket"]).close_connection(), value();
  if (what == "sockets_join")
    return target(of, action).many->sockets_join(strings_of(action["rooms"])), value();
  if (what == "sockets_leave")
    return target(of, action).many->sockets_leave(strings_of(action["rooms"])), value();
  if (what == "disconnect_sockets")
    return target(of, action).many->disconnect_sockets(flag(action["close"])), value();
  if (what == "namespace") return describe(of.io.of(*action["nsp"].as_string()));
  if (what == "of")
    return value::map({{"name", open_namespace(of, *action["name"].as_string()).name()}});
  if (what == "gate_open") return open_gate(of, action), value();
  if (what == "set_tls") return of.io.set_tls(tls_from(action["tls"])), value();
  if (what == "close") {  // a turn later: the answer goes first
    of.io.post([&of] { of.io.close([&of] { of.record("closed", {}); }); });
    return {};
  }
  throw std::runtime_error("unknown action " + what);
}

}  // namespace

void run_action(program& of, const value& action, const answer_fn& answer) {
  const value& what = action["do"];
  if (what == value("fetch_sockets")) {
    target(of, action).many->fetch_sockets([answer](const auto& found) {
      answer(describe(found));
    });
  } else if (what == value("all_sockets")) {
    target(of, action).many->all_sockets([answer](std::vector<std::string> ids) {
      answer(value::map({{"ids", sorted(std::move(ids))}}));
    });
  } else if (what == value("batch")) {
    value::array results;
    for (const value& one : *action["actions"].as_array()) results.push_back(run_now(of, one));
    answer(value::map({{"results", results}}));
  } else {
    answer(run_now(of, action));
  }
}

}  // namespace conformance
