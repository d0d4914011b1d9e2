#include "server/log_sinks.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <unistd.h>
#include <utility>

namespace socketio {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

// How long ago the last debug line of each name was; the times count for the whole process, as the
// names do.
class last_lines {
 public:
  milliseconds since(const log_record& what) {
    const std::lock_guard lock(mutex_);
    auto found = times_.find(what.name);
    if (found == times_.end()) {
      times_.emplace(what.name, what.time);
      return milliseconds(0);
    }
    const auto before = std::exchange(found->second, what.time);
    return std::max(milliseconds(0), std::chrono::floor<milliseconds>(what.time - before));
  }

 private:
  std::mutex mutex_;  // guards times_
  std::map<std::string, system_clock::time_point, std::less<>> times_;
};

// One write per line: it stays whole, also when somebody else writes to stderr.
void write_to_stderr(const log_record& what) {
  static last_lines lines;
  if (what.level == log_level::info) return;
  const bool colours = what.level == log_level::debug && ::isatty(STDERR_FILENO) == 1;
  std::string line = to_text(what, colours, colours ? lines.since(what) : milliseconds(0));
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

log_sink stderr_log() { return write_to_stderr; }

void read_debug_environment() {
  static const bool once = [] {
    if (const char* patterns = std::getenv("DEBUG")) enable_debug_from_environment(patterns);
    return true;
  }();
  static_cast<void>(once);
}

system_clock::time_point wall_clock_now() { return system_clock::now(); }

log_sink json_log(std::ostream& to) {
  const auto mutex = std::make_shared<std::mutex>();
  return [&to, mutex](const log_record& what) {
    const std::string line = to_json(what) + "\n";
    const std::lock_guard lock(*mutex);
    to.write(line.data(), static_cast<std::streamsize>(line.size()));
    to.flush();
  };
}

}  // namespace socketio
