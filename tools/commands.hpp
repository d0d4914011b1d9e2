// The subcommands: each declares its options and returns what runs it, which returns the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace socketio::tools {

using command = std::function<int()>;

command add_connect(CLI::App& to);
command add_inspect(CLI::App& to);
command add_bench(CLI::App& to);

}  // namespace socketio::tools
