// The command `socketio`: looks at servers, talks to them, and puts load on them.
#include "tools/commands.hpp"
#include "tools/terminal.hpp"

#include <exception>
#include <utility>
#include <vector>

int main(int argc, char** argv) {
  using namespace socketio::tools;
  CLI::App app("Talks to Socket.IO servers, of versions 3 and 4.");
  app.set_version_flag("--version", "socketio " SOCKETIO_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 all well, 1 wrong usage, 2 no connection, 3 refused by the namespace,\n"
      "4 no acknowledgement in time, 5 the connection was lost.");
  std::vector<std::pair<CLI::App*, command>> commands;
  const auto add = [&](const char* name, const char* text, command (*make)(CLI::App&)) {
    CLI::App* const sub = app.add_subcommand(name, text);
    commands.emplace_back(sub, make(*sub));
  };
  add("connect", "connects to a namespace, emits events, shows what comes", add_connect);
  add("inspect", "shows the handshake of a server, its limits and its transports", add_inspect);
  add("bench", "keeps events in flight on many connections, and says what they cost", add_bench);
  try {
    app.parse(argc, argv);
    for (const auto& [sub, run] : commands)
      if (*sub) return run();
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return wrong_usage;
  } catch (const std::exception& error) {
    terminal(false, true).complain(error.what());
    return wrong_usage;
  }
  return wrong_usage;
}
