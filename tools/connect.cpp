// socketio connect: a socket on the command line.
#include "base/client_url.hpp"
#include "socketio/client.hpp"
#include "tools/commands.hpp"
#include "tools/json.hpp"
#include "tools/options.hpp"
#include "tools/runner.hpp"
#include "tools/terminal.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace socketio::tools {
namespace {

struct connect_options {
  server_options server;
  std::string nsp, auth;
  std::vector<std::vector<std::string>> emits;  // each: the name, then arguments
  bool ack = false, listen = false, no_reconnect = false;
  std::size_t count = 0;
};

struct emission {
  std::string name;
  rest arguments;
};

class session {
 public:
  explicit session(const connect_options& asked)
      : asked_(asked), out_(asked.server.json, !asked.server.no_colour) {
    for (const auto& each : asked.emits) {
      emission made{each.front(), {}};
      for (std::size_t i = 1; i < each.size(); ++i)
        made.arguments.all.push_back(parse_argument(each[i]));
      emissions_.push_back(std::move(made));
    }
  }

  int run() {
    auto options = asked_.server.to_client();
    options.loop = runner_.loop();
    options.auto_connect = false;
    options.reconnection = asked_.listen && !asked_.no_reconnect;
    if (!asked_.auth.empty()) {
      const auto auth = parse_json(asked_.auth);
      if (!auth) throw CLI::ValidationError("--auth", "\"" + asked_.auth + "\" is no JSON");
      options.auth = *auth;
    }
    manager io(asked_.server.url, options);
    const auto url = parse_client_url(asked_.server.url);  // its path is the namespace
    socket_ = io.socket(asked_.nsp.empty() && url ? url->path : asked_.nsp);
    watch(io);
    socket_.connect();
    const auto patience = asked_.server.patience();
    if (runner_.run_until([&] { return connected_ || code_; }, patience) == runner::end::late)
      fail(not_connected, "no connection within " + std::to_string(patience.count()) + " ms");
    if (!code_ && !runner_.asked_to_end()) talk(patience);
    ended_ = true;
    if (!io.stop(runner_.asked_to_end() ? std::chrono::milliseconds(0) : patience) && !code_)
      fail(lost, "the server has not said that it has read everything");
    return code_.value_or(all_well);
  }

 private:
  void talk(std::chrono::milliseconds patience) {
    for (const emission& each : emissions_) emit(each);
    if (runner_.run_until([&] { return open_answers_ == 0 || code_; }, patience * 2) ==
        runner::end::late)
      fail(no_answer, "no acknowledgement");
    if (!asked_.listen && asked_.count == 0) return;
    runner_.run_until([&] { return code_ || (asked_.count > 0 && events_ >= asked_.count); },
                      asked_.listen ? std::nullopt : std::optional(patience));
    if (!code_ && !asked_.listen && events_ < asked_.count)
      fail(no_answer, "only " + std::to_string(events_) + " of " + std::to_string(asked_.count) +
                          " events came");
  }

  void emit(const emission& what) {
    out_.say(">", colour::name, line(what.name, what.arguments.all));
    if (!asked_.ack) {
      socket_.emit(what.name, what.arguments);
      return;
    }
    ++open_answers_;
    socket_.timeout(asked_.server.patience())
        .emit(what.name, what.arguments, [this, name = what.name](std::error_code error, rest all) {
          --open_answers_;
          if (error) return fail(no_answer, name + ": " + error.message());
          out_.say("=", colour::good, line(name, all.all));
          out_.tell({{"type", value("ack")}, {"event", value(name)}, {"args", value(all.all)}});
        });
  }

  void watch(const manager& io) {
    socket_.on_connect([this, &io] {
      connected_ = true;
      out_.say("*", colour::good,
               "connected to " + socket_.nsp_name() + " as " + printable(socket_.id()) + " over " +
                   io.transport() + (socket_.recovered() ? ", recovered" : ""));
      out_.tell({{"type", value("connect")},
                 {"nsp", value(socket_.nsp_name())},
                 {"id", value(socket_.id())},
                 {"transport", value(io.transport())},
                 {"recovered", value(socket_.recovered())}});
    });
    socket_.on_any([this](std::string_view name, const values& arguments) {
      ++events_;
      if (!asked_.listen && asked_.count == 0) return;
      out_.say("<", colour::name, line(name, arguments));
      out_.tell({{"type", value("event")}, {"event", value(name)}, {"args", value(arguments)}});
    });
    socket_.on_disconnect([this](const client_disconnect& why) {
      if (ended_) return;
      const std::string text =
          std::string(why.text()) + (why.description.empty() ? "" : " (" + why.description + ")");
      out_.say("*", colour::bad, "disconnected: " + printable(text));
      out_.tell({{"type", value("disconnect")},
                 {"reason", value(why.text())},
                 {"description", value(why.description)}});
      if (!socket_.active() || !asked_.listen || asked_.no_reconnect) fail(lost, text);
    });
    socket_.on_connect_error([this](const connect_failure& why) {
      const std::string text =
          why.message + (why.description.empty() ? "" : " (" + why.description + ")");
      out_.tell({{"type", value("connect_error")},
                 {"cause", value(to_string(why.what))},
                 {"message", value(why.message)},
                 {"description", value(why.description)},
                 {"data", why.data}});
      if (why.what == connect_cause::refused)
        return fail(refused, text + (why.data.is_null() ? "" : ", data " + to_json(why.data)));
      if (!connected_ || asked_.no_reconnect) return fail(not_connected, text);
      out_.say("*", colour::bad, printable(text));
    });
    io.on_upgrade([this](std::string_view to) {
      out_.say("*", colour::dim, "upgraded to " + std::string(to));
      out_.tell({{"type", value("upgrade")}, {"transport", value(to)}});
    });
  }

  static std::string line(std::string_view name, const values& arguments) {
    std::string text = printable(name);
    for (const value& each : arguments) (text += ' ') += printable(to_json(each));
    return text;
  }

  void fail(exit_code code, const std::string& text) {
    if (code_) return;
    code_ = code;
    out_.complain(text);
  }

  const connect_options& asked_;
  terminal out_;
  runner runner_;
  client_socket socket_;
  std::vector<emission> emissions_;
  bool connected_ = false, ended_ = false;
  std::size_t open_answers_ = 0, events_ = 0;
  std::optional<int> code_;
};

}  // namespace

command add_connect(CLI::App& to) {
  auto asked = std::make_shared<connect_options>();
  add_server_options(to, asked->server);
  to.add_option("-n,--namespace", asked->nsp, "instead of the path of the URL");
  to.add_option("--auth", asked->auth, "JSON that the namespace's middlewares see");
  to.add_option_function<std::vector<std::string>>(
        "--emit", [asked](const std::vector<std::string>& all) { asked->emits.push_back(all); },
        "an event and its arguments: EVENT JSON...; what is no JSON is a text; again for more")
      ->trigger_on_parse()
      ->type_name("EVENT JSON ...")
      ->expected(1, 1'000);
  to.add_flag("--ack", asked->ack, "wait for the acknowledgements of what is emitted");
  to.add_flag("--listen", asked->listen, "show events until Ctrl-C");
  to.add_option("--count", asked->count, "end after so many events");
  to.add_flag("--no-reconnect", asked->no_reconnect, "with --listen: end with the connection");
  return [asked] { return session(*asked).run(); };
}

}  // namespace socketio::tools
