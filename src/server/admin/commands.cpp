#include "server/admin/commands.hpp"

#include "wire/socket_packet.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace socketio::admin {
namespace {

// A room or a list of rooms; nothing when it is neither.
std::optional<std::vector<std::string>> rooms_from(const value& given) {
  std::vector<std::string> names;
  if (given.as_string()) {
    names.push_back(*given.as_string());
  } else if (given.as_array()) {
    for (const value& one : *given.as_array())
      if (one.as_string()) names.push_back(*one.as_string());
    if (names.size() != given.as_array()->size()) return std::nullopt;
  }
  return names.empty() ? std::nullopt : std::optional(std::move(names));
}

bool truthy(const value& given) {
  if (const bool* yes = given.as_bool()) return *yes;
  if (const std::int64_t* number = given.as_integer()) return *number != 0;
  if (const std::string* text = given.as_string()) return !text->empty();
  return !given.is_null();
}

// The sockets that a page means; nothing when there is no such namespace or the filter makes no
// sense. JS differs: @socket.io/admin-ui 0.5.1 makes the namespace.
std::optional<broadcast_operator> meant(const context& of, const value& nsp, const value& filter) {
  const std::string* const name = nsp.as_string();
  if (!name) return std::nullopt;
  const auto group = of.namespaces->find(name->starts_with('/') ? *name : "/" + *name);
  if (!group) return std::nullopt;
  const broadcast_operator everybody = socketio::nsp(group->shared_part(0)).everybody();
  if (!truthy(filter)) return everybody;
  const auto rooms = rooms_from(filter);
  return rooms ? std::optional(everybody.in(*rooms)) : std::nullopt;
}

const value& at(const rest& given, std::size_t index) noexcept {
  static const value absent;
  return index < given.all.size() ? given.all[index] : absent;
}

}  // namespace

void add_commands(const context& of) {
  if (of.options.readonly) return;
  const socketio::nsp pages = of.pages();
  pages.on("emit", [&of](const rest& given) {  // nsp, filter, event, arguments
    const auto to = meant(of, at(given, 0), at(given, 1));
    const std::string* const event = at(given, 2).as_string();
    if (!to || !event || wire::is_reserved_event(*event)) return;
    to->emit(*event, rest{values(given.all.begin() + 3, given.all.end())});
  });
  pages.on("join", [&of](const rest& given) {  // nsp, room, filter
    const auto who = meant(of, at(given, 0), at(given, 2));
    if (const auto rooms = rooms_from(at(given, 1)); who && rooms) who->sockets_join(*rooms);
  });
  pages.on("leave", [&of](const rest& given) {
    const auto who = meant(of, at(given, 0), at(given, 2));
    if (const auto rooms = rooms_from(at(given, 1)); who && rooms) who->sockets_leave(*rooms);
  });
  pages.on("_disconnect", [&of](const rest& given) {  // nsp, close, filter
    if (const auto who = meant(of, at(given, 0), at(given, 2)))
      who->disconnect_sockets(truthy(at(given, 1)));
  });
}

}  // namespace socketio::admin
