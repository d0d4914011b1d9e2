// socketio inspect: what a server says of itself before anybody joins a namespace, which transports
// work, and how long each takes.
#include "base/client_url.hpp"
#include "client/driven_loop.hpp"
#include "dial/http_client.hpp"
#include "socketio/client.hpp"
#include "tools/commands.hpp"
#include "tools/json.hpp"
#include "tools/options.hpp"
#include "tools/runner.hpp"
#include "tools/terminal.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <variant>

namespace socketio::tools {
namespace {

using clock = std::chrono::steady_clock;

std::string ms_since(clock::time_point begin) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begin);
  const std::string text = std::to_string(us.count() / 100);
  return (text.size() > 1 ? text.substr(0, text.size() - 1) : "0") + "." + text.back() + " ms";
}

class inspection {
 public:
  explicit inspection(const server_options& asked)
      : asked_(asked), out_(asked.json, !asked.no_colour), options_(asked.to_client()) {}

  int run() {
    const auto url = parse_client_url(asked_.url);
    if (!url) throw CLI::ValidationError("url", "\"" + asked_.url + "\": " + url.error().message());
    if (!handshake(*url)) return code_;
    try_websocket();
    out_.tell(std::move(found_));
    return code_;
  }

 private:
  void show(const char* name, const std::string& text, value what) {
    std::string label = name;
    label.resize(16, ' ');
    out_.say(label, colour::dim, printable(text));
    found_.emplace_back(name, std::move(what));
  }

  std::string handshake_url(const client_url& url) const {
    std::string path = asked_.path;
    if (path.ends_with('/')) path.pop_back();
    std::string made = url.secure ? "https://" : "http://";
    made += url.authority() + path + "/?EIO=4&transport=polling";
    const auto& query = options_.query.empty() ? url.query : options_.query;
    if (!query.empty()) made += '&' + encode_query(query);
    return made;
  }

  bool handshake(const client_url& url) {
    dial::http_client http(*runner_.loop().impl()->shard(),
                           {options_.tls, options_.proxy, {}, options_.unix_socket});
    dial::http_call call;
    call.url = handshake_url(url);
    call.headers = options_.extra_headers;
    if (std::string login = basic_login(url); !login.empty())
      call.headers.emplace_back("Authorization", std::move(login));
    call.timeout = asked_.patience();
    std::optional<dial::http_outcome> outcome;
    const auto begin = clock::now();
    http.start(call, [&](dial::http_outcome what) { outcome = std::move(what); });
    runner_.run_until([&] { return outcome.has_value(); }, std::nullopt);
    if (!outcome) return fail(not_connected, "interrupted");
    if (const auto* failure = std::get_if<dial::failure>(&*outcome))
      return fail(not_connected, failure->detail);
    const auto& answer = std::get<dial::http_answer>(*outcome);
    show("polling", "yes, handshake in " + ms_since(begin), value(true));
    if (!read(answer)) return false;
    leave(http, std::move(call));
    return true;
  }

  // The session would live until its ping is not answered.
  void leave(dial::http_client& http, dial::http_call call) {
    call.method = "POST";
    call.url += "&sid=" + percent_encode_component(*found_sid_.as_string());
    call.body = "1";
    bool over = false;
    http.start(std::move(call), [&](const dial::http_outcome&) { over = true; });
    runner_.run_until([&] { return over; }, asked_.patience());
  }

  bool read(const dial::http_answer& answer) {
    const std::string body = answer.body.substr(0, 500);
    if (answer.status != 200)
      return fail(not_connected, "status " + std::to_string(answer.status) + ": " + body);
    const auto open =
        body.starts_with("0") ? parse_json(std::string_view(answer.body).substr(1)) : std::nullopt;
    if (!open || !open->as_object())
      return fail(not_connected, "no Engine.IO handshake of revision 4, but: " + body);
    const auto text = [&](const char* name) { return to_json((*open)[name]); };
    found_sid_ = (*open)["sid"];
    if (!found_sid_.as_string()) return fail(not_connected, "a handshake without a sid: " + body);
    show("sid", text("sid"), found_sid_);
    show("upgrades", text("upgrades"), (*open)["upgrades"]);
    show("pingInterval", text("pingInterval") + " ms", (*open)["pingInterval"]);
    show("pingTimeout", text("pingTimeout") + " ms", (*open)["pingTimeout"]);
    show("maxPayload", text("maxPayload") + " bytes", (*open)["maxPayload"]);
    for (const auto& [name, content] : answer.headers) {
      if (name == "set-cookie" || name == "Set-Cookie") show("cookie", content, value(content));
      if (name == "server" || name == "Server") show("server", content, value(content));
    }
    return true;
  }

  void try_websocket() {
    auto options = options_;
    options.loop = runner_.loop();
    options.transports = {"websocket"};
    options.reconnection = false;
    options.auto_connect = false;
    manager io(asked_.url, options);
    std::optional<connect_failure> failure;
    bool open = false;
    io.on_open([&] { open = true; });
    io.on_error([&](const connect_failure& why) { failure = why; });
    const auto begin = clock::now();
    io.connect();
    runner_.run_until([&] { return open || failure; }, asked_.patience() * 2);
    if (open)
      show("websocket", "yes, handshake in " + ms_since(begin), value(true));
    else
      show("websocket", "no: " + (failure ? failure->description : "no answer"), value(false));
    io.stop();
  }

  bool fail(exit_code code, const std::string& text) {
    code_ = code;
    out_.complain(text);
    return false;
  }

  const server_options& asked_;
  terminal out_;
  client_options options_;
  runner runner_;
  value::object found_;
  value found_sid_;
  int code_ = all_well;
};

}  // namespace

command add_inspect(CLI::App& to) {
  auto asked = std::make_shared<server_options>();
  add_server_options(to, *asked);
  return [asked] { return inspection(*asked).run(); };
}

}  // namespace socketio::tools
