// Rooms of the in-memory adapter, and broadcasts to them, driven by a list of operations and
// compared with a model that is too simple to be wrong: for each socket, the set of its rooms. The
// rooms are a few names that everybody uses, and the ids of the sockets, which are rooms too. An
// operation is one byte, whose operands are the bytes behind it.
#include "core/client.hpp"
#include "core/hub.hpp"
#include "core/link.hpp"
#include "law.hpp"
#include "socketio/nsp.hpp"
#include "support/counting_random.hpp"
#include "support/virtual_shard.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace socketio {
namespace {

using fuzz::law;

// A connection that counts what it is sent, with one socket.
class member final : private core::link {
 public:
  explicit member(core::hub& of) : client_(of, *this, http_request()) {
    client_.begin();
    client_.on_text("0");
    sent = 0;
  }
  ~member() override { client_.on_closed({reason::transport_close, cause::connection_lost, {}}); }

  socketio::socket socket;
  std::set<std::string> rooms;  // in which it should be
  std::size_t sent = 0;

 private:
  engine::send_queue::outcome send(std::span<const wire::frame>) override {
    ++sent;
    return engine::send_queue::outcome::queued;
  }
  bool writable() const noexcept override { return true; }
  std::size_t queued_bytes() const noexcept override { return 0; }
  std::string_view transport() const noexcept override { return "websocket"; }
  std::string_view sid() const noexcept override { return "the-session"; }
  bool close(reason, cause, std::string) override { return false; }

  core::client client_;
};

class world {
 public:
  world(const std::uint8_t* data, std::size_t size) : rest_(data, size) {
    all().on_connection([this](socketio::socket who) { newest_ = who; });
  }

  void run() {
    while (!rest_.empty()) {
      operate(byte());
      shard_->run();
      check();
    }
    members_ = {};
    law(all().room_names().empty(), "rooms go with their last member");
    hub_.close();
    shard_->run();
    shard_->stop();
  }

 private:
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  std::string room() {
    const std::uint8_t which = byte();
    if (const auto& one = members_[which % members_.size()]; which >= 128 && one)
      return std::string(one->socket.id());
    return "room " + std::to_string(which % 5);
  }
  std::vector<std::string> some_rooms(unsigned count) {
    std::vector<std::string> names;
    for (unsigned i = 0; i < count; ++i) names.push_back(room());
    return names;
  }
  socketio::nsp all() { return socketio::nsp(hub_.of("/")); }

  void operate(std::uint8_t what) {
    auto& one = members_[what / 8 % members_.size()];
    switch (what % 8) {
      case 0: return come(one);
      case 1: return one.reset();
      case 2:
      case 3:
        if (const std::string name = room(); one) one->socket.join(name), one->rooms.insert(name);
        return;
      case 4:
        if (const std::string name = room(); one) one->socket.leave(name), one->rooms.erase(name);
        return;
      case 5: return move_many(what & 64);
      default: return broadcast(what, one.get());
    }
  }

  void come(std::unique_ptr<member>& one) {
    one = std::make_unique<member>(hub_);
    one->socket = newest_;
    one->rooms = {std::string(newest_.id())};
  }

  void move_many(bool in) {
    const auto from = some_rooms(1 + byte() % 2), to = some_rooms(1 + byte() % 2);
    auto selection = all().in(from);
    in ? selection.sockets_join(to) : selection.sockets_leave(to);
    for (const auto& one : members_) {
      if (!one || !in_any(*one, from)) continue;
      for (const std::string& name : to)
        in ? void(one->rooms.insert(name)) : void(one->rooms.erase(name));
    }
  }

  // To the union of some rooms or to everybody, but for some, and perhaps for the sender.
  void broadcast(std::uint8_t what, const member* from) {
    const auto to = some_rooms(what / 32 % 3);
    auto except = some_rooms(what / 128);
    auto target =
        from ? from->socket.broadcast() : all().except(std::string("nobody is in this one"));
    if (!to.empty()) target = target.to(to);
    if (!except.empty()) target = target.except(except);
    if (from) except.emplace_back(from->socket.id());  // and whoever else is in that room (SK-16)
    for (const auto& one : members_)
      if (one) one->sent = 0;
    target.emit("event", 1);
    for (const auto& one : members_) {
      if (!one) continue;
      const bool meant = (to.empty() || in_any(*one, to)) && !in_any(*one, except);
      law(one->sent == (meant ? 1u : 0u), "a broadcast reaches whom it means, once");
    }
  }

  static bool in_any(const member& one, const std::vector<std::string>& names) {
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return one.rooms.contains(name); });
  }

  void check() {
    std::set<std::string> known;
    for (const auto& one : members_) {
      if (!one) continue;
      const auto rooms = one->socket.rooms();
      law(std::set<std::string>(rooms.begin(), rooms.end()) == one->rooms,
          "a socket knows its rooms");
      law(rooms.size() == one->rooms.size(), "no room is listed twice");
      known.insert(rooms.begin(), rooms.end());
    }
    for (const std::string& name : known) {
      const auto inside = std::ranges::count_if(
          members_, [&](const auto& one) { return one && one->rooms.contains(name); });
      law(all().room_size(name) == static_cast<std::size_t>(inside), "a room knows its members");
    }
  }

  std::span<const std::uint8_t> rest_;
  std::shared_ptr<testing_support::virtual_shard> shard_ =
      std::make_shared<testing_support::virtual_shard>();
  testing_support::counting_random random_;
  core::hub_options options_;
  core::namespaces namespaces_;
  core::hub hub_{shard_, random_, options_, namespaces_};
  socketio::socket newest_;
  std::array<std::unique_ptr<member>, 5> members_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world(data, size).run();
  return 0;
}

}  // namespace socketio
