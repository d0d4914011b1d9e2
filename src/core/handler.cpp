// What of codecs, typed handlers and receivers is the same for all types. Tested by
// tests/unit/core/codec_test.cpp.
#include "socketio/detail/handler.hpp"

#include "socketio/detail/receivers.hpp"

#include <utility>

namespace socketio::detail {

void take_rest(input::walk& walk, rest& out) {
  for (input at; walk.next(at);) out.all.push_back(value::from(at));
}

std::string join(std::initializer_list<std::string> names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string integer_name(std::int64_t least, std::uint64_t most) {
  return "integer from " + std::to_string(least) + " to " + std::to_string(most);
}

bool event_call::refuse(std::size_t index, kind got, bool missing, std::string wanted) {
  mismatch = {index, got, missing, std::move(wanted)};
  return false;
}

void unfit_answers::add(std::string_view socket_id) { sockets_.emplace_back(socket_id); }

void unfit_answers::finish(std::error_code& error, std::vector<std::string>& missing) const {
  if (!error && !sockets_.empty()) error = errc::invalid_answer;
  missing.insert(missing.end(), sockets_.begin(), sockets_.end());
}

}  // namespace socketio::detail
