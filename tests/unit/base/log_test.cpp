// Which debug lines are wanted, what records look like, and that nothing is said to nobody.
#include "base/log.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace socketio {
namespace {

using namespace std::chrono_literals;

// 2026-11-21T08:09:08.123Z
std::chrono::system_clock::time_point some_day() {
  return std::chrono::system_clock::time_point(1'795'248'548'123ms);
}

constexpr log_level level_of_test = log_level::warning;

std::string selected(std::string_view patterns) {
  std::string list;
  for (unsigned i = 0; i < debug_names; i++) {
    const std::string_view name = to_string(static_cast<debug_name>(i));
    if (debug_selects(patterns, name)) list.append(list.empty() ? "" : " ").append(name);
  }
  return list;
}

// XC-01. What the npm package `debug` 4 selects of the same names.
TEST(DebugPatterns, SelectAsTheNpmPackageDoes) {
  EXPECT_EQ(selected("socket.io:*,-socket.io:client"),
            "socket.io:server socket.io:namespace socket.io:parent-namespace socket.io:socket "
            "socket.io:broadcast-operator");
  EXPECT_EQ(selected("engine*"), "engine engine:socket engine:transport engine:polling engine:ws");
  EXPECT_EQ(selected("*-parser engine"), "engine socket.io-parser");
  EXPECT_EQ(selected("-engine*,-socket.io*,*"), "");
  EXPECT_EQ(selected("eng*:*s*"), "engine:socket engine:transport engine:ws");
  EXPECT_EQ(selected("engine:"), "");
  EXPECT_EQ(selected(" , ,"), "");
  EXPECT_EQ(selected("*").substr(0, 14), "engine engine:");
  EXPECT_EQ(selected("-engine:ws\tengine:*"), "engine:socket engine:transport engine:polling");
}

struct heard {
  std::vector<std::string> lines;
  log_sink sink() {
    return [this](const log_record& what) { lines.push_back(to_json(what)); };
  }
};

TEST(Logger, SaysDebugLinesOnlyWhenTheyAreWanted) {
  heard all;
  const logger mine(all.sink(), log_level::info, "engine", some_day);
  const logger other(all.sink(), log_level::info, "", some_day);
  EXPECT_TRUE(mine.debugs(debug_name::engine));
  EXPECT_TRUE(logger::anybody_debugs(debug_name::engine));
  EXPECT_FALSE(mine.debugs(debug_name::engine_ws));
  EXPECT_FALSE(logger::anybody_debugs(debug_name::engine_ws));
  EXPECT_FALSE(other.debugs(debug_name::engine));
  debug::enable("*:ws");
  EXPECT_TRUE(mine.debugs(debug_name::engine)) << "its own patterns stay";
  EXPECT_TRUE(mine.debugs(debug_name::engine_ws));
  EXPECT_TRUE(other.debugs(debug_name::engine_ws));
  const logger later(all.sink(), log_level::info, "", some_day);
  EXPECT_TRUE(later.debugs(debug_name::engine_ws));
  EXPECT_TRUE(logger::anybody_debugs(debug_name::engine_ws));
  enable_debug_from_environment("engine");
  EXPECT_FALSE(later.debugs(debug_name::engine)) << "what the program says stands above DEBUG";
  debug::disable();
  EXPECT_FALSE(mine.debugs(debug_name::engine_ws));
  EXPECT_FALSE(logger::anybody_debugs(debug_name::engine_ws));
  EXPECT_FALSE(logger::silent()->debugs(debug_name::engine));
  EXPECT_TRUE(all.lines.empty());
}

TEST(Logger, SaysWhatIsImportantEnough) {
  heard all;
  logger log(all.sink(), log_level::warning, "", some_day);
  log.log(log_level::info, "unheard", {});
  log.log(log_level::warning, "heard", {{"count", 3}, {"who", "me"}});
  ASSERT_EQ(all.lines.size(), 1u);
  EXPECT_EQ(all.lines[0],
            R"({"time":"2026-11-21T08:09:08.123Z","level":"warning","name":"socketio",)"
            R"("message":"heard","count":3,"who":"me"})");
  log.set_sink([](const log_record&) { throw std::runtime_error("full"); }, log_level::debug);
  log.log(log_level::error, "a sink that throws harms nobody", {});
  log.set_sink({}, log_level::debug);
  EXPECT_FALSE(log.logs(log_level::error));
  log.log(log_level::error, "nor does none", {});
}

// Whoever misbehaves decides how often something is said of it.
TEST(Logger, SaysOneMessageOnlySoOftenPerSecond) {
  static std::chrono::system_clock::time_point now;
  now = some_day();
  heard all;
  const logger log(
      all.sink(), log_level::info, "engine", [] { return now; }, 2);
  for (int i = 0; i < 5; i++) log.log(log_level::warning, "again", {{"n", i}});
  log.log(log_level::error, "other", {});
  for (int i = 0; i < 5; i++) log.debug(debug_name::engine, "line", {});
  EXPECT_EQ(all.lines.size(), 2u + 1u + 5u) << "each message for itself, and all debug lines";
  EXPECT_EQ(log.left_out(), 3u);
  now += 1s;
  log.log(log_level::warning, "again", {{"n", 5}});
  EXPECT_NE(all.lines.back().find(R"("n":5,"left_out":3})"), std::string::npos) << all.lines.back();
  log.log(log_level::warning, "again", {{"n", 6}});
  EXPECT_NE(all.lines.back().find(R"("n":6})"), std::string::npos) << "told once";
  log.log(log_level::warning, "again", {});
  now -= std::chrono::hours(1);  // the wall clock may be put back
  log.log(log_level::warning, "again", {});
  EXPECT_NE(all.lines.back().find(R"("left_out":1})"), std::string::npos) << all.lines.back();
  const logger chatty(all.sink(), log_level::info, "", some_day, 0);
  all.lines.clear();
  for (int i = 0; i < 1000; i++) chatty.log(log_level::info, "again", {});
  EXPECT_EQ(all.lines.size(), 1000u);
}

TEST(Logger, CutsLongTextsBetweenCharacters) {
  std::string seen;
  const logger log([&seen](const log_record& what) { seen = what.fields[1].text; }, log_level::info,
                   "engine", some_day);
  const auto cut = [&](const std::string& text) {
    log.debug(debug_name::engine, "m", {{"n", 1}, {"text", text}});
    return seen;
  };
  EXPECT_EQ(cut(std::string(log_text_bytes_max, 'x')).size(), log_text_bytes_max);
  EXPECT_EQ(cut(std::string(1'000'000, 'x')), std::string(log_text_bytes_max, 'x'));
  EXPECT_EQ(cut(std::string(log_text_bytes_max - 1, 'x') + "\xF0\x9F\x98\x80"),
            std::string(log_text_bytes_max - 1, 'x'));
  EXPECT_EQ(cut(std::string(2 * log_text_bytes_max, '\x80')).size(), log_text_bytes_max - 3)
      << "what is no UTF-8 is cut as well";
}

// C1 commands terminals as ESC does; U+2028 ends lines, U+202E turns them around.
TEST(LogText, EscapesWhatIsNoControlCharacterOfAscii) {
  const log_field fields[] = {
      {"a", "\xC2\x9B\x7F"},
      {"b", "\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6"},
      {"c", "\xD8\x9C\xC3\xA9\xE2\x82\xAC"},
      {"d", "\xF0\x9F\x98\x80\x9B"},
  };
  const log_record what{level_of_test, "socketio", "m", fields, some_day()};
  const std::string a = R"(\u009b\u007f)", b = R"(\u2028\u202e\u2066)",
                    c = "\\u061c\xC3\xA9\xE2\x82\xAC", d = "\xF0\x9F\x98\x80\xEF\xBF\xBD";
  EXPECT_EQ(to_text(what, false, 0ms), "socketio: m a=" + a + " b=" + b + " c=" + c + " d=" + d);
  const std::string json = to_json(what);
  EXPECT_NE(json.find(R"("a":")" + a + R"(","b":")" + b + R"(","c":")" + c + R"(","d":")" + d),
            std::string::npos)
      << json;
}

TEST(LogText, AValueIsNotTakenForSeveralFields) {
  const log_field fields[] = {{"a", "b c=d"}, {"e", "f\"\\"}, {"g", ""}, {"h", "i\\"}};
  EXPECT_EQ(to_text({log_level::warning, "socketio", "m", fields, some_day()}, false, 0ms),
            R"(socketio: m a="b c=d" e="f\"\\" g="" h=i\\)");
}

TEST(LogText, JsonEscapesWhatPeersSend) {
  const log_field fields[] = {{"who", "a\"b\\\n\x01\xff"}, {"least", -5}};
  EXPECT_EQ(to_json({log_level::error, "socketio", "m", fields, some_day()}),
            R"({"time":"2026-11-21T08:09:08.123Z","level":"error","name":"socketio","message":"m",)"
            R"("who":"a\"b\\\u000a\u0001)"
            "\xEF\xBF\xBD"
            R"(","least":-5})");
}

