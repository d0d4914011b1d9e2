// What the tests of recovery share: clients as scripts that remember what the official client
// remembers, in a house that recovers connections.
#pragma once

#include "core/nsp_group.hpp"
#include "core/recovery.hpp"
#include "unit/core/core_script.hpp"

#include <string>
#include <vector>

namespace socketio::core_testing {

using strings = std::vector<std::string>;
using outcome = recovery_outcome;

inline hub_options with_recovery(core::recovery_limits with = {}) {
  hub_options out;
  out.recovery = with;
  return out;
}

// What a client knows: the private id, and the last text behind an event.
struct memory {
  std::string sid, pid, offset;
  std::string auth() const {
    return R"({"pid":")" + pid + '"' + (offset.empty() ? "" : R"(,"offset":")" + offset + '"') +
           "}";
  }
};

class Recovery : public ::testing::Test {
 protected:
  explicit Recovery(core::recovery_limits limits = {}) : home_(with_recovery(limits)) {
    home_.of().on_connection([this](const socket& who) { last_ = who; });
  }

  // Reads all packets: events without their offsets, CONNECT as "connect".
  strings read(connection& peer, memory& into) {
    strings seen;
    for (std::string packet : peer.all()) {
      if (packet.starts_with("0{\"sid\"")) {
        into.sid = packet.substr(9, 20);
        into.pid = packet.size() > 36 ? packet.substr(38, 20) : "";
        seen.push_back("connect");
      } else if (packet.starts_with('2') || packet.starts_with('5')) {
        const auto end = packet.rfind(",\"");
        if (end != packet.npos && packet.size() - end == 17) {
          into.offset = packet.substr(end + 2, 13);
          packet = packet.substr(0, end) + "]";
        }
        seen.push_back(packet);
      } else {
        seen.push_back(packet);
      }
    }
    return seen;
  }
  connection& come(memory& into, const std::string& auth = "") {
    connection& peer = home_.connect();
    peer.says("0" + auth);
    EXPECT_EQ(read(peer, into), strings{"connect"});
    return peer;
  }
  connection& come_back(const memory& as) {
    connection& peer = home_.connect();
    peer.says("0" + as.auth());
    return peer;
  }
  outcome why_not(const memory& as) {
    memory now;
    come(now, as.auth());
    EXPECT_FALSE(last_.recovered());
    EXPECT_NE(now.pid, as.pid);
    if (last_.recovery().what != outcome::not_asked) {
      EXPECT_NE(last_.recovery().detail, "");
    }
    return last_.recovery().what;
  }
  const core::recovery& inside() { return *home_.of().impl()->recovery(); }

  house home_;
  socket last_;
};

}  // namespace socketio::core_testing
