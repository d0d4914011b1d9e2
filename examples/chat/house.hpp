// Who is who, who is where, and what was said: the state of the chat, without any network.
// Everything in it is bounded. People are counted by nickname, not by connection, so that two tabs
// are one person; a nickname belongs to the key of its first connection until its last one is gone.
// Not thread-safe: all handlers run on one shard. Tested through the server by
// tests/browser/contract.test.mjs.
#pragma once

#include "contract.hpp"
#include "rules.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace chat {

// One connection. Without a nickname it has not joined.
struct guest {
  std::string key;
  std::string nickname;
  std::string room;
};

// Since the last announcement.
struct changes {
  std::set<std::string> rooms;  // whose members changed
  bool online = false;
};

class house {
 public:
  house();

  std::vector<room_summary> rooms() const;
  std::vector<std::string> online() const;
  std::vector<std::string> members(const std::string& room) const;
  const std::vector<message>& history(const std::string& room) const {
    return rooms_.at(room).history;
  }

  // Enters a room and leaves the one before; nothing happens when it is refused.
  std::optional<fault> join(guest& who, const join_request& request);
  void leave(guest& who);
  changes take_changes();

  // Puts a message into the history of its room. With a known id it is the stored one again: the
  // sender did not see the first answer.
  struct posted {
    message stored;
    bool repeated = false;
  };
  std::variant<posted, fault> post(const guest& who, draft what, std::int64_t now_ms);
  // A private message, for the caller to deliver.
  std::variant<message, fault> whisper(const guest& who, draft what, std::int64_t now_ms) const;

 private:
  struct identity {
    std::string nickname;  // as its owner writes it
    std::string key;
    int connections = 0;
  };
  struct place {
    std::map<std::string, int> members;  // nickname -> connections
    std::vector<message> history;
  };

  void enter(const guest& who);
  void exit(const guest& who);

  std::map<std::string, identity> people_;  // by folded nickname
  std::map<std::string, place> rooms_;
  changes changes_;
};

}  // namespace chat
