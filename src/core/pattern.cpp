// See pattern.hpp for why. libstdc++ has a second way to match, breadth first, and takes it when it
// is told to be polynomial; other libraries count their steps and throw when there are too many,
// which means no. Tested by tests/unit/core/pattern_test.cpp.
#include "socketio/pattern.hpp"

#include <regex>
#include <stdexcept>
#include <string>

namespace socketio {
namespace {

constexpr auto syntax = std::regex_constants::ECMAScript | std::regex_constants::nosubs |
                        std::regex_constants::optimize
#ifdef __GLIBCXX__
                        | std::regex_constants::__polynomial
#endif
    ;

}  // namespace

struct pattern::compiled {
  std::regex expression;
};

pattern::pattern(std::string_view expression) {
  try {
    compiled_ = std::make_shared<const compiled>(
        compiled{std::regex(expression.data(), expression.size(), syntax)});
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("pattern \"" + std::string(expression) + "\": " + error.what());
  }
}

bool pattern::matches(std::string_view text) const {
  return std::regex_search(text.data(), text.data() + text.size(), compiled_->expression);
}

}  // namespace socketio
