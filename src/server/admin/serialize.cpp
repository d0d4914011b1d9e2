#include "server/admin/serialize.hpp"

#include "core/nsp.hpp"

#include <array>
#include <cstdio>

namespace socketio::admin {
namespace {

// Of several fields of one name, as Node.js joins them.
value headers_of(const http_headers& from) {
  value all = value::object();
  for (const auto& [name, text] : from) {
    value& kept = all[name];
    kept = kept.as_string() ? *kept.as_string() + (name == "cookie" ? "; " : ", ") + text : text;
  }
  return all;
}

value query_of(const http_query& from) {
  value::object all;
  for (const auto& [name, text] : from) all.emplace_back(name, text);
  return all;
}

value rooms_of(const std::vector<std::string>& names) {
  return value::array(names.begin(), names.end());
}

value handshake_of(const handshake& from) {
  std::string_view address = from.headers["cf-connecting-ip"];
  if (address.empty()) address = from.headers["x-forwarded-for"];
  if (address.empty()) address = from.address;
  return value::map({{"address", address},
                     {"headers", headers_of(from.headers)},
                     {"query", query_of(from.query)},
                     {"issued", from.issued_ms},
                     {"secure", from.secure},
                     {"time", from.time},
                     {"url", from.url},
                     {"xdomain", from.xdomain}});
}

// What the official page calls the client: some of the session's id.
std::string_view client_of(std::string_view sid) noexcept { return sid.substr(0, 12); }

}  // namespace

value serialize_data(const value* data) {
  if (!data || data->is_null()) return value::object();
  if (!data->as_object()) return *data;
  value::object all;
  for (const auto& [name, what] : *data->as_object())
    if (name != "_admin") all.emplace_back(name, what);
  return all;
}

value serialize(core::socket& who) {
  const core::link* const over = who.from() ? who.from()->over() : nullptr;
  return value::map({{"id", who.public_id()},
                     {"clientId", client_of(who.connection_id())},
                     {"transport", over ? over->transport() : who.info().transport()},
                     {"nsp", who.nsp_name()},
                     {"data", serialize_data(who.data_if_any())},
                     {"handshake", handshake_of(who.make_handshake())},
                     {"rooms", rooms_of(who.of().rooms().socket_rooms(who))}});
}

// Of another server of the cluster: an official one that is instrumented keeps in `data` what else
// the page wants to know.
value serialize(const remote_socket& who) {
  const value& known = who.data["_admin"];
  return value::map({{"id", who.id},
                     {"clientId", known["clientId"]},
                     {"transport", known["transport"]},
                     {"nsp", socketio::nsp(who.nsp).name()},
                     {"data", serialize_data(&who.data)},
                     {"handshake", handshake_of(who.handshake)},
                     {"rooms", rooms_of(who.rooms)}});
}

std::string iso_date(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto ms = floor<milliseconds>(when);
  const auto day = floor<days>(ms);
  const year_month_day date(day);
  const hh_mm_ss time(ms - day);
  std::array<char, 80> text;
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::size_t approximate_bytes(const value& of) noexcept {
  std::size_t bytes = 8;
  if (const auto* text = of.as_string()) bytes += text->size();
  if (const auto* block = of.as_binary()) bytes += block->bytes().size();
  if (const auto* list = of.as_array())
    for (const value& one : *list) bytes += approximate_bytes(one);
  if (const auto* members = of.as_object())
    for (const auto& [name, one] : *members) bytes += name.size() + 4 + approximate_bytes(one);
  return bytes;
}

}  // namespace socketio::admin
