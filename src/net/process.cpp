#include "net/process.hpp"

#include <cstdio>
#include <dirent.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace socketio::net {
namespace {

// The fields of /proc/self/stat behind the name of the program, which may hold anything (proc(5)):
// the first one is the third.
bool read_stat(process_state& out) {
  std::ifstream file("/proc/self/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return false;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; field++) fields >> skipped;
  std::uint64_t user = 0, system = 0, started = 0, pages = 0;
  fields >> user >> system;
  for (int field = 16; field < 22; field++) fields >> skipped;
  fields >> started >> out.virtual_bytes >> pages;
  if (!fields) return false;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.cpu_seconds = static_cast<double>(user + system) / ticks;
  out.start_seconds = static_cast<double>(started) / ticks;  // since the machine was started
  out.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return true;
}

double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return 0;
}

std::uint64_t count_descriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count - 1;  // but for the one that looked
}

}  // namespace

std::optional<process_state> read_process_state() {
  process_state out;
  if (!read_stat(out)) return std::nullopt;
  static const double booted = boot_seconds();
  out.start_seconds += booted;
  out.descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) out.descriptors_max = limit.rlim_cur;
  return out;
}

}  // namespace socketio::net
