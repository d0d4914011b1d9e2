// pattern: a regular expression for names that peers choose, see server::of(). The syntax is that
// of JavaScript, without references to groups ("\1"), which is what std::regex calls ECMAScript.
//
// Why not std::regex: that of libstdc++ tries all ways to match, one after the other. On a name of
// thirty bytes "(a+)+$" can take it longer than anybody waits, and a long name ends its stack. A
// pattern follows all ways at the same time: what it takes grows at most with the square of the
// name's length, and only linearly when it begins with "^"; its stack depends on the expression
// alone. And <regex> is not included here, which would cost more to compile than all of this
// library's headers.
#pragma once

#include <memory>
#include <string_view>

namespace socketio {

// Copies share what was compiled. Any thread.
class pattern {
 public:
  // Throws std::invalid_argument, with the expression, when it is none.
  explicit pattern(std::string_view expression);
  // Anywhere in the text, as RegExp.test(): begin with "^" and end with "$" to match all of it.
  bool matches(std::string_view text) const;

 private:
  struct compiled;
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace socketio
