// Options of the command line (CONTRACT.md, section 2) and the hooks of the engine that some of
// them ask for.
#include "server/program.hpp"

#include <cstdlib>
#include <stdexcept>

using socketio::http_request;
using socketio::server_options;

namespace conformance {
namespace {

void read(const value& from, std::string& into) {
  if (from.as_string()) into = *from.as_string();
}
void read(const value& from, bool& into) {
  if (from.as_bool()) into = *from.as_bool();
}
void read(const value& from, std::chrono::milliseconds& into) {
  if (from.as_integer()) into = std::chrono::milliseconds(*from.as_integer());
}
void read(const value& from, std::size_t& into) {
  if (from.as_integer()) into = static_cast<std::size_t>(*from.as_integer());
}
void read(const value& from, std::vector<std::string>& into) {
  if (from.as_array()) into = strings_of(from);
}

socketio::cors_options cors_from(const value& given) {
  socketio::cors_options cors;
  const value& origin = given["origin"];
  if (origin.as_bool()) {
    cors.reflect = *origin.as_bool();
    if (!cors.reflect) cors.allow = [](std::string_view) { return false; };
  }
  read(origin, cors.origin);
  read(origin, cors.origins);
  read(given["credentials"], cors.credentials);
  read(given["methods"], cors.methods);
  read(given["allowed_headers"], cors.allowed_headers);
  read(given["exposed_headers"], cors.exposed_headers);
  if (const auto* seconds = given["max_age"].as_integer()) cors.max_age_seconds = *seconds;
  add_cors_functions(given, cors);
  return cors;
}

}  // namespace

socketio::tls_options tls_from(const value& given) {
  socketio::tls_options tls;
  read(given["certificate"], tls.certificate);
  read(given["key"], tls.key);
  read(given["client_authorities"], tls.client_authorities);
  using socketio::client_certificates;
  if (given["client"] == value("request")) tls.client = client_certificates::request;
  if (given["client"] == value("require")) tls.client = client_certificates::require;
  if (const auto* hosts = given["hosts"].as_array()) {
    for (const value& each : *hosts) {
      auto& host = tls.hosts.emplace_back();
      read(each["names"], host.names);
      read(each["certificate"], host.certificate);
      read(each["key"], host.key);
    }
  }
  return tls;
}

server_options options_from(const value& given) {
  server_options options;
  options.host = "127.0.0.1";
  options.port = 0;
  options.http_body_bytes_max = 1024 * 1024;
  if (const char* threads = std::getenv("SOCKETIO_THREADS"))
    options.threads = static_cast<unsigned>(std::atoi(threads));
  read(given["path"], options.path);
  read(given["serve_client"], options.serve_client);
  read(given["connect_timeout"], options.connect_timeout);
  read(given["ping_interval"], options.ping_interval);
  read(given["ping_timeout"], options.ping_timeout);
  read(given["upgrade_timeout"], options.upgrade_timeout);
  read(given["max_http_buffer_size"], options.max_http_buffer_size);
  read(given["transports"], options.transports);
  read(given["allow_upgrades"], options.allow_upgrades);
  read(given["cleanup_empty_child_namespaces"], options.cleanup_empty_child_namespaces);
  read(given["add_trailing_slash"], options.add_trailing_slash);
  read(given["destroy_upgrade_timeout"], options.destroy_upgrade_timeout);
  read(given["initial_packet"], options.initial_packet);
  if (given.contains("tls")) options.tls = tls_from(given["tls"]);
  read(given["destroy_upgrade"], options.destroy_upgrade);
  if (given.contains("cookie")) options.cookie = cookie_from(given["cookie"]);
  read(given["allow_eio3"], options.allow_eio3);
  options.parser = parser_named(given["parser"]);
  if (given.contains("cors")) options.cors = cors_from(given["cors"]);
  return options;
}

void install_hooks(program& of) {
  auto& engine = of.io.engine();
  engine.on_open = [&of](std::string_view sid, std::string_view transport) {
    of.record("engine_open", {{"sid", sid}, {"transport", transport}});
  };
  engine.on_upgrading = [&of](std::string_view sid) {
    of.record("engine_upgrading", {{"sid", sid}, {"transport", "websocket"}});
  };
  engine.on_upgrade = [&of](std::string_view sid) {
    of.record("engine_upgrade", {{"sid", sid}, {"transport", "websocket"}});
  };
  engine.on_heartbeat = [&of](std::string_view sid) {
    of.record("engine_heartbeat", {{"sid", sid}});
  };
  engine.on_close = [&of](std::string_view sid, const socketio::disconnect_reason& why) {
    of.record("engine_close", {{"sid", sid}, {"reason", why.text()}});
  };
  engine.on_connection_error = [&of](const http_request&, const socketio::connection_error& error) {
    of.record("connection_error",
              {{"code", error.code}, {"message", error.message}, {"context", error.context}});
  };
  if (of.options.contains("middlewares")) add_middlewares(of);
  if (of.options.contains("headers")) add_header_hooks(of);
  if (of.options.contains("allow_request"))
    engine.allow_request = [](const http_request& request, const auto& decide) {
      const auto deny = request.query.find("deny");
      decide(deny ? std::optional(std::string(*deny)) : std::nullopt);
    };
  if (of.options["generate_id"] == value("later"))
    engine.generate_id_later = [&of](const http_request& request, auto give) {
      const auto id = request.query.find("id");
      const std::string chosen(id.value_or(""));
      of.io.set_timeout(std::chrono::milliseconds(20), [chosen, give] {
        if (chosen == "reject") return give(std::make_error_code(std::errc::timed_out));
        give(chosen);
      });
    };
  else if (of.options.contains("generate_id"))
    engine.generate_id = [](const http_request& request) -> std::optional<std::string> {
      const auto id = request.query.find("id");
      if (!id) return std::nullopt;
      if (*id == "reject") throw std::runtime_error("no id today");
      return std::string(*id);
    };
}

}  // namespace conformance
