// What is printed: lines for people, with colours on a terminal, or one JSON object per line for
// programs. Results go to stdout, everything else to stderr.
#pragma once

#include "socketio/value.hpp"

#include <string>
#include <string_view>

namespace socketio::tools {

// Of all subcommands.
enum exit_code : int {
  all_well = 0,
  wrong_usage = 1,
  not_connected = 2,  // the server cannot be reached, or is none
  refused = 3,        // the namespace did not let us in
  no_answer = 4,      // an acknowledgement did not come
  lost = 5,           // the connection ended
};

enum class colour { none, dim, good, bad, name };

class terminal {
 public:
  terminal(bool json, bool colours);

  // A line for people; not in JSON mode.
  void say(std::string_view mark, colour how, std::string_view text) const;
  // A line for programs; only in JSON mode.
  void tell(value::object what) const;
  // To stderr in both.
  void complain(std::string_view text) const;
  bool json() const noexcept { return json_; }

 private:
  std::string painted(colour how, std::string_view text) const;
  bool json_, colours_, colours_on_stderr_;
};

// What a terminal would obey is escaped.
std::string printable(std::string_view text);

}  // namespace socketio::tools
