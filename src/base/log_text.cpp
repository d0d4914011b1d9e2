// How records look: for people, and for machines. See log.hpp.
#include "base/log.hpp"
#include "base/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace socketio {
namespace {

// "2026-11-21T08:09:08.123Z", as JavaScript's toISOString().
std::string iso_time(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto ms = floor<milliseconds>(when);
  const auto midnight = floor<days>(ms);
  const year_month_day date(midnight);
  const hh_mm_ss time(ms - midnight);
  char text[64];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(text, static_cast<std::size_t>(length));
}

// The colour of a name: the same as npm's `debug` gives it on a terminal of 8 colours.
int colour_of(std::string_view name) noexcept {
  constexpr std::array colours{6, 2, 3, 4, 5, 1};
  std::uint32_t hash = 0;
  for (const char c : name) hash = (hash << 5) - hash + static_cast<unsigned char>(c);
  const auto distance = static_cast<std::uint32_t>(std::llabs(static_cast<std::int32_t>(hash)));
  return colours[distance % colours.size()];
}

// "+5ms", "+2s", "+3m", "+1h", "+9d".
std::string humanized(std::chrono::milliseconds time) {
  constexpr std::array<std::pair<long long, char>, 4> units{
      {{86'400'000, 'd'}, {3'600'000, 'h'}, {60'000, 'm'}, {1'000, 's'}}};
  const long long ms = time.count();
  for (const auto& [size, letter] : units)
    if (ms >= size) return "+" + std::to_string((ms + size / 2) / size) + letter;
  return "+" + std::to_string(ms) + "ms";
}

// What a peer has sent may stand in a field, and must not look like a line, a field or a command of
// ours: not to a terminal, which obeys C1 (U+009B) as it obeys ESC, and not to an eye, for which
// U+202E turns the line around. `rest` is valid UTF-8; returns how many bytes the character has.
std::size_t read_character(std::string_view rest, unsigned& code) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  code = at(0);
  if (code < 0x80) return 1;
  if (code >= 0xF0) return 4;  // nothing to escape beyond U+FFFF
  if (code >= 0xE0) {
    code = (code & 0x0F) << 12 | (at(1) & 0x3Fu) << 6 | (at(2) & 0x3Fu);
    return 3;
  }
  code = (code & 0x1F) << 6 | (at(1) & 0x3Fu);
  return 2;
}

bool must_be_escaped(unsigned code) noexcept {
  const auto within = [code](unsigned first, unsigned last) {
    return code >= first && code <= last;
  };
  return code < 0x20 || within(0x7F, 0x9F) || code == 0x061C || within(0x200E, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2066, 0x2069);
}

void append_visible(std::string& out, std::string_view text) {
  std::string repaired;
  if (!is_utf8(text)) {
    append_as_utf8(text, repaired);
    text = repaired;
  }
  while (!text.empty()) {
    unsigned code = 0;
    const std::size_t length = read_character(text, code);
    if (code == '"' || code == '\\') {
      out += '\\';
      out += text[0];
    } else if (must_be_escaped(code)) {
      char escaped[8];
      const int written = std::snprintf(escaped, sizeof escaped, "\\u%04x", code);
      out.append(escaped, static_cast<std::size_t>(written));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_visible(out, text);
  out += '"';
}

// A value with spaces stands in quotes: it could be taken for several fields.
void append_fields(std::string& out, std::span<const log_field> fields) {
  for (const log_field& one : fields) {
    out += ' ';
    out += one.name;
    out += '=';
    if (one.is_number)
      out += std::to_string(one.number);
    else if (one.text.empty() || one.text.find_first_of(" =\"") != one.text.npos)
      append_quoted(out, one.text);
    else
      append_visible(out, one.text);
  }
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += out.empty() ? '{' : ',';
  append_quoted(out, name);
  out += ':';
  append_quoted(out, text);
}

}  // namespace

std::string to_json(const log_record& what) {
  std::string out;
  append_member(out, "time", iso_time(what.time));
  append_member(out, "level", to_string(what.level));
  append_member(out, "name", what.name);
  append_member(out, "message", what.message);
  for (const log_field& one : what.fields) {
    if (!one.is_number) {
      append_member(out, one.name, one.text);
      continue;
    }
    out += ",\"";
    out += one.name;
    out += "\":" + std::to_string(one.number);
  }
  return out += '}';
}

std::string to_text(const log_record& what, bool colours, std::chrono::milliseconds since_last) {
  std::string out;
  if (what.level != log_level::debug) {
    out.append(what.name) += ": ";
    append_visible(out, what.message);
    append_fields(out, what.fields);
    return out;
  }
  if (!colours) {
    out = iso_time(what.time) + " ";
    out.append(what.name) += ' ';
    append_visible(out, what.message);
    append_fields(out, what.fields);
    return out;
  }
  const std::string colour = "\x1b[3" + std::to_string(colour_of(what.name));
  out = "  " + colour + ";1m";
  out.append(what.name) += " \x1b[0m";
  append_visible(out, what.message);
  append_fields(out, what.fields);
  return out += " " + colour + "m" + humanized(since_last) + "\x1b[0m";
}

}  // namespace socketio
