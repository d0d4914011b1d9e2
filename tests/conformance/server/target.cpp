// Turns the description of a target (CONTRACT.md, section 4) into an operator of the public API.
#include "server/program.hpp"

using socketio::broadcast_operator;
using socketio::flagged_socket;

namespace conformance {
namespace {

bool is_true(const value& flag) { return flag == value(true); }

template <class Operator>
Operator with_common_flags(Operator op, const value& flags) {
  if (is_true(flags["volatile"])) op = op.volatile_();
  if (flags["compress"].as_bool()) op = op.compress(*flags["compress"].as_bool());
  if (const auto* limit = flags["timeout"].as_integer())
    op = op.timeout(std::chrono::milliseconds(*limit));
  return op;
}

broadcast_operator narrowed(broadcast_operator op, const value& by) {
  for (const auto& room : strings_of(by["to"])) op = op.to(room);
  for (const auto& room : strings_of(by["in"])) op = op.in(room);
  for (const auto& room : strings_of(by["except"])) op = op.except(room);
  if (is_true(by["flags"]["local"])) op = op.local();
  return with_common_flags(op, by["flags"]);
}

broadcast_operator started(program& of, const value& action) {
  if (action.contains("from")) return of.socket_of(action["from"]).broadcast();
  if (is_true(action["parent"])) return of.parent.value().everybody();
  if (action.contains("nsp")) return of.io.of(*action["nsp"].as_string()).everybody();
  return of.io.everybody();
}

}  // namespace

target::target(program& of, const value& action) {
  if (action.contains("socket")) {
    one = with_common_flags(of.socket_of(action["socket"]).compress(true), action["flags"]);
    return;
  }
  many = narrowed(started(of, action), action);
  if (action.contains("fork")) static_cast<void>(narrowed(*many, action["fork"]));
}

}  // namespace conformance
