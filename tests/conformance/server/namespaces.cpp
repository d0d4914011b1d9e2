// The namespaces and their middlewares (CONTRACT.md, section 3).
#include "server/program.hpp"

#include <stdexcept>

using socketio::allow_fn;
using socketio::connect_error;
using socketio::next_fn;
using socketio::socket;

namespace conformance {
namespace {

void note_middleware(program& of, const socket& who, int index) {
  of.record("middleware", {{"nsp", who.nsp_name()},
                           {"socket", who.id()},
                           {"index", index},
                           {"connected", who.connected()}});
}

void open_chain(program& of) {
  const auto chain = open_namespace(of, "/chain");
  chain.use([&of](const socket& who) {
    note_middleware(of, who, 1);
    who.join("chain-room");
  });
  chain.use([&of](const socket& who) -> std::optional<connect_error> {
    note_middleware(of, who, 2);
    if (const value stop = who.handshake().auth["stop"]; stop == value(true))
      return connect_error("stopped");
    return std::nullopt;
  });
  chain.use([&of](const socket& who, const next_fn& next) {
    note_middleware(of, who, 3);
    next();
  });
}

}  // namespace

socketio::nsp open_namespace(program& of, std::string_view name) {
  const auto opened = of.io.of(name);
  const std::string full(opened.name());
  const auto room_event = [&of, full](const char* what) {
    return [&of, full, what](std::string_view room, std::string_view who) {
      of.record("room", {{"nsp", full}, {"what", what}, {"room", room}, {"socket", who}});
    };
  };
  const auto empty_room_event = [&of, full](const char* what) {
    return [&of, full, what](std::string_view room) {
      of.record("room", {{"nsp", full}, {"what", what}, {"room", room}});
    };
  };
  opened.on_create_room(empty_room_event("create"));
  opened.on_join_room(room_event("join"));
  opened.on_leave_room(room_event("leave"));
  opened.on_delete_room(empty_room_event("delete"));
  opened.on_connection([&of](const socket& who) { on_connection(of, who); });
  return opened;
}

namespace {

auto gate(program& of) {
  return [&of](const socket& who, const next_fn& next) {
    const std::lock_guard lock(of.mutex);
    of.known.insert_or_assign(std::string(who.id()), who);
    of.gates.insert_or_assign(std::string(who.id()), next);
    note_middleware(of, who, 1);
  };
}

}  // namespace

void open_parents(program& of) {
  const auto usual = [&of](const socket& who) { on_connection(of, who); };
  of.io.on_new_namespace([&of](const socketio::nsp& made) {
    of.record("new_namespace", {{"name", made.name()}});
  });
  of.io.of([](std::string_view) -> bool { throw std::runtime_error("no idea"); })
      .on_connection(usual);
  const auto asked = of.io.of([&of](std::string_view name, const value& auth, allow_fn next) {
    const bool allow = name.starts_with("/asked-") && auth["allow"] == value(true);
    of.io.post([next, allow] { next(allow); });
  });
  asked.on_connection(usual);
  of.parent = of.io.of(socketio::pattern("^/dynamic-\\d+$"));
  of.parent->on_connection(usual);
  of.parent->use([&of](const socket& who) {
    note_middleware(of, who, 1);
    if (who.handshake().auth["stop"] == value(true)) throw connect_error("stopped");
  });
  const auto slow = of.io.of(socketio::pattern("^/(dynamic|slow)-"));
  slow.on_connection(usual);
  slow.use(gate(of));
}

void open_all_namespaces(program& of) {
  for (const char* name : {"/", "/custom", "/watched"}) open_namespace(of, name);
  open_namespace(of, "/refuse").use([](const socket&) -> std::optional<connect_error> {
    return connect_error("refused", value::map({{"code", "E_REFUSED"}, {"n", 7}}));
  });
  open_namespace(of, "/refuse-plain").use([](const socket&, const next_fn& next) {
    next("refused without data");
  });
  open_chain(of);
  open_namespace(of, "/gate").use(gate(of));
  open_namespace(of, "/early").use([](const socket& who) {
    who.join("early-room");
    who.emit("early", 1);
    who.emit("early", 2);
  });
  open_namespace(of, "/double").use([](const socket&, const next_fn& next) {
    next();
    next("second call of next");
  });
  open_namespace(of, "/throws").use([](const socket&) {
    throw std::runtime_error("thrown by a middleware");
  });
}

}  // namespace conformance
