#include "tools/options.hpp"

#include <utility>

namespace socketio::tools {
namespace {

std::pair<std::string, std::string> split(const std::string& text, char at, const char* option) {
  const auto place = text.find(at);
  if (place == std::string::npos || place == 0)
    throw CLI::ValidationError(option, "\"" + text + "\" has no '" + at + "'");
  std::string content = text.substr(place + 1);
  if (at == ':') content.erase(0, content.find_first_not_of(' '));
  return {text.substr(0, place), content};
}

}  // namespace

void add_server_options(CLI::App& to, server_options& into) {
  to.add_option("url", into.url, "http(s):// or ws(s)://host[:port][/namespace][?query]")
      ->required();
  to.add_option("--path", into.path, "where Socket.IO is on the server")->capture_default_str();
  to.add_option("--transport", into.transports,
                "polling or websocket; again for both, in that order")
      ->check(CLI::IsMember({"polling", "websocket"}));
  to.add_option("--header", into.headers, "\"Name: value\" of every request");
  to.add_option("--query", into.queries, "name=value behind the '?'");
  to.add_option("--ca", into.ca, "who may have signed the server's certificate: a PEM file")
      ->check(CLI::ExistingFile);
  to.add_option("--cert", into.certificate, "our certificate: a PEM file")
      ->check(CLI::ExistingFile);
  to.add_option("--key", into.key, "its key")->check(CLI::ExistingFile);
  to.add_option("--pin", into.pins, "the server's key must be \"sha256//<base64>\"");
  to.add_flag("--insecure", into.insecure, "do not verify the server's certificate");
  to.add_option("--proxy", into.proxy, "http://host:port or socks5h://host:port");
  to.add_option("--unix", into.unix_socket, "connect to this path instead of to the host");
  to.add_option("--timeout", into.timeout, "seconds for connecting, and for each answer")
      ->check(CLI::Range(0.01, 1e6))
      ->capture_default_str();
  to.add_flag("--json", into.json, "one JSON object per line, for programs");
  to.add_flag("--no-color", into.no_colour, "as if stdout were no terminal");
}

client_options server_options::to_client() const {
  client_options made;
  made.path = path;
  if (!transports.empty()) made.transports = transports;
  for (const auto& each : headers) made.extra_headers.push_back(split(each, ':', "--header"));
  for (const auto& each : queries) made.query.push_back(split(each, '=', "--query"));
  made.tls.authorities = ca;
  made.tls.certificate = certificate;
  made.tls.key = key;
  made.tls.pinned_keys = pins;
  made.tls.verify = !insecure;
  made.proxy = proxy;
  made.unix_socket = unix_socket;
  made.timeout = patience();
  return made;
}

}  // namespace socketio::tools
