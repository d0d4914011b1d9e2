#include "tools/terminal.hpp"

#include "tools/json.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace socketio::tools {
namespace {

bool wants_colours(int descriptor) {
  const char* none = std::getenv("NO_COLOR");
  return ::isatty(descriptor) == 1 && !(none && *none);
}

std::string_view code_of(colour how) {
  switch (how) {
    case colour::none: return "";
    case colour::dim: return "\x1b[2m";
    case colour::good: return "\x1b[32m";
    case colour::bad: return "\x1b[31m";
    case colour::name: return "\x1b[36m";
  }
  return "";
}

void print(std::FILE* to, const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), to);
  std::fflush(to);
}

}  // namespace

terminal::terminal(bool json, bool colours)
    : json_(json),
      colours_(colours && !json && wants_colours(STDOUT_FILENO)),
      colours_on_stderr_(colours && wants_colours(STDERR_FILENO)) {}

std::string terminal::painted(colour how, std::string_view text) const {
  if (!colours_ || how == colour::none) return std::string(text);
  return std::string(code_of(how)) + std::string(text) + "\x1b[0m";
}

void terminal::say(std::string_view mark, colour how, std::string_view text) const {
  if (json_) return;
  print(stdout, painted(how, mark) + ' ' + std::string(text) + '\n');
}

void terminal::tell(value::object what) const {
  if (json_) print(stdout, to_json(value(std::move(what))) + '\n');
}

void terminal::complain(std::string_view text) const {
  const std::string line = "socketio: " + printable(text);
  print(stderr, (colours_on_stderr_ ? "\x1b[31m" + line + "\x1b[0m" : line) + '\n');
}

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    const auto behind = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool c1 = byte == 0xC2 && behind >= 0x80 && behind < 0xA0;  // U+0080 to U+009F
    if (byte >= 0x20 && byte != 0x7F && !c1) {
      shown += text[i];
      continue;
    }
    if (c1) byte = static_cast<unsigned char>(text[++i]);
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
    shown += escaped;
  }
  return shown;
}

}  // namespace socketio::tools