// XC-01. The colours are those that `debug` gives these names on a terminal of eight.
TEST(LogText, DebugLinesLookAsInNode) {
  const log_field fields[] = {{"sid", "x\x1b[2J"}, {"bytes", 7}};
  const auto line = [&](std::string_view name, bool colours, std::chrono::milliseconds ago) {
    return to_text({log_level::debug, name, "message in", fields, some_day()}, colours, ago);
  };
  EXPECT_EQ(line("engine:ws", false, 0ms),
            "2026-11-21T08:09:08.123Z engine:ws message in sid=x\\u001b[2J bytes=7");
  EXPECT_EQ(line("engine", true, 5ms),
            "  \x1b[35;1mengine \x1b[0mmessage in sid=x\\u001b[2J bytes=7 \x1b[35m+5ms\x1b[0m");
  const auto ago = [&](std::chrono::milliseconds time) {
    const std::string text = line("socket.io-parser", true, time);
    const auto plus = text.rfind('+');
    return text.substr(text.rfind("\x1b[32m") == text.npos ? 0 : plus, text.rfind('\x1b') - plus);
  };
  EXPECT_EQ(ago(999ms), "+999ms");
  EXPECT_EQ(ago(1500ms), "+2s");
  EXPECT_EQ(ago(90s), "+2m");
  EXPECT_EQ(ago(5'400s), "+2h");
  EXPECT_EQ(ago(48h), "+2d");
}

TEST(LogText, OtherRecordsAreForPeople) {
  const log_field fields[] = {{"shard", 2u}, {"handler", "slow\none"}};
  EXPECT_EQ(
      to_text({log_level::warning, "socketio", "handler blocks", fields, some_day()}, true, 0ms),
      "socketio: handler blocks shard=2 handler=slow\\u000aone");
}

}  // namespace
}  // namespace socketio
